"""The emulated Musement partner API: its headers, tokens, errors and lists, over real HTTP."""

import time
from collections.abc import Mapping
from typing import Literal

import msgspec

from providers.emulation.emulator import Emulator
from providers.emulation.exchange import Answer, Call, Route, answer_json
from providers.emulation.payload import Payload, part, parts, text
from providers.emulation.seeds import hex_for
from providers.musement.emulated_activities import World

# The codes 2271, -1, 0 and 1401 are the provider's (its guide and reference); the others are unknown and made up.
_MANDATORY = "The header 'x-musement-application' is mandatory and was not sent."
_UNKNOWN_MARKET = "Unknown market code was provided."
# Partners get a 403 for drafts; UNAVAILABLE and ARCHIVED they still read by uuid (provider's guide).
_HIDDEN = ("DRAFT", "REVIEW", "INACTIVE")
_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("1400", "The request is not valid."),
    401: ("1401", "Full authentication is required to access this resource."),
    403: ("0", "You don't have permission to access this resource."),
    404: ("1404", "The resource was not found."),
    503: ("1503", "The service is not available."),
}


class Login(msgspec.Struct):
    """The body of `POST /login`."""

    client_id: str
    client_secret: str
    grant_type: str


class MusementEmulator(Emulator):
    """Emulates Musement; settings may be changed while it runs.

    `list_envelope` is the shape of `GET /activities`, which drifts between deployments. With `require_token`
    reads want a bearer token that `POST /login` gave out less than `expires_in` seconds ago and that was not
    revoked. `applications` limits the accepted application values, None takes any.
    """

    def __init__(self, images_origin: str) -> None:
        routes = (
            Route("POST", "/login", self._login),
            Route("GET", "/activities/{uuid}", self._activity),
            Route("GET", "/activities/{uuid}/media", self._media),
            Route("GET", "/activities", self._search),
        )
        super().__init__("musement", routes, base_path="/api/v3")
        self.world = World(images_origin)
        # The reference declares an object here and bare arrays for sister lists; recordings mix the two (observed).
        self.list_envelope: Literal["object", "array"] = "object"
        # Off, as at the provider: the reference lets catalogue reads be anonymous, and clients read so (observed).
        self.require_token = False
        # Most tokens live an hour (provider's guide).
        self.expires_in = 3600
        self.client_id, self.client_secret = "sandbox-client", "sandbox-secret"
        self.applications: set[str] | None = None
        # What public clients send (observed); the full list is for another role than a partner's.
        self.markets = {"us", "it", "eu", "nl"}
        self._tokens: dict[str, float] = {}

    def revoke_tokens(self) -> None:
        """Refuse every token that was given out so far."""
        self._tokens.clear()

    def error(self, status: int) -> Answer:
        """Answer in Musement's form: a code that is a string of digits, and a message."""
        code, message = _ERRORS.get(status, ("-1", "An unexpected error occurred."))
        return _fail(status, code, message)

    def refuse(self, call: Call) -> Answer | None:
        """Demand an application and a known market of every call, and of reads perhaps a token."""
        # Wanted on /login too (provider's guide); older clients got data without it (observed).
        application = call.headers.get("x-musement-application", "")
        if not application or (self.applications is not None and application not in self.applications):
            return _fail(400, "2271", _MANDATORY)
        # The reference names `us` as the default.
        if call.headers.get("x-musement-market", "us") not in self.markets:
            return _fail(400, "-1", _UNKNOWN_MARKET)
        if self.require_token and call.method == "GET" and not self._is_authenticated(call):
            return self.error(401)
        return None

    def _is_authenticated(self, call: Call) -> bool:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        # With a capital B, although the login's token_type is written small (provider page).
        return scheme == "Bearer" and time.monotonic() < self._tokens.get(token, 0)

    def _login(self, call: Call) -> Answer:
        try:
            login = msgspec.json.decode(call.body, type=Login)
        except msgspec.DecodeError:
            return self.error(400)
        if login != Login(self.client_id, self.client_secret, "client_credentials"):
            # The reference declares only 400 and 503 for a login, and no body for either.
            return _fail(400, "1400", "The client credentials are invalid.")
        token = hex_for(f"token {id(self)} {len(self._tokens)} {time.monotonic_ns()}", 48)
        self._tokens[token] = time.monotonic() + self.expires_in
        return answer_json(
            {"access_token": token, "expires_in": self.expires_in, "token_type": "bearer", "scope": None}
        )

    def _activity(self, call: Call) -> Answer:
        return self._refuse_activity(call) or answer_json(self._translated(call.parameters["uuid"], call))

    def _media(self, call: Call) -> Answer:
        uuid = call.parameters["uuid"]
        if refusal := self._refuse_activity(call):
            return refusal
        if uuid not in self.world.media:
            # The reference's meaning of a 404 here; an unknown activity answers with the same status.
            return _fail(404, "1404", "No media found for the activity.")
        title = text(self.world.activities[uuid], "title")
        # In every sample a media item's title is its activity's (provider page), so it changes with the language.
        translated = text(self._translated(uuid, call), "title")
        return answer_json(
            [
                item | {"title": translated} if item.get("title") == title else item
                for item in self.world.media[uuid]
            ]
        )

    def _refuse_activity(self, call: Call) -> Answer | None:
        activity = self.world.activities.get(call.parameters["uuid"])
        if activity is None:
            return self.error(404)
        return self.error(403) if activity.get("status") in _HIDDEN else None

    def _translated(self, uuid: str, call: Call) -> Payload:
        activity = self.world.activities[uuid]
        texts = self.world.translations.get(self._language(call), {}).get(uuid, {})
        return activity | {name: value for name, value in texts.items() if name in activity}

    def _language(self, call: Call) -> str:
        spoken = ("en", *self.world.translations)
        wanted = [
            tag.strip().lower().partition("-")[0]
            for tag in _by_quality(call.headers.get("accept-language", ""))
        ]
        # Texts that are not translated come in English, as a rule (provider's older documentation).
        return next((language for language in wanted if language in spoken), "en")

    def _search(self, call: Call) -> Answer:
        # What is off sale leaves the search, though its uuid still answers (provider's guide).
        on_sale = [
            uuid for uuid, activity in self.world.activities.items() if activity.get("status") == "ONLINE"
        ]
        found = [activity for uuid in on_sale if _fits(activity := self._translated(uuid, call), call.query)]
        offset = max(_whole(call.query, "offset", 0), 0)
        # 10 and 100 are the reference's default and maximum; the guide says that more is cut down in silence.
        limit = min(max(_whole(call.query, "limit", 10), 1), 100)
        page = found[offset : offset + limit]
        if self.list_envelope == "array":
            return answer_json(page)
        return answer_json({"meta": _meta(found, call.query), "data": page, "facets": None})


