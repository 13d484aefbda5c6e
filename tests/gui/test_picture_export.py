"""Pictures and movies out of the window: the dialog, the job, the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.actions.look import choose_mode
from app.pictures.window_view import framed
from app.window import MainWindow
from render.graphics_probe import probed
from render.volume_camera import fitted
from render.volume_renderer import Frame, Quality
from session.export_choice import ExportChoice, remembered
from session.jobs import JobState
from session.presentation import VolumeCamera, VolumeMode
from widgets.dialogs.picture_export import ExportDialog
from widgets.view_picture import picture_of


def answered(monkeypatch: pytest.MonkeyPatch, path: Path, fill: Callable[[ExportDialog], None]) -> None:
    """Fill the next export dialog by ``fill`` and click its button; the file dialog answers with a path."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ExportDialog)
        fill(dialog)
        QTimer.singleShot(0, dialog.export_button.click)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    QTimer.singleShot(0, answer)


def finished(window: MainWindow, qtbot: QtBot) -> None:
    """Wait for the last job."""
    job = window.session.jobs.jobs[-1]
    qtbot.waitUntil(lambda: job.is_finished, timeout=120_000)
    assert job.error is None
    assert job.state is JobState.DONE


@pytest.fixture
def cinematic(case_window: MainWindow) -> MainWindow:
    """A window whose 3D view is cinematic, by Numba."""
    case_window.session.settings.set("three_d.backend", "numba")
    choose_mode(case_window.session, VolumeMode.CINEMATIC)
    return case_window


def pixels_of(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def choose(field, value: str) -> None:
    field.setCurrentIndex(field.findData(value))


def quickly(dialog: ExportDialog) -> None:
    choose(dialog.size_field, "view")
    dialog.samples_field.setValue(1)


@pytest.mark.slow
def test_a_cinematic_picture_is_written_by_a_job(cinematic, qtbot, monkeypatch, tmp_path) -> None:
    messages: list[str] = []
    cinematic.session.messages.shown.connect(lambda message: messages.append(message.text))
    answered(monkeypatch, tmp_path / "p", quickly)  # the ending is added
    cinematic.bridge.qaction("file.export_picture").trigger()
    finished(cinematic, qtbot)
    width, height = cinematic.session.window.view_size("3d")
    assert pixels_of(tmp_path / "p.png").shape == (height, width, 3)
    assert messages == ["p.png was written."]
    assert remembered(cinematic.session.settings, "export.picture").samples == 1


@pytest.mark.slow
def test_dicom_has_no_transparency(cinematic, qtbot, monkeypatch, tmp_path) -> None:
    def fill(dialog: ExportDialog) -> None:
        quickly(dialog)
        qtbot.mouseClick(dialog.transparent_box, Qt.MouseButton.LeftButton, pos=dialog.transparent_box.rect().center())
        dialog.transparent_box.setChecked(True)
        choose(dialog.format_field, "dcm")
        assert not dialog.transparent_box.isEnabled()

    answered(monkeypatch, tmp_path / "p.dcm", fill)
    cinematic.bridge.qaction("file.export_picture").trigger()
    finished(cinematic, qtbot)
    assert pydicom.dcmread(tmp_path / "p.dcm").SeriesDescription == "Limner cinematic picture"


@pytest.mark.slow
def test_a_job_that_is_stopped_leaves_nothing(cinematic, qtbot, monkeypatch, tmp_path) -> None:
    def fill(dialog: ExportDialog) -> None:
        choose(dialog.size_field, "4K")
        dialog.samples_field.setValue(5000)

    answered(monkeypatch, tmp_path / "p.png", fill)
    cinematic.bridge.qaction("file.export_picture").trigger()
    job = cinematic.session.jobs.jobs[-1]
    qtbot.waitUntil(lambda: (job.fraction or 0) > 0, timeout=60_000)
    job.cancel()
    qtbot.waitUntil(lambda: job.is_finished, timeout=30_000)
    assert job.state is JobState.CANCELLED
    assert [p for p in tmp_path.iterdir() if p.suffix == ".png"] == []


@pytest.mark.slow
def test_a_movie(cinematic, qtbot, monkeypatch, tmp_path) -> None:
    def fill(dialog: ExportDialog) -> None:
        quickly(dialog)
        dialog.seconds_field.setValue(1)
        dialog.fps_field.setValue(2)

    answered(monkeypatch, tmp_path / "m.mp4", fill)
    cinematic.bridge.qaction("file.export_movie").trigger()
    finished(cinematic, qtbot)
    assert b"av01" in (tmp_path / "m.mp4").read_bytes()


def test_surfaces_with_and_without_background(case_window, qtbot, monkeypatch, tmp_path) -> None:
    if not probed().is_available:
        pytest.skip("no OpenGL")
    for is_clear in (False, True):
        answered(
            monkeypatch, tmp_path / f"{is_clear}.png",
            lambda dialog, on=is_clear: (choose(dialog.size_field, "view"), dialog.transparent_box.setChecked(on)),
        )  # fmt: skip
        case_window.bridge.qaction("file.export_picture").trigger()
        finished(case_window, qtbot)
    assert pixels_of(tmp_path / "False.png").shape[2] == 3
    assert pixels_of(tmp_path / "True.png")[0, 0, 3] == 0


def test_the_dialog_offers_what_makes_sense(qtbot: QtBot) -> None:
    plain = ExportDialog("picture", ExportChoice(), is_cinematic=False, view_px=(640, 480))
    movie = ExportDialog("movie", ExportChoice(format="mp4"), is_cinematic=True, view_px=(640, 480))
    for dialog in (plain, movie):
        qtbot.addWidget(dialog)
        dialog.show()
    assert not plain.samples_field.isVisible()
    assert not plain.mark_field.isVisible()
    assert not plain.seconds_field.isVisible()
    assert movie.seconds_field.isVisible()
    assert movie.mark_field.isVisible()
    assert not movie.transparent_box.isVisible()
    assert plain.choice() == ExportChoice()


def test_escape_exports_nothing(case_window, qtbot, monkeypatch) -> None:
    def answer() -> None:
        qtbot.keyClick(QApplication.activeModalWidget(), Qt.Key.Key_Escape)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("no name is needed"))
    QTimer.singleShot(0, answer)
    before = len(case_window.session.jobs.jobs)
    case_window.bridge.qaction("file.export_picture").trigger()
    assert len(case_window.session.jobs.jobs) == before


