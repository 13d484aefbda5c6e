"""Foreign models that end badly, or not at all: each costs a message, and the next run works."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from imaging.errors import UserError
from imaging.volume import Volume
from inference import client as client_module
from inference.catalogue import ModelInfo
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed, LimitReached, QueueClass
from inference.worker import watchdog

Foreign = Callable[..., ModelInfo]
Clients = Callable[..., InferenceClient]
TIMEOUT_S = 300.0
IN_NATIVE_CODE = "report(0.1, 'stuck'); import re; re.match(r'(a+)+$', 'a' * 60 + 'b')"  # holds Python's lock for years
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's limits are Linux's")


def expect(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


@pytest.fixture
def after(foreign: Foreign, clients: Clients, volume: Volume) -> Callable[..., pytest.ExceptionInfo[Exception]]:
    """``after(code, error, **options)`` runs a bad model, which ends in that error; a good one then runs as ever."""

    def run(
        code: str, error: type[Exception], *, is_next_tried: bool = True, **options: Any
    ) -> pytest.ExceptionInfo[Exception]:
        bad, good = foreign(code, "Bad"), foreign("pass", "Good")
        client = clients(bad, good, keep_warm_s=0)
        with pytest.raises(error) as caught:
            client.segment(volume, "bad", **options)
        assert client.foreign_pid is None
        if not is_next_tried:
            return caught
        result = client.segment(volume, "good")
        np.testing.assert_array_equal(result.layers[0], volume.voxels > 100)
        return caught

    return run


NONSENSE = {
    "noise": "s.send(b'\\xff' + os.urandom(4095))",  # a length that fits would be waited for, as it should be
    "a length without end": "s.send(struct.pack('>I', 2**32 - 1))",
    "no JSON": "say(b'hello')",
    "no object": "say(b'[1, 2]')",
    "no kind": "say(b'{}')",
    "unknown kind": 'say(b\'{"kind": "run", "sizes": [], "names": []}\')',
    "endless nesting": "say(b'[' * 200000)",
    "progress of no number": 'say(b\'{"kind": "progress", "fraction": NaN, "message": "", "sizes": [], "names": []}\')',
    "log of no level": 'say(b\'{"kind": "log", "level": "x", "text": "", "sizes": [], "names": []}\')',
    "memory that was never sent": 'say(b\'{"kind": "done", "sizes": [9], "names": []}\')',
    "answer to another job": 'say(b\'{"kind": "done", "job": 0, "sizes": [], "names": []}\')',
    "a heap of handles": "[socket.send_fds(s, [b'x'], [2] * 60) for _ in range(3)]",
}
CHANNEL = """
import gc, os, socket, struct, time
from inference.worker.channel import Channel
s = next(c for c in gc.get_objects() if isinstance(c, Channel))._link._socket
def say(text):
    s.sendall(struct.pack('>I', len(text)) + text)
