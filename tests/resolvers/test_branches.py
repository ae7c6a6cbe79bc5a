"""The merge of branches: what any of several filters lets through, in order, each once, for few calls."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ProviderError, UpstreamUnavailable
from providers.forge.lists import PhotoFilter, PhotoList, PhotoSort, PhotoSortField
from providers.forge.records import Photo, Tag
from providers.records import Origin, Provider
from resolvers.branches import ListAbsent, Merge, MergedWindow, order_of
from resolvers.windows import Window, WindowAnswer

TAGS = ("red", "green", "blue")


def _list_of(
    tag: str, *, field: PhotoSortField = PhotoSortField.CONTENT_DATE, down: bool = True
) -> PhotoList:
    return PhotoList(
        culture="en-us", filter=PhotoFilter(tag_slugs=(tag,)), sort=PhotoSort(field=field, descending=down)
    )


def _photo(slug: str, date: str | None, tags: Iterable[str]) -> Photo:
    return Photo(slug=slug, sent_content_date=date, tags=tuple(Tag(slug=tag) for tag in sorted(tags)))


class Provided:
    """A world of photos, listed as the provider would; ``asked`` are the windows, ``gone`` the dropped slugs."""

    def __init__(self, photos: Sequence[Photo]) -> None:
        self.photos = photos
        self.asked: list[tuple[str, int, int]] = []
        self.failures: dict[tuple[str, int], ProviderError] = {}
        self.cuts: dict[tuple[str, int], int] = {}
        self.gone: set[str] = set()

    def listed(self, wanted: PhotoList) -> list[Photo]:
        """Sort by date and then by slug; what has no date comes last in both directions."""
        assert wanted.sort is not None
        fitting = [
            photo for photo in self.photos if set(wanted.filter.tag_slugs) <= {tag.slug for tag in photo.tags}
        ]
        by_slug = sorted(fitting, key=lambda photo: photo.slug)
        by_date = sorted(by_slug, key=_moment, reverse=wanted.sort.descending)
        return sorted(by_date, key=lambda photo: photo.sent_content_date is None)

    async def load(self, window: Window[PhotoList]) -> WindowAnswer[Photo] | None:
        name = window.list.filter.tag_slugs[0]
        self.asked.append((name, window.skip, window.limit))
        origin = Origin(stored_at=0.0, fresh_until=1000.0 - len(self.asked))
        if (name, window.skip) in self.failures:
            raise self.failures[name, window.skip]
        photos = self.listed(window.list)
        size = self.cuts.get((name, window.skip), window.limit)
        cut_short = None if size == window.limit else _failure()
        items = photos[window.skip : window.skip + size]
        return WindowAnswer(
            items=tuple(None if photo.slug in self.gone else photo for photo in items),
            has_next=window.skip + size < len(photos),
            origin=origin,
            cut_short=cut_short,
        )


def _moment(photo: Photo) -> str:
    # Without its Z the text sorts as the moment does, whatever digits its fraction has.
    return (photo.sent_content_date or "").removesuffix("Z")


def _failure() -> ProviderError:
    return UpstreamUnavailable(Provider.FORGE, "answered 503", status=503)


def _merge(
    provided: Provided,
    lists: Sequence[PhotoList],
    low: tuple[int, ...] | None = None,
    high: tuple[int, ...] | None = None,
) -> Merge:
    return Merge(lists, provided.load, low or (0,) * len(lists), high)


def _slugs(window: MergedWindow) -> list[str]:
    return [item.photo.slug for item in window.items]


dates = st.sampled_from(
    [None, *(f"2024-01-0{day}T10:00:00{fraction}Z" for day in (1, 2, 3) for fraction in ("", ".5"))]
)
worlds = st.lists(st.tuples(dates, st.sets(st.sampled_from(TAGS))), max_size=30).map(
    lambda drawn: [_photo(f"p{number:02}", date, tags) for number, (date, tags) in enumerate(drawn)]
)


def _union(provided: Provided, lists: Sequence[PhotoList]) -> list[str]:
    """List the slugs of every photo with one of the tags, in the lists' order."""
    tags = {each.filter.tag_slugs[0] for each in lists}
    world = [photo for photo in provided.photos if tags & {tag.slug for tag in photo.tags}]
    everything = PhotoList(culture="en-us", filter=PhotoFilter(), sort=lists[0].sort)
    return [photo.slug for photo in Provided(world).listed(everything)]


