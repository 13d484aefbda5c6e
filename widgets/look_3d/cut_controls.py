"""What is cut away: what lies outside a region, planes, a box, the way to a segment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from session.look import choosing
from session.look.cut import ClipPlane, Cutaway
from session.look.look import Look
from widgets.action_bridge import ActionBridge
from widgets.buttons import IconButton, text_button
from widgets.labels import ElidedLabel, label
from widgets.look_3d.inside_controls import InsideControls
from widgets.look_3d.live_slider import LiveSlider
from widgets.look_3d.part import LookPart, check_box, row, set_checked
from widgets.look_3d.range_slider import RangeSlider

MOST_MARGIN_MM = 60.0
SIDES = (("R", "L"), ("A", "P"), ("I", "S"))  # the low and the high end of LPS axes
AXIS_PX = 40


class CutControls(LookPart):
    """The region; buttons for a plane and the box; a row for each plane, three ranges for the box; the cutaway."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self.inside = InsideControls(bridge)
        self.column.addWidget(self.inside)
        self.add_plane = self._command("look.add_clip_plane", self.tr("Cut at the crosshair"))
        self.box = check_box(self.tr("Crop box"))
        self.caps = check_box(self.tr("Grey values on the cuts"))
        self.away = check_box("")
        for box, action_id in (
            (self.box, "look.toggle_crop_box"),
            (self.caps, "look.toggle_caps"),
            (self.away, "look.cut_away"),
        ):
            box.setToolTip(bridge.qaction(action_id).toolTip())
        self.box.clicked.connect(lambda _on: self._run("look.toggle_crop_box"))
        self.caps.clicked.connect(lambda _on: self._run("look.toggle_caps"))
        self.away.clicked.connect(lambda _on: self._run("look.cut_away", number=self._way_to or 0))
        self._way_to: int | None = None
        self.clear = self._command("look.clear_cuts", self.tr("Remove all"))
        self.column.addWidget(row(self.add_plane, None, self.clear))
        self._plane_rows = QVBoxLayout()
        self._plane_rows.setSpacing(2)
        self.column.addLayout(self._plane_rows)
        self._planes: tuple[ClipPlane, ...] = ()
        self.column.addWidget(self.box)
        self._add_ranges()
        self.column.addWidget(self.away)
        hint = self.tr("How far around the segment everything else is taken away")
        self.margin = LiveSlider(self.tr("Margin"), 0, MOST_MARGIN_MM, "mm", 0, hint=hint)
        self.margin.moved.connect(self._margin_moved)
        self.column.addWidget(self.margin)
        self.column.addWidget(self.caps)

    def show_look(self, look: Look) -> None:
        """Show what the look cuts."""
        cut = look.cut
        self.inside.show_look(look)
        if cut.planes != self._planes:
            self._show_planes(cut.planes)
        set_checked(self.box, not cut.box.is_whole)
        self._ranges.setVisible(not cut.box.is_whole)
        for axis, (name, slider) in enumerate(self.ranges):
            low, high = axis_ends(self._affine(), axis)
            name.setText(f"{low} – {high}")
            slider.set_values(cut.box.low[axis], cut.box.high[axis])
        self._show_cutaway(cut.cutaway)
        set_checked(self.caps, cut.shows_caps)
        self.clear.setEnabled(not cut.is_empty)

    def _command(self, action_id: str, text: str) -> QWidget:
        button = text_button(text, lambda: self._run(action_id))
        button.setToolTip(self.bridge.qaction(action_id).toolTip())
        return button

    def _run(self, action_id: str, **arguments: object) -> None:
        self.bridge.run(action_id, **arguments)
        self.show_look(self.session.looks.current)  # a box has flipped by itself

    def _add_ranges(self) -> None:
        self._ranges = QWidget()
        column = QVBoxLayout(self._ranges)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.ranges = []
        for axis, name in enumerate((self.tr("Crop along i"), self.tr("Crop along j"), self.tr("Crop along k"))):
            slider, ends = RangeSlider(name), label("", "dim")
            ends.setFixedWidth(AXIS_PX)
            slider.moved.connect(lambda low, high, is_final, axis=axis: self._range_moved(axis, low, high, is_final))
            self.ranges.append((ends, slider))
            column.addWidget(row(ends, slider))
        self.column.addWidget(self._ranges)

    def _range_moved(self, axis: int, low: float, high: float, is_final: bool) -> None:
        look = choosing.with_crop_range(self.session.looks.current, axis, low, high)
        self.session.looks.change(look, f"crop.{axis}", is_final=is_final)

    def _show_planes(self, planes: tuple[ClipPlane, ...]) -> None:
        self._planes = planes
        while (item := self._plane_rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, plane in enumerate(planes):
            self._plane_rows.addWidget(self._plane_row(place, plane))

    def _plane_row(self, place: int, plane: ClipPlane) -> QWidget:
        name = ElidedLabel(self.tr("Plane {0}, {1}").format(place + 1, facing(plane)))
        flip = IconButton("flip", self.tr("Keep the other side of plane {0}").format(place + 1),
                          lambda: self._change(choosing.with_flipped_plane, place))  # fmt: skip
        remove = IconButton("trash", self.tr("Remove plane {0}").format(place + 1),
                            lambda: self._change(choosing.without_plane, place))  # fmt: skip
        made = row(name, flip, remove, spacing=2)
        layout = made.layout()
        assert layout is not None
        layout.setStretch(0, 1)  # type: ignore[attr-defined]
        return made

    def _change(self, change: Callable[[Look, int], Look], place: int) -> None:
        self.session.looks.change(change(self.session.looks.current, place))

    def _show_cutaway(self, cutaway: Cutaway | None) -> None:
        document, number = self.session.document, self.session.selection.state.segment_number
        shown = cutaway.segments[0] if cutaway is not None and cutaway.segments else number
        self._way_to = shown
        exists = document is not None and shown is not None and document.segmentation.has_segment(shown)
        name = document.segmentation.segment(shown).name if exists and document and shown is not None else ""
        self.away.setText(self.tr("Open the way to {0}").format(name) if name else self.tr("Open the way to a segment"))
        self.away.setEnabled(exists)
        set_checked(self.away, cutaway is not None)
        self.margin.setVisible(cutaway is not None)
        if cutaway is not None:
            self.margin.set_value(cutaway.margin_mm)

    def _margin_moved(self, value: float, is_final: bool) -> None:
        look = self.session.looks.current
        if look.cut.cutaway is not None:
            opened = Cutaway(look.cut.cutaway.segments, value, look.cut.cutaway.towards)
            self.session.looks.change(choosing.with_part(look, "cut", cutaway=opened), "cut.margin", is_final=is_final)

    def _affine(self) -> np.ndarray:
        document = self.session.document
        if document is None or not document.volumes:
            return np.eye(4)
        return np.asarray(document.volume.geometry.affine)


def axis_ends(affine: np.ndarray, axis: int) -> tuple[str, str]:
    """The letters at the low and the high end of an image axis (0 i, 1 j, 2 k); the affine leads to LPS."""
    along = affine[:3, axis]
    which = int(np.argmax(np.abs(along)))
    low, high = SIDES[which]
    return (low, high) if along[which] >= 0 else (high, low)


def facing(plane: ClipPlane) -> str:
    """From where a plane takes away, in words."""
    translate = QCoreApplication.translate
    which = int(np.argmax(np.abs(plane.normal)))
    taken_from_low = plane.normal[which] > 0
    words = (
        (translate("ClipPlane", "from the right"), translate("ClipPlane", "from the left")),
        (translate("ClipPlane", "from the front"), translate("ClipPlane", "from the back")),
        (translate("ClipPlane", "from below"), translate("ClipPlane", "from above")),
    )
    return words[which][0 if taken_from_low else 1]
