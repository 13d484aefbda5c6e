"""What the scripts about the cinematic view draw: the phantom's torso, and real images where they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imaging.geometry import Geometry
from imaging.opening import list_series, open_series
from imaging.phantom.torso import make_torso
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from render.cinematic.field_source import make_field
from render.cinematic.scene import Field, TracedScene
from render.volume_camera import StandardView, fitted
from render.volume_content import ContentLog, VolumeContent
from render.volume_scene import corners_mm
from session.look.look import Look
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction
from session.presentation import VolumeCamera

LARGE = (300, 512, 512)  # (k, j, i)
SHARED = Path(os.environ.get("LIMNER_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
HEAD, ABDOMEN = "05_ct_head_tilt_variable_spacing/GE", "01_ct_torso_multiorgan/example_ct.nii.gz"


@dataclass(frozen=True, eq=False)
class Subject:
    """An image and the look it is drawn in."""

    name: str
    field: Field
    look: Look

    def scene(self, size_px: tuple[int, int], view: StandardView = StandardView.ANTERIOR) -> TracedScene:
        """The whole of it in one picture."""
        return TracedScene(self.field, None, (), self.look, camera_of(self.field, size_px, view), size_px)


def camera_of(field: Field, size_px: tuple[int, int], view: StandardView = StandardView.ANTERIOR) -> VolumeCamera:
    """A camera that sees all of a field."""
    geometry = Geometry(field.shape, np.asarray(np.linalg.inv(field.index_from_world), np.float64))
    return fitted(corners_mm(geometry), size_px[0] / size_px[1], view)


def torso(shape: tuple[int, int, int] = LARGE) -> Volume:
    """The phantom with as many voxels (k, j, i), each its nearest one in the original; the anatomy keeps its size."""
    made = make_torso().volume
    old = made.geometry
    index = [np.arange(new) * was // new for new, was in zip(shape, old.shape, strict=True)]
    affine = old.affine.copy()
    affine[:3, :3] *= [old.shape[2] / shape[2], old.shape[1] / shape[1], old.shape[0] / shape[0]]
    return Volume(Geometry(shape, affine), np.ascontiguousarray(made.voxels[np.ix_(*index)]), Quantity.HU)


def content_of(volume: Volume) -> VolumeContent:
    """What the 3D view gets of an image without segments."""
    return ContentLog().content(volume, Segmentation(volume.geometry))


def field_of(volume: Volume) -> Field:
    """All voxels."""
    field = make_field(volume, 1 << 30)
    assert field is not None
    return field


# Looks of the benches' own: presets are tuned by eye, and numbers must be comparable from one month to the next.
_IVORY = (
    ColorPoint(220, (0.8, 0.6, 0.46)),
    ColorPoint(350, (0.9, 0.8, 0.64)),
    ColorPoint(800, (0.95, 0.91, 0.82)),
    ColorPoint(1800, (0.98, 0.97, 0.94)),
)
_RED = (
    ColorPoint(-60, (0.9, 0.77, 0.52)),
    ColorPoint(0, (0.66, 0.36, 0.27)),
    ColorPoint(60, (0.52, 0.24, 0.17)),
    ColorPoint(130, (0.66, 0.28, 0.2)),
)
_LOOKS = {
    "ct-bone": TransferFunction(
        (
            ColorPoint(150, (0.72, 0.42, 0.3)),
            ColorPoint(260, (0.82, 0.62, 0.46)),
            ColorPoint(400, (0.9, 0.8, 0.64)),
            ColorPoint(800, (0.95, 0.91, 0.82)),
            ColorPoint(1800, (0.98, 0.97, 0.94)),
        ),
        (
            OpacityPoint(170, 0.0),
            OpacityPoint(230, 0.06),
            OpacityPoint(320, 0.55),
            OpacityPoint(450, 0.88),
            OpacityPoint(900, 0.97),
        ),
    ),
    "ct-muscle-and-bone": TransferFunction(
        _RED + _IVORY,
        (
            OpacityPoint(-20, 0.0),
            OpacityPoint(20, 0.04),
            OpacityPoint(60, 0.45),
            OpacityPoint(110, 0.6),
            OpacityPoint(200, 0.65),
            OpacityPoint(350, 0.9),
            OpacityPoint(900, 0.97),
        ),
    ),
}


def look_named(name: str) -> Look:
    """A fixed look: functions of the presets of that name as they were first written, with the default light."""
    return Look(name=name, transfer=_LOOKS[name])


def subjects(wanted: dict[str, tuple[str, str]]) -> Iterator[Subject]:
    """Images that are there, the phantom in the place of those that are not.

    Args:
        wanted: by name, the path below the folder of real images and the preset.
    """
    for name, (path, preset) in wanted.items():
        found = SHARED / path
        if found.exists():
            yield Subject(name, field_of(open_series(list_series(found)[0])[0]), look_named(preset))
        else:
            yield Subject(f"phantom for the {name}", field_of(torso((160, 192, 256))), look_named(preset))
