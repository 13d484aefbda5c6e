#!/usr/bin/env python3
"""Limner's one development command: it installs what is missing, then does what the verb says.

    python3 dev.py demo|run|test|lint|bench|lock|package [arguments for the verb]

Standard library only. It must parse on Python 3.7, so that an old one gets a message and not a traceback.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "limner-installed"
AI_STAMP = VENV / "limner-ai-installed"
LOCK = ROOT / "requirements.lock"
AI_LOCK = ROOT / "requirements-ai.lock"
PROJECT = ROOT / "pyproject.toml"
OLDEST_PYTHON = (3, 11)
# nnU-Net's networks. Installed alone: it asks for timm, which brings torchvision, and only its transformers use it.
AI_ALONE = ["dynamic-network-architectures==0.4.4"]
BUILD_REQUIREMENT = "setuptools>=77"
MOST_TEST_PROCESSES = 6  # each holds VTK, numba and torch
NO_TESTS_CHOSEN = 5  # pytest's exit status when its arguments name none of the marked tests

# Debian's names; a tuple lists the names of one package in different releases, the first is what apt is asked for.
WINDOW_PACKAGES: list[tuple[str, ...]] = [
    ("libgl1",),
    ("libegl1",),
    ("libglib2.0-0", "libglib2.0-0t64"),
    ("libfontconfig1",),
    ("libxkbcommon0",),
    ("libdbus-1-3",),
    ("libxcb-cursor0",),
    ("libxkbcommon-x11-0",),
    ("libxcb-icccm4",),
    ("libxcb-keysyms1",),
    ("libxcb-shape0",),
    ("libxcursor1",),
    ("fonts-dejavu-core",),
]
TEST_PACKAGES: list[tuple[str, ...]] = [("xvfb",), ("xauth",)]
# Programs that others wrote, to try ours against (tests/peers): an archive, readers, writers and validators of DICOM,
# and what stands before archives: a web server that checks tokens, a proxy.
PEER_PACKAGES: list[tuple[str, ...]] = [
    ("orthanc",),
    ("orthanc-dicomweb",),
    ("dcmtk",),
    ("dicom3tools",),
    ("plastimatch",),
    ("dcm2niix",),
    ("nginx",),
    ("tinyproxy-bin",),
]
PEER_SERVICES = ["orthanc", "nginx"]  # packages that would start a service of this name with the computer
PEER_PROGRAMS = ["dcmqi==1.5.7", "highdicom==0.28.2"]
PEERS_VENV = ROOT / ".venv-peers"
NO_SERVICES = Path("/usr/sbin/policy-rc.d")  # Debian's switch: an archive on every interface is not what a test wants

VERBS = {
    "demo": "make the demo study, segment, correct, export and report; opens the window where there is a display",
    "run": "start the program; arguments go to it",
    "test": "ruff, mypy, import-linter, pages made from the code, and all tests; arguments go to pytest",
    "lint": "the checks of `test` without the tests",
    "bench": "measure the budgets; `bench NAME` runs tests/bench/bench_NAME.py alone",
    "lock": "bring the lock files up to pyproject.toml; known versions stay, unless --upgrade is given",
    "package": "build the installers (not yet)",
}


class Stopped(Exception):
    """A message for the user; dev.py prints it and exits with 1."""


def main(arguments: list[str]) -> int:
    """Install what is missing, run one verb, return its exit status."""
    if sys.version_info < OLDEST_PYTHON:
        return _complain("Limner needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2])  # noqa: UP031
    if not arguments or arguments[0] not in VERBS:
        print(_usage())
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    verb, rest = arguments[0], arguments[1:]
    if verb == "package":
        return _complain("`package` does not work yet: installers come with their own issue", status=2)
    wants_ai, wants_peers = "--ai" in rest, "--peers" in rest
    rest = [argument for argument in rest if argument not in ("--ai", "--peers")]
    try:
        if verb == "lock":
            write_locks(upgrade="--upgrade" in rest)
            return 0
        install(for_tests=verb == "test", with_ai=wants_ai or verb in ("test", "lint", "bench"))
        if wants_peers:
            install_peers()
        return {"demo": demo, "run": run, "test": test, "lint": lint, "bench": bench}[verb](rest)
    except Stopped as stopped:
        return _complain(str(stopped))
    except KeyboardInterrupt:
        return 130


def _usage() -> str:
    lines = [f"  {verb:9}{text}" for verb, text in VERBS.items()]
    lines.append("  --ai     with demo or run: install what computes networks, too (torch and others; large)")
    lines.append("  --peers  with test: install programs by others that tests/peers tries ours against (670 MB);")
    lines.append("           where they cannot be had, those tests are skipped")
    return "\n".join(["python3 dev.py VERB [arguments]", "", *lines])


def _complain(message: str, status: int = 1) -> int:
    print(f"dev.py: {message}", file=sys.stderr)
    return status


def _say(message: str) -> None:
    print(f"dev.py: {message}", flush=True)


# ------------------------------------------------------------------------------------------------ installing


def install(for_tests: bool, with_ai: bool) -> None:
    """Make system packages, ``.venv`` and the locked Python packages present; quick when they are."""
    install_system_packages(WINDOW_PACKAGES + (TEST_PACKAGES if for_tests else []))
    _make_environment()
    wanted = _fingerprint(LOCK, PROJECT)
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != wanted:
        _say("installing the packages of requirements.lock into .venv")
        _pip("install", "--no-deps", "-r", str(LOCK))
        _pip("install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
        STAMP.write_text(wanted, encoding="utf-8")
    wanted = _fingerprint(AI_LOCK, Path(__file__))
    if with_ai and (not AI_STAMP.exists() or AI_STAMP.read_text(encoding="utf-8") != wanted):
        _say("installing torch and what else computes networks (large)")
        _pip("install", "-r", str(AI_LOCK), "-c", str(LOCK))
        _pip("install", "--no-deps", *AI_ALONE)
        AI_STAMP.write_text(wanted, encoding="utf-8")


def install_system_packages(packages: list[tuple[str, ...]]) -> None:
    """Install missing Debian packages by apt; on other systems only say which libraries are expected.

    Raises:
        Stopped: packages are missing and this user may not install them; the message holds the command.
    """
    if not sys.platform.startswith("linux"):
        return
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        if not VENV.exists():
            names = " ".join(names[0] for names in packages)
            _say(f"not a Debian system: please see to it that the libraries of these packages are there: {names}")
        return
    missing = [names[0] for names in packages if not any(map(_is_installed, names))]
    if not PYTHON.exists() and importlib.util.find_spec("ensurepip") is None:
        missing.append(f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")
    if missing:
        _apt_install(missing)


def install_peers() -> None:
    """Make the programs present that ``tests/peers`` tries ours against.

    What cannot be had here (no rights, no network, no such package) is named, and the tests that need it are skipped:
    a program that is not ours never turns the tests red.
    """
    _say_if_stopped(_install_peer_packages)
    python = PEERS_VENV / PYTHON.relative_to(VENV)
    if not python.exists() and subprocess.run([sys.executable, "-m", "venv", str(PEERS_VENV)], check=False).returncode:
        _say("no environment for dcmqi and highdicom could be made; the tests that need them are skipped")
        return
    wanted = " ".join(PEER_PROGRAMS)
    stamp = PEERS_VENV / "limner-installed"
    is_there = stamp.exists() and stamp.read_text(encoding="utf-8") == wanted
    if not is_there and _say_if_stopped(partial(_pip, "install", *PEER_PROGRAMS, python=python)):
        stamp.write_text(wanted, encoding="utf-8")


def _install_peer_packages() -> None:
    missing = [names for names in PEER_PACKAGES if not any(map(_is_installed, names))]
    if not missing or not sys.platform.startswith("linux") or not shutil.which("apt-get"):
        return
    right = _root_prefix()
    with _services_off(right):
        try:
            install_system_packages(missing)
        except Stopped:
            if right is None:
                raise
            for names in missing:  # one that this release does not have must not keep the others away
                _say_if_stopped(partial(install_system_packages, [names]))
    services = [name for name in PEER_SERVICES if (name,) in missing and _is_installed(name)]
    if services and right is not None and shutil.which("systemctl"):
        _succeeds([*right, "systemctl", "disable", *services])  # nor with the next start of this computer


def _say_if_stopped(action: Callable[[], None]) -> bool:
    """Do something that may fail; False when it did, and why is printed."""
    try:
        action()
    except Stopped as reason:
        _say(f"{reason}\nThe tests that need it are skipped.")
        return False
    return True


@contextmanager
def _services_off(right: list[str] | None) -> Iterator[None]:
    """While packages are installed with these rights, none of them starts a service; an own switch is left as it is."""
    if right is None or NO_SERVICES.exists():
        yield
        return
    file = str(NO_SERVICES)
    subprocess.run([*right, "tee", file], input=b"#!/bin/sh\nexit 101\n", stdout=subprocess.DEVNULL, check=False)
    _succeeds([*right, "chmod", "755", file])
    try:
        yield
    finally:
        _succeeds([*right, "rm", "-f", file])


def _is_installed(package: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == "installed"


def _apt_install(packages: list[str]) -> None:
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    right = _root_prefix()
    by_hand = f"apt-get update && {shlex.join(command)}"
    if right is None:
        raise Stopped(f"system packages are missing. As root, run:\n    {by_hand}\nthen start this command again.")
    _say(f"installing system packages: {' '.join(packages)}")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    # A dead third-party source must not stop us; apt-get install says what is really missing.
    subprocess.run([*right, "apt-get", "update", "--quiet=2"], check=False)
    install = [*right, *environment, *command, "--quiet=2", "--option=Dpkg::Use-Pty=0"]
    if subprocess.run(install, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise Stopped(f"apt-get failed. As root, try:\n    {by_hand}")


def _root_prefix() -> list[str] | None:
    """What stands before a command to run it as root; None when this user may not."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    if _succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return ["sudo"] if sys.stdin.isatty() else None


