"""The half of the page Look for 3D: modes, light, lens, and the page as a whole."""

from __future__ import annotations

import numpy as np
import pytest
from look_3d_parts import LEFT, click, drag, handle_of, look_of
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from session.look.arranging_lights import FILL
from session.look.lighting import MOST_LIGHTS, Lighting, LightShape
from session.look.look import Look
from session.presentation import VolumeCamera, VolumeMode
from session.session import Session
from widgets import theme
from widgets.dialogs.color import ColorDialog
from widgets.look_3d.light_sphere import angles, direction, disc_direction, disc_place
from widgets.look_3d.page import LookPage

# The switch


def test_the_half_is_remembered_and_made_when_it_is_looked_at(case_window: MainWindow) -> None:
    panel = case_window.right.look
    assert panel.pages.count() == 1
    case_window.show_page("look")
    QTest.mouseClick(panel.switch.button("3d"), LEFT)
    assert panel.pages.count() == 2
    assert panel.three_d.isVisible()
    assert case_window.session.settings["panel.look_page"] == "3d"
    QTest.mouseClick(panel.switch.button("slices"), LEFT)
    assert panel.slices.isVisible()
    assert not panel.three_d.isVisible()


# Mode


def test_modes_change_the_view_and_bring_the_default_look(page: LookPage, session: Session) -> None:
    assert look_of(session).name
    click(page.mode.modes.button(VolumeMode.RAYCAST))
    assert session.presentation.state.volume_mode is VolumeMode.RAYCAST
    assert not page.sections["lens"].isVisible()
    click(page.mode.modes.button(VolumeMode.SURFACES))
    assert session.presentation.state.volume_mode is VolumeMode.SURFACES
    assert not page.sections["light"].isVisible()
    assert page.sections["presets"].isVisible()


