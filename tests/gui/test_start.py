"""Starting: the guards, what is not loaded, and the whole way from the command line to the window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.start_guard import APT_LINE, problem_at_start, problem_with_qt, problem_with_screen

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "monai", "scipy", "SimpleITK", "pyvista", "vtk", "vtkmodules", "skimage", "pydicom", "nibabel")


@pytest.mark.parametrize(
    ("qt", "python", "is_refused"),
    [((6, 11), (3, 11), False), ((6, 12), (3, 11), True), ((6, 12), (3, 12), False), ((7, 0), (3, 11), True)],
)
def test_qt_that_loses_references_is_refused(qt: tuple[int, int], python: tuple[int, int], is_refused: bool) -> None:
    assert bool(problem_with_qt(qt, python)) is is_refused


@pytest.mark.parametrize(
    ("environment", "platform", "is_refused"),
    [
        ({}, "linux", True),
        ({"DISPLAY": ":0"}, "linux", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", False),
        ({}, "win32", False),
        ({}, "darwin", False),
    ],
)
def test_missing_screen_is_said(environment: dict[str, str], platform: str, is_refused: bool) -> None:
    assert bool(problem_with_screen(environment, platform)) is is_refused


def test_missing_library_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtWidgets", None)
    assert APT_LINE in problem_at_start()


def python(code: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh process, with its own settings."""
    own = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "LIMNER_WORKSPACE": str(tmp_path)}
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=kept | own | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_no_screen_ends_with_a_message_and_code_2(tmp_path: Path) -> None:
    done = python("import sys; from app.main import main; sys.exit(main([]))", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: There is no screen")


def test_importing_main_loads_nothing_heavy(tmp_path: Path) -> None:
    done = python("import sys, app.main; print(*sys.modules)", tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & set(HEAVY)
    assert "PySide6" not in loaded  # it is checked first


def test_empty_window_loads_nothing_heavy_and_ends_cleanly(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from app.main import make_application, make_session, make_window\n"
        "application = make_application()\n"
        "window = make_window(make_session(application))\n"
        "window.show()\n"
        "application.processEvents()\n"
        "print(*sys.modules)\n"
        "window.close()\n"
    )
    done = python(code, tmp_path, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "PySide6" in loaded
    assert not loaded & set(HEAVY)


def test_quitting_while_something_loads_ends_cleanly(tmp_path: Path) -> None:
    code = (
        "import sys, time, threading\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\n"
        "import app.main\n"
        "app.main.make_application()\n"
        "def end():\n"
        "    (window,) = [w for w in QApplication.topLevelWidgets() if w.objectName() == 'main_window']\n"
        "    jobs = window.session.jobs\n"
        "    def work(job):\n"
        "        while not job.is_cancelled:\n"
        "            jobs.notify(job)\n"
        "        time.sleep(0.3)\n"
        "        jobs.notify(job)\n"
        "        print('worked to its end')\n"
        "    jobs.start('long', work)\n"
        "    QTimer.singleShot(200, window.close)\n"
        "QTimer.singleShot(300, end)\n"
        "sys.exit(app.main.main([]))\n"
    )
    done = python(code, tmp_path, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    assert "worked to its end" in done.stdout
    assert "Error" not in done.stderr


def test_main_opens_shows_and_quits(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\n"
        "import app.main\n"
        "app.main.make_application()\n"
        "def end():\n"
        "    windows = [w for w in QApplication.topLevelWidgets() if w.objectName() == 'main_window']\n"
        "    print('bars', [b.message.text for b in windows[0].messages.bars])\n"
        "    windows[0].session.actions['app.quit'].run(windows[0].session)\n"
        "QTimer.singleShot(1500, end)\n"
        "sys.exit(app.main.main(['no-such-file.nii']))\n"
    )
    done = python(code, tmp_path, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    assert "no-such-file.nii" in done.stdout
