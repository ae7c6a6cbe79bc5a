"""Drift: the known shapes are those of the printed payloads, and every change of an answer is told by its path."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from providers.emulation.faults import Fault, not_found, reset, unauthorized
from server.drift.differences import Difference, differences
from server.drift.report import Drift, as_json, examine, shipped_shapes, table
from server.drift.shapes import Unreadable, field, shape_of
from tests.graph import Graph
from tests.server.test_command_line import ended
from tests.shapes import PRINTED, documented, settings_for


async def drift_of(graph: Graph, **settings: str) -> Drift:
    return await examine(settings_for(graph, **settings), shipped_shapes())


def changes(drift: Drift) -> dict[str, list[tuple[str, str, str]]]:
    """List what has changed by route: what it is, where, and what came."""
    return {
        route.route: [(each.what, each.path, each.came) for each in route.differences]
        for provider in drift.providers
        for route in provider.routes
        if route.differences
    }


def found(known: object, came: object) -> list[Difference]:
    return differences(shape_of([known]), shape_of([came]))


async def test_the_shipped_shapes_are_those_of_the_printed_and_emulated_payloads(graph: Graph) -> None:
    assert shipped_shapes() == await documented(graph)


@pytest.mark.parametrize("route", PRINTED)
def test_a_printed_payload_differs_in_nothing_from_the_shipped_shape(route: str) -> None:
    (known,) = [routes[route] for routes in shipped_shapes().values() if route in routes]
    printed = shape_of(PRINTED[route], {path for path, each in known.items() if each.is_free})
    assert differences(known, printed) == []
    assert set(printed) <= set(known)
    assert all(each.kinds <= known[path].kinds for path, each in printed.items())


async def test_the_emulators_have_not_drifted(graph: Graph) -> None:
    drift = await drift_of(graph)
    assert changes(drift) == {}
    assert drift.exit_code == 0
    assert {route.state for each in drift.providers for route in each.routes} == {"same"}
    assert [len(each.routes) for each in drift.providers] == [3, 4, 2]


async def test_it_asks_each_list_once_and_every_other_route_for_each_item(graph: Graph) -> None:
    await drift_of(graph)
    assert graph.calls == {
        "GET /activities": 1,
        "GET /activities/{uuid}": 5,
        "GET /activities/{uuid}/media": 5,
        "GET /v2/products": 1,
        "GET /v2/products/{id}": 5,
        "GET /v1/products/{id}/pictures": 5,
        "GET /v0/products/{id}/videos": 5,
        "GET /v2/content/{culture}/photos": 1,
        "GET /v2/content/{culture}/photos/{slug}": 5,
    }


async def test_a_renamed_a_retyped_a_missing_and_a_new_field_are_told_by_their_paths(graph: Graph) -> None:
    for activity in graph.musement.world.activities.values():
        activity["coverImageUrl"] = activity.pop("cover_image_url", "https://x.test/")
        activity["latitude"] = "43.77"
        activity["reward_points"] = 12
    for pictures in graph.clubmed.world.pictures.values():
        for picture in pictures:
            picture["alt"] = {"text": "x"}
    drift = await drift_of(graph)
    expected = [
        ("renamed", "cover_image_url", "$.coverImageUrl"),
        ("retyped", "latitude", "string"),
        ("new", "reward_points", "number"),
    ]
    told = changes(drift)
    assert told["GET /activities/{uuid}"] == [(what, f"$.{path}", came) for what, path, came in expected]
    assert [(what, path) for what, path, _ in told["GET /activities"]] == [
        (what, f"$.data[].{path}") for what, path, _ in expected
    ]
    assert told["GET /v1/products/{id}/pictures"] == [("new", "$[].alt", "object")]
    assert len(told) == 3
    assert drift.exit_code == 1


async def test_a_field_that_every_object_had_and_none_has_is_missing(graph: Graph) -> None:
    for photo in graph.forge.world.photos["en-us"]:
        photo.pop("mimeType", None)
    drift = await drift_of(graph)
    assert changes(drift) == {
        "GET /v2/content/{culture}/photos/{slug}": [("missing", "$.mimeType", "nothing")]
    }


async def test_an_answer_that_the_graph_cannot_read_any_more_is_compared_all_the_same(graph: Graph) -> None:
    body = json.dumps({"uuid": {"value": 1}, "title": ["a"]}).encode()
    graph.musement.faults.add(
        Fault(status=200, body=body, content_type="application/json"), route="GET /activities/{uuid}"
    )
    drift = await drift_of(graph)
    told = {(what, path) for what, path, _ in changes(drift)["GET /activities/{uuid}"]}
    assert {("retyped", "$.uuid"), ("retyped", "$.title"), ("missing", "$.city")} <= told


async def test_a_provider_that_cannot_be_asked_ends_with_2_and_hides_no_drift(graph: Graph) -> None:
    graph.clubmed.faults.add(unauthorized())
    unasked = await drift_of(graph, CLUBMED_RETRIES="0")
    assert unasked.exit_code == 2
    states = {each.provider: {route.state for route in each.routes} for each in unasked.providers}
    assert states == {"MUSEMENT": {"same"}, "CLUB_MED": {"unasked"}, "FORGE": {"same"}}
    for gallery in graph.musement.world.media.values():
        for item in gallery:
            item["is_cover"] = "no"
    assert (await drift_of(graph, CLUBMED_RETRIES="0")).exit_code == 1


async def test_what_a_provider_does_not_have_is_no_drift(graph: Graph) -> None:
    graph.clubmed.faults.add(not_found(), route="GET /v0/products/{id}/videos")
    drift = await drift_of(graph)
    assert drift.exit_code == 0
    assert "nothing  CLUB_MED GET /v0/products/{id}/videos" in table(drift, settings_for(graph))


async def test_a_tenant_without_the_default_culture_is_asked_in_the_next_of_its_language(
    graph: Graph,
) -> None:
    drift = await drift_of(graph, LOCALE="fr-CA")
    assert drift.exit_code == 0
    cultures = [hit.raw_path.split("/")[3] for hit in graph.forge.hits.calls]
    assert cultures == ["fr-ca", *["fr-fr"] * 6]


async def test_no_credential_stands_in_what_is_printed(graph: Graph) -> None:
    planted = {"MUSEMENT_TOKEN": "planted-token", "CLUBMED_API_KEY": "planted-key"}
    for product in graph.clubmed.world.products["en-US"].values():
        product["planted-key"] = "planted-key"
    graph.forge.faults.add(reset())
    settings = settings_for(graph, **planted)
    drift = await examine(settings, shipped_shapes())
    assert drift.exit_code == 1
    for written in (table(drift, settings), as_json(drift, settings)):
        assert "planted" not in written
        assert "[secret]" in written


def test_a_name_of_a_provider_moves_no_cursor_and_ends_no_path() -> None:
    (difference,) = found({"a": 1}, {"a": 1, "\x1b[2J.b[]": 2})
    assert difference.path == r"$.'\x1b\x5b2J\x2eb\x5b]'"


@pytest.mark.parametrize(
    ("known", "came", "expected"),
    [
        ({"a": 1}, {"a": 1.5}, []),
        ({"a": 1}, {"a": None}, [("retyped", "$.a")]),
        ({"a": None}, {"a": {"b": 1}}, []),
        ({"a": []}, {"a": [{"b": 1}]}, []),
        ({"a": {}}, {"a": {"b": 1}}, []),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}, [("new", "$.a[].c")]),
        ({"a": [{"b": 1}]}, {"a": []}, []),
        ({"a": {"b": {"c": 1}}}, {"a": {}}, [("missing", "$.a.b")]),
        (
            {"image_url": "x", "title": "y"},
            {"imageUrl": "x", "name": 1},
            [("renamed", "$.image_url"), ("new", "$.name"), ("missing", "$.title")],
        ),
        ({"city": {"id": 1, "name": "x"}}, {"place": {"id": 1, "name": "x"}}, [("renamed", "$.city")]),
        ([1], {"a": 1}, [("retyped", "$")]),
    ],
)
def test_a_change_is_told_once_and_at_the_top(
    known: object, came: object, expected: list[tuple[str, str]]
) -> None:
    assert [(each.what, each.path) for each in found(known, came)] == expected


def test_a_shape_that_is_written_reads_the_same() -> None:
    for routes in shipped_shapes().values():
        for shape in routes.values():
            assert {path: field(each.written()) for path, each in shape.items()} == shape
    with pytest.raises(Unreadable, match="wanted kinds"):
        field("text")


async def test_the_command_prints_records_and_says_by_its_code_what_it_found(
    graph: Graph, tmp_path: Path
) -> None:
    def run(*arguments: str, **settings: str) -> Any:
        return ended("drift", *arguments, **settings)

    environ = {
        "MUSEMENT_URL": graph.musement.url,
        "MUSEMENT_APPLICATION": "tests",
        "SANDBOX": "false",
    }
    record = tmp_path / "shapes.json"
    same = await asyncio.to_thread(run, "--record", str(record), **environ)
    assert (same.returncode, same.stderr) == (0, "")
    assert "same     MUSEMENT GET /activities/{uuid}: as known, 5 answers" in same.stdout
    assert "off      CLUB_MED is not configured: set MEDIAGRAPH_CLUBMED_API_KEY" in same.stdout
    recorded = msgspec.json.decode(record.read_bytes())
    assert list(recorded) == ["MUSEMENT"]
    del recorded["MUSEMENT"]["GET /activities/{uuid}/media"]["$[].is_cover"]
    record.write_bytes(msgspec.json.encode(recorded))
    changed = await asyncio.to_thread(run, "--against", str(record), "--json", **environ)
    assert changed.returncode == 1
    assert json.loads(changed.stdout)["verdict"] == "drift"
    media = json.loads(changed.stdout)["providers"][0]["routes"][2]
    assert media["differences"] == [
        {"what": "new", "path": "$[].is_cover", "known": "nothing", "came": "boolean"}
    ]
    record.write_text("{}nonsense", encoding="utf-8")
    bad = await asyncio.to_thread(run, "--against", str(record), **environ)
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)
    assert (await asyncio.to_thread(run, SANDBOX="false")).returncode == 2
