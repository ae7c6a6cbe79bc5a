"""What a client gets wrong: each with its code at its own position, and no call leaves for it."""

from typing import Any

import pytest

from tests.graph import Graph
from tests.world import ACTIVITY, MEDIA, PHOTO, PRODUCT_IDS, RESORT, UUIDS

ALTERED = [
    "a/b",
    "..",
    "../../login",
    "%2f",
    "%2e%2e",
    "a?b=c",
    "a#b",
    "a\r\nx-evil: 1",
    "",
    " ",
    "a\x00b",
    "é" * 3,
]
NO_UUIDS = [
    *ALTERED,
    "no-uuid",
    UUIDS[0][:-1],
    UUIDS[0] + "0",
    f"{{{UUIDS[0]}}}",
    UUIDS[0].replace("-", ""),
    UUIDS[0] + "\n",
    "g" + UUIDS[0][1:],
    "\u0661" + UUIDS[0][1:],
]
NO_PRODUCT_IDS = [*ALTERED, "A" * 65, "A.B", "PALM\n", "\uff21"]
NO_SLUGS = [*ALTERED, ".", "a" * 201, "slug\n", "a:b", "$limit"]
NO_LOCALES = ["", "e", "english", "en_US", "en-US,fr", "en-US\r\n", "../en", "en-US-", "*", "e\u0301-US"]


@pytest.mark.parametrize("uuid", NO_UUIDS)
async def test_a_uuid_that_is_none_is_refused_at_its_own_field(graph: Graph, uuid: str) -> None:
    reply = await graph.query("query($k: ID!) { activity(uuid: $k) { title } }", {"k": uuid})
    assert reply.data == {"activity": None}
    assert reply.codes == [("BAD_USER_INPUT", ("activity",))]
    assert reply.errors[0]["extensions"]["argument"] == "uuid"
    assert graph.calls == {}


@pytest.mark.parametrize("product_id", NO_PRODUCT_IDS)
async def test_a_product_id_that_is_none_is_refused_at_its_own_field(graph: Graph, product_id: str) -> None:
    reply = await graph.query(
        "query($k: ID!) { resortProduct(productId: $k) { gallery { totalCount } } }", {"k": product_id}
    )
    assert reply.data == {"resortProduct": None}
    assert reply.codes == [("BAD_USER_INPUT", ("resortProduct",))]
    assert reply.errors[0]["extensions"]["argument"] == "productId"
    assert graph.calls == {}


@pytest.mark.parametrize("slug", NO_SLUGS)
async def test_a_slug_that_is_none_is_refused_wherever_it_is_given(graph: Graph, slug: str) -> None:
    reply = await graph.query(
        'query($k: ID!) { photo(slug: $k) { title } photoByKey(culture: "en-us", slug: $k) { title }'
        ' photosByKey(keys: [{culture: "en-us", slug: $k}]) { title } }',
        {"k": slug},
    )
    assert reply.data == {"photo": None, "photoByKey": None, "photosByKey": [None]}
    assert reply.codes == [
        ("BAD_USER_INPUT", path) for path in (("photo",), ("photoByKey",), ("photosByKey", 0))
    ]
    assert {error["extensions"]["argument"] for error in reply.errors} == {"slug", "keys"}
    assert graph.calls == {}


async def test_bad_keys_of_a_list_stand_alone_at_their_own_positions(graph: Graph) -> None:
    good, slug = UUIDS[0], str(graph.forge.world.photos["en-us"][0]["slug"])
    reply = await graph.query(
        "query($u: [ID!]!, $p: [ID!]!, $k: [PhotoKey!]!) { activities(uuids: $u) { uuid title }"
        " resortProducts(productIds: $p) { productId title } photosByKey(keys: $k) { slug } }",
        {
            "u": ["..", good, "a/b", good],
            "p": ["PALM", "%2f", "PALM?x=1"],
            "k": [{"culture": "no culture", "slug": slug}, {"culture": "en-us", "slug": slug}],
        },
    )
    assert [each and each["uuid"] for each in reply.data["activities"]] == [None, good, None, good]
    assert [each and each["productId"] for each in reply.data["resortProducts"]] == ["PALM", None, None]
    assert reply.data["photosByKey"] == [None, {"slug": slug}]
    assert reply.codes == [
        ("BAD_USER_INPUT", path)
        for path in (
            ("activities", 0),
            ("activities", 2),
            ("photosByKey", 0),
            ("resortProducts", 1),
            ("resortProducts", 2),
        )
    ]
    assert graph.calls == {ACTIVITY: 1, RESORT: 1, PHOTO: 1}


