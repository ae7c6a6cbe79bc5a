"""The emulated Club Med API: its key, locales, partial answers and errors, over real HTTP."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from providers.clubmed.emulated_products import LOCALES, World
from providers.emulation.delivery import LAST_MODIFIED
from providers.emulation.emulator import Emulator
from providers.emulation.exchange import Answer, Call, Route, answer_json
from providers.emulation.payload import Payload
from providers.emulation.seeds import hex_for

# No form is documented, only a 400 for a malformed id (provider page): wider than any id seen, and still checked.
_PRODUCT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LOCALE = re.compile(r"[a-z]{2}-[A-Z]{2}")
_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request is not valid"),
    401: ("unauthorized", "The API key is missing"),
    403: ("forbidden", "Access is forbidden in the current context"),
    404: ("not_found", "The product cannot be found"),
    # A sentence where the others have a code: so it stands in the reference.
    416: ("Requested range not satisfiable", "The page is past the end of the list"),
    429: ("too_many_requests", "Too many requests"),
    500: ("internal_server_error", "An unexpected error occurred"),
    503: ("service_unavailable", "The service is not available"),
}
# As recorded in February 2026; there was no entity tag.
_LIST_HEADERS = {
    "Cache-Control": "max-age=600,must-revalidate",
    "Last-Modified": LAST_MODIFIED,
    "Access-Control-Expose-Headers": "Content-Range,Link,Accept-Ranges,x-request-id",
}

_FROM_ONE = re.compile(r"[1-9][0-9]{0,8}")


class ClubMedEmulator(Emulator):
    """Emulates Club Med; settings may be changed while it runs.

    `api_keys` limits the accepted keys, None takes any; `locales` are those that the key may ask for,
    case-sensitive.
    """

    def __init__(self, images_origin: str) -> None:
        routes = (
            Route("GET", "/v2/products", self._catalog),
            Route("GET", "/v2/products/{id}", self._product),
            Route("GET", "/v1/products/{id}/pictures", self._pictures),
            Route("GET", "/v0/products/{id}/videos", self._videos),
            Route("GET", "/v0/locales", self._locales),
        )
        super().__init__("clubmed", routes)
        self.world = World(images_origin)
        self.api_keys: set[str] | None = None
        self.locales = list(LOCALES)

    def error(self, status: int) -> Answer:
        """Answer in Club Med's form: status, error and description."""
        error, description = _ERRORS.get(status, ("error", "An error occurred"))
        return answer_json(
            {"status_code": status, "error": error, "error_description": description},
            status,
            _request_id(str(status)),
        )

    def refuse(self, call: Call) -> Answer | None:
        """Demand a key, and but for the list of locales a locale that the key may use."""
        key = _api_key(call)
        # 401 is only a schema there, never tied to a case; 403 for a key without a right is the documentation's.
        if not key:
            return self.error(401)
        if self.api_keys is not None and key not in self.api_keys:
            return self.error(403)
        return None if call.raw_path.startswith("/v0/locales") else self._refuse_parameters(call)

    def _refuse_parameters(self, call: Call) -> Answer | None:
        locale, product_id = call.headers.get("accept-language", ""), call.parameters.get("id", "any")
        if not locale:
            return _invalid("FIELD_REQUIRED", "accept-language", "accept-language is required")
        if not _LOCALE.fullmatch(locale):
            return _invalid("FIELD_INVALID", "accept-language", "accept-language must look like en-US")
        # The documentation ties locales to the key, but names no status: that of a missing right is taken.
        if locale not in self.locales:
            return self.error(403)
        if not _PRODUCT_ID.fullmatch(product_id):
            return _invalid("FIELD_INVALID", "product_id", "product_id is malformed")
        return None

    def _locales(self, _call: Call) -> Answer:
        return _found(self.locales)

    def _product(self, call: Call) -> Answer:
        product = self._products(call).get(call.parameters["id"])
        return self.error(404) if product is None else _found(product)

    def _pictures(self, call: Call) -> Answer:
        pictures = self.world.pictures.get(call.parameters["id"])
        return self.error(404) if pictures is None else _found(pictures)

    def _videos(self, call: Call) -> Answer:
        videos = self.world.videos.get(call.parameters["id"])
        return self.error(404) if videos is None else _found(videos)

    def _products(self, call: Call) -> dict[str, Payload]:
        return self.world.products[call.headers["accept-language"]]

    def _catalog(self, call: Call) -> Answer:
        products = list(self._products(call).values())
        # Recorded: without a limit the answer is a 200 with the whole catalogue, with one a 206 with a range.
        if "limit" not in call.query:
            return _found(products, _LIST_HEADERS)
        window = _window(call.query)
        if isinstance(window, Answer):
            return window
        limit, page = window
        first = (page - 1) * limit
        items = products[first : first + limit]
        # The reference lists 416; that a page past the end is its case is our reading.
        if not items:
            return self.error(416)
        total = len(products)
        headers = _LIST_HEADERS | {
            "Content-Range": f"{first}-{first + len(items) - 1}/{total}",
            "Link": _links(call, limit, page, -(-total // limit)),
        }
        return _found(items, headers, status=206)


def create_emulator(images_origin: str = "http://localhost:8000") -> ClubMedEmulator:
    """Create one with a world of its own, whose pictures are under `images_origin`; it is not started yet."""
    return ClubMedEmulator(images_origin)


def _api_key(call: Call) -> str:
    # The provider's own links carry the key as a parameter, so it is taken there too (observed).
    return call.headers.get("x-api-key") or call.query.get("api_key", "")


def _request_id(about: str) -> dict[str, str]:
    return {"x-request-id": hex_for(f"request {about}", 32)}


def _found(payload: object, headers: Mapping[str, str] | None = None, status: int = 200) -> Answer:
    body = msgspec.json.encode(payload)
    return Answer(status, body, headers={**(headers or {}), **_request_id(body[:64].hex())})


def _invalid(code: str, key: str, description: str) -> Answer:
    error, reason = _ERRORS[400]
    details = [{"error_code": code, "concerned_key": key, "error_description": description}]
    body = {"status_code": 400, "error": error, "error_description": reason, "errors": details}
    return answer_json(body, 400, _request_id(key))


def _window(query: Mapping[str, str]) -> tuple[int, int] | Answer:
    numbers = []
    for name in ("limit", "page"):
        value = query.get(name, "1")
        if not _FROM_ONE.fullmatch(value):
            return _invalid("FIELD_INVALID", name, f"{name} must be a whole number from 1 on")
        numbers.append(int(value))
    return numbers[0], numbers[1]


def _links(call: Call, limit: int, page: int, last: int) -> str:
    """Link every relation, with the key in clear, as the real server does."""
    pages = {"self": page, "first": 1, "last": last, "prev": page - 1, "next": page + 1}
    others = {name: value for name, value in call.query.items() if name not in ("limit", "page", "api_key")}
    return ", ".join(
        # The real host, whatever host was called: a client that follows a link instead of counting pages is found out.
        f'<https://api.clubmed.com/v2/products?{query}>; rel="{rel}"'
        for rel, number in pages.items()
        if 1 <= number <= last
        for query in [urlencode({"limit": limit, "page": number, **others, "api_key": _api_key(call)})]
    )
