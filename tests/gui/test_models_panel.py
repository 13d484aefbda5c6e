"""The models at the left: which fit, what they would take, and running them in several ways, by mouse and keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_bundles
import made_models
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QTimer, QUrl
from PySide6.QtGui import QContextMenuEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from inference.worker.confinement import Confinement
from session.jobs import Job
from session.model_plans import Expectation
from session.models import model_store
from session.presentation import Plane
from widgets.dialogs.channels import ChannelsDialog
from widgets.dialogs.choice import ChoiceDialog
from widgets.dialogs.model_consent import ModelConsentDialog
from widgets.dialogs.run_options import RunOptionsDialog
from widgets.panels.models import RUN_TITLE, ModelRow, ModelsPanel

LEFT = Qt.MouseButton.LeftButton


def with_weights(bundle: Path) -> Path:
    """Files where the bundle looks for its weights; nothing is computed with them."""
    (bundle / "models").mkdir(exist_ok=True)
    for name in ("model.pt", "model_lowres.pt"):
        made_models.safetensors(bundle / "models" / name, {"weight": (1,)})
    return bundle


def fill(source: Path, key: str, trusted_by: str = "") -> None:
    with model_store().candidate(str(source), "Ada", lambda *_: None, lambda: False, wanted_id=key) as candidate:
        model_store().accept(candidate, trusted_by=trusted_by)


@pytest.fixture
def panel(case_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> ModelsPanel:
    fill(with_weights(made_bundles.spleen(tmp_path / "spleen")), "spleen", "Ada")
    fill(with_weights(made_bundles.whole_body(tmp_path / "body")), "body")
    case_window.session.models_changed.emit()
    panel = case_window.left.models
    qtbot.waitUntil(lambda: list(panel.rows) == ["ct-anatomy-rules", "spleen", "body"])
    QApplication.processEvents()
    return panel


@pytest.fixture
def ran(case_window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Which models were started with which parameters; nothing is computed."""
    started: list[tuple[str, dict[str, Any]]] = []

    def start(_session: object, model: str, parameters: dict[str, Any], **more: Any) -> None:
        started.append((model, dict(parameters) | {k: [c.title for c in v] for k, v in more.items() if v}))

    monkeypatch.setattr("app.actions.segment_image.start_segmentation", start)
    return started


def choose(row: ModelRow, text: str) -> None:
    """Open a row's menu by its button and press one of its lines."""

    def press() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        action = next(a for a in menu.actions() if a.text() == text)
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())

    QTimer.singleShot(60, row, press)
    QTest.mouseClick(row.more, LEFT)
    QTest.qWait(150)


def until_stopped(job: Job, message: str) -> None:
    """A job's work that only says how far it is."""
    while True:
        job.report(0.4, message)
        time.sleep(0.01)


