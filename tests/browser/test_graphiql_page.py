"""GraphiQL as a person meets it.

The first tests hold for every server of the graph: with ``MEDIAGRAPH_BROWSER_URL`` set to an origin they also
run against the server there. ``MEDIAGRAPH_BROWSER_SHOTS`` names a folder that keeps the screenshots.
"""

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.graphiql.page import graphiql_headers, graphiql_page
from tests.browser.chromium import PATIENCE_S, Devtools, Json, Tab
from tests.browser.stub_graph import DEFERRED_TITLE, StubGraph, serve

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_REAL_ORIGIN = os.environ.get("MEDIAGRAPH_BROWSER_URL", "").rstrip("/")
_READY = """document.querySelector('.graphiql-query-editor .view-lines')
    && document.querySelector('.result-window .view-lines')
    && !document.querySelector('.graphiql-spin')"""
_RUN = ".graphiql-execute-button"


def text_of(file: str) -> str:
    """Answer an expression for what an editor holds: ``operation.graphql``, ``response.json`` and so on."""
    return (
        f"__MONACO.editor.getModels().find(({{ uri }}) => uri.path.endsWith({json.dumps(file)})).getValue()"
    )


def texts_of(selector: str) -> str:
    return f"[...document.querySelectorAll({json.dumps(selector)})].map(({{ textContent: text }}) => text)"


@asynccontextmanager
async def opened(chromium: Devtools, url: str, scheme: str = "light") -> AsyncIterator[Tab]:
    async with chromium.tab(scheme=scheme) as tab:
        await tab.open(url)
        await tab.wait_for(_READY)
        yield tab


async def click_into(tab: Tab, area: str, file: str) -> None:
    """Click into an editor until it takes keys: the first click may find one that is shown and not yet laid out."""
    takes_keys = (
        "__MONACO.editor.getEditors()"
        f".some((editor) => editor.getModel()?.uri.path.endsWith({json.dumps(file)}) && editor.hasTextFocus())"
    )
    async with asyncio.timeout(PATIENCE_S):
        while not await tab.evaluate(takes_keys):
            await tab.click(f"{area} .view-lines")


async def type_operation(tab: Tab, text: str) -> None:
    """Type into the editor of a new tab, and wait until GraphiQL has read it."""
    await tab.click('[aria-label="New tab"]')
    await tab.wait_for(f"{text_of('operation.graphql')} === ''")
    await click_into(tab, ".graphiql-query-editor", "operation.graphql")
    await tab.type(text)


async def run(tab: Tab, expected: str) -> Json:
    await tab.press("Enter", ctrl=True)
    await tab.wait_for(f"{text_of('response.json')}.includes({json.dumps(expected)})")
    answer: Json = json.loads(await tab.evaluate(text_of("response.json")))
    return answer


async def keep_screenshot(tab: Tab, name: str, folder: Path) -> Path:
    path = Path(os.environ.get("MEDIAGRAPH_BROWSER_SHOTS", folder)) / f"{name}.png"
    await tab.screenshot(path)
    return path


def assert_flawless(tab: Tab, url: str) -> None:
    origin = "/".join(url.split("/")[:3]) + "/"
    assert tab.problems == []
    assert [other for other in tab.urls if not other.startswith((origin, "data:", "about:"))] == []


@pytest_asyncio.fixture(loop_scope="session")
async def stub() -> AsyncIterator[StubGraph]:
    graph = StubGraph()
    async with serve(graph.app) as origin:
        graph.url = f"{origin}/graphql"
        yield graph


@pytest_asyncio.fixture(
    loop_scope="session", params=["", "/behind/a/prefix", *([_REAL_ORIGIN] if _REAL_ORIGIN else [])]
)
async def any_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    if request.param and request.param == _REAL_ORIGIN:
        yield f"{_REAL_ORIGIN}/graphql"
        return
    async with serve(StubGraph(request.param).app) as origin:
        yield f"{origin}{request.param}/graphql"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_query_is_completed_while_typed_then_run_and_answered(
    chromium: Devtools, any_url: str, scheme: str, tmp_path: Path
) -> None:
    async with opened(chromium, any_url, scheme) as tab:
        assert await tab.evaluate("document.title") == "mediagraph"
        await type_operation(tab, "query Typed { pho")
        await tab.wait_for(f"{texts_of('.suggest-widget.visible .label-name')}.includes('photos')")
        await keep_screenshot(tab, f"completion-{scheme}", tmp_path)
        await tab.type("tos(first: 2) { nodes { slug } } }")
        answer = await run(tab, '"slug"')
        assert len(answer["data"]["photos"]["nodes"]) == 2
        shot = await keep_screenshot(tab, f"answer-{scheme}", tmp_path)
        shades = Image.open(io.BytesIO(shot.read_bytes())).convert("L").histogram()
        assert sum(1 for count in shades if count) > 100
        background = shades.index(max(shades))
        assert background < 70 if scheme == "dark" else background > 230
        assert_flawless(tab, any_url)


