"""How the selected segment looks in 3D."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from imaging.segment import Segment
from session.look import choosing
from session.look.choosing import Named
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from widgets import icons, theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import OneOf, text_button
from widgets.labels import ElidedLabel, label
from widgets.look_3d.live_slider import LiveSlider
from widgets.look_3d.part import LookPart, check_box, named_row, row, set_checked
from widgets.quiet_combo import QuietCombo

SWATCH_PX = 14
OF_LOOK, OF_VALUES = "look", "values"
BESIDE = ("look.isolate_segment", "look.solo_segment", "look.reset_segments")


class SegmentLooks(LookPart):
    """Shown, ghost or hidden; tint, solidity, gloss, values; and what becomes of the others."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self.swatch = QLabel()
        self.name = ElidedLabel("", "strong")
        head = row(self.swatch, self.name)
        layout = head.layout()
        assert layout is not None
        layout.setStretch(1, 1)  # type: ignore[attr-defined]
        self.nothing = label(self.tr("No segment is selected."), "dim")
        self.own = QWidget()
        inside = QVBoxLayout(self.own)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        self.visibility = OneOf(
            [
                (Visibility.SHOWN, self.tr("Shown")),
                (Visibility.GHOST, self.tr("Ghost")),
                (Visibility.HIDDEN, self.tr("Hidden")),
            ],
            self.tr("In 3D"),
        )
        self._make_sliders()
        self._make_buttons()
        for part in (head, self.visibility, self.tint, self.solidity, self.gloss, self._values_row, self.is_cut):
            inside.addWidget(part)
        inside.addWidget(row(*self.buttons.values(), None, spacing=4))
        self.column.addWidget(self.nothing)
        self.column.addWidget(self.own)
        self.visibility.chosen.connect(lambda key: bridge.run("look.set_segment_visibility", visibility=key))
        theme.switch.changed.connect(self._fit_text)

    def show_look(self, look: Look) -> None:
        """Show the selected segment's look."""
        segment = self._segment()
        self.nothing.setVisible(segment is None)
        self.own.setVisible(segment is not None)
        if segment is None:
            return
        own = look.of_segment(segment.number, segment.encloses)
        side = theme.current().px(SWATCH_PX)
        self.swatch.setPixmap(icons.swatch(segment.color, QSize(side, side), self.devicePixelRatioF()))
        self.name.setText(segment.name)
        self.visibility.choose(own.visibility)
        self.tint.set_value(own.tint * 100)
        self.solidity.set_value(own.solidity * 100)
        self.gloss.set_value((look.material.gloss if own.gloss is None else own.gloss) * 100)
        set_checked(self.is_cut, own.is_clipped)
        self._show_values(own)
        for action_id, button in self.buttons.items():
            action = self.session.actions[action_id]
            button.setEnabled(action.is_enabled(self.session))
            button.setChecked(action.checked is not None and action.checked(self.session))
        for part in (self.tint, self.solidity, self.gloss, self._values_row):
            part.setEnabled(own.visibility is not Visibility.HIDDEN)

    def _fit_text(self) -> None:
        self.show_look(self.session.looks.current)

    def change_own(self, tag: str, is_final: bool = True, **fields: Any) -> None:
        """Change fields of the selected segment's look."""
        segment = self._segment()
        if segment is not None:
            named = Named(segment.number, segment.encloses)
            look = choosing.with_segment_fields(self.session.looks.current, named, **fields)
            self.session.looks.change(look, f"segment.{segment.number}.{tag}" if tag else "", is_final=is_final)

    def _make_sliders(self) -> None:
        hint = self.tr("How far its colour takes the place of the image's colours")
        self.tint = LiveSlider(self.tr("Tint"), 0, 100, "%", hint=hint)
        hint = self.tr("How opaque a millimetre of it is at least, whatever its values are")
        self.solidity = LiveSlider(self.tr("Solidity"), 0, 100, "%", hint=hint)
        self.gloss = LiveSlider(self.tr("Gloss"), 0, 100, "%")
        for slider, field in ((self.tint, "tint"), (self.solidity, "solidity"), (self.gloss, "gloss")):
            slider.moved.connect(
                lambda value, is_final, field=field: self.change_own(field, is_final, **{field: value / 100})
            )
        self.is_cut = check_box(self.tr("Cut with the rest"), self.tr("Clip planes and the crop box cut it"))
        self.is_cut.toggled.connect(lambda on: self.change_own("", is_clipped=on))

    def _make_buttons(self) -> None:
        self.values = QuietCombo(
            self.tr("Colours and opacity"),
            [(OF_LOOK, self.tr("as the image")), (OF_VALUES, self.tr("from its own values"))],
        )
        self.values.activated.connect(lambda _row: self._values_chosen())
        self._values_row = named_row(self.tr("Colours"), self.values)
        names = (self.tr("Isolate"), self.tr("Solo"), self.tr("Reset all"))
        self.buttons: dict[str, QPushButton] = {}
        for action_id, name in zip(BESIDE, names, strict=True):
            button = self.buttons[action_id] = text_button(name, partial(self._run, action_id))
            button.setToolTip(self.bridge.qaction(action_id).toolTip())
            button.setCheckable(self.bridge.qaction(action_id).isCheckable())

    def _run(self, action_id: str) -> None:
        self.bridge.run(action_id)
        self.show_look(self.session.looks.current)  # a button has flipped by itself

    def _show_values(self, own: SegmentLook) -> None:
        kind = OF_LOOK if own.transfer is None else OF_VALUES
        self.values.choose(kind)

    def _values_chosen(self) -> None:
        segment = self._segment()
        if segment is None:
            return
        if self.values.currentData() == OF_LOOK:
            self.change_own("", transfer=None)
        else:
            self.bridge.run("look.segment_values", number=segment.number)
            self.show_look(self.session.looks.current)

    def _segment(self) -> Segment | None:
        document, number = self.session.document, self.session.selection.state.segment_number
        if document is None or number is None or not document.segmentation.has_segment(number):
            return None
        return document.segmentation.segment(number)
