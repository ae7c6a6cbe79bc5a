"""The smallest server that GraphiQL can be held against: the page, its files, and a graph of photos."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO

import uvicorn
from graphql import ExecutionResult, GraphQLSchema, build_schema, graphql_sync
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from server.graphiql.page import Example, graphiql_headers, graphiql_page, graphiql_routes

PICTURE_SIZE = (60, 40)
FOREIGN_PICTURE = "https://pictures.example.org/foreign.jpg"
DEFERRED_TITLE = "came later"

EXAMPLES = [
    Example(
        "Photos, newest first",
        "# Photos of the editorial tenant, with a thumbnail of each.\n"
        "query Photos($first: Int) {\n"
        "  photos(first: $first) {\n"
        "    nodes {\n      slug\n      title\n      image {\n        url\n      }\n    }\n"
        "  }\n"
        "}\n",
        {"first": 5},
    ),
    Example("One photo by its slug", 'query OnePhoto {\n  photo(slug: "photo-1") {\n    title\n  }\n}\n'),
]
_PHOTOS_CALL: dict[str, object] = {
    "provider": "FORGE",
    "route": "GET /v2/content/{culture}/photos",
    "window": {"skip": 0, "limit": 40},
    "keys": 1,
    "verdict": "MISS",
    "attempts": 2,
    "ageSeconds": 0,
    "startedMs": 0.4,
    "ms": 21.3,
}
_ACTIVITY_CALL: dict[str, object] = {
    "provider": "MUSEMENT",
    "route": "GET /activities/{uuid}",
    "window": None,
    "keys": 3,
    "verdict": "STALE",
    "attempts": 1,
    "ageSeconds": 75,
    "startedMs": 2.0,
    "ms": 0.1,
}
_TOTALS = {"calls": 2, "savedByBatching": 0, "savedByMerging": 2, "savedByJoining": 0, "savedByCache": 1}
_UPSTREAM = {"calls": [_PHOTOS_CALL, _ACTIVITY_CALL], "totals": _TOTALS}
_PREDICTED = {"calls": [{**_PHOTOS_CALL, "exact": False}], "totals": {"calls": 1}}
_SDL = '''
type Query {
  photo(slug: ID!): Photo
  """Photos that a test counts."""
  photos(first: Int, where: PhotoPlace): PhotoConnection
}
enum PhotoPlace { HERE ELSEWHERE }
type PhotoConnection { nodes: [Photo!]! }
type Photo { slug: ID! title: String image: Image! }
type Image { url(width: Int): String! thumbnailUrl: String templateUrl: String }
'''


class StubGraph:
    """The application and what it was asked: ``headers`` of each operation that is not an introspection."""

    url = ""

    def __init__(
        self, prefix: str = "", examples: Sequence[Example] = EXAMPLES, *, explain: bool = True
    ) -> None:
        self.headers: list[dict[str, str]] = []
        self.prefix = prefix
        self.page = graphiql_page(examples, explain=explain)
        self._schema: GraphQLSchema = build_schema(_SDL)
        routes = [
            Route("/graphql", self._answer_page, methods=["GET"]),
            Route("/graphql", self._answer_operation, methods=["POST"]),
            Route("/sandbox/images/{name}", _answer_picture),
            *graphiql_routes(),
        ]
        self.app = Starlette(routes=[Mount(prefix, routes=routes)] if prefix else routes)

    async def _answer_page(self, _request: Request) -> Response:
        return Response(self.page, headers=graphiql_headers([]))

    async def _answer_operation(self, request: Request) -> Response:
        asked = await request.json()
        if asked.get("operationName") != "IntrospectionQuery":
            self.headers.append(dict(request.headers))
        if "@defer" in asked["query"]:
            return _deferred()
        images = f"http://{request.headers['host']}{self.prefix}/sandbox/images"
        result = graphql_sync(
            self._schema, asked["query"], _Root(images), variable_values=asked.get("variables")
        )
        return JSONResponse(_body_of(result, request.headers.get("x-mediagraph-explain")))


class _Root:
    def __init__(self, images: str) -> None:
        self._images = images

    def photo(self, _info: object, slug: str) -> dict[str, object]:
        return self._photo(slug)

    def photos(self, _info: object, first: int | None = None, where: str = "HERE") -> dict[str, object]:
        if where == "ELSEWHERE":
            return {"nodes": [{"slug": "elsewhere", "title": None, "image": {"url": FOREIGN_PICTURE}}]}
        return {"nodes": [self._photo(f"photo-{number}") for number in range(1, (first or 3) + 1)]}

    def _photo(self, slug: str) -> dict[str, object]:
        url = f"{self._images}/{slug}"
        image = {"url": url, "thumbnailUrl": f"{url}?w=1", "templateUrl": f"{url}/{{formatInstructions}}"}
        return {"slug": slug, "title": f"Title of {slug}", "image": image}


def _body_of(result: ExecutionResult, explain: str | None) -> dict[str, object]:
    body: dict[str, object] = dict(result.formatted)
    if explain == "1":
        body["extensions"] = {"upstream": _UPSTREAM}
    elif explain == "dry":
        body = {"data": None, "extensions": {"upstream": {"predicted": _PREDICTED}}}
    return body


def _deferred() -> Response:
    first = {
        "data": {"photo": {"slug": "photo-1"}},
        "pending": [{"id": "0", "path": ["photo"]}],
        "hasNext": True,
    }
    rest = {
        "incremental": [{"id": "0", "data": {"title": DEFERRED_TITLE}}],
        "completed": [{"id": "0"}],
        "hasNext": False,
    }
    parts = "".join(
        f"\r\n---\r\ncontent-type: application/json\r\n\r\n{json.dumps(part)}" for part in (first, rest)
    )
    return Response(f"{parts}\r\n-----\r\n", headers={"content-type": 'multipart/mixed; boundary="-"'})


async def _answer_picture(request: Request) -> Response:
    picture = BytesIO()
    shade = sum(request.path_params["name"].encode()) % 200
    Image.new("RGB", PICTURE_SIZE, (shade, 120, 200 - shade)).save(picture, "PNG")
    return Response(picture.getvalue(), media_type="image/png")


@asynccontextmanager
async def serve(app: Starlette) -> AsyncIterator[str]:
    """Serve ``app`` at a free port of this machine; yields its origin."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
