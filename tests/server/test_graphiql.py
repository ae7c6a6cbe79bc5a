"""The GraphiQL page and its files, asked for over a real socket."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from yarl import URL

import server.graphiql
from server.graphiql.bundle import LICENCES, read_bundle
from server.graphiql.page import Example, graphiql_headers, graphiql_page, graphiql_routes
from tests.browser.stub_graph import serve

FOLDER = Path(server.graphiql.__file__).parent
BUNDLE = read_bundle()
over_socket = pytest.mark.asyncio(loop_scope="module")

EXAMPLE = Example("One photo", "query One { photo { slug } }", {"first": 1})
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "woff2": "font/woff2",
}


class Elements(HTMLParser):
    """The page as a parser sees it: tags with attributes, and the text of each script."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data

    def links(self) -> list[str]:
        return [text for _, attrs in self.tags for name in ("src", "href") if (text := attrs.get(name))]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def files() -> AsyncIterator[str]:
    async with serve(Starlette(routes=graphiql_routes())) as origin:
        yield f"{origin}/graphiql/assets"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session:
        yield session


@over_socket
async def test_each_file_is_served_once_and_for_all_with_its_own_type(
    files: str, http: aiohttp.ClientSession
) -> None:
    for name in BUNDLE.manifest.files:
        async with http.get(f"{files}/{name}") as answer:
            assert answer.status == 200, name
            assert answer.headers["content-type"] == TYPES[name.rpartition(".")[2]]
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert await answer.read() == BUNDLE.assets[name].plain()


def test_the_name_of_each_file_changes_with_its_content() -> None:
    assert all(re.search(r"-[0-9A-Z]{8}\.[a-z0-9]+$", name) for name in BUNDLE.manifest.files)


@over_socket
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1, GZIP;q=0.5", "gzip"),
        ("*", "gzip"),
        ("identity, *;q=0", None),
        ("gzip;q=0, *", None),
        ("br", None),
        ("", None),
    ],
)
async def test_a_file_goes_out_packed_to_those_who_take_it_so(
    files: str, http: aiohttp.ClientSession, accepted: str, coding: str | None
) -> None:
    url = f"{files}/{BUNDLE.manifest.script}"
    async with http.get(url, headers={"accept-encoding": accepted}) as answer:
        body = await answer.read()
        assert answer.headers.get("content-encoding") == coding
        assert answer.headers["vary"] == "Accept-Encoding"
    content = gzip.decompress(body) if coding else body
    assert content == BUNDLE.assets[BUNDLE.manifest.script].plain()


