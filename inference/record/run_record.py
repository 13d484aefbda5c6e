"""The record of one run of one model: what ran on what, how it ended, and what it took. It names no patient."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from imaging.errors import UserError
from inference.record.readings import Usage

RECORD_KEY = "run"  # of a record in the parameters of a journal's entry
SCHEMA = 1  # raised when a field changes its meaning; new fields alone do not raise it


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"  # it does not fit the image, the memory or the parameters
    FAILED = "failed"


@dataclass(frozen=True)
class RunRecord:
    """One run.

    Attributes:
        id: unique, and sorted by time: ``20261121-135501-3f9c2a``.
        started_utc: ISO 8601.
        outcome: how it ended; ``reason`` says why, in words for people, where it is not ``done``.
        model_id, model_name, model_version: what ran.
        source_hash: of the model's code or package; ``weights_hash`` of its weights, empty when it has none.
        parameters: what the run used, JSON.
        backend, device, precision: what computed it, as the engine says; empty when it does not.
        engine: everything else that the engine says, JSON.
        confinement: what a foreign model could not do, JSON; None for built-in models.
        input_hash: SHA-256 of the image's voxels (``imaging.case.images.pixel_hash``), the only name of the image.
        other_hashes: the same of further images.
        shape, spacing_mm: of the image, (k, j, i) and (i, j, k).
        modality: of the image.
        seconds: by stage, in order.
        total_s: from the run's begin to its end, waiting for other runs left out.
        usage: memory, power, energy and temperatures.
        computer: processor, cores, system and GPUs; no name of the computer or its user.
        program: version of this program.
    """

    id: str
    started_utc: str
    outcome: Outcome
    model_id: str
    model_name: str
    model_version: str
    reason: str = ""
    source_hash: str = ""
    weights_hash: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    backend: str = ""
    device: str = ""
    precision: str = ""
    engine: Mapping[str, Any] = field(default_factory=dict)
    confinement: Mapping[str, Any] | None = None
    input_hash: str = ""
    other_hashes: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    spacing_mm: tuple[float, ...] = ()
    modality: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    total_s: float = 0.0
    usage: Usage = field(default_factory=Usage)
    computer: Mapping[str, str] = field(default_factory=dict)
    program: str = ""

    @property
    def is_done(self) -> bool:
        """True when it gave a result."""
        return self.outcome is Outcome.DONE

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record with its schema."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("other_hashes", "shape", "spacing_mm"):
            plain[name] = list(plain[name])
        for name in ("parameters", "engine", "seconds", "computer"):
            plain[name] = dict(plain[name])
        return {"schema": SCHEMA} | plain | {"outcome": self.outcome.value, "usage": self.usage.to_json()}

    def to_text(self) -> str:
        """JSON text for a file."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """What ``to_json`` wrote, by this or an earlier version.

        Raises:
            UserError: it comes from a newer version, or is no record of a run.
        """
        try:
            if record["schema"] > SCHEMA:
                raise UserError("This record of a run comes from a newer Limner.", "Update Limner to read it.")
            known = {f.name: record[f.name] for f in fields(cls) if f.name in record}
            known["outcome"] = Outcome(known["outcome"])
            known["usage"] = Usage.from_json(known.get("usage", {}))
            for name in ("other_hashes", "shape", "spacing_mm"):
                known[name] = tuple(known.get(name, ()))
            return cls(**known)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError("This is no record of a run, or it is damaged.") from error
