"""Pictures and movies keep to the memory that a person allows for 3D, as the view does."""

from __future__ import annotations

import numpy as np
import pytest

from app.pictures.artist import artist
from app.pictures.manner import Manner
from app.pictures.scenes import SceneMaker, Shown
from imaging.geometry import Geometry
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render import volume_memory
from render.still import Backend
from render.volume_camera import StandardView, fitted
from render.volume_content import ContentLog
from render.volume_scene import corners_mm
from session.look.look import Look
from session.presentation import VolumeMode


@pytest.fixture
def volume() -> Volume:
    """64 voxels along each axis."""
    geometry = Geometry((64, 64, 64), np.eye(4))
    return Volume(geometry, np.zeros(geometry.shape, np.int16))


def reduction(volume: Volume, most_memory_mb: int) -> int:
    """How many voxels per axis one of the picture's stands for."""
    manner = Manner(VolumeMode.CINEMATIC, (32, 32), Backend.NUMBA, most_memory_mb=most_memory_mb)
    camera = fitted(corners_mm(volume.geometry), 1.0, StandardView.ANTERIOR)
    shown = Shown(ContentLog().content(volume, Segmentation(volume.geometry)))
    with artist(manner) as one:
        scene = SceneMaker(shown, one.largest_edge, one.most_voxels).scene(Look(), camera)
    return scene.content.field.reduction


def test_a_limit_reduces_the_volume_of_a_picture(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_memory, "BYTES_PER_VOXEL", 30)  # 64^3 voxels take 7.9 MB, 32^3 one
    assert reduction(volume, 0) == 1
    assert reduction(volume, 8) == 1
    assert reduction(volume, 1) == 2


def test_half_of_a_cards_memory_is_used() -> None:
    assert volume_memory.voxels_on_card(8 << 30) == 1 << 30
