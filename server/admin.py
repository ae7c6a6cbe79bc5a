"""What an operator may do to a running graph: have it forget answers."""

import hmac
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from providers.keys import activity_uuid, photo_slug, product_id
from providers.purging import tag_of
from providers.records import Provider
from providers.registry import Providers
from server.answers import request_id_of
from server.graphql_errors import plain_error
from server.secret import Secret
from server.settings import Settings

_LARGEST_BODY: Final = 64 * 1024
_LONGEST_TAG: Final = 200
_PROVIDERS: Final[Mapping[str, tuple[Provider, Callable[[str], str]]]] = {
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

    def tags(self, source_names: Mapping[Provider, str]) -> tuple[str, ...]:
        """Name what is to be forgotten; raises ValueError where that is not clear.

        ``source_names`` are those by which photos name the entities of other providers.
        """
        if sum(each is not None for each in (self.provider, self.entity, self.tag)) != 1:
            raise ValueError("wanted exactly one of provider, entity and tag")
        if self.entity is not None:
            if self.entity.type not in _PROVIDERS:
                raise ValueError(f"wanted one of {', '.join(_PROVIDERS)} as type")
            provider, checked = _PROVIDERS[self.entity.type]
            key = checked(self.entity.key)
            source = source_names.get(provider)
            joined = (tag_of(Provider.FORGE, "Source", f"{source}:{key}"),) if source else ()
            return tag_of(provider, self.entity.type, key), *joined
        if self.provider is not None:
            return (self.provider.value,)
        return (tag_of(Provider.FORGE, "Tag", _slug(self.tag or "").lower()),)


def admin_routes(providers: Providers, token: Secret, source_names: Mapping[Provider, str]) -> list[Route]:
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
            tags = msgspec.json.decode(body, type=Purge).tags(source_names)
        except ValueError as error:
            return _refused(request, 400, "BAD_REQUEST", str(error))
        except msgspec.DecodeError as error:
            return _refused(request, 400, "BAD_REQUEST", f"wanted provider, entity or tag as JSON: {error}")
        count, everywhere = await providers.purge(tags)
        return JSONResponse({"purged": count, "everywhere": everywhere}, 200 if everywhere else 503)

    return [Route("/admin/purge", purge, methods=["POST"])] if token else []


def source_names(settings: Settings) -> Mapping[Provider, str]:
    """Read by which source names photos name the entities of other providers."""
    return {
        Provider.MUSEMENT: settings.musement.source_name,
        Provider.CLUB_MED: settings.clubmed.source_name,
    }


def _slug(tag: str) -> str:
    if not tag or len(tag) > _LONGEST_TAG or not tag.isprintable():
        raise ValueError(
            f"wanted a tag's slug of at most {_LONGEST_TAG} characters, without control characters"
        )
    return tag


def _refused(request: Request, status: int, code: str, message: str) -> JSONResponse:
    headers = {"www-authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(
        {"errors": [plain_error(message, code, request_id_of(request))]}, status, headers=headers
    )
