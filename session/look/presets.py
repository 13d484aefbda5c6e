"""The presets that ship with the program, and which of them suits an image.

They are ``resources/presets/*.json``, one preset each, made for this program from the Hounsfield units of tissues.
Opacities are those of a millimetre.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.volume import Quantity, Volume
from session.look.look import Look
from session.look.middle import middle_range
from session.look.preset import (
    LARGEST_FILE,
    Preset,
    PresetQuantity,
    PresetValues,
    json_object,
    mapped,
    preset_from_record,
    slug,
    without_case,
    without_files,
)
from session.look.slicer_presets import VOLUME_PROPERTIES, from_slicer_json, from_slicer_xml

if TYPE_CHECKING:
    from session.look.preset_store import PresetStore

__all__ = [
    "Preset",
    "PresetQuantity",
    "PresetValues",
    "default_preset",
    "fits",
    "look_for",
    "preset_named",
    "preset_of",
    "presets_for",
    "presets_in_file",
    "shipped_presets",
]

GROUPS = ("CT", "MR", "PET", "Any image")  # in the order of lists; what people saved comes after them
DEFAULTS = {
    Quantity.HU: "ct-muscle-and-bone",
    Quantity.SUVBW: "pet-overlay",
    Quantity.ACTIVITY: "pet-activity",
}
OTHERWISE = "mr-generic"


@cache
def shipped_presets() -> tuple[Preset, ...]:
    """The presets in ``resources/presets``, by group and file name."""
    entries = sorted((files("resources") / "presets").iterdir(), key=lambda entry: entry.name)
    found = [
        preset_from_record(json.loads(entry.read_text("utf-8")), entry.name)
        for entry in entries
        if entry.name.endswith(".json")
    ]
    return tuple(sorted(found, key=lambda preset: GROUPS.index(preset.group)))


def preset_named(text: str, store: PresetStore | None = None) -> Preset:
    """A preset by id, by name, or by the path of a file that holds one.

    Args:
        text: upper and lower case are the same.
        store: presets that people saved; they are looked through after the shipped ones.

    Raises:
        UserError: there is none; the hint lists those that exist. Or the file holds none, or several.
    """
    known = list(shipped_presets()) + (list(store.presets()) if store is not None else [])
    wanted = text.strip().casefold()
    for preset in known:
        if wanted in (preset.id.casefold(), preset.name.casefold()):
            return preset
    if wanted.endswith((".json", ".xml")):
        found = presets_in_file(Path(text))
        if len(found) > 1:
            raise UserError(f"{Path(text).name} holds {len(found)} presets.", "Import it, and name one of them.")
        return found[0]
    raise UserError(f"There is no preset “{text}”.", f"There are: {', '.join(p.id for p in known)}; or give a file.")


def presets_in_file(path: Path) -> list[Preset]:
    """The presets in a file of ours (.json) or of 3D Slicer (.vp.json, .xml); at least one.

    Presets of ours lose the path of their environment picture: see ``without_files``.

    Raises:
        UserError: the file cannot be read, or holds no usable preset.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path.name} is too large to be a preset.")
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from error
    if path.suffix.lower() == ".xml":
        return from_slicer_xml(content, path.name)
    record = json_object(content, path.name)
    if VOLUME_PROPERTIES in record:
        return from_slicer_json(record, path.name)
    preset = preset_from_record(record, path.name)
    return [replace(preset, look=without_files(preset.look))]


def fits(preset: Preset, volume: Volume) -> bool:
    """True when a preset was made for images like this one. Colour and label images have no values to classify."""
    if volume.quantity in (Quantity.COLOUR, Quantity.LABEL):
        return False
    return preset.quantity is PresetQuantity.ANY or preset.quantity.value == volume.quantity.value


def look_for(preset: Preset, volume: Volume, before: Look | None = None) -> Look:
    """The preset as the look of one volume: relative values placed in its range, named by the preset's id.

    Args:
        preset, volume: they need not fit each other.
        before: the look so far; its cuts and the looks of its single segments belong to the case and are kept.
    """
    look = preset.look
    if preset.values is PresetValues.RELATIVE:
        look = mapped(look, *volume.window_range())
    elif preset.values is PresetValues.MIDDLE:
        look = mapped(look, *middle_range(volume))
    if before is not None:
        look = replace(look, cut=before.cut, segments=before.segments)
    return replace(look, name=preset.id)


def preset_of(look: Look, name: str, volume: Volume | None = None) -> Preset:
    """A look as a preset to be kept, without what belongs to one case.

    Args:
        look: in the volume's values.
        name: for people.
        volume: the image it was made on. Where that has no physical unit (MR), or another scale in each patient
            (Bq/ml), values are kept relative to its range, so that the preset suits the next image too.
    """
    kept = replace(without_case(look), name="")
    quantity, values = PresetQuantity.ANY, PresetValues.ABSOLUTE
    if volume is not None and volume.quantity.value in set(PresetQuantity):
        quantity = PresetQuantity(volume.quantity.value)
    if volume is not None and quantity in (PresetQuantity.SIGNAL, PresetQuantity.ACTIVITY):
        low, high = volume.window_range()
        kept, values = mapped(kept, -low / (high - low), (1 - low) / (high - low)), PresetValues.RELATIVE
    return Preset(slug(name), " ".join(name.split()), quantity=quantity, values=values, look=kept)


def default_preset(volume: Volume) -> Preset:
    """What an image is shown with until somebody chooses."""
    wanted = DEFAULTS.get(volume.quantity, OTHERWISE)
    return next(preset for preset in shipped_presets() if preset.id == wanted)


def presets_for(volume: Volume, others: Iterable[Preset] = ()) -> list[Preset]:
    """The shipped presets and others, those that fit the image first, otherwise in their order."""
    return sorted([*shipped_presets(), *others], key=lambda preset: not fits(preset, volume))
