"""What is left of the confinement where the system offers less, said as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inference.worker.allowed_files import readable
from inference.worker.confinement import Confinement

ROOT = Path(__file__).parents[4]
TRY = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from inference.worker import {patched}
{patch}
from inference.worker.confine import Bounds, confine
folder = Path(sys.argv[1])
bounds = Bounds(folder / "package", folder / "scratch", 2000, os.getppid(), folder / "home")
told = confine(bounds)

def attempt(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"

print(json.dumps({{
    "told": told.to_json(),
    "tcp": attempt(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
    "udp": attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))),
    "fork": attempt(lambda: os.fork() or os._exit(0)),
    "program": attempt(lambda: subprocess.run(["true"])),
    "kill": attempt(lambda: os.kill(os.getppid(), 0)),
    "read": attempt(lambda: open(folder / "home" / "secret").read()),
    "list": attempt(lambda: os.listdir(folder / "home")),
    "write": attempt(lambda: open(folder / "home" / "new", "w")),
    "remove": attempt(lambda: os.unlink(folder / "home" / "secret")),
    "rename": attempt(lambda: os.rename(folder / "home" / "secret", folder / "scratch" / "secret")),
    "chmod": attempt(lambda: os.chmod(folder / "home" / "secret", 0)),
    "own": attempt(lambda: open(folder / "package" / "model.py").read()),
    "scratch": attempt(lambda: open(folder / "scratch" / "x", "w").write("x")),
    "nothing": attempt(lambda: open(os.devnull, "w").write("x")),
    "numpy": attempt(lambda: __import__("numpy").ones(3)),
    "thread": attempt(lambda: threading.Thread(target=lambda: None).start()),
}}))
"""
LESS = {
    "no namespace": ("kernel", "kernel.leave_the_network = lambda: False", ("seccomp", "allow-list", "none")),
    "no filter": (
        "system_calls",
        "system_calls.refuse_system_calls = lambda: False",
        ("namespace", "allow-list", "blocked in Python"),
    ),
    "no Landlock": ("landlock", "landlock.landlock_version = lambda: 0", ("namespace", "blocked in Python", "none")),
    "another system": (
        "confine",
        "import types; confine.sys = types.SimpleNamespace(platform='another')",
        ("blocked in Python",) * 3,
    ),
}
ALLOWED = ("own", "scratch", "nothing", "numpy", "thread")


def tried(folder: Path, patched: str, patch: str) -> dict[str, object]:
    for name in ("package", "scratch", "home"):
        (folder / name).mkdir()
    (folder / "home" / "secret").write_text("private")
    (folder / "package" / "model.py").write_text("")
    code = TRY.format(patched=patched, patch=patch)
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.skipif(sys.platform != "linux", reason="takes away what Linux offers, piece by piece")
@pytest.mark.parametrize("what", LESS)
def test_less_is_said_and_the_rest_is_still_refused(tmp_path: Path, what: str) -> None:
    patched, patch, wanted = LESS[what]
    outcomes = tried(tmp_path, patched, patch)
    told = outcomes.pop("told")
    assert isinstance(told, dict)
    confinement = Confinement.from_json(told)
    if what != "another system" and Confinement(*wanted[:2], confinement.memory, wanted[2]) != confinement:
        pytest.skip(f"this computer offers even less: {confinement}")
    assert (confinement.network, confinement.files, confinement.processes) == wanted
    assert confinement.is_strong == (what == "no namespace")
    assert {name: outcomes.pop(name) for name in ALLOWED} == dict.fromkeys(ALLOWED, "done")
    assert "done" not in outcomes.values(), outcomes
    assert (tmp_path / "home" / "secret").read_text() == "private"
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret"]


def test_home_is_never_opened_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, package = tmp_path / "people" / "somebody", tmp_path / "people" / "somebody" / "models" / "guest"
    package.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(home), str(home.parent), "/", str(home / "code")])
    allowed = readable(package, home)
    assert not {home, home.parent, Path("/")} & set(allowed)
    assert {package, home / "code"} <= set(allowed)


def test_every_level_has_a_sentence() -> None:
    kept = Confinement("seccomp", "allow-list", "watched", "none")
    assert kept.is_strong
    assert Confinement.from_json(kept.to_json()) == kept
    assert (
        "native code" in Confinement("blocked in Python", "blocked in Python", "watched", "blocked in Python").sentence
    )
    assert "can use the network" in Confinement().sentence
