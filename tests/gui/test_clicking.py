"""Clicking for a model by real mouse and key events: marks, the panel, undo, and whole runs in the worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import made_models
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.case.case import Case
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from session.clicking import Clicking
from session.clicks import ClickedModel, voxel_of
from session.document import Document
from session.jobs import JobState
from session.models import model_store
from session.presentation import Plane
from session.segmenting import inference_client
from session.selection import Tool
from session.session import Session
from widgets.click_cursor import click_cursor
from widgets.panels.clicks.panel import ClicksPanel
from widgets.slice_view import SliceView

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
VISTA = ClickedModel("vista", "VISTA3D", ("Liver", "Left kidney", "Spleen"), may_choose=True, may_add=True)
EDIT = ClickedModel("edit", "DeepEdit", ("Spleen", "Liver"))


def oblique() -> Geometry:
    """Turned about two axes, and the slices run towards the feet."""
    c, s = np.cos(0.35), np.sin(0.35)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([1.0, 1.2, -2.0])
    affine[:3, 3] = (-20.0, 35.0, 12.0)
    return Geometry((14, 40, 50), affine)


def open_image(session: Session, geometry: Geometry, path: Path) -> None:
    voxels = np.random.default_rng(1).integers(-100, 200, geometry.shape).astype(np.int16)
    case = Case.create(path, geometry, [])
    session.set_document(Document([Volume(geometry, voxels, Quantity.HU)], case, schedule=session.schedule))
    session.presentation.center_on(geometry)
    QApplication.processEvents()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Runs that were started; nothing is computed. Their ``end`` ends them."""
    made: list[Any] = []

    def start(_session: Any, model: str, parameters: dict[str, Any], done: Callable[[Any], None], **more: Any) -> Any:
        job = SimpleNamespace(is_finished=False, is_cancelled=False, state=JobState.RUNNING, seconds=0.0, result=None)
        job.cancel = lambda: vars(job).update(is_cancelled=True)

        def end(seconds: float = 1.0) -> None:
            vars(job).update(state=JobState.DONE, seconds=seconds, result=SimpleNamespace(labels=("x",)))
            done(job)

        made.append(SimpleNamespace(model=model, prompts=parameters["prompts"], job=job, end=end))
        return job

    models = {"vista": VISTA, "edit": EDIT}
    monkeypatch.setattr("session.segmenting.start_segmentation", start)
    monkeypatch.setattr(Clicking, "_model", lambda _self, model_id: models.get(model_id))
    monkeypatch.setattr(Clicking, "_ask_for_plan", lambda _self, _model: None)
    return made


def view_of(window: MainWindow, plane: Plane = Plane.AXIAL) -> SliceView:
    view = window.grid.view(plane.value)
    assert isinstance(view, SliceView)
    return view


