"""How long each field of one operation took."""

import inspect
import time
from collections.abc import Awaitable, Callable

import msgspec
from graphql import GraphQLResolveInfo, MiddlewareManager

from server.operations.values import Value

Path = tuple[str | int, ...]


class FieldTime(msgspec.Struct):
    """One field of the answer; times are nanoseconds after the operation's start."""

    name: str
    type: str
    parent_type: str
    start_ns: int
    end_ns: int


class FieldTrace:
    """The fields of one operation by their paths, filled while it runs with ``middleware``.

    Only the reference executor knows middleware: an operation that is traced runs there.
    """

    def __init__(
        self, clock: Callable[[], int] = time.perf_counter_ns, wall: Callable[[], int] = time.time_ns
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._began = clock()
        self.start_ns = wall()
        self.end_ns = self.start_ns
        self.duration_ns = 0
        self.fields: dict[Path, FieldTime] = {}
        self.middleware = MiddlewareManager(self)

    def finish(self) -> None:
        """Take the time at which the operation ended."""
        self.duration_ns = self._clock() - self._began
        self.end_ns = self._wall()

    def resolve(
        self,
        resolver: Callable[..., Value],
        source: object,
        info: GraphQLResolveInfo[Value],
        **arguments: object,
    ) -> Value:
        """Time one field; graphql-core calls it in the resolver's place."""
        field = FieldTime(info.field_name, str(info.return_type), info.parent_type.name, self._now(), 0)
        self.fields[tuple(info.path.as_list())] = field
        result = resolver(source, info, **arguments)
        if inspect.isawaitable(result):
            return self._awaited(field, result)
        field.end_ns = self._now()
        return result

    async def _awaited(self, field: FieldTime, result: Awaitable[object]) -> object:
        try:
            return await result
        finally:
            field.end_ns = self._now()

    def _now(self) -> int:
        return self._clock() - self._began
