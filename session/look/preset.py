"""A named look for one kind of image, and its form in a JSON file."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from imaging.errors import UserError
from session.look.cut import Cut
from session.look.json_form import from_json, to_json
from session.look.lighting import Lighting
from session.look.look import Look
from session.look.segment_look import SegmentLook
from session.look.transfer_function import TransferFunction

LARGEST_FILE = 5_000_000  # bytes; a preset takes a few thousand
MOST_POINTS = 2000  # of one curve
LARGEST_VALUE = 1e12
MINE = "Mine"  # the group of what people saved or imported


class PresetQuantity(StrEnum):
    """The kind of image that a preset is for: a ``Quantity``, or any."""

    HU = "HU"
    SIGNAL = "signal"
    SUVBW = "SUVbw"
    ACTIVITY = "Bq/ml"
    ANY = "any"


class PresetValues(StrEnum):
    """What a preset's values are."""

    ABSOLUTE = "absolute"  # in the quantity's unit
    RELATIVE = "relative"  # 0 to 1 over the image's ``window_range``
    MIDDLE = "middle"  # 0 what is dark, 1 the median of the head's middle; see ``middle.middle_range``


@dataclass(frozen=True)
class Preset:
    """A named look.

    Attributes:
        id: lower-case letters, digits and hyphens; unique.
        name: what people call it.
        group: the heading it stands under in lists: CT, MR, PET, Any image, Mine.
        quantity, values: which images it is for, and what its values are.
        description: one sentence; may be empty.
        look: as read; ``presets.look_for`` turns it into the look of one volume.
    """

    id: str
    name: str
    group: str = MINE
    quantity: PresetQuantity = PresetQuantity.ANY
    values: PresetValues = PresetValues.ABSOLUTE
    description: str = ""
    look: Look = field(default_factory=Look)


def slug(text: str) -> str:
    """A safe id from what a person typed: ASCII letters, digits and single hyphens, at most 48; never empty."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:48].strip("-") or "preset"


def preset_to_text(preset: Preset) -> str:
    """The JSON of a preset."""
    return json.dumps(to_json(preset), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def preset_from_text(content: str | bytes, name: str) -> Preset:
    """The preset that ``preset_to_text`` wrote, checked.

    Args:
        content: of the file.
        name: of the file, for the message.

    Raises:
        UserError: it is no preset, or something in it is out of range.
    """
    return preset_from_record(json_object(content, name), name)


def preset_from_record(record: dict[str, Any], name: str) -> Preset:
    """The preset of a decoded JSON object; see ``preset_from_text``."""
    try:
        if "look" not in record:
            raise ValueError("it has no look")
        preset = from_json(Preset, {"id": "", "name": name, **record})
        check(preset.look)
    except (ValueError, OverflowError) as error:  # float() of a whole number with hundreds of digits overflows
        raise UserError(f"{name} is no preset that can be used: {error}.") from error
    title = " ".join(preset.name.split())[:80] or name
    return replace(preset, id=slug(preset.id or title), name=title)


def json_object(content: str | bytes, name: str) -> dict[str, Any]:
    """The object in a JSON text from anywhere.

    Raises:
        UserError: too large, no JSON, or no object.
    """
    if len(content) > LARGEST_FILE:
        raise UserError(f"{name} is too large to be a preset.")
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name} is not a JSON file that can be read.") from error
    if not isinstance(record, dict):
        raise UserError(f"{name} holds no preset.")
    return record


def without_case(look: Look) -> Look:
    """A look without what belongs to one case: single segments' looks, planes, crop box and cutaway."""
    return replace(look, segments=(), cut=Cut(shows_caps=look.cut.shows_caps))


def without_files(look: Look) -> Look:
    """A look that names no file: a path from another machine is no use, and opening one may call on a server."""
    return replace(look, lighting=replace(look.lighting, environment=""))


def mapped(look: Look, low: float, high: float) -> Look:
    """A look whose values 0 and 1 become ``low`` and ``high``; gradients are stretched alike."""
    span = high - low

    def place(value: float) -> float:
        return low + value * span

    def of_segment(own: SegmentLook) -> SegmentLook:
        return own if own.transfer is None else replace(own, transfer=of_transfer(own.transfer))

    def of_transfer(transfer: TransferFunction) -> TransferFunction:
        steeper = tuple(replace(p, value=p.value * span) for p in transfer.gradient_opacities)
        return replace(transfer.mapped(place), gradient_opacities=steeper)

    return replace(
        look,
        transfer=of_transfer(look.transfer),
        matter=None if look.matter is None else (place(look.matter[0]), place(look.matter[1])),
        rest=of_segment(look.rest),
        segment=of_segment(look.segment),
        segments=tuple(replace(entry, look=of_segment(entry.look)) for entry in look.segments),
    )


def check(look: Look) -> None:
    """Look for numbers that no picture can be made with; ``from_json`` has checked types and finiteness.

    Raises:
        ValueError: naming what is wrong.
    """
    for transfer in _transfers(look):
        _check_transfer(transfer)
    if look.matter is not None and not -LARGEST_VALUE <= look.matter[0] <= look.matter[1] <= LARGEST_VALUE:
        raise ValueError("matter must rise")
    for own in (look.rest, look.segment, *(entry.look for entry in look.segments)):
        _check_range(("tint", own.tint, 0, 1), ("solidity", own.solidity, 0, 1), ("gloss", own.gloss or 0.0, 0, 1))
    material = look.material
    _check_range(
        ("ghost", look.ghost, 0, 1),
        ("gloss", material.gloss, 0, 1),
        ("surface", material.surface, 0, 100),
        ("anisotropy", material.anisotropy, -1, 1),
        ("density", material.density, 0, 1000),
        ("depth", look.inside.depth_mm, -1000, 1000),
        ("stops", look.exposure.stops, -30, 30),
        ("aperture", look.lens.aperture_mm, 0, 1000),
    )
    _check_light(look.lighting)


def _transfers(look: Look) -> Iterator[TransferFunction]:
    yield look.transfer
    for own in (look.rest, look.segment, *(entry.look for entry in look.segments)):
        if own.transfer is not None:
            yield own.transfer


def _check_transfer(transfer: TransferFunction) -> None:
    for points in (transfer.colors, transfer.opacities, transfer.gradient_opacities):
        if len(points) > MOST_POINTS:
            raise ValueError("a curve has too many points")
        _check_range(*(("value", point.value, -LARGEST_VALUE, LARGEST_VALUE) for point in points))
    _check_range(*(("colour", part, 0, 1) for point in transfer.colors for part in point.color))
    _check_range(*(("opacity", point.opacity, 0, 1) for point in transfer.opacities))
    _check_range(*(("opacity", point.opacity, 0, 100) for point in transfer.gradient_opacities))
    _check_range(("unit", transfer.unit_mm, 1e-3, 1e4))


def _check_light(light: Lighting) -> None:
    for each in light.lights:
        _check_range(
            ("strength", each.strength, 0, 1000), ("size", each.size_deg, 0, 180), ("aspect", each.aspect, 0.05, 20)
        )
    colors = [light.sky_top, light.sky_bottom, *(each.color for each in light.lights)]
    _check_range(("sky", light.sky_strength, 0, 1000), *(("colour", part, 0, 1) for color in colors for part in color))


def _check_range(*numbers: tuple[str, float, float, float]) -> None:
    for what, number, low, high in numbers:
        if not low <= number <= high:
            raise ValueError(f"{what} is {number:g}, but lies between {low:g} and {high:g}")
