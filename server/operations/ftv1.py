"""Traces in the format that Apollo's routers read: base64 of a Trace message of Protocol Buffers.

The field numbers are those of Apollo's reports.proto. Message and JSON of an error are what the client gets.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from server.operations.tracing import FieldTime, FieldTrace, Path

HEADER: Final = "apollo-federation-include-trace"
WANTED: Final = "ftv1"

_VARINT: Final = 0
_BYTES: Final = 2
_SEVEN_BITS: Final = 0x7F
_BILLION: Final = 10**9


class _Node:
    """One node of the tree: a field, an item of a list, or the root."""

    def __init__(self) -> None:
        self.field: FieldTime | None = None
        self.errors: list[bytes] = []
        self.children: dict[str | int, _Node] = {}

    def at(self, path: Path) -> "_Node":
        """Find a descendant, and make what is missing on the way."""
        node = self
        for step in path:
            node = node.children.setdefault(step, _Node())
        return node

    def nearest(self, path: Path) -> "_Node":
        """Find a descendant, or the last that there is on the way."""
        node = self
        for step in path:
            if step not in node.children:
                break
            node = node.children[step]
        return node

    def written(self, step: str | int | None = None) -> bytes:
        """Write the node; ``step`` is what its parent calls it."""
        parts = [_text(1, step)] if isinstance(step, str) else []
        if isinstance(step, int):
            parts.append(_number(2, step, zero=True))
        if self.field is not None:
            field = self.field
            parts += [_text(3, field.type), _number(8, field.start_ns), _number(9, field.end_ns)]
            parts.append(_text(13, field.parent_type))
            if field.name != step:
                parts.append(_text(14, field.name))
        parts += [_message(11, error) for error in self.errors]
        parts += [_message(12, child.written(name)) for name, child in self.children.items()]
        return b"".join(parts)


def written(trace: FieldTrace, errors: Iterable[Mapping[str, Any]]) -> str:
    """Write a finished trace with the errors of the answer, each at its field."""
    root = _Node()
    for path, field in trace.fields.items():
        root.at(path).field = field
    for error in errors:
        root.nearest(tuple(error.get("path", ()))).errors.append(_error(error))
    message = b"".join(
        (
            _message(3, _timestamp(trace.end_ns)),
            _message(4, _timestamp(trace.start_ns)),
            _number(11, trace.duration_ns),
            _message(14, root.written()),
        )
    )
    return base64.b64encode(message).decode("ascii")


def _error(error: Mapping[str, Any]) -> bytes:
    places = [_number(1, at["line"]) + _number(2, at["column"]) for at in error.get("locations", ())]
    return b"".join(
        (
            _text(1, error["message"]),
            *(_message(2, place) for place in places),
            _message(4, msgspec.json.encode(error)),
        )
    )


def _timestamp(moment_ns: int) -> bytes:
    return _number(1, moment_ns // _BILLION) + _number(2, moment_ns % _BILLION)


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode("utf-8", "replace"))


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(content)) + content


def _number(field: int, number: int, *, zero: bool = False) -> bytes:
    """Write a number; nought is left out where it is the same as nothing."""
    return _varint(field << 3 | _VARINT) + _varint(number) if number or zero else b""


def _varint(number: int) -> bytes:
    """Write seven bits a byte, the lowest first; the highest bit says that more follow."""
    written_bytes = bytearray()
    while number > _SEVEN_BITS:
        written_bytes.append(number & _SEVEN_BITS | 0x80)
        number >>= 7
    written_bytes.append(number)
    return bytes(written_bytes)
