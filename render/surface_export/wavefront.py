"""OBJ with its material file. Written here: VTK's OBJ writer knows neither groups nor materials."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from render.surface_export.parts import Part
from render.surface_export.rows import write_rows
from render.surface_export.stl_ply import SPACE


def obj(parts: Sequence[Part], material_file: str) -> bytes:
    """The geometry, in LPS millimetres: an object and a material for each part.

    Args:
        parts: the surfaces.
        material_file: the name of the file that holds ``mtl(parts)``.
    """
    out = io.BytesIO()
    out.write(f"# Limner {SPACE} UNIT=mm\nmtllib {material_file}\n".encode())
    first = 1
    for number, part in enumerate(parts, start=1):
        out.write(f"o {_word(part.name)}\ng {_word(part.name)}\nusemtl {_material(number, part)}\n".encode())
        write_rows(out, "v %.5f %.5f %.5f\n", part.surface.points_mm)
        write_rows(out, "vn %.4f %.4f %.4f\n", part.surface.normals)
        corners = np.repeat(part.surface.triangles + first, 2, axis=1)  # corner and normal have the same number
        write_rows(out, "f %d//%d %d//%d %d//%d\n", corners)
        first += len(part.surface.points_mm)
    return out.getvalue()


def mtl(parts: Sequence[Part]) -> bytes:
    """The parts' colours; OBJ's readers take them as they stand, in sRGB."""
    lines = ["# Limner"]
    for number, part in enumerate(parts, start=1):
        red, green, blue = (value / 255 for value in part.color)
        lines += [f"newmtl {_material(number, part)}", f"Kd {red:.4f} {green:.4f} {blue:.4f}", "Ks 0 0 0", "d 1"]
    return ("\n".join(lines) + "\n").encode()


def _material(number: int, part: Part) -> str:
    return f"{number}_{_word(part.name)}"


def _word(name: str) -> str:
    return "_".join(name.split()) or "segment"
