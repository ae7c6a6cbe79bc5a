import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.forge.images import ForgeImages, ImageStrategy
from providers.forge.named_formats import NamedFormat
from providers.images import LARGEST_SIDE, usable_url
from providers.records import Image, ImageFit, ImageFormat, ImageTransformStep, Owner, Provider, Transform
from tests.providers.transforms import transforms

BASE = "https://images.acme.org/media/image/private"
TEMPLATE = BASE + "/{formatInstructions}/forge/zaxax7s7k6z2lgoyb59x"
BY_NAME = BASE + "/{formatName}/forge/zaxax7s7k6z2lgoyb59x"
THUMBNAIL = BASE + "/w_250,h_250,c_thumb,g_auto,q_auto,f_jpg/forge/zaxax7s7k6z2lgoyb59x"
LADDER = (208, 416, 624, 832, 1280, 1920)
FORMATS = (
    NamedFormat("wide large", "t_ratio16_9-size60/f_auto", 1920, 1080),
    NamedFormat("wide", "t_ratio16_9-size20", 416, 234),
    NamedFormat("square", "t_ratio1_1-size20", 416, 416),
)
DYNAMIC = ForgeImages(ImageStrategy.DYNAMIC)
NAMED = ForgeImages(ImageStrategy.NAMED, named_formats=FORMATS)
THUMBNAILS = ForgeImages(ImageStrategy.THUMBNAIL)
EVERY = (DYNAMIC, NAMED, THUMBNAILS)
WIDTH, HEIGHT, FIT, FORMAT, QUALITY, DPR = ImageTransformStep

UNFILLABLE = [
    None,
    "",
    BASE + "/forge/no-placeholder",
    TEMPLATE + "/{formatInstructions}",
    TEMPLATE + "/{formatName}",
    TEMPLATE + "/{other}",
    TEMPLATE + "}",
    BASE + "/{other}/forge/x",
    BASE + "/{formatinstructions}/forge/x",
    BASE + "/{{formatInstructions}}/forge/x",
    BASE + "/{formatInstructions}/s--s2uj4h43--/v1684849708/x",
    TEMPLATE + "?s=0123456789abcdef",
    "https://{formatInstructions}.acme.org/x",
    "https://{formatInstructions}/x//_/y",
    "https://images.acme.org:{formatInstructions}/x",
    "//images.acme.org/{formatInstructions}/x",
    "ftp://images.acme.org/{formatInstructions}/x",
    "https://user@images.acme.org/{formatInstructions}/x",
    "{formatInstructions}",
]


def image(template_url: str | None = TEMPLATE, thumbnail_url: str | None = THUMBNAIL) -> Image:
    owner = Owner(Provider.FORGE, ("en-us", "redgrave"))
    return Image(owner=owner, url=None, template_url=template_url, thumbnail_url=thumbnail_url)


def filled(text: str) -> str:
    return TEMPLATE.replace("{formatInstructions}", text)


def test_dynamic_without_arguments_lets_the_host_choose_format_and_quality() -> None:
    assert DYNAMIC.url(image(), None) == filled("f_auto/q_auto")
    assert DYNAMIC.url(image(), Transform()) == filled("f_auto/q_auto")
    rendition = DYNAMIC.rendition(image(), Transform())
    assert (rendition.width, rendition.height, rendition.applied) == (None, None, (FORMAT,))


@pytest.mark.parametrize(
    ("fit", "mode", "size"),
    [
        (ImageFit.COVER, "c_fill,g_auto", (416, 234)),
        (ImageFit.CONTAIN, "c_fit", (None, None)),
        (ImageFit.INSIDE, "c_limit", (None, None)),
        (ImageFit.PAD, "c_pad,b_white", (416, 234)),
        (ImageFit.STRETCH, "c_scale", (416, 234)),
    ],
)
def test_every_fit_has_cloudinarys_mode(
    fit: ImageFit, mode: str, size: tuple[int | None, int | None]
) -> None:
    rendition = DYNAMIC.rendition(image(), Transform(width=320, height=180, fit=fit))
    assert rendition.url == filled(f"{mode},w_416,h_234/f_auto/q_auto")
    assert (rendition.width, rendition.height) == size
    assert rendition.applied == (WIDTH, HEIGHT, FIT, FORMAT)


@pytest.mark.parametrize(
    ("image_format", "word"),
    [
        (ImageFormat.AUTO, "f_auto"),
        (ImageFormat.JPEG, "f_jpg"),
        (ImageFormat.PNG, "f_png"),
        (ImageFormat.WEBP, "f_webp"),
        (ImageFormat.AVIF, "f_avif"),
    ],
)
def test_format_and_quality_are_components_of_their_own(image_format: ImageFormat, word: str) -> None:
    rendition = DYNAMIC.rendition(image(), Transform(width=208, format=image_format, quality=80, dpr=2))
    assert rendition.url == filled(f"c_limit,w_416/{word}/q_80")
    assert (rendition.width, rendition.height) == (None, None)
    assert rendition.applied == (WIDTH, FORMAT, QUALITY, DPR)