def _make_environment() -> None:
    """Create ``.venv``, or again when its Python is gone or another one is asked for."""
    version = ".".join(map(str, sys.version_info[:2]))
    probe = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if PYTHON.exists() and _succeeds([str(PYTHON), "-c", probe]):
        return
    _say(f"creating .venv with Python {version}")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode != 0:
        raise Stopped(f"could not create .venv. On Debian: apt-get install python{version}-venv")


def _fingerprint(*files: Path) -> str:
    """A hash of the files' content and of where the checkout stands (an editable install names its folder)."""
    whole = hashlib.sha256(str(ROOT).encode())
    for file in files:
        whole.update(file.read_bytes())
    return whole.hexdigest()


def _pip(*arguments: str, python: Path = PYTHON) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    if subprocess.run([str(python), "-m", "pip", *arguments, *quiet], cwd=ROOT, check=False).returncode != 0:
        raise Stopped(f"pip failed: pip {shlex.join(arguments)}")


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def write_locks(upgrade: bool) -> None:
    """Resolve pyproject.toml in a fresh environment and write the exact versions that came out.

    Args:
        upgrade: take the newest versions; else those already locked stay where pyproject.toml allows them.
    """
    import tomllib  # not there before Python 3.11, which main() must still be able to refuse

    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    dependencies = [*project["project"]["dependencies"], *extras["cinematic"]]
    needed = [*dependencies, *project["dependency-groups"]["dev"], BUILD_REQUIREMENT]
    inference = extras["ai"]
    known = [part for lock in (LOCK, AI_LOCK) if lock.exists() and not upgrade for part in ("-c", str(lock))]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / PYTHON.relative_to(VENV)
        _pip("install", *needed, *known, python=python)
        base = _frozen(python)
        _pip("install", *inference, *known, python=python)
        # torch's own CUDA packages differ by system: pip resolves them, this file pins what is the same everywhere.
        added = [line for line in _frozen(python) if line not in base and not _is_cuda(line)]
    _write_lock(LOCK, base, "pyproject.toml's dependencies, its extra `cinematic`, the dev group and the build backend")
    _write_lock(AI_LOCK, added, "the optional extra `ai`, on top of requirements.lock")


