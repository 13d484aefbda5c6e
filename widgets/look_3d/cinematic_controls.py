"""Matter, lens, background and quality of a 3D picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from imaging.errors import UserError
from session.look.lighting import Background
from session.look.look import Look
from session.presentation import VolumeMode
from widgets.action_bridge import ActionBridge
from widgets.buttons import text_button
from widgets.look_3d.live_slider import LiveSlider
from widgets.look_3d.part import LookPart, check_box, named_row, row, set_checked
from widgets.quiet_combo import QuietCombo

MOST_SURFACE = 4.0
DENSITIES = (0.02, 50.0)
MOST_GHOST = 5.0  # percent for each millimetre
WIDEST_MM = 30.0
BLACK, WHITE = Background((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), Background((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
BACKGROUNDS = {"gradient": Background(), "black": BLACK, "white": WHITE}
SAMPLES = (16, 64, 256, 1024, 4096)


class MatterControls(LookPart):
    """Gloss, surface or cloud, density, ghosts."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self.gloss = self.add_slider(LiveSlider(self.tr("Gloss"), 0, 100, "%"), "material", "gloss", 100)
        hint = self.tr("At 0 everything is a cloud without surfaces")
        self.surface = self.add_slider(
            LiveSlider(self.tr("Surface"), 0, MOST_SURFACE * 100, "%", hint=hint), "material", "surface", 100
        )
        hint = self.tr("A factor on the opacity of everything")
        low, high = DENSITIES
        self.density = self.add_slider(
            LiveSlider(self.tr("Density"), low, high, "×", 2, hint=hint, is_logarithmic=True), "material", "density"
        )
        hint = self.tr("How opaque a millimetre of a ghost is")
        self.ghost = LiveSlider(self.tr("Ghosts"), 0, MOST_GHOST, "%", 1, hint=hint)
        self.ghost.moved.connect(self._ghost_moved)
        self.column.addWidget(self.ghost)

    def show_look(self, look: Look) -> None:
        """Show the look's matter; ray casting knows less of it."""
        super().show_look(look)
        self.ghost.set_value(look.ghost * 100)
        self.surface.setVisible(self.session.presentation.state.volume_mode is VolumeMode.CINEMATIC)

    def _ghost_moved(self, value: float, is_final: bool) -> None:
        look = replace(self.session.looks.current, ghost=value / 100)
        self.session.looks.change(look, "ghost", is_final=is_final)


class LensControls(LookPart):
    """Depth of field."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        hint = self.tr("0 is sharp everywhere; wide blurs what lies before and behind the focus")
        self.aperture = self.add_slider(
            LiveSlider(self.tr("Aperture"), 0, WIDEST_MM, "mm", 1, hint=hint), "lens", "aperture_mm"
        )
        self.at_crosshair = text_button(self.tr("Focus at crosshair"), self._focus_at_crosshair)
        self.at_middle = text_button(self.tr("In the middle"), lambda: self.change("lens", "", focus_mm=None))
        self.column.addWidget(row(self.at_crosshair, self.at_middle, None))

    def show_look(self, look: Look) -> None:
        """Show the look's lens; the focus matters only with an aperture."""
        super().show_look(look)
        self.at_crosshair.setEnabled(look.lens.aperture_mm > 0)
        self.at_middle.setEnabled(look.lens.aperture_mm > 0 and look.lens.focus_mm is not None)

    def _focus_at_crosshair(self) -> None:
        state = self.session.presentation.state
        camera = self.session.volume_camera
        if camera is None:
            self.session.messages.error(UserError(self.tr("The 3D view has not drawn anything yet.")))
            return
        eye, focal = np.array(camera.position_mm), np.array(camera.focal_point_mm)
        view = (focal - eye) / max(float(np.linalg.norm(focal - eye)), 1e-9)
        distance = float((np.array(state.crosshair_mm) - eye) @ view)
        if distance <= 0:
            self.session.messages.error(UserError(self.tr("The crosshair lies behind the viewer.")))
        else:
            self.change("lens", "", focus_mm=distance)


class BackgroundControls(LookPart):
    """What stands behind the picture."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        names = (self.tr("gradient"), self.tr("black"), self.tr("white"))
        self.choice = QuietCombo(self.tr("Background"), list(zip(BACKGROUNDS, names, strict=True)))
        self.choice.activated.connect(lambda _row: self._chosen(self.choice.currentData()))
        self.column.addWidget(named_row(self.tr("Background"), self.choice))

    def show_look(self, look: Look) -> None:
        """Mark the background; none for one of a preset's own."""
        self.choice.choose(next((key for key, ground in BACKGROUNDS.items() if ground == look.background), ""))

    def _chosen(self, key: str) -> None:
        ground = BACKGROUNDS[key]
        self.change("background", "", top=ground.top, bottom=ground.bottom)


class QualityControls(LookPart):
    """When a picture is finished, and whether noise is removed until then. For all images."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        options = [(count, self.tr("{0} samples").format(count)) for count in SAMPLES]
        self.samples = QuietCombo(self.tr("Finished after"), options)
        self.samples.activated.connect(
            lambda _row: self.session.settings.set("three_d.samples", self.samples.currentData())
        )
        self.denoise = check_box(
            self.tr("Remove noise"), self.tr("Until the picture is finished; fine structures may be smeared")
        )
        self.denoise.toggled.connect(lambda on: self.session.settings.set("three_d.denoise", on))
        self.column.addWidget(named_row(self.tr("Finished after"), self.samples))
        self.column.addWidget(self.denoise)
        self.session.settings.changed.connect(self._setting_changed)
        self._show()

    def _setting_changed(self, key: str, _value: object) -> None:
        if key.startswith("three_d."):
            self._show()

    def _show(self) -> None:
        wanted = self.session.settings["three_d.samples"]
        if self.samples.findData(wanted) < 0:  # set in the settings or by hand
            self.samples.addItem(self.tr("{0} samples").format(wanted), wanted)
        self.samples.choose(wanted)
        set_checked(self.denoise, self.session.settings["three_d.denoise"])
