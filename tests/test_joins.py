"""The editorial photos of an activity, a resort product and a tag."""

from typing import Any

import pytest

from providers.emulation import faults
from tests.graph import Graph, running_graph
from tests.small_worlds import (
    activity,
    fill_activities,
    fill_photos,
    fill_products,
    photo,
    product,
    slug_of,
    tag,
    uuid_of,
)
from tests.world import ACTIVITY, PHOTO, PHOTOS, RESORT

UUID = uuid_of(1)
OTHER_UUID = uuid_of(2)
REFERENCE = "tags.externalSourceReference"


@pytest.fixture
def graph(bare_graph: Graph) -> Graph:
    """Take a graph over two activities, two products, and ten photos of each of the first ones."""
    fill(bare_graph)
    return bare_graph


def fill(graph: Graph, musement: str = "musement", clubmed: str = "clubmed") -> None:
    fill_activities(graph.musement, [activity(UUID), activity(OTHER_UUID)])
    fill_products(graph.clubmed, [product("P"), product("Q")])
    mine, hers = tag("mine", (musement, UUID)), tag("hers", (clubmed, "P"))
    photos = [
        photo(slug_of(number), tags=[mine, tag("even" if number % 2 == 0 else "odd")]) for number in range(10)
    ]
    photos += [photo(slug_of(number), tags=[hers]) for number in range(10, 20)]
    fill_photos(graph.forge, [*photos, photo("nobodys")])


def _queries(graph: Graph) -> list[str]:
    return sorted(
        hit.raw_path.removeprefix("/v2/content/").replace("/photos?", " ")
        for hit in graph.forge.hits.calls
        if hit.route == PHOTOS
    )


def _slugs(connection: Any) -> list[str]:
    return [node["slug"] for node in connection["nodes"]]


async def test_the_photos_of_an_activity_and_of_a_product_are_one_call_each_and_no_detail(
    graph: Graph,
) -> None:
    reply = await graph.query(
        f"""{{
          activity(uuid: "{UUID}") {{ uuid photos {{ nodes {{ slug }} pageInfo {{ hasNextPage }} }} }}
          resortProduct(productId: "P") {{ productId photos {{ nodes {{ slug }} }} }}
        }}"""
    )
    assert reply.codes == []
    assert _slugs(reply.data["activity"]["photos"]) == [slug_of(number) for number in range(10)]
    assert reply.data["activity"]["photos"]["pageInfo"]["hasNextPage"] is False
    assert _slugs(reply.data["resortProduct"]["photos"]) == [slug_of(number) for number in range(10, 20)]
    assert graph.calls == {PHOTOS: 2}
    assert _queries(graph) == [
        f"en-us {REFERENCE}=clubmed:P&$skip=0&$limit=25",
        f"en-us {REFERENCE}=musement:{UUID}&$skip=0&$limit=25",
    ]


async def test_an_owner_that_editors_have_not_illustrated_has_an_empty_connection(graph: Graph) -> None:
    reply = await graph.query(f'{{ activity(uuid: "{OTHER_UUID}") {{ photos {{ nodes {{ slug }} }} }} }}')
    assert reply.json == {"data": {"activity": {"photos": {"nodes": []}}}}


async def test_photos_of_an_unknown_owner_decide_nothing(graph: Graph) -> None:
    unknown = uuid_of(9)
    with_detail = await graph.query(
        f'{{ activity(uuid: "{unknown}") {{ title photos {{ nodes {{ slug }} }} }} }}'
    )
    assert with_detail.json == {"data": {"activity": None}}
    without = await graph.query(f'{{ activity(uuid: "{unknown}") {{ photos {{ nodes {{ slug }} }} }} }}')
    assert without.json == {"data": {"activity": {"photos": {"nodes": []}}}}


async def test_a_join_takes_every_filter_sort_and_paging_argument(graph: Graph) -> None:
    text = f"""query ($first: Int, $after: String, $last: Int, $before: String) {{
      activity(uuid: "{UUID}") {{
        photos(
          filter: {{tags: {{slug: ["even"], externalSource: [{{sourceName: "x", sourceId: "1"}}]}}, featured: true,
            context: {{slug: "c", neutralSlug: "d"}}, slug: "s"}}
          sort: {{field: LAST_UPDATED_DATE, direction: ASC}}
          first: $first, after: $after, last: $last, before: $before
        ) {{ nodes {{ slug }} }}
      }}
    }}"""
    assert (await graph.query(text, {"first": 7})).codes == []
    [sent] = _queries(graph)
    assert sent == (
        f"en-us tags.slug=even&{REFERENCE}=musement:{UUID}&{REFERENCE}=x:1"
        "&context.slug=c&context.neutralSlug=d&featured=1&_id=s&$sort=lastUpdatedDate:asc&$skip=0&$limit=7"
    )


