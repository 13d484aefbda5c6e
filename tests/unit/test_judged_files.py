"""The bench of broken files can fail: what it must notice is planted here, see tests/bench/judging.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the bench forks, and reads /proc"),
]
ROOT = Path(__file__).parents[2]

# Each reader stands for a program that does to a file what must not be; the limits are small, so that it is quick.
SCRIPT = """
import json, os, signal, sys, threading, time
from pathlib import Path
from judging import Limits, judge, judge_all
from imaging.errors import UserError

def raises(error):
    def reader(path):
        raise error
    return reader

def burn(path):
    while time.process_time() < 0.8:
        pass
    return "opened"

def hog(path):
    return "opened" if bytearray(b"x") * (300 << 20) else ""

def child_hog(path):
    pid = os.fork()
    if pid == 0:
        hog(path)
        os._exit(0)
    os.waitpid(pid, 0)
    return "opened"

def in_a_thread(path):
    thread = threading.Thread(target=lambda: 1 // 0)
    thread.start()
    thread.join()
    return "opened"

unprintable = UserError("x")
unprintable.message = "named " + chr(0xD800)

PLANTED = {
    "fine": lambda path: "opened",
    "refused": raises(UserError("It is damaged.")),
    "killed": lambda path: os.kill(os.getpid(), signal.SIGSEGV),
    "left": lambda path: os._exit(3),
    "left with SystemExit": raises(SystemExit(0)),
    "hangs": lambda path: time.sleep(600),
    "burns": burn,
    "hog": hog,
    "hog in a child": child_hog,
    "boundless": lambda path: bytearray(1 << 45),
    "exception": lambda path: int("x"),
    "in a thread": in_a_thread,
    "without a reason": raises(UserError("")),
    "unprintable": raises(unprintable),
    "wrong": lambda path: "opened, but upside down",
}
limits = Limits(seconds=0.5, mb=250, hangs_after=60, room_mb=2000)
soon = Limits(seconds=0.5, mb=250, hangs_after=2, room_mb=2000)
found = {
    name: judge(Path("x"), {name: reader}, soon if name == "hangs" else limits) for name, reader in PLANTED.items()
}
both = judge(Path("x"), {"exception": PLANTED["exception"], "fine": PLANTED["fine"]}, limits)
seen = []

def only_later(path):
    seen.append(path)
    return "opened" if len(seen) == 1 else "opened, but stale"

row = [PLANTED["fine"], only_later, only_later, PLANTED["killed"], PLANTED["fine"], PLANTED["refused"]]
company = judge_all([(Path("x"), {"r": reader}) for reader in row], limits)
print(json.dumps({
    **{name: one.faults for name, one in found.items()},
    "both": [both.faults, both.outcomes],
    "company": [(one.faults, one.outcomes) for one in company],
}))
"""

FAULTS = {
    "fine": "",
    "refused": "",
    "killed": "killed by SIGSEGV",
    "left": "left with status 3",
    "left with SystemExit": "SystemExit",
    "hangs": "hangs",
    "burns": "of processor time",
    "hog": "more than 250 MB",
    "hog in a child": "more than 250 MB",
    "boundless": "MemoryError",
    "exception": "ValueError",
    "in a thread": "ZeroDivisionError",
    "without a reason": "nobody can read",
    "unprintable": "cannot be printed",
    "wrong": "upside down",
}


@pytest.fixture(scope="module")
def judged() -> dict:
    path = f"{ROOT / 'tests' / 'bench'}:{ROOT}"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env={"PYTHONPATH": path}, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_noticed(judged: dict, name: str) -> None:
    faults = [fault for fault in judged[name] if FAULTS[name] and FAULTS[name] in fault]
    assert len(faults) == (1 if FAULTS[name] else 0), judged[name]
    assert FAULTS[name] or not judged[name]


def test_one_reader_s_fault_hides_no_other_reader(judged: dict) -> None:
    faults, outcomes = judged["both"]
    assert len(faults) == 1
    assert outcomes == {"fine": "opened"}


def test_files_that_are_read_by_one_process_are_told_apart(judged: dict) -> None:
    fine, first, later, killed, behind, refused = judged["company"]
    assert fine == first == behind == [[], {"r": "opened"}]
    assert killed == [["r: killed by SIGSEGV"], {}]
    assert refused == [[], {"r": "refused"}]
    assert later[0] == ["r: opened, but stale (only behind other files)"]
