"""What a router of a larger graph gets for its representations, and what it costs."""

from typing import Any

from resolvers import entities
from tests.graph import Graph

UNKNOWN = "00000000-0000-4000-8000-{:012d}"
COVERS = """query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Activity { uuid cover { reason } } }
}"""
WHOLE = """query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Activity { uuid title }
    ... on ResortProduct { productId gallery { totalCount } }
    ... on Photo { culture slug title }
  }
}"""


async def keys(graph: Graph) -> dict[str, list[dict[str, Any]]]:
    """List representations of what the emulators have, and forget the calls that it took."""
    found = await graph.query(
        "{ activitySearch(first: 100) { nodes { __typename uuid } }"
        "  resortCatalog(first: 100) { nodes { __typename productId } }"
        "  photos(first: 100) { nodes { __typename culture slug } } }"
    )
    graph.forget_calls()
    return {node["__typename"]: field["nodes"] for field in found.data.values() for node in field["nodes"]}


async def asked(graph: Graph, representations: list[Any], query: str = WHOLE) -> tuple[list[Any], list[Any]]:
    """Ask for entities: the answers, and each error's code, argument and path."""
    reply = await graph.query(query, {"representations": representations})
    errors = [
        (each["extensions"]["code"], each["extensions"].get("argument"), each["path"])
        for each in reply.errors
    ]
    return reply.data["_entities"], errors


async def test_a_hundred_activities_of_which_sixty_are_distinct_cost_sixty_details(graph: Graph) -> None:
    known = (await keys(graph))["Activity"]
    assert len(known) < 60
    unknown = [{"__typename": "Activity", "uuid": UNKNOWN.format(n)} for n in range(60 - len(known))]
    distinct = [*known, *unknown]
    wanted = [*distinct[:30], *distinct[:20], *distinct[30:], *distinct[40:]]

    answers, errors = await asked(graph, wanted, COVERS)

    assert [answer and answer["uuid"] for answer in answers] == [
        each["uuid"] if each in known else None for each in wanted
    ]
    assert errors == []
    without_cover_url = {
        answer["uuid"]
        for answer in answers
        if answer and (answer["cover"] is None or answer["cover"]["reason"] != "OWNER_COVER_URL")
    }
    assert without_cover_url
    assert graph.calls == {
        "GET /activities/{uuid}": 60,
        "GET /activities/{uuid}/media": len(without_cover_url),
    }


async def test_types_may_be_mixed_and_only_what_is_selected_is_fetched(graph: Graph) -> None:
    found = await keys(graph)
    wanted = [found[name][n] for n in (3, 1, 3) for name in ("Photo", "Activity", "ResortProduct")]

    answers, errors = await asked(graph, wanted)

    assert [
        {name: answer[name] for name in each} for each, answer in zip(wanted, answers, strict=True)
    ] == wanted
    assert errors == []
    assert sorted(graph.calls.values()) == [2, 2, 2]
    assert graph.calls["GET /activities/{uuid}"] == 2
    assert not any(route.endswith("/media") or "videos" in route for route in graph.calls)


async def test_media_of_an_activity_cost_no_detail(graph: Graph) -> None:
    known = (await keys(graph))["Activity"][:5]
    await graph.query(
        "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Activity { gallery { totalCount } } } }",
        {"r": known},
    )
    assert graph.calls == {"GET /activities/{uuid}/media": 5}


async def test_each_bad_representation_is_an_error_of_its_own_and_spoils_no_other(graph: Graph) -> None:
    known = (await keys(graph))["Activity"][0]
    bad: list[Any] = [
        7,
        1.5,
        "Activity",
        True,
        [known],
        {},
        {"uuid": known["uuid"]},
        {"__typename": None},
        {"__typename": ["Activity"]},
        {"__typename": "Museum", "uuid": known["uuid"]},
        {"__typename": "Query"},
        {"__typename": "Activity"},
        {"__typename": "Activity", "uuid": None},
        {"__typename": "Activity", "uuid": "no uuid"},
        {"__typename": "Activity", "uuid": {"is": known["uuid"]}},
        {"__typename": "ResortProduct", "productId": "../secret"},
        {"__typename": "ResortProduct", "productId": True},
        {"__typename": "ResortProduct", "product_id": "MPAC"},
        {"__typename": "Photo", "slug": "palm-grove"},
        {"__typename": "Photo", "culture": "en-us"},
        {"__typename": "Photo", "culture": "not a culture", "slug": "palm-grove"},
        {"__typename": "Photo", "culture": "en-us", "slug": ".."},
    ]
    answers, errors = await asked(graph, [known, *bad, known])

    assert [answer["uuid"] for answer in (answers[0], answers[-1])] == [known["uuid"]] * 2
    assert answers[1:-1] == [None] * len(bad)
    assert errors == [
        ("BAD_USER_INPUT", "representations", ["_entities", position]) for position in range(1, len(bad) + 1)
    ]
    assert graph.calls == {"GET /activities/{uuid}": 1}


