"""The end of this process: first it says that it goes, then it answers on for a while, then it ends."""

import asyncio
import signal
from types import FrameType


class Life:
    """Whether this process takes work: ``is_draining`` is True once it was asked to end."""

    def __init__(self) -> None:
        self.is_draining = False

    def drain_before_exit(self, drain_s: float) -> None:
        """Let SIGTERM end this process ``drain_s`` later than it would; a second one ends it at once.

        Call it in the running loop, in the main thread, after the server has set its own handler.
        """
        loop = asyncio.get_running_loop()
        end = signal.getsignal(signal.SIGTERM)

        def drain(number: int, frame: FrameType | None) -> None:
            if not callable(end):
                return
            if self.is_draining or not drain_s:
                self.is_draining = True
                end(number, frame)
                return
            self.is_draining = True
            # A signal comes between any two steps of the loop: the loop is woken, for nothing else may wake it.
            loop.call_soon_threadsafe(loop.call_later, drain_s, end, number, None)

        signal.signal(signal.SIGTERM, drain)


LIFE = Life()
"""This process's own."""
