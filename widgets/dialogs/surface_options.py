"""What to ask before surfaces are exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from session.surface_wishes import SurfaceWishes
from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label

WIDTH_PX = 480
FIELD_PX = 300
SMOOTHING = (0, 10, 20, 50)
TRIANGLES = (20_000, 50_000, 200_000, 1_000_000, 0)


class SurfaceOptionsDialog(QDialog):
    """Segments, format, files, smoothing and triangles; ``wishes`` is None unless it was accepted.

    Args:
        wishes: what was wanted last time.
        names: the segments that "visible", "active" and "all" mean.
    """

    def __init__(
        self, wishes: SurfaceWishes, names: Mapping[str, Sequence[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.wishes: SurfaceWishes | None = None
        self.setWindowTitle(self.tr("Export surfaces"))
        self.setFixedWidth(theme.current().px(WIDTH_PX))
        self._names = names
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(16)
        self._rows.setVerticalSpacing(10)
        self.segments = self._field(self.tr("Segments"), self._segment_options(), wishes.which)
        self.format = self._field(self.tr("Format"), self._format_options(), wishes.format)
        self.files = self._field(self.tr("Files"), self._file_options(), wishes.per_segment)
        self.smoothing = self._field(self.tr("Smoothing"), self._smoothing_options(wishes.smoothing), wishes.smoothing)
        self.triangles = self._field(self.tr("Triangles"), self._triangle_options(wishes.triangles), wishes.triangles)
        self.note = label("", "dim", wraps=True)
        self.go_on = text_button(self.tr("Choose a place"), self._accept, "primary")
        self.go_on.setDefault(True)
        self.cancel = text_button(self.tr("Cancel"), self.reject, "quiet")
        self._fill()
        self.format.activated.connect(self._suit_files)
        self.segments.activated.connect(self._say)
        self._say()

    def _fill(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(self.tr("Export surfaces"), "strong"))
        column.addLayout(self._rows)
        column.addWidget(self.note)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.go_on)
        column.addLayout(row)

    def _field(self, name: str, options: Sequence[tuple[object, str]], value: object) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setFixedWidth(theme.current().px(FIELD_PX))
        for key, text in options:
            combo.addItem(text, key)
        combo.setCurrentIndex(max(0, combo.findData(value)))
        place = self._rows.rowCount()
        self._rows.addWidget(label(name), place, 0)
        self._rows.addWidget(combo, place, 1)
        return combo

    def _segment_options(self) -> list[tuple[object, str]]:
        active = self._names["active"]
        options: list[tuple[object, str]] = [
            ("visible", self.tr("All visible ({0})").format(len(self._names["visible"])))
        ]
        if active:
            options.append(("active", self.tr("Only {0}").format(active[0])))
        return [*options, ("all", self.tr("All ({0})").format(len(self._names["all"])))]

    def _format_options(self) -> list[tuple[object, str]]:
        return [
            ("3mf", self.tr("3MF: printing, with names and colours")),
            ("stl", self.tr("STL: printing, shape only")),
            ("obj", self.tr("OBJ: models, with names and colours")),
            ("ply", self.tr("PLY: models, with colours")),
            ("glb", self.tr("glTF, binary: presentations and the web")),
            ("gltf", self.tr("glTF, as text")),
        ]

    def _file_options(self) -> list[tuple[object, str]]:
        return [(False, self.tr("One file")), (True, self.tr("A file for each segment"))]

    def _smoothing_options(self, now: int) -> list[tuple[object, str]]:
        words = {
            0: self.tr("None: the voxels' stairs stay"), 10: self.tr("Light"), 20: self.tr("Usual"),
            50: self.tr("Strong"),
        }  # fmt: skip
        return [(n, words.get(n, str(n))) for n in sorted({*SMOOTHING, now})]

    def _triangle_options(self, now: int) -> list[tuple[object, str]]:
        counts = sorted({*TRIANGLES, now} - {0})
        texts = [(n, self.tr("At most {0} for each segment").format(QLocale().toString(n))) for n in counts]
        return [*texts, (0, self.tr("All: large files"))]

    def _suit_files(self) -> None:
        """STL knows no names: one file for all would be one lump."""
        self.files.setCurrentIndex(self.files.findData(self.format.currentData() == "stl"))
        self._say()

    def _say(self) -> None:
        chosen = self._names[self.segments.currentData()]
        self.go_on.setEnabled(bool(chosen))
        if not chosen:
            self.note.setText(self.tr("No segment is visible."))
        elif self.format.currentData() in ("glb", "gltf"):
            self.note.setText(self.tr("In metres and upright, as glTF wants it. Empty segments are left out."))
        else:
            self.note.setText(self.tr("In LPS millimetres. Empty segments are left out."))

    def _accept(self) -> None:
        self.wishes = SurfaceWishes(
            self.segments.currentData(),
            self.format.currentData(),
            self.files.currentData(),
            self.smoothing.currentData(),
            self.triangles.currentData(),
        )
        self.accept()
