"""Language tags: their shape, the one a request asks for, and the nearest that a provider speaks."""

import re
from collections.abc import Sequence
from functools import lru_cache

from providers.errors import InvalidKey
from providers.keys import shown

# language, optional script, optional region, further subtags: as much of BCP 47 as travel content uses.
_TAG = re.compile(r"([a-zA-Z]{2,3})(?:-([a-zA-Z]{4}))?(?:-([a-zA-Z]{2}|[0-9]{3}))?((?:-[a-zA-Z0-9]{5,8})*)")
_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
# Browsers send some hundred characters at the most; whatever comes beyond a thousand is not worth its parsing.
_LONGEST_HEADER = 1000
# The longest that RFC 5646 asks everybody to take; a photo's id holds its culture and has a bound of its own.
_LONGEST_TAG = 35


def language_tag(text: str) -> str:
    """Return the tag in its usual case (``en-US``, ``zh-Hant-TW``); raise InvalidKey for what is none."""
    match = _TAG.fullmatch(text) if len(text) <= _LONGEST_TAG else None
    if not match:
        raise InvalidKey(f"wanted a language tag like en-US, got {shown(text)}")
    language, script, region, rest = match.groups()
    parts = [language.lower(), script.title() if script else "", region.upper() if region else ""]
    return "-".join(part for part in parts if part) + rest.lower()


def culture_tag(text: str) -> str:
    """Return the tag in lower case, as Forge writes its cultures."""
    return language_tag(text).lower()


def accepted(header: str, served: Sequence[str], default: str) -> str:
    """Choose among the served locales by an ``Accept-Language`` header.

    The first tag, by q values and then by position, that is served wins; malformed parts are ignored. Where none is
    served the default is used.
    """
    if not header:
        return default
    by_lower_case = {locale.lower(): locale for locale in served}
    wanted = [_weighed(part) for part in header[:_LONGEST_HEADER].split(",")]
    # A stable sort: tags of one weight keep the order that they were sent in.
    ranked = sorted(wanted, key=lambda each: -each[1])
    return next(
        (by_lower_case[tag] for tag, weight in ranked if weight > 0 and tag in by_lower_case), default
    )


def _weighed(part: str) -> tuple[str, float]:
    tag, _, parameters = (text.strip() for text in part.partition(";"))
    if not parameters:
        return tag.lower(), 1.0
    quality = _QUALITY.fullmatch(parameters)
    return tag.lower(), float(quality[1]) if quality else 0.0


def fallbacks(locale: str, spoken: Sequence[str], default: str) -> list[str]:
    """List the locales to try for a wanted one, best first: itself, its language's others, the default.

    ``spoken`` is what the provider is known to speak, in the provider's own spelling; only those are listed, and the
    default last even where it is not among them.
    """
    return [*_fallbacks(locale, tuple(spoken), default)]


def nearest(locale: str, spoken: tuple[str, ...], default: str) -> str:
    """Name the first of the ``fallbacks``."""
    return _fallbacks(locale, spoken, default)[0]


# The same few are asked for with every key.
@lru_cache(1024)
def _fallbacks(locale: str, spoken: tuple[str, ...], default: str) -> tuple[str, ...]:
    lowered = locale.lower()
    language = lowered.split("-")[0]
    exact = [each for each in spoken if each.lower() == lowered]
    same = [each for each in spoken if each.split("-")[0].lower() == language]
    # Among the regions of a language the operator's own goes first.
    same.sort(key=lambda each: each.lower() != default.lower())
    return tuple(dict.fromkeys([*exact, *same, default]))
