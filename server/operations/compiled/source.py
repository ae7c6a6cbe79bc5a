"""Python source of a function under construction, with those that it calls, and what all of them name."""

from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import NamedTuple

from server.operations.values import Value


class Need(NamedTuple):
    """What an operation has to give to a function: of which kind, for which field, and for which of its types."""

    kind: str
    at: int
    of: object = None


class Source:
    """Lines of functions; objects are handed in by name, since source cannot spell them.

    Constants are the same for all operations, parameters are what each of them gives. Names of both end with a number.
    Lines are indented as often as it is entered.
    """

    def __init__(self, objects: Mapping[str, Value]) -> None:
        self.lines: list[str] = []
        self.needs: list[Need] = []
        self._functions: list[str] = []
        self._indent = " "
        self._blocks: list[int] = []
        self._objects = dict(objects)
        self._constants: dict[int, str] = {}
        self._parameters: dict[Need, str] = {}
        self._unnamed: list[str] = []

    def constant(self, prefix: str, value: object) -> str:
        """Name an object; the same one has one name."""
        known = self._constants.get(id(value))
        if known is None:
            known = self._constants[id(value)] = f"{prefix}{len(self._constants)}"
            self._objects[known] = value
        return known

    def parameter(self, kind: str, at: int, of: object = None) -> str:
        """Name what an operation has to give."""
        need = Need(kind, at, of)
        known = self._parameters.get(need)
        if known is None:
            known = self._parameters[need] = f"p{len(self.needs)}"
            self.needs.append(need)
        return known

    def unnamed(self, prefix: str) -> str:
        """Make a name for what is still to be defined."""
        self._unnamed.append(f"{prefix}{len(self._unnamed)}")
        return self._unnamed[-1]

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append(self._indent + text)

    def block(self, head: str) -> "Source":
        """Add a line; enter what this gives to indent those that follow."""
        self.lines.append(self._indent + head)
        return self

    def __enter__(self) -> None:
        self._blocks.append(len(self.lines))
        self._indent += " "

    def __exit__(self, *_: object) -> None:
        if len(self.lines) == self._blocks.pop():
            self.line("pass")
        self._indent = self._indent[1:]

    def extend(self, other: "Source") -> None:
        """Append the function of a source that shares this one's objects."""
        self._functions.extend(other.lines)

    def beside(self) -> "Source":
        """Start a function beside this one, with the same objects."""
        other = Source({})
        other.needs, other._unnamed = self.needs, self._unnamed
        other._objects, other._constants, other._parameters = self._objects, self._constants, self._parameters
        return other

    def text(self, result: str) -> str:
        """Spell what makes one of the functions, by its name, of what an operation gives."""
        parameters = ", ".join(f"p{number}" for number in range(len(self.needs)))
        return "\n".join([f"def make({parameters}):", *self._functions, f" return {result}"])

    def maker(self, text: str) -> Callable[..., Value]:
        """Compile what was spelled."""
        module = compile(text, "<operation>", "exec")
        code = next(each for each in module.co_consts if isinstance(each, CodeType))
        return FunctionType(code, self._objects)