@pytest.mark.parametrize("count", [201, 1000])
async def test_more_than_two_hundred_keys_refuse_the_field_as_a_whole(graph: Graph, count: int) -> None:
    uuids = (UUIDS * (count // len(UUIDS) + 1))[:count]
    products = (PRODUCT_IDS * (count // len(PRODUCT_IDS) + 1))[:count]
    reply = await graph.query(
        "query($u: [ID!]!, $p: [ID!]!, $k: [PhotoKey!]!) { activities(uuids: $u) { title } nodes(ids: $u) { id }"
        " resortProducts(productIds: $p) { title } photosByKey(keys: $k) { slug } ok: __typename }",
        {"u": uuids, "p": products, "k": [{"culture": "en-us", "slug": "a"}] * count},
    )
    names = ["activities", "nodes", "photosByKey", "resortProducts"]
    assert reply.data == dict.fromkeys(names) | {"ok": "Query"}
    assert reply.codes == [("BAD_USER_INPUT", (name,)) for name in names]
    assert {error["extensions"]["argument"] for error in reply.errors} == {
        "uuids",
        "ids",
        "keys",
        "productIds",
    }
    assert graph.calls == {}


async def test_two_hundred_keys_are_still_answered(graph: Graph) -> None:
    reply = await graph.query(
        "query($k: [ID!]!) { activities(uuids: $k) { gallery { totalCount } } }",
        {"k": (UUIDS[:40] * 5)},
    )
    assert len(reply.data["activities"]) == 200
    assert graph.calls == {MEDIA: 40}


LOCALISED = {
    "activity": f'activity(uuid: "{UUIDS[0]}", locale: $l) {{ title }}',
    "activities": f'activities(uuids: ["{UUIDS[0]}", ".."], locale: $l) {{ title }}',
    "activitySearch": "activitySearch(locale: $l) { totalCount }",
    "resortProduct": 'resortProduct(productId: "PALM", locale: $l) { title }',
    "resortProducts": 'resortProducts(productIds: ["PALM"], locale: $l) { title }',
    "resortCatalog": "resortCatalog(locale: $l) { totalCount }",
    "photo": 'photo(slug: "a", locale: $l) { title }',
    "photos": "photos(locale: $l) { nodes { title } }",
}


@pytest.mark.parametrize("locale", NO_LOCALES)
async def test_a_locale_that_is_none_refuses_each_field_as_a_whole(graph: Graph, locale: str) -> None:
    reply = await graph.query(f"query($l: Locale) {{ {' '.join(LOCALISED.values())} }}", {"l": locale})
    assert reply.data == dict.fromkeys(LOCALISED)
    assert reply.codes == sorted(("BAD_USER_INPUT", (name,)) for name in LOCALISED)
    assert {error["extensions"]["argument"] for error in reply.errors} == {"locale"}
    assert graph.calls == {}


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ('activity(uuid: "..") { title }', "uuid"),
        ('resortProduct(productId: "", locale: "en-US") { title }', "productId"),
        (f'activity(uuid: "{UUIDS[0]}", locale: "no locale") {{ title }}', "locale"),
        ('photos(after: "nonsense") { nodes { slug } }', "after"),
        ("photos(first: 501) { nodes { slug } }", "first"),
        ("photos(first: 0) { nodes { slug } }", "first"),
        ("photos(first: -1) { nodes { slug } }", "first"),
        ("photos(last: 10) { nodes { slug } }", "last"),
        ("photos(first: 1, last: 1) { nodes { slug } }", "last"),
        ('activitySearch(text: "") { totalCount }', "text"),
        ('activitySearch(text: " ") { totalCount }', "text"),
        ('activitySearch(categories: [""]) { totalCount }', "categories"),
        ('activitySearch(categories: ["a,b"]) { totalCount }', "categories"),
        ('photoByKey(culture: "", slug: "a") { title }', "culture"),
        ('photoByKey(culture: "en/us", slug: "a") { title }', "culture"),
    ],
)
async def test_literals_are_refused_as_field_errors_with_their_argument(
    graph: Graph, query: str, argument: str
) -> None:
    reply = await graph.query(f"{{ {query} }}")
    name = query.partition("(")[0]
    assert reply.status == 200
    assert reply.data == {name: None}
    assert [(code, path) for code, path in reply.codes] == [("BAD_USER_INPUT", (name,))]
    assert reply.errors[0]["extensions"]["argument"] == argument
    assert "wanted" in reply.errors[0]["message"]
    assert graph.calls == {}


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "AQAAAAA", "../..", "é", "A" * 500, "AQAAAAAAAAAAAAAAAA=="]
)
@pytest.mark.parametrize(
    "field",
    [
        "photos(after: $c) { nodes { slug } }",
        "photos(last: 5, before: $c) { nodes { slug } }",
        "activitySearch(after: $c) { totalCount }",
        "resortCatalog(after: $c) { totalCount }",
        f'activity(uuid: "{UUIDS[0]}") {{ gallery(after: $c) {{ totalCount }} }}',
        'resortProduct(productId: "PALM") { media(before: $c) { totalCount } }',
    ],
)
async def test_a_cursor_that_is_none_is_refused_before_anything_is_fetched(
    graph: Graph, field: str, cursor: str
) -> None:
    reply = await graph.query(f"query($c: String) {{ {field} }}", {"c": cursor})
    (error,) = reply.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"] in {"after", "before"}
    assert graph.calls == {}


