"""What only pydicom can read. Everything here runs in the sandbox's child, never in the program itself."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from imaging.dicom import tags
from imaging.dicom.sources import FileSource, source_from_json
from imaging.errors import UserError

Answers = Iterator[tuple[dict[str, Any], Any]]


def read_with_pydicom(fields: dict[str, Any], *, with_pixels: bool) -> Any:
    """The data set of a source given as JSON."""
    from pydicom import dcmread

    warnings.simplefilter("ignore")  # about values; what matters is checked here
    source = source_from_json(fields)
    if isinstance(source, FileSource):
        return dcmread(source.path, force=True, stop_before_pixels=not with_pixels)
    with source.open() as reader:
        data = reader.read(0, reader.size)
    return dcmread(BytesIO(data), force=True, stop_before_pixels=not with_pixels)


def describe(argument: dict[str, Any]) -> Answers:
    """The wanted elements of an odd file: ``values`` (number -> raw bytes as Latin-1) and ``has_pixels``."""
    data_set = read_with_pydicom(argument["source"], with_pixels=True)
    if not data_set.get("SOPClassUID") and not data_set.get("Rows"):
        raise UserError("The file is damaged: it has no readable DICOM header.")
    is_little = data_set.original_encoding[1] is not False
    values = {str(tag): raw.decode("latin-1") for tag in tags.WANTED if (raw := _raw(data_set, tag, is_little))}
    syntax = str(getattr(getattr(data_set, "file_meta", None), "TransferSyntaxUID", "") or "")
    yield (
        {
            "values": values,
            "transfer_syntax": syntax,
            "has_pixels": any(name in data_set for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")),
            "has_frame_groups": "PerFrameFunctionalGroupsSequence" in data_set,
        },
        None,
    )


def _raw(data_set: Any, tag: int, is_little: bool) -> bytes | None:
    """The element's bytes as in a little-endian file."""
    if tag not in data_set:
        return None
    raw = data_set.get_item(tag).value
    if isinstance(raw, bytes):
        return raw if is_little or tag not in tags.BINARY else raw[::-1]
    if raw is None:
        return None
    return "\\".join(map(str, raw)).encode() if isinstance(raw, list | tuple) else str(raw).encode("latin-1", "replace")


def functional_groups(argument: dict[str, Any]) -> Answers:
    """Per frame of an enhanced object: position, orientation, spacing, rescale and what tells volumes apart."""
    data_set = read_with_pydicom(argument["source"], with_pixels=False)
    shared = (data_set.get("SharedFunctionalGroupsSequence") or [None])[0]
    frames = data_set.get("PerFrameFunctionalGroupsSequence") or []
    yield {"groups": [_frame_group(_Groups(frame, shared)) for frame in frames]}, None


class _Groups:
    """The functional groups of one frame: its own, else the shared ones (PS3.3 C.7.6.16)."""

    def __init__(self, own: Any, shared: Any) -> None:
        self._places = [place for place in (own, shared) if place is not None]

    def value(self, group: str, name: str) -> Any:
        """One element of a group's first item, None where there is none."""
        for place in self._places:
            items = place.get(group)
            if items and items[0].get(name) is not None:
                return items[0].get(name)
        return None

    def numbers(self, group: str, name: str) -> list[float]:
        """An element as a list of numbers, empty where there is none."""
        found = self.value(group, name)
        if found is None:
            return []
        return (
            [float(n) for n in found] if hasattr(found, "__iter__") and not isinstance(found, str) else [float(found)]
        )


_TIMES = (
    ("stack", "FrameContentSequence", "StackID"),
    ("temporal index", "FrameContentSequence", "TemporalPositionIndex"),
    ("temporal position", "TemporalPositionSequence", "TemporalPositionTimeOffset"),
    ("trigger time", "CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    ("b-value", "MRDiffusionSequence", "DiffusionBValue"),
    ("echo time", "MREchoSequence", "EffectiveEchoTime"),
    ("acquisition", "FrameContentSequence", "FrameAcquisitionNumber"),
    ("acquisition date and time", "FrameContentSequence", "FrameAcquisitionDateTime"),
)


def _frame_group(groups: _Groups) -> dict[str, Any]:
    found: dict[str, Any] = {
        "position": groups.numbers("PlanePositionSequence", "ImagePositionPatient"),
        "orientation": groups.numbers("PlaneOrientationSequence", "ImageOrientationPatient"),
        "spacing": groups.numbers("PixelMeasuresSequence", "PixelSpacing"),
        "times": {name: str(v) for name, group, key in _TIMES if (v := groups.value(group, key)) is not None},
        "image_type": "",
        "window": [
            groups.numbers("FrameVOILUTSequence", "WindowCenter"),
            groups.numbers("FrameVOILUTSequence", "WindowWidth"),
        ],
    }
    direction = groups.value("MRDiffusionSequence", "DiffusionGradientDirectionSequence")
    if direction:
        found["times"]["diffusion direction"] = str(direction[0].get("DiffusionGradientOrientation"))
    for name, group, key in (
        ("step", "PixelMeasuresSequence", "SpacingBetweenSlices"),
        ("step", "PixelMeasuresSequence", "SliceThickness"),
        ("slope", "PixelValueTransformationSequence", "RescaleSlope"),
        ("intercept", "PixelValueTransformationSequence", "RescaleIntercept"),
    ):
        numbers = groups.numbers(group, key)
        if numbers and name not in found:
            found[name] = numbers[0]
    for group in ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence"):
        frame_type = groups.value(group, "FrameType")
        if frame_type:
            found["image_type"] = "\\".join(map(str, frame_type))
    return found
