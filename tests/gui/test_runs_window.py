"""The window of the runs, and the history's word about them, by clicks and keys."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.window import MainWindow
from imaging.case.images import pixel_hash
from imaging.edit import AddSegment
from imaging.segment import Segment
from inference.record.log import RunLog
from inference.record.readings import Reading, Source, Usage, missing
from inference.record.run_record import RECORD_KEY, Outcome, RunRecord
from session.run_recording import run_log
from widgets import theme
from widgets.runs.plot import RunPlot
from widgets.runs.plot_data import panels_of, ticks
from widgets.runs.plot_file import write_plot
from widgets.runs.window import RunsWindow

LEFT = Qt.MouseButton.LeftButton


def record(number: int, **more: object) -> RunRecord:
    """A run on 1 January at ``number`` o'clock that took ``number`` seconds."""
    usage = Usage(
        energy_j=Reading(100.0 * number, Source.COUNTER, "fake counter"),
        energy_above_idle_j=Reading(60.0 * number, Source.COUNTER),
        power_mean_w=Reading(100.0, Source.COUNTER),
        power_max_w=Reading(130.0, Source.SAMPLED),
        ram_peak_mb=Reading(2048.0, Source.SAMPLED),
        cpu_temperature_max_c=missing("this computer tells no temperature"),
    )
    fields: dict[str, object] = {
        "id": f"20260101-{number:02}0000-abcd{number:02}",
        "started_utc": f"2026-01-01T{number:02}:00:00+00:00",
        "outcome": Outcome.DONE,
        "model_id": "pretend",
        "model_name": "Pretend",
        "model_version": "3.1",
        "input_hash": "ab" * 32,
        "total_s": float(number),
        "usage": usage,
    }
    return RunRecord(**fields | more)  # type: ignore[arg-type]


@pytest.fixture
def log(case_window: MainWindow) -> RunLog:
    """Four runs: two of Pretend on one image, one cancelled, one of another model on the open image."""
    log = run_log(case_window.session.settings)
    for made in (
        record(1),
        record(10),
        record(2, outcome=Outcome.CANCELLED, reason="Stopped by the user."),
        record(
            3, model_id="other", model_name="Other", input_hash=pixel_hash(case_window.session.open_document.volume)
        ),
    ):
        log.add(made)
    return log


@pytest.fixture
def runs(case_window: MainWindow, log: RunLog, qtbot: QtBot) -> RunsWindow:
    case_window.bridge.run("runs.show")
    (window,) = case_window.findChildren(RunsWindow)
    qtbot.waitUntil(lambda: len(window.shown()) == 4)
    return window


def column(runs: RunsWindow, title: str) -> list[str]:
    """A column's texts from top to bottom."""
    model = runs.table.model()
    at = next(n for n in range(model.columnCount()) if model.headerData(n, Qt.Orientation.Horizontal) == title)
    return [model.index(row, at).data() for row in range(model.rowCount())]


