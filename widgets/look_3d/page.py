"""The half of the page “Look” for 3D."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from session.change import DocumentChange
from session.document import Document
from session.presentation import PresentationState, VolumeMode
from session.selection import SelectionState
from session.three_d_status import ThreeDState
from widgets.action_bridge import ActionBridge
from widgets.buttons import ActionButton
from widgets.labels import label
from widgets.look_3d.mode_bar import ModeBar
from widgets.look_3d.part import LookPart
from widgets.look_3d.section import Section
from widgets.signal_links import SignalLinks

if TYPE_CHECKING:
    from widgets.look_3d.cinematic_controls import BackgroundControls, LensControls, MatterControls, QualityControls
    from widgets.look_3d.cut_controls import CutControls
    from widgets.look_3d.light_controls import LightControls
    from widgets.look_3d.preset_gallery import PresetGallery
    from widgets.look_3d.segment_looks import SegmentLooks
    from widgets.look_3d.transfer_controls import TransferControls

PARTS_OF = {
    "presets": ("presets",),
    "transfer": ("transfer",),
    "segment": ("segment",),
    "light": ("light",),
    "matter": ("matter", "background"),
    "lens": ("lens",),
    "cuts": ("cuts",),
    "quality": ("quality",),
}  # attributes of the page, by section


class LookPage(QWidget):
    """Mode, presets, transfer function, segment, light, matter, lens, cuts and quality.

    Follows the presentation while it is shown, once for each turn of the event loop. Made whole, it would hold the
    window up for a quarter of a second: each turn after the first showing makes a part or a section, top to bottom.
    """

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._session = bridge.session
        self.mode = ModeBar(bridge)
        self.sections: dict[str, Section] = {}
        self._parts: list[LookPart] = [self.mode]
        self._waiting = list(PARTS_OF)
        self._hint = label(
            self.tr("Surfaces show the segments. Choose a preset to see the image itself."), "small", wraps=True
        )
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 4, 12, 12)
        self._column.setSpacing(4)
        self._column.addWidget(self.mode)
        self._column.addWidget(self._hint)
        self._column.addStretch(1)
        self._timer = self._single_shot(self.show_look)
        self._making = self._single_shot(self._go_on_making)
        self._links = SignalLinks(self)
        self._document_links = SignalLinks(self)
        self._links.add(self._session.presentation.changed, self._presentation_changed)
        self._links.add(self._session.selection.changed, self._selection_changed)
        self._links.add(self._session.three_d.changed, self._status_changed)
        self._links.add(self._session.document_replaced, self._follow)
        self._follow(self._session.document)

    @cached_property
    def presets(self) -> PresetGallery:
        """The presets as pictures."""
        from widgets.look_3d.preset_gallery import PresetGallery

        return PresetGallery(self._bridge)

    @cached_property
    def transfer(self) -> TransferControls:
        """The editor of the transfer function."""
        from widgets.look_3d.transfer_controls import TransferControls

        return TransferControls(self._bridge)

    @cached_property
    def segment(self) -> SegmentLooks:
        """What the selected segment looks like."""
        from widgets.look_3d.segment_looks import SegmentLooks

        return SegmentLooks(self._bridge)

    @cached_property
    def light(self) -> LightControls:
        """Light and exposure."""
        from widgets.look_3d.light_controls import LightControls

        return LightControls(self._bridge)

    @cached_property
    def matter(self) -> MatterControls:
        """Gloss, density and ghosts."""
        from widgets.look_3d.cinematic_controls import MatterControls

        return MatterControls(self._bridge)

    @cached_property
    def background(self) -> BackgroundControls:
        """What stands behind the picture."""
        from widgets.look_3d.cinematic_controls import BackgroundControls

        return BackgroundControls(self._bridge)

    @cached_property
    def lens(self) -> LensControls:
        """Depth of field."""
        from widgets.look_3d.cinematic_controls import LensControls

        return LensControls(self._bridge)

    @cached_property
    def cuts(self) -> CutControls:
        """Planes, box and cutaway."""
        from widgets.look_3d.cut_controls import CutControls

        return CutControls(self._bridge)

    @cached_property
    def quality(self) -> QualityControls:
        """When a picture is finished."""
        from widgets.look_3d.cinematic_controls import QualityControls

        return QualityControls(self._bridge)

    def complete(self) -> None:
        """Make at once what is still to be made."""
        while self._waiting:
            self._make_next()
        self.presets.complete()

    def name_look(self) -> None:
        """Start naming the look that is to be kept as a preset."""
        self.complete()
        self.sections["presets"].set_open(True)
        self.presets.name_look()

    def show_look(self) -> None:
        """Bring all controls up to date."""
        if self._session.document is None:
            return
        look = self._session.looks.current
        for part in self._parts:
            part.show_look(look)
        for key in self.sections:
            self._show_section(key)
        self._show_hint()

    def showEvent(self, _event: QShowEvent) -> None:
        """What happened while it was hidden is shown now; the first time, the sections are made."""
        if self.sections:
            self.show_look()
        elif self._session.document is not None:
            self.mode.show_mode()
            self._show_hint()
        self._making.start(0)

    def _single_shot(self, call: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(call)
        return timer

    def _go_on_making(self) -> None:
        """One more part, loaded and made, or the section of parts that are made."""
        if not self._waiting:
            return
        missing = [name for name in PARTS_OF[self._waiting[0]] if name not in self.__dict__]
        if "presets" in self.__dict__ and self.presets.is_making:
            pass  # a row of tiles is enough for this turn
        elif missing:
            getattr(self, missing[0])  # a cached property
        else:
            self._make_next()
        if self._waiting:
            self._making.start(0)

    def _make_next(self) -> None:
        """One more section, below the others."""
        key = self._waiting.pop(0)
        section = self.sections[key] = Section(key, self._title(key), self._session.settings)
        look = self._session.looks.current if self._session.document is not None else None
        for name in PARTS_OF[key]:
            part: LookPart = getattr(self, name)
            part.follow(self._session.document)
            section.column.addWidget(part)
            self._parts.append(part)
        if key == "presets":
            for action_id in ("look.undo", "look.redo"):
                section.add_tool(ActionButton(self._bridge.qaction(action_id), "small", 16))
        self._column.insertWidget(self._column.count() - 1, section)
        self._show_section(key)
        if look is not None:
            for name in PARTS_OF[key]:
                getattr(self, name).show_look(look)

    def _title(self, key: str) -> str:
        return {
            "presets": self.tr("Presets"),
            "transfer": self.tr("Transfer function"),
            "segment": self.tr("Selected segment"),
            "light": self.tr("Light"),
            "matter": self.tr("Matter"),
            "lens": self.tr("Depth of field"),
            "cuts": self.tr("Cuts"),
            "quality": self.tr("Quality"),
        }[key]

    @property
    def _is_off(self) -> bool:
        """True when nothing can be drawn in 3D on this machine."""
        return bool(self._session.three_d.state.problem)

    def _show_hint(self) -> None:
        """What surfaces are, and how to see more."""
        self._hint.setVisible(self._session.presentation.state.volume_mode is VolumeMode.SURFACES and not self._is_off)

    def _show_section(self, key: str) -> None:
        """Those of the mode; none where the 3D view is off."""
        mode = self._session.presentation.state.volume_mode
        is_volume, is_cinematic = mode is not VolumeMode.SURFACES, mode is VolumeMode.CINEMATIC
        fits = is_cinematic if key in ("lens", "quality") else is_volume or key == "presets"
        self.sections[key].setVisible(fits and not self._is_off)

    def _follow(self, document: Document | None) -> None:
        self.setEnabled(document is not None)
        self._document_links.release()
        if document is not None:
            self._document_links.add(document.changed, self._document_changed)
        for part in self._parts:
            part.follow(document)
        self._plan()

    def _plan(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start(0)

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if (before.look, before.volume_mode, before.volume_camera) != (
            after.look,
            after.volume_mode,
            after.volume_camera,
        ):
            self._plan()

    def _selection_changed(self, before: SelectionState, after: SelectionState) -> None:
        if before.segment_number != after.segment_number:
            self._plan()

    def _document_changed(self, change: DocumentChange) -> None:
        if change.segment_numbers or change.is_structural:
            self._plan()

    def _status_changed(self, before: ThreeDState, after: ThreeDState) -> None:
        if before.problem != after.problem:
            self._plan()
