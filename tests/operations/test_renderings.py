"""What a lasting record looks like is kept: as long as the record, within so many bytes, and only where it is sure."""

import asyncio
import gc
import itertools
from typing import Any, ClassVar, NewType
from unittest.mock import patch

import msgspec
import pytest
import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, parse
from strawberry.schema.config import StrawberryConfig

from server.operations.compiled.executor import note_plain
from server.operations.compiled.plans import Plans, Remembering
from server.operations.compiled.renderings import Renderings


class Record(msgspec.Struct, frozen=True, weakref=True):
    """A record that lasts; ``text`` may be a failure."""

    __lasting__: ClassVar[bool] = True

    text: Any
    inner: "Record | None" = None


class Fleeting(Record, frozen=True):
    """One that does not."""

    __lasting__: ClassVar[bool] = False


calls: list[str] = []


def loud(parent: strawberry.Parent[Any], mark: str = "!") -> str:
    calls.append(mark)
    return f"{parent.text}{mark}"


loud.__lasting__ = True  # type: ignore[attr-defined] # as production marks its own


def silent(parent: strawberry.Parent[Any]) -> str:
    calls.append("silent")
    return str(parent.text)


clock = itertools.count()
Moment = NewType("Moment", object)
MOMENT = strawberry.scalar(name="Moment", parse_value=lambda _: next(clock))


def timed(at: Moment) -> str:
    return str(at)


timed.__lasting__ = True  # type: ignore[attr-defined] # as production marks its own


@strawberry.type
class Shown:
    text: str | None
    inner: "Shown | None"
    loud: str = strawberry.field(resolver=loud)
    silent: str = strawberry.field(resolver=silent)
    timed: str = strawberry.field(resolver=timed)


def given(info: strawberry.Info) -> Any:
    return info.context


@strawberry.type
class Query:
    records: Any = strawberry.field(resolver=given, graphql_type=list[Shown | None])


@pytest.fixture(autouse=True)
def known_classes() -> None:
    calls.clear()
    # The first value of a class is looked at by graphql-core.
    note_plain(Record)
    note_plain(Fleeting)


def a_schema() -> GraphQLSchema:
    config = StrawberryConfig(scalar_map={Moment: MOMENT})
    return strawberry.Schema(Query, config=config)._schema  # noqa: SLF001 - as the server reaches it


class Asked:
    """One operation, run again and again over records."""

    def __init__(self, below: str, renderings: Renderings | None = None, head: str = "") -> None:
        self.document: DocumentNode = parse(f"{head}{{ records {below} }}")
        self.renderings = Renderings() if renderings is None else renderings
        self.plans = Plans(a_schema(), after=1, renderings=self.renderings)
        self._memories: dict[str, dict[Any, Any]] = {}

    def result(self, *records: Any, **variables: Any) -> ExecutionResult:
        memory = self._memories.setdefault(repr(variables), {})
        executor = Remembering(self.plans, memory).executor(self.document, variables, None, list(records))
        assert executor is not None
        return asyncio.run(executor.run())

    def found(self, *records: Any, **variables: Any) -> list[bool]:
        """Tell which records were found rendered."""
        data: Any = self.result(*records, **variables).data
        return [isinstance(each, msgspec.Raw) for each in data["records"]]

    def sent(self, *records: Any, **variables: Any) -> list[Any]:
        """Tell what a client would read."""
        data = msgspec.json.encode(self.result(*records, **variables).data)
        listed: list[Any] = msgspec.json.decode(data)["records"]
        return listed


def test_a_record_is_rendered_when_it_is_seen_again_and_copied_from_then_on() -> None:
    asked, record = Asked("{ text loud inner { loud } }"), Record("a", Record("b"))
    expected = [{"text": "a", "loud": "a!", "inner": {"loud": "b!"}}]
    assert [asked.sent(record) for _ in range(4)] == [expected] * 4
    assert calls == ["!", "!"] * 2
    assert asked.found(record, Record("a", Record("b"))) == [True, False]


def test_one_answer_is_enough_to_see_a_record_twice() -> None:
    asked, record = Asked("{ text }"), Record("a")
    assert asked.found(record, record, record) == [False, False, True]


@pytest.mark.parametrize("below", ["{ silent }", "{ text silent }"])
def test_what_follows_from_more_than_the_record_is_asked_for_each_time(below: str) -> None:
    asked, record = Asked(below), Record("a")
    assert len({repr(asked.sent(record)) for _ in range(3)}) == 1
    assert calls == ["silent"] * 3


def test_what_lasts_is_kept_within_what_does_not() -> None:
    asked, record = Asked("{ silent inner { text } }"), Record("a", Record("b"))
    for _ in range(2):
        asked.result(record)
    data: Any = asked.result(record).data
    assert data == {"records": [{"silent": "a", "inner": data["records"][0]["inner"]}]}
    assert bytes(data["records"][0]["inner"]) == b'{"text":"b"}'


