"""Records on disk, many writers, and what tables make of them."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from imaging.errors import UserError
from inference.record.log import RunLog
from inference.record.readings import TITLES, Reading, Source, Usage
from inference.record.run_record import Outcome, RunRecord
from inference.record.summary import by_case, by_model, summarise
from inference.record.table import runs_csv
from inference.record.words import long_rows, reading_text, short_lines

ROOT = Path(__file__).parents[4]


def test_record_comes_back_from_json_as_it_was(record) -> None:
    made = record(confinement={"network": "seccomp"}, other_hashes=("cd" * 32,), engine={"window": [96, 96, 96]})
    again = RunRecord.from_json(json.loads(made.to_text()))
    assert again == made
    assert made.to_json()["schema"] == 1


def test_newer_and_damaged_records_are_told_apart(record) -> None:
    plain = record().to_json()
    with pytest.raises(UserError, match="newer"):
        RunRecord.from_json(plain | {"schema": 2})
    for damage in ({"outcome": "perhaps"}, {"usage": {"energy_j": {"value": 1}}}, {"schema": None}):
        with pytest.raises(UserError, match="damaged"):
            RunRecord.from_json(plain | damage)


def test_every_reading_has_a_title() -> None:
    assert list(TITLES) == [name for name, _ in Usage().items()]


def test_log_gives_back_what_was_asked_for_in_order(tmp_path, record) -> None:
    log = RunLog(tmp_path / "workspace" / "runs.sqlite")
    assert log.read().records == ()
    later = record("20260301-080000-cccccc", model_id="other")
    middle = record("20260201-080000-bbbbbb", input_hash="cd" * 32)
    first = record("20260101-080000-aaaaaa")
    for each in (later, first, middle):
        log.add(each)
    assert log.read().records == (first, middle, later)
    assert log.read(model_id="other").records == (later,)
    assert log.read(input_hash="cd" * 32).records == (middle,)
    assert log.read(since="2026-02-01").records == (middle, later)
    assert log.find("bbbbbb") == middle
    assert log.find("202603") == later
    with pytest.raises(UserError, match="several"):
        log.find("2026")
    with pytest.raises(UserError, match="no run"):
        log.find("zzz")


def test_several_programs_write_at_once(tmp_path, record) -> None:
    (tmp_path / "record.json").write_text(record().to_text(), "utf-8")
    program = """
import json, sys
from dataclasses import replace
from pathlib import Path
from inference.record.log import RunLog
from inference.record.run_record import RunRecord
folder, name = Path(sys.argv[1]), sys.argv[2]
made = RunRecord.from_json(json.loads((folder / "record.json").read_text("utf-8")))
for n in range(10):
    RunLog(folder / "runs.sqlite").add(replace(made, id=f"{name}{n}"))
"""
    writers = [subprocess.Popen([sys.executable, "-c", program, tmp_path, name], cwd=ROOT) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    log = RunLog(tmp_path / "runs.sqlite")
    assert len(log.read().records) == 30
    with closing(sqlite3.connect(log.path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_unreadable_records_are_counted_and_a_broken_file_is_named(tmp_path, record) -> None:
    log = RunLog(tmp_path / "runs.sqlite")
    log.add(record())
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("INSERT INTO runs VALUES ('x', '2026', 'done', 'm', '', '{\"schema\": 99}')")
    assert (len(log.read().records), log.read().unreadable) == (1, 1)
    broken = RunLog(tmp_path / "broken.sqlite")
    broken.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(UserError, match="cannot be read"):
        broken.read()
    with pytest.raises(UserError, match="could not be written"):
        broken.add(record())
    with pytest.raises(UserError, match="could not be written"):
        log.add(record())  # the same run twice


def test_summary_counts_finished_runs_and_all_the_energy(record) -> None:
    runs = [
        record("20260101-080000-aaaaaa", seconds=2.0, joules=40.0),
        record("20260101-090000-bbbbbb", seconds=4.0, joules=160.0),
        record("20260101-100000-cccccc", seconds=99.0, joules=50.0, outcome=Outcome.CANCELLED, reason="stopped"),
        record("20260101-110000-dddddd", outcome=Outcome.FAILED, usage=Usage()),
    ]
    whole = summarise(runs)
    assert (whole.runs, whole.done, whole.cancelled, whole.unfinished) == (4, 2, 1, 1)
    assert (whole.seconds.mean, whole.seconds.most) == (3.0, 4.0)
    assert (whole.energy_j.mean, whole.energy_j.source) == (100.0, Source.COUNTER)
    assert whole.spent_j.total == 250.0
    assert (whole.power_mean_w.mean, whole.power_mean_w.most) == (30.0, 40.0)
    assert whole.vram_mb.mean is None


def test_one_estimate_makes_the_mean_an_estimate(record) -> None:
    guess = Usage(energy_j=Reading(10.0, Source.ESTIMATED, "assumed"))
    whole = summarise([record(), record("20260101-090000-bbbbbb", usage=guess)])
    assert whole.energy_j.source is Source.ESTIMATED
    assert whole.energy_j.count == 2


def test_groups_are_by_image_and_by_model(record) -> None:
    runs = [record(), record("20260102-080000-b", input_hash="cd"), record("20260103-080000-c", model_id="other")]
    assert [(s.key, s.runs) for s in by_case(runs)] == [("ab" * 32, 2), ("cd", 1)]
    assert [(s.key, s.runs) for s in by_model(runs)] == [("pretend", 2), ("other", 1)]


def test_csv_has_each_number_with_its_source_and_no_formula(record) -> None:
    made = record(model_name='=HYPERLINK("x")', outcome=Outcome.FAILED, reason="It broke, twice.")
    (row,) = csv.DictReader(io.StringIO(runs_csv([made])))
    assert (row["energy_j"], row["energy_j_source"]) == ("40", "counter")
    assert (row["gpu_energy_j"], row["gpu_energy_j_source"]) == ("", "not available")
    assert row["reason"] == "It broke, twice."
    assert row["model_name"].startswith("'=")
    assert row["spacing_mm_ijk"] == "1 1 2.5"
    assert json.loads(row["stages_s"]) == {"network": 1.0}


def test_words_mark_estimates_and_what_is_missing(record) -> None:
    assert reading_text(Reading(1830.0, Source.COUNTER), "J") == "1,830 J"
    assert reading_text(Reading(96.0, Source.ESTIMATED, "assumed"), "J") == "≈ 96 J"
    assert reading_text(Reading(2048.0, Source.SAMPLED), "MB") == "2.0 GB"
    assert reading_text(Reading(), "J") == "–"
    assert "40 J of energy, 20 W on average (measured)" in short_lines(record())
    rows = {name.strip(): (value, note) for name, value, note in long_rows(record())}
    assert rows["network"][0] == "1.00 s"
    assert rows["Energy"] == ("40.0 J", "counter; fake counter")
    assert rows["Image"][0] == "ab" * 32