def test_keys_copy_the_active_view(case_window, qtbot) -> None:
    case_window.session.selection.update(active_view="axial")
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(case_window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    copied = QGuiApplication.clipboard().image()
    assert (copied.width(), copied.height()) == case_window.session.window.view_size("axial")


def test_only_cinematic_copies_carry_the_mark(case_window, qtbot) -> None:
    services = case_window.session.window
    images = []
    for is_marked in (False, True):
        assert services.copy_picture("3d", is_marked=is_marked)
        images.append(QGuiApplication.clipboard().image())
    plain, marked = images
    differs = [
        (x, y) for x in range(plain.width()) for y in range(plain.height()) if plain.pixel(x, y) != marked.pixel(x, y)
    ]
    assert differs
    assert min(x for x, _ in differs) > plain.width() / 2
    assert min(y for _, y in differs) > plain.height() / 2


def test_a_copy_of_the_3d_view_is_its_frame_with_one_mark(qtbot) -> None:
    view = QWidget()
    qtbot.addWidget(view)
    view.resize(300, 200)
    rgb = np.full((100, 150, 3), (90, 20, 30), np.uint8)
    camera = VolumeCamera((0.0, -1.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    view.frame = Frame(rgb, np.full((100, 150), np.inf, np.float32), camera, Quality.STILL)
    image = picture_of(view, is_marked=True)
    assert (image.width(), image.height()) == (300, 200)
    assert image.pixelColor(20, 20).getRgb()[:3] == (90, 20, 30)
    lower = [image.pixelColor(x, y).lightness() for x in range(150, 300) for y in range(150, 200)]
    assert max(lower) > 200


def test_a_narrower_picture_cuts_nothing_off() -> None:
    corners = [[x, y, z] for x in (-50, 50) for y in (-50, 50) for z in (-50, 50)]
    camera = fitted(corners, 1.6)
    upright = framed(camera, 1.6, 0.7)
    before = np.tan(np.radians(camera.view_angle_deg) / 2) * 1.6
    assert np.tan(np.radians(upright.view_angle_deg) / 2) * 0.7 == pytest.approx(before)
    assert framed(camera, 1.0, 1.6) == camera


def test_choices_of_another_version_are_forgotten(case_window) -> None:
    case_window.session.settings.set("export.picture", {"size": "3D", "samples": "many"})
    assert remembered(case_window.session.settings, "export.picture") == ExportChoice()
