"""dciodvfy of dicom3tools, where it is installed: another program's check, without what is known to be no fault."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from imaging.dicom import syntax
from imaging.dicom.sources import FileSource
from imaging.dicom.walker import file_meta

PROGRAM = "dciodvfy"
LONGEST_S = 120

# What it says that is no fault of an object, each looked at once by a person.
REVIEWED = (
    r"Warning - Missing attribute or value that would be needed to build DICOMDIR - .*",
    r"Warning - .*Retired Person Name form.*",
    r"Error - Information Object Not found",  # label maps are newer than the program
    r"Error - Missing attribute Type 2C Conditional Element=<Laterality> Module=<GeneralSeries>",  # no paired part
    r"Warning - Unrecognized defined term <99\w*> for value 1 of attribute <Coding Scheme Designator>",  # private ones
    r"\w+",  # the kind of object that it recognised
)
# Of structure sets, which today may leave the frame of reference to their structures (PS3.3 A.19.3).
_STRUCTURE_SET = "RTStructureSet"
REVIEWED_OF_STRUCTURE_SETS = (
    r"Error - Missing attribute Type \d Required Element=<(FrameOfReferenceUID|PositionReferenceIndicator)> "
    r"Module=<FrameOfReference>",
)


def is_installed() -> bool:
    """Whether there is somebody to ask."""
    return shutil.which(PROGRAM) is not None


def complaints(path: Path) -> list[str]:
    """Its lines about a file that `validate` could read, without those that were reviewed.

    Its lines may quote values of the file.
    """
    program = shutil.which(PROGRAM)
    assert program is not None
    with FileSource(str(path)).open() as reader:
        is_deflated = file_meta(reader)[0].transfer_syntax == syntax.DEFLATED
    if is_deflated:
        return [f"{PROGRAM} cannot unpack deflated files: this file was not looked at by it."]
    try:
        done = subprocess.run(
            [program, str(path)], capture_output=True, text=True, errors="replace", timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:  # it takes minutes for ten thousand frames
        return [f"{PROGRAM} was stopped after {LONGEST_S} s: this file was not looked at by it."]
    if done.returncode < 0:
        return [f"{PROGRAM} crashed on this file."]
    lines = list(filter(None, map(str.strip, (done.stdout + done.stderr).splitlines())))
    reviewed = (*REVIEWED, *(REVIEWED_OF_STRUCTURE_SETS if _STRUCTURE_SET in lines else ()))
    return [line for line in lines if not any(re.fullmatch(known, line) for known in reviewed)]
