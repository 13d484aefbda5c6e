"""The Qt binding must not lose references to None: losing one per call ends in an abort after minutes of mouse moves.

PySide6 6.12.0 does so on Python 3.11 (docs/decisions/0002-pyside6-pin.md); from Python 3.12 on None cannot die.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CALLS = 200
SCRIPT = f"""
import sys
from PySide6.QtCore import QCoreApplication
application = QCoreApplication([])
before = sys.getrefcount(None)
for _ in range({CALLS}):
    QCoreApplication.processEvents()
    application.setObjectName("x")
print(before - sys.getrefcount(None))
"""


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_void_calls_keep_none_alive() -> None:
    # In a process of its own, so that nothing else touches None's count meanwhile.
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    answer = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=True)
    assert int(answer.stdout) < CALLS / 4


def test_the_faulty_release_is_not_installed() -> None:
    from PySide6 import __version__

    assert sys.version_info >= (3, 12) or tuple(map(int, __version__.split(".")[:2])) < (6, 12)
