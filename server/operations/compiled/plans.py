"""Which operations are compiled: those that were asked for often enough, the least recently used forgotten."""

import weakref
from collections.abc import Hashable
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    is_input_type,
    type_from_ast,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues, get_variable_values

from server.operations.compiled.compiler import Compiler, TooLarge
from server.operations.compiled.conditions import NotCovered, conditions_of
from server.operations.compiled.copies import fresh
from server.operations.compiled.executor import Compiled, CompiledExecutor
from server.operations.compiled.experience import NOTHING, Experience, asked_of
from server.operations.compiled.inputs import reads_the_same
from server.operations.compiled.patterns import Patterns
from server.operations.compiled.positions import Position
from server.operations.compiled.renderings import Renderings, Shelf
from server.operations.kept import Kept
from server.operations.values import JsonObject, Value

MOST_CHARACTERS: Final = 256 * 1024
"""Of the texts of operations that are kept: a compiled one takes about 240 bytes for each."""
ENTRY_CHARACTERS: Final = 32
MOST_VARIANTS: Final = 16
MOST_ERRORS: Final = 50

_Key = tuple[int, str | None]


class Plans:
    """The compiled operations of one schema.

    An operation is compiled once it is asked for the ``after``-th time; before that, and where it cannot be, the
    reference executor is to run it. With ``early`` it is compiled at its first use already where others had the same
    selections, and these gave so much that it surely pays. ``renderings`` keeps what lasting records look like; data of
    answers may then hold ``msgspec.Raw``.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        after: int = 2,
        most: int = MOST_CHARACTERS,
        renderings: Renderings | None = None,
        *,
        early: bool = False,
    ) -> None:
        self._schema = schema
        self._renderings = Renderings() if renderings is None else renderings
        self.patterns = Patterns(schema)
        self._after = after
        self._experience = Experience() if early else None
        self._operations: Kept[_Key, _Operation] = Kept(most, recalls=False)

    def __len__(self) -> int:
        return len(self._operations)

    def executor(
        self,
        document: DocumentNode,
        variables: JsonObject | None,
        operation_name: str | None,
        context: object,
        memory: dict[Hashable, Value] | None = None,
    ) -> CompiledExecutor | None:
        """Make the executor of an operation of a valid document; None: the reference executor is to run it."""
        key = (id(document), operation_name)
        operation = self._operations.find(key)
        if operation is None:
            operation = _Operation(self._schema, document, operation_name, self.patterns, self._renderings)
            self._operations.keep(key, operation, _characters(document) + ENTRY_CHARACTERS)
        operation.uses += 1
        is_due = False
        if operation.uses < self._after:
            asked = asked_of(document, operation_name) if self._experience else NOTHING
            if self._experience is None or not self._experience.favours(asked):
                return None
            is_due = self._experience.is_due(asked)
        executor = operation.executor(variables or {}, context, {} if memory is None else memory)
        if executor is not None:
            executor.is_due = is_due
        return executor

    def learn(self, document: DocumentNode, operation_name: str | None, data: JsonObject | None) -> None:
        """Learn what an operation gave that was interpreted, or whose executor is due to tell."""
        if self._experience is not None and data is not None:
            self._experience.note(asked_of(document, operation_name), data)


def plans_of(schema: GraphQLSchema, after: int) -> Plans:
    """Make plans that compile from the ``after``-th use on; 0: from the second, or the first where that pays."""
    return Plans(schema, after or 2, early=not after)


class Remembering:
    """Plans for one operation with its variables.

    ``memory`` is kept by who keeps these: what follows from them is put there. Their ``VariableValues`` may be there.
    """

    def __init__(self, plans: Plans, memory: dict[Hashable, Value]) -> None:
        self._plans = plans
        self._memory = memory

    def executor(
        self,
        document: DocumentNode,
        variables: JsonObject | None,
        operation_name: str | None,
        context: object,
    ) -> CompiledExecutor | None:
        """Do as the plans do."""
        return self._plans.executor(document, variables, operation_name, context, self._memory)

    def learn(self, document: DocumentNode, operation_name: str | None, data: JsonObject | None) -> None:
        """Do as the plans do."""
        self._plans.learn(document, operation_name, data)


class _Bound(NamedTuple):
    """An operation's compiled form for one choice of variables, with the variables and arguments as they were read."""

    # Not held: what was compiled goes with its operation.
    compiled: "weakref.ref[Compiled]"
    values: VariableValues
    arguments: dict[Position, JsonObject]
    shelves: dict[str, Shelf]


