"""How the 3D view draws, by what, and how far the picture is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar

from session.look.look import Look
from session.presentation import VolumeMode
from session.three_d_status import ThreeDState
from widgets.action_bridge import ActionBridge
from widgets.buttons import OneOf
from widgets.labels import label
from widgets.look_3d.part import LookPart, named_row
from widgets.quiet_combo import QuietCombo
from widgets.sentences import translated

ACTIONS = {
    VolumeMode.SURFACES: "view.volume_surfaces",
    VolumeMode.RAYCAST: "view.volume_raycast",
    VolumeMode.CINEMATIC: "view.volume_cinematic",
}
STEPS = 1000
BACKENDS = {"vtk": "VTK", "glsl": "GLSL", "numba": "Numba"}


class ModeBar(LookPart):
    """Surfaces, ray casting or cinematic; the back end with its device; the progress of the picture."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self.modes = OneOf(
            [
                (VolumeMode.SURFACES, self.tr("Surfaces")),
                (VolumeMode.RAYCAST, self.tr("Ray casting")),
                (VolumeMode.CINEMATIC, self.tr("Cinematic")),
            ],
            self.tr("How 3D is drawn"),
        )
        for mode, action_id in ACTIONS.items():
            self.modes.button(mode).setToolTip(bridge.qaction(action_id).toolTip())
        self.backend = QuietCombo(
            self.tr("Drawn by"),
            [
                ("auto", self.tr("automatic")),
                ("glsl", self.tr("graphics card")),
                ("numba", self.tr("processor")),
            ],
        )
        self.backend_row = named_row(self.tr("Drawn by"), self.backend)
        self.status = label("", "small", wraps=True)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar()
        self.progress.setRange(0, STEPS)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("How far the picture is"))
        for part in (self.modes, self.backend_row, self.progress, self.status):
            self.column.addWidget(part)
        self.modes.chosen.connect(self._mode_chosen)
        self.backend.activated.connect(
            lambda _row: self.session.settings.set("three_d.backend", self.backend.currentData())
        )
        self.session.settings.changed.connect(self._setting_changed)
        self.session.three_d.changed.connect(self._status_changed)
        self._setting_changed("three_d.backend", None)

    def show_look(self, look: Look) -> None:
        """Show mode and status."""
        super().show_look(look)
        self.show_mode()

    def show_mode(self) -> None:
        """Show mode and status; needs no look, which may still have to be read from a file."""
        mode = self.session.presentation.state.volume_mode
        self.modes.choose(mode)
        for which, action_id in ACTIONS.items():
            self.modes.button(which).setEnabled(self.bridge.qaction(action_id).isEnabled())
        self.modes.button(VolumeMode.SURFACES).setEnabled(not self.session.three_d.state.problem)
        self.backend_row.setVisible(mode is VolumeMode.CINEMATIC and not self.session.three_d.state.problem)
        self._show_status()

    def _mode_chosen(self, key: str) -> None:
        self.bridge.run(ACTIONS[VolumeMode(key)])
        self.modes.choose(self.session.presentation.state.volume_mode)

    def _setting_changed(self, key: str, _value: object) -> None:
        if key == "three_d.backend":
            self.backend.choose(self.session.settings["three_d.backend"])

    def _status_changed(self, _before: ThreeDState, _after: ThreeDState) -> None:
        self._show_status()

    def _show_status(self) -> None:
        state = self.session.three_d.state
        mode = self.session.presentation.state.volume_mode
        is_cinematic = mode is state.mode is VolumeMode.CINEMATIC and not state.problem
        self.progress.setVisible(is_cinematic and state.target_samples > 0)
        self.progress.setValue(round(STEPS * min(state.samples / max(state.target_samples, 1), 1.0)))
        text = self._sentence(mode, state)
        self.status.setText(text)
        self.status.setVisible(bool(text))

    def _sentence(self, mode: VolumeMode, state: ThreeDState) -> str:
        """What draws, how far it is, and what is not as it was asked for; or why nothing is drawn."""
        if state.problem:
            return translated(state.problem)
        parts = []
        if state.backend:
            name = BACKENDS.get(state.backend, state.backend)
            parts.append(self.tr("{0} on {1}").format(name, state.device) if state.device else name)
        if mode is VolumeMode.CINEMATIC and state.target_samples:
            parts.append(self.tr("{0} of {1} samples").format(state.samples, state.target_samples))
            if state.noise is not None:
                parts.append(self.tr("noise {0} %").format(f"{state.noise * 100:.1f}"))
            if state.denoiser:
                parts.append(self.tr("cleaned by {0}").format(state.denoiser))
        lines = [" · ".join(parts)] if parts else []
        if state.note:
            lines.append(translated(state.note))
        return "\n".join(lines)