async def test_a_joins_list_is_filtered_and_walked_both_ways(graph: Graph) -> None:
    text = f"""query ($first: Int, $after: String, $last: Int, $before: String) {{
      activity(uuid: "{UUID}") {{
        photos(filter: {{tags: {{slug: ["even"]}}}}, first: $first, after: $after, last: $last, before: $before) {{
          nodes {{ slug }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        }}
      }}
    }}"""

    async def asked(**variables: Any) -> Any:
        reply = await graph.query(text, variables)
        assert reply.codes == []
        return reply.data["activity"]["photos"]

    first = await asked(first=2)
    assert _slugs(first) == [slug_of(0), slug_of(2)]
    rest = await asked(first=3, after=first["pageInfo"]["endCursor"])
    assert _slugs(rest) == [slug_of(4), slug_of(6), slug_of(8)]
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)
    back = await asked(last=1, before=rest["pageInfo"]["startCursor"])
    assert _slugs(back) == [slug_of(2)]


async def test_the_source_names_are_settings() -> None:
    async with running_graph(musement_source_name="tours", clubmed_source_name="villages") as graph:
        fill(graph, "tours", "villages")
        reply = await graph.query(
            f"""{{
              activity(uuid: "{UUID}") {{ photos(first: 1) {{ nodes {{ slug }} }} }}
              resortProduct(productId: "P") {{ photos(first: 1) {{ nodes {{ slug }} }} }}
            }}"""
        )
        assert _slugs(reply.data["activity"]["photos"]) == [slug_of(0)]
        assert _slugs(reply.data["resortProduct"]["photos"]) == [slug_of(10)]
        assert _queries(graph) == [
            f"en-us {REFERENCE}=tours:{UUID}&$skip=0&$limit=1",
            f"en-us {REFERENCE}=villages:P&$skip=0&$limit=1",
        ]


async def test_windows_of_one_list_meet_in_one_call_whatever_field_asks_for_them(graph: Graph) -> None:
    reply = await graph.query(
        f"""{{
          photos(first: 4, filter: {{tags: {{externalSource: [{{sourceName: "musement", sourceId: "{UUID}"}}]}}}}) {{
            nodes {{ slug }}
          }}
          activity(uuid: "{UUID}") {{ title few: photos(first: 2) {{ nodes {{ slug }} }} }}
          same: activities(uuids: ["{UUID}", "{UUID}"]) {{ photos(first: 9) {{ nodes {{ slug }} }} }}
          node(id: "{await _id_of(graph)}") {{ ... on Activity {{ photos(first: 6) {{ nodes {{ slug }} }} }} }}
        }}"""
    )
    assert reply.codes == []
    assert graph.calls == {ACTIVITY: 1, PHOTOS: 1}
    assert _queries(graph) == [f"en-us {REFERENCE}=musement:{UUID}&$skip=0&$limit=9"]
    slugs = [slug_of(number) for number in range(10)]
    assert _slugs(reply.data["photos"]) == slugs[:4]
    assert _slugs(reply.data["activity"]["few"]) == slugs[:2]
    assert [_slugs(each["photos"]) for each in reply.data["same"]] == [slugs[:9]] * 2
    assert _slugs(reply.data["node"]["photos"]) == slugs[:6]


async def _id_of(graph: Graph) -> str:
    reply = await graph.query(f'{{ activity(uuid: "{UUID}") {{ id photos {{ nodes {{ slug }} }} }} }}')
    graph.forget_calls()
    return str(reply.data["activity"]["id"])


async def test_a_cursor_of_a_join_is_good_for_the_same_list_and_no_other_owner(graph: Graph) -> None:
    paged = "photos(first: 1) { pageInfo { endCursor } }"
    reply = await graph.query(f'{{ activity(uuid: "{UUID}") {{ {paged} }} }}')
    cursor = reply.data["activity"]["photos"]["pageInfo"]["endCursor"]
    graph.forget_calls()
    reply = await graph.query(
        f'{{ activity(uuid: "{OTHER_UUID}") {{ title photos(after: "{cursor}") {{ nodes {{ slug }} }} }} }}'
    )
    assert reply.data["activity"] == {"title": "Activity 0002", "photos": None}
    assert reply.codes == [("BAD_USER_INPUT", ("activity", "photos"))]
    assert graph.calls == {ACTIVITY: 1}


