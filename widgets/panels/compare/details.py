"""What the table has no room for: the chosen pair in words, the colours of the difference, lonely segments."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from imaging.comparison.label_comparison import ComparedSegment, LabelComparison
from imaging.segment import Color
from session.comparison import BOTH_COLOR, ONLY_A_COLOR, ONLY_B_COLOR, Comparison
from session.measured import extent_texts
from widgets import theme
from widgets.compared_titles import side_titles
from widgets.labels import ElidedLabel, label

MINUS = "\N{MINUS SIGN}"
SWATCH_PX = 10
MOST_NAMES = 4


class Swatch(QWidget):
    """A small field of colour."""

    def __init__(self, color: Color) -> None:
        super().__init__()
        self._color = QColor(*color)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """A square."""
        side = theme.current().px(SWATCH_PX)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """With rounded corners."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(0, 0, 0, 0))
        painter.setBrush(self._color)
        painter.drawRoundedRect(self.rect(), 2.5, 2.5)
        painter.end()


class Legend(QWidget):
    """Which colour means what."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        texts = (self.tr("only in A"), self.tr("only in B"), self.tr("in both"))
        for color, text in zip((ONLY_A_COLOR, ONLY_B_COLOR, BOTH_COLOR), texts, strict=True):
            row.addWidget(Swatch(color))
            row.addWidget(label(text, "small"))
            row.addSpacing(8)
        row.addStretch(1)


class Sides(QWidget):
    """What A and B are."""

    def __init__(self) -> None:
        super().__init__()
        self._a, self._b = ElidedLabel(), ElidedLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for letter, text in (("A", self._a), ("B", self._b)):
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(label(letter, "dim"))
            row.addWidget(text, 1)
            column.addLayout(row)

    def show_comparison(self, comparison: Comparison) -> None:
        """Their titles."""
        for field, title in zip((self._a, self._b), side_titles(comparison), strict=True):
            field.setText(title)


class PairDetails(QWidget):
    """The chosen pair's volumes and largest distance."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._volumes = ElidedLabel("", "strong"), label("", "dim")
        self._surface, self._distance = label("", "dim"), label("", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for line in (self._name, self._volumes, self._surface, self._distance):
            column.addWidget(line)

    @property
    def texts(self) -> list[str]:
        """What it says."""
        return [part.text() for part in (self._name, self._volumes, self._surface, self._distance)]

    def show_pair(self, pair: ComparedSegment) -> None:
        """Say it."""
        found = pair.agreement
        change = found.difference.amount
        sign = "+" if change > 0 else MINUS if change < 0 else "±"
        a, b, difference = extent_texts(found.size_a, found.size_b, replace(found.difference, amount=abs(change)))
        self._name.setText(pair.name)
        self._volumes.setText(self.tr("A {0}, B {1}: {2}{3}").format(a, b, sign, difference))
        share = self.tr("{0:.1f} % of both surfaces within {1:g} mm")
        same = self.tr("The surfaces are the same")
        if found.size_a.is_area:
            share = self.tr("{0:.1f} % of both outlines within {1:g} mm")
            same = self.tr("The outlines are the same")
        shown = share.format(100 * found.surface_dice, found.tolerance_mm)
        self._surface.setText(shown if found.is_measured else "")
        if found.farthest_mm is None:
            self._distance.setText(self.tr("Empty in one of them: no distance"))
        elif found.hausdorff_mm == 0:
            self._distance.setText(same)
        else:
            self._distance.setText(self.tr("Largest distance {0:.1f} mm, at the crosshair").format(found.hausdorff_mm))


class Lonely(QWidget):
    """Segments without a partner: the first few, all in the tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self._text = label("", "dim", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._text)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_result(self, result: LabelComparison) -> None:
        """A line for each side that has some; hidden when there are none."""
        sides = ((self.tr("Only in A: {0}"), result.only_in_a), (self.tr("Only in B: {0}"), result.only_in_b))
        some = [(head, [segment.name for segment, _ in alone]) for head, alone in sides if alone]
        self._text.setText("\n".join(head.format(self._first(names)) for head, names in some))
        self._text.setToolTip("\n".join(head.format(", ".join(names)) for head, names in some))
        self.setVisible(bool(some))

    def _first(self, names: list[str]) -> str:
        if len(names) <= MOST_NAMES:
            return ", ".join(names)
        listed = ", ".join(names[: MOST_NAMES - 1])
        return self.tr("{0} and {1} more").format(listed, len(names) - MOST_NAMES + 1)
