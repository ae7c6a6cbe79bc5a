"""Strawberry schemas made by chance: every kind of type, of field and of failure, the same for the same seed."""

import asyncio
import copy
import enum
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from functools import lru_cache
from random import Random
from typing import Annotated, Any, NewType, Optional

import msgspec
import strawberry
from graphql import GraphQLError, Undefined
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

Log = list[tuple[Any, ...]]


class Mood(enum.Enum):
    CALM = "calm"
    WILD = 7
    DARK = "dark"


strawberry.enum(Mood)
Even = NewType("Even", int)


def _serialized_even(value: Any) -> Any:
    if not isinstance(value, int):
        raise GraphQLError(f"not even a number: {value!r}")
    return None if value % 5 == 0 else value * 2


class _Unchanged:
    gives_what_it_takes = True

    def __call__(self, value: Any) -> Any:
        return value


Plain = NewType("Plain", object)
PLAIN = strawberry.scalar(name="Plain", serialize=_Unchanged(), parse_value=str)
EVEN = strawberry.scalar(name="Even", serialize=_serialized_even, parse_value=int)


@strawberry.input
class Wish:
    size: int = 3
    mood: Mood | None = Mood.CALM
    names: list[str] | None = None


@strawberry.input
class Gift:
    data: JSON | None = None


class Shape(msgspec.Struct, frozen=True):
    """A type as the generator thinks of it: a name, or a list of or a non-null other."""

    kind: str
    name: str = ""
    inner: "Shape | None" = None


LEAVES: dict[str, Any] = {
    "Int": int,
    "Float": float,
    "String": str,
    "Boolean": bool,
    "ID": strawberry.ID,
    "Mood": Mood,
    "Even": Even,
    "Plain": Plain,
}
FAILING = "failing"


class Later:
    """An awaitable that is no coroutine."""

    def __init__(self, value: Any, turns: int) -> None:
        self._value, self._turns = value, turns

    def __repr__(self) -> str:
        return f"<later {self._turns}>"

    def __await__(self) -> Generator[Any, None, Any]:
        for _ in range(self._turns):
            yield
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


async def later(value: Any, turns: int) -> Any:
    for _ in range(turns):
        await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


async def streamed(values: list[Any]) -> AsyncIterator[Any]:
    for value in values:
        yield value


class Field(msgspec.Struct):
    """A field of the schema."""

    name: str
    python_name: str
    shape: Shape
    takes_arguments: bool


Way = Callable[["World", Field], tuple[Callable[..., Any], bool]]


