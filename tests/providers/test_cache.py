"""What is kept of answers, how long it serves, and what drives it out."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.cache import Entry, Keeping, Memory, directives, keeping_of
from providers.calls import Call, CallPolicy
from providers.records import MOST_MADE, Answer, Origin
from providers.transport import Reply

POLICY = CallPolicy(fresh_s=60, stale_s=600, absent_s=30)


def keeping(
    cache_control: str | None, status: int = 200, policy: CallPolicy = POLICY, **more: str
) -> Keeping | None:
    headers = {} if cache_control is None else {"cache-control": cache_control}
    return keeping_of(Reply(status=status, headers=headers | more, body=b"{}"), policy)


@pytest.mark.parametrize(
    ("cache_control", "fresh_s"),
    [
        (None, 60),
        ("public", 60),
        ("must-revalidate", 60),
        ("max-age=600,must-revalidate", 600),
        ("max-age=0", 0),
        ("Max-Age=5", 5),
        ('max-age="7"', 7),
        ("max-age=5, s-maxage=9", 9),
        ("no-cache", 0),
        ("no-cache, max-age=50", 0),
        ("max-age=nonsense", 60),
        ("max-age=-1", 60),
        ("max-age=9999999999", 366 * 86400),
    ],
)
def test_max_age_wins_over_the_setting(cache_control: str | None, fresh_s: float) -> None:
    assert keeping(cache_control) == Keeping(fresh_s, 600)


@pytest.mark.parametrize(
    "cache_control", ["no-store", "private", "private, max-age=60", "max-age=60,no-store"]
)
def test_what_is_private_or_not_to_be_stored_is_not_kept(cache_control: str) -> None:
    assert keeping(cache_control) is None


@pytest.mark.parametrize("cache_control", [None, "max-age=600", "public"])
def test_a_freshness_of_nought_keeps_nothing_whatever_the_provider_says(cache_control: str | None) -> None:
    assert keeping(cache_control, policy=CallPolicy(fresh_s=0)) is None
    assert keeping(cache_control, status=404, policy=CallPolicy(fresh_s=0)) is None


def test_time_spent_in_caches_on_the_way_is_time_past() -> None:
    assert keeping("max-age=60", age="45") == Keeping(15, 600)
    assert keeping("max-age=60", age="90") == Keeping(0, 600)


def test_absence_is_remembered_for_its_own_time_and_never_serves_stale() -> None:
    assert keeping("max-age=600", status=404) == Keeping(30, 0)
    assert keeping(None, status=404, policy=CallPolicy(absent_s=0)) is None


@given(st.text(max_size=200))
def test_any_header_can_be_read(header: str) -> None:
    assert all(name == name.lower() for name in directives(header))


def entry(
    weight: int = 10, *, stored_at: float = 100.0, fresh_s: float = 60.0, stale_s: float = 600.0
) -> Entry:
    origin = Origin(stored_at=stored_at, fresh_until=stored_at + fresh_s)
    return Entry(answer=Answer(value=weight, origin=origin), keeping=Keeping(fresh_s, stale_s), weight=weight)


def call(key: object) -> Call:
    return Call(route="GET /x", path=f"/{key}", tags=(f"X:{key}",))


def test_an_entry_is_fresh_then_may_serve_then_is_of_no_use() -> None:
    kept = entry()
    assert [kept.is_fresh(now) for now in (100, 160, 160.1)] == [True, True, False]
    assert [kept.may_serve(now) for now in (160.1, 760, 760.1)] == [True, True, False]
    assert [kept.age_s(now) for now in (99, 100.9, 163)] == [0, 0, 63]


def test_an_entry_says_as_what_it_serves_and_how_old_it_is() -> None:
    verdicts = [entry().verdict_at(now) for now in (94.9, 95, 100.9, 160, 160.1, 760, 760.1)]
    # The first two: stored in the future, by more than clocks may be apart, and by less.
    assert [verdict for verdict, _ in verdicts] == ["STALE", "HIT", "HIT", "HIT", "STALE", "STALE", ""]
    assert [age_s for _, age_s in verdicts[:-1]] == [0, 0, 0, 60, 60, 660]


def test_what_is_made_of_an_answer_is_made_once_and_the_last_few_things_are_kept() -> None:
    answer, made = entry().answer, []

    def make(key: int) -> list[int]:
        made.append(key)
        return [key]

    found = answer.once(1, lambda: make(1))
    assert answer.once(1, lambda: make(1)) is found
    for key in range(100):
        assert answer.once(key, partial(make, key)) == [key]
        assert len(answer.made) <= MOST_MADE
    assert made == [1, 0, *range(2, 100)]


def test_a_renewal_makes_the_shared_origin_fresh_again() -> None:
    kept = entry()
    origin = kept.answer.origin
    kept.renew(1000.0, Keeping(5, 600))
    assert (origin.stored_at, origin.fresh_until) == (1000.0, 1005.0)


def test_a_condition_is_the_strongest_validator_alone() -> None:
    kept = entry()
    assert kept.conditions == {}
    kept.last_modified = "Wed, 08 Oct 2025 11:42:48 GMT"
    assert kept.conditions == {"if-modified-since": "Wed, 08 Oct 2025 11:42:48 GMT"}
    kept.etag = '"x"'
    assert kept.conditions == {"if-none-match": '"x"'}


def test_what_was_used_longest_ago_makes_room() -> None:
    memory = Memory(30)
    for key in "abc":
        memory.put(call(key), entry())
    assert memory.get(call("a")) is not None
    memory.put(call("d"), entry())
    assert [key for key in "abcd" if memory.get(call(key))] == ["a", "c", "d"]
    assert memory.bytes == 30


@given(st.sets(st.integers(0, 5)), st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_finding_many_marks_them_as_used_as_finding_each_does_and_none_where_one_is_not_fresh(
    stale: set[int], keys: list[int]
) -> None:
    together, apart = Memory(60), Memory(60)
    for memory in (together, apart):
        for key in range(6):
            memory.put(call(key), entry(stored_at=0 if key in stale else 100))
    found = together.fresh([call(key) for key in keys], now=150)
    if stale.isdisjoint(keys) and 6 not in keys:
        each = [apart.get(call(key)) for key in keys]
        assert found == [one.answer for one in each if one]
    else:
        assert found is None
    for number in range(3):
        for memory in (together, apart):
            memory.put(call(f"more {number}"), entry())
    left = [[key for key in range(6) if memory.get(call(key))] for memory in (together, apart)]
    assert left[0] == left[1]


def test_what_is_larger_than_the_memory_is_not_kept_and_drives_nothing_out() -> None:
    memory = Memory(30)
    memory.put(call("a"), entry())
    memory.put(call("b"), entry(31))
    assert len(memory) == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40), st.booleans()), max_size=60))
def test_the_bytes_are_always_those_of_the_entries_and_within_the_bound(
    steps: list[tuple[int, int, bool]],
) -> None:
    memory = Memory(100)
    for key, weight, drops in steps:
        if drops:
            memory.drop(call(key))
        else:
            memory.put(call(key), entry(weight))
        kept = [found for number in range(10) if (found := memory.get(call(number)))]
        assert memory.bytes == sum(each.weight for each in kept) <= 100


def test_a_purge_drops_what_is_concerned() -> None:
    memory = Memory(1000)
    for key in "abc":
        memory.put(call(key), entry())
    assert memory.purge(lambda each, _: "X:b" in each.tags) == 1
    assert [key for key in "abc" if memory.get(call(key))] == ["a", "c"]
    assert memory.bytes == 20
