"""Real composers accept the subgraph: alone, with one that extends its entities, with a second Relay graph."""

import pytest

from schema.federation import federation_sdl
from schema.graph import build_subgraph
from tests.interop.node import FOLDER, Json, Node

pytestmark = pytest.mark.interop

COMPOSERS = ("@apollo/composition", "@theguild/federation-composition", "@wundergraph/composition")
REVIEWS = (FOLDER / "subgraphs" / "reviews.graphql").read_text()
NEIGHBOUR = (FOLDER / "subgraphs" / "relay_neighbour.graphql").read_text()


def subgraph(version: str) -> str:
    return federation_sdl(build_subgraph().as_str(), version)


def cases(ours: str) -> Json:
    """Name what is composed with our SDL."""
    media = {"name": "media", "sdl": ours}
    return {
        "alone": [media],
        "extended": [media, {"name": "reviews", "sdl": REVIEWS}],
        "second Relay graph": [media, {"name": "guides", "sdl": NEIGHBOUR}],
    }


@pytest.mark.parametrize("version", ["2.9", "2.3"])
async def test_every_composer_accepts_every_case(node: Node, version: str) -> None:
    composed = await node.ask("compose.mjs", {"cases": cases(subgraph(version))})
    assert {
        composer: {name: each["errors"] for name, each in of.items()} for composer, of in composed.items()
    } == {composer: {"alone": [], "extended": [], "second Relay graph": []} for composer in COMPOSERS}
    for of in composed.values():
        assert "reviews: [Review!]!" in of["extended"]["supergraph"]
        assert "node(id: ID!): Node" in of["second Relay graph"]["supergraph"]
        assert "node(id" not in of["alone"]["supergraph"]


@pytest.mark.parametrize(
    ("part", "broken", "case"),
    [
        ('@key(fields: "uuid")', '@key(fields: "uid")', "alone"),
        ("type PageInfo @shareable", "type PageInfo", "second Relay graph"),
        ("type Query {", "type Query { node(id: ID!): Node", "second Relay graph"),
        ('@key(fields: "culture slug")', "", "extended"),
    ],
    ids=["key of no field", "PageInfo of our own", "node of our own", "entity without key"],
)
async def test_every_composer_refuses_what_is_broken_on_purpose(
    node: Node, part: str, broken: str, case: str
) -> None:
    ours = subgraph("2.9")
    assert part in ours
    broken_case = cases(ours.replace(part, broken))[case]
    composed = await node.ask("compose.mjs", {"cases": {case: broken_case}})
    assert {composer: bool(of[case]["errors"]) for composer, of in composed.items()} == dict.fromkeys(
        COMPOSERS, True
    )