class World:
    """A schema with what the generator of documents and data needs to know of it."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 - tests are to be repeatable
        self.fields: dict[str, list[Field]] = {}
        self.possible: dict[str, list[str]] = {}
        self.records: dict[str, type[Any]] = {}
        self.types: dict[str, Any] = dict(LEAVES)
        self.objects: list[str] = []
        self.log: Log = []
        # Those whose records last are the same objects from one execution to the next, as records that are kept are.
        self.lasting: set[str] = set()
        self.shared: dict[tuple[str, str], Any] = {}
        self.failures = 0.0
        # Resolvers that start where the reference would still have had time to cancel them.
        self.has_early_starters = seed % 2 == 0
        # Most that is selected on its records lasts, so that much of it is rendered once.
        self.is_calm = seed % 5 == 0
        # All records last, and some of their fields do not, so that many have frames.
        self.is_mixed = seed % 5 in (1, 2, 3)
        # What fields that change give is another at another time, of every other record.
        self.time = 0
        # How many runs have ended: what a resolver changes is seen in its own alone.
        self.runs = 0
        self.schema = _schema(self)

    def argument_names(self, type_name: str, field: Field) -> set[str]:
        definition: Any = self.schema._schema.type_map[type_name]  # noqa: SLF001 - as the server reaches it
        return set(definition.fields[field.name].args)

    def shape(self, names: list[str]) -> Shape:
        chance = self.chance
        shape = Shape("named", chance.choice(names))
        for _ in range(chance.choice((0, 0, 0, 1, 1, 2))):
            shape = Shape("list", inner=self.maybe_non_null(shape))
        return self.maybe_non_null(shape)

    def maybe_non_null(self, shape: Shape) -> Shape:
        return Shape("non-null", inner=shape) if self.chance.random() < 0.35 else shape

    def annotation(self, shape: Shape) -> Any:
        if shape.kind == "non-null":
            assert shape.inner
            inner = self.annotation(shape.inner)
            return inner.__args__[0] if getattr(inner, "__args__", None) and _is_optional(inner) else inner
        if shape.kind == "list":
            assert shape.inner
            return Optional[list[self.annotation(shape.inner)]]  # type: ignore[misc] # noqa: UP045 - made here
        return Optional[self.types[shape.name]]  # noqa: UP045 - made of a value

    def value(self, shape: Shape, seed: str) -> Any:
        """Make the value of a shape, or what fails to be one."""
        chance = Random(seed)  # noqa: S311 - repeatable
        if chance.random() < self.failures:
            return self._failure(shape, seed, chance)
        if shape.kind == "non-null":
            assert shape.inner
            return self._sound(shape.inner, seed, chance)
        return None if chance.random() < 0.1 else self._sound(shape, seed, chance)

    def _record(self, name: str, seed: str) -> Any:
        if name not in self.lasting:
            return self.records[name](seed)
        return self.shared.setdefault((name, seed), self.records[name](seed))

    def _failure(self, shape: Shape, seed: str, chance: Random) -> Any:
        sound = self._sound(shape, seed, chance)
        return chance.choice(
            [
                None,
                Undefined,
                ValueError(f"found {seed[-6:]}"),
                GraphQLError(f"located {seed[-6:]}"),
                object,
                "text",
                2**40,
                float("inf"),
                Later(sound, chance.randrange(3)),
                Later(ValueError("late"), chance.randrange(3)),
                FAILING,
            ]
        )

    def _sound(self, shape: Shape, seed: str, chance: Random) -> Any:
        if shape.kind == "non-null":
            assert shape.inner
            return self._sound(shape.inner, seed, chance)
        if shape.kind == "list":
            assert shape.inner
            items = [
                self.value(shape.inner, f"{seed}.{index}") for index in range(chance.choice((0, 1, 2, 4)))
            ]
            if any(item == FAILING for item in items):
                items = [item for item in items if item != FAILING]
            made = chance.choice(("list", "list", "tuple", "iterator", "stream"))
            if made == "stream" and chance.random() < 0.3:
                return streamed(items)
            return {"list": items, "tuple": tuple(items), "iterator": iter(items)}.get(made, items)
        if shape.name in self.possible:
            return self._record(chance.choice(self.possible[shape.name]), seed)
        return _leaf(shape.name, chance, _USUAL if self.is_mixed and chance.random() < 0.95 else _LEAVES)


def _is_optional(annotation: Any) -> bool:
    return type(None) in getattr(annotation, "__args__", ())


_LEAVES: dict[str, tuple[Any, ...]] = {
    "Int": (0, 5, -7, True, 3.0, "12", 2**31 - 1),
    "Float": (0.0, 1.5, 4, True, "2.5"),
    "String": ("", "text", 5, True, 1.5),
    "Boolean": (True, False, 0, 1.0),
    "ID": ("a", 7, ""),
    "Mood": tuple(Mood),
    "Even": (1, 2, 4, 5),
    "Plain": ("", "text", 7, 1.5, True, {"a": [1]}, [None, "b"]),
}
# Those that are left as they are.
_USUAL: dict[str, tuple[Any, ...]] = {
    **_LEAVES,
    "Int": (0, 5, -7, 2**31 - 1),
    "Float": (0.0, 1.5, -2.5),
    "String": ("", "text", "and more"),
    "Boolean": (True, False),
    "ID": ("a", "7", ""),
    "Even": (1, 2, 4),
}


def _leaf(name: str, chance: Random, offers: dict[str, tuple[Any, ...]]) -> Any:
    found = chance.choice(offers[name])
    # As those of an answer are: never the same object twice.
    return copy.deepcopy(found)


class OwnInfo(strawberry.Info):
    """An info of the schema's own."""