@pytest.mark.parametrize(
    ("transform", "resize"),
    [
        (Transform(width=1), "c_limit,w_208"),
        (Transform(width=208), "c_limit,w_208"),
        (Transform(width=209), "c_limit,w_416"),
        (Transform(width=8192), "c_limit,w_1920"),
        (Transform(width=700, dpr=3), "c_limit,w_1920"),
        (Transform(height=300), "c_limit,h_416"),
        (Transform(height=8192, dpr=4), "c_limit,h_1920"),
        (Transform(width=100, height=50), "c_fill,g_auto,w_208,h_104"),
        (Transform(width=100, height=50, dpr=2), "c_fill,g_auto,w_208,h_104"),
        (Transform(width=400, height=225), "c_fill,g_auto,w_416,h_234"),
        (Transform(width=300, height=1000), "c_fill,g_auto,w_416,h_1387"),
        (Transform(width=3840, height=2160), "c_fill,g_auto,w_1920,h_1080"),
        (Transform(width=8192, height=1), "c_fill,g_auto,w_1920,h_1"),
        (Transform(width=1, height=8192), "c_fill,g_auto,w_208,h_8192"),
    ],
)
def test_sizes_go_to_the_next_step_of_the_ladder_and_keep_their_ratio(
    transform: Transform, resize: str
) -> None:
    assert DYNAMIC.url(image(), transform) == filled(f"{resize}/f_auto/q_auto")


def test_a_ladder_of_the_operators_own_counts_in_any_order() -> None:
    images = ForgeImages(ImageStrategy.DYNAMIC, ladder=(900, 300, 300))
    assert images.url(image(), Transform(width=200)) == filled("c_limit,w_300/f_auto/q_auto")
    assert images.url(image(), Transform(width=2000)) == filled("c_limit,w_900/f_auto/q_auto")


@pytest.mark.parametrize("ladder", [(), (0, 100), (-5,), (100, 8193)])
def test_an_impossible_ladder_is_refused(ladder: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="the ladder wants sizes from 1 to 8192, got "):
        ForgeImages(ImageStrategy.DYNAMIC, ladder=ladder)


@pytest.mark.parametrize(
    ("transform", "instructions", "size", "applied"),
    [
        (Transform(), "t_ratio16_9-size60/f_auto", (1920, 1080), ()),
        (Transform(format=ImageFormat.PNG, quality=3), "t_ratio16_9-size60/f_auto", (1920, 1080), ()),
        (Transform(width=400, height=225), "t_ratio16_9-size20", (416, 234), (WIDTH, HEIGHT)),
        (Transform(width=400, fit=ImageFit.PAD), "t_ratio16_9-size20", (416, 234), (WIDTH,)),
        (Transform(height=235), "t_ratio1_1-size20", (416, 416), (HEIGHT,)),
        (Transform(width=208, dpr=2), "t_ratio16_9-size20", (416, 234), (WIDTH, DPR)),
        (Transform(width=417), "t_ratio16_9-size60/f_auto", (1920, 1080), (WIDTH,)),
        (Transform(width=1921, dpr=2), "t_ratio16_9-size60/f_auto", (1920, 1080), ()),
    ],
)
def test_named_takes_the_smallest_format_that_covers_the_request(
    transform: Transform, instructions: str, size: tuple[int, int], applied: tuple[ImageTransformStep, ...]
) -> None:
    rendition = NAMED.rendition(image(), transform)
    assert rendition.url == filled(instructions)
    assert (rendition.width, rendition.height, rendition.applied) == (*size, applied)


def test_named_without_arguments_takes_the_largest_format() -> None:
    assert NAMED.url(image(), None) == filled("t_ratio16_9-size60/f_auto")


def test_a_template_that_wants_a_name_gets_it_encoded_under_named() -> None:
    assert NAMED.url(image(BY_NAME), None) == BY_NAME.replace("{formatName}", "wide%20large")
    assert NAMED.url(image(BY_NAME), Transform(width=1)) == BY_NAME.replace("{formatName}", "wide")


def test_a_template_that_wants_a_name_is_answered_by_its_thumbnail_under_dynamic() -> None:
    assert DYNAMIC.url(image(BY_NAME), Transform(width=300)) == THUMBNAIL
    assert not DYNAMIC.usable(BY_NAME, None)


def test_named_without_formats_is_refused() -> None:
    with pytest.raises(ValueError, match="the strategy named wants at least one named format"):
        ForgeImages(ImageStrategy.NAMED)


@given(transforms())
def test_the_strategy_thumbnail_answers_the_thumbnail_always(transform: Transform) -> None:
    rendition = THUMBNAILS.rendition(image(), transform)
    assert (rendition.url, rendition.width, rendition.height, rendition.applied) == (
        THUMBNAIL,
        None,
        None,
        (),
    )
    assert THUMBNAILS.url(image(), None) == THUMBNAIL


