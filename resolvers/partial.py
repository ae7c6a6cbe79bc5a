"""Records of which a part is known: list items completed by their detail, entities whose detail failed or comes later.

A failure stands as the value of the fields that it feeds: graphql-core raises an exception that it finds as a value,
so each selected field answers null with the error, and all else of the entity is whole. What deferred fragments alone
need stands as something to wait for: graphql-core awaits what it finds, and comes to it after the first part.
"""

from collections.abc import Awaitable, Callable, Collection, Generator, Iterable, Mapping
from typing import Generic, TypeVar, cast

import msgspec

from providers.errors import ProviderError
from providers.records import Answer

R = TypeVar("R", bound=msgspec.Struct)
V = TypeVar("V")


class Later(Generic[R]):
    """An attribute of a detail whose call is under way; raises the call's failure where it is awaited."""

    def __init__(self, detail: Callable[[], Awaitable[Answer[R]]], name: str) -> None:
        self._detail = detail
        self._name = name

    def __await__(self) -> Generator[object, None, object]:
        """Wait for the detail; None where there is none."""
        # Waited for anew each time: a field that is cancelled must not cancel the others' wait.
        answer = yield from self._detail().__await__()
        return getattr(answer.value, self._name, None)


def with_later(record: R, names: Iterable[str], detail: Callable[[], Awaitable[Answer[R]]]) -> R:
    """Copy a record with attributes in it that come with a detail: each is waited for where it is asked for."""
    return with_values(record, {name: Later(detail, name) for name in names})


async def settled(value: V) -> V:
    """Wait for a value that comes later, and raise a failure that stands as one."""
    found = await value if isinstance(value, Later) else value
    if isinstance(found, Exception):
        raise found
    return cast("V", found)


def with_values(record: R, values: Mapping[str, object]) -> R:
    """Copy a record with other values in it, failures among them."""
    # Never set afterwards: the collector would not know of a copy that was made of texts and numbers alone, and a
    # failure in it, whose traceback leads back to it, would keep its whole request alive for good.
    return msgspec.structs.replace(record, **values)


async def completed(
    item: R,
    attributes: Iterable[str],
    first: Collection[str],
    detail_under_way: Callable[[], Callable[[], Awaitable[Answer[R]]]],
) -> R:
    """Complete a list item: only where it lacks one of the attributes is its detail loaded.

    It is waited for where one of those that the ``first`` part of the answer needs is missing.
    """
    missing = [name for name in attributes if getattr(item, name) is msgspec.UNSET]
    if not missing:
        return item
    # Begun though it may be deferred: left until its fragment's turn, the call would come a whole round later.
    coming = detail_under_way()
    if not any(name in first for name in missing):
        return with_later(item, missing, coming)
    try:
        detail = (await coming()).value
    except ProviderError as error:
        return with_values(item, dict.fromkeys(missing, error))
    # No detail at all is a 404: what stood in a list a moment ago can be gone.
    return with_values(item, {name: getattr(detail, name, None) for name in missing})
