"""The limit: the workloads without GraphQL. The same calls sent the same way, typed decoding, one encoding."""

import asyncio
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from providers.pooled import PooledTransport
from tests.benchmarks.naive import filled

_OK = 200
_LARGEST = 10 * 2**20
_HEADERS = {"accept": "application/json", "x-api-key": "bench", "accept-language": "en-US"}


class _Activity(msgspec.Struct):
    uuid: str
    title: str | None = None
    description: str | None = None
    url: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class _Medium(msgspec.Struct):
    url: str | None = None
    type: str = "image"
    is_cover: bool | None = None


class _Picture(msgspec.Struct):
    url: str
    keywords: list[str] | None = None


class _Tag(msgspec.Struct, rename="camel"):
    slug: str | None = None
    neutral_slug: str | None = None
    title: str | None = None


class _File(msgspec.Struct, rename="camel"):
    template_url: str | None = None
    thumbnail_url: str | None = None


class _Photo(msgspec.Struct, rename="camel"):
    slug: str
    title: str | None = None
    content_date: str | None = None
    featured: Any = None
    tags: list[_Tag] | None = None
    image: _File | None = None


class _Page(msgspec.Struct):
    items: list[_Photo]


class _Asked(msgspec.Struct):
    query: str
    variables: dict[str, Any]


_ASKED = msgspec.json.Decoder(_Asked)
_ACTIVITY = msgspec.json.Decoder(_Activity)
_MEDIA = msgspec.json.Decoder(list[_Medium])
_PICTURES = msgspec.json.Decoder(list[_Picture])
_VIDEOS = msgspec.json.Decoder(list[Any])
_PAGE = msgspec.json.Decoder(_Page)


class RawGraph:
    """An ASGI application that knows the workloads by their first words."""

    def __init__(self, urls: dict[str, str]) -> None:
        self._urls = urls
        self._transport = PooledTransport(256)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _lifespan(receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        asked = _ASKED.decode(body)
        data = await self._data(asked)
        answer = msgspec.json.encode({"data": data})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _data(self, asked: _Asked) -> dict[str, Any]:
        if asked.query.startswith("query Page"):
            names = ("activities", "resortProducts", "photos")
            parts = await asyncio.gather(
                self._activities(asked.variables["uuids"]),
                asyncio.gather(*[self._resort(each) for each in asked.variables["ids"]]),
                self._photos(25),
            )
            return dict(zip(names, parts, strict=True))
        if asked.query.startswith("query List"):
            return {"photos": await self._photos(100)}
        if asked.query.startswith("query Many"):
            return {"activities": await self._activities(asked.variables["uuids"])}
        return {"__typename": "Query"}

    async def _activities(self, uuids: list[str]) -> list[Any]:
        distinct = dict.fromkeys(uuids)
        found = await asyncio.gather(*[self._activity(uuid) for uuid in distinct])
        by_uuid = dict(zip(distinct, found, strict=True))
        return [by_uuid[uuid] for uuid in uuids]

    async def _activity(self, uuid: str) -> dict[str, Any]:
        detail, media = await asyncio.gather(
            self._get("musement", f"/activities/{uuid}"), self._get("musement", f"/activities/{uuid}/media")
        )
        found = msgspec.structs.asdict(_ACTIVITY.decode(detail))
        found["gallery"] = {
            "nodes": [
                {"url": each.url, "isCover": bool(each.is_cover)}
                for each in _MEDIA.decode(media)
                if each.url and each.type == "image"
            ]
        }
        return found

    async def _resort(self, product_id: str) -> dict[str, Any]:
        pictures, videos = await asyncio.gather(
            self._get("clubmed", f"/v1/products/{product_id}/pictures"),
            self._get("clubmed", f"/v0/products/{product_id}/videos"),
        )
        return {
            "productId": product_id,
            "gallery": {
                "nodes": [
                    {"url": each.url, "keywords": each.keywords or []} for each in _PICTURES.decode(pictures)
                ]
            },
            "videos": {
                "nodes": [
                    {"url": each if isinstance(each, str) else each["url"]} for each in _VIDEOS.decode(videos)
                ]
            },
        }

    async def _photos(self, first: int) -> dict[str, Any]:
        page = await self._get("forge", f"/v2/content/en-us/photos?$skip=0&$limit={first}")
        return {"nodes": [_photo(each) for each in _PAGE.decode(page).items]}

    async def _get(self, provider: str, path: str) -> bytes:
        reply = await self._transport.send(
            "GET", self._urls[provider] + path, _HEADERS, None, timeout_s=5.0, max_bytes=_LARGEST
        )
        return reply.body if reply.status == _OK else b"[]"


def _photo(each: _Photo) -> dict[str, Any]:
    image = each.image
    return {
        "slug": each.slug,
        "title": each.title,
        "contentDate": each.content_date,
        "featured": bool(each.featured),
        "tags": [
            {"slug": tag.slug, "neutralSlug": tag.neutral_slug, "title": tag.title} for tag in each.tags or ()
        ],
        "image": {
            "url": _url(image),
            "thumbnailUrl": image and image.thumbnail_url,
        },
    }


def _url(image: _File | None) -> str | None:
    return filled(image.template_url, image.thumbnail_url) if image and image.template_url else None


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
