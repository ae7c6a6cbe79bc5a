"""How the emulated Forge reads the query of a list: filters that are ANDed, one sort field, a window."""

from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

import msgspec

from providers.emulation.payload import Payload, part, parts, text

# Both are the provider page's; that more than 100 is cut down and not refused is an assumption.
_DEFAULT_LIMIT = 25
MAX_LIMIT = 100

_WINDOW = ("$skip", "$limit")


class PhotoQuery(msgspec.Struct, frozen=True):
    """A list's query. `raw` are its parts but for the window, byte for byte, for other pages' addresses."""

    filters: list[tuple[str, str]]
    sort: str
    skip: int
    limit: int
    raw: list[str]

    def select(self, photos: list[Payload]) -> list[Payload]:
        """Give the photos that fit, in order, without the window."""
        return self._sorted([photo for photo in photos if self._fits(photo)])

    def window_url(self, path: str, skip: int) -> str:
        """Build `path` with this query at another window."""
        return f"{path}?{'&'.join([*self.raw, f'$limit={self.limit}', f'$skip={skip}'])}"

    def _fits(self, photo: Payload) -> bool:
        # Clients repeat `tags.slug` with a game and a kind, and expect that game's one story (observed): AND.
        return all(_FILTERS[name](photo, value) for name, value in self.filters)

    def _sorted(self, photos: list[Payload]) -> list[Payload]:
        field, _, direction = self.sort.partition(":")
        # Equal dates need an order of their own, or two pages could show one photo twice and miss another.
        by_slug = sorted(photos, key=lambda photo: text(photo, "slug"))
        if field in _SORTS:
            # Which direction an omitted one means is not documented.
            ordered = sorted(by_slug, key=_SORTS[field], reverse=direction.lower() == "desc")
            # What has no value to sort by comes last in both directions; sorting is stable.
            return sorted(ordered, key=lambda photo: _SORTS[field](photo) == ("", ""))
        return sorted(by_slug, key=_by_default, reverse=True)


def read_query(raw_query: str, *, encoded_dollar_ignored: bool) -> PhotoQuery:
    """Read a raw query; unknown names, and `%24` names if told so, are ignored."""
    filters: list[tuple[str, str]] = []
    known: dict[str, str] = {}
    raw = []
    for pair in _pairs(raw_query, encoded_dollar_ignored=encoded_dollar_ignored):
        name, value = (unquote_plus(side) for side in _halves(pair))
        if name in _FILTERS:
            filters.append((name, value))
        else:
            # Made-up parameters get a 200 and the plain list (observed): a misspelt filter is no error here either.
            known[name] = value
        if name not in _WINDOW:
            raw.append(pair)
    if "_listAvailability" not in dict(filters):
        filters.append(("_listAvailability", "0"))
    limit = min(max(_whole(known.get("$limit"), _DEFAULT_LIMIT), 1), MAX_LIMIT)
    return PhotoQuery(filters, known.get("$sort", ""), max(_whole(known.get("$skip"), 0), 0), limit, raw)


def _pairs(raw_query: str, *, encoded_dollar_ignored: bool) -> list[str]:
    pairs = [pair for pair in raw_query.split("&") if pair]
    return [pair for pair in pairs if not (encoded_dollar_ignored and pair.startswith("%24"))]


def _halves(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, value


def _whole(value: str | None, default: int) -> int:
    try:
        return default if value is None else int(value)
    except ValueError:
        return default


def _any_tag(name: str) -> Callable[[Payload, str], bool]:
    return lambda photo, value: any(tag.get(name) == value for tag in parts(photo, "tags"))


def _reference(tag: Payload) -> str:
    reference = part(tag, "externalSourceReference")
    return f"{text(reference, 'sourceName')}:{text(reference, 'sourceId')}" if reference else ""


_FILTERS: Mapping[str, Callable[[Payload, str], bool]] = {
    "tags.slug": _any_tag("slug"),
    "tags.neutralSlug": _any_tag("neutralSlug"),
    "tags.externalSourceReference": lambda photo, value: (
        value in [_reference(tag) for tag in parts(photo, "tags")]
    ),
    # There is no `content.slug`, though the provider page prints it: every client sends this name (observed).
    "context.slug": lambda photo, value: part(photo, "context").get("slug") == value,
    "context.neutralSlug": lambda photo, value: part(photo, "context").get("neutralSlug") == value,
    "featured": lambda photo, value: str(photo.get("featured")) == value,
    # A slug in spite of its name (provider page).
    "_id": lambda photo, value: photo.get("slug") == value,
    "_listAvailability": lambda photo, value: str(photo.get("_listAvailability")) == value,
}


def _date(photo: Payload, name: str) -> tuple[str, str]:
    # Fractions have 0 to 7 digits, so the text itself does not sort.
    whole, _, fraction = text(photo, name).removesuffix("Z").partition(".")
    return whole, fraction


def _by_default(photo: Payload) -> tuple[str, tuple[str, str]]:
    return str(photo.get("featured")), _date(photo, "contentDate")


# Which of several tags a sort goes by is not documented.
def _first_tag(name: str) -> Callable[[Payload], tuple[str, str]]:
    return lambda photo: (next((text(tag, name) for tag in parts(photo, "tags")), ""), "")


_SORTS: Mapping[str, Callable[[Payload], tuple[str, str]]] = {
    "contentDate": lambda photo: _date(photo, "contentDate"),
    "lastUpdatedDate": lambda photo: _date(photo, "lastUpdatedDate"),
    "context.slug": lambda photo: (text(part(photo, "context"), "slug"), ""),
    "context.neutralSlug": lambda photo: (text(part(photo, "context"), "neutralSlug"), ""),
    "tags.slug": _first_tag("slug"),
    "tags.neutralSlug": _first_tag("neutralSlug"),
    "tags.externalSourceReference": lambda photo: (
        next((reference for tag in parts(photo, "tags") if (reference := _reference(tag))), ""),
        "",
    ),
}
