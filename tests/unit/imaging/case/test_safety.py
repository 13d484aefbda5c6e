"""Kills, full disks, torn files, second writers: a clear message, and nothing that was finished is lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from imaging.case import schema
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.case.journal import Journal
from imaging.edit import AddSegment, PaintEdit
from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from session.document import Document
from session.session import Session
from session.settings import Settings

SHAPE = (32, 64, 64)

PAINTER = """
import sys, time
from pathlib import Path
import numpy as np
from imaging.case.case import Case
from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from session.document import Document
case = Case.create(Path(sys.argv[1]), Geometry((32, 64, 64), np.eye(4)), [])
document = Document([], case, author="painter")
document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
rng = np.random.default_rng(0)
for n in range(100000):
    corner = rng.integers(0, 40, 3)
    box = Box(*(int(v) for c in corner for v in (min(c, 28), min(c, 28) + 4)))
    stroke = document.stroke(title=f"stroke {n}", tool="brush")
    stroke.apply(PaintEdit(1, box, np.ones(box.shape, bool)))
    if stroke.finish() is not None and case.journal.flush():
        print(len(document.entries), document.segmentation.voxel_count(1), flush=True)
"""


def painted(path: Path) -> Document:
    document = Document([], Case.create(path, Geometry(SHAPE, np.eye(4)), [ImageReference("a", "b")]), author="me")
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    for n in range(4):
        box = Box(n, n + 8, 0, 30, 0, 30)
        document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title=f"paint {n}", tool="t")
    assert document.case.journal.flush()
    return document


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_a_random_moment_every_finished_stroke_is_there(tmp_path, seed) -> None:
    path = tmp_path / "a.limner"
    with subprocess.Popen([sys.executable, "-c", PAINTER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.05, 0.6))
        process.send_signal(signal.SIGKILL)
        acknowledged = [line.split() for line in process.stdout.read().splitlines() if len(line.split()) == 2]
    case = Case.open(path)
    report = case.verify()
    assert report.is_ok
    if acknowledged:
        entries, voxels = map(int, acknowledged[-1])
        assert report.entry_count >= entries
        assert case.segmentation.voxel_count(1) >= voxels
    case.close()


def test_a_torn_write_ahead_log_loses_at_most_the_torn_end(tmp_path) -> None:
    document = painted(tmp_path / "a.limner")
    log = tmp_path / "a.limner-wal"
    main, written = (tmp_path / "a.limner").read_bytes(), log.read_bytes()
    document.close()
    for keep in (len(written) - 1, len(written) // 2, 100, 0):
        torn = tmp_path / f"torn{keep}.limner"
        torn.write_bytes(main)
        Path(f"{torn}-wal").write_bytes(written[:keep])
        try:
            case = Case.open(torn)
        except UserError:
            assert keep <= len(written) // 2  # the tables themselves were in the lost part
            continue
        assert case.verify().is_ok
        assert len(case.journal.entries) <= 5
        case.close()


def test_a_truncated_case_says_so_and_stays_as_it_is(tmp_path) -> None:
    path = tmp_path / "a.limner"
    painted(path).close()
    whole = path.read_bytes()
    for keep in (10, 100, 5000, len(whole) // 2):
        path.write_bytes(whole[:keep])
        with pytest.raises(UserError, match=r"damaged|not a Limner case"):
            Case.open(path)
        assert path.read_bytes() == whole[:keep]


def test_a_file_that_is_no_case(tmp_path) -> None:
    path = tmp_path / "a.limner"
    path.write_text("hello")
    with pytest.raises(UserError, match="not a Limner case"):
        Case.open(path)
    with pytest.raises(UserError, match="no case"):
        Case.open(tmp_path / "missing.limner")


def test_a_case_of_a_newer_version_is_not_touched(tmp_path) -> None:
    path = tmp_path / "a.limner"
    painted(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UserError, match="newer version"):
        Case.open(path)
    assert path.read_bytes() == before


def test_a_case_cannot_be_written_by_two(tmp_path) -> None:
    document = painted(tmp_path / "a.limner")
    with pytest.raises(UserError, match="already open"):
        Case.open(tmp_path / "a.limner")
    reader = Case.open(tmp_path / "a.limner", read_only=True)
    assert reader.segmentation.voxel_count(1) == document.segmentation.voxel_count(1)
    with pytest.raises(UserError, match="read-only"):
        Document([], reader).apply(AddSegment(Segment(2, "two")), title="add", tool="t")
    reader.close()
    document.close()
    Case.open(tmp_path / "a.limner").close()


def test_a_case_in_a_folder_that_forbids_writing_opens_read_only(tmp_path) -> None:
    painted(tmp_path / "a.limner").close()
    script = """