def test_a_record_that_does_not_say_that_it_lasts_is_never_kept() -> None:
    asked, record = Asked("{ text }"), Fleeting("a")
    assert [asked.found(record) for _ in range(3)] == [[False]] * 3
    assert len(asked.renderings) == 0


def test_a_failure_is_told_each_time() -> None:
    asked, record = Asked("{ text loud }"), Record(ValueError("broken"))
    for _ in range(4):
        result = asked.result(record)
        assert [(each.message, each.path) for each in result.errors or ()] == [
            ("broken", ["records", 0, "text"])
        ]
        assert result.data == {"records": [{"text": None, "loud": "broken!"}]}


def test_a_text_that_is_no_text_in_json_is_never_kept() -> None:
    asked, record = Asked("{ text }"), Record("half \ud800")
    with patch(
        "server.operations.compiled.renderings.msgspec.json.encode", wraps=msgspec.json.encode
    ) as encode:
        assert [asked.found(record) for _ in range(4)] == [[False]] * 4
    assert encode.call_count == 1


def test_other_variables_have_renderings_of_their_own() -> None:
    asked = Asked("{ loud(mark: $mark) }", head="query ($mark: String!) ")
    record = Record("a")
    for mark in ("1", "2", "1", "2", "1", "2"):
        assert asked.sent(record, mark=mark) == [{"loud": f"a{mark}"}]
    assert calls == ["1", "2", "1", "2"]
    assert asked.found(record, mark="1") == asked.found(record, mark="2") == [True]
    assert asked.found(record, mark="3") == [False]


def test_what_names_no_variable_is_rendered_once_for_all_of_them() -> None:
    asked, record = Asked("{ text }", head="query ($mark: String) "), Record("a")
    assert [asked.found(record, mark=mark) for mark in "123"] == [[False], [False], [True]]


def test_a_rendering_goes_with_its_record() -> None:
    asked, record = Asked("{ text }"), Record("a")
    for _ in range(3):
        asked.result(record)
    assert (len(asked.renderings), asked.renderings.bytes > 0) == (1, True)
    del record
    gc.collect()
    assert (len(asked.renderings), asked.renderings.bytes) == (0, 0)


def test_a_rendering_goes_with_its_operation() -> None:
    asked, record = Asked("{ text }"), Record("a")
    for _ in range(3):
        asked.result(record)
    other = Asked("{ loud }", asked.renderings)
    other.result(record)
    assert len(asked.renderings) == 2
    del asked.plans
    gc.collect()
    assert len(asked.renderings) == 1


def test_what_was_not_used_lately_makes_room() -> None:
    renderings = Renderings(most_bytes=4000)
    asked = Asked("{ text }", renderings)
    often, *others = [Record(str(index) * 300) for index in range(10)]
    for _ in range(3):
        asked.result(often)
    for other in others:
        assert asked.found(often) == [True]
        for _ in range(3):
            asked.result(other)
        assert renderings.bytes <= 4000
    assert asked.found(others[0]) == [False]
    assert len(renderings) < 8


def test_what_would_take_most_of_the_room_is_not_kept() -> None:
    asked, record = Asked("{ text }", Renderings(most_bytes=4000)), Record("a" * 600)
    assert [asked.found(record) for _ in range(4)] == [[False]] * 4


def test_without_room_nothing_is_kept() -> None:
    asked, record = Asked("{ text }", Renderings(most_bytes=0)), Record("a")
    assert [asked.sent(record) for _ in range(4)] == [[{"text": "a"}]] * 4
    assert (len(asked.renderings), asked.renderings.bytes) == (0, 0)


@pytest.mark.parametrize(("head", "at"), [("", "1"), ("query ($at: Moment!) ", "$at")])
def test_an_argument_that_is_read_off_the_clock_is_read_anew_for_a_record_that_lasts(
    head: str, at: str
) -> None:
    asked, record = Asked(f"{{ text timed(at: {at}) }}", head=head), Record("a")
    variables = {"at": 1} if head else {}
    found = [asked.sent(record, **variables)[0]["timed"] for _ in range(4)]
    assert len(set(found)) == 4


class Effect(msgspec.Struct):
    """A record with a field of its own that happens to be called as the mark was."""

    text: str
    is_lasting: bool = True
    lasting: bool = True


class Unwatched(msgspec.Struct, frozen=True):
    """One that lasts and takes no weak reference."""

    __lasting__: ClassVar[bool] = True

    text: str


class Unmarked(Record, frozen=True):
    """One whose mark is something else."""

    __lasting__: ClassVar[Any] = "no mark"


@pytest.mark.parametrize("kind", [Effect, Unwatched, Unmarked])
def test_a_record_that_has_no_mark_or_cannot_be_watched_is_never_rendered(kind: Any) -> None:
    note_plain(kind)
    asked, record = Asked("{ text }"), kind("a")
    for _ in range(3):
        result = asked.result(record)
        assert (result.errors, result.data) == (None, {"records": [{"text": "a"}]})
