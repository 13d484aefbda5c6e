"""One task of a program that is installed on its own, as it said itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inference import answers


@dataclass(frozen=True)
class ExternalTask:
    """A task.

    Attributes:
        program: key in ``kinds.KINDS``.
        command: the program's file.
        version: of the program.
        name: of the task, as the program calls it.
        labels: label values with their names.
        modality: DICOM's word for what it is made for; empty when the program does not say.
        needs_licence: the program runs it only with a licence number.
        weights: folders of the weights that the task itself needs, below the program's folder of weights; None when
            the program does not say. Those of tasks that it runs beforehand, to crop the image, are not among them.
        fast_weights: the same of its faster variant; None when there is none, or the program does not say.
    """

    program: str
    command: Path
    version: str
    name: str
    labels: tuple[tuple[int, str], ...]
    modality: str = ""
    needs_licence: bool = False
    weights: tuple[str, ...] | None = None
    fast_weights: tuple[str, ...] | None = None

    @property
    def id(self) -> str:
        """Short name for scripts, such as ``totalsegmentator:total``."""
        return f"{self.program}:{self.name}"

    def title(self, program: str) -> str:
        """For people: the task first, for lists cut long names off, then the program's name."""
        words = self.name.replace("_", " ")
        return f"{words[:1].upper()}{words[1:]} ({program})"

    @property
    def hash(self) -> str:
        """First digits of SHA-256 over what the program says of the task, the place of the program left out."""
        told = {name: value for name, value in self.to_json().items() if name != "command"}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self) | {"command": str(self.command)}

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> ExternalTask:
        """What ``to_json`` gave, or what the program's own Python said; read with distrust.

        Raises:
            ResultInvalid, KeyError, TypeError: it is something else.
        """
        return ExternalTask(
            answers.text(told["program"]),
            Path(answers.text(told["command"], 4096)),
            answers.text(told["version"]),
            answers.text(told["name"]),
            tuple((answers.whole(value), answers.text(name)) for value, name in answers.items(told["labels"])),
            answers.text(told["modality"]),
            told["needs_licence"] is True,
            _folders(told["weights"]),
            _folders(told["fast_weights"]),
        )


def _folders(told: Any) -> tuple[str, ...] | None:
    return None if told is None else answers.texts(told)
