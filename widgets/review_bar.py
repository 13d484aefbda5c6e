"""Parts and doubtful places of a result over the views: beside each other where there is room, else below."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QFrame, QWidget

from widgets.action_bridge import ActionBridge
from widgets.doubt_bar import DoubtBar
from widgets.part_bar import PartBar
from widgets.signal_links import SignalLinks

GAP_PX = 16


class ReviewBar(QFrame):
    """Shown while one of its two has something to say."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("review_bar")
        self.parts = PartBar(bridge, self)
        self.doubt = DoubtBar(bridge, self)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.doubt)
        self._row.addWidget(self.parts)
        self._links = SignalLinks(self)
        self._links.add(bridge.session.reviewing.changed, self._refresh)  # after its parts, which connected first
        self._links.add(bridge.session.doubting.changed, self._refresh)
        self._refresh()

    def fit(self, available: int) -> None:
        """Beside each other in this width, or one below the other."""
        wide = sum(part.sizeHint().width() for part in (self.doubt, self.parts) if not part.isHidden())
        across = QBoxLayout.Direction.LeftToRight
        direction = across if wide <= available else QBoxLayout.Direction.TopToBottom
        if direction != self._row.direction():
            self._row.setDirection(direction)
            self._row.activate()

    def _refresh(self, *_: object) -> None:
        self.setVisible(not (self.parts.isHidden() and self.doubt.isHidden()))
        self._row.invalidate()
        self.updateGeometry()