def answer(dialog_type: type, then: Callable[[Any], None]) -> None:
    """Do something with a modal dialog as soon as it is there."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, dialog_type):
            then(dialog)
        else:
            QTimer.singleShot(30, look)

    QTimer.singleShot(30, look)


def test_a_click_runs_what_fits_and_the_rest_says_why(panel: ModelsPanel, ran: list[Any]) -> None:
    QTest.mouseClick(panel.rows["spleen"].button, LEFT)
    assert ran == [("spleen", {})]
    body = panel.rows["body"]
    assert not body.button.isEnabled()
    assert body.detail.text() == "its code is not trusted yet"
    assert "nobody has said that it may run" in body.toolTip()
    assert "code: untrusted" in body.toolTip()
    tip = panel.rows["spleen"].toolTip()
    assert "Finds: spleen" in tip
    assert "Licence: Licence of the tests" in tip
    assert panel.rows["spleen"].detail.text() == "1 structure · code: trusted"


def test_looking_at_a_model_plans_it_and_untrusted_ones_never(
    panel: ModelsPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []
    monkeypatch.setattr(panel.plans, "want", wanted.append)
    panel.rows["ct-anatomy-rules"].button.setFocus(Qt.FocusReason.TabFocusReason)
    panel.rows["spleen"].button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: wanted == ["spleen"])  # whoever only passes by starts nothing
    with qtbot.waitSignal(panel.rows["body"].looked_at):
        panel.rows["body"].more.setFocus(Qt.FocusReason.TabFocusReason)
    assert wanted == ["spleen"]
    monkeypatch.undo()
    built_in = panel.rows["ct-anatomy-rules"]
    assert built_in.expected.text() == "not planned yet"
    built_in.button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: built_in.expected.text().startswith("fits: 0.4 GB"))
    assert "not timed" in built_in.expected.text()


def test_what_a_model_cannot_do_is_told_beside_its_plan(panel: ModelsPanel) -> None:
    told = Confinement("namespace", "allow-list", "watched", "none").sentence
    row = panel.rows["spleen"]
    row.show_expectation(Expectation(40.0, 3174.0, fits=True, confinement=told))
    assert row.expected.text() == "fits: about 40 s, 3.1 GB"
    tip = " ".join(row.button.toolTip().split())
    assert tip.endswith(told)
    assert row.button.accessibleDescription() == row.button.toolTip()


def test_the_row_of_a_running_model_says_how_far_it_is_and_stops_it(
    panel: ModelsPanel, case_window: MainWindow, qtbot: QtBot
) -> None:
    row, other = panel.rows["spleen"], panel.rows["ct-anatomy-rules"]
    assert not row.stop.isVisible()
    words = "Computing, window 3 of 27, about 20 s left"
    job = case_window.session.jobs.start(RUN_TITLE + row.offer.name, lambda job: until_stopped(job, words))
    qtbot.waitUntil(lambda: row.running.text() == "40% · Computing, window 3 of 27, about 20 s left")
    assert row.stop.isVisible()
    assert not row.more.isVisible()
    assert other.more.isVisible()
    assert not other.stop.isVisible()
    panel.set_offers([shown.offer for shown in panel.rows.values()])  # another study was loaded beside
    row = panel.rows["spleen"]
    qtbot.waitUntil(row.stop.isVisible)
    QTest.mouseClick(row.stop, LEFT)
    assert job.is_cancelled
    qtbot.waitUntil(lambda: row.more.isVisible() and row.expected.isVisible())
    assert not row.stop.isVisible()
    assert not row.running.isVisible()


def test_a_long_name_is_cut_and_leaves_the_menus_in_sight(
    panel: ModelsPanel, case_window: MainWindow, qtbot: QtBot
) -> None:
    name = "Tissue segmentation & parcellation of a very long name (gray/white matter)"
    offers = [replace(panel.rows["spleen"].offer, name=name), panel.rows["ct-anatomy-rules"].offer]
    panel.set_offers(offers)
    QApplication.processEvents()
    room = panel.rect()
    for row in panel.rows.values():
        for button in (row.button, row.more):
            assert room.contains(QRect(button.mapTo(panel, QPoint(0, 0)), button.size()))
    cut = panel.rows["spleen"].button
    assert cut.text().startswith("Tissue segm")
    assert cut.text().endswith("…")
    assert cut.accessibleName() == name
    assert cut.toolTip().startswith(name)
    job = case_window.session.jobs.start(
        RUN_TITLE + name, lambda job: until_stopped(job, "Computing, window 3 of 27, about 20 s left")
    )
    row = panel.rows["spleen"]
    qtbot.waitUntil(lambda: row.running.text().endswith("left"))
    QApplication.processEvents()
    for part in (row.stop, row.running):
        assert room.contains(QRect(part.mapTo(panel, QPoint(0, 0)), part.size()))
    job.cancel()
    qtbot.waitUntil(lambda: job.is_over)


def test_run_on_what_is_on_screen(panel: ModelsPanel, case_window: MainWindow, ran: list[Any]) -> None:
    for plane in (Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL):
        case_window.session.presentation.update_camera(plane, zoom=4.0)
    choose(panel.rows["spleen"], "Run on what is on screen")
    ((model, parameters),) = ran
    k0, k1, j0, j1, i0, i1 = parameters["roi"]
    assert model == "spleen"
    assert 0 <= k0 < k1 <= 10
    assert 0 < j0 < j1 < 40
    assert 0 < i0 < i1 < 50
    assert abs((i0 + i1) / 2 - 25) <= 1


def test_options_are_asked_passed_and_remembered(panel: ModelsPanel, case_window: MainWindow, ran: list[Any]) -> None:
    def fill_in(dialog: RunOptionsDialog) -> None:
        dialog.device.setFocus()
        QTest.keyClick(dialog.device, Qt.Key.Key_Down)
        QTest.mouseClick(dialog.doubt, LEFT, pos=QPoint(8, dialog.doubt.height() // 2))
        QTest.mouseClick(dialog.go_on, LEFT)

    answer(RunOptionsDialog, fill_in)
    choose(panel.rows["spleen"], "Run with options…")
    assert ran == [("spleen", {"device": "cpu", "doubt": True})]
    assert case_window.session.settings["segment.options"] == {"spleen": {"device": "cpu", "doubt": True}}
    answer(RunOptionsDialog, lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Return))
    case_window.bridge.run("segment_image.run_with_options", model="spleen")
    assert ran[1] == ran[0]
    answer(RunOptionsDialog, lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    case_window.bridge.run("segment_image.run_with_options", model="spleen")
    assert len(ran) == 2


def test_probability_is_wished_for_with_some_structures(panel: ModelsPanel, qtbot: QtBot) -> None:
    names = [f"Bone {n}" for n in range(1, 11)]

    def fill_in(dialog: RunOptionsDialog) -> None:
        wish = dialog.probability
        assert not wish.also.isEnabled()
        QTest.mouseClick(wish.check, LEFT, pos=QPoint(8, wish.check.height() // 2))
        assert wish.value() == ["winner"]
        wish.menu.popup(wish.also.mapToGlobal(QPoint(0, 0)))
        qtbot.waitUntil(wish.menu.isVisible)
        for action in wish.menu.actions()[:9]:
            QTest.mouseClick(wish.menu, LEFT, pos=wish.menu.actionGeometry(action).center())
        assert wish.menu.isVisible()
        QTest.keyClick(wish.menu, Qt.Key.Key_Escape)
        assert wish.also.text() == "8 structures ▾"
        assert not wish.menu.actions()[9].isEnabled()

    dialog = RunOptionsDialog("Bones", {}, panel, structures=names)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.isActiveWindow)
    fill_in(dialog)
    assert dialog.options() == {"probability": ["winner", *names[:8]]}
    again = RunOptionsDialog("Bones", dialog.options(), panel)  # the structures are not known by now
    qtbot.addWidget(again)
    assert again.options() == dialog.options()


def test_the_built_in_model_takes_no_options(panel: ModelsPanel) -> None:
    menu = panel.rows["ct-anatomy-rules"].menu()
    enabled = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    assert enabled["Run"]
    assert not enabled["Run with options…"]
    assert not enabled["Run on what is on screen"]
    menu.deleteLater()


def test_the_menu_key_opens_the_same_menu(panel: ModelsPanel) -> None:
    row = panel.rows["spleen"]
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), row.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(row.button, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.actions()[0].text() == "Run"
    QTest.keyClick(menu, Qt.Key.Key_Escape)


def test_a_model_with_several_images_asks_which(
    panel: ModelsPanel, case_window: MainWindow, ran: list[Any], tmp_path: Path
) -> None:
    fill(with_weights(made_bundles.brats(tmp_path / "brats")), "brats", "Ada")
    seen: list[Any] = []

    def look(dialog: ChannelsDialog) -> None:
        seen.append([field.accessibleName() for field in dialog.fields])
        seen.append(dialog.go_on.isEnabled())
        QTest.keyClick(dialog, Qt.Key.Key_Escape)

    answer(ChannelsDialog, look)
    case_window.bridge.run("segment_image.run", model="brats")
    assert len(seen[0]) == 4
    assert seen[1] is False  # three images are missing
    assert ran == []


def test_dropping_a_model_asks_to_add_it(
    case_window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("app.window_drop.open_paths", lambda _session, paths: opened.extend(paths))
    bundle = with_weights(made_bundles.spleen(tmp_path / "dropped"))
    image = tmp_path / "image.nii"
    image.write_bytes(b"")
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(path)) for path in (bundle, image)])
    none = Qt.KeyboardModifier.NoModifier
    answer(ChoiceDialog, lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Return))
    case_window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, content, LEFT, none))
    qtbot.waitUntil(lambda: opened == [image])
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), ModelConsentDialog))
    consent = QApplication.activeModalWidget()
    assert isinstance(consent, ModelConsentDialog)
    QTest.mouseClick(consent.add, LEFT)
    qtbot.waitUntil(lambda: [model.is_trusted for model in model_store().models()] == [False])
