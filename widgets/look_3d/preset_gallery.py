"""The presets as pictures, and saving, taking and naming one's own."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QMenu, QWidget

from session.document import Document
from session.look.look import Look
from session.look.preset import MINE, Preset
from session.look.presets import fits, presets_for
from widgets.action_bridge import ActionBridge, guarded
from widgets.buttons import text_button
from widgets.look_3d.part import LookPart, row
from widgets.look_3d.preset_tile import PresetTile
from widgets.signal_links import SignalLinks

COLUMNS = 4
FIRST = 12  # shown until somebody asks for all


class PresetGallery(LookPart):
    """Those that fit the image first. The tiles come row by row, one for each turn of the event loop."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self.tiles: list[PresetTile] = []
        self._wanted: list[tuple[Preset, bool]] = []  # with whether it fits the image
        self._spare: dict[str, PresetTile] = {}  # made before, to be put in their new place
        self._marked = ""
        self._shows_all = False
        self._renamed: Preset | None = None
        self._grid_place = QWidget()
        self._grid = QGridLayout(self._grid_place)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(5)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(COLUMNS, 1)
        self.more = text_button("", self._toggle_all, "quiet")
        self.field = NameField()
        self.field.setAccessibleName(self.tr("Name of the look"))
        self.field.setPlaceholderText(self.tr("Name, then Enter"))
        self.field.hide()
        self.field.returnPressed.connect(self._named)
        self.save = text_button(self.tr("Save look…"), lambda: bridge.run("look.save"))
        self.take = text_button(self.tr("Import…"), lambda: bridge.run("look.import"))
        for button, action_id in ((self.save, "look.save"), (self.take, "look.import")):
            button.setToolTip(bridge.qaction(action_id).toolTip())
        self.column.addWidget(self._grid_place)
        self.column.addWidget(self.field)
        self.column.addWidget(row(self.save, self.take, None, self.more, spacing=4))
        self._rows = QTimer(self)
        self._rows.setSingleShot(True)
        self._rows.timeout.connect(self._add_row)
        self._links = SignalLinks(self)
        self._links.add(self.session.presets_changed, self.fill)

    def follow(self, document: Document | None) -> None:
        """Another image: other presets may fit it. Without one, they stay until the next comes."""
        if document is not None:
            self.fill()

    def fill(self) -> None:
        """Make the tiles anew when they are others: for another image, or after presets were saved or removed."""
        document = self.session.document
        wanted = []
        if document is not None and document.volumes:
            volume = document.volume
            presets = presets_for(volume, self.session.preset_store.presets())
            wanted = [(preset, fits(preset, volume)) for preset in presets]
        if wanted == self._wanted:
            return
        known = dict(zip([preset.id for preset, _fits in self._wanted], self._wanted, strict=True))
        made, self._spare = self.tiles, {}
        self._wanted, self.tiles = wanted, []
        for tile in made:
            self._grid.removeWidget(tile)
            if known[tile.preset.id] in wanted:
                self._spare[tile.preset.id] = tile
            else:
                tile.hide()
                tile.deleteLater()
        if len(wanted) - len(self._spare) <= COLUMNS:
            self.complete()
        else:
            self._add_row()

    @property
    def is_making(self) -> bool:
        """True while rows are still to come."""
        return self._rows.isActive()

    def complete(self) -> None:
        """Make at once the tiles that are still to be made."""
        while len(self.tiles) < len(self._wanted):
            self._add_row()

    def show_look(self, look: Look) -> None:
        """Mark the preset that the look came from; when it is one of those that were folded, unfold them."""
        for tile in self.tiles:
            tile.setChecked(tile.preset.id == look.name)
        if look.name == self._marked:
            return
        self._marked = look.name
        ids = [preset.id for preset, _fits in self._wanted]
        if look.name in ids[FIRST:] and self._wanted[ids.index(look.name)][0].group != MINE:
            self._shows_all = True
            self._show_some()

    def name_look(self, preset: Preset | None = None) -> None:
        """Ask for the name of the look that is to be saved, or another name for a saved one."""
        self._renamed = preset
        self.field.setText(preset.name if preset is not None else "")
        self.field.show()
        self.field.setFocus()
        self.field.selectAll()

    def preset_menu(self, tile: PresetTile) -> QMenu:
        """What can be done with a preset; those that ship with the program stay as they are."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        preset = tile.preset
        menu.addAction(self.tr("Use"), lambda: self.bridge.run("look.preset", name=preset.id))
        rename = menu.addAction(self.tr("Rename"), lambda: self.name_look(preset))
        menu.addAction(self.tr("Export…"), lambda: self._export(preset))
        menu.addSeparator()
        delete = menu.addAction(self.tr("Delete"), lambda: self._delete(preset))
        for action in (rename, delete):
            action.setEnabled(preset.group == MINE)
        return menu

    def _made(self, preset: Preset, is_fitting: bool) -> PresetTile:
        tile = PresetTile(preset, fits=is_fitting)
        tile.clicked.connect(lambda: self.bridge.run("look.preset", name=tile.preset.id))
        tile.menu_requested.connect(lambda point: self._open_menu(tile, point))
        return tile

    def _place(self, tile: PresetTile) -> None:
        place = len(self.tiles)
        self.tiles.append(tile)
        self._grid.addWidget(tile, place // COLUMNS, place % COLUMNS)

    def _add_row(self) -> None:
        """The next tiles."""
        begin = len(self.tiles)
        for preset, is_fitting in self._wanted[begin : begin + COLUMNS]:
            tile = self._spare.pop(preset.id, None)
            self._place(tile if tile is not None else self._made(preset, is_fitting))
        self._show_some()
        if self.session.document is not None:
            self.show_look(self.session.looks.current)
        if len(self.tiles) < len(self._wanted):
            self._rows.start(0)

    def _open_menu(self, tile: PresetTile, point: QPoint) -> None:
        self.preset_menu(tile).popup(point)

    def _toggle_all(self) -> None:
        self._shows_all = not self._shows_all
        self._show_some()

    def _show_some(self) -> None:
        """The first rows and what the person keeps, or all."""
        for place, tile in enumerate(self.tiles):
            tile.setVisible(self._shows_all or place < FIRST or tile.preset.group == MINE)
        count = len(self._wanted)
        self.more.setVisible(count > FIRST)
        self.more.setText(self.tr("Fewer") if self._shows_all else self.tr("All {0}").format(count))

    def _named(self) -> None:
        name, renamed = self.field.text().strip(), self._renamed
        self.field.hide()
        if not name:
            return
        if renamed is None:
            self.bridge.run("look.save", name=name)
        elif guarded(self.session, lambda: self.session.preset_store.rename(renamed.id, name)) is not None:
            self.session.presets_changed.emit()

    def _export(self, preset: Preset) -> None:
        window = self.session.window
        if window is None:
            return
        path = window.ask_save_path(
            self.tr("Export the preset"), f"{preset.id}.json", self.tr("Limner preset (*.json)")
        )
        if path is not None:
            guarded(self.session, lambda: self.session.preset_store.export(preset, path))

    def _delete(self, preset: Preset) -> None:
        guarded(self.session, lambda: self.session.preset_store.delete(preset.id))
        self.session.presets_changed.emit()


class NameField(QLineEdit):
    """Escape leaves it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape hides the field; Enter must not reach the window."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
            event.accept()
