"""What calls cost, counted in steps: the same on every machine."""

from collections.abc import Mapping

import pytest

from providers.client import Ask, Call, Sample
from providers.errors import ProviderError
from providers.records import Answer
from tests.providers.toy import THING, Thing, read_thing, running_toy
from tests.steps import steps_of

MOST_STEPS_FOR_A_KEPT_ANSWER = 25


async def test_kept_answers_are_handed_out_as_they_are_in_few_steps() -> None:
    asks = {
        str(number): Ask(Call(route=THING, path=f"/things/{number}"), read_thing, Sample(bytes))
        for number in range(100)
    }
    async with running_toy() as toy:
        first = await toy.client.by_key(asks, asks.__getitem__, toy.scope())
        again = toy.client.by_key(asks, asks.__getitem__, toy.scope())
        handed_out: list[Mapping[str, Answer[Thing] | ProviderError]] = []

        def run() -> None:
            # It never waits, so that one push carries it to its end.
            with pytest.raises(StopIteration) as ended:
                again.send(None)
            handed_out.append(ended.value.value)

        steps = steps_of(run)
        assert [handed_out[0][key] is answer for key, answer in first.items()] == [True] * len(asks)
        assert steps < MOST_STEPS_FOR_A_KEPT_ANSWER * len(asks)
