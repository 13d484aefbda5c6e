"""The process around a program: what it cuts where the kernel offers less, and that it cleans up."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inference.worker.landlock import landlock_version

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is cut is cut by Linux")
ROOT = Path(__file__).parents[4]
WEAKER = """
import sys
sys.path.insert(0, {root!r})
import inference.worker.kernel as kernel, inference.worker.landlock as landlock
if {lacks!r}:
    kernel.leave_the_network = lambda: False
if {lacks!r} == "Landlock":
    landlock.restrict_files = lambda *_, **__: 0
from inference.external.keeper import keep
keep()
"""
ATTEMPT = """
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 5)
    print("connected")
except OSError:
    print("refused")
try:
    open({elsewhere!r}, "w")
    print("written")
except OSError:
    print("not written")
open("here", "w").write("in its own folder")
"""


def started(scratch: Path, lacks: str = "") -> subprocess.Popen[str]:
    """A keeper that knows its scratch folder, with an image in it."""
    scratch.mkdir()
    (scratch / "in.nii.gz").touch()
    keeper = subprocess.Popen(
        [sys.executable, "-c", WEAKER.format(root=str(ROOT), lacks=lacks)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert keeper.stdin is not None
    keeper.stdin.write(json.dumps(str(scratch)) + "\n")
    keeper.stdin.flush()
    return keeper


def kept(command: list[str], scratch: Path, lacks: str = "", **order: Any) -> tuple[list[dict[str, Any]], str]:
    """What the keeper said of a command, and what the command printed; then the keeper's input ended."""
    keeper = started(scratch, lacks)
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    told = {"command": command, "environment": {}, "writable": [], "network": False} | order
    keeper.stdin.write(json.dumps(told) + "\n")
    keeper.stdin.flush()
    said: list[dict[str, Any]] = []
    for line in keeper.stdout:
        said.append(json.loads(line))
        if "ended" in said[-1]:
            break
    _, printed = keeper.communicate(timeout=60)
    return said, printed


@pytest.mark.parametrize("lacks", ["", "namespaces", "Landlock"])
def test_what_is_cut_is_said(tmp_path: Path, lacks: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    with socket.create_server(("127.0.0.1", 0)) as server:
        attempt = ATTEMPT.format(port=server.getsockname()[1], elsewhere=str(elsewhere))
        said, printed = kept([sys.executable, "-c", attempt], tmp_path / "scratch", lacks)
    holds, end = said
    assert end == {"ended": 0}
    assert ("connected" in printed) == (holds["network"] == "proxies")
    assert elsewhere.exists() == (holds["files"] == "open")
    if lacks == "namespaces" and landlock_version() >= 4:
        assert holds == {"network": "no TCP", "files": "listed"}
    if lacks == "Landlock":
        assert holds == {"network": "proxies", "files": "open"}
    assert not (tmp_path / "scratch").exists()


def test_with_consent_it_connects_and_writes_its_weights(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        attempt = ATTEMPT.format(port=server.getsockname()[1], elsewhere=str(weights / "model.pth"))
        command = [sys.executable, "-c", attempt]
        said, printed = kept(command, tmp_path / "scratch", writable=[str(weights)], network=True)
    assert said[0]["network"] == "allowed"
    assert printed.split() == ["connected", "written"]


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    said, _ = kept([str(tmp_path / "nobody")], tmp_path / "scratch")
    assert said[-1] == {"ended": 127, "why": "FileNotFoundError"}
    assert not (tmp_path / "scratch").exists()


def test_the_image_goes_even_before_there_is_a_program(tmp_path: Path) -> None:
    started(tmp_path / "scratch").communicate(timeout=60)  # whoever wrote the image was killed while writing
    assert not (tmp_path / "scratch").exists()


def test_what_it_leaves_behind_is_ended(tmp_path: Path) -> None:
    """A process in a session of its own, whose parent is gone, holds the output open until somebody ends it."""
    sleeper = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'], "
    sleeper += "start_new_session=True)"
    said, _ = kept([sys.executable, "-c", sleeper], tmp_path / "scratch")  # returns: nobody holds it any more
    assert said[-1] == {"ended": 0}
