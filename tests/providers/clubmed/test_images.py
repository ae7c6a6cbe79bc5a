import pytest
from hypothesis import given

from providers.clubmed.images import ClubMedImages
from providers.images import usable_url
from providers.imgproxy import ImageProxy
from providers.records import Image, ImageFormat, ImageTransformStep, Owner, Provider, Transform
from tests.providers.transforms import transforms

PROXY = ImageProxy("https://proxy.example", "736563726574", "68656C6C6F")
PRINTED = "http://image.jpg"
URL = "https://assets.dream.clubmed/pm_1_2_3-token-swhr.jpg?v=%7B1%7D&&b#top"


def image(url: str) -> Image:
    return Image(owner=Owner(Provider.CLUB_MED, ("CHAC",)), url=url)


@pytest.mark.parametrize("url", [PRINTED, URL])
def test_without_a_transformation_the_url_is_the_providers_byte_for_byte(url: str) -> None:
    for images in (ClubMedImages(), ClubMedImages(PROXY)):
        assert images.url(image(url), None) == url
        assert images.url(image(url), Transform()) == url
        assert images.rendition(image(url), Transform()).applied == ()


@given(transforms())
def test_without_a_proxy_every_answer_is_the_original_and_nothing_is_applied(transform: Transform) -> None:
    rendition = ClubMedImages().rendition(image(URL), transform)
    assert (rendition.url, rendition.width, rendition.height, rendition.applied) == (URL, None, None, ())
    assert ClubMedImages().url(image(URL), transform) == URL


def test_a_proxy_honours_the_whole_request() -> None:
    transform = Transform(width=300, height=200, format=ImageFormat.WEBP, quality=80, dpr=2)
    rendition = ClubMedImages(PROXY).rendition(image(URL), transform)
    assert rendition == PROXY.rendition(URL, transform)
    assert "/rs:fill:600:400:1:0/q:80/f:webp/" in rendition.url
    assert (rendition.width, rendition.height) == (600, 400)
    assert rendition.applied == tuple(ImageTransformStep)


def test_a_signed_url_is_returned_untouched_past_the_proxy() -> None:
    signed = "https://assets.dream.clubmed/a.jpg?s=0123456789abcdef"
    rendition = ClubMedImages(PROXY).rendition(image(signed), Transform(width=300))
    assert (rendition.url, rendition.applied) == (signed, ())


@given(transforms())
def test_every_url_is_usable(transform: Transform) -> None:
    rendition = ClubMedImages(PROXY).rendition(image(URL), transform)
    assert usable_url(rendition.url)
    assert rendition.url == ClubMedImages(PROXY).url(image(URL), transform)
