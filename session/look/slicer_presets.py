"""Reads the volume-rendering presets of 3D Slicer: ``.vp.json`` (schema 1.0.0) and XML in the way of ``presets.xml``.

What becomes what:

- scalar opacity: opacities of ``scalarOpacityUnitDistance`` millimetres; where a file names none (the XML never does),
  of one millimetre, which is the schema's default. Slicer's own GPU ray caster measures that distance more coarsely on
  images with large voxels, so such presets can look a little denser there than here.
- midpoint and sharpness: VTK's curve between two points, taken over as up to ``CURVE_PIECES`` straight pieces.
- gradient opacity: left out where it is 1 throughout or disabled; otherwise VTK's magnitudes are taken for values per
  millimetre, which is right for voxels of about a millimetre.
- ``specular`` becomes the gloss; without ``shade`` nothing counts as a surface; ``scatteringAnisotropy`` is kept.
- Left out: ambient and diffuse light, specular power, grey functions, iso values, interpolation, clipped intensities,
  and all components but the first.

Presets named CT... are taken for Hounsfield units, MR... for signals (in the units of whatever scanner they were made
on), others for anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from imaging.errors import UserError
from session.look.lighting import Material
from session.look.look import Look
from session.look.preset import LARGEST_FILE, LARGEST_VALUE, MOST_POINTS, Preset, PresetQuantity, check, slug
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction

VOLUME_PROPERTIES = "volumeProperties"  # the key by which such a JSON file is known
MOST_PRESETS = 500
CURVE_PIECES = 8

Node = tuple[float, tuple[float, ...], float, float]  # x, values, midpoint, sharpness of the piece to the next node


def from_slicer_json(record: dict[str, Any], name: str) -> list[Preset]:
    """The presets in a decoded ``.vp.json`` file.

    Args:
        record: of the whole file.
        name: of the file; presets are named by it, since the format has no names.

    Raises:
        UserError: it does not follow the schema, or a number is not finite or out of range.
    """
    stem = name.removesuffix(".json").removesuffix(".vp")
    properties = record.get(VOLUME_PROPERTIES)
    if not isinstance(properties, list) or not 0 < len(properties) <= MOST_PRESETS:
        raise UserError(f"{name} holds no volume property of 3D Slicer.")
    titles = [stem] if len(properties) == 1 else [f"{stem} {n}" for n in range(1, len(properties) + 1)]
    return [_made(name, title, partial(_json_look, p)) for title, p in zip(titles, properties, strict=True)]


def from_slicer_xml(content: bytes, name: str) -> list[Preset]:
    """The presets in an XML file: one for each ``VolumeProperty`` element.

    Document types and entities are refused before anything is parsed, so that nothing can be fetched or blown up.

    Raises:
        UserError: no such XML, or a number is not finite or out of range.
    """
    if len(content) > LARGEST_FILE:
        raise UserError(f"{name} is too large to be a preset.")
    try:
        text = content.decode("utf-8-sig")
        if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
            raise UserError(f"{name} has a document type of its own, which is not read for safety.")
        root = ET.fromstring(text.encode("utf-8"), ET.XMLParser(encoding="utf-8"))
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise UserError(f"{name} is not an XML file that can be read.") from error
    elements = list(root.iter("VolumeProperty"))
    if not 0 < len(elements) <= MOST_PRESETS:
        raise UserError(f"{name} holds no volume property of 3D Slicer.")
    return [
        _made(name, element.get("name") or f"{name} {number}", partial(_xml_look, dict(element.attrib)))
        for number, element in enumerate(elements, 1)
    ]


def _made(file: str, title: str, read: Callable[[], Look]) -> Preset:
    title = " ".join(title.split())[:80] or file
    try:
        look = read()
        check(look)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise UserError(f"The preset “{title}” in {file} cannot be used: {reason}.") from error
    kinds = {"CT": PresetQuantity.HU, "MR": PresetQuantity.SIGNAL}
    quantity = kinds.get(title[:2].upper(), PresetQuantity.ANY)
    return Preset(slug(title), title, quantity=quantity, description="From 3D Slicer.", look=look)


def _json_look(record: Any) -> Look:
    record = _object(record)
    component = _object(next(iter(record["components"]), {}))
    light = _object(component.get("lighting", {}))
    opacities = _json_nodes(component["scalarOpacity"], lambda p: (p["y"],))
    gradients = _json_nodes(component.get("gradientOpacity", {"points": []}), lambda p: (p["y"],))
    colors = _json_nodes(component["rgbTransferFunction"], lambda p: p["color"])
    transfer = _transfer(colors, opacities, [] if component.get("disableGradientOpacity", False) else gradients)
    return Look(
        transfer=replace(transfer, unit_mm=_number(component.get("scalarOpacityUnitDistance", 1.0))),
        material=Material(
            gloss=min(max(_number(light.get("specular", 0.2)), 0.0), 1.0),
            surface=1.0 if component.get("shade", False) else 0.0,
            anisotropy=_number(record.get("scatteringAnisotropy", 0.0)),
        ),
    )


def _xml_look(attributes: dict[str, str]) -> Look:
    return Look(
        transfer=_transfer(
            _xml_nodes(attributes["colorTransfer"], 3),
            _xml_nodes(attributes["scalarOpacity"], 1),
            _xml_nodes(attributes.get("gradientOpacity", "0"), 1),
        ),
        material=Material(
            gloss=min(max(_number(float(attributes.get("specular", "0.2"))), 0.0), 1.0),
            surface=0.0 if attributes.get("shade", "1").strip().lower() in ("0", "false") else 1.0,
        ),
    )


def _json_nodes(function: Any, values_of: Callable[[Any], Any]) -> list[Node]:
    points = _object(function)["points"]
    if not isinstance(points, list) or len(points) > MOST_POINTS:
        raise ValueError("a curve has no list of points, or too many")
    return [
        (
            _number(point["x"]),
            tuple(_number(value) for value in values_of(point)),
            _number(point.get("midpoint", 0.5)),
            _number(point.get("sharpness", 0.0)),
        )
        for point in points
    ]


def _xml_nodes(text: str, width: int) -> list[Node]:
    """Points of "N x v... x v...", where N counts the numbers that follow."""
    numbers = [_number(float(part)) for part in text.split()]
    step = width + 1
    if not numbers or numbers[0] != len(numbers) - 1 or (len(numbers) - 1) % step or len(numbers) > MOST_POINTS * step:
        raise ValueError("a list of numbers has not the length that it states")
    return [(numbers[n], tuple(numbers[n + 1 : n + step]), 0.5, 0.0) for n in range(1, len(numbers), step)]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{str(value)[:40]!r} is no object")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:40]!r} is no number")
    if not math.isfinite(value) or abs(value) > LARGEST_VALUE:
        raise ValueError("a number is not finite or too large")
    return float(value)


def _transfer(colors: list[Node], opacities: list[Node], gradients: list[Node]) -> TransferFunction:
    if any(len(node[1]) != 3 for node in colors):
        raise ValueError("a colour has three parts")
    is_flat = all(node[1][0] == 1.0 for node in gradients)
    return TransferFunction(
        colors=tuple(ColorPoint(x, (v[0], v[1], v[2])) for x, v in _straight(colors)),
        opacities=tuple(OpacityPoint(x, v[0]) for x, v in _straight(opacities)),
        gradient_opacities=() if is_flat else tuple(OpacityPoint(x, v[0]) for x, v in _straight(gradients)),
    )


def _straight(nodes: list[Node]) -> list[tuple[float, tuple[float, ...]]]:
    """The points of a piecewise linear function near VTK's curve through nodes."""
    nodes = sorted(nodes, key=lambda node: node[0])
    found: list[tuple[float, tuple[float, ...]]] = []
    for (x, values, midpoint, sharpness), (next_x, next_values, _, _) in pairwise(nodes):
        found.append((x, values))
        for t in _inner(midpoint, sharpness) if next_x > x else ():
            share = _share(t, midpoint, sharpness)
            mixed = tuple(a + (b - a) * share for a, b in zip(values, next_values, strict=True))
            found.append((x + (next_x - x) * t, mixed))
    return found + [(x, values) for x, values, _, _ in nodes[-1:]]


