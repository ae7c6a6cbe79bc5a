"""A graph as one writes it on a Friday: Strawberry types, aiohttp, DataLoader, everything by its defaults.

It answers the same workloads as the real graph, and nothing else.
"""

import asyncio
from typing import Any

import aiohttp
import strawberry
from aiodataloader import DataLoader
from strawberry.asgi import GraphQL
from yarl import URL

_OK = 200


@strawberry.type
class Image:
    url: str
    is_cover: bool = False
    thumbnail_url: str | None = None
    keywords: list[str] = strawberry.field(default_factory=list)


@strawberry.type
class Video:
    url: str


@strawberry.type
class ImageConnection:
    nodes: list[Image]


@strawberry.type
class VideoConnection:
    nodes: list[Video]


@strawberry.type
class Tag:
    slug: strawberry.ID
    neutral_slug: strawberry.ID | None
    title: str | None


@strawberry.type
class Photo:
    slug: strawberry.ID
    title: str | None
    content_date: str | None
    featured: bool
    tags: list[Tag]
    image: Image


@strawberry.type
class PhotoConnection:
    nodes: list[Photo]


@strawberry.type
class Activity:
    uuid: strawberry.ID
    title: str | None
    description: str | None
    url: str | None
    latitude: float | None
    longitude: float | None

    @strawberry.field
    async def gallery(self, info: strawberry.Info) -> ImageConnection:
        items = await info.context["loaders"].activity_media.load(self.uuid)
        return ImageConnection(
            nodes=[
                Image(url=item["url"], is_cover=bool(item.get("is_cover")))
                for item in items
                if item.get("url") and item.get("type", "image") == "image"
            ]
        )


@strawberry.type
class ResortProduct:
    product_id: strawberry.ID

    @strawberry.field
    async def gallery(self, info: strawberry.Info) -> ImageConnection:
        items = await info.context["loaders"].pictures.load(self.product_id)
        return ImageConnection(
            nodes=[Image(url=_url(item), keywords=item.get("keywords") or []) for item in items]
        )

    @strawberry.field
    async def videos(self, info: strawberry.Info) -> VideoConnection:
        items = await info.context["loaders"].videos.load(self.product_id)
        return VideoConnection(nodes=[Video(url=_url(item)) for item in items])


def _url(item: Any) -> str:
    return str(item if isinstance(item, str) else item["url"])


class Upstream:
    """The providers' addresses and one session for all of them."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.urls = urls
        self.session: aiohttp.ClientSession | None = None

    async def get(self, provider: str, path: str) -> Any:
        """Call a provider."""
        if self.session is None:
            self.session = aiohttp.ClientSession(headers={"x-api-key": "bench", "accept-language": "en-US"})
        url = URL(self.urls[provider] + path, encoded=True)
        async with self.session.get(url) as reply:
            return await reply.json(content_type=None) if reply.status == _OK else []


class Loaders:
    """The loaders of one request."""

    def __init__(self, upstream: Upstream) -> None:
        self.activity = _loader(upstream, "musement", "/activities/{}")
        self.activity_media = _loader(upstream, "musement", "/activities/{}/media")
        self.pictures = _loader(upstream, "clubmed", "/v1/products/{}/pictures")
        self.videos = _loader(upstream, "clubmed", "/v0/products/{}/videos")


def _loader(upstream: Upstream, provider: str, path: str) -> DataLoader[str, Any]:
    async def load(keys: list[str]) -> list[Any]:
        return list(await asyncio.gather(*[upstream.get(provider, path.format(key)) for key in keys]))

    return DataLoader(load)


@strawberry.type
class Query:
    @strawberry.field
    async def activities(self, info: strawberry.Info, uuids: list[strawberry.ID]) -> list[Activity]:
        found = await info.context["loaders"].activity.load_many(uuids)
        names = ("title", "description", "url", "latitude", "longitude")
        return [Activity(uuid=each["uuid"], **{name: each.get(name) for name in names}) for each in found]

    @strawberry.field
    async def resort_products(self, product_ids: list[strawberry.ID]) -> list[ResortProduct]:
        return [ResortProduct(product_id=each) for each in product_ids]

    @strawberry.field
    async def photos(self, info: strawberry.Info, first: int) -> PhotoConnection:
        path = f"/v2/content/en-us/photos?$skip=0&$limit={first}"
        page = await info.context["upstream"].get("forge", path)
        return PhotoConnection(nodes=[_photo(item) for item in page["items"] if item.get("image")])


def _photo(item: dict[str, Any]) -> Photo:
    tags = [
        Tag(slug=tag["slug"], neutral_slug=tag.get("neutralSlug"), title=tag.get("title"))
        for tag in item.get("tags") or []
    ]
    image = item.get("image") or item
    return Photo(
        slug=item["slug"],
        title=item.get("title"),
        content_date=item.get("contentDate"),
        featured=bool(item.get("featured")),
        tags=tags,
        image=Image(
            url=filled(image["templateUrl"], image.get("thumbnailUrl")),
            thumbnail_url=image.get("thumbnailUrl"),
        ),
    )


def filled(template: str, thumbnail: str | None) -> str:
    """Write a picture's URL as its host thinks best, where its template has one place for that and no signature."""
    is_usable = template.count("{") == template.count("{formatInstructions}") == 1 and "/s--" not in template
    return template.replace("{formatInstructions}", "f_auto/q_auto") if is_usable else str(thumbnail)


class NaiveGraph(GraphQL[dict[str, Any], None]):
    """Strawberry's own view."""

    def __init__(self, urls: dict[str, str]) -> None:
        super().__init__(strawberry.Schema(Query), graphql_ide=None)
        self._upstream = Upstream(urls)

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        """Make what a request carries."""
        return {
            "request": request,
            "response": response,
            "upstream": self._upstream,
            "loaders": Loaders(self._upstream),
        }
