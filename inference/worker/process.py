"""The window's end: a worker process that was started, and how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from inference.worker import FROZEN_FLAG
from inference.worker.channel import Channel, Message
from inference.worker.confine import Bounds
from inference.worker.confinement import Confinement
from inference.worker.footprint import clean_environment, environment
from inference.worker.scratch import new_scratch, remove_scratch
from inference.worker.shared_block import SharedBlock

LOG_BYTES = 16_000  # of what it printed last
SEND_TIMEOUT_S = 20.0
END_TIMEOUT_S = 0.3  # a killed process that holds a GPU may take longer; nobody waits for that


class WorkerGone(Exception):
    """The worker ended, or says things that make no sense; the text says why, for people."""


class WorkerProcess:
    """A running worker with the channel to it. It ends by itself when this process ends or closes the channel.

    Args:
        python_path: further folders in which the worker finds modules.
        package: folder of a foreign model; the worker then confines itself to it and to a scratch folder, and starts
            without this process's environment.
        memory_mb: the most that a confined worker may take.
        networks: folder of a foreign model's kept networks, which the worker may read.

    Attributes:
        package, memory_mb, networks: as given.
        scratch: the confined worker's own folder, removed at its end.
        confinement: what holds for it, once it said so; None for built-in models.
    """

    def __init__(
        self,
        python_path: Sequence[Path] = (),
        package: Path | None = None,
        memory_mb: int = 0,
        networks: Path | None = None,
    ) -> None:
        self.package = package
        self.memory_mb = memory_mb
        self.networks = networks
        self.confinement: Confinement | None = None
        self.scratch = None if package is None else new_scratch()
        self._ended = threading.Event()
        self._start(_environment(python_path, self.scratch))
        self._printed = bytearray()
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
        """The last that it, or a library in it, printed; may name files, so not for the screen."""
        return bytes(self._printed).decode(errors="replace")

    def send(self, message: Message, blocks: Sequence[SharedBlock] = (), timeout_s: float = SEND_TIMEOUT_S) -> None:
        """Send a request; its blocks must be kept until the answer.

        Raises:
            WorkerGone: it is not there any more, or does not read.
        """
        try:
            self._channel.send(message, blocks, timeout_s)
        except TimeoutError as error:
            raise WorkerGone("it does not answer") from error
        except OSError as error:
            raise WorkerGone(self._why_it_ended()) from error

    def receive(self, timeout_s: float) -> tuple[Message, list[SharedBlock]] | None:
        """The next message and its blocks, None when none came in time.

        Raises:
            WorkerGone: it ended, or says things that make no sense.
        """
        try:
            return self._channel.receive(timeout_s)
        except (EOFError, OSError) as error:
            raise WorkerGone(self._why_it_ended()) from error
        except (ValueError, MemoryError) as error:
            raise WorkerGone("it does not make sense") from error

    def kill(self) -> None:
        """End it at once; whoever talks with it gets WorkerGone. May be called from any thread."""
        self._process.kill()

    def end(self) -> None:
        """End it now if it still runs, and clean up."""
        self._channel.close()
        self._process.kill()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            threading.Thread(target=self._clean_up, name="worker's end").start()
        else:
            self._clean_up()

    def _clean_up(self) -> None:
        self._process.wait()
        self._ended.set()
        self._reader.join(END_TIMEOUT_S)
        if self.scratch is not None:
            remove_scratch(self.scratch)

    def _start(self, variables: dict[str, str]) -> None:
        """Start it; a confined one from a thread that stays, because the kernel ends it together with that thread."""
        if self.package is None or self.scratch is None:
            self._process, self._channel = _started(variables)
            return
        bounds = Bounds(self.package, self.scratch, self.memory_mb, os.getpid(), Path.home(), self.networks)
        failed: list[OSError] = []
        is_started = threading.Event()

        def stay() -> None:
            try:
                self._process, self._channel = _started(variables, [bounds.to_json()], bounds.scratch)
            except OSError as error:
                failed.append(error)
            is_started.set()
            self._ended.wait()

        threading.Thread(target=stay, name="worker's parent", daemon=True).start()
        is_started.wait()
        if failed:
            self._ended.set()
            raise failed[0]

    def _why_it_ended(self) -> str:
        try:
            return _reason(self._process.wait(2))
        except subprocess.TimeoutExpired:
            return "it does not answer"

    def _read(self, stream: IO[bytes]) -> None:
        with stream, contextlib.suppress(ValueError):
            while piece := os.read(stream.fileno(), LOG_BYTES):
                self._printed += piece
                del self._printed[:-LOG_BYTES]


def _reason(code: int) -> str:
    if code == -int(getattr(signal, "SIGKILL", 9)):
        return "the system or somebody ended it, perhaps because the memory ran out"
    if code < 0:
        return f"it crashed with {signal.Signals(-code).name}"
    return "it ended by itself" if code == 0 else f"it ended with code {code}"


def _environment(python_path: Sequence[Path], scratch: Path | None) -> dict[str, str]:
    root = Path(__file__).parents[2]
    paths = [*map(str, python_path), str(root), os.environ.get("PYTHONPATH", "")]
    inherited = dict(os.environ) if scratch is None else clean_environment(scratch)
    return {**inherited, **environment(), "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _command(handle: int, more: Sequence[str]) -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG, str(handle), *more]
    return [sys.executable, "-P", "-m", "inference.worker", str(handle), *more]


if sys.platform == "win32":
    import multiprocessing
    from multiprocessing import reduction

    def _started(
        variables: dict[str, str], more: Sequence[str] = (), folder: Path | None = None
    ) -> tuple[subprocess.Popen[bytes], Channel]:
        ours, theirs = multiprocessing.Pipe()
        with theirs:
            handle = theirs.fileno()
            os.set_handle_inheritable(handle, True)
            startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
            process = subprocess.Popen(
                _command(handle, more),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=variables,
                cwd=folder,
                startupinfo=startup,
                creationflags=subprocess.CREATE_NO_WINDOW,
            )
        with ours:
            return process, Channel(reduction.duplicate(ours.fileno()))

else:
    import socket

    def _started(
        variables: dict[str, str], more: Sequence[str] = (), folder: Path | None = None
    ) -> tuple[subprocess.Popen[bytes], Channel]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = subprocess.Popen(
                _command(theirs.fileno(), more),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=variables,
                cwd=folder,
                pass_fds=[theirs.fileno()],
            )
            return process, Channel(ours.detach())
