"""Connections: arguments, windows of lists in hand, page info."""

import pytest
from hypothesis import given

from providers.records import Origin
from resolvers.connections import Connection, Paging, empty_connection, list_window
from resolvers.cursors import binding, cursor
from resolvers.errors import BadUserInput
from tests.relay import Asked, asked_of_a_list, relay_slice

BOUND = binding("tests")
ORIGIN = Origin(stored_at=1.0, fresh_until=2.0)


def _paging(asked: Asked) -> Paging:
    return Paging(
        first=asked.first,
        after=None if asked.after is None else cursor(BOUND, asked.after),
        last=asked.last,
        before=None if asked.before is None else cursor(BOUND, asked.before),
    )


@given(drawn=asked_of_a_list())
def test_a_list_in_hand_is_cut_as_relay_says(drawn: tuple[int, Asked]) -> None:
    length, asked = drawn
    items = list(range(length))
    connection = list_window(_paging(asked), BOUND).cut(items, ORIGIN)
    expected = relay_slice(items, asked, default=500)
    assert list(connection.nodes) == expected.items
    assert connection.total_count == length
    info = connection.page_info
    if expected.items:
        assert (info.has_previous_page, info.has_next_page) == (expected.has_previous, expected.has_next)
        assert info.start_cursor == cursor(BOUND, expected.items[0])
        assert info.end_cursor == cursor(BOUND, expected.items[-1])
        assert [edge.cursor for edge in connection.edges] == [cursor(BOUND, item) for item in expected.items]
    else:
        assert (info.start_cursor, info.end_cursor) == (None, None)


@given(drawn=asked_of_a_list())
def test_a_window_of_a_list_of_unknown_length_holds_what_relay_says(drawn: tuple[int, Asked]) -> None:
    length, asked = drawn
    if asked.last is not None and asked.before is None:
        with pytest.raises(BadUserInput) as raised:
            _paging(asked).window(BOUND, default=25)
        assert raised.value.argument == "last"
        return
    items = list(range(length))
    skip, limit = _paging(asked).window(BOUND, default=25)
    assert items[skip : skip + limit] == relay_slice(items, asked, default=25).items


def test_nothing_asked_for_gives_a_default_of_a_window_and_up_to_500_of_a_list_in_hand() -> None:
    assert Paging().window(BOUND, default=25) == (0, 25)
    connection = list_window(Paging(), BOUND).cut(list(range(600)), ORIGIN)
    assert (len(connection.nodes), connection.has_next_page, connection.total_count) == (500, True, 600)


@pytest.mark.parametrize("count", [0, -1, 501, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("name", ["first", "last"])
def test_counts_out_of_bounds_are_refused_by_name(name: str, count: int) -> None:
    with pytest.raises(BadUserInput, match=f"wanted 1 to 500 items, got {count}") as raised:
        Paging.of({name: count}).checked()
    assert raised.value.argument == name


def test_first_with_last_is_refused() -> None:
    with pytest.raises(BadUserInput) as raised:
        list_window(Paging(first=1, last=1), BOUND)
    assert raised.value.argument == "last"


@pytest.mark.parametrize("name", ["after", "before"])
def test_a_strange_cursor_is_refused_by_the_name_of_its_argument(name: str) -> None:
    foreign = cursor(binding("another list"), 3)
    with pytest.raises(BadUserInput) as raised:
        list_window(Paging.of({name: foreign}), BOUND)
    assert raised.value.argument == name


def test_arguments_left_out_and_null_mean_the_same() -> None:
    assert Paging.of({"first": None, "after": None}) == Paging.of({}) == Paging()


def test_dropped_items_keep_the_positions_of_the_others_and_of_the_end() -> None:
    connection = Connection(
        items=["a", None, "c", None], bound=BOUND, start=10, has_next_page=True, origin=ORIGIN
    )
    assert connection.nodes == ["a", "c"]
    assert [edge.cursor for edge in connection.edges] == [cursor(BOUND, 10), cursor(BOUND, 12)]
    assert connection.page_info.start_cursor == cursor(BOUND, 10)
    assert connection.page_info.end_cursor == cursor(BOUND, 13)


def test_a_window_in_which_nothing_stands_has_an_end_all_the_same() -> None:
    connection: Connection[str] = Connection(
        items=[None, None], bound=BOUND, start=0, has_next_page=True, origin=ORIGIN
    )
    assert connection.edges == []
    assert connection.page_info.end_cursor == cursor(BOUND, 1)


@pytest.mark.parametrize(("start", "has_previous"), [(0, False), (1, True)])
def test_something_stands_before_every_window_but_one_that_starts_at_nought(
    *, start: int, has_previous: bool
) -> None:
    connection = Connection(items=["a"], bound=BOUND, start=start, has_next_page=False, origin=ORIGIN)
    assert connection.page_info.has_previous_page is has_previous


def test_an_empty_window_stands_before_the_item_that_ended_it() -> None:
    connection: Connection[str] = empty_connection(BOUND, 4, now=7.0)
    info = connection.page_info
    assert (info.has_previous_page, info.has_next_page, info.start_cursor, info.end_cursor) == (
        True,
        True,
        None,
        None,
    )
    assert connection.origin == Origin(stored_at=7.0, fresh_until=7.0)
