"""Lists of keys as fields ask for them: read once, and taken in one look where all that they need is kept."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from providers.calls import Call
from providers.lookup import calls_of, fresh_at_hand
from providers.scope import CallScope
from resolvers.context import Info
from resolvers.errors import BadUserInput
from resolvers.key_loader import KeyLoader
from resolvers.loader import AnyLoader
from resolvers.selection import remembered

K = TypeVar("K", bound=Hashable)


class KeyList(msgspec.Struct, Generic[K], frozen=True):
    """The keys of a list, in their order, and the calls that they need: those of one after those of another."""

    keys: tuple[K, ...]
    distinct: tuple[K, ...]
    calls: tuple[Call, ...]


def take(
    info: Info,
    loaders: Sequence[AnyLoader],
    texts: Sequence[str],
    locale: str,
    key_of: Callable[[str, str], K],
) -> Sequence[K] | None:
    """Let loaders take the answers to a list of keys in one look, and answer the keys, where all of it is fresh.

    It is told as if each key had been asked for by itself, in one loader after the other. None, and nothing done, where
    anything has to be waited for or a key is malformed. Which ``loaders`` there are must follow from what the field
    selects.
    """
    takers = [each for each in loaders if isinstance(each, KeyLoader)]
    if not takers or len(takers) < len(loaders):
        return None

    # Quoted, for what stands within a function is read again with each call of it.
    def read() -> "KeyList[K]":
        keys = tuple(key_of(text, locale) for text in texts)
        distinct = tuple(dict.fromkeys(keys))
        return KeyList(keys, distinct, calls_of([taker.lookup for taker in takers], distinct))

    try:
        listed = remembered(info, (KeyList, locale), read)
    except BadUserInput:
        # Told anew each time, and where it stands.
        return None
    return listed.keys if _are_taken(listed, takers, info.context.scope) else None


def _are_taken(listed: KeyList[K], takers: Sequence[KeyLoader[K, Any]], scope: CallScope) -> bool:
    keys, lookups = listed.distinct, []
    for taker in takers:
        if not taker.lacks_all(keys):
            return False
        lookups.append(taker.lookup)
    answers = fresh_at_hand(lookups, keys, listed.calls, scope)
    if answers is None:
        return False
    for taker, found in zip(takers, answers, strict=True):
        taker.put_all(keys, found)
    return True
