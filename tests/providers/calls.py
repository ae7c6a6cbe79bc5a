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
    """Make a client; its connections are closed at the end."""
    transport = SessionTransport(64)
    try:
        yield ProviderClient(
            provider,
            base_url,
            credentials or StaticHeaders({}),
            transport,
            policy or CallPolicy(),
            missing=missing,
        )
    finally:
        await transport.close()
