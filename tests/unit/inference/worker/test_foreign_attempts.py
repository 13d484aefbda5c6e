"""What foreign code tries against files, the network and other programs, and that none of it happens."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imaging.volume import Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from inference.worker.landlock import landlock_version

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's walls are Linux's")

REFUSED = ("PermissionError", "BlockingIOError", "OSError")

NETWORK = {
    "tcp to this computer": "socket.create_connection(('127.0.0.1', tcp), 2)",
    "tcp outside": "socket.create_connection(('192.0.2.1', 80), 2)",
    "tcp version 6": "socket.socket(socket.AF_INET6).connect(('::1', tcp))",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', udp))",
    "listening": "socket.create_server(('127.0.0.1', 0))",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "session bus": "socket.socket(socket.AF_UNIX).connect(bus)",
    "abstract bus": "socket.socket(socket.AF_UNIX).connect(abstract)",
    "letter without connection": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', letters)",
    "name": "socket.gethostbyname('example.org')",
    "raw call": "native(libc.socket(2, 1, 0))",
    "io_uring": "native(libc.syscall(425, 8, ctypes.create_string_buffer(120)))",
}
FILES = {
    "a case": "open(case).read()",
    "a key": "open(os.path.join(home, '.ssh', 'id_rsa')).read()",
    "the cases' names": "os.listdir(os.path.dirname(case))",
    "passwords": "open('/etc/shadow').read()",
    "another process": "open(f'/proc/{parent}/environ').read()",
    "another's memory": "open(f'/proc/{parent}/mem', 'rb').read(1)",
    "write beside": "open(os.path.join(package, '..', 'beside'), 'w')",
    "write into itself": "open(os.path.join(package, 'scripts', 'more.py'), 'w')",
    "write into the program": "open(os.path.join(os.path.dirname(inference.__file__), 'more.py'), 'w')",
    "write into the system's temporary folder": "open('/tmp/limner-was-here', 'w')",
    "write into named shared memory": "open('/dev/shm/limner-was-here', 'w')",
    "write into a case": "open(case, 'r+')",
    "empty a case": "os.truncate(case, 0)",
    "remove a case": "os.unlink(case)",
    "rename a case": "os.rename(case, case + '.gone')",
    "lock a case away": "os.chmod(case, 0)",
    "date a case back": "os.utime(case, (0, 0))",
    "link to a case": "os.link(case, 'linked')",
    "a folder": "os.mkdir(os.path.join(package, 'folder'))",
    "a terminal": "open('/dev/tty', 'w')",
    "raw call": "native(libc.open(case.encode(), 0))",
}
PROCESSES = {
    "fork": "os.fork() or os._exit(0)",
    "program": "subprocess.run(['/bin/true'])",
    "shell": "refused_by(os.system('touch ' + os.path.join(package, 'shell')))",
    "replace itself": "os.execv('/bin/true', ['true'])",
    "pool": "multiprocessing.get_context('fork').Process(target=print).start()",
    "kill the window": "os.kill(parent, 9)",
    "kill the group": "os.killpg(0, 9)",
    "kill all": "os.kill(-1, 9)",
    "kill by file": "own_a_socket_as(parent)",
    "limit the window": "resource.prlimit(parent, resource.RLIMIT_CPU, (1, 1))",
    "slow the window": "os.setpriority(os.PRIO_PROCESS, parent, 19)",
    "trace the window": "native(libc.ptrace(16, parent, 0, 0))",
    "outlive the window": "native(libc.prctl(1, 0, 0, 0, 0))",
    "more privileges": "native(libc.unshare(0x10000000))",
    "mount": "native(libc.mount(b'none', package.encode(), b'tmpfs', 0, None))",
    "more memory": "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))",
    "a pickle with code": "pickle.loads(PICKLE % os.fsencode(package)) == 0 or denied()",
}
ALLOWED = {
    "own files": "open(os.path.join(package, 'scripts', 'behaviour.py')).read()",
    "own scratch": "open(os.path.join(tempfile.gettempdir(), 'x'), 'w').write('x')",
    "threads": "[t.join() for t in [threading.Thread(target=print) for _ in range(4)] if t.start() is None]",
    "modules": "importlib.import_module('scipy.ndimage')",
    "pairs of sockets": "socket.socketpair()",
    "a signal to itself": "os.kill(os.getpid(), 0)",
    "the processor": "open('/proc/cpuinfo').read(); os.sched_getaffinity(0)",
    "memory figures": "psutil.virtual_memory(); psutil.Process().memory_info()",
}

CODE = """
import ctypes, fcntl, importlib, multiprocessing, os, pickle, psutil, resource, signal, socket, subprocess
import tempfile, threading
import inference

libc = ctypes.CDLL(None, use_errno=True)
PICKLE = b"cos\\nsystem\\n(S'touch %s/pickled'\\ntR."

def native(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")

def denied():
    raise PermissionError

def refused_by(status):
    if status != 0:
        raise PermissionError

def own_a_socket_as(other):
    ours, theirs = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETOWN, other)
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC)
    theirs.send(b"x")

known = dict(PLACES, parent=os.getppid())
outcomes = {}
for name, attempt in ATTEMPTS.items():
    try:
        exec(attempt, dict(globals(), **locals()) | known)
        outcomes[name] = "done"
    except Exception as error:
        outcomes[name] = type(error).__name__
