"""What an operator may do to a running graph: have it forget answers."""

import hmac
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from providers.keys import activity_uuid, photo_slug, product_id
from providers.records import Provider
from providers.registry import Providers
from server.answers import request_id_of
from server.graphql_errors import plain_error
from server.secret import Secret

_LARGEST_BODY: Final = 64 * 1024
_PROVIDERS: Final = {
    "Activity": (Provider.MUSEMENT, activity_uuid),
    "ResortProduct": (Provider.CLUB_MED, product_id),
    "Photo": (Provider.FORGE, photo_slug),
}


class Entity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entity by its type's name and its key: uuid, product id or slug."""

    type: str
    key: str


class Purge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /admin/purge``: exactly one of the three."""

    provider: Provider | None = None
    entity: Entity | None = None
    tag: str | None = None

    def tags(self) -> tuple[str, ...]:
        """Name what is to be forgotten; raises ValueError where that is not clear."""
        if sum(each is not None for each in (self.provider, self.entity, self.tag)) != 1:
            raise ValueError("wanted exactly one of provider, entity and tag")
        if self.entity is not None:
            if self.entity.type not in _PROVIDERS:
                raise ValueError(f"wanted one of {', '.join(_PROVIDERS)} as type")
            provider, checked = _PROVIDERS[self.entity.type]
            # Lists may show the entity too.
            return f"{self.entity.type}:{checked(self.entity.key)}", f"{provider.value}:lists"
        # Any photo and any list of photos may carry a tag.
        return ((self.provider or Provider.FORGE).value,)


def admin_routes(providers: Providers, token: Secret) -> list[Route]:
    """List the routes; without a token there are none."""

    async def purge(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token.reveal()}".encode()):
            return _refused(request, 401, "UNAUTHENTICATED", "wanted the admin token as a bearer token")
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LARGEST_BODY:
                return _refused(request, 413, "BAD_REQUEST", f"wanted at most {_LARGEST_BODY} bytes")
        try:
            tags = msgspec.json.decode(body, type=Purge).tags()
        except ValueError as error:
            return _refused(request, 400, "BAD_REQUEST", str(error))
        except msgspec.DecodeError as error:
            return _refused(request, 400, "BAD_REQUEST", f"wanted provider, entity or tag as JSON: {error}")
        count, everywhere = await providers.purge(tags)
        return JSONResponse({"purged": count, "everywhere": everywhere}, 200 if everywhere else 503)

    return [Route("/admin/purge", purge, methods=["POST"])] if token else []


def _refused(request: Request, status: int, code: str, message: str) -> JSONResponse:
    headers = {"www-authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(
        {"errors": [plain_error(message, code, request_id_of(request))]}, status, headers=headers
    )
