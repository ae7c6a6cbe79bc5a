"""The Relay specification's paging algorithm, over a list in hand."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from hypothesis import strategies as st

T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True):
    """The four arguments; a cursor is given as the position that it stands for."""

    first: int | None = None
    after: int | None = None
    last: int | None = None
    before: int | None = None

    def arguments(self, cursors: Sequence[str]) -> dict[str, Any]:
        """Write them as variables, with the cursors that an answer gave."""
        return {
            "first": self.first,
            "after": None if self.after is None else cursors[self.after],
            "last": self.last,
            "before": None if self.before is None else cursors[self.before],
        }


@st.composite
def asked_of_a_list(draw: st.DrawFn, *, longest: int = 250) -> tuple[int, Asked]:
    """Draw the length of a list, and any mix of arguments for it; first and last never come together."""
    length = draw(st.integers(0, longest))
    cursors = st.none() | st.integers(0, length - 1) if length else st.none()
    count = draw(st.none() | st.integers(1, 30) | st.integers(1, 500))
    after, before = draw(cursors), draw(cursors)
    if draw(st.booleans()):
        return length, Asked(first=count, after=after, before=before)
    return length, Asked(last=count, after=after, before=before)


class Expected(msgspec.Struct, Generic[T], frozen=True):
    """What a connection has to answer: the items, and whether others stand before and after them."""

    items: list[T]
    has_previous: bool
    has_next: bool


def relay_slice(items: Sequence[T], asked: Asked, *, default: int) -> Expected[T]:
    """Apply cursors to the edges, then cut by first or last; ``default`` is the first of those who ask for neither."""
    edges = list(enumerate(items))
    if asked.after is not None:
        edges = [edge for edge in edges if edge[0] > asked.after]
    if asked.before is not None:
        edges = [edge for edge in edges if edge[0] < asked.before]
    edges = edges[: asked.first or default] if asked.last is None else edges[-asked.last :]
    return Expected(
        items=[item for _, item in edges],
        has_previous=bool(edges) and edges[0][0] > 0,
        has_next=bool(edges) and edges[-1][0] < len(items) - 1,
    )


def connection_of(answer: Mapping[str, Any], name: str) -> tuple[Expected[str], list[str]]:
    """Read a connection of ``edges { cursor node { name } } pageInfo { ... }``: what it answers, and its cursors."""
    edges, info = answer["edges"], answer["pageInfo"]
    cursors = [edge["cursor"] for edge in edges]
    if edges:
        assert (info["startCursor"], info["endCursor"]) == (cursors[0], cursors[-1])
    items = [edge["node"][name] for edge in edges]
    # Where nothing stands in a window, what lies around it is no part of the algorithm.
    return (
        Expected(
            items=items,
            has_previous=bool(items) and info["hasPreviousPage"],
            has_next=bool(items) and info["hasNextPage"],
        ),
        cursors,
    )
