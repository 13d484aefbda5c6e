"""What the pixels show: every series to look at, rectangles to black out, and who answers for the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from imaging import text_finding
from imaging.errors import UserError
from session.deidentifying import SeriesFound, StudyFound, preview
from sync.deidentification.burned_in import Risk
from sync.deidentification.pixels import PixelWishes
from widgets.buttons import text_button
from widgets.deidentify.picture import Rectangle, RectanglePicture
from widgets.dialogs.form import combo
from widgets.labels import heading, label
from widgets.sentences import translated

Post = Callable[[Callable[[], None]], None]


class PixelsPage(QWidget):
    """One picture at a time; pictures are read on a thread, and only the newest wish is shown.

    Args:
        post: brings a call to this thread.
    """

    def __init__(self, found: StudyFound, post: Post) -> None:
        super().__init__()
        self._post = post
        self._series = {one.uid: one for one in found.series if one.has_pixels}
        self._rectangles: dict[str, list[Rectangle]] = {}
        self._seen: set[str] = set()
        self._shown: dict[str, set[Path]] = {}  # what really stood on the screen, of each series
        self._wanted: Path | None = None
        self._is_alive = True
        self._finding = threading.Lock()  # one picture at a time; those that nobody waits for any more are passed over
        self._finder = text_finding.TextFinder() if text_finding.is_there() else None
        ordered = sorted(self._series.values(), key=lambda one: one.risk is Risk.NONE)
        self.choice = combo(self.tr("Series"), [(one.uid, self._title(one)) for one in ordered], None)
        self.picture = RectanglePicture()
        self.is_steep = QCheckBox(self.tr("Faint text"))
        self.is_steep.setToolTip(self.tr("Show small steps of brightness as large ones, so that faint text stands out"))
        self.is_steep.setAccessibleDescription(self.is_steep.toolTip())
        self.is_steep.toggled.connect(self.picture.set_steep)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Image of the series"))
        self.count = label("", "small")
        self.said = label("", "small", wraps=True)
        self.is_seen = QCheckBox(self.tr("I have seen all images; what is not black names nobody"))
        self.take = text_button(self.tr("Black out the text that was found"), self.picture.take_suggestions)
        self.take.hide()
        self.remove = text_button(self.tr("Take a rectangle away"), self.picture.remove_chosen)
        self._lay_out()
        self.choice.currentIndexChanged.connect(lambda _place: self._show_series())
        self.slider.valueChanged.connect(lambda _value: self._show_image())
        self.picture.changed.connect(self._keep_rectangles)
        self.is_seen.toggled.connect(self._keep_seen)
        self.destroyed.connect(self.stop)
        self._show_series()

    def stop(self) -> None:
        """Show nothing any more."""
        self._is_alive = False
        if self._finder is not None:
            threading.Thread(target=self._finder.close, name="text finder", daemon=True).start()
            self._finder = None

    def wishes(self) -> PixelWishes:
        """What was drawn and confirmed."""
        drawn = {uid: tuple(rectangles) for uid, rectangles in self._rectangles.items() if rectangles}
        return PixelWishes(frozenset(self._seen), drawn)

    def unseen(self) -> int:
        """How many series nobody answers for, so that they will be left out."""
        wishes = self.wishes()
        return sum(one.risk is not Risk.NONE and not wishes.was_seen(one.uid) for one in self._series.values())

    def _title(self, one: SeriesFound) -> str:
        count = self.tr("1 object") if len(one.files) == 1 else self.tr("{0} objects").format(len(one.files))
        warning = self.tr(" · look at it") if one.risk is not Risk.NONE else ""
        return f"{one.modality or '?'} · {count}{warning}"

    def _current(self) -> SeriesFound | None:
        return self._series.get(self.choice.currentData() or "")

    def _show_series(self) -> None:
        one = self._current()
        self.picture.set_rectangles(self._rectangles.get(one.uid, []) if one else [])
        self.is_seen.setVisible(one is not None and one.risk is not Risk.NONE)
        self.is_seen.blockSignals(True)
        self.is_seen.setChecked(one is not None and one.uid in self._seen)
        self.is_seen.blockSignals(False)
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(one.files) - 1 if one else 0)
        self.slider.setValue(self.slider.maximum() // 2)
        self.slider.blockSignals(False)
        self.slider.setVisible(one is not None and len(one.files) > 1)
        self._tell()
        self._show_image()

    def _show_image(self) -> None:
        one = self._current()
        if one is None:
            self.picture.show_picture(None, self.tr("The study holds no pictures."))
            return
        number = self.slider.value()
        self.count.setText(self.tr("{0} of {1}").format(number + 1, len(one.files)))
        path = one.files[number]
        self._wanted = path
        threading.Thread(target=self._read, args=(path,), name="preview", daemon=True).start()

    def _read(self, path: Path) -> None:
        picture: NDArray[np.uint8] | None = None
        words = ""
        try:
            picture = preview(path)
        except UserError as error:
            words = translated(error.message)
        self._post(lambda: self._show(path, picture, words))
        finder = self._finder
        if picture is None or finder is None or path != self._wanted or not self._is_alive:
            return
        try:
            with self._finding:
                boxes = finder.find(picture) if path == self._wanted and self._is_alive else []
        except UserError:
            return  # suggestions are an extra: who looks sees the text without them
        self._post(lambda: self._suggest(path, boxes))

    def _suggest(self, path: Path, boxes: list[Rectangle]) -> None:
        if self._is_alive and path == self._wanted:
            self.picture.suggest([box for box in boxes if box not in self.picture.rectangles])
            self.take.setVisible(bool(self.picture.suggestions))

    def _show(self, path: Path, picture: NDArray[np.uint8] | None, words: str) -> None:
        if self._is_alive and path == self._wanted:
            self.take.hide()
            self.picture.show_picture(picture, words)
            one = self._current()
            if one is not None and picture is not None:
                self._shown.setdefault(one.uid, set()).add(path)
                self._tell()

    def _keep_rectangles(self) -> None:
        one = self._current()
        if one is not None:
            self._rectangles[one.uid] = list(self.picture.rectangles)
            self._tell()

    def _keep_seen(self, is_on: bool) -> None:
        one = self._current()
        if one is not None:
            (self._seen.add if is_on else self._seen.discard)(one.uid)
            self._tell()

    def _tell(self) -> None:
        one = self._current()
        self.take.setVisible(bool(self.picture.suggestions))
        self.remove.setEnabled(bool(self.picture.rectangles))
        if one is None:
            return
        sentences = {
            Risk.STATED: self.tr("The files say that text is in these pixels. Drag over it, on every image it is on."),
            Risk.POSSIBLE: self.tr("Pixels of this kind often name the patient. Look at all images; drag over text."),
            Risk.DOCUMENT: self.tr("Pages of a document cannot be cleaned; they are left out."),
            Risk.NONE: self.tr("Nothing speaks for text in these pixels. Drag over what is to be black."),
        }
        parts = [sentences[one.risk]]
        if one.risk not in (Risk.NONE, Risk.DOCUMENT):
            shown = len(self._shown.get(one.uid, ()))
            parts.append(self.tr("Shown so far: {0} of {1}.").format(shown, len(one.files)))
        if self.unseen():
            parts.append(self.tr("Series left out until somebody answers for them: {0}.").format(self.unseen()))
        self.said.setText(" ".join(parts))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(heading(self.tr("Text in the pixels")))
        above = QHBoxLayout()
        above.setSpacing(12)
        above.addWidget(self.choice, 1)
        above.addWidget(self.is_steep)
        column.addLayout(above)
        column.addWidget(self.picture, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.slider, 1)
        row.addWidget(self.count)
        row.addWidget(self.take)
        row.addWidget(self.remove)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addWidget(self.is_seen)
