"""The loader of keys that cost a call each: no batch, each key once, and nobody harms anybody by leaving."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from providers.arrival import Arrival
from providers.errors import UpstreamUnavailable
from providers.lookup import Lookup
from providers.records import Answer, Origin, Provider
from providers.scope import CallScope
from resolvers.key_loader import KeyLoader
from resolvers.safe_loader import BatchCancelled
from tests.providers.calls import scope_of

Told = Callable[[Answer[int] | Exception], object]


class Source(Lookup[int, int]):
    """Answers ``key * 10`` when it is told to, and ``key * 11`` at once for the keys at hand."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.told: dict[int, Told] = {}
        self.left: list[int] = []
        self.kept: set[int] = set()
        self.refused: set[int] = set()

    def at_hand(self, scope: CallScope, key: int) -> Answer[int] | None:
        del scope
        return answer(key * 11) if key in self.kept else None

    def begin(self, scope: CallScope, key: int, told: Told) -> Arrival[int] | None:
        del scope
        self.asked.append(key)
        if key in self.refused:
            told(UpstreamUnavailable(Provider.FORGE, "was not asked"))
            return None
        self.told[key] = told
        return Leaving(lambda: self.left.append(key))

    def fitted(self, key: int, answer: Answer[int]) -> Answer[int]:
        del key
        return answer

    def land(self, key: int, outcome: Exception | None = None) -> None:
        self.told.pop(key)(outcome or answer(key * 10))


class Leaving(Arrival[int]):
    """Notes that nobody waits any more."""

    def __init__(self, note: Callable[[], None]) -> None:
        self._note = note

    def cancel(self) -> None:
        self._note()


def answer(value: int) -> Answer[int]:
    return Answer(value=value, origin=Origin(stored_at=0.0, fresh_until=1.0))


@pytest.fixture
async def source() -> Source:
    return Source()


@pytest.fixture
async def loader(source: Source) -> AsyncIterator[KeyLoader[int, int]]:
    made = KeyLoader(source, scope_of())
    yield made
    made.close()


async def test_each_key_is_asked_once_in_the_step_that_wants_it(
    source: Source, loader: KeyLoader[int, int]
) -> None:
    found = [loader.load(key) for key in (1, 2, 1)]
    assert (source.asked, loader.repeats) == ([1, 2], 1)
    source.land(2)
    source.land(1)
    assert [each.result().value for each in found] == [10, 20, 10]
    assert (await loader.load(2)).value == 20
    assert source.asked == [1, 2]


async def test_what_is_at_hand_costs_no_call(source: Source, loader: KeyLoader[int, int]) -> None:
    source.kept = {1}
    kept = loader.at_hand(1)
    assert kept is not None
    assert kept.value == 11
    assert loader.at_hand(2) is None
    assert source.asked == [2]


async def test_values_found_elsewhere_are_taken_for_keys_that_were_never_asked_for(
    source: Source, loader: KeyLoader[int, int]
) -> None:
    assert loader.lacks_all([1, 2])
    loader.put_all([1, 2], [answer(11), answer(22)])
    assert [found.value for found in loader.all_at_hand([1, 2, 1])] == [11, 22, 11]
    assert [found.value for found in loader.all_there([2, 1])] == [22, 11]
    assert (source.asked, loader.repeats) == ([], 1)
    assert (await loader.load(2)).value == 22
    assert loader.repeats == 2
    with pytest.raises(KeyError):
        loader.all_at_hand([1, 3])


async def test_keys_that_were_asked_for_are_not_lacked_whatever_came_of_it(
    source: Source, loader: KeyLoader[int, int]
) -> None:
    source.kept, source.refused = {1}, {2}
    for key in (1, 2, 3):
        loader.start(key)
    assert [loader.lacks_all([key, 9]) for key in (1, 2, 3, 4)] == [False, False, False, True]
    loader.close()
    assert not loader.lacks_all([4])


async def test_what_was_cancelled_before_it_was_asked_for_is_not_lacked(source: Source) -> None:
    closed = KeyLoader(source, scope_of())
    closed.close()
    assert not closed.lacks_all([1])


async def test_a_failure_is_its_key_s_own_and_is_remembered(
    source: Source, loader: KeyLoader[int, int]
) -> None:
    source.refused = {3}
    waiting = loader.load(1)
    source.land(1, UpstreamUnavailable(Provider.FORGE, "answered 503"))
    for future in (waiting, loader.load(1), loader.load(3)):
        with pytest.raises(UpstreamUnavailable):
            await future
    assert source.asked == [1, 3]


async def test_who_stops_waiting_takes_nobody_with_it(source: Source, loader: KeyLoader[int, int]) -> None:
    leaving, staying = loader.load(1), loader.load(1)
    leaving.cancel()
    source.land(1)
    assert (await staying).value == 10
    assert source.left == []


async def test_a_failure_that_nobody_waits_for_is_not_reported_as_lost(
    source: Source, loader: KeyLoader[int, int]
) -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    source.refused = {2}
    loader.load(1)
    source.land(1, OSError("one"))
    loader.start(2)
    loader.load(2)
    await asyncio.sleep(0)
    assert reported == []


async def test_the_end_of_a_request_ends_what_it_waits_for(
    source: Source, loader: KeyLoader[int, int]
) -> None:
    waiting = loader.load(1)
    loader.load(2)
    source.land(2)
    loader.close()
    assert source.left == [1]
    for future in (waiting, loader.load(1), loader.load(3)):
        with pytest.raises(BatchCancelled):
            await future
    assert (await loader.load(2)).value == 20
    assert source.asked == [1, 2]
