"""The settings, made from their declaration: a page for each group."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from session.session import Session
from session.settings import Setting
from widgets import theme
from widgets.action_bridge import guarded
from widgets.buttons import text_button
from widgets.labels import heading, label
from widgets.number_field import make_calm

HIDDEN = "Hidden"
FIELD_PX = 240


class SettingsDialog(QDialog):
    """Each change takes effect and is kept at once."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.fields: dict[str, QWidget] = {}
        self.setWindowTitle(self.tr("Settings"))
        self.resize(theme.current().px(600), theme.current().px(620))
        inner = QWidget()
        pages = QVBoxLayout(inner)
        pages.setContentsMargins(0, 0, 12, 0)
        pages.setSpacing(12)
        groups = dict.fromkeys(s.group for s in session.settings.declared() if s.group != HIDDEN)
        for group in groups:
            pages.addWidget(heading(group))
            for setting in session.settings.declared():
                if setting.group == group:
                    pages.addLayout(self._row(setting))
            pages.addSpacing(8)
        pages.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 12, 20)
        column.setSpacing(16)
        column.addWidget(label(self.tr("Settings"), "title"))
        column.addWidget(area, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 12, 0)
        row.addStretch(1)
        row.addWidget(text_button(self.tr("Close"), self.accept, "primary"))
        column.addLayout(row)

    def _row(self, setting: Setting) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(label(self.tr(setting.title), wraps=True))
        texts.addWidget(label(self.tr(setting.doc), "small", wraps=True))
        field = self.fields[setting.key] = self._field(setting)
        field.setAccessibleName(self.tr(setting.title))
        field.setToolTip(self.tr(setting.doc))
        row.addLayout(texts, 1)
        if setting.key.endswith(".folder"):
            row.addWidget(text_button(self.tr("Browse"), lambda: self._browse(setting)))
        field.setFixedWidth(theme.current().px(FIELD_PX))
        row.addWidget(field, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _field(self, setting: Setting) -> QWidget:
        value = self._session.settings[setting.key]
        if isinstance(setting.default, bool):
            box = QCheckBox()
            box.setChecked(value)
            box.toggled.connect(lambda on: self._set(setting.key, on))
            return box
        if setting.choices:
            combo = QComboBox()
            combo.addItems(list(setting.choices))
            combo.setCurrentText(value)
            combo.textActivated.connect(lambda text: self._set(setting.key, text))
            return combo
        if isinstance(setting.default, float):
            return self._number(QDoubleSpinBox(), setting, value)
        if isinstance(setting.default, int):
            return self._number(QSpinBox(), setting, value)
        line = QLineEdit(str(value))
        line.setPlaceholderText(self.tr("the usual place") if setting.key.endswith(".folder") else "")
        line.editingFinished.connect(lambda: self._set(setting.key, line.text()))
        return line

    def _number(self, field: Any, setting: Setting, value: float) -> QWidget:
        kind = type(setting.default)
        field.setRange(kind(setting.low if setting.low is not None else -1e9),
                       kind(setting.high if setting.high is not None else 1e9))  # fmt: skip
        if kind is float:
            field.setSingleStep(0.05 if (setting.high or 100) <= 10 else 0.5)
        field.setValue(value)
        make_calm(field)
        field.valueChanged.connect(lambda number: self._set(setting.key, kind(number)))
        made: QWidget = field
        return made

    def _browse(self, setting: Setting) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr(setting.title))
        field = self.fields[setting.key]
        if folder and isinstance(field, QLineEdit):
            field.setText(folder)
            self._set(setting.key, folder)

    def _set(self, key: str, value: object) -> None:
        guarded(self._session, lambda: self._session.settings.set(key, value))
