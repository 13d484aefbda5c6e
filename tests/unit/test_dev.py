"""dev.py: what it answers, and what it does when it may not install system packages."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

DEV = Path(__file__).parents[2] / "dev.py"


@pytest.fixture
def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("limner_dev", DEV)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(DEV), *arguments], capture_output=True, text=True, check=False)


def test_without_a_verb_it_lists_all_verbs() -> None:
    answer = _run()
    assert answer.returncode == 2
    for verb in ("demo", "run", "test", "lint", "bench", "package"):
        assert f"  {verb}" in answer.stdout


def test_package_says_not_yet() -> None:
    answer = _run("package")
    assert answer.returncode == 2
    assert "not" in answer.stderr


def test_an_old_python_gets_a_message(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev.sys, "version_info", (3, 9, 2))
    assert dev.main(["test"]) == 1
    assert "needs Python 3.11 or newer, this is 3.9" in capsys.readouterr().err


@pytest.fixture
def bare_debian(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A Debian with nothing but libgl1 and Ubuntu's new name of GLib."""
    monkeypatch.setattr(dev.sys, "platform", "linux")
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(dev, "_is_installed", lambda package: package in ("libgl1", "libglib2.0-0t64"))
    return dev


def test_without_rights_it_prints_the_command_and_stops(
    bare_debian: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bare_debian, "_root_prefix", lambda: None)
    with pytest.raises(bare_debian.Stopped) as stopped:
        bare_debian.install_system_packages([*bare_debian.WINDOW_PACKAGES, *bare_debian.TEST_PACKAGES])
    message = str(stopped.value)
    assert "apt-get update && apt-get install --yes --no-install-recommends libegl1" in message
    assert "xvfb xauth" in message
    assert "libgl1" not in message
    assert "libglib" not in message


def test_with_rights_it_installs_what_is_missing_and_no_more(
    bare_debian: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bare_debian, "_root_prefix", lambda: ["sudo", "-n"])
    monkeypatch.setattr(bare_debian.subprocess, "run", run)
    bare_debian.install_system_packages([("libgl1",), ("libegl1",)])
    assert commands[0] == ["sudo", "-n", "apt-get", "update", "--quiet=2"]
    assert commands[1][:2] == ["sudo", "-n"]
    assert "libegl1" in commands[1]
    assert "libgl1" not in commands[1]


def test_elsewhere_it_leaves_the_system_alone(bare_debian: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bare_debian.shutil, "which", lambda name: None)
    monkeypatch.setattr(bare_debian.subprocess, "run", lambda *a, **k: pytest.fail("nothing may be run"))
    bare_debian.install_system_packages([("libegl1",)])


def test_the_lock_is_part_of_the_stamp(dev: ModuleType, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("numpy==1")
    first = dev._fingerprint(lock)
    assert dev._fingerprint(lock) == first
    lock.write_text("numpy==2")
    assert dev._fingerprint(lock) != first


def test_peers_are_installed_on_wish_only(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(dev, "install", lambda **_: None)
    monkeypatch.setattr(dev, "install_peers", lambda: done.append("peers"))
    monkeypatch.setattr(dev, "test", lambda rest: done.append(rest) or 0)
    assert dev.main(["test", "-k", "name"]) == 0
    assert dev.main(["test", "--peers", "-k", "name"]) == 0
    assert done == [["-k", "name"], "peers", ["-k", "name"]]


def test_without_rights_the_peers_are_named_and_the_tests_go_on(
    bare_debian: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bare_debian, "_root_prefix", lambda: None)
    monkeypatch.setattr(bare_debian, "PEERS_VENV", tmp_path)
    failed = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(bare_debian.subprocess, "run", lambda *a, **k: failed)
    bare_debian.install_peers()
    said = capsys.readouterr().out
    assert "apt-get install --yes --no-install-recommends orthanc" in said
    assert "dcmqi" in said
    assert said.count("skipped") == 2
    assert not list(tmp_path.iterdir())


@pytest.fixture
def installed(
    bare_debian: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[ModuleType, list[list[str]]]:
    """A Debian that does not have plastimatch: `dev`, and the commands that were run in it."""
    commands: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, int("install" in command and "plastimatch" in command), "")

    monkeypatch.setattr(bare_debian, "NO_SERVICES", tmp_path / "policy")
    monkeypatch.setattr(bare_debian, "PEERS_VENV", tmp_path)
    monkeypatch.setattr(bare_debian, "_root_prefix", lambda: ["sudo", "-n"])
    monkeypatch.setattr(bare_debian.subprocess, "run", run)
    return bare_debian, commands


def test_a_peer_that_a_release_does_not_have_keeps_no_other_away(
    installed: tuple[ModuleType, list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    dev, commands = installed
    dev.install_peers()
    names = [names[0] for names in dev.PEER_PACKAGES]
    asked = [[word for word in command if word in names] for command in commands if "install" in command]
    assert [words for words in asked if words] == [names, *([name] for name in names)]
    assert capsys.readouterr().out.count("skipped") == 1


def test_no_service_of_a_peer_starts_and_a_switch_that_was_there_stays(
    installed: tuple[ModuleType, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    dev, commands = installed
    dev.install_peers()
    switch = str(dev.NO_SERVICES)
    switched = [command[2] for command in commands if command[-1] == switch]
    assert switched == ["tee", "chmod", "rm"]
    dev.NO_SERVICES.write_text("of the container")
    commands.clear()
    dev.install_peers()
    assert not [command for command in commands if command[-1] == switch]
    assert dev.NO_SERVICES.read_text() == "of the container"


def test_continuous_integration_runs_the_readme_s_command() -> None:
    root = DEV.parent
    (command,) = re.findall(r"exec (.*) \"\$@\"", (root / ".ci" / "run").read_text())
    assert command == "python3 dev.py test --peers"
    assert f"\n{command} " in (root / "README.md").read_text()
    assert f"`{command}`" in (root / "CONTRIBUTING.md").read_text()
