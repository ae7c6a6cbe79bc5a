"""One thing of each provider: how it is asked for, and where its answer and its failure stand."""

from typing import Any

import msgspec

from providers.emulation.emulator import Emulator
from tests.graph import Emulators, Reply
from tests.world import ACTIVITY, PHOTO, PRODUCT_IDS, RESORT, UUIDS


class Subject(msgspec.Struct, frozen=True):
    """A field whose ``title`` and ``freshness`` one call feeds; ``field`` is where it stands in the answer."""

    provider: str
    segment: str
    route: str
    field: str
    key_field: str

    def text(self, key: str | None = None) -> str:
        """Write the field of a query: for one key, or for the variable of the provider's name."""
        value = f"${self.provider}" if key is None else f'"{key}"'
        argument = {
            "activities": f"uuids: [{value}]",
            "resortProducts": f"productIds: [{value}]",
            "photosByKey": f'keys: [{{culture: "en-us", slug: {value}}}]',
        }[self.field]
        return f"{self.field}({argument}) {{ {self.key_field} title freshness {{ state }} }}"

    def emulator(self, graph: Emulators) -> Emulator:
        """Find the emulator of the provider."""
        emulators: dict[str, Emulator] = {
            "MUSEMENT": graph.musement,
            "CLUB_MED": graph.clubmed,
            "FORGE": graph.forge,
        }
        return emulators[self.provider]

    def keys(self, graph: Emulators) -> list[str]:
        """Find two keys that there are."""
        if self.provider == "FORGE":
            # Asked for last: a world of photos takes a while to make.
            return [str(photo["slug"]) for photo in graph.forge.world.photos["en-us"][:2]]
        return UUIDS[:2] if self.provider == "MUSEMENT" else PRODUCT_IDS[:2]

    def item(self, reply: Reply) -> dict[str, Any] | None:
        """Take the one item out of an answer."""
        item: dict[str, Any] | None = reply.data[self.field][0]
        return item

    def ruin(self, key: str) -> dict[str, Any] | None:
        """Tell what is left of the item when its call fails: a photo is made of that call alone."""
        return None if self.provider == "FORGE" else {self.key_field: key, "title": None, "freshness": None}


MUSEMENT = Subject("MUSEMENT", "MUSEMENT", ACTIVITY, "activities", "uuid")
CLUB_MED = Subject("CLUB_MED", "CLUBMED", RESORT, "resortProducts", "productId")
FORGE = Subject("FORGE", "FORGE", PHOTO, "photosByKey", "slug")
SUBJECTS = (MUSEMENT, CLUB_MED, FORGE)


def query(subjects: tuple[Subject, ...], graph: Emulators, position: int = 0) -> str:
    """Write a query for one thing of each."""
    return "{ " + " ".join(each.text(each.keys(graph)[position]) for each in subjects) + " }"
