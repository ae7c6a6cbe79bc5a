"""The shapes that `mediagraph drift` compares with: `python -m tests.shapes` writes them, a test holds them.

They are what the emulators answer, which is what is known of the providers, and what the providers' pages print.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from providers.clubmed import printed as clubmed
from providers.forge import printed as forge
from providers.musement import printed as musement
from server.drift.listening import listening
from server.drift.replays import REPLAYS, Asker, replayed
from server.drift.report import written_json, written_shapes
from server.drift.shapes import Shape, shape_of
from server.settings import Settings, load_settings
from tests.graph import Graph, running_graph

FOLDERS = Path(__file__).resolve().parents[1] / "providers"
LARGEST_LIST = 100
PRINTED: Mapping[str, list[object]] = {
    "GET /activities/{uuid}/media": [musement.GALLERY, musement.FLAGGED_GALLERY],
    "GET /v1/products/{id}/pictures": [clubmed.PICTURES],
    "GET /v0/products/{id}/videos": [clubmed.VIDEOS],
    "GET /v2/content/{culture}/photos": [
        {
            "items": [forge.PHOTO],
            "pagination": {"maxItems": 100},
            "meta": {"apiVersion": "2.0", "generatedAt": "2020-07-21T07:33:43.5541234Z"},
        }
    ],
}
# A tenant of Forge names these members itself, and what recorded references hold is not known.
FREE = {
    f"{photo}.{path}"
    for photo in ("$", "$.items[]")
    for path in (
        "fields",
        "references",
        "image.overriddenFormats",
        *(
            f"{tag}.{name}"
            for tag in ("tags[]", "context")
            for name in ("fields", "extraData", "externalSourceReference")
        ),
    )
}


def settings_for(graph: Graph, **others: str) -> Settings:
    """Point at a graph's emulators as an operator would point at providers."""
    environ = {
        "MUSEMENT_URL": graph.musement.url,
        "MUSEMENT_APPLICATION": "tests",
        "CLUBMED_URL": graph.clubmed.url,
        "CLUBMED_API_KEY": "tests",
        "FORGE_URL": graph.forge.url,
        "SANDBOX": "false",
        **others,
    }
    return load_settings({f"MEDIAGRAPH_{name}": text for name, text in environ.items()})


async def documented(graph: Graph) -> dict[str, dict[str, Shape]]:
    """Derive the shapes of each provider's routes by its name."""
    async with listening(settings_for(graph)) as (providers, listeners):
        asker = Asker(providers, "en-US", LARGEST_LIST, 60.0)
        return {
            name: {
                each.route: shape_of([*each.documents, *PRINTED.get(each.route, [])], FREE)
                for each in await replayed(replay, asker, listeners[name])
            }
            for name, replay in REPLAYS.items()
        }


async def _write() -> None:
    async with running_graph() as graph:
        for name, routes in (await documented(graph)).items():
            file = FOLDERS / REPLAYS[name].folder / "shapes.json"
            file.write_bytes(written_json(written_shapes(routes)))


if __name__ == "__main__":
    asyncio.run(_write())
