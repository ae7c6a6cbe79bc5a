"""What the processes of one graph have in common, out of settings."""

from typing import Protocol

import msgspec

from providers.agreement import Board, SharedErrands, SharedRates
from providers.shared import SharedCache
from server.operations.persisted import SharedTexts
from server.rate_limits import SharedBuckets
from server.settings import Settings


class Rates(SharedRates, SharedBuckets, Protocol):
    """Rates of calls to providers, and of what clients ask."""


class Sharing(msgspec.Struct, frozen=True):
    """Answers and who fetches them, rates, circuits and persisted queries that all processes see."""

    cache: SharedCache
    rates: Rates
    board: Board
    errands: SharedErrands
    texts: SharedTexts


def sharing(settings: Settings) -> Sharing | None:
    """Build it; None where each process has its own alone. Opens no connection."""
    if not settings.cache_url:
        return None
    # Imported where it is wanted: it comes with an extra.
    from providers.redis_cache import RedisCache
    from providers.redis_circuits import RedisCircuits
    from providers.redis_errands import RedisErrands
    from providers.redis_pipeline import RedisPipeline
    from providers.redis_rates import RedisRates
    from providers.redis_texts import RedisTexts

    cache = RedisCache(settings.cache_url.reveal(), patience_s=settings.cache_wait_s)
    # One connection pool, and one opinion of whether Redis is there.
    pipeline = RedisPipeline(cache.link)
    return Sharing(
        cache,
        RedisRates(pipeline),
        RedisCircuits(pipeline),
        RedisErrands(pipeline),
        RedisTexts(pipeline),
    )
