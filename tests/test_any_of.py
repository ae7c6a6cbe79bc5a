"""Photos that match any of several tag filters: one list, in order, each photo once."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.emulation import faults
from tests.graph import Graph
from tests.relay import Asked, connection_of, relay_slice
from tests.small_worlds import Payload, activity, fill_activities, fill_photos, photo, slug_of, tag, uuid_of

LIST = "GET /v2/content/{culture}/photos"
TAGS = ("red", "green", "blue")
ANY = '{tags: {slug: ["all"]}, anyOf: [{slug: ["red"]}, {slug: ["green"]}, {slug: ["blue"]}]}'
CONNECTION = (
    "edges { cursor node { name: slug } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
)
QUERY = f"""
query ($first: Int, $after: String, $last: Int, $before: String, $sort: PhotoSort = {{field: CONTENT_DATE}}) {{
  photos(filter: {ANY}, sort: $sort, first: $first, after: $after, last: $last, before: $before) {{ {CONNECTION} }}
}}
"""


@pytest.fixture
def graph(bare_graph: Graph) -> Graph:
    """Take a graph that keeps no answer, so that its world may change between two queries."""
    return bare_graph


def _tagged(slug: str, tags: Sequence[str], content_date: str | None) -> Payload:
    return photo(slug, tags=[tag(each) for each in ("all", *tags)], content_date=content_date, updated=None)


def _in_order(photos: Sequence[Payload], *, down: bool) -> list[str]:
    """List the union as the contract says: by date, ties by slug, what has no date last."""
    union = [each for each in photos if {one["slug"] for one in each["tags"]} & set(TAGS)]
    by_slug = sorted(union, key=lambda each: str(each["slug"]))
    by_date = sorted(by_slug, key=lambda each: (each["contentDate"] or "").removesuffix("Z"), reverse=down)
    return [each["slug"] for each in sorted(by_date, key=lambda each: each["contentDate"] is None)]


async def _all_cursors(graph: Graph, sort: dict[str, str], count: int) -> list[str]:
    cursors: list[str] = []
    while len(cursors) < count:
        after = cursors[-1] if cursors else None
        reply = await graph.query(QUERY, {"first": 97, "after": after, "sort": sort})
        assert reply.codes == []
        cursors += [edge["cursor"] for edge in reply.data["photos"]["edges"]]
    return cursors


dates = st.sampled_from(
    [None, *(f"2024-01-{day:02}T10:00:00{end}Z" for day in range(1, 9) for end in ("", ".25"))]
)
tag_sets = st.sets(st.sampled_from(TAGS)).map(sorted)


@st.composite
def worlds(draw: st.DrawFn) -> list[Payload]:
    """Draw up to 250 photos: a few kinds of them, dealt out by a seed, since drawing each is slow."""
    kinds = draw(st.lists(st.tuples(tag_sets, dates), min_size=1, max_size=12))
    dealt = draw(st.randoms(use_true_random=False))
    chosen = [dealt.choice(kinds) for _ in range(draw(st.integers(0, 250)))]
    return [_tagged(slug_of(number), *kind) for number, kind in enumerate(chosen)]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(photos=worlds(), direction=st.sampled_from(["ASC", "DESC"]), data=st.data())
async def test_every_mix_of_arguments_answers_what_relays_algorithm_does_of_the_sorted_union(
    graph: Graph, photos: list[Payload], direction: str, data: st.DataObject
) -> None:
    fill_photos(graph.forge, photos)
    sort = {"field": "CONTENT_DATE", "direction": direction}
    names = _in_order(photos, down=direction == "DESC")
    cursors = await _all_cursors(graph, sort, len(names))
    places = st.none() | st.integers(0, len(names) - 1) if names else st.none()
    count = data.draw(st.none() | st.integers(1, 30) | st.integers(1, 500))
    after, before = data.draw(places), data.draw(places)
    asked = Asked(first=count, after=after, before=before)
    if before is not None and data.draw(st.booleans()):
        asked = Asked(last=count, after=after, before=before)
    reply = await graph.query(QUERY, {**asked.arguments(cursors), "sort": sort})
    assert reply.codes == []
    came, own_cursors = connection_of(reply.data["photos"], "name")
    assert came == relay_slice(names, asked, default=25)
    assert own_cursors == [cursors[names.index(name)] for name in came.items]


async def test_three_branches_and_the_first_25_are_three_calls(graph: Graph) -> None:
    photos = [
        _tagged(slug_of(number), [TAGS[number % 3], TAGS[number % 2]], f"2024-01-01T00:{number:02}:00Z")
        for number in range(60)
    ]
    fill_photos(graph.forge, photos)
    reply = await graph.query(QUERY, {"first": 25})
    assert connection_of(reply.data["photos"], "name")[0].items == _in_order(photos, down=True)[:25]
    assert graph.calls == {LIST: 3}
    assert sorted(hit.raw_path.partition("?")[2] for hit in graph.forge.hits.calls) == [
        f"tags.slug=all&tags.slug={name}&$sort=contentDate:desc&$skip=0&$limit=25" for name in sorted(TAGS)
    ]


async def test_the_branches_leave_side_by_side(graph: Graph) -> None:
    fill_photos(graph.forge, [_tagged("p", TAGS, None)])
    graph.forge.faults.add(faults.held())

    async def release_once_all_have_come() -> None:
        await graph.forge.hits.arrived(3)
        graph.forge.faults.release()

    reply, _ = await asyncio.gather(graph.query(QUERY), release_once_all_have_come())
    assert connection_of(reply.data["photos"], "name")[0].items == ["p"]


async def test_a_photo_of_every_branch_costs_no_further_call_and_comes_once(graph: Graph) -> None:
    photos = [
        _tagged(slug_of(number), TAGS, f"2024-01-01T{number // 60:02}:{number % 60:02}:00Z")
        for number in range(300)
    ]
    fill_photos(graph.forge, photos)
    reply = await graph.query(QUERY, {"first": 25})
    came, _ = connection_of(reply.data["photos"], "name")
    assert came.items == _in_order(photos, down=True)[:25]
    assert graph.calls == {LIST: 3}


async def test_ties_go_by_slug_and_what_has_no_date_comes_last_in_both_directions(graph: Graph) -> None:
    fill_photos(
        graph.forge,
        [
            _tagged("z", ["red"], "2024-01-02T00:00:00Z"),
            _tagged("a", ["green"], "2024-01-02T00:00:00Z"),
            _tagged("m", ["blue"], "2024-01-02T00:00:00Z"),
            _tagged("old", ["blue"], "2024-01-01T00:00:00Z"),
            _tagged("y-undated", ["red"], None),
            _tagged("b-undated", ["blue"], None),
        ],
    )
    for direction, expected in (
        ("DESC", ["a", "m", "z", "old", "b-undated", "y-undated"]),
        ("ASC", ["old", "a", "m", "z", "b-undated", "y-undated"]),
    ):
        reply = await graph.query(QUERY, {"sort": {"field": "CONTENT_DATE", "direction": direction}})
        assert connection_of(reply.data["photos"], "name")[0].items == expected


async def test_the_other_date_sorts_too(graph: Graph) -> None:
    fill_photos(
        graph.forge,
        [
            photo("late", tags=[tag("all"), tag("red")], content_date=None, updated="2024-01-02T00:00:00Z"),
            photo("early", tags=[tag("all"), tag("blue")], updated="2024-01-01T00:00:00Z"),
        ],
    )
    reply = await graph.query(QUERY, {"sort": {"field": "LAST_UPDATED_DATE"}})
    assert connection_of(reply.data["photos"], "name")[0].items == ["late", "early"]


SORTED = "sort: {field: CONTENT_DATE}"
NINE = ", ".join(['{slug: ["a"]}'] * 9)


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ('filter: {anyOf: [{slug: ["a"]}, {slug: ["b"]}]}', "sort"),
        ('filter: {anyOf: [{slug: ["a"]}]}', "sort"),
        ('filter: {anyOf: [{slug: ["a"]}, {slug: ["b"]}]}, sort: {field: TAGS_SLUG}', "sort"),
        ('filter: {anyOf: [{slug: ["a"]}, {slug: ["b"]}]}, sort: {field: CONTEXT_SLUG}', "sort"),
        (f"filter: {{anyOf: [{NINE}]}}, {SORTED}", "filter.anyOf"),
        (f'filter: {{anyOf: [{{slug: ["a"]}}, {{slug: ["$b"]}}]}}, {SORTED}', "filter.anyOf.slug"),
        (f'filter: {{anyOf: [{{slug: ["a"]}}, {{slug: ["b"]}}]}}, {SORTED}, last: 5', "last"),
        (f'filter: {{anyOf: [{{slug: ["a"]}}, {{slug: ["b"]}}]}}, {SORTED}, first: 501', "first"),
        (f'filter: {{anyOf: [{{slug: ["a"]}}, {{slug: ["b"]}}]}}, {SORTED}, after: "x"', "after"),
    ],
)
async def test_what_a_merge_cannot_be_asked_for_is_refused_and_makes_no_call(
    graph: Graph, arguments: str, argument: str
) -> None:
    reply = await graph.query(f"{{ photos({arguments}) {{ nodes {{ slug }} }} }}")
    assert reply.data == {"photos": None}
    assert reply.codes == [("BAD_USER_INPUT", ("photos",))]
    assert reply.errors[0]["extensions"]["argument"] == argument
    assert graph.calls == {}


async def test_eight_branches_are_eight_calls(graph: Graph) -> None:
    fill_photos(graph.forge, [photo(f"p{number}", tags=[tag(f"t{number}")]) for number in range(9)])
    branches = ", ".join(f'{{slug: ["t{number}"]}}' for number in range(8))
    reply = await graph.query(
        f"{{ photos(filter: {{anyOf: [{branches}]}}, {SORTED}) {{ nodes {{ slug }} }} }}"
    )
    assert [node["slug"] for node in reply.data["photos"]["nodes"]] == [f"p{number}" for number in range(8)]
    assert graph.calls == {LIST: 8}


async def test_equal_branches_are_one_list(graph: Graph) -> None:
    fill_photos(graph.forge, [_tagged("p", ["red"], None)])
    reply = await graph.query(
        f'{{ photos(filter: {{anyOf: [{{slug: ["red"]}}, {{slug: ["red", "red"]}}]}}, {SORTED}) '
        f"{{ nodes {{ slug }} }} }}"
    )
    assert reply.data == {"photos": {"nodes": [{"slug": "p"}]}}
    assert graph.calls == {LIST: 1}


@pytest.mark.parametrize("nothing", ["[]", "null"])
async def test_no_branches_are_no_filter_and_demand_no_sort(graph: Graph, nothing: str) -> None:
    reply = await graph.query(f"{{ photos(first: 3, filter: {{anyOf: {nothing}}}) {{ nodes {{ slug }} }} }}")
    assert len(reply.data["photos"]["nodes"]) == 3
    assert graph.calls == {LIST: 1}


async def test_every_kind_of_tag_filter_can_be_a_branch_beside_the_other_filters(graph: Graph) -> None:
    def one(slug: str, *tags: Payload, featured: int = 1) -> Payload:
        return photo(slug, tags=[tag("all"), *tags], featured=featured)

    fill_photos(
        graph.forge,
        [
            one("by-source", tag("s", ("musement", "1"))),
            one("by-neutral-slug", tag("n")),
            one("by-slug", tag("a"), tag("b")),
            one("half-of-a-branch", tag("a")),
            one("not-featured", tag("n"), featured=0),
            photo("not-all", tags=[tag("n")], featured=1),
        ],
    )
    reply = await graph.query(
        f"""{{
          photos(filter: {{tags: {{slug: ["all"]}}, featured: true, anyOf: [
            {{slug: ["a", "b"]}},
            {{neutralSlug: ["n"]}},
            {{externalSource: [{{sourceName: "musement", sourceId: "1"}}]}}
          ]}}, {SORTED}) {{ nodes {{ slug }} }}
        }}"""
    )
    assert [node["slug"] for node in reply.data["photos"]["nodes"]] == [
        "by-neutral-slug",
        "by-slug",
        "by-source",
    ]
    assert graph.calls == {LIST: 3}


async def test_a_join_takes_branches_too_and_starts_them_beside_its_owner(graph: Graph) -> None:
    uuid = uuid_of(1)
    fill_activities(graph.musement, [activity(uuid)])
    mine = tag("mine", ("musement", uuid))
    fill_photos(
        graph.forge,
        [
            photo("day", tags=[mine, tag("day")]),
            photo("night", tags=[mine, tag("night")]),
            photo("dusk", tags=[mine, tag("dusk")]),
            photo("another-night", tags=[tag("night")]),
        ],
    )
    graph.musement.faults.add(faults.held())
    text = f"""{{
      activity(uuid: "{uuid}") {{
        title
        photos(first: 1, filter: {{anyOf: [{{slug: ["night"]}}, {{slug: ["day"]}}]}}, {SORTED}) {{ {CONNECTION} }}
      }}
    }}"""

    async def release_once_the_branches_have_come() -> None:
        await graph.forge.hits.arrived(2)
        graph.musement.faults.release()

    reply, _ = await asyncio.gather(graph.query(text), release_once_the_branches_have_come())
    photos = reply.data["activity"]["photos"]
    assert connection_of(photos, "name")[0].items == ["day"]
    assert graph.calls == {"GET /activities/{uuid}": 1, LIST: 2}
    end = photos["pageInfo"]["endCursor"]
    rest = await graph.query(text.replace("first: 1,", f'after: "{end}",'))
    assert connection_of(rest.data["activity"]["photos"], "name")[0].items == ["night"]


async def test_a_joins_branches_start_beside_its_owner_when_walked_backwards(graph: Graph) -> None:
    uuid = uuid_of(1)
    fill_activities(graph.musement, [activity(uuid)])
    mine = tag("mine", ("musement", uuid))
    fill_photos(graph.forge, [photo(f"p{number}", tags=[mine, tag(TAGS[number % 2])]) for number in range(8)])
    text = f"""query ($first: Int, $last: Int, $before: String) {{
      activity(uuid: "{uuid}") {{
        title
        photos(filter: {{anyOf: [{{slug: ["red"]}}, {{slug: ["green"]}}]}}, {SORTED},
          first: $first, last: $last, before: $before) {{ {CONNECTION} }}
      }}
    }}"""
    whole = await graph.query(text)
    before = whole.data["activity"]["photos"]["edges"][6]["cursor"]
    graph.forget_calls()
    graph.musement.faults.add(faults.held())

    async def release_once_the_branches_have_come() -> None:
        await graph.forge.hits.arrived(2)
        graph.musement.faults.release()

    asked = graph.query(text, {"last": 2, "before": before})
    reply, _ = await asyncio.gather(asked, release_once_the_branches_have_come())
    assert connection_of(reply.data["activity"]["photos"], "name")[0].items == ["p4", "p5"]
    assert graph.calls == {"GET /activities/{uuid}": 1, LIST: 2}


async def test_two_merges_of_the_same_branches_share_their_windows(graph: Graph) -> None:
    fill_photos(graph.forge, [_tagged(slug_of(number), [TAGS[number % 3]], None) for number in range(30)])
    list_of = f"photos(filter: {ANY}, {SORTED}, first: %s) {{ nodes {{ slug }} }}"
    reply = await graph.query(f"{{ a: {list_of % 5} b: {list_of % 20} }}")
    assert [len(reply.data[name]["nodes"]) for name in "ab"] == [5, 20]
    assert graph.calls == {LIST: 3}


def _many_a_branch(graph: Graph) -> list[str]:
    photos = [
        _tagged(slug_of(number), [TAGS[number % 3]], f"2024-01-01T{number // 60:02}:{number % 60:02}:00Z")
        for number in range(450)
    ]
    fill_photos(graph.forge, photos)
    return _in_order(photos, down=True)


async def test_a_branch_whose_first_page_fails_is_null_with_its_error(graph: Graph) -> None:
    _many_a_branch(graph)
    graph.forge.faults.add(faults.unavailable(), match="tags.slug=green")
    reply = await graph.query(QUERY, {"first": 25})
    assert reply.data == {"photos": None}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("photos",))]
    assert graph.calls == {LIST: 3}


async def test_a_branch_whose_later_page_fails_ends_the_answer_there_and_a_cursor_continues(
    graph: Graph,
) -> None:
    names = _many_a_branch(graph)
    graph.forge.faults.add(faults.unavailable(), match="tags.slug=green&$sort=contentDate:desc&$skip=100&")
    reply = await graph.query(QUERY, {"first": 400})
    assert reply.errors == []
    came, _ = connection_of(reply.data["photos"], "name")
    # What follows the hundredth of the second branch might stand after the one that did not come.
    assert came.items == names[: names.index(slug_of(448 - 3 * 99)) + 1]
    assert came.has_next
    [warning] = reply.json["extensions"]["warnings"]
    assert (warning["code"], warning["path"]) == ("UPSTREAM_UNAVAILABLE", ["photos"])
    failed = [
        hit
        for hit in graph.forge.hits.calls
        if "tags.slug=green" in hit.raw_path and "$skip=100&" in hit.raw_path
    ]
    assert len(failed) == 1
    graph.forge.faults.clear()
    end = reply.data["photos"]["pageInfo"]["endCursor"]
    rest = await graph.query(QUERY, {"first": 500, "after": end})
    assert came.items + connection_of(rest.data["photos"], "name")[0].items == names


def _variables(cursor: str, argument: str) -> dict[str, Any]:
    return {argument: cursor, "first" if argument == "after" else "last": 5}


@pytest.mark.parametrize("argument", ["after", "before"])
async def test_a_cursor_of_other_branches_another_sort_or_a_plain_list_is_refused_and_makes_no_call(
    graph: Graph, argument: str
) -> None:
    fill_photos(graph.forge, [_tagged(slug_of(number), TAGS, None) for number in range(5)])
    branches = ['{slug: ["red"]}', '{slug: ["green"]}', '{neutralSlug: ["green"]}']

    def of(filter: str, direction: str = "DESC") -> str:
        return (
            "query ($first: Int, $last: Int, $after: String, $before: String) { photos("
            f"filter: {filter}, sort: {{field: CONTENT_DATE, direction: {direction}}}, "
            f"first: $first, last: $last, after: $after, before: $before) {{ {CONNECTION} }} }}"
        )

    texts = [
        of(f"{{anyOf: [{branches[0]}, {branches[1]}]}}"),
        of(f"{{anyOf: [{branches[1]}, {branches[0]}]}}"),
        of(f"{{anyOf: [{branches[0]}, {branches[2]}]}}"),
        of(f"{{anyOf: [{', '.join(branches)}]}}"),
        of(f"{{featured: false, anyOf: [{branches[0]}, {branches[1]}]}}"),
        of(f"{{anyOf: [{branches[0]}, {branches[1]}]}}", "ASC"),
        of(f"{{anyOf: [{branches[0]}]}}"),
        of("{}"),
    ]
    cursors = []
    for text in texts:
        reply = await graph.query(text)
        cursors.append(reply.data["photos"]["edges"][2]["cursor"])
    graph.forget_calls()
    for at, text in enumerate(texts):
        for other, cursor in enumerate(cursors):
            if other == at:
                continue
            reply = await graph.query(text, _variables(cursor, argument))
            assert reply.codes == [("BAD_USER_INPUT", ("photos",))]
            assert reply.errors[0]["extensions"]["argument"] == argument
    assert graph.calls == {}


async def test_a_merged_cursor_that_is_cut_or_altered_is_refused_and_makes_no_call(graph: Graph) -> None:
    fill_photos(graph.forge, [_tagged(slug_of(number), TAGS, None) for number in range(5)])
    reply = await graph.query(QUERY)
    cursor = reply.data["photos"]["edges"][2]["cursor"]
    graph.forget_calls()
    spoilt = [cursor[:length] for length in range(len(cursor))]
    spoilt += [
        f"{cursor[:at]}{'B' if was == 'A' else 'A'}{cursor[at + 1 :]}" for at, was in enumerate(cursor)
    ]
    for text in spoilt:
        refused = await graph.query(QUERY, {"after": text})
        assert [code for code, _ in refused.codes] == ["BAD_USER_INPUT"]
    assert graph.calls == {}


async def test_a_culture_that_the_tenant_lacks_is_bad_input_only_where_it_was_asked_for(graph: Graph) -> None:
    text = f'{{ photos(locale: "de-DE", filter: {ANY}, {SORTED}) {{ nodes {{ slug }} }} }}'
    reply = await graph.query(text)
    assert reply.codes == [("BAD_USER_INPUT", ("photos",))]
    assert reply.errors[0]["extensions"]["argument"] == "locale"
