"""The window of the queue: what is to be segmented, in which order, now or at a time, and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import Qt, QTime, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTimeEdit, QVBoxLayout, QWidget

from session.batch.item import BatchItem, ItemState, StudyImage
from session.batch.queue import batch_of
from session.channels import ChannelSource
from widgets import theme
from widgets.action_bridge import ActionBridge, guarded
from widgets.batch_window.adding import AddingBar
from widgets.batch_window.columns import QueueRow, details, queue_columns
from widgets.buttons import text_button
from widgets.dialogs.channels import ChannelsDialog
from widgets.dialogs.run_options import RunOptionsDialog
from widgets.labels import ElidedLabel, label
from widgets.number_field import MARGIN_PX
from widgets.runs.rows import RowsModel, RowsTable
from widgets.signal_links import SignalLinks

SIZE_PX = (1080, 680)
EVENING = "22:00"
LOOK_MS = 500
OPEN = (ItemState.WAITING, ItemState.UNDECIDED, ItemState.FAILED)  # may still be changed


class BatchWindow(QDialog):
    """Beside the main window, which goes on working; closing it stops nothing."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = bridge.session
        self.queue = batch_of(bridge.session)
        self.setWindowTitle(self.tr("Segment many"))
        self.setAcceptDrops(True)
        screen = self.screen().availableGeometry()
        width, height = (theme.current().px(n) for n in SIZE_PX)
        self.resize(min(width, screen.width() - 40), min(height, screen.height() - 60))
        self.adding = AddingBar(bridge.session, self.queue)
        self.table: RowsTable[QueueRow] = RowsTable(
            RowsModel(queue_columns(), lambda row: row.item.is_over, lambda row: row.item.state is ItemState.UNDECIDED),
            self.tr("Queue"),
            (0, False),
        )
        self.said = ElidedLabel("", "dim")
        self.details = ElidedLabel("", "dim")
        self._make_buttons()
        self._lay_out()
        self.adding.model.currentIndexChanged.connect(lambda _place: self._enable())
        self.table.doubleClicked.connect(lambda _index: self._say_which() if self.images.isEnabled() else None)
        self.table.selectionModel().selectionChanged.connect(lambda _now, _before: self._enable())
        for keys, by in (("Alt+Up", -1), ("Alt+Down", 1)):
            QShortcut(QKeySequence(keys), self.table, lambda by=by: self._move(by))
        QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table, self._remove)
        self._links = SignalLinks(self)
        self._links.add(self.queue.changed, self.show_queue)
        self._timer = QTimer(self)  # what an item says of itself is not always told
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.show_queue)
        self.show_queue()

    def choose_model(self, model_id: str) -> None:
        """The model for what is added; empty for the one of the last time."""
        self.adding.choose_model(model_id)

    def show_queue(self) -> None:
        """Bring table, sentence and buttons up to date; what is selected stays selected."""
        rows = [QueueRow(place, item) for place, item in enumerate(self.queue.items, 1)]
        model = self.table.rows_model
        if [r.item.number for r in rows] == [r.item.number for r in model.rows]:
            model.rows = rows
            if rows:
                model.dataChanged.emit(model.index(0, 0), model.index(len(rows) - 1, len(model.columns) - 1))
        else:
            chosen = self.table.current_row()
            model.set_rows(rows)
            self.table.fit_columns()
            if chosen is not None:
                self.table.select_where(lambda row: row.item.number == chosen.item.number)
        self.said.setText(self._sentence())
        self._enable()
        if self.queue.is_running != self._timer.isActive():
            self._timer.start() if self.queue.is_running else self._timer.stop()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Images may be dropped here."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        event.acceptProposedAction()
        self.adding.add([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def _sentence(self) -> str:
        items = self.queue.items
        if not items:
            return self.tr("The queue is empty. Add files or a folder, or drop them here.")
        over = sum(item.is_over for item in items)
        failed = sum(item.state is ItemState.FAILED for item in items)
        parts = [self.tr("{0} of {1} over").format(over, len(items))]
        if failed:
            parts.append(self.tr("{0} failed").format(failed))
        if self.queue.undecided:
            parts.append(self.tr("{0} wait to hear which image is which").format(self.queue.undecided))
        if self.queue.is_pausing:
            parts.append(self.tr("pauses after this image"))
        elif self.queue.is_running:
            parts.append(self.tr("running; whatever you run yourself goes first"))
        elif self.queue.starts_at is not None:
            when = self.queue.starts_at.strftime("%H:%M")
            parts.append(self.tr("starts at {0}, if the program still runs then").format(when))
        elif self.queue.waiting:
            parts.append(self.tr("not started"))
        return " · ".join(parts)

    def _chosen(self) -> BatchItem | None:
        row = self.table.current_row()
        return row.item if row is not None else None

    def _move(self, by: int) -> None:
        if (item := self._chosen()) is not None:
            self.queue.move(item.number, by)

    def _remove(self) -> None:
        if (item := self._chosen()) is not None:
            self.queue.remove([item.number])

    def _retry(self) -> None:
        if (item := self._chosen()) is not None:
            self.queue.retry([item.number])

    def _say_which(self) -> None:
        """Ask which image of the chosen study is which channel; studies like it get the same."""
        if (item := self._chosen()) is None:
            return
        sources = [ChannelSource(image.title, Path(image.path)) for image in item.images]
        dialog = ChannelsDialog(item.title, item.channels, sources, self, known=item.chosen)
        dialog.exec()
        if dialog.chosen is None:
            return
        added = [source for source in dialog.chosen if source not in sources]
        images = (*item.images, *(StudyImage(source.title, str(source.path)) for source in added))
        places = [[*sources, *added].index(source) for source in dialog.chosen]
        alike = self.queue.decide(item.number, images, places)
        if alike:
            text = self.tr("{0} other studies have images of the same names and were given them in the same way.")
            self._session.messages.info(text.format(alike))

    def _ask_options(self) -> None:
        if (item := self._chosen()) is None:
            return
        found = self.adding.structures(item.model)
        dialog = RunOptionsDialog(item.title, item.parameters, self, is_for_many=True, structures=found)
        if dialog.exec():
            self.queue.set_parameters(item.number, dialog.options())

    def _start(self) -> None:
        guarded(self._session, self.queue.start)

    def _start_later(self) -> None:
        wanted = self.time.time()
        settings = self._session.settings
        settings.set("segment.batch", settings["segment.batch"] | {"time": wanted.toString("HH:mm")})
        when = next_time(datetime.now(), wanted.hour(), wanted.minute())
        guarded(self._session, lambda: self.queue.start_at(when))

    def _enable(self) -> None:
        item, queue = self._chosen(), self.queue
        self.up.setEnabled(item is not None and item.number != queue.items[0].number)
        self.down.setEnabled(item is not None and item.number != queue.items[-1].number)
        self.remove.setEnabled(item is not None and item.state is not ItemState.RUNNING)
        self.retry.setEnabled(item is not None and item.state is ItemState.FAILED)
        is_open = item is not None and item.state in OPEN
        self.images.setEnabled(item is not None and is_open and bool(item.channels))
        self.options.setEnabled(item is not None and is_open and self.adding.takes_options(item.model))
        self.details.setText(details(item) if item is not None else "")
        self.clear.setEnabled(any(one.is_over for one in queue.items))
        is_going = queue.is_running and not queue.is_pausing
        self.start.setEnabled(bool(queue.waiting) and not is_going)
        self.later.setEnabled(bool(queue.waiting) and not queue.is_running)
        self.pause.setEnabled(is_going or queue.starts_at is not None)
        self.stop.setEnabled(queue.is_running)

    def _make_buttons(self) -> None:
        self.up = _told(text_button(self.tr("Up"), lambda: self._move(-1)), self.tr("Earlier in the queue (Alt+Up)"))
        self.down = _told(text_button(self.tr("Down"), lambda: self._move(1)), self.tr("Later in the queue (Alt+Down)"))
        self.remove = _told(text_button(self.tr("Remove"), self._remove), self.tr("From the queue (Del)"))
        self.retry = _told(text_button(self.tr("Try again"), self._retry), self.tr("An image that failed waits again"))
        self.images = _told(
            text_button(self.tr("Images…"), self._say_which),
            self.tr("Which image of the study is which (double click)"),
        )
        self.options = _told(text_button(self.tr("Options…"), self._ask_options), self.tr("How this one is run"))
        self.clear = _told(
            text_button(self.tr("Clear what is over"), self.queue.clear_finished),
            self.tr("Results stay where they are"),
        )
        self.start = text_button(self.tr("Start now"), self._start, "primary")
        kept = self._session.settings["segment.batch"].get("time", EVENING)
        self.time = QTimeEdit(QTime.fromString(str(kept), "HH:mm"))
        self.time.setDisplayFormat("HH:mm")
        self.time.setAccessibleName(self.tr("When to start"))
        self.time.lineEdit().setTextMargins(
            MARGIN_PX, 0, MARGIN_PX, 0
        )  # the style sheet's padding does not reach inside
        self.later = _told(
            text_button(self.tr("Start at"), self._start_later), self.tr("At this time, today or tomorrow; overnight")
        )
        self.pause = _told(
            text_button(self.tr("Pause"), self.queue.pause), self.tr("After the image that is running; forgets a start")
        )
        self.stop = _told(
            text_button(self.tr("Stop"), self.queue.stop), self.tr("At once; the image that is running waits again")
        )

    def _lay_out(self) -> None:
        order = QHBoxLayout()
        order.setSpacing(8)
        for button in (self.up, self.down, self.remove, self.retry, self.images, self.options):
            order.addWidget(button)
        order.addStretch(1)
        order.addWidget(self.clear)
        going = QHBoxLayout()
        going.setSpacing(8)
        going.addWidget(self.said, 1)
        for part in (self.later, self.time, self.pause, self.stop, self.start):
            going.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(self.tr("Segment many"), "title"))
        column.addWidget(self.adding)
        column.addWidget(self.table, 1)
        column.addWidget(self.details)
        column.addLayout(order)
        column.addLayout(going)


def next_time(now: datetime, hour: int, minute: int) -> datetime:
    """The next time that the clock shows this."""
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def _told(button: QPushButton, tip: str) -> QPushButton:
    button.setToolTip(tip)
    return button
