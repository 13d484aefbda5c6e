"""The light of a cinematic picture: where it stands, how strong and soft it is, the sky, the exposure."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from session.look.look import Look
from session.presentation import VolumeMode
from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import IconButton, text_button
from widgets.labels import ElidedLabel, label
from widgets.look_3d.light_sphere import LightSphere
from widgets.look_3d.live_slider import FIELD_PX, LiveSlider
from widgets.look_3d.part import LookPart, check_box, row, set_checked
from widgets.number_field import NumberField

PICTURES = "*.hdr *.exr *.png *.jpg *.jpeg *.tif *.tiff"
STRONGEST = 4.0
WIDEST_DEG = 90.0
STOPS = 6.0


class LightControls(LookPart):
    """A ball for the direction, and sliders."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self.sphere = LightSphere()
        self.azimuth = NumberField(self.tr("Light from the right"), -180, 180, "°", 0)
        self.elevation = NumberField(self.tr("Light from above"), -90, 90, "°", 0)
        self.turns = check_box(
            self.tr("Turns with camera"), self.tr("The light stays beside the viewer; otherwise beside the patient")
        )
        self.column.addWidget(row(self.sphere, self._angles(), spacing=12))
        self.strength = self.add_slider(
            LiveSlider(self.tr("Strength"), 0, STRONGEST * 100, "%"), "lighting", "strength", 100
        )
        self._cinematic = QWidget()
        self._add_cinematic()
        self.column.addWidget(self._cinematic)
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()
        self.sphere.moved.connect(self._sphere_moved)
        self.azimuth.valueChanged.connect(lambda value: self.change("lighting", "light.angles", azimuth_deg=value))
        self.elevation.valueChanged.connect(lambda value: self.change("lighting", "light.angles", elevation_deg=value))
        self.turns.toggled.connect(lambda on: self.change("lighting", "", turns_with_camera=on))

    def show_look(self, look: Look) -> None:
        """Show the look's light; ray casting knows less of it."""
        super().show_look(look)
        light = look.lighting
        self.sphere.set_angles(light.azimuth_deg, light.elevation_deg)
        for field, value in ((self.azimuth, light.azimuth_deg), (self.elevation, light.elevation_deg)):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        set_checked(self.turns, light.turns_with_camera)
        self._cinematic.setVisible(self.session.presentation.state.volume_mode is VolumeMode.CINEMATIC)
        self.environment.setText(Path(light.environment).name if light.environment else self.tr("none"))
        self.environment.setToolTip(light.environment)
        self.no_environment.setVisible(bool(light.environment))
        self.turn.setVisible(bool(light.environment))
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
        self.softness = self.add_slider(
            LiveSlider(self.tr("Softness"), 1, WIDEST_DEG, "°", hint=hint, is_logarithmic=True), "lighting", "size_deg"
        )
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

    def _sphere_moved(self, azimuth: float, elevation: float, is_final: bool) -> None:
        self.change("lighting", "light.angles", is_final, azimuth_deg=azimuth, elevation_deg=elevation)

    def _choose_environment(self) -> None:
        filters = self.tr("Pictures ({0})").format(PICTURES)
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Picture of the surroundings"), "", filters)
        if path:
            self.change("lighting", "", environment=path)