def click_heading(runs: RunsWindow, title: str) -> None:
    header = runs.table.horizontalHeader()
    at = next(n for n in range(header.count()) if header.model().headerData(n, Qt.Orientation.Horizontal) == title)
    place = QPoint(header.sectionViewportPosition(at) + header.sectionSize(at) // 2, header.height() // 2)
    QTest.mouseClick(header.viewport(), LEFT, pos=place)


def test_the_newest_run_comes_first_and_numbers_are_sorted_as_numbers(runs: RunsWindow) -> None:
    assert column(runs, "Time") == ["10.0 s", "3.0 s", "2.0 s", "1.0 s"]
    click_heading(runs, "Energy")
    assert column(runs, "Energy") == ["100 J", "200 J", "300 J", "1,000 J"]
    click_heading(runs, "Energy")
    assert column(runs, "Energy")[0] == "1,000 J"
    assert column(runs, "Outcome").count("cancelled") == 1


def test_filters_leave_table_plot_and_figures_of_the_same_runs(runs: RunsWindow, qtbot: QtBot) -> None:
    runs.models.setFocus()
    QTest.keyClick(runs.models, Qt.Key.Key_Down)  # the first model by name: Other
    qtbot.waitUntil(lambda: len(runs.shown()) == 1)
    assert column(runs, "Model") == ["Other"]
    assert [s.runs for s in runs.by_model.rows_model.rows] == [1]
    assert runs.by_model.model().index(0, 0).data() == "Other"
    assert [r.model_id for r in runs.plot._records] == ["other"]
    assert runs.whole.text().startswith("1 run · 1 finished · 3.0 s on average")
    QTest.keyClick(runs.models, Qt.Key.Key_Up)
    assert len(runs.shown()) == 4


def test_figures_by_image_are_one_click_away(runs: RunsWindow) -> None:
    QTest.mouseClick(runs.pages.button("cases"), LEFT)
    assert runs.cases.isVisible()
    assert {(s.runs, s.done) for s in runs.cases.rows_model.rows} == {(3, 2), (1, 1)}
    both = next(s for s in runs.cases.rows_model.rows if s.runs == 3)
    assert both.energy_j.mean == 550
    assert both.spent_j.total == 1300


def test_click_in_the_plot_selects_the_run_and_it_is_told_in_full(runs: RunsWindow) -> None:
    QTest.mouseClick(runs.plot, LEFT, pos=QPoint(round(runs.plot.width() * 0.9), 40))  # the last one in time
    chosen = runs.table.current_row()
    assert chosen is not None
    assert chosen.total_s == 10
    assert runs.plot._plot.run_at(runs.plot.rect().toRectF(), 3) is None  # on the axis
    QTest.mouseClick(runs.pages.button("details"), LEFT)
    told = {runs.details.topLevelItem(n).text(0): runs.details.topLevelItem(n) for n in range(10)}
    assert told["Run"].text(1) == chosen.id
    energy = runs.details.findItems("Energy", Qt.MatchFlag.MatchExactly, 0)[0]
    assert (energy.text(1), energy.text(2)) == ("1,000.0 J", "counter; fake counter")


def test_a_run_that_ends_meanwhile_appears(
    runs: RunsWindow, log: RunLog, case_window: MainWindow, qtbot: QtBot
) -> None:
    log.add(record(11))
    case_window.session.jobs.start("Something", lambda job: None)
    qtbot.waitUntil(lambda: len(runs.shown()) == 5)
    assert column(runs, "Time")[0] == "11.0 s"


def test_the_shown_runs_are_exported(runs: RunsWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    QTest.keyClick(runs.models, Qt.Key.Key_Down)
    target = tmp_path / "table"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    button = next(b for b in runs.findChildren(QPushButton) if b.text() == "Export as CSV")
    QTest.mouseClick(button, LEFT)
    with target.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["model"], row["energy_j"], row["energy_j_source"]) == ("other", "300", "counter")
    picture = tmp_path / "plot"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(picture), ""))
    QTest.mouseClick(next(b for b in runs.findChildren(QPushButton) if b.text() == "Save the plot"), LEFT)
    assert not QImage(str(picture.with_suffix(".png"))).isNull()


def test_the_history_tells_and_shows_an_accepted_run(case_window: MainWindow, log: RunLog, qtbot: QtBot) -> None:
    document = case_window.session.open_document
    run = log.read(model_id="other").records[0]
    edit = AddSegment(Segment(9, "Found"))
    document.apply(edit, title="Accept Other", tool="segment.run", parameters={RECORD_KEY: run.to_json()})
    case_window.show_page("history")
    rows = case_window.right.history.list
    qtbot.waitUntil(lambda: rows.entries.index(0).data() == "Accept Other")
    tip = rows.entries.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "300 J of energy, 100 W on average (measured)" in tip
    assert "energy" not in rows.entries.index(1).data(Qt.ItemDataRole.ToolTipRole)

    def press() -> None:
        (menu,) = (m for m in rows.findChildren(QMenu) if m.isVisible())
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(menu.actions()[0]).center())

    ask_menu(rows, rows.entries.index(1), lambda: None)
    assert not rows.findChildren(QMenu)
    ask_menu(rows, rows.entries.index(0), press)
    (window,) = case_window.findChildren(RunsWindow)
    qtbot.waitUntil(lambda: window.table.current_row() is not None)
    assert window.table.current_row().id == run.id
    assert window.details.isVisible()


