"""How a picture or movie of the 3D view is to be exported."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from session.export_choice import SIZES, ExportChoice
from widgets import theme
from widgets.buttons import text_button
from widgets.dialogs.key_frames import KeyFrameList
from widgets.labels import label
from widgets.number_field import make_calm

WIDTH_PX = 420
MOST_SAMPLES = 65536


class ExportDialog(QDialog):
    """A few fields; the file's name is asked for afterwards.

    Args:
        kind: ``picture`` or ``movie``.
        choice: what is proposed.
        is_cinematic: samples and the mark's corner matter.
        view_px: width and height of the 3D view.
        keys: the key frames of a movie; without them it can only turn round.
    """

    def __init__(
        self,
        kind: str,
        choice: ExportChoice,
        *,
        is_cinematic: bool,
        view_px: tuple[int, int],
        keys: KeyFrameList | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._names: dict[QWidget, QLabel] = {}
        is_movie = kind == "movie"
        title = self.tr("Export a movie") if is_movie else self.tr("Export a picture")
        self.setWindowTitle(title)
        self.setFixedWidth(theme.current().px(WIDTH_PX))
        self.size_field = _combo(self._sizes(view_px), choice.size)
        self.samples_field = _number(choice.samples, 1, MOST_SAMPLES)
        self.format_field = _combo(self._formats(), choice.format)
        self.mark_field = _combo(self._corners(), choice.mark)
        self.seconds_field = _number(round(choice.seconds), 1, 600)
        self.fps_field = _number(round(choice.fps), 1, 120)
        self.way_field = _combo(self._ways(), choice.way if keys is not None else "turntable")
        self.step_field = _number(round(choice.step_seconds), 1, 60)
        self.keys = keys
        self.transparent_box = _box(self.tr("Transparent background"), choice.is_transparent)
        self.crosshair_box = _box(self.tr("With the crosshair"), choice.has_crosshair)
        self.format_field.currentIndexChanged.connect(self._follow_format)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(title, "strong"))
        column.addWidget(label(self._explanation(), "small", wraps=True))
        column.addLayout(self._grid(is_movie=is_movie, is_cinematic=is_cinematic))
        if keys is not None:
            column.addWidget(keys)
            self.way_field.currentIndexChanged.connect(self._follow_way)
            self._follow_way()
        if not is_movie:
            column.addWidget(self.transparent_box)
        column.addWidget(self.crosshair_box)
        column.addSpacing(4)
        column.addLayout(self._buttons())
        self._follow_format()

    def choice(self) -> ExportChoice:
        """What the fields say."""
        return ExportChoice(
            size=self.size_field.currentData(),
            samples=self.samples_field.value(),
            format=self.format_field.currentData(),
            is_transparent=self.transparent_box.isChecked() and self.transparent_box.isEnabled(),
            mark=self.mark_field.currentData(),
            has_crosshair=self.crosshair_box.isChecked(),
            seconds=float(self.seconds_field.value()),
            fps=float(self.fps_field.value()),
            way=self.way_field.currentData(),
            step_seconds=float(self.step_field.value()),
        )

    def _grid(self, *, is_movie: bool, is_cinematic: bool) -> QGridLayout:
        rows: list[tuple[str, QWidget]] = [(self.tr("Size"), self.size_field)]
        if is_movie:
            rows += [(self.tr("The camera"), self.way_field)] if self.keys is not None else []
            rows += [(self.tr("Seconds"), self.seconds_field)]
            rows += [(self.tr("Seconds for each step"), self.step_field)] if self.keys is not None else []
            rows += [(self.tr("Frames a second"), self.fps_field)]
        if is_cinematic:
            rows += [(self.tr("Samples for each pixel"), self.samples_field)]
        rows += [(self.tr("Format"), self.format_field)]
        if is_cinematic:
            rows += [(self.tr("“Not for diagnosis” stands"), self.mark_field)]
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for n, (text, field) in enumerate(rows):
            name = label(text)
            name.setBuddy(field)
            self._names[field] = name
            field.setAccessibleName(text)
            grid.addWidget(name, n, 0)
            grid.addWidget(field, n, 1)
        return grid

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(text_button(self.tr("Cancel"), self.reject, "quiet"))
        self.export_button = text_button(self.tr("Export…"), self.accept, "primary")
        self.export_button.setDefault(True)
        row.addWidget(self.export_button)
        return row

    def _explanation(self) -> str:
        if self._kind == "movie":
            return self.tr("What the 3D view shows, in motion. It is drawn while you go on working.")
        return self.tr("What the 3D view shows, drawn anew while you go on working.")

    def _sizes(self, view_px: tuple[int, int]) -> list[tuple[str, str]]:
        names = {"view": self.tr("As the view"), "square": self.tr("Square")}
        return [
            (key, f"{names.get(key, key)}, {width} × {height}")
            for key, (width, height) in {**SIZES, "view": view_px}.items()
        ]

    def _formats(self) -> list[tuple[str, str]]:
        if self._kind == "movie":
            return [("mp4", self.tr("MP4 (AV1)")), ("png", self.tr("PNG, a file for each frame"))]
        return [("png", "PNG"), ("tif", "TIFF"), ("dcm", self.tr("DICOM, in the same study"))]

    def _corners(self) -> list[tuple[str, str]]:
        return [
            ("bottom-right", self.tr("At the lower right")),
            ("bottom-left", self.tr("At the lower left")),
            ("top-right", self.tr("At the upper right")),
            ("top-left", self.tr("At the upper left")),
        ]

    def _ways(self) -> list[tuple[str, str]]:
        return [("turntable", self.tr("turns round once")), ("keys", self.tr("goes along key frames"))]

    def _follow_way(self) -> None:
        """Only the fields of the way that is chosen."""
        has_keys = self.way_field.currentData() == "keys"
        for field, is_shown in ((self.seconds_field, not has_keys), (self.step_field, has_keys)):
            field.setVisible(is_shown)
            self._names[field].setVisible(is_shown)
        if self.keys is not None:
            self.keys.setVisible(has_keys)
        self.adjustSize()

    def _follow_format(self) -> None:
        self.transparent_box.setEnabled(self.format_field.currentData() != "dcm")


def _combo(options: Sequence[tuple[str, str]], value: str) -> QComboBox:
    made = QComboBox()
    for key, text in options:
        made.addItem(text, key)
    made.setCurrentIndex(max(0, made.findData(value)))
    return made


def _number(value: int, low: int, high: int) -> QSpinBox:
    made = QSpinBox()
    made.setRange(low, high)
    made.setValue(value)
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    make_calm(made)
    return made


def _box(text: str, is_on: bool) -> QCheckBox:
    made = QCheckBox(text)
    made.setChecked(is_on)
    return made
