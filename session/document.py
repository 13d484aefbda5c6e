"""The open case: the only owner of mutable data, and the one place where edits meet the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psygnal

from imaging.blocks import Labels
from imaging.case.case import Case
from imaging.case.entry import Entry, EntryKind
from imaging.change import Change
from imaging.edit import Edit
from imaging.errors import UserError
from imaging.layer_snapshot import LayerSnapshot
from imaging.measurement import Measurement
from imaging.measurements import MeasurementEdit, Measurements
from imaging.segmentation import Segmentation
from imaging.volume import Volume, Voxels
from session.apart import Apart, Post
from session.change import DocumentChange
from session.comparison import ShownDifference
from session.measured import MeasuredRegions
from session.model_maps import ModelMaps
from session.preview import EarlyPreview, Preview
from session.stroke import Stroke

Schedule = Callable[[Callable[[], None]], None]

LONG_BLOCKS = 250  # undoing this many blocks takes about as long as the window may stand still


class Document:
    """One image (a sequence of volumes when it has time points) with the segmentation on its grid and measurements.

    All methods belong to one thread, the GUI's in the window.

    Args:
        volumes: time points on one geometry, at least one.
        case: where every change goes.
        author: who works: the journal's author for work by hand.
        schedule: calls a function at the end of the current event-loop turn; the default calls it at once.
        post: calls a function on this thread from another one. With it, changes of many voxels are worked out on a
            thread (``is_busy``); without it everything happens at once.
    """

    changed = psygnal.Signal(DocumentChange)

    def __init__(
        self,
        volumes: list[Volume],
        case: Case,
        *,
        author: str = "",
        schedule: Schedule | None = None,
        post: Post | None = None,
    ) -> None:
        self.volumes = volumes
        self.case = case
        self.author = author or "person"
        self.preview: Preview | None = None
        self.early: EarlyPreview | None = None  # what a model that still runs has found; drawn while no preview waits
        self.marks: Labels | None = None  # which parts of the preview are chosen or kept, see session.reviewing
        self.model_maps: ModelMaps | None = None  # one of them is drawn over the slices
        self.difference: ShownDifference | None = None  # two masks compared; drawn instead of the segments
        self.regions = MeasuredRegions()
        self.draft: Measurement | None = None  # it is being drawn or moved, and not yet part of the case
        self.is_loading = False  # True while slices of the image are still missing
        self._schedule: Schedule = schedule or (lambda call: call())
        self._post = post
        self._apart: Apart | None = None
        self._united: DocumentChange | None = None
        self._stroke: Stroke | None = None

    @property
    def volume(self) -> Volume:
        """The first time point."""
        return self.volumes[0]

    @property
    def title(self) -> str:
        """What the image is called: its series description, its kind, or the case's name."""
        image = self.case.images[0] if self.case.images else None
        named = f"{image.modality} {image.description}".strip() if image is not None else ""
        return named or self.case.path.stem

    @property
    def segmentation(self) -> Segmentation:
        """Read it freely; change it by ``apply`` and ``stroke`` only."""
        return self.case.segmentation

    @property
    def measurements(self) -> Measurements:
        """Read them freely; change them by ``apply`` only."""
        return self.case.measurements

    @property
    def entries(self) -> list[Entry]:
        """The journal, oldest first."""
        return self.case.journal.entries

    @property
    def image(self) -> Voxels | None:
        """The values that intensity rules look at; None when there are none or the image has colours."""
        if not self.volumes or self.volume.voxels.ndim != 3:
            return None
        return self.volume.voxels

    def apply(
        self,
        edit: Edit | MeasurementEdit,
        *,
        title: str,
        tool: str,
        parameters: dict[str, Any] | None = None,
        author: str = "",
        initiator: str = "",
    ) -> Entry | None:
        """Carry out one edit as one entry of the journal.

        Returns:
            The entry, None when nothing changed.

        Raises:
            UserError: a locked segment, or a read-only case.
        """
        self.must_be_writable()
        if isinstance(edit, MeasurementEdit):
            change = self.measurements.apply(edit)
        else:
            change = self.segmentation.apply(edit, self.image)
        if change is None:
            return None
        return self._record(change, title, tool, parameters or {}, author or self.author, initiator)

    def note(self, title: str, tool: str, parameters: dict[str, Any] | None = None) -> Entry:
        """Write down what happened with the case without changing it: that it was written out, or sent.

        Raises:
            UserError: a read-only case.
        """
        entry = self.case.journal.append(
            None, author=self.author, tool=tool, title=title, parameters=parameters, kind=EntryKind.NOTE
        )
        self.case.timeline.note(entry)
        self.notify(DocumentChange(has_history=True))
        return entry

    def apply_soon(
        self,
        edit: Edit,
        *,
        title: str,
        tool: str,
        parameters: dict[str, Any] | None = None,
        author: str = "",
        initiator: str = "",
        done: Callable[[Entry | None], None] | None = None,
        measuring: MeasurementEdit | None = None,
    ) -> None:
        """``apply`` for edits of many voxels: on a thread where there is an event loop, then ``done(entry)``.

        Until then ``is_busy`` is true and nothing else can be changed. ``measuring`` becomes part of the same entry.

        Raises:
            UserError: a read-only case, or busy with another change; a locked segment a moment later, from the event
                loop.
        """
        self.must_be_writable()

        def finish(change: Change | None) -> None:
            entry = None
            measured = self.measurements.apply(measuring) if measuring is not None else None
            if measured is not None:
                change = measured if change is None else replace(change, measurements=measured.measurements)
            if change is not None:
                entry = self._record(change, title, tool, parameters or {}, author or self.author, initiator)
            if done is not None:
                done(entry)

        self._perform(lambda: self.segmentation.apply(edit, self.image), finish, is_long=True)

    @property
    def is_busy(self) -> bool:
        """True while a change of many voxels is worked out."""
        return self._apart is not None

    def snapshot(self) -> LayerSnapshot:
        """The voxels of all segments as they are now, for a job to copy while work goes on.

        Raises:
            UserError: a change of many voxels is still being worked out.
        """
        self._must_be_settled()
        return self.segmentation.snapshot()

    def stroke(self, *, title: str, tool: str, parameters: dict[str, Any] | None = None, initiator: str = "") -> Stroke:
        """Begin a gesture of many edits that ends as one entry. Only one at a time.

        Raises:
            UserError: the case is read-only.
        """
        self.must_be_writable()
        if self._stroke is not None:
            raise RuntimeError("the last stroke was neither finished nor cancelled")
        self._stroke = Stroke(self, title, tool, parameters or {}, initiator)
        return self._stroke

    @property
    def can_undo(self) -> bool:
        """True when there is a change to take back."""
        return self.case.timeline.undo_target is not None and self._stroke is None and not self.is_busy

    @property
    def can_redo(self) -> bool:
        """True when there is an undone change to bring back."""
        return self.case.timeline.redo_target is not None and self._stroke is None and not self.is_busy

    @property
    def undo_title(self) -> str:
        """What undo would take back, empty when there is nothing."""
        target = self.case.timeline.undo_target
        return "" if target is None else self.entries[target - 1].title

    @property
    def redo_title(self) -> str:
        """What redo would bring back, empty when there is nothing."""
        target = self.case.timeline.redo_target
        return "" if target is None else self.entries[target - 1].title

    def undo(self, initiator: str = "") -> None:
        """Take the last change back; that is an entry too. Nothing happens when there is nothing to undo."""
        if self.can_undo:
            self._step([(EntryKind.UNDO, self.case.timeline.in_force[-1])], initiator)

    def redo(self, initiator: str = "") -> None:
        """Bring the last undone change back; that is an entry too. Nothing happens when there is nothing to redo."""
        if self.can_redo:
            self._step([(EntryKind.REDO, self.case.timeline.undone[-1])], initiator)

    def go_to(self, sequence: int, initiator: str = "") -> None:
        """Undo or redo until this change is the last one in force; 0 goes back to the beginning.

        Raises:
            ValueError: the change is neither in force nor can it be redone.
        """
        in_force, undone = self.case.timeline.in_force, self.case.timeline.undone
        if sequence in undone:
            steps = [(EntryKind.REDO, n) for n in reversed(undone[undone.index(sequence) :])]
        elif sequence in in_force or sequence == 0:
            kept = in_force.index(sequence) + 1 if sequence else 0
            steps = [(EntryKind.UNDO, n) for n in reversed(in_force[kept:])]
        else:
            raise ValueError(f"entry {sequence} is not on the present line of history")
        if steps:
            self._step(steps, initiator)

    def replace_volumes(self, volumes: list[Volume]) -> None:
        """Take the completely loaded volumes in place of those that were filling; the grid stays the same."""
        if not volumes[0].geometry.same_space(self.segmentation.geometry):
            raise ValueError("the volumes lie on another grid than the segmentation")
        self.volumes = volumes
        self.is_loading = False
        self.notify(DocumentChange(has_image=True))

    def set_preview(self, preview: Preview | None) -> None:
        """Show a result that waits for acceptance, or take it away."""
        self.preview = preview
        self.notify(DocumentChange(has_preview=True))

    def set_early(self, early: EarlyPreview | None) -> None:
        """Show what a model that still runs has found so far, or take it away."""
        self.early = early
        self.notify(DocumentChange(has_early=True))

    def set_marks(self, marks: Labels | None) -> None:
        """The marked parts of the preview changed."""
        self.marks = marks
        self.notify(DocumentChange(has_preview=True))

    def set_model_maps(self, maps: ModelMaps | None) -> None:
        """Draw how sure a model was, or nothing of the kind."""
        self.model_maps = maps
        self.notify(DocumentChange(has_preview=True))

    def set_difference(self, difference: ShownDifference | None) -> None:
        """Draw the difference of two masks instead of the segments, or the segments again."""
        if difference is not self.difference:
            self.difference = difference
            self.notify(DocumentChange(has_preview=True))

    def set_draft(self, draft: Measurement | None) -> None:
        """Show a measurement that is being drawn, in place of the one of its number if it is moved; or take it away."""
        if draft != self.draft:
            self.draft = draft
            self.notify(DocumentChange(has_draft=True))

    def notify(self, change: DocumentChange) -> None:
        """Unite a change with the others of this turn and tell the observers at its end."""
        if change.has_image:
            self.regions.forget()
        if self._united is not None:
            self._united.unite(change)
            return
        self._united = change
        self._schedule(self._emit)

    def close(self) -> None:
        """Finish the stroke that is being drawn, write what is left, and let the case go; nobody hears of it later."""
        self.settle()
        self.case.close()
        self.changed.disconnect()  # what was planned for the end of this turn would reach widgets that may be gone

    def settle(self) -> None:
        """End what is under way: wait for a long change, finish the stroke that is being drawn."""
        if self._apart is not None:
            self._apart.complete()
        if self._stroke is not None:
            self._stroke.finish()

    def _emit(self) -> None:
        united, self._united = self._united, None
        if united is not None:
            self.changed.emit(united)

    def must_be_writable(self) -> None:
        """Raise UserError when nothing can be changed now: a read-only case, or busy with another change."""
        if self.case.is_read_only:
            raise UserError("This case is open read-only.", "Use “Save a copy as” and work in the copy.")
        self._must_be_settled()

    def _must_be_settled(self) -> None:
        if self.is_busy:
            raise UserError("The last change is still being worked out.", "One moment.")

    def _record(
        self, change: Change, title: str, tool: str, parameters: dict[str, Any], author: str, initiator: str
    ) -> Entry:
        entry = self.case.journal.append(change, author=author, tool=tool, title=title, parameters=parameters)
        self.case.timeline.note(entry)
        self._announce(change, initiator)
        return entry

    def _step(self, steps: list[tuple[EntryKind, int]], initiator: str) -> None:
        """Undo and redo changes, each as an entry, all as one announcement."""
        self.must_be_writable()
        journal = self.case.journal

        def replay() -> list[Change]:
            changes = []
            for kind, target in steps:
                change = journal.change(target)
                changes.append(change.inverted() if kind is EntryKind.UNDO else change)
                self.case.replay(changes[-1])
            return changes

        def finish(changes: list[Change]) -> None:
            for (kind, target), change in zip(steps, changes, strict=True):
                title = f"{kind.value.capitalize()} {self.entries[target - 1].title}"
                tool = f"edit.{kind.value}"
                entry = journal.append(None, author=self.author, tool=tool, title=title, kind=kind, target=target)
                self.case.timeline.note(entry)
                self._announce(change, initiator)

        blocks = sum(journal.delta_count(target) for _, target in steps)
        self._perform(replay, finish, is_long=blocks > LONG_BLOCKS)

    def _perform(self, work: Callable[[], Any], finish: Callable[[Any], None], *, is_long: bool) -> None:
        """Work a change out, here or on a thread, then record it here."""
        if self._post is None or not is_long:
            finish(work())
            return

        def complete(result: Any, error: BaseException | None) -> None:
            self._apart = None
            self.notify(DocumentChange(has_history=True))
            if error is not None:
                raise error
            finish(result)

        self._apart = Apart(work, complete, self._post)
        self.notify(DocumentChange(has_history=True))

    def _announce(self, change: Change, initiator: str) -> None:
        self.notify(
            DocumentChange(
                boxes=dict(change.boxes),
                segment_numbers=change.segment_numbers,
                is_structural=change.order[0] != change.order[1],
                measurement_numbers=change.measurement_numbers,
                has_history=True,
                initiators={initiator},
            )
        )