import os, sys
from pathlib import Path
from imaging.case.case import Case
if os.geteuid() == 0:
    os.setuid(65534)  # permissions do not bind root
case = Case.open(Path(sys.argv[1]))
print(case.is_read_only, case.segmentation.voxel_count(1), case.verify().is_ok)
"""
    for folder in [tmp_path, *tmp_path.parents[:3]]:
        if folder.owner() == tmp_path.owner() and "pytest" in str(folder):  # never the system's own folders
            folder.chmod(0o555 if folder == tmp_path else 0o755)
    (tmp_path / "a.limner").chmod(0o444)
    try:
        out = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "a.limner"], capture_output=True, text=True, check=False,
            env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
    finally:
        tmp_path.chmod(0o755)
    assert out.stdout.split() == ["True", str(11 * 30 * 30), "True"], out.stderr


def test_a_full_disk_is_reported_and_nothing_in_memory_is_lost(tmp_path) -> None:
    script = PAINTER.split("rng =")[0] + (
        "import resource\n"
        "case.journal.flush()\n"
        "size = Path(sys.argv[1]).stat().st_size\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "rng = np.random.default_rng(0)\n"
        "box = Box(0, 32, 0, 64, 0, 64)\n"
        "for n in range(40):\n"
        "    document.apply(PaintEdit(1, box, rng.random(box.shape) < 0.5, erase=bool(n % 2)), title='p', tool='t')\n"
        "ok = case.journal.flush(20)\n"
        "print(ok, case.journal.failure is not None, case.journal.pending_count > 0)\n"
        "document.undo(); document.redo()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "print(case.journal.flush_after_failure(20), len(document.entries), document.segmentation.voxel_count(1))\n"
        "document.close()\n"
    )
    path = tmp_path / "a.limner"
    out = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=False)
    lines = out.stdout.splitlines()
    assert lines[0] == "False True True", out.stderr
    saved, entries, voxels = lines[1].split()
    assert saved == "True"
    case = Case.open(path)
    assert len(case.journal.entries) == int(entries)
    assert case.segmentation.voxel_count(1) == int(voxels)
    assert case.verify().is_ok
    case.close()


def test_a_changed_byte_breaks_the_chain_where_it_is(tmp_path) -> None:
    path = tmp_path / "a.limner"
    painted(path).close()
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER entries_stay")
    connection.execute("UPDATE entries SET author = 'somebody else' WHERE sequence = 3")
    connection.commit()
    connection.close()
    case = Case.open(path)
    assert case.verify().broken_at == 3
    case.close()


@pytest.mark.parametrize(
    ("trigger", "statement", "complaint"),
    [
        ("entries_last", "DELETE FROM entries WHERE sequence = 3", "entry 3 of its journal is missing"),
        ("entries_stay", "UPDATE entries SET kind = 'undo', target = 2 WHERE sequence = 5", "does not follow"),
        ("deltas_stay", "UPDATE deltas SET data = x'00' WHERE sequence = 4", "Entry 4 of this case is damaged"),
    ],
)
def test_a_journal_with_holes_is_not_guessed_at(tmp_path, trigger, statement, complaint) -> None:
    path = tmp_path / "a.limner"
    painted(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(UserError, match=complaint):
        Case.open(path)
    assert not list(tmp_path.glob(".*.lock"))


def test_the_journal_refuses_to_be_rewritten(tmp_path) -> None:
    path = tmp_path / "a.limner"
    painted(path).close()
    connection = sqlite3.connect(path)
    for statement in ("UPDATE entries SET title = 'x'", "DELETE FROM entries", "DELETE FROM deltas"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_a_copy_is_complete_while_work_goes_on(tmp_path) -> None:
    document = painted(tmp_path / "a.limner")
    document.case.journal.copy_to(tmp_path / "copy.limner")
    copy = Case.open(tmp_path / "copy.limner")
    assert copy.segmentation.voxel_count(1) == document.segmentation.voxel_count(1)
    assert copy.verify().is_ok
    copy.close()
    document.close()


def test_a_copy_holds_what_could_not_be_written_to_the_case(tmp_path, monkeypatch) -> None:
    document = painted(tmp_path / "a.limner")
    journal = document.case.journal
    written = Journal._write

    def full(self: Journal, connection: sqlite3.Connection, batch: list) -> None:
        if Path(connection.execute("PRAGMA database_list").fetchone()[2]).name == "a.limner":
            raise sqlite3.OperationalError("database or disk is full")
        written(self, connection, batch)

    monkeypatch.setattr(Journal, "_write", full)
    box = Box(20, 30, 20, 30, 20, 30)
    document.apply(PaintEdit(1, box, np.ones(box.shape, bool)), title="late", tool="t")
    assert not journal.flush()
    assert journal.failure is not None
    journal.copy_to(tmp_path / "copy.limner")
    copy = Case.open(tmp_path / "copy.limner")
    assert copy.segmentation.voxel_count(1) == document.segmentation.voxel_count(1)
    assert copy.journal.entries[-1].title == "late"
    assert copy.verify().is_ok
    copy.close()
    monkeypatch.undo()
    assert journal.flush_after_failure()
    document.close()


def test_a_case_whose_folder_vanished_is_saved_by_a_copy(tmp_path) -> None:
    (tmp_path / "file").write_text("not a folder")
    case = Case.create(tmp_path / "x" / "a.limner", Geometry(SHAPE, np.eye(4)), [])
    case.journal.path = tmp_path / "file" / "a.limner"  # as if the share had gone
    document = Document([], case)
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    assert not case.journal.flush()
    case.journal.copy_to(tmp_path / "copy.limner")
    copy = Case.open(tmp_path / "copy.limner")
    assert [s.name for s in copy.segmentation.segments] == ["one"]
    copy.close()
    document.close()


def test_a_session_keeps_a_case_open_that_cannot_be_saved(tmp_path, monkeypatch) -> None:
    session = Session(Settings(tmp_path / "settings.json"))
    document = painted(tmp_path / "a.limner")
    session.set_document(document)
    monkeypatch.setattr(Journal, "_write", lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("full")))
    document.apply(AddSegment(Segment(2, "two")), title="add", tool="t")
    with pytest.raises(UserError, match="stays open"):
        session.set_document(None)
    assert session.document is document
    monkeypatch.undo()
    session.set_document(None)  # the disk has room again: closing tries once more instead of refusing
    assert session.document is None
    again = Case.open(tmp_path / "a.limner")
    assert [s.name for s in again.segmentation.segments] == ["one", "two"]
    again.close()


def test_looking_at_an_image_leaves_no_file_behind(tmp_path) -> None:
    case = Case.create(tmp_path / "a.limner", Geometry(SHAPE, np.eye(4)), [])
    case.journal.save_state("presentation", "{}")
    case.set_images([ImageReference("a", "b")])
    case.close()
    assert list(tmp_path.iterdir()) == []


def test_state_kept_before_the_first_entry_is_in_the_file(tmp_path) -> None:
    case = Case.create(tmp_path / "a.limner", Geometry(SHAPE, np.eye(4)), [])
    case.journal.save_state("presentation", '{"x": 1}')
    document = Document([], case)
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    document.close()
    again = Case.open(tmp_path / "a.limner")
    assert again.journal.read_state("presentation") == '{"x": 1}'
    again.close()


def test_nobody_reads_a_case_that_is_only_half_made(tmp_path, monkeypatch) -> None:
    is_half_made, may_go_on = threading.Event(), threading.Event()
    whole = schema._statements

    def slowly(script: str) -> list[str]:
        is_half_made.set()
        assert may_go_on.wait(30)
        return whole(script)

    monkeypatch.setattr(schema, "_statements", slowly)
    case = Case.create(tmp_path / "a.limner", Geometry(SHAPE, np.eye(4)), [])
    document = Document([], case, author="me")
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    assert is_half_made.wait(30)
    case.journal.save_state("presentation", "{}")
    assert case.journal.read_state("presentation") is None
    may_go_on.set()
    assert case.journal.flush()
    assert case.journal.read_state("presentation") == "{}"
    document.close()
    assert [p.name for p in tmp_path.iterdir()] == ["a.limner"]