async def test_every_tag_of_a_list_costs_its_own_list_once(graph: Graph) -> None:
    reply = await graph.query(
        "{ photos(first: 4) { nodes { slug tags { slug photos(first: 3) { nodes { slug } } } } } }"
    )
    assert reply.codes == []
    assert _queries(graph) == [
        "en-us $skip=0&$limit=4",
        "en-us tags.slug=even&$skip=0&$limit=3",
        "en-us tags.slug=mine&$skip=0&$limit=3",
        "en-us tags.slug=odd&$skip=0&$limit=3",
    ]
    [mine, odd] = reply.data["photos"]["nodes"][2]["tags"]
    assert (mine["slug"], _slugs(mine["photos"])) == ("mine", [slug_of(0), slug_of(1), slug_of(2)])
    assert (odd["slug"], _slugs(odd["photos"])) == ("odd", [slug_of(1), slug_of(3), slug_of(5)])


async def test_a_tag_takes_filters_beside_its_own_and_stays_in_its_photos_culture(graph: Graph) -> None:
    fill_photos(graph.forge, [photo("p", tags=[tag("soir")])], "fr-fr")
    reply = await graph.query(
        """{ photoByKey(culture: "fr-fr", slug: "p") {
          tags { photos(filter: {tags: {slug: ["rome"]}, featured: false}) { nodes { slug } } }
        } }""",
        accept_language="it-IT",
    )
    assert reply.codes == []
    assert graph.calls == {PHOTO: 1, PHOTOS: 1}
    assert _queries(graph) == ["fr-fr tags.slug=rome&tags.slug=soir&featured=0&$skip=0&$limit=25"]


async def test_the_context_is_a_tag_whose_photos_can_be_listed(graph: Graph) -> None:
    fill_photos(graph.forge, [photo("p", tags=[tag("rome")], context=tag("rome"))])
    reply = await graph.query(
        '{ photoByKey(culture: "en-us", slug: "p") { context { photos { nodes { slug } } } } }'
    )
    assert reply.json == {"data": {"photoByKey": {"context": {"photos": {"nodes": [{"slug": "p"}]}}}}}


@pytest.mark.parametrize(
    ("locale", "culture"), [("fr-CA", "fr-fr"), ("de-DE", "en-us"), ("en-GB", "en-us"), ("it-IT", "it-it")]
)
async def test_a_join_asks_the_nearest_configured_culture_at_once(
    graph: Graph, locale: str, culture: str
) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{UUID}", locale: "{locale}") {{ photos(first: 1) {{ nodes {{ slug }} }} }} }}'
    )
    assert reply.codes == []
    assert _queries(graph) == [f"{culture} {REFERENCE}=musement:{UUID}&$skip=0&$limit=1"]


async def test_a_join_finds_by_a_404_that_a_culture_is_not_there_and_keeps_that_in_mind() -> None:
    async with running_graph(forge_cultures="", forge_fresh_s="0") as graph:
        fill(graph)
        text = f'{{ activity(uuid: "{UUID}", locale: "%s") {{ photos(first: 1) {{ nodes {{ slug }} }} }} }}'
        reply = await graph.query(text % "de-DE")
        assert reply.codes == []
        assert _slugs(reply.data["activity"]["photos"]) == [slug_of(0)]
        window = f"{REFERENCE}=musement:{UUID}&$skip=0&$limit=1"
        assert _queries(graph) == [f"de-de {window}", f"en-us {window}"]
        graph.forget_calls()
        assert (await graph.query(text % "de-DE")).codes == []
        assert _queries(graph) == [f"en-us {window}"]


async def test_a_merged_join_falls_back_too() -> None:
    async with running_graph(forge_cultures="") as graph:
        fill(graph)
        reply = await graph.query(
            f"""{{ activity(uuid: "{UUID}", locale: "de-DE") {{
              photos(
                first: 2, sort: {{field: CONTENT_DATE}}, filter: {{anyOf: [{{slug: ["even"]}}, {{slug: ["odd"]}}]}}
              ) {{ nodes {{ slug }} }}
            }} }}"""
        )
        assert _slugs(reply.data["activity"]["photos"]) == [slug_of(0), slug_of(1)]
        assert graph.calls == {PHOTOS: 4}


