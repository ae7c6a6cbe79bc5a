"""The image and video hosts of the world in one application: `/sandbox/images/` and `/sandbox/videos/`.

Musement's takes imgix queries, Forge's Cloudinary components, Club Med's gives originals only. The one video
is a sunset in this package's own colours.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web
from msgspec import structs

from providers.emulation.renderings import FORMAT_NAMES, Rendering, read_cloudinary, read_imgix
from providers.emulation.scenery import Scene, scene_of, scene_of_resort

_VIDEO = Path(__file__).parent / "assets" / "shore.mp4"
# Drawing is work for a core, beside the event loop that answers: more at once would only delay each other.
_AT_ONCE = 2
_CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif"}
# An address shows one picture for ever; Accept is in it, for `f_auto` and `auto=format` choose by that.
_LASTING = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept"}

# Sizes of this world's own: no provider tells the size of an original (provider pages).
MUSEMENT_ORIGINAL = (1800, 1200)
FORGE_ORIGINAL = (2400, 1600)
CLUB_MED_ORIGINAL = (1600, 900)


class Darkroom:
    """Renders pictures in threads, a few at once, and keeps the latest used ones, up to `kept_bytes`."""

    def __init__(self, kept_bytes: int = 32 * 1024 * 1024) -> None:
        self._most_bytes = kept_bytes
        self._kept: OrderedDict[tuple[Scene, Rendering], bytes] = OrderedDict()
        self._kept_bytes = 0
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def develop(self, scene: Scene, rendering: Rendering) -> bytes:
        """Give the encoded picture, drawn now or kept from before."""
        key = scene, rendering
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        # Pillow is imported with the first picture, so that the emulators listen at once.
        from providers.emulation.pictures import render

        async with self._free:
            picture = await asyncio.to_thread(render, scene, rendering)
        self._keep(key, picture)
        return picture

    def _keep(self, key: tuple[Scene, Rendering], picture: bytes) -> None:
        # Two requests for one picture may both have drawn it.
        if key in self._kept:
            return
        self._kept[key] = picture
        self._kept_bytes += len(picture)
        while self._kept_bytes > self._most_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)


Reader = Callable[[web.Request], tuple[Scene, Rendering]]


def create_images_app() -> web.Application:
    """Serve every picture and video that the three worlds name, in the size that its address asks for."""
    darkroom = Darkroom()
    app = web.Application()
    images = "/sandbox/images"
    readers: Mapping[str, Reader] = {
        f"{images}/musement/{{folder}}/{{first}}/{{second}}/{{name}}_header-{{number}}.jpeg": _read_musement,
        f"{images}/forge/image/private/{{steps:.+}}/forge/{{identity}}": _read_forge,
        f"{images}/forge/image/named/{{format}}/forge/{{identity}}": _read_named,
        f"{images}/clubmed/pm_{{number}}_{{second}}_{{third}}-{{token}}-swhr.jpg": _read_club_med,
    }
    for template, reader in readers.items():
        app.router.add_get(template, _serve(darkroom, reader))
    app.router.add_get(f"{images}/forge/image/private/forge/{{identity}}", _refuse_original)
    app.router.add_get("/sandbox/videos/{provider}/{name}.mp4", _serve_video)
    return app


def _serve(darkroom: Darkroom, reader: Reader) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        try:
            scene, rendering = reader(request)
        except ValueError as reason:
            return _refuse(400, str(reason))
        if rendering.format == "auto":
            rendering = structs.replace(rendering, format=_negotiate(request.headers.get("Accept", "")))
        picture = await darkroom.develop(scene, rendering)
        return web.Response(body=picture, content_type=_CONTENT_TYPES[rendering.format], headers=_LASTING)

    return serve


def _negotiate(accept: str) -> str:
    # AVIF costs ten times the encoding: only for those that take nothing else that is modern.
    return next((format_ for format_ in ("webp", "avif") if f"image/{format_}" in accept), "jpg")


def _read_musement(request: web.Request) -> tuple[Scene, Rendering]:
    name = request.match_info["name"]
    scene = scene_of(name, f"{request.match_info['folder']} {name} {request.match_info['number']}")
    return scene, read_imgix(request.query, MUSEMENT_ORIGINAL)


def _read_club_med(request: web.Request) -> tuple[Scene, Rendering]:
    number, token = request.match_info["number"], request.match_info["token"]
    return scene_of_resort(int(number), token), Rendering(*CLUB_MED_ORIGINAL)


def _read_forge(request: web.Request) -> tuple[Scene, Rendering]:
    steps = request.match_info["steps"].split("/")
    if any(step.startswith("s--") for step in steps):
        # The signature covers the transformation: whatever a client fills in breaks it.
        raise ValueError("Invalid Signature")
    return _forge_scene(request), read_cloudinary(steps, FORGE_ORIGINAL)


def _read_named(request: web.Request) -> tuple[Scene, Rendering]:
    name = request.match_info["format"]
    if name not in FORMAT_NAMES:
        raise ValueError(f"Unknown format name - {name}")
    return _forge_scene(request), Rendering(*FORMAT_NAMES[name])


def _forge_scene(request: web.Request) -> Scene:
    identity = request.match_info["identity"]
    return scene_of(identity.partition("_")[0], identity)


async def _refuse_original(_request: web.Request) -> web.Response:
    # Derived images of a private asset are public, its original is not.
    return _refuse(401, "Unauthorized original")


def _refuse(status: int, reason: str) -> web.Response:
    # Cloudinary tells the reason of a refusal in this header (its documentation).
    return web.Response(status=status, text=f"{reason}\n", headers={"X-Cld-Error": reason})


async def _serve_video(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_VIDEO)
