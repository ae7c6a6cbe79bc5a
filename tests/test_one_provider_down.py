"""One provider is gone: what the other two give is whole, and its own fields say so, each once."""

import pytest

from tests.graph import Graph
from tests.world import PRODUCT_IDS, UUIDS

PAGE = """query($uuids: [ID!]!, $ids: [ID!]!, $slug: ID!) {
  activities(uuids: $uuids) { uuid title cover { reason } gallery { totalCount } }
  activitySearch(first: 2) { nodes { title } }
  resortProducts(productIds: $ids) { productId title gallery { totalCount } videos { totalCount } }
  resortCatalog(first: 2) { nodes { title } }
  photos(first: 2) { nodes { title } }
  photo(slug: $slug) { title image { url } }
}"""
FIELDS: dict[str, list[tuple[str | int, ...]]] = {
    "musement": [
        *((("activities", at, name)) for at in (0, 1) for name in ("cover", "gallery", "title")),
        ("activitySearch",),
    ],
    "clubmed": [
        ("resortCatalog",),
        *((("resortProducts", at, name)) for at in (0, 1) for name in ("gallery", "title", "videos")),
    ],
    "forge": [("photo",), ("photos",)],
}
OWN_KEYS = {
    "musement": ("activities", "activitySearch"),
    "clubmed": ("resortProducts", "resortCatalog"),
    "forge": ("photos", "photo"),
}


@pytest.mark.parametrize("stopped", ["musement", "clubmed", "forge"])
async def test_the_stopped_provider_s_fields_carry_one_coded_error_each_and_all_else_is_whole(
    bare_graph: Graph, stopped: str
) -> None:
    slug = str(bare_graph.forge.world.photos["en-us"][0]["slug"])
    variables = {"uuids": UUIDS[:2], "ids": PRODUCT_IDS[:2], "slug": slug}
    whole = await bare_graph.query(PAGE, variables)
    assert whole.errors == []
    await {
        "musement": bare_graph.musement,
        "clubmed": bare_graph.clubmed,
        "forge": bare_graph.forge,
    }[stopped].stop()
    reply = await bare_graph.query(PAGE, variables)
    assert reply.status == 200
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", path) for path in sorted(FIELDS[stopped], key=repr)]
    for error in reply.errors:
        assert error["extensions"]["retryable"] is True
        assert error["extensions"]["provider"] == {"clubmed": "CLUB_MED"}.get(stopped, stopped.upper())
        assert error["extensions"]["requestId"] == reply.headers["x-request-id"]
    for name, value in whole.data.items():
        if name not in OWN_KEYS[stopped]:
            assert reply.data[name] == value


async def test_the_keys_of_entities_stand_where_their_provider_is_gone(bare_graph: Graph) -> None:
    await bare_graph.musement.stop()
    reply = await bare_graph.query(
        f'{{ activity(uuid: "{UUIDS[0]}") {{ uuid title photos(first: 1) {{ nodes {{ culture }} }} }} }}'
    )
    assert reply.data["activity"] == {
        "uuid": UUIDS[0],
        "title": None,
        "photos": {"nodes": [{"culture": "en-us"}]},
    }
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("activity", "title"))]


async def test_editorial_photos_are_null_with_their_error_where_forge_is_gone(bare_graph: Graph) -> None:
    await bare_graph.forge.stop()
    reply = await bare_graph.query(
        f'{{ activity(uuid: "{UUIDS[0]}") {{ uuid photos {{ nodes {{ slug }} }} gallery {{ totalCount }} }} }}'
    )
    assert reply.data["activity"] == {"uuid": UUIDS[0], "photos": None, "gallery": {"totalCount": 2}}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("activity", "photos"))]


async def test_an_emulator_that_comes_back_is_asked_again(bare_graph: Graph) -> None:
    query = '{ resortProduct(productId: "PALM") { title } }'
    await bare_graph.clubmed.stop()
    assert (await bare_graph.query(query)).data == {"resortProduct": {"title": None}}
    await bare_graph.clubmed.restart()
    assert (await bare_graph.query(query)).data == {"resortProduct": {"title": "Marrakech Palm Grove"}}
