"""The models of the catalogue: those that fit the open image, what they would take, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from session.jobs import Job, JobState
from session.model_plans import Expectation, ModelPlans
from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import ActionButton, IconButton
from widgets.labels import ElidedLabel, heading, label
from widgets.model_offer import ModelOffer
from widgets.model_words import code_words, expectation_words, tooltip_of
from widgets.sentences import translated
from widgets.signal_links import SignalLinks

HIGHEST_SHARE = 0.5  # of the panel
DWELL_MS = 350  # whoever only passes by does not start anything
POLL_MS = 300  # while a model runs
RUN_TITLE = "Segment with "  # how the title of a run begins, before the model's name


class ModelsPanel(QWidget):
    """The lower part of the left panel; hidden while no image is open."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.plans = ModelPlans(bridge.session)
        self.rows: dict[str, ModelRow] = {}
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        self._area = RowsArea(inner)
        title = QHBoxLayout()
        title.setContentsMargins(12, 0, 8, 0)
        title.addWidget(heading(self.tr("Models")), 1)
        for action_id in ("segment_many.show", "models.show"):
            if bridge.has(action_id):
                title.addWidget(ActionButton(bridge.qaction(action_id), "small", 16))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(6)
        column.addLayout(title)
        column.addWidget(self._area)
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._show_running)
        self._links = SignalLinks(self)
        self._links.add(self.plans.changed, self._planned)
        self._links.add(bridge.session.jobs.changed, self._job_changed)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    def set_offers(self, offers: list[ModelOffer]) -> None:
        """Show these models; a click runs one."""
        for row in self.rows.values():
            self._column.removeWidget(row)
            row.deleteLater()
        self.rows = {offer.id: ModelRow(offer, self._bridge, self) for offer in offers}
        for place, row in enumerate(self.rows.values()):
            row.looked_at.connect(self._want)
            self._column.insertWidget(place, row)
            row.show_expectation(self.plans.of(row.offer.id))
        self._show_running()
        self._area.updateGeometry()
        self.setVisible(bool(offers))

    def _want(self, model_id: str) -> None:
        """Somebody looks at a model: find out what it would take."""
        row = self.rows[model_id]
        if row.offer.fits and len(row.offer.channels) == 1:
            self.plans.want(model_id)
            if self.plans.of(model_id) is None and self.plans.is_wanted(model_id):
                row.show_planning()

    def _job_changed(self, job: Job) -> None:
        """A run began, or ended; one that is done has timed its model."""
        if not job.title.startswith(RUN_TITLE):
            return
        self._show_running()
        if job.state is not JobState.DONE:
            return
        for model_id, row in self.rows.items():
            if row.offer.name == job.title.removeprefix(RUN_TITLE):
                self.plans.forget(model_id)
                self._want(model_id)

    def _show_running(self) -> None:
        jobs = {job.title: job for job in self._bridge.session.jobs.jobs if not job.is_over}
        running = [(row, jobs.get(RUN_TITLE + row.offer.name)) for row in self.rows.values()]
        for row, job in running:
            row.show_run(job)
        if not any(job for _, job in running):
            self._poll.stop()
        elif not self._poll.isActive():
            self._poll.start()

    def _planned(self, model_id: str) -> None:
        if model_id in self.rows:
            self.rows[model_id].show_expectation(self.plans.of(model_id))


