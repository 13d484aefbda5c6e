"""The segments: filter, list, add and remove."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from widgets.action_bridge import ActionBridge
from widgets.buttons import ActionButton, IconButton
from widgets.counted import counted
from widgets.labels import label
from widgets.panels.segments.add_popup import AddPopup
from widgets.panels.segments.list_view import SegmentList


class SegmentsPanel(QWidget):
    """The upper part of the right panel."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.list = SegmentList(bridge)
        self.filter = QLineEdit()
        self.filter.setClearButtonEnabled(False)
        self.filter.setAccessibleName(self.tr("Filter segments"))
        self.filter.textChanged.connect(self.list.search)
        self.add_popup = AddPopup(bridge, self)
        self.add_button = IconButton("add", self.tr("Add a segment"), self._open_add)
        top = QHBoxLayout()
        top.setContentsMargins(12, 0, 12, 0)
        top.setSpacing(4)
        top.addWidget(self.filter, 1)
        top.addWidget(self.add_button)
        if bridge.has("segment.remove"):
            top.addWidget(ActionButton(bridge.qaction("segment.remove"), "small", 16))
        self._empty = label(self.tr("No segments yet.\nAdd one, or let Segment find them."), "dim", wraps=True)
        self._empty.setContentsMargins(12, 8, 12, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._empty)
        column.addWidget(self.list, 1)
        self.list.segments.modelReset.connect(self._count_changed)
        self._count_changed()

    def rename(self, number: int) -> None:
        """Start editing a segment's name."""
        self.filter.clear()
        self.list.rename(number)

    def _open_add(self) -> None:
        self.add_popup.open_under(self.add_button)

    def _count_changed(self) -> None:
        count = self.list.segments.rowCount()
        self.filter.setPlaceholderText(self.tr("Filter {0}…").format(counted(count, "segment")))
        is_open = self._bridge.session.document is not None
        self._empty.setVisible(is_open and count == 0)
        self.add_button.setEnabled(is_open)
        self.filter.setEnabled(count > 0)
