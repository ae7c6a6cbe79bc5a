"""Cursors: good for the list that gave them, and for nothing else."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.cursors import Binding, binding, cursor, positions
from resolvers.errors import BadUserInput

BOUND = binding("FORGE", "en-us", ("tag",))
OTHER = binding("FORGE", "fr-fr", ("tag",))
ALPHABET = string.ascii_letters + string.digits + "-_"

places = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=16)


def _refused(text: str, bound: Binding = BOUND, count: int = 1) -> BadUserInput:
    with pytest.raises(BadUserInput) as raised:
        positions(text, bound, count=count, argument="after")
    assert raised.value.argument == "after"
    return raised.value


@given(place=places)
def test_a_cursor_tells_its_positions_to_the_list_that_gave_it(place: list[int]) -> None:
    assert positions(cursor(BOUND, *place), BOUND, count=len(place), argument="after") == tuple(place)


@given(place=places)
def test_a_cursor_tells_another_list_nothing(place: list[int]) -> None:
    _refused(cursor(BOUND, *place), OTHER, len(place))


@given(place=places)
def test_a_cursor_stands_in_a_url_as_it_is(place: list[int]) -> None:
    assert set(cursor(BOUND, *place)) <= set(ALPHABET)


def test_a_cursor_is_the_same_in_every_process() -> None:
    assert cursor(binding("FORGE", "en-us", ("tag",)), 24) == cursor(BOUND, 24) == "AQAAABjsu6SKOZxowg"


@pytest.mark.parametrize("place", [(24,), (0, 5, 2, 1, 5, 3)])
def test_a_cursor_that_is_cut_at_any_length_or_lengthened_is_refused(place: tuple[int, ...]) -> None:
    whole = cursor(BOUND, *place)
    for length in range(len(whole)):
        _refused(whole[:length], count=len(place))
    for more in ("A", "=", "==", " ", "\n", "AAAA", whole):
        _refused(whole + more, count=len(place))


@pytest.mark.parametrize("place", [(24,), (0, 5, 2, 1, 5, 3)])
def test_a_cursor_that_is_altered_at_any_place_is_refused(place: tuple[int, ...]) -> None:
    whole = cursor(BOUND, *place)
    for at, was in enumerate(whole):
        for other in set(ALPHABET) - {was}:
            _refused(whole[:at] + other + whole[at + 1 :], count=len(place))


@pytest.mark.parametrize("version", [0, 2, 255])
def test_a_cursor_of_another_version_is_refused(version: int) -> None:
    raw = base64.urlsafe_b64decode(cursor(BOUND, 24) + "==")
    _refused(base64.urlsafe_b64encode(bytes([version]) + raw[1:]).rstrip(b"=").decode())


def test_a_cursor_with_more_or_fewer_positions_is_refused() -> None:
    _refused(cursor(BOUND, 1, 2), count=1)
    _refused(cursor(BOUND, 1), count=2)
    _refused(cursor(BOUND), count=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "=",
        "====",
        "null",
        "AQ",
        "ÄQAAABg",
        "\N{GREEK SMALL LETTER ALPHA}",
        "\ud800",
        "\x00",
        "A" * 100_000,
    ],
)
def test_what_no_list_ever_gave_is_refused(text: str) -> None:
    _refused(text)


@given(text=st.text())
def test_any_other_text_is_refused(text: str) -> None:
    _refused(text)


def test_the_refusal_quotes_what_came_but_not_all_of_a_long_text() -> None:
    assert "wanted a cursor" in str(_refused("nonsense"))
    assert "'nonsense'" in str(_refused("nonsense"))
    assert len(str(_refused("A" * 10_000))) < 300


def test_a_binding_tells_every_part_of_a_list_from_every_other() -> None:
    parts = [("a", "b"), ("ab",), ("a", "b", ""), ("a", None), ("a", "None"), (("a",), "b"), ("b", "a")]
    assert len({binding(*each) for each in parts}) == len(parts)
