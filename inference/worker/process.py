"""The window's end: a worker process that was started, and how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from inference.worker import FROZEN_FLAG
from inference.worker.channel import Channel, Message, connection_of
from inference.worker.footprint import environment
from inference.worker.shared_block import SharedBlock

LOG_LINES = 60


class WorkerGone(Exception):
    """The worker ended, or says things that make no sense; the text says why, for people."""


class WorkerProcess:
    """A running worker with the channel to it. It ends by itself when this process ends or closes the channel.

    Args:
        python_path: further folders in which the worker finds modules.
    """

    def __init__(self, python_path: Sequence[Path] = ()) -> None:
        self._process, self._channel = _started(_environment(python_path))
        self._printed: deque[str] = deque(maxlen=LOG_LINES)
        assert self._process.stderr is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stderr,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """False when it ended, for whatever reason."""
        return self._process.poll() is None

    @property
    def printed(self) -> str:
        """The last lines that it, or a library in it, printed; may name files, so not for the screen."""
        return "".join(self._printed)

    def send(self, message: Message, blocks: Sequence[SharedBlock] = ()) -> None:
        """Send a request; its blocks must be kept until the answer.

        Raises:
            WorkerGone: it is not there any more.
        """
        try:
            self._channel.send(message, blocks)
        except OSError as error:
            raise WorkerGone(self._why_it_ended()) from error

    def receive(self, timeout_s: float) -> tuple[Message, list[SharedBlock]] | None:
        """The next message and its blocks, None when none came in time.

        Raises:
            WorkerGone: it ended.
        """
        try:
            return self._channel.receive() if self._channel.has_message(timeout_s) else None
        except (EOFError, OSError) as error:
            raise WorkerGone(self._why_it_ended()) from error
        except (ValueError, KeyError) as error:
            raise WorkerGone("it does not make sense") from error

    def kill(self) -> None:
        """End it at once; whoever talks with it gets WorkerGone. May be called from any thread."""
        self._process.kill()

    def end(self) -> None:
        """End it now if it still runs, and clean up."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        self._reader.join(2)

    def _why_it_ended(self) -> str:
        try:
            return _reason(self._process.wait(2))
        except subprocess.TimeoutExpired:
            return "it does not answer"

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._printed.append(line.decode(errors="replace"))


def _reason(code: int) -> str:
    if code == -int(getattr(signal, "SIGKILL", 9)):
        return "the system or somebody ended it, perhaps because the memory ran out"
    if code < 0:
        return f"it crashed with {signal.Signals(-code).name}"
    return "it ended by itself" if code == 0 else f"it ended with code {code}"


def _environment(python_path: Sequence[Path]) -> dict[str, str]:
    root = Path(__file__).parents[2]
    paths = [*map(str, python_path), str(root), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, **environment(), "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _command(handle: int) -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG, str(handle)]
    return [sys.executable, "-P", "-m", "inference.worker", str(handle)]


if sys.platform == "win32":
    import multiprocessing

    def _started(environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], Channel]:
        ours, theirs = multiprocessing.Pipe()
        with theirs:
            handle = theirs.fileno()
            os.set_handle_inheritable(handle, True)
            startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
            process = subprocess.Popen(
                _command(handle),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                startupinfo=startup,
                creationflags=subprocess.CREATE_NO_WINDOW,
            )
        return process, Channel(ours)

else:
    import socket

    def _started(environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], Channel]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = subprocess.Popen(
                _command(theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                pass_fds=[theirs.fileno()],
            )
            return process, Channel(connection_of(ours.detach()))