def _is_cuda(line: str) -> bool:
    return line.startswith(("nvidia-", "cuda-")) and not line.startswith("nvidia-ml-py")


def _frozen(python: Path) -> list[str]:
    freeze = [str(python), "-m", "pip", "freeze", "--all", "--disable-pip-version-check"]
    lines = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout.splitlines()
    # A wheel taken from a file is frozen as "torch @ file:///...": keep its public version only.
    found = (line.split("+")[0] for line in map(_as_version, lines))
    return [line for line in found if not line.startswith(("pip==", "triton=="))]


def _as_version(line: str) -> str:
    if " @ " not in line:
        return line
    name, address = line.split(" @ ", 1)
    return f"{name}=={address.rsplit('/', 1)[-1].split('-')[1]}"


def _write_lock(file: Path, lines: list[str], what: str) -> None:
    header = f"# Written by `python3 dev.py lock`: {what}."
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    _say(f"{file.name}: {len(lines)} packages")


# ------------------------------------------------------------------------------------------------ the verbs


def demo(arguments: list[str]) -> int:
    """The whole main job on the demo study."""
    return _call([str(PYTHON), "-m", "app.demo", *arguments])


def run(arguments: list[str]) -> int:
    """The program's window."""
    return _call([str(PYTHON), "-m", "app.main", *arguments])


