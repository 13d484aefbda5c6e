"""Which images a model with several inputs gets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QWidget

from session.channels import ChannelSource, guessed
from widgets.dialogs.form import Form
from widgets.labels import label

WIDTH_PX = 520
FILE = "file"


class ChannelsDialog(Form):
    """One list for each channel; ``chosen`` is None unless it was accepted.

    Args:
        name: of the model.
        channels: what it calls its images.
        sources: the open image first, then others; in a batch those of one study, none of them open.
        known: for each channel a place among the sources; None: they are guessed, and the run begins now.
    """

    def __init__(
        self,
        name: str,
        channels: Sequence[str],
        sources: Sequence[ChannelSource],
        parent: QWidget | None = None,
        *,
        known: Sequence[int | None] | None = None,
    ) -> None:
        go_on = _tr("Run") if known is None else _tr("Use these")
        super().__init__(_tr("Images for {0}").format(name), go_on, WIDTH_PX, parent)
        self._sources = list(sources)
        self._needs_open = any(source.path is None for source in sources)
        self.chosen: list[ChannelSource] | None = None
        intro = self.tr(
            "This model looks at {0} images of the same patient together. The result lies on the grid of the first."
        )
        self.column.addWidget(label(intro.format(len(channels)), "dim", wraps=True))
        places = guessed(channels, sources) if known is None else known
        self.fields = [self._field(channel, place) for channel, place in zip(channels, places, strict=True)]
        for channel, field in zip(channels, self.fields, strict=True):
            self.add_row(channel, field)
        self.column.addLayout(self.rows)
        self._problem = label("", "small", wraps=True)
        self.column.addWidget(self._problem)
        self.add_buttons()
        self._say()

    def accept(self) -> None:
        """Keep what was chosen."""
        self.chosen = [self._sources[field.currentData()] for field in self.fields]
        super().accept()

    def _field(self, channel: str, chosen: int | None) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(channel)
        self._fill(made, chosen)
        made.activated.connect(lambda _place, made=made: self._activated(made))
        made.currentIndexChanged.connect(lambda _place: self._say())
        return made

    def _fill(self, field: QComboBox, chosen: int | None) -> None:
        field.blockSignals(True)
        field.clear()
        field.addItem(self.tr("Choose an image…"), None)
        for place, source in enumerate(self._sources):
            title = self.tr("{0} (open)").format(source.title) if source.path is None else source.title
            field.addItem(title, place)
        field.addItem(self.tr("A file…"), FILE)
        field.setCurrentIndex(0 if chosen is None else chosen + 1)
        field.blockSignals(False)

    def _activated(self, field: QComboBox) -> None:
        """The last line asks for a file, which all lists offer from then on."""
        if field.currentData() != FILE:
            return
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Image for {0}").format(field.accessibleName()))
        if name:
            self._sources.append(ChannelSource(Path(name).name, Path(name)))
        for other in self.fields:
            kept = other.currentData()
            self._fill(other, kept if isinstance(kept, int) else None)
        if name:
            field.setCurrentIndex(len(self._sources))
        self._say()

    def _say(self) -> None:
        """What is missing."""
        if not hasattr(self, "fields"):
            return
        chosen = [field.currentData() for field in self.fields]
        places = [place for place in chosen if isinstance(place, int)]
        problem = ""
        if len(places) < len(chosen):
            problem = self.tr("Choose an image for each channel.")
        elif len(set(places)) < len(places):
            problem = self.tr("One image is chosen twice.")
        elif self._needs_open and 0 not in places:
            problem = self.tr("The open image must be one of them.")
        self._problem.setText(problem)
        self.go_on.setEnabled(not problem)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ChannelsDialog", text)
