"""Tailcall over the same providers: its configuration, its form of the workloads, and what others can be held against.

It asks for one key at a time, so that lists of keys become aliases; it hands on what a provider says, and knows none of
the rules of media and pictures. Both are in its favour.
"""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.workloads import ACTIVITY, PHOTO, RESORT, Workload

_CACHED: Final = "@cache(maxAge: 60000)"
_CONFIGURATION: Final = """
schema @server(port: PORT, hostname: "127.0.0.1", workers: 1) @upstream(poolMaxIdlePerHost: 128) { query: Query }
type Query {
  activity(uuid: ID!): Activity @http(url: "MUSEMENT/activities/{{.args.uuid}}") KEPT
  resortProduct(productId: ID!): ResortProduct @expr(body: {productId: "{{.args.productId}}"})
  photos(first: Int): Photos @http(url: "FORGE/v2/content/en-us/photos", query: [
    {key: "$skip", value: "0"}, {key: "$limit", value: "{{.args.first}}"}
  ]) KEPT
}
type Activity {
  uuid: ID! title: String description: String url: String latitude: Float longitude: Float
  gallery: Media @expr(body: {uuid: "{{.value.uuid}}"})
}
type Media { uuid: ID! nodes: [Medium] @http(url: "MUSEMENT/activities/{{.value.uuid}}/media") KEPT }
type Medium { url: String is_cover: Boolean @modify(name: "isCover") }
type ResortProduct {
  productId: ID!
  gallery: Pictures @expr(body: {productId: "{{.value.productId}}"})
  videos: Videos @expr(body: {productId: "{{.value.productId}}"})
}
type Pictures { productId: ID! nodes: [Picture] @http(url: "CLUBMED/v1/products/{{.value.productId}}/pictures") KEPT }
type Picture { url: String keywords: [String] }
type Videos { productId: ID! nodes: [Video] @http(url: "CLUBMED/v0/products/{{.value.productId}}/videos") KEPT }
type Video { url: String @expr(body: "{{.value}}") }
type Photos { items: [Photo] @modify(name: "nodes") }
type Photo { slug: ID title: String contentDate: String featured: JSON tags: [Tag] image: File }
type Tag { slug: ID neutralSlug: ID title: String }
type File { templateUrl: String @modify(name: "url") thumbnailUrl: String }
"""


def program(packages: Path) -> Path | None:
    """Find the program among installed packages; None where there is none that runs on this machine."""
    found = packages / "@tailcallhq" / "core-linux-x64-gnu" / "bin" / "tailcall"
    runs = (
        found.exists()
        and not subprocess.run([found, "--version"], check=False, capture_output=True).returncode
    )
    return found if runs else None


def configuration(port: int, urls: Mapping[str, str], *, keeps: bool) -> str:
    """Write what the program reads; with ``keeps`` it keeps the providers' answers for a minute."""
    places = {name.upper(): url for name, url in urls.items()}
    places |= {"PORT": str(port), "KEPT": _CACHED if keeps else ""}
    return re.sub("|".join(places), lambda found: places[found[0]], _CONFIGURATION)


def aliased(workload: Workload) -> Workload:
    """Write a workload with one field a key."""
    fields = [
        f"{prefix}{n}: {field}({argument}: {key!r}) {{ {selection} }}".replace("'", '"')
        for name, prefix, field, argument, selection in (
            ("uuids", "a", "activity", "uuid", ACTIVITY),
            ("ids", "r", "resortProduct", "productId", RESORT),
        )
        for n, key in enumerate(workload.variables.get(name, ()))
    ]
    photos = re.search(r"photos\(first: (\d+)\)", workload.query)
    fields += [f"photos(first: {photos[1]}) {{ nodes {{ {PHOTO} }} }}"] if photos else []
    query = f"query Aliased {{ {' '.join(fields)} }}" if fields else workload.query
    return Workload(workload.name, query, {}, workload.calls, workload.fresh)


def essence(data: Mapping[str, Any]) -> Any:
    """Reduce an answer, of this program or of another, to what all have to say alike."""
    found: dict[str, list[Any]] = {"activities": [], "resortProducts": [], "photos": []}
    for name, value in data.items():
        for item in value if isinstance(value, list) else [value]:
            if name == "photos":
                found[name] += [[each["slug"], each["title"], each["tags"] or []] for each in item["nodes"]]
            elif "uuid" in item:
                found["activities"].append([item["uuid"], item["title"], item["latitude"]])
            elif "productId" in item:
                found["resortProducts"].append([item["productId"], _urls(item["videos"]["nodes"])])
    return found


def _urls(videos: list[Any]) -> list[str]:
    # It takes no field of what is no object, and gives the whole of it.
    return [video if isinstance(video, str) else video["url"] for video in videos]
