"""Which requests ask the same: all that an answer can follow from, read before the request is understood."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from starlette.types import Scope

from providers.locales import accepted
from server.access import KEY_HEADER, ROUTER_HEADER, Caller
from server.compression import coding_of
from server.edge.bodies import MOST_BYTES
from server.negotiation import negotiated
from server.operations import ftv1
from server.operations.requests import RequestRefused

PATH: Final = "/graphql"

_READING: Final = ("GET", "HEAD")
_VIEWS: Final = 1024
_LONGEST_VIEW: Final = 512
"""A bound on what is remembered of headers; a browser's own are a third of it."""
_KINDS: Final = frozenset(
    {b"application/json", b"application/json;charset=utf-8", b'application/json;charset="utf-8"'}
)
_READ: Final = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"if-none-match",
        b"origin",
        b"x-request-id",
        KEY_HEADER.encode(),
        ROUTER_HEADER.encode(),
    }
)
_OWN_PREFIX: Final = b"x-mediagraph-"
_OWN_HARMLESS: Final = b"x-mediagraph-preflight"
_TRACE: Final = ftv1.HEADER.encode()


class View(NamedTuple):
    """How an answer is to look: media type, locale, and coding of its bytes."""

    media_type: str
    locale: str
    coding: str | None


class Question(NamedTuple):
    """What is asked, byte for byte, how the answer is to look, and whether the router asks, who may see more."""

    method: str
    asked: bytes
    view: View
    is_router: bool


Told = dict[bytes, bytes]
"""The headers that are read here, by name."""


class Questions:
    """Reads what requests ask in the locales that are served."""

    def __init__(self, locales: Sequence[str], default_locale: str, *, only_preflighted_get: bool) -> None:
        self._locales = locales
        self._default_locale = default_locale
        self._only_preflighted_get = only_preflighted_get
        self._view = lru_cache(_VIEWS)(self._seen)

    def told(self, scope: Scope) -> Told | None:
        """Read the headers; None where the request is not one that can be answered from here."""
        method = scope["method"]
        path = scope["path"]
        if path != PATH and not (method in _READING and path.startswith(f"{PATH}/")):
            return None
        told = _told(scope["headers"])
        if told is None or not self._is_plain(method, told):
            return None
        return told

    def view(self, told: Told) -> View | None:
        """Tell how the answer is to look; None where that is for others to say."""
        accept, language = told.get(b"accept", b""), told.get(b"accept-language", b"")
        encoding = told.get(b"accept-encoding", b"")
        if len(accept) + len(language) + len(encoding) > _LONGEST_VIEW:
            return None
        return self._view(accept, language, encoding)

    def _is_plain(self, method: str, told: Told) -> bool:
        if method == "POST":
            kind = told.get(b"content-type", b"").lower().replace(b" ", b"")
            return kind in _KINDS and b"content-encoding" not in told and _is_short(told)
        # A browser that names no query in the way that it should is shown GraphiQL.
        is_page = b"text/html" in told.get(b"accept", b"").lower()
        return method in _READING and not is_page and not self._only_preflighted_get

    def _seen(self, accept: bytes, language: bytes, encoding: bytes) -> View | None:
        types = accept.decode("latin-1")
        # What answers in several parts is nobody else's.
        if "multipart" in types.lower():
            return None
        try:
            media_type = negotiated(types)
        except RequestRefused:
            return None
        locale = accepted(language.decode("latin-1"), self._locales, self._default_locale)
        return View(media_type, locale, coding_of(encoding.decode("latin-1")))


def _is_short(told: Told) -> bool:
    # Not begun to be read: who is to be refused for its length is so before it sends all of it.
    length = told.get(b"content-length", b"0")
    return length.isdigit() and int(length[:10]) <= MOST_BYTES


def question_of_url(scope: Scope, view: View, caller: Caller) -> Question:
    """Name what a GET asks; a HEAD asks the same."""
    path: str = scope["path"]
    query: bytes = scope["query_string"]
    # A path may hold any mark, escaped; a query holds no line break: two requests never look like one.
    asked = b"%b\n%b" % (path.encode("utf-8", "surrogateescape"), query)
    return Question("GET", asked, view, caller.is_router)


def question_of_body(body: bytes, view: View, caller: Caller) -> Question | None:
    """Name what a POST asks; None for a batch, whose parts are answered together."""
    return None if body.lstrip()[:1] == b"[" else Question("POST", body, view, caller.is_router)


def _told(headers: Iterable[tuple[bytes, bytes]]) -> Told | None:
    told: Told = {}
    for name, value in headers:
        if name in _READ:
            # Of a header that comes twice, who reads it decides which one counts: not here.
            if name in told:
                return None
            told[name] = value
        # What asks for more than the answer, today or in days to come.
        elif name == _TRACE or (name.startswith(_OWN_PREFIX) and name != _OWN_HARMLESS):
            return None
    return told
