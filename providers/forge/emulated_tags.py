"""The tags on the emulated Forge's photos: places, themes, and the products of the other two providers."""

import functools

import msgspec

from providers.emulation.motifs import THEMES
from providers.emulation.payload import Payload
from providers.emulation.resorts import Resort
from providers.emulation.seeds import slugify, uuid_for
from providers.emulation.sights import Sight
from providers.emulation.words import Words

CULTURES = {"en-us": "en", "fr-fr": "fr", "it-it": "it"}
"""The tenant's cultures and the language of each."""

# The host of the page's examples.
HOST = "https://acme.org"
"""The tenant's public host, which every `selfUrl` names whatever host was called."""


class Tag(msgspec.Struct, frozen=True):
    """One tag; `reference` is the external source's name and identity, `form` one of three sets of keys."""

    neutral_slug: str
    title: Words
    form: str
    reference: tuple[str, str] | None = None

    @property
    def optional(self) -> Payload:
        """The keys that some tags have and others lack."""
        if self.reference is not None:
            # The members are guessed from the filter's `sourceName:sourceId`: each recorded reference is empty.
            source, identity = self.reference
            return {
                "type": "tag",
                "externalSourceName": source,
                "externalSourceReference": {"sourceName": source, "sourceId": identity},
                "extraData": {"sourceId": identity},
            }
        # Recorded tags lack these keys, the vendor's mock has them as null: this world has both.
        return {"type": "tag", "externalSourceName": None, "extraData": None} if self.form == "place" else {}


@functools.cache
def tag_payload(tag: Tag, culture: str) -> Payload:
    """Write the tag as photos of that culture carry it; it is shared, and not to be changed."""
    title = tag.title.to(CULTURES[culture])
    # Slugs are the language's own: only the neutral one is the same everywhere.
    slug = slugify(title)
    payload: Payload = {
        "_translationId": uuid_for(f"tag {tag.neutral_slug} {culture}"),
        "_entityId": uuid_for(f"tag {tag.neutral_slug}"),
        "selfUrl": f"{HOST}/v2/content/{culture}/tags/{slug}",
        "title": title,
        "slug": slug,
        "neutralSlug": tag.neutral_slug,
        "externalSourceReference": {},
        "fields": {},
    }
    return payload | tag.optional


def place_tag(key: str, name: Words) -> Tag:
    """Make the tag of a city or a country."""
    return Tag(key, name, "place")


def theme_tag(key: str) -> Tag:
    """Make the tag of a theme."""
    return Tag(key, THEMES[key], "theme")


def sight_tag(sight: Sight) -> Tag:
    """Make the tag that joins photos to a Musement activity."""
    name = Words(sight.name, f"Visiter {sight.name}", f"Visitare {sight.name}")
    return Tag(f"activity-{slugify(sight.name)}", name, "entity", ("musement", sight.uuid))


def product_tag(resort: Resort, product_id: str) -> Tag:
    """Make the tag that joins photos to a Club Med product."""
    season = product_id.partition("_")[2].lower()
    title = f"{resort.title} {season}".strip()
    name = Words(f"Stay at {title}", f"Séjour {title}", f"Soggiorno {title}")
    return Tag(f"resort-{slugify(title)}", name, "entity", ("clubmed", product_id))
