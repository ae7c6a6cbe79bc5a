"""Calls of one kind, each for one key."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from providers.arrival import Arrival
from providers.calls import Ask, Call
from providers.client import ProviderClient
from providers.errors import ProviderError
from providers.records import Answer
from providers.scope import CallScope

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_CALLS_REMEMBERED: Final = 2048


class Lookup(Generic[K, T]):
    """Looks keys up with a call each.

    ``call`` makes the call of a key, always the same; ``ask`` tells what is made of its answer, and ``fit`` makes of
    what was kept of that what the key is to have.
    """

    def __init__(
        self,
        client: ProviderClient,
        call: Callable[[K], Call],
        ask: Callable[[CallScope, K, Call], Ask[T]],
        fit: Callable[[K, Answer[T]], Answer[T]] | None = None,
    ) -> None:
        self.client = client
        # A call names its key in several texts, which take longer to write than to find.
        self.call = lru_cache(_CALLS_REMEMBERED)(call)
        self._ask = ask
        self._fit = fit

    async def __call__(self, keys: Iterable[K], scope: CallScope) -> Mapping[K, Answer[T] | ProviderError]:
        """Look up many keys, all at once: an Answer each, whose value is None for a 404, or a ProviderError."""
        found = await self.client.by_key(keys, lambda key: self._ask(scope, key, self.call(key)), scope)
        fit = self._fit
        if fit is None:
            return found
        return {
            key: each if isinstance(each, ProviderError) else fit(key, each) for key, each in found.items()
        }

    def at_hand(self, scope: CallScope, key: K) -> Answer[T] | None:
        """Look up one key among the kept answers; None where its call has to be waited for."""
        call = self.call(key)
        answer = self.client.at_hand(call, lambda: self._ask(scope, key, call), scope)
        return answer if answer is None else self.fitted(key, answer)

    def all_fitted(self, keys: Iterable[K], answers: Sequence[Answer[T]]) -> Sequence[Answer[T]]:
        """Make of what was kept what many keys are to have."""
        fit = self._fit
        return answers if fit is None else [*map(fit, keys, answers)]

    def begin(
        self, scope: CallScope, key: K, told: Callable[[Answer[T] | Exception], object]
    ) -> Arrival[T] | None:
        """Look up one key that is not at hand, and tell, once, what came of it; None: it is told already.

        For requests that ``may_begin`` of the client allows it for. ``fitted`` makes of the answer what the key is
        to have.
        """
        return self.client.begin(self._ask(scope, key, self.call(key)), scope, told)

    def fitted(self, key: K, answer: Answer[T]) -> Answer[T]:
        """Make of what was kept what the key is to have."""
        return answer if self._fit is None else self._fit(key, answer)


AnyLookup = Lookup[Any, Any]
"""A lookup of any kind of keys and values."""


def calls_of(lookups: Sequence[AnyLookup], keys: Iterable[Hashable]) -> tuple[Call, ...]:
    """Make the calls of many keys, those of one after those of another."""
    return tuple(lookup.call(key) for key in keys for lookup in lookups)


def fresh_at_hand(
    lookups: Sequence[AnyLookup], keys: Sequence[Hashable], calls: Sequence[Call], scope: CallScope
) -> Sequence[Sequence[Answer[Any]]] | None:
    """Look up many keys as ``at_hand`` does in lookups of one provider, in one pass, where all of it is fresh.

    ``calls`` are theirs, as ``calls_of`` makes them. None, and nothing noted, where an answer is not kept or not fresh.
    """
    answers = lookups[0].client.fresh_at_hand(calls, scope)
    if answers is None:
        return None
    each = len(lookups)
    return [lookup.all_fitted(keys, answers[at::each]) for at, lookup in enumerate(lookups)]
