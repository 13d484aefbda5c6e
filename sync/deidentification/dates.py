"""Dates that move, all of a patient by the same number of days."""

from __future__ import annotations

import re
from datetime import date, timedelta

_TIME = re.compile(r"[0-9.]*([+-]\d{4})?")  # what may follow the day in a date and time


def moved(value: str, shift: timedelta) -> str:
    """A date, or a date and time (DICOM's DA, DT), later by some days; what is no date becomes empty."""
    text = value.strip().replace(".", "", 2) if len(value.strip()) == 10 else value.strip()
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8])) + shift
    except (ValueError, OverflowError):
        return ""
    return f"{day:%Y%m%d}{text[8:]}" if day.year >= 1000 and _TIME.fullmatch(text[8:]) else ""
