"""Key frames of a movie: kept while the image is open, listed in the dialog, shown and filmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app import path_preview
from app.path_preview import PathPreview
from app.pictures import window_view
from app.pictures.manner import Manner
from app.pictures.window_view import Seen, Way, framed
from app.window import MainWindow
from imaging.geometry import Geometry
from imaging.volume import Volume
from render.volume_scene import VolumeSceneState
from session.look.look import Look
from session.movie_keys import KeyView
from session.presentation import VolumeCamera, VolumeMode
from widgets.dialogs.picture_export import ExportDialog

FRONT = VolumeCamera((0.0, -500.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 30.0)
SIDE = replace(FRONT, position_mm=(500.0, 0.0, 0.0))
BACK = replace(FRONT, position_mm=(0.0, 500.0, 0.0))


def click(qtbot: QtBot, button: QWidget) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def turn_to(window: MainWindow, camera: VolumeCamera) -> None:
    window.session.presentation.update(volume_camera=camera)


def export(window: MainWindow, monkeypatch: pytest.MonkeyPatch, fill: Callable[[ExportDialog], None]) -> list[Way]:
    """Export a movie with the dialog filled by ``fill``; returns the ways that would have been filmed."""
    filmed: list[Way] = []

    def film(_what: Any, _manner: Any, _path: Any, way: Way, *_: Any) -> None:
        filmed.append(way)

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ExportDialog)
        fill(dialog)
        QTimer.singleShot(0, dialog.export_button.click)

    monkeypatch.setattr(window_view, "film_seen", film)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(Path.home() / "m.mp4"), ""))
    QTimer.singleShot(0, answer)
    window.bridge.qaction("file.export_movie").trigger()
    return filmed


def along_keys(dialog: ExportDialog) -> None:
    dialog.way_field.setCurrentIndex(dialog.way_field.findData("keys"))


def finish(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: all(job.is_finished for job in window.session.jobs.jobs))


def test_views_are_added_and_removed_in_the_dialog_and_filmed(
    case_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn_to(case_window, FRONT)
    case_window.bridge.qaction("view.add_key_frame").trigger()
    turn_to(case_window, BACK)
    case_window.bridge.qaction("view.add_key_frame").trigger()
    turn_to(case_window, SIDE)

    def fill(dialog: ExportDialog) -> None:
        assert dialog.keys is not None
        assert dialog.keys.isHidden()
        assert not dialog.seconds_field.isHidden()
        along_keys(dialog)
        assert not dialog.keys.isHidden()
        assert dialog.seconds_field.isHidden()
        assert dialog.keys.list.count() == 2
        click(qtbot, dialog.keys.add)
        dialog.keys.list.setCurrentRow(1)
        click(qtbot, dialog.keys.remove)
        assert dialog.keys.list.count() == 2
        dialog.step_field.setValue(3)
        dialog.fps_field.setValue(10)

    filmed = export(case_window, monkeypatch, fill)
    finish(case_window, qtbot)
    assert [view.camera for view in filmed[0].views] == [FRONT, SIDE]
    assert filmed[0].frames == 30
    assert [view.camera for view in case_window.session.movie_keys.views] == [FRONT, SIDE]
    case_window.session.set_document(None)
    assert case_window.session.movie_keys.views == ()


def test_one_key_frame_is_no_way(case_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    case_window.session.messages.shown.connect(lambda message: told.append(message.text))
    turn_to(case_window, FRONT)

    def fill(dialog: ExportDialog) -> None:
        along_keys(dialog)
        assert dialog.keys is not None
        assert not dialog.keys.play.isEnabled()
        assert not dialog.keys.remove.isEnabled()
        click(qtbot, dialog.keys.add)
        assert not dialog.keys.play.isEnabled()

    assert export(case_window, monkeypatch, fill) == []
    assert told == ["A movie along key frames needs two of them."]


def test_the_preview_goes_along_the_way_and_comes_back(
    case_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_preview, "FRAME_MS", 5)
    session = case_window.session
    turn_to(case_window, SIDE)
    seen: list[VolumeCamera] = []
    session.presentation.changed.connect(lambda _before, after: seen.append(after.volume_camera))
    preview = PathPreview(session, case_window)
    views = (KeyView(FRONT, Look()), KeyView(BACK, Look()))
    preview.toggle(views, 0.4)
    qtbot.waitUntil(lambda: preview.is_running)
    qtbot.waitUntil(lambda: not preview.is_running)
    assert len(seen) > 2
    assert session.presentation.state.volume_camera == SIDE
    preview.toggle(views, 8)
    qtbot.waitUntil(lambda: preview.is_running)
    preview.toggle(views, 8)
    assert not preview.is_running
    assert session.presentation.state.volume_camera == SIDE


def test_the_frames_pass_the_views() -> None:
    geometry = Geometry((2, 2, 2), np.eye(4))
    what = Seen(
        VolumeMode.SURFACES,
        Look(),
        VolumeSceneState(SIDE),
        2.0,
        None,
        Volume(geometry, np.zeros(geometry.shape, np.int16)),
    )
    other = replace(Look(), name="other")
    way = Way(5, (KeyView(FRONT, Look()), KeyView(SIDE, other)))
    moments = window_view._moments(what, Manner(VolumeMode.SURFACES, (100, 100)), way)
    assert len(moments) == 5
    assert np.allclose(moments[0].camera.position_mm, FRONT.position_mm)
    assert np.allclose(moments[-1].camera.position_mm, SIDE.position_mm)
    assert moments[0].camera.view_angle_deg == pytest.approx(framed(FRONT, 2.0, 1.0).view_angle_deg)
    assert (moments[0].look.name, moments[-1].look.name) == ("", "other")
    around = window_view._moments(what, Manner(VolumeMode.SURFACES, (100, 100)), Way(4))
    assert np.allclose(around[2].camera.position_mm, (-500, 0, 0))
