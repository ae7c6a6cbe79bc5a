"""Where the operator names hosts, no picture of any other host is handed out, whichever provider told of it."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tests.graph import Graph, running_graph
from tests.world import PRODUCT_IDS, UUIDS

ALLOWED = "pictures.test"
STRANGE = [
    "https://elsewhere.test/a.jpg",
    "https://pictures.test.elsewhere.test/a.jpg",
    "http://a.pictures.test/a.jpg",
]
UUID, PRODUCT = UUIDS[0], PRODUCT_IDS[0]
QUERY = f"""{{
  activity(uuid: "{UUID}") {{
    url cover {{ image {{ url }} }} city {{ coverImageUrl }}
    gallery {{ nodes {{ url }} }} videos {{ nodes {{ url }} }}
  }}
  resortProduct(productId: "{PRODUCT}") {{
    cover {{ image {{ url }} }} immersiveImage {{ url }}
    gallery {{ nodes {{ url }} }} videos {{ nodes {{ url }} }}
  }}
}}"""


@pytest.fixture
async def picky_graph() -> AsyncIterator[Graph]:
    async with running_graph(image_hosts=ALLOWED) as graph:
        activity = graph.musement.world.activities[UUID]
        activity["cover_image_url"] = f"https://{ALLOWED}/cover.jpg"
        activity["city"] = {"id": 1, "name": "A city", "cover_image_url": f"https://{ALLOWED}/city.jpg"}
        graph.musement.world.media[UUID] = [
            {"id": 1, "type": "image", "url": f"https://{ALLOWED}/1.jpg"},
            {"id": 2, "url": STRANGE[0]},
            {"id": 3, "type": "video", "url": "https://videos.test/3.mp4"},
        ]
        product = graph.clubmed.world.products["en-US"][PRODUCT]
        product["media"] = {"immersive_image": f"https://{ALLOWED.upper()}/immersive.jpg"}
        graph.clubmed.world.pictures[PRODUCT] = [
            {"url": f"https://{ALLOWED}/1.jpg"},
            *[dict[str, object](url=url, keywords=["MAIN_KEY_VISUAL"]) for url in STRANGE],
        ]
        graph.clubmed.world.videos[PRODUCT] = ["https://videos.test/1.mp4"]
        yield graph


async def test_pictures_of_allowed_hosts_are_handed_out_and_no_others(picky_graph: Graph) -> None:
    reply = await picky_graph.query(QUERY)
    assert reply.errors == []
    activity, resort = reply.data["activity"], reply.data["resortProduct"]
    assert [node["url"] for node in activity["gallery"]["nodes"]] == [f"https://{ALLOWED}/1.jpg"]
    assert activity["cover"]["image"]["url"] == f"https://{ALLOWED}/cover.jpg"
    assert activity["city"]["coverImageUrl"] == f"https://{ALLOWED}/city.jpg"
    assert [node["url"] for node in resort["gallery"]["nodes"]] == [f"https://{ALLOWED}/1.jpg"]
    assert resort["immersiveImage"]["url"] == f"https://{ALLOWED.upper()}/immersive.jpg"
    # Of a key visual that is not handed out nothing is left that could make it the cover.
    assert resort["cover"]["image"]["url"] == resort["immersiveImage"]["url"]


async def test_pages_and_videos_are_no_pictures(picky_graph: Graph) -> None:
    reply = await picky_graph.query(QUERY)
    activity, resort = reply.data["activity"], reply.data["resortProduct"]
    assert urlsplit(activity["url"]).hostname != ALLOWED
    assert [node["url"] for node in activity["videos"]["nodes"]] == ["https://videos.test/3.mp4"]
    assert [node["url"] for node in resort["videos"]["nodes"]] == ["https://videos.test/1.mp4"]


@pytest.mark.parametrize("url", STRANGE)
async def test_what_stands_for_its_owner_must_be_of_an_allowed_host_too(picky_graph: Graph, url: str) -> None:
    activity = picky_graph.musement.world.activities[UUID]
    activity["cover_image_url"] = url
    activity["city"] = {"id": 1, "name": "A city", "cover_image_url": url}
    picky_graph.clubmed.world.products["en-US"][PRODUCT]["media"] = {"immersive_image": url}
    reply = await picky_graph.query(QUERY)
    assert reply.errors == []
    assert reply.data["activity"]["cover"]["image"]["url"] == f"https://{ALLOWED}/1.jpg"
    assert reply.data["activity"]["city"]["coverImageUrl"] is None
    assert reply.data["resortProduct"]["immersiveImage"] is None
    assert url not in reply.body.decode()


async def test_lists_keep_to_it_too(picky_graph: Graph) -> None:
    reply = await picky_graph.query(
        "{ activitySearch(first: 20) { nodes { cover { image { url } } city { coverImageUrl } } } "
        "resortCatalog(first: 20) { nodes { immersiveImage { url } } } photos(first: 20) { nodes { slug } } }"
    )
    assert reply.errors == []
    assert reply.data["photos"]["nodes"] == []
    hosts = {urlsplit(text).hostname for text in reply.body.decode().split('"') if text.startswith("http")}
    assert hosts == {ALLOWED}
