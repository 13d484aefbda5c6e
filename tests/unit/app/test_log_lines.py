"""What the terminal gets of the log says what happened, and quotes nobody."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from app.log_lines import LogLines, without_values

NAME = "Weizenkeim"


def logged(raised: BaseException) -> str:
    try:
        raise RuntimeError(f"cannot follow /home/{NAME}/a b/{NAME}.dcm") from raised
    except RuntimeError as error:
        caught = (type(error), error, error.__traceback__)
    record = logging.LogRecord("limner", logging.ERROR, __file__, 1, "%s failed", ("The model",), caught)
    return LogLines().format(record)


@pytest.mark.parametrize("error", [KeyError(NAME), FileNotFoundError(2, "no", f"/x/{NAME}"), ValueError(f"{NAME}^A")])
def test_errors_keep_their_kind_and_way_and_lose_what_they_say(error) -> None:
    text = logged(error)
    assert NAME not in text
    assert "The model failed" in text
    assert "RuntimeError" in text
    assert type(error).__name__ in text
    assert "…/test_log_lines.py, line" in text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("the worker ended", "the worker ended"),
        (f"no room at /home/{NAME}/x.dcm: full", "no room at …: full"),
        (f"C:\\{NAME}\\x.dcm", "…"),
        (f"“{NAME}” is no file", "… is no file"),
        ("don't stop, it's fine", "don't stop, it's fine"),
        ("3 of 5 at 1/2", "3 of 5 at 1/2"),
    ],
)
def test_lines_lose_places_and_quotations(text, left) -> None:
    assert without_values(text) == left


def test_a_program_that_sets_up_no_log_writes_clean_lines() -> None:
    program = (
        "import logging; from app.quiet_libraries import keep_libraries_quiet; keep_libraries_quiet()\n"
        f"try: open('/nowhere/{NAME}')\n"
        "except OSError: logging.getLogger('limner').exception('it cannot be read')"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, timeout=60, check=True)
    assert b"it cannot be read" in done.stderr
    assert NAME.encode() not in done.stderr
