"""What one GraphQL request carries."""

import copy

import msgspec
from graphql.pyutils import Path
from strawberry.types import Info as StrawberryInfo

from providers.errors import InvalidKey, ProviderError
from providers.locales import language_tag
from providers.registry import Providers
from providers.scope import CallScope
from resolvers.errors import BadUserInput
from resolvers.loaders import Loaders


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

    Make one a request, inside its event loop, and close it at the end.
    """

    def __init__(self, providers: Providers, rules: GraphRules, scope: CallScope, locale: str) -> None:
        self.providers = providers
        self.rules = rules
        self.scope = scope
        self.locale = locale
        self.loaders = Loaders(providers, scope)
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

    def beside(self) -> "Context":
        """Make the context of another operation of the same HTTP request: one memory, warnings of its own."""
        other = copy.copy(self)
        other.warnings = []
        return other

    def close(self) -> None:
        """Stop what is still being fetched for the request."""
        self.loaders.close()


Info = StrawberryInfo[Context, None]
