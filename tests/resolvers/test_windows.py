"""Windows of lists: whatever set of them is asked for, right answers for the fewest calls."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ProviderError, UpstreamTimeout, UpstreamUnavailable
from providers.records import Answer, Origin, Page, Provider
from resolvers.windows import (
    LARGEST_GAP,
    LARGEST_PAGE,
    Window,
    WindowAnswer,
    calls_of,
    calls_saved,
    fetch_windows,
    spans_of,
)

Item = str
Asked = tuple[str, int, int]


class Provided:
    """Lists by name, given page by page; ``asked`` are the calls. Each call's answer is older than the one before."""

    def __init__(
        self, lists: Mapping[str, Sequence[Item | None]], *, largest_page: int = LARGEST_PAGE
    ) -> None:
        self.asked: list[Asked] = []
        self.failures: dict[int, ProviderError] = {}
        self.total_is_told = False
        self._lists = lists
        self._largest_page = largest_page

    async def __call__(self, name: str, skip: int, limit: int) -> Answer[Page[Item]]:
        self.asked.append((name, skip, limit))
        origin = Origin(stored_at=0.0, fresh_until=1000.0 - len(self.asked))
        if skip in self.failures:
            raise self.failures[skip]
        if name not in self._lists:
            return Answer(value=None, origin=origin)
        items = self._lists[name]
        end = skip + min(limit, self._largest_page)
        total = len(items) if self.total_is_told else None
        page = Page(items=tuple(items[skip:end]), has_next=end < len(items), total=total)
        return Answer(value=page, origin=origin)


def _itself(item: Item) -> Item:
    return item


def _numbered(count: int, name: str = "a") -> list[Item | None]:
    return [f"{name}{position}" for position in range(count)]


def _answered(answer: WindowAnswer[Item] | ProviderError | None) -> WindowAnswer[Item]:
    assert isinstance(answer, WindowAnswer)
    return answer


async def _one(provided: Provided, skip: int, limit: int) -> WindowAnswer[Item]:
    window = Window("a", skip, limit)
    return _answered((await fetch_windows([window], provided, _itself))[window])


