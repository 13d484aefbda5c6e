"""A model's maps in a case file (beside its journal), and as files beside a mask."""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.json_text import read_json
from inference.model import UNCERTAINTY_MAP, WINNER_MAP, label_of_map
from session.model_maps import ModelMap, ModelMaps, is_model_map

if TYPE_CHECKING:
    from inference.result import InferenceResult

STATE_KEY = "doubt"  # in the case file, beside the journal
MOST_KEPT_BYTES = 32_000_000  # of compressed maps; what goes beyond lasts as long as the case is open
MAP_SUFFIX = ".nii.gz"


def packed(maps: ModelMaps) -> tuple[str, int]:
    """The text for the case file, empty when no map finds room in it, and how many maps find none."""
    kept: list[dict[str, object]] = []
    size = 0
    for found in maps.maps:
        text = base64.b64encode(zlib.compress(np.ascontiguousarray(found.values).data, 1)).decode("ascii")
        if size + len(text) <= MOST_KEPT_BYTES:
            size += len(text)
            kept.append({"name": found.name, "decided_from": found.decided_from, "zlib": text})
    shape = list(maps.maps[0].values.shape)
    text = json.dumps({"title": maps.title, "shape": shape, "maps": kept}) if kept else ""
    return text, len(maps.maps) - len(kept)


def unpacked(text: str, shape: tuple[int, int, int]) -> ModelMaps | None:
    """What ``packed`` wrote, or an earlier version, which knew of the uncertainty alone; None when it was taken away.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, zlib.error: it is damaged.
    """
    kept = read_json(text)
    if kept is None:
        return None
    listed = kept["maps"] if "maps" in kept else [{"name": UNCERTAINTY_MAP, "zlib": kept["zlib"]}]
    found = []
    for entry in listed:
        voxels = zlib.decompressobj().decompress(base64.b64decode(entry["zlib"]), math.prod(shape))
        values, decided_from = np.frombuffer(voxels, np.uint8).reshape(shape), entry.get("decided_from")
        name = str(entry["name"])
        if is_model_map(name):
            found.append(ModelMap(name, values, None if decided_from is None else float(decided_from)))
    return ModelMaps(str(kept["title"]), tuple(found)) if found else None


def file_name(map_name: str) -> str:
    """What a map's file is called: ``uncertainty``, ``probability``, ``probability-3-left-kidney``, with its ending."""
    found = label_of_map(map_name)
    parts = [map_name] if found is None else [WINNER_MAP, str(found[0]), *re.findall(r"\w+", found[1].lower())]
    return "-".join(parts) + MAP_SUFFIX


def write_probabilities(result: InferenceResult, geometry: Geometry, stem: Path) -> list[Path]:
    """Write all maps of probability as NIfTI, uint8, 255 for 1.

    Args:
        stem: the mask's path without its ending; ``liver`` gets ``liver.probability.nii.gz`` beside it.

    Raises:
        UserError: the result has no such map, or a file cannot be written.
    """
    from imaging.formats.registry import write_arrays  # only files need it

    names = [name for name in result.maps if name == WINNER_MAP or label_of_map(name) is not None]
    if not names:
        raise UserError(f"{result.name} says nothing of how probable its labels are.", " ".join(result.notes))
    written = []
    for name in names:
        path = stem.with_name(f"{stem.name}.{file_name(name)}")
        write_arrays(geometry, [result.maps[name]], path)
        written.append(path)
    return written