@pytest.mark.parametrize(
    ("filter", "argument"),
    [
        ({"tags": {"slug": [""]}}, "filter.tags.slug"),
        ({"tags": {"slug": ["$range(a,b)"]}}, "filter.tags.slug"),
        ({"tags": {"neutralSlug": ["a", "$x"]}}, "filter.tags.neutralSlug"),
        ({"tags": {"slug": ["a,b"]}}, "filter.tags.slug"),
        ({"tags": {"slug": ["a\r\nb"]}}, "filter.tags.slug"),
        ({"tags": {"slug": ["a"] * 51}}, "filter.tags.slug"),
        (
            {"tags": {"externalSource": [{"sourceName": "", "sourceId": "1"}]}},
            "filter.tags.externalSource.sourceName",
        ),
        (
            {"tags": {"externalSource": [{"sourceName": "a:b", "sourceId": "1"}]}},
            "filter.tags.externalSource.sourceName",
        ),
        (
            {"tags": {"externalSource": [{"sourceName": "a", "sourceId": "$1"}]}},
            "filter.tags.externalSource.sourceId",
        ),
        ({"context": {"slug": "$x"}}, "filter.context.slug"),
        ({"context": {"slug": ""}}, "filter.context.slug"),
        ({"context": {"neutralSlug": ""}}, "filter.context.neutralSlug"),
        ({"slug": ""}, "filter.slug"),
        ({"slug": "$x"}, "filter.slug"),
        ({"slug": "a" * 201}, "filter.slug"),
    ],
)
async def test_a_filter_value_that_must_not_leave_is_refused(
    graph: Graph, filter: dict[str, Any], argument: str
) -> None:
    reply = await graph.query(
        "query($f: PhotoFilter) { photos(filter: $f) { nodes { slug } }"
        f' activity(uuid: "{UUIDS[0]}") {{ uuid photos(filter: $f) {{ nodes {{ slug }} }} }} }}',
        {"f": filter},
    )
    assert reply.data == {"photos": None, "activity": {"uuid": UUIDS[0], "photos": None}}
    assert reply.codes == [("BAD_USER_INPUT", ("activity", "photos")), ("BAD_USER_INPUT", ("photos",))]
    assert {error["extensions"]["argument"] for error in reply.errors} == {argument}
    assert graph.calls == {}


async def test_empty_keywords_are_refused_and_an_empty_list_of_them_is_none(graph: Graph) -> None:
    reply = await graph.query(
        '{ resortProduct(productId: "PALM") { a: gallery(keywords: [""]) { totalCount }'
        " b: gallery(keywords: []) { totalCount } c: gallery(keywords: null) { totalCount } } }"
    )
    count = len(graph.clubmed.world.pictures["PALM"])
    assert reply.data["resortProduct"] == {"a": None, "b": {"totalCount": count}, "c": {"totalCount": count}}
    assert reply.codes == [("BAD_USER_INPUT", ("resortProduct", "a"))]
    assert reply.errors[0]["extensions"]["argument"] == "keywords"


async def test_explicit_nulls_mean_the_defaults(graph: Graph) -> None:
    reply = await graph.query(
        "{ photos(filter: null, sort: null, locale: null, first: null, after: null, last: null, before: null)"
        " { nodes { slug } }"
        " bare: photos { nodes { slug } }"
        " inner: photos(filter: {tags: null, context: null, featured: null, slug: null, availability: null})"
        " { nodes { slug } }"
        " lists: photos(filter: {tags: {slug: [], neutralSlug: null, externalSource: []}, context: {slug: null}})"
        " { nodes { slug } }"
        " activitySearch(text: null, cityIds: null, categories: null) { totalCount }"
        " search: activitySearch { totalCount }"
        f' activity(uuid: "{UUIDS[0]}", locale: null) {{ media(kinds: null) {{ totalCount }} }} }}'
    )
    assert reply.errors == []
    assert len(reply.data["photos"]["nodes"]) == 25
    assert reply.data["photos"] == reply.data["bare"] == reply.data["inner"] == reply.data["lists"]
    assert reply.data["search"] == reply.data["activitySearch"]
    assert graph.calls == {"GET /v2/content/{culture}/photos": 1, "GET /activities": 1, MEDIA: 1}


async def test_a_variable_of_the_wrong_type_refuses_the_request(graph: Graph) -> None:
    reply = await graph.query("query($k: [ID!]!) { activities(uuids: $k) { title } }", {"k": [None]})
    assert reply.codes == [("BAD_USER_INPUT", ())]
    assert "data" not in reply.json
    assert graph.calls == {}
