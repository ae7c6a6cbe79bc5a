"""Lists of records that last are answered in one loop where all is evident, and as the reference does where not."""

import enum
from typing import Any, Optional

import msgspec
import pytest
import strawberry
from graphql import GraphQLError, execute, parse

from server.operations.compiled.plans import Plans


class Mood(enum.Enum):
    CALM = "calm"
    WILD = 7


class Ring(msgspec.Struct, frozen=True):
    """A record of a class that decides its type."""

    size: Any
    mood: Any = Mood.CALM
    inner: Any = None


class Stone(msgspec.Struct, frozen=True):
    """A record whose class nothing is asked about."""

    name: Any
    words: Any = ()
    rings: Any = ()
    grid: Any = ((),)
    first: Any = Ring(1)

    @property
    def weight(self) -> float:
        if self.name == "heavy":
            raise ValueError("too heavy")
        return 1.5


class Box(msgspec.Struct, frozen=True):
    """Where stones lie: what is kept of a list is kept with what it stands in."""

    stones: Any


def _is_ring(value: object, info: object) -> bool:
    del info
    return isinstance(value, Ring)


_is_ring.instances_of = Ring  # type: ignore[attr-defined] # as production marks its own
strawberry.enum(Mood)
calls: list[int] = []


def _scaled(parent: strawberry.Parent[Any], by: int = 2) -> int:
    calls.append(by)
    if parent.size == "none":
        raise GraphQLError("nothing to scale")
    scaled: int = parent.size * by
    return scaled


_scaled.__lasting__ = True  # type: ignore[attr-defined] # as production marks its own


@strawberry.type(name="Ring")
class RingType:
    is_type_of = staticmethod(_is_ring)
    size: int
    mood: Mood | None
    inner: Optional["RingType"]
    scaled: int | None = strawberry.field(resolver=_scaled)


@strawberry.type(name="Stone")
class StoneType:
    name: str
    weight: float | None
    words: list[str] | None
    rings: list[RingType | None]
    grid: list[list[RingType]] | None
    first: RingType | None


@strawberry.type(name="Box")
class BoxType:
    stones: list[StoneType | None] | None


def _box(info: strawberry.Info) -> Any:
    return Box(info.context)


@strawberry.type
class Query:
    box: BoxType = strawberry.field(resolver=_box)


SCHEMA = strawberry.Schema(Query)._schema  # noqa: SLF001 - as the server reaches it
RING = "size mood scaled thrice: scaled(by: 3) inner { size inner { mood } } __typename"
QUERY = parse(
    f"{{ box {{ stones {{ name words rings {{ {RING} }} grid {{ size }} weight first {{ {RING} }} "
    "named: name } } }"
)
PLAIN_RING = Ring(2, Mood.WILD, Ring(3, None))
SOUND = Stone("a", ("x", "y"), (PLAIN_RING, Ring(4)), ((Ring(5),), ()), PLAIN_RING)
BARE = Stone("b", None, [], None, None)
ODD: dict[str, Any] = {
    "a number as a name": Stone(5),
    "no name": Stone(None),
    "a failure as a name": Stone(ValueError("no name")),
    "words that are none": Stone("c", (1, True)),
    "no word among words": Stone("c", ("x", None)),
    "words as an iterator": Stone("c", {"x": 1}.keys()),
    "no ring among rings": Stone("c", (), (PLAIN_RING, None)),
    "a stone among rings": Stone("c", (), (PLAIN_RING, SOUND)),
    "a size out of bounds": Stone("c", (), (Ring(2**40),)),
    "a mood that is none": Stone("c", (), (Ring(1, "CALM"),)),
    "a ring that fails": Stone("c", (), (Ring("none"),)),
    "no rings": Stone("c", (), None),
    "no row in a grid": Stone("c", (), (), (None,)),
    "an attribute that fails": Stone("heavy"),
    "nothing": None,
    "something else": {"name": "d"},
}


async def compiled(stones: Any) -> Any:
    plans = Plans(SCHEMA, after=1)
    executor = plans.executor(QUERY, {}, None, stones)
    assert executor is not None
    return await executor.run()


def reference(stones: Any) -> Any:
    return execute(SCHEMA, QUERY, context_value=stones)


async def test_what_is_evident_is_answered_as_the_reference_does() -> None:
    stones = [SOUND, BARE, SOUND]
    found, expected = await compiled(stones), reference(stones)
    assert (repr(found.data), found.errors) == (repr(expected.data), None)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("place", [0, 2])
async def test_what_is_odd_is_answered_as_the_reference_does(odd: str, place: int) -> None:
    stones: list[Any] = [SOUND, BARE]
    stones.insert(place, ODD[odd])
    found, expected = await compiled(stones), reference(stones)
    assert repr(found.data) == repr(expected.data)
    assert [each.formatted for each in found.errors or ()] == [
        each.formatted for each in expected.errors or ()
    ]


async def test_nothing_is_read_twice_where_all_is_evident() -> None:
    calls.clear()
    reference([SOUND] * 3)
    expected = sorted(calls)
    calls.clear()
    await compiled([SOUND] * 3)
    assert sorted(calls) == expected
