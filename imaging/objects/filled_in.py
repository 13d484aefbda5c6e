"""What had to be made up so that an object is valid."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FilledIn:
    """One element that the source lacks, or has wrongly.

    Attributes:
        keyword: DICOM's keyword.
        why: a sentence. It never quotes what the file says: that may name a patient.
        value: what stands there now, empty for identifiers.
    """

    keyword: str
    why: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.keyword}: {self.why}" + (f" ({self.value})" if self.value else "")
