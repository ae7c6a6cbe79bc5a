"""Windows of photo lists against a real server: merged, split, cut apart, and honest where a page is missing."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.emulation import faults
from resolvers.windows import spans_of
from tests.graph import Graph
from tests.small_worlds import fill_photos, numbered_photos, photo, slug_of, tag

LIST = "GET /v2/content/{culture}/photos"
FIELDS = "nodes { slug } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
FIRST = f"query ($first: Int!) {{ photos(first: $first) {{ {FIELDS} }} }}"


@pytest.fixture
def graph(bare_graph: Graph) -> Graph:
    """Take a graph that keeps no answer, so that its world may change between two queries."""
    return bare_graph


def _slugs(connection: dict[str, Any]) -> list[str]:
    return [node["slug"] for node in connection["nodes"]]


def _windows(graph: Graph) -> list[tuple[int, int]]:
    """Read skip and limit of every list call off its raw path."""
    found = []
    for hit in graph.forge.hits.calls:
        pairs = dict(pair.partition("=")[::2] for pair in hit.raw_path.partition("?")[2].split("&"))
        found.append((int(pairs["$skip"]), int(pairs["$limit"])))
    return sorted(found)


async def _cursors(graph: Graph, text: str, name: str = "photos") -> list[str]:
    reply = await graph.query(text)
    assert reply.codes == []
    graph.forget_calls()
    return [edge["cursor"] for edge in reply.data[name]["edges"]]


LISTS = ('filter: {tags: {slug: ["one"]}}', 'filter: {tags: {slug: ["two"]}}')
window_sets = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 260), st.integers(1, 230)), min_size=1, max_size=6
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(windows=window_sets, lengths=st.tuples(st.integers(0, 330), st.integers(0, 330)))
async def test_any_set_of_windows_answers_what_slices_would_for_the_calls_of_its_merged_windows(
    graph: Graph, windows: Sequence[tuple[int, int, int]], lengths: tuple[int, int]
) -> None:
    def fill(one: int, two: int) -> None:
        fill_photos(
            graph.forge,
            [photo(f"one-{number:03}", tags=[tag("one")]) for number in range(one)]
            + [photo(f"two-{number:03}", tags=[tag("two")]) for number in range(two)],
        )

    fill(270, 270)
    cursors = [
        await _cursors(graph, f"{{ photos({each}, first: 270) {{ edges {{ cursor }} }} }}") for each in LISTS
    ]
    fill(*lengths)
    fields = []
    for number, (which, skip, limit) in enumerate(windows):
        after = f', after: "{cursors[which][skip - 1]}"' if skip else ""
        fields.append(f"w{number}: photos({LISTS[which]}, first: {limit}{after}) {{ {FIELDS} }}")
    reply = await graph.query("{" + "\n".join(fields) + "}")
    assert reply.codes == []
    for number, (which, skip, limit) in enumerate(windows):
        name = ("one", "two")[which]
        answer = reply.data[f"w{number}"]
        end = min(skip + limit, lengths[which])
        assert _slugs(answer) == [f"{name}-{position:03}" for position in range(skip, end)]
        assert answer["pageInfo"]["hasNextPage"] == (skip + limit < lengths[which])
        assert answer["pageInfo"]["hasPreviousPage"] == (skip > 0)
    for which, name in enumerate(("one", "two")):
        spans = spans_of((skip, skip + limit) for each, skip, limit in windows if each == which)
        calls = [hit for hit in graph.forge.hits.calls if f"tags.slug={name}" in hit.raw_path]
        assert len(calls) <= sum(span.calls for span in spans)
    graph.forget_calls()


async def test_three_overlapping_windows_are_one_call_with_a_literal_dollar(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(60))
    cursors = await _cursors(graph, "{ photos(first: 10) { edges { cursor } } }")
    reply = await graph.query(
        f'{{ a: photos(first: 10) {{ {FIELDS} }} b: photos(first: 20, after: "{cursors[9]}") {{ {FIELDS} }} '
        f"c: photos(first: 40) {{ {FIELDS} }} }}"
    )
    [hit] = graph.forge.hits.calls
    assert hit.raw_path == "/v2/content/en-us/photos?$skip=0&$limit=40"
    slugs = [slug_of(number) for number in range(40)]
    assert [_slugs(reply.data[name]) for name in "abc"] == [slugs[:10], slugs[10:30], slugs]
    assert all(reply.data[name]["pageInfo"]["hasNextPage"] for name in "abc")


@pytest.mark.parametrize(("start", "calls"), [(20, [(0, 30)]), (21, [(0, 10), (21, 9)])])
async def test_a_gap_of_ten_is_fetched_along_and_a_larger_one_is_not(
    graph: Graph, start: int, calls: list[tuple[int, int]]
) -> None:
    fill_photos(graph.forge, numbered_photos(60))
    cursors = await _cursors(graph, "{ photos(first: 40) { edges { cursor } } }")
    await graph.query(
        f'{{ a: photos(first: 10) {{ {FIELDS} }} b: photos(after: "{cursors[start - 1]}", '
        f'before: "{cursors[30]}") {{ {FIELDS} }} }}'
    )
    assert _windows(graph) == calls


async def test_lists_that_differ_in_filter_sort_or_culture_are_never_mixed(graph: Graph) -> None:
    for culture in ("en-us", "fr-fr"):
        fill_photos(graph.forge, [photo(f"{culture}-{n}", tags=[tag("t")]) for n in range(30)], culture)
    reply = await graph.query(
        """{
          plain: photos(first: 5) { nodes { slug } }
          french: photos(first: 6, locale: "fr-FR") { nodes { slug } }
          tagged: photos(first: 7, filter: {tags: {slug: ["t"]}}) { nodes { slug } }
          others: photos(first: 8, filter: {tags: {neutralSlug: ["t"]}}) { nodes { slug } }
          up: photos(first: 9, sort: {field: CONTENT_DATE, direction: ASC}) { nodes { slug } }
          down: photos(first: 10, sort: {field: CONTENT_DATE}) { nodes { slug } }
          common: photos(first: 11, filter: {featured: false}) { nodes { slug } }
        }"""
    )
    assert [len(connection["nodes"]) for connection in reply.data.values()] == [5, 6, 7, 8, 9, 10, 11]
    assert _windows(graph) == [(0, limit) for limit in (5, 6, 7, 8, 9, 10, 11)]


async def test_the_same_list_written_differently_is_one_list(graph: Graph) -> None:
    reply = await graph.query(
        """{
          a: photos(first: 5, filter: {tags: {slug: ["rome", "night"]}}) { nodes { slug } }
          b: photos(first: 5, locale: "en-us", filter: {tags: {slug: ["night", "rome", "rome"]}, slug: null}) {
            nodes { slug }
          }
        }"""
    )
    assert reply.codes == []
    assert _windows(graph) == [(0, 5)]


@pytest.mark.parametrize("length", [99, 100, 101, 199, 200, 201])
@pytest.mark.parametrize("first", [100, 200])
async def test_has_next_page_is_right_at_exact_ends_without_a_further_call(
    graph: Graph, first: int, length: int
) -> None:
    fill_photos(graph.forge, numbered_photos(length))
    reply = await graph.query(FIRST, {"first": first})
    photos = reply.data["photos"]
    assert len(photos["nodes"]) == min(first, length)
    assert photos["pageInfo"]["hasNextPage"] == (first < length)
    assert graph.calls == {LIST: 1 if length <= 100 else first // 100}


async def test_later_pages_leave_side_by_side_once_the_first_has_shown_that_there_is_more(
    graph: Graph,
) -> None:
    fill_photos(graph.forge, numbered_photos(1000))
    for start in range(100, 500, 100):
        graph.forge.faults.add(faults.held(), match=f"$skip={start}&")
    reply, _ = await asyncio.gather(graph.query(FIRST, {"first": 500}), _release_once_asked(graph, 5))
    assert _slugs(reply.data["photos"]) == [slug_of(number) for number in range(500)]
    assert _windows(graph) == [(start, 100) for start in range(0, 500, 100)]
    first, *later = sorted(graph.forge.hits.calls, key=lambda hit: hit.started)
    assert first.finished is not None
    assert all(hit.started >= first.finished for hit in later)


async def _release_once_asked(graph: Graph, calls: int) -> None:
    await graph.forge.hits.arrived(calls)
    graph.forge.faults.release()


async def test_a_page_that_fails_after_the_first_ends_the_answer_before_it(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(400))
    graph.forge.faults.add(faults.unavailable(), match="$skip=200&")
    reply = await graph.query(f"{{ mine: photos(first: 350) {{ {FIELDS} }} }}")
    photos = reply.data["mine"]
    assert _slugs(photos) == [slug_of(number) for number in range(200)]
    assert photos["pageInfo"]["hasNextPage"] is True
    assert reply.errors == []
    [warning] = reply.json["extensions"]["warnings"]
    assert (warning["code"], warning["path"], warning["provider"]) == (
        "UPSTREAM_UNAVAILABLE",
        ["mine"],
        "FORGE",
    )
    graph.forge.faults.clear()
    end = photos["pageInfo"]["endCursor"]
    rest = await graph.query(f'{{ photos(first: 150, after: "{end}") {{ {FIELDS} }} }}')
    assert _slugs(rest.data["photos"]) == [slug_of(number) for number in range(200, 350)]


async def test_a_first_page_that_fails_is_null_with_its_error(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(400))
    graph.forge.faults.add(faults.unavailable(), match="$skip=0&")
    reply = await graph.query(FIRST, {"first": 350})
    assert reply.data == {"photos": None}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("photos",))]
    assert graph.calls == {LIST: 1}


async def test_a_window_before_the_failed_page_of_a_shared_fetch_is_whole(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(400))
    cursors = await _cursors(graph, "{ photos(first: 120) { edges { cursor } } }")
    graph.forge.faults.add(faults.unavailable(), match="$skip=100&")
    reply = await graph.query(
        f"{{ short: photos(first: 90) {{ {FIELDS} }} long: photos(first: 300) {{ {FIELDS} }} "
        f'lost: photos(first: 20, after: "{cursors[119]}") {{ {FIELDS} }} }}'
    )
    assert len(reply.data["short"]["nodes"]) == 90
    assert len(reply.data["long"]["nodes"]) == 100
    assert reply.data["lost"] is None
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("lost",))]
    assert [warning["path"] for warning in reply.json["extensions"]["warnings"]] == [["long"]]


async def test_a_photo_that_an_insertion_moves_to_the_next_page_is_answered_once(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(250))
    graph.forge.faults.add(faults.held(), match="$skip=100&")
    asked = graph.query(FIRST, {"first": 200})
    inserted = _insert_when_the_second_page_is_asked_for(graph)
    reply, _ = await asyncio.gather(asked, inserted)
    slugs = _slugs(reply.data["photos"])
    assert slugs == [slug_of(number) for number in range(199)]
    assert reply.data["photos"]["pageInfo"]["hasNextPage"] is True
    assert graph.calls == {LIST: 2}
    end = reply.data["photos"]["pageInfo"]["endCursor"]
    rest = await graph.query(f'{{ photos(first: 100, after: "{end}") {{ {FIELDS} }} }}')
    assert _slugs(rest.data["photos"]) == [slug_of(number) for number in range(199, 250)]


async def _insert_when_the_second_page_is_asked_for(graph: Graph) -> None:
    await graph.forge.hits.arrived(2)
    fill_photos(graph.forge, [photo("a-new-one"), *numbered_photos(250)])
    graph.forge.faults.release()


async def test_dropped_photos_keep_the_cursors_of_the_others_and_of_the_end(graph: Graph) -> None:
    photos = numbered_photos(12)
    for number in (0, 4, 9):
        photos[number]["image"] = None
    fill_photos(graph.forge, photos)
    text = f"{{ photos(first: 10) {{ edges {{ cursor }} {FIELDS} }} }}"
    first = (await graph.query(text)).data["photos"]
    assert _slugs(first) == [slug_of(number) for number in (1, 2, 3, 5, 6, 7, 8)]
    end = first["pageInfo"]["endCursor"]
    rest = await graph.query(f'{{ photos(after: "{end}") {{ {FIELDS} }} }}')
    assert _slugs(rest.data["photos"]) == [slug_of(10), slug_of(11)]
    fourth = first["edges"][3]["cursor"]
    from_fourth = await graph.query(f'{{ photos(first: 1, after: "{fourth}") {{ {FIELDS} }} }}')
    assert _slugs(from_fourth.data["photos"]) == [slug_of(6)]


async def test_a_next_link_to_another_host_is_not_followed_but_a_full_page_has_a_successor(
    graph: Graph,
) -> None:
    fill_photos(graph.forge, numbered_photos(150))
    graph.forge.faults.add(faults.hostile_next_url())
    reply = await graph.query(FIRST, {"first": 120})
    assert len(reply.data["photos"]["nodes"]) == 120
    assert _windows(graph) == [(0, 100), (100, 20)]


async def test_a_photo_list_without_arguments_has_25(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(40))
    reply = await graph.query("{ photos { nodes { slug } } }")
    assert len(reply.data["photos"]["nodes"]) == 25
    assert _windows(graph) == [(0, 25)]


async def test_last_without_before_is_refused_for_photos_and_never_a_crawl(graph: Graph) -> None:
    reply = await graph.query("{ photos(last: 5) { nodes { slug } } }")
    assert reply.codes == [("BAD_USER_INPUT", ("photos",))]
    assert reply.errors[0]["extensions"]["argument"] == "last"
    assert graph.calls == {}


async def test_a_window_between_two_neighbours_is_empty_and_costs_nothing(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(9))
    cursors = await _cursors(graph, "{ photos { edges { cursor } } }")
    reply = await graph.query(
        f'{{ photos(after: "{cursors[3]}", before: "{cursors[4]}") {{ freshness {{ state }} {FIELDS} }} }}'
    )
    assert reply.codes == []
    assert reply.data["photos"]["nodes"] == []
    assert reply.data["photos"]["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }
    assert graph.calls == {}
