"""The studies at the left: the shelf, pictures, recent paths, and opening by a click; the models below."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import app.window
from app.shelf_pictures import first_slice
from app.window import MainWindow
from imaging.case.images import ImageReference
from imaging.geometry import Geometry
from imaging.opening import list_series
from imaging.series import Series
from imaging.volume import Quantity, Volume
from session.presentation import Windowing
from session.session import ShelfItem
from widgets.panels.studies.model import ROW
from widgets.panels.studies.thumbnail import thumbnail

LEFT = Qt.MouseButton.LeftButton
GREY = Windowing(50, 100)


def rows(window: MainWindow) -> list[tuple[str, str]]:
    model = window.left.studies.model
    shown = [model.index(n).data(ROW) for n in range(model.rowCount())]
    return [(row.title, row.detail) for row in shown]


def click(window: MainWindow, place: int) -> None:
    listed = window.left.studies.list
    QTest.mouseClick(listed.viewport(), LEFT, pos=listed.visualRect(listed.model().index(place, 0)).center())


@pytest.fixture
def shelf_window(case_window: MainWindow) -> MainWindow:
    """The case's series, another one, and a path that was opened before."""
    geometry = case_window.session.open_document.volume.geometry
    reference = ImageReference(str(Path("image").resolve()), "series", "CT", "abdomen")
    case_window.session.open_document.case.set_images([reference])
    items = [
        ShelfItem(Path("image"), Series("series", "CT", "abdomen", geometry)),
        ShelfItem(Path("image"), Series("other", "MR", "T1 & T2", geometry, volume_count=3)),
    ]
    case_window.session.put_on_shelf(items)
    case_window.session.settings.set("recent", [str(Path("image").resolve()), "/somewhere/old study"])
    QApplication.processEvents()
    return case_window


def test_shelf_then_what_was_opened_before(shelf_window: MainWindow) -> None:
    assert rows(shelf_window) == [
        ("CT abdomen", "10 slices · open"),
        ("MR T1 & T2", "3 × 10 slices"),
        ("old study", "opened before"),
    ]


def test_studies_of_several_days_are_told_apart(shelf_window: MainWindow) -> None:
    geometry = shelf_window.session.open_document.volume.geometry
    days = ("20240101", "20230101", "")
    series = [Series(f"s{n}", "CT", "chest", geometry, study_date=day) for n, day in enumerate(days)]
    shelf_window.session.put_on_shelf([ShelfItem(Path("image"), one) for one in series])
    found = [detail for title, detail in rows(shelf_window) if title == "CT chest"]
    assert found == ["2024-01-01 · 10 slices", "2023-01-01 · 10 slices", "date unknown · 10 slices"]


def test_search(shelf_window: MainWindow) -> None:
    QTest.keyClicks(shelf_window.left.studies.search, "mr t1")
    assert [title for title, _ in rows(shelf_window)] == ["MR T1 & T2"]