def _merged_windows(ranges: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Merge every two ranges with at most a gap between them, whatever it costs."""
    merged: list[tuple[int, int]] = []
    for skip, end in sorted(ranges):
        if merged and skip <= merged[-1][1] + gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((skip, end))
    return merged


def _cost(ranges: Sequence[tuple[int, int]]) -> int:
    return sum(-(-(end - skip) // 100) for skip, end in ranges)


windows_of_two_lists = st.lists(
    st.builds(Window, st.sampled_from(["a", "b"]), st.integers(0, 320), st.integers(1, 260)),
    min_size=1,
    max_size=12,
)


@given(windows=windows_of_two_lists, lengths=st.tuples(st.integers(0, 500), st.integers(0, 500)))
async def test_any_set_of_windows_answers_what_a_slice_would_for_no_more_calls_than_merged_windows_take(
    windows: list[Window[str]], lengths: tuple[int, int]
) -> None:
    lists = {"a": _numbered(lengths[0]), "b": _numbered(lengths[1], "b")}
    provided = Provided(lists)
    answers = await fetch_windows(windows, provided, _itself)
    assert set(answers) == set(windows)
    for window, came in answers.items():
        answer = _answered(came)
        assert list(answer.items) == lists[window.list][window.skip : window.end]
        assert answer.has_next == (window.end < len(lists[window.list]))
        assert answer.cut_short is None
    for name in lists:
        ranges = [(window.skip, window.end) for window in set(windows) if window.list == name]
        calls = sum(asked[0] == name for asked in provided.asked)
        assert calls <= _cost(ranges)
        assert calls <= _cost(_merged_windows(ranges, 0))
        assert calls <= _cost(_merged_windows(ranges, LARGEST_GAP))
    assert all(1 <= limit <= LARGEST_PAGE for _, _, limit in provided.asked)


ranges_of_one_list = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 130)).map(lambda pair: (pair[0], sum(pair))),
    min_size=1,
    max_size=8,
)


@given(ranges=ranges_of_one_list)
def test_spans_cover_every_window_bridge_small_gaps_alone_and_never_cost_more_than_any_way_to_merge(
    ranges: list[tuple[int, int]],
) -> None:
    spans = spans_of(ranges)
    for skip, end in ranges:
        assert sum(span.skip <= skip and end <= span.end for span in spans) == 1
    for earlier, later in pairwise(spans):
        assert earlier.end < later.skip
    covered = {position for skip, end in ranges for position in range(skip, end)}
    for span in spans:
        bare = [position for position in range(span.skip, span.end) if position not in covered]
        gaps = _merged_windows([(position, position + 1) for position in bare], 0)
        assert all(end - skip <= LARGEST_GAP for skip, end in gaps)
    assert sum(span.calls for span in spans) == _cheapest(_merged_windows(ranges, 0))


def _cheapest(runs: Sequence[tuple[int, int]]) -> int:
    """Try every way to merge neighbours over small gaps."""
    if not runs:
        return 0
    costs = []
    for count in range(1, len(runs) + 1):
        if count > 1 and runs[count - 1][0] > runs[count - 2][1] + LARGEST_GAP:
            break
        costs.append(_cost([(runs[0][0], runs[count - 1][1])]) + _cheapest(runs[count:]))
    return min(costs)


@pytest.mark.parametrize(
    ("ranges", "spans"),
    [
        ([(0, 10), (10, 30), (0, 40)], [(0, 40)]),
        ([(0, 10), (20, 30)], [(0, 30)]),
        ([(0, 10), (21, 30)], [(0, 10), (21, 30)]),
        # Over a gap, but three pages instead of two.
        ([(0, 100), (105, 205)], [(0, 100), (105, 205)]),
        ([(0, 60), (50, 150)], [(0, 150)]),
        # Merging the first two would be free, and would then cost the third one a page.
        ([(0, 95), (105, 115), (120, 205)], [(0, 95), (105, 205)]),
    ],
)
def test_windows_merge_where_that_is_no_dearer(
    ranges: list[tuple[int, int]], spans: list[tuple[int, int]]
) -> None:
    assert [(span.skip, span.end) for span in spans_of(ranges)] == spans


def test_a_thousand_windows_apart_are_merged_for_few_calls() -> None:
    spans = spans_of([(3 * number, 3 * number + 1) for number in range(1000)])
    assert sum(span.calls for span in spans) == 30
    assert (spans[0].skip, spans[-1].end) == (0, 2998)


def test_a_window_takes_a_page_for_each_hundred_begun() -> None:
    assert [calls_of(size) for size in (1, 100, 101, 200, 201, 500)] == [1, 1, 2, 2, 3, 5]


def test_what_merging_saves_is_counted_by_the_sizes_asked_for() -> None:
    windows = [Window("a", 0, 10), Window("a", 10, 20), Window("a", 0, 40), Window("b", 0, 10)]
    assert calls_saved(windows) == 2
    assert calls_saved([Window("a", 0, 10), Window("b", 10, 20)]) == 0


async def test_windows_of_different_lists_are_never_mixed() -> None:
    provided = Provided({"a": _numbered(50), "b": _numbered(50, "b")})
    windows = [Window("a", 0, 10), Window("b", 0, 10), Window("b", 10, 10)]
    answers = await fetch_windows(windows, provided, _itself)
    assert sorted(provided.asked) == [("a", 0, 10), ("b", 0, 20)]
    assert _answered(answers[windows[2]]).items == tuple(f"b{position}" for position in range(10, 20))


async def test_a_large_window_of_a_short_list_is_one_call() -> None:
    provided = Provided({"a": _numbered(40)})
    answer = await _one(provided, 0, 250)
    assert provided.asked == [("a", 0, 100)]
    assert (len(answer.items), answer.has_next) == (40, False)


async def test_a_large_window_is_fetched_in_pages_once_the_first_shows_that_there_is_more() -> None:
    provided = Provided({"a": _numbered(1000)})
    answer = await _one(provided, 20, 250)
    assert provided.asked == [("a", 20, 100), ("a", 120, 100), ("a", 220, 50)]
    assert list(answer.items) == _numbered(1000)[20:270]
    assert answer.has_next


@pytest.mark.parametrize("length", [99, 100, 101, 199, 200, 201, 250, 251])
@pytest.mark.parametrize("limit", [100, 200, 250])
async def test_has_next_is_right_at_exact_ends_without_a_further_call(length: int, limit: int) -> None:
    provided = Provided({"a": _numbered(length)})
    answer = await _one(provided, 0, limit)
    assert answer.has_next == (limit < length)
    assert len(provided.asked) == (1 if length <= 100 else calls_of(limit))


async def test_a_window_that_ends_inside_a_shared_page_knows_that_more_follows() -> None:
    provided = Provided({"a": _numbered(40)})
    short, long = Window("a", 0, 39), Window("a", 0, 40)
    answers = await fetch_windows([short, long], provided, _itself)
    assert (_answered(answers[short]).has_next, _answered(answers[long]).has_next) == (True, False)


async def test_a_failed_first_page_is_the_answer_of_every_window_that_shares_it() -> None:
    provided = Provided({"a": _numbered(400), "b": _numbered(5, "b")})
    provided.failures[0] = failure = UpstreamTimeout(Provider.FORGE, "did not answer in time")
    windows = [Window("a", 0, 10), Window("a", 10, 200)]
    assert await fetch_windows(windows, provided, _itself) == dict.fromkeys(windows, failure)
    assert provided.asked == [("a", 0, 100)]


async def test_a_later_page_that_fails_ends_the_answer_before_it() -> None:
    provided = Provided({"a": _numbered(400)})
    provided.failures[100] = failure = UpstreamUnavailable(Provider.FORGE, "answered 503", status=503)
    windows = [Window("a", 0, 300), Window("a", 0, 100), Window("a", 90, 20), Window("a", 150, 10)]
    answers = await fetch_windows(windows, provided, _itself)
    whole, before, across = (_answered(answers[window]) for window in windows[:3])
    assert (len(whole.items), whole.has_next, whole.cut_short) == (100, True, failure)
    assert (len(before.items), before.has_next, before.cut_short) == (100, True, None)
    assert (list(across.items), across.cut_short) == (_numbered(400)[90:100], failure)
    assert answers[windows[3]] is failure


async def test_what_comes_after_a_failed_page_still_answers_the_windows_that_need_nothing_else() -> None:
    provided = Provided({"a": _numbered(400)})
    provided.failures[100] = UpstreamUnavailable(Provider.FORGE, "answered 503", status=503)
    windows = [Window("a", 0, 300), Window("a", 220, 10)]
    answers = await fetch_windows(windows, provided, _itself)
    assert list(_answered(answers[windows[1]]).items) == _numbered(400)[220:230]


async def test_a_list_that_does_not_exist_is_none() -> None:
    windows = [Window("missing", 0, 10), Window("missing", 30, 200)]
    answers = await fetch_windows(windows, Provided({}), _itself)
    assert answers == dict.fromkeys(windows)


async def test_an_item_that_an_insertion_repeats_on_the_next_page_is_dropped_and_keeps_its_position() -> None:
    items = _numbered(150)
    provided = Provided({"a": [*items[:100], items[99], *items[100:]]})
    answer = await _one(provided, 0, 200)
    assert list(answer.items) == [*items[:100], None, *items[100:]]


async def test_dropped_items_keep_their_positions_and_are_not_taken_for_each_other() -> None:
    provided = Provided({"a": ["a0", None, None, "a3"]})
    assert (await _one(provided, 0, 10)).items == ("a0", None, None, "a3")


async def test_a_provider_with_smaller_pages_than_asked_for_is_paged_by_its_own_size() -> None:
    provided = Provided({"a": _numbered(75)}, largest_page=20)
    answer = await _one(provided, 0, 90)
    assert list(answer.items) == _numbered(75)
    assert not answer.has_next
    assert [skip for _, skip, _ in provided.asked] == [0, 20, 40, 60, 80]


async def test_the_oldest_page_tells_how_old_the_answer_is() -> None:
    provided = Provided({"a": _numbered(300)})
    answer = await _one(provided, 0, 300)
    assert answer.origin.fresh_until == 1000.0 - 3


async def test_the_total_is_told_where_the_provider_tells_it() -> None:
    provided = Provided({"a": _numbered(130)})
    assert (await _one(provided, 0, 120)).total is None
    provided.total_is_told = True
    assert (await _one(provided, 0, 120)).total == 130


@given(skip=st.integers(0, 300), limit=st.integers(1, 260), length=st.integers(0, 500))
async def test_large_windows_of_numbered_pages_start_where_a_page_does(
    skip: int, limit: int, length: int
) -> None:
    provided = Provided({"a": _numbered(length)})
    window = Window("a", skip, limit)
    answer = _answered((await fetch_windows([window], provided, _itself, numbered=True))[window])
    assert list(answer.items) == _numbered(length)[skip : skip + limit]
    assert answer.has_next == (skip + limit < length)
    if limit > LARGEST_PAGE:
        assert all(start % LARGEST_PAGE == 0 for _, start, _ in provided.asked)
        assert len(provided.asked) <= calls_of(limit) + 1


@pytest.mark.parametrize(("windows", "are_own"), [([(0, 120)], True), ([(0, 30), (150, 30)], False)])
async def test_calls_that_follow_one_another_need_no_task_and_others_are_made_side_by_side(
    windows: list[tuple[int, int]], *, are_own: bool
) -> None:
    provided, tasks = Provided({"a": _numbered(300)}), set[asyncio.Task[object] | None]()

    async def fetch(name: str, skip: int, limit: int) -> Answer[Page[Item]]:
        tasks.add(asyncio.current_task())
        return await provided(name, skip, limit)

    await fetch_windows([Window("a", *each) for each in windows], fetch, _itself)
    assert len(provided.asked) == 2
    assert (tasks == {asyncio.current_task()}) is are_own
    assert len(tasks) == (1 if are_own else 2)


def _identity_of_first_letter(item: Item) -> str:
    return item[0]


@pytest.mark.parametrize(("identity", "kept"), [(_itself, 3), (_identity_of_first_letter, 1)])
async def test_repeats_are_told_by_their_identity(identity: Callable[[Item], str], kept: int) -> None:
    window = Window("a", 0, 10)
    answer = _answered((await fetch_windows([window], Provided({"a": _numbered(3)}), identity))[window])
    assert sum(item is not None for item in answer.items) == kept
