"""The hot path, counted in steps, which no other load on the machine changes: what makes it longer is found here."""

from operator import le
from typing import Final

import pytest

from tests.graph import EXECUTION
from tests.hot_path import AT_ONCE, steps, steps_at_once

# Counted by `python tests/hot_path.py` with Python 3.11; whoever makes the path shorter writes the new counts here.
COUNTED: Final = {
    ("W1", "cold"): 6385,
    ("W1", "warm"): 869,
    ("W1", "kept"): 214,
    ("W2", "cold"): 3321,
    ("W2", "warm"): 474,
    ("W2", "kept"): 214,
    ("W5", "cold"): 374,
    ("W5", "kept"): 214,
    ("W6", "cold"): 10988,
}
# From the lane's first line to its last, and the same where it knows the request by its bytes: there is no loop to wait
# for, and no step more or less.
COUNTED_AT_ONCE: Final = {
    ("W1", "warm"): (718, 694),
    ("W1", "kept"): (92, 63),
    ("W5", "cold"): (88, 64),
    ("W5", "kept"): (92, 63),
}
# A turn of the event loop more or less, where calls end in another order.
TOLERATED: Final = 1.04


@pytest.mark.skipif(EXECUTION.get("COMPILE") == "false", reason="compiled operations are what is counted")
@pytest.mark.parametrize(("workload", "keeping"), COUNTED)
async def test_a_request_takes_no_more_steps_than_it_did(workload: str, keeping: str) -> None:
    found = await steps(workload, keeping)
    allowed = COUNTED[workload, keeping] * TOLERATED
    assert found <= allowed, f"{found} steps, {found / COUNTED[workload, keeping]:.2f} times what was counted"


@pytest.mark.parametrize(("workload", "keeping"), AT_ONCE)
async def test_what_is_answered_at_once_takes_no_more_steps_than_it_did(workload: str, keeping: str) -> None:
    found = await steps_at_once(workload, keeping)
    assert all(map(le, found, COUNTED_AT_ONCE[workload, keeping])), found
