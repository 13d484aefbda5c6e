"""The half of the page Look for 3D: presets, and the transfer function."""

from __future__ import annotations

from pathlib import Path

from look_3d_parts import click, look_of
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from session.presentation import VolumeMode
from session.session import Session
from widgets.look_3d.page import LookPage
from widgets.look_3d.preset_tile import PresetTile

# Presets


def test_a_click_on_a_preset_gives_its_look_and_keeps_the_cuts(page: LookPage, session: Session) -> None:
    click(page.cuts.add_plane)
    tile = next(t for t in page.presets.tiles if t.preset.id == "ct-bone")
    click(tile)
    assert look_of(session).name == "ct-bone"
    assert look_of(session).transfer == tile.preset.look.transfer
    assert len(look_of(session).cut.planes) == 1
    QApplication.processEvents()
    assert [t.preset.id for t in page.presets.tiles if t.isChecked()] == ["ct-bone"]


def test_what_fits_the_image_stands_first(page: LookPage) -> None:
    groups = [t.preset.quantity.value for t in page.presets.tiles]
    assert groups[0] == "HU"
    assert groups.index("signal") > groups.index("any")
    assert not page.presets.tiles[-1].isVisible()
    click(page.presets.more)
    assert page.presets.tiles[-1].isVisible()


def test_a_preset_from_surfaces_shows_the_image(page: LookPage, session: Session) -> None:
    click(page.mode.modes.button(VolumeMode.SURFACES))
    click(page.presets.tiles[0])
    assert session.presentation.state.volume_mode is VolumeMode.CINEMATIC


def test_a_look_is_saved_renamed_exported_imported_and_deleted(
    page: LookPage, session: Session, case_window: MainWindow, tmp_path: Path
) -> None:
    page.matter.gloss.field.setValue(77)
    click(page.presets.save)
    QTest.keyClicks(page.presets.field, "My bones")
    QTest.keyClick(page.presets.field, Qt.Key.Key_Return)
    tile = _mine(page)
    assert tile.preset.name == "My bones"
    assert tile.preset.look.material.gloss == 0.77
    assert look_of(session).name == tile.preset.id
    menu = page.presets.preset_menu(tile)
    next(a for a in menu.actions() if a.text() == "Rename").trigger()
    QTest.keyClicks(page.presets.field, "Hip")
    QTest.keyClick(page.presets.field, Qt.Key.Key_Return)
    assert _mine(page).preset.name == "Hip"
    file = tmp_path / "hip.json"
    session.preset_store.export(_mine(page).preset, file)
    case_window.bridge.run("look.import", path=str(file))
    assert [t.preset.name for t in page.presets.tiles if t.preset.group == "Mine"] == ["Hip", "Hip 2"]
    for _ in range(2):
        menu = page.presets.preset_menu(_mine(page))
        next(a for a in menu.actions() if a.text() == "Delete").trigger()
    assert session.preset_store.presets() == ()


def _mine(page: LookPage) -> PresetTile:
    page.presets.complete()
    return next(t for t in page.presets.tiles if t.preset.group == "Mine")


def test_a_chosen_preset_that_was_folded_is_unfolded(page: LookPage, session: Session) -> None:
    last = page.presets.tiles[-1]
    assert not last.isVisible()
    session.actions["look.preset"].run(session, name=last.preset.id)
    QApplication.processEvents()
    QApplication.processEvents()
    assert last.isVisible()
    click(page.presets.more)  # folded by hand it stays folded
    QApplication.processEvents()
    assert not last.isVisible()


def test_presets_that_ship_cannot_be_deleted(page: LookPage) -> None:
    menu = page.presets.preset_menu(page.presets.tiles[0])
    states = {a.text(): a.isEnabled() for a in menu.actions() if a.text()}
    assert states == {"Use": True, "Rename": False, "Export…": True, "Delete": False}
    menu.close()


def test_escape_leaves_the_name_field(page: LookPage, session: Session) -> None:
    click(page.presets.save)
    assert page.presets.field.isVisible()
    QTest.keyClick(page.presets.field, Qt.Key.Key_Escape)
    assert not page.presets.field.isVisible()
    assert session.preset_store.presets() == ()


# Transfer function


def test_the_editor_changes_the_look_and_follows_it(page: LookPage, session: Session, case_window: MainWindow) -> None:
    before = look_of(session).transfer
    page.transfer.editor.thickness.setValue(3)
    assert look_of(session).transfer.unit_mm == 3
    case_window.bridge.run("look.undo")
    QApplication.processEvents()
    assert page.transfer.editor.function == before
    page.transfer.editor.thickness.setValue(2)
    QApplication.processEvents()
    click(page.transfer.editor.reset_button)
    assert look_of(session).transfer == before


def test_functions_are_made_from_histogram_and_segment(
    page: LookPage, session: Session, case_window: MainWindow, qtbot: QtBot
) -> None:
    before = look_of(session).transfer
    page.transfer.editor.automatic_requested.emit("histogram")
    qtbot.waitUntil(lambda: look_of(session).transfer != before)
    page.transfer.editor.automatic_requested.emit("segment")
    qtbot.waitUntil(lambda: look_of(session).transfer.range[1] < 150)  # the liver: 0 to 90
    page.segment.values.setFocus()
    QTest.keyClick(page.segment.values, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: look_of(session).of_segment(1).transfer is not None)
    QApplication.processEvents()
    page.segment.values.setFocus()
    QTest.keyClick(page.segment.values, Qt.Key.Key_Up)
    assert look_of(session).of_segment(1).transfer is None


def test_an_empty_segment_has_no_values(
    page: LookPage, session: Session, case_window: MainWindow, qtbot: QtBot
) -> None:
    told: list[str] = []
    session.messages.shown.connect(lambda message: told.append(message.text))
    case_window.bridge.run("look.segment_values", number=3)
    qtbot.waitUntil(lambda: bool(told))
    assert "no voxels" in told[0]
    assert look_of(session).of_segment(3).transfer is None
