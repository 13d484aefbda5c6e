"""The bar at the top: the case, the tools, undo and redo, commands, layout, and automatic segmentation."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayoutItem, QMenu, QPushButton, QToolButton, QWidget

from session.clicking import ClickingState
from session.presentation import Layout, PresentationState
from widgets import theme
from widgets.action_bridge import ActionBridge
from widgets.buttons import ActionButton, IconButton, menu_button, text_button
from widgets.key_label import KeyLabel
from widgets.model_offer import ModelOffer
from widgets.model_words import tooltip_of
from widgets.saved_state import SavedState
from widgets.side_panels import LEFT_PX

HEIGHT_PX = 48
NAVIGATION = ("tool.crosshair", "tool.window_level", "tool.pan_zoom")
MEASURING = ("tool.length", "tool.angle", "tool.ellipse")
EDITING = ("tool.brush", "tool.eraser", "tool.fill", "tool.pick", "tool.click")
STEPS = ("edit.undo", "edit.redo")
LAYOUTS = {
    Layout.FOUR: "view.layout_four",
    Layout.ONE_AND_THREE: "view.layout_one_and_three",
    Layout.SINGLE: "view.layout_single",
    Layout.SLICES: "view.layout_slices",
}
MENUS = ("File", "Edit", "Segment", "View", "Tools", "Help")


class TopBar(QFrame):
    """One row; everything in it is an action of the registry."""

    main_menu_requested = Signal()

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__()
        self.setObjectName("top_bar")
        self._bridge = bridge
        self.saved = SavedState(bridge.session)
        self.segment_menu = QMenu(self)
        self.segment_menu.setToolTipsVisible(True)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 12, 0)
        self._row.setSpacing(4)
        self._row.addWidget(self.saved)
        self.tools: dict[str, QToolButton] = {}
        self._add_group(NAVIGATION, first=True)
        self._add_group(MEASURING)
        self._add_group(EDITING)
        self._add_group(STEPS)
        self._row.addStretch(1)
        self.main_menu = main_menu(bridge, self)
        self.menu = IconButton("menu", self.tr("Menu"), role="tool", icon_px=20)
        self.menu.setMenu(self.main_menu)
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.palette_button = self._make_palette_button()
        self.layout_button = self._make_layout_button()
        self.segment_button = menu_button(self.tr("Segment ▾"), self.segment_menu, "primary", self.tr("Segment"))
        for button in (self.menu, self.palette_button, self.layout_button, self.segment_button):
            self._row.addWidget(button)
            self._row.addSpacing(4)
        theme.switch.changed.connect(self._fit_text)
        self._fit_text()
        bridge.session.presentation.changed.connect(self._presentation_changed)
        bridge.session.clicking.changed.connect(self._clicking_changed)
        self._show_click_tool(is_there=bridge.session.clicking.state.model is not None)
        bridge.session.document_replaced.connect(lambda _document: self._show_layout())
        self.set_offers([])
        self._show_layout()

    def set_offers(self, offers: list[ModelOffer]) -> None:
        """The models of the Segment menu, the best first; those that do not fit say why."""
        self.segment_menu.clear()
        for offer in offers:
            action = QAction(offer.name.replace("&", "&&"), self.segment_menu)
            action.setEnabled(offer.fits)
            action.setToolTip(tooltip_of(offer, None))
            action.setText(offer.name if offer.fits else f"{offer.name} · {offer.detail}")
            model = offer.id
            action.triggered.connect(lambda _c=False, model=model: self._bridge.run("segment_image.run", model=model))
            self.segment_menu.addAction(action)
        self.segment_button.setEnabled(bool(offers))

    def _fit_text(self) -> None:
        self.setFixedHeight(theme.current().px(HEIGHT_PX))
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the tools go first: commands and layouts are still found by their keys and in the menu."""
        super().resizeEvent(event)
        self._make_room()

    def event(self, event: QEvent) -> bool:
        """Buttons want another size with another text size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._make_room()
        return super().event(event)

    def _make_room(self) -> None:
        left = theme.current().px(LEFT_PX)  # the tools begin where the views do
        spare: tuple[QWidget, ...] = (self.palette_button, self.layout_button)
        widths = [max(part.sizeHint().width(), part.minimumWidth()) for part in spare]
        others = [item for item in self._items() if item.widget() not in (*spare, self.saved)]
        wanted = left + sum(item.sizeHint().width() for item in others) + sum(widths)
        wanted += self._row.spacing() * (self._row.count() - 1) + self._row.contentsMargins().right()
        for part, width in zip(spare, widths, strict=True):
            part.setVisible(wanted <= self.width())
            wanted -= 0 if part.isVisibleTo(self) else width
        self.saved.setFixedWidth(left - min(max(wanted - self.width(), 0), left // 2))

    def _items(self) -> list[QLayoutItem]:
        items = [self._row.itemAt(place) for place in range(self._row.count())]
        return [item for item in items if item is not None]

    def _add_group(self, action_ids: tuple[str, ...], *, first: bool = False) -> None:
        if not first:
            self._row.addSpacing(6)
            self._row.addWidget(_line())
            self._row.addSpacing(6)
        for action_id in action_ids:
            if self._bridge.has(action_id):
                self.tools[action_id] = ActionButton(self._bridge.qaction(action_id))
                self._row.addWidget(self.tools[action_id])

    def _make_palette_button(self) -> QPushButton:
        button = text_button(self.tr("Find a command"), lambda: self._bridge.run("app.palette"))
        keys = KeyLabel(self._bridge, "app.palette", "key")
        inside = QHBoxLayout(button)
        inside.setContentsMargins(0, 0, 10, 0)
        inside.addStretch(1)
        inside.addWidget(keys)
        width = button.fontMetrics().horizontalAdvance(button.text()) + keys.sizeHint().width() + 36
        button.setMinimumWidth(width)
        button.setStyleSheet("text-align: left;")
        return button

    def _make_layout_button(self) -> QToolButton:
        menu = QMenu(self)
        for action_id in LAYOUTS.values():
            if self._bridge.has(action_id):
                menu.addAction(self._bridge.qaction(action_id))
        return menu_button("2 × 2", menu, name=self.tr("Layout"))

    def _clicking_changed(self, before: ClickingState, after: ClickingState) -> None:
        if (before.model is None) != (after.model is None):
            self._show_click_tool(is_there=after.model is not None)

    def _show_click_tool(self, *, is_there: bool) -> None:
        """It needs a model that takes clicks; without one its place is for others."""
        if "tool.click" in self.tools:
            self.tools["tool.click"].setVisible(is_there)
            self._make_room()

    def _presentation_changed(self, before: PresentationState, after: PresentationState) -> None:
        if before.layout is not after.layout:
            self._show_layout()

    def _show_layout(self) -> None:
        action_id = LAYOUTS[self._bridge.session.presentation.state.layout]
        if self._bridge.has(action_id):
            self.layout_button.setText(self._bridge.qaction(action_id).text())


def main_menu(bridge: ActionBridge, parent: QWidget) -> QMenu:
    """All actions that name a menu, in one menu with submenus."""
    whole = QMenu(parent)
    menus: dict[str, QMenu] = {}
    for top in MENUS:
        menus[top] = whole.addMenu(_menu_name(top))
    for action in bridge.session.actions:
        if not action.menu:
            continue
        path = ""
        for part in action.menu.split("/"):
            above, path = path, f"{path}/{part}" if path else part
            if path not in menus:
                menus[path] = (menus[above] if above else whole).addMenu(_menu_name(part))
        menus[action.menu].addAction(bridge.qaction(action.id))
    for name, menu in menus.items():
        if menu.isEmpty():
            whole.removeAction(menus[name].menuAction())
    return whole


def _menu_name(part: str) -> str:
    return QCoreApplication.translate("Menus", part)


def _line() -> QFrame:
    made = QFrame()
    made.setObjectName("bar_line")
    made.setFixedSize(1, 20)
    return made
