"""glTF 2.0, binary (GLB) or as one JSON file. Written here: VTK's writer is made for buildings and knows no colours.

glTF is in metres with Y up and the subject looking along +Z. The points stay in LPS millimetres; the root node's
matrix, a rotation and a scale, says how they get there: left -> +X, superior -> +Y, anterior -> +Z.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.surface_export.parts import Part

# Column after column: x stays, y (posterior) goes to -Z, z (superior) to +Y; millimetres to metres.
LPS_MM_TO_GLTF = [0.001, 0, 0, 0, 0, 0, -0.001, 0, 0, 0.001, 0, 0, 0, 0, 0, 1]
_FLOAT, _UINT = 5126, 5125
_ARRAY, _ELEMENTS = 34962, 34963


def glb(parts: Sequence[Part]) -> bytes:
    """The binary form: header, JSON chunk, data chunk, each padded to 4 bytes."""
    document, data = _document(parts)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    return struct.pack("<III", 0x46546C67, 2, 12 + len(body)) + body


def gltf(parts: Sequence[Part]) -> bytes:
    """The JSON form, with the data inside."""
    document, data = _document(parts)
    document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _document(parts: Sequence[Part]) -> tuple[dict[str, Any], bytes]:
    chunks: list[bytes] = []
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []

    def add(array: NDArray[Any], target: int, **fields: Any) -> int:
        offset = sum(map(len, chunks))
        chunks.append(array.tobytes())
        views.append({"buffer": 0, "byteOffset": offset, "byteLength": array.nbytes, "target": target})
        accessors.append({"bufferView": len(views) - 1, **fields})
        return len(accessors) - 1

    meshes = [_mesh(part, place, add) for place, part in enumerate(parts)]
    nodes: list[dict[str, Any]] = [
        {"name": "LPS millimetres", "matrix": LPS_MM_TO_GLTF, "children": list(range(1, len(parts) + 1))}
    ]
    nodes += [{"name": part.name, "mesh": place} for place, part in enumerate(parts)]
    data = b"".join(chunks)
    return {
        "asset": {"version": "2.0", "generator": "Limner"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": [_material(part) for part in parts],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(data)}],
    }, data


def _mesh(part: Part, place: int, add: Any) -> dict[str, Any]:
    points = part.surface.points_mm.astype("<f4")
    low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    normals = part.surface.normals.astype("<f4")
    indices = part.surface.triangles.astype("<u4").ravel()
    attributes = {
        "POSITION": add(points, _ARRAY, componentType=_FLOAT, count=len(points), type="VEC3", min=low, max=high),
        "NORMAL": add(normals, _ARRAY, componentType=_FLOAT, count=len(normals), type="VEC3"),
    }
    corners = add(indices, _ELEMENTS, componentType=_UINT, count=len(indices), type="SCALAR")
    return {"name": part.name, "primitives": [{"attributes": attributes, "indices": corners, "material": place}]}


def _material(part: Part) -> dict[str, Any]:
    srgb = np.array(part.color, np.float64) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)  # glTF's factors are linear
    color = [*(round(float(value), 6) for value in linear), 1.0]
    return {
        "name": part.name,
        "pbrMetallicRoughness": {"baseColorFactor": color, "metallicFactor": 0.0, "roughnessFactor": 0.6},
    }
