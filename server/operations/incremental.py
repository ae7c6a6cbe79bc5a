"""Operations that answer in several parts, by @defer and @stream, and the two forms in which clients read them."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    ExecutionResult,
    GraphQLDeferDirective,
    GraphQLError,
    GraphQLSchema,
    GraphQLStreamDirective,
    SelectionNode,
    get_directive_values,
)
from graphql.execution import (
    ExperimentalIncrementalExecutionResults,
    IncrementalResult,
    IncrementalStreamResult,
    PendingResult,
    SubsequentIncrementalExecutionResult,
    experimental_execute_incrementally,
)
from graphql.execution.values import VariableValues

from server.operations.compiled.copies import fresh
from server.operations.failures import EXECUTORS
from server.operations.limits import selection_set_of
from server.operations.values import JsonObject, Value

Frame = JsonObject
Formatted = Callable[[Iterable[GraphQLError]], list[Frame]]


def is_incremental(document: DocumentNode, variables: VariableValues) -> bool:
    """Tell whether a document has a @defer or @stream that is in force."""
    # A list in place of recursion, so that deep nesting, which the limits measure elsewhere, cannot exhaust the stack.
    waiting = [
        each.selection_set for each in document.definitions if isinstance(each, ExecutableDefinitionNode)
    ]
    while waiting:
        for node in waiting.pop().selections:
            if node.directives and _is_in_force(node, variables):
                return True
            below = selection_set_of(node)
            if below is not None:
                waiting.append(below)
    return False


def _is_in_force(node: SelectionNode, variables: VariableValues) -> bool:
    for directive in (GraphQLDeferDirective, GraphQLStreamDirective):
        values = get_directive_values(directive, node, variables)
        if values is not None and values["if"]:
            return True
    return False


async def run_in_parts(
    schema: GraphQLSchema,
    node: DocumentNode,
    variables: JsonObject | None,
    operation_name: str | None,
    context: object,
    on_error: str,
) -> ExecutionResult | ExperimentalIncrementalExecutionResults:
    """Run an operation; where something is deferred in truth, the result brings its parts one after the other."""
    result = experimental_execute_incrementally(
        schema,
        node,
        context_value=context,
        # As where an operation is run as a whole.
        variable_values=fresh(variables),
        operation_name=operation_name,
        executor_class=EXECUTORS[on_error],
    )
    return await result if inspect.isawaitable(result) else result


async def frames_of(
    results: ExecutionResult | ExperimentalIncrementalExecutionResults, formatted: Formatted
) -> AsyncIterator[Frame]:
    """Give the parts as the current form has them: what is pending by id, then what came of it.

    A result that is whole, since what would have been deferred is null or absent, is the first part and the last.
    """
    if isinstance(results, ExecutionResult):
        yield {**_result({"data": results.data}, results.errors, formatted), "hasNext": False}
        return
    first = results.initial_result
    yield {
        **_result({"data": first.data}, first.errors, formatted),
        "pending": [_pending(each) for each in first.pending],
        "hasNext": first.has_next,
    }
    async for later in results.subsequent_results:
        yield _later_frame(later, formatted)


def _later_frame(later: SubsequentIncrementalExecutionResult, formatted: Formatted) -> Frame:
    frame: Frame = {"hasNext": later.has_next}
    if later.pending:
        frame["pending"] = [_pending(each) for each in later.pending]
    if later.incremental:
        frame["incremental"] = [_part(each, formatted) for each in later.incremental]
    if later.completed:
        frame["completed"] = [_result({"id": each.id}, each.errors, formatted) for each in later.completed]
    return frame


async def older_frames(parts: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
    """Rewrite parts into the form of 2022: each with its path and label, nothing by id."""
    # Apollo Client's older handler and urql read this form alone; the newer one names parts by id.
    places: dict[str, Frame] = {}
    positions: dict[str, int] = {}
    async for frame in parts:
        for pending in frame.get("pending", ()):
            place = {name: value for name, value in pending.items() if name != "id"}
            places[pending["id"]] = place
        older: Frame = {name: frame[name] for name in ("data", "errors") if name in frame}
        incremental = [_older(part, places, positions) for part in frame.get("incremental", ())]
        incremental += [
            {**places[each["id"]], "data": None, "errors": each["errors"]}
            for each in frame.get("completed", ())
            if each.get("errors")
        ]
        yield {**older, **({"incremental": incremental} if incremental else {}), "hasNext": frame["hasNext"]}
        _remember_lengths(frame, places, positions)


def _older(part: Frame, places: dict[str, Frame], positions: dict[str, int]) -> Frame:
    place = places[part["id"]]
    kept: Frame = {name: part[name] for name in ("data", "items", "errors") if name in part}
    path = [*place["path"], *part.get("subPath", ())]
    if "items" in part:
        start = positions.get(part["id"], 0)
        positions[part["id"]] = start + len(part["items"])
        path.append(start)
    return {**place, **kept, "path": path}


def _remember_lengths(frame: Frame, places: dict[str, Frame], positions: dict[str, int]) -> None:
    """Remember how many items of a list that goes on have come already: the older form numbers them."""
    for pending in frame.get("pending", ()):
        value: object = frame.get("data")
        for step in places[pending["id"]]["path"]:
            value = value[step] if isinstance(value, dict | list) and _has(value, step) else None
        if isinstance(value, list):
            positions[pending["id"]] = len(value)


def _has(value: JsonObject | list[Value], step: str | int) -> bool:
    return step in value if isinstance(value, dict) else isinstance(step, int) and step < len(value)


def _pending(pending: PendingResult) -> Frame:
    label = {} if pending.label is None else {"label": pending.label}
    return {"id": pending.id, "path": list(pending.path), **label}


def _part(part: IncrementalResult, formatted: Formatted) -> Frame:
    brought = {"items": part.items} if isinstance(part, IncrementalStreamResult) else {"data": part.data}
    sub_path = {"subPath": list(part.sub_path)} if part.sub_path else {}
    return _result({"id": part.id, **sub_path, **brought}, part.errors, formatted)


def _result(frame: Frame, errors: Sequence[GraphQLError] | None, formatted: Formatted) -> Frame:
    return {**frame, "errors": formatted(errors)} if errors else frame
