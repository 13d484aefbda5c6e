"""The window of the models: adding with consent, trusting, testing, fetching, removing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import made_bundles
import made_models
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot
from test_models_panel import fill, with_weights
from test_window import nameless

from app.window import MainWindow
from inference.packages.store import ModelStore
from session.jobs import JobState
from session.models import model_store
from widgets.dialogs.choice import ChoiceDialog
from widgets.dialogs.model_consent import ModelConsentDialog
from widgets.models_window.window import ModelsWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def models(window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelsWindow:
    monkeypatch.setenv("LIMNER_MODELS", str(tmp_path / "it"))
    mesh = made_models.layer_list(tmp_path / "mesh")
    with ModelStore(tmp_path / "it").candidate(str(mesh), "IT", lambda *_: None, lambda: False) as candidate:
        ModelStore(tmp_path / "it").accept(candidate)
    fill(with_weights(made_bundles.spleen(tmp_path / "spleen")), "spleen")
    window.bridge.run("models.show", model="spleen")
    (shown,) = window.findChildren(ModelsWindow)
    qtbot.waitUntil(lambda: chosen(shown) == "spleen")
    return shown


def chosen(models: ModelsWindow) -> str:
    row = models.table.current_row()
    return row.info.id if row is not None else ""


def states(models: ModelsWindow) -> dict[str, str]:
    return {row.info.id: models.table.rows_model.columns[-1].text(row) for row in models.table.rows_model.rows}


def consent(qtbot: QtBot) -> ModelConsentDialog:
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), ModelConsentDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ModelConsentDialog)
    return dialog


def said(window: MainWindow) -> list[str]:
    texts: list[str] = []
    window.session.messages.shown.connect(lambda message: texts.append(message.text))
    return texts


def answer_choice(key: Callable[[ChoiceDialog], None]) -> None:
    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, ChoiceDialog):
            key(dialog)
        else:
            QTimer.singleShot(30, look)

    QTimer.singleShot(30, look)


def test_the_store_with_its_states_and_texts(models: ModelsWindow) -> None:
    assert states(models) == {
        "ct-anatomy-rules": "ready",
        "spleen": "not trusted",
        "tissue-of-the-tests": "ready, read only",
    }
    details = models.details
    QTest.mouseClick(details.pages.button("code"), LEFT)
    assert "Expressions in its configuration:" in details.texts["code"].toPlainText()
    QTest.mouseClick(details.pages.button("licence"), LEFT)
    assert "Do what you like." in details.texts["licence"].toPlainText()
    assert "Added by Ada" in details.texts["store"].toPlainText()
    assert details.trust.isVisible()
    assert not details.test.isEnabled()
    models.select("tissue-of-the-tests")
    assert not details.remove.isEnabled()
    assert "only read here" in details.remove.toolTip()
    models.select("ct-anatomy-rules")
    assert not details.remove.isEnabled()
    assert details.texts["about"].toPlainText().startswith("Body, lungs")


def test_every_control_has_a_name(models: ModelsWindow) -> None:
    assert not nameless(models)


def test_trusting_is_noted_and_the_panel_follows(models: ModelsWindow, window: MainWindow, qtbot: QtBot) -> None:
    QTest.mouseClick(models.details.trust, LEFT)
    qtbot.waitUntil(lambda: states(models)["spleen"] == "ready")
    record = model_store().model("spleen").record
    assert record is not None
    assert record.trusted_by == window.session.settings["person.name"]
    qtbot.waitUntil(lambda: not models.details.trust.isVisible())
    assert models.details.test.isEnabled()


@pytest.mark.parametrize(("button", "is_trusted"), [("add", False), ("trust", True)])
def test_adding_shows_licence_and_code_and_asks(
    models: ModelsWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, button: str, is_trusted: bool
) -> None:
    bundle = with_weights(made_bundles.whole_body(tmp_path / "body"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(bundle))
    QTest.mouseClick(models.folder, LEFT)
    dialog = consent(qtbot)
    assert "Python of its own" in dialog._fields[2].toPlainText()
    pressed: QPushButton = getattr(dialog, button)
    QTest.mouseClick(pressed, LEFT)
    qtbot.waitUntil(lambda: "whole-body-ct" in states(models))
    assert model_store().model("whole-body-ct").is_trusted is is_trusted


def test_enter_trusts_nothing_and_cancel_adds_nothing(
    models: ModelsWindow, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    texts = said(window)
    models.address.setText(str(with_weights(made_bundles.whole_body(tmp_path / "body"))))
    models.address.setFocus()
    QTest.keyClick(models.address, Qt.Key.Key_Return)
    dialog = consent(qtbot)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: "Nothing was added." in texts)
    assert [model.id for model in model_store().models()] == ["spleen", "tissue-of-the-tests"]
    assert models.address.text() == ""


def test_adding_can_be_stopped_while_it_waits(
    models: ModelsWindow, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.bridge.run("models.add", source=str(with_weights(made_bundles.whole_body(tmp_path / "body"))))
    dialog = consent(qtbot)
    assert models.job_row is not None
    models.job_row.cancel.click()  # the question is modal; a click cannot come through
    job = window.session.jobs.jobs[-1]
    qtbot.waitUntil(lambda: job.state is JobState.CANCELLED)
    dialog.reject()
    assert "whole-body-ct" not in states(models)
    assert not [p for p in os.listdir(model_store().folder) if p.startswith(".adding")]


def test_what_is_no_model_is_said_in_the_message_bar(
    models: ModelsWindow, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    texts = said(window)
    (tmp_path / "photos").mkdir()
    models.address.setText(str(tmp_path / "photos"))
    QTest.mouseClick(models.add, LEFT)
    qtbot.waitUntil(lambda: any("no model that is known here" in text for text in texts))


def test_removing_asks_first(models: ModelsWindow, qtbot: QtBot) -> None:
    answer_choice(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    QTest.mouseClick(models.details.remove, LEFT)
    assert (model_store().folder / "spleen").is_dir()
    answer_choice(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Return))
    QTest.mouseClick(models.details.remove, LEFT)
    qtbot.waitUntil(lambda: "spleen" not in states(models))
    assert not (model_store().folder / "spleen").exists()


def test_missing_weights_are_fetched(
    models: ModelsWindow, window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, asked = said(window), []

    def download(
        url: str, target: Path, _checksum: str, report: Callable[[float, str], None], _cancelled: object
    ) -> None:
        asked.append(url)
        report(0.5, "half of it")
        made_models.safetensors(target, {"weight": (1,)})

    monkeypatch.setattr("inference.packages.download.download", download)
    fill(made_bundles.prostate(tmp_path / "prostate"), "prostate", "Ada")
    models.select("prostate")
    models.reload()
    qtbot.waitUntil(lambda: chosen(models) == "prostate")
    assert states(models)["prostate"] == "weights missing"
    assert not models.details.test.isEnabled()
    QTest.mouseClick(models.details.fetch, LEFT)
    qtbot.waitUntil(lambda: states(models)["prostate"] == "ready")
    assert asked == ["https://models.example/model.pt"]
    assert any("states no checksum" in text for text in texts)
    qtbot.waitUntil(lambda: not models.details.fetch.isVisible())
