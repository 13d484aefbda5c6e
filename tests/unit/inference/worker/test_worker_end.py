"""Neither the worker nor its memory outlives the program that started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from inference.client import InferenceClient

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
TIMEOUT_S = 300.0

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient

package = Path(sys.argv[-1]) if "foreign" in sys.argv else None
factory = "models_for_worker_tests:PretendModel" if package is None else "foreign_for_tests:ForeignModel"
client = InferenceClient([ModelInfo("pretend", "Pretend", "3.1", (), "", factory, package=package)])
voxels = np.zeros((40, 64, 64), np.int16)
volume = Volume(Geometry(voxels.shape, np.eye(4)), voxels, Quantity.HU, SourceSeries(modality="CT"))

def report(fraction, message):
    if message == sys.argv[1]:
        print(client.worker_pid or client.foreign_pid, flush=True)
        if "interrupt" in sys.argv:
            raise KeyboardInterrupt
        if "return" in sys.argv:
            sys.exit(0)

client.segment(volume, "pretend", {"do": sys.argv[1]}, report)
"""

STUCK = """
import re
def act(voxels, report, cancelled):
    report(0.1, "stuck")
    re.match("(a+)+$", "a" * 60 + "b")
"""


def expect(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """True when the process ended; whoever inherited it may not have asked for its status yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Program:
    """Another Limner in the middle of a job."""

    def __init__(self, *arguments: str) -> None:
        paths = os.pathsep.join([str(ROOT), str(HERE)])
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            text=True,
        )
        assert self.process.stdout is not None
        self.worker_pid = int(self.process.stdout.readline())


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    programs: list[Program] = []
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "behaviour.py").write_text(STUCK)

    def start(*arguments: str) -> Program:
        programs.append(Program(*arguments, str(tmp_path)))
        return programs[-1]

    yield start
    for program in programs:
        program.process.kill()
        program.process.communicate()


def shared_names() -> set[str]:
    """What lies in the system's named shared memory."""
    folder = Path("/dev/shm")
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


@pytest.mark.parametrize("do", ["slow", "deaf"])
@pytest.mark.skipif(not psutil.LINUX, reason="looks into /proc and /dev/shm")
def test_killed_program_leaves_neither_worker_nor_shared_memory(started: Callable[..., Program], do: str) -> None:
    before = shared_names()
    program = started(do)
    shared = Path(f"/proc/{program.worker_pid}/maps").read_text()
    assert "/memfd:limner" in shared  # the voxels are there while it works
    assert shared_names() <= before  # and have no name that could be left behind
    program.process.kill()
    expect(lambda: is_gone(program.worker_pid))
    assert shared_names() <= before
    _, printed = program.process.communicate(timeout=TIMEOUT_S)
    assert printed == ""


@pytest.mark.parametrize("how", ["interrupt", "return"])
def test_program_that_ends_takes_its_worker_along(started: Callable[..., Program], how: str) -> None:
    program = started("slow", how)
    _, printed = program.process.communicate(timeout=TIMEOUT_S)
    expect(lambda: is_gone(program.worker_pid))
    assert "Warning" not in printed
    assert ("KeyboardInterrupt" in printed) == (how == "interrupt")


@pytest.mark.skipif(sys.platform == "win32", reason="a script that is a program")
def test_frozen_program_is_its_own_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "limner"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nfrom inference.worker import serve_if_asked\n"
        "sys.exit(0 if serve_if_asked(sys.argv) else 5)\n"
    )
    program.chmod(0o755)
    assert subprocess.run([program, "segment"], env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode == 5
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program))
    client = InferenceClient()
    assert client.devices()[-1].startswith("CPU, ")
    assert client.worker_pid is not None
    assert "--inference-worker" in psutil.Process(client.worker_pid).cmdline()
    client.close()


@pytest.mark.skipif(not psutil.LINUX, reason="the kernel's order is Linux's")
def test_confined_worker_ends_with_its_program_whatever_it_does(started: Callable[..., Program]) -> None:
    program = started("stuck", "foreign")  # in native code that never lets Python's threads run
    worker = psutil.Process(program.worker_pid)
    scratch = Path(worker.environ()["HOME"])
    program.process.kill()
    expect(lambda: is_gone(program.worker_pid))
    assert scratch.name.startswith(f"limner-model-{program.process.pid}-")
    scratch.rmdir()


def test_killed_worker_takes_nothing_along(started: Callable[..., Program]) -> None:
    program = started("slow")
    psutil.Process(program.worker_pid).kill()
    _, printed = program.process.communicate(timeout=TIMEOUT_S)
    assert "InferenceFailed: The worker stopped" in printed
    assert "Warning" not in printed