class _Operation:
    """One operation of a document, with what was compiled of it by the values of its conditions."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        name: str | None,
        patterns: Patterns,
        renderings: Renderings,
    ) -> None:
        self.uses = 0
        self._patterns = patterns
        self._renderings = renderings
        self._schema = schema
        # Held as long as its identity is a key.
        self._document = document
        self._name = name
        self._variants: dict[tuple[object, ...], Compiled | None] = {}
        self._conditions: tuple[str, ...] | None = None
        self._is_refused = False
        self._reads_the_same = False
        self._definitions: dict[str, FragmentDefinitionNode] = {}
        self._operation: OperationDefinitionNode

    def executor(
        self, variables: JsonObject, context: object, memory: dict[Hashable, Value]
    ) -> CompiledExecutor | None:
        bound: _Bound | None = memory.get(_Bound)
        compiled = bound.compiled() if bound else None
        if bound is None or compiled is None or not self._reads_the_same:
            values = self._read(variables, memory)
            chosen = self._variant(values) if values else None
            if values is None or chosen is None:
                return None
            shelves = bound.shelves if bound and compiled is chosen else {}
            compiled, bound = chosen, _Bound(weakref.ref(chosen), values, {}, shelves)
            memory[_Bound] = bound
        return CompiledExecutor(
            compiled, bound.values, context, bound.arguments, bound.shelves, are_shared=self._reads_the_same
        )

    def _read(self, variables: JsonObject, memory: dict[Hashable, Value]) -> VariableValues | None:
        if self._conditions is None and not self._is_refused:
            self._prepare()
        if self._conditions is None:
            return None
        known: VariableValues | None = memory.get(VariableValues) if self._reads_the_same else None
        # What was sent may be kept to be asked again: where a scalar gives that very object, resolvers may change it.
        return known or self._values(variables if self._reads_the_same else fresh(variables))

    def _variant(self, values: VariableValues) -> Compiled | None:
        chosen = tuple(values.coerced.get(name) for name in self._conditions or ())
        if chosen not in self._variants:
            if len(self._variants) >= MOST_VARIANTS:
                return None
            self._variants[chosen] = self._compiled(values)
        return self._variants[chosen]

    def _values(self, variables: JsonObject) -> VariableValues | None:
        declared = self._operation.variable_definitions
        if not declared:
            return VariableValues({}, {})
        values = get_variable_values(self._schema, declared, variables, max_errors=MOST_ERRORS)
        # What is wrong with them is for the reference executor to say.
        return values if isinstance(values, VariableValues) else None

    def _prepare(self) -> None:
        self._is_refused = True
        operation = self._query()
        if operation is None:
            return
        self._operation = operation
        self._definitions = {
            each.name.value: each
            for each in self._document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        try:
            self._conditions = conditions_of(self._operation, self._definitions)
        except (NotCovered, RecursionError):
            return
        self._reads_the_same = all(map(self._is_read_to_the_same, operation.variable_definitions or ()))

    def _is_read_to_the_same(self, declared: VariableDefinitionNode) -> bool:
        type_ = type_from_ast(self._schema, declared.type)
        return is_input_type(type_) and reads_the_same(type_)

    def _query(self) -> OperationDefinitionNode | None:
        """Find the operation that is asked for; None where it is no query, or not the only one."""
        operations = [
            each
            for each in self._document.definitions
            if isinstance(each, OperationDefinitionNode) and self._is_asked(each)
        ]
        if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
            return None
        return operations[0]

    def _is_asked(self, definition: OperationDefinitionNode) -> bool:
        if self._name is None:
            return True
        return definition.name is not None and definition.name.value == self._name

    def _compiled(self, values: VariableValues) -> Compiled | None:
        root = self._schema.query_type
        if root is None:
            return None
        fragments = {name: FragmentDetails(each, None) for name, each in self._definitions.items()}
        compiled = Compiled(self._schema, self._operation, self._definitions, fragments)
        try:
            Compiler(compiled, values, self._patterns, self._renderings).run(root)
        except (TooLarge, GraphQLError, RecursionError):
            return None
        return compiled


def _characters(document: DocumentNode) -> int:
    return document.loc.end if document.loc else 0
