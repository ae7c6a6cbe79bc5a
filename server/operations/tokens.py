"""The tokens of a plain text, and syntax nodes made of them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from graphql import Lexer, Location, NameNode, Node, Source, Token

N = TypeVar("N", bound=Node)

MOST_NESTED: Final = 50
"""Selections, lists and objects within each other, far below what graphql-core takes."""

_TOKENS: Final = re.compile(
    r"([ \t\r\n,]*)"
    r"(?:([_A-Za-z][_0-9A-Za-z]*"
    r"|[{}()\[\]:$!@=]|\.\.\."
    r"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.])"
    r'|"(?!"")[ !#-\[\]-~\u0080-\ud7ff\ue000-\U0010ffff]*")'
    # Whatever else there is, so that the text seems to end before its end.
    r"|[\s\S]*)"
)
_new = object.__new__


def _kinds(kind: type[Node]) -> Iterator[type[Node]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


# What is left out stands in a node too: graphql-core copies nodes by what stands in them, as where it prints one.
_LEFT_OUT: Final = {kind: {key: getattr(kind, key, None) for key in kind.keys} for kind in _kinds(Node)}


class NotPlain(Exception):
    """The text is for graphql-core to parse."""


class PlainLocation(Location):
    """Where a node stands; its tokens are looked for when they are asked for, which hardly anybody does."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Token:
        """Find a token of the text."""
        if name not in {"start_token", "end_token"}:
            raise AttributeError(name)
        lexer = Lexer(self.source)
        token = lexer.token
        while (token.start < self.start) if name == "start_token" else (token.end < self.end):
            token = lexer.advance()
        return token


class Tokens:
    """The tokens of a text, read one after the other; raises NotPlain for what is not as expected.

    The last one, at the end of the text, is empty.
    """

    def __init__(self, text: str, most: int) -> None:
        self._source = Source(text)
        self.at = 0
        self.words: list[str] = []
        self._nested = 0
        self._starts: list[int] = []
        self._ends: list[int] = []
        found = _TOKENS.findall(text)
        need(is_met=len(found) <= most)
        length = 0
        for space, word in found:
            length += len(space)
            self._starts.append(length)
            length += len(word)
            self._ends.append(length)
            self.words.append(word)
        need(is_met=length == len(text))

    def node(self, kind: type[N], first: int, **attributes: Any) -> N:
        """Make a node that reaches from a token to the one that was read last."""
        # Its constructor does the same, at several times the cost.
        node = _new(kind)
        location = attributes["loc"] = _new(PlainLocation)
        location.start = self._starts[first]
        location.end = self._ends[self.at - 1]
        location.source = self._source
        node.__dict__.update(_LEFT_OUT[kind])
        node.__dict__.update(attributes)
        return node

    def whole(self, kind: type[N], **attributes: Any) -> N:
        """Make the node of all of the text."""
        node = self.node(kind, 0, **attributes)
        if node.loc is not None:
            node.loc.start, node.loc.end = 0, self._ends[-1]
        return node

    def take(self, word: str) -> bool:
        """Read on if a token is the next one, and tell whether it is."""
        is_there = self.words[self.at] == word
        self.at += is_there
        return is_there

    def expect(self, word: str) -> None:
        """Read the next token, which is to be this one."""
        if self.words[self.at] != word:
            raise NotPlain
        self.at += 1

    def name(self) -> NameNode:
        """Read a name."""
        word = self.words[self.at]
        if not word.isidentifier():
            raise NotPlain
        self.at += 1
        return self.node(NameNode, self.at - 1, value=word)

    def many(self, read: Callable[[], N], end: str) -> tuple[N, ...]:
        """Read what stands up to an end, whose beginning was read."""
        self._nested += 1
        need(is_met=self._nested <= MOST_NESTED)
        words, found = self.words, []
        while words[self.at] != end:
            found.append(read())
        self.at += 1
        self._nested -= 1
        return tuple(found)

    def some(self, read: Callable[[], N], end: str) -> tuple[N, ...]:
        """Do so where there must be something."""
        found = self.many(read, end)
        need(is_met=bool(found))
        return found


def need(*, is_met: bool) -> None:
    """Raise NotPlain for what is needed and is not so."""
    if not is_met:
        raise NotPlain
