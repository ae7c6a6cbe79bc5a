from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.clubmed.images import ClubMedImages
from providers.forge.images import ForgeImages, ImageStrategy
from providers.images import ImageHost
from providers.musement.images import MusementImages
from providers.records import Image, ImageFit, ImageFormat, Owner, Provider, Transform
from resolvers.errors import BadUserInput
from resolvers.images import checked_transform, image_rendition, image_src_set, image_url
from tests.providers.transforms import SIDES, transforms

HOSTS: Mapping[Provider, ImageHost] = {
    Provider.MUSEMENT: MusementImages(),
    Provider.CLUB_MED: ClubMedImages(),
    Provider.FORGE: ForgeImages(ImageStrategy.DYNAMIC),
}
MUSEMENT = Image(owner=Owner(Provider.MUSEMENT, ("u",)), url="https://images.musement.com/a.jpg?w=750&h=500")
CLUB_MED = Image(owner=Owner(Provider.CLUB_MED, ("CHAC",)), url="http://image.jpg")
FORGE = Image(
    owner=Owner(Provider.FORGE, ("en-us", "x")),
    url=None,
    template_url="https://images.acme.org/{formatInstructions}/x",
)
WANTED = {"width": 8192, "height": 8192, "quality": 100, "dpr": 4}


def sizes(parent: Image, widths: list[int], transform: Transform | None) -> list[dict[str, str]]:
    renditions = image_src_set(parent, HOSTS, widths, transform)
    return [dict(parse_qsl(urlsplit(each.url).query)) for each in renditions]


def checked(**values: int | None) -> Transform:
    given = dict.fromkeys(WANTED) | values
    return checked_transform(
        width=given["width"],
        height=given["height"],
        fit=None,
        format=None,
        quality=given["quality"],
        dpr=given["dpr"],
    )


def test_each_picture_is_addressed_by_the_host_that_it_comes_from() -> None:
    transform = Transform(width=300, height=200)
    assert image_url(MUSEMENT, HOSTS, transform).endswith("?w=300&h=200&fit=crop")
    assert image_url(CLUB_MED, HOSTS, transform) == "http://image.jpg"
    assert image_url(FORGE, HOSTS, None) == "https://images.acme.org/f_auto/q_auto/x"
    for parent in (MUSEMENT, CLUB_MED, FORGE):
        assert image_rendition(parent, HOSTS, transform).url == image_url(parent, HOSTS, transform)


def test_a_source_set_answers_one_rendition_for_each_width_in_the_order_asked() -> None:
    assert sizes(MUSEMENT, [640, 320, 640], None) == [{"w": "640"}, {"w": "320"}, {"w": "640"}]
    assert image_src_set(MUSEMENT, HOSTS, [], Transform(width=3)) == []


def test_a_source_set_keeps_the_ratio_of_its_transformation() -> None:
    transform = Transform(width=300, height=200, fit=ImageFit.PAD, quality=80, dpr=2)
    assert sizes(MUSEMENT, [150, 600], transform) == [
        {"w": "300", "h": "200", "fit": "fill", "q": "80"},
        {"w": "1200", "h": "800", "fit": "fill", "q": "80"},
    ]
    extreme = Transform(width=1, height=8192)
    assert [each["h"] for each in sizes(MUSEMENT, [1, 2], extreme)] == ["8192", "8192"]
    assert [each["h"] for each in sizes(MUSEMENT, [1], Transform(width=8192, height=1))] == ["1"]


def test_a_source_set_takes_a_width_or_a_height_alone_as_they_are() -> None:
    assert sizes(MUSEMENT, [320], Transform(width=10)) == [{"w": "320"}]
    assert sizes(MUSEMENT, [320], Transform(height=10)) == [{"w": "320", "h": "10", "fit": "crop"}]


def test_a_source_set_takes_sixteen_widths_and_no_more() -> None:
    assert len(image_src_set(FORGE, HOSTS, [1, 8192] * 8, None)) == 16
    with pytest.raises(BadUserInput, match=r"^wanted at most 16 widths, got 17$") as caught:
        image_src_set(FORGE, HOSTS, [100] * 17, None)
    assert (caught.value.code, caught.value.argument) == ("BAD_USER_INPUT", "widths")


@pytest.mark.parametrize("width", [0, -1, 8193, 2**31 - 1])
def test_a_width_out_of_bounds_is_refused(width: int) -> None:
    with pytest.raises(BadUserInput, match=rf"^width: wanted 1 to 8192, got {width}$") as caught:
        image_src_set(CLUB_MED, HOSTS, [100, width], None)
    assert caught.value.argument == "widths"


@given(transforms(), st.lists(SIDES, max_size=16))
def test_no_source_set_within_bounds_fails(transform: Transform, widths: list[int]) -> None:
    for parent in (MUSEMENT, CLUB_MED, FORGE):
        assert len(image_src_set(parent, HOSTS, widths, transform)) == len(widths)


def test_nothing_given_is_the_default() -> None:
    assert checked() == Transform()


@given(transforms())
def test_values_within_bounds_are_taken_as_they_are(transform: Transform) -> None:
    assert transform == checked_transform(
        width=transform.width,
        height=transform.height,
        fit=transform.fit,
        format=transform.format,
        quality=transform.quality,
        dpr=transform.dpr,
    )


@pytest.mark.parametrize("name", WANTED)
def test_a_value_out_of_bounds_is_refused_by_its_name(name: str) -> None:
    most = WANTED[name]
    assert checked(**{name: 1}) is not None
    assert checked(**{name: most}) is not None
    for value in (0, -1, most + 1, -(2**31)):
        with pytest.raises(BadUserInput, match=rf"^{name}: wanted 1 to {most}, got {value}$") as caught:
            checked(**{name: value})
        assert (caught.value.code, caught.value.argument) == ("BAD_USER_INPUT", "transform")


@given(st.sampled_from(ImageFit), st.sampled_from(ImageFormat))
def test_fit_and_format_are_taken_as_they_are(fit: ImageFit, image_format: ImageFormat) -> None:
    transform = checked_transform(
        width=None, height=None, fit=fit, format=image_format, quality=None, dpr=None
    )
    assert (transform.fit, transform.format) == (fit, image_format)