def lint(arguments: list[str]) -> int:
    """Style, types, layers, and whether what is made from the code is up to date."""
    return _report(_lint_steps())


def test(arguments: list[str]) -> int:
    """Everything `lint` does, then the tests that need an X server, then all others."""
    steps = _lint_steps()
    pytest = [str(PYTHON), "-m", "pytest"]
    with tempfile.TemporaryDirectory(prefix="limner-runtime-") as runtime:
        environment = {"XDG_RUNTIME_DIR": runtime, "LC_ALL": "C.UTF-8", "DISPLAY": None, "WAYLAND_DISPLAY": None}
        if _has_xvfb_tests() and shutil.which("xvfb-run"):
            screen = ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1920x1200x24"]
            command = [*screen, *pytest, "-m", "xvfb", *arguments]
            status, seconds = _step("pytest under Xvfb", command, {**environment, "QT_QPA_PLATFORM": "xcb"})
            steps["pytest under Xvfb"] = (0 if status == NO_TESTS_CHOSEN else status, seconds)
        command = [*pytest, "-m", "not xvfb", *_parallel(arguments), *arguments]
        steps["pytest"] = _step("pytest", command, {**environment, "QT_QPA_PLATFORM": "offscreen"})
    return _report(steps)


def _parallel(arguments: list[str]) -> list[str]:
    """Several processes, each test file in one of them; not where the arguments say how many, or debug."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    says = any(argument.startswith(("-n", "--pdb", "-p")) for argument in arguments)
    return [] if says or cores < 2 else ["-n", str(min(cores, MOST_TEST_PROCESSES)), "--dist", "loadfile"]


def bench(arguments: list[str]) -> int:
    """Run the measuring scripts; each prints a table whose missed budgets end in the word MISSED."""
    folder = ROOT / "tests" / "bench"
    chosen = [argument.removeprefix("bench_").removesuffix(".py") for argument in arguments]
    scripts = [folder / f"bench_{name}.py" for name in chosen] or sorted(folder.glob("bench_*.py"))
    failed, missed = [], []
    for script in scripts:
        if not script.exists():
            raise Stopped(f"there is no {script.relative_to(ROOT)}")
        print(f"\n== {script.stem}", flush=True)
        status, output = _echoed([str(PYTHON), str(script)])
        failed += [script.stem] if status else []
        missed += [f"{script.stem}: {line}" for line in output if line.rstrip().endswith("MISSED")]
    print("\n== budgets missed: " + ("none" if not missed else ""))
    print("\n".join(missed))
    for name in failed:
        print(f"{name} did not run to its end")
    return 1 if failed else 0


def _echoed(command: list[str]) -> tuple[int, list[str]]:
    """Run a command, show its output as it comes, return its status and its lines."""
    lines = []
    with subprocess.Popen(command, cwd=ROOT, env=_environment({}), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, lines


def _lint_steps() -> dict[str, tuple[int, float]]:
    commands = {
        "ruff check": [str(PYTHON), "-m", "ruff", "check", "."],
        "ruff format": [str(PYTHON), "-m", "ruff", "format", "--check", "."],
        "mypy": [str(PYTHON), "-m", "mypy"],
        "import-linter": [str(SCRIPTS / "lint-imports")],
        "sentences": [str(PYTHON), "docs/collect_strings.py", "--check"],
        "conformance": [str(PYTHON), "docs/conformance.py", "--check"],
    }
    return {name: _step(name, command) for name, command in commands.items()}


def _has_xvfb_tests() -> bool:
    return any("mark.xvfb" in file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))


def _step(name: str, command: list[str], environment: dict[str, str | None] | None = None) -> tuple[int, float]:
    """Run one check; its exit status and seconds."""
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    return _call(command, environment), time.monotonic() - began


def _report(steps: dict[str, tuple[int, float]]) -> int:
    print("\n== summary")
    for name, (status, seconds) in steps.items():
        print(f"{'ok  ' if status == 0 else 'FAIL'} {name:18} {seconds:7.1f} s")
    return 0 if all(status == 0 for status, _ in steps.values()) else 1


def _call(command: list[str], environment: dict[str, str | None] | None = None) -> int:
    return subprocess.run(command, cwd=ROOT, env=_environment(environment or {}), check=False).returncode


def _environment(changes: dict[str, str | None]) -> dict[str, str]:
    """This process's environment with some variables set, or taken away where the value is None."""
    merged: dict[str, str | None] = {**os.environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
