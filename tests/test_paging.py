"""Paging of every kind of list but merged ones, against the algorithm that Relay's specification writes down."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.emulation.faults import Fault, unavailable
from providers.musement.emulator import MusementEmulator
from resolvers.windows import calls_of
from tests.graph import Graph, running_graph
from tests.relay import Asked, asked_of_a_list, connection_of, relay_slice
from tests.small_worlds import (
    activity,
    fill_activities,
    fill_films,
    fill_media,
    fill_photos,
    fill_pictures,
    fill_products,
    numbered_photos,
    product,
    product_of,
    slug_of,
    uuid_of,
)

LONGEST = 250
UUID = uuid_of(1)
KINDS = ("image", "video", "panorama")
PAGING = "first: $first, after: $after, last: $last, before: $before"


class Paged(msgspec.Struct, frozen=True, kw_only=True):
    """A list of the graph: how it is asked for, filled, and named, and what else it promises."""

    field: str
    """The field with ``PAGING`` among its arguments."""
    name: str
    """The field of an item that ``names`` lists."""
    names: Callable[[int], list[str]]
    fill: Callable[[Graph, int], None]
    owner: str = "{}"
    """What stands around the field."""
    default: int = 500
    tells_total: bool = True
    is_in_hand: bool = True
    """Whether the list comes whole with one call a kind of media."""
    calls: int = 1

    def query(self) -> str:
        """Write the query; every list is aliased ``list``."""
        field = (
            f"list: {self.field} {{ {'totalCount' if self.name != 'slug' else ''} "
            f"edges {{ cursor node {{ name: {self.name} }} }} "
            "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
        )
        arguments = "$first: Int, $after: String, $last: Int, $before: String"
        return f"query ({arguments}) {{ {self.owner.format(field)} }}"


def _fill_gallery(graph: Graph, length: int) -> None:
    fill_media(graph.musement, UUID, [*["image"] * length, "video"])


def _fill_mixed(graph: Graph, length: int) -> None:
    fill_media(graph.musement, UUID, [KINDS[number % 3] for number in range(length)])


def _fill_videos(graph: Graph, length: int) -> None:
    fill_media(graph.musement, UUID, ["image", *["video"] * length])


def _fill_pictures(graph: Graph, length: int) -> None:
    fill_pictures(graph.clubmed, "P", [["POOL"], ["ROOM", "POOL"]] * length)


def _fill_films(graph: Graph, length: int) -> None:
    fill_films(graph.clubmed, "P", length)


def _fill_product_media(graph: Graph, length: int) -> None:
    fill_pictures(graph.clubmed, "P", [[]] * (length // 2))
    fill_films(graph.clubmed, "P", length - length // 2)


def _fill_search(graph: Graph, length: int) -> None:
    _envelope(graph, "object")
    fill_activities(graph.musement, [activity(uuid_of(number)) for number in range(length)])


def _fill_bare_search(graph: Graph, length: int) -> None:
    _fill_search(graph, length)
    _envelope(graph, "array")


def _envelope(graph: Graph, shape: Any) -> None:
    assert isinstance(graph.musement, MusementEmulator)
    graph.musement.list_envelope = shape


def _fill_catalog(graph: Graph, length: int) -> None:
    fill_products(graph.clubmed, [product(product_of(number)) for number in range(length)])


def _fill_photos(graph: Graph, length: int) -> None:
    fill_photos(graph.forge, numbered_photos(length))


def _numbers(length: int) -> list[str]:
    return [str(number) for number in range(length)]


def _films(length: int) -> list[str]:
    return [f"https://ns.clubmed.com/{number}.mp4" for number in range(length)]


def _pictures(length: int) -> list[str]:
    return [f"https://ns.clubmed.com/{number}.jpg" for number in range(length)]


ACTIVITY = f'activity(uuid: "{UUID}") {{{{ {{}} }}}}'
PRODUCT = 'resortProduct(productId: "P") {{ {} }}'

LISTS = {
    "photos": Paged(
        field=f"photos({PAGING})",
        name="slug",
        names=lambda length: [slug_of(number) for number in range(length)],
        fill=_fill_photos,
        default=25,
        tells_total=False,
        is_in_hand=False,
    ),
    "gallery of an activity": Paged(
        field=f"gallery({PAGING})", name="providerId", names=_numbers, fill=_fill_gallery, owner=ACTIVITY
    ),
    "videos of an activity": Paged(
        field=f"videos({PAGING})",
        name="providerId",
        names=lambda length: _numbers(length + 1)[1:],
        fill=_fill_videos,
        owner=ACTIVITY,
    ),
    "media of an activity": Paged(
        field=f"media({PAGING})", name="providerId", names=_numbers, fill=_fill_mixed, owner=ACTIVITY
    ),
    "media of some kinds": Paged(
        field=f"media(kinds: [IMAGE, OTHER], {PAGING})",
        name="providerId",
        names=lambda length: [number for number in _numbers(length) if int(number) % 3 != 1],
        fill=_fill_mixed,
        owner=ACTIVITY,
    ),
    "gallery of a product by keyword": Paged(
        field=f'gallery(keywords: ["ROOM"], {PAGING})',
        name="url",
        names=lambda length: _pictures(2 * length)[1::2],
        fill=_fill_pictures,
        owner=PRODUCT,
    ),
    "videos of a product": Paged(
        field=f"videos({PAGING})", name="url", names=_films, fill=_fill_films, owner=PRODUCT
    ),
    "media of a product": Paged(
        field=f"media({PAGING})",
        name="url",
        names=lambda length: _pictures(length // 2) + _films(length - length // 2),
        fill=_fill_product_media,
        owner=PRODUCT,
        calls=2,
    ),
    "activitySearch": Paged(
        field=f"activitySearch({PAGING})",
        name="uuid",
        names=lambda length: [uuid_of(number) for number in range(length)],
        fill=_fill_search,
        default=25,
        is_in_hand=False,
    ),
    "activitySearch without a total": Paged(
        field=f"activitySearch({PAGING})",
        name="uuid",
        names=lambda length: [uuid_of(number) for number in range(length)],
        fill=_fill_bare_search,
        default=25,
        tells_total=False,
        is_in_hand=False,
    ),
    "resortCatalog": Paged(
        field=f"resortCatalog({PAGING})",
        name="productId",
        names=lambda length: [product_of(number) for number in range(length)],
        fill=_fill_catalog,
        default=25,
        is_in_hand=False,
    ),
}


@pytest.fixture
def graph(bare_graph: Graph) -> Graph:
    """Take a graph that keeps no answer, so that its world may change between two queries."""
    fill_activities(bare_graph.musement, [activity(UUID)])
    return bare_graph


def _connection(answer: Any) -> Any:
    while "list" not in answer:
        [answer] = answer.values()
    return answer["list"]


async def _cursors(graph: Graph, paged: Paged) -> list[str]:
    paged.fill(graph, LONGEST)
    reply = await graph.query(paged.query(), {"first": 500})
    return connection_of(_connection(reply.data), "name")[1]


@pytest.mark.parametrize("kind", LISTS)
@settings(max_examples=18, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_every_mix_of_arguments_answers_what_relays_algorithm_does(
    graph: Graph, kind: str, data: st.DataObject
) -> None:
    paged = LISTS[kind]
    length, asked = data.draw(asked_of_a_list(longest=LONGEST if kind != "media of some kinds" else 160))
    cursors = await _cursors(graph, paged)
    paged.fill(graph, length)
    names = paged.names(length)
    asked = _within(asked, len(names))
    graph.forget_calls()
    reply = await graph.query(paged.query(), asked.arguments(cursors))
    if _has_no_known_end(paged, asked, len(names)):
        assert [error["extensions"]["argument"] for error in reply.errors] == ["last"]
        return
    assert reply.codes == []
    came, _ = connection_of(_connection(reply.data), "name")
    expected = relay_slice(names, asked, default=paged.default)
    assert (came.items, came.has_previous) == (expected.items, expected.has_previous)
    # A full page of a bare array may be the last one: nobody knows without a further call.
    assert came.has_next == expected.has_next or (kind == "activitySearch without a total" and came.has_next)
    if paged.name != "slug" and (paged.is_in_hand or came.items):
        total = len(names) if paged.tells_total else None
        assert _connection(reply.data)["totalCount"] == total
    calls = sum(graph.calls.values())
    assert calls == paged.calls if paged.is_in_hand else calls <= _most_calls(kind, asked, paged.default)


def _within(asked: Asked, length: int) -> Asked:
    """Keep the cursors within what stands in a list that shows only some of its items."""

    def kept(position: int | None) -> int | None:
        return None if position is None or not length else min(position, length - 1)

    return Asked(first=asked.first, after=kept(asked.after), last=asked.last, before=kept(asked.before))


def _has_no_known_end(paged: Paged, asked: Asked, length: int) -> bool:
    if paged.tells_total or asked.last is None or asked.before is not None:
        return False
    # A bare array that is empty tells its end; photos are refused before any call.
    start = 0 if asked.after is None else asked.after + 1
    return paged.name == "slug" or start < length


def _most_calls(kind: str, asked: Asked, default: int) -> int:
    size = asked.first or asked.last or default
    ends = asked.last is not None and asked.before is None
    numbered = kind == "resortCatalog"
    return calls_of(size) + ends + numbered


@pytest.mark.parametrize("kind", LISTS)
async def test_a_cursor_past_the_end_of_a_list_that_has_shrunk_answers_nothing(
    graph: Graph, kind: str
) -> None:
    paged = LISTS[kind]
    after = (await _cursors(graph, paged))[150]
    paged.fill(graph, 40)
    reply = await graph.query(paged.query(), {"first": 10, "after": after})
    assert reply.codes == []
    connection = _connection(reply.data)
    assert connection["edges"] == []
    assert connection["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


@pytest.mark.parametrize("kind", ["activitySearch", "resortCatalog", "activitySearch without a total"])
async def test_the_last_items_after_the_end_of_a_list_that_has_shrunk_are_none(
    graph: Graph, kind: str
) -> None:
    paged = LISTS[kind]
    after = (await _cursors(graph, paged))[150]
    paged.fill(graph, 40)
    reply = await graph.query(paged.query(), {"last": 200, "after": after})
    assert reply.codes == []
    assert _connection(reply.data)["edges"] == []
    assert _connection(reply.data)["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize("kind", [kind for kind, paged in LISTS.items() if not paged.is_in_hand])
async def test_a_list_is_walked_to_its_end_and_back(graph: Graph, kind: str) -> None:
    paged = LISTS[kind]
    paged.fill(graph, 53)
    ahead: list[str] = []
    after: str | None = None
    while True:
        reply = await graph.query(paged.query(), {"first": 10, "after": after})
        connection = _connection(reply.data)
        ahead += [edge["node"]["name"] for edge in connection["edges"]]
        if not connection["pageInfo"]["hasNextPage"]:
            break
        after = connection["pageInfo"]["endCursor"]
    assert ahead == paged.names(53)
    before = connection["pageInfo"]["startCursor"]
    back: list[str] = []
    while connection["pageInfo"]["hasPreviousPage"]:
        reply = await graph.query(paged.query(), {"last": 10, "before": before})
        connection = _connection(reply.data)
        back = [*(edge["node"]["name"] for edge in connection["edges"]), *back]
        before = connection["pageInfo"]["startCursor"]
    assert back == paged.names(50)


@pytest.mark.parametrize(
    ("offset", "first", "windows"),
    [
        (0, 25, [(25, 1)]),
        (25, 25, [(25, 2)]),
        (7, 25, [(32, 1)]),
        (10, 5, [(5, 3)]),
        (60, 100, [(100, 1), (100, 2)]),
        (99, 60, [(80, 2)]),
        # Several pages start where the provider's do, so that only one more is needed.
        (50, 201, [(100, 1), (100, 2), (63, 4)]),
    ],
)
async def test_numbered_pages_cost_at_most_one_call_more_than_the_window_has_pages(
    graph: Graph, offset: int, first: int, windows: list[tuple[int, int]]
) -> None:
    paged = LISTS["resortCatalog"]
    cursors = await _cursors(graph, paged)
    graph.forget_calls()
    after = cursors[offset - 1] if offset else None
    reply = await graph.query(paged.query(), {"first": first, "after": after})
    edges = _connection(reply.data)["edges"]
    assert [edge["node"]["name"] for edge in edges] == paged.names(LONGEST)[offset : offset + first]
    asked = [hit.raw_path.partition("?")[2] for hit in graph.clubmed.hits.calls]
    assert asked == [f"limit={limit}&page={page}" for limit, page in windows]


@pytest.mark.parametrize("kind", ["activitySearch", "resortCatalog"])
@pytest.mark.parametrize(
    ("arguments", "calls"),
    [({"last": 10}, 2), ({"last": 40}, 1), ({"last": 10, "after": 35}, 1), ({"last": 10, "after": 39}, 1)],
)
async def test_last_alone_costs_two_calls_at_most_where_a_total_is_known(
    graph: Graph, kind: str, arguments: dict[str, Any], calls: int
) -> None:
    paged = LISTS[kind]
    cursors = await _cursors(graph, paged)
    paged.fill(graph, 40)
    graph.forget_calls()
    asked = Asked(**arguments)
    reply = await graph.query(paged.query(), asked.arguments(cursors))
    came, _ = connection_of(_connection(reply.data), "name")
    assert came == relay_slice(paged.names(40), asked, default=25)
    assert _connection(reply.data)["pageInfo"]["hasNextPage"] is False
    assert sum(graph.calls.values()) == calls


async def test_the_end_of_a_search_without_a_total_is_not_searched_for(graph: Graph) -> None:
    _fill_bare_search(graph, 40)
    reply = await graph.query("{ activitySearch(last: 5) { nodes { uuid } } }")
    assert reply.codes == [("BAD_USER_INPUT", ("activitySearch",))]
    assert graph.calls == {"GET /activities": 1}


async def test_a_catalogue_that_ignores_paging_is_cut_here(graph: Graph) -> None:
    _fill_catalog(graph, 60)
    whole = [product(product_of(number)) for number in range(60)]
    graph.clubmed.faults.add(Fault(status=200, body=msgspec.json.encode(whole)), route="GET /v2/products")
    reply = await graph.query(
        "{ resortCatalog(first: 25) { totalCount nodes { productId } pageInfo { hasNextPage endCursor } } }"
    )
    catalog = reply.data["resortCatalog"]
    assert [node["productId"] for node in catalog["nodes"]] == [product_of(number) for number in range(25)]
    assert (catalog["totalCount"], catalog["pageInfo"]["hasNextPage"]) == (60, True)
    after = catalog["pageInfo"]["endCursor"]
    rest = await graph.query(f'{{ resortCatalog(first: 50, after: "{after}") {{ nodes {{ productId }} }} }}')
    nodes = rest.data["resortCatalog"]["nodes"]
    assert [node["productId"] for node in nodes] == [product_of(number) for number in range(25, 60)]


@pytest.mark.parametrize(
    ("field", "fill"), [("activitySearch", _fill_search), ("resortCatalog", _fill_catalog)]
)
async def test_windows_of_one_catalogue_are_merged_too(
    graph: Graph, field: str, fill: Callable[[Graph, int], None]
) -> None:
    fill(graph, 60)
    reply = await graph.query(
        f"{{ a: {field}(first: 10) {{ nodes {{ id }} }} b: {field}(first: 40) {{ nodes {{ id }} }} "
        f"c: {field} {{ totalCount }} }}"
    )
    assert [len(reply.data[name]["nodes"]) for name in "ab"] == [10, 40]
    assert reply.data["c"] == {"totalCount": 60}
    assert sum(graph.calls.values()) == 1


@pytest.mark.parametrize(
    ("kind", "second_page"), [("activitySearch", "offset=100"), ("resortCatalog", "page=2")]
)
async def test_a_catalogues_page_that_fails_after_the_first_ends_the_answer_before_it(
    graph: Graph, kind: str, second_page: str
) -> None:
    paged = LISTS[kind]
    paged.fill(graph, LONGEST)
    emulator = graph.musement if kind == "activitySearch" else graph.clubmed
    emulator.faults.add(unavailable(), match=second_page)
    reply = await graph.query(paged.query(), {"first": 250})
    assert reply.errors == []
    came, cursors = connection_of(_connection(reply.data), "name")
    assert (came.items, came.has_next) == (paged.names(100), True)
    [warning] = reply.json["extensions"]["warnings"]
    assert (warning["code"], warning["path"]) == ("UPSTREAM_UNAVAILABLE", ["list"])
    emulator.faults.clear()
    rest = await graph.query(paged.query(), {"first": 250, "after": cursors[-1]})
    assert connection_of(_connection(rest.data), "name")[0].items == paged.names(LONGEST)[100:]


@pytest.mark.parametrize("kind", ["activitySearch", "resortCatalog"])
async def test_a_catalogues_first_page_that_fails_is_null_with_its_error(graph: Graph, kind: str) -> None:
    paged = LISTS[kind]
    emulator = graph.musement if kind == "activitySearch" else graph.clubmed
    emulator.faults.add(unavailable())
    reply = await graph.query(paged.query(), {"first": 250})
    assert reply.data == {"list": None}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("list",))]


FOREIGN = [
    ('photos(filter: {tags: {slug: ["rome"]}}', "photos("),
    ('photos(filter: {tags: {slug: ["rome"]}}', 'photos(filter: {tags: {neutralSlug: ["rome"]}}'),
    ("photos(sort: {field: CONTENT_DATE}", "photos(sort: {field: CONTENT_DATE, direction: ASC}"),
    ("photos(sort: {field: CONTENT_DATE}", "photos(sort: {field: LAST_UPDATED_DATE}"),
    ('photos(locale: "en-US"', 'photos(locale: "fr-FR"'),
    ("photos(", "activitySearch("),
    ("activitySearch(", "resortCatalog("),
    ('activitySearch(text: "a"', "activitySearch("),
    ("activitySearch(cityIds: [1]", "activitySearch(cityIds: [2]"),
    ('activitySearch(categories: ["a"]', 'activitySearch(categories: ["b"]'),
    ('activitySearch(locale: "en-US"', 'activitySearch(locale: "fr-FR"'),
    ('resortCatalog(locale: "en-US"', 'resortCatalog(locale: "fr-FR"'),
]


async def _first_cursor(graph: Graph, field: str) -> str:
    reply = await graph.query(
        f"{{ {field} first: 1) {{ edges {{ cursor }} }} }}".replace("( first", "(first")
    )
    [connection] = reply.data.values()
    return str(connection["edges"][0]["cursor"])


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize(("mine", "others"), FOREIGN)
async def test_a_cursor_of_another_list_is_refused_and_makes_no_call(
    graph: Graph, mine: str, others: str, argument: str
) -> None:
    _fill_everything(graph)
    for given_by, used_in in ((mine, others), (others, mine)):
        cursor = await _first_cursor(graph, given_by)
        graph.forget_calls()
        reply = await graph.query(f'{{ list: {used_in} {argument}: "{cursor}") {{ edges {{ cursor }} }} }}')
        assert reply.data == {"list": None}
        assert reply.codes == [("BAD_USER_INPUT", ("list",))]
        assert reply.errors[0]["extensions"]["argument"] == argument
        assert graph.calls == {}


def _fill_everything(graph: Graph) -> None:
    tags = [{"slug": "rome", "neutralSlug": "rome"}]
    for culture in ("en-us", "fr-fr"):
        fill_photos(graph.forge, numbered_photos(3, tags=tags), culture)
    cities: list[dict[str, Any]] = [{"id": number, "name": "", "country": {}} for number in (1, 2)]
    fill_activities(
        graph.musement,
        [
            activity(uuid_of(number), city=cities[number], categories=[{"code": "a"}, {"code": "b"}])
            for number in (0, 1)
        ],
    )
    for locale in ("en-US", "fr-FR"):
        fill_products(graph.clubmed, [product("P"), product("Q")], locale)
    for number in (0, 1):
        fill_media(graph.musement, uuid_of(number), ["image", "video"])
    for key in ("P", "Q"):
        fill_pictures(graph.clubmed, key, [["ROOM", "POOL", "IMAGE"]])


OWNED = [
    f'activity(uuid: "{uuid_of(0)}") {{ gallery',
    f'activity(uuid: "{uuid_of(1)}") {{ gallery',
    f'activity(uuid: "{uuid_of(0)}") {{ videos',
    f'activity(uuid: "{uuid_of(0)}") {{ media',
    f'activity(uuid: "{uuid_of(0)}") {{ media(kinds: [IMAGE]',
    f'activity(uuid: "{uuid_of(0)}") {{ photos',
    'resortProduct(productId: "P") { gallery',
    'resortProduct(productId: "Q") { gallery',
    'resortProduct(productId: "P") { gallery(keywords: ["ROOM"]',
    'resortProduct(productId: "P") { gallery(keywords: ["POOL"]',
    'resortProduct(productId: "P") { gallery(keywords: ["IMAGE"]',
    'resortProduct(productId: "P") { media',
    'resortProduct(productId: "P") { photos',
]


async def test_a_cursor_of_one_owners_list_is_refused_by_every_other_list_and_makes_no_call(
    graph: Graph,
) -> None:
    _fill_everything(graph)
    joined = [
        {"slug": key, "externalSourceReference": {"sourceName": name, "sourceId": key}}
        for name, key in (("musement", uuid_of(0)), ("clubmed", "P"))
    ]
    fill_photos(graph.forge, numbered_photos(3, tags=joined))
    cursors = {}
    for field in OWNED:
        asked = f"{field}, first: 1)" if "(kinds" in field or "(keywords" in field else f"{field}(first: 1)"
        reply = await graph.query(f"{{ {asked} {{ edges {{ cursor }} }} }} }}")
        [owner] = reply.data.values()
        [connection] = owner.values()
        cursors[field] = connection["edges"][0]["cursor"]
    assert len(set(cursors.values())) == len(OWNED)
    graph.forget_calls()
    for field in OWNED:
        for other, cursor in cursors.items():
            if other == field:
                continue
            paging = f'after: "{cursor}")'
            asked = f"{field}, {paging}" if "(kinds" in field or "(keywords" in field else f"{field}({paging}"
            reply = await graph.query(f"{{ {asked} {{ edges {{ cursor }} }} }} }}")
            assert [code for code, _ in reply.codes] == ["BAD_USER_INPUT"]
            assert reply.errors[0]["extensions"]["argument"] == "after"
    assert graph.calls == {}


async def test_a_spoilt_cursor_is_refused_by_every_list_and_makes_no_call(graph: Graph) -> None:
    _fill_everything(graph)
    spoilt = ["", "x", "AAAA", "é", "A" * 5000, "AQAAAAA"]
    for paged in LISTS.values():
        for text in spoilt:
            reply = await graph.query(paged.query(), {"after": text})
            assert [code for code, _ in reply.codes] == ["BAD_USER_INPUT"]
            assert reply.errors[0]["extensions"]["argument"] == "after"
    assert graph.calls == {}


async def test_a_cursor_is_good_on_another_replica_and_after_a_restart(graph: Graph) -> None:
    paged = LISTS["photos"]
    paged.fill(graph, 5)
    reply = await graph.query(paged.query(), {"first": 2})
    after = reply.data["list"]["pageInfo"]["endCursor"]
    async with running_graph() as other:
        paged.fill(other, 5)
        again = await other.query(paged.query(), {"first": 2, "after": after})
    assert [edge["node"]["name"] for edge in again.data["list"]["edges"]] == [slug_of(2), slug_of(3)]
