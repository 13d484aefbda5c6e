"""What a person wants done with a study before it leaves: options at the left, its pixels at the right."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from session.deidentifying import StudyFound, Wishes
from widgets import theme
from widgets.buttons import text_button
from widgets.deidentify.options_page import OptionsPage
from widgets.deidentify.pixels_page import PixelsPage, Post
from widgets.labels import label

SIZE_PX = (1080, 760)
OPTIONS_PX = 440


class DeidentifyDialog(QDialog):
    """``wishes`` are what was asked for, None until it is accepted.

    Args:
        out: where the result goes; asked for where None.
    """

    def __init__(self, found: StudyFound, post: Post, parent: QWidget | None = None, out: Path | None = None) -> None:
        super().__init__(parent)
        self._out = out
        self.wishes: Wishes | None = None
        self.setWindowTitle(self.tr("De-identify a study"))
        screen = self.screen().availableGeometry()
        width, height = (theme.current().px(n) for n in SIZE_PX)
        self.resize(min(width, screen.width() - 40), min(height, screen.height() - 60))
        self.options = OptionsPage()
        self.pixels = PixelsPage(found, post)
        self.folder = QLineEdit()
        self.folder.setAccessibleName(self.tr("Folder for the result"))
        self.folder.setPlaceholderText(self.tr("An empty folder outside of the workspace"))
        self.folder.textChanged.connect(lambda _text: self._enable())
        title = self.tr("Write without identifiers") if out is None else self.tr("Remove identifiers")
        self.go_on = text_button(title, self.accept, "primary")
        self._lay_out(found)
        self._enable()

    def accept(self) -> None:
        """Take what the fields say."""
        self.wishes = Wishes(
            self._out or Path(self.folder.text().strip()),
            self.options.options(),
            self.pixels.wishes(),
            self.options.is_defaced.isChecked(),
        )
        super().accept()

    def done(self, result: int) -> None:
        """Pictures that still arrive are not shown any more."""
        self.pixels.stop()
        super().done(result)

    def _enable(self) -> None:
        self.go_on.setEnabled(self._out is not None or bool(self.folder.text().strip()))

    def _choose(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Folder for the result"))
        if name:
            self.folder.setText(name)

    def _explanation(self, found: StudyFound) -> str:
        text = self.tr(
            "Names, numbers, dates and places go, as the Basic Profile of DICOM asks (PS3.15). The same patient gets "
            "the same pseudonym each time; the key stays in the workspace. The originals are not touched."
        )
        if found.in_archives:
            text += " " + self.tr("{0} objects in archives are left out; bring them in first.").format(
                found.in_archives
            )
        return text

    def _lay_out(self, found: StudyFound) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addWidget(label(self.windowTitle(), "strong"))
        column.addWidget(label(self._explanation(found), "small", wraps=True))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.options)
        scroll.setFixedWidth(theme.current().px(OPTIONS_PX))
        halves = QHBoxLayout()
        halves.setSpacing(20)
        halves.addWidget(scroll)
        halves.addWidget(self.pixels, 1)
        column.addLayout(halves, 1)
        below = QHBoxLayout()
        below.setSpacing(8)
        if self._out is None:
            below.addWidget(label(self.tr("Into")))
            below.addWidget(self.folder, 1)
            below.addWidget(text_button(self.tr("Choose…"), self._choose))
            below.addSpacing(12)
        else:
            below.addWidget(label(self.tr("Nothing is sent yet: you see first what became of it."), "small"), 1)
        below.addWidget(text_button(self.tr("Cancel"), self.reject, "quiet"))
        below.addWidget(self.go_on)
        self.go_on.setDefault(True)
        column.addLayout(below)
