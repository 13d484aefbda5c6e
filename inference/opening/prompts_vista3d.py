"""VISTA3D's bundles: one network for many structures, asked for some of them by their numbers.

The bundle's own evaluator and inferer are not run. The network is asked as they ask it, with a class vector, and its
scores are decided as they do: the highest wins where it is above zero. Clicks are not supported: the network wants
them window by window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from inference.engine.recipe import Head, HeadKind, Windows
from inference.model import ModelLabel
from inference.opening.bundle_parser import BundleParser
from inference.opening.monai_inferer import overlaps, triple
from inference.prompts import Prompts

if TYPE_CHECKING:
    import torch

PREPARES = "VistaPreTransform"  # looks at prompts only


def wanted_labels(parser: BundleParser, prompts: Prompts, labels: Sequence[ModelLabel]) -> tuple[int, ...]:
    """The model's numbers of the structures that are wanted: the given ones, else those of the bundle's example.

    Groups (``lung``) stand for their members, as the bundle says.

    Raises:
        UserError: there is no such structure.
    """
    asked = prompts.labels or _example(parser) or parser.part(("everything_labels",)) or [
        label.label_value for label in labels
    ]  # fmt: skip
    groups = {int(key): values for key, values in (parser.part(("subclass",)) or {}).items()}
    numbers = [_number(label, labels) for label in asked]
    members = [int(value) for number in numbers for value in groups.get(number, [number])]
    return tuple(dict.fromkeys(members))


def windows(parser: BundleParser) -> Windows:
    """As the bundle's inferer has them, one at a time: the structures are the network's batch."""
    share = parser.part(("inferer#overlap",))
    return Windows(
        triple(parser.part(("inferer#roi_size", "patch_size"))),
        overlaps(0.25 if share is None else share),
        is_gaussian=True,
    )


def head(numbers: tuple[int, ...]) -> Head:
    """Channel 0 is added by ``asked``; the others are the wanted structures."""
    return Head(HeadKind.EXCLUSIVE, (0, *numbers))


def named(numbers: tuple[int, ...], labels: Sequence[ModelLabel]) -> tuple[ModelLabel, ...]:
    """The wanted structures with their names."""
    known = {label.label_value: label for label in labels}
    return tuple(known.get(number) or ModelLabel(number, f"Label {number}") for number in numbers)


def asked(module: torch.nn.Module, numbers: tuple[int, ...]) -> torch.nn.Module:
    """The network with the question built in: (1, 1, x, y, z) to one channel of zeros and one for each structure."""
    import torch

    class Asked(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.vista = module
            self.register_buffer("classes", torch.tensor(numbers)[:, None])

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return torch.cat([self._one(window[None]) for window in batch])

        def _one(self, window: torch.Tensor) -> torch.Tensor:
            scores: torch.Tensor = self.vista(window, class_vector=self.classes, transpose=True)
            return torch.cat([torch.zeros_like(scores[:, :1]), scores], 1)

    return Asked().eval()


def _example(parser: BundleParser) -> Any:
    entry = parser.part(("input_dict",))
    return entry.get("label_prompt") if isinstance(entry, dict) else None


def _number(label: int | str, labels: Sequence[ModelLabel]) -> int:
    numbers = [known.label_value for known in labels if str(label).lower() == known.name.lower()]
    if isinstance(label, str) and not numbers:
        names = ", ".join(known.name for known in labels[:20])
        raise UserError(f"The model has no label “{label}”.", f"Among others it has {names}." if names else "")
    number = numbers[0] if isinstance(label, str) else int(label)
    if number < 1 or (labels and number not in [known.label_value for known in labels]):
        raise UserError(f"The model has no label number {number}.")
    return number
