"""What a picture of the world shows, read off its address."""

import enum
import functools
from collections.abc import Mapping

import msgspec

from providers.emulation.places import CITIES
from providers.emulation.resorts import MOUNTAIN, RESORTS
from providers.emulation.seeds import slugify
from providers.emulation.sights import SIGHTS


class View(enum.StrEnum):
    """The kinds of landscape."""

    SKYLINE = "skyline"
    SEA = "sea"
    MOUNTAINS = "mountains"


class Scene(msgspec.Struct, frozen=True):
    """One picture: the same seed is always the same picture, `label` stands in its corner."""

    seed: str
    label: str
    view: View


_VIEW_OF_VERTICAL = {"cruises-boats": View.SEA, "nature": View.MOUNTAINS}


def scene_of(name: str, seed: str) -> Scene:
    """Find the scene for the slug of a place, a sight, a resort or an activity; others are skylines."""
    label, view = _known().get(name, (name.replace("-", " ").capitalize(), View.SKYLINE))
    return Scene(seed, label, view)


def scene_of_resort(number: int, seed: str) -> Scene:
    """Find the scene for the number in a resort picture's address."""
    resort = next((resort for resort in RESORTS if resort.number == number), None)
    return scene_of("" if resort is None else resort.key, seed)


@functools.cache
def _known() -> Mapping[str, tuple[str, View]]:
    known = {city.key: (city.name.en, View.SKYLINE) for city in CITIES}
    for sight in SIGHTS:
        named = sight.name, _VIEW_OF_VERTICAL.get(sight.genre.vertical, View.SKYLINE)
        # Forge's images are named by the sight, Musement's by the activity's title: both find the same scene.
        known |= {slugify(sight.name): named, slugify(sight.title.en): named}
    for resort in RESORTS:
        known[resort.key] = resort.title, View.MOUNTAINS if resort.landscape is MOUNTAIN else View.SEA
    return known
