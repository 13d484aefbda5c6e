"""A disc in the window: its DICOMDIR dropped and opened, listed, brought in and stopped; what it lacks is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_disc import make_disc
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from app.window import MainWindow
from imaging.dicom.sources import FileReader
from imaging.workspace.listing import SeriesRow
from session.messages import Message, Severity
from widgets.study_window.window import StudyWindow

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return make_disc(tmp_path / "CD 7", (3, 5))


@pytest.fixture
def said(window: MainWindow) -> list[Message]:
    messages: list[Message] = []
    window.session.messages.shown.connect(messages.append)
    return messages


@pytest.fixture
def studies(window: MainWindow, qtbot):
    window.session.actions.run_with_texts("studies.show", window.session, {})
    made = window.findChild(StudyWindow)
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.browsing.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def drop(on: QWidget, path: Path) -> None:
    """Drag a file in and let it go."""
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(path))])
    enter = QDragEnterEvent(QPoint(300, 200), Qt.DropAction.CopyAction, content, LEFT, NONE)
    on.dragEnterEvent(enter)
    assert enter.isAccepted()
    on.dropEvent(QDropEvent(QPointF(300, 200), Qt.DropAction.CopyAction, content, LEFT, NONE))


def wait_until_open(qtbot, window: MainWindow) -> None:
    def is_read() -> bool:
        document = window.session.document
        return document is not None and not document.is_loading and all(j.is_finished for j in window.session.jobs.jobs)

    qtbot.waitUntil(is_read, timeout=30_000)


def wait_until_idle(qtbot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: all(job.is_finished for job in window.session.jobs.jobs), timeout=30_000)


def listed(qtbot, studies: StudyWindow) -> list[SeriesRow]:
    """The series of the only study."""
    qtbot.waitUntil(lambda: len(studies.content.rows()) == 2, timeout=30_000)
    return [row for row in studies.content.rows() if isinstance(row, SeriesRow)]


def test_a_dropped_dicomdir_opens_its_disc(qtbot, window, directory, said) -> None:
    drop(window, directory)
    wait_until_open(qtbot, window)
    assert window.session.open_document.volume.geometry.shape[0] == 5
    assert sorted(item.series.geometry.shape[0] for item in window.session.shelf) == [3, 5]
    assert said == []
    recent = window.empty.findChildren(QPushButton)
    assert "CD 7" in [button.text() for button in recent]  # not DICOMDIR, as every disc would be called


def test_the_first_series_is_shown_before_the_others_are_looked_at(qtbot, window, directory, monkeypatch) -> None:
    opened: list[str] = []
    opens = FileReader.__init__

    def note(reader: FileReader, path: str) -> None:
        opened.append(Path(path).parent.name)
        opens(reader, path)

    monkeypatch.setattr(FileReader, "__init__", note)
    drop(window, directory)
    wait_until_open(qtbot, window)
    images = [folder for folder in opened if folder.startswith("SER")]
    assert images.index("SER00001") >= 2 * 5  # headers, and later voxels, of the five images that are shown
    assert len(window.session.shelf) == 2


def test_where_the_first_series_cannot_be_shown_another_one_is(qtbot, window, directory) -> None:
    for image in (directory.parent / "DICOM" / "SER00002").iterdir():
        image.write_bytes(b"damaged")
    drop(window, directory)
    wait_until_open(qtbot, window)
    assert window.session.open_document.volume.geometry.shape[0] == 3


def test_what_a_disc_lacks_is_said_when_it_is_opened(qtbot, window, directory, said) -> None:
    (directory.parent / "DICOM" / "SER00002" / "IM00004").unlink()
    drop(window, directory)
    wait_until_open(qtbot, window)
    warnings = [message for message in said if message.severity is Severity.WARNING]
    assert any("not there: 1." in m.text and "SER00002/IM00004" in m.hint for m in warnings)
    assert any("absent-files" in m.text for m in warnings)  # and the series itself says so


def test_a_damaged_directory_is_said_and_the_images_open_all_the_same(qtbot, window, directory, said) -> None:
    directory.write_bytes(directory.read_bytes()[:-5])
    drop(window, directory)
    wait_until_open(qtbot, window)
    assert window.session.open_document.volume.geometry.shape[0] == 5
    assert any("Every file of its folder was looked at instead." in message.hint for message in said)


def test_a_listed_disc_opens_one_series_without_the_others(qtbot, window, studies, directory, monkeypatch) -> None:
    drop(studies, directory)
    rows = listed(qtbot, studies)
    assert [row.instance_count for row in rows] == [3, 5]
    qtbot.waitUntil(lambda: not studies.content.item(2).icon().isNull(), timeout=30_000)  # the pictures are made
    wait_until_idle(qtbot, window)
    opened: list[str] = []
    opens = FileReader.__init__
    monkeypatch.setattr(FileReader, "__init__", lambda self, path: opened.append(path) or opens(self, path))
    studies._timer.stop()  # nothing else reads the disc
    studies.content.setCurrentRow(1)
    QTest.keyClick(studies.content, Qt.Key.Key_Return)
    wait_until_open(qtbot, window)
    assert window.session.open_document.case.images[0].path == str(directory)
    assert {Path(path).parent.name for path in opened} <= {"SER00001", "CD 7"}


def test_the_list_says_which_disc_is_incomplete_or_damaged(qtbot, studies, directory) -> None:
    (directory.parent / "DICOM" / "SER00002" / "IM00004").unlink()
    drop(studies, directory)
    qtbot.waitUntil(lambda: "files are missing on the disc CD 7" in studies.said.text(), timeout=30_000)
    directory.write_bytes(b"damaged")
    studies.browsing.update()
    qtbot.waitUntil(lambda: "directory of the disc CD 7 cannot be used" in studies.said.text(), timeout=30_000)


def bring_in(studies: StudyWindow, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press the button and choose the folder."""
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    QTest.mouseClick(studies.bring, LEFT)


def test_a_disc_is_brought_in_and_what_is_missing_is_named(
    qtbot, window, studies, directory, said, monkeypatch
) -> None:
    (directory.parent / "DICOM" / "SER00002" / "IM00004").unlink()
    bring_in(studies, directory.parent, monkeypatch)
    wait_until_idle(qtbot, window)
    assert [message.text for message in said] == [
        "7 images brought in, 0 were here already, 1 other files left out.",
        "Files that the directory of the disc names and that are not there: 1.",
    ]
    assert said[1].hint == "Missing: SER00002/IM00004."


def test_bringing_in_can_be_stopped_and_goes_on(qtbot, window, studies, directory, said, monkeypatch) -> None:
    def stop(job) -> None:
        if job.title == "Bring in images":
            job.cancel()

    window.session.jobs.changed.connect(stop)
    bring_in(studies, directory.parent, monkeypatch)
    wait_until_idle(qtbot, window)
    window.session.jobs.changed.disconnect(stop)
    assert "then stopped." in said[0].text
    assert "goes on from there" in said[0].hint
    bring_in(studies, directory.parent, monkeypatch)
    wait_until_idle(qtbot, window)
    home = window.session.settings.workspace() / "images"
    assert len(list(home.glob("*/*.dcm"))) == 8
