"""The line at the bottom: what the mouse will do now, what a model's map says there, and how the program is doing."""

from __future__ import annotations

import os

import psutil
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from render.slice_reading import SliceReading
from session.change import DocumentChange
from session.document import Document
from session.jobs import Job, JobState
from session.selection import SelectionState, Tool
from session.session import Session
from widgets import theme
from widgets.buttons import text_button
from widgets.counted import counted
from widgets.labels import ElidedLabel, label
from widgets.map_words import reading_text
from widgets.outbox_sign import OutboxSign

HEIGHT_PX = 30
MEMORY_MS = 3000
GIB = 2**30


class StatusLine(QFrame):
    """Left: tool, segment, mouse. Right: a map's value under the cursor, outbox, jobs, memory, device."""

    jobs_clicked = Signal()
    outbox_clicked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("status_line")
        self._session = session
        self._process = psutil.Process()
        self.doing = label("", "strong")
        self.hint = ElidedLabel("", "dim")
        self.on_map = label()
        self.on_map.setToolTip(self.tr("What the model's map that is drawn says under the cursor"))
        self.on_map.hide()
        self.outbox = OutboxSign(session)
        self.outbox.clicked.connect(self.outbox_clicked)
        self.jobs: QPushButton = text_button("", self.jobs_clicked.emit, "quiet")
        self.jobs.setToolTip(self.tr("Show the jobs"))
        self.memory = label("", "dim")
        self.memory.setToolTip(self.tr("Memory that Limner uses, and that the computer has"))
        self.device = label(self.tr("CPU, {0}").format(counted(os.cpu_count() or 1, "core")), "dim")
        self.device.setToolTip(self.tr("What computes the pictures and the models"))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(4)
        row.addWidget(self.doing)
        row.addWidget(self.hint, 1)
        row.addWidget(self.on_map)
        row.addWidget(self.outbox)
        for part in (self.jobs, self.memory, self.device):
            row.addSpacing(16)
            row.addWidget(part)
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show_memory)
        self._timer.start(MEMORY_MS)
        session.selection.changed.connect(self._selection_changed)
        session.clicking.changed.connect(lambda _before, _after: self._show_doing())
        session.document_replaced.connect(self._follow)
        session.jobs.changed.connect(self._show_jobs)
        self._show_memory()
        self._show_jobs()
        self._follow(session.document)

    def show_reading(self, reading: SliceReading | None) -> None:
        """Tell what the map that is drawn says under the cursor."""
        on_map = None if reading is None else reading.on_map
        self.on_map.setText("" if on_map is None else reading_text(*on_map))
        self.on_map.setVisible(on_map is not None)

    def _fit_text(self) -> None:
        self.setFixedHeight(theme.current().px(HEIGHT_PX))

    def _follow(self, document: Document | None) -> None:
        if document is not None:
            document.changed.connect(self._document_changed)
        self._show_doing()

    def _document_changed(self, change: DocumentChange) -> None:
        if change.segment_numbers or change.is_structural or change.has_preview:
            self._show_doing()

    def _selection_changed(self, _before: SelectionState, _after: SelectionState) -> None:
        self._show_doing()

    def _show_doing(self) -> None:
        doing, hint = self._words()
        self.doing.setText(doing)
        self.hint.setText(f"· {hint}" if hint else "")

    def _words(self) -> tuple[str, str]:
        """What the left button does, and what else the hands can do."""
        session, document = self._session, self._session.document
        if document is None:
            return self.tr("Nothing is open"), self.tr("drop files, a folder or a zip anywhere in the window")
        state = session.selection.state
        number = state.segment_number
        name = ""
        if number is not None and document.segmentation.has_segment(number):
            segment = document.segmentation.segment(number)
            name = segment.name
            if segment.locked and state.tool in (Tool.BRUSH, Tool.ERASER, Tool.FILL):
                return self.tr("{0} is locked").format(name), self.tr("unlock it, or choose another segment")
        if not name and state.tool in (Tool.BRUSH, Tool.ERASER, Tool.FILL):
            return self.tr("No segment is selected"), self.tr("add or choose one in the panel at the right")
        if state.tool is Tool.CROSSHAIR and document.preview is not None and document.preview.segments:
            return self.tr("Moving the crosshair"), self.tr("a click also chooses a part of the result")
        return self._tool_words(state.tool, name)

    def _tool_words(self, tool: Tool, name: str) -> tuple[str, str]:
        wheel = self.tr("wheel changes the slice, right drag window and level")
        brush = self.tr("Shift + wheel changes the radius")
        measuring = self.tr("drag a handle or a line to change it, Delete removes")
        return {
            Tool.CROSSHAIR: (self.tr("Moving the crosshair"), wheel),
            Tool.WINDOW_LEVEL: (
                self.tr("Window and level"),
                self.tr("across changes contrast, up and down brightness"),
            ),
            Tool.PAN_ZOOM: (self.tr("Moving the image"), self.tr("Ctrl + wheel zooms")),
            Tool.BRUSH: (self.tr("Painting {0}").format(name), self.tr("hold Shift to erase") + f" · {brush}"),
            Tool.ERASER: (self.tr("Erasing {0}").format(name), brush),
            Tool.FILL: (self.tr("Filling {0}").format(name), self.tr("click into the region")),
            Tool.PICK: (self.tr("Picking a segment"), self.tr("click on it")),
            Tool.LENGTH: (
                self.tr("Measuring a length"),
                self.tr("click both ends, or drag") + f" · {measuring}",
            ),
            Tool.ANGLE: (
                self.tr("Measuring an angle"),
                self.tr("click an end, the vertex, the other end") + f" · {measuring}",
            ),
            Tool.ELLIPSE: (self.tr("Measuring a region"), self.tr("drag an ellipse") + f" · {measuring}"),
            Tool.CLICK: self._click_words(),
        }[tool]

    def _click_words(self) -> tuple[str, str]:
        active = self._session.clicking.state.active
        doing = self.tr("Clicking on {0}").format(active) if active else self.tr("Clicking on a structure")
        return doing, self.tr("Shift + click says what is outside · Delete takes the last click back")

    def _show_jobs(self, _job: Job | None = None) -> None:
        running = [job for job in self._session.jobs.jobs if not job.is_over]
        if not running:
            failed = self._session.jobs.jobs and self._session.jobs.jobs[-1].state is JobState.FAILED
            self.jobs.setText(self.tr("Last job failed") if failed else self.tr("No jobs"))
            return
        job = running[-1]
        part = "" if job.fraction is None else f" {job.fraction:.0%}"
        more = f" +{len(running) - 1}" if len(running) > 1 else ""
        self.jobs.setText(f"{job.title}{part}{more}")

    def _show_memory(self) -> None:
        used = self._process.memory_info().rss / GIB
        self.memory.setText(self.tr("RAM {0:.1f} / {1:.0f} GB").format(used, psutil.virtual_memory().total / GIB))
        if any(not job.is_over for job in self._session.jobs.jobs):
            self._show_jobs()
