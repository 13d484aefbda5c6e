"""The presets as pictures, and saving, taking and naming one's own."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QMenu, QWidget

from session.look.look import Look
from session.look.preset import MINE, Preset
from session.look.presets import fits, presets_for
from widgets.action_bridge import ActionBridge, guarded
from widgets.buttons import text_button
from widgets.look_3d.part import LookPart, row
from widgets.look_3d.preset_tile import PresetTile

COLUMNS = 4
FIRST = 12  # shown until somebody asks for all


class PresetGallery(LookPart):
    """Those that fit the image first."""

    def __init__(self, bridge: ActionBridge) -> None:
        super().__init__(bridge)
        self.tiles: list[PresetTile] = []
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
        self.session.presets_changed.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """Make the tiles anew: for another image, or after presets were saved or removed."""
        while (item := self._grid.takeAt(0)) is not None:
            if (tile := item.widget()) is not None:
                tile.hide()
                tile.deleteLater()
        document = self.session.document
        self.tiles = []
        if document is not None and document.volumes:
            volume = document.volume
            for preset in presets_for(volume, self.session.preset_store.presets()):
                self._add_tile(PresetTile(preset, fits=fits(preset, volume)))
        self._show_some()
        self.show_look(self.session.looks.current)

    def show_look(self, look: Look) -> None:
        """Mark the preset that the look came from."""
        for tile in self.tiles:
            tile.setChecked(tile.preset.id == look.name)

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

    def _add_tile(self, tile: PresetTile) -> None:
        place = len(self.tiles)
        self.tiles.append(tile)
        self._grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
        tile.clicked.connect(lambda: self.bridge.run("look.preset", name=tile.preset.id))
        tile.menu_requested.connect(lambda point: self._open_menu(tile, point))

    def _open_menu(self, tile: PresetTile, point: QPoint) -> None:
        self.preset_menu(tile).popup(point)

    def _toggle_all(self) -> None:
        self._shows_all = not self._shows_all
        self._show_some()

    def _show_some(self) -> None:
        """The first rows and what the person keeps, or all."""
        for place, tile in enumerate(self.tiles):
            tile.setVisible(self._shows_all or place < FIRST or tile.preset.group == MINE)
        self.more.setVisible(len(self.tiles) > FIRST)
        self.more.setText(self.tr("Fewer") if self._shows_all else self.tr("All {0}").format(len(self.tiles)))

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
