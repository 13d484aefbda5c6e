"""What is wrong with an object, in plain words. Sentences never quote a value: it may name a patient."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"  # the standard forbids it, or receivers will refuse it
    WARNING = "warning"  # receivers cope


@dataclass(frozen=True)
class Finding:
    """One thing.

    Attributes:
        severity: how bad.
        place: keywords from the data set down to the element, such as ``SegmentSequence>SegmentLabel``.
        sentence: what is wrong.
        count: in how many places of this name.
    """

    severity: Severity
    place: str
    sentence: str
    count: int = 1

    def __str__(self) -> str:
        times = f" ({self.count} times)" if self.count > 1 else ""
        return (
            f"{self.severity}: {self.place}: {self.sentence}{times}"
            if self.place
            else f"{self.severity}: {self.sentence}"
        )


class Findings:
    """Collects them; the same thing in many frames counts as one."""

    def __init__(self) -> None:
        self._found: Counter[Finding] = Counter()

    def error(self, place: str, sentence: str) -> None:
        """Something that the standard forbids."""
        self._found[Finding(Severity.ERROR, place, sentence)] += 1

    def warning(self, place: str, sentence: str) -> None:
        """Something that receivers cope with."""
        self._found[Finding(Severity.WARNING, place, sentence)] += 1

    def all(self) -> list[Finding]:
        """Everything, errors first."""
        found = [Finding(f.severity, f.place, f.sentence, count) for f, count in self._found.items()]
        return sorted(found, key=lambda one: one.severity is not Severity.ERROR)
