"""``limner runs list|show|export|plot``: what the runs of models took, by case and in all."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json
from imaging.errors import UserError
from imaging.formats.replacing import replacing
from inference.record.run_record import RunRecord
from inference.record.summary import Figure, Summary, by_case, hottest, summarise
from inference.record.table import runs_csv
from inference.record.words import long_rows, reading_text, value_text
from session.run_listing import case_names, image_hash, short_hash, since_utc
from session.run_recording import run_log
from session.settings import Settings

NAME_WIDTH = 34


def add(parsers: Any) -> None:
    """Declare the command and its parts."""
    parser = parsers.add_parser(
        "runs",
        help="what the runs of models took: time, memory, power, energy, temperatures",
        description="Every run of a model is written down in the workspace, failed and cancelled ones too.",
    )
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, run, text in (
        ("list", list_, "the runs, and figures for each case and for the workspace"),
        ("show", show, "one run with everything that was written down"),
        ("export", export, "the runs as a table for spreadsheets"),
        ("plot", plot, "the runs as a picture"),
    ):
        part = parts.add_parser(name, help=text)
        part.set_defaults(run=run)
        if name == "show":
            part.add_argument("id", metavar="ID", help="as listed; a part of its beginning or end will do")
        else:
            part.add_argument("--case", type=Path, metavar="FILE", help="only runs on this case's image")
            part.add_argument("--model", default="", metavar="ID", help="only runs of this model")
            part.add_argument("--since", default="", metavar="DATE", help="only later ones: 2026-03-31 or with a time")
        if name in ("list", "show"):
            part.add_argument("--json", action="store_true")
        elif name == "export":
            part.add_argument("--csv", type=Path, required=True, metavar="FILE")
        else:
            part.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="a .png file")
            part.add_argument("--dark", action="store_true", help="light on dark; for paper otherwise")


def list_(arguments: argparse.Namespace) -> int:
    """Print runs and summaries."""
    records = _chosen(arguments)
    names = case_names(Settings().workspace(), {record.input_hash for record in records})
    cases, whole = by_case(records), summarise(records)
    if arguments.json:
        print_json(
            {
                "runs": [record.to_json() for record in records],
                "cases": [{"name": names[case.key]} | asdict(case) for case in cases],
                "all": asdict(whole),
            }
        )
        return 0
    if not records:
        note("There is no such run." if _is_filtered(arguments) else "No model was run in this workspace yet.")
        return 0
    for line in [*_run_lines(records), "", *_summary_lines(cases, whole, names)]:
        print(line)
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print one run."""
    record = run_log(Settings()).find(arguments.id)
    if arguments.json:
        print_json(record.to_json())
        return 0
    for name, value, more in long_rows(record):
        print(f"{name:<30}{value:<22}  {more}".rstrip())
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write the CSV table."""
    records = _chosen(arguments)
    with replacing(arguments.csv) as file:
        file.write(runs_csv(records).encode("utf-8-sig"))  # else Excel garbles names
    note(f"{len(records)} runs were written to {arguments.csv.name}.")
    return 0


def plot(arguments: argparse.Namespace) -> int:
    """Write the picture."""
    records = _chosen(arguments)
    if not records:
        raise UserError("There is no run to show.", "`limner runs list` shows what there is.")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # fonts need Qt's application, not a screen
    from PySide6.QtGui import QGuiApplication

    from widgets.runs.plot_file import write_plot

    application = QGuiApplication.instance() or QGuiApplication(["limner"])
    write_plot(records, arguments.out, is_dark=arguments.dark)
    del application
    return 0


def _chosen(arguments: argparse.Namespace) -> Sequence[RunRecord]:
    """The runs that the arguments ask for; those that cannot be read are told about."""
    image = image_hash(arguments.case) if arguments.case is not None else ""
    found = run_log(Settings()).read(image, arguments.model, since_utc(arguments.since))
    if found.unreadable:
        note(f"warning: {found.unreadable} runs cannot be read; they are damaged or come from a newer Limner.")
    return found.records


def _is_filtered(arguments: argparse.Namespace) -> bool:
    return bool(arguments.case or arguments.model or arguments.since)


def _run_lines(records: Sequence[RunRecord]) -> list[str]:
    lines = [
        f"{'run':<24}{'begun':<18}{'model':<26}{'image':<16}{'outcome':<11}{'time':>9}{'energy':>11}{'power':>10}"
        f"{'most':>10}{'hottest':>9}{'RAM':>9}{'VRAM':>9}"
    ]
    for r in records:
        begun = datetime.fromisoformat(r.started_utc).astimezone()
        usage = r.usage
        lines.append(
            f"{r.id:<24}{begun:%Y-%m-%d %H:%M}  {r.model_id:<26.25}{short_hash(r.input_hash):<16}"
            f"{r.outcome.value:<11}{r.total_s:>7.1f} s{reading_text(usage.energy_j, 'J'):>11}"
            f"{reading_text(usage.power_mean_w, 'W'):>10}{reading_text(usage.power_max_w, 'W'):>10}"
            f"{reading_text(hottest(r), '°C'):>9}{reading_text(usage.ram_peak_mb, 'MB'):>9}"
            f"{reading_text(usage.vram_peak_mb, 'MB'):>9}"
        )
    return lines


def _summary_lines(cases: Sequence[Summary], whole: Summary, names: Mapping[str, str]) -> list[str]:
    head = (
        f"{'case':<{NAME_WIDTH}}{'runs':>6}{'done':>6}{'time, mean':>13}{'most':>10}{'power, mean':>13}{'most':>10}"
        f"{'per run':>11}{'in all':>11}{'hottest':>9}{'RAM':>9}{'VRAM':>9}"
    )
    lines = [head, *[_summary_line(names[case.key], case) for case in cases], _summary_line("all", whole)]
    figures = (whole.energy_j, whole.power_mean_w)
    if any(figure.source.value == "estimated" for figure in figures):
        lines.append("≈ is an estimate; `limner runs show ID` names its assumption")
    return lines


def _summary_line(name: str, s: Summary) -> str:
    return (
        f"{name:<{NAME_WIDTH}.{NAME_WIDTH - 1}}{s.runs:>6}{s.done:>6}{_figure(s.seconds, s.seconds.mean, 's', 1):>13}"
        f"{_figure(s.seconds, s.seconds.most, 's', 1):>10}{_figure(s.power_mean_w, s.power_mean_w.mean, 'W'):>13}"
        f"{_figure(s.power_max_w, s.power_max_w.most, 'W'):>10}{_figure(s.energy_j, s.energy_j.mean, 'J'):>11}"
        f"{_figure(s.spent_j, s.spent_j.total, 'J'):>11}{_figure(s.temperature_c, s.temperature_c.most, '°C'):>9}"
        f"{_figure(s.ram_mb, s.ram_mb.most, 'MB'):>9}{_figure(s.vram_mb, s.vram_mb.most, 'MB'):>9}"
    )


def _figure(figure: Figure, value: float | None, unit: str, digits: int = 0) -> str:
    return value_text(value, figure.source, unit, digits)
