"""From a look to the functions that ray casting needs: one per kind of matter, numbered without gaps.

VTK 9.7.1 shows a label map whose values have gaps in wrong colours. So classes are never handed to it as they are: they
are numbered anew, 0 for the rest and 1, 2, 3... for what looks different. Classes that look the same share a number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from render.cinematic.scene import CUT, ClassMap, ClassRecord, Field
from render.cinematic.tables import IS_CLIPPED, ClassTables, class_tables
from session.look.look import Look


@dataclass(frozen=True, eq=False)
class ClassFunctions:
    """What a look means for the classes of one class map.

    Attributes:
        colors: (kinds, n, 3) float64 sRGB 0-1 over values from ``low`` to ``high``, constant beyond.
        extinctions: (kinds, n) float64 per millimetre.
        low, high: of the values, in the image's unit.
        kind_of_class: (256,) uint8: the row of each class; 0, 1, 2... without gaps, the rest (class 0) has row 0.
        is_clipped: (kinds,) bool: planes and crop box cut it.
        gradient_points: (n, 2) gradient magnitudes per millimetre and factors on the opacity; empty for none.
    """

    colors: NDArray[np.float64]
    extinctions: NDArray[np.float64]
    low: float
    high: float
    kind_of_class: NDArray[np.uint8]
    is_clipped: NDArray[np.bool_]
    gradient_points: NDArray[np.float64]

    @property
    def count(self) -> int:
        """How many kinds of matter there are."""
        return len(self.extinctions)

    @property
    def is_cut_alike(self) -> bool:
        """True when planes and crop box cut all that can be seen, or nothing of it."""
        seen = self.is_clipped[(self.extinctions > 0).any(axis=1)]
        return bool(seen.all() or not seen.any())

    @property
    def is_cut(self) -> bool:
        """True when planes and crop box cut something that can be seen."""
        return bool((self.is_clipped & (self.extinctions > 0).any(axis=1)).any())

    def values(self) -> NDArray[np.float64]:
        """(n,) the values, in the image's unit, that the functions are given at."""
        return np.linspace(self.low, self.high, self.extinctions.shape[1])

    def opacities(self, kind: int, thickness_mm: float = 1.0) -> NDArray[np.float64]:
        """(n,) how opaque a layer of one kind of matter is."""
        return np.asarray(-np.expm1(-self.extinctions[kind] * thickness_mm))


def class_functions(
    look: Look, field: Field, classes: ClassMap | None, records: tuple[ClassRecord, ...], has_cut: bool = False
) -> ClassFunctions:
    """The functions of a look, with the meaning that the path tracer gives it.

    Args:
        look: how things look.
        field: gives the range of values.
        classes, records: the segments; every number in ``classes`` needs its record.
        has_cut: there are voxels of the class ``CUT``; they become a kind that is invisible.
    """
    tables = class_tables(look, field, classes, records)
    rows: list[int] = []
    kinds: dict[bytes, int] = {}
    kind_of_class = np.zeros(256, np.uint8)
    for n in range(len(tables.table)):
        key = _key(tables, n)
        if key not in kinds:
            kinds[key] = len(rows)
            rows.append(n)
        kind_of_class[n] = kinds[key]
    colors = srgb(tables.table[rows, :, :3])
    extinctions = tables.table[rows, :, 3].astype(np.float64)
    is_clipped = tables.materials[rows, IS_CLIPPED] > 0
    if has_cut:
        kind_of_class[CUT] = len(rows)
        colors = np.concatenate([colors, colors[:1]])
        extinctions = np.concatenate([extinctions, np.zeros_like(extinctions[:1])])
        is_clipped = np.append(is_clipped, True)
    points = np.array([(p.value, p.opacity) for p in look.transfer.gradient_opacities], np.float64).reshape(-1, 2)
    return ClassFunctions(colors, extinctions, tables.low, tables.high, kind_of_class, is_clipped, points)


def srgb(linear: ArrayLike) -> NDArray[np.float64]:
    """Linear light 0-1 to sRGB (IEC 61966-2-1), within a tenth of a byte's step; powers of whole tables are slow."""
    light = np.sqrt(np.clip(np.asarray(linear, np.float32), 0.0, 1.0))  # spreads the dark end, where the curve is steep
    return np.take(_SRGB_OF_ROOT, (light * np.float32(len(_SRGB_OF_ROOT) - 1) + np.float32(0.5)).astype(np.uint16))


def _srgb_of_root() -> NDArray[np.float64]:
    light = np.linspace(0.0, 1.0, 8192) ** 2
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


_SRGB_OF_ROOT = _srgb_of_root()


def _key(tables: ClassTables, row: int) -> bytes:
    """Equal for classes that look the same; colours do not matter where nothing is to be seen."""
    extinction = tables.table[row, :, 3]
    if not extinction.any():
        return b"invisible"
    is_clipped = b"\1" if tables.materials[row, IS_CLIPPED] > 0 else b"\0"
    return bytes(tables.table[row].tobytes() + is_clipped)
