"""``limner dicom validate`` and ``limner dicom dump``: looking at a DICOM object."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json

MOST_LINES = 2000


def add_parts(parts: Any) -> None:
    """Declare both."""
    part = parts.add_parser("validate", help="check whether an object is as the standard wants it: exit status 0 or 1")
    part.add_argument("file", type=Path)
    part.add_argument("--json", action="store_true")
    part.set_defaults(run=validate)
    part = parts.add_parser("dump", help="list what stands in an object")
    part.add_argument("file", type=Path)
    part.add_argument("--no-identifiers", action="store_true", help="hide what may tell who the patient is")
    part.add_argument("--most", type=int, default=MOST_LINES, metavar="N", help=f"lines; {MOST_LINES} by default")
    part.add_argument("--json", action="store_true")
    part.set_defaults(run=dump)


def validate(arguments: argparse.Namespace) -> int:
    """Our own check, and that of dciodvfy where it is installed."""
    from imaging.objects.validation import second_opinion
    from imaging.objects.validation.findings import Severity
    from imaging.objects.validation.validate import validate as check

    found = check(arguments.file)
    has_other = second_opinion.is_installed()
    complaints = second_opinion.complaints(arguments.file) if has_other else []
    is_wrong = any(f.severity is Severity.ERROR for f in found) or any(c.startswith("Error") for c in complaints)
    is_right = not is_wrong
    if arguments.json:
        listed = [{"severity": f.severity.value, "place": f.place, "what": f.sentence, "count": f.count} for f in found]
        print_json({"valid": is_right, "findings": listed, "dciodvfy": complaints if has_other else None})
        return 0 if is_right else 1
    for one in found:
        print(one)
    for line in complaints:
        print(f"dciodvfy: {line}")
    if not has_other:
        note("dciodvfy (dicom3tools) is not installed: only Limner's own check was made.")
    print("It is as the standard wants it." if is_right else "It is not as the standard wants it.")
    return 0 if is_right else 1


def dump(arguments: argparse.Namespace) -> int:
    """List elements, and a report's content as a tree."""
    from imaging.objects.dump import HIDDEN, report_lines, to_json
    from imaging.objects.dump import dump as listed
    from sync.deidentification.hiding import hiding_of

    most = max(1, arguments.most)
    if arguments.no_identifiers:
        hiding = hiding_of(arguments.file)
        lines, has_more = listed(arguments.file, most, hiding.hides)
        tree = report_lines(arguments.file, most, hides_identifiers=True)
        tree = [HIDDEN if hiding.names(line) else line for line in tree]
    else:
        lines, has_more = listed(arguments.file, most)
        tree = report_lines(arguments.file, most)
    if arguments.json:
        print_json({"elements": [to_json(line) for line in lines], "is_cut": has_more, "content": tree})
        return 0
    for line in (*lines, *tree):
        print(line)
    if has_more:
        note(f"There is more: these are the first {most} lines (--most N).")
    return 0