def _inner(midpoint: float, sharpness: float) -> list[float]:
    """Where between two nodes, 0-1, the curve bends."""
    if sharpness < 0.01:
        return [] if abs(midpoint - 0.5) < 1e-6 or not 0 < midpoint < 1 else [midpoint]
    half = CURVE_PIECES // 2
    first = [midpoint * (1 - (1 - n / half) ** 2) for n in range(1, half)]  # closer together where it is steep
    last = [midpoint + (1 - midpoint) * (n / half) ** 2 for n in range(1, half)]
    return [*first, midpoint, *last] if 0 < midpoint < 1 else []


def _share(t: float, midpoint: float, sharpness: float) -> float:
    """How far from one node's value to the next: VTK's Hermite curve (vtkPiecewiseFunction), 0-1 over 0-1."""
    s = 0.5 * t / midpoint if t < midpoint else 0.5 + 0.5 * (t - midpoint) / (1 - midpoint)
    if sharpness < 0.01:
        return s
    power = 1 + 10 * sharpness
    s = 0.5 * (2 * s) ** power if s < 0.5 else 1 - 0.5 * (2 - 2 * s) ** power
    slope = 1 - sharpness
    value = s * s * (3 - 2 * s) + slope * (s**3 - 2 * s * s + s) + slope * (s**3 - s * s)
    return float(min(max(value, 0.0), 1.0))
