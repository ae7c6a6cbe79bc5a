"""What an HTTP request asks of the graph, read by its method, with the texts of documents that it names alone."""

from typing import Final

from starlette.requests import Request

from server.access import Caller
from server.bodies import read_body
from server.operations.persisted import PersistedQueries, SharedTexts
from server.operations.requests import GraphQLRequest, RequestRefused, from_json, from_parameters
from server.operations.trusted import TrustedDocuments
from server.settings_limits import LimitSettings

METHODS: Final = "GET, HEAD, POST, OPTIONS"

_PARAMETERS: Final = ("query", "documentId", "operationName", "variables", "extensions", "onError")

# A page of another site cannot send these without asking first by a preflight request.
PREFLIGHT_HEADERS: Final = ("x-mediagraph-preflight", "apollo-require-preflight", "x-apollo-operation-name")


class Reading:
    """Reads requests within bounds, and knows the documents that were sent or trusted before."""

    def __init__(
        self, bounds: LimitSettings, trusted: TrustedDocuments, texts: SharedTexts | None = None
    ) -> None:
        self._bounds = bounds
        self._trusted = trusted
        self._persisted = PersistedQueries(shared=texts)
        self._is_shared = texts is not None

    async def body(self, request: Request) -> bytes | None:
        """Read the body of a POST, None for what has none; raises RequestRefused, for other methods too."""
        if request.method == "POST":
            return await read_body(request, self._bounds.max_body_bytes, self._bounds.body_timeout_s)
        if request.method not in {"GET", "HEAD"}:
            raise RequestRefused(405, "BAD_REQUEST", "wanted GET or POST", {"allow": METHODS})
        if self._bounds.require_preflight and not _asked_first(request):
            wanted = f"wanted one of the headers {', '.join(PREFLIGHT_HEADERS)}"
            raise RequestRefused(400, "BAD_REQUEST", wanted)
        return None

    async def read(self, request: Request, body: bytes | None) -> GraphQLRequest | tuple[GraphQLRequest, ...]:
        """Read one operation, or a batch as a tuple; raises RequestRefused."""
        asked: GraphQLRequest | tuple[GraphQLRequest, ...]
        if body is None:
            asked = from_parameters(_parameters(request), reads_on_error=self._bounds.on_error)
        else:
            asked = from_json(body, self._bounds.max_batch, reads_on_error=self._bounds.on_error)
        if self._is_shared:
            listed = asked if isinstance(asked, tuple) else (asked,)
            await self._persisted.learn(each for each in listed if not self._trusted.knows(each))
        return asked

    def is_settled(self, asked: GraphQLRequest) -> bool:
        """Tell whether what is asked follows from its own bytes, today and tomorrow."""
        names_text = asked.document_id is not None or "persistedQuery" in (asked.extensions or {})
        return not (names_text or self._trusted.are_heeded)

    def complete(self, asked: GraphQLRequest, caller: Caller) -> GraphQLRequest:
        """Put in the text of a document that is named alone; raises RequestRefused."""
        trusted = asked if caller.is_router else self._trusted.completed(asked)
        return self._persisted.completed(trusted)


def _parameters(request: Request) -> dict[str, str]:
    # A cache or a proxy may read another one of two than we do.
    listed = [*request.query_params.multi_items(), *request.path_params.items()]
    names = [name for name, _ in listed]
    repeated = [name for name in _PARAMETERS if names.count(name) > 1]
    if repeated:
        raise RequestRefused(400, "BAD_REQUEST", f"wanted the parameter {repeated[0]} once")
    if request.path_params and "query" in names:
        raise RequestRefused(400, "BAD_REQUEST", "wanted no query beside the id of a document")
    return dict(listed)


def _asked_first(request: Request) -> bool:
    return any(name in request.headers for name in PREFLIGHT_HEADERS)
