"""The half of the page Look for 3D: cuts, and how the selected segment looks."""

from __future__ import annotations

import pytest
from look_3d_parts import click, drag, look_of
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from session.look.inside import Inside, Region
from session.look.segment_look import Visibility
from session.session import Session
from widgets.look_3d.page import LookPage
from widgets.look_3d.range_slider import RangeSlider

# Cuts


def test_a_plane_through_the_crosshair_is_added_turned_and_removed(page: LookPage, session: Session) -> None:
    session.presentation.update(crosshair_mm=(5.0, 6.0, 7.0))
    click(page.cuts.add_plane)
    plane = look_of(session).cut.planes[0]
    assert plane.point_mm == (5.0, 6.0, 7.0)
    assert plane.normal == (0.0, 1.0, 0.0)  # the default camera stands before the patient
    names = [w.text() for w in page.cuts.findChildren(QWidget) if hasattr(w, "text") and "Plane" in str(w.text())]
    assert names == ["Plane 1, from the front"]
    click(_tool(page.cuts, "Keep the other side of plane 1"))
    assert look_of(session).cut.planes[0].normal == (0.0, -1.0, 0.0)
    click(_tool(page.cuts, "Remove plane 1"))
    assert look_of(session).cut.planes == ()


def _tool(parent: QWidget, name: str) -> QWidget:
    return next(w for w in parent.findChildren(QWidget) if w.accessibleName() == name and w.isVisible())


def test_the_crop_box_and_its_ranges(page: LookPage, session: Session) -> None:
    assert not page.cuts.ranges[0][1].isVisible()
    click(page.cuts.box)
    assert not look_of(session).cut.box.is_whole
    name, slider = page.cuts.ranges[1]
    assert name.text() == "A – P"
    steps = session.looks
    drag(slider, slider.place_of(slider.values[0]), slider.place_of(0.5))
    assert look_of(session).cut.box.low[1] == pytest.approx(0.5, abs=0.03)
    steps.undo()
    assert look_of(session).cut.box.low[1] < 0.2
    QApplication.processEvents()
    click(page.cuts.box)
    assert look_of(session).cut.box.is_whole


def test_only_the_inside_of_the_body_is_shown_and_undone(page: LookPage, session: Session) -> None:
    inside = page.cuts.inside
    before = look_of(session).inside
    assert before == Inside()
    assert not inside.below.isVisible()
    inside.region.setFocus()
    QTest.keyClick(inside.region, Qt.Key.Key_Down)
    QApplication.processEvents()
    assert look_of(session).inside == Inside(Region.BODY)
    assert inside.below.isVisible()
    inside.below.field.setValue(8)
    assert look_of(session).inside == Inside(Region.BODY, 8)
    session.looks.undo()
    session.looks.undo()
    QApplication.processEvents()
    assert look_of(session).inside == before
    assert inside.region.currentData() == Region.EVERYTHING
    page._bridge.run("look.toggle_inside_body")
    QApplication.processEvents()
    assert inside.region.currentData() == Region.BODY


def test_the_way_to_the_segment_is_opened_and_closed(page: LookPage, session: Session) -> None:
    assert page.cuts.away.text() == "Open the way to liver"
    click(page.cuts.away)
    cutaway = look_of(session).cut.cutaway
    assert cutaway is not None
    assert cutaway.segments == (1,)
    page.cuts.margin.field.setValue(20)
    cutaway = look_of(session).cut.cutaway
    assert cutaway is not None
    assert cutaway.margin_mm == 20
    session.selection.update(segment_number=2)
    QApplication.processEvents()
    assert page.cuts.away.text() == "Open the way to liver"
    click(page.cuts.away)
    assert look_of(session).cut.cutaway is None


def test_a_range_slider_moves_as_a_whole_and_its_handles_do_not_pass_each_other(qtbot: QtBot) -> None:
    slider = RangeSlider("range")
    qtbot.addWidget(slider)
    slider.resize(212, 20)
    slider.show()
    slider.set_values(0.2, 0.6)
    drag(slider, slider.place_of(0.4), slider.place_of(0.9))
    assert slider.values == pytest.approx((0.6, 1.0), abs=0.01)
    drag(slider, slider.place_of(slider.values[0]), QPointF(211, 10))
    assert slider.values[0] < slider.values[1] == 1.0


# The selected segment


def test_segment_is_shown_as_a_ghost_tinted_and_reset(page: LookPage, session: Session) -> None:
    assert page.segment.name.text() == "liver"
    click(page.segment.visibility.button(Visibility.GHOST))
    assert look_of(session).of_segment(1).visibility is Visibility.GHOST
    page.segment.tint.field.setValue(60)
    page.segment.solidity.field.setValue(30)
    page.segment.gloss.field.setValue(80)
    click(page.segment.is_cut)
    own = look_of(session).of_segment(1)
    assert (own.tint, own.solidity, own.gloss, own.is_clipped) == (0.6, 0.3, 0.8, False)
    assert look_of(session).of_segment(2).tint == 0
    session.selection.update(segment_number=2)
    QApplication.processEvents()
    assert page.segment.name.text() == "spleen"
    assert page.segment.tint.value == 0
    click(page.segment.buttons["look.reset_segments"])
    assert look_of(session).segments == ()


def test_isolating_is_a_switch(page: LookPage, session: Session) -> None:
    session.presentation.update(hidden_segments=frozenset({1, 2}))
    isolate = page.segment.buttons["look.isolate_segment"]
    click(isolate)
    look = look_of(session)
    assert [look.of_segment(n).visibility for n in (1, 2, 3)] == ["shown", "hidden", "hidden"]
    assert look.rest.visibility is Visibility.HIDDEN
    assert session.presentation.state.hidden_segments == {2}  # what is to be seen must be visible
    QApplication.processEvents()
    assert isolate.isChecked()
    click(isolate)
    assert look_of(session).of_segment(2).visibility is Visibility.SHOWN
    QApplication.processEvents()
    assert not isolate.isChecked()


def test_row_menu_says_how_the_segment_looks_in_3d(page: LookPage, session: Session, case_window: MainWindow) -> None:
    rows = case_window.right.segments.list
    index = rows.filter.index(1, 0)
    rows.setCurrentIndex(index)
    menu = rows.row_menu(index)
    inner = next(a.menu() for a in menu.actions() if a.text() == "In 3D")
    ghost = next(a for a in inner.actions() if a.text() == "Ghost")
    ghost.trigger()
    assert look_of(session).of_segment(2).visibility is Visibility.GHOST
    next(a for a in inner.actions() if a.objectName() == "look.solo_segment").trigger()
    assert look_of(session).of_segment(2).visibility is Visibility.SHOWN
    assert look_of(session).of_segment(1).visibility is Visibility.GHOST
    menu.close()


def test_without_a_segment_there_is_nothing_to_set(page: LookPage, session: Session) -> None:
    session.selection.update(segment_number=None)
    QApplication.processEvents()
    assert page.segment.nothing.isVisible()
    assert not page.segment.own.isVisible()
