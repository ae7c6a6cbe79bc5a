"""The pictures and videos of the world, fetched as a browser does."""

import io
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from PIL import Image

from providers.clubmed.emulator import create_emulator as create_clubmed
from providers.emulation.images import Darkroom, create_images_app
from providers.emulation.payload import part, text
from providers.emulation.pictures import draw
from providers.emulation.renderings import Rendering
from providers.emulation.scenery import View, scene_of, scene_of_resort
from providers.forge.emulator import create_emulator as create_forge
from providers.musement import printed
from providers.musement.emulator import create_emulator as create_musement
from tests.providers.emulation.wire import Reply, ask

FORGE = "/sandbox/images/forge/image"


@pytest.fixture
async def images() -> AsyncIterator[str]:
    runner = web.AppRunner(create_images_app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield "http://{}:{}".format(*runner.addresses[0][:2])
    await runner.cleanup()


def opened(reply: Reply) -> tuple[str | None, tuple[int, int]]:
    assert reply.status == 200, reply.body
    picture = Image.open(io.BytesIO(reply.body))
    picture.load()
    return picture.format, picture.size


@pytest.mark.parametrize(
    ("target", "accept", "expected"),
    [
        ("?w=540", "*/*", ("JPEG", (540, 360))),
        ("?w=750&h=500", "*/*", ("JPEG", (750, 500))),
        ("?w=300&h=300&fit=crop&fm=png", "*/*", ("PNG", (300, 300))),
        ("?w=60&auto=format", "image/webp,*/*", ("WEBP", (60, 40))),
    ],
)
async def test_musements_pictures_come_in_the_size_asked_for(
    images: str, target: str, accept: str, expected: tuple[str, tuple[int, int]]
) -> None:
    path = "/sandbox/images/musement/cover/0001/02/guided-visit-of-colosseum_header-20"
    reply = await ask(images, f"{path}.jpeg{target}", {"Accept": accept})
    assert opened(reply) == expected


@pytest.mark.parametrize(
    ("steps", "accept", "expected"),
    [
        ("c_fill,g_auto,w_208,h_117/f_auto/q_auto", "image/webp", ("WEBP", (208, 117))),
        ("c_fill,g_auto,w_208,h_117/f_auto/q_auto", "image/avif", ("AVIF", (208, 117))),
        ("c_fill,g_auto,w_208,h_117/f_auto/q_auto", "*/*", ("JPEG", (208, 117))),
        ("t_ratio16_9-size20", "*/*", ("JPEG", (416, 234))),
        ("w_250,h_250,c_thumb,g_auto,q_auto,f_jpg", "*/*", ("JPEG", (250, 250))),
        ("c_fit,w_100/v1684849708", "*/*", None),
    ],
)
async def test_forges_pictures_come_in_the_size_asked_for(
    images: str, steps: str, accept: str, expected: tuple[str, tuple[int, int]] | None
) -> None:
    reply = await ask(images, f"{FORGE}/private/{steps}/forge/florence_rooftops_1", {"Accept": accept})
    if expected is None:
        assert reply.status == 400
    else:
        assert opened(reply) == expected


async def test_a_format_name_has_its_own_size(images: str) -> None:
    reply = await ask(images, f"{FORGE}/named/Vertical%20banner/forge/florence_rooftops_1")
    assert opened(reply) == ("JPEG", (624, 832))


async def test_club_meds_pictures_have_one_size(images: str) -> None:
    target = "/sandbox/images/clubmed/pm_7001_61_46526-c4aaca2946-swhr.jpg"
    assert (
        opened(await ask(images, target))
        == opened(await ask(images, f"{target}?w=3"))
        == (
            "JPEG",
            (1600, 900),
        )
    )


@pytest.mark.parametrize(
    ("target", "status", "reason"),
    [
        ("private/forge/florence_rooftops_1", 401, "Unauthorized original"),
        ("private/%7BformatInstructions%7D/forge/florence_rooftops_1", 400, "Invalid transformation"),
        ("private/w_10/s--s7Kq2mZx--/v1/forge/florence_rooftops_1", 400, "Invalid Signature"),
        ("private/l_fetch:aHR0cA/forge/florence_rooftops_1", 400, "Invalid transformation"),
        ("named/tiny/forge/florence_rooftops_1", 400, "Unknown format name - tiny"),
    ],
)
async def test_forges_host_refuses_with_the_reason_in_a_header(
    images: str, target: str, status: int, reason: str
) -> None:
    reply = await ask(images, f"{FORGE}/{target}")
    assert reply.status == status
    assert reply.headers["x-cld-error"].startswith(reason)


async def test_pictures_last(images: str) -> None:
    reply = await ask(images, f"{FORGE}/private/w_20/forge/florence_rooftops_1")
    assert "immutable" in reply.headers["cache-control"]
    assert reply.headers["vary"] == "Accept"


async def test_a_video_is_served_in_parts(images: str) -> None:
    target = "/sandbox/videos/clubmed/gaube-bay-1.mp4"
    whole = await ask(images, target)
    half = await ask(images, target, {"Range": "bytes=8-107"})
    assert (whole.status, whole.headers["content-type"], whole.headers["accept-ranges"]) == (
        200,
        "video/mp4",
        "bytes",
    )
    assert whole.body[4:8] == b"ftyp"
    assert len(whole.body) < 60_000
    assert (half.status, half.body) == (206, whole.body[8:108])
    assert half.headers["content-range"] == f"bytes 8-107/{len(whole.body)}"


async def test_every_address_of_the_worlds_answers(images: str) -> None:
    """One of each shape of address; the rest differ in names and numbers only."""
    musement, clubmed, forge = create_musement(""), create_clubmed(""), create_forge("")
    colosseum = next(it for it in musement.world.activities.values() if "Colosseum" in str(it["title"]))
    films = next(
        item for media in musement.world.media.values() for item in media if item.get("type") == "video"
    )
    photos = [part(photo, "image") for photo in forge.world.photos["en-us"] if photo["image"]]
    plain = next(image for image in photos if "{" not in text(image, "templateUrl"))
    named = next(image for image in photos if "{formatName}" in text(image, "templateUrl"))
    addresses = [
        text(colosseum, "cover_image_url"),
        text(part(colosseum, "city"), "cover_image_url"),
        text(musement.world.media[str(colosseum["uuid"])][0], "url"),
        text(films, "url"),
        text(part(clubmed.world.products["en-US"]["PALM"], "media"), "map"),
        text(clubmed.world.pictures["PALM"][0], "url"),
        str(clubmed.world.videos["PALM"][0]),
        text(photos[0], "thumbnailUrl"),
        text(photos[0], "templateUrl").format(formatInstructions="c_limit,w_208"),
        text(plain, "templateUrl"),
        text(named, "templateUrl").format(formatName="thumb"),
    ]
    assert {address: (await ask(images, address)).status for address in addresses} == dict.fromkeys(
        addresses, 200
    )


async def test_a_darkroom_gives_the_same_bytes_again_and_forgets_the_oldest() -> None:
    darkroom = Darkroom(kept_bytes=3000)
    scene, rendering = scene_of("rome", "a"), Rendering(40, 30)
    first = await darkroom.develop(scene, rendering)
    assert await darkroom.develop(scene, rendering) is first
    for side in range(50, 60):
        await darkroom.develop(scene, Rendering(side, side))
    again = await darkroom.develop(scene, rendering)
    assert again == first
    assert again is not first


@pytest.mark.parametrize("name", ["florence", "gaube-bay", "arve-balcony"])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (400, 300), (3000, 20)])
def test_a_scene_fits_any_size_and_is_always_the_same(name: str, size: tuple[int, int]) -> None:
    scene = scene_of(name, "seed")
    picture = draw(scene, *size)
    assert picture.size == size
    assert picture.tobytes() == draw(scene, *size).tobytes()


def test_other_seeds_are_other_pictures() -> None:
    pictures = {draw(scene_of("rome", str(seed)), 90, 60).tobytes() for seed in range(20)}
    assert len(pictures) == 20


def test_a_scene_is_read_off_the_names_of_the_world() -> None:
    assert scene_of("arve-balcony", "").view is View.MOUNTAINS
    assert scene_of("sunset-boat-trip-on-seine", "").label == "Seine"
    assert scene_of_resort(7001, "").label == "Marrakech Palm Grove"
    assert scene_of("no-such-place", "").label == "No such place"
    assert scene_of_resort(1, "").view is View.SKYLINE


def test_printed_addresses_are_of_the_providers_own_hosts() -> None:
    assert printed.COVER_IMAGE_URL.startswith("https://images-sandbox.musement.com/")
