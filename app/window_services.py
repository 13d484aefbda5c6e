"""What actions may ask of the main window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app.object_formats import add_picture_formats
from app.path_preview import PathPreview
from app.window import MainWindow
from imaging.case.images import ImageReference
from session.archives import destinations_file
from session.channels import ChannelSource
from session.export_choice import ExportChoice
from session.movie_keys import current_view
from session.presentation import Plane
from session.surface_wishes import SurfaceWishes
from sync.destination import read_destinations
from widgets import theme
from widgets.dialogs.about import AboutDialog
from widgets.dialogs.channels import ChannelsDialog
from widgets.dialogs.choice import ask_choice
from widgets.dialogs.color import ColorDialog
from widgets.dialogs.key_frames import KeyFrameList
from widgets.dialogs.model_consent import ModelConsentDialog
from widgets.dialogs.picture_export import ExportDialog
from widgets.dialogs.run_options import RunOptionsDialog
from widgets.dialogs.segment_pair import SegmentPairDialog
from widgets.dialogs.settings import SettingsDialog
from widgets.dialogs.shortcuts import ShortcutsDialog
from widgets.dialogs.surface_options import SurfaceOptionsDialog
from widgets.sentences import translated

if TYPE_CHECKING:
    from imaging.objects.report_read import ReportedGroup
    from inference.packages.store import Candidate
    from session.deidentifying import StudyFound, Wishes
    from session.image_sending import WithoutIdentifiers
    from session.images_to_send import ImagesToSend
    from session.object_kinds import LookedAt
    from sync.deidentification.run import Outcome


class Services:
    """Implements ``session.window_services.WindowServices`` for a main window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def ask_open_paths(self) -> list[Path]:
        """Files to open; empty when cancelled."""
        names, _ = QFileDialog.getOpenFileNames(self._window, self._window.tr("Open files"), self._folder())
        return [Path(name) for name in names]

    def ask_folder(self) -> Path | None:
        """A folder to open."""
        name = QFileDialog.getExistingDirectory(self._window, self._window.tr("Open a folder"), self._folder())
        return Path(name) if name else None

    def ask_open_path(self, title: str, filters: str) -> Path | None:
        """One file to read."""
        name, _ = QFileDialog.getOpenFileName(self._window, translated(title), self._folder(), filters)
        return Path(name) if name else None

    def ask_save_path(self, title: str, suggestion: str, filters: str) -> Path | None:
        """Where to write."""
        start = str(Path(self._folder()) / suggestion)
        name, _ = QFileDialog.getSaveFileName(self._window, title, start, filters)
        return Path(name) if name else None

    def confirm(self, question: str, hint: str) -> bool:
        """A question whose wrong answer loses data."""
        options = [("yes", self._window.tr("Yes, go on"))]
        return ask_choice(self._window, translated(question), translated(hint), options) == "yes"

    def ask_choice(self, title: str, question: str, options: list[tuple[str, str]]) -> str | None:
        """One of several (key, label) options; returns its key."""
        return ask_choice(self._window, title, translated(question), options)

    def ask_surface_wishes(self, wishes: SurfaceWishes, names: dict[str, list[str]]) -> SurfaceWishes | None:
        """How to export surfaces."""
        dialog = SurfaceOptionsDialog(wishes, names, self._window)
        dialog.exec()
        return dialog.wishes

    def ask_run_options(
        self, name: str, options: dict[str, Any], structures: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """The parameters of a run of a model."""
        dialog = RunOptionsDialog(name, options, self._window, structures=structures)
        return dialog.options() if dialog.exec() else None

    def ask_channels(
        self, name: str, channels: Sequence[str], sources: Sequence[ChannelSource]
    ) -> list[ChannelSource] | None:
        """Which of these images, or of files, are a model's channels."""
        dialog = ChannelsDialog(name, channels, sources, self._window)
        dialog.exec()
        return dialog.chosen

    def ask_model_consent(self, candidate: Candidate, answer: Callable[[str], None]) -> None:
        """Show a model's licence and code; the answer comes later."""
        dialog = ModelConsentDialog(candidate.description, QApplication.activeWindow() or self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(lambda _code: answer(dialog.chosen))
        dialog.open()

    def slice_view_sizes(self) -> dict[Plane, tuple[int, int]]:
        """Width and height of the slice views that are on the screen."""
        views = {plane: self._window.grid.view(plane.value) for plane in Plane}
        return {plane: (v.width(), v.height()) for plane, v in views.items() if v is not None and v.isVisible()}

    def show_studies(self) -> None:
        """The window of the studies."""
        from widgets.study_window.window import StudyWindow  # it costs the start nothing

        _bring_up(self._window.findChild(StudyWindow) or StudyWindow(self._window.bridge, self._window))

    def show_archives(self) -> None:
        """The window of the archives."""
        from widgets.archives_window.window import ArchivesWindow  # it costs the start nothing

        _bring_up(self._window.findChild(ArchivesWindow) or ArchivesWindow(self._window.bridge, self._window))

    def show_sending(self) -> None:
        """The dialog that sends the masks of the open case."""
        from widgets.dialogs.sending import SendDialog  # seldom needed

        add_picture_formats()
        session = self._window.session
        found = read_destinations(destinations_file(session.settings))
        _bring_up(SendDialog(session, found, self._window))

    def show_image_sending(self, found: ImagesToSend, without_identifiers: WithoutIdentifiers) -> None:
        """The dialog that sends images of the list."""
        from widgets.dialogs.image_sending import ImageSendDialog  # seldom needed

        session = self._window.session
        there = read_destinations(destinations_file(session.settings))
        parent = QApplication.activeWindow() or self._window
        _bring_up(ImageSendDialog(session, found, there, without_identifiers, parent))

    def ask_deidentify(self, found: StudyFound, answer: Callable[[Wishes], None], out: Path | None = None) -> None:
        """How identifiers are to be removed from a study; the answer comes later, or never."""
        from widgets.deidentify.dialog import DeidentifyDialog  # seldom needed

        dialog = DeidentifyDialog(found, self._window.session.post, QApplication.activeWindow() or self._window, out)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: answer(dialog.wishes) if dialog.wishes is not None else None)
        dialog.open()

    def show_deidentification(self, outcome: Outcome) -> None:
        """What was removed."""
        from widgets.deidentify.report import DeidentificationReport  # seldom needed

        dialog = DeidentificationReport(outcome, self._window.session.messages, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        _bring_up(dialog)  # it outlives the dialog that asked for it

    def show_models(self, model: str) -> None:
        """The window of the models."""
        from widgets.models_window.window import ModelsWindow  # seldom needed

        shown = self._window.findChild(ModelsWindow) or ModelsWindow(self._window.bridge, self._window)
        shown.select(model)
        _bring_up(shown)

    def show_batch(self, model: str) -> None:
        """The window of the queue."""
        from widgets.batch_window.window import BatchWindow  # seldom needed

        shown = self._window.findChild(BatchWindow) or BatchWindow(self._window.bridge, self._window)
        shown.choose_model(model)
        _bring_up(shown)

    def show_report(self, name: str, groups: Sequence[ReportedGroup], notes: Sequence[str]) -> None:
        """What an imported report says; it stays beside the window."""
        from widgets.dialogs.objects import ReportContent  # seldom needed

        shown = ReportContent(name, groups, notes, self._window)
        shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        _bring_up(shown)

    def show_text(self, name: str, text: str) -> None:
        """A report that is a text for people; it stays beside the window."""
        from widgets.dialogs.objects import ReportText  # seldom needed

        shown = ReportText(name, text, self._window)
        shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        _bring_up(shown)

    def ask_objects(self, objects: Sequence[LookedAt], *, all_chosen: bool = False) -> list[LookedAt]:
        """Which of a study's objects, or a folder's, are to be imported."""
        from widgets.dialogs.objects import ObjectsDialog  # seldom needed

        parent = QApplication.activeWindow() or self._window
        dialog = ObjectsDialog(objects, parent, all_chosen=all_chosen)
        dialog.exec()
        return dialog.chosen

    def open_outside(self, path: Path) -> bool:
        """Let the system's program for such files open one."""
        return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def ask_two_segments(self) -> tuple[int, int] | None:
        """The numbers of two segments that are to be compared."""
        session = self._window.session
        chosen = session.selection.state
        segments = [(s.number, s.name) for s in session.open_document.segmentation.segments]
        dialog = SegmentPairDialog(segments, (chosen.segment_number, chosen.previous_segment_number), self._window)
        dialog.exec()
        return dialog.chosen

    def rename_segment(self, number: int) -> None:
        """Start editing a segment's name."""
        self._window.show_page("segments")
        self._window.right.segments.rename(number)

    def rename_measurement(self, number: int) -> None:
        """Start editing a measurement's name."""
        self._window.show_page("measure")
        self._window.right.measure.rename(number)

    def choose_measurement_color(self, number: int) -> tuple[int, int, int] | None:
        """A new colour for a measurement."""
        measurement = self._window.session.open_document.measurements.get(number)
        if measurement is None:
            return None
        dialog = ColorDialog(measurement.name, measurement.color, self._window)
        dialog.exec()
        return dialog.chosen

    def copy_text(self, text: str) -> None:
        """A text to the clipboard."""
        QGuiApplication.clipboard().setText(text)

    def name_look(self) -> None:
        """Start naming the look that is to be kept as a preset."""
        self._window.show_page("look")
        self._window.right.look.name_look()

    def choose_color(self, number: int) -> tuple[int, int, int] | None:
        """A new colour for a segment."""
        segment = self._window.session.open_document.segmentation.segment(number)
        dialog = ColorDialog(segment.name, segment.color, self._window)
        dialog.exec()
        return dialog.chosen

    def locate_images(self, reference: ImageReference) -> Path | None:
        """Where images that moved are now."""
        what = f"{reference.modality} {reference.description}".strip()
        title = self._window.tr("Where are the images of this case now? ({0})").format(what)
        kind = ask_choice(
            self._window,
            self._window.tr("The images of this case are not where they were"),
            title,
            [("folder", self._window.tr("Choose a folder")), ("file", self._window.tr("Choose a file"))],
        )
        if kind == "folder":
            name = QFileDialog.getExistingDirectory(self._window, title)
        elif kind == "file":
            name = QFileDialog.getOpenFileName(self._window, title)[0]
        else:
            return None
        return Path(name) if name else None

    def ask_export(self, kind: str, *, is_cinematic: bool, choice: ExportChoice) -> ExportChoice | None:
        """How a ``picture`` or ``movie`` is to be exported."""
        session, size = self._window.session, self.view_size("3d")
        preview = PathPreview(session, self._window)
        keys: KeyFrameList | None = None
        if kind == "movie":
            keys = KeyFrameList(session.movie_keys, lambda: current_view(session), lambda: play())
        dialog = ExportDialog(kind, choice, is_cinematic=is_cinematic, view_px=size, keys=keys, parent=self._window)

        def play() -> None:
            views = session.movie_keys.views
            preview.toggle(views, dialog.choice().step_seconds * (len(views) - 1))

        dialog.finished.connect(preview.stop)
        is_accepted = dialog.exec()
        preview.deleteLater()
        return dialog.choice() if is_accepted else None

    def scene_in_3d(self) -> object | None:
        """What the 3D view shows beside the volume."""
        return getattr(self._window.grid.view("3d"), "scene", None)

    def view_size(self, view: str) -> tuple[int, int]:
        """Width and height of a view in the screen's pixels."""
        widget = self._window.grid.view(view)
        if widget is None:
            return 0, 0
        return round(widget.width() * widget.devicePixelRatioF()), round(widget.height() * widget.devicePixelRatioF())

    def copy_picture(self, view: str, *, is_marked: bool) -> bool:
        """A view's picture to the clipboard."""
        from widgets.view_picture import picture_of  # knows what the 3D view is made of

        widget = self._window.grid.view(view)
        if widget is None or not widget.isVisible():
            return False
        QGuiApplication.clipboard().setImage(picture_of(widget, is_marked=is_marked))
        return True

    def show_palette(self) -> None:
        """The command palette."""
        self._window.palette_box.open()

    def show_shortcuts(self) -> None:
        """The shortcut editor."""
        ShortcutsDialog(self._window.bridge, self._window).open()

    def show_settings(self) -> None:
        """The settings."""
        SettingsDialog(self._window.session, self._window).open()

    def show_runs(self, run: str) -> None:
        """The runs of models."""
        from widgets.runs.window import RunsWindow  # seldom needed

        shown = self._window.findChild(RunsWindow)
        if shown is None:
            shown = RunsWindow(self._window.session, self._window)
        shown.select(run)
        _bring_up(shown)

    def show_findings(self) -> None:
        """The scores and boxes of the result that waits."""
        from widgets.findings.window import FindingsWindow  # seldom needed

        shown = self._window.findChild(FindingsWindow) or FindingsWindow(self._window.bridge, self._window)
        shown.show()
        shown.raise_()
        shown.activateWindow()

    def show_about(self) -> None:
        """Versions and licences."""
        AboutDialog(self._window).open()

    def toggle_panel(self, side: str) -> None:
        """Show or hide the panel at the ``left`` or ``right``."""
        self._window.toggle_panel(side)

    def set_theme(self, name: str) -> None:
        """Switch colours at once."""
        if theme.current().name == name:
            return  # the setting has changed it already
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, name, self._window.session.settings["look.text_scale"])

    def toggle_own_window(self, view: str) -> None:
        """Show a view in a window of its own, for another monitor, or in the grid again."""
        self._window.grid.toggle_own_window(view)

    def maximise(self, view: str) -> None:
        """Let one view fill the grid, or give it its old place back."""
        self._window.grid.toggle_maximised(view)

    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    def _folder(self) -> str:
        """Where file dialogs begin: beside what was opened last."""
        recent = self._window.session.settings["recent"]
        return str(Path(recent[0]).parent) if recent else ""


def _bring_up(shown: QWidget) -> None:
    """Show a window before all others, and give it the keys."""
    shown.show()
    shown.raise_()
    shown.activateWindow()
