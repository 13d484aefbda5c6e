"""Slice pictures against stored ones. They hold no text, so that they are the same with every font.

After a wanted change: ``LIMNER_STORE_PICTURES=1 pytest tests/visual/test_slice_pictures.py``, then look at the files.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, LabelsEdit, Overwrite, PaintEdit, PaintRule
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from render.screen_map import screen_map
from render.slice_scene import resolve
from session.document import Document
from session.presentation import Plane, PresentationState, SliceCamera, Windowing
from session.preview import Preview, ProposedSegment
from widgets.slice_picture import SlicePicture

REFERENCES = Path(__file__).parent / "references"
SIZE = (240, 200)
SHAPE = (24, 40, 48)
LEAST_EQUAL = 0.999  # share of pixels that may not differ by more than a rounding of the colour


def phantom(affine: np.ndarray, origins: np.ndarray | None = None) -> Volume:
    """An ellipsoid of water with a bright ball at the patient's right front, in space, whatever the grid."""
    geometry = Geometry(SHAPE, affine, None, origins)
    k, j, i = np.indices(SHAPE)
    x, y, z = np.moveaxis(geometry.to_world(np.stack([i, j, k], axis=-1)), -1, 0)
    middle = geometry.to_world([23.5, 19.5, 11.5])
    body = ((x - middle[0]) / 42) ** 2 + ((y - middle[1]) / 33) ** 2 + ((z - middle[2]) / 30) ** 2 < 1
    ball = (x - middle[0] + 18) ** 2 + (y - middle[1] + 12) ** 2 + (z - middle[2] - 8) ** 2 < 9**2
    values = np.where(ball, 250, np.where(body, 40, -900)) + (x - middle[0]) * body
    return Volume(geometry, values.astype(np.int16), Quantity.HU)


def document(volume: Volume, path: Path) -> Document:
    """Two segments on one layer and one that overlaps both."""
    made = Document([volume], Case.create(path / "case.limner", volume.geometry, []))
    labels = (volume.voxels > 200).astype(np.uint8)
    labels[(volume.voxels > 40) & (volume.voxels < 200)] = 2
    segments = [Segment(1, "ball", (230, 80, 60)), Segment(2, "left half", (70, 130, 230))]
    fill = LabelsEdit(Box.whole(SHAPE), labels, {1: 1, 2: 2})
    made.apply(Batch((*(AddSegment(s) for s in segments), fill)), title="Make", tool="test")
    made.apply(AddSegment(Segment(3, "box", (90, 220, 120))), title="Add", tool="test")
    box = Box(4, 22, 8, 24, 10, 34)
    shared = PaintEdit(3, box, np.ones(box.shape, bool), rule=PaintRule(Overwrite.NONE))
    made.apply(shared, title="Paint", tool="test")
    return made


def preview(volume: Volume) -> Preview:
    labels = (volume.voxels > 0).astype(np.uint8)
    labels[:, :, 30:] *= 2
    segments = [ProposedSegment(0, 1, "a", (240, 200, 60), 1), ProposedSegment(0, 2, "b", (200, 90, 220), 1)]
    return Preview("test", "model x@1", "segment.run", {}, [labels], segments)


STRAIGHT = np.diag([2.0, 2.0, 3.0, 1.0])
TILTED = STRAIGHT.copy()
TILTED[1, 2] = 1.2
HEIGHTS = np.cumsum(np.r_[0, np.tile([1.5, 4.5, 3.0], 8)[:23]])
UNEVEN = np.stack([HEIGHTS * 0, HEIGHTS * 0, HEIGHTS], axis=-1)
SHOWN = PresentationState(windowing=Windowing(40, 500))


def camera(plane: Plane, **fields: object) -> PresentationState:
    return replace(SHOWN, slice_cameras={**SHOWN.slice_cameras, plane: SliceCamera(**fields)})  # type: ignore[arg-type]


