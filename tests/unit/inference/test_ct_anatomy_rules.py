"""The whole model on a trunk given by formulas: any geometry, contrast, emphysema, cropped fields, refusals."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.volume import Quantity
from inference.model import Model, ModelResult, RunCancelled
from inference.models.ct_anatomy_rules import LABELS, SKELETON, CtAnatomyRules

LUNGS = (2, 3)


def run(voxels: Any, geometry: Geometry) -> ModelResult:
    return CtAnatomyRules().run(voxels, geometry, {}, lambda fraction, text: None, lambda: False)


def scores(result: ModelResult, truth: dict[str, Any], dice: Any) -> dict[str, float]:
    return {label.term_name: dice(result.mask(label.label_value), truth[label.term_name]) for label in LABELS}


def turned(geometry: Geometry, rotation: Any) -> Geometry:
    """The grid turned about its own middle."""
    centre = geometry.to_world((np.array(geometry.shape[::-1]) - 1) / 2)
    affine = geometry.affine.copy()
    affine[:3, :3] = rotation @ affine[:3, :3]
    affine[:3, 3] = centre + rotation @ (geometry.affine[:3, 3] - centre)
    return Geometry(geometry.shape, affine)


def rotation_deg(axis: int, angle: float) -> Any:
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    matrix = np.eye(3)
    a, b = [n for n in range(3) if n != axis]
    matrix[a, a], matrix[a, b], matrix[b, a], matrix[b, b] = c, -s, s, c
    return matrix


@pytest.mark.parametrize(
    "contents",
    [{}, {"vessel_hu": 40, "kidney_hu": 40}, {"lung_hu": -945}, {"noise_hu": 30}, {"with_table": False}],
    ids=["contrast", "plain", "emphysema", "noise", "no table"],
)
def test_it_finds_everything_in_a_whole_trunk(contents: Any, trunk: Any, trunk_geometry: Geometry, dice: Any) -> None:
    voxels, truth = trunk(trunk_geometry, **contents)
    result = run(voxels, trunk_geometry)
    assert min(scores(result, truth, dice).values()) > 0.95
    assert dice(voxels > 200, truth["skeleton"]) < dice(result.mask(SKELETON), truth["skeleton"]) - 0.1
    assert all(result.found.values())
    assert result.notes == ()


def test_body_holds_all_the_others_and_is_last_when_merged(trunk: Any, trunk_geometry: Geometry) -> None:
    result = run(trunk(trunk_geometry)[0], trunk_geometry)
    anatomy, body = result.layers
    assert not (anatomy.astype(bool) & ~body.astype(bool)).any()
    assert set(np.unique(result.merged())) == set(range(8))
    assert np.array_equal(result.merged() > 0, body > 0)


@pytest.mark.parametrize(
    ("order", "flips"), [((0, 1, 2), (1, 2)), ((0, 1, 2), (0,)), ((2, 1, 0), ()), ((1, 2, 0), (1, 2))]
)
def test_left_is_left_however_the_axes_lie(order: Any, flips: Any, trunk: Any, trunk_geometry: Geometry) -> None:
    """A stored array may start anywhere in the patient and run in any order; the result is the same voxel by voxel."""
    voxels, _truth = trunk(trunk_geometry)
    upright = run(voxels, trunk_geometry).merged()
    moved = np.flip(voxels.transpose(order), flips)
    columns = [2 - order[axis] for axis in range(3)]  # which old affine column each new array axis runs along
    affine = trunk_geometry.affine.copy()
    for axis in range(3):
        column = trunk_geometry.affine[:3, columns[axis]].copy()
        if axis in flips:
            affine[:3, 3] += column * (moved.shape[axis] - 1)
            column = -column
        affine[:3, 2 - axis] = column
    result = run(moved, Geometry(moved.shape, affine)).merged()
    assert np.mean(result != np.flip(upright.transpose(order), flips)) < 0.002


@pytest.mark.parametrize(("axis", "angle"), [(2, 20), (0, 15), (1, -12)])
def test_an_oblique_grid(axis: int, angle: float, trunk: Any, trunk_geometry: Geometry, dice: Any) -> None:
    geometry = turned(trunk_geometry, rotation_deg(axis, angle))
    voxels, truth = trunk(geometry)
    found = scores(run(voxels, geometry), truth, dice)
    assert min(found[name] for name in ("lung_left", "lung_right", "body")) > 0.97
    assert found["skeleton"] > 0.9


def test_a_tilted_gantry_with_uneven_slices(trunk: Any, dice: Any) -> None:
    heights = np.cumsum(np.r_[0, np.tile([2.0, 5.0, 4.0, 7.0], 12)])
    affine = np.diag([2.5, 2.5, 4.5, 1.0])
    affine[:3, 3] = (-165, -115, -110)
    origins = affine[:3, 3] + heights[:, None] * np.array([0, np.tan(np.radians(18)), 1]) - [0, 20, 0]
    geometry = Geometry((len(heights), 112, 133), affine, slice_origins_mm=origins)
    voxels, truth = trunk(geometry)
    found = scores(run(voxels, geometry), truth, dice)
    assert min(found[name] for name in ("lung_left", "lung_right", "body")) > 0.95
    assert found["skeleton"] > 0.85


@pytest.mark.parametrize("spacing", [(0.9, 0.9, 2.0), (1.2, 1.2, 5.0)], ids=["fine", "thick slices"])
def test_borders_are_drawn_at_the_volumes_own_size(spacing: Any, trunk: Any, dice: Any) -> None:
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = (-160, -110, 0)
    geometry = Geometry((int(80 / spacing[2]), int(240 / spacing[1]), int(320 / spacing[0])), affine)
    voxels, truth = trunk(geometry)
    found = scores(run(voxels, geometry), truth, dice)
    assert min(found[name] for name in ("lung_left", "lung_right", "body", "skeleton")) > 0.96


@pytest.mark.parametrize(("box", "side"), [((38, 78, 17, 58, 60, 92), "left"), ((38, 78, 17, 58, 18, 52), "right")])
def test_one_lung_cut_close_with_no_outside_air(
    box: Any, side: str, trunk: Any, trunk_geometry: Any, dice: Any
) -> None:
    part = Box(*box)
    voxels, truth = trunk(trunk_geometry, lung_hu=-930)
    geometry = trunk_geometry.cropped(part)
    result = run(voxels[part.slices], geometry)
    lung = np.isin(result.merged(), LUNGS)
    assert dice(lung, (truth["lung_left"] | truth["lung_right"])[part.slices]) > 0.95
    assert result.found[2 if side == "left" else 3]
    assert not result.found[3 if side == "left" else 2]


def test_no_lung_is_invented_in_an_abdomen(trunk: Any, trunk_geometry: Geometry) -> None:
    """Below the chest there is a loop of bowel with 140 ml of gas; naive thresholds call it lung."""
    part = Box(0, 34, 0, 82, 0, 111)
    voxels, truth = trunk(trunk_geometry)
    result = run(voxels[part.slices], trunk_geometry.cropped(part))
    assert truth["bowel_gas"][part.slices].sum() * 0.027 > 100
    assert [result.found[value] for value in (2, 3, 4)] == [False, False, False]
    assert "Left lung: not found" in result.notes


def test_padding_outside_a_round_field_is_not_gas(trunk: Any, trunk_geometry: Geometry, dice: Any) -> None:
    voxels, truth = trunk(trunk_geometry)
    _k, j, i = np.indices(voxels.shape)
    outside = (i - 55) ** 2 + (j - 38) ** 2 > 34**2  # cuts through both lungs
    for padding in (-3024, -2000, -1024):
        cut = np.where(outside, padding, voxels).astype(np.int16)
        result = run(cut, trunk_geometry)
        lungs = (truth["lung_left"] | truth["lung_right"]) & ~outside
        assert dice(np.isin(result.merged(), LUNGS), lungs) > 0.95
        assert not result.merged()[outside].any()


def test_a_single_slice_and_tiny_volumes_do_not_fail(trunk: Any, trunk_geometry: Geometry) -> None:
    voxels, _truth = trunk(trunk_geometry)
    for box in (Box(50, 52, 30, 33, 40, 41), Box(50, 51, 30, 31, 42, 43), Box(0, 80, 40, 41, 55, 56)):
        result = run(voxels[box.slices], trunk_geometry.cropped(box))
        assert all(layer.shape == box.shape for layer in result.layers)
    single = run(voxels[50:51], trunk_geometry.cropped(Box(50, 51, 0, 82, 0, 111)))
    assert single.found[1]
    assert single.found[SKELETON]


def test_values_that_are_not_ct_are_refused(trunk_geometry: Geometry) -> None:
    rng = np.random.default_rng(0)
    mr = np.abs(rng.normal(300, 200, (8, 20, 20)))
    for values in (mr, np.zeros((8, 20, 20)), np.full((8, 20, 20), np.nan), rng.integers(0, 4, (8, 20, 20))):
        with pytest.raises(UserError, match="not Hounsfield"):
            run(values, Geometry((8, 20, 20), np.eye(4)))


@pytest.mark.parametrize(
    ("quantity", "modality"),
    [(Quantity.SUVBW, "PT"), (Quantity.SIGNAL, "MR"), (Quantity.HU, "PT"), (Quantity.COLOUR, "")],
)
def test_other_modalities_are_refused_before_the_run(quantity: Quantity, modality: str) -> None:
    with pytest.raises(UserError, match="needs a CT image"):
        CtAnatomyRules().check(Geometry((2, 2, 2), np.eye(4)), quantity, modality)


def test_ct_and_files_without_a_modality_are_taken() -> None:
    for quantity, modality in ((Quantity.HU, "CT"), (Quantity.HU, ""), (Quantity.SIGNAL, "")):
        CtAnatomyRules().check(Geometry((2, 2, 2), np.eye(4)), quantity, modality)


def test_unknown_parameters_are_refused(trunk_geometry: Geometry) -> None:
    with pytest.raises(UserError, match="takes no options, and was given “speed”"):
        CtAnatomyRules().run(np.zeros((2, 2, 2)), trunk_geometry, {"speed": 3}, lambda f, t: None, lambda: False)


def test_progress_rises_and_stages_are_timed(trunk: Any, trunk_geometry: Geometry) -> None:
    told: list[float] = []
    voxels, _truth = trunk(trunk_geometry)
    model: Model = CtAnatomyRules()
    result = model.run(voxels, trunk_geometry, {}, lambda fraction, text: told.append(fraction), lambda: False)
    assert told == sorted(told)
    assert told[-1] == 1
    assert {"coarse grid", "gas", "skeleton", "full size"} <= set(result.seconds)


@pytest.mark.parametrize("after", [0, 3, 6])
def test_cancelling_stops_the_run(after: int, trunk: Callable[..., Any], trunk_geometry: Geometry) -> None:
    voxels, _truth = trunk(trunk_geometry)
    stages: list[str] = []
    with pytest.raises(RunCancelled):
        CtAnatomyRules().run(
            voxels, trunk_geometry, {}, lambda fraction, text: stages.append(text), lambda: len(stages) > after
        )


def test_the_input_is_left_alone(trunk: Any, trunk_geometry: Geometry) -> None:
    voxels, _truth = trunk(trunk_geometry)
    before = voxels.copy()
    voxels.setflags(write=False)
    run(voxels, trunk_geometry)
    assert np.array_equal(voxels, before)


def test_importing_the_model_loads_nothing_heavy() -> None:
    heavy = "[m for m in ('scipy', 'cc3d', 'torch') if m in sys.modules]"
    program = f"import sys, inference.models.ct_anatomy_rules; print({heavy})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
