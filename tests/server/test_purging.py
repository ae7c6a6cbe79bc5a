"""A purge has the graph forget what it names, whatever shows it, and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from providers.emulation.faults import Fault, held
from tests.failures.subjects import SUBJECTS
from tests.graph import Graph, Reply, running_graph
from tests.log_lines import listening
from tests.providers.redis_server import RedisServer, redis_program
from tests.world import PHOTOS, PRODUCT_IDS, UUIDS

TOKEN = "an-admin-token"
SHOWN = "slug tags { slug neutralSlug } context { slug neutralSlug }"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with running_graph(admin_token=TOKEN) as running:
        yield running


async def purge(graph: Graph, **named: object) -> Reply:
    return await graph.send(
        "POST", "/admin/purge", json.dumps(named).encode(), {"authorization": f"Bearer {TOKEN}"}
    )


class Asked(msgspec.Struct, frozen=True):
    """A question that one call answers, and the tags that its list is filtered by."""

    text: str
    filtered_by: tuple[str, ...] = ()


def photo(slug: str, locale: str = "en-us") -> Asked:
    return Asked(f'{{ photo(slug: "{slug}", locale: "{locale}") {{ {SHOWN} }} }}')


def photos(given: str = "", *filtered_by: str, after: str = "") -> Asked:
    arguments = f"first: 10 filter: {{ {given} }} {after}"
    return Asked(f"{{ photos({arguments}) {{ nodes {{ {SHOWN} }} }} }}", filtered_by)


PHOTO_QUESTIONS = [
    photos(),
    photos("featured: true"),
    photos('tags: { slug: ["florence"] }', "florence"),
    photos('tags: { slug: ["Florence"] }', "florence"),
    photos('tags: { neutralSlug: ["panorama"] }', "panorama"),
    photos('tags: { slug: ["venice"] }', "venice"),
    photos('tags: { slug: ["no-such-tag"] }', "no-such-tag"),
    photos('context: { slug: "venice" }', "venice"),
    photos('context: { neutralSlug: "florence" }', "florence"),
]


def shown_tags(shown: dict[str, Any]) -> set[str]:
    """Name the tags of a photo, and its context, in every way."""
    tags = [*shown["tags"], *([shown["context"]] if shown["context"] else [])]
    return {tag[name].lower() for tag in tags for name in ("slug", "neutralSlug") if tag[name]}


def photos_of(reply: Reply) -> list[dict[str, Any]]:
    assert reply.errors == []
    (found,) = reply.data.values()
    return [found] if "slug" in found else list(found["nodes"])


async def forgotten(graph: Graph, questions: list[Asked]) -> list[str]:
    """Ask again, and tell which answers had to be fetched anew."""
    anew = []
    for asked in questions:
        graph.forget_calls()
        await graph.query(asked.text)
        anew += [asked.text] * bool(graph.calls)
    return anew


def some_photos(graph: Graph) -> list[Asked]:
    there = [str(each["slug"]) for each in graph.forge.world.photos["en-us"] if "slug" in each]
    french = [str(each["slug"]) for each in graph.forge.world.photos["fr-fr"] if "slug" in each]
    return [*map(photo, there[::90]), *(photo(slug, "fr-fr") for slug in french[::200])]


@pytest.mark.parametrize("tag", ["florence", "FLORENCE", "panorama", "venice", "no-such-tag", "nowhere"])
async def test_a_tag_is_forgotten_where_it_is_shown_or_filtered_by_and_nowhere_else(
    graph: Graph, tag: str
) -> None:
    questions = PHOTO_QUESTIONS + some_photos(graph)
    expected = []
    for asked in questions:
        found = photos_of(await graph.query(asked.text))
        if tag.lower() in asked.filtered_by or any(tag.lower() in shown_tags(each) for each in found):
            expected.append(asked.text)
    assert len(expected) < len(questions)
    assert bool(expected) == (tag != "nowhere")
    assert await forgotten(graph, questions) == []
    reply = await purge(graph, tag=tag)
    assert reply.json == {"purged": len(expected), "everywhere": True}
    assert await forgotten(graph, questions) == expected


async def test_a_photo_is_forgotten_with_the_lists_that_show_it_and_the_list_of_it_alone(
    graph: Graph,
) -> None:
    slug = str(graph.forge.world.photos["en-us"][0]["slug"])
    questions = [*PHOTO_QUESTIONS, *some_photos(graph), photos(f'slug: "{slug}"')]
    expected = []
    for asked in questions:
        found = photos_of(await graph.query(asked.text))
        if any(each["slug"] == slug for each in found) or f'slug: "{slug}"' in asked.text:
            expected.append(asked.text)
    assert 1 < len(expected) < len(questions)
    await purge(graph, entity={"type": "Photo", "key": slug})
    assert await forgotten(graph, questions) == expected


@pytest.mark.parametrize("body", [b"{}", b'{"image": null}'])
async def test_a_list_that_left_something_out_is_forgotten_too(graph: Graph, body: bytes) -> None:
    page = b'{"items": [%s], "pagination": {}}' % body
    graph.forge.faults.add(Fault(status=200, body=page), route=PHOTOS)
    await graph.query(photos().text)
    await purge(graph, entity={"type": "Photo", "key": "mended"})
    assert await forgotten(graph, [photos()]) == [photos().text]


async def test_a_list_that_does_not_tell_tags_is_forgotten_by_any(graph: Graph) -> None:
    image = (
        b'{"thumbnailUrl": "https://i.test/a.jpg", "templateUrl": "https://i.test/{formatInstructions}/a"}'
    )
    page = b'{"items": [{"slug": "a", "image": %s}], "pagination": {}}' % image
    graph.forge.faults.add(Fault(status=200, body=page), route=PHOTOS)
    assert photos_of(await graph.query(photos().text)) != []
    await purge(graph, tag="anything")
    assert await forgotten(graph, [photos()]) == [photos().text]


CATALOGUES = {
    "Activity": ("activitySearch", "uuid", UUIDS),
    "ResortProduct": ("resortCatalog", "productId", PRODUCT_IDS),
}


@pytest.mark.parametrize("kind", CATALOGUES)
async def test_an_entity_is_forgotten_with_the_pages_that_show_it_and_its_photos(
    graph: Graph, kind: str
) -> None:
    field, name, keys = CATALOGUES[kind]
    first = await graph.query(f"{{ {field}(first: 4) {{ nodes {{ {name} }} pageInfo {{ endCursor }} }} }}")
    shown = [node[name] for node in first.data[field]["nodes"]]
    cursor = first.data[field]["pageInfo"]["endCursor"]
    own, other = shown[1], next(key for key in keys if key not in shown)
    one = "activity(uuid:" if kind == "Activity" else "resortProduct(productId:"
    concerned = [
        Asked(f"{{ {field}(first: 4) {{ nodes {{ {name} }} pageInfo {{ endCursor }} }} }}"),
        Asked(f'{{ {one} "{own}") {{ title }} }}'),
        Asked(f'{{ {one} "{own}") {{ {name} videos {{ totalCount }} }} }}'),
        Asked(f'{{ {one} "{own}") {{ {name} photos(first: 2) {{ nodes {{ slug }} }} }} }}'),
    ]
    others = [
        Asked(f'{{ {field}(first: 4, after: "{cursor}") {{ nodes {{ {name} }} }} }}'),
        Asked(f'{{ {one} "{other}") {{ title }} }}'),
        Asked(f'{{ {one} "{other}") {{ {name} photos(first: 2) {{ nodes {{ slug }} }} }} }}'),
        photos(),
    ]
    for asked in [*concerned, *others]:
        assert (await graph.query(asked.text)).errors == []
    reply = await purge(graph, entity={"type": kind, "key": own})
    assert reply.json == {"purged": len(concerned), "everywhere": True}
    assert await forgotten(graph, [*others, *concerned]) == [asked.text for asked in concerned]


async def test_what_is_in_flight_and_may_show_it_is_not_kept(graph: Graph) -> None:
    graph.forge.faults.add(held())
    slugs = [str(each["slug"]) for each in graph.forge.world.photos["en-us"][:2]]
    asked = [photos('tags: { slug: ["venice"] }', "venice"), photo(slugs[0]), photo(slugs[1])]
    running = [asyncio.create_task(graph.query(each.text)) for each in asked]
    await graph.forge.hits.arrived(3)
    await purge(graph, entity={"type": "Photo", "key": slugs[0]})
    graph.forge.faults.clear()
    assert all(photos_of(reply) for reply in await asyncio.gather(*running))
    # The other photo's own answer cannot show it; what the list was going to show nobody knew.
    assert await forgotten(graph, asked) == [asked[0].text, asked[1].text]


async def test_other_workers_forget_the_same_of_what_they_share(tmp_path: Path) -> None:
    redis = RedisServer(redis_program(), tmp_path)
    await redis.start()
    settings = {"admin_token": TOKEN, "cache_url": redis.url}
    async with running_graph(**settings) as first:
        urls = {f"{each.segment}_url": each.emulator(first).url for each in SUBJECTS}
        questions = [*PHOTO_QUESTIONS, *some_photos(first)]
        expected = []
        for asked in questions:
            found = photos_of(await first.query(asked.text))
            if "florence" in asked.filtered_by or any("florence" in shown_tags(each) for each in found):
                expected.append(asked.text)
        async with running_graph(**settings, **urls) as second, running_graph(**settings, **urls) as third:
            for asked in questions[:4]:
                await second.query(asked.text)
            with listening() as lines:
                assert (await purge(first, tag="florence")).json["everywhere"]
                await lines.said("purge_heard", times=3, within_s=1.0)
            for graph in (second, third):
                graph.musement, graph.clubmed, graph.forge = first.musement, first.clubmed, first.forge
            # One had some of it in its own memory, the next has none: what is left for it in Redis is new.
            assert await forgotten(second, questions) == expected
            assert await forgotten(third, questions) == []
    await redis.kill()


@pytest.mark.parametrize("tag", ["", "x" * 201, "a\nMUSEMENT", "a\u2028b", "\x00"])
async def test_a_tag_that_can_be_none_is_refused(graph: Graph, tag: str) -> None:
    reply = await purge(graph, tag=tag)
    assert (reply.status, reply.errors[0]["extensions"]["code"]) == (400, "BAD_REQUEST")