def test_click_opens_series_and_recent_paths(shelf_window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    opened: list[Path] = []
    monkeypatch.setattr(app.window, "show_series", lambda _session, _path, series: shown.append(series.id))
    monkeypatch.setattr(app.window, "open_paths", lambda _session, paths: opened.extend(paths))
    for place in range(3):
        click(shelf_window, place)
    assert shown == ["other"]  # the open one is not opened again
    assert opened == [Path("/somewhere/old study")]


def test_open_series_gets_its_picture(shelf_window: MainWindow, qtbot: QtBot) -> None:
    model = shelf_window.left.studies.model
    qtbot.waitUntil(lambda: model.index(0).data(ROW).picture is not None)
    assert model.index(1).data(ROW).picture is None


@pytest.mark.parametrize(
    ("directions", "corner"),
    [
        (((1, 0, 0), (0, 1, 0), (0, 0, 1)), "top left"),  # axial as DICOM has it: right, front
        (((-1, 0, 0), (0, -1, 0), (0, 0, 1)), "bottom right"),  # axial as NIfTI's RAS has it
        (((1, 0, 0), (0, 0, -1), (0, 1, 0)), "top left"),  # coronal, head first
        (((1, 0, 0), (0, 0, 1), (0, 1, 0)), "bottom left"),  # coronal, feet first
        (((0, 1, 0), (0, 0, -1), (1, 0, 0)), "top left"),  # sagittal: front at the left
    ],
)
def test_thumbnail_is_turned_as_radiologists_look(directions: tuple[tuple[int, ...], ...], corner: str) -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.array(directions).T
    voxels = np.zeros((3, 40, 40), np.int16)
    voxels[:, :10, :10] = 100  # the first rows and columns
    image = thumbnail(Volume(Geometry(voxels.shape, affine), voxels, Quantity.SIGNAL), GREY).toImage()
    places = {"top left": (5, 5), "bottom left": (5, 90), "bottom right": (90, 90), "top right": (90, 5)}
    bright = {name for name, (x, y) in places.items() if image.pixelColor(x, y).red() > 128}
    assert bright == {corner}


def test_thumbnail_keeps_proportions() -> None:
    voxels = np.zeros((1, 20, 40), np.int16)
    picture = thumbnail(Volume(Geometry(voxels.shape, np.diag([1.0, 4.0, 1.0, 1.0])), voxels), GREY)
    assert (picture.width(), picture.height()) == (48, 96)


def test_unopened_series_get_pictures(case_window: MainWindow, shared_data: Path, qtbot: QtBot) -> None:
    folder = shared_data / "06_mr_brain_tumour_dicom"
    series = list_series(folder)
    case_window.session.put_on_shelf([ShelfItem(folder, s) for s in series])
    model = case_window.left.studies.model
    pictures = [model.index(n) for n in range(len(series))]
    qtbot.waitUntil(lambda: all(index.data(ROW).picture is not None for index in pictures), timeout=30_000)


def test_first_slice_is_the_middle_one(shared_data: Path) -> None:
    series = list_series(shared_data / "06_mr_brain_tumour_dicom")[0]
    found = first_slice(series)
    assert found is not None
    assert series.geometry is not None
    middle = series.geometry.to_world([0, 0, series.geometry.shape[0] // 2])
    np.testing.assert_allclose(found.geometry.origin_mm, middle, atol=1e-6)
    assert found.voxels.any()


def test_models_are_offered_for_a_ct_only(case_window: MainWindow, qtbot: QtBot) -> None:
    panel = case_window.left.models
    qtbot.waitUntil(panel.isVisible)
    assert case_window.top.segment_menu.actions()[0].text() == "CT anatomy (rules)"
    assert case_window.top.segment_menu.actions()[0].isEnabled()
    image = case_window.session.open_document.case.images[0]
    case_window.session.open_document.case.set_images([ImageReference(image.path, image.series_id, "MR", "head")])
    case_window.session.models_changed.emit()
    qtbot.waitUntil(lambda: not case_window.top.segment_menu.actions()[0].isEnabled())
    (action,) = case_window.top.segment_menu.actions()
    assert "MR" in action.text()


def test_segment_menu_runs_the_model(case_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(case_window.bridge, "run", lambda action_id, **arguments: ran.append((action_id, arguments)))
    qtbot.waitUntil(lambda: bool(case_window.top.segment_menu.actions()))
    case_window.top.segment_menu.actions()[0].trigger()
    assert ran == [("segment_image.run", {"model": "ct-anatomy-rules"})]


def test_empty_state_offers_recent_paths(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(app.window, "open_paths", lambda _session, paths: opened.extend(paths))
    window.session.settings.set("recent", ["/somewhere/old & new"])
    button = window.empty._recent.itemAt(1).widget()
    assert button.text() == "old && new"
    QTest.mouseClick(button, LEFT)
    assert opened == [Path("/somewhere/old & new")]
