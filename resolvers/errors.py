"""What is the client's to mend."""

from typing import ClassVar


class BadUserInput(Exception):
    """An argument is out of bounds, or a cursor, key or id is malformed.

    ``argument`` names it; the message says what was wanted and what came.
    """

    code: ClassVar[str] = "BAD_USER_INPUT"

    def __init__(self, message: str, *, argument: str) -> None:
        super().__init__(message)
        self.argument = argument
