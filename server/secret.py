"""A text that must not be seen."""


class Secret:
    """Holds a credential: ``repr`` and ``str`` never show it, ``reveal`` hands it out. Empty means unset."""

    # Without a dictionary there is nothing for vars() and its users to print.
    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the header or signature that needs it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "Secret(set)" if self._text else "Secret(unset)"
