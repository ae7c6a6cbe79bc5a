"""``mediagraph doctor``: whether this configuration works, and what to do where it does not."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from email.utils import parsedate_to_datetime
from typing import Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from providers.scope import CallScope
from providers.transport import SessionTransport
from resolvers.context import Context
from schema.graph import build_schema, core_schema
from server.graphql_errors import formatted
from server.operations.documents import Documents
from server.operations.execution import run
from server.settings import Settings
from server.settings_providers import ProviderSettings
from server.wiring import build_providers, graph_rules

_CHEAPEST: Final = {
    "MUSEMENT": "{ activitySearch(first: 1) { nodes { title } } }",
    "CLUB_MED": "{ resortCatalog(first: 1) { nodes { title } } }",
    "FORGE": "{ photos(first: 1) { nodes { title } } }",
}
_MOST_SKEW_S: Final = 30.0
_CACHE_PATIENCE_S: Final = 5.0
_LARGEST_HEAD: Final = 64 * 1024
_ADVICE: Final = {
    "UPSTREAM_UNAUTHORIZED": "replace the credential: the provider does not take it",
    "FORBIDDEN": "ask the provider for access: it knows the credential and refuses",
    "UPSTREAM_TIMEOUT": "check DNS, firewall and proxy, or raise the provider's _TIMEOUT_S",
    "UPSTREAM_UNAVAILABLE": "check the URL, DNS, firewall and the provider's own state",
    "UPSTREAM_RATE_LIMITED": "wait, or ask the provider for a larger quota",
    "UPSTREAM_BAD_RESPONSE": "check the URL: something answers there that is not this provider",
    "UPSTREAM_REJECTED": "check the URL and the provider's version, market and currency",
}


class Finding(msgspec.Struct, frozen=True):
    """One line of the table; ``advice`` is empty where there is nothing to do."""

    subject: str
    state: Literal["ok", "off", "fail"]
    what: str
    advice: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Ask every configured provider one cheap question, and the cache whether it lives. Warnings come first."""
    findings = [Finding("settings", "fail", warning, "correct or remove it") for warning in settings.warnings]
    if not findings:
        findings.append(Finding("settings", "ok", "every variable is understood"))
    asked = [_provider(name, each, settings) for name, each in settings.providers.items()]
    urls = (settings.musement.url, settings.clubmed.url, settings.forge.url)
    clocks = [
        _clock(name, url, each.timeout_s)
        for (name, each), url in zip(settings.providers.items(), urls, strict=True)
        if not each.missing
    ]
    findings += await asyncio.gather(*asked, *clocks, _cache(settings.cache_url.reveal()))
    return findings


def table(findings: Iterable[Finding]) -> str:
    """Write the findings in columns, each with its advice below."""
    rows = list(findings)
    width = max(len(row.subject) for row in rows)
    return "".join(
        f"{row.state:<4}  {row.subject:<{width}}  {row.what}\n"
        + (f"      {'':<{width}}  -> {row.advice}\n" if row.advice else "")
        for row in rows
    )


async def _provider(name: str, provider: ProviderSettings, settings: Settings) -> Finding:
    if provider.missing:
        return Finding(name, "off", "is not configured", f"set {' and '.join(provider.missing)}")
    schema = core_schema(build_schema())
    providers = build_providers(settings)
    now = asyncio.get_running_loop().time()
    scope = CallScope("doctor", now, now + settings.deadline_s)
    context = Context(providers, graph_rules(settings), scope, settings.locale)
    try:
        outcome = await run(schema, Documents(schema).read(_CHEAPEST[name]), None, None, context)
    finally:
        context.close()
        await providers.close()
    for error in formatted(outcome.errors, "doctor", ran=outcome.ran):
        advice = _ADVICE.get(error["extensions"]["code"], "see the log")
        return Finding(name, "fail", error["message"], advice)
    return Finding(name, "ok", f"answered in {scope.calls[0].ms:.0f} ms")


async def _clock(name: str, url: str, timeout_s: float) -> Finding:
    subject = f"clock by {name}"
    transport = SessionTransport(1)
    try:
        reply = await transport.send("HEAD", url, {}, None, timeout_s=timeout_s, max_bytes=_LARGEST_HEAD)
        skew_s = time.time() - parsedate_to_datetime(reply.headers["date"]).timestamp()
    except Exception as error:  # noqa: BLE001 - whatever keeps a clock from being read is the finding
        return Finding(subject, "off", f"could not be compared ({type(error).__name__})")
    finally:
        await transport.close()
    what = f"differs by {abs(skew_s):.0f} s"
    if abs(skew_s) > _MOST_SKEW_S:
        return Finding(subject, "fail", what, "set this machine's clock: freshness and tokens depend on it")
    return Finding(subject, "ok", what)


async def _cache(url: str) -> Finding:
    if not url:
        return Finding("cache", "off", "each process keeps its own", "set MEDIAGRAPH_CACHE_URL to share one")
    try:
        async with asyncio.timeout(_CACHE_PATIENCE_S):
            answer = await _pinged(url)
    except (OSError, TimeoutError) as error:
        advice = "check host, port and firewall of MEDIAGRAPH_CACHE_URL"
        return Finding("cache", "fail", f"cannot be reached ({type(error).__name__})", advice)
    if answer.startswith(b"+PONG"):
        return Finding("cache", "ok", "answers")
    return Finding("cache", "fail", "refuses us", "check user and password of MEDIAGRAPH_CACHE_URL")


async def _pinged(url: str) -> bytes:
    parts = urlsplit(url)
    async with _connected(parts) as (reader, writer):
        if parts.password:
            user = [unquote(parts.username).encode()] if parts.username else []
            writer.write(_command([b"AUTH", *user, unquote(parts.password).encode()]))
            if not (await reader.readline()).startswith(b"+OK"):
                return b""
        writer.write(_command([b"PING"]))
        return await reader.readline()


@contextlib.asynccontextmanager
async def _connected(parts: SplitResult) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    if parts.scheme == "unix":
        reader, writer = await asyncio.open_unix_connection(parts.path)
    else:
        is_encrypted = parts.scheme == "rediss" or None
        host, port = parts.hostname or "localhost", parts.port or 6379
        reader, writer = await asyncio.open_connection(host, port, ssl=is_encrypted)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _command(words: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
