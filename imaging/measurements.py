"""The measurements of a case, and the one path on which they change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imaging.change import Change, MeasurementRecord
from imaging.measurement import Measurement

UPDATABLE = frozenset({"points_mm", "normal", "name", "color"})


@dataclass(frozen=True)
class AddMeasurement:
    """A new measurement at the end of the list. Its number must be new."""

    measurement: Measurement


@dataclass(frozen=True)
class AddMeasurements:
    """Several new measurements, as one step. Their numbers must be new and rise."""

    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class UpdateMeasurement:
    """Change a measurement's points, plane, name or color."""

    number: int
    fields: dict[str, Any]


@dataclass(frozen=True)
class RemoveMeasurements:
    """Take measurements away."""

    numbers: tuple[int, ...]


MeasurementEdit = AddMeasurement | AddMeasurements | UpdateMeasurement | RemoveMeasurements


class Measurements:
    """Records by number; read ``all`` freely, but change them only by ``apply`` or ``replay``."""

    def __init__(self) -> None:
        self._records: dict[int, Measurement] = {}
        self._highest_number = 0

    @property
    def all(self) -> tuple[Measurement, ...]:
        """The measurements in the order in which they were made."""
        return tuple(self._records[number] for number in sorted(self._records))

    @property
    def next_number(self) -> int:
        """A number that was never used in this case."""
        return self._highest_number + 1

    def get(self, number: int | None) -> Measurement | None:
        """The measurement with this number, None when there is none."""
        return None if number is None else self._records.get(number)

    def apply(self, edit: MeasurementEdit) -> Change | None:
        """Carry out one edit.

        Returns:
            What changed, None when nothing did.

        Raises:
            KeyError: the edit names a measurement that does not exist.
            ValueError: a number that was used before, or a field that cannot be updated.
        """
        records = [pair for pair in self._wanted(edit) if pair[0] != pair[1]]
        if not records:
            return None
        change = Change(measurements=records)
        self.replay(change)
        return change

    def replay(self, change: Change) -> None:
        """Put a recorded change in force again (or take it back: ``replay(change.inverted())``).

        Raises:
            KeyError: it removes a measurement that is not there; nothing changed.
        """
        records, highest = dict(self._records), self._highest_number
        for before, after in change.measurements:
            if after is not None:
                records[after.number] = after
                highest = max(highest, after.number)
            elif before is not None:
                records.pop(before.number)
        self._records, self._highest_number = records, highest

    def load(self, measurements: Iterable[Measurement], highest_number: int) -> None:
        """Take over the state of a checkpoint; only for the case file."""
        self._records = {m.number: m for m in measurements}
        self._highest_number = highest_number

    def _wanted(self, edit: MeasurementEdit) -> list[MeasurementRecord]:
        match edit:
            case AddMeasurement(measurement):
                return self._wanted(AddMeasurements((measurement,)))
            case AddMeasurements(measurements):
                lowest = self.next_number
                for measurement in measurements:
                    if measurement.number < lowest:
                        raise ValueError(f"measurement number {measurement.number} was used before")
                    lowest = measurement.number + 1
                return [(None, measurement) for measurement in measurements]
            case UpdateMeasurement(number, fields):
                unknown = set(fields) - UPDATABLE
                if unknown:
                    raise ValueError(f"a measurement's {sorted(unknown)} cannot be updated")
                return [(self._records[number], self._records[number].changed(**fields))]
            case RemoveMeasurements(numbers):
                return [(self._records[number], None) for number in numbers]
