"""The two strips over the views: equally high, so that the same places of both studies stand at the same height."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDate, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from imaging.volume import SourceSeries
from session.prior import LinkKind, PriorState, Relation
from session.session import Session
from widgets import theme
from widgets.labels import ElidedLabel

STRIP_PX = 58
OTHER_COLORS, OPEN_COLORS = ("warn_soft", "on_warn_soft", "warn"), ("raised", "text", "line")


class Strip(QWidget):
    """Two lines of text, the first one bold, and room for buttons behind each.

    Args:
        title: which study stands below.
        colors: tokens of ground, text and edge.
    """

    def __init__(self, title: str, colors: tuple[str, str, str]) -> None:
        super().__init__()
        self._colors = colors
        self.setObjectName("prior_strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title, self.said = ElidedLabel(title), ElidedLabel()
        self.first_row, self.second_row = QHBoxLayout(), QHBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 2, 4, 2)
        column.setSpacing(0)
        for row, label in ((self.first_row, self.title), (self.second_row, self.said)):
            row.setSpacing(4)
            row.addWidget(label, 1)
            column.addLayout(row, 1)
        theme.switch.changed.connect(self._color)
        self._color()

    def _color(self) -> None:
        now = theme.current()
        ground, text, edge = (now.tokens[name] for name in self._colors)
        self.setFixedHeight(now.px(STRIP_PX))
        self.setStyleSheet(
            f"#prior_strip {{ background: {ground}; border: 1px solid {edge}; }}"
            f"#prior_strip QLabel {{ color: {text}; }}"
        )
        self.title.setFont(now.font(bold=True))
        self.said.setFont(now.font(theme.SMALL_PX))


def open_strip(session: Session) -> Strip:
    """The one over the open study, so that there is no doubt about which is which."""
    document = session.open_document
    made = Strip(f"{_tr('OPEN STUDY')} {day_of(document.volume.source)} · {document.title}", OPEN_COLORS)
    made.said.setText(_tr("Your case: measured and segmented here"))
    return made


def day_of(source: SourceSeries) -> str:
    """The study's date as year-month-day."""
    date = QDate.fromString(source.study_date, "yyyyMMdd")
    return date.toString("yyyy-MM-dd") if date.isValid() else _tr("date unknown")


def heading_of(state: PriorState) -> str:
    """What stands in the picture, over the date."""
    return {
        Relation.PRIOR: _tr("PRIOR"),
        Relation.LATER: _tr("LATER STUDY"),
        Relation.SAME_DAY: _tr("OTHER SERIES"),
        Relation.UNKNOWN: _tr("OTHER STUDY"),
    }[state.relation]


def title_of(state: PriorState) -> str:
    """The heading, whose images they are where that is doubtful, and what they are."""
    assert state.beside is not None
    parts = [f"{heading_of(state)} {day_of(state.beside.open_document.volume.source)}"]
    if state.is_same_patient is False:
        parts.append(_tr("ANOTHER PATIENT"))
    elif state.is_same_patient is None:
        parts.append(_tr("patient not known"))
    parts.append(state.beside.open_document.title)
    return " · ".join(parts)


def link_text(state: PriorState) -> str:
    """How the two are linked."""
    if state.link is LinkKind.SAME_FRAME:
        return _tr("Linked: same frame of reference")
    if state.link is LinkKind.PLACES:
        offset = ", ".join(f"{mm:+.1f}" for mm in state.offset_mm).replace("-", "−")
        return _tr("Linked by hand: offset {0} mm").format(offset)
    return _tr("Not linked: go to the same place in both")


def _tr(text: str) -> str:
    return QCoreApplication.translate("PriorStrip", text)