outcomes["secret"] = os.environ.get("LIMNER_TEST_SECRET", "none")
outcomes["home"] = os.path.expanduser("~")
outcomes["scratch"] = tempfile.gettempdir()
return outcomes
"""


class Outside:
    """A workspace, a home with a key, and everybody who would notice a connection."""

    def __init__(self, folder: Path) -> None:
        self.case = folder / "workspace" / "cases" / "patient.limner"
        self.home = folder / "home"
        for file in (self.case, self.home / ".ssh" / "id_rsa"):
            file.parent.mkdir(parents=True)
            file.write_text("private")
        self.before = self.case.stat()
        self.sockets = {
            "tcp": socket.create_server(("127.0.0.1", 0)),
            "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            "bus": socket.socket(socket.AF_UNIX),
            "abstract": socket.socket(socket.AF_UNIX),
            "letters": socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        }
        self.sockets["udp"].bind(("127.0.0.1", 0))
        self.sockets["bus"].bind(os.path.relpath(folder / "bus"))
        self.sockets["abstract"].bind(f"\0limner-test-{os.getpid()}")
        self.sockets["letters"].bind(os.path.relpath(folder / "letters"))
        self.sockets["bus"].listen()
        self.sockets["abstract"].listen()
        for one in self.sockets.values():
            one.setblocking(False)
        self.places = {
            "case": str(self.case),
            "home": str(self.home),
            "tcp": self.sockets["tcp"].getsockname()[1],
            "udp": self.sockets["udp"].getsockname()[1],
            "bus": str(folder / "bus"),
            "abstract": f"\0limner-test-{os.getpid()}",
            "letters": str(folder / "letters"),
        }

    def is_unheard(self) -> bool:
        """True when nobody was called."""
        for name, one in self.sockets.items():
            try:
                one.recv(1) if name in ("udp", "letters") else one.accept()
            except BlockingIOError:
                continue
            return False
        return True

    def close(self) -> None:
        for one in self.sockets.values():
            one.close()


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    outside = Outside(tmp_path)
    monkeypatch.setenv("HOME", str(outside.home))
    monkeypatch.setenv("LIMNER_TEST_SECRET", "a password")
    yield outside
    outside.close()


Tried = Callable[[dict[str, str]], tuple[dict[str, str], InferenceClient, ModelInfo]]


@pytest.fixture
def tried(
    foreign: Callable[..., ModelInfo], clients: Callable[..., InferenceClient], volume: Volume, outside: Outside
) -> Tried:
    """``tried(attempts)`` gives what came of each of them in a foreign model's worker, and the client and model."""

    def run(attempts: dict[str, str]) -> tuple[dict[str, str], InferenceClient, ModelInfo]:
        info = foreign("pass")
        places: dict[str, Any] = outside.places | {"package": str(info.package)}
        code = f"PLACES = {places!r}\nATTEMPTS = {attempts!r}\n{CODE}"
        behaviour = "\n".join(f"    {line}" for line in code.splitlines())
        assert info.package is not None
        (info.package / "scripts" / "behaviour.py").write_text(f"def act(voxels, report, cancelled):\n{behaviour}\n")
        client = clients(info)
        if landlock_version() == 0 or "Seccomp:" not in Path("/proc/self/status").read_text():
            pytest.skip("this computer's kernel offers less")
        confinement = client.confinement(info.id)
        assert confinement is not None
        assert confinement.is_strong
        return client.segment(volume, info.id).record["outcome"], client, info

    return run


def test_network_is_out_of_reach(tried: Tried, outside: Outside) -> None:
    outcomes, _, _ = tried(NETWORK)
    reached = {name: outcomes[name] for name in NETWORK if outcomes[name] not in (*REFUSED, "gaierror")}
    assert reached == {}
    assert outside.is_unheard()


def test_files_are_out_of_reach(tried: Tried, outside: Outside) -> None:
    outcomes, _, info = tried(FILES)
    assert {name: outcomes[name] for name in FILES if outcomes[name] not in REFUSED} == {}
    assert outside.case.read_text() == "private"
    after = outside.case.stat()
    assert (after.st_mode, after.st_mtime, after.st_nlink) == (
        outside.before.st_mode,
        outside.before.st_mtime,
        outside.before.st_nlink,
    )
    assert info.package is not None
    assert [path.name for path in info.package.iterdir()] == ["scripts"]
    assert [path.name for path in info.package.parent.iterdir()] == [info.name]


def test_other_programs_are_out_of_reach(tried: Tried) -> None:
    outcomes, _, info = tried(PROCESSES)
    reached = {name: outcomes[name] for name in PROCESSES if outcomes[name] not in (*REFUSED, "ValueError")}
    assert reached == {}
    assert info.package is not None
    assert [path.name for path in info.package.iterdir()] == ["scripts"]


def test_what_a_model_needs_is_there_and_secrets_are_not(tried: Tried, outside: Outside) -> None:
    outcomes, client, _ = tried(ALLOWED)
    assert {name: outcomes[name] for name in ALLOWED if outcomes[name] != "done"} == {}
    assert outcomes["secret"] == "none"
    assert outcomes["home"] == outcomes["scratch"] != str(outside.home)
    assert Path(outcomes["scratch"]).is_dir()  # while the worker waits for its next run
    client.close()
    assert not Path(outcomes["scratch"]).exists()
