from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.images import LARGEST_SIDE, usable_url
from providers.musement.images import MusementImages
from providers.records import Image, ImageFit, ImageFormat, ImageTransformStep, Owner, Provider, Transform
from tests.providers.transforms import transforms

PRINTED = "https://images-sandbox.musement.com/default/0001/19/tickets_header-18313.jpeg?w=750&h=500"
COVER = "https://images-sandbox.musement.com/cover/0004/77/thumb_376608_cover_header.jpeg?w=540"
IMAGES = MusementImages()
WIDTH, HEIGHT, FIT, _, QUALITY, DPR = ImageTransformStep


def image(url: str = PRINTED) -> Image:
    return Image(owner=Owner(Provider.MUSEMENT, ("7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10",)), url=url)


def query_of(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


# What other parameters a provider's URL may bring, as they stand in it.
FOREIGN = st.builds(
    str.__add__,
    st.sampled_from(["auto", "ixid", "crop", "W", "ww", "h2", "fi%74s", "ä", "bg", "flag"]),
    st.just("") | st.text(max_size=6).map(lambda text: "=" + quote(text, safe="+,:;~")),
)
OWN = st.sampled_from(["w=750", "h=500", "fit=clip", "q=70", "%77=1", "w=", "h", "q=%00"])


@st.composite
def urls(draw: st.DrawFn) -> str:
    pairs = draw(st.lists(FOREIGN | OWN, max_size=6))
    return "https://images.musement.com/a.jpg" + ("?" + "&".join(pairs) if pairs else "")


@pytest.mark.parametrize("url", [PRINTED, COVER, "https://images.musement.com/a.jpg?&&w=1&&x=%zz+#top"])
def test_without_a_transformation_the_url_is_the_providers_byte_for_byte(url: str) -> None:
    assert IMAGES.url(image(url), None) == url
    assert IMAGES.url(image(url), Transform()) == url
    rendition = IMAGES.rendition(image(url), Transform(dpr=3, fit=ImageFit.PAD, format=ImageFormat.WEBP))
    assert (rendition.url, rendition.width, rendition.height, rendition.applied) == (url, None, None, ())


@pytest.mark.parametrize(
    ("fit", "word", "size"),
    [
        (ImageFit.COVER, "crop", (300, 200)),
        (ImageFit.CONTAIN, "clip", (None, None)),
        (ImageFit.INSIDE, "max", (None, None)),
        (ImageFit.PAD, "fill", (300, 200)),
        (ImageFit.STRETCH, "scale", (300, 200)),
    ],
)
def test_every_fit_has_imgixs_word(fit: ImageFit, word: str, size: tuple[int | None, int | None]) -> None:
    rendition = IMAGES.rendition(image(), Transform(width=300, height=200, fit=fit))
    assert rendition.url == PRINTED.replace("w=750&h=500", f"w=300&h=200&fit={word}")
    assert (rendition.width, rendition.height) == size
    assert rendition.applied == (WIDTH, HEIGHT, FIT)


def test_one_side_drops_the_providers_other_side_and_sends_no_fit() -> None:
    wide = IMAGES.rendition(image(), Transform(width=300, fit=ImageFit.PAD))
    high = IMAGES.rendition(image(PRINTED + "&fit=crop"), Transform(height=200, dpr=2))
    assert query_of(wide.url) == [("w", "300")]
    assert (wide.width, wide.height, wide.applied) == (None, None, (WIDTH,))
    assert query_of(high.url) == [("h", "400")]
    assert (high.width, high.height, high.applied) == (None, None, (HEIGHT, DPR))


def test_a_quality_alone_keeps_the_providers_size() -> None:
    rendition = IMAGES.rendition(image(PRINTED + "&q=10"), Transform(quality=80))
    assert rendition.url == PRINTED + "&q=80"
    assert (rendition.width, rendition.height, rendition.applied) == (None, None, (QUALITY,))


def test_a_format_is_never_sent_and_never_applied() -> None:
    plain = Transform(width=300, height=200, quality=80, dpr=2)
    for image_format in ImageFormat:
        asked = Transform(width=300, height=200, quality=80, dpr=2, format=image_format)
        assert IMAGES.rendition(image(), asked) == IMAGES.rendition(image(), plain)
    assert IMAGES.rendition(image(), plain).applied == (WIDTH, HEIGHT, FIT, QUALITY, DPR)


def test_dpr_is_multiplied_in_and_both_sides_stay_within_what_imgix_delivers() -> None:
    doubled = IMAGES.rendition(image(), Transform(width=300, height=200, dpr=2))
    assert (doubled.width, doubled.height) == (600, 400)
    capped = IMAGES.rendition(image(), Transform(width=8000, height=4000, dpr=4))
    assert query_of(capped.url) == [("w", "8192"), ("h", "4096"), ("fit", "crop")]
    assert (capped.width, capped.height) == (8192, 4096)


def test_other_parameters_keep_their_order_and_their_bytes() -> None:
    url = "https://images.musement.com/a.jpg?auto=format%2ccompress&w=1&flag&x=a+b%20c&h=2&%77=3&x=2#top"
    assert IMAGES.url(image(url), Transform(width=30)) == (
        "https://images.musement.com/a.jpg?auto=format%2ccompress&flag&x=a+b%20c&x=2&w=30#top"
    )


def test_a_url_without_a_query_gets_one() -> None:
    assert IMAGES.url(image("https://images.musement.com/a.jpg"), Transform(width=30)) == (
        "https://images.musement.com/a.jpg?w=30"
    )


def test_a_size_is_not_told_where_the_providers_own_parameters_change_it() -> None:
    rendition = IMAGES.rendition(image(PRINTED + "&dpr=2"), Transform(width=300, height=200))
    assert query_of(rendition.url)[0] == ("dpr", "2")
    assert (rendition.width, rendition.height) == (None, None)


@pytest.mark.parametrize(
    "url",
    [
        PRINTED + "&s=0123456789abcdef0123456789abcdef",
        "https://images.musement.com/s--s2uj4h43--/a.jpg?w=1",
    ],
)
def test_a_signed_url_is_returned_untouched(url: str) -> None:
    transform = Transform(width=300, height=200, quality=80, dpr=2)
    rendition = IMAGES.rendition(image(url), transform)
    assert (rendition.url, rendition.width, rendition.height, rendition.applied) == (url, None, None, ())
    assert IMAGES.url(image(url), transform) == url


@given(urls(), transforms())
def test_foreign_parameters_stay_in_order_and_ours_come_once(url: str, transform: Transform) -> None:
    def foreign(text: str) -> list[str]:
        pairs = urlsplit(text).query.split("&")
        return [pair for pair in pairs if parse_qsl(pair, keep_blank_values=True)[:1] and not ours(pair)]

    def ours(pair: str) -> bool:
        return parse_qsl(pair, keep_blank_values=True)[0][0] in {"w", "h", "fit", "q"}

    answered = IMAGES.url(image(url), transform)
    assert foreign(answered) == foreign(url)
    if answered != url:
        keys = [key for key, _ in query_of(answered)]
        sized = transform.width or transform.height
        assert keys.count("w") == (transform.width is not None) or not sized
        assert keys.count("h") == (transform.height is not None) or not sized
        assert keys.count("fit") == bool(transform.width and transform.height) or not sized
        assert keys.count("q") == 1 or transform.quality is None


@given(urls(), transforms())
def test_transforming_twice_is_transforming_once(url: str, transform: Transform) -> None:
    once = IMAGES.url(image(url), transform)
    assert IMAGES.url(image(once), transform) == once


@given(urls(), transforms(), transforms(widths=st.integers(1, 8192)))
def test_a_second_size_replaces_the_first(url: str, first: Transform, second: Transform) -> None:
    def sizes(text: str) -> list[tuple[str, str]]:
        return [pair for pair in query_of(text) if pair[0] in {"w", "h", "fit"}]

    assert sizes(IMAGES.url(image(IMAGES.url(image(url), first)), second)) == sizes(
        IMAGES.url(image(url), second)
    )


@given(urls().filter(usable_url), transforms())
def test_every_url_is_usable_and_within_bounds(url: str, transform: Transform) -> None:
    rendition = IMAGES.rendition(image(url), transform)
    assert usable_url(rendition.url)
    assert rendition.url == IMAGES.url(image(url), transform)
    if transform.width or transform.height:
        sides = [int(value) for key, value in query_of(rendition.url) if key in {"w", "h"}]
        assert all(1 <= side <= LARGEST_SIDE for side in sides)
        assert (rendition.width, rendition.height) in {(None, None), tuple(sides)}
