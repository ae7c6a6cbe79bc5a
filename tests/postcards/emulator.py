"""The emulated Postcards: two cards, over real HTTP."""

from providers.emulation.emulator import Emulator
from providers.emulation.exchange import Answer, Call, Route, answer_json
from providers.emulation.payload import Payload


class PostcardsEmulator(Emulator):
    """Emulates Postcards; `cards` may be changed while it runs."""

    def __init__(self, images_origin: str) -> None:
        super().__init__("postcards", (Route("GET", "/cards/{code}", self._card),))
        self.cards: dict[str, Payload] = {
            "rome": {"title": "Rome", "picture": f"{images_origin}/rome.jpg"},
            "plain": {"title": None, "picture": "nowhere"},
        }

    def error(self, status: int) -> Answer:
        """Answer with the status alone."""
        return answer_json({"status": status}, status)

    def _card(self, call: Call) -> Answer:
        card = self.cards.get(call.parameters["code"])
        return self.error(404) if card is None else answer_json(card)


def create_emulator(images_origin: str = "http://localhost:8000") -> PostcardsEmulator:
    """Create one; it is not started yet."""
    return PostcardsEmulator(images_origin)
