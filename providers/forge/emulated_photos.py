"""The photos that the emulated Forge publishes, as its details carry them."""

import functools
from datetime import UTC, datetime, timedelta

import msgspec

from providers.emulation.payload import Payload
from providers.emulation.seeds import hex_for, number_for, slugify, uuid_for
from providers.emulation.words import Words
from providers.forge import printed
from providers.forge.emulated_oddities import ODDITIES
from providers.forge.emulated_subjects import Take, takes
from providers.forge.emulated_tags import CULTURES, HOST, tag_payload, theme_tag

# Photos have no language, but each language decides which ones it shows: of a hundred, so many.
_SHOWN_OF_100 = {"en-us": 100, "fr-fr": 52, "it-it": 44}
# Invented: real answers carry the names of staff.
_AUTHORS = ("Ines Marchetti", "Tom Havel", "Claire Dubosc", "Yuna Okada", "Sami Idrissi")
_FIRST_DAY = datetime(2023, 1, 1, tzinfo=UTC)
# In the middle of the world's dates, so that no first page has the oddities by chance.
_ARCHIVE_DATE = "2024-05-01T00:00:00Z"
_FORMAT_NAME = "{formatName}"
_INSTRUCTIONS = "{formatInstructions}"
# The vendor's default size, as printed on the page; tenants have their own.
_THUMBNAIL = "w_250,h_250,c_thumb,g_auto,q_auto,f_jpg"


class World:
    """What this emulator serves: `photos[culture]` are details, unlisted ones too; all may be changed."""

    def __init__(self, images_origin: str) -> None:
        self._images_origin = images_origin
        self.photos = _Photos(images_origin)


class _Photos(dict[str, list[Payload]]):
    """Copies a culture's photos when it is first asked for: most tests never look at the other two."""

    def __init__(self, images_origin: str) -> None:
        super().__init__()
        self._images_origin = images_origin

    def __missing__(self, culture: str) -> list[Payload]:
        if culture not in CULTURES:
            raise KeyError(culture)
        photos = msgspec.json.decode(_encoded(culture, self._images_origin), type=list[Payload])
        self[culture] = photos
        return photos


@functools.lru_cache(maxsize=12)
def _encoded(culture: str, images_origin: str) -> bytes:
    shown = [
        _photo(take, culture, images_origin)
        for take in takes()
        if number_for(f"{culture} {take.key}", 100) < _SHOWN_OF_100[culture]
    ]
    shown += [_odd_photo(oddity, culture, images_origin) for oddity in ODDITIES]
    if culture == printed.CULTURE:
        shown.append(_printed_detail())
    return msgspec.json.encode(shown)


def _photo(take: Take, culture: str, images_origin: str) -> Payload:
    language = CULTURES[culture]
    title = take.title.to(language)
    slug = f"{slugify(title)}-{take.number}"
    created = _FIRST_DAY + timedelta(seconds=number_for(f"created {take.key}", 1000 * 86_400))
    updated = created + timedelta(seconds=number_for(f"updated {take.key}", 60 * 86_400))
    photo: Payload = {
        "type": "photo",
        # One identity in each language and one over all of them; neither can be looked up (provider page).
        "_translationId": uuid_for(f"photo {take.key} {culture}"),
        "_entityId": uuid_for(f"photo {take.key}"),
        # Always with the culture in lower case, however it was asked for (observed).
        "selfUrl": f"{HOST}/v2/content/{culture}/photos/{slug}",
        "slug": slug,
        "title": title,
        "tags": [tag_payload(tag, culture) for tag in take.tags],
        "fields": {"caption": f"{title}.", "credit": _author(take.key)} if number_for(take.key, 6) else {},
        "createdBy": _author(f"created {take.key}"),
        "lastUpdatedBy": _author(f"updated {take.key}"),
        "lastUpdatedDate": _date(updated, f"updated {take.key}"),
        "contentDate": _date(created, f"created {take.key}"),
        "featured": int(number_for(f"featured {take.key}", 25) == 0),
        "image": _image(take, images_origin),
        "relations": _relations(take, culture),
        "references": {"album": [_related("album", f"{take.tags[0].neutral_slug} album", culture)]},
        "_listAvailability": int(number_for(f"unlisted {take.key}", 100) == 0),
    }
    if number_for(f"context {take.key}", 10):
        photo["context"] = tag_payload(take.tags[0], culture)
    return photo | _file(take.key)


