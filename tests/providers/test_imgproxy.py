import base64
import hashlib

import pytest
from hypothesis import given

from providers.images import LARGEST_SIDE
from providers.imgproxy import ImageProxy
from providers.records import ImageFit, ImageFormat, ImageTransformStep, Transform
from tests.providers.transforms import transforms

SOURCE = "https://assets.dream.clubmed/pm_1_2_3-tök?n-swhr.jpg"
KEY = "943b421c9eb07c830af81030552c86009268de4e532ba2ee2eab8247c6da0881"
SALT = "520f986b998545b4785e0defbc4f3c1203f22de2374a3d53cb7a7fe9fea309c5"
PROXY = ImageProxy("https://proxy.example/images/", KEY, SALT)
WIDTH, HEIGHT, FIT, FORMAT, QUALITY, DPR = ImageTransformStep


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104 by hand, so that the signature has a second opinion."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def taken_apart(url: str) -> tuple[str, list[str], str]:
    """Split a URL of the proxy into signature, options and decoded source."""
    assert url.startswith("https://proxy.example/images/")
    signature, *options, source = url.removeprefix("https://proxy.example/images/").split("/")
    return signature, options, base64.urlsafe_b64decode(source + "=" * (-len(source) % 4)).decode()


def test_the_vector_of_imgproxys_documentation_is_met() -> None:
    path = "/rs:fill:300:400:0/g:sm/aHR0cDovL2V4YW1w/bGUuY29tL2ltYWdl/cy9jdXJpb3NpdHku/anBn.png"
    signed = ImageProxy("http://imgproxy.example.com", "736563726574", "68656C6C6F").signed(path)
    assert signed == f"http://imgproxy.example.com/oKfUtW34Dvo2BGQehJFR4Nr0_rIjOtdtzJ3QFsUcXH8{path}"


@pytest.mark.parametrize(
    ("fit", "options", "size"),
    [
        (ImageFit.COVER, ["rs:fill:300:200:1:0"], (300, 200)),
        (ImageFit.CONTAIN, ["rs:fit:300:200:1:0"], (None, None)),
        (ImageFit.INSIDE, ["rs:fit:300:200:0:0"], (None, None)),
        (ImageFit.PAD, ["rs:fit:300:200:1:1", "bg:ffffff"], (300, 200)),
        (ImageFit.STRETCH, ["rs:force:300:200:1:0"], (300, 200)),
    ],
)
def test_every_fit_has_its_resizing(
    fit: ImageFit, options: list[str], size: tuple[int | None, int | None]
) -> None:
    rendition = PROXY.rendition(SOURCE, Transform(width=300, height=200, fit=fit))
    assert taken_apart(rendition.url)[1:] == (options, SOURCE)
    assert (rendition.width, rendition.height) == size
    assert rendition.applied == (WIDTH, HEIGHT, FIT)


def test_one_side_never_enlarges_and_leaves_the_other_to_the_proxy() -> None:
    wide = PROXY.rendition(SOURCE, Transform(width=300, dpr=2))
    high = PROXY.rendition(SOURCE, Transform(height=200, fit=ImageFit.PAD))
    assert taken_apart(wide.url)[1] == ["rs:fit:600:0:0:0"]
    assert (wide.width, wide.height, wide.applied) == (None, None, (WIDTH, DPR))
    assert taken_apart(high.url)[1] == ["rs:fit:0:200:0:0"]


@pytest.mark.parametrize(
    ("image_format", "option"),
    [
        (ImageFormat.JPEG, "f:jpg"),
        (ImageFormat.PNG, "f:png"),
        (ImageFormat.WEBP, "f:webp"),
        (ImageFormat.AVIF, "f:avif"),
    ],
)
def test_format_and_quality_are_options_of_their_own(image_format: ImageFormat, option: str) -> None:
    rendition = PROXY.rendition(SOURCE, Transform(format=image_format, quality=80))
    assert taken_apart(rendition.url)[1] == ["q:80", option]
    assert (rendition.width, rendition.height, rendition.applied) == (None, None, (FORMAT, QUALITY))


@pytest.mark.parametrize("transform", [Transform(), Transform(dpr=3), Transform(fit=ImageFit.PAD)])
def test_nothing_asked_for_is_the_source_itself(transform: Transform) -> None:
    rendition = PROXY.rendition(SOURCE, transform)
    assert (rendition.url, rendition.applied) == (SOURCE, ())


@given(transforms())
def test_every_url_is_signed_as_imgproxy_checks_it(transform: Transform) -> None:
    url = PROXY.rendition(SOURCE, transform).url
    if url == SOURCE:
        return
    signature, options, source = taken_apart(url)
    path = url.removeprefix(f"https://proxy.example/images/{signature}")
    expected = base64.urlsafe_b64encode(hmac_sha256(bytes.fromhex(KEY), bytes.fromhex(SALT) + path.encode()))
    assert signature == expected.decode().rstrip("=")
    assert source == SOURCE
    assert options


@given(transforms())
def test_sizes_stay_in_bounds(transform: Transform) -> None:
    rendition = PROXY.rendition(SOURCE, transform)
    if transform.width or transform.height:
        _, _, width, height, _, _ = taken_apart(rendition.url)[1][0].split(":")
        assert all(0 <= int(side) <= LARGEST_SIDE for side in (width, height))
        assert (rendition.width, rendition.height) in {(None, None), (int(width), int(height))}


@pytest.mark.parametrize("url", ["", "proxy.example", "ftp://proxy.example", "https://a b"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="wants an absolute http or https URL"):
        ImageProxy(url, KEY, SALT)


@pytest.mark.parametrize("secret", ["", "xyz-hunter2", "abc"])
def test_key_and_salt_want_hex_and_are_never_printed(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^the image proxy wants its key in hex$"):
        ImageProxy("https://proxy.example", secret, SALT)
    with pytest.raises(ValueError, match=r"^the image proxy wants its salt in hex$"):
        ImageProxy("https://proxy.example", KEY, secret)
    assert KEY not in repr(PROXY)
