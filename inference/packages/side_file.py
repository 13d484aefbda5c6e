"""The side file of a bare network: all that a TorchScript or ONNX file cannot say of itself.

``limner-model-side.json`` stands beside the network; docs/models.md describes it for people. Lists of three numbers are
in the order of the network's axes, which ``orientation`` names (``RAS``: first axis from left to right, second from
back to front, third upwards; each letter says where the axis points to).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from imaging.errors import UserError
from inference.model import ModelLabel
from inference.packages.config_files import list_of, read_config, table_of, text_of
from inference.packages.description import Head, InputChannel
from inference.packages.naming import dicom_modality

NAME = "limner-model-side.json"
SCHEMA = 1
_HINT = "docs/models.md shows what belongs into it."
_AXES = ("RL", "AP", "SI")
# The steps of ``intensity`` and the numbers that each takes; those with a default may be left out.
STEPS: dict[str, dict[str, float | None]] = {
    "clip": {"low": None, "high": None},
    "scale": {"from_low": None, "from_high": None, "to_low": 0.0, "to_high": 1.0},
    "scale_range": {"to_low": 0.0, "to_high": 1.0},
    "scale_percentiles": {"low_percent": 0.5, "high_percent": 99.5, "to_low": 0.0, "to_high": 1.0},
    "subtract_divide": {"subtract": None, "divide": None},
    "normalize": {"nonzero": 0.0},
}
T = TypeVar("T")


@dataclass(frozen=True)
class IntensityStep:
    """One step on the way from the image's values to the network's input.

    Attributes:
        name: one of ``STEPS``: ``clip``; ``scale`` (from two values to two others, linear, beyond them, too);
            ``scale_range`` (the image's lowest and highest value); ``scale_percentiles``; ``subtract_divide``;
            ``normalize`` (mean 0, standard deviation 1; with ``nonzero`` 1 only over voxels that are not 0).
        numbers: its numbers by name, defaults filled in.
    """

    name: str
    numbers: dict[str, float]


@dataclass(frozen=True)
class Window:
    """How the network sees an image.

    Attributes:
        roi: voxels of a window; None when it takes the image whole.
        overlap: share of a window that its neighbour shares, 0 to 0.9.
        multiple_of: the whole image is padded to multiples of this; 1 for none. Unused with windows.
    """

    roi: tuple[int, int, int] | None
    overlap: float = 0.25
    multiple_of: int = 1


@dataclass(frozen=True)
class SideFile:
    """What the side file says.

    Attributes:
        file: name of the network's file beside it; empty when there is only one.
        name, version, licence, about, copyright: for people.
        channels: the images that the network wants, in order.
        labels: as of ``ModelDescription.labels``; for scores, the classes (value = channel + 1).
        orientation: three letters, see above.
        spacing_mm: of the network's axes; None for the image's own.
        intensity: steps in their order, for each channel alone.
        window: how the network sees an image.
        head: what its last layer means.
        threshold: of a sigmoid head, on probabilities; of boxes, the least score.
        has_background: channel 0 is the background.
    """

    file: str
    name: str
    version: str
    licence: str
    about: str
    copyright: str
    channels: tuple[InputChannel, ...]
    labels: tuple[ModelLabel, ...]
    orientation: str
    spacing_mm: tuple[float, float, float] | None
    intensity: tuple[IntensityStep, ...]
    window: Window
    head: Head
    threshold: float = 0.5
    has_background: bool = True


def read_side_file(path: Path) -> SideFile:
    """Read and check a side file.

    Raises:
        UserError: it cannot be read, or a field is missing or wrong; the message names the field.
    """
    table = read_config(path)
    head = _head(table)
    has_background = head not in (Head.SIGMOID, Head.SCORES, Head.BOXES)
    return SideFile(
        file=_file_name(table),
        name=text_of(table.get("name")) or _wrong("name", "a name for people"),
        version=text_of(table.get("version"), "0"),
        licence=text_of(table.get("licence"), most=100_000),
        about=text_of(table.get("about")),
        copyright=text_of(table.get("copyright")),
        channels=_channels(table),
        labels=_labels(table, head),
        orientation=_orientation(table),
        spacing_mm=_three(table, "spacing_mm", float, lambda n: 0.01 <= n <= 100),
        intensity=tuple(_step(entry) for entry in list_of(table.get("intensity"))),
        window=_window(table.get("window")),
        head=head,
        threshold=_number(table, "threshold", 0.5, 0.0, 1.0),
        has_background=has_background,
    )


def _head(table: dict[str, Any]) -> Head:
    schema = table.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise UserError(f"The side file is of schema {text_of(schema)}; this version of Limner knows {SCHEMA}.")
    heads = (Head.SOFTMAX, Head.SIGMOID, Head.LABELS, Head.SCORES, Head.BOXES)
    said = table.get("head")
    found = next((head for head in heads if head.value == said), None)
    return found or _wrong("head", "one of softmax, sigmoid, labels, scores, boxes")


def _file_name(table: dict[str, Any]) -> str:
    name = text_of(table.get("file"))
    return _wrong("file", "the name of a file beside it") if "/" in name or "\\" in name or ".." in name else name


def _channels(table: dict[str, Any]) -> tuple[InputChannel, ...]:
    entries = list_of(table.get("channels")) or _wrong("channels", "a list with an entry for each image")
    named = [entry if isinstance(entry, dict) else {"name": entry} for entry in entries]
    return tuple(
        InputChannel(text_of(entry.get("name"), "image"), _modality(text_of(entry.get("modality")))) for entry in named
    )


def _modality(said: str) -> str:
    return dicom_modality(said) or said.upper()


def _labels(table: dict[str, Any], head: Head) -> tuple[ModelLabel, ...]:
    entries = list_of(table.get("labels"))
    if not entries:
        return _wrong("labels", "a list of tables with value and name")
    labels = []
    for number, entry in enumerate(entries):
        record = entry if isinstance(entry, dict) else {"name": entry}
        value = record.get("value", number + 1)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
            return _wrong("labels", "a list whose values are whole numbers from 1 to 65535")
        labels.append(ModelLabel(value, text_of(record.get("name"), f"Label {value}"), text_of(record.get("term"))))
    if len({label.label_value for label in labels}) != len(labels):
        return _wrong("labels", "a list in which no value stands twice")
    return tuple(labels)


def _orientation(table: dict[str, Any]) -> str:
    code = text_of(table.get("orientation"), "RAS").upper()
    used = [next((axis for axis in _AXES if letter in axis), "") for letter in code]
    return code if sorted(used) == sorted(_AXES) else _wrong("orientation", "three letters such as RAS or LPS")


def _window(said: Any) -> Window:
    if said is None or said == "whole image":
        return Window(None)
    table = table_of(said) or _wrong("window", "“whole image”, or a table with roi")
    multiple = int(_number(table, "multiple_of", 1, 1, 512))
    roi = _three(table, "roi", int, lambda n: 1 <= n <= 1024)
    return Window(roi, _number(table, "overlap", 0.25, 0.0, 0.9), multiple)


def _step(entry: Any) -> IntensityStep:
    table = table_of(entry)
    name = text_of(table.get("step"))
    if name not in STEPS:
        return _wrong("intensity", f"a list of steps, each one of {', '.join(STEPS)}")
    given = {key: value for key, value in table.items() if key != "step"}
    values: dict[str, float] = {}
    for key, default in STEPS[name].items():
        value = given.pop(key, default)
        if not isinstance(value, (int, float)):
            return _wrong("intensity", f"a list in which the step {name} has the number {key}")
        values[key] = float(value)
    if given:
        return _wrong("intensity", f"a list in which the step {name} takes only {', '.join(STEPS[name])}")
    if values.get("divide") == 0 or values.get("from_low", 0.0) == values.get("from_high", 1.0):
        return _wrong("intensity", f"a list in which the step {name} does not divide by 0")
    return IntensityStep(name, values)


def _number(table: dict[str, Any], key: str, default: float, low: float, high: float) -> float:
    value = table.get(key, default)
    is_good = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
    return float(value) if is_good else _wrong(key, f"a number from {low:g} to {high:g}")


def _three(table: dict[str, Any], key: str, kind: type[T], fits: Callable[[Any], bool]) -> tuple[T, T, T] | None:
    value = table.get(key)
    if value is None:
        return None
    allowed: tuple[type, ...] = (int,) if kind is int else (int, float)
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(n, allowed) and fits(n) for n in value):
        return _wrong(key, "a list of three numbers that make sense")
    first, second, third = (kind(number) for number in value)  # type: ignore[call-arg]
    return first, second, third


def _wrong(field: str, wanted: str) -> NoReturn:
    raise UserError(f"The side file's field “{field}” must be {wanted}.", _HINT)
