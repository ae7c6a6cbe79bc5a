"""Parsing of documents as nearly all are written, in a third of the time that graphql-core takes.

What comes out is what graphql-core's parser makes of a text. One that is not plain (comments, block strings, escapes),
or that has an error, is left to that parser, whose errors are the only ones that clients ever see.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
)

from server.operations.tokens import NotPlain, Tokens, need

_OPERATIONS: Final = {each.value: each for each in OperationType}
_BOOLEANS: Final = {"true": True, "false": False}


def parsed(text: str, most_tokens: int) -> DocumentNode | None:
    """Parse a text; None for one that graphql-core is to parse."""
    try:
        return _Reading(text, most_tokens).document()
    except NotPlain:
        return None


class _Reading(Tokens):
    """One look at a text: every method reads on from where the one before it ended."""

    def document(self) -> DocumentNode:
        """Read all of it."""
        definitions = []
        while self.words[self.at]:
            definitions.append(self._definition())
        need(is_met=bool(definitions))
        node = self.whole(DocumentNode, definitions=tuple(definitions))
        object.__setattr__(node, "token_count", self.at)
        return node

    def _definition(self) -> DefinitionNode:
        first, word = self.at, self.words[self.at]
        if word == "{":
            selections = self._selections()
            return self.node(
                OperationDefinitionNode, first, operation=OperationType.QUERY, selection_set=selections
            )
        self.at += 1
        if word == "fragment":
            return self._fragment_definition(first)
        if word not in _OPERATIONS:
            raise NotPlain
        name = None if self.words[self.at] in {"(", "@", "{"} else self.name()
        return self.node(
            OperationDefinitionNode,
            first,
            operation=_OPERATIONS[word],
            name=name,
            variable_definitions=self.some(self._variable_definition, ")") if self.take("(") else None,
            directives=self._directives(self._value),
            selection_set=self._selections(),
        )

    def _fragment_definition(self, first: int) -> FragmentDefinitionNode:
        need(is_met=self.words[self.at] != "on")
        name = self.name()
        self.expect("on")
        return self.node(
            FragmentDefinitionNode,
            first,
            name=name,
            variable_definitions=(),
            type_condition=self._named_type(),
            directives=self._directives(self._value),
            selection_set=self._selections(),
        )

    def _variable_definition(self) -> VariableDefinitionNode:
        first = self.at
        variable = self._variable()
        self.expect(":")
        return self.node(
            VariableDefinitionNode,
            first,
            variable=variable,
            type=self._type(),
            default_value=self._constant() if self.take("=") else None,
            directives=self._directives(self._constant),
        )

    def _variable(self) -> VariableNode:
        first = self.at
        self.expect("$")
        return self.node(VariableNode, first, name=self.name())

    def _type(self) -> TypeNode:
        first = self.at
        found: NamedTypeNode | ListTypeNode
        if self.take("["):
            inner = self.many(self._type, "]")
            need(is_met=len(inner) == 1)
            found = self.node(ListTypeNode, first, type=inner[0])
        else:
            found = self._named_type()
        return self.node(NonNullTypeNode, first, type=found) if self.take("!") else found

    def _named_type(self) -> NamedTypeNode:
        first = self.at
        return self.node(NamedTypeNode, first, name=self.name())

    def _selections(self) -> SelectionSetNode:
        first = self.at
        self.expect("{")
        return self.node(SelectionSetNode, first, selections=self.some(self._selection, "}"))

    def _selection(self) -> SelectionNode:
        words, first = self.words, self.at
        if words[first] == "...":
            self.at += 1
            return self._fragment(first)
        attributes: dict[str, Any] = {"name": self.name()}
        if words[self.at] == ":":
            self.at += 1
            attributes["alias"] = attributes["name"]
            attributes["name"] = self.name()
        if words[self.at] == "(":
            self.at += 1
            attributes["arguments"] = self.some(self._argument, ")")
        if words[self.at] == "@":
            attributes["directives"] = self._directives(self._value)
        if words[self.at] == "{":
            attributes["selection_set"] = self._selections()
        return self.node(FieldNode, first, **attributes)

    def _fragment(self, first: int) -> SelectionNode:
        condition = self._named_type() if self.take("on") else None
        if condition is None and self.words[self.at].isidentifier():
            return self.node(
                FragmentSpreadNode, first, name=self.name(), directives=self._directives(self._value)
            )
        return self.node(
            InlineFragmentNode,
            first,
            type_condition=condition,
            directives=self._directives(self._value),
            selection_set=self._selections(),
        )

    def _directives(self, read: Callable[[], ValueNode]) -> tuple[DirectiveNode, ...] | None:
        found = []
        while self.take("@"):
            first = self.at - 1
            name = self.name()
            argument = partial(self._argument, read)
            arguments = self.some(argument, ")") if self.take("(") else None
            found.append(self.node(DirectiveNode, first, name=name, arguments=arguments))
        return tuple(found) or None

    def _argument(self, read: Callable[[], ValueNode] | None = None) -> ArgumentNode:
        first = self.at
        name = self.name()
        self.expect(":")
        return self.node(ArgumentNode, first, name=name, value=(read or self._value)())

    def _value(self) -> ValueNode:
        return self._variable() if self.words[self.at] == "$" else self._literal(self._value)

    def _constant(self) -> ValueNode:
        return self._literal(self._constant)

    def _literal(self, read: Callable[[], ValueNode]) -> ValueNode:
        first, word = self.at, self.words[self.at]
        self.at += 1
        if word == "[":
            return self.node(ListValueNode, first, values=self.many(read, "]"))
        if word == "{":
            return self.node(ObjectValueNode, first, fields=self.many(partial(self._object_field, read), "}"))
        if word.isidentifier():
            return self._word(first, word)
        if word.startswith('"'):
            return self.node(StringValueNode, first, value=word[1:-1], block=False)
        return self._number(first, word)

    def _word(self, first: int, word: str) -> ValueNode:
        if word in _BOOLEANS:
            return self.node(BooleanValueNode, first, value=_BOOLEANS[word])
        if word == "null":
            return self.node(NullValueNode, first)
        return self.node(EnumValueNode, first, value=word)

    def _number(self, first: int, word: str) -> ValueNode:
        if not word.lstrip("-")[:1].isdigit():
            raise NotPlain
        is_whole = word.lstrip("-").isdigit()
        return self.node(IntValueNode if is_whole else FloatValueNode, first, value=word)

    def _object_field(self, read: Callable[[], ValueNode]) -> ObjectFieldNode:
        first = self.at
        name = self.name()
        self.expect(":")
        return self.node(ObjectFieldNode, first, name=name, value=read())
