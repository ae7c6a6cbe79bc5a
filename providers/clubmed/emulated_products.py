"""The products that the emulated Club Med sells, as the wire carries them."""

import functools

import msgspec

from providers.clubmed import printed
from providers.emulation.payload import Payload, copy_lists, copy_objects
from providers.emulation.resorts import RESORTS, SEASONS, Resort
from providers.emulation.seeds import hex_for, number_for

# The samples of the provider's documentation; what a real key may ask for depends on the key.
LOCALES = ("en-US", "fr-FR", "es-ES", "ja-JP", "en-SG")
"""What `GET /v0/locales` answers; the first one is what a test edits."""

HERO = "MAIN_KEY_VISUAL"

# Made up: MAIN_KEY_VISUAL is the only keyword that is published anywhere (provider page).
_KEYWORDS = ("ROOM", "POOL", "RESTAURANT", "SPORT", "SURROUNDINGS", "WELLNESS")

# Nothing promises one key visual: this world has products with none, one and two, and one without pictures.
_WITHOUT_HERO = ("DJRB", "TAOR", "SALY")
_WITHOUT_IMMERSIVE_IMAGE = ("SALY",)
_WITHOUT_PICTURES = ("EXUM",)
_WITH_TWO_HEROES = ("MORN",)
_WITH_ODD_PICTURES = ("PELO",)
_VILLAS = ("EXUM", "GAUB")


class World:
    """What this emulator serves; every dictionary and list is its own and may be changed.

    `products[locale][id]` are details, in the order of the catalogue; `pictures` and `videos` are by id, and
    an id that is missing there answers 404.
    """

    def __init__(self, images_origin: str) -> None:
        self._images_origin = images_origin

    @functools.cached_property
    def products(self) -> dict[str, dict[str, Payload]]:
        """Details by locale and id."""
        return {locale: copy_objects(_products(locale, self._images_origin)) for locale in LOCALES}

    @functools.cached_property
    def pictures(self) -> dict[str, list[Payload]]:
        """Pictures by product."""
        return copy_lists(_pictures(self._images_origin))

    @functools.cached_property
    def videos(self) -> dict[str, list[object]]:
        """Video addresses by product."""
        return msgspec.json.decode(_videos(self._images_origin), type=dict[str, list[object]])


_RESORTS = {product_id: resort for resort in RESORTS for product_id in resort.product_ids}


@functools.lru_cache(maxsize=16)
def _products(locale: str, images_origin: str) -> bytes:
    products = {
        product_id: _product(product_id, resort, locale, images_origin)
        for product_id, resort in _RESORTS.items()
    }
    return msgspec.json.encode(products)


@functools.lru_cache(maxsize=4)
def _pictures(images_origin: str) -> bytes:
    pictures = {
        product_id: _gallery(product_id, resort, images_origin) for product_id, resort in _RESORTS.items()
    }
    return msgspec.json.encode(pictures | {printed.PRODUCT_ID: printed.PICTURES})


@functools.lru_cache(maxsize=4)
def _videos(images_origin: str) -> bytes:
    videos = {
        product_id: _films(product_id, resort, images_origin)
        for product_id, resort in _RESORTS.items()
        # Whether "no video" is an empty list or a 404 is not documented: this world has both.
        if resort.number % 5
    }
    return msgspec.json.encode(videos | {printed.PRODUCT_ID: printed.VIDEOS})


