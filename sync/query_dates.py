"""Dates as people type them, as DICOM searches for them (PS3.4 C.2.2.2.5: one date, or a range)."""

from __future__ import annotations

import calendar
import re
from datetime import date

from imaging.errors import UserError

_ONE = re.compile(r"(\d{4})(?:-?(\d{2}))?(?:-?(\d{2}))?|(\d{2})\.(\d{2})\.(\d{4})")
_BETWEEN = re.compile(r"\s+-\s+|\s*–\s*|(?<=\d{8})-|-(?=\d{8}$)|^-|-$")


def date_range(typed: str) -> str:
    """``2026``, ``2026-05``, ``2026-05-31``, ``31.05.2026``, ``20260531``, and ranges of them, as DICOM writes them.

    A range stands with `` - `` between its ends, or DICOM's ``-`` between eight digits; one end may be left out.

    Raises:
        UserError: it is no date; archives would silently match nothing.
    """
    ends = [end.strip() for end in _BETWEEN.split(typed.strip(), maxsplit=1)]
    try:
        if not any(ends):
            raise ValueError(typed)
        first, last = (_first_and_last(end) if end else ("", "") for end in (ends[0], ends[-1]))
    except ValueError as error:
        hint = "2026, 2026-05, 2026-05-31 or 20260531; 20260101-20260131 is a range, 20260101- all since then."
        raise UserError(f"“{typed}” is no date.", hint) from error
    return first[0] if len(ends) == 1 and first[0] == first[1] else f"{first[0]}-{last[1]}"


def _first_and_last(text: str) -> tuple[str, str]:
    found = _ONE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day = (found[6], found[5], found[4]) if found[6] else (found[1], found[2], found[3])
    low, high = int(month or 1), int(month or 12)
    first = date(int(year), low, int(day or 1))
    last = date(int(year), high, int(day) if day else calendar.monthrange(int(year), high)[1])
    return first.strftime("%Y%m%d"), last.strftime("%Y%m%d")