async def test_the_schema_is_explained_beside_the_editor(chromium: Devtools, any_url: str) -> None:
    async with opened(chromium, any_url) as tab:
        await tab.click('[aria-label="Show Documentation Explorer"]')
        await tab.wait_for(f"{texts_of('.graphiql-doc-explorer-type-name')}.includes('Query')")
        await tab.click('[aria-label="Show GraphiQL Explorer"]')
        await tab.wait_for(f"{texts_of('.graphiql-explorer-node')}.some((text) => text.includes('photos'))")
        assert_flawless(tab, any_url)


async def test_a_wrong_field_is_marked_before_it_is_sent(chromium: Devtools, any_url: str) -> None:
    async with opened(chromium, any_url) as tab:
        await type_operation(tab, "{ photoz { slug } }")
        await tab.wait_for("document.querySelector('.graphiql-query-editor .squiggly-error')")
        assert_flawless(tab, any_url)


async def test_the_examples_are_tabs_and_entries_of_the_side_panel(
    chromium: Devtools, stub: StubGraph
) -> None:
    async with opened(chromium, stub.url) as tab:
        titles = texts_of(".graphiql-tab-button")
        assert await tab.evaluate(titles) == ["Photos", "OnePhoto"]
        assert json.loads(await tab.evaluate(text_of("variables.json"))) == {"first": 5}
        assert await tab.evaluate(texts_of(".mg-examples li")) == [
            "Photos, newest first",
            "One photo by its slug",
        ]
        await tab.click(".mg-examples li:last-child button")
        await tab.wait_for(f"{text_of('operation.graphql')}.includes('OnePhoto')")
        assert (await run(tab, "Title of photo-1"))["data"] == {"photo": {"title": "Title of photo-1"}}
        await tab.click(".mg-examples li:first-child button")
        await tab.click(".graphiql-tab-active .graphiql-tab-close")
        await tab.wait_for(f"{titles}.length === 1")
        await tab.click(".mg-examples li:first-child button")
        await tab.wait_for(f"{titles}.join() === 'OnePhoto,Photos'")
        await tab.wait_for(f"{text_of('variables.json')}.includes('first')")
        assert_flawless(tab, stub.url)


async def test_a_page_without_examples_and_receipts_offers_neither(chromium: Devtools) -> None:
    graph = StubGraph(examples=[], explain=False)
    async with serve(graph.app) as origin, opened(chromium, f"{origin}/graphql") as tab:
        assert "Welcome to GraphiQL" in await tab.evaluate(text_of("operation.graphql"))
        assert await tab.evaluate(texts_of(".mg-examples, .mg-explain")) == []
        await type_operation(tab, "{ photos { nodes { slug } } }")
        await run(tab, "photo-3")
        assert "x-mediagraph-explain" not in graph.headers[-1]
        assert_flawless(tab, origin)


async def test_an_answer_shows_its_receipt_while_the_toggle_asks_for_it(
    chromium: Devtools, stub: StubGraph, tmp_path: Path
) -> None:
    async with opened(chromium, stub.url) as tab:
        await run(tab, '"upstream"')
        await tab.wait_for("document.querySelector('.mg-receipt')")
        assert stub.headers[-1]["x-mediagraph-explain"] == "1"
        assert await tab.evaluate(texts_of('[aria-label="Upstream"] .mg-summary')) == [
            "2 calls · 21.7 ms · 2 saved by merging · 1 saved by the cache"
        ]
        assert await tab.evaluate(texts_of(".mg-receipt tbody td")) == [
            "FORGEGET /v2/content/{culture}/photos",
            "0\N{EN DASH}40 · 1 key",
            "MISS 2 attempts",
            "21.3",
            "MUSEMENTGET /activities/{uuid}",
            "3 keys",
            "STALE 75 s old",
            "0.1",
        ]
        await keep_screenshot(tab, "receipt", tmp_path)
        await tab.click(".mg-explain[aria-pressed=true]")
        await tab.click(_RUN)
        await tab.wait_for("!document.querySelector('.mg-receipt')")
        assert "x-mediagraph-explain" not in stub.headers[-1]
        assert_flawless(tab, stub.url)


async def test_headers_are_sent_as_typed_and_a_prediction_is_shown_as_one(
    chromium: Devtools, stub: StubGraph
) -> None:
    async with opened(chromium, stub.url) as tab:
        await tab.click('[data-name="headers"]')
        await click_into(tab, '[aria-label="Headers"] .graphiql-editor:not(.hidden)', "headers.json")
        await tab.type('{"X-Mediagraph-Explain": "dry"}')
        await tab.wait_for(f"{text_of('headers.json')}.includes('dry')")
        await tab.click(_RUN)
        await tab.wait_for("document.querySelector('.mg-receipt')")
        assert stub.headers[-1]["x-mediagraph-explain"] == "dry"
        assert await tab.evaluate(texts_of('[aria-label="Upstream"] .mg-summary')) == [
            "1 call predicted · 21.7 ms"
        ]
        assert await tab.evaluate(texts_of(".mg-receipt tbody td:nth-child(3)")) == [
            "MISS 2 attempts, at most"
        ]


