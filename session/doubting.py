"""The map of a model's doubt that belongs to the open case, and the way from one doubtful place to the next."""

from __future__ import annotations

import base64
import json
import math
import threading
import time
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import psygnal

from imaging.geometry import Geometry
from session.change import DocumentChange
from session.document import Document
from session.doubt import MAP_NAME, DoubtfulPlace, DoubtMap, find_places

if TYPE_CHECKING:
    from session.session import Session

STATE_KEY = "doubt"  # in the case file, beside the journal
FIRST_PICTURE_S = 0.25  # the map is drawn before its places are looked for
MOST_KEPT_BYTES = 32_000_000  # of a compressed map; a larger one lasts as long as the case is open


@dataclass(frozen=True)
class DoubtState:
    """Where the review of doubtful places is.

    Attributes:
        has_map: there is one.
        title: which model's.
        places: the most doubtful first.
        current: the place that was looked at last, an index; None before the first.
        visited: indices of those that were looked at.
        is_looking: the places are still being searched.
        is_kept: the map is part of the case file.
    """

    has_map: bool = False
    title: str = ""
    places: tuple[DoubtfulPlace, ...] = ()
    current: int | None = None
    visited: frozenset[int] = frozenset()
    is_looking: bool = False
    is_kept: bool = False


class Doubting:
    """Takes the map from a result that waits, keeps it with the case when that is accepted, and knows its places.

    Args:
        session: whose document.
    """

    changed = psygnal.Signal(DoubtState, DoubtState)  # before, after

    def __init__(self, session: Session) -> None:
        self.state = DoubtState()
        self._session = session
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
        """The result was accepted: its map becomes part of the case file (not of the journal)."""
        document, doubt = self._session.document, self._session.document and self._session.document.doubt
        if document is None or doubt is None or self.state.is_kept or document.case.is_read_only:
            return
        self._set(replace(self.state, is_kept=True))
        threading.Thread(target=self._write, args=(document, doubt), name="doubt", daemon=True).start()

    def end(self) -> None:
        """Do without the map from now on, in the case file, too."""
        document = self._session.document
        if document is None or document.doubt is None:
            return
        if self.state.is_kept:
            document.case.journal.save_state(STATE_KEY, json.dumps(None))
        self._show(document, None)

    def _replaced(self, document: Document | None) -> None:
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
        values = document.preview.maps.get(MAP_NAME)
        if values is not None and (document.doubt is None or document.doubt.values is not values):
            self._show(document, DoubtMap(values, document.preview.title))

    def _show(self, document: Document, doubt: DoubtMap | None, *, is_kept: bool = False) -> None:
        document.set_doubt(doubt)
        if doubt is None:
            self._set(DoubtState())
            return
        self._set(DoubtState(True, doubt.title, is_looking=True, is_kept=is_kept))
        geometry = document.segmentation.geometry
        threading.Thread(target=self._look, args=(document, doubt, geometry), name="doubt", daemon=True).start()

    def _look(self, document: Document, doubt: DoubtMap, geometry: Geometry) -> None:
        time.sleep(FIRST_PICTURE_S)
        places = find_places(doubt.values, geometry)
        self._session.post(lambda: self._found(document, doubt, places))

    def _found(self, document: Document, doubt: DoubtMap, places: tuple[DoubtfulPlace, ...]) -> None:
        if document is self._session.document and document.doubt is doubt:
            self._set(replace(self.state, places=places, is_looking=False))

    def _write(self, document: Document, doubt: DoubtMap) -> None:
        packed = base64.b64encode(zlib.compress(np.ascontiguousarray(doubt.values).data, 1)).decode("ascii")
        text = json.dumps({"title": doubt.title, "shape": list(doubt.values.shape), "zlib": packed})
        self._session.post(lambda: self._save(document, text))

    def _save(self, document: Document, text: str) -> None:
        if document is not self._session.document:
            return  # closed in the moment after it was accepted
        if len(text) > MOST_KEPT_BYTES:
            self._set(replace(self.state, is_kept=False))
            self._session.messages.info("The map of doubt is too large for the case file.", "Export it to keep it.")
            return
        document.case.journal.save_state(STATE_KEY, text)

    def _read(self, document: Document, text: str) -> None:
        shape = document.segmentation.geometry.shape
        try:
            kept = json.loads(text)
            if kept is None:
                return
            unpacked = zlib.decompressobj().decompress(base64.b64decode(kept["zlib"]), math.prod(shape))
            values = np.frombuffer(unpacked, np.uint8).reshape(shape)
            doubt = DoubtMap(values, str(kept["title"]))
        except (ValueError, KeyError, TypeError, zlib.error):
            sentence = "The map of doubt in this case cannot be read; everything else is whole."
            self._session.post(lambda: self._session.messages.warning(sentence))
            return
        self._session.post(lambda: self._restore(document, doubt))

    def _restore(self, document: Document, doubt: DoubtMap) -> None:
        if document is self._session.document and document.doubt is None:
            self._show(document, doubt, is_kept=True)

    def _set(self, state: DoubtState) -> None:
        before, self.state = self.state, state
        if before != state:
            self.changed.emit(before, state)
