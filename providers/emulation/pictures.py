"""Draws the pictures of the world: a sky, a sun, and mountains, a sea or a skyline under it."""

import io
import math
import unicodedata
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from providers.emulation.renderings import Rendering
from providers.emulation.scenery import Scene, View
from providers.emulation.seeds import number_for

Colour = tuple[int, int, int]

# Top of the sky, horizon, far ground, near ground.
_PALETTES: Sequence[tuple[Colour, Colour, Colour, Colour]] = (
    ((38, 70, 120), (255, 196, 140), (118, 104, 140), (44, 38, 66)),
    ((92, 160, 220), (226, 240, 248), (120, 160, 170), (30, 84, 84)),
    ((250, 150, 110), (255, 226, 170), (180, 110, 120), (84, 46, 70)),
    ((28, 40, 84), (144, 110, 170), (70, 66, 120), (20, 22, 50)),
    ((120, 196, 210), (250, 244, 214), (124, 170, 130), (40, 92, 66)),
    ((66, 120, 190), (250, 214, 200), (130, 130, 176), (52, 60, 100)),
)
_LARGEST_DRAWN = 1600
_LAYERS = 3
# Below that the built-in font is a smear.
_LEGIBLE_POINTS = 7
_PILLOW_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}


def render(scene: Scene, rendering: Rendering) -> bytes:
    """Draw and encode; up to a second for the largest sizes, so not for an event loop."""
    image = draw(scene, rendering.width, rendering.height)
    encoded = io.BytesIO()
    # Pillow passes over a quality where the format has none (PNG).
    image.save(encoded, _PILLOW_FORMATS[rendering.format], quality=rendering.quality)
    return encoded.getvalue()


def draw(scene: Scene, width: int, height: int) -> Image.Image:
    """Draw a scene in exactly that size."""
    # Large ones are drawn smaller and blown up: nobody looks at their pixels, and drawing stays quick.
    shrink = min(1.0, _LARGEST_DRAWN / max(width, height))
    size = max(round(width * shrink), 1), max(round(height * shrink), 1)
    top, horizon, far, near = _PALETTES[number_for(f"palette {scene.seed}", len(_PALETTES))]
    image = _gradient(size, top, horizon)
    pen = ImageDraw.Draw(image, "RGBA")
    _draw_sun(pen, scene, size)
    ground = {View.MOUNTAINS: _draw_mountains, View.SEA: _draw_sea, View.SKYLINE: _draw_skyline}[scene.view]
    ground(pen, scene, size, (far, near))
    _draw_label(pen, scene.label, size)
    return image if size == (width, height) else image.resize((width, height), Image.Resampling.BILINEAR)


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    steps = [_blend(top, bottom, step / 63) for step in range(64)]
    # 64 bands blown up smoothly show no steps, and the resize is quicker than drawing every line from here.
    column = Image.frombytes("RGB", (1, 64), bytes(channel for colour in steps for channel in colour))
    return column.resize(size, Image.Resampling.BILINEAR)


def _blend(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _chance(scene: Scene, what: str, low: float, high: float) -> float:
    # Each trait hashes a name of its own: another trait leaves all pictures as they were.
    return low + (high - low) * number_for(f"{what} {scene.seed}", 1000) / 1000


def _draw_sun(pen: ImageDraw.ImageDraw, scene: Scene, size: tuple[int, int]) -> None:
    x, y = size[0] * _chance(scene, "sun x", 0.15, 0.85), size[1] * _chance(scene, "sun y", 0.15, 0.5)
    radius = min(size) * _chance(scene, "sun", 0.05, 0.11)
    for halo, alpha in ((2.6, 26), (1.8, 40), (1.3, 60), (1.0, 235)):
        reach = radius * halo
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=(255, 244, 214, alpha))


def _draw_mountains(
    pen: ImageDraw.ImageDraw, scene: Scene, size: tuple[int, int], ground: tuple[Colour, Colour]
) -> None:
    width, height = size
    for layer in range(_LAYERS):
        base = height * (0.52 + 0.14 * layer)
        swing = height * (0.16 - 0.03 * layer)
        ridge = [(width * step / 60, base - swing * _ridge(scene, layer, step / 60)) for step in range(61)]
        pen.polygon([(0, height), *ridge, (width, height)], fill=_blend(*ground, layer / (_LAYERS - 1)))


def _ridge(scene: Scene, layer: int, x: float) -> float:
    """Tell how high a ridge is at `x` from 0 to 1: about -1 to 1."""
    waves = ((2.1, 0.6), (5.3, 0.3), (13.7, 0.12))
    return sum(
        share * math.sin(x * pace * math.tau / 2 + _chance(scene, f"ridge {layer} {pace}", 0, math.tau))
        for pace, share in waves
    )


def _draw_sea(
    pen: ImageDraw.ImageDraw, scene: Scene, size: tuple[int, int], ground: tuple[Colour, Colour]
) -> None:
    width, height = size
    shore = height * _chance(scene, "shore", 0.56, 0.68)
    for band in range(12):
        upper = shore + (height - shore) * band / 12
        pen.rectangle((0, upper, width, height), fill=_blend(*ground, band / 11))
    for glint in range(40):
        y = shore + (height - shore) * _chance(scene, f"glint y {glint}", 0.02, 0.98)
        x = width * _chance(scene, f"glint x {glint}", 0, 1)
        reach = width * 0.03 * (y / height)
        pen.line((x - reach, y, x + reach, y), fill=(255, 255, 255, 70), width=max(height // 300, 1))


def _draw_skyline(
    pen: ImageDraw.ImageDraw, scene: Scene, size: tuple[int, int], ground: tuple[Colour, Colour]
) -> None:
    width, height = size
    for layer in range(_LAYERS):
        x, house = -width * 0.02, 0
        colour = _blend(*ground, layer / (_LAYERS - 1))
        while x < width:
            house += 1
            breadth = width * _chance(scene, f"breadth {layer} {house}", 0.03, 0.09)
            roof = height * _chance(scene, f"roof {layer} {house}", 0.42, 0.62) + height * 0.12 * layer
            pen.rectangle((x, roof, x + breadth, height), fill=colour)
            if house % 3 == 0:
                pen.polygon(
                    [(x, roof), (x + breadth / 2, roof - breadth * 0.8), (x + breadth, roof)], fill=colour
                )
            x += breadth


def _draw_label(pen: ImageDraw.ImageDraw, label: str, size: tuple[int, int]) -> None:
    points = size[1] / 26
    if points < _LEGIBLE_POINTS or not label:
        return
    font = ImageFont.load_default(points)
    # Pillow's own font knows ASCII only.
    said = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    where = (points * 0.8, size[1] - points * 2)
    pen.text((where[0] + 1, where[1] + 1), said, font=font, fill=(0, 0, 0, 130))
    pen.text(where, said, font=font, fill=(255, 255, 255, 230))
