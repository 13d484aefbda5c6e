"""What a click in a traced picture hits, and which looks the eye buttons make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.volume import Volume
from render.cinematic.effective_look import effective_look
from render.cinematic.field_source import make_field
from render.cinematic.picking import first_visible
from render.cinematic.scene import CUT, ClassMap, ClassRecord
from render.cinematic.tables import class_tables
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import OpacityPoint, TransferFunction

SHEARED = np.array([[0.0, 1.0, 0.0, -7.0], [1.0, 0.0, 0.5, 11.0], [0.0, 0.0, 2.0, 3.0], [0.0, 0.0, 0.0, 1.0]])
OPAQUE = TransferFunction(opacities=(OpacityPoint(499.0, 0.0), OpacityPoint(501.0, 0.99)))
GHOST, HIDDEN = SegmentLook(Visibility.GHOST), SegmentLook(Visibility.HIDDEN)


def scan(shape: tuple[int, int, int] = (20, 24, 30)) -> NDArray[np.int16]:
    """1000 from row 8 on, 0 before."""
    voxels = np.zeros(shape, np.int16)
    voxels[:, 8:] = 1000
    return voxels


def pick(
    voxels: NDArray[np.int16],
    look: Look,
    i: float = 10,
    k: float = 5,
    classes: NDArray[np.uint8] | None = None,
    affine: NDArray[np.float64] = SHEARED,
    most_mm: float = np.inf,
) -> NDArray[np.float64] | None:
    """The index (i, j, k) that is hit on the way along j, from far outside."""
    geometry = Geometry(voxels.shape, affine)
    field = make_field(Volume(geometry, voxels), 10**9)
    assert field is not None
    numbers = (1, 2) if classes is not None else ()
    class_map = ClassMap(classes, numbers, np.zeros(3)) if classes is not None else None
    tables = class_tables(look, field, class_map, tuple(ClassRecord(n, (255, 0, 0)) for n in numbers))
    start, ahead = geometry.to_world([[i, -50, k], [i, -49, k]])
    way = (ahead - start) * 3.7
    point = first_visible(field, class_map, tables, look.cut, tuple(start), tuple(way), most_mm)
    return None if point is None else geometry.to_index(point)


def expect(index: NDArray[np.float64] | None, i: float, j: float, k: float, within: float = 0.3) -> None:
    assert index is not None
    assert index == pytest.approx([i, j, k], abs=within)


def test_the_surface_is_where_half_of_the_light_is_taken() -> None:
    expect(pick(scan(), Look(transfer=OPAQUE)), 10, 7.65, 5, within=0.1)


def test_rays_that_meet_nothing_or_miss_the_grid() -> None:
    assert pick(scan() * 0, Look(transfer=OPAQUE)) is None
    assert pick(scan(), Look(transfer=OPAQUE), i=40) is None
    assert pick(scan(), Look(transfer=OPAQUE), i=-0.6) is None
    assert pick(scan(), Look(transfer=OPAQUE), most_mm=50) is None


def test_a_single_slice() -> None:
    expect(pick(scan((1, 24, 30)), Look(transfer=OPAQUE), k=0), 10, 7.65, 0, within=0.1)


def test_anisotropic_grids() -> None:
    expect(pick(scan(), Look(transfer=OPAQUE), affine=np.diag([0.3, 2.0, 5.0, 1.0])), 10, 7.65, 5, within=0.2)


def test_planes_and_the_box_are_respected() -> None:
    geometry = Geometry((20, 24, 30), SHEARED)
    at = geometry.to_world([10, 14, 5])
    plane = Cut((ClipPlane(tuple(at), tuple(geometry.affine[:3, 1])),))
    expect(pick(scan(), Look(transfer=OPAQUE, cut=plane)), 10, 14, 5)
    box = Cut(box=CropBox((0.0, 0.5, 0.0), (1.0, 1.0, 1.0)))
    expect(pick(scan(), Look(transfer=OPAQUE, cut=box)), 10, 11.5, 5)


def test_segments_that_cuts_leave_alone() -> None:
    classes = np.zeros((20, 24, 30), np.uint8)
    classes[:, 10:12] = 1
    look = Look(transfer=OPAQUE, cut=Cut(box=CropBox((0.0, 0.75, 0.0), (1.0, 1.0, 1.0))))
    expect(pick(scan(), look, classes=classes), 10, 17.5, 5)
    expect(pick(scan(), look.with_segment(1, SegmentLook(is_clipped=False)), classes=classes), 10, 9.5, 5)


def test_hidden_and_cut_away_voxels_are_passed() -> None:
    classes = np.zeros((20, 24, 30), np.uint8)
    classes[:, :12] = 1
    classes[:, 12:15] = CUT
    expect(pick(scan(), Look(transfer=OPAQUE).with_segment(1, HIDDEN), classes=classes), 10, 14.5, 5)


def test_a_ghost_is_hit_only_when_nothing_else_is_there() -> None:
    classes = np.zeros((20, 24, 30), np.uint8)
    classes[:, 8:20] = 1
    look = Look(transfer=OPAQUE, matter=(200.0, 300.0), ghost=0.2).with_segment(1, GHOST)
    expect(pick(scan(), look, classes=classes), 10, 19.5, 5)
    alone = replace(look, rest=HIDDEN)
    index = pick(scan(), alone, classes=classes)
    assert index is not None
    assert 8 < index[1] < 14


def test_gradient_opacity_counts() -> None:
    edges_only = replace(OPAQUE, gradient_opacities=(OpacityPoint(0.0, 0.0), OpacityPoint(400.0, 1.0)))
    voxels = scan()
    voxels[:, :3] = 1000
    expect(pick(voxels, Look(transfer=edges_only)), 10, 2, 5, within=0.6)
    assert pick(np.where(voxels >= 0, np.int16(1000), 0).astype(np.int16), Look(transfer=edges_only)) is None


def test_closed_eyes_hide() -> None:
    segments = [ClassRecord(1, (0, 0, 0)), ClassRecord(2, (0, 0, 0), encloses=True), ClassRecord(3, (0, 0, 0))]
    look = Look(rest=SegmentLook(tint=0.5)).with_segment(3, SegmentLook(tint=0.7))
    assert effective_look(look, frozenset(), segments) is look
    assert effective_look(look, frozenset({77}), segments) is look
    hidden = effective_look(look, frozenset({2, 3, 77}), segments)
    assert [entry.number for entry in hidden.segments] == [2, 3]
    assert hidden.of_segment(1).visibility is Visibility.SHOWN
    assert hidden.of_segment(2, True) == SegmentLook(Visibility.HIDDEN, tint=0.5)
    assert hidden.of_segment(3) == SegmentLook(Visibility.HIDDEN, tint=0.7)
    assert hidden.rest.visibility is Visibility.SHOWN
