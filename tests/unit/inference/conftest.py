"""A simple trunk given by formulas, so that the same anatomy can be sampled on any geometry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Geometry

Mask = NDArray[np.bool_]
Trunk = tuple[NDArray[np.int16], dict[str, Mask]]


@dataclass(frozen=True)
class Contents:
    """What the trunk is filled with.

    ``vessel_hu`` and ``kidney_hu`` of 40 mean no contrast; ``lung_hu`` of -950 means emphysema.
    """

    vessel_hu: float = 300.0
    kidney_hu: float = 220.0
    lung_hu: float = -860.0
    noise_hu: float = 12.0
    with_table: bool = True


def _ellipse(x: Any, y: Any, a: float, b: float) -> Any:
    return (x / a) ** 2 + (y / b) ** 2 < 1


def _ellipsoid(point: Any, centre: tuple[float, float, float], size: tuple[float, float, float]) -> Any:
    return sum(((p - c) / s) ** 2 for p, c, s in zip(point, centre, size, strict=True)) < 1


def _draw(x: Any, y: Any, z: Any, contents: Contents) -> tuple[NDArray[np.float64], dict[str, Mask]]:
    """HU and truth at LPS positions (mm): abdomen below z = 0, chest above, spine behind, liver at x < 0 (right)."""
    hu = np.full(x.shape, -1000.0)
    if contents.with_table:
        hu[(y > 103) & (y < 118) & (abs(x) < 150)] = -920
        hu[(y >= 118) & (y < 122) & (abs(x) < 160)] = 150
    body, muscle, cavity = _ellipse(x, y, 150, 100), _ellipse(x, y, 130, 82), _ellipse(x, y, 112, 66)
    hu[body], hu[muscle], hu[cavity] = -100, 50, -100
    hu[cavity & _ellipsoid((x, y, z), (-50, -5, -30), (55, 50, 45))] = 60
    kidneys = _ellipsoid((x, y, z), (58, 25, -60), (24, 22, 40)) | _ellipsoid((x, y, z), (-58, 30, -70), (24, 22, 36))
    hu[kidneys] = contents.kidney_hu
    bowel = _ellipsoid((x, y, z), (30, -35, -70), (50, 24, 28))
    hu[_ellipsoid((x, y, z), (30, -35, -70), (54, 28, 32))] = 40
    hu[bowel] = -995
    hu[cavity & (z > 0)] = 45
    texture = np.sin(x / 3.1) * np.sin(y / 3.7) + np.sin(y / 4.1) * np.sin(z / 3.3) + np.sin(z / 4.7) * np.sin(x / 5.3)
    left = _ellipsoid((x, y, z), (60, -5, 40), (44, 56, 90)) & (z > 0)
    right = _ellipsoid((x, y, z), (-60, -5, 40), (44, 56, 90)) & (z > 0)
    hu[left | right] = (contents.lung_hu + 60 * texture)[left | right]
    trachea = ((x / 9) ** 2 + ((y - 5) / 9) ** 2 < 1) & (z > 50)
    hu[((x / 11) ** 2 + ((y - 5) / 11) ** 2 < 1) & (z > 50)], hu[trachea] = 40, -1000
    aorta = (x - 14) ** 2 + (y - 28) ** 2 < 11**2
    hu[aorta] = contents.vessel_hu
    rib = _ellipse(x, y, 126, 78) & ~_ellipse(x, y, 116, 70) & (np.mod(z, 24) < 9) & (z > -20)
    vertebra, marrow = x**2 + (y - 58) ** 2 < 20**2, x**2 + (y - 58) ** 2 < 17**2
    arch, canal = x**2 + (y - 84) ** 2 < 13**2, x**2 + (y - 84) ** 2 < 9**2
    hu[rib], hu[arch], hu[vertebra], hu[marrow], hu[canal] = 400, 500, 600, 150, 20
    bone = (rib | arch | vertebra) & ~canal
    inner = muscle & ~_ellipse(x, y, 128, 80)
    truth = {"body": body, "lung_left": left & ~trachea, "lung_right": right & ~trachea, "airways": trachea}
    truth |= {"skeleton": bone, "bowel_gas": bowel, "aorta": aorta, "kidneys": kidneys, "canal": canal}
    truth |= {"subcutaneous_fat": body & ~muscle, "visceral_fat": cavity & (hu == -100) & ~inner}
    return hu, truth


@pytest.fixture
def trunk() -> Callable[..., Trunk]:
    """``trunk(geometry, **contents)`` gives int16 voxels (k, j, i) and boolean masks of the truth."""
    from scipy import ndimage

    def sample(geometry: Geometry, **contents: Any) -> Trunk:
        filling = Contents(**contents)
        k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij")
        points = geometry.to_world(np.stack([i, j, k], axis=-1))
        hu, truth = _draw(points[..., 0], points[..., 1], points[..., 2], filling)
        blurred = ndimage.gaussian_filter(hu, 0.4)
        noise = np.random.default_rng(5).normal(0, filling.noise_hu, hu.shape)
        return (blurred + noise).round().astype(np.int16), truth

    return sample


@pytest.fixture
def trunk_geometry() -> Geometry:
    """An upright 3 mm grid that holds the trunk, the room's air and the table."""
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = (-165, -115, -110)
    return Geometry((80, 82, 111), affine)


@pytest.fixture
def dice() -> Callable[[Any, Any], float]:
    """Dice's coefficient of two masks."""
    return lambda a, b: float(2 * np.logical_and(a, b).sum() / max(1, a.sum() + b.sum()))
