"""The panels at the left and the right of the views."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget

from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import OneOf
from widgets.panels.clicks.panel import ClicksPanel
from widgets.panels.compare.panel import ComparePanel
from widgets.panels.history.panel import HistoryPanel, RecentHistory
from widgets.panels.jobs import JobsPanel
from widgets.panels.look.panel import LookPanel
from widgets.panels.measure.panel import MeasurePanel
from widgets.panels.models import ModelsPanel
from widgets.panels.segments.panel import SegmentsPanel
from widgets.panels.studies.panel import StudiesPanel
from widgets.panels.tool_options.panel import ToolOptions

LEFT_PX = 232
RIGHT_PX = 328


class LeftPanel(QFrame):
    """What can be opened, and which models fit it."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self.setObjectName("left_panel")
        self.studies = StudiesPanel(bridge.session)
        self.models = ModelsPanel(bridge)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.studies, 1)
        column.addWidget(self.models)
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()

    def _fit_text(self) -> None:
        self.setFixedWidth(theme.current().px(LEFT_PX))


class RightPanel(QFrame):
    """Segments, Look, Measure, Compare, History, Jobs."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self.setObjectName("right_panel")
        self.segments = SegmentsPanel(bridge)
        self.options = ToolOptions(bridge, self)
        self.clicks = ClicksPanel(bridge, self)
        self.recent = RecentHistory(bridge, self)
        self.look = LookPanel(bridge)
        self.measure = MeasurePanel(bridge)
        self.compare = ComparePanel(bridge)
        self.history = HistoryPanel(bridge)
        self.jobs = JobsPanel(bridge.session)
        self.tabs = OneOf(
            [
                ("segments", self.tr("Segments")),
                ("look", self.tr("Look")),
                ("measure", self.tr("Measure")),
                ("compare", self.tr("Compare")),
                ("history", self.tr("History")),
                ("jobs", self.tr("Jobs")),
            ],
            self.tr("Pages of the panel"),
            "tab",
        )
        self.pages = QStackedWidget()
        self._keys = ("segments", "look", "measure", "compare", "history", "jobs")
        for page in (self._first_page(), self.look, self.measure, self.compare, self.history, self.jobs):
            self.pages.addWidget(page)
        inset = QVBoxLayout()
        inset.setContentsMargins(8, 8, 8, 8)
        inset.addWidget(self.tabs)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(inset)
        column.addWidget(self.pages, 1)
        self.tabs.show_as_icon("compare", "compare")
        self.tabs.chosen.connect(self.show_page)
        self.show_page("segments")
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()

    @property
    def page(self) -> str:
        """The shown page's key."""
        return self._keys[self.pages.currentIndex()]

    def show_page(self, key: str) -> None:
        """Turn to a page; an unknown key turns to the first."""
        place = self._keys.index(key) if key in self._keys else 0
        self.pages.setCurrentIndex(place)
        self.tabs.choose(self._keys[place])

    def _fit_text(self) -> None:
        self.setFixedWidth(theme.current().px(RIGHT_PX))

    def _first_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.segments, 1)
        column.addWidget(self.options)
        column.addWidget(self.clicks)
        column.addWidget(self.recent)
        return page