"""


@pytest.mark.parametrize("what", NONSENSE)
@linux
def test_nonsense_on_the_channel(after: Callable[..., pytest.ExceptionInfo[InferenceFailed]], what: str) -> None:
    caught = after(
        f"{CHANNEL}{NONSENSE[what]}\ntime.sleep(60)", InferenceFailed, is_next_tried=what in ("noise", "nothing")
    )
    assert caught.value.message.startswith("Bad stopped: it")


@linux
def test_half_a_message_keeps_nobody_from_cancelling(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    client = clients(foreign(f"report(0.1, 'here'){CHANNEL}s.send(struct.pack('>I', 100) + b'half')\ntime.sleep(60)"))
    seen: list[str] = []
    with pytest.raises(InferenceCancelled):
        client.segment(volume, "guest", {}, lambda f, m: seen.append(m), lambda: "here" in seen)


ANSWERS = {
    "nothing": "",
    "voxels of another shape": "'layers': [{'shape': [1, 2, 3], 'dtype': '|u1'}],",
    "voxels of objects": "'layers': [{'shape': [12, 20, 30], 'dtype': '|O'}],",
    "no list": "'layers': 7,",
    "label values beyond all": "'layers': [], 'maps': [], 'labels': [[2**70, 'a', '']], 'found': [],",
    "names without end": "'layers': [], 'maps': [], 'labels': [[1, 'a' * 10**6, '']], 'found': [],",
}


@pytest.mark.parametrize("what", ANSWERS)
@linux
def test_answer_that_makes_no_sense(
    after: Callable[..., pytest.ExceptionInfo[InferenceFailed]], what: str, foreign: Foreign
) -> None:
    code = f"import json, sys{CHANNEL}job = sys._getframe(0)\n"
    find = "while 'request' not in job.f_locals: job = job.f_back\nnumber = job.f_locals['request']['job']\n"
    answer = f"say(json.dumps({{'kind': 'done', 'job': number, {ANSWERS[what]} 'sizes': [], 'names': []}}).encode())"
    caught = after(f"{code}{find}{answer}\ntime.sleep(60)", InferenceFailed, is_next_tried=what in ("noise", "nothing"))
    assert caught.value.message.startswith("Bad gave a result that cannot be used: ")


@linux
def test_memory_that_shrinks_after_it_was_sent(after: Callable[..., pytest.ExceptionInfo[InferenceFailed]]) -> None:
    code = """
    from inference.worker import channel, shared_block
    import os
    old = shared_block.SharedBlock.holding
    def holding(array):
        block = old(array)
        os.ftruncate(block.handle, 0)
        return block
    shared_block.SharedBlock.holding = staticmethod(holding)
    """
    assert "does not make sense" in after(code, InferenceFailed).value.message


@pytest.mark.parametrize("how", ["import os; os._exit(0)", "import sys; sys.exit(0)", "raise KeyboardInterrupt"])
def test_silent_exit(after: Callable[..., pytest.ExceptionInfo[InferenceFailed]], how: str) -> None:
    caught = after(how, InferenceFailed)
    assert caught.value.message.startswith("Bad stopped: it ")
    assert "untouched" in caught.value.message


def test_forbidden_things_are_explained(after: Callable[..., pytest.ExceptionInfo[InferenceFailed]]) -> None:
    caught = after("import socket; socket.create_connection(('127.0.0.1', 9))", InferenceFailed)
    assert "PermissionError" in caught.value.message
    assert "network" in caught.value.hint


def test_run_that_never_ends(after: Callable[..., pytest.ExceptionInfo[LimitReached]]) -> None:
    caught = after("while True: pass", LimitReached, time_limit_s=1.0)
    assert caught.value.message.startswith("Bad ran longer than 1 second")


def test_run_that_does_nothing(
    after: Callable[..., pytest.ExceptionInfo[LimitReached]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "IDLE_LIMIT_S", 1.0)
    monkeypatch.setattr(watchdog, "LOOK_AT_WORK_EVERY_S", 0.1)
    monkeypatch.setattr(watchdog, "IDLE_SHARE", 0.5)  # a loaded machine is not what is tested
    caught = after("import time; time.sleep(600)", LimitReached)
    assert caught.value.message.startswith("Bad did nothing")


def test_work_without_a_word_is_no_idleness(
    foreign: Foreign, clients: Clients, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "IDLE_LIMIT_S", 2.0)
    monkeypatch.setattr(watchdog, "LOOK_AT_WORK_EVERY_S", 0.1)
    code = "import time\nend = time.process_time() + 3\nwhile time.process_time() < end: pass"
    assert clients(foreign(code)).segment(volume, "guest").found == ("Bright",)


SHARED_MEMORY = """
import mmap, time
memory = mmap.mmap(-1, 2 << 30)
for at in range(0, 2 << 30, 4096):
    memory[at] = 1
