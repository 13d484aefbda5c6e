"""Numbers with the right form of their noun."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

FORMS = {
    "entry": ("{n} entry", "{n} entries"),
    "slice": ("{n} slice", "{n} slices"),
    "segment": ("{n} segment", "{n} segments"),
    "measurement": ("{n} measurement", "{n} measurements"),
    "note": ("{n} note", "{n} notes"),
    "structure": ("{n} structure", "{n} structures"),
    "part": ("{n} part", "{n} parts"),
    "doubtful place": ("{n} doubtful place", "{n} doubtful places"),
    "improbable place": ("{n} place of low probability", "{n} places of low probability"),
    "box": ("{n} box", "{n} boxes"),
    "run": ("{n} run", "{n} runs"),
    "core": ("{n} core", "{n} cores"),
}


def counted(number: int, noun: str) -> str:
    """Such as ``1 entry`` and ``214 entries``, in the user's language; KeyError for a noun that is not in FORMS."""
    one, many = FORMS[noun]
    return QCoreApplication.translate("Counted", one if number == 1 else many).format(n=number)