def create_emulator(images_origin: str = "http://localhost:8000") -> MusementEmulator:
    """Create one with a world of its own, whose pictures are under `images_origin`; it is not started yet."""
    return MusementEmulator(images_origin)


def _fail(status: int, code: str, message: str) -> Answer:
    return answer_json({"code": code, "message": message}, status)


def _by_quality(accept_language: str) -> list[str]:
    ranges = [part.partition(";q=") for part in accept_language.split(",") if part.strip()]
    weighed = [
        (tag, float(quality) if quality.isascii() and quality.replace(".", "", 1).isdigit() else 1.0)
        for tag, _, quality in ranges
    ]
    return [tag for tag, _ in sorted(weighed, key=lambda entry: -entry[1])]


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        return default


def _fits(activity: Payload, query: Mapping[str, str]) -> bool:
    city = part(activity, "city")
    said = " ".join((text(activity, "title"), text(activity, "description"), text(city, "name"))).lower()
    codes = {text(category, "code") for category in parts(activity, "categories")}
    cities, categories = _values(query, "city_in"), _values(query, "category_in")
    return (
        all(word in said for word in query.get("text", "").lower().split())
        and (not cities or str(city.get("id")) in cities)
        and (not categories or bool(codes & categories))
    )


def _values(query: Mapping[str, str], name: str) -> set[str]:
    return {value for value in query.get(name, "").split(",") if value}


def _meta(found: list[Payload], query: Mapping[str, str]) -> Payload:
    meta: Payload = {"count": len(found)}
    asked = query.get("text", "").lower()
    for activity in found:
        city = part(activity, "city")
        if asked and text(city, "name").lower() == asked:
            # Only an exact match of a city is told, and its number as text.
            return meta | {
                "match_type": "cities",
                "match_names": [city["name"]],
                "match_ids": [str(city["id"])],
            }
    return meta
