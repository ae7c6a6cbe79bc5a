"""What of a lasting record does not hang on the request is read once; the rest runs each time, in its place."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any, ClassVar

import msgspec
import pytest
import strawberry
from graphql import ExecutionResult, GraphQLSchema, execute, parse

from server.operations.compiled.executor import note_plain
from server.operations.compiled.frames import Frame
from server.operations.compiled.plans import Plans, Remembering
from server.operations.compiled.renderings import Renderings


class Record(msgspec.Struct, frozen=True, weakref=True):
    """A record that lasts; ``text`` may be what no text is."""

    __lasting__: ClassVar[bool] = True

    text: Any
    inner: "Record | None" = None

    @property
    def read(self) -> str:
        """Tell when it is read."""
        events.append("read")
        return "read"


class Other(msgspec.Struct, frozen=True, weakref=True):
    """One of another type."""

    __lasting__: ClassVar[bool] = True

    text: str


class Fleeting(Record, frozen=True):
    """One that does not last."""

    __lasting__: ClassVar[bool] = False


def always(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def next_of(names: Iterator[str], record: Any) -> str:
    del record
    return next(names).upper()


def marking(mark: Any, record: Any) -> str:
    return f"{mark} {record.text}"


class Asked(msgspec.Struct):
    """What a request asks for, and what its live fields give."""

    records: list[Any]
    given: Callable[[Any], Any] = attrgetter("text")


events: list[str] = []


@pytest.fixture(autouse=True)
def known_classes() -> None:
    events.clear()
    # The first value of a class is looked at by graphql-core.
    for kind in (Record, Other, Fleeting):
        note_plain(kind)


def told(parent: strawberry.Parent[Any], mark: str = "!") -> str:
    events.append(f"told {mark}")
    return f"{parent.text}{mark}"


told.__lasting__ = True  # type: ignore[attr-defined] # as production marks its own


def marked(parent: strawberry.Parent[Any], info: strawberry.Info) -> Any:
    return info.context.given(parent)


marked.__lasting__ = True  # type: ignore[attr-defined] # against what is meant by it


def now(parent: strawberry.Parent[Any], info: strawberry.Info) -> Any:
    events.append(f"live {info.path.key}")
    return info.context.given(parent)


async def later(parent: strawberry.Parent[Any], info: strawberry.Info) -> Any:
    events.append("later")
    await asyncio.sleep(0)
    return info.context.given(parent)


def asked(info: strawberry.Info) -> Any:
    return info.context.records


def is_type(record: type) -> Any:
    def is_type_of(value: object, info: object) -> bool:
        del info
        return isinstance(value, record)

    is_type_of.instances_of = record  # type: ignore[attr-defined] # as production marks its own
    return staticmethod(is_type_of)


@strawberry.interface
class Named:
    text: str | None


@strawberry.type
class Shown(Named):
    is_type_of = is_type(Record)

    inner: "Shown | None"
    read: str
    told: str = strawberry.field(resolver=told)
    marked: str | None = strawberry.field(resolver=marked)
    live: str | None = strawberry.field(resolver=now)
    sure: str = strawberry.field(resolver=now)
    later: str | None = strawberry.field(resolver=later)
    beside: "Shown | None" = strawberry.field(resolver=now)
    named: Named | None = strawberry.field(resolver=now)
    listed: list[str] | None = strawberry.field(resolver=now)


@strawberry.type
class Unlike(Named):
    is_type_of = is_type(Other)

    live: str | None = strawberry.field(resolver=now)


@strawberry.type
class Query:
    records: Any = strawberry.field(resolver=asked, graphql_type=list[Shown | None])
    named: Any = strawberry.field(resolver=asked, graphql_type=list[Named | None])


def a_schema() -> GraphQLSchema:
    return strawberry.Schema(Query, types=[Shown, Unlike])._schema  # noqa: SLF001 - as the server reaches it


class Operation:
    """One operation, run again and again over records."""

    def __init__(self, text: str, renderings: Renderings | None = None) -> None:
        self.document = parse(text)
        self.schema = a_schema()
        self.renderings = Renderings() if renderings is None else renderings
        self.plans = Plans(self.schema, after=1, renderings=self.renderings)
        self._memories: dict[str, dict[Any, Any]] = {}

    def result(self, context: Asked, **variables: Any) -> ExecutionResult:
        memory = self._memories.setdefault(repr(variables), {})
        executor = Remembering(self.plans, memory).executor(self.document, variables, None, context)
        assert executor is not None
        return asyncio.run(executor.run())

    def reference(self, context: Asked, **variables: Any) -> ExecutionResult:
        found = execute(self.schema, self.document, context_value=context, variable_values=variables)
        assert isinstance(found, ExecutionResult)
        return found

    def parts(self, context: Asked, **variables: Any) -> list[Any]:
        """Give what was found for each record, copied or not."""
        data: Any = self.result(context, **variables).data
        (parts,) = data.values()
        return list(parts)

    def sent(self, context: Asked, **variables: Any) -> list[Any]:
        """Tell what a client would read of each record."""
        return [msgspec.json.decode(msgspec.json.encode(each)) for each in self.parts(context, **variables)]

    @property
    def frames(self) -> list[Frame]:
        """The frames that are there."""
        # No other way to ask for them.
        noted = self.renderings._all.values()  # noqa: SLF001
        return [each for each in noted if isinstance(each, Frame) and each.fixed]


def over(below: str, renderings: Renderings | None = None, head: str = "") -> Operation:
    return Operation(f"{head}{{ records {{ {below} }} }}", renderings)


def is_copied(part: Any) -> bool:
    return isinstance(part, msgspec.Raw)


def told_of(result: ExecutionResult) -> list[Any]:
    return [error.formatted for error in result.errors or ()]


def test_what_is_fixed_is_read_once_and_what_is_live_runs_each_time() -> None:
    operation, context = over("read live told"), Asked([Record("a")])
    expected = [{"read": "read", "live": "a", "told": "a!"}]
    assert [operation.sent(context) for _ in range(5)] == [expected] * 5
    # At first as it comes, then for the frame, and from then on what is live alone.
    assert events == ["read", "live live", "told !", "read", "told !", *["live live"] * 4]


def test_live_fields_run_in_their_order_and_all_keys_stand_in_theirs() -> None:
    operation = over("b: live text a: live __typename told c: live")
    context = Asked([Record("a"), Record("b")], lambda record: [record.text])
    expected = operation.reference(context)
    ran = [each for each in events if each != "told !"]
    for _ in range(4):
        events.clear()
        result = operation.result(context)
        assert msgspec.json.encode(result.data) == msgspec.json.encode(expected.data)
        assert told_of(result) == told_of(expected)
    assert events == ran == ["live b", "live a", "live c"] * 2


def test_the_text_of_the_whole_is_copied_where_the_same_came_again() -> None:
    operation, context = over("text live"), Asked([Record("a")])
    parts = [operation.parts(context)[0] for _ in range(5)]
    assert [is_copied(each) for each in parts] == [False, *[True] * 4]
    assert len({id(each) for each in parts[1:]}) == 1
    assert bytes(parts[1]) == b'{"text":"a","live":"a"}'


def test_one_answer_is_enough_to_see_a_record_twice() -> None:
    operation, record = over("text live"), Record("a")
    parts = operation.parts(Asked([record, record, record]))
    assert [is_copied(each) for each in parts] == [False, True, True]
    assert events == ["live live"] * 3


def test_another_value_is_told_at_once() -> None:
    operation, context = over("text live a: live"), Asked([Record("a")])
    for value in ("one", "one", "two", None, None, "one", "two"):
        context.given = always(value)
        assert operation.sent(context) == [{"text": "a", "live": value, "a": value}]


def test_what_came_last_is_held_so_that_nothing_new_can_be_taken_for_it() -> None:
    names = [f"name {number:060}" for number in range(100)]
    # Each is made for one field alone: were the last one freed, it would stand in its place.
    context = Asked([Record("a")] * len(names), partial(next_of, iter(names)))
    found = over("text live").sent(context)
    assert [each["live"] for each in found] == [name.upper() for name in names]


def test_what_may_be_changed_in_place_is_written_each_time() -> None:
    operation, listed = over("text listed"), ["x"]
    context = Asked([Record("a")], always(listed))
    for value in ("x", "x", "y", "y", "z"):
        listed[:] = [value]
        assert operation.sent(context) == [{"text": "a", "listed": [value]}]
    assert len(operation.frames) == 1


def test_what_is_rendered_below_is_told_by_its_text() -> None:
    operation, context = over("text beside { text told }"), Asked([Record("a")])
    for record in (Record("b"), Record("c")):
        context.given = always(record)
        expected = [{"text": "a", "beside": {"text": record.text, "told": f"{record.text}!"}}]
        assert [operation.sent(context) for _ in range(5)] == [expected] * 5
        assert is_copied(operation.parts(context)[0])
        assert events.count("told !") == 2
        events.clear()


def test_a_live_field_may_be_of_an_abstract_type() -> None:
    operation, context = over("text named { text ... on Unlike { live } }"), Asked([Record("a")])
    shown = Record("b"), Other("c")
    context.given = lambda record: shown[0] if record.text == "a" else None
    for _ in range(4):
        assert operation.sent(context) == [{"text": "a", "named": {"text": "b"}}]
    context.given = lambda record: shown[1] if record.text == "a" else None
    for _ in range(4):
        assert operation.sent(context) == [{"text": "a", "named": {"text": "c", "live": None}}]
    assert is_copied(operation.parts(context)[0])


def test_frames_stand_within_frames() -> None:
    operation, inner = over("text inner { read live }"), Record("b")
    context = Asked([Record("a", inner)], always("one"))
    for value in ("one", "two"):
        context.given = always(value)
        expected = [{"text": "a", "inner": {"read": "read", "live": value}}]
        assert [operation.sent(context) for _ in range(4)] == [expected] * 4
        assert is_copied(operation.parts(context)[0])
    assert events.count("read") == 2
    assert len(operation.frames) == 2


def test_a_live_failure_is_told_each_time_and_forgotten_when_it_is_over() -> None:
    operation, context = over("text live"), Asked([Record("a")])
    before = [operation.sent(context) for _ in range(3)]
    context.given = always(ValueError("broken"))
    expected = operation.reference(context)
    for _ in range(4):
        result = operation.result(context)
        assert told_of(result) == told_of(expected) != []
        assert msgspec.json.encode(result.data) == b'{"records":[{"text":"a","live":null}]}'
    context.given = attrgetter("text")
    assert [operation.sent(context) for _ in range(3)] == before
    assert operation.result(context).errors is None


def test_a_failure_where_null_cannot_stand_leaves_nothing_of_the_whole() -> None:
    operation, context = over("text sure live"), Asked([Record("a"), Record("b")])
    for _ in range(3):
        operation.result(context)

    def given(record: Record) -> str:
        if record.text == "a":
            raise ValueError("broken")
        return "sound"

    context.given = given
    expected = operation.reference(context)
    for _ in range(4):
        events.clear()
        result = operation.result(context)
        assert told_of(result) == told_of(expected) != []
        assert msgspec.json.encode(result.data) == msgspec.json.encode(expected.data)
        assert events == ["live sure", "live sure", "live live"]


@pytest.mark.parametrize("text", [ValueError("broken"), 7, "half \ud800"])
def test_a_record_with_anything_unusual_has_no_frame(text: Any) -> None:
    operation, context = over("read text live"), Asked([Record(text)], always("live"))
    expected = operation.reference(context)
    for _ in range(4):
        events.clear()
        result = operation.result(context)
        assert told_of(result) == told_of(expected)
        assert result.data == expected.data
    # Nor is it tried again.
    assert events == ["read", "live live"]
    assert operation.frames == []


def test_a_live_text_that_is_no_text_in_json_is_for_the_answer_to_tell_of() -> None:
    operation, context = over("text live"), Asked([Record("a")], always("half \ud800"))
    for _ in range(4):
        assert operation.parts(context) == [{"text": "a", "live": "half \ud800"}]
    context.given = attrgetter("text")
    assert operation.sent(context) == [{"text": "a", "live": "a"}]


def test_what_is_waited_for_stands_in_the_frame_too() -> None:
    operation, context = over("later read live"), Asked([Record("a"), Record("b")])
    for value in ("one", "two", "two"):
        context.given = partial(marking, value)
        expected = [
            {"later": f"{value} {name}", "read": "read", "live": f"{value} {name}"} for name in ("a", "b")
        ]
        found = operation.parts(context)
        assert repr(found) == repr(expected)
    assert events.count("read") == 4
    assert events.count("later") == events.count("live live") == 6


def test_a_failure_where_something_is_waited_for_is_told_as_ever() -> None:
    operation, context = over("text later sure"), Asked([Record("a")])
    for _ in range(3):
        operation.result(context)
    context.given = always(ValueError("broken"))
    for _ in range(3):
        result = operation.result(context)
        assert result.data == {"records": [None]}
        assert [error.path for error in result.errors or ()] == [["records", 0, "sure"]]


def test_what_is_marked_and_looks_at_the_request_is_live() -> None:
    operation, context = over("text marked live"), Asked([Record("a")])
    for value in ("one", "two", "three"):
        context.given = always(value)
        assert operation.sent(context) == [{"text": "a", "marked": value, "live": value}]


def test_a_record_that_does_not_last_has_no_frame() -> None:
    operation, context = over("read live"), Asked([Fleeting("a")])
    for _ in range(3):
        operation.result(context)
    assert events.count("read") == 3
    assert len(operation.renderings) == 0


def test_each_choice_of_variables_has_frames_of_its_own() -> None:
    operation = over("told(mark: $mark) live", head="query ($mark: String!) ")
    context = Asked([Record("a")])
    for mark in ("1", "2", "1", "2", "1", "2"):
        assert operation.sent(context, mark=mark) == [{"told": f"a{mark}", "live": "a"}]
    assert [each for each in events if each != "live live"] == ["told 1", "told 2"] * 2
    assert len(operation.frames) == 2


def test_each_choice_of_what_is_selected_has_frames_of_its_own() -> None:
    operation = over(
        "text read @include(if: $yes) live @skip(if: $no)", head="query ($yes: Boolean!, $no: Boolean!) "
    )
    context = Asked([Record("a")])
    for _ in range(3):
        for yes, no in ((True, False), (False, False), (True, True)):
            found = operation.sent(context, yes=yes, no=no)[0]
            assert list(found) == ["text", *["read"] * yes, *["live"] * (not no)]
    assert len(operation.frames) == 2


def test_types_behind_an_interface_and_parts_of_fragments_have_frames() -> None:
    operation = Operation(
        """{ named { text kind: __typename ...Both ... on Unlike { live } } }
        fragment Both on Named { again: text ... on Shown { told live } }"""
    )
    context = Asked([Record("a"), Other("b"), Record("c")], always(None))
    expected = operation.reference(context)
    for _ in range(5):
        parts = operation.parts(context)
        data = msgspec.json.encode({"named": parts})
        assert data == msgspec.json.encode(expected.data)
    assert [is_copied(each) for each in parts] == [True] * 3
    assert len(operation.frames) == 3


def test_a_frame_goes_with_its_record() -> None:
    operation, context = over("text live"), Asked([Record("a"), Record("b")])
    for _ in range(3):
        operation.result(context)
    assert (len(operation.frames), operation.renderings.bytes > 0) == (2, True)
    context.records.clear()
    gc.collect()
    assert (len(operation.renderings), operation.renderings.bytes) == (0, 0)


def test_a_frame_goes_with_its_operation() -> None:
    operation, context = over("text live"), Asked([Record("a")])
    for _ in range(3):
        operation.result(context)
    other = over("told live", operation.renderings)
    other.result(context)
    assert len(other.renderings) == 2
    del operation.plans
    gc.collect()
    assert len(other.renderings) == 1


def test_a_frame_weighs_what_it_holds() -> None:
    operation, context = over("text live"), Asked([Record("a" * 3000)], always("b" * 2000))
    weights = []
    for _ in range(3):
        operation.result(context)
        weights.append(operation.renderings.bytes)
    noted, framed, again = weights
    # What is fixed, the text of the whole, and what the live field gave.
    assert 10_000 < framed - noted < 11_000
    context.given = always("b" * 1000)
    operation.result(context)
    # The value, and the same in the text.
    assert framed - operation.renderings.bytes == 2000
    assert again > noted


def test_what_was_not_used_lately_makes_room() -> None:
    renderings = Renderings(most_bytes=10_000)
    operation = over("text live", renderings)
    often, *others = [Record(str(index) * 300) for index in range(10)]
    live = Asked([often], always(None))
    for _ in range(3):
        operation.result(live)
    for other in others:
        events.clear()
        assert is_copied(operation.parts(live)[0])
        for _ in range(3):
            operation.result(Asked([other], always(None)))
        assert renderings.bytes <= 10_000
    assert len(operation.frames) < 8
    assert not is_copied(operation.parts(Asked([others[0]], always(None)))[0])


def test_a_whole_that_would_take_most_of_the_room_is_not_kept() -> None:
    operation = over("text live", Renderings(most_bytes=8000))
    context = Asked([Record("a")], always("b" * 2000))
    assert [is_copied(operation.parts(context)[0]) for _ in range(4)] == [False] * 4
    assert operation.renderings.bytes < 2000


def test_without_room_nothing_is_kept() -> None:
    operation, context = over("text live", Renderings(most_bytes=0)), Asked([Record("a")])
    assert [operation.sent(context) for _ in range(4)] == [[{"text": "a", "live": "a"}]] * 4
    assert (len(operation.renderings), operation.renderings.bytes) == (0, 0)
