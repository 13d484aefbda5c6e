"""The worker's end of a program that is installed on its own: it is started, heard, and ended when nobody wants it."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from inference.external.kinds import Order
from inference.model import Cancelled, RunCancelled
from inference.worker import FROZEN_FLAG, KEEPER

LOOK_EVERY_S = 0.05
END_TIMEOUT_S = 0.3  # of a worker's half second to stop; what is left then ends by itself
LINES_KEPT = 200
READ_AT_ONCE = 4096
LONGEST_LINE = 4000
GONE = -1
NETWORK = {
    "allowed": "It was allowed to use the network.",
    "namespace": "It had no network.",
    "no TCP": "The kernel refused it connections (TCP); it could still have sent single packets (UDP).",
    "proxies": "Its network was cut by proxy settings alone; a program that ignores them can connect.",
}
FILES = {
    "listed": "It could write nothing but its temporary folder and, with the network, its folder of weights.",
    "open": "It could write wherever its user can.",
}


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        code: its exit code; below 0 for a signal's number, or when even its keeper was ended.
        printed: the last lines of what it printed.
        network, files: keys in ``NETWORK`` and ``FILES``: what held for it.
    """

    code: int
    printed: str
    network: str
    files: str

    @property
    def confinement(self) -> str:
        """What held, for people."""
        return f"{NETWORK[self.network]} {FILES[self.files]}"


class ProgramRun:
    """A run of a program; to be used as a context, at whose end the program is ended and its scratch folder removed.

    Args:
        scratch: its folder, looked after from now on, whatever happens to this process.
    """

    def __init__(self, scratch: Path) -> None:
        self._heard: queue.Queue[dict[str, Any] | str] = queue.Queue()
        self._last: deque[str] = deque(maxlen=LINES_KEPT)
        self._holds = {"network": "proxies", "files": "open"}  # until the keeper says more
        self._keeper = subprocess.Popen(
            _keeper_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0,
        )
        self._tell(str(scratch))
        self._readers = [
            threading.Thread(target=read, args=(stream,), daemon=True)
            for read, stream in ((self._read_output, self._keeper.stderr), (self._read_status, self._keeper.stdout))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> ProgramRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self, order: Order, *, may_connect: bool) -> None:
        """Start the program, once.

        Args:
            order: what to run.
            may_connect: leave it the network.
        """
        told = {"command": order.command, "environment": dict(order.environment), "network": may_connect}
        self._tell(told | {"writable": [str(folder) for folder in order.writable]})

    def wait(self, hear: Callable[[str], None], cancelled: Cancelled) -> Ended:
        """Wait for its end.

        Args:
            hear: called with each line that it prints.
            cancelled: asked at least every 0.05 s.

        Raises:
            RunCancelled: ``cancelled()`` was true; and what ``hear`` raises. The program still runs then.
        """
        while True:
            if cancelled():
                raise RunCancelled
            try:
                heard = self._heard.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                continue
            if isinstance(heard, str):
                self._last.append(heard)
                hear(heard)
            elif "ended" in heard:
                self._readers[0].join(LOOK_EVERY_S)  # children that live on hold the pipe open
                self._take_the_rest()
                return Ended(int(heard["ended"]), "\n".join(self._last), self._holds["network"], self._holds["files"])
            else:
                known = {"network": NETWORK, "files": FILES}
                self._holds |= {name: heard[name] for name, words in known.items() if heard.get(name) in words}

    def end(self) -> None:
        """End it with all that it started. Its keeper removes the scratch folder, even when this process is gone."""
        assert self._keeper.stdin is not None
        with suppress(OSError):
            self._keeper.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._keeper.wait(END_TIMEOUT_S)

    def _tell(self, what: Any) -> None:
        assert self._keeper.stdin is not None
        with suppress(OSError):  # the keeper ended, which ``wait`` hears
            self._keeper.stdin.write(json.dumps(what).encode() + b"\n")
            self._keeper.stdin.flush()

    def _take_the_rest(self) -> None:
        while True:
            try:
                heard = self._heard.get_nowait()
            except queue.Empty:
                return
            if isinstance(heard, str):
                self._last.append(heard)

    def _read_output(self, stream: IO[bytes]) -> None:
        rest = ""
        with stream:
            while piece := os.read(stream.fileno(), READ_AT_ONCE):
                *lines, rest = re.split(r"[\r\n]", rest + piece.decode(errors="replace"))
                rest = rest[-LONGEST_LINE:]
                for line in filter(str.strip, lines):
                    self._heard.put(_plain(line))
        if rest.strip():
            self._heard.put(_plain(rest))

    def _read_status(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                with suppress(ValueError):
                    self._heard.put(json.loads(line))
        self._heard.put({"ended": GONE})  # nobody listens any more when the keeper said more than that


def _plain(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line[:LONGEST_LINE]).rstrip()


def _keeper_command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG, KEEPER, "-"]
    return [sys.executable, "-P", "-m", "inference.worker", KEEPER, "-"]