@over_socket
async def test_the_licences_are_served_as_text_and_not_for_ever(
    files: str, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{files}/{LICENCES}") as answer:
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert await answer.read() == (FOLDER / "assets" / LICENCES).read_bytes()


@over_socket
@pytest.mark.parametrize(
    "name",
    [
        "",
        "absent.js",
        "manifest.json",
        "../page.py",
        "%2e%2e/page.py",
        "..%2fpage.py",
        "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "..%5cpage.py",
        "%00",
    ],
)
async def test_an_unknown_name_is_not_found_wherever_it_points(
    files: str, http: aiohttp.ClientSession, name: str
) -> None:
    async with http.get(URL(f"{files}/{name}", encoded=True)) as answer:
        assert answer.status == 404
        assert answer.headers["content-type"] == "application/json"
        assert json.loads(await answer.read()) == {"errors": [{"message": "GraphiQL has no such file."}]}


def test_the_page_names_files_that_exist_and_nothing_else() -> None:
    links = Elements(graphiql_page([EXAMPLE])).links()
    names = {link.removeprefix("graphiql/assets/") for link in links}
    assert {BUNDLE.manifest.script, BUNDLE.manifest.style, BUNDLE.manifest.icon} < names
    assert names <= set(BUNDLE.manifest.files)


def test_the_page_is_relative_so_that_it_works_behind_a_prefix() -> None:
    elements = Elements(graphiql_page([EXAMPLE]))
    assert not [link for link in elements.links() if link.startswith("/") or ":" in link]
    assert json.loads(elements.scripts[0])["endpoint"] == "graphql"


def test_the_page_holds_no_inline_script_and_no_inline_style() -> None:
    elements = Elements(graphiql_page([EXAMPLE]))
    for tag, attrs in elements.tags:
        assert tag not in {"style", "base", "iframe", "object"}
        assert not [name for name in attrs if name.startswith("on") or name == "style"]
        assert tag != "script" or attrs.get("src") or attrs.get("type") == "application/json"
    assert [text.strip() for text in elements.scripts[1:]] == [""]


def test_the_page_and_its_files_name_no_other_host_to_load_from() -> None:
    assert b"//" not in graphiql_page([EXAMPLE])
    styles = BUNDLE.assets[BUNDLE.manifest.style].plain().decode()
    assert "@import" not in styles
    places = re.findall(r"url\(\s*[\"']?([^\"')]+)", styles)
    assert {place for place in places if not place.startswith("data:")} <= {
        f"./{name}" for name in BUNDLE.manifest.files
    }
    for name in BUNDLE.manifest.files:
        if name.endswith(".js"):
            script = BUNDLE.assets[name].plain().decode()
            assert not re.search(r"""\b(import|from|importScripts)\s*\(?\s*["'`](https?:)?//""", script), name
            assert "sourceMappingURL" not in script


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_whatever_an_example_says_stays_inside_the_configuration(
    name: str, query: str, variables: dict[str, object]
) -> None:
    tricky = f"</script><!--<script>{query}"
    elements = Elements(graphiql_page([Example(name, tricky, variables)]))
    assert len(elements.scripts) == 2
    (example,) = json.loads(elements.scripts[0])["examples"]
    assert (example["name"], example["query"]) == (name, tricky)
    assert json.loads(example["variables"] or "{}") == variables


def test_the_policy_allows_this_origin_and_pictures_of_the_hosts_it_is_given() -> None:
    headers = graphiql_headers(["images.example.org", "*.example.net:8443", "https:"])
    assert headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self'",
        "img-src 'self' data: images.example.org *.example.net:8443 https:",
        "connect-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "host",
    ["", "*", "a b", "a;script-src *", "'unsafe-eval'", "data:", "ftp://a.org", "a.org/path", "a\r\nb"],
)
def test_an_image_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="image host"):
        graphiql_headers([host])


def test_each_bundled_package_has_its_licence_in_full() -> None:
    sections = re.split(r"^={100}\n", (FOLDER / "assets" / LICENCES).read_text(), flags=re.MULTILINE)[1:]
    texts = {
        re.sub(r" \(.*", "", line): text
        for names, text in zip(sections[::2], sections[1::2], strict=True)
        for line in names.splitlines()
    }
    assert sorted(texts) == sorted(BUNDLE.manifest.packages)
    assert {"graphiql 5.4.0", "monaco-editor 0.52.2", "react 19.3.1"} <= set(texts)
    for name, text in texts.items():
        assert re.search(r"copyright|creative commons", text, re.IGNORECASE), name
        assert len(text) > 500, name


def test_what_is_bundled_is_what_the_lock_says() -> None:
    lock = json.loads((FOLDER / "build" / "package-lock.json").read_text())
    locked = {
        f"{path.rpartition('node_modules/')[2]} {package['version']}"
        for path, package in lock["packages"].items()
        if path
    }
    assert set(BUNDLE.manifest.packages) <= locked
    wanted = lock["packages"][""]["dependencies"]
    assert {f"{name} {version}" for name, version in wanted.items()} <= set(BUNDLE.manifest.packages)


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((FOLDER / "build" / "package-lock.json").read_text())
    assert all(package.get("integrity") for path, package in lock["packages"].items() if path)
    assert not [path for path, package in lock["packages"].items() if "resolved" in package]
