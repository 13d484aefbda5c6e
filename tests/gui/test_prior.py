"""A prior study beside the open one: found by the left panel or the list of studies, linked by place and by scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_series import SeriesMaker
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from test_opening import wait_until_read

from app.opening import open_path
from app.window import MainWindow
from session.presentation import Layout, Plane, Windowing
from session.prior import LinkKind
from widgets.own_view_window import OwnViewWindow
from widgets.panels.studies.model import ROW
from widgets.prior_view.pane import PriorPane
from widgets.slice_view import SliceView
from widgets.study_window.window import StudyWindow
from widgets.view_grid import PRIOR, PRIOR_OPEN

LEFT = Qt.MouseButton.LeftButton
SHIFT_MM = 8.0  # how much further up the prior's table stood


@pytest.fixture
def studies(tmp_path: Path) -> tuple[Path, Path]:
    """Two studies of one patient on different frames of reference; the prior lies 8 mm higher and has more slices."""

    def now(_k: int, ds) -> None:
        ds.StudyDate, ds.BodyPartExamined = "20240301", "CHEST"

    def then(k: int, ds) -> None:
        ds.StudyDate, ds.BodyPartExamined, ds.FrameOfReferenceUID = "20190304", "CHEST", "1.2.3.4"
        ds.ImagePositionPatient = [-4.0, -6.0, 2.0 * k + SHIFT_MM]

    for name in ("now", "then"):
        (tmp_path / "images" / name).mkdir(parents=True)
    return (
        SeriesMaker(tmp_path / "images" / "now")(10, now),
        SeriesMaker(tmp_path / "images" / "then")(12, then, series="1.2.3.4.5"),
    )


@pytest.fixture
def beside(qtbot, window: MainWindow, studies: tuple[Path, Path]) -> MainWindow:
    """The window with the prior beside the open study."""
    open_path(window.session, studies[0])
    wait_until_read(qtbot, window.session)
    window.bridge.run("prior.show", folder=str(studies[1]), series="1.2.3.4.5")
    qtbot.waitUntil(lambda: isinstance(window.grid.view(PRIOR), PriorPane), timeout=30_000)
    QApplication.processEvents()
    return window


def pane(window: MainWindow) -> PriorPane:
    found = window.grid.view(PRIOR)
    assert isinstance(found, PriorPane)
    return found


def here(window: MainWindow, plane: Plane = Plane.AXIAL) -> SliceView:
    found = window.grid.view(plane.value)
    assert isinstance(found, SliceView)
    return found


def turn(view: SliceView, notches: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    middle = QPointF(view.width() / 2, view.height() / 2)
    event = QWheelEvent(
        middle, QPointF(view.mapToGlobal(middle.toPoint())), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
    QApplication.processEvents()


def number(view: SliceView) -> int:
    assert view.state is not None
    return view.state.grid.number


def linked(window: MainWindow) -> None:
    """Slice 4 of both is the same place; said by the button."""
    here(window).go_to_slice(4)
    pane(window).view.go_to_slice(4)
    QTest.mouseClick(pane(window).link, LEFT)
    assert window.session.prior.state.link is LinkKind.PLACES


def test_it_says_what_it_is_and_stands_beside_the_same_plane(beside: MainWindow) -> None:
    shown = [view for view in ("axial", "coronal", "sagittal", "3d", PRIOR) if beside.grid.view(view).isVisible()]
    assert shown == ["axial", PRIOR]
    assert pane(beside).strip.title.text() == "PRIOR 2019-03-04 · CT made by a test"
    assert pane(beside).view.accessibleName() == "PRIOR 2019-03-04"
    assert pane(beside).strip.said.text().startswith("Not linked")
    assert pane(beside).view.state.styles == ()
    assert beside.grid.view(PRIOR_OPEN).title.text() == "OPEN STUDY 2024-03-01 · CT made by a test"
    top, other_top = (view.mapTo(beside, QPoint()).y() for view in (here(beside), pane(beside).view))
    assert (top, here(beside).height()) == (other_top, pane(beside).view.height())


def test_before_it_is_linked_each_scrolls_by_itself_at_the_same_scale(beside: MainWindow) -> None:
    before = number(here(beside)), number(pane(beside).view)
    turn(pane(beside).view, 2)
    assert number(pane(beside).view) == before[1] + 2
    assert number(here(beside)) == before[0]
    turn(here(beside), 3, Qt.KeyboardModifier.ControlModifier)
    assert pane(beside).view.place.scale == pytest.approx(here(beside).place.scale)


def test_linked_by_hand_both_scroll_together_either_way(beside: MainWindow) -> None:
    linked(beside)
    assert beside.session.prior.state.offset_mm[2] == pytest.approx(SHIFT_MM)
    assert "offset" in pane(beside).strip.said.text()
    assert "+8.0 mm" in pane(beside).strip.said.text()
    turn(here(beside), 2)
    assert (number(here(beside)), number(pane(beside).view)) == (6, 6)
    turn(pane(beside).view, -3)
    assert (number(here(beside)), number(pane(beside).view)) == (3, 3)
    QTest.mouseClick(pane(beside).link, LEFT)
    turn(here(beside), 2)
    assert (number(here(beside)), number(pane(beside).view)) == (5, 3)


def test_linked_views_show_the_same_millimetres_at_the_same_pixels(beside: MainWindow) -> None:
    linked(beside)
    turn(here(beside), 4, Qt.KeyboardModifier.ControlModifier)
    beside.session.presentation.update_camera(Plane.AXIAL, pan_mm=(1.5, -0.5))
    one, other = here(beside), pane(beside).view
    assert one.state is not None
    assert other.state is not None
    for x, y in ((0.5, 0.5), (0.3, 0.6)):
        at = one.place.to_world(one.state.grid, one.width() * x, one.height() * y)
        dx, dy = one.width() * (x - 0.5), one.height() * (y - 0.5)
        there = other.place.to_world(other.state.grid, other.width() / 2 + dx, other.height() / 2 + dy)
        assert (there - at)[:2] == pytest.approx(beside.session.prior.state.offset_mm[:2], abs=1e-6)


def test_on_one_frame_of_reference_both_scroll_together_at_once(qtbot, window: MainWindow, tmp_path: Path) -> None:
    for name, low in (("one", 0.0), ("two", -6.0)):
        (tmp_path / name).mkdir()

        def bend(k: int, ds, name: str = name, low: float = low) -> None:
            ds.FrameOfReferenceUID, ds.SeriesInstanceUID = "7.7", f"7.7.{len(name)}{ord(name[0])}"
            ds.ImagePositionPatient = [-4.0, -6.0, 2.0 * k + low]

        SeriesMaker(tmp_path / name)(10, bend)
    open_path(window.session, tmp_path / "one")
    wait_until_read(qtbot, window.session)
    window.bridge.run("prior.show", folder=str(tmp_path / "two"), series=f"7.7.3{ord('t')}")
    qtbot.waitUntil(lambda: window.grid.view(PRIOR) is not None, timeout=30_000)
    assert pane(window).strip.said.text() == "Linked: same frame of reference"
    here(window).go_to_slice(4)
    assert number(pane(window).view) == 7
    assert pane(window).view.state.grid.position_mm == here(window).state.grid.position_mm
    turn(pane(window).view, 1)
    assert (number(here(window)), number(pane(window).view)) == (5, 8)
    here(window).go_to_slice(9)
    assert not pane(window).view.is_covered


def test_beyond_its_slices_the_prior_shows_nothing(beside: MainWindow) -> None:
    linked(beside)
    assert pane(beside).view.is_covered
    beside.session.prior.link_here((0, 0, 0), (0, 0, 30))
    assert not pane(beside).view.is_covered
    picture = pane(beside).view.grab().toImage()
    inner = picture.copy(8, 8, picture.width() - 16, 60)
    assert np.frombuffer(inner.constBits(), np.uint32).max() == 0xFF000000


def test_windows_are_separate(beside: MainWindow) -> None:
    before = pane(beside).view.state.windowing
    beside.session.presentation.update(windowing=Windowing(-600, 1500))
    assert pane(beside).view.state.windowing == before
    pane(beside).view.session.presentation.update(windowing=Windowing(1, 2))
    assert here(beside).state.windowing == Windowing(-600, 1500)


def test_the_plane_is_changed_for_both(beside: MainWindow) -> None:
    linked(beside)
    next(one for one in pane(beside).planes.actions() if one.text() == "Coronal").trigger()
    QApplication.processEvents()
    assert here(beside, Plane.CORONAL).isVisible()
    assert not here(beside, Plane.AXIAL).isVisible()
    assert pane(beside).view.plane is Plane.CORONAL
    turn(here(beside, Plane.CORONAL), 2)
    assert number(pane(beside).view) == number(here(beside, Plane.CORONAL))


def test_it_goes_to_another_monitor_and_stays_linked(qtbot, beside: MainWindow) -> None:
    linked(beside)
    beside.bridge.qaction("prior.own_window").trigger()
    (shown,) = [w for w in beside.findChildren(OwnViewWindow) if w.isVisible()]
    qtbot.waitExposed(shown)
    assert shown.windowTitle() == "PRIOR 2019-03-04 · CT made by a test – Limner"
    assert all(here(beside, plane).isVisible() for plane in Plane)
    turn(here(beside), 2)
    assert number(pane(beside).view) == 6
    assert pane(beside).view.place.scale == pytest.approx(here(beside).place.scale)
    beside.bridge.run("prior.plane", plane="sagittal")
    QApplication.processEvents()
    assert pane(beside).window() is shown
    assert pane(beside).view.plane is Plane.SAGITTAL
    beside.bridge.run("prior.end")
    QApplication.processEvents()
    assert [w for w in beside.findChildren(OwnViewWindow) if w.isVisible()] == []
    assert beside.grid.view(PRIOR) is None


def test_closing_gives_the_layout_back(beside: MainWindow) -> None:
    QTest.mouseClick(pane(beside).end, LEFT)
    QApplication.processEvents()
    assert beside.grid.view(PRIOR) is None
    assert beside.grid.view(PRIOR_OPEN) is None
    assert beside.session.presentation.state.layout is Layout.FOUR
    assert all(here(beside, plane).isVisible() for plane in Plane)
    assert beside.session.prior.state.beside is None


def test_another_document_ends_it(qtbot, beside: MainWindow, studies: tuple[Path, Path]) -> None:
    before = beside.session.document
    open_path(beside.session, studies[1])
    qtbot.waitUntil(lambda: beside.session.document is not before, timeout=30_000)
    wait_until_read(qtbot, beside.session)
    assert beside.grid.view(PRIOR) is None


def test_the_left_panel_offers_it(qtbot, window: MainWindow, studies: tuple[Path, Path]) -> None:
    open_path(window.session, studies[0].parent)
    wait_until_read(qtbot, window.session)
    rows = [window.left.studies.model.index(n).data(ROW) for n in range(window.left.studies.model.rowCount())]
    shut = next(row for row in rows if row.item is not None and not row.is_open)
    is_open = next(row for row in rows if row.is_open)
    assert not window.left.studies.menu_for(is_open).actions()[1].isEnabled()
    window.left.studies.menu_for(shut).actions()[1].trigger()
    qtbot.waitUntil(lambda: window.grid.view(PRIOR) is not None, timeout=30_000)


def test_the_list_of_studies_offers_it_for_an_earlier_study(qtbot, window: MainWindow, studies) -> None:
    open_path(window.session, studies[0])
    wait_until_read(qtbot, window.session)
    window.session.actions.run_with_texts("studies.show", window.session, {})
    listed = window.findChild(StudyWindow)
    listed.add_folder(studies[0].parent)
    qtbot.waitUntil(lambda: len(listed.table.rows_model.rows) == 2, timeout=30_000)
    listed.table.select_where(lambda row: row.date == "20240301")
    qtbot.waitUntil(
        lambda: any(getattr(row, "date", "") == "20190304" for row in listed.content.rows()), timeout=30_000
    )
    places = [n for n in range(listed.content.count()) if listed.content.item(n).flags()]
    listed.content.setCurrentRow(places[-1])
    qtbot.waitUntil(listed.beside.isEnabled)
    QTest.mouseClick(listed.beside, LEFT)
    qtbot.waitUntil(lambda: window.grid.view(PRIOR) is not None, timeout=30_000)
    assert pane(window).strip.title.text().startswith("PRIOR 2019-03-04")
    listed.close()
    listed.browsing.close()
