"""Many kept answers found in one look: what comes of it is what looking for each by itself would come to."""

from functools import partial

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.call_record import CallRecord
from providers.client import Ask, Call, CallPolicy, Sample
from providers.emulation.faults import not_found, unavailable
from providers.errors import UpstreamUnavailable
from providers.lookup import Lookup, calls_of, fresh_at_hand
from providers.records import Answer
from providers.rehearsal import Rehearsal
from providers.scope import CallScope
from tests.providers.toy import Thing, Toy, call_for, read_thing, running_toy

POLICY = CallPolicy(fresh_s=60, stale_s=100, absent_s=60, retries=0, breaker_failures=0)
STATES = ("fresh", "fresher", "unknown", "stale", "past", "failed", "purged", "absent")


async def fill(toy: Toy, states: dict[str, str]) -> None:
    """Bring every key into its state."""

    async def ask_those(wanted: str) -> None:
        for key in [key for key, state in states.items() if state == wanted]:
            await toy.ask(key)

    await ask_those("past")
    toy.clock.now += 140
    await ask_those("stale")
    toy.clock.now += 61
    for wanted in ("fresh", "purged"):
        await ask_those(wanted)
    toy.emulator.faults.add(not_found())
    await ask_those("unknown")
    toy.emulator.faults.clear()
    toy.emulator.faults.add(unavailable())
    for key in [key for key, state in states.items() if state == "failed"]:
        with pytest.raises(UpstreamUnavailable):
            await toy.ask(key)
    toy.emulator.faults.clear()
    toy.clock.now += 7.5
    await ask_those("fresher")
    for key in [key for key, state in states.items() if state == "purged"]:
        toy.client.purge(f"FORGE:Thing:{key}")


def one_by_one(toy: Toy, keys: list[str], scope: CallScope) -> list[Answer[Thing] | None]:
    def ask(key: str) -> Ask[Thing]:
        return Ask(call_for(key), read_thing, Sample(bytes))

    return [toy.client.at_hand(call_for(key), partial(ask, key), scope) for key in keys]


def told(scope: CallScope) -> list[CallRecord]:
    return [msgspec.structs.replace(record, started_ms=0.0) for record in scope.calls]


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(STATES), min_size=1),
    st.lists(st.sampled_from("abcdef"), max_size=8),
)
async def test_many_are_found_together_exactly_where_each_by_itself_is_fresh(
    states: dict[str, str], keys: list[str]
) -> None:
    async with running_toy(POLICY) as toy:
        await fill(toy, states)
        before = toy.calls
        together, apart = toy.scope(), toy.scope()
        found = toy.client.fresh_at_hand([call_for(key) for key in keys], together)
        assert (toy.calls, toy.client.in_flight) == (before, 0)
        each = one_by_one(toy, keys, apart)
        if [record.verdict for record in apart.calls] == ["HIT"] * len(keys):
            assert found is not None
            assert [id(answer) for answer in found] == [id(answer) for answer in each]
            assert told(together) == told(apart)
        else:
            assert (found, together.calls) == (None, [])


async def test_nothing_is_found_together_where_calls_are_rehearsed_or_cannot_be_made() -> None:
    async with running_toy() as toy:
        await toy.ask("a")
        rehearsed = toy.scope()
        rehearsed.rehearsal = Rehearsal()
        assert toy.client.fresh_at_hand([call_for("a")], rehearsed) is None
        toy.client.missing = ("MEDIAGRAPH_FORGE_URL",)
        assert toy.client.fresh_at_hand([call_for("a")], toy.scope()) is None
        toy.client.missing = ()
        assert toy.client.fresh_at_hand([call_for("a")], toy.scope()) is not None


async def test_keys_of_several_lookups_are_looked_up_key_by_key_and_each_lookup_s_answers_fitted() -> None:
    def ask(scope: CallScope, key: str, call: Call) -> Ask[Thing]:
        del scope, key
        return Ask(call, read_thing, Sample(bytes))

    def fit(key: str, answer: Answer[Thing]) -> Answer[Thing]:
        assert answer.value is not None
        return Answer(value=Thing(f"{key} is {answer.value.name}"), origin=answer.origin)

    async with running_toy() as toy:
        as_they_are = Lookup(toy.client, call_for, ask)
        fitted = Lookup(toy.client, lambda key: call_for(key.upper()), ask, fit)
        for key in ("a", "A", "b"):
            await toy.ask(key)
        calls, scope = calls_of([as_they_are, fitted], "ab"), toy.scope()
        assert [call.path for call in calls] == ["/things/a", "/things/A", "/things/b", "/things/B"]
        assert fresh_at_hand([as_they_are, fitted], "ab", calls, scope) is None
        assert scope.calls == []
        await toy.ask("B")
        found = fresh_at_hand([as_they_are, fitted], "ab", calls, scope)
        assert found is not None
        names = [[thing.value.name for thing in things if thing.value] for things in found]
        assert names == [["a", "b"], ["a is A", "b is B"]]
        assert len(scope.calls) == 4