async def test_unknown_entities_are_null_without_an_error(graph: Graph) -> None:
    answers, errors = await asked(
        graph,
        [
            {"__typename": "Activity", "uuid": UNKNOWN.format(1)},
            {"__typename": "ResortProduct", "productId": "NOWHERE"},
            {"__typename": "Photo", "culture": "en-us", "slug": "of-nothing"},
        ],
    )
    assert answers == [None, None, None]
    assert errors == []


async def test_fields_beside_the_key_are_ignored_and_a_number_may_be_a_key(graph: Graph) -> None:
    known = (await keys(graph))["Activity"][0]
    answers, errors = await asked(
        graph,
        [
            {**known, "title": "of another graph", "deep": [{"er": None}]},
            {"__typename": "ResortProduct", "productId": 12},
        ],
    )
    assert answers[0]["uuid"] == known["uuid"]
    assert answers[0]["title"] != "of another graph"
    assert answers[1] is None
    assert errors == []


async def test_a_thousand_representations_are_answered_and_one_more_refuses_the_field(graph: Graph) -> None:
    known = (await keys(graph))["Activity"][0]
    answers, errors = await asked(graph, [known] * entities.MOST)
    assert [answer["uuid"] for answer in answers] == [known["uuid"]] * 1000
    assert errors == []
    assert graph.calls == {"GET /activities/{uuid}": 1}

    graph.forget_calls()
    reply = await graph.query(WHOLE, {"representations": [known] * 1001})
    assert reply.json["data"] is None
    assert reply.codes == [("BAD_USER_INPUT", ("_entities",))]
    assert graph.calls == {}


async def test_no_representations_answer_an_empty_list(graph: Graph) -> None:
    assert await asked(graph, []) == ([], [])
    assert graph.calls == {}


async def test_representations_may_be_literals_with_variables_in_them(graph: Graph) -> None:
    known = (await keys(graph))["Activity"][0]
    reply = await graph.query(
        'query ($uuid: ID) { _entities(representations: [{ __typename: "Activity", uuid: $uuid }, 7]) '
        "{ ... on Node { id } ... on Activity { uuid } } }",
        {"uuid": known["uuid"]},
    )
    assert reply.data["_entities"][0]["uuid"] == known["uuid"]
    assert reply.codes == [("BAD_USER_INPUT", ("_entities", 1))]


async def test_the_language_is_the_requests(graph: Graph) -> None:
    known = (await keys(graph))["Activity"][0]
    texts = []
    for language in ("en-US", "it-IT"):
        reply = await graph.query(WHOLE, {"representations": [known]}, accept_language=language)
        texts.append(reply.data["_entities"][0]["title"])
    assert texts[0] != texts[1]


async def test_one_provider_down_leaves_the_entities_of_the_others_whole(graph: Graph) -> None:
    found = await keys(graph)
    await graph.musement.stop()
    answers, errors = await asked(graph, [found["Activity"][0], found["ResortProduct"][0]])
    assert answers[0]["title"] is None
    assert answers[1]["gallery"]["totalCount"] > 0
    assert errors == [("UPSTREAM_UNAVAILABLE", None, ["_entities", 0, "title"])]


async def test_representations_are_left_as_they_are(graph: Graph) -> None:
    found = await keys(graph)
    reply = await graph.query(
        "query ($r: [_Any!]!) {"
        "  first: _entities(representations: $r) { ... on ResortProduct { title } ... on Activity { title } }"
        "  second: _entities(representations: $r) { ... on ResortProduct { title } ... on Activity { title } } }",
        {"r": [found["ResortProduct"][0], {"__typename": "Activity"}, found["Activity"][0]]},
    )
    assert reply.data["first"] == reply.data["second"]
    assert reply.data["first"][0]["title"]
    assert [path for _, path in reply.codes] == [("first", 1), ("second", 1)]
    assert sum(graph.calls.values()) == 2
