"""The half of the page “Look” for 3D."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from session.change import DocumentChange
from session.document import Document
from session.presentation import PresentationState, VolumeMode
from session.selection import SelectionState
from widgets.action_bridge import ActionBridge
from widgets.buttons import ActionButton
from widgets.labels import label
from widgets.look_3d.cinematic_controls import BackgroundControls, LensControls, MatterControls, QualityControls
from widgets.look_3d.cut_controls import CutControls
from widgets.look_3d.light_controls import LightControls
from widgets.look_3d.mode_bar import ModeBar
from widgets.look_3d.part import LookPart
from widgets.look_3d.preset_gallery import PresetGallery
from widgets.look_3d.section import Section
from widgets.look_3d.segment_looks import SegmentLooks
from widgets.look_3d.transfer_controls import TransferControls
from widgets.signal_links import SignalLinks


class LookPage(QWidget):
    """Mode, presets, transfer function, segment, light, matter, lens, cuts and quality.

    Follows the presentation while it is shown, once for each turn of the event loop.
    """

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._session = bridge.session
        self.mode = ModeBar(bridge)
        self.presets = PresetGallery(bridge)
        self.transfer = TransferControls(bridge)
        self.segment = SegmentLooks(bridge)
        self.light = LightControls(bridge)
        self.matter = MatterControls(bridge)
        self.lens = LensControls(bridge)
        self.background = BackgroundControls(bridge)
        self.cuts = CutControls(bridge)
        self.quality = QualityControls(bridge)
        self._parts: tuple[LookPart, ...] = (
            self.mode, self.presets, self.transfer, self.segment, self.light, self.matter, self.lens,
            self.background, self.cuts, self.quality,
        )  # fmt: skip
        self._hint = label(
            self.tr("Surfaces show the segments. Choose a preset to see the image itself."), "small", wraps=True
        )
        self.sections: dict[str, Section] = {}
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.show_look)
        self._links = SignalLinks(self)
        self._document_links = SignalLinks(self)
        self._links.add(self._session.presentation.changed, self._presentation_changed)
        self._links.add(self._session.selection.changed, self._selection_changed)
        self._links.add(self._session.document_replaced, self._follow)
        self._follow(self._session.document)

    def name_look(self) -> None:
        """Start naming the look that is to be kept as a preset."""
        self.sections["presets"].set_open(True)
        self.presets.name_look()

    def show_look(self) -> None:
        """Bring all controls up to date."""
        if self._session.document is None:
            return
        look, mode = self._session.looks.current, self._session.presentation.state.volume_mode
        for part in self._parts:
            part.show_look(look)
        is_volume, is_cinematic = mode is not VolumeMode.SURFACES, mode is VolumeMode.CINEMATIC
        self._hint.setVisible(not is_volume)
        for key, section in self.sections.items():
            section.setVisible(is_cinematic if key in ("lens", "quality") else is_volume or key == "presets")

    def showEvent(self, _event: QShowEvent) -> None:
        """What happened while it was hidden is shown now."""
        self.show_look()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(4)
        column.addWidget(self.mode)
        column.addWidget(self._hint)
        for key, title, parts in (
            ("presets", self.tr("Presets"), (self.presets,)),
            ("transfer", self.tr("Transfer function"), (self.transfer,)),
            ("segment", self.tr("Selected segment"), (self.segment,)),
            ("light", self.tr("Light"), (self.light,)),
            ("matter", self.tr("Matter"), (self.matter, self.background)),
            ("lens", self.tr("Depth of field"), (self.lens,)),
            ("cuts", self.tr("Cuts"), (self.cuts,)),
            ("quality", self.tr("Quality"), (self.quality,)),
        ):
            section = self.sections[key] = Section(key, title, self._session.settings)
            for part in parts:
                section.column.addWidget(part)
            column.addWidget(section)
        for action_id in ("look.undo", "look.redo"):
            self.sections["presets"].add_tool(ActionButton(self._bridge.qaction(action_id), "small", 16))
        column.addStretch(1)

    def _follow(self, document: Document | None) -> None:
        self.setEnabled(document is not None)
        self._document_links.release()
        if document is not None:
            self._document_links.add(document.changed, self._document_changed)
        self.presets.fill()
        self.transfer.follow(document)
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
