"""JSON as the wire carries it, and typed ways to read it that survive whatever a test has put there."""

import msgspec

Payload = dict[str, object]
"""A JSON object. What a test changes in it, the emulator serves."""


def text(payload: Payload, name: str) -> str:
    """Read the text of that name, empty where there is none."""
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def part(payload: Payload, name: str) -> Payload:
    """Read the object of that name, empty where there is none."""
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def parts(payload: Payload, name: str) -> list[Payload]:
    """Read the objects in the array of that name."""
    value = payload.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def copy_objects(encoded: bytes) -> dict[str, Payload]:
    """Make a private, mutable copy of objects by key."""
    # The cached form is bytes, which nobody can change; decoding them is the copy.
    return msgspec.json.decode(encoded, type=dict[str, Payload])


def copy_lists(encoded: bytes) -> dict[str, list[Payload]]:
    """Make a private, mutable copy of lists of objects by key."""
    return msgspec.json.decode(encoded, type=dict[str, list[Payload]])