def test_the_strategy_thumbnail_cannot_use_a_template_alone() -> None:
    assert not THUMBNAILS.usable(TEMPLATE, None)
    assert THUMBNAILS.usable(None, THUMBNAIL)


@pytest.mark.parametrize("template_url", UNFILLABLE)
def test_a_template_that_cannot_be_filled_is_answered_by_its_thumbnail(template_url: str | None) -> None:
    for images in EVERY:
        assert images.usable(template_url, THUMBNAIL)
        assert not images.usable(template_url, None)
        assert not images.usable(template_url, BASE + "/{formatInstructions}/x")
        rendition = images.rendition(image(template_url), Transform(width=300, height=200))
        assert (rendition.url, rendition.applied) == (THUMBNAIL, ())
        assert (rendition.width, rendition.height) == (None, None)


@pytest.mark.parametrize("images", [DYNAMIC, NAMED])
def test_a_template_that_can_be_filled_needs_no_thumbnail(images: ForgeImages) -> None:
    assert images.usable(TEMPLATE, None)
    assert images.usable(TEMPLATE, "no URL")
    assert images.url(image(TEMPLATE, None), None).startswith(BASE)


def test_many_pictures_are_judged_together_as_each_is_alone() -> None:
    images = ForgeImages(ImageStrategy.DYNAMIC)
    pictures = [
        (template, thumbnail) for template in (TEMPLATE, *UNFILLABLE) for thumbnail in (THUMBNAIL, "", None)
    ]
    unusable = {each for each in pictures if not ForgeImages(ImageStrategy.DYNAMIC).usable(*each)}
    assert 0 < len(unusable) < len(set(pictures))
    for _ in range(2):
        assert images.unusable([*pictures, None]) == {*unusable, None}


def test_only_allowed_hosts_are_used() -> None:
    images = ForgeImages(ImageStrategy.DYNAMIC, allowed_hosts=frozenset({"thumbs.acme.org"}))
    assert not images.usable(TEMPLATE, THUMBNAIL)
    assert images.usable(TEMPLATE, "https://thumbs.acme.org/x")
    assert images.url(image(TEMPLATE, "https://thumbs.acme.org/x"), None) == "https://thumbs.acme.org/x"


def test_an_unusable_picture_has_no_url() -> None:
    with pytest.raises(ValueError, match="neither a template that can be filled nor a thumbnail"):
        DYNAMIC.url(image(BY_NAME, None), None)


@given(transforms())
def test_on_dynamic_one_side_is_a_step_and_the_other_follows_in_ratio(transform: Transform) -> None:
    url = DYNAMIC.url(image(), transform)
    sides = {key: int(side) for key, side in re.findall(r"\b([wh])_(\d+)", url)}
    assert set(sides) == {key for key, side in (("w", transform.width), ("h", transform.height)) if side}
    if transform.width is None:
        assert all(side in LADDER for side in sides.values())
        return
    asked = transform.width * transform.dpr
    assert sides["w"] == next((step for step in LADDER if step >= asked), LADDER[-1])
    if transform.height is not None:
        ratio_kept = round(transform.height * transform.dpr * sides["w"] / asked)
        assert sides["h"] == min(max(ratio_kept, 1), LARGEST_SIDE)


@given(
    st.sampled_from(EVERY),
    st.sampled_from([TEMPLATE, BY_NAME, *UNFILLABLE]),
    st.sampled_from([THUMBNAIL, None, "https://images.acme.org/{x}", "x"]),
    transforms(),
)
def test_every_url_of_a_usable_picture_is_usable(
    images: ForgeImages, template_url: str | None, thumbnail_url: str | None, transform: Transform
) -> None:
    picture = image(template_url, thumbnail_url)
    if not images.usable(template_url, thumbnail_url):
        with pytest.raises(ValueError, match="neither"):
            images.url(picture, transform)
        return
    rendition = images.rendition(picture, transform)
    assert usable_url(rendition.url)
    assert rendition.url == images.url(picture, transform)
    assert "//" not in rendition.url.removeprefix("https://")
    assert all(side is None or 1 <= side <= LARGEST_SIDE for side in (rendition.width, rendition.height))


@given(transforms())
def test_only_numbers_and_our_own_words_stand_in_the_placeholder(transform: Transform) -> None:
    prefix, suffix = TEMPLATE.split("{formatInstructions}")
    text = DYNAMIC.url(image(), transform).removeprefix(prefix).removesuffix(suffix)
    resize = r"(c_fill,g_auto|c_fit|c_limit|c_pad,b_white|c_scale)(,w_\d{1,4})?(,h_\d{1,4})?/"
    assert re.fullmatch(rf"({resize})?f_(auto|jpg|png|webp|avif)/q_(auto|\d{{1,3}})", text)