time.sleep(60)
"""
THREADS = """
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
"""
MEMORY = {
    "arrays": "import numpy; kept = []\nwhile True: kept.append(numpy.ones(1 << 24, numpy.uint8))",
    "one array": "import numpy; numpy.ones(1 << 34, numpy.uint8)",
    "shared memory": SHARED_MEMORY,
    "text": "text = 'x' * 100\nwhile True: text += text",
}


@pytest.mark.slow
@pytest.mark.parametrize("how", MEMORY)
@linux
def test_all_memory(after: Callable[..., pytest.ExceptionInfo[UserError]], how: str) -> None:
    caught = after(MEMORY[how], UserError, memory_mb=700)
    assert "memory" in caught.value.message
    assert caught.value.hint


@linux
def test_all_threads(after: Callable[..., pytest.ExceptionInfo[Exception]]) -> None:
    caught = after(THREADS, Exception, memory_mb=700)
    assert isinstance(caught.value, InferenceFailed | UserError)


@linux
def test_memory_that_no_process_seems_to_hold(
    after: Callable[..., pytest.ExceptionInfo[LimitReached]], monkeypatch: pytest.MonkeyPatch
) -> None:
    free_mb = psutil.virtual_memory().available / 2**20
    monkeypatch.setattr(watchdog, "memory_reserve_mb", lambda: free_mb - 700)
    code = """
    import os, time
    handles = []
    for number in range(10):
        handles.append(os.memfd_create("hidden"))
        for _ in range(12):
            os.write(handles[-1], bytes(1 << 24))
    time.sleep(60)
    """
    monkeypatch.setattr(client_module, "memory_budget_mb", lambda pid: 4000.0)
    assert "too little memory" in after(code, LimitReached).value.message


@pytest.mark.slow
def test_megabytes_of_print_and_reports(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    code = """
    import logging, os, sys
    for number in range(20_000):
        report(number / 20_000, f"step {number}")
    for number in range(2000):
        logging.getLogger("guest").warning("a line %d", number)
    print("x" * (20 << 20), file=sys.stderr)
    print("y" * (20 << 20))
    """
    client = clients(foreign(code))
    seen: list[str] = []
    before = psutil.Process().memory_info().rss
    assert client.segment(volume, "guest", {}, lambda f, m: seen.append(m)).found == ("Bright",)
    assert len(seen) < 5000
    assert psutil.Process().memory_info().rss < before + (30 << 20)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_kill_in_the_middle(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    client = clients(foreign("import time\nfor n in range(6000): report(n / 6000, 'slow'); time.sleep(0.01)"))

    def report(fraction: float, message: str) -> None:
        if message == "slow" and client.foreign_pid is not None:
            os.kill(client.foreign_pid, signal.SIGKILL)

    with pytest.raises(InferenceFailed, match="Guest stopped: the system or somebody ended it"):
        client.segment(volume, "guest", {}, report)
    assert client.foreign_pid is None


def test_cancel_while_it_is_in_native_code(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    client = clients(foreign(IN_NATIVE_CODE))
    seen: list[str] = []
    with pytest.raises(InferenceCancelled):
        client.segment(volume, "guest", {}, lambda f, m: seen.append(m), lambda: "stuck" in seen)
    assert client.foreign_pid is None


def test_two_models_do_not_meet(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    first, second = foreign("return 'first'", "First"), foreign("return 'second'", "Second")
    client = clients(first, second)
    assert client.segment(volume, "first").record == {"outcome": "first"}
    pid = client.foreign_pid
    assert client.segment(volume, "first").record == {"outcome": "first"}
    assert client.foreign_pid == pid  # warm
    assert client.segment(volume, "second").record == {"outcome": "second"}
    assert client.foreign_pid != pid
    assert client.worker_pid is None


def test_changed_model_is_loaded_anew(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    info = foreign("return 'old'")
    client = clients(info)
    assert client.segment(volume, "guest").record == {"outcome": "old"}
    assert info.package is not None
    (info.package / "scripts" / "behaviour.py").write_text("def act(*anything):\n    return 'new one'\n")
    assert client.segment(volume, "guest").record == {"outcome": "new one"}


def test_worker_ends_when_it_rested_long_enough(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    client = clients(foreign("import tempfile; return tempfile.gettempdir()"), keep_warm_s=0.2)
    scratch = Path(client.segment(volume, "guest").record["outcome"])
    expect(lambda: client.foreign_pid is None)
    expect(lambda: not scratch.exists())


def test_a_worker_that_rests_obeys_another_time(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    client = clients(foreign("return 1"), keep_warm_s=600)
    client.segment(volume, "guest")
    assert client.foreign_pid is not None
    client.keep_warm(0)
    expect(lambda: client.foreign_pid is None)
    client.segment(volume, "guest")
    assert client.foreign_pid is None  # it ends with the run


def test_memory_returns_when_the_run_ends(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    code = """
    import os
    import numpy as np
    import psutil
    held = np.ones(40 * 2**20, np.float32)
    return psutil.Process().memory_info().rss
    """
    client = clients(foreign(code), keep_warm_s=600)
    held = client.segment(volume, "guest").record["outcome"]
    assert client.foreign_pid is not None  # it waits for the next run, but without what it held
    expect(lambda: psutil.Process(client.foreign_pid).memory_info().rss < held - 100 * 2**20)


@pytest.mark.slow
def test_scratch_goes_with_its_links_and_depths(
    foreign: Foreign, clients: Clients, volume: Volume, tmp_path: Path
) -> None:
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").write_text("kept")
    code = f"""
    import os, tempfile
    folder = tempfile.gettempdir()
    os.symlink({str(keep)!r}, os.path.join(folder, "link"))
    os.chdir(folder)
    for depth in range(1100):
        os.mkdir("deeper")
        os.chdir("deeper")
    open("bottom", "w").write("x")
    os.chdir("/")
    return folder
    """
    client = clients(foreign(code), keep_warm_s=0)
    scratch = Path(client.segment(volume, "guest").record["outcome"])
    assert not scratch.exists()
    assert (keep / "file").read_text() == "kept"


def test_result_is_under_the_catalogues_name(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    result = clients(foreign("return 1")).segment(volume, "guest")
    assert (result.name, result.version, result.author) == ("Guest", "2.0", "model guest@2.0+0123abcd")
    assert result.confinement is not None
    assert result.confinement.sentence


def test_interactive_run_goes_before_waiting_batches(foreign: Foreign, clients: Clients, volume: Volume) -> None:
    client = clients(foreign("import time; time.sleep(0.3)"))
    order: list[str] = []
    held, release = threading.Event(), threading.Event()

    def hold(fraction: float, message: str) -> None:
        held.set()
        release.wait(TIMEOUT_S)

    def run(name: str, queue_class: QueueClass, report: Callable[[float, str], None] | None = None) -> threading.Thread:
        def work() -> None:
            client.segment(volume, "guest", {}, report, queue_class=queue_class)
            order.append(name)

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    threads = [run("running batch", QueueClass.BATCH, hold)]
    held.wait(TIMEOUT_S)
    waiting = client._turns._waiting
    threads.append(run("waiting batch", QueueClass.BATCH))
    expect(lambda: len(waiting[QueueClass.BATCH]) == 1)
    threads.append(run("interactive", QueueClass.INTERACTIVE))
    expect(lambda: len(waiting[QueueClass.INTERACTIVE]) == 1)
    release.set()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert order == ["running batch", "interactive", "waiting batch"]
