"""Columns of a table share the room that there is."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.runs.rows import LEAST_TEXT_PX, Column, RowsModel, RowsTable


def test_long_texts_give_way_to_the_column_that_takes_the_rest(qtbot: QtBot, qapp: QApplication) -> None:
    columns = [
        Column[tuple[str, str]]("Name", lambda row: row[0], lambda row: row[0], is_number=False),
        Column[tuple[str, str]]("ID", lambda row: row[0], lambda row: row[0], is_number=False),
        Column[tuple[str, str]]("What", lambda row: row[1], lambda row: row[1], is_number=False),
        Column[tuple[str, str]]("Count", lambda row: "1234", lambda row: 1234),
    ]
    table = RowsTable(RowsModel(columns), "A table", sorted_by=(0, False))
    qtbot.addWidget(table)
    table.widen(2)
    table.resize(520, 200)
    table.show()
    qtbot.waitExposed(table)
    table.rows_model.set_rows([("a name that is by far too long for its place" * 2, "a description")])
    table.fit_columns()
    assert sum(table.columnWidth(n) for n in range(4)) <= table.viewport().width()
    assert table.columnWidth(0) >= LEAST_TEXT_PX
    table.resize(1200, 200)
    table.fit_columns()
    assert table.columnWidth(0) > 150  # there is room again


def test_a_scroll_bar_that_comes_covers_no_numbers(qtbot: QtBot, qapp: QApplication) -> None:
    columns = [
        Column[tuple[str, str]]("Name", lambda row: row[0], lambda row: row[0], is_number=False),
        Column[tuple[str, str]]("What", lambda row: row[1], lambda row: row[1], is_number=False),
        Column[tuple[str, str]]("Count", lambda row: "1234", lambda row: 1234),
    ]
    table = RowsTable(RowsModel(columns), "A table", sorted_by=(0, False))
    qtbot.addWidget(table)
    table.widen(1)
    table.resize(380, 200)
    table.show()
    qtbot.waitExposed(table)
    table.rows_model.set_rows([(f"{n} a name that is too long for its place", "a description") for n in range(50)])
    table.fit_columns()
    qtbot.waitUntil(lambda: table.verticalScrollBar().isVisible(), timeout=30_000)
    qtbot.waitUntil(lambda: sum(table.columnWidth(n) for n in range(3)) <= table.viewport().width(), timeout=3_000)


def test_numbers_texts_and_what_is_missing_are_sorted_and_equal_rows_stay(qtbot: QtBot, qapp: QApplication) -> None:
    def order(keys: list[object]) -> list[object]:
        columns = [Column[tuple[int, object]]("Key", lambda row: str(row[1]), lambda row: row[1])]
        model = RowsModel(columns)
        table = RowsTable(model, "A table", sorted_by=(0, False))
        qtbot.addWidget(table)
        model.set_rows([(9, "before")])
        model.set_rows(list(enumerate(keys)))
        return [n for n, _ in table.shown_rows()]

    assert order([10, 9.5, None, 2, 10]) == [2, 3, 1, 0, 4]
    assert order(["b", "a", None, "a"]) == [2, 1, 3, 0]
    assert order(["b", 10, None, 9]) == [2, 1, 3, 0]  # as texts where they are of two kinds