class Loud(FieldExtension):
    """Changes what its resolver gives."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs)


class LoudLater(FieldExtension):
    """The same, and waits."""

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any
    ) -> Any:
        return await next_(source, info, **kwargs)


class Seldom(BasePermission):
    message = "not you"

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        del info, kwargs
        return len(str(source)) % 3 != 0


def _schema(world: World) -> strawberry.Schema:
    interfaces = [_interface(world, f"I{index}") for index in range(2)]
    for index in range(5):
        _object(world, f"T{index}", interfaces)
    members = world.chance.sample(world.objects, 3)
    world.possible["U"] = members
    world.types["U"] = Annotated[_union([world.types[name] for name in members]), strawberry.union("U")]
    world.fields["U"] = []
    query = _object(world, "Query", [])
    return strawberry.Schema(
        query=query,
        types=[world.types[name] for name in world.objects if name != "Query"],
        config=StrawberryConfig(
            scalar_map={Even: EVEN, Plain: PLAIN},
            info_class=OwnInfo if world.chance.random() < 0.3 else strawberry.Info,
        ),
    )


def _union(types: list[Any]) -> Any:
    made = types[0]
    for each in types[1:]:
        made = made | each
    return made


def _interface(world: World, name: str) -> Any:
    fields = [_field(world, f"{name.lower()}F{index}", list(LEAVES)) for index in range(2)]
    world.fields[name], world.possible[name] = fields, []
    namespace = {
        "__annotations__": {field.python_name: world.annotation(field.shape) for field in fields},
        "__module__": __name__,
    }
    world.types[name] = strawberry.interface(type(name, (), namespace))
    return world.types[name]


def _field(world: World, name: str, names: list[str]) -> Field:
    return Field(name=name, python_name=name, shape=world.shape(names), takes_arguments=False)


def _object(world: World, name: str, interfaces: list[Any]) -> Any:
    bases = [each for each in interfaces if world.chance.random() < 0.5] if name != "Query" else []
    names = [*LEAVES, *[each for each in world.possible if world.possible[each] and each != name] * 3]
    fields = [_field(world, f"f{name}{index}", names) for index in range(6)]
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for field in fields:
        _declare(world, namespace, field, is_root=name == "Query")
    inherited = [field for base in bases for field in world.fields[base.__name__]]
    if world.is_calm or world.is_mixed or world.chance.random() < 0.6:
        world.lasting.add(name)
    record = type(
        f"Record{name}",
        (_Record,),
        {
            "__slots__": ("__weakref__",),
            "_world": world,
            "__lasting__": name in world.lasting,
            "_shapes": {each.python_name: each.shape for each in fields + inherited},
        },
    )
    marked = 1 if name in world.lasting else world.chance.choice((0, 1, 2))

    def is_type_of(value: object, info: object) -> bool:
        del info
        return isinstance(value, record)

    if marked == 1:
        is_type_of.instances_of = record  # type: ignore[attr-defined] # as production marks its own
    if name != "Query":
        namespace["is_type_of"] = staticmethod(is_type_of)
    world.types[name] = strawberry.type(type(name, tuple(bases), namespace))
    world.fields[name] = fields + inherited
    world.possible[name] = [name]
    for base in bases:
        world.possible[base.__name__].append(name)
    world.records[name] = record
    world.objects.append(name)
    return world.types[name]


class _Record:
    """A value of an object type: each attribute is made of the record's seed, and may fail."""

    __slots__ = ("seed",)
    _world: World
    _shapes: dict[str, Shape]

    def __init__(self, seed: str) -> None:
        self.seed = seed

    def __getattr__(self, name: str) -> Any:
        shape = self._shapes.get(name)
        if shape is None:
            raise AttributeError(name)
        value = self._world.value(shape, f"{self.seed}/{name}")
        if value == FAILING:
            raise ValueError(f"no {name}")
        return value

    def __str__(self) -> str:
        return self.seed

    def __repr__(self) -> str:
        return f"<{self.seed}>"


def _declare(world: World, namespace: dict[str, Any], field: Field, *, is_root: bool) -> None:
    annotation = world.annotation(field.shape)
    way = world.chance.choice(_ways(world, is_root=is_root))
    if way is None:
        namespace["__annotations__"][field.python_name] = annotation
        return
    resolver, takes_arguments = way(world, field)
    field.takes_arguments = takes_arguments
    surroundings: dict[str, Any] = world.chance.choice(
        (*[{}] * 6, {"extensions": [_loud(resolver)]}, {"permission_classes": [Seldom]})
    )
    namespace[field.python_name] = strawberry.field(
        resolver=resolver, graphql_type=annotation, **surroundings
    )


def _ways(world: World, *, is_root: bool) -> tuple[Way | None, ...]:
    early = (_at_once, _at_once, _at_once_or_later, _at_once_or_later) if world.has_early_starters else ()
    # No record stands above the root, and what lasts follows from one.
    if is_root:
        return (*WAYS[2:], *early)
    if world.is_calm:
        return LASTING
    changing = (_changing, _changing_at_once) if world.has_early_starters else (_changing,)
    return (
        (*LASTING * 4, *changing * 3, _sync, _with_arguments, _changing_its_inputs, _asynchronous)
        if world.is_mixed
        else (*WAYS, *early, *LASTING, *changing)
    )


def _loud(resolver: Callable[..., Any]) -> FieldExtension:
    return LoudLater() if asyncio.iscoroutinefunction(resolver) else Loud()


def _given(world: World, field: Field, parent: Any, *more: Any) -> Any:
    seed = f"{parent.seed if parent is not None else ''}/{field.name}{more!r}"
    world.log.append((seed, more))
    value = world.value(field.shape, seed)
    if value == FAILING:
        raise ValueError(f"no {field.name}")
    return value