def _product(product_id: str, resort: Resort, locale: str, images_origin: str) -> Payload:
    language = locale.partition("-")[0]
    _, _, season = product_id.partition("_")
    siblings = [sibling for sibling in resort.product_ids if sibling != product_id]
    return {
        "id": product_id,
        "resort_id": resort.code,
        "title": resort.title,
        "full_title": f"{resort.title} - {resort.country.name.to(language)}",
        "description_title": resort.landscape.description.format(title=resort.title).to(language),
        "type": {"id": "VILLA", "label": "Villas"}
        if resort.code in _VILLAS
        else {"id": "VILLAGE", "label": "Resorts"},
        "category": {"id": resort.landscape.category, "label": resort.landscape.name.to(language)},
        "opening_status": "CLOSED" if product_id == "LAUR_SUMMER" else "OPEN",
        "seasons": [season] if season in SEASONS else list(SEASONS),
        # An empty text where there is none, never null (observed).
        "sibling_id": siblings[0] if season in SEASONS else "",
        "associated_product_id": "",
        "range": None,
        "destination": _destination(resort, language),
        "media": _media(product_id, resort, locale, images_origin),
        "accommodations_introduction": {"images": [], "rooms_count": 120 + number_for(resort.code, 300)},
        "product_line": ["CORE"],
        "tags": [],
        "price": {"currency": "EUR"},
        "_links": [
            {
                "rel": "web_seo_url",
                "method": "GET",
                "href": f"https://www.clubmed.com/r/{resort.key}/y",
                "external": True,
            }
        ],
    }


def _destination(resort: Resort, language: str) -> Payload:
    country = resort.country
    return {
        "countries": [{"id": country.code, "label": country.name.to(language), "description": ""}],
        "geographical_area": {"id": f"product_geographical_area_{country.code.lower()}", "label": ""},
        "region": {"id": f"REGION_{resort.key.replace('-', '_')}", "label": ""},
    }


def _media(product_id: str, resort: Resort, locale: str, images_origin: str) -> Payload:
    immersive = (
        "" if resort.code in _WITHOUT_IMMERSIVE_IMAGE else _image_url(product_id, resort, 0, images_origin)
    )
    return {
        "immersive_image": immersive,
        # The immersive image may be one of the surroundings too.
        "surroundings_images": [immersive] if resort.code == "DJRB" else [],
        "map": _image_url(product_id, resort, 90, images_origin),
        "fact_sheet_url": f"https://factsheets.clubmed/{locale.lower()}/factsheet_{product_id.lower()}.pdf",
    }


def _image_url(product_id: str, resort: Resort, position: int, images_origin: str) -> str:
    # The form of recorded addresses, in which neither size nor locale shows (observed).
    token = hex_for(f"{product_id} {position}", 10)
    serial = 10_000 + number_for(f"picture {product_id} {position}", 89_999)
    return (
        f"{images_origin}/sandbox/images/clubmed/pm_{resort.number}_{60 + position}_{serial}-{token}-swhr.jpg"
    )


def _gallery(product_id: str, resort: Resort, images_origin: str) -> list[Payload]:
    if resort.code in _WITHOUT_PICTURES:
        return []
    gallery: list[Payload] = [
        {
            "url": _image_url(product_id, resort, 1 + position, images_origin),
            "keywords": [_KEYWORDS[(position + resort.number) % len(_KEYWORDS)]],
        }
        for position in range(4 + number_for(product_id, 5))
    ]
    # The key visual is marked by its keyword alone: it need not come first.
    heroes = (1, 3) if resort.code in _WITH_TWO_HEROES else (resort.number % 3,)
    for position in () if resort.code in _WITHOUT_HERO else heroes:
        gallery[position]["keywords"] = [HERO, *_keywords(gallery[position])]
    if resort.code in _WITH_ODD_PICTURES:
        # Both members of a picture are optional in the reference.
        del gallery[1]["keywords"]
        gallery[2]["keywords"] = []
        gallery.append(dict(gallery[3]))
    return gallery


def _keywords(picture: Payload) -> list[object]:
    keywords = picture.get("keywords")
    return keywords if isinstance(keywords, list) else []


def _films(product_id: str, resort: Resort, images_origin: str) -> list[str]:
    count = number_for(f"films {product_id}", 3)
    return [
        f"{images_origin}/sandbox/videos/clubmed/{resort.key}-{1 + number}.mp4" for number in range(count)
    ]
