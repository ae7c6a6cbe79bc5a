"""Many keys in, one answer a key out: order and duplicates kept, a bad key alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from providers.errors import InvalidKey, ProviderError
from resolvers.context import Context
from resolvers.errors import BadUserInput

K = TypeVar("K")
S = TypeVar("S")


def checked(check: Callable[[str], str], text: str, argument: str) -> str:
    """Check one key; raises BadUserInput for a malformed one."""
    try:
        return check(text)
    except InvalidKey as error:
        raise BadUserInput(str(error), argument=argument) from None


def bounded(context: Context, keys: Sequence[object], argument: str) -> None:
    """Refuse more keys than one field may ask for."""
    if len(keys) > context.rules.max_keys:
        raise BadUserInput(
            f"wanted at most {context.rules.max_keys} keys, got {len(keys)}", argument=argument
        )


async def each(keys: Sequence[K], find: Callable[[K], Awaitable[S | None]]) -> list[S | None | Exception]:
    """Find every key, all at once; a key's failure stands at its own position."""

    async def one(key: K) -> S | None | Exception:
        try:
            return await find(key)
        # These two alone: gather's return_exceptions would pass our own faults off as answers.
        except (ProviderError, BadUserInput) as error:
            return error

    return await asyncio.gather(*(one(key) for key in keys))
