"""Whether an operation's reads were all at hand when it was run last, and until when they stay so."""

from collections.abc import Iterable

from providers.call_record import CallRecord


class Readiness:
    """What is known of one operation with its variables: for the locale that was asked for last alone.

    It may be wrong where what is kept has to make room, never where something was purged.
    """

    __slots__ = ("_locale", "_purges", "_since", "_until")

    def __init__(self) -> None:
        self._locale = ""
        self._purges = 0
        self._since = self._until = 0.0

    def holds(self, locale: str, purges: int, now: float) -> bool:
        """Tell whether it need not wait for anything now, at a Unix time."""
        # A clock that was put back makes old what is kept.
        return self._since <= now < self._until and locale == self._locale and purges == self._purges

    def note(self, locale: str, purges: int, now: float, left_s: int, calls: Iterable[CallRecord]) -> None:
        """Note what was read after so many purges, and is good for so long from now on."""
        if self.holds(locale, purges, now):
            return
        is_at_hand = all(call.verdict == "HIT" for call in calls)
        self._locale, self._purges = locale, purges
        self._since, self._until = now, now + left_s if is_at_hand else now
