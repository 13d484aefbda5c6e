"""How the case is shown: window and level, overlays, slices, slab."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from session.document import Document
from session.presentation import WINDOW_PRESETS, Plane, PresentationState, Windowing
from session.selection import SelectionState
from widgets.action_bridge import ActionBridge
from widgets.buttons import OneOf, text_button
from widgets.key_label import KeyLabel
from widgets.labels import heading, label
from widgets.number_field import NumberField
from widgets.value_slider import ValueSlider

PRESETS = (
    ("soft tissue", "view.window_soft_tissue"),
    ("lung", "view.window_lung"),
    ("bone", "view.window_bone"),
    ("brain", "view.window_brain"),
)
LIMIT = 1e7


class SliceLook(QWidget):
    """How the slices are shown: the first half of the page “Look”."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._session = bridge.session
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 4, 12, 12)
        self._column.setSpacing(8)
        self._checks: dict[str, QCheckBox] = {}
        self._add_window()
        self._add_segments()
        self._add_slices()
        self._column.addStretch(1)
        self._session.presentation.changed.connect(self._presentation_changed)
        self._session.selection.changed.connect(self._selection_changed)
        self._session.settings.changed.connect(self._setting_changed)
        self._session.document_replaced.connect(self._follow)
        self._follow(self._session.document)

    def _add_window(self) -> None:
        self._column.addWidget(heading(self.tr("Window")))
        names = (self.tr("Soft tissue"), self.tr("Lung"), self.tr("Bone"), self.tr("Brain"))
        options = [(key, name) for (key, _), name in zip(PRESETS, names, strict=True)]
        self.presets = OneOf(options, self.tr("Window preset"))
        for key, action_id in PRESETS:
            if self._bridge.has(action_id):
                self.presets.button(key).setToolTip(self._bridge.qaction(action_id).toolTip())
        actions = dict(PRESETS)
        self.presets.chosen.connect(lambda key: self._bridge.run(actions[key]))
        self._column.addWidget(self.presets)
        self.width_field = NumberField(self.tr("Width"), 0.001, LIMIT)
        self.level_field = NumberField(self.tr("Level"), -LIMIT, LIMIT)
        for field in (self.width_field, self.level_field):
            field.valueChanged.connect(self._window_typed)
        row = QHBoxLayout()
        row.setSpacing(8)
        for name, field in ((self.tr("Width"), self.width_field), (self.tr("Level"), self.level_field)):
            row.addWidget(label(name, "dim"))
            row.addWidget(field, 1)
        if self._bridge.has("view.window_auto"):
            auto = text_button(self.tr("Auto"), lambda: self._bridge.run("view.window_auto"))
            auto.setToolTip(self._bridge.qaction("view.window_auto").toolTip())
            row.addWidget(auto)
        self._column.addLayout(row)
        self._add_check("is_inverted", self.tr("Invert"), "view.invert")

    def _add_segments(self) -> None:
        self._column.addSpacing(8)
        self._column.addWidget(heading(self.tr("Segments in slices")))
        self.opacity = ValueSlider(self.tr("Opacity"), 0, 100, "%", 0)
        self.opacity.value_changed.connect(lambda v: self._session.presentation.update(overlay_opacity=v / 100))
        self._column.addWidget(self.opacity)
        self._add_check("shows_fill", self.tr("Filled"), "view.toggle_fill")
        self._add_check("shows_outline", self.tr("Outlined"), "view.toggle_outline")

    def _add_slices(self) -> None:
        self._column.addSpacing(8)
        self._column.addWidget(heading(self.tr("Slices")))
        self.slab = ValueSlider(self.tr("Slab"), 0, 80, "mm", 0)
        self.slab.setToolTip(self.tr("Shows the highest value over this thickness; 0 is a single slice"))
        self.slab.value_changed.connect(lambda v: self._session.presentation.update_camera(self._plane(), slab_mm=v))
        self._column.addWidget(self.slab)
        self._add_tilt()
        self.time_point = ValueSlider(self.tr("Time point"), 1, 2, "", 0)
        self.time_point.value_changed.connect(lambda v: self._session.presentation.update(time_point=round(v) - 1))
        self._column.addWidget(self.time_point)
        self.smooth = QCheckBox(self.tr("Smooth between voxels"))
        self.smooth.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.smooth.toggled.connect(lambda on: self._session.settings.set("slices.interpolate", on))
        self._column.addWidget(self.smooth)
        self._add_check("shows_crosshair", self.tr("Crosshair lines"), "view.toggle_crosshair")
        self._add_check("shows_slices_in_3d", self.tr("Slices in 3D"), "view.toggle_slices_3d")

    def _add_tilt(self) -> None:
        """Two angles of an oblique plane."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        names = (self.tr("Tilt up and down"), self.tr("Tilt left and right"))
        self.tilts = tuple(NumberField(name, -90, 90, "°", 0) for name in names)
        grid.addWidget(label(self.tr("Tilt"), "dim"), 0, 0)
        for column, field in enumerate(self.tilts, 1):
            field.setToolTip(field.accessibleName())
            field.valueChanged.connect(self._tilt_typed)
            grid.addWidget(field, 0, column)
        self.straight = text_button(self.tr("Straight"), self._straighten)
        self.straight.setToolTip(self.tr("Back to the anatomical plane"))
        grid.addWidget(self.straight, 0, 3)
        self._column.addLayout(grid)

    def _add_check(self, field: str, text: str, action_id: str) -> None:
        """A box for a field of the presentation, switched by its action."""
        if not self._bridge.has(action_id):
            return
        row = QHBoxLayout()
        box = self._checks[field] = QCheckBox(text)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setToolTip(self._bridge.qaction(action_id).toolTip())
        box.clicked.connect(lambda _checked: self._bridge.run(action_id))
        row.addWidget(box, 1)
        row.addWidget(KeyLabel(self._bridge, action_id, "small"))
        self._column.addLayout(row)

    def _plane(self) -> Plane:
        active = self._session.selection.state.active_view
        return Plane(active) if active in set(Plane) else Plane.AXIAL

    def _window_typed(self) -> None:
        self._session.presentation.update(windowing=Windowing(self.level_field.value(), self.width_field.value()))

    def _tilt_typed(self) -> None:
        self._session.presentation.update_camera(self._plane(), tilt_deg=(self.tilts[0].value(), self.tilts[1].value()))

    def _straighten(self) -> None:
        self._session.presentation.update_camera(self._plane(), tilt_deg=(0.0, 0.0))

    def _follow(self, document: Document | None) -> None:
        self.setEnabled(document is not None)
        count = len(document.volumes) if document is not None else 1
        self.time_point.setVisible(count > 1)
        self.time_point.set_range(1, max(count, 2))
        QTimer.singleShot(0, self, self._show)

    def _presentation_changed(self, _before: PresentationState, _after: PresentationState) -> None:
        self._show()

    def _selection_changed(self, before: SelectionState, after: SelectionState) -> None:
        if before.active_view != after.active_view:
            self._show()

    def _setting_changed(self, key: str, _value: object) -> None:
        if key == "slices.interpolate":
            self._show()

    def _show(self) -> None:
        state = self._session.presentation.state
        for field, box in self._checks.items():
            box.setChecked(bool(getattr(state, field)))
        self.presets.choose(next((n for n, w in WINDOW_PRESETS.items() if w == state.windowing), ""))
        camera = state.slice_cameras[self._plane()]
        for spin, value in (
            (self.width_field, state.windowing.width),
            (self.level_field, state.windowing.level),
            (self.tilts[0], camera.tilt_deg[0]),
            (self.tilts[1], camera.tilt_deg[1]),
        ):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)
        self.opacity.set_value(state.overlay_opacity * 100)
        self.slab.set_value(camera.slab_mm)
        plane_name = {Plane.AXIAL: self.tr("axial"), Plane.CORONAL: self.tr("coronal")}.get(
            self._plane(), self.tr("sagittal")
        )
        self.slab.name_label.setText(self.tr("Slab, {0}").format(plane_name))
        self.straight.setEnabled(camera.tilt_deg != (0.0, 0.0))
        self.time_point.set_value(state.time_point + 1)
        self.smooth.blockSignals(True)
        self.smooth.setChecked(self._session.settings["slices.interpolate"])
        self.smooth.blockSignals(False)