def click(view: SliceView, at: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseMove(view, at)
    QTest.mouseClick(view, LEFT, modifiers, at)


def middle(view: SliceView, right: int = 0, down: int = 0) -> QPoint:
    return view.rect().center() + QPoint(right, down)


def world(view: SliceView, at: QPoint) -> np.ndarray:
    assert view.state is not None
    return np.asarray(view.place.to_world(view.state.grid, at.x(), at.y()))


def lines(panel: ClicksPanel) -> list[str]:
    """All rows of the tree; those of clicks are indented."""
    found = []
    for row in range(panel.tree.topLevelItemCount()):
        item = panel.tree.topLevelItem(row)
        assert item is not None
        found.append(f"{item.text(0)}: {item.text(1)}")
        found += [f"  {item.child(n).text(0)} {item.child(n).text(1)}" for n in range(item.childCount())]
    return found


def test_clicks_go_where_the_mouse_is_in_every_view_of_an_oblique_image(
    window: MainWindow, runs: list[Any], tmp_path: Path
) -> None:
    session, grid = window.session, oblique()
    open_image(session, grid, tmp_path / "oblique.limner")
    session.clicking.choose("edit")
    wanted = []
    for plane, is_inside in ((Plane.AXIAL, True), (Plane.CORONAL, False), (Plane.SAGITTAL, True)):
        view = view_of(window, plane)
        at = middle(view, 11, -9)
        click(view, at, NONE if is_inside else SHIFT)
        np.testing.assert_allclose(session.clicking.state.given.clicks[-1].position_mm, world(view, at), atol=1e-6)
        wanted.append((voxel_of(grid, world(view, at).tolist()), is_inside))
    QTest.mouseClick(window.right.clicks.run, LEFT)
    assert runs[0].prompts == {
        "clicks": {"Spleen": [list(voxel) for voxel, is_inside in wanted if is_inside and voxel]},
        "outside": {"Spleen": [list(voxel) for voxel, is_inside in wanted if not is_inside and voxel]},
    }
    assert session.open_document.entries == []  # clicks are no changes of the case


def test_marks_are_drawn_on_their_slice_and_faintly_beside_it(case_window: MainWindow, runs: list[Any]) -> None:
    session, view = case_window.session, view_of(case_window)
    session.clicking.choose("edit")
    before = view.grab().toImage()
    click(view, middle(view, 30, 10))
    click(view, middle(view, -30, 10), SHIFT)
    assert [(mark.is_inside, mark.opacity) for mark in view.clicks.drawn] == [(True, 1.0), (False, 1.0)]
    mark, at = view.clicks.drawn[0], middle(view, 30, 10)
    assert abs(mark.x - at.x()) <= 1
    assert abs(mark.y - at.y()) <= 1
    assert view.grab().toImage() != before
    assert len(view_of(case_window, Plane.CORONAL).clicks.drawn) <= 2
    session.clicking.activate("Spleen")
    assert all(mark.opacity < 1 for mark in view.clicks.drawn)
    session.clicking.activate("Liver")  # the selected segment, too
    view.step(1)
    assert all(0 < mark.opacity < 1 for mark in view.clicks.drawn)
    view.step(1)
    assert view.clicks.drawn == ()
    view.step(-2)
    session.clicking.leave()
    assert view.clicks.drawn == ()


def test_delete_undo_redo_and_escape(case_window: MainWindow, runs: list[Any], qtbot: QtBot) -> None:
    session, view = case_window.session, view_of(case_window)
    entries = len(session.open_document.entries)
    session.clicking.choose("edit")
    for right in (-30, 0, 30):
        click(view, middle(view, right))
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert len(session.clicking.state.given.clicks) == 2
    case_window.bridge.refresh()
    assert "the last click" in case_window.bridge.qaction("edit.undo").toolTip()
    QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(session.clicking.state.given.clicks) == 1)
    case_window.bridge.refresh()
    QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | SHIFT)
    qtbot.waitUntil(lambda: len(session.clicking.state.given.clicks) == 2)
    assert len(session.open_document.entries) == entries
    QTest.mousePress(view, LEFT, NONE, middle(view, 10, 20))
    assert session.clicking.state.draft is not None
    assert len(view.clicks.drawn) == 3
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, NONE, middle(view, 10, 20))
    assert session.clicking.state.draft is None
    assert len(session.clicking.state.given.clicks) == 2


def test_a_drag_moves_the_click_before_it_is_set_down(case_window: MainWindow, runs: list[Any]) -> None:
    session, view = case_window.session, view_of(case_window)
    session.clicking.choose("edit")
    start, end = middle(view, -20), middle(view, 25, 15)
    QTest.mousePress(view, LEFT, SHIFT, start)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, LEFT, NONE, end)
    (made,) = session.clicking.state.given.clicks
    assert not made.is_inside  # as it was pressed
    np.testing.assert_allclose(made.position_mm, world(view, end), atol=1e-6)


def test_the_pointer_says_what_a_click_means(case_window: MainWindow, runs: list[Any]) -> None:
    session, view = case_window.session, view_of(case_window)
    session.clicking.choose("edit")
    QTest.mouseMove(view, middle(view))
    view.setFocus()
    ratio = view.devicePixelRatioF()

    def shows(is_inside: bool) -> bool:
        return bool(view.cursor().pixmap().toImage() == click_cursor(is_inside, ratio).pixmap().toImage())

    assert shows(True)
    QTest.keyPress(view, Qt.Key.Key_Shift)
    assert shows(False)
    QTest.keyRelease(view, Qt.Key.Key_Shift, SHIFT)
    assert shows(True)
    session.selection.update(tool=Tool.PICK)
    assert view.cursor().shape() is Qt.CursorShape.PointingHandCursor
    assert "Clicking" not in case_window.status.doing.text()
    QTest.keyClick(view, Qt.Key.Key_C)
    assert session.selection.state.tool is Tool.CLICK
    assert case_window.status.doing.text() == "Clicking on Liver"


