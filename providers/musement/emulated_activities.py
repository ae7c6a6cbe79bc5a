"""The activities that the emulated Musement sells, as the wire carries them."""

import functools

import msgspec

from providers.emulation.payload import Payload, copy_lists, copy_objects
from providers.emulation.places import City
from providers.emulation.seeds import number_for, slugify
from providers.emulation.sights import BARGELLO_UUIDS, SIGHTS, Genre, Sight
from providers.emulation.words import Words
from providers.musement import printed

TRANSLATED = ("fr", "it")
"""The languages beside English."""

_PRINTED_TITLE = Words(
    printed.TITLE,
    "Billets pour le musée national du Bargello",
    "Biglietti per il Museo Nazionale del Bargello",
)

# One or two activities of each oddity, so that every one can be met and none becomes the rule.
_WITHOUT_COVER = ("Navigli", "Isola")
_WITHOUT_COORDINATES = ("Le Marais",)
_WITH_FLAGGED_ITEM = ("Navigli", "Tate Modern")
_WITH_VIDEO = ("Seine", "Thames", "Sumida River", "Jardin Majorelle")
_WITH_ODD_ITEMS = ("Kew Gardens",)
# No gallery is a 404 in the reference; another list of the API answers `[]` or 404 for none: this world has both.
_WITH_EMPTY_GALLERY = ("Alfama",)
_WITHOUT_GALLERY = ("Yanaka",)


class World:
    """What this emulator serves; every dictionary and list is its own and may be changed.

    `activities` and `media` are by uuid, in English; `translations[language][uuid]` says what an activity's
    texts are in another one. An activity that is missing in `media` answers 404 there.
    """

    def __init__(self, images_origin: str) -> None:
        self._images_origin = images_origin

    @functools.cached_property
    def activities(self) -> dict[str, Payload]:
        """Detail payloads, in the order of a search."""
        return copy_objects(_activities(self._images_origin))

    @functools.cached_property
    def media(self) -> dict[str, list[Payload]]:
        """Galleries."""
        return copy_lists(_media(self._images_origin))

    @functools.cached_property
    def translations(self) -> dict[str, dict[str, Payload]]:
        """Texts that replace the English ones."""
        return {
            language: copy_objects(_translations(language, self._images_origin)) for language in TRANSLATED
        }


@functools.lru_cache(maxsize=4)
def _activities(images_origin: str) -> bytes:
    return msgspec.json.encode({sight.uuid: _activity(sight, images_origin) for sight in SIGHTS})


@functools.lru_cache(maxsize=4)
def _media(images_origin: str) -> bytes:
    galleries = {
        sight.uuid: _gallery(sight, images_origin) for sight in SIGHTS if sight.name not in _WITHOUT_GALLERY
    }
    galleries |= {printed.GALLERY_UUID: printed.GALLERY, printed.FLAGGED_UUID: printed.FLAGGED_GALLERY}
    return msgspec.json.encode(galleries)


@functools.lru_cache(maxsize=4)
def _translations(language: str, images_origin: str) -> bytes:
    return msgspec.json.encode({sight.uuid: _texts(sight, language, images_origin) for sight in SIGHTS})


def _texts(sight: Sight, language: str, images_origin: str) -> Payload:
    title = _title(sight).to(language)
    place = sight.city.key
    return {
        "title": title,
        "slug": slugify(title),
        "description": sight.description.to(language),
        "about": sight.description.to(language),
        "url": f"https://sandbox.musement.com/{language}/{place}/{slugify(title)}-{sight.number}/",
        "city": _city(sight.city, language, images_origin),
        "categories": [_category(sight.genre, language, images_origin)],
    }


def _title(sight: Sight) -> Words:
    return _PRINTED_TITLE if sight.uuid in BARGELLO_UUIDS else sight.title


