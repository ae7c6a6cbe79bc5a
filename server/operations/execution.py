"""One operation, run to its result."""

import inspect

import msgspec
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution import ExperimentalIncrementalExecutionResults, experimental_execute_incrementally
from graphql.execution.incremental import IncrementalExecutor

from server.operations.compiled.copies import fresh
from server.operations.compiled.plans import Plans, Remembering
from server.operations.documents import Document
from server.operations.failures import EXECUTORS, PROPAGATE
from server.operations.tracing import FieldTrace
from server.operations.values import JsonObject


class Outcome(msgspec.Struct, frozen=True):
    """What an operation came to. ``ran`` is False for a request error: nothing was run and there is no data."""

    data: JsonObject | None
    errors: tuple[GraphQLError, ...]
    ran: bool


async def run(
    schema: GraphQLSchema,
    document: Document,
    variables: JsonObject | None,
    operation_name: str | None,
    context: object,
    plans: Plans | Remembering | None = None,
    trace: FieldTrace | None = None,
    *,
    on_error: str = PROPAGATE,
) -> Outcome:
    """Run an operation of a document that is free of errors, compiled where ``plans`` has it so.

    ``trace`` is filled with the time of its fields, which only the reference executor tells; it alone, too, knows
    other behaviors ``on_error`` than PROPAGATE.
    """
    if document.node is None or document.errors:
        return Outcome(data=None, errors=document.errors, ran=False)
    is_ordinary = trace is None and on_error == PROPAGATE
    if plans is not None and is_ordinary:
        executor = plans.executor(document.node, variables, operation_name, context)
        if executor is not None:
            found = await executor.run()
            if executor.is_due:
                plans.learn(document.node, operation_name, found.data)
            return _outcome(found)
    result = await _run_by_reference(
        schema, document.node, variables, operation_name, context, trace, EXECUTORS[on_error]
    )
    if plans is not None and is_ordinary:
        plans.learn(document.node, operation_name, result.data)
    return _outcome(result)


async def _run_by_reference(
    schema: GraphQLSchema,
    node: DocumentNode,
    variables: JsonObject | None,
    operation_name: str | None,
    context: object,
    trace: FieldTrace | None,
    executor: type[IncrementalExecutor] | None,
) -> ExecutionResult:
    # Plain `execute` refuses every operation of a schema that has @defer.
    result = experimental_execute_incrementally(
        schema,
        node,
        context_value=context,
        # What was sent may be kept to be asked again: where a scalar gives that very object, resolvers may change it.
        variable_values=fresh(variables),
        operation_name=operation_name,
        middleware=trace.middleware if trace else None,
        executor_class=executor,
    )
    if inspect.isawaitable(result):
        result = await result
    if isinstance(result, ExperimentalIncrementalExecutionResults):
        result = await _drained(result)
    if trace:
        trace.finish()
    return result


async def _drained(results: ExperimentalIncrementalExecutionResults) -> ExecutionResult:
    """Run what is deferred to its end for its calls alone: who wants its parts does not come here."""
    async for _ in results.subsequent_results:
        pass
    return ExecutionResult(results.initial_result.data, results.initial_result.errors)


def _outcome(result: ExecutionResult) -> Outcome:
    errors = tuple(result.errors or ())
    # An error without a path comes before execution: a variable that could not be read.
    ran = result.data is not None or all(error.path is not None for error in errors)
    return Outcome(data=result.data, errors=errors, ran=ran)
