"""Images of nobody for the pictures in this folder: the phantoms of torso and head, and made-up MR and PET."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.phantom.head import HeadPhantom, make_head
from imaging.phantom.labels import NAMES
from imaging.phantom.torso import Phantom, make_torso
from imaging.segment import Color, Segment
from imaging.segmentation import Segmentation
from imaging.terminology import lookup
from imaging.volume import Quantity, Volume

SCALE = 0.7  # of the phantom's grid
AIR_HU = -1000
METAL_HU = 3000
SOFT_HU = 30
CONTRAST_HU = 170  # more than the phantom has
ARTERIES = ("heart", "aorta", "pulmonary_vessels", "abdominal_vessels", "iliac_vessels", "brachiocephalic_vessels")
BLUR_VOXELS = (1.4, 3.0, 3.0)  # of PET
BECQUERELS = 4000.0  # per ml at an SUV of 1

UPTAKES = {"liver": 2.4, "lesion": 12.0, "spleen": 2.0, "heart": 4.0, "kidney": 7.0, "nodule": 12.0, "vertebrae": 1.5}
VESSELS = ("aorta", "vena_cava", "vessels", "portal_vein")


@cache
def phantom() -> Phantom:
    """The phantom without its table."""
    made = make_torso(scale=SCALE)
    voxels = np.where(made.truth == 0, np.int16(AIR_HU), made.volume.voxels)
    return replace(made, volume=replace(made.volume, voxels=voxels))


def ct() -> Volume:
    """The phantom's CT."""
    return phantom().volume


def ct_with_metal() -> Volume:
    """The CT with two rods and screws along the spine."""
    volume = ct()
    voxels = volume.voxels.copy()
    k, j, i = (
        axis[part] for axis, part in zip(_axes(volume.geometry), np.ix_(*[range(n) for n in voxels.shape]), strict=True)
    )
    body = np.argwhere(phantom().mask("vertebrae_L3"))
    middle = volume.geometry.to_world(body.mean(axis=0)[::-1])
    for side in (-1, 1):
        x = i - middle[0] - side * 20.0
        y = j - middle[1] - 14.0
        z = k - middle[2]
        rod = (x**2 + y**2 < 5.0**2) & (abs(z) < 55)
        screw = (x**2 + ((z + 16.5) % 33 - 16.5) ** 2 < 4.0**2) & (y < 4) & (y > -34) & (abs(z) < 55)
        voxels[rod | screw] = METAL_HU
    return replace(volume, voxels=voxels)


def ct_with_contrast() -> Volume:
    """The CT as soon after an injection: heart and arteries bright."""
    volume = ct()
    voxels = volume.voxels.copy()
    for name in ARTERIES:
        voxels[phantom().mask(name)] += CONTRAST_HU
    return replace(volume, voxels=voxels)


def ct_of_heart() -> Volume:
    """The same without bone, which would hide the heart."""
    volume = ct_with_contrast()
    voxels = np.where(phantom().mask("skeleton"), np.int16(SOFT_HU), volume.voxels)
    return replace(volume, voxels=voxels)


def mr_torso() -> Volume:
    """A made-up MR image: fat bright, vessels dark as flowing blood is."""
    signals = {"fat": 0.95, "lung": 0.03, "liver": 0.6, "spleen": 0.5, "heart": 0.4, "kidney": 0.55, "skin": 0.4}
    return _painted({**dict.fromkeys(VESSELS, 0.1), **signals, "vertebrae": 0.6, "rib_": 0.2}, 0.3)


def mr_vessels() -> Volume:
    """A made-up MR angiogram: little but the vessels."""
    return _painted({**dict.fromkeys(VESSELS, 1.0), "kidney": 0.75, "heart": 0.6}, 0.12)


def pet() -> Volume:
    """A made-up PET image in SUV, as blurred as such are."""
    from scipy import ndimage

    painted = _painted({**UPTAKES, "lung_": 0.4, "fat": 0.3}, 0.7)
    voxels = ndimage.gaussian_filter(painted.voxels, BLUR_VOXELS)
    return replace(painted, voxels=voxels, quantity=Quantity.SUVBW)


def pet_activity() -> Volume:
    """The same in Bq/ml."""
    image = pet()
    return replace(image, voxels=image.voxels * np.float32(BECQUERELS), quantity=Quantity.ACTIVITY)


@cache
def head() -> HeadPhantom:
    """The head in CT and MR."""
    return make_head()


def head_ct() -> Volume:
    """The head's CT."""
    return head().ct.volume


def head_mr() -> Volume:
    """The head's T1-weighted MR image."""
    return head().mr.volume


def segments(*names: str) -> Segmentation:
    """Some of the phantom's structures as segments in the terminology's colours.

    Args:
        names: words that the structures' names start with.
    """
    truth = phantom().truth
    found = Segmentation(phantom().volume.geometry)
    chosen = [(name, n) for name, n in NAMES.items() if name.startswith(names)]
    counts = np.bincount(truth.reshape(-1), minlength=256)
    records = [Segment(place, name, _color(name), n) for place, (name, n) in enumerate(chosen, start=1)]
    labels = np.where(np.isin(truth, [n for _, n in chosen]), truth, np.uint8(0))
    found.load(records, [labels], len(records), [int(counts[n]) for _, n in chosen])
    return found


def _color(name: str) -> Color:
    if name.startswith(("rib_", "vertebrae_", "sternum", "hip_", "sacrum", "scapula_", "clavicula_")):
        return (226, 210, 180)  # the terminology tells single bones apart, but a skeleton is of one colour
    term = lookup(name)
    return term.color if term is not None else (200, 60, 50)


def _painted(values: dict[str, float], otherwise: float) -> Volume:
    """A value for every structure by the first word that its name has; 0 outside the body."""
    table = np.zeros(256, np.float32)
    for name, number in NAMES.items():
        table[number] = next((value for word, value in values.items() if word in name), otherwise)
    voxels: NDArray[np.float32] = table[phantom().truth]
    return replace(ct(), voxels=voxels, quantity=Quantity.SIGNAL, default_window=())


def _axes(geometry: Geometry) -> list[NDArray[np.float64]]:
    """World positions along k, j and i, for a grid that stands straight."""
    return [
        geometry.affine[axis, 3] + geometry.affine[axis, axis] * np.arange(n)
        for axis, n in zip((2, 1, 0), geometry.shape, strict=True)
    ]
