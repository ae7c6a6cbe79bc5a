"""Call budgets: operations with the most calls that each may cost, checked without sending anything.

A budget file is a GraphQL document. Above each operation stand comments: ``# calls: 17``, and where the operation has
variables, ``# variables: {"uuids": ["…"]}``. Reads are counted; a login, which many operations share, is not.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    TokenKind,
    parse,
    separate_operations,
)

from providers.rehearsal import Rehearsal
from providers.scope import CallScope
from resolvers.context import Context
from schema.graph import build_schema, core_schema
from server.operations.documents import Documents
from server.operations.execution import run
from server.operations.values import JsonObject
from server.settings import Settings, pointed_at
from server.settings_sandbox import SandboxUrls
from server.wiring import build_providers, graph_rules

# Every provider counts as configured: where a budget is checked there need be no credentials, and nothing is sent.
_NOWHERE: Final = SandboxUrls(*(["http://localhost"] * 4))


class BudgetError(Exception):
    """A budget file that cannot be read; the one-line message says why."""


class Budget(msgspec.Struct, frozen=True):
    """One operation and the most calls that it may cost."""

    name: str
    text: str
    variables: JsonObject
    most_calls: int


class Verdict(msgspec.Struct, frozen=True):
    """What an operation is predicted to cost; ``problem`` says why it could not be run, if so."""

    budget: Budget
    calls: int
    exact: bool
    problem: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the operation runs and stays within its budget."""
        return self.problem is None and self.calls <= self.budget.most_calls

    def __str__(self) -> str:
        """Write the one line of the operation."""
        word = "ok  " if self.holds else "over"
        if self.problem is not None:
            return f"fail {self.budget.name}: {self.problem}"
        bound = "" if self.exact else "at most "
        return f"{word} {self.budget.name}: {bound}{self.calls} calls, {self.budget.most_calls} allowed"


def read_budgets(text: str) -> list[Budget]:
    """Read a budget file; raises BudgetError."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        raise BudgetError(f"wanted a GraphQL document: {error.message}") from None
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if not operations or not all(each.name for each in operations):
        raise BudgetError("wanted one or more operations, each with a name")
    # Each with its own fragments only: a fragment that an operation does not use fails validation.
    alone = separate_operations(document)
    return [
        _budget(each.name.value, each, _written(alone[each.name.value], text))
        for each in operations
        if each.name
    ]


def check_budgets(budgets: list[Budget], settings: Settings) -> list[Verdict]:
    """Predict the calls of every operation; nothing is sent."""
    return asyncio.run(_checked(budgets, pointed_at(settings, _NOWHERE)))


async def _checked(budgets: list[Budget], settings: Settings) -> list[Verdict]:
    schema = core_schema(build_schema())
    documents = Documents(schema)
    providers = build_providers(settings)
    verdicts = []
    for budget in budgets:
        now = asyncio.get_running_loop().time()
        scope = CallScope(budget.name, now, now + settings.deadline_s)
        scope.rehearsal = rehearsal = Rehearsal()
        context = Context(providers, graph_rules(settings), scope, settings.locale)
        outcome = await run(schema, documents.read(budget.text), budget.variables, None, context)
        context.close()
        reads = [each for each in rehearsal.predicted if each.record.route.startswith("GET ")]
        problem = outcome.errors[0].message if outcome.errors else None
        exact = all(each.exact for each in reads)
        verdicts.append(Verdict(budget=budget, calls=len(reads), exact=exact, problem=problem))
    await providers.close()
    return verdicts


def _budget(name: str, operation: OperationDefinitionNode, text: str) -> Budget:
    told = dict(_comments(operation))
    if not told.get("calls", "").isdecimal():
        raise BudgetError(f"{name}: wanted a comment like '# calls: 17' above it, got {told.get('calls')!r}")
    try:
        variables = msgspec.json.decode(told.get("variables", "{}"), type=JsonObject)
    except msgspec.DecodeError:
        raise BudgetError(f"{name}: wanted a JSON object in its comment '# variables: …'") from None
    return Budget(name=name, text=text, variables=variables, most_calls=int(told["calls"]))


def _written(document: DocumentNode, text: str) -> str:
    parts = [text[node.loc.start : node.loc.end] for node in document.definitions if node.loc]
    return "\n\n".join(parts) + "\n"


def _comments(operation: OperationDefinitionNode) -> Iterator[tuple[str, str]]:
    token = operation.loc.start_token.prev if operation.loc else None
    while token is not None and token.kind is TokenKind.COMMENT:
        name, _, value = (token.value or "").partition(":")
        yield name.strip(), value.strip()
        token = token.prev
