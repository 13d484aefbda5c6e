"""What a worker says of the arrays that it shares, read with distrust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from inference.answers import ResultInvalid

_ARRAY_TYPES = ("|u1", "<u2")


def array_types(answer: Mapping[str, Any], shape: tuple[int, ...]) -> list[np.dtype[Any]]:
    """The types of all arrays of an answer, layers before maps.

    Raises:
        ResultInvalid: one has another shape than this, or a type that labels do not have.
    """
    types: list[np.dtype[Any]] = []
    for part in ("layers", "maps"):
        described = answer.get(part, [])
        if not isinstance(described, list):
            raise ResultInvalid(f"its {part} are not described")
        for array in described:
            of, dtype = (array.get("shape"), array.get("dtype")) if isinstance(array, dict) else (None, None)
            if of != list(shape):
                raise ResultInvalid(f"a layer has the shape {str(of)[:40]} and the image {shape}")
            if dtype not in _ARRAY_TYPES:
                raise ResultInvalid(f"a layer has the type {str(dtype)[:40]}")
            types.append(np.dtype(dtype))
    return types
