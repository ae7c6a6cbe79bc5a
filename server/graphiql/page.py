"""The GraphiQL page: its HTML, the policy that a browser holds it to, and the routes of its files."""

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.graphiql.bundle import LICENCES, Asset, read_bundle

INTRODUCTION = "Activities of Musement, resorts of Club Med and photos of Forge, in one graph."

_ASSETS_PATH = "graphiql/assets"
# Written into a header: a semicolon in it would begin a directive of its own.
_IMAGE_SOURCE = re.compile(
    r"https:|(https?://)?(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:([0-9]{1,5}|\*))?", re.IGNORECASE
)
_REFUSED_WEIGHT = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*", re.IGNORECASE)
_FOR_A_YEAR = "public, max-age=31536000, immutable"
# For the licences, the one file whose name stays when its content changes.
_FOR_AN_HOUR = "public, max-age=3600"

_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mediagraph</title>
<link rel="icon" type="image/svg+xml" href="{assets}/{icon}">
<link rel="stylesheet" href="{assets}/{style}">
{preloads}
<script type="application/json" id="mediagraph-config">{config}</script>
<script type="module" src="{assets}/{script}"></script>
</head>
<body>
<div id="graphiql"><p class="mg-loading">Opening mediagraph …</p></div>
<noscript>GraphiQL needs scripts: allow them for this page, or send queries here by POST.</noscript>
</body>
</html>
"""


class Example(NamedTuple):
    """One operation that the page offers; its tab is titled by the operation's own name."""

    name: str
    query: str
    variables: Mapping[str, object] | None = None


def graphiql_page(
    examples: Sequence[Example],
    *,
    explain: bool = True,
    introduction: str = INTRODUCTION,
    endpoint: str = "graphql",
    assets: str = _ASSETS_PATH,
) -> bytes:
    """Return the page's HTML, in UTF-8, without a line of inline script.

    Each example is a tab of a first visit and an entry of the side panel. ``explain`` shows the toggle that
    asks for receipts. ``endpoint`` and ``assets`` are relative to the page's own address, so that the page
    works behind any path prefix.
    """
    manifest = read_bundle().manifest
    config = {
        "endpoint": endpoint,
        "explain": explain,
        "introduction": introduction,
        "examples": [_example_config(example) for example in examples],
        "workers": manifest.workers,
    }
    folder = html.escape(assets)
    return _HTML.format(
        assets=folder,
        icon=manifest.icon,
        style=manifest.style,
        script=manifest.script,
        preloads="\n".join(f'<link rel="modulepreload" href="{folder}/{name}">' for name in manifest.preload),
        config=_embedded_json(config),
    ).encode()


def graphiql_headers(img_hosts: Iterable[str]) -> dict[str, str]:
    """Return the headers of the page's response; it may show the pictures of ``img_hosts`` beside its own.

    A host is written as in a content security policy: ``images.example.org``, ``*.example.org``,
    ``https://example.org:8443``, ``http://localhost:*``, or ``https:`` for all. Raises ValueError for anything else.
    """
    return {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": _content_security_policy(img_hosts),
        # The page names its files by their hashes: an old page would ask for files that are gone.
        "cache-control": "no-cache",
        # The same address answers programs in JSON.
        "vary": "Accept",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }


def graphiql_routes(path: str = f"/{_ASSETS_PATH}") -> list[Route]:
    """Return the routes of the page's files; an unknown name answers 404 as JSON."""
    assets = read_bundle().assets

    async def answer_asset(request: Request) -> Response:
        name = request.path_params["file"]
        asset = assets.get(name)
        if asset is None:
            return JSONResponse({"errors": [{"message": "GraphiQL has no such file."}]}, status_code=404)
        return _asset_response(asset, request.headers.get("accept-encoding", ""), is_hashed=name != LICENCES)

    return [Route(f"{path}/{{file:path}}", answer_asset, methods=["GET"])]


def _example_config(example: Example) -> dict[str, str]:
    variables = json.dumps(example.variables, indent=2, ensure_ascii=False) if example.variables else ""
    return {"name": example.name, "query": example.query, "variables": variables}


def _embedded_json(value: object) -> str:
    # "<" could end the script element; in JSON it stands in strings alone, where its escape means the same.
    return json.dumps(value).replace("<", "\\u003c")


def _content_security_policy(img_hosts: Iterable[str]) -> str:
    # Monaco's style sheet has small pictures as data URLs.
    sources = ["'self'", "data:"]
    for host in img_hosts:
        if not _IMAGE_SOURCE.fullmatch(host):
            raise ValueError(f"An image host is a host name such as images.example.org, not {host!r}.")
        sources.append(host)
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            # Monaco writes its theme and decorations as style elements and attributes, and takes no nonce.
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self'",
            f"img-src {' '.join(sources)}",
            "connect-src 'self'",
            "worker-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _asset_response(asset: Asset, accept_encoding: str, *, is_hashed: bool) -> Response:
    headers = {
        "content-type": asset.content_type,
        "cache-control": _FOR_A_YEAR if is_hashed else _FOR_AN_HOUR,
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }
    if asset.is_gzip:
        headers["vary"] = "Accept-Encoding"
    if not asset.is_gzip or not _takes_gzip(accept_encoding):
        return Response(asset.plain(), headers=headers)
    return Response(asset.stored, headers={**headers, "content-encoding": "gzip"})


def _takes_gzip(accept_encoding: str) -> bool:
    offers = (offer.partition(";") for offer in accept_encoding.lower().split(","))
    weights = {coding.strip(): weight for coding, _, weight in offers}
    weight = weights.get("gzip", weights.get("*"))
    return weight is not None and not _REFUSED_WEIGHT.fullmatch(weight)