def _sync(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    def resolver(parent: strawberry.Parent[Any]) -> Any:
        return _given(world, field, parent)

    return resolver, False


def _method(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    def resolver(self: Any, info: strawberry.Info) -> Any:
        return _given(world, field, self, tuple(info.path.as_list()), info.field_name)

    return resolver, False


def _asynchronous(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    async def resolver(parent: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        await later(None, Random(field.name).randrange(4))  # noqa: S311 - repeatable
        return _given(world, field, parent, tuple(info.path.as_list()), info.context)

    return resolver, False


def _with_arguments(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    def resolver(
        parent: strawberry.Parent[Any],
        size: int | None = 3,
        name: str | None = strawberry.UNSET,
        mood: Mood | None = Mood.DARK,
        sizes: list[int | None] | None = None,
        wish: Wish | None = None,
    ) -> Any:
        if sizes is not None:
            sizes.append(1)
        return _given(world, field, parent, size, name, mood, sizes, wish)

    return resolver, True


def _later_with_arguments(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    async def resolver(
        root: strawberry.Parent[Any],
        info: strawberry.Info,
        size: int = 4,
        name: str | None = "n",
        mood: Mood | None = None,
        sizes: list[int | None] | None = None,
        wish: Wish | None = None,
    ) -> Any:
        await later(None, size % 3)
        return _given(world, field, root, tuple(info.path.as_list()), size, name, mood, sizes, wish)

    return resolver, True


def _changing_its_inputs(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    def resolver(
        parent: strawberry.Parent[Any], info: strawberry.Info, size: int | None = 1, gift: Gift | None = None
    ) -> Any:
        held = [info.variable_values, gift.data if gift else None]
        dicts = [each for each in held if isinstance(each, dict)]
        are_own = all(each.setdefault("run", world.runs) == world.runs for each in dicts)
        return _given(world, field, parent, size, gift is None, are_own)

    return resolver, True


def _lasting(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    def resolver(parent: strawberry.Parent[Any], size: int | None = 2, wish: Wish | None = None) -> Any:
        # Not logged: how often it is called is what may differ.
        value = world.value(field.shape, f"{parent.seed}/{field.name}{size!r}{wish!r}")
        if value == FAILING:
            raise ValueError(f"no {field.name}")
        return value

    resolver.__lasting__ = True  # type: ignore[attr-defined] # as production marks its own
    return resolver, True


class Begun:
    """What a coroutine that began at once becomes where it waits."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], waits_for: Any) -> None:
        self._coroutine, self._waits_for = coroutine, waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        yield self._waits_for
        return (yield from self._coroutine.__await__())

    @staticmethod
    def begin(coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            return Begun(coroutine, coroutine.send(None))
        except StopIteration as end:
            return end.value


def _at_once(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    async def resolver(
        parent: strawberry.Parent[Any], info: strawberry.Info, size: int | None = 1, wish: Wish | None = None
    ) -> Any:
        turns = Random(f"{field.name}{size}").randrange(3)  # noqa: S311 - repeatable
        if turns:
            await later(None, turns)
        return _given(world, field, parent, tuple(info.path.as_list()), info.context, size, wish)

    resolver.begins_at_once = Begun  # type: ignore[attr-defined] # as production marks its own
    return resolver, True


def _at_once_or_later(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    async def waited(parent: Any, turns: int) -> Any:
        await later(None, turns)
        return _given(world, field, parent, turns)

    def resolver(parent: strawberry.Parent[Any], size: int | None = 1) -> Any:
        turns = Random(f"{field.name}{size}").randrange(3)  # noqa: S311 - repeatable
        return waited(parent, turns - 1) if turns else _given(world, field, parent, turns)

    resolver.begins_at_once = Begun  # type: ignore[attr-defined] # as production marks its own
    return resolver, True


def _promising(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    def resolver(parent: strawberry.Parent[Any]) -> Any:
        return later(_given(world, field, parent), 1)

    return resolver, False


def _changing(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    def resolver(parent: strawberry.Parent[Any], size: int | None = 1) -> Any:
        return _given(world, field, parent, _time_of(world, parent), size)

    return resolver, True


def _changing_at_once(world: World, field: Field) -> tuple[Callable[..., Any], bool]:
    async def resolver(parent: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        time = _time_of(world, parent)
        if time == 2:
            await later(None, 1)
        return _given(world, field, parent, time, info.context)

    resolver.begins_at_once = Begun  # type: ignore[attr-defined] # as production marks its own
    return resolver, False


def _time_of(world: World, parent: Any) -> int:
    changes = Random(f"{parent.seed}").random() < 0.5  # noqa: S311 - repeatable
    return world.time if changes else 0


WAYS: tuple[Way | None, ...] = (
    None,
    None,
    _sync,
    _method,
    _asynchronous,
    _with_arguments,
    _later_with_arguments,
    _changing_its_inputs,
    _promising,
)


LASTING: tuple[Way | None, ...] = (
    None,
    _lasting,
)


@lru_cache(maxsize=300)
def world_of(seed: int) -> World:
    return World(seed)
