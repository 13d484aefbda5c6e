"""``limner compare A B``: how much the segments of two masks or cases agree."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from math import isfinite, isnan
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json, progress
from imaging.comparison.label_comparison import ComparedSegment
from imaging.comparison.measures import TOLERANCE_MM
from imaging.errors import UserError
from session.comparing import ComparedFiles, compare_files, comparison_record, write_table
from session.measured import extent_text, extent_texts

NAME_WIDTH = 28


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser(
        "compare",
        help="how much two masks or cases agree: Dice, surface Dice, Hausdorff distances, volumes",
        description="Compare the segments of two mask files, cases or DICOM objects, paired by name, or by label value "
        "where a file has no names. Differences are B minus A.",
    )
    parser.add_argument("a", type=Path, metavar="A", help="the reference: a mask file, a case, or an object")
    parser.add_argument("b", type=Path, metavar="B", help="what is compared with it, of any of these kinds")
    parser.add_argument("--segments", metavar="A,B", help="only these names or label values")
    parser.add_argument("--pair", metavar="A=B", action="append", default=[],
                        help="only this pair of names or label values; can be given several times")  # fmt: skip
    parser.add_argument("--tolerance", type=float, default=TOLERANCE_MM, metavar="MM",
                        help="of the surface Dice; 1 by default")  # fmt: skip
    parser.add_argument("--resample", action="store_true", help="lay B on A's grid where the grids differ")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read both, compare, print."""
    if arguments.csv is not None and not arguments.csv.parent.is_dir():
        raise UserError(f"There is no folder {arguments.csv.parent}.")
    compared = compare_files(
        arguments.a,
        arguments.b,
        tolerance_mm=arguments.tolerance,
        names=arguments.segments.split(",") if arguments.segments is not None else None,
        pairs=_pairs(arguments),
        resample=arguments.resample,
        report=progress,
    )
    if compared.masks.resampled is not None:
        before, after = compared.masks.resampled
        note(f"warning: B was resampled onto A's grid; its {extent_text(before)} became {extent_text(after)} there.")
    for sentence in compared.notes:
        note(f"warning: {sentence}")
    if arguments.csv is not None:
        write_table(compared.result, arguments.csv)
    if arguments.json:
        paths = {"a": str(arguments.a), "b": str(arguments.b), "tolerance_mm": arguments.tolerance}
        resampled = {"resampled": compared.masks.resampled is not None}
        print_json(paths | resampled | comparison_record(compared.result))
    else:
        for line in _lines(compared, arguments.tolerance):
            print(line)
        if not arguments.pair:
            _say_what_numbers_paired(compared, arguments)
    return 0


def _lines(compared: ComparedFiles, tolerance_mm: float) -> list[str]:
    result = compared.result
    surface = f"within {tolerance_mm:g} mm"
    lines = [
        f"{'':<{NAME_WIDTH}}{'Dice':>8}{surface:>14}{'HD95':>12}{'largest':>12}{'A':>12}{'B':>12}{'B - A':>10}"
    ]  # fmt: skip
    for segment in result.segments:
        found = segment.agreement
        size_a, size_b = extent_texts(found.size_a, found.size_b)
        lines.append(
            f"{_called(segment):<{NAME_WIDTH}}{_share(found.dice):>8}{_share(found.surface_dice):>14}"
            f"{_mm(found.hd95_mm):>12}{_mm(found.hausdorff_mm):>12}"
            f"{size_a:>12}{size_b:>12}{_percent(found.difference_percent):>10}"
        )
    for side, alone in (("A", result.only_in_a), ("B", result.only_in_b)):
        lines += [f"{one.name:<{NAME_WIDTH}}only in {side}, {extent_text(size)}" for one, size in alone]
    if result.mean_dice is not None and len(result.segments) > 1:
        lines.append(f"{'mean':<{NAME_WIDTH}}{_share(result.mean_dice):>8}")
    if not result.segments:
        note("No segment of A has a partner in B: names and label values differ.")
        note("hint: --pair A=B says what belongs together.")
    return lines


def _pairs(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    if arguments.pair and arguments.segments is not None:
        raise UserError("Give either --pair or --segments.")
    pairs = [pair.partition("=") for pair in arguments.pair]
    if not all(one.strip() and other.strip() for one, _, other in pairs):
        raise UserError("--pair takes A=B: what the segment is called in A, and in B.")
    return [(one, other) for one, _, other in pairs]


def _called(segment: ComparedSegment) -> str:
    is_one_name = segment.is_by_name or segment.is_by_value
    return segment.name if is_one_name else f"{segment.a.name} = {segment.b.name}"


def _say_what_numbers_paired(compared: ComparedFiles, arguments: argparse.Namespace) -> None:
    """The same number may well mean something else in another file."""
    paired = [segment for segment in compared.result.segments if segment.is_by_value]
    if paired:
        unnamed = arguments.a if paired[0].name == paired[0].b.name else arguments.b
        named = ", ".join(f"{segment.name} ({segment.a.label_value})" for segment in paired)
        note(f"note: paired by label value, because {unnamed.name} does not name {_it(paired)}: {named}.")


def _it(several: Sequence[object]) -> str:
    return "it" if len(several) == 1 else "them"


def _share(value: float) -> str:
    return "-" if isnan(value) else f"{value:.4f}"


def _mm(value: float) -> str:
    return f"{value:.2f} mm" if isfinite(value) else "-"


def _percent(value: float) -> str:
    return f"{value:+.1f} %" if isfinite(value) else "-"
