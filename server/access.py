"""Who may ask: clients by their keys, and the router of a larger graph by its secret."""

import hashlib
import hmac
from collections.abc import Iterable

import msgspec
from starlette.requests import HTTPConnection

from server.operations.requests import RequestRefused
from server.secret import Secret
from server.settings_kinds import ClientKey

ROUTER_HEADER = "x-mediagraph-router"
KEY_HEADER = "x-api-key"


class Caller(msgspec.Struct, frozen=True):
    """Who asks: the name of its key, else its address. ``is_router`` is True for the router of a larger graph."""

    name: str
    is_router: bool = False


class Access:
    """Knows the keys by their SHA-256 alone; without keys anyone may ask."""

    def __init__(self, keys: Iterable[ClientKey], router_secret: Secret) -> None:
        self._keys = [(key.name, bytes.fromhex(key.sha256)) for key in keys]
        self._router = _digest(router_secret.reveal()) if router_secret else None

    def caller(self, connection: HTTPConnection) -> Caller:
        """Tell who asks; raises RequestRefused where that is nobody we know."""
        if self.is_router(connection):
            return Caller("router", is_router=True)
        if not self._keys:
            client = connection.scope.get("client")
            return Caller(client[0] if client else "")
        sent = _digest(_key_of(connection))
        # Every key is compared, so that the time tells nothing of which one came near.
        names = [name for name, digest in self._keys if hmac.compare_digest(digest, sent)]
        if not names:
            wanted = f"wanted a client key as {KEY_HEADER} or as bearer token"
            raise RequestRefused(401, "UNAUTHENTICATED", wanted, {"www-authenticate": "Bearer"})
        return Caller(names[0])

    def is_router(self, connection: HTTPConnection) -> bool:
        """Tell whether the router's secret came with the request."""
        if self._router is None:
            return False
        sent = _digest(connection.headers.get(ROUTER_HEADER, ""))
        return hmac.compare_digest(self._router, sent)


def _key_of(connection: HTTPConnection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return connection.headers.get(KEY_HEADER) or (token.strip() if scheme.lower() == "bearer" else "")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
