"""The page “Look”: one half for the slices, one for 3D."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from widgets.action_bridge import ActionBridge
from widgets.buttons import OneOf
from widgets.panels.look.slices import SliceLook

if TYPE_CHECKING:
    from widgets.look_3d.page import LookPage

SLICES, THREE_D = "slices", "3d"
SETTING = "panel.look_page"
MARGIN_PX = 12  # as of the pages


class LookPanel(QWidget):
    """A switch between the two halves; which one is shown is remembered.

    The half for 3D is made when it is first looked at: the window must be up at once.
    """

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.slices = SliceLook(bridge)
        self._three_d: LookPage | None = None
        self.switch = OneOf([(SLICES, self.tr("Slices")), (THREE_D, self.tr("3D"))], self.tr("What is shown how"))
        self.pages = QStackedWidget()
        self._areas: dict[QWidget, QScrollArea] = {}
        self._add(self.slices)
        self._inset = QVBoxLayout()
        self._inset.setContentsMargins(MARGIN_PX, 0, MARGIN_PX, 4)
        self._inset.addWidget(self.switch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._inset)
        column.addWidget(self.pages, 1)
        self.switch.chosen.connect(self._chosen)
        bridge.session.settings.changed.connect(self._setting_changed)
        self.show_page(str(bridge.session.settings[SETTING]))

    @property
    def three_d(self) -> LookPage:
        """The half for 3D; made when it is first asked for."""
        if self._three_d is None:
            from widgets.look_3d.page import LookPage

            self._three_d = LookPage(self._bridge)
            self._add(self._three_d)
        return self._three_d

    @property
    def page(self) -> str:
        """The half that is chosen: ``slices`` or ``3d``."""
        return self.switch.key

    def show_page(self, key: str) -> None:
        """Turn to the half for ``slices`` or ``3d``."""
        self.switch.choose(key)
        if key == THREE_D and not self.isVisible():
            return  # made when the panel is looked at
        self._turn(key)

    def name_look(self) -> None:
        """Start naming the look that is to be kept as a preset."""
        self._chosen(THREE_D)
        self.three_d.name_look()

    def showEvent(self, _event: QShowEvent) -> None:
        """Make the half that is chosen."""
        self._turn(self.page)

    def _chosen(self, key: str) -> None:
        self._bridge.session.settings.set(SETTING, key)
        self.show_page(key)

    def _setting_changed(self, key: str, value: object) -> None:
        if key == SETTING:
            self.show_page(str(value))

    def _add(self, page: QWidget) -> None:
        area = self._areas[page] = scrolled(page)
        self.pages.addWidget(area)
        area.verticalScrollBar().rangeChanged.connect(self._align_switch)

    def _turn(self, key: str) -> None:
        page: QWidget = self.three_d if key == THREE_D else self.slices
        self.pages.setCurrentWidget(self._areas[page])
        self._align_switch()

    def _align_switch(self) -> None:
        """The switch does not scroll, but ends where the controls below it do: before the scroll bar."""
        area = self.pages.currentWidget()
        assert isinstance(area, QScrollArea)
        bar = area.verticalScrollBar()
        taken = bar.sizeHint().width() if bar.maximum() > bar.minimum() else 0
        self._inset.setContentsMargins(MARGIN_PX, 0, MARGIN_PX + taken, 4)


def scrolled(page: QWidget) -> QScrollArea:
    """A page that scrolls up and down."""
    area = QScrollArea()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
