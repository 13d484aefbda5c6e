"""What actions may ask of a window; on the command line there is none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from imaging.case.images import ImageReference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from imaging.objects.report_read import ReportedGroup
    from inference.packages.store import Candidate
    from session.channels import ChannelSource
    from session.deidentifying import StudyFound, Wishes
    from session.image_sending import WithoutIdentifiers
    from session.images_to_send import ImagesToSend
    from session.object_kinds import LookedAt
    from session.surface_wishes import SurfaceWishes
    from sync.deidentification.run import Outcome
from session.export_choice import ExportChoice
from session.presentation import Plane


class WindowServices(Protocol):
    """Questions to the person at the screen. Each returns None (or False) when the person cancels."""

    def ask_open_paths(self) -> list[Path]:
        """Files to open; empty when cancelled."""

    def ask_folder(self) -> Path | None:
        """A folder to open."""

    def ask_open_path(self, title: str, filters: str) -> Path | None:
        """One file to read; ``filters`` in Qt's form ``Name (*.a *.b);;...``."""

    def ask_save_path(self, title: str, suggestion: str, filters: str) -> Path | None:
        """Where to write; ``filters`` in Qt's form ``Name (*.a *.b);;...``."""

    def confirm(self, question: str, hint: str) -> bool:
        """A question whose wrong answer loses data."""

    def ask_choice(self, title: str, question: str, options: list[tuple[str, str]]) -> str | None:
        """One of several (key, label) options; returns its key."""

    def ask_surface_wishes(self, wishes: SurfaceWishes, names: dict[str, list[str]]) -> SurfaceWishes | None:
        """How to export surfaces; ``names`` are the segments that each choice of segments means."""

    def ask_run_options(
        self, name: str, options: dict[str, Any], structures: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """The parameters of a run of a model; ``options`` are those of the last time, ``structures`` what it finds."""

    def ask_channels(
        self, name: str, channels: Sequence[str], sources: Sequence[ChannelSource]
    ) -> list[ChannelSource] | None:
        """Which of these images, or of files, are a model's channels."""

    def ask_model_consent(self, candidate: Candidate, answer: Callable[[str], None]) -> None:
        """Show a model's licence and code; answers ``trust``, ``add`` or nothing (empty) later on."""

    def slice_view_sizes(self) -> dict[Plane, tuple[int, int]]:
        """Width and height of the slice views that are on the screen."""

    def show_studies(self) -> None:
        """The window of the studies."""

    def show_archives(self) -> None:
        """The window of the archives."""

    def show_sending(self) -> None:
        """The dialog that sends the masks of the open case."""

    def show_image_sending(self, found: ImagesToSend, without_identifiers: WithoutIdentifiers) -> None:
        """The dialog that sends images, as they are or after ``without_identifiers`` wrote them anew."""

    def ask_deidentify(self, found: StudyFound, answer: Callable[[Wishes], None], out: Path | None = None) -> None:
        """How identifiers are to be removed from a study; the answer comes later, or never.

        Args:
            out: where to; asked for where None.
        """

    def show_deidentification(self, outcome: Outcome) -> None:
        """The report of what was removed."""

    def show_models(self, model: str) -> None:
        """The window of the models, with this one selected; empty for none."""

    def show_batch(self, model: str) -> None:
        """The window of the queue, with this model chosen for what is added; empty for the last one."""

    def show_findings(self) -> None:
        """The scores and boxes of the result that waits."""

    def show_report(self, name: str, groups: Sequence[ReportedGroup], notes: Sequence[str]) -> None:
        """What an imported report says; ``name`` is its file's."""

    def show_text(self, name: str, text: str) -> None:
        """A report that is a text for people; ``name`` is its file's."""

    def ask_objects(self, objects: Sequence[LookedAt], *, all_chosen: bool = False) -> list[LookedAt]:
        """Which of a study's objects, or a folder's (then all are chosen at first), are wanted; none when cancelled."""

    def open_outside(self, path: Path) -> bool:
        """Let the system's program for such files open one; False when there is none."""

    def ask_two_segments(self) -> tuple[int, int] | None:
        """The numbers of two segments that are to be compared."""

    def rename_segment(self, number: int) -> None:
        """Start editing a segment's name."""

    def rename_measurement(self, number: int) -> None:
        """Start editing a measurement's name."""

    def choose_measurement_color(self, number: int) -> tuple[int, int, int] | None:
        """A new colour for a measurement."""

    def copy_text(self, text: str) -> None:
        """A text to the clipboard."""

    def name_look(self) -> None:
        """Start naming the look that is to be kept as a preset."""

    def choose_color(self, number: int) -> tuple[int, int, int] | None:
        """A new colour for a segment."""

    def locate_images(self, reference: ImageReference) -> Path | None:
        """Where images that moved are now."""

    def ask_export(self, kind: str, *, is_cinematic: bool, choice: ExportChoice) -> ExportChoice | None:
        """How a ``picture`` or ``movie`` is to be exported; ``choice`` is what is proposed."""

    def scene_in_3d(self) -> object | None:
        """What the 3D view shows beside the volume, a ``render.volume_scene.VolumeSceneState``; None without one."""

    def view_size(self, view: str) -> tuple[int, int]:
        """Width and height of a view in the screen's pixels; (0, 0) when it is not there."""

    def copy_picture(self, view: str, *, is_marked: bool) -> bool:
        """A view's picture to the clipboard, with the mark if wanted; False when there is none."""

    def show_palette(self) -> None:
        """The command palette."""

    def show_shortcuts(self) -> None:
        """The shortcut editor."""

    def show_settings(self) -> None:
        """The settings."""

    def show_runs(self, run: str) -> None:
        """The runs of models, with this one selected; empty for none."""

    def show_about(self) -> None:
        """Versions and licences."""

    def toggle_panel(self, side: str) -> None:
        """Show or hide the panel at the ``left`` or ``right``."""

    def set_theme(self, name: str) -> None:
        """Switch colours at once."""

    def toggle_own_window(self, view: str) -> None:
        """Show a view in a window of its own, for another monitor, or in the grid again."""

    def maximise(self, view: str) -> None:
        """Let one view fill the grid, or give it its old place back."""

    def quit(self) -> None:
        """Close the window."""
