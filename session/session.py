"""Everything that one running program has open: what actions are called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psygnal

from imaging.dicom.directory import is_directory_name
from imaging.errors import UserError
from imaging.opening import Series
from session.actions import ActionRegistry
from session.clicking import Clicking
from session.comparison import Comparing
from session.difference_follower import DifferenceFollower
from session.document import Document
from session.doubting import Doubting
from session.hanging import Hanging
from session.jobs import JobQueue
from session.look.look import Look
from session.look_editing import LookEditing
from session.messages import Messages
from session.movie_keys import MovieKeys
from session.presentation import Presentation, VolumeCamera
from session.prior import Prior
from session.reviewing import Reviewing
from session.selection import Selection
from session.settings import Settings
from session.three_d_status import ThreeDStatus
from session.window_services import WindowServices

if TYPE_CHECKING:
    from session.batch.queue import BatchQueue
    from session.look.preset_store import PresetStore

FLUSH_S = 5.0  # how long closing waits for a slow disk


@dataclass(frozen=True)
class ShelfItem:
    """A series that can be opened by a click: found at ``path``."""

    path: Path
    series: Series


def name_of(path: Path) -> str:
    """What a path that was opened is called: its own name, or that of the disc whose DICOMDIR it is."""
    return (path.parent.name or path.name) if is_directory_name(path.name) else path.name


class Session:
    """The open document, if any, and what surrounds it.

    Args:
        settings: the person's settings.
        schedule: calls a function at the end of the event-loop turn; at once by default.
        post: calls a function on the document's thread from any thread; at once by default.
    """

    document_replaced = psygnal.Signal(object)  # the new Document, or None
    shelf_changed = psygnal.Signal()
    presets_changed = psygnal.Signal()  # the presets that the person keeps
    models_changed = psygnal.Signal()  # models were added, removed, trusted, or got their weights

    def __init__(
        self,
        settings: Settings | None = None,
        schedule: Callable[[Callable[[], None]], None] | None = None,
        post: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.schedule = schedule or (lambda call: call())
        self.post = post or (lambda call: call())
        self.messages = Messages()
        self.actions = ActionRegistry()
        self.jobs = JobQueue(post)
        self.presentation = Presentation()
        self.selection = Selection()
        self.comparing = Comparing()
        self.three_d = ThreeDStatus()
        self.movie_keys = MovieKeys()
        self.hanging = Hanging(self)
        self.prior = Prior()
        self.looks = LookEditing(self.presentation, self._default_look)
        self.shelf: list[ShelfItem] = []
        self.document: Document | None = None
        self.batch: BatchQueue | None = None  # see session.batch.queue.batch_of
        self.window: WindowServices | None = None
        self._difference = DifferenceFollower(self)
        self.reviewing = Reviewing(self)
        self.doubting = Doubting(self)
        self.clicking = Clicking(self)

    def set_document(
        self,
        document: Document | None,
        *,
        loses_unsaved: bool = False,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """Replace the open document; the old one is closed first.

        Args:
            document: the new one, or None.
            loses_unsaved: close the old one even if its last changes cannot be written.
            prepare: says how the new one is shown; called when that of the old one has been kept with it.

        Raises:
            UserError: the last changes of the old one cannot be written; it stays open.
        """
        if self.document is not None:
            self.save_presentation()
            self._must_be_saved(self.document, loses_unsaved=loses_unsaved)
        self.prior.end()
        prepare()
        if self.document is not None:
            self.document.close()
        self.document = document
        self.selection.update(measurement_number=None)
        self.looks.forget()
        self.three_d.update(camera=None)
        self.movie_keys.forget()
        self.document_replaced.emit(document)

    def _must_be_saved(self, document: Document, *, loses_unsaved: bool) -> None:
        document.settle()
        if loses_unsaved or document.case.journal.flush_after_failure(FLUSH_S):
            return
        raise UserError(
            "The last changes of the open case cannot be saved, so it stays open.",
            "“Save a copy as” writes everything to another place.",
        )

    def put_on_shelf(self, items: list[ShelfItem]) -> None:
        """Offer series in the Studies panel; those that were there already stay where they are."""
        known = {(item.path, item.series.id) for item in self.shelf}
        self.shelf += [item for item in items if (item.path, item.series.id) not in known]
        self.shelf_changed.emit()

    def save_presentation(self) -> None:
        """Keep how the case is shown and what is selected beside its journal."""
        if self.document is not None:
            self.document.case.journal.save_state("presentation", self.presentation.state.to_text())

    @property
    def volume_camera(self) -> VolumeCamera | None:
        """From where the 3D view looks: as somebody chose, else as the view fitted it; None before it has drawn."""
        return self.presentation.state.volume_camera or self.three_d.state.camera

    @property
    def preset_store(self) -> PresetStore:
        """The looks that the person keeps, in the workspace."""
        from session.look.preset_store import PresetStore

        return PresetStore(self.settings.workspace() / "presets")

    def _default_look(self) -> Look:
        """What the open image's 3D picture looks like until somebody chooses."""
        from session.look.presets import default_preset, look_for  # read from files when they are first needed

        if self.document is None or not self.document.volumes:
            return Look()
        volume = self.document.volume
        return look_for(default_preset(volume), volume)

    @property
    def open_document(self) -> Document:
        """The open document; RuntimeError when none is open (actions declare ``enabled=has_document``)."""
        if self.document is None:
            raise RuntimeError("no document is open")
        return self.document


def has_document(session: Session) -> bool:
    """For ``Action.enabled``: something is open."""
    return session.document is not None


def has_segment(session: Session) -> bool:
    """For ``Action.enabled``: a segment is selected."""
    number = session.selection.state.segment_number
    return session.document is not None and number is not None and session.document.segmentation.has_segment(number)