def test_a_run_that_only_the_case_knows_is_shown_from_there(runs: RunsWindow, case_window: MainWindow) -> None:
    elsewhere = record(4, id="20250101-000000-ffffff")
    case_window.session.open_document.apply(
        AddSegment(Segment(9, "Found")),
        title="Accept",
        tool="segment.run",
        parameters={RECORD_KEY: elsewhere.to_json()},
    )
    case_window.bridge.run("runs.show", run=elsewhere.id)
    assert runs.table.current_row() is None
    assert runs.details.topLevelItem(0).text(1) == elsewhere.id
    QTest.mouseClick(runs.table.viewport(), LEFT, pos=QPoint(40, 10))
    assert runs.details.topLevelItem(0).text(1) == record(10).id


def ask_menu(rows: object, index: QModelIndex, then: Callable[[], None]) -> None:
    """A right click on a row."""
    place = rows.visualRect(index).center()  # type: ignore[attr-defined]
    view = rows.viewport()  # type: ignore[attr-defined]
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place))
    QTimer.singleShot(50, rows, then)  # type: ignore[call-overload]
    QApplication.sendEvent(view, event)
    QTest.qWait(150)


def test_an_empty_log_says_so(window: MainWindow, qtbot: QtBot) -> None:
    window.bridge.run("runs.show")
    runs = window.findChild(RunsWindow)
    qtbot.waitUntil(lambda: runs.whole.text() == "No model was run in this workspace yet.")


def test_a_broken_log_is_a_message(window: MainWindow, qtbot: QtBot) -> None:
    path = run_log(window.session.settings).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 500)
    said: list[str] = []
    window.session.messages.shown.connect(lambda message: said.append(message.text))
    window.bridge.run("runs.show")
    qtbot.waitUntil(lambda: any("cannot be read" in text for text in said))


# The plot itself


def test_ticks_are_round_and_end_below_the_top() -> None:
    assert ticks(100, 4) == [0, 25, 50, 75, 100]
    assert ticks(7, 3) == [0, 2.5, 5.0]
    assert ticks(0.13, 3) == pytest.approx([0, 0.05, 0.1])
    assert ticks(0) == [0]


def test_panels_say_why_they_are_empty_and_mark_estimates() -> None:
    guess = replace(record(1).usage, energy_j=Reading(9.0, Source.ESTIMATED, "assumed"))
    time, power, energy, memory, heat = panels_of([record(1), record(2, usage=guess, outcome=Outcome.FAILED)])
    assert heat.why_empty == "this computer tells no temperature"
    assert [bars[0].is_estimated for bars in energy.bars] == [False, True]
    assert [bars[0].is_unfinished for bars in time.bars] == [False, True]
    assert (power.bars[0][0].value, power.bars[0][0].most, power.top) == (100, 130, 130)
    assert (memory.columns, memory.bars[0][0].value) == (1, 2.0)


def test_bars_are_as_high_as_their_numbers_on_paper_and_in_the_dark(qapp: QApplication, tmp_path: Path) -> None:
    runs = [record(5), record(10)]
    for is_dark in (False, True):
        write_plot(runs, tmp_path / "plot.png", is_dark=is_dark)
        image = QImage(str(tmp_path / "plot.png"))
        accent = theme.load("dark" if is_dark else "light").color("accent").rgb()
        filled = {x: [y for y in range(70, 430) if image.pixel(x, y) == accent] for x in (696, 1808)}
        low, high = (len(rows) for rows in filled.values())
        assert high > 100
        assert abs(high - 2 * low) <= 4
        ground = image.pixelColor(2, 2).lightness()
        assert ground < 60 if is_dark else ground == 255


def test_only_the_newest_runs_are_drawn_and_it_is_said(qapp: QApplication) -> None:
    many = [record(1, id=f"{n}") for n in range(130)]
    plot = RunPlot(many, theme.current(), theme.current().color("panel"))
    assert len(plot.records) == 120
    assert plot.left_out == 10
    assert plot.records[-1].id == "129"
