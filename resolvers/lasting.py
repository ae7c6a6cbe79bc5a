"""Resolvers that follow from nothing but their source and arguments."""

from collections.abc import Callable
from typing import Final, TypeVar

R = TypeVar("R", bound=Callable[..., object])

_MARK: Final = "__lasting__"


def lasting(resolver: R) -> R:
    """Mark a resolver that gives the same for the same source and arguments as long as the process runs.

    It makes no call and looks at nothing of the request: what it gave once may be shown to everybody. What the operator
    has set is the same for all.
    """
    setattr(resolver, _MARK, True)
    return resolver
