"""When something happened, in few letters."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication


def ago(utc: str, now: datetime | None = None) -> str:
    """How long ago an ISO 8601 time was: ``now``, ``4 min``, ``3 h``, then the date."""
    then = datetime.fromisoformat(utc)
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    if seconds < 60:
        return QCoreApplication.translate("EntryTime", "now")
    if seconds < 3600:
        return QCoreApplication.translate("EntryTime", "{0} min").format(int(seconds // 60))
    if seconds < 24 * 3600:
        return QCoreApplication.translate("EntryTime", "{0} h").format(int(seconds // 3600))
    return then.astimezone().strftime("%Y-%m-%d")


def exact(utc: str) -> str:
    """The full local time."""
    return datetime.fromisoformat(utc).astimezone().strftime("%Y-%m-%d %H:%M:%S")
