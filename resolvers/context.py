"""What one GraphQL request carries."""

import copy
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

import msgspec
from graphql.pyutils import Path
from strawberry.types import Info as StrawberryInfo

from providers.errors import InvalidKey, ProviderError
from providers.locales import language_tag
from providers.registry import Providers
from providers.scope import CallScope
from resolvers.errors import BadUserInput
from resolvers.loaders import Loaders

R = TypeVar("R", bound=Callable[..., object])

Memory = dict[Hashable, Any]

_CONTEXT_ALONE: Final = "looks_at_context_alone"
_SPANS: Final = "photo spans"


class GraphRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator decides about the graph."""

    default_locale: str = "en-US"
    max_keys: int = 200
    allow_unlisted: bool = False
    musement_source: str = "musement"
    clubmed_source: str = "clubmed"
    federation_version: str = "2.9"


class Warned(msgspec.Struct, frozen=True):
    """Something that a client should know of an answer that is no error; ``path`` is the field's."""

    code: str
    message: str
    path: tuple[str | int, ...]
    provider: str | None = None


class Context:
    """Providers, rules, the request's locale, its loaders, and what is to be told beside the answer.

    ``memory`` keeps what follows from an operation and its variables alone, for as long as the operation's document is
    kept and no longer; without one nothing is known from before. What concerns the loaders is kept with the memory
    that a context is made with: give none where several operations share them.
    Make one a request, inside its event loop, and close it at the end.
    """

    def __init__(
        self,
        providers: Providers,
        rules: GraphRules,
        scope: CallScope,
        locale: str,
        memory: Memory | None = None,
    ) -> None:
        self.providers = providers
        self.rules = rules
        self.scope = scope
        self.locale = locale
        self.memory = {} if memory is None else memory
        self.loaders = Loaders(providers, scope, self.memory.setdefault(_SPANS, {}))
        self.warnings: list[Warned] = []

    def locale_of(self, argument: str | None) -> str:
        """Choose the locale of a field: its argument, else the request's; raises BadUserInput for what is none."""
        if argument is None:
            return self.locale
        try:
            return language_tag(argument)
        except InvalidKey as error:
            raise BadUserInput(str(error), argument="locale") from None

    def warn(self, error: ProviderError, path: Path) -> None:
        """Tell the client that an answer ended early, and why."""
        self.warnings.append(
            Warned(
                code=error.code, message=str(error), path=tuple(path.as_list()), provider=error.provider.value
            )
        )

    def beside(self, memory: Memory | None = None) -> "Context":
        """Make the context of another operation of the same HTTP request: the same loaders, warnings of its own."""
        other = copy.copy(self)
        other.memory = {} if memory is None else memory
        other.warnings = []
        return other

    def close(self) -> None:
        """Stop what is still being fetched for the request."""
        self.loaders.close()


Info = StrawberryInfo[Context, None]


def looks_at_context(resolver: R) -> R:
    """Mark a resolver that looks at nothing of its info but the context, so that one info does for all of its calls."""
    setattr(resolver, _CONTEXT_ALONE, True)
    return resolver
