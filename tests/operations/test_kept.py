"""What is used again is kept, within a bound of its size; what is used once passes through."""

from server.operations.kept import MOST_SEEN, NEW_PART, Kept


def test_what_is_used_once_takes_a_small_part_of_the_table() -> None:
    kept: Kept[int, str] = Kept(10 * NEW_PART)
    for key in range(1000):
        kept.keep(key, "new", 1)
    assert len(kept) == 10


def test_what_is_used_again_stays_until_others_are_used_as_often() -> None:
    kept: Kept[int, str] = Kept(NEW_PART)
    for key in range(NEW_PART + 1):
        kept.keep(key, f"used {key}", 1)
        kept.find(key)
        kept.find(1)
    for key in range(100, 200):
        kept.keep(key, "new", 1)
    assert kept.find(0) is None
    assert [kept.find(key) for key in (1, 2, NEW_PART)] == ["used 1", "used 2", f"used {NEW_PART}"]


def test_sizes_count_and_not_numbers() -> None:
    kept: Kept[str, int] = Kept(160)
    for key, size in (("a", 100), ("b", 50), ("c", 100)):
        kept.keep(key, size, size)
        kept.keep(key, size, size)
    assert (kept.find("a"), kept.find("b"), kept.find("c")) == (None, 50, 100)


def test_what_comes_back_is_known_unless_its_key_may_stand_for_another() -> None:
    for recalls in (True, False):
        kept: Kept[int, str] = Kept(NEW_PART, recalls=recalls)
        for key in (1, 2, 1, 3):
            kept.keep(key, "value", 1)
        assert kept.find(1) == ("value" if recalls else None)


def test_what_was_seen_is_forgotten_in_the_end() -> None:
    kept: Kept[int, str] = Kept(NEW_PART)
    for key in range(MOST_SEEN + 3):
        kept.keep(key, "value", 1)
    for key in (0, MOST_SEEN, MOST_SEEN + 3):
        kept.keep(key, "again", 1)
    assert (kept.find(0), kept.find(MOST_SEEN)) == (None, "again")
