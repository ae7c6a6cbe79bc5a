"""Many keys in, one answer a key out: order and duplicates kept, a bad key alone."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from providers.errors import InvalidKey, ProviderError
from providers.records import Answer
from resolvers.begun import Begun, begin
from resolvers.context import Context
from resolvers.errors import BadUserInput

K = TypeVar("K")
S = TypeVar("S")

Sought = Answer[S] | Coroutine[object, None, S | None]
"""An answer that is at hand, or what is to be waited for."""

# These two alone: gather's return_exceptions would pass our own faults off as answers.
_OF_ITS_KEY: Final = (ProviderError, BadUserInput)


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


async def each(
    keys: Sequence[K],
    find: Callable[[K], Sought[S]],
) -> list[S | None | Exception]:
    """Find every key, all at once; a key's failure stands at its own position."""
    found: list[Any] = []
    waiting: list[int] = []
    value: Any
    for key in keys:
        try:
            sought = find(key)
            value = sought.value if isinstance(sought, Answer) else begin(sought)
        except _OF_ITS_KEY as error:
            value = error
        if isinstance(value, Begun):
            waiting.append(len(found))
        found.append(value)
    if waiting:
        values = await asyncio.gather(*(_caught(found[index]) for index in waiting))
        for index, value in zip(waiting, values, strict=True):
            found[index] = value
    return found


async def _caught(begun: Begun[S | None]) -> S | None | Exception:
    try:
        return await begun
    except _OF_ITS_KEY as error:
        return error
