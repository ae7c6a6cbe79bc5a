"""Photo lists: filters, sorts and joins as they leave, what comes back, and what list items carry."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from providers.emulation.faults import Fault, Twist, not_found, unavailable
from providers.emulation.payload import Payload, part, parts, text
from tests.graph import Graph, running_graph
from tests.world import ACTIVITY, PHOTO, PHOTOS, RESORT, UUIDS, uuid_of

LIST = "query($f: PhotoFilter, $s: PhotoSort, $n: Int) { photos(filter: $f, sort: $s, first: $n) { nodes { slug } } }"


def sent(graph: Graph) -> list[str]:
    """Read the raw queries of the list calls, without their windows."""
    return [
        hit.raw_path.partition("?")[2].partition("$skip")[0].rstrip("&")
        for hit in graph.forge.hits.calls
        if hit.route == PHOTOS
    ]


def tagged(name: str, *values: str) -> Callable[[Payload], bool]:
    return lambda photo: set(values) <= {text(tag, name) for tag in parts(photo, "tags")}


COLOSSEUM = uuid_of("Colosseum")


@pytest.mark.parametrize(
    ("filter", "query", "fits"),
    [
        ({}, "", lambda _: True),
        ({"tags": {"slug": ["florence"]}}, "tags.slug=florence", tagged("slug", "florence")),
        (
            {"tags": {"slug": ["florence", "dawn", "florence"]}},
            "tags.slug=dawn&tags.slug=florence",
            tagged("slug", "florence", "dawn"),
        ),
        (
            {"tags": {"neutralSlug": ["night"], "slug": ["rome"]}},
            "tags.slug=rome&tags.neutralSlug=night",
            lambda photo: tagged("slug", "rome")(photo) and tagged("neutralSlug", "night")(photo),
        ),
        (
            {"tags": {"externalSource": [{"sourceName": "musement", "sourceId": COLOSSEUM}]}},
            f"tags.externalSourceReference=musement:{COLOSSEUM}",
            tagged("slug", "colosseum"),
        ),
        (
            {"context": {"slug": "rome"}},
            "context.slug=rome",
            lambda p: part(p, "context").get("slug") == "rome",
        ),
        (
            {"context": {"neutralSlug": "rome"}},
            "context.neutralSlug=rome",
            lambda photo: part(photo, "context").get("neutralSlug") == "rome",
        ),
        ({"featured": True}, "featured=1", lambda photo: photo["featured"] == 1),
        ({"featured": False}, "featured=0", lambda photo: photo["featured"] == 0),
        (
            {"slug": "florence-at-first-light-3"},
            "_id=florence-at-first-light-3",
            lambda photo: photo["slug"] == "florence-at-first-light-3",
        ),
        (
            {"featured": True, "tags": {"neutralSlug": ["people"]}, "context": {"slug": "tokyo"}},
            "tags.neutralSlug=people&context.slug=tokyo&featured=1",
            lambda photo: (
                photo["featured"] == 1
                and tagged("neutralSlug", "people")(photo)
                and part(photo, "context").get("slug") == "tokyo"
            ),
        ),
    ],
)
async def test_every_filter_of_the_provider_is_sent_and_every_value_must_match(
    graph: Graph, filter: dict[str, Any], query: str, fits: Callable[[Payload], bool]
) -> None:
    reply = await graph.query(LIST, {"f": filter, "n": 100})
    found = [node["slug"] for node in reply.data["photos"]["nodes"]]
    world = graph.forge.world.photos["en-us"]
    public = [
        str(photo["slug"])
        for photo in world
        # These two have no image that a client could show.
        if photo["_listAvailability"] == 0 and photo["slug"] not in UNUSABLE and fits(photo)
    ]
    assert reply.errors == []
    assert sent(graph)[0] == query
    if len(public) < 100:
        assert sorted(found) == sorted(public)
    else:
        assert len(found) == 100
        assert set(found) <= set(public)
    assert graph.calls == {PHOTOS: 1}


UNUSABLE = ("image-is-null-1", "a-format-name-and-no-thumbnail-1")


SORT_FIELDS = {
    "CONTENT_DATE": "contentDate",
    "LAST_UPDATED_DATE": "lastUpdatedDate",
    "CONTEXT_SLUG": "context.slug",
    "CONTEXT_NEUTRAL_SLUG": "context.neutralSlug",
    "TAGS_SLUG": "tags.slug",
    "TAGS_NEUTRAL_SLUG": "tags.neutralSlug",
    "TAGS_EXTERNAL_SOURCE_REFERENCE": "tags.externalSourceReference",
}


async def test_every_sort_leaves_with_its_direction_and_a_literal_dollar(graph: Graph) -> None:
    sorts = [
        (field, given, direction)
        for field in SORT_FIELDS
        for given, direction in (("", "desc"), (", direction: ASC", "asc"))
    ]
    aliases = (
        f"a{at}: photos(first: 5, sort: {{field: {field}{given}}}) {{ nodes {{ slug }} }}"
        for at, (field, given, _) in enumerate(sorts)
    )
    reply = await graph.query(f"{{ {' '.join(aliases)} }}")
    assert reply.errors == []
    assert sorted(hit.raw_path.partition("?")[2] for hit in graph.forge.hits.calls) == sorted(
        f"$sort={SORT_FIELDS[field]}:{direction}&$skip=0&$limit=5" for field, _, direction in sorts
    )


async def test_photos_come_in_the_order_of_their_sort(graph: Graph) -> None:
    reply = await graph.query(
        "{ new: photos(first: 50, sort: {field: CONTENT_DATE}) { nodes { contentDate } }"
        " old: photos(first: 50, sort: {field: CONTENT_DATE, direction: ASC}) { nodes { contentDate } }"
        " default: photos(first: 60) { nodes { featured contentDate } } }"
    )
    newest, oldest = (
        [node["contentDate"][:19] for node in reply.data[name]["nodes"]] for name in ("new", "old")
    )
    assert newest == sorted(newest, reverse=True)
    assert oldest == sorted(oldest)
    promoted = [node["featured"] for node in reply.data["default"]["nodes"]]
    assert promoted == sorted(promoted, reverse=True)
    assert True in promoted
    assert False in promoted


async def test_values_are_encoded_so_that_they_stay_values(graph: Graph) -> None:
    slug = "a&featured=1#x=%24 +é"
    reply = await graph.query(LIST, {"f": {"tags": {"slug": [slug]}}})
    assert reply.data == {"photos": {"nodes": []}}
    assert sent(graph) == ["tags.slug=a%26featured%3D1%23x%3D%2524+%2B%C3%A9"]


async def test_unlisted_photos_are_refused_in_lists_and_answered_by_their_key(graph: Graph) -> None:
    slug = next(str(p["slug"]) for p in graph.forge.world.photos["en-us"] if p["_listAvailability"])
    reply = await graph.query(
        "{ photos(filter: {availability: UNLISTED}) { nodes { slug } }"
        f' activity(uuid: "{UUIDS[0]}") {{ uuid photos(filter: {{availability: UNLISTED}}) {{ nodes {{ slug }} }} }}'
        f' photo(slug: "{slug}") {{ availability }} }}'
    )
    assert reply.data["photos"] is None
    assert reply.data["photo"] == {"availability": "UNLISTED"}
    assert reply.codes == [("FORBIDDEN", ("activity", "photos")), ("FORBIDDEN", ("photos",))]
    assert reply.errors[0]["extensions"]["provider"] == "FORGE"
    assert graph.calls == {PHOTO: 1}


async def test_an_operator_can_allow_unlisted_photos_in_lists() -> None:
    async with running_graph(forge_allow_unlisted="true") as graph:
        reply = await graph.query(
            "{ photos(filter: {availability: UNLISTED}, first: 100) { nodes { slug } } }"
        )
        wanted = {photo["slug"] for photo in graph.forge.world.photos["en-us"] if photo["_listAvailability"]}
        assert {node["slug"] for node in reply.data["photos"]["nodes"]} == wanted
        assert sent(graph) == ["_listAvailability=1"]


async def test_a_public_filter_says_nothing_over_the_wire(graph: Graph) -> None:
    await graph.query("{ photos(filter: {availability: PUBLIC}) { nodes { slug } } }")
    assert sent(graph) == [""]


async def test_an_operator_can_rename_the_context_parameter() -> None:
    async with running_graph(forge_context_parameter="content.slug") as graph:
        reply = await graph.query('{ photos(filter: {context: {slug: "rome"}}) { nodes { slug } } }')
        assert sent(graph) == ["content.slug=rome"]
        # This tenant ignores the name, and lists carry no context by which that could be seen.
        assert len(reply.data["photos"]["nodes"]) == 25


async def test_list_items_carry_what_the_list_carries_and_null_for_what_the_detail_alone_has(
    graph: Graph,
) -> None:
    fields = "slug mimeType storagePath availability context { slug } title tags { slug } image { url }"
    reply = await graph.query(
        f'{{ photos(filter: {{slug: "florence-at-first-light-3"}}) {{ nodes {{ {fields} }} }}'
        f' photo(slug: "florence-at-first-light-3") {{ {fields} }} }}'
    )
    (item,) = reply.data["photos"]["nodes"]
    detail = reply.data["photo"]
    only_in_detail = ("mimeType", "storagePath", "availability", "context")
    assert [item[name] for name in only_in_detail] == [None] * 4
    assert [detail[name] for name in only_in_detail] == [
        "image/jpeg",
        "forge/florence_first-light_3",
        "PUBLIC",
        {"slug": "florence"},
    ]
    assert {name: item[name] for name in ("slug", "title", "tags", "image")} == {
        name: detail[name] for name in ("slug", "title", "tags", "image")
    }
    assert graph.calls == {PHOTOS: 1, PHOTO: 1}


async def test_a_detail_comes_field_by_field(graph: Graph) -> None:
    (photo,) = [p for p in graph.forge.world.photos["en-us"] if p["slug"] == "florence-at-first-light-3"]
    reply = await graph.query(
        '{ photo(slug: "florence-at-first-light-3") { culture slug entityId translationId title contentDate'
        " lastUpdatedDate createdBy lastUpdatedBy featured fields relations { type slug title headline raw }"
        " references tags { slug neutralSlug title externalSourceName extraData fields } } }"
    )
    related = parts(photo, "relations")
    assert reply.errors == []
    assert reply.data["photo"] == {
        "culture": "en-us",
        **{name: photo[name] for name in ("slug", "title", "contentDate", "lastUpdatedDate", "createdBy")},
        **{name: photo[name] for name in ("lastUpdatedBy", "fields", "references")},
        "entityId": photo["_entityId"],
        "translationId": photo["_translationId"],
        "featured": False,
        "relations": [
            {name: each.get(name) for name in ("type", "slug", "title", "headline")} | {"raw": each}
            for each in related
        ],
        "tags": [
            {
                name: tag.get(name)
                for name in ("slug", "neutralSlug", "title", "externalSourceName", "extraData", "fields")
            }
            for tag in parts(photo, "tags")
        ],
    }
    assert [each.get("headline") is None for each in related] == [False, True]


async def test_relations_and_references_of_list_items_come_from_their_details(graph: Graph) -> None:
    reply = await graph.query(
        "{ photos(first: 3) { nodes { slug relations { type } references } } }",
    )
    world = {photo["slug"]: photo for photo in graph.forge.world.photos["en-us"]}
    for node in reply.data["photos"]["nodes"]:
        photo = world[node["slug"]]
        assert node["relations"] == [{"type": each["type"]} for each in parts(photo, "relations")]
        assert node["references"] == photo["references"]
    assert graph.calls == {PHOTOS: 1, PHOTO: 3}


@pytest.mark.parametrize("fault", ["404", "503"])
async def test_a_photo_s_missing_or_failing_detail_nulls_its_relations_alone(
    bare_graph: Graph, fault: str
) -> None:
    bare_graph.forge.faults.add(not_found() if fault == "404" else unavailable(), route=PHOTO, times=1)
    reply = await bare_graph.query("{ photos(first: 1) { nodes { title relations { type } } } }")
    (node,) = reply.data["photos"]["nodes"]
    assert node["title"]
    assert node["relations"] is None
    wanted = [] if fault == "404" else [("UPSTREAM_UNAVAILABLE", ("photos", "nodes", 0, "relations"))]
    assert reply.codes == wanted


async def test_photos_and_tags_that_cannot_stand_are_dropped_alone(graph: Graph) -> None:
    reply = await graph.query(
        '{ photos(filter: {tags: {neutralSlug: ["archive"]}}) { nodes { slug tags { neutralSlug } fields } }'
        ' photo(slug: "tags-fields-and-relations-are-null-1") { tags { slug } fields relations { type } references }'
        ' odd: photo(slug: "image-is-null-1") { title }'
        ' other: photo(slug: "a-format-name-and-no-thumbnail-1") { title } }'
    )
    assert {
        node["slug"]: [tag["neutralSlug"] for tag in node["tags"]] for node in reply.data["photos"]["nodes"]
    } == {
        "a-tag-without-a-slug-1": ["archive"],
    }
    assert reply.data["photo"] == {"tags": [], "fields": None, "relations": [], "references": None}
    assert (reply.data["odd"], reply.data["other"]) == (None, None)
    assert reply.codes == [("UPSTREAM_BAD_RESPONSE", ("odd",)), ("UPSTREAM_BAD_RESPONSE", ("other",))]


async def test_a_list_that_visibly_ignores_a_tag_filter_is_a_bad_response(bare_graph: Graph) -> None:
    whole = [photo | {"relations": []} for photo in bare_graph.forge.world.photos["en-us"][:3]]
    body = msgspec.json.encode({"items": whole, "pagination": {"maxItems": 100}})
    bare_graph.forge.faults.add(Fault(status=200, body=body))
    reply = await bare_graph.query(
        '{ a: photos(filter: {tags: {slug: ["no-such-tag"]}}) { nodes { slug } }'
        ' b: photos(filter: {context: {slug: "no-such-context"}}) { nodes { slug } }'
        ' c: photos(filter: {tags: {neutralSlug: ["no-such-tag"]}}) { nodes { slug } }'
        " d: photos { nodes { slug } } }"
    )
    assert [reply.data[name] for name in "abc"] == [None, None, None]
    assert len(reply.data["d"]["nodes"]) == 3
    assert reply.codes == [("UPSTREAM_BAD_RESPONSE", (name,)) for name in "abc"]


async def test_a_tag_slug_of_another_case_is_no_miss(bare_graph: Graph) -> None:
    body = msgspec.json.encode(
        {"items": [bare_graph.forge.world.photos["en-us"][5]], "pagination": {"maxItems": 100}}
    )
    bare_graph.forge.faults.add(Fault(status=200, body=body))
    reply = await bare_graph.query('{ photos(filter: {tags: {slug: ["FLORENCE"]}}) { nodes { slug } } }')
    assert reply.errors == []
    assert len(reply.data["photos"]["nodes"]) == 1


async def test_the_photos_of_an_activity_are_those_tagged_with_its_uuid(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{COLOSSEUM.upper()}") {{ photos(first: 50) {{ nodes {{ slug }} }} }} }}'
    )
    wanted = [
        photo["slug"]
        for photo in graph.forge.world.photos["en-us"]
        if tagged("slug", "colosseum")(photo) and photo["_listAvailability"] == 0
    ]
    assert wanted
    assert {node["slug"] for node in reply.data["activity"]["photos"]["nodes"]} == set(wanted)
    assert sent(graph) == [f"tags.externalSourceReference=musement:{COLOSSEUM}"]
    assert graph.calls == {PHOTOS: 1}


async def test_the_photos_of_a_resort_take_filter_sort_and_paging_like_any_list(graph: Graph) -> None:
    reply = await graph.query(
        '{ resortProduct(productId: "PALM") { title photos(first: 2, sort: {field: LAST_UPDATED_DATE, direction: ASC},'
        ' filter: {tags: {neutralSlug: ["nature"]}}) { nodes { slug lastUpdatedDate }'
        " pageInfo { hasNextPage } } } }"
    )
    assert reply.errors == []
    assert sent(graph) == [
        "tags.neutralSlug=nature&tags.externalSourceReference=clubmed:PALM&$sort=lastUpdatedDate:asc"
    ]
    assert graph.calls == {RESORT: 1, PHOTOS: 1}


async def test_an_entity_without_editorial_photos_has_an_empty_list(graph: Graph) -> None:
    reply = await graph.query(f'{{ activity(uuid: "{UUIDS[1]}") {{ photos {{ nodes {{ slug }} }} }} }}')
    assert reply.data == {"activity": {"photos": {"nodes": []}}}


async def test_the_names_of_the_external_sources_are_settings() -> None:
    async with running_graph(musement_source_name="tours", clubmed_source_name="resorts") as graph:
        await graph.query(
            f'{{ activity(uuid: "{UUIDS[0]}") {{ photos {{ nodes {{ slug }} }} }}'
            ' resortProduct(productId: "PALM") { photos { nodes { slug } } } }'
        )
        assert sorted(sent(graph)) == [
            "tags.externalSourceReference=resorts:PALM",
            f"tags.externalSourceReference=tours:{UUIDS[0]}",
        ]


async def test_the_photos_of_a_tag_are_those_of_the_tag_filter_in_the_photo_s_culture(graph: Graph) -> None:
    slug = graph.forge.world.photos["fr-fr"][5]["slug"]
    reply = await graph.query(
        f'{{ photoByKey(culture: "fr-fr", slug: "{slug}") {{'
        " tags { slug photos(first: 3) { nodes { culture } } } } }"
    )
    tags = reply.data["photoByKey"]["tags"]
    assert reply.errors == []
    assert {node["culture"] for tag in tags for node in tag["photos"]["nodes"]} == {"fr-fr"}
    assert sorted(sent(graph)) == sorted(f"tags.slug={tag['slug']}" for tag in tags)
    assert all(hit.raw_path.startswith("/v2/content/fr-fr/photos") for hit in graph.forge.hits.calls)


async def test_joins_batch_with_the_plain_list_of_the_same_filter(graph: Graph) -> None:
    source = f'externalSource: [{{sourceName: "musement", sourceId: "{COLOSSEUM}"}}]'
    reply = await graph.query(
        f'{{ activity(uuid: "{COLOSSEUM}") {{ title photos(first: 5) {{ nodes {{ slug }} }} }}'
        f" photos(filter: {{tags: {{{source}}}}}, first: 10) {{ nodes {{ slug }} }} }}"
    )
    nodes = reply.data["photos"]["nodes"]
    assert reply.data["activity"]["photos"]["nodes"] == nodes[:5]
    assert graph.calls == {ACTIVITY: 1, PHOTOS: 1}


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        (
            "{ a: photos(first: 10) { nodes { slug } } b: photos(first: 40) { nodes { slug } } }",
            1,
        ),
        ("{ a: photos { nodes { slug } } b: photos { nodes { title } } }", 1),
        ("{ photos(first: 250) { nodes { slug } } }", 3),
        ('{ photos(first: 250, filter: {tags: {slug: ["guides"]}}) { nodes { slug } } }', 1),
    ],
)
async def test_windows_of_one_list_cost_the_calls_of_the_contract(
    graph: Graph, query: str, calls: int
) -> None:
    reply = await graph.query(query)
    assert reply.errors == []
    assert graph.calls == {PHOTOS: calls}


DATES = {
    "2025-01-08T14:27:17.9754957Z": "2025-01-08T14:27:17.975495Z",
    "2025-01-08T14:27:17.9Z": "2025-01-08T14:27:17.9Z",
    "2025-01-08T14:33:00Z": "2025-01-08T14:33:00Z",
    "2025-01-08T16:33:00+02:00": "2025-01-08T14:33:00Z",
    "2025-01-08T14:33:00": "2025-01-08T14:33:00Z",
    "yesterday": None,
    "": None,
    None: None,
}


async def test_dates_are_utc_with_the_provider_s_fraction_up_to_six_digits(graph: Graph) -> None:
    photos = graph.forge.world.photos["en-us"][: len(DATES)]
    for photo, sent_date in zip(photos, DATES, strict=True):
        photo["contentDate"] = sent_date
    keys = [{"culture": "en-us", "slug": photo["slug"]} for photo in photos]
    reply = await graph.query(
        "query($keys: [PhotoKey!]!) { photosByKey(keys: $keys) { contentDate } }", {"keys": keys}
    )
    assert [each["contentDate"] for each in reply.data["photosByKey"]] == list(DATES.values())


async def test_nulls_read_as_false_empty_and_null(graph: Graph) -> None:
    photo = graph.forge.world.photos["en-us"][5]
    for name in ("featured", "tags", "fields", "createdBy", "title", "context", "_listAvailability"):
        photo[name] = None
    reply = await graph.query(
        f'{{ photo(slug: "{photo["slug"]}") {{ featured tags {{ slug }} fields createdBy title'
        " context { slug } availability } }"
    )
    assert reply.data["photo"] == {
        "featured": False,
        "tags": [],
        "fields": None,
        "createdBy": None,
        "title": None,
        "context": None,
        "availability": None,
    }


async def test_a_hostile_next_link_is_never_followed(graph: Graph) -> None:
    async with running_graph() as other:
        graph.forge.faults.add(Fault(twist=Twist.NEXT_URL, url=f"{other.forge.url}/v2/content/en-us/photos"))
        reply = await graph.query("{ photos(first: 150) { nodes { slug } pageInfo { hasNextPage } } }")
        assert len(reply.data["photos"]["nodes"]) == 150
        assert other.calls == {}
    assert graph.calls == {PHOTOS: 2}


@pytest.mark.parametrize("depth", [251, 600, 900])
async def test_a_value_nested_too_deeply_to_be_written_is_the_providers_failure_of_its_field_alone(
    graph: Graph, depth: int
) -> None:
    first, second = graph.forge.world.photos["en-us"][:2]
    first["fields"] = msgspec.Raw(b"[" * depth + b"]" * depth)
    second["fields"] = msgspec.Raw(b"[" * 249 + b'{"a": "b"}' + b"]" * 249)

    deep, readable = (f'photo(slug: "{photo["slug"]}") {{ slug fields }}' for photo in (first, second))
    found = await graph.query(f"{{ deep: {deep} readable: {readable} }}")

    assert found.codes == [("UPSTREAM_BAD_RESPONSE", ("deep", "fields"))]
    assert found.errors[0]["extensions"]["provider"] == "FORGE"
    assert found.data["deep"] == {"slug": first["slug"], "fields": None}
    assert found.data["readable"]["fields"] == json.loads(b"[" * 249 + b'{"a": "b"}' + b"]" * 249)