def _file(key: str) -> Payload:
    return {"mimeType": "image/jpeg", "storagePath": f"forge/{image_id(key)}"}


def image_id(key: str) -> str:
    """Name what an image's address ends in: the place and the motif can be read off it."""
    return "_".join(slugify(word) for word in key.split("_"))


def _author(seed: str) -> str:
    return _AUTHORS[number_for(f"author {seed}", len(_AUTHORS))]


def _date(moment: datetime, seed: str) -> str:
    """Write UTC with 0 to 7 digits of a second's fraction, as the wire varies."""
    digits = "".join(str(int(digit, 16) % 10) for digit in hex_for(f"fraction {seed}", 7))
    fraction = digits[: number_for(f"digits {seed}", 8)]
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"


def _image(take: Take, images_origin: str) -> Payload:
    identity = image_id(take.key)
    root = f"{images_origin}/sandbox/images/forge/image"
    return {
        "title": f"{identity}.jpg",
        "templateUrl": f"{root}/{_template(take.key)}/{identity}",
        "thumbnailUrl": f"{root}/private/{_THUMBNAIL}/forge/{identity}",
        "format": "png" if number_for(f"format {take.key}", 9) == 0 else "jpg",
        # Empty in every answer and example seen: its structure is not known.
        "overriddenFormats": {},
    }


def _template(key: str) -> str:
    """Choose a template: nearly all take instructions, a few a name or nothing, and one is signed."""
    if key == "prague_lights_2":
        return f"private/{_INSTRUCTIONS}/s--s7Kq2mZx--/v1684849708/forge"
    kind = number_for(f"template {key}", 200)
    if kind == 0:
        return f"named/{_FORMAT_NAME}/forge"
    # Without a placeholder nothing can be filled in; such a template was never seen, and nothing rules it out.
    return "private/f_auto/q_auto/forge" if kind == 1 else f"private/{_INSTRUCTIONS}/forge"


def _relations(take: Take, culture: str) -> list[Payload]:
    if number_for(f"relations {take.key}", 3):
        return []
    story = _related("story", f"{take.tags[0].neutral_slug} story", culture)
    place = _related("customentity", f"{take.tags[0].neutral_slug} place", culture)
    return [story | {"headline": f"{take.title.to(CULTURES[culture])}, and more"}, place]


def _related(kind: str, key: str, culture: str) -> Payload:
    return {
        "type": kind,
        "_translationId": uuid_for(f"{kind} {key} {culture}"),
        "_entityId": uuid_for(f"{kind} {key}"),
        "selfUrl": f"{HOST}/v2/content/{culture}/{kind}s/{slugify(key)}",
        "slug": slugify(key),
        "title": key.capitalize(),
    }


def _odd_photo(name: str, culture: str, images_origin: str) -> Payload:
    title = name.capitalize()
    take = Take(f"archive_{slugify(name)}", Words(title, title, title), (theme_tag("archive"),))
    photo = _photo(take, culture, images_origin)
    photo |= {"contentDate": _ARCHIVE_DATE, "featured": 0, "_listAvailability": 0}
    return photo | ODDITIES[name](photo)


def _printed_detail() -> Payload:
    return {
        **printed.PHOTO,
        "relations": [],
        "references": {},
        "_listAvailability": 0,
        **_file("zaxax7s7k6z2lgoyb59x"),
    }
