"""What a request takes in instructions, beside the naive server: what makes it more is found here, in C code too."""

import os
import shutil
from typing import Final

import pytest

from tests.instructions.callgrind import PROGRAMS
from tests.instructions.ratios import fewer

# Counted by `python -m tests.instructions` with Python 3.11; whoever makes a request shorter writes what it is then.
COUNTED: Final = {
    ("W1", "nothing"): 7.0,
    ("W2", "nothing"): 9.9,
    ("W3", "nothing"): 3.2,
    ("W1", "answers"): 62.0,
    ("W2", "answers"): 175.0,
    ("W3", "answers"): 44.6,
}
# The naive server's collections of garbage fall into more or fewer of the requests that are counted.
TOLERATED: Final = 0.88


@pytest.mark.skipif(
    "CI" not in os.environ and not all(map(shutil.which, PROGRAMS)), reason="wants Debian's valgrind"
)
def test_a_request_takes_as_many_times_fewer_instructions_than_it_did() -> None:
    found = fewer()
    assert found.keys() == COUNTED.keys()
    less = {each: ratio for each, ratio in found.items() if ratio < COUNTED[each] * TOLERATED}
    assert not less, f"instead of {[COUNTED[each] for each in less]}"
