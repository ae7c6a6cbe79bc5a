"""Answers in parts, read as a client reads them."""

import json
from typing import Any, Final

ACCEPT: Final = "multipart/mixed;incrementalSpec=v0.2, application/json"
DELIMITER: Final = b"\r\n---"


def parts_in(body: bytes) -> list[dict[str, Any]]:
    """Read the parts of a body that has come as far as a delimiter."""
    parts = body.removesuffix(DELIMITER + b"--\r\n").removesuffix(DELIMITER).split(DELIMITER + b"\r\n")[1:]
    return [json.loads(part.partition(b"\r\n\r\n")[2]) for part in parts]
