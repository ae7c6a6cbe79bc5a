"""The emulated Forge distribution API: photos by culture, its filters, windows and partial lists."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec

from providers.emulation.emulator import Emulator
from providers.emulation.exchange import Answer, Call, Route, answer_json
from providers.emulation.payload import Payload, text
from providers.emulation.seeds import hex_for, number_for
from providers.forge.emulated_photos import World
from providers.forge.emulated_query import MAX_LIMIT, read_query
from providers.forge.emulated_tags import CULTURES

# The page prints the body alone; it is ASP.NET Core's default, which sends this type.
_PROBLEM_TYPE = "application/problem+json"
_SECTIONS: Mapping[int, str] = {404: "15.5.5", 500: "15.6.1"}
# Listed in the page's structure, but in neither its example nor any recorded list item.
_DETAIL_ONLY = ("relations", "references", "context", "mimeType", "storagePath", "_listAvailability")
# 2 of 16 recorded items lacked `fields`.
_WITHOUT_FIELDS = 8


class ForgeEmulator(Emulator):
    """Emulates one Forge tenant; `encoded_dollar_ignored` is the trap that `%24limit` is no `$limit`."""

    def __init__(self, images_origin: str) -> None:
        routes = (
            Route("GET", "/v2/content/{culture}/photos", self._list),
            Route("GET", "/v2/content/{culture}/photos/{slug}", self._detail),
        )
        super().__init__("forge", routes)
        self.world = World(images_origin)
        # One client reports that `%24limit` is ignored (observed), no other source does: on by default, the worse case.
        self.encoded_dollar_ignored = True

    def error(self, status: int) -> Answer:
        """Answer in Forge's form: problem details with a trace identity."""
        trace = hex_for(f"trace {status} {self.hits.count()}", 48)
        problem = {
            "type": f"https://tools.ietf.org/html/rfc9110#section-{_SECTIONS.get(status, '15')}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "traceId": f"00-{trace[:32]}-{trace[32:]}-00",
        }
        return Answer(status, msgspec.json.encode(problem), _PROBLEM_TYPE)

    def _photos(self, call: Call) -> list[Payload] | None:
        # Both spellings are in use, en-US and en-us (observed).
        culture = call.parameters["culture"].lower()
        return self.world.photos[culture] if culture in CULTURES or culture in self.world.photos else None

    def _detail(self, call: Call) -> Answer:
        slug = call.parameters["slug"]
        photo = next((photo for photo in self._photos(call) or [] if photo.get("slug") == slug), None)
        # Whether an unlisted photo answers by its slug is not documented; here it does.
        return self.error(404) if photo is None else answer_json(photo)

    def _list(self, call: Call) -> Answer:
        photos = self._photos(call)
        if photos is None:
            return self.error(404)
        query = read_query(call.raw_query, encoded_dollar_ignored=self.encoded_dollar_ignored)
        found = query.select(photos)
        end = query.skip + query.limit
        path = call.origin + call.raw_path.partition("?")[0]
        pagination: Payload = {}
        if end < len(found):
            pagination["nextUrl"] = query.window_url(path, end)
        if query.skip:
            pagination["previousUrl"] = query.window_url(path, max(query.skip - query.limit, 0))
        # The ceiling of a page and no count: there is no total anywhere (provider page).
        pagination["maxItems"] = MAX_LIMIT
        items = [_list_item(photo) for photo in found[query.skip : end]]
        # Seven digits of a second, as .NET writes them (provider page); Python has six.
        meta = {"apiVersion": "2.0", "generatedAt": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"}
        body = msgspec.json.encode({"pagination": pagination, "meta": meta, "items": items})
        # The time of making is no part of what an entity tag stands for.
        return Answer(200, body, identity=msgspec.json.encode([pagination, items]))


def create_emulator(images_origin: str = "http://localhost:8000") -> ForgeEmulator:
    """Create one with a world of its own, whose pictures are under `images_origin`; it is not started yet."""
    return ForgeEmulator(images_origin)


def _list_item(photo: Payload) -> Payload:
    """Drop what only a detail carries, and on some items the custom fields too."""
    missing = _DETAIL_ONLY if number_for(text(photo, "slug"), _WITHOUT_FIELDS) else (*_DETAIL_ONLY, "fields")
    return {name: value for name, value in photo.items() if name not in missing}
