"""Worker processes: several of them behind one socket, none without their parent."""

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

_START_S = 60.0


class Workers(Multiprocess):
    """Starts one worker, and the others once it serves; a start that fails ends it all.

    ``has_started`` tells afterwards which of the two it was.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, announce: Callable[[], None]) -> None:
        super().__init__(config, [listener])
        self.has_started = False
        self._announce = announce

    def init_processes(self) -> None:
        """Start the workers, the first one alone: what stops one would stop them all."""
        first = Process(self.config, self.sockets)
        first.start()
        self.processes.append(first)
        self.has_started = first.wait_until_ready(_START_S, self.should_exit)
        if not self.has_started:
            self.should_exit.set()
            return
        for _ in range(1, self.processes_num):
            process = Process(self.config, self.sockets)
            process.start()
            self.processes.append(process)
        self._announce()


def worker_app() -> ASGIApp:
    """Make the application of one worker, which ends in order when its parent is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Imported here: in the parent, which serves nothing itself, it would only cost memory.
    from server.app import app_from_environment
    from server.garbage import spare_collections

    app = app_from_environment()
    spare_collections()
    return app


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        # Waits on a pipe that the parent holds, so it also returns when the parent was killed.
        parent.join()
        # By the signal that an operator would send: uvicorn then drains first.
        os.kill(os.getpid(), signal.SIGTERM)
