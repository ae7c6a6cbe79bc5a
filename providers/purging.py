"""What a purge names, and which answers it concerns.

A tag is a provider's name, or that with a thing's kind and key: ``FORGE:Photo:a-slug``, ``FORGE:Tag:a-tag``.
"""

from collections.abc import Callable

from providers.calls import Call
from providers.records import Provider

Shows = Callable[[object, str, str], bool]
"""Tells whether a decoded answer shows a thing, by kind and key; True too where it may and does not tell."""


def tag_of(provider: Provider, kind: str, key: str) -> str:
    """Name a thing of a provider for a purge."""
    return f"{provider.value}:{kind}:{key}"


def shows_nothing(value: object, kind: str, key: str) -> bool:
    """Tell of a provider whose answers hold nothing but what their calls name."""
    del value, kind, key
    return False


class Purging:
    """Tells what a tag means for the answers of one provider; its adapter sets ``shows``."""

    def __init__(self, provider: Provider) -> None:
        self.shows: Shows = shows_nothing
        self._provider = provider

    def concerns(self, tag: str, call: Call, value: object) -> bool:
        """Tell whether an answer is about what a tag names, was filtered by it, or shows it."""
        provider, _, name = tag.partition(":")
        if provider != self._provider.value:
            return False
        kind, _, key = name.partition(":")
        return not name or name in call.tags or (value is not None and self.shows(value, kind, key))

    def may_concern(self, tag: str, call: Call) -> bool:
        """Tell whether an answer that has not come yet may turn out to be concerned."""
        provider, _, name = tag.partition(":")
        if provider != self._provider.value:
            return False
        # The answer about one thing shows no other of its kind; what a list will show nobody knows.
        kind = name.partition(":")[0] + ":"
        is_another = call.limit is None and any(each.startswith(kind) for each in call.tags)
        return not name or name in call.tags or not is_another
