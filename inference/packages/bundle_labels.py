"""Which images a MONAI bundle wants, what it finds, and on which grid, from its metadata and configuration."""

from __future__ import annotations

from typing import Any

from inference.model import ModelLabel
from inference.packages.bundle_files import Bundle, first_image_output, image_inputs
from inference.packages.bundle_steps import PREPROCESSING, network, numbers, steps
from inference.packages.bundle_task import prompts_of
from inference.packages.config_files import list_of, table_of, text_of
from inference.packages.description import Head, InputChannel
from inference.packages.naming import MAX_CHANNELS, dicom_modality, is_background, labels_by_channel

_AXES = {"R": 0, "L": 0, "A": 1, "P": 1, "S": 2, "I": 2}


def labels_of(bundle: Bundle, head: Head | None) -> tuple[ModelLabel, ...]:
    """What the bundle finds; channels without a name get a number. Empty when not even their number is known."""
    output = first_image_output(bundle.metadata)
    names = table_of(output.get("channel_def")) or table_of(output.get("label_def"))
    count = _output_count(bundle)
    if not names:  # some say it in the configuration instead, the other way round
        said = table_of(bundle.resolver.at("label_names")) or table_of(bundle.resolver.at("labels"))
        names = {str(value): name for name, value in said.items() if isinstance(value, int)}
    labels = labels_by_channel(names, count, head)
    if count is None or head not in (Head.SOFTMAX, Head.SIGMOID) or prompts_of(bundle):
        return labels
    named = {label.label_value: label for label in labels}
    last = count - 1 if head is Head.SOFTMAX or has_background(bundle, head) else count
    return tuple(named.get(value) or ModelLabel(value, f"Label {value}") for value in range(1, last + 1))


def has_background(bundle: Bundle, head: Head | None) -> bool:
    """True when channel 0 of a sigmoid head is the background: named so, and there are as many channels as names."""
    output = first_image_output(bundle.metadata)
    names = {str(key): name for key, name in table_of(output.get("channel_def")).items()}
    is_named = is_background(text_of(names.get("0")))
    return head is Head.SIGMOID and is_named and _output_count(bundle) != len(names) - 1


def channels_of(bundle: Bundle, prompts: tuple[str, ...]) -> tuple[InputChannel, ...]:
    """The images that the bundle wants, in the network's order."""
    inputs = image_inputs(bundle.metadata)
    modality = dicom_modality(" ".join(text_of(entry.get("modality")) for entry in inputs.values()))
    if len(inputs) > 1:
        return tuple(
            InputChannel(name, dicom_modality(text_of(entry.get("modality")))) for name, entry in list(inputs.items())
        )
    entry = next(iter(inputs.values()), {})
    return tuple(InputChannel(name, modality) for name in _names(bundle, entry, prompts))


def spacing_of(bundle: Bundle) -> tuple[float, float, float] | None:
    """The grid that the network works on, (x, y, z) in millimetres; None when it is the image's own, or not plain."""
    axes = [0, 1, 2]
    spacing: tuple[float, ...] | None = None
    for name, arguments in steps(bundle, PREPROCESSING):
        if name.startswith("Orientation"):
            codes = text_of(arguments.get("axcodes")).upper()
            if len(codes) == 3 and {_AXES.get(code) for code in codes} == {0, 1, 2}:
                axes = [_AXES[code] for code in codes]
        elif name.startswith("Spacing"):
            spacing = numbers(arguments.get("pixdim"), 3)
    if spacing is None:
        return None
    x, y, z = (spacing[axes.index(axis)] for axis in range(3))
    return x, y, z


def _output_count(bundle: Bundle) -> int | None:
    """Channels of the network's output; the network itself is believed before the metadata."""
    arguments = network(bundle)[1]
    for count in (
        arguments.get("out_channels"),
        arguments.get("num_classes"),
        first_image_output(bundle.metadata).get("num_channels"),
    ):
        if isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= MAX_CHANNELS:
            return count
    return None


def _names(bundle: Bundle, entry: dict[str, Any], prompts: tuple[str, ...]) -> list[str]:
    """Names of the images of one input."""
    keys = _loaded_keys(bundle)
    if len(keys) > 1:
        return keys
    named = [text_of(name, "image") for _, name in sorted(table_of(entry.get("channel_def")).items())]
    if prompts:  # further channels are clicks
        return named[:1] or ["image"]
    count = network(bundle)[1].get("in_channels", entry.get("num_channels"))
    if not isinstance(count, int) or not 1 <= count <= MAX_CHANNELS:
        count = 1
    if len(named) == count:
        return named
    return ["image"] if count == 1 else [f"image {number + 1}" for number in range(count)]


def _loaded_keys(bundle: Bundle) -> list[str]:
    for name, arguments in steps(bundle, PREPROCESSING):
        if name.startswith("LoadImage"):
            return [text_of(key) for key in list_of(arguments.get("keys")) if isinstance(key, str)]
    return []
