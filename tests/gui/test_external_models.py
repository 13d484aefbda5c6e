"""Programs that are installed on their own, and bundles' own workflows, in the window: offered, asked, started."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_bundles
import made_models
import pytest
from made_program import install
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from session.models import model_store
from widgets.dialogs.choice import ChoiceDialog
from widgets.panels.models import ModelRow, ModelsPanel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
LEFT = Qt.MouseButton.LeftButton
GOOD = "totalsegmentator:good"
Started = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def panel(case_window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelsPanel:
    install(tmp_path / "env", with_weights=True)
    monkeypatch.setenv("LIMNER_TOTALSEGMENTATOR", str(tmp_path / "env"))
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path / "home"))
    monkeypatch.delenv("TOTALSEG_WEIGHTS_PATH", raising=False)
    bundle = made_bundles.spleen(tmp_path / "spleen")
    (bundle / "models").mkdir()
    made_models.safetensors(bundle / "models" / "model.pt", {"weight": (1,)})
    with model_store().candidate(str(bundle), "Ada", lambda *_: None, lambda: False, wanted_id="spleen") as candidate:
        model_store().accept(candidate, trusted_by="Ada")
    case_window.session.models_changed.emit()
    panel = case_window.left.models
    qtbot.waitUntil(lambda: GOOD in panel.rows)
    QApplication.processEvents()
    return panel


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, case_window: MainWindow) -> Started:
    """Which models were started with which parameters; nothing is computed."""
    found: Started = []

    def start(_session: object, model: str, parameters: dict[str, Any], **_more: Any) -> None:
        found.append((model, dict(parameters)))

    monkeypatch.setattr("app.actions.segment_image.start_segmentation", start)
    return found


def with_weights(tmp_path: Path, *names: str) -> None:
    for name in names:
        (tmp_path / "home" / "nnunet" / "results" / name).mkdir(parents=True)


def answer(text: str) -> list[str]:
    """Press this button of the question that comes; returns all of its words once it came."""
    words: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, ChoiceDialog):
            QTimer.singleShot(30, look)
            return
        from PySide6.QtWidgets import QLabel, QPushButton

        words.extend(part.text() for part in dialog.findChildren(QLabel))
        buttons = {button.text(): button for button in dialog.findChildren(QPushButton)}
        words.extend(buttons)
        QTest.mouseClick(buttons[text], LEFT)

    QTimer.singleShot(30, look)
    return words


def choose(row: ModelRow, text: str, then: Callable[[], bool], qtbot: QtBot) -> None:
    """Open a row's menu and press one of its lines."""

    def press() -> None:
        menu = QApplication.activePopupWidget()
        if not isinstance(menu, QMenu):
            QTimer.singleShot(30, press)
            return
        action = next(a for a in menu.actions() if a.text() == text)
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())

    QTimer.singleShot(30, press)
    QTest.mouseClick(row.more, LEFT)
    qtbot.waitUntil(then)


def test_it_is_offered_for_what_it_is(panel: ModelsPanel) -> None:
    row = panel.rows[GOOD]
    assert row.button.isEnabled()
    assert "a program of its own" in row.toolTip()
    assert not row.offer.is_foreign
    assert not panel.rows["totalsegmentator:brain_mr"].button.isEnabled()
    assert "licence number" in panel.rows["totalsegmentator:sold"].toolTip()
    enabled = {action.text(): action.isEnabled() for action in row.menu().actions() if action.text()}
    assert enabled["Run its faster variant"]
    assert not enabled["Run with options…"]
    assert not enabled["Run on what is on screen"]
    assert "Run with MONAI's own workflow…" not in enabled


def test_the_network_is_asked_for(panel: ModelsPanel, started: Started, tmp_path: Path) -> None:
    words = answer("Allow it for this run")
    QTest.mouseClick(panel.rows[GOOD].button, LEFT)
    assert started == [(GOOD, {"network": True})]
    assert any("Its weights are not on this computer" in text for text in words)
    assert "Run without network" not in words  # that would be in vain
    answer("Cancel")
    QTest.mouseClick(panel.rows[GOOD].button, LEFT)
    assert len(started) == 1
    with_weights(tmp_path, "Dataset001", "Dataset002")
    QTest.mouseClick(panel.rows[GOOD].button, LEFT)
    assert started[1:] == [(GOOD, {})]  # nothing is asked where nothing is missing


def test_where_nobody_knows_its_weights_it_may_try_without(panel: ModelsPanel, started: Started) -> None:
    answer("Run without network")
    QTest.mouseClick(panel.rows["totalsegmentator:crash"].button, LEFT)
    assert started == [("totalsegmentator:crash", {"network": False})]


def test_the_faster_variant(panel: ModelsPanel, started: Started, tmp_path: Path, qtbot: QtBot) -> None:
    with_weights(tmp_path, "Dataset003")
    choose(panel.rows[GOOD], "Run its faster variant", lambda: bool(started), qtbot)
    assert started == [(GOOD, {"fast": True})]


def test_a_bundles_own_workflow(panel: ModelsPanel, started: Started, qtbot: QtBot) -> None:
    words = answer("Yes, go on")
    choose(panel.rows["spleen"], "Run with MONAI's own workflow…", lambda: bool(started), qtbot)
    assert started == [("spleen", {"stock": True})]
    assert any("memory is not planned" in text for text in words)


def test_it_is_in_the_window_of_the_models(panel: ModelsPanel, case_window: MainWindow, qtbot: QtBot) -> None:
    from widgets.models_window.window import ModelsWindow

    case_window.bridge.run("models.show", model="totalsegmentator:sold")
    qtbot.waitUntil(lambda: case_window.findChild(ModelsWindow) is not None)
    shown = case_window.findChild(ModelsWindow)
    assert shown is not None
    qtbot.waitUntil(lambda: "Sold (TotalSegmentator)" in shown.details.name.text())
    assert "licence number" in shown.details.problem.text()
    assert "totalseg_set_license" in shown.details.problem.text()
    assert "free for non-commercial use" in shown.details.texts["about"].toPlainText()
    assert not shown.details.remove.isEnabled()