CASES = {
    "axial": (STRAIGHT, None, Plane.AXIAL, SHOWN, 1.0),
    "coronal": (STRAIGHT, None, Plane.CORONAL, SHOWN, 1.0),
    "sagittal": (STRAIGHT, None, Plane.SAGITTAL, SHOWN, 1.0),
    "axial_zoomed": (STRAIGHT, None, Plane.AXIAL, camera(Plane.AXIAL, zoom=3.0, pan_mm=(-12.0, -9.0)), 1.0),
    "axial_twice_the_pixels": (STRAIGHT, None, Plane.AXIAL, SHOWN, 2.0),
    "outlines_only": (STRAIGHT, None, Plane.AXIAL, replace(SHOWN, shows_fill=False), 1.0),
    "one_hidden": (STRAIGHT, None, Plane.AXIAL, replace(SHOWN, hidden_segments=frozenset({3})), 1.0),
    "inverted": (STRAIGHT, None, Plane.AXIAL, replace(SHOWN, is_inverted=True), 1.0),
    "oblique": (STRAIGHT, None, Plane.CORONAL, camera(Plane.CORONAL, tilt_deg=(20.0, 30.0)), 1.0),
    "slab": (STRAIGHT, None, Plane.CORONAL, camera(Plane.CORONAL, slab_mm=60.0), 1.0),
    "gantry_tilt_sagittal": (TILTED, None, Plane.SAGITTAL, SHOWN, 1.0),
    "uneven_coronal": (STRAIGHT, UNEVEN, Plane.CORONAL, SHOWN, 1.0),
    "preview": (STRAIGHT, None, Plane.AXIAL, replace(SHOWN, hidden_segments=frozenset({2, 3})), 1.0),
}


def painted(name: str, folder: Path, *, is_smooth: bool = True) -> QImage:
    affine, origins, plane, shown, ratio = CASES[name]
    volume = phantom(affine, origins)
    opened = document(volume, folder)
    if name == "preview":
        opened.set_preview(preview(volume))
    center = volume.geometry.to_world([23, 18, 12])
    state = resolve(opened, replace(shown, crosshair_mm=tuple(center.tolist())), plane)
    image = QImage(int(SIZE[0] * ratio), int(SIZE[1] * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    layers = opened.preview.layers if opened.preview is not None else []
    place = screen_map(state.grid, state.camera, *SIZE)
    SlicePicture().paint(painter, QRect(0, 0, *SIZE), state, place, opened.segmentation.layers, layers, is_smooth)
    painter.end()
    opened.close()
    return image


def pixels(image: QImage) -> np.ndarray:
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.array(plain.constBits()).reshape(plain.height(), plain.width(), 4)[..., :3].astype(int)


@pytest.mark.parametrize("name", CASES)
def test_slices_look_as_they_did(name: str, tmp_path: Path, qtbot: QtBot) -> None:
    image, stored = painted(name, tmp_path), REFERENCES / f"slice_{name}.png"
    if os.environ.get("LIMNER_STORE_PICTURES"):
        assert image.save(str(stored))
    reference = QImage(str(stored))
    assert not reference.isNull(), f"{stored.name} is not stored"
    assert pixels(image).shape == pixels(reference).shape
    equal = (np.abs(pixels(image) - pixels(reference)) <= 3).all(axis=-1)
    if equal.mean() < LEAST_EQUAL:
        image.save(str(tmp_path / f"{name}.png"))
    assert equal.mean() >= LEAST_EQUAL, f"see {tmp_path / name}.png"


def test_the_patients_right_is_on_the_left_of_the_screen(tmp_path: Path, qtbot: QtBot) -> None:
    """The bright ball lies at the patient's right front, towards the head: the one thing that must never flip."""
    without_labels = frozenset({1, 2, 3})
    expected = {Plane.AXIAL: ("left", "top"), Plane.CORONAL: ("left", "top"), Plane.SAGITTAL: ("left", "top")}
    volume = phantom(STRAIGHT)
    opened = document(volume, tmp_path)
    ball = volume.geometry.to_world([23.5, 19.5, 11.5]) + np.array([-18, -12, 8])
    for plane, where in expected.items():
        shown = replace(SHOWN, hidden_segments=without_labels, crosshair_mm=tuple(ball.tolist()))
        state = resolve(opened, shown, plane)
        image = QImage(*SIZE, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        place = screen_map(state.grid, state.camera, *SIZE)
        SlicePicture().paint(painter, QRect(0, 0, *SIZE), state, place, opened.segmentation.layers, [], True)
        painter.end()
        rows, columns = np.nonzero(pixels(image)[..., 0] > 200)
        assert ("left" if columns.mean() < SIZE[0] / 2 else "right") == where[0], plane
        assert ("top" if rows.mean() < SIZE[1] / 2 else "bottom") == where[1], plane
    opened.close()


def test_voxels_are_squares_when_nothing_is_smoothed(tmp_path: Path, qtbot: QtBot) -> None:
    smooth, plain = (pixels(painted("axial_zoomed", tmp_path / str(s), is_smooth=s)) for s in (True, False))
    assert len(np.unique(plain.reshape(-1, 3), axis=0)) < len(np.unique(smooth.reshape(-1, 3), axis=0))
