"""The transfer function of the look in its editor, before the image's histogram."""

from __future__ import annotations

from dataclasses import replace

from imaging.volume import Quantity, Volume
from session.change import DocumentChange
from session.document import Document
from session.jobs import Job, JobState
from session.look.automatic import histogram
from session.look.look import Look
from session.look.transfer_function import TransferFunction
from widgets.action_bridge import ActionBridge
from widgets.look_3d.part import LookPart
from widgets.signal_links import SignalLinks
from widgets.transfer_function.editor import TransferFunctionEditor

UNITS = {Quantity.HU: "HU", Quantity.SUVBW: "SUV", Quantity.ACTIVITY: "Bq/ml"}
ACTIONS = {"histogram": "look.automatic", "segment": "look.show_segment_values"}


class TransferControls(LookPart):
    """Every move of a point changes the look; its statistics are made on a thread."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self.editor = TransferFunctionEditor()
        self.column.addWidget(self.editor)
        for button in (self.editor.undo_button, self.editor.redo_button):
            button.hide()  # the page has them for all controls
        self._counted: Volume | None = None  # whose histogram is shown or on its way
        self.editor.changed.connect(self._edited)
        self.editor.automatic_requested.connect(lambda which: bridge.run(ACTIONS[which]))
        self.editor.undo_requested.connect(lambda: bridge.run("look.undo"))
        self.editor.redo_requested.connect(lambda: bridge.run("look.redo"))
        self.editor.reset_requested.connect(lambda: bridge.run("look.reset_transfer"))
        self._document_links = SignalLinks(self)

    def follow(self, document: Document | None) -> None:
        """Another document: other values."""
        self._document_links.release()
        self._counted = None
        self.editor.set_histogram(None)
        if document is not None and document.volumes:
            self._document_links.add(document.changed, self._document_changed)
            self.editor.set_unit(UNITS.get(document.volume.quantity, ""))

    def show_look(self, look: Look) -> None:
        """Show the look's function, and count the image's values when nobody has."""
        looks = self.session.looks
        self.editor.set_function(look.transfer)
        self.editor.set_history(can_undo=looks.can_undo, can_redo=looks.can_redo)
        document, number = self.session.document, self.session.selection.state.segment_number
        exists = document is not None and number is not None and document.segmentation.has_segment(number)
        name = document.segmentation.segment(number).name if exists and document and number else ""
        self.editor.set_segment_name(name)
        if self.isVisible():
            self._count()

    def _edited(self, function: TransferFunction, is_final: bool) -> None:
        look = replace(self.session.looks.current, transfer=function)
        self.session.looks.change(look, "transfer", is_final=is_final)

    def _document_changed(self, change: DocumentChange) -> None:
        if change.has_image and self.isVisible():
            self._count()

    def _count(self) -> None:
        document = self.session.document
        if document is None or not document.volumes or document.is_loading or document.volume is self._counted:
            return
        volume = self._counted = document.volume
        if volume.quantity is not Quantity.COLOUR:
            title = self.tr("Count the image's values")
            self.session.jobs.start(title, lambda _job: histogram(volume), lambda job: self._take(job, volume))

    def _take(self, job: Job, volume: Volume) -> None:
        if job.state is JobState.DONE and volume is self._counted:
            self.editor.set_histogram(job.result)