@given(photos=worlds, down=st.booleans(), count=st.integers(1, 7), branches=st.integers(2, 3))
async def test_walking_forward_and_back_gives_the_sorted_union_each_photo_once(
    *, photos: list[Photo], down: bool, count: int, branches: int
) -> None:
    provided = Provided(photos)
    lists = [_list_of(tag, down=down) for tag in TAGS[:branches]]
    union = _union(provided, lists)
    ahead: list[str] = []
    low: tuple[int, ...] | None = None
    while True:
        window = await _merge(provided, lists, low).forward(count)
        ahead += _slugs(window)
        assert window.has_next == (len(ahead) < len(union))
        assert window.has_previous == (low is not None)
        if not window.has_next:
            break
        low = window.items[-1].after
    assert ahead == union
    if not union:
        return
    whole = await _merge(provided, lists).forward(len(union))
    high = whole.items[-1].before
    back: list[str] = [union[-1]]
    while len(back) < len(union):
        window = await _merge(provided, lists, None, high).backward(count)
        back = [*_slugs(window), *back]
        assert window.has_next
        assert window.has_previous == (len(back) < len(union))
        high = window.items[0].before
    assert back == union


@given(photos=worlds, down=st.booleans(), count=st.integers(1, 30))
async def test_the_first_items_cost_one_window_a_branch_however_far_the_branches_overlap(
    *, photos: list[Photo], down: bool, count: int
) -> None:
    provided = Provided(photos)
    lists = [_list_of(tag, down=down) for tag in TAGS]
    await _merge(provided, lists).forward(count)
    assert sorted(provided.asked) == sorted((tag, 0, count) for tag in TAGS)


@given(photos=worlds, gone=st.sets(st.integers(0, 29)), count=st.integers(1, 7))
async def test_dropped_items_leave_no_gap_and_no_repeat(
    photos: list[Photo], gone: set[int], count: int
) -> None:
    provided = Provided(photos)
    provided.gone = {f"p{number:02}" for number in gone}
    lists = [_list_of(tag) for tag in TAGS]
    came: list[str] = []
    low: tuple[int, ...] | None = None
    while True:
        window = await _merge(provided, lists, low).forward(count)
        came += _slugs(window)
        if not window.has_next:
            break
        low = window.items[-1].after
    assert came == [slug for slug in _union(provided, lists) if slug not in provided.gone]


def _three_of_each() -> list[Photo]:
    return [_photo(f"{tag}-{day}", f"2024-01-0{day}T00:00:00Z", [tag]) for tag in TAGS for day in (1, 2, 3)]


async def test_a_branch_within_an_earlier_one_is_not_read_to_its_end() -> None:
    provided = Provided(
        [_photo(f"p{number:03}", f"2024-01-01T00:00:{number % 60:02}Z", TAGS) for number in range(300)]
    )
    window = await _merge(provided, [_list_of(tag) for tag in TAGS]).forward(25)
    assert len(window.items) == 25
    assert provided.asked == [(tag, 0, 25) for tag in TAGS]


async def test_a_photo_of_two_branches_belongs_to_the_first_where_the_second_has_it_at_another_place() -> (
    None
):
    red, green = _list_of("red"), _list_of("green")
    shared = _photo("shared", "2024-01-02T00:00:00Z", ["red", "green"])
    # The tag's list at the provider is not sorted as the other one: the photo comes early in the second branch.
    answers = {
        "red": (_photo("r", "2024-01-03T00:00:00Z", ["red"]), shared),
        "green": (shared, _photo("g", "2024-01-01T00:00:00Z", ["green"])),
    }
    answers["green"] = (_photo("shared", "2024-01-09T00:00:00Z", ["red", "green"]), answers["green"][1])

    async def load(window: Window[PhotoList]) -> WindowAnswer[Photo]:
        origin = Origin(stored_at=0.0, fresh_until=0.0)
        return WindowAnswer(items=answers[window.list.filter.tag_slugs[0]], has_next=False, origin=origin)

    window = await Merge([red, green], load, (0, 0), None).forward(10)
    assert _slugs(window) == ["r", "shared", "g"]
    assert not window.has_next


async def test_a_branch_whose_first_page_fails_fails_the_list() -> None:
    provided = Provided(_three_of_each())
    provided.failures["green", 0] = failure = _failure()
    with pytest.raises(UpstreamUnavailable) as raised:
        await _merge(provided, [_list_of(tag) for tag in TAGS]).forward(4)
    assert raised.value is failure


async def test_a_branch_that_fails_later_ends_the_answer_before_it() -> None:
    provided = Provided(_three_of_each())
    provided.cuts["green", 0] = 1
    window = await _merge(provided, [_list_of(tag) for tag in TAGS]).forward(9)
    assert _slugs(window) == ["blue-3", "green-3"]
    assert (window.has_next, window.has_previous) == (True, False)
    assert isinstance(window.cut_short, UpstreamUnavailable)
    assert len(provided.asked) == 3


async def test_going_on_after_a_failure_continues_where_the_answer_ended() -> None:
    provided = Provided(_three_of_each())
    provided.cuts["green", 0] = 1
    lists = [_list_of(tag) for tag in TAGS]
    first = await _merge(provided, lists).forward(9)
    rest = await _merge(provided, lists, first.items[-1].after).forward(9)
    assert _slugs(first) + _slugs(rest) == _union(provided, lists)


