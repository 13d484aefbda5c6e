"""The structures that clicks are about, and under each its clicks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from session.clicking import ClickingState
from session.clicks import Click, voxel_of
from session.session import Session
from widgets import theme
from widgets.click_marks import RADIUS_PX, draw_sign

CLICK_ROLE = Qt.ItemDataRole.UserRole
NAME_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_PX, MOST_ROWS = 28, 8
SIGN_PX = round(2 * RADIUS_PX + 3)


class ClickTree(QTreeWidget):
    """A row for each structure, the active one bold; a click on a click's row goes to it, Delete takes it away."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setIndentation(theme.current().px(14))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAccessibleName(self.tr("Structures and clicks"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(SIGN_PX, SIGN_PX))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setAccessibleName(self.tr("Columns of the clicks"))
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.itemClicked.connect(lambda item, _column: self._chosen(item))
        self.itemActivated.connect(lambda item, _column: self._chosen(item))

    def show_state(self, state: ClickingState) -> None:
        """Fill it anew; the current row stays where it was."""
        row = self.currentIndex().row() if not self.currentIndex().parent().isValid() else -1
        self.clear()
        for name in state.given.structures:
            self.addTopLevelItem(self._structure(state, name))
        self.expandAll()
        if 0 <= row < self.topLevelItemCount():
            self.setCurrentIndex(self.model().index(row, 0))
        self.setVisible(bool(state.given.structures))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As high as its rows, up to some; then it scrolls."""
        rows = sum(1 + item.childCount() for item in self._structures())
        return QSize(100, theme.current().px(ROW_PX) * min(rows, MOST_ROWS) + 2)

    def minimumSizeHint(self) -> QSize:
        """Two rows are always seen."""
        return QSize(60, min(self.sizeHint().height(), theme.current().px(ROW_PX) * 2 + 2))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the row's click or structure away; letters stay the tools' keys."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_current()
        elif event.text().isalnum() and not event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def remove_current(self) -> None:
        """Take the current row's click or structure away."""
        item = self.currentItem()
        if item is None:
            return
        click = item.data(0, CLICK_ROLE)
        if isinstance(click, Click):
            self._session.clicking.remove_click(click)
        else:
            self._session.clicking.remove(str(item.data(0, NAME_ROLE)))

    def _chosen(self, item: QTreeWidgetItem) -> None:
        click = item.data(0, CLICK_ROLE)
        if isinstance(click, Click):
            self._session.presentation.update(crosshair_mm=click.position_mm)
        else:
            self._session.clicking.activate(str(item.data(0, NAME_ROLE)))

    def _structures(self) -> list[QTreeWidgetItem]:
        items = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return [item for item in items if item is not None]

    def _structure(self, state: ClickingState, name: str) -> QTreeWidgetItem:
        clicks = state.given.clicks_of(name)
        model = state.model
        item = QTreeWidgetItem([name, self._count(clicks)])
        item.setData(0, NAME_ROLE, name)
        is_new = model is not None and model.may_choose and not model.knows(name)
        whole = self.tr("{0}: the model was not taught it").format(name) if is_new else name
        item.setToolTip(0, whole)
        item.setForeground(1, theme.current().color("dim"))
        if is_new:
            item.setText(1, self.tr("new · {0}").format(self._count(clicks)) if clicks else self.tr("new"))
        if name == state.active:
            font = item.font(0)
            font.setBold(True)
            item.setFont(0, font)
        for click in clicks:
            item.addChild(self._click(click))
        return item

    def _click(self, click: Click) -> QTreeWidgetItem:
        x, y, z = click.position_mm
        where = self.tr("inside") if click.is_inside else self.tr("outside")
        document = self._session.document
        voxel = None if document is None else voxel_of(document.volume.geometry, click.position_mm)
        item = QTreeWidgetItem([where, "" if voxel is None else f"{voxel[0]}, {voxel[1]}, {voxel[2]}"])
        item.setData(0, CLICK_ROLE, click)
        item.setIcon(0, _sign(click.is_inside, self.devicePixelRatioF()))
        item.setForeground(1, theme.current().color("dim"))
        tip = self.tr("{0}, voxel {1}; {2:.1f}, {3:.1f}, {4:.1f} mm (left, back, head)")
        item.setToolTip(0, tip.format(where, item.text(1), x, y, z))
        item.setToolTip(1, item.toolTip(0))
        return item

    def _count(self, clicks: tuple[Click, ...]) -> str:
        inside = sum(click.is_inside for click in clicks)
        if not clicks:
            return ""
        return self.tr("{0} in, {1} out").format(inside, len(clicks) - inside)


def _sign(is_inside: bool, ratio: float) -> QIcon:
    """The mark as it stands in the slices."""
    pixmap = QPixmap(round(SIGN_PX * ratio), round(SIGN_PX * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = pixmap.deviceIndependentSize().width() / 2
    painter.translate(middle, middle)
    painter.scale(0.85, 0.85)
    draw_sign(painter, QPointF(0, 0), is_inside=is_inside)
    painter.end()
    return QIcon(pixmap)
