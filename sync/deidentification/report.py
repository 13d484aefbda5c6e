"""What was taken out, without what it was: the report may be shown to anybody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sync.deidentification.table import Action


@dataclass
class Report:
    """Counted over all objects.

    Attributes:
        objects: how many were treated.
        methods: the profile and the options that were in force, in the standard's words.
        done: (element's path, action) -> how often. A path names elements, never values: ``PatientName``,
            ``RequestAttributesSequence.ScheduledProcedureStepID``.
        notes: what a person should know, each once.
    """

    objects: int = 0
    methods: tuple[str, ...] = ()
    done: Counter[tuple[str, Action]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def count(self, path: str, action: Action) -> None:
        """One element was treated."""
        self.done[path, action] += 1

    def note(self, text: str) -> None:
        """Add a remark, once."""
        if text not in self.notes:
            self.notes.append(text)

    def rows(self) -> list[tuple[str, str, int]]:
        """(path, what was done, how often), by path."""
        return sorted((path, action.value, count) for (path, action), count in self.done.items())

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record."""
        rows = [{"element": path, "action": action, "count": count} for path, action, count in self.rows()]
        return {"objects": self.objects, "methods": list(self.methods), "elements": rows, "notes": self.notes}
