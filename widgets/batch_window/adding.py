"""What is to be added to the queue: which model, where results go, as what."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from session.batch.finding import BatchWishes, spread, start_finding
from session.batch.queue import BatchQueue
from session.model_listing import Code, ListedModel, listed_models
from session.session import Session
from widgets.buttons import OneOf, text_button
from widgets.dialogs.run_options import RunOptionsDialog, option_words
from widgets.labels import ElidedLabel, label

MASKS, CASES = "masks", "cases"


class AddingBar(QWidget):
    """The upper part of the window of the queue; its choices are remembered.

    Args:
        session: whose settings.
        queue: gets what is added.
    """

    def __init__(self, session: Session, queue: BatchQueue) -> None:
        super().__init__()
        self._session = session
        self._queue = queue
        kept = session.settings["segment.batch"]
        self._wanted = str(kept.get("model", ""))
        self._listed: dict[str, ListedModel] = {}
        self.model = QComboBox()
        self.model.setAccessibleName(self.tr("Model"))
        self.folder = QLineEdit(str(kept.get("folder", "")))
        self.folder.setPlaceholderText(self.tr("Folder for the results"))
        self.folder.setAccessibleName(self.tr("Folder for the results"))
        self.kind = OneOf([(MASKS, self.tr("Mask files")), (CASES, self.tr("Cases"))], self.tr("What the results are"))
        self.kind.choose(CASES if kept.get("kind") == CASES else MASKS)
        self.choose = text_button(self.tr("Choose…"), self._choose_folder)
        self.options = text_button(self.tr("Options…"), self._ask_options)
        self.said = ElidedLabel("", "dim")
        self.model.currentIndexChanged.connect(lambda _place: self._say())
        self.files = text_button(self.tr("Add files…"), self._add_files)
        self.folders = text_button(self.tr("Add a folder…"), self._add_folder)
        self.folders.setToolTip(self.tr("Each folder in it is a study of its own"))
        self._lay_out()

    def choose_model(self, model_id: str) -> None:
        """Offer the models that can run, with this one chosen; empty for the one of the last time."""
        self._wanted = model_id or self._wanted

        def read() -> None:
            listed = listed_models()
            self._session.post(lambda: self._fill(listed) if shiboken6.isValid(self) else None)

        threading.Thread(target=read, name="models", daemon=True).start()

    def add(self, paths: list[Path]) -> None:
        """Put images into the queue, if it is said what shall become of them."""
        folder = self.folder.text().strip()
        if not folder and not self._choose_folder():
            return
        if self.model.currentData() is None:
            return
        wishes = BatchWishes(
            self.model.currentData(),
            self.model.currentText(),
            Path(self.folder.text().strip()).expanduser().absolute(),
            self.kind.key == CASES,
            self.parameters(),
            self._channels(),
        )
        kept = {"model": wishes.model, "folder": str(wishes.folder), "kind": self.kind.key}
        self._session.settings.set("segment.batch", self._session.settings["segment.batch"] | kept)
        start_finding(self._session, self._queue, paths, wishes)

    def parameters(self) -> dict[str, Any]:
        """Options for runs of the chosen model."""
        return dict(self._all_options().get(self.model.currentData(), {}))

    def structures(self, model_id: str) -> tuple[str, ...]:
        """Names of what a model can find, as far as it is listed."""
        return self._listed[model_id].info.structures if model_id in self._listed else ()

    def takes_options(self, model_id: str) -> bool:
        """Whether runs of a model can be told how; those that are part of Limner, and programs of their own, cannot."""
        untold = (Code.BUILT_IN, Code.EXTERNAL)
        return model_id in self._listed and self._listed[model_id].code not in untold

    def _all_options(self) -> dict[str, dict[str, Any]]:
        found = self._session.settings["segment.batch"].get("options", {})
        return dict(found) if isinstance(found, dict) else {}

    def _channels(self) -> tuple[str, ...]:
        """Names of the images that the chosen model wants, when there are several."""
        names = self._listed[self.model.currentData()].channels
        return names if len(names) > 1 else ()

    def _ask_options(self) -> None:
        model = self.model.currentData()
        dialog = RunOptionsDialog(
            self.model.currentText(),
            self.parameters(),
            self.window(),
            is_for_many=True,
            structures=self.structures(model),
        )
        if dialog.exec():
            chosen = self._all_options() | {model: dialog.options()}
            settings = self._session.settings
            settings.set("segment.batch", settings["segment.batch"] | {"options": chosen})
            self._say()

    def _say(self) -> None:
        """What the next images will be run with, and how many of them make one result."""
        model = self._listed.get(self.model.currentData())
        takes_options = self.takes_options(self.model.currentData())
        self.options.setEnabled(takes_options)
        tip = self.tr("Device, precision, backend, averaging over flips, maps of doubt and probability")
        self.options.setToolTip(tip if takes_options else self.tr("This model is part of Limner and takes no options."))
        parts = [self.tr("Options: {0}").format(option_words(self.parameters()) or self.tr("automatic"))]
        if model is not None and self._channels():
            wants = self.tr("Wants {0} images of each study: {1}")
            parts.insert(0, wants.format(len(model.channels), ", ".join(model.channels)))
        self.said.setText(" · ".join(parts) if takes_options else "")

    def _fill(self, listed: list[ListedModel]) -> None:
        self._listed = {model.info.id: model for model in listed if not model.info.problem}
        self.model.clear()
        for model in self._listed.values():
            self.model.addItem(model.info.name, model.info.id)
        self.model.setCurrentIndex(max(self.model.findData(self._wanted), 0))
        self._say()

    def _add_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Images"))
        if names:
            self.add([Path(name) for name in names])

    def _add_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("A folder of images or of studies"))
        if name:
            self.add(spread(Path(name)))

    def _choose_folder(self) -> bool:
        name = QFileDialog.getExistingDirectory(self, self.tr("Folder for the results"), self.folder.text())
        if name:
            self.folder.setText(name)
        return bool(name)

    def _lay_out(self) -> None:
        place = _row(self.folder, self.choose, self.kind)
        with_model = _row(self.model, self.options, self.files, self.folders)
        rows = QGridLayout()
        rows.setHorizontalSpacing(16)
        rows.setVerticalSpacing(8)
        rows.setColumnStretch(1, 1)
        rows.addWidget(label(self.tr("Results")), 0, 0)
        rows.addLayout(place, 0, 1)
        rows.addWidget(label(self.tr("Model")), 1, 0)
        rows.addLayout(with_model, 1, 1)
        rows.addWidget(self.said, 2, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(rows)


def _row(wide: QWidget, *others: QWidget) -> QHBoxLayout:
    made = QHBoxLayout()
    made.setSpacing(8)
    made.addWidget(wide, 1)
    for part in others:
        made.addWidget(part)
    return made
