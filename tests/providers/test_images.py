import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.images import (
    LARGEST_SIDE,
    PixelSize,
    asked_steps,
    bounded,
    delivered,
    device_pixels,
    is_signed,
    usable_url,
)
from providers.records import ImageFit, ImageFormat, ImageTransformStep, Transform
from tests.providers.transforms import SIDES, transforms

WIDTH, HEIGHT, FIT, FORMAT, QUALITY, DPR = ImageTransformStep


@pytest.mark.parametrize(
    "url",
    [
        "http://image.jpg",
        "https://images-sandbox.musement.com/default/0001/19/tickets_header-18313.jpeg?w=750&h=500",
        "https://images.acme.org:8443/media/image/private/w_250,h_250,c_thumb,g_auto/forge/zaxax7",
        "HTTPS://assets.dream.clubmed/pm_1_2_3-x-swhr.jpg#top",
        "https://[::1]:8000/a.jpg",
        "https://images.acme.org/%7Bnot-a-brace%7D.jpg",
        "https://bücher.example/ä.jpg",
    ],
)
def test_a_url_that_a_browser_can_show_is_usable(url: str) -> None:
    assert usable_url(url)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "image.jpg",
        "/image.jpg",
        "//images.acme.org/a.jpg",
        "https://",
        "https:///a.jpg",
        "https:a.jpg",
        "ftp://images.acme.org/a.jpg",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "https://images.acme.org/{formatName}/a",
        "https://images.acme.org/a}",
        "https://images.acme.org/a b.jpg",
        " https://images.acme.org/a.jpg",
        "https://images.acme.org/a.jpg\n",
        "https://images.acme.org/a\tb.jpg",
        "https://images.acme.org/a\u00a0b.jpg",
        "https://images.acme.org/a\u2028b.jpg",
        "https://images.acme.org/a\x00b.jpg",
        "https://images.acme.org/a\x85b.jpg",
        "https://images.acme.org/\ud800.jpg",
        "https://evil.example\\@images.acme.org/a.jpg",
        "https://images.acme.org\\a.jpg",
        "https://user@images.acme.org/a.jpg",
        "https://user:secret@images.acme.org/a.jpg",
        "https://images.acme.org:99999/a.jpg",
        "https://images.acme.org:x/a.jpg",
        "https://[::1/a.jpg",
    ],
)
def test_anything_else_is_not_usable(url: str | None) -> None:
    assert not usable_url(url)


def test_an_allow_list_names_hosts_whatever_their_case_and_port() -> None:
    hosts = frozenset({"images.acme.org", "[::1]"})
    assert usable_url("https://IMAGES.acme.org:8443/a.jpg", hosts)
    assert usable_url("https://[::1]/a.jpg", hosts)
    assert not usable_url("https://acme.org/a.jpg", hosts)
    assert not usable_url("https://images.acme.org.evil.example/a.jpg", hosts)
    assert not usable_url("https://evil.example/images.acme.org", hosts)


@given(st.text())
def test_a_usable_url_never_holds_a_brace_or_a_control_character(text: str) -> None:
    url = f"https://images.acme.org/{text}"
    if usable_url(url):
        assert url.encode()
        assert not any(mark in url for mark in "{}\\")
        assert not any(
            character.isspace() or ord(character) < 32 or ord(character) == 127 for character in url
        )


@pytest.mark.parametrize(
    "url",
    [
        "https://x.imgix.net/a.jpg?w=10&s=0123456789abcdef",
        "https://x.imgix.net/a.jpg?s=",
        "https://x.imgix.net/a.jpg?w=10&%73=0123",
        "https://res.cloudinary.com/c/image/private/s--s2uj4h43--/v1684849708/a",
        "https://res.cloudinary.com/c/image/private/{formatInstructions}/s--s2uj4h43--/v1/a",
        "https://bucket.example/a.jpg?X-Amz-Date=1&X-Amz-Signature=ab",
        "https://bucket.example/a.jpg?Expires=1&Signature=ab&Key-Pair-Id=K",
    ],
)
def test_a_signature_is_seen(url: str) -> None:
    assert is_signed(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://images.musement.com/a.jpg",
        "https://images.musement.com/a.jpg?w=10&ixid=s",
        "https://images.musement.com/news--today--x.jpg?sx=1",
        "https://images.musement.com/s/a--b.jpg",
    ],
)
def test_what_only_looks_like_a_signature_is_none(url: str) -> None:
    assert not is_signed(url)


def test_dpr_is_multiplied_into_the_sides_that_are_asked_for() -> None:
    assert device_pixels(Transform(width=100, height=50, dpr=3)) == PixelSize(300, 150)
    assert device_pixels(Transform(height=50, dpr=2)) == PixelSize(None, 100)
    assert device_pixels(Transform(dpr=4)) == PixelSize(None, None)


def test_sides_above_the_bound_shrink_together() -> None:
    assert bounded(PixelSize(16384, 4096)) == PixelSize(8192, 2048)
    assert bounded(PixelSize(None, 9000)) == PixelSize(None, 8192)
    assert bounded(PixelSize(8192, 1)) == PixelSize(8192, 1)
    assert bounded(PixelSize(1, 32768)) == PixelSize(1, 8192)
    assert bounded(PixelSize(32768, 1)) == PixelSize(8192, 1)


@given(st.none() | st.integers(1, 4 * LARGEST_SIDE), st.none() | st.integers(1, 4 * LARGEST_SIDE))
def test_bounded_sides_stay_in_bounds_and_near_their_ratio(width: int | None, height: int | None) -> None:
    size = bounded(PixelSize(width, height))
    assert (size.width is None) == (width is None)
    assert (size.height is None) == (height is None)
    assert all(1 <= side <= LARGEST_SIDE for side in size if side is not None)
    if width is not None and height is not None and size.width is not None and size.height is not None:
        shrunk = min(1.0, LARGEST_SIDE / max(width, height))
        assert math.isclose(size.width, width * shrunk, abs_tol=1)
        assert math.isclose(size.height, height * shrunk, abs_tol=1)


@given(st.sampled_from(ImageFit), st.none() | SIDES, st.none() | SIDES)
def test_a_delivered_size_is_known_for_two_sides_and_an_exact_fit_alone(
    fit: ImageFit, width: int | None, height: int | None
) -> None:
    size = delivered(fit, PixelSize(width, height))
    if width and height and fit not in {ImageFit.CONTAIN, ImageFit.INSIDE}:
        assert size == (width, height)
    else:
        assert size == (None, None)


@pytest.mark.parametrize(
    ("transform", "steps"),
    [
        (Transform(), ()),
        (Transform(dpr=2), ()),
        (Transform(width=10), (WIDTH,)),
        (Transform(height=10, dpr=2), (HEIGHT, DPR)),
        (Transform(width=10, height=10), (WIDTH, HEIGHT, FIT)),
        (Transform(quality=5), (QUALITY,)),
        (
            Transform(width=1, height=1, format=ImageFormat.AVIF, quality=1, dpr=4),
            (WIDTH, HEIGHT, FIT, FORMAT, QUALITY, DPR),
        ),
    ],
)
def test_a_step_is_asked_for_where_the_request_gave_it_a_value(
    transform: Transform, steps: tuple[ImageTransformStep, ...]
) -> None:
    assert asked_steps(transform) == steps


@given(transforms())
def test_the_steps_come_once_and_in_the_order_of_the_enum(transform: Transform) -> None:
    steps = asked_steps(transform)
    assert list(steps) == [step for step in ImageTransformStep if step in steps]
