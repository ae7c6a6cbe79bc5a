"""Which media type an answer has: what ``Accept`` weighs most among what this graph speaks."""

from functools import lru_cache
from typing import Final

from server.operations.requests import RequestRefused

RESPONSE_JSON: Final = "application/graphql-response+json"
PLAIN_JSON: Final = "application/json"

_MOST_TYPES: Final = 50
_MOST_KNOWN: Final = 256
_LONGEST_KNOWN: Final = 256


def negotiated(accept: str) -> str:
    """Choose the media type of the answer; raises RequestRefused where none is acceptable."""
    return _known(accept) if len(accept) <= _LONGEST_KNOWN else _negotiated(accept)


def _negotiated(accept: str) -> str:
    weights = weighed(accept)
    if not weights:
        return PLAIN_JSON
    # The plain type stands last, so that a client of old that takes anything gets what it knows.
    offers = [(_weight(weights, name), rank, name) for rank, name in enumerate((PLAIN_JSON, RESPONSE_JSON))]
    named = [offer for offer in offers if offer[2] in weights and offer[0] > 0]
    weight, _, name = max(named, default=next((offer for offer in offers if offer[0] > 0), offers[0]))
    if weight > 0:
        return name
    if weights.get("multipart/mixed", 0.0) > 0:
        return PLAIN_JSON
    raise RequestRefused(406, "BAD_REQUEST", f"wanted {RESPONSE_JSON} or {PLAIN_JSON} in Accept")


# A program sends the same header with each of its requests.
_known = lru_cache(_MOST_KNOWN)(_negotiated)


def weighed(header: str) -> dict[str, float]:
    """Read the names of a header like ``Accept`` with their weights; a charset but UTF-8 weighs nothing."""
    found: dict[str, float] = {}
    for part in header.lower().split(",")[:_MOST_TYPES]:
        name, *parameters = (text.strip() for text in part.split(";"))
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        known = given.get("charset", "utf-8").strip('"') in {"utf-8", "utf8"}
        if name:
            found[name] = max(found.get(name, 0.0), quality(given.get("q", "1")) if known else 0.0)
    return found


def quality(text: str) -> float:
    """Read a weight from 0 to 1; what is none counts as 1, as if it were absent."""
    try:
        value = float(text)
    except ValueError:
        return 1.0
    return value if 0 <= value <= 1 else 1.0


def _weight(weights: dict[str, float], name: str) -> float:
    return next((weights[each] for each in (name, "application/*", "*/*") if each in weights), 0.0)
