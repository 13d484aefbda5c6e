"""A main window on a small case, with settings, cases and reports in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psygnal
import pytest
from look_3d_parts import click
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.main import make_session, make_window
from app.window import MainWindow
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from session.document import Document
from session.presentation import VolumeMode
from session.session import Session
from widgets.look_3d.page import LookPage

SHAPE = (10, 40, 50)
SPACING_MM = (1.0, 1.0, 2.0)
SEGMENTS = ((1, "liver", (220, 120, 90)), (2, "spleen", (150, 90, 170)), (3, "kidney", (180, 80, 70)))


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and cases of the test alone."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    """The main window with nothing open; without the 3D view, which has tests of its own."""
    monkeypatch.setattr(MainWindow, "_make_volume_view", lambda _window: None)
    made = make_window(make_session(qapp))
    made.resize(1400, 900)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()
    QApplication.processEvents()  # what a document that went had still to say
    leave(made.session)
    made.deleteLater()
    # Qt deletes later only where an event loop runs; windows left over are all styled anew with the next one
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def leave(session: Session) -> None:
    """End all connections of a session whose window goes: in the program both last until its end."""
    if session.document is not None:
        session.document.changed.disconnect()
    parts = (
        session,
        session.presentation,
        session.selection,
        session.comparing,
        session.prior,
        session.reviewing,
        session.doubting,
        session.clicking,
        session.settings,
        session.jobs,
        session.messages,
    )
    for part in (*parts, session.three_d, session.looks):
        for name, value in vars(type(part)).items():
            if isinstance(value, psygnal.Signal):
                getattr(part, name).disconnect()


@pytest.fixture
def case_window(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    """The main window with a case of three segments open: liver 1 ml, spleen 0.25 ml, kidney empty."""
    window.session.set_document(small_document(window.session, tmp_path / "case.limner"))
    window.session.selection.update(segment_number=1)
    qtbot.waitUntil(lambda: window.right.segments.list.segments.rowCount() == 3)
    QApplication.processEvents()
    return window


def small_document(session: Session, path: Path) -> Document:
    """A CT of 10 slices with three segments, each step an entry of its own."""
    geometry = Geometry(SHAPE, np.diag([*SPACING_MM, 1.0]))
    voxels = np.tile(np.arange(SHAPE[2], dtype=np.int16) * 10, (*SHAPE[:2], 1))
    case = Case.create(path, geometry, [ImageReference("image", "series", "CT", "abdomen")])
    document = Document([Volume(geometry, voxels, Quantity.HU)], case, author="test", schedule=session.schedule)
    for number, name, color in (
        (1, "liver", (220, 120, 90)),
        (2, "spleen", (150, 90, 170)),
        (3, "kidney", (180, 80, 70)),
    ):
        document.apply(AddSegment(Segment(number, name, color)), title=f"Add {name}", tool="segment.add")
    for number, box in ((1, Box(0, 5, 0, 10, 0, 10)), (2, Box(5, 10, 20, 25, 20, 25))):
        edit = PaintEdit(number, box, np.ones(box.shape, bool))
        document.apply(edit, title=f"Paint {number}", tool="brush")
    session.presentation.center_on(geometry)
    return document


@pytest.fixture
def page(case_window: MainWindow, qtbot: QtBot) -> LookPage:
    """The 3D half, shown, in cinematic mode, all sections open."""
    case_window.show_page("look")
    QTest.mouseClick(case_window.right.look.switch.button("3d"), Qt.MouseButton.LeftButton)
    made = case_window.right.look.three_d
    made.complete()
    for section in made.sections.values():
        section.set_open(True)
    click(made.mode.modes.button(VolumeMode.CINEMATIC))
    assert case_window.session.presentation.state.volume_mode is VolumeMode.CINEMATIC
    return made


@pytest.fixture
def session(case_window: MainWindow) -> Session:
    return case_window.session
