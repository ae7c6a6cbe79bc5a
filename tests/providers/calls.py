"""A provider's client over a real session, and the scope of a request, for tests of what is below the resolvers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from providers.auth import Credentials, StaticHeaders
from providers.client import CallPolicy, ProviderClient
from providers.records import Provider
from providers.scope import CallScope
from providers.transport import SessionTransport


def scope_of(deadline_s: float = 10.0, trace_headers: tuple[tuple[str, str], ...] = ()) -> CallScope:
    """Begin a request that may take so long."""
    now = asyncio.get_running_loop().time()
    return CallScope("a-request", now, now + deadline_s, trace_headers)


@asynccontextmanager
async def client_of(
    provider: Provider,
    base_url: str,
    credentials: Credentials | None = None,
    policy: CallPolicy | None = None,
    missing: tuple[str, ...] = (),
) -> AsyncIterator[ProviderClient]:
    """Make a client that keeps and repeats nothing unless told to; its connections are closed at the end."""
    transport = SessionTransport(64)
    client = ProviderClient(
        provider,
        base_url,
        credentials or StaticHeaders({}),
        transport,
        policy or CallPolicy(fresh_s=0, retries=0, breaker_failures=0),
        missing=missing,
    )
    try:
        yield client
    finally:
        await client.close()
        await transport.close()