def test_the_panel_finds_structures_by_name_and_lists_clicks(
    case_window: MainWindow, runs: list[Any], qtbot: QtBot
) -> None:
    session, view, panel = case_window.session, view_of(case_window), case_window.right.clicks
    assert not panel.isVisible()
    case_window.show_page("history")
    session.clicking.choose("vista")
    assert panel.isVisible()
    assert case_window.top.tools["tool.click"].isVisible()
    assert case_window.right.page == "segments"
    assert not panel.run.isEnabled()
    QTest.mouseClick(panel.field, LEFT)
    QTest.keyClicks(panel.field, "kid")
    popup = panel.field.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    assert [panel.field.completer().completionModel().index(0, 0).data()] == ["Left kidney"]
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: lines(panel) == ["Left kidney: "])
    qtbot.waitUntil(lambda: panel.field.text() == "")
    QTest.keyClicks(panel.field, "Stent")
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    assert lines(panel) == ["Left kidney: ", "Stent: new"]
    click(view, middle(view, 20))
    click(view, middle(view, -20), SHIFT)
    i, j, k = voxel_of(session.open_document.volume.geometry, world(view, middle(view, 20)).tolist()) or (0, 0, 0)
    assert lines(panel)[1:3] == ["Stent: new · 1 in, 1 out", f"  inside {i}, {j}, {k}"]
    first = panel.tree.topLevelItem(0)
    assert first is not None
    QTest.mouseClick(panel.tree.viewport(), LEFT, NONE, panel.tree.visualItemRect(first).center())
    assert session.clicking.state.active == "Left kidney"
    QTest.mouseClick(panel.only_around, LEFT, NONE, QPoint(8, panel.only_around.height() // 2))
    QTest.mouseClick(panel.run, LEFT)
    assert runs[0].prompts["labels"] == ["Left kidney"]
    assert runs[0].prompts["new"] == ["new 1"]
    assert runs[0].prompts["only_around_clicks"] is True
    assert panel.stop.isVisible()
    QTest.mouseClick(panel.stop, LEFT)
    assert runs[0].job.is_cancelled


def test_rows_go_to_their_click_and_delete_takes_them_away(case_window: MainWindow, runs: list[Any]) -> None:
    session, view, panel = case_window.session, view_of(case_window), case_window.right.clicks
    session.clicking.choose("edit")
    click(view, middle(view, 25, 5))
    view.step(3)
    click(view, middle(view, -25, 5))
    item = panel.tree.topLevelItem(1)
    assert item is not None
    assert item.text(0) == "Liver"
    first = session.clicking.state.given.clicks[0]
    QTest.mouseClick(panel.tree.viewport(), LEFT, NONE, panel.tree.visualItemRect(item.child(0)).center())
    np.testing.assert_allclose(session.presentation.state.crosshair_mm, first.position_mm)
    panel.tree.setFocus()
    QTest.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert first not in session.clicking.state.given.clicks
    assert len(session.clicking.state.given.clicks) == 1
    case_window.bridge.refresh()
    case_window.bridge.run("clicks.clear")
    assert lines(panel) == ["Spleen: ", "Liver: "]


def test_run_at_each_click_switches_itself_on_for_quick_models(case_window: MainWindow, runs: list[Any]) -> None:
    session, view, panel = case_window.session, view_of(case_window), case_window.right.clicks
    session.clicking.choose("edit")
    click(view, middle(view))
    assert not panel.at_once.isChecked()
    QTest.mouseClick(panel.run, LEFT)
    runs[0].end(0.8)
    assert panel.at_once.isChecked()
    assert panel.hint.text() == "A run takes about 0.8 s."
    click(view, middle(view, 20))
    click(view, middle(view, -20))
    assert [run.job.is_cancelled for run in runs] == [False, True, False]
    QTest.mouseClick(panel.at_once, LEFT, NONE, QPoint(8, panel.at_once.height() // 2))
    click(view, middle(view, 0, 20))
    assert len(runs) == 3


def test_without_a_model_the_tool_waits(case_window: MainWindow) -> None:
    assert not case_window.bridge.qaction("tool.click").isEnabled()
    assert not case_window.top.tools["tool.click"].isVisible()
    view = view_of(case_window)
    QTest.keyClick(view, Qt.Key.Key_C)
    assert case_window.session.selection.state.tool is Tool.CROSSHAIR


def test_clicks_of_touching_views_and_zoom_keep_their_place(case_window: MainWindow, runs: list[Any]) -> None:
    session, view = case_window.session, view_of(case_window)
    session.clicking.choose("edit")
    click(view, middle(view, 15, 15))
    position = session.clicking.state.given.clicks[0].position_mm
    session.presentation.update_camera(Plane.AXIAL, zoom=3.0)
    (mark,) = view.clicks.drawn
    assert view.state is not None
    x, y = view.place.to_screen(*view.state.grid.to_pixel(position))
    assert QPointF(mark.x, mark.y) == QPointF(round(x, 2), round(y, 2))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_click_becomes_a_result_and_one_entry(case_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """With a real network in a real worker."""
    pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
    pytest.importorskip("monai", reason="steps are MONAI's (install with --ai)")
    source = made_models.deepgrow_network(made_models.deepgrow(tmp_path / "grow"))
    with model_store().candidate(str(source), "Ada", lambda *_: None, lambda: False, wanted_id="grow") as candidate:
        model_store().accept(candidate)
    session, view, panel = case_window.session, view_of(case_window), case_window.right.clicks
    session.models_changed.emit()
    rows = case_window.left.models.rows
    qtbot.waitUntil(lambda: "grow" in rows or "grow" in case_window.left.models.rows, timeout=20_000)
    QTest.mouseClick(case_window.left.models.rows["grow"].button, LEFT)
    assert session.clicking.state.model is not None
    QTest.keyClicks(panel.field, "Cyst of Mrs Miller")
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    at = middle(view, 20, 10)
    click(view, at)
    voxel = voxel_of(session.open_document.volume.geometry, world(view, at).tolist())
    assert voxel is not None
    session.clicking.run()
    qtbot.waitUntil(lambda: session.open_document.preview is not None, timeout=120_000)
    preview = session.open_document.preview
    assert preview is not None
    assert [segment.name for segment in preview.segments] == ["Cyst of Mrs Miller"]
    assert preview.layers[0][voxel[::-1]] != 0
    assert "Miller" not in json.dumps(preview.parameters)
    assert preview.parameters["settings"]["prompts"] == {"clicks": {"new 1": [list(voxel)]}}
    worker = inference_client().foreign_pid
    session.clicking.set_runs_at_once(True)
    started = len(session.jobs.jobs)
    click(view, middle(view, -40, 10))
    click(view, middle(view, -40, -30), SHIFT)  # while the first one still runs
    qtbot.waitUntil(lambda: session.clicking.state.job is None, timeout=120_000)
    qtbot.waitUntil(lambda: all(job.is_finished for job in session.jobs.jobs), timeout=120_000)
    assert len(session.jobs.jobs) == started + 2
    assert inference_client().foreign_pid == worker  # giving a run up did not cost its worker
    preview = session.open_document.preview
    assert preview is not None
    prompts = preview.parameters["settings"]["prompts"]
    assert [len(prompts[kind]["new 1"]) for kind in ("clicks", "outside")] == [2, 1]
    entries = len(session.open_document.entries)
    case_window.bridge.run("preview.accept_all")
    qtbot.waitUntil(lambda: len(session.open_document.entries) == entries + 1)
    assert session.open_document.segmentation.find("Cyst of Mrs Miller") is not None
    assert len(session.clicking.state.given.clicks) == 3  # kept until the model or the image changes
