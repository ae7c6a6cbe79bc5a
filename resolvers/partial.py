"""Records of which a part is known: list items completed by their detail, and entities whose detail failed.

A failure stands as the value of the fields that it feeds: graphql-core raises an exception that it finds as a value,
so each selected field answers null with the error, and all else of the entity is whole.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from providers.errors import ProviderError
from providers.records import Answer

R = TypeVar("R", bound=msgspec.Struct)


def with_values(record: R, values: Mapping[str, object]) -> R:
    """Copy a record with other values in it, failures among them."""
    # Never set afterwards: the collector would not know of a copy that was made of texts and numbers alone, and a
    # failure in it, whose traceback leads back to it, would keep its whole request alive for good.
    return msgspec.structs.replace(record, **values)


async def completed(item: R, attributes: Iterable[str], load: Callable[[], Awaitable[Answer[R]]]) -> R:
    """Complete a list item: only where it lacks one of the attributes is its detail loaded."""
    missing = [name for name in attributes if getattr(item, name) is msgspec.UNSET]
    if not missing:
        return item
    try:
        detail = (await load()).value
    except ProviderError as error:
        return with_values(item, dict.fromkeys(missing, error))
    # No detail at all is a 404: what stood in a list a moment ago can be gone.
    return with_values(item, {name: getattr(detail, name, None) for name in missing})