async def test_a_cursor_of_a_join_stays_good_when_its_culture_turns_out_not_to_be_there() -> None:
    async with running_graph(forge_cultures="", forge_fresh_s="0", forge_absent_s="0") as graph:
        fill(graph)
        text = (
            f'query ($after: String) {{ activity(uuid: "{UUID}", locale: "de-DE") {{ '
            "photos(first: 2, after: $after) { nodes { slug } pageInfo { endCursor } } } }"
        )
        first = (await graph.query(text)).data["activity"]["photos"]
        rest = await graph.query(text, {"after": first["pageInfo"]["endCursor"]})
        assert _slugs(rest.data["activity"]["photos"]) == [slug_of(2), slug_of(3)]


@pytest.mark.parametrize(("cultures", "calls"), [("en-us fr-fr", {}), ("", {PHOTOS: 1})])
async def test_a_locale_that_photos_insists_on_and_forge_lacks_is_bad_input(
    cultures: str, calls: dict[str, int]
) -> None:
    async with running_graph(forge_cultures=cultures) as graph:
        reply = await graph.query('{ photos(locale: "de-DE") { nodes { slug } } }')
        assert reply.codes == [("BAD_USER_INPUT", ("photos",))]
        assert reply.errors[0]["extensions"]["argument"] == "locale"
        assert graph.calls == calls


async def test_a_join_that_fails_is_null_and_its_owner_is_whole(graph: Graph) -> None:
    graph.forge.faults.add(faults.unavailable())
    reply = await graph.query(
        f"""{{
          activity(uuid: "{UUID}") {{ title photos {{ nodes {{ slug }} }} }}
          resortProduct(productId: "P") {{ title photos {{ nodes {{ slug }} }} }}
        }}"""
    )
    assert reply.data == {
        "activity": {"title": "Activity 0001", "photos": None},
        "resortProduct": {"title": "Product P", "photos": None},
    }
    assert reply.codes == [
        ("UPSTREAM_UNAVAILABLE", ("activity", "photos")),
        ("UPSTREAM_UNAVAILABLE", ("resortProduct", "photos")),
    ]


async def test_an_owner_whose_detail_fails_keeps_its_photos(graph: Graph) -> None:
    graph.clubmed.faults.add(faults.unavailable())
    reply = await graph.query(
        '{ resortProduct(productId: "P") { title photos(first: 1) { nodes { slug } } } }'
    )
    assert reply.data == {"resortProduct": {"title": None, "photos": {"nodes": [{"slug": slug_of(10)}]}}}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("resortProduct", "title"))]
    assert graph.calls == {RESORT: 1, PHOTOS: 1}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: 0", "BAD_USER_INPUT"),
        ("last: 3", "BAD_USER_INPUT"),
        ('after: "x"', "BAD_USER_INPUT"),
        ('filter: {slug: "$x"}', "BAD_USER_INPUT"),
        ("filter: {availability: UNLISTED}", "FORBIDDEN"),
    ],
)
async def test_a_join_with_bad_arguments_is_refused_alone_and_makes_no_call(
    graph: Graph, arguments: str, code: str
) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{UUID}") {{ title photos({arguments}) {{ nodes {{ slug }} }} }} }}'
    )
    assert reply.data == {"activity": {"title": "Activity 0001", "photos": None}}
    assert reply.codes == [(code, ("activity", "photos"))]
    assert graph.calls == {ACTIVITY: 1}


async def test_the_photos_of_every_item_of_a_catalogue_leave_in_one_batch(graph: Graph) -> None:
    reply = await graph.query(
        """{
          activitySearch { nodes { uuid photos(first: 2) { nodes { slug } } } }
          resortCatalog { edges { node { productId photos(first: 2) { nodes { slug } } } } }
        }"""
    )
    assert reply.codes == []
    assert graph.calls == {"GET /activities": 1, "GET /v2/products": 1, PHOTOS: 4}


async def test_a_tag_of_a_culture_that_is_not_configured_falls_back_to_one_that_is() -> None:
    async with running_graph(forge_cultures="en-us") as graph:
        slug = graph.forge.world.photos["fr-fr"][0]["slug"]
        reply = await graph.query(
            'query ($slug: ID!) { photoByKey(culture: "fr-fr", slug: $slug)'
            " { tags { slug photos(first: 1) { nodes { culture } } } } }",
            {"slug": slug},
        )
    assert reply.codes == []
    assert reply.data["photoByKey"]["tags"] != []
    cultures = {
        node["culture"] for tag in reply.data["photoByKey"]["tags"] for node in tag["photos"]["nodes"]
    }
    assert cultures <= {"en-us"}
