"""How sure a model was of what is in the open case: its maps, and the way from one doubtful place to the next."""

from __future__ import annotations

import json
import threading
import time
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psygnal

from imaging.errors import UserError
from imaging.geometry import Geometry
from session.change import DocumentChange
from session.document import Document
from session.doubt import DoubtfulPlace, find_places
from session.map_keeping import STATE_KEY, packed, unpacked
from session.model_maps import MapKind, ModelMap, ModelMaps, maps_of, with_map

if TYPE_CHECKING:
    from session.session import Session

FIRST_PICTURE_S = 0.25  # the map is drawn before its places are looked for


@dataclass(frozen=True)
class DoubtState:
    """Where the review of doubtful places is.

    Attributes:
        has_map: there is at least one.
        title: which model's.
        is_by_probability: places are those where the label's probability is lowest, for lack of a map of uncertainty.
        places: the most doubtful first.
        current: the place that was looked at last, an index; None before the first.
        visited: indices of those that were looked at.
        is_looking: the places are still being searched.
        is_kept: the maps, or some of them, are part of the case file.
    """

    has_map: bool = False
    title: str = ""
    is_by_probability: bool = False
    places: tuple[DoubtfulPlace, ...] = ()
    current: int | None = None
    visited: frozenset[int] = frozenset()
    is_looking: bool = False
    is_kept: bool = False


class Doubting:
    """Takes the maps from a result that waits, keeps them with the case when that is accepted, and knows the places.

    Args:
        session: whose document.
    """

    changed = psygnal.Signal(DoubtState, DoubtState)  # before, after

    def __init__(self, session: Session) -> None:
        self.state = DoubtState()
        self._session = session
        self._unwanted: ModelMaps | None = None
        session.document_replaced.connect(self._replaced)

    def step(self, steps: int = 1) -> DoubtfulPlace | None:
        """Go on to the next place, or back; the way is a ring. None when there are no places."""
        places, current = self.state.places, self.state.current
        if not places:
            return None
        at = (0 if steps > 0 else len(places) - 1) if current is None else (current + steps) % len(places)
        self._set(replace(self.state, current=at, visited=self.state.visited | {at}))
        return places[at]

    def keep(self) -> None:
        """The result was accepted: its maps become part of the case file (not of the journal)."""
        document, maps = self._session.document, self._session.document and self._session.document.model_maps
        if document is None or maps is None or self.state.is_kept or document.case.is_read_only:
            return
        self._set(replace(self.state, is_kept=True))
        threading.Thread(target=self._write, args=(document, maps), name="doubt", daemon=True).start()

    def add(self, found: ModelMap, title: str) -> None:
        """Show a map that came from elsewhere, and keep it with the case.

        Raises:
            UserError: a result that waits for acceptance has maps of its own.
        """
        document = self._session.open_document
        present = document.model_maps
        if present is not None and document.preview is not None and present.are_of(document.preview):
            raise UserError("The result that waits has maps of its own.", "Accept or reject it first.")
        self._show(document, with_map(present, found, title))
        self.keep()

    def end(self) -> None:
        """Do without the maps from now on, in the case file, too."""
        document = self._session.document
        if document is None or document.model_maps is None:
            return
        if self.state.is_kept:
            document.case.journal.save_state(STATE_KEY, json.dumps(None))
        self._unwanted = document.model_maps
        self._show(document, None)

    def _replaced(self, document: Document | None) -> None:
        self._unwanted = None
        self._set(DoubtState())
        if document is None:
            return
        document.changed.connect(self._document_changed)
        journal = document.case.journal
        text = None if journal.pending_count else journal.read_state(STATE_KEY)  # a case that is being made has none
        if text is not None:
            threading.Thread(target=self._read, args=(document, text), name="doubt", daemon=True).start()

    def _document_changed(self, change: DocumentChange) -> None:
        document = self._session.document
        if not change.has_preview or document is None or document.preview is None:
            return
        if self._unwanted is not None and self._unwanted.are_of(document.preview):
            return  # somebody did without them, and the result still waits
        maps = maps_of(document.preview)
        if maps is not None and (document.model_maps is None or not document.model_maps.are_of(document.preview)):
            self._show(document, maps)

    def _show(self, document: Document, maps: ModelMaps | None, *, is_kept: bool = False) -> None:
        document.set_model_maps(maps)
        if maps is None:
            self._set(DoubtState())
            return
        doubtful = maps.doubtful
        is_by_probability = doubtful is not None and doubtful.kind is MapKind.WINNER
        self._set(DoubtState(True, maps.title, is_by_probability, is_looking=doubtful is not None, is_kept=is_kept))
        if doubtful is not None:
            there = document, maps, doubtful, document.segmentation.geometry
            threading.Thread(target=self._look, args=there, name="doubt", daemon=True).start()

    def _look(self, document: Document, maps: ModelMaps, doubtful: ModelMap, geometry: Geometry) -> None:
        time.sleep(FIRST_PICTURE_S)
        places = find_places(doubtful.doubt(), geometry)
        self._session.post(lambda: self._found(document, maps, places))

    def _found(self, document: Document, maps: ModelMaps, places: tuple[DoubtfulPlace, ...]) -> None:
        if document is self._session.document and document.model_maps is maps:
            self._set(replace(self.state, places=places, is_looking=False))

    def _write(self, document: Document, maps: ModelMaps) -> None:
        text, left_out = packed(maps)
        self._session.post(lambda: self._save(document, text, left_out))

    def _save(self, document: Document, text: str, left_out: int) -> None:
        if document is not self._session.document:
            return  # closed in the moment after it was accepted
        if left_out:
            is_kept = bool(text)
            self._set(replace(self.state, is_kept=is_kept))
            what = "1 map of the model is" if left_out == 1 else f"{left_out} maps of the model are"
            self._session.messages.info(f"{what} too large for the case file.", "Export what you want to keep.")
        if text:
            document.case.journal.save_state(STATE_KEY, text)

    def _read(self, document: Document, text: str) -> None:
        try:
            maps = unpacked(text, document.segmentation.geometry.shape)
        except (ValueError, KeyError, TypeError, AttributeError, zlib.error):
            sentence = "The model's maps in this case cannot be read; everything else is whole."
            self._session.post(lambda: self._session.messages.warning(sentence))
            return
        if maps is not None:
            self._session.post(lambda: self._restore(document, maps))

    def _restore(self, document: Document, maps: ModelMaps) -> None:
        if document is self._session.document and document.model_maps is None:
            self._show(document, maps, is_kept=True)

    def _set(self, state: DoubtState) -> None:
        before, self.state = self.state, state
        if before != state:
            self.changed.emit(before, state)
