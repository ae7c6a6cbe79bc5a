"""Photo filters: every value checked before it leaves, and equal filters made equal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import Forbidden
from providers.forge.lists import PhotoFilter, PhotoSort, PhotoSortField
from providers.forge.records import ListAvailability
from resolvers.context import GraphRules
from resolvers.errors import BadUserInput
from resolvers.photo_filters import checked_branches, checked_sort
from schema.enums import SortDirection
from schema.photo_filters import ContextFilter, ExternalSourceReference, TagFilter
from schema.photo_filters import PhotoFilter as SchemaFilter
from schema.photo_filters import PhotoSort as SchemaSort

RULES = GraphRules()
SENDABLE = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)


def _filter(**values: Any) -> Any:
    return SchemaFilter(**values)


def _sort(**values: Any) -> Any:
    return SchemaSort(**values)


def _checked(**given_values: Any) -> tuple[PhotoFilter, ...]:
    return checked_branches(_filter(**given_values), RULES)


def _refused(**given_values: Any) -> str:
    with pytest.raises(BadUserInput) as raised:
        _checked(**given_values)
    return raised.value.argument


def test_every_filter_is_read() -> None:
    [wanted] = _checked(
        tags=TagFilter(
            slug=["b", "a"],
            neutral_slug=["n"],
            external_source=[ExternalSourceReference(source_name="musement", source_id="1")],
        ),
        context=ContextFilter(slug="c", neutral_slug="cn"),
        featured=False,
        slug="s",
    )
    assert wanted == PhotoFilter(
        tag_slugs=("a", "b"),
        tag_neutral_slugs=("n",),
        tag_sources=(("musement", "1"),),
        context_slug="c",
        context_neutral_slug="cn",
        featured=False,
        slug="s",
    )


@pytest.mark.parametrize(
    "nothing",
    [
        {},
        {"tags": None, "context": None, "featured": None, "slug": None, "availability": None, "any_of": None},
        {"tags": TagFilter(), "context": ContextFilter(), "any_of": []},
        {"tags": TagFilter(slug=[], neutral_slug=[], external_source=[])},
        {"tags": TagFilter(slug=None, neutral_slug=None, external_source=None)},
        {"context": ContextFilter(slug=None, neutral_slug=None)},
        {"availability": ListAvailability.PUBLIC},
    ],
)
def test_what_is_left_out_null_or_empty_is_no_filter(nothing: dict[str, Any]) -> None:
    assert _checked(**nothing) == checked_branches(None, RULES) == (PhotoFilter(),)


@given(slugs=st.lists(SENDABLE, min_size=1, max_size=8), shuffled=st.randoms())
def test_order_and_repeats_of_values_do_not_make_another_list(slugs: list[str], shuffled: Any) -> None:
    again = [*slugs, slugs[0]]
    shuffled.shuffle(again)
    assert _checked(tags=TagFilter(slug=slugs)) == _checked(tags=TagFilter(slug=again))


@pytest.mark.parametrize("value", ["", "$range(1,2)", "$", "a,b", "a\nb", "\x00", "\ud800", "a" * 201])
@pytest.mark.parametrize(
    ("place", "argument"),
    [
        (lambda value: {"tags": TagFilter(slug=["fine", value])}, "filter.tags.slug"),
        (lambda value: {"tags": TagFilter(neutral_slug=[value])}, "filter.tags.neutralSlug"),
        (
            lambda value: {
                "tags": TagFilter(external_source=[ExternalSourceReference(source_name=value, source_id="1")])
            },
            "filter.tags.externalSource.sourceName",
        ),
        (
            lambda value: {
                "tags": TagFilter(external_source=[ExternalSourceReference(source_name="m", source_id=value)])
            },
            "filter.tags.externalSource.sourceId",
        ),
        (lambda value: {"context": ContextFilter(slug=value)}, "filter.context.slug"),
        (lambda value: {"context": ContextFilter(neutral_slug=value)}, "filter.context.neutralSlug"),
        (lambda value: {"slug": value}, "filter.slug"),
        (lambda value: {"any_of": [TagFilter(slug=["fine"]), TagFilter(slug=[value])]}, "filter.anyOf.slug"),
    ],
)
def test_a_value_that_must_not_leave_is_refused_by_the_name_of_its_place(
    value: str, place: Any, argument: str
) -> None:
    assert _refused(**place(value)) == argument


def test_a_value_may_have_what_a_url_has_to_encode() -> None:
    [wanted] = _checked(tags=TagFilter(slug=["a&b=c#d+e f/é"]), slug="a$b")
    assert wanted.tag_slugs == ("a&b=c#d+e f/é",)
    assert wanted.slug == "a$b"


def test_a_source_name_with_a_colon_is_refused_since_it_would_end_there() -> None:
    source = ExternalSourceReference(source_name="mus:ement", source_id="1:2")
    assert _refused(tags=TagFilter(external_source=[source])) == "filter.tags.externalSource.sourceName"


def test_at_most_50_values_are_taken() -> None:
    assert _refused(tags=TagFilter(slug=["a"] * 51)) == "filter.tags.slug"
    assert _checked(tags=TagFilter(slug=["a"] * 50)) == (PhotoFilter(tag_slugs=("a",)),)


def test_a_join_is_added_to_every_branch_beside_the_other_filters() -> None:
    wanted = _filter(
        tags=TagFilter(slug=["common"]),
        featured=True,
        any_of=[TagFilter(slug=["a"]), TagFilter(neutral_slug=["b"])],
    )
    branches = checked_branches(
        wanted, RULES, PhotoFilter(tag_sources=(("musement", "1"),), tag_slugs=("joined",))
    )
    assert branches == (
        PhotoFilter(tag_slugs=("a", "common", "joined"), tag_sources=(("musement", "1"),), featured=True),
        PhotoFilter(
            tag_slugs=("common", "joined"),
            tag_neutral_slugs=("b",),
            tag_sources=(("musement", "1"),),
            featured=True,
        ),
    )


def test_a_join_without_a_filter_is_the_filter() -> None:
    join = PhotoFilter(tag_slugs=("t",))
    assert checked_branches(None, RULES, join) == (join,)


def test_equal_branches_are_one_in_the_order_of_their_first() -> None:
    one, other = TagFilter(slug=["a"]), TagFilter(slug=["b"])
    assert [branch.tag_slugs for branch in _checked(any_of=[other, one, other])] == [("b",), ("a",)]


def test_unlisted_photos_are_refused_unless_the_operator_shows_them() -> None:
    wanted = _filter(availability=ListAvailability.UNLISTED)
    with pytest.raises(Forbidden):
        checked_branches(wanted, RULES)
    assert checked_branches(wanted, GraphRules(allow_unlisted=True)) == (PhotoFilter(unlisted=True),)


def test_a_sort_is_read_and_none_means_the_providers_order() -> None:
    assert checked_sort(None) is None
    up = _sort(field=PhotoSortField.CONTENT_DATE, direction=SortDirection.ASC)
    assert checked_sort(up) == PhotoSort(field=PhotoSortField.CONTENT_DATE, descending=False)
    down = _sort(field=PhotoSortField.TAGS_SLUG)
    assert checked_sort(down) == PhotoSort(field=PhotoSortField.TAGS_SLUG, descending=True)
