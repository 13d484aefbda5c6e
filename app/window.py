"""The main window: a bar at the top, a panel on each side, the views, and a line at the bottom."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.model_offers import OffersReader
from app.opening import open_paths, show_series
from app.shelf_pictures import ShelfPictures
from app.window_drop import dropped_paths, take_in
from app.window_state import WindowState
from session.clicking import ClickingState
from session.comparison import ComparingState
from session.document import Document
from session.presentation import Plane
from session.prior import PriorState
from session.prior_opening import show_beside
from session.session import Session
from widgets import theme
from widgets.action_bridge import ActionBridge, guarded
from widgets.bottom_stack import BottomStack
from widgets.counted import counted
from widgets.dialogs.choice import ask_choice
from widgets.early_bar import EarlyBar
from widgets.empty_state import EmptyState
from widgets.message_bar import MessageArea
from widgets.model_offer import ModelOffer
from widgets.palette import Palette
from widgets.panels.studies.model import Row
from widgets.preview_bar import PreviewBar
from widgets.review_bar import ReviewBar
from widgets.side_panels import LeftPanel, RightPanel
from widgets.status_line import StatusLine
from widgets.top_bar import TopBar
from widgets.view_grid import COMPARED, PRIOR, PRIOR_OPEN, SLICES, THREE_D, ViewGrid

SMALLEST_PX = (1100, 700)
FLUSH_S = 5.0  # how long closing waits for the last entries
PICTURES_MS = 1500  # the series that is being opened comes first


class MainWindow(QMainWindow):
    """Puts the parts together; what they do comes from the session and its actions."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("main_window")
        self.setWindowTitle("Limner")
        self.setMinimumSize(*SMALLEST_PX)
        self.setAcceptDrops(True)
        self.bridge = ActionBridge(session, self)
        self.left = LeftPanel(self.bridge)
        self.right = RightPanel(self.bridge)
        self.top = TopBar(self.bridge)
        self.status = StatusLine(session)
        self.grid = ViewGrid(session)
        self.empty = EmptyState(self.bridge)
        self.centre = QStackedWidget()
        self.centre.setObjectName("centre")
        self.centre.addWidget(self.empty)
        self.centre.addWidget(self.grid)
        self._lay_out()
        self.stack = BottomStack(self.centre)
        self.preview_bar = PreviewBar(self.bridge, self.centre)
        self.early_bar = EarlyBar(session, self.centre)
        self.review_bar = ReviewBar(self.bridge, self.centre)
        for bar in (self.preview_bar, self.early_bar, self.review_bar):
            self.stack.add(bar)
        self.messages = MessageArea(self.bridge, self.stack, self.centre)
        self.palette_box = Palette(self.bridge, self)
        self.pictures = ShelfPictures(session, self.left.studies.model.set_picture)
        self.destroyed.connect(self.pictures.stop)
        self.offers = OffersReader(session, self._offers_read)
        self.destroyed.connect(self.offers.stop)
        self.state = WindowState(self)
        self.state.restore()
        self.session.document_replaced.connect(self._follow)
        self.session.models_changed.connect(self._show_offers)
        self.session.comparing.changed.connect(self._comparing_changed)
        self.session.prior.changed.connect(self._prior_changed)
        self.session.clicking.changed.connect(self._clicking_changed)
        self.status.jobs_clicked.connect(lambda: self.show_page("jobs"))
        self.status.outbox_clicked.connect(lambda: self.bridge.run("archives.show"))
        self.grid.hovered.connect(self.status.show_reading)
        self.left.studies.open_requested.connect(self._open_study)
        self.left.studies.beside_requested.connect(self._show_beside)
        self.empty.open_requested.connect(lambda path: self.open_paths([path]))
        self.session.shelf_changed.connect(lambda: QTimer.singleShot(PICTURES_MS, self, self.pictures.look))
        self._follow(session.document)
        self.centre.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.centre.setFocus()

    def open_paths(self, paths: list[Path]) -> None:
        """Open files, folders, zips or cases; what fails becomes a message."""
        guarded(self.session, lambda: open_paths(self.session, paths))

    def show_page(self, key: str) -> None:
        """Turn the right panel to a page, and show it when it was hidden."""
        self.right.show()
        self.right.show_page(key)

    def toggle_panel(self, side: str) -> None:
        """Show or hide the panel at the ``left`` or ``right``."""
        panel = self.left if side == "left" else self.right
        panel.setVisible(panel.isHidden())

    def slice_view_makers(self) -> list[Callable[[], None]]:
        """Calls that make a slice view each, where it is missing; made early, a document finds them ready."""
        return [partial(self._make_slice_view, view) for view in SLICES]

    def _make_slice_view(self, view: str) -> None:
        from widgets.slice_view import SliceView  # not needed for the first look at the window

        if self.grid.view(view) is None:
            self.grid.set_view(view, SliceView(self.session, Plane(view)))

    def make_views(self) -> None:
        """Make the views that are missing: the slices at once, the 3D view a moment later."""
        for make in self.slice_view_makers():
            make()
        if self.grid.view(THREE_D) is None:
            self.grid.set_view(THREE_D, black_view(self.tr("3D")))
            QTimer.singleShot(50, self, self._make_volume_view)

    def _make_volume_view(self) -> None:
        from widgets.volume_view import VolumeView  # loads VTK, which would hold the first slice up

        self.grid.set_view(THREE_D, VolumeView(self.session))

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.left)
        middle.addWidget(self.centre, 1)
        middle.addWidget(self.right)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addLayout(middle, 1)
        column.addWidget(self.status)
        self.setCentralWidget(whole)

    def _follow(self, document: Document | None) -> None:
        if document is not None:
            self.make_views()
            self.grid.name_windows()
            self._focus_view()
        else:
            self.grid.bring_all_back()
        self.centre.setCurrentWidget(self.grid if document is not None else self.empty)
        self.setWindowTitle(f"{document.title} – Limner" if document is not None else "Limner")
        QTimer.singleShot(0, self, self._show_offers)

    def _clicking_changed(self, before: ClickingState, after: ClickingState) -> None:
        if after.model is not None and after.model != before.model:
            self.show_page("segments")

    def _comparing_changed(self, before: ComparingState, after: ComparingState) -> None:
        if (after.comparison or after.job) and (after.comparison, after.job) != (before.comparison, before.job):
            self.show_page("compare")
        if after.is_split and (not before.is_split or after.comparison is not before.comparison):
            self._make_compared_views()
        elif before.is_split and not after.is_split:
            for view in COMPARED:
                self.grid.remove_view(view)
            self._focus_view()

    def _prior_changed(self, before: PriorState, after: PriorState) -> None:
        """Another study beside the open one, or another plane of both, or nothing any more."""
        if (before.beside, before.plane) == (after.beside, after.plane):
            return
        if after.beside is None:
            for view in (PRIOR, PRIOR_OPEN):
                self.grid.remove_view(view)
            self._focus_view()
            return
        from widgets.prior_view.pane import PriorPane  # seldom needed
        from widgets.prior_view.strip import open_strip
        from widgets.slice_view import SliceView

        here = self.grid.view(after.plane.value)
        if isinstance(here, SliceView):
            self.session.comparing.update(is_split=False)
            self.grid.set_view(PRIOR_OPEN, open_strip(self.session))
            self.grid.set_view(PRIOR, PriorPane(self.bridge, here))
            here.setFocus()

    def _make_compared_views(self) -> None:
        """A at the left and B at the right, in the plane that was looked at last."""
        from widgets.compared_slice_view import ComparedSliceView

        active = self.session.selection.state.active_view
        plane = Plane(active if active in SLICES else SLICES[0])
        for view, side in zip(COMPARED, ("a", "b"), strict=True):
            self.grid.set_view(view, ComparedSliceView(self.session, plane, side))
        first = self.grid.view(COMPARED[0])
        if first is not None:
            first.setFocus()

    def _focus_view(self) -> None:
        """The keys belong to the views."""
        view = self.grid.view(self.session.selection.state.active_view) or self.grid
        QTimer.singleShot(0, view, view.setFocus)

    def _show_offers(self) -> None:
        self.offers.read()

    def _offers_read(self, offers: list[ModelOffer]) -> None:
        self.top.set_offers(offers)
        self.left.models.set_offers(offers)

    def _open_study(self, row: Row) -> None:
        item = row.item
        if item is None:
            self.open_paths([row.path])
        else:
            guarded(self.session, lambda: show_series(self.session, item.path, item.series))

    def _show_beside(self, row: Row) -> None:
        item = row.item
        if item is not None and self.session.document is not None:
            guarded(self.session, lambda: show_beside(self.session, item.path, item.series))

    def event(self, event: QEvent) -> bool:
        """Tab is a shortcut in the views only; elsewhere it goes from control to control as everywhere."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            focus = self.focusWidget()
            is_elsewhere = focus is not None and focus is not self.centre and not self.grid.isAncestorOf(focus)
            if is_elsewhere and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Escape end the work in a field: the keys belong to the views again."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self._focus_view()
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files, folders, zips and models may be dropped anywhere."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self.empty.show_drag(True)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Anywhere is right."""
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They went on."""
        self.empty.show_drag(False)
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped, or ask to add it where it is a model."""
        self.empty.show_drag(False)
        event.acceptProposedAction()
        paths = dropped_paths(event.mimeData())
        QTimer.singleShot(0, self, lambda: take_in(self.session, paths))  # the source program waits for this to return

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the window, stop the jobs, and write what is left of the case; ask only when that would fail."""
        if not self._may_close():
            event.ignore()
            return
        self.state.remember()
        self.grid.bring_all_back()
        for job in self.session.jobs.jobs:
            if not job.is_over:
                job.cancel()
        self.session.set_document(None, loses_unsaved=True)  # the person was asked
        event.accept()

    def _may_close(self) -> bool:
        """False when entries could not be written and the person does not want to lose them."""
        document = self.session.document
        if document is None or document.case.journal.flush_after_failure(FLUSH_S):
            return True
        waiting = counted(document.case.journal.pending_count, "entry")
        answer = ask_choice(
            self,
            self.tr("Not everything is saved"),
            self.tr("{0} could not be written: {1} Closing loses them.").format(
                waiting, document.case.journal.failure.message if document.case.journal.failure else ""
            ),
            [("stay", self.tr("Keep the window open")), ("lose", self.tr("Close and lose them"))],
        )
        return answer == "lose"


def black_view(name: str) -> QWidget:
    """What stands at a view's place until the view is made."""
    made = QWidget()
    made.setAccessibleName(name)
    made.setAutoFillBackground(True)
    colors = made.palette()
    colors.setColor(colors.ColorRole.Window, theme.current().color("view"))
    made.setPalette(colors)
    return made
