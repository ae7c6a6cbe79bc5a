"""Python source under construction, and the objects that it names."""

from collections.abc import Callable
from typing import Final

from server.operations.compiled.codes import MARK, Codes
from server.operations.values import Value

CODES: Final = Codes()


class Source:
    """Lines of functions; objects are handed in by name, since source cannot spell them.

    Lines are indented as often as it is entered.
    """

    def __init__(self, **objects: Value) -> None:
        self._lines: list[str] = []
        self._functions: list[str] = []
        self._indent = ""
        self._blocks: list[int] = []
        self._objects: dict[str, Value] = objects
        self._names: dict[int, str] = {}

    def name(self, prefix: str, value: object) -> str:
        """Name an object; the same one has one name."""
        known = self._names.get(id(value))
        if known is None:
            known = self._names[id(value)] = f"{MARK}{prefix}{len(self._names)}"
            self._objects[known] = value
        return known

    def unnamed(self, prefix: str) -> str:
        """Make a name for what is still to be defined."""
        return self.name(prefix, object())

    def line(self, text: str) -> None:
        """Add a line."""
        self._lines.append(self._indent + text)

    def block(self, head: str) -> "Source":
        """Add a line; enter what this gives to indent those that follow."""
        self._lines.append(self._indent + head)
        return self

    def __enter__(self) -> None:
        self._blocks.append(len(self._lines))
        self._indent += " "

    def __exit__(self, *_: object) -> None:
        if len(self._lines) == self._blocks.pop():
            self.line("pass")
        self._indent = self._indent[1:]

    def extend(self, other: "Source") -> None:
        """Append the function of a source that shares this one's objects."""
        self._functions.append("\n".join(other._lines))  # noqa: SLF001 - its own class

    def beside(self) -> "Source":
        """Start a function beside this one, with the same objects."""
        other = Source()
        other._objects, other._names = self._objects, self._names
        return other

    def functions(self) -> dict[str, Callable[..., Value]]:
        """Define the functions, and give them among the objects that they name."""
        for source in self._functions:
            CODES.define(source, self._objects)
        return self._objects
