"""What the clients of all providers have in common within a process."""

import msgspec

from providers.clock import Clock
from providers.request_queue import RequestQueue


class Process(msgspec.Struct, frozen=True):
    """What tells the time, and which request goes on next."""

    clock: Clock = msgspec.field(default_factory=Clock)
    queue: RequestQueue = msgspec.field(default_factory=RequestQueue)