async def test_the_pictures_of_an_answer_are_shown_up_to_a_number(
    chromium: Devtools, stub: StubGraph
) -> None:
    async with opened(chromium, stub.url) as tab:
        await type_operation(
            tab, "{ photos(first: 30) { nodes { title image { small: url templateUrl } } } }"
        )
        await run(tab, "photo-30")
        await tab.wait_for("document.querySelector('.mg-thumbnail img')?.naturalWidth === 60")
        await tab.wait_for(f"{texts_of('.mg-size')}[0] === '60 \N{MULTIPLICATION SIGN} 40'")
        assert await tab.evaluate(texts_of('[aria-label="Images"] .mg-summary')) == ["30"]
        assert await tab.evaluate("document.querySelectorAll('.mg-thumbnail').length") == 24
        assert await tab.evaluate(texts_of(".mg-more")) == ["+6 more"]
        assert (await tab.evaluate(texts_of(".mg-caption")))[:2] == ["Title of photo-1", "Title of photo-2"]
        await tab.click('[aria-label="Images"] .mg-heading')
        await tab.wait_for("!document.querySelector('.mg-gallery')")
        assert_flawless(tab, stub.url)


async def test_a_picture_of_another_host_is_not_asked_for_and_said_so(
    chromium: Devtools, stub: StubGraph
) -> None:
    async with opened(chromium, stub.url) as tab:
        await type_operation(tab, "{ photos(where: ELSEWHERE) { nodes { slug image { url } } } }")
        await run(tab, "foreign.jpg")
        await tab.wait_for("document.querySelector('.mg-unshown')")
        assert await tab.evaluate(texts_of(".mg-unshown")) == ["not shown herepictures.example.org"]
        assert tab.problems
        assert all("img-src" in problem for problem in tab.problems)


async def test_parts_that_come_later_are_merged_into_the_answer(chromium: Devtools, stub: StubGraph) -> None:
    async with opened(chromium, stub.url) as tab:
        await type_operation(tab, '{ photo(slug: "photo-1") { slug ... @defer { title } } }')
        answer = await run(tab, DEFERRED_TITLE)
        assert answer["data"] == {"photo": {"slug": "photo-1", "title": DEFERRED_TITLE}}


async def test_prettify_lays_out_query_and_variables_and_keeps_comments(
    chromium: Devtools, stub: StubGraph
) -> None:
    async with opened(chromium, stub.url) as tab:
        await type_operation(tab, "query Ugly($first:Int){photos(first:$first){nodes{slug}}} # kept")
        await click_into(tab, '[aria-label="Variables"] .graphiql-editor:not(.hidden)', "variables.json")
        await tab.type('{"first":1, "note":"a,b"}')
        await tab.click('[aria-label^="Prettify"]')
        await tab.wait_for(f"{text_of('operation.graphql')}.includes('\\n')")
        assert await tab.evaluate(text_of("operation.graphql")) == (
            "query Ugly($first: Int) {\n  photos(first: $first) {\n    nodes {\n      slug\n    }\n  }\n}"
            " # kept\n"
        )
        assert await tab.evaluate(text_of("variables.json")) == '{\n  "first": 1,\n  "note": "a,b"\n}'
        assert_flawless(tab, stub.url)


async def test_tabs_are_there_again_after_a_reload_under_a_name_of_their_own(
    chromium: Devtools, stub: StubGraph
) -> None:
    async with opened(chromium, stub.url) as tab:
        await type_operation(tab, "query Kept { photos { nodes { slug } } }")
        await tab.wait_for("localStorage.getItem('mediagraph:graphiql:tabState')?.includes('Kept')")
        assert await tab.evaluate("Object.keys(localStorage).every((name) => name.startsWith('mediagraph:'))")
        await tab.open(stub.url)
        await tab.wait_for(_READY)
        assert await tab.evaluate(texts_of(".graphiql-tab-button")) == ["Photos", "OnePhoto", "Kept"]
        assert "Kept" in await tab.evaluate(text_of("operation.graphql"))


async def test_a_link_brings_its_query_and_does_not_run_it(chromium: Devtools, stub: StubGraph) -> None:
    link = f"{stub.url}?query=query%20Linked%20%7B%20__typename%20%7D&variables=%7B%22a%22%3A1%7D"
    async with opened(chromium, link) as tab:
        assert await tab.evaluate(text_of("operation.graphql")) == "query Linked { __typename }"
        assert await tab.evaluate(text_of("variables.json")) == '{"a":1}'
        assert await tab.evaluate(texts_of(".graphiql-tab-button")) == ["Linked", "Photos", "OnePhoto"]
        assert stub.headers == []


async def test_a_page_without_its_files_has_problems_that_a_test_sees(chromium: Devtools) -> None:
    async def page(_request: Request) -> Response:
        return Response(graphiql_page([]), headers=graphiql_headers([]))

    async with serve(Starlette(routes=[Route("/graphql", page)])) as origin, chromium.tab() as tab:
        await tab.open(f"{origin}/graphql")
        await tab.wait_for("document.readyState === 'complete'")
        with pytest.raises(AssertionError):
            assert_flawless(tab, f"{origin}/graphql")