def _activity(sight: Sight, images_origin: str) -> Payload:
    activity: Payload = {
        "uuid": sight.uuid,
        **_texts(sight, "en", images_origin),
        "status": sight.status,
        "verticals": [{"id": 1 + sight.genre.number % 7, "code": sight.genre.vertical}],
        # Empty objects come where a part has nothing in it (observed).
        "supplier": {},
        "merchant_price": {"currency": "USD", "value": 12.5 + number_for(sight.name, 60)},
        "languages": [{"code": "en"}, {"code": "fr"}, {"code": "it"}],
        "reviews_number": number_for(sight.name, 900),
    }
    if sight.uuid in BARGELLO_UUIDS:
        activity["cover_image_url"] = printed.COVER_IMAGE_URL
    elif sight.name not in _WITHOUT_COVER:
        activity["cover_image_url"] = _cover_url(sight, images_origin)
    # Musement leaves out what it does not have.
    if sight.name not in _WITHOUT_COORDINATES:
        activity["latitude"] = round(sight.city.latitude + number_for(sight.name, 400) / 10_000 - 0.02, 4)
        activity["longitude"] = round(sight.city.longitude + number_for(sight.uuid, 400) / 10_000 - 0.02, 4)
    return activity


def _city(place: City, language: str, images_origin: str) -> Payload:
    name = place.name.to(language)
    country = place.country
    return {
        "id": place.number,
        "name": name,
        "code": place.key,
        "time_zone": place.time_zone,
        "url": f"https://sandbox.musement.com/{language}/{slugify(name)}/",
        "cover_image_url": _image_url(images_origin, "cover/0002/15", place.key, 700 + place.number)
        + "?w=540",
        "country": {"id": country.number, "name": country.name.to(language), "iso_code": country.code},
    }


def _category(genre: Genre, language: str, images_origin: str) -> Payload:
    return {
        "id": genre.number,
        "code": genre.category,
        "name": genre.name.to(language),
        # A text on the wire, an integer in the reference (observed).
        "level": "1",
        "cover_image_url": _image_url(images_origin, "category/0001/04", genre.category, genre.number)
        + "?w=540",
    }


def _cover_url(sight: Sight, images_origin: str) -> str:
    # The width in the address is the provider page's; a recording of 2019 had none.
    name = slugify(sight.title.en)
    return _image_url(images_origin, "cover/0001/02", name, _media_id(sight, 0)) + "?w=540"


def _image_url(images_origin: str, folder: str, name: str, number: int) -> str:
    return f"{images_origin}/sandbox/images/musement/{folder}/{name}_header-{number}.jpeg"


def _media_id(sight: Sight, position: int) -> int:
    # Twenty numbers an activity: the cover is 0, images come next, a video is 19, and no two ever meet.
    return 20 * (sight.number % 1000 + 1000) + position


def _gallery(sight: Sight, images_origin: str) -> list[Payload]:
    if sight.name in _WITH_EMPTY_GALLERY:
        return []
    gallery = [
        _image(sight, images_origin, 1 + position) for position in range(3 + number_for(sight.uuid, 4))
    ]
    if sight.name in _WITH_FLAGGED_ITEM:
        gallery[1] |= {"url": _cover_url(sight, images_origin), "is_cover": True, "id": _media_id(sight, 0)}
    if sight.name in _WITH_VIDEO:
        gallery.append(_video(sight, images_origin))
    if sight.name in _WITH_ODD_ITEMS:
        del gallery[0]["url"]
        # The reference has the type as free text, without a list of its words.
        gallery[1]["type"] = "panorama"
        del gallery[2]["type"]
    return gallery


def _image(sight: Sight, images_origin: str, position: int) -> Payload:
    number = _media_id(sight, position)
    return {
        "id": number,
        "title": sight.title.en,
        "url": _image_url(images_origin, "default/0001/19", slugify(sight.title.en), number) + "?w=750&h=500",
        "type": "image",
        "is_cover": False,
    }


# No sample of a video is published, though the page announces them: its type's word and the plain file are assumed.
def _video(sight: Sight, images_origin: str) -> Payload:
    return {
        "id": _media_id(sight, 19),
        "title": sight.title.en,
        "url": f"{images_origin}/sandbox/videos/musement/{slugify(sight.name)}.mp4",
        "type": "video",
        "is_cover": False,
    }
