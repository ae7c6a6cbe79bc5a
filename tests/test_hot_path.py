"""The hot path, counted in steps, which no other load on the machine changes: what makes it longer is found here."""

from typing import Final

import pytest

from tests.graph import EXECUTION
from tests.hot_path import steps

# Counted by `python tests/hot_path.py` with Python 3.11; whoever makes the path shorter writes the new counts here.
COUNTED: Final = {
    ("W1", "cold"): 9341,
    ("W1", "warm"): 1482,
    ("W1", "kept"): 238,
    ("W2", "cold"): 6266,
    ("W2", "warm"): 540,
    ("W2", "kept"): 238,
    ("W5", "cold"): 409,
    ("W5", "kept"): 238,
}
# A turn of the event loop more or less, where calls end in another order.
TOLERATED: Final = 1.04


@pytest.mark.skipif(EXECUTION.get("COMPILE") == "false", reason="compiled operations are what is counted")
@pytest.mark.parametrize(("workload", "keeping"), COUNTED)
async def test_a_request_takes_no_more_steps_than_it_did(workload: str, keeping: str) -> None:
    found = await steps(workload, keeping)
    allowed = COUNTED[workload, keeping] * TOLERATED
    assert found <= allowed, f"{found} steps, {found / COUNTED[workload, keeping]:.2f} times what was counted"
