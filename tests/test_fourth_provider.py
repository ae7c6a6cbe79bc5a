"""A fourth provider is a folder, a field in the registry, and its settings: what it gets without asking, what binds it.

The toy provider of ``tests/postcards`` runs here on the shared client, settings, emulation, loaders and context. In a
copy of the tree it then stands where a real one would, and the rules find it by themselves.
"""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
import strawberry

from providers.auth import StaticHeaders
from providers.client import CallPolicy, ProviderClient
from providers.emulation.faults import Fault, forbidden, reset, truncated, unavailable
from providers.errors import (
    Forbidden,
    ProviderError,
    UpstreamBadResponse,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from providers.records import Answer, Image, Owner, Provider, Transform
from providers.registry import Providers
from providers.transport import SessionTransport
from resolvers.context import Context, GraphRules
from resolvers.safe_loader import SafeLoader
from schema.fields import argument, field, record_is
from server.settings import load_settings
from server.settings_kinds import URL
from server.settings_providers import ProviderSettings
from server.settings_reading import SettingsError, read_group
from server.wiring import build_providers, graph_rules
from tests.postcards.client import PostcardsClient
from tests.postcards.emulator import PostcardsEmulator, create_emulator
from tests.postcards.images import PostcardsImages
from tests.postcards.records import Card
from tests.providers.calls import client_of, scope_of

ROOT = Path(__file__).parents[1]
# The enum is part of the public schema, so that its fourth member belongs to the commit that gives the graph its
# fields; until then the toy's errors go by another one's name.
STAND_IN = Provider.CLUB_MED


class PostcardsSettings(ProviderSettings, frozen=True, kw_only=True):
    """All that a provider has, and a URL."""

    url: Annotated[str, URL, "base URL"] = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The URL is what it cannot do without."""
        return () if self.url else ("MEDIAGRAPH_POSTCARDS_URL",)


class MoreProviders(Providers, frozen=True, kw_only=True):
    """The registry with one field more."""

    postcards: PostcardsClient


@pytest.fixture
async def emulator() -> AsyncIterator[PostcardsEmulator]:
    made = create_emulator("https://cards.test")
    await made.start()
    yield made
    await made.stop()


async def test_many_keys_in_and_a_mapping_of_records_out(emulator: PostcardsEmulator) -> None:
    async with client_of(STAND_IN, emulator.url) as client:
        found = await PostcardsClient(client).cards(["rome", "plain", "none", "rome"], scope_of())
    cards = {code: answer.value for code, answer in found.items() if isinstance(answer, Answer)}
    assert list(cards) == ["rome", "plain", "none"]
    rome, plain = cards["rome"], cards["plain"]
    assert rome is not None
    assert plain is not None
    assert (rome.title, rome.picture_url) == ("Rome", "https://cards.test/rome.jpg")
    assert (plain.title, plain.picture_url, cards["none"]) == (None, None, None)
    assert emulator.hits.by_route() == {"GET /cards/{code}": 3}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (unavailable(), UpstreamUnavailable),
        (reset(), UpstreamUnavailable),
        (forbidden(), Forbidden),
        (truncated(), UpstreamBadResponse),
        (Fault(hold=True), UpstreamTimeout),
    ],
)
async def test_faults_and_their_reasons_come_with_the_shared_parts(
    emulator: PostcardsEmulator, fault: Fault, reason: type[ProviderError]
) -> None:
    emulator.faults.add(fault)
    async with client_of(STAND_IN, emulator.url, policy=CallPolicy(timeout_s=0.1)) as client:
        found = await PostcardsClient(client).cards(["rome"], scope_of())
    assert type(found["rome"]) is reason


def test_its_settings_are_read_by_name_with_those_that_every_provider_has() -> None:
    environ = {"MEDIAGRAPH_POSTCARDS_URL": "https://cards.test", "MEDIAGRAPH_POSTCARDS_TIMEOUT_S": "1.5"}
    settings = read_group(PostcardsSettings, "POSTCARDS_", environ)
    assert (settings.url, settings.timeout_s, settings.concurrency) == ("https://cards.test", 1.5, 64)
    assert settings.missing == ()
    assert read_group(PostcardsSettings, "POSTCARDS_", {}).missing == ("MEDIAGRAPH_POSTCARDS_URL",)
    with pytest.raises(SettingsError, match="MEDIAGRAPH_POSTCARDS_TIMEOUT_S"):
        read_group(PostcardsSettings, "POSTCARDS_", {"MEDIAGRAPH_POSTCARDS_TIMEOUT_S": "soon"})


@strawberry.type(name="Card")
class CardType:
    """A card, as a declaration over its record."""

    is_type_of = record_is(Card)

    code: strawberry.ID = field("The card's key.")
    title: str | None = field("What stands on it.")


class CardContext(Context):
    """A request's context with one loader more."""

    def __init__(self, providers: MoreProviders, rules: GraphRules) -> None:
        super().__init__(providers, rules, scope_of(), "en-US")

        async def cards(codes: list[str]) -> dict[str, Answer[Card] | Exception]:
            return dict(await providers.postcards.cards(codes, self.scope))

        self.card: SafeLoader[str, Answer[Card]] = SafeLoader(cards)


async def card(info: strawberry.Info[CardContext, None], code: str) -> Card | None:
    """Find a card."""
    return (await info.context.card.load(code)).value


@strawberry.type
class Query:
    card: CardType | None = field("A card.", card, (argument("code", strawberry.ID, "Its key."),))


async def test_one_field_in_the_registry_a_type_and_a_resolver_answer_a_query(
    emulator: PostcardsEmulator,
) -> None:
    settings = load_settings({"MEDIAGRAPH_SANDBOX": "false"})
    three = build_providers(settings)
    transport = SessionTransport(4)
    client = ProviderClient(STAND_IN, emulator.url, StaticHeaders({}), transport, CallPolicy())
    fields = {each.name: getattr(three, each.name) for each in msgspec.structs.fields(three)}
    fields |= {"postcards": PostcardsClient(client), "transports": (*three.transports, transport)}
    providers = MoreProviders(**fields)
    context = CardContext(providers, graph_rules(settings))
    result = await strawberry.Schema(query=Query).execute(
        '{ a: card(code: "rome") { code title } b: card(code: "none") { title } c: card(code: "rome") { title } }',
        context_value=context,
    )
    assert result.errors is None
    assert result.data == {"a": {"code": "rome", "title": "Rome"}, "b": None, "c": {"title": "Rome"}}
    assert emulator.hits.count() == 2
    context.close()
    await providers.close()


def test_its_pictures_have_a_host_like_any_other() -> None:
    image = Image(owner=Owner(provider=STAND_IN, key=("rome",)), url="https://cards.test/rome.jpg")
    hosts = PostcardsImages()
    assert hosts.url(image, Transform(width=100)) == "https://cards.test/rome.jpg"
    assert hosts.rendition(image, Transform(width=100)).applied == ()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the tree, with the toy where a provider stands and its field in the registry."""
    copy = tmp_path_factory.mktemp("tree")
    unwanted = shutil.ignore_patterns("__pycache__", "assets", "build")
    for package in ("providers", "resolvers", "schema", "server"):
        shutil.copytree(ROOT / package, copy / package, ignore=unwanted)
    shutil.copytree(ROOT / "tests" / "postcards", copy / "providers" / "postcards", ignore=unwanted)
    (copy / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "test_architecture.py", copy / "tests")
    shutil.copy(ROOT / "pyproject.toml", copy)
    registry = copy / "providers" / "registry.py"
    text = registry.read_text()
    text = text.replace(
        "from providers.records import",
        "from providers.postcards.client import PostcardsClient\nfrom providers.records import",
    )
    registry.write_text(text.replace("    image_hosts:", "    postcards: PostcardsClient\n    image_hosts:"))
    return copy


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=tree, capture_output=True, text=True, check=False)


def test_the_import_contracts_bind_it_and_it_keeps_them(tree: Path) -> None:
    done = run(tree, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache")
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_the_sandbox_finds_its_emulator(tree: Path) -> None:
    script = (
        "from providers.emulation.sandbox import create_emulators;"
        "print(*sorted(each.name for each in create_emulators('https://i.test')))"
    )
    assert run(tree, "-c", script).stdout.split() == ["clubmed", "forge", "musement", "postcards"]


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("import strawberry", "providers know no GraphQL and no server"),
        ("import resolvers.context", "server > schema > resolvers > providers"),
    ],
)
def test_an_import_that_no_provider_may_have_breaks_a_contract(tree: Path, line: str, broken: str) -> None:
    images = tree / "providers" / "postcards" / "images.py"
    kept = images.read_text()
    images.write_text(f"{kept}\n{line}\n")
    done = run(tree, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache")
    images.write_text(kept)
    assert f"{broken} BROKEN" in done.stdout


def test_the_tests_of_adapters_find_it_and_fail_a_folder_that_breaks_their_rules(tree: Path) -> None:
    smuggled = shutil.copytree(tree / "providers" / "postcards", tree / "providers" / "smuggled")
    images = smuggled / "images.py"
    images.write_text(f"{images.read_text()}\nimport providers.forge.records\nimport aiohttp\n")
    done = run(tree, "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests/test_architecture.py")
    shutil.rmtree(smuggled)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert done.stdout.count("[postcards] PASSED") == done.stdout.count("[musement] PASSED") > 0
    assert len(failed) == 2
    assert all("[smuggled]" in line for line in failed)
