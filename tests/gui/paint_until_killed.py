"""A program for the kill tests: opens the real window, paints with real mouse events, and says what was finished.

    python paint_until_killed.py IMAGE WORKSPACE

After each stroke's release it prints ``finished N VOXELS`` at once and ``saved N VOXELS`` when the journal says that
everything is on disk. It goes on until somebody kills it.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["LIMNER_WORKSPACE"] = sys.argv[2]

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.main import make_application, make_session, make_window
from session.presentation import Layout
from session.selection import Tool
from session.session import Session


def wait(application: QApplication, until) -> None:
    """Run the event loop until something is true."""
    while not until():
        application.processEvents()
        time.sleep(0.001)


def say(word: str, session: Session) -> None:
    """Tell the test what is in the case now."""
    document = session.open_document
    number = session.selection.state.segment_number
    print(word, len(document.entries), document.segmentation.voxel_count(number), time.monotonic(), flush=True)


def main() -> None:
    """Paint for ever."""
    application = make_application()
    session = make_session(application, Path(sys.argv[2]) / "settings.json")
    window = make_window(session)
    window.resize(1200, 800)
    window.show()
    window.open_paths([Path(sys.argv[1])])
    wait(application, lambda: session.document is not None and not session.document.is_loading)
    session.presentation.update(layout=Layout.SLICES)
    session.selection.update(tool=Tool.BRUSH, radius_mm=6.0)
    application.processEvents()
    view = window.grid.view("axial")
    journal = session.open_document.case.journal
    chance = random.Random(1)
    while True:
        point = QPoint(chance.randrange(60, view.width() - 60), chance.randrange(60, view.height() - 60))
        QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
        for _ in range(chance.randrange(2, 8)):
            point += QPoint(chance.randrange(-15, 16), chance.randrange(-15, 16))
            QTest.mouseMove(view, point)
        entries = len(session.open_document.entries)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
        application.processEvents()
        if len(session.open_document.entries) == entries:
            continue
        say("finished", session)
        wait(application, lambda: journal.pending_count == 0)
        say("saved", session)


if __name__ == "__main__":
    main()