class RowsArea(QScrollArea):
    """As high as its rows, until they would take more than their share of the panel; then it scrolls."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """What the rows want."""
        inner = self.widget()
        wanted = inner.sizeHint().height() if inner is not None else 0
        panel = self.window().height()
        return QSize(100, min(wanted, round(panel * HIGHEST_SHARE)))

    def minimumSizeHint(self) -> QSize:
        """Two rows are always seen."""
        return QSize(60, min(self.sizeHint().height(), theme.current().px(120)))


class NameButton(QPushButton):
    """A model's name, cut with an ellipsis where it does not fit: a long one must not push the menus out of sight."""

    def __init__(self, name: str, clicked: Callable[[], None]) -> None:
        super().__init__()
        self._name = name
        self.setProperty("role", "model")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: clicked())
        self.setText(name.replace("&", "&&"))

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the name anew."""
        super().resizeEvent(event)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self).width()
        shown = self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        self.setText(shown.replace("&", "&&"))


class ModelRow(QWidget):
    """One model: a button that runs it, two lines about it, and a menu; while it runs, how far it is, and stop."""

    looked_at = Signal(str)  # the mouse or the focus rests here

    def __init__(self, offer: ModelOffer, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offer = offer
        self._bridge = bridge
        self._dwell = QTimer(self)
        self._dwell.setSingleShot(True)
        self._dwell.setInterval(DWELL_MS)
        self._dwell.timeout.connect(lambda: self.looked_at.emit(offer.id))
        self.button = NameButton(offer.name, self._run)
        self.button.setEnabled(offer.fits)
        self.button.installEventFilter(self)
        self.more = IconButton("more", self.tr("More about {0}").format(offer.name), self._open_menu)
        self.more.installEventFilter(self)
        self._job: Job | None = None
        self.stop = IconButton("x", self.tr("Stop {0}").format(offer.name), self._stop)
        self.stop.hide()
        self.running = label("", "small", wraps=True)  # the time that is left stands at its end
        self.running.hide()
        self.detail = ElidedLabel(self._first_line(), "small")
        self.expected = ElidedLabel("", "small")
        self.expected.setVisible(False)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 8, 0)
        top.setSpacing(0)
        top.addWidget(self.button, 1)
        top.addWidget(self.more)
        top.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(1)
        column.addLayout(top)
        for line in (self.detail, self.expected, self.running):
            line.setContentsMargins(theme.current().px(10) + 2, 0, 10, 0)
            column.addWidget(line)
        self.show_expectation(None)

    def show_expectation(self, expected: Expectation | None) -> None:
        """Say what a run would take; None while nobody knows."""
        self.expected.setText("" if expected is None else expectation_words(expected))
        self.expected.setVisible(self.offer.fits and self._job is None)
        if expected is None:
            several = len(self.offer.channels) > 1
            self.expected.setText(
                self.tr("wants {0} images").format(len(self.offer.channels)) if several else self.tr("not planned yet")
            )
        self.setToolTip(tooltip_of(self.offer, expected))
        for part in (self.button, self.detail, self.expected):
            part.setToolTip(self.toolTip())
        self.button.setAccessibleDescription(self.toolTip())

    def show_planning(self) -> None:
        """The answer is on its way."""
        self.expected.setText(self.tr("planning …"))

    def show_run(self, job: Job | None) -> None:
        """Say how far the model's run is, in the place of the two lines; None while it does not run."""
        if job is not None:
            part = "" if job.fraction is None else f"{job.fraction:.0%}"
            said = " · ".join(text for text in (part, translated(job.message)) if text)
            self.running.setText(said or self.tr("Waiting"))
        if job is self._job:
            return
        self._job = job
        for part_of_rest in (self.more, self.detail):
            part_of_rest.setVisible(job is None)
        self.expected.setVisible(job is None and self.offer.fits)
        for part_of_run in (self.stop, self.running):
            part_of_run.setVisible(job is not None)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def menu(self) -> QMenu:
        """What else can be done with the model."""
        made = QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        made.setToolTipsVisible(True)
        model = self.offer.id
        run = made.addAction(self.tr("Run"), self._run)
        visible = made.addAction(
            self.tr("Run on what is on screen"), lambda: self._bridge.run("segment_image.run_visible", model=model)
        )
        visible.setToolTip(self.tr("Only the part of the image that all slice views show"))
        options = made.addAction(
            self.tr("Run with options…"), lambda: self._bridge.run("segment_image.run_with_options", model=model)
        )
        options.setToolTip(self.tr("Device, precision, backend, averaging over flips, maps of doubt and probability"))
        if self.offer.has_fast:
            fast = made.addAction(
                self.tr("Run its faster variant"), lambda: self._bridge.run("segment_image.run_fast", model=model)
            )
            fast.setEnabled(self.offer.fits)
        if self.offer.has_stock:
            stock = made.addAction(
                self.tr("Run with MONAI's own workflow…"),
                lambda: self._bridge.run("segment_image.run_stock", model=model),
            )
            stock.setToolTip(self.tr("For steps that Limner's engine does not know; memory is not planned"))
            stock.setEnabled(self.offer.fits)
        made.addSeparator()
        made.addAction(self.tr("Segment many…"), lambda: self._bridge.run("segment_many.show", model=model))
        details = made.addAction(self.tr("Details…"), lambda: self._bridge.run("models.show", model=model))
        run.setEnabled(self.offer.fits)
        visible.setEnabled(self.offer.fits and self.offer.is_foreign)
        options.setEnabled(self.offer.fits and self.offer.is_foreign)
        details.setToolTip(self.tr("Labels, licence, code, files"))
        return made

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu under the right button and the menu key."""
        self.menu().popup(event.globalPos())
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        """The mouse came."""
        super().enterEvent(event)
        self._dwell.start()

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse went on."""
        super().leaveEvent(event)
        self._dwell.stop()

    def eventFilter(self, _watched: object, event: QEvent) -> bool:
        """The focus came to the button, or left it."""
        if event.type() == QEvent.Type.FocusIn:
            self._dwell.start()
        elif event.type() == QEvent.Type.FocusOut:
            self._dwell.stop()
        return False

    def _first_line(self) -> str:
        if not self.offer.fits or not self.offer.is_foreign:
            return self.offer.detail
        return f"{self.offer.detail} · {code_words(self.offer.code)}"

    def _run(self) -> None:
        self._bridge.run("segment_image.run", model=self.offer.id)

    def _open_menu(self) -> None:
        self.menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))
