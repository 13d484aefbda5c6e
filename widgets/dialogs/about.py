"""What the program is made of: versions and licences."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label

PROGRAM = "limner"


@dataclass(frozen=True)
class Component:
    """One installed package."""

    name: str
    version: str
    licence: str


def components() -> list[Component]:
    """The packages that the program needs to run, as they are installed, with what these need in turn."""
    found: dict[str, Component] = {}
    waiting = [PROGRAM]
    while waiting:
        name = waiting.pop()
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # another platform's requirement
        key = package.name.lower().replace("_", "-")
        if key in found:
            continue
        found[key] = Component(package.name, package.version, _licence(package))
        waiting += [_name_of(text) for text in package.requires or [] if "extra ==" not in text]
    return sorted(found.values(), key=lambda c: (c.name != PROGRAM, c.name.lower()))


def _name_of(requirement: str) -> str:
    """The package's name in a requirement such as ``numpy>=2.4; python_version > "3"``."""
    return next(part for part in _split(requirement) if part)


def _split(requirement: str) -> list[str]:
    for sign in "<>=!~;[( ":
        requirement = requirement.replace(sign, "\n")
    return requirement.split("\n")


def _licence(package: metadata.Distribution) -> str:
    """The SPDX expression, else the classifiers, else the first line of the licence field."""
    fields = package.metadata
    if "License-Expression" in fields:
        return fields["License-Expression"]
    classifiers = fields.get_all("Classifier") or []
    named = [c.rsplit(" :: ", 1)[-1] for c in classifiers if c.startswith("License ::")]
    stated = (fields.get_all("License") or [""])[0].strip().split("\n")[0]
    return ", ".join(named) or stated[:60] or "see the package"


class AboutDialog(QDialog):
    """Versions and licences, which can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Limner"))
        self.resize(theme.current().px(620), theme.current().px(520))
        self._components = components()
        version = next((c.version for c in self._components if c.name == PROGRAM), "")
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderLabels([self.tr("Component"), self.tr("Version"), self.tr("Licence")])
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(self.tr("Components"))
        for component in self._components:
            self.list.addTopLevelItem(QTreeWidgetItem([component.name, component.version, component.licence]))
        for column in (0, 1):
            self.list.resizeColumnToContents(column)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(24, 20, 24, 20)
        column_layout.setSpacing(8)
        column_layout.addWidget(label(f"Limner {version}", "title"))
        column_layout.addWidget(label(self.tr("A viewer and annotator for medical volumes. Apache-2.0."), "dim"))
        warning = label(self.tr("Research use only: not a medical device, not for diagnosis."))
        warning.setProperty("severity", "warning")
        column_layout.addWidget(warning)
        column_layout.addWidget(label(f"Python {platform.python_version()} · {platform.platform()}", "small"))
        column_layout.addSpacing(8)
        column_layout.addWidget(self.list, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(text_button(self.tr("Copy"), self.copy))
        buttons.addStretch(1)
        close = text_button(self.tr("Close"), self.accept, "primary")
        buttons.addWidget(close)
        column_layout.addLayout(buttons)
        close.setFocus(Qt.FocusReason.OtherFocusReason)

    def copy(self) -> None:
        """Put the list on the clipboard as text."""
        QApplication.clipboard().setText("\n".join(f"{c.name} {c.version} ({c.licence})" for c in self._components))
