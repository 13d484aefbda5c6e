"""The process around a program that is installed on its own: cuts its network and its writing, and sees it to its end.

Whatever happens to the worker, or to the window behind it, is the end of the keeper's standard input; then the program,
with all that it started, is ended, and its scratch folder removed. On standard output the keeper says, one JSON object
for each line, what holds and how it ended; what the program prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inference.worker.scratch import remove_scratch

PR_SET_CHILD_SUBREAPER = 36
END_TIMEOUT_S = 5.0
NO_SUCH_PROGRAM = 127


def keep() -> None:
    """Read an order from standard input, run it, and stay until standard input ends.

    The first line is the scratch folder, so that it is looked after from the beginning; the second one the order:
    ``command``, ``environment``, ``writable`` (folders), ``network`` (whether it may be used).
    """
    scratch = Path(json.loads(sys.stdin.buffer.readline()))
    order = sys.stdin.buffer.readline()
    say = _Teller()
    _adopt_orphans()
    process: subprocess.Popen[bytes] | None = None
    try:
        process = _started(json.loads(order), scratch, say) if order else None
    except (OSError, subprocess.SubprocessError) as error:
        say(ended=NO_SUCH_PROGRAM, why=type(error).__name__)
    if process is not None:
        threading.Thread(target=_tell_the_end, args=(process, say), daemon=True).start()
    with contextlib.suppress(OSError):
        sys.stdin.buffer.read()
    if process is not None:
        end_all(process)
    remove_scratch(scratch)
    os._exit(0)


def end_all(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started, wherever these went."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # most of it, at once
    import psutil  # takes a moment

    deadline = time.monotonic() + END_TIMEOUT_S
    while (left := psutil.Process().children(recursive=True)) and time.monotonic() < deadline:
        for child in left:
            with contextlib.suppress(psutil.Error):
                child.kill()
        psutil.wait_procs(left, timeout=0.05)  # those that were adopted are waited for here, too
    process.poll()


def _tell_the_end(process: subprocess.Popen[bytes], say: _Teller) -> None:
    say(ended=process.wait())


class _Teller:
    """Writes what the worker shall know; also called by the new process before it becomes the program."""

    def __init__(self) -> None:
        self._handle = os.dup(1)

    def __call__(self, **what: Any) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            os.write(self._handle, json.dumps(what).encode() + b"\n")


def _adopt_orphans() -> None:
    """Let processes whose parents ended become this one's children, so that all can be found (Linux)."""
    if sys.platform == "linux":
        from inference.worker.kernel import control_process

        control_process(PR_SET_CHILD_SUBREAPER, 1)


def _started(order: dict[str, Any], scratch: Path, say: _Teller) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NO_WINDOW
    else:
        options["start_new_session"] = True
    if sys.platform == "linux":
        options["preexec_fn"] = _confining(order, scratch, say)  # safe: there are no threads yet
    else:
        say(network="allowed" if order["network"] else "proxies", files="open")
    return subprocess.Popen(
        order["command"],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
        env=order["environment"],
        cwd=scratch,
        **options,
    )


def _confining(order: dict[str, Any], scratch: Path, say: _Teller) -> Callable[[], None]:
    """What the new process does before it becomes the program: the kernel's bounds are passed on to all that it starts.

    It reads all that the user can, because nobody knows where its parts lie; it writes its scratch folder, shared
    memory, and what is listed.
    """
    from inference.worker.allowed_files import devices
    from inference.worker.kernel import end_with, leave_the_network
    from inference.worker.landlock import DEVICE, EXECUTE, READ, WRITE, restrict_files

    may_connect, keeper = bool(order["network"]), os.getpid()
    writable = [scratch, Path("/dev/shm"), *map(Path, order["writable"])]

    def confine() -> None:
        is_alone = not may_connect and leave_the_network()
        rules = [(Path("/"), READ | EXECUTE), *((path, READ | WRITE | EXECUTE) for path in writable)]
        version = restrict_files([*rules, *((path, DEVICE) for path in devices())], may_connect=may_connect)
        end_with(keeper)
        network = "allowed" if may_connect else "namespace" if is_alone else "no TCP" if version >= 4 else "proxies"
        say(network=network, files="listed" if version else "open")

    return confine


if __name__ == "__main__":
    keep()
