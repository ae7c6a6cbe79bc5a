"""The gallery page in a browser, over a real graph whose providers are held, stopped and restarted."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from providers.emulation.emulator import Emulator
from providers.emulation.faults import held, server_error
from tests.browser.chromium import Devtools, Tab
from tests.browser.gallery import (
    AXE,
    CARDS,
    FOLDER,
    PAGE_SIZE,
    Gallery,
    build,
    click,
    links,
    requests,
    served,
    serving_pictures,
    titles,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FIRST_PAGE_CALLS = {
    "GET /activities/{uuid}": 1,
    "GET /v2/products/{id}": 1,
    "GET /v1/products/{id}/pictures": 1,
    "GET /v0/products/{id}/videos": 1,
    "GET /v2/content/{culture}/photos": 1,
}
NOTICES = "[...document.querySelectorAll('.notice')].map((each) => each.textContent)"
# A picture that is not near the window is not loaded yet, on purpose.
NEAR_PICTURES = "[...document.images].filter((each) => each.getBoundingClientRect().top < innerHeight)"
TO_THE_END = "scrollTo(0, document.documentElement.scrollHeight)"
# Each frame tells observers once what has come into view.
UP_AND_DOWN = f"""(async () => {{
    const frame = () => new Promise(requestAnimationFrame);
    scrollTo(0, 0);
    for (const each of [1, 2, 3]) await frame();
    {TO_THE_END};
    for (const each of [1, 2, 3]) await frame();
}})()"""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return await build(FOLDER, tmp_path_factory.mktemp("gallery"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pictures() -> AsyncIterator[str]:
    async with serving_pictures() as origin:
        yield origin


@pytest_asyncio.fixture(loop_scope="session")
async def gallery(built: Path, pictures: str) -> AsyncIterator[Gallery]:
    async with served(built, pictures) as running:
        yield running


def emulator(gallery: Gallery, name: str) -> Emulator:
    emulators: dict[str, Emulator] = {
        "Musement": gallery.graph.musement,
        "Club Med": gallery.graph.clubmed,
        "Forge": gallery.graph.forge,
    }
    return emulators[name]


async def photos(gallery: Gallery, tags: str = "[]", language: str = "en-US") -> list[str]:
    """Ask the graph itself for the titles of all photos with some tags."""
    text = f"{{ photos(filter: {{ tags: {{ neutralSlug: {tags} }} }}, first: 500) {{ nodes {{ title }} }} }}"
    reply = await gallery.graph.query(text, accept_language=language)
    return [node["title"] for node in reply.data["photos"]["nodes"]]


async def top_of(tab: Tab, selector: str) -> float:
    top: float = await tab.evaluate(
        f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().top"
    )
    return top


async def test_three_providers_stand_on_one_page_and_their_pictures_load(
    chromium: Devtools, gallery: Gallery
) -> None:
    async with chromium.tab() as tab:
        await gallery.open(tab)
        await tab.wait_for(f"{NEAR_PICTURES}.every((each) => each.naturalWidth > 0)")
        assert await tab.evaluate(f"{NEAR_PICTURES}.length") > 0
        assert await tab.evaluate("[...document.querySelectorAll('h2')].map((each) => each.textContent)") == [
            "Guided visit of Brunelleschi's Dome",
            "Arve Balcony",
            "From our photographers",
        ]
        assert await tab.evaluate("document.querySelectorAll('.mosaic img').length") == 5
        await tab.wait_for("document.querySelector('video').readyState > 0")
        assert await titles(tab) == (await photos(gallery))[:PAGE_SIZE]
        assert requests(tab) == 2
        assert await tab.evaluate(NOTICES) == []
        assert tab.problems == []


async def test_the_first_view_costs_five_calls(chromium: Devtools, gallery: Gallery) -> None:
    async with chromium.tab() as tab:
        await gallery.open(tab)
        assert gallery.graph.calls == FIRST_PAGE_CALLS


@pytest.mark.parametrize(("width", "widest"), [(1440, 416), (390, 208)])
async def test_the_browser_takes_the_rendition_that_fits(
    chromium: Devtools, gallery: Gallery, width: int, widest: int
) -> None:
    async with chromium.tab(size=(width, 900)) as tab:
        await gallery.open(tab)
        await tab.evaluate("document.querySelector('.card img').scrollIntoView()")
        first = "document.querySelector('.card img')"
        await tab.wait_for(f"{first}.currentSrc")
        assert f"w_{widest}," in await tab.evaluate(f"{first}.currentSrc")
        assert await tab.evaluate(f"{first}.clientWidth") <= widest
        # Club Med's host cannot resize: there is no choice, and none is pretended.
        assert await tab.evaluate("document.querySelector('.mosaic img').srcset") == ""
        assert await tab.evaluate("document.documentElement.scrollWidth") <= width


async def test_each_page_is_asked_for_once_when_its_place_comes_near(
    chromium: Devtools, gallery: Gallery
) -> None:
    expected = await photos(gallery, '["rome"]')
    assert 2 * PAGE_SIZE < len(expected) < 3 * PAGE_SIZE
    async with chromium.tab() as tab:
        await gallery.open(tab, "?tag=rome")
        gallery.graph.forget_calls()
        for number in (2, 3):
            shown = min(number * PAGE_SIZE, len(expected))
            await tab.evaluate(TO_THE_END)
            last = f".grid > li:nth-child({(number - 1) * PAGE_SIZE})"
            before = await top_of(tab, last)
            await tab.wait_for(f"{CARDS}.length === {shown}")
            assert await top_of(tab, last) == before
            assert requests(tab) == 1 + number
        await tab.wait_for("document.querySelector('.end').textContent.includes('That was all')")
        assert await titles(tab) == expected
        assert len(set(await links(tab))) == len(expected)
        assert gallery.graph.calls == {"GET /v2/content/{culture}/photos": 2}
        assert requests(tab) == 4


async def test_a_page_that_is_on_its_way_is_not_asked_for_again(chromium: Devtools, gallery: Gallery) -> None:
    async with chromium.tab() as tab:
        await gallery.open(tab)
        gallery.graph.forge.faults.add(held())
        await tab.evaluate(TO_THE_END)
        await tab.wait_for("document.querySelector('.end button[aria-disabled=true]')")
        await tab.evaluate(UP_AND_DOWN)
        await click(tab, "Loading…")
        gallery.graph.forge.faults.release()
        await tab.wait_for(f"{CARDS}.length === {2 * PAGE_SIZE}")
        assert requests(tab) == 3


async def test_a_keyboard_brings_the_next_page_where_nothing_watches_the_scrolling(
    chromium: Devtools, gallery: Gallery
) -> None:
    blind = "window.IntersectionObserver = class { observe() {} disconnect() {} };"
    async with chromium.tab() as tab:
        await tab.send("Page.addScriptToEvaluateOnNewDocument", source=blind)
        await gallery.open(tab)
        await tab.evaluate(f"{CARDS}[{PAGE_SIZE - 1}].querySelector('a').focus()")
        await tab.press("Tab")
        await tab.press("Enter")
        await tab.wait_for(f"{CARDS}.length === {2 * PAGE_SIZE}")
        assert requests(tab) == 3


async def test_the_page_stands_before_its_slow_provider_answers(chromium: Devtools, gallery: Gallery) -> None:
    gallery.graph.clubmed.faults.add(held())
    async with chromium.tab() as tab:
        await tab.open(gallery.origin)
        await tab.wait_for(f"document.querySelector('.hero h2') && {CARDS}.length === {PAGE_SIZE}")
        assert await tab.evaluate("document.querySelector('.resort').matches('.waiting')")
        place = await top_of(tab, ".grid")
        gallery.graph.clubmed.faults.release()
        await tab.wait_for(
            "document.querySelector('.resort:not(.waiting) h2')?.textContent === 'Arve Balcony'"
        )
        # What was held back has kept its place: nothing below it jumps.
        assert abs(await top_of(tab, ".grid") - place) < 30
        assert requests(tab) == 2
        assert tab.problems == []


@pytest.mark.parametrize(
    ("name", "gone"),
    [("Musement", ".hero h2"), ("Club Med", ".resort h2"), ("Forge", ".card")],
)
async def test_a_provider_that_is_down_is_named_the_others_stand_and_it_can_be_tried_again(
    chromium: Devtools, gallery: Gallery, name: str, gone: str
) -> None:
    there = {".hero h2", ".resort h2", ".card"} - {gone}
    await emulator(gallery, name).stop()
    async with chromium.tab() as tab:
        await tab.open(gallery.origin)
        await tab.wait_for(f"{NOTICES}.length")
        for selector in there:
            await tab.wait_for(f"document.querySelector('{selector}')?.textContent.length > 3")
        [notice] = await tab.evaluate(NOTICES)
        assert notice.startswith(f"{name} does not answer at the moment.UPSTREAM_UNAVAILABLE · ")
        assert not await tab.evaluate(f"!!document.querySelector('{gone}')")
        assert requests(tab) == 2
        await emulator(gallery, name).restart()
        await click(tab, "Try again")
        await tab.wait_for(f"document.querySelector('{gone}') && !{NOTICES}.length")
        assert requests(tab) == 3
        assert tab.problems == []


async def test_a_part_of_the_resort_that_fails_leaves_the_rest_of_it(
    chromium: Devtools, gallery: Gallery
) -> None:
    gallery.graph.clubmed.faults.add(server_error(), route="GET /v0/products/{id}/videos")
    async with chromium.tab() as tab:
        await gallery.open(tab)
        [notice] = await tab.evaluate(NOTICES)
        assert notice.startswith("Club Med does not answer at the moment.")
        assert await tab.evaluate("document.querySelectorAll('.mosaic img').length") == 5
        assert not await tab.evaluate("!!document.querySelector('video')")


async def test_a_next_page_that_fails_keeps_what_is_there_and_can_be_tried_again(
    chromium: Devtools, gallery: Gallery
) -> None:
    async with chromium.tab() as tab:
        await gallery.open(tab)
        gallery.graph.forge.faults.add(server_error(), times=1)
        await tab.evaluate(TO_THE_END)
        await tab.wait_for(f"{NOTICES}.length === 1")
        assert (await tab.evaluate(NOTICES))[0].startswith("Forge does not answer at the moment.")
        assert len(await titles(tab)) == PAGE_SIZE
        # It is for the person to try again: a page that asks on by itself would never let go of the provider.
        await tab.evaluate(UP_AND_DOWN)
        assert requests(tab) == 3
        await click(tab, "Try again")
        await tab.wait_for(f"{CARDS}.length === {2 * PAGE_SIZE} && !{NOTICES}.length")
        assert len(set(await links(tab))) == 2 * PAGE_SIZE
        assert requests(tab) == 4


async def test_a_graph_that_is_gone_is_told_in_each_part(chromium: Devtools, gallery: Gallery) -> None:
    async with chromium.tab() as tab:
        await tab.send("Network.setBlockedURLs", urls=["*/graphql"])
        await tab.open(gallery.origin)
        await tab.wait_for(f"{NOTICES}.length === 3")
        assert set(await tab.evaluate(NOTICES)) == {
            "The page could not be loaded. Is there a connection?NO_ANSWERTry again"
        }


async def test_tags_narrow_the_photos_down_and_the_way_back_costs_nothing(
    chromium: Devtools, gallery: Gallery
) -> None:
    async with chromium.tab() as tab:
        await gallery.open(tab)
        everything = await titles(tab)
        await click(tab, "Food")
        food = (await photos(gallery, '["food"]'))[:PAGE_SIZE]
        await tab.wait_for(f"{CARDS}.length === {PAGE_SIZE} && location.search.includes('tag=food')")
        assert await titles(tab) == food
        await click(tab, "People")
        both = (await photos(gallery, '["food", "people"]'))[:PAGE_SIZE]
        await tab.wait_for(f"{CARDS}.length === {len(both)} && location.search.includes('tag=people')")
        assert await titles(tab) == both
        pressed = (
            "[...document.querySelectorAll('.chips [aria-pressed=true]')].map((each) => each.textContent)"
        )
        assert await tab.evaluate(pressed) == ["Food", "People"]
        assert requests(tab) == 4
        await tab.evaluate("history.go(-2)")
        await tab.wait_for("location.search === ''")
        await tab.wait_for(f"{pressed}.join() === 'All photos'")
        assert await titles(tab) == everything
        assert requests(tab) == 4


async def test_the_language_is_sent_as_accept_language_and_everything_follows_it(
    chromium: Devtools, gallery: Gallery
) -> None:
    async with chromium.tab() as tab:
        await gallery.open(tab)
        gallery.graph.forget_calls()
        await click(tab, "Français")
        await tab.wait_for("document.querySelector('.hero h2')?.textContent.startsWith('Visite guidée')")
        await tab.wait_for(f"{CARDS}.length && document.querySelector('.resort:not(.waiting)')")
        assert await titles(tab) == (await photos(gallery, language="fr-FR"))[:PAGE_SIZE]
        assert await tab.evaluate("document.documentElement.lang") == "fr-FR"
        assert "neige" in await tab.evaluate("document.querySelector('.resort-text').textContent")
        assert await tab.evaluate("document.querySelector('#photos').textContent") == "Par nos photographes"
        assert requests(tab) == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_barrier(chromium: Devtools, gallery: Gallery, scheme: str) -> None:
    await gallery.graph.musement.stop()
    async with chromium.tab(scheme=scheme) as tab:
        await gallery.open(tab)
        await tab.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        found = await tab.evaluate("axe.run().then(({ violations }) => violations)")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


async def test_nothing_moves_for_those_who_want_no_motion(chromium: Devtools, gallery: Gallery) -> None:
    gallery.graph.clubmed.faults.add(held())
    async with chromium.tab() as tab:
        moving = "document.getAnimations().length"
        await tab.open(gallery.origin)
        await tab.wait_for("document.querySelector('.waiting')")
        assert await tab.evaluate(moving) > 0
        await tab.send(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}]
        )
        await tab.wait_for(f"{moving} === 0")
        assert await tab.evaluate("!!document.querySelector('.waiting .tile')")
        gallery.graph.clubmed.faults.release()
