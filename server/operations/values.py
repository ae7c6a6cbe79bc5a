"""What GraphQL and JSON values are in Python."""

from typing import Any

Value = Any
"""A value of any type: its own schema or resolver knows which."""

JsonObject = dict[str, Any]
"""A JSON object, or the data of one."""