def test_a_key_goes_round_the_modes(page: LookPage, session: Session, case_window: MainWindow) -> None:
    for mode in (VolumeMode.SURFACES, VolumeMode.RAYCAST, VolumeMode.CINEMATIC):
        QTest.keyClick(case_window, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
        assert session.presentation.state.volume_mode is mode
        QApplication.processEvents()
        assert page.mode.modes.key == mode


def test_what_draws_is_chosen_and_told(page: LookPage, session: Session) -> None:
    combo = page.mode.backend
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert session.settings["three_d.backend"] == "glsl"
    session.three_d.update(
        mode=VolumeMode.CINEMATIC, backend="glsl", device="Some card", samples=64, target_samples=256, noise=0.021,
        note="Reduced to 1/2: graphics memory.",
    )  # fmt: skip
    assert "Some card" in page.mode.status.text()
    assert "64 of 256" in page.mode.status.text()
    assert "2.1 %" in page.mode.status.text()
    assert "graphics memory" in page.mode.status.text()
    assert page.mode.progress.value() == 250
    session.three_d.update(samples=256)
    assert page.mode.progress.value() == 1000


# Light


@pytest.mark.parametrize("azimuth", [-180.0, -120.0, -30.0, 0.0, 45.0, 90.0, 150.0])
@pytest.mark.parametrize("elevation", [-80.0, -20.0, 0.0, 60.0])
def test_the_sphere_shows_each_direction_at_its_own_place(azimuth: float, elevation: float) -> None:
    towards = direction(azimuth, elevation)
    again = disc_direction(*disc_place(*towards))
    np.testing.assert_allclose(again, towards, atol=1e-6)
    np.testing.assert_allclose(direction(*angles(*again)), towards, atol=1e-6)


def test_the_light_is_dragged_in_one_step(page: LookPage, session: Session) -> None:
    before = look_of(session).lighting
    sphere = page.light.sphere
    middle = QPointF(sphere.width() / 2, sphere.height() / 2)
    seen = []
    session.presentation.changed.connect(lambda _before, after: seen.append(after.look.lighting.azimuth_deg))
    drag(sphere, sphere.handle(), middle + QPointF(-20, 0))
    light = look_of(session).lighting
    assert len(seen) >= 4  # live
    assert light.azimuth_deg < -20
    assert light.elevation_deg == pytest.approx(0, abs=3)
    assert page.light.azimuth.value() == pytest.approx(light.azimuth_deg, abs=1)
    session.looks.undo()
    assert look_of(session).lighting == before


def test_the_light_goes_behind_at_the_rim_and_comes_back_by_a_double_click(page: LookPage, session: Session) -> None:
    sphere = page.light.sphere
    drag(sphere, sphere.handle(), QPointF(sphere.width() - 9.0, sphere.height() / 2))
    assert 90 < look_of(session).lighting.azimuth_deg < 180
    QTest.mouseDClick(sphere, LEFT)
    assert look_of(session).lighting.azimuth_deg == Lighting.azimuth_deg
    assert look_of(session).lighting.elevation_deg == Lighting.elevation_deg


def test_arrows_move_the_light(page: LookPage, session: Session) -> None:
    before = look_of(session).lighting
    page.light.sphere.setFocus()
    QTest.keyClick(page.light.sphere, Qt.Key.Key_Right)
    QTest.keyClick(page.light.sphere, Qt.Key.Key_Down)
    after = look_of(session).lighting
    assert after.azimuth_deg == pytest.approx(before.azimuth_deg + 5)
    assert after.elevation_deg == pytest.approx(before.elevation_deg - 5)


def test_lights_are_added_chosen_changed_and_removed(page: LookPage, session: Session) -> None:
    lights, before = page.light.lights, look_of(session)
    assert not lights.choice.isVisible()
    click(lights.add)
    assert [light.azimuth_deg for light in look_of(session).lighting.lights] == [
        before.lighting.azimuth_deg, FILL.azimuth_deg,
    ]  # fmt: skip
    assert lights.choice.isVisible()
    assert lights.choice.key == "1"  # the new one is chosen
    assert page.light.azimuth.value() == FILL.azimuth_deg
    page.light.strength.field.setValue(150)
    QTest.keyClick(page.light.sphere, Qt.Key.Key_Up)
    added = look_of(session).lighting.lights[1]
    assert added.strength == 1.5
    assert added.elevation_deg == FILL.elevation_deg + 5
    assert look_of(session).lighting.lights[0] == before.lighting.lights[0]
    click(lights.choice.button("0"))
    assert page.light.azimuth.value() == before.lighting.azimuth_deg
    click(lights.choice.button("1"))
    click(lights.remove)
    assert look_of(session) == before
    assert not lights.choice.isVisible()
    session.looks.undo()
    assert look_of(session).lighting.lights[1] == added


def test_there_are_no_more_lights_than_can_be_drawn(page: LookPage, session: Session) -> None:
    for _ in range(MOST_LIGHTS - 1):
        click(page.light.lights.add)
    assert len(look_of(session).lighting.lights) == MOST_LIGHTS
    assert not page.light.lights.add.isEnabled()
    assert len({(light.azimuth_deg, light.elevation_deg) for light in look_of(session).lighting.lights}) == MOST_LIGHTS


def test_three_point_light_is_one_click_and_one_step(page: LookPage, session: Session) -> None:
    before = look_of(session)
    click(page.light.lights.three)
    lighting = look_of(session).lighting
    assert lighting.lights[0] == before.lighting.lights[0]
    assert page.light.lights.names(lighting.lights) == ["Key", "Fill", "Rim"]
    assert [page.light.lights.choice.button(str(n)).isVisible() for n in range(MOST_LIGHTS)] == [True] * 3 + [False]
    session.looks.undo()
    assert look_of(session) == before


def test_a_light_has_a_shape(page: LookPage, session: Session) -> None:
    assert not page.light.aspect.isVisible()
    page.light.shape.setFocus()
    QTest.keyClick(page.light.shape, Qt.Key.Key_Down)
    QApplication.processEvents()
    assert look_of(session).lighting.shape is LightShape.RECTANGLE
    page.light.aspect.field.setValue(3)
    assert look_of(session).lighting.aspect == 3


def test_a_light_has_a_colour(page: LookPage, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ColorDialog, "exec", lambda dialog: dialog._choose((255, 0, 51)))
    click(page.light.color)
    assert look_of(session).lighting.color == (1.0, 0.0, 0.2)


SLIDERS = (
    ("light", "strength", "lighting.strength"),
    ("light", "softness", "lighting.size_deg"),
    ("light", "sky", "lighting.sky_strength"),
    ("matter", "gloss", "material.gloss"),
    ("matter", "surface", "material.surface"),
    ("matter", "density", "material.density"),
    ("matter", "ghost", "ghost"),
    ("lens", "aperture", "lens.aperture_mm"),
)


def number_of(look: Look, field: str) -> float:
    found: object = look
    for step in field.split("."):
        found = getattr(found, step)
    assert isinstance(found, float)
    return found


def test_each_slider_is_live_and_one_step(page: LookPage, session: Session) -> None:
    looks: list[Look] = []
    session.presentation.changed.connect(lambda _before, after: looks.append(after.look))
    for part, name, field in SLIDERS:
        slider = getattr(getattr(page, part), name).slider
        before, start = number_of(look_of(session), field), handle_of(slider)
        looks.clear()
        drag(slider, start, QPointF(slider.width() * 0.8, start.y()))
        assert len({number_of(look, field) for look in looks}) >= 3, field  # live
        after = number_of(look_of(session), field)
        assert after != before, field
        session.looks.undo()
        assert number_of(look_of(session), field) == before, field
        session.looks.redo()
        assert number_of(look_of(session), field) == after, field


def test_exposure_by_itself_or_by_stops(page: LookPage, session: Session) -> None:
    assert not page.light.stops.isEnabled()
    click(page.light.automatic)
    assert not look_of(session).exposure.is_automatic
    page.light.stops.field.setValue(1.5)
    assert look_of(session).exposure.stops == 1.5


def test_the_wheel_is_left_to_the_page_until_the_slider_has_the_focus(page: LookPage, session: Session) -> None:
    slider = page.light.strength.slider
    before = look_of(session)
    assert not _wheel(slider)  # not taken: Qt gives it to the scrolling page
    assert look_of(session) == before
    slider.setFocus()
    assert _wheel(slider)
    assert look_of(session).lighting.strength > before.lighting.strength


def _wheel(target: QWidget) -> bool:
    """Turn the wheel over a widget; True when it took the event."""
    middle = QPointF(target.rect().center())
    event = QWheelEvent(
        middle, target.mapToGlobal(middle), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(target, event)
    return event.isAccepted()


# Lens, background, quality


def test_focus_at_the_crosshair_needs_a_camera_and_an_aperture(page: LookPage, session: Session) -> None:
    assert not page.lens.at_crosshair.isEnabled()
    page.lens.aperture.field.setValue(5)
    QApplication.processEvents()
    session.presentation.update(
        volume_camera=VolumeCamera((0.0, -100.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)), crosshair_mm=(5.0, 20.0, 0.0)
    )
    click(page.lens.at_crosshair)
    assert look_of(session).lens.focus_mm == pytest.approx(120)
    QApplication.processEvents()
    click(page.lens.at_middle)
    assert look_of(session).lens.focus_mm is None


def test_focus_at_the_crosshair_of_a_view_that_nobody_turned(page: LookPage, session: Session) -> None:
    page.lens.aperture.field.setValue(5)
    session.presentation.update(volume_camera=None, crosshair_mm=(5.0, 20.0, 0.0))
    QApplication.processEvents()
    click(page.lens.at_crosshair)
    assert look_of(session).lens.focus_mm is None  # nothing was drawn yet
    session.three_d.update(camera=VolumeCamera((0.0, -200.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    click(page.lens.at_crosshair)
    assert look_of(session).lens.focus_mm == pytest.approx(220)


def test_where_nothing_can_be_drawn_the_page_says_why(page: LookPage, session: Session) -> None:
    session.three_d.update(problem="OpenGL 3.2 is missing.")
    QApplication.processEvents()
    QApplication.processEvents()
    assert page.mode.status.text() == "OpenGL 3.2 is missing."
    assert not any(page.mode.modes.button(mode).isEnabled() for mode in VolumeMode)
    assert not any(section.isVisible() for section in page.sections.values())
    session.three_d.update(problem="")
    QApplication.processEvents()
    QApplication.processEvents()
    assert all(page.mode.modes.button(mode).isEnabled() for mode in VolumeMode)
    assert page.sections["light"].isVisible()


def test_the_page_is_made_section_by_section(case_window: MainWindow, qtbot: QtBot) -> None:
    case_window.show_page("look")
    case_window.right.look.show_page("3d")
    made = case_window.right.look.three_d
    assert not made.sections
    qtbot.waitUntil(lambda: len(made.sections) == 8 and len(made.presets.tiles) >= 14)
    column = made.layout()
    places = [column.indexOf(section) for section in made.sections.values()]
    assert places == sorted(places)
    assert min(places) > column.indexOf(made.mode)
    assert case_window.isActiveWindow()  # no section was ever a window


def test_background_and_quality(page: LookPage, session: Session) -> None:
    page.background.choice.setFocus()
    QTest.keyClick(page.background.choice, Qt.Key.Key_End)
    assert look_of(session).background.top == (1.0, 1.0, 1.0)
    page.quality.samples.setFocus()
    QTest.keyClick(page.quality.samples, Qt.Key.Key_Home)
    assert session.settings["three_d.samples"] == 16
    click(page.quality.denoise)
    assert not session.settings["three_d.denoise"]


# The whole page


@pytest.mark.parametrize("text_scale", [1.0, 2.0])
def test_nothing_is_cut_off_in_the_smallest_window(
    page: LookPage, session: Session, case_window: MainWindow, qtbot: QtBot, text_scale: float
) -> None:
    session.looks.change(look_of(session))
    case_window.bridge.run("look.toggle_crop_box")
    case_window.bridge.run("look.add_clip_plane")
    case_window.bridge.run("look.cut_away")
    session.settings.set("look.text_scale", text_scale)
    case_window.resize(1100, 700)
    QApplication.processEvents()
    area = case_window.right.look.pages.currentWidget()
    assert isinstance(area, QScrollArea)
    assert page.width() <= area.viewport().width()
    for widget in page.findChildren(QWidget):
        if widget.isVisible() and widget.parentWidget() is not None and widget.window() is case_window:
            place = QRect(widget.mapTo(page, QPoint(0, 0)), widget.size())
            assert page.rect().contains(place), f"{widget} {widget.accessibleName()}"
    theme.apply(QApplication.instance(), "dark", 1.0)  # type: ignore[arg-type]


def test_sections_stay_closed(page: LookPage, session: Session) -> None:
    QTest.mouseClick(page.sections["light"].header, LEFT)
    assert not page.light.isVisible()
    assert "light" in session.settings["panel.closed_sections"]
    QTest.mouseClick(page.sections["light"].header, LEFT)
    assert "light" not in session.settings["panel.closed_sections"]


def test_undo_and_redo_of_the_look_leave_the_case_alone(
    page: LookPage, session: Session, case_window: MainWindow
) -> None:
    entries = len(session.open_document.entries)
    page.matter.gloss.field.setValue(90)
    QApplication.processEvents()
    QTest.keyClick(case_window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert look_of(session).material.gloss != 0.9
    case_window.bridge.run("look.redo")
    assert look_of(session).material.gloss == 0.9
    assert len(session.open_document.entries) == entries
