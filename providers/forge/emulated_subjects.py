"""Who is on the emulated Forge's photos: every take of a city, a sight or a resort, with the tags it gets."""

from collections.abc import Iterator, Sequence

import msgspec

from providers.emulation.motifs import OF_CITIES, OF_RESORTS, OF_SIGHTS, Motif
from providers.emulation.places import CITIES
from providers.emulation.resorts import RESORTS, Resort
from providers.emulation.sights import SIGHTS, Sight
from providers.emulation.words import Words
from providers.forge.emulated_tags import Tag, place_tag, product_tag, sight_tag, theme_tag

_TAKES_OF_A_CITY = 3
# Every ninth sight: a join that finds nothing is an answer, and needs to be met.
_UNTAGGED_SIGHTS = 9


class Take(msgspec.Struct, frozen=True):
    """One photograph. `key` names it in every language; its context is the first of its tags."""

    key: str
    title: Words
    tags: tuple[Tag, ...]
    number: int = 1


def takes() -> Iterator[Take]:
    """Go through every photograph of the world, always in the same order."""
    for city in CITIES:
        for motif in OF_CITIES:
            for number in range(1, 1 + _TAKES_OF_A_CITY):
                yield _take(city.key, city.name, motif, [place_tag(city.key, city.name)], number)
    # The Bargello is there twice; its second activity is one that editors have not illustrated.
    for position, sight in enumerate(SIGHTS[:1] + SIGHTS[2:]):
        tags = _tags_of_sight(sight, tagged=position % _UNTAGGED_SIGHTS != _UNTAGGED_SIGHTS - 1)
        for motif in OF_SIGHTS:
            yield _take(sight.name, Words(sight.name, sight.name, sight.name), motif, tags)
    for resort in RESORTS:
        for position, motif in enumerate(OF_RESORTS):
            name = Words(resort.title, resort.title, resort.title)
            yield _take(resort.key, name, motif, _tags_of_resort(resort, position))


def _take(key: str, name: Words, motif: Motif, tags: Sequence[Tag], number: int = 1) -> Take:
    themes = [theme_tag(theme) for theme in motif.themes]
    return Take(f"{key}_{motif.key}_{number}", motif.title.format(place=name), (*tags, *themes), number)


def _tags_of_sight(sight: Sight, *, tagged: bool) -> list[Tag]:
    place = place_tag(sight.city.key, sight.city.name)
    return [place, sight_tag(sight)] if tagged else [place]


def _tags_of_resort(resort: Resort, position: int) -> list[Tag]:
    country = place_tag(f"country-{resort.country.code.lower()}", resort.country.name)
    # Where there are two products, every other photograph is of the one season, and each sixth of both.
    sold = (
        resort.product_ids if position % 6 == 0 else (resort.product_ids[position % len(resort.product_ids)],)
    )
    return [country, *(product_tag(resort, product_id) for product_id in sold)]
