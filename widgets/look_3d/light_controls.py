"""The lights of a cinematic picture: where they stand, how strong and soft they are, the sky, the exposure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from session.look import arranging_lights
from session.look.lighting import Lighting, LightShape
from session.look.look import Look
from session.presentation import VolumeMode
from widgets import icons, theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import IconButton, text_button
from widgets.dialogs.color import ColorDialog
from widgets.labels import ElidedLabel, label
from widgets.look_3d.light_list import LightList
from widgets.look_3d.light_sphere import LightSphere
from widgets.look_3d.live_slider import FIELD_PX, LiveSlider
from widgets.look_3d.part import LookPart, check_box, row, set_checked
from widgets.number_field import NumberField
from widgets.quiet_combo import QuietCombo
from widgets.transfer_function.point_fields import to_bytes

PICTURES = "*.hdr *.exr *.png *.jpg *.jpeg *.tif *.tiff"
STRONGEST = 4.0
WIDEST_DEG = 90.0
STOPS = 6.0
LONGEST = 5.0  # of a rectangle, by its height
SWATCH_PX = 14


class LightControls(LookPart):
    """A list of lights; a ball for the direction of the chosen one, and sliders."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self._place = 0  # of the chosen light
        self.lights = LightList()
        self.column.addWidget(self.lights)
        self.sphere = LightSphere()
        self.azimuth = NumberField(self.tr("Light from the right"), -180, 180, "°", 0)
        self.elevation = NumberField(self.tr("Light from above"), -90, 90, "°", 0)
        self.turns = check_box(
            self.tr("Turns with camera"), self.tr("The light stays beside the viewer; otherwise beside the patient")
        )
        self.column.addWidget(row(self.sphere, self._angles(), spacing=12))
        self.strength = self._add_light_slider(
            LiveSlider(self.tr("Strength"), 0, STRONGEST * 100, "%"), "strength", 100
        )
        self._cinematic = QWidget()
        self._add_cinematic()
        self.column.addWidget(self._cinematic)
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()
        self.sphere.moved.connect(self._sphere_moved)
        self.azimuth.valueChanged.connect(lambda value: self._change_light("angles", azimuth_deg=value))
        self.elevation.valueChanged.connect(lambda value: self._change_light("angles", elevation_deg=value))
        self.turns.toggled.connect(lambda on: self._change_light("", turns_with_camera=on))
        self.lights.chosen.connect(self._choose)
        self.lights.addition_wanted.connect(self._add)
        self.lights.removal_wanted.connect(self._remove)
        self.lights.three_wanted.connect(lambda: self._arrange(arranging_lights.three_point(self._lighting), 0))

    def show_look(self, look: Look) -> None:
        """Show the look's light; ray casting knows less of it."""
        lights = look.lighting.lights
        self._place = min(self._place, len(lights) - 1)
        light = lights[self._place]
        super().show_look(look)  # the sliders are about the chosen light
        self.lights.show_lights(lights, self._place)
        self.sphere.set_angles(light.azimuth_deg, light.elevation_deg)
        self.sphere.set_others([(o.azimuth_deg, o.elevation_deg) for n, o in enumerate(lights) if n != self._place])
        for field, value in ((self.azimuth, light.azimuth_deg), (self.elevation, light.elevation_deg)):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        set_checked(self.turns, light.turns_with_camera)
        self._cinematic.setVisible(self.session.presentation.state.volume_mode is VolumeMode.CINEMATIC)
        side = theme.current().px(SWATCH_PX)
        rgb = to_bytes(light.color)
        self.color.setIcon(QIcon(icons.swatch(rgb, QSize(side, side), self.devicePixelRatioF())))
        self.shape.choose(light.shape)
        self.aspect.setVisible(light.shape is LightShape.RECTANGLE)
        environment = look.lighting.environment
        self.environment.setText(Path(environment).name if environment else self.tr("none"))
        self.environment.setToolTip(environment)
        self.no_environment.setVisible(bool(environment))
        self.turn.setVisible(bool(environment))
        set_checked(self.automatic, look.exposure.is_automatic)
        self.stops.setEnabled(not look.exposure.is_automatic)

    def _fit_text(self) -> None:
        for field in (self.azimuth, self.elevation):
            field.setFixedWidth(theme.current().px(FIELD_PX))

    def _angles(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addStretch(1)
        for name, field in ((self.tr("From the right"), self.azimuth), (self.tr("From above"), self.elevation)):
            column.addWidget(row(label(name, "dim"), None, field))
        column.addWidget(self.turns)
        column.addStretch(1)
        return made

    def _add_cinematic(self) -> None:
        """What only the path tracer knows."""
        whole, self.column = self.column, QVBoxLayout(self._cinematic)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(whole.spacing())
        hint = self.tr("How wide the light is: small makes hard shadows, large soft ones")
        self.softness = self._add_light_slider(
            LiveSlider(self.tr("Softness"), 1, WIDEST_DEG, "°", hint=hint, is_logarithmic=True), "size_deg"
        )
        self._add_shape()
        hint = self.tr("Light from all sides, which fills the shadows")
        self.sky = self.add_slider(LiveSlider(self.tr("Sky"), 0, 200, "%", hint=hint), "lighting", "sky_strength", 100)
        self._add_environment()
        self.turn = self.add_slider(
            LiveSlider(self.tr("Turned by"), -180, 180, "°"), "lighting", "environment_turn_deg"
        )
        self.automatic = check_box(self.tr("Exposure by itself"), self.tr("As bright as the picture needs"))
        self.automatic.toggled.connect(lambda on: self.change("exposure", "", is_automatic=on))
        self.column.addWidget(self.automatic)
        self.stops = self.add_slider(LiveSlider(self.tr("Exposure"), -STOPS, STOPS, "EV", 1), "exposure", "stops")
        self.column = whole

    def _add_shape(self) -> None:
        """What the chosen light looks like."""
        self.shape = QuietCombo(
            self.tr("Shape of the light"),
            [(LightShape.DISC, self.tr("Disc")), (LightShape.RECTANGLE, self.tr("Rectangle"))],
        )
        self.shape.activated.connect(lambda _row: self._change_light("", shape=LightShape(self.shape.currentData())))
        self.color = text_button(self.tr("Colour…"), self._choose_color)
        self.column.addWidget(row(label(self.tr("Shape"), "dim"), None, self.shape, self.color))
        hint = self.tr("How much wider than high the rectangle is")
        self.aspect = self._add_light_slider(
            LiveSlider(self.tr("Width"), 1 / LONGEST, LONGEST, "×", 2, hint=hint, is_logarithmic=True), "aspect"
        )

    def _add_light_slider(self, slider: LiveSlider, field: str, factor: float = 1.0) -> LiveSlider:
        """A slider for a number of the chosen light."""
        self._sliders.append((slider, lambda look: getattr(look.lighting.lights[self._place], field) * factor))
        slider.moved.connect(lambda value, is_final: self._change_light(field, is_final, **{field: value / factor}))
        self.column.addWidget(slider)
        return slider

    def _add_environment(self) -> None:
        self.environment = ElidedLabel("")
        self.environment.setAccessibleName(self.tr("Environment picture"))
        self.choose = text_button(self.tr("Choose…"), self._choose_environment)
        self.choose.setToolTip(
            self.tr("A picture of all directions (twice as wide as high) as light in place of the sky")
        )
        self.no_environment = IconButton(
            "x", self.tr("No environment picture"), lambda: self.change("lighting", "", environment="")
        )
        name = label(self.tr("Surroundings"), "dim")
        line = row(name, self.environment, self.no_environment, self.choose)
        layout = line.layout()
        assert layout is not None
        layout.setStretch(1, 1)  # type: ignore[attr-defined]
        self.column.addWidget(line)

    @property
    def _lighting(self) -> Lighting:
        return self.session.looks.current.lighting

    def _change_light(self, what: str, is_final: bool = True, **fields: Any) -> None:
        """Change fields of the chosen light; ``what`` names the control, empty for a step of its own."""
        lighting = arranging_lights.with_light(self._lighting, self._place, **fields)
        tag = f"light.{self._place}.{what}" if what else ""
        self.session.looks.change(replace(self.session.looks.current, lighting=lighting), tag, is_final=is_final)

    def _arrange(self, lighting: Lighting, place: int) -> None:
        """Show other lights, and choose one."""
        self._place = place
        self.session.looks.change(replace(self.session.looks.current, lighting=lighting))

    def _choose(self, place: int) -> None:
        self._place = place
        self.show_look(self.session.looks.current)

    def _add(self) -> None:
        self._arrange(arranging_lights.with_another_light(self._lighting), len(self._lighting.lights))

    def _remove(self) -> None:
        self._arrange(arranging_lights.without_light(self._lighting, self._place), max(self._place - 1, 0))

    def _choose_color(self) -> None:
        present = self._lighting.lights[self._place].color
        dialog = ColorDialog(self.tr("the light"), to_bytes(present), self)
        dialog.exec()
        if dialog.chosen is not None:
            red, green, blue = (part / 255 for part in dialog.chosen)
            self._change_light("", color=(red, green, blue))
        dialog.deleteLater()

    def _sphere_moved(self, azimuth: float, elevation: float, is_final: bool) -> None:
        self._change_light("angles", is_final, azimuth_deg=azimuth, elevation_deg=elevation)

    def _choose_environment(self) -> None:
        filters = self.tr("Pictures ({0})").format(PICTURES)
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Picture of the surroundings"), "", filters)
        if path:
            self.change("lighting", "", environment=path)
