"""Slices as pictures without a window: the segment is where it belongs, and nothing else changes colour."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from render.slice_pictures import slice_picture
from session.presentation import Plane, Windowing

SIZE = (200, 200)


@pytest.fixture
def volume() -> Volume:
    geometry = Geometry((20, 20, 20), np.eye(4))
    return Volume(geometry, np.zeros((20, 20, 20), np.int16), Quantity.HU)


@pytest.fixture
def corner(volume: Volume) -> Segmentation:
    """One red segment in the octant of low indices: right, front, low."""
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[:11, :10, :10] = 1
    segmentation = Segmentation(volume.geometry)
    segmentation.load([Segment(1, "corner", (255, 0, 0))], [labels], 1, [int(labels.sum())])
    return segmentation


@pytest.mark.parametrize(
    ("plane", "rows", "columns"),
    [
        # Radiological convention: the patient's right and front stand left and at the top, the head at the top.
        (Plane.AXIAL, slice(30, 80), slice(30, 80)),
        (Plane.CORONAL, slice(120, 170), slice(30, 80)),
    ],
)
def test_segment_is_red_in_its_quarter_only(
    volume: Volume, corner: Segmentation, plane: Plane, rows: slice, columns: slice
) -> None:
    windowing = Windowing(0.0, 100.0)
    at = (9.0, 9.0, 9.0)
    plain = slice_picture(volume, None, plane, at, SIZE, windowing).astype(int)
    drawn = slice_picture(volume, corner, plane, at, SIZE, windowing).astype(int)
    changed = (plain != drawn).any(axis=2)
    assert changed[rows, columns].all()
    assert (drawn[rows, columns, 0] > drawn[rows, columns, 2]).all()
    opposite = np.zeros_like(changed)
    opposite[rows, columns] = True
    assert not changed[opposite[::-1, ::-1]].any()


def test_hidden_segments_are_left_out(volume: Volume, corner: Segmentation) -> None:
    windowing = Windowing(0.0, 100.0)
    plain = slice_picture(volume, None, Plane.AXIAL, size_px=SIZE, windowing=windowing)
    hidden = slice_picture(volume, corner, Plane.AXIAL, size_px=SIZE, windowing=windowing, hidden=frozenset({1}))
    np.testing.assert_array_equal(plain, hidden)