async def test_walking_back_into_a_failure_keeps_what_came_and_says_that_more_stands_before() -> None:
    provided = Provided([_photo(f"red-{day}", f"2024-01-0{day}T00:00:00Z", ["red"]) for day in range(1, 8)])
    provided.gone = {"red-2"}
    provided.failures["red", 2] = _failure()
    lists = [_list_of("red"), _list_of("green")]
    window = await _merge(provided, lists, None, (6, 0)).backward(3)
    assert _slugs(window) == ["red-4", "red-3"]
    assert (window.has_next, window.has_previous) == (True, True)
    assert isinstance(window.cut_short, UpstreamUnavailable)


async def test_walking_back_into_a_window_that_was_cut_short_is_a_failure_not_a_hole() -> None:
    provided = Provided(_three_of_each())
    provided.cuts["red", 0] = 1
    with pytest.raises(UpstreamUnavailable):
        await _merge(provided, [_list_of("red"), _list_of("green")], None, (3, 0)).backward(3)


async def test_a_list_that_does_not_exist_is_said_to_be_absent() -> None:
    async def nothing(window: Window[PhotoList]) -> None:
        del window

    with pytest.raises(ListAbsent):
        await Merge([_list_of("red"), _list_of("green")], nothing, (0, 0), None).forward(5)


async def test_an_empty_page_that_promises_more_ends_its_branch() -> None:
    async def promising(window: Window[PhotoList]) -> WindowAnswer[Photo]:
        del window
        return WindowAnswer(items=(), has_next=True, origin=Origin(stored_at=0.0, fresh_until=0.0))

    merge = Merge([_list_of("red"), _list_of("green")], promising, (0, 0), None)
    assert (await merge.forward(5)).items == ()


async def test_a_short_page_that_promises_more_ends_a_walk_back_all_the_same() -> None:
    async def short(window: Window[PhotoList]) -> WindowAnswer[Photo]:
        photo = _photo(f"p{window.skip}", "2024-01-01T00:00:00Z", ["red"])
        return WindowAnswer(items=(photo,), has_next=True, origin=Origin(stored_at=0.0, fresh_until=0.0))

    merge = Merge([_list_of("red"), _list_of("green")], short, (0, 0), (3, 0))
    assert _slugs(await merge.backward(3)) == ["p0"]


async def test_the_oldest_answer_tells_the_age_and_no_answer_tells_none() -> None:
    provided = Provided(_three_of_each())
    lists = [_list_of(tag) for tag in TAGS]
    window = await _merge(provided, lists).forward(2)
    assert window.origin is not None
    assert window.origin.fresh_until == 1000.0 - 3
    assert (await _merge(provided, lists, (1, 1, 1), (1, 1, 1)).forward(5)).origin is None


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.0000001Z"),
        ("2024-01-01T00:00:00.9Z", "2024-01-01T00:00:01Z"),
        ("2024-01-01T00:00:00.15Z", "2024-01-01T00:00:00.2Z"),
        ("2024-01-01T01:30:00+02:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.5+00:00", "2024-01-01T00:00:00.6Z"),
        ("2024-01-01T00:00:00Z", "2024-01-01T09Z"),
        ("2024-01-01T00:00:00,5Z", "2024-01-01T00:00:01Z"),
        ("2024-01-01", "2024-01-01T00:00:00.1Z"),
    ],
)
def test_dates_are_compared_as_moments_with_every_digit(earlier: str, later: str) -> None:
    up, down = _list_of("red", down=False), _list_of("red")
    one, other = _photo("z", earlier, []), _photo("a", later, [])
    assert order_of(one, up) < order_of(other, up)
    assert order_of(other, down) < order_of(one, down)


def test_what_has_no_date_comes_last_and_ties_go_by_slug_in_both_directions() -> None:
    for wanted in (_list_of("red"), _list_of("red", down=False)):
        dated, undated, nonsense = (
            _photo("z", "2024-01-01T00:00:00Z", []),
            _photo("b", None, []),
            _photo("c", "soon", []),
        )
        ordered = sorted([nonsense, undated, dated], key=lambda photo: order_of(photo, wanted))
        assert [photo.slug for photo in ordered] == ["z", "b", "c"]
        same = _photo("a", "2024-01-01T00:00:00.000Z", [])
        assert order_of(same, wanted) < order_of(dated, wanted)


def test_the_date_that_is_sorted_by_is_the_one_that_counts() -> None:
    photo = Photo(slug="a", sent_last_updated_date="2024-01-01T00:00:00Z")
    assert order_of(photo, _list_of("red")).is_undated
    assert not order_of(photo, _list_of("red", field=PhotoSortField.LAST_UPDATED_DATE)).is_undated
