"""What is written to the index, the outbox or a register is there as a whole, or not at all; the next write works."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from imaging.errors import UserError
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from imaging.workspace.tables import transaction


@pytest.fixture
def connection(tmp_path: Path):
    made = sqlite3.connect(tmp_path / "some.sqlite", isolation_level=None)
    made.execute("CREATE TABLE things (name TEXT UNIQUE)")
    yield made
    made.close()


def names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM things ORDER BY name")]


def write(connection: sqlite3.Connection, *statements: str) -> None:
    with transaction(connection):
        for statement in statements:
            connection.execute(statement)


def test_half_of_it_is_taken_back_and_the_next_one_is_written(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        write(connection, "INSERT INTO things VALUES ('first')", "INSERT INTO things VALUES ('first')")
    assert (names(connection), connection.in_transaction) == ([], False)
    write(connection, "INSERT INTO things VALUES ('second')")
    assert names(connection) == ["second"]


def test_what_sqlite_took_back_itself_is_no_second_error(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        write(connection, "INSERT INTO things VALUES ('first')", "ROLLBACK", "INSERT INTO missing VALUES (1)")
    assert names(connection) == []


def test_the_index_says_that_it_cannot_be_written(tmp_path: Path) -> None:
    with StudyIndex(tmp_path / INDEX_NAME) as index:
        with pytest.raises(UserError, match="cannot be written"), index._transaction():
            raise sqlite3.OperationalError("database or disk is full")
        with index._transaction():  # the next one is not inside of it
            pass
