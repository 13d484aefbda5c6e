"""The window of the studies: filters above, studies at the left, what the chosen one holds at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QMenu, QSplitter, QVBoxLayout, QWidget

from imaging.errors import UserError
from imaging.workspace.cases import CaseRow
from imaging.workspace.listing import Filter, SeriesRow, StudyRow
from imaging.workspace.research import ResearchFile, ResearchFolder
from imaging.workspace.study_index import Root
from imaging.workspace.thumbnails import Thumbnail
from session.jobs import Job
from session.study_browsing import Found, StudyBrowsing, StudyContent, listed_folder
from widgets import theme
from widgets.action_bridge import ActionBridge, guarded
from widgets.buttons import text_button
from widgets.labels import ElidedLabel
from widgets.runs.rows import RowsModel, RowsTable
from widgets.signal_links import SignalLinks
from widgets.study_window.columns import DESCRIPTION, ListRow, study_columns
from widgets.study_window.contents import ContentList, Row
from widgets.study_window.filters import FilterBar
from widgets.study_window.found_text import found_sentence

SIZE_PX = (1240, 760)
SPLIT_PX = (800, 420)
WATCH_MS = 10_000
MENU_PATH_PX = 480
SEND_KEYS = "Ctrl+Shift+E"  # as in the main window


class StudyWindow(QDialog):
    """Beside the main window, which goes on working. While it is shown the folders are looked at again and again."""

    def __init__(self, bridge: ActionBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = bridge.session
        self.browsing = StudyBrowsing(bridge.session)
        self.roots: tuple[Root, ...] = ()
        self._shown_id: int | str | None = None  # the study or folder whose content stands at the right
        self._opens_id: int | str | None = None
        self.setWindowTitle(self.tr("Studies"))
        self.setAcceptDrops(True)
        screen = self.screen().availableGeometry()
        width, height = (theme.current().px(n) for n in SIZE_PX)
        self.resize(min(width, screen.width() - 40), min(height, screen.height() - 60))
        self.filters = FilterBar()
        self.table: RowsTable[ListRow] = RowsTable(RowsModel(study_columns()), self.tr("Studies"), (2, True))
        self.table.setSelectionMode(RowsTable.SelectionMode.ExtendedSelection)
        self.table.widen(DESCRIPTION)
        self.content = ContentList()
        self.said = ElidedLabel("", "dim")
        self._make_buttons()
        self._lay_out()
        self.filters.changed.connect(lambda: self.browsing.set_filter(self.filters.filter()))
        self.table.selectionModel().selectionChanged.connect(lambda _now, _before: self._ask_content())
        self.table.doubleClicked.connect(lambda _index: self._open_largest())
        self.content.opened.connect(self._open)
        self.content.currentRowChanged.connect(lambda _row: self._enable())
        for widget, keys, run in (
            (self.table, Qt.Key.Key_Return, self._open_largest),
            (self.filters.text, Qt.Key.Key_Down, self.table.setFocus),
            (self, SEND_KEYS, self._send_focused),
            (self, QKeySequence.StandardKey.Find, self.filters.text.setFocus),
            (self, QKeySequence.StandardKey.Refresh, self._look_again),
        ):
            shortcut = QShortcut(QKeySequence(keys), widget, run)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)  # the constructor would ignore it
        for view, menu in ((self.table, self._table_menu), (self.content, self._content_menu)):
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            view.customContextMenuRequested.connect(partial(self._show_menu, view, menu))
        self._links = SignalLinks(self)
        self._links.add(self.browsing.found, self._show_found)
        self._links.add(self.browsing.content, self._show_content)
        self._links.add(self.browsing.thumbnail, self._show_picture)
        self._links.add(bridge.session.document_replaced, self._document_replaced)
        self._links.add(self.browsing.failed, self._show_failure)
        self._links.add(bridge.session.jobs.changed, self._follow_job)
        self._timer = QTimer(self)
        self._timer.setInterval(WATCH_MS)
        self._timer.timeout.connect(self._look_again)
        self.destroyed.connect(self.browsing.close)
        self._enable()

    def showEvent(self, event: QShowEvent) -> None:
        """Look what is there now."""
        super().showEvent(event)
        self.browsing.refresh()
        self._look_again()
        self._timer.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """A hidden list needs no looking."""
        self._timer.stop()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders may be dropped here, and the DICOMDIR of a disc."""
        if _dropped_folders(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """List the folders that were dropped."""
        event.acceptProposedAction()
        for folder in _dropped_folders(event):
            self.add_folder(folder)

    def add_folder(self, folder: Path) -> None:
        """List a folder."""
        self.browsing.add_folder(folder)

    def _show_found(self, found: Found) -> None:
        chosen, several = self.table.current_row(), {row.id for row in self.table.chosen_rows()}
        rows: list[ListRow] = [*found.studies, *found.folders]
        self.roots = found.roots
        self.filters.offer(found.modalities, found.body_parts)
        if rows != self.table.rows_model.rows:
            is_first = not self.table.rows_model.rows
            self.table.rows_model.set_rows(rows)
            self.table.fit_columns(only_wider=not is_first)  # they stay where they are while somebody types
            if chosen is not None:
                self.table.select_where(lambda row: row.id == chosen.id)
                self.table.add_where(lambda row: row.id in several)
            if self.table.current_row() is None and rows:
                self.table.select_where(lambda row: row is self.table.shown_rows()[0])
            if not rows:
                self._show_nothing()
        sentence = found_sentence(found, is_narrowed=self.filters.filter() != Filter())
        self.table.set_empty_text(sentence)
        self.said.setText(sentence)
        self.said.setVisible(bool(rows))
        self._enable()

    def _follow_job(self, job: Job) -> None:
        """What came or went by some work is listed at its end, not at the next look."""
        if job.is_over and self.isVisible():
            self.browsing.refresh()

    def _ask_content(self) -> None:
        study = self.table.current_row()
        if study is None:
            self._show_nothing()
        else:
            if study.id != self._shown_id:  # what is still shown is another patient's
                self._show_nothing()
            self.browsing.ask_content(study)
        self._enable()

    def _show_nothing(self) -> None:
        self._shown_id = self._opens_id = None
        self.content.show_content(None)

    def _show_content(self, content: StudyContent) -> None:
        chosen = self.table.current_row()
        if chosen is not None and chosen.id == content.study.id:
            self._shown_id = chosen.id
            self.content.show_content(content)
            self.browsing.ask_thumbnails((*content.series, *content.files))
            self._enable()
            if self._opens_id == chosen.id:
                self._open_largest()

    def _show_picture(self, key: int | Path, picture: Thumbnail) -> None:
        self.content.show_picture(key, picture)

    def _show_failure(self, error: UserError) -> None:
        self._session.messages.error(error)

    def _open(self, row: Row) -> None:
        """Open a series or a case in the main window; of another study show what it holds."""
        if isinstance(row, StudyRow):
            self.filters.text.clear()
            self.browsing.set_filter(self.filters.filter())
            self.table.select_where(lambda one: one.id == row.id)
        elif isinstance(row, CaseRow | ResearchFile):
            self._run("file.open", path=str(row.path))
        elif row.is_image:
            self._run("studies.open_series", folder=str(row.folder), series=row.uid)
        else:
            self._run("studies.open_object", series=str(row.id))

    def _open_largest(self) -> None:
        """The newest case of the study, else its largest series; of a folder its first file where it is alone."""
        chosen = self.table.current_row()
        is_shown = chosen is not None and chosen.id == self._shown_id
        self._opens_id = chosen.id if chosen is not None and not is_shown else None  # when it is known what it holds
        if not is_shown:
            return
        rows = self.content.rows()
        if isinstance(self.table.current_row(), ResearchFolder) and len(rows) > 1:
            self.content.setFocus()
            return
        found = [row for row in rows if isinstance(row, CaseRow)]
        images = [row for row in rows if isinstance(row, SeriesRow) and row.is_image]
        if found:
            self._open(found[0])
        elif images:
            self._open(max(images, key=lambda row: row.frame_count))
        elif rows:
            self._open(rows[0])

    def _run(self, action: str, **arguments: str) -> None:
        guarded(self._session, lambda: self._session.actions.run_with_texts(action, self._session, arguments))

    def _open_chosen(self) -> None:
        row = self.content.chosen()
        if row is not None:
            self._open(row)

    def _show_beside(self) -> None:
        """The chosen series, or of another study of the patient what is most like the open one."""
        row = self.content.chosen()
        if isinstance(row, StudyRow):
            self._run("prior.show_study", study=str(row.id))
        elif isinstance(row, SeriesRow):
            self._run("prior.show", folder=str(row.folder), series=row.uid)
        elif isinstance(row, ResearchFile):
            self._run("prior.show", folder=str(row.path), series=row.path.name)

    def _add_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("List the studies of a folder"))
        if name:
            self.add_folder(Path(name))

    def _bring_in(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Bring in a CD or a folder"))
        if name:
            self._run("studies.bring_in", folder=name)

    def _chosen_studies(self) -> list[StudyRow]:
        return [row for row in self.table.chosen_rows() if isinstance(row, StudyRow)]

    def _delete(self) -> None:
        for study in self._chosen_studies()[:1]:
            self._run("studies.delete", study=str(study.id))

    def _deidentify(self) -> None:
        self._run("studies.deidentify", study=_numbers(self._chosen_studies()))

    def _send(self) -> None:
        if self._chosen_studies():
            self._run("studies.send", study=_numbers(self._chosen_studies()))

    def _send_series(self) -> None:
        rows = self.content.chosen_series()
        if rows:
            self._run("studies.send", study=str(rows[0].study_id), series=_numbers(rows))

    def _send_focused(self) -> None:
        """The key sends the chosen series where they have the focus, else the chosen studies."""
        is_series = self.content.hasFocus() and self.content.chosen_series()
        (self._send_series if is_series else self._send)()

    def _show_menu(self, view: QWidget, fill: Callable[[QMenu], None], place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill(menu)
        if menu.actions():
            menu.popup(view.mapToGlobal(place))

    def _table_menu(self, menu: QMenu) -> None:
        count = len(self._chosen_studies())
        if not count:
            return
        one = count == 1
        menu.addAction(self.tr("Open"), self._open_largest).setEnabled(one)
        title = self.tr("Send the study…") if one else self.tr("Send {0} studies…").format(count)
        menu.addAction(title, QKeySequence(SEND_KEYS), self._send)
        menu.addAction(self.tr("De-identify…"), self._deidentify)
        menu.addSeparator()
        menu.addAction(self.tr("Delete…"), self._delete).setEnabled(one)

    def _content_menu(self, menu: QMenu) -> None:
        if self.content.chosen() is None:
            return
        menu.addAction(self.tr("Open"), self._open_chosen)
        menu.addAction(self.tr("Show beside"), self._show_beside).setEnabled(self.beside.isEnabled())
        count = len(self.content.chosen_series())
        if count:
            title = self.tr("Send the series…") if count == 1 else self.tr("Send {0} series…").format(count)
            menu.addAction(title, QKeySequence(SEND_KEYS), self._send_series)

    def _look_again(self) -> None:
        self.browsing.update_if_idle()

    def _show_folders(self) -> None:
        menu = QMenu(self)
        for root in self.roots:
            room = theme.current().px(MENU_PATH_PX)
            name = menu.fontMetrics().elidedText(str(root.path), Qt.TextElideMode.ElideMiddle, room)
            name = name.replace("&", "&&") + (self.tr(" (not there)") if root.is_missing else "")
            action = menu.addAction(self.tr("Do not list {0}").format(name))
            action.triggered.connect(partial(self.browsing.forget_folder, root.path))
            action.setToolTip(str(root.path))
        menu.setToolTipsVisible(True)
        menu.popup(self.folders.mapToGlobal(self.folders.rect().bottomLeft()))

    def _document_replaced(self, _document: object) -> None:
        self._enable()

    def _enable(self) -> None:
        self.open_chosen.setEnabled(self.content.chosen() is not None)
        chosen = self.content.chosen()
        can_stand_beside = isinstance(chosen, StudyRow | ResearchFile) or (
            isinstance(chosen, SeriesRow) and chosen.is_image
        )
        self.beside.setEnabled(can_stand_beside and self._session.document is not None)
        count = len(self._chosen_studies())
        for button in (self.send, self.deidentify):
            button.setEnabled(count > 0)
        self.delete.setEnabled(count == 1)
        self.folders.setEnabled(bool(self.roots))

    def _make_buttons(self) -> None:
        self.add = text_button(self.tr("Add a folder…"), self._add_folder)
        self.add.setToolTip(self.tr("List what it holds, and follow it; nothing is copied"))
        self.bring = text_button(self.tr("Bring in a CD…"), self._bring_in)
        self.bring.setToolTip(self.tr("Copy the images of a CD, a stick or a folder into the workspace"))
        self.folders = text_button(self.tr("Folders"), self._show_folders)
        self.send = text_button(self.tr("Send…"), self._send)
        self.send.setToolTip(
            self.tr("The chosen studies to an archive ({0}); single series by a right click on them").format(SEND_KEYS)
        )
        self.deidentify = text_button(self.tr("De-identify…"), self._deidentify)
        self.deidentify.setToolTip(self.tr("Write the study without what tells who the patient is"))
        self.delete = text_button(self.tr("Delete…"), self._delete)
        self.delete.setToolTip(self.tr("The images that the workspace holds of this study; cases stay"))
        self.beside = text_button(self.tr("Show beside"), self._show_beside)
        self.beside.setToolTip(self.tr("Beside the open study and linked with it, for looking only"))
        self.open_chosen = text_button(self.tr("Open"), self._open_chosen, "primary")

    def _lay_out(self) -> None:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.table)
        split.addWidget(self.content)
        split.setSizes([theme.current().px(n) for n in SPLIT_PX])
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        below = QHBoxLayout()
        below.setSpacing(8)
        for button in (self.add, self.bring, self.folders):
            below.addWidget(button)
        below.addStretch(1)
        for button in (self.send, self.deidentify, self.delete, self.beside, self.open_chosen):
            below.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.filters)
        column.addWidget(split, 1)
        column.addWidget(self.said)  # a line of its own: beside the buttons it would have no room in a narrow window
        column.addLayout(below)


def _dropped_folders(event: QDropEvent) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [folder for path in paths if (folder := listed_folder(path)) is not None]


def _numbers(rows: Sequence[StudyRow | SeriesRow]) -> str:
    """Their numbers in the list, as actions take them."""
    return ",".join(str(row.id) for row in rows)
