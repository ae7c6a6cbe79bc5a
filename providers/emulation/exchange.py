"""One request and its answer, as an emulated provider sees them: no sockets, no framework."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from urllib.parse import parse_qsl, unquote

import msgspec

JSON_TYPE = "application/json"


# dict=True gives cached_property the dictionary that it keeps its value in.
class Call(msgspec.Struct, frozen=True, dict=True):
    """A request: `raw_path` is the request line's target, byte for byte; header names are lower-case."""

    method: str
    raw_path: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    parameters: Mapping[str, str]

    @property
    def raw_query(self) -> str:
        """What stands after the first `?`, undecoded."""
        return self.raw_path.partition("?")[2]

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The decoded query; of a repeated name the last value counts."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))


class Answer(msgspec.Struct, frozen=True):
    """What goes back. `identity` is what an entity tag is made of; without it, that is the body."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = {}
    identity: bytes | None = None


def answer_json(payload: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with `payload` as JSON."""
    return Answer(status, msgspec.json.encode(payload), headers=headers or {})


class Route(msgspec.Struct, frozen=True, dict=True):
    """`template` is a path with `{parameters}`; `name` is how hits and faults speak of the route."""

    method: str
    template: str
    answer: Callable[[Call], Answer]

    @property
    def name(self) -> str:
        """Method and template, e.g. `GET /activities/{uuid}`."""
        return f"{self.method} {self.template}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The undecoded path; a parameter never spans a slash, one slash more at the end is tolerated."""
        # Escaped first, then only the braces are opened again: a dot in a template stays a dot. Forge takes the slash
        # at the end (observed).
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.template)) + "/?")

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Give the decoded parameters, or None where the route is another one's."""
        found = self.pattern.fullmatch(path) if method == self.method else None
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}
