"""Clara's deepgrow models: steps as MONAI has them, results where somebody clicked, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.packaged_model import PackagedModel
from inference.engine.parameters import RunParameters
from inference.engine.planning import plan_run
from inference.engine.preparing import prepare, start
from inference.model import ModelResult
from inference.opening.mmar import open_folder
from inference.packages.clara_mmar import read
from inference.packages.package import read_package
from inference.prompts import Prompts

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("monai", reason="steps are MONAI's (install with --ai)")
import made_models  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
UPRIGHT = Geometry((16, 60, 70), np.diag([-1.0, -1.0, 3.0, 1.0]))
# i, j, k run along y, z, x; j is flipped
TURNED = Geometry((14, 60, 52), np.array([[0.0, 0, 3.0, 9], [1.3, 0, 0, 4], [0, -0.9, 0, 7], [0, 0, 0, 1.0]]))
INSIDE, OUTSIDE = (30, 22, 9), (34, 25, 5)


def voxels(grid: Geometry) -> NDArray[np.int16]:
    smooth = np.random.default_rng(1).normal(0, 1, grid.shape).cumsum(-1).cumsum(-2)
    return np.asarray(np.round(40 * smooth).astype(np.int16))


def made(folder: Path, **more: Any) -> Path:
    return made_models.deepgrow_network(made_models.deepgrow(folder, **more))


def run(folder: Path, grid: Geometry, **prompts: Any) -> ModelResult:
    parameters = {"prompts": prompts, "doubt": True}
    return PackagedModel(folder).run(voxels(grid), grid, parameters, lambda fraction, message: None, lambda: False)


def test_the_volume_is_prepared_as_monai_does_it(tmp_path: Path) -> None:
    from monai.apps.deepgrow import transforms as grow
    from monai.transforms import NormalizeIntensity

    folder = made(tmp_path / "grow", Resized={"keys": "image", "spatial_size": [16, 48, 48], "mode": "area"})
    prompts = Prompts.of({"clicks": {"liver": [list(INSIDE)]}, "outside": {"liver": [list(OUTSIDE)]}})
    ours = prepare(start([voxels(UPRIGHT)], UPRIGHT), open_folder(folder, read(folder), prompts).recipe.steps, print)
    data: dict[str, Any] = {
        "image": voxels(UPRIGHT).transpose(0, 2, 1).astype(np.float32),  # depth first, then the file's own axes
        "image_meta_dict": {"spatial_shape": np.array([70, 60, 16])},
        "foreground": [list(INSIDE)],
        "background": [list(OUTSIDE)],
    }
    data = grow.AddGuidanceFromPointsd("image", spatial_dims=3)(data)
    data["image"] = data["image"][None]
    data = grow.SpatialCropGuidanced("image", "guidance", [48, 48])(data)
    data["image"] = np.asarray(NormalizeIntensity(208, 388)(data["image"]))
    theirs = np.asarray(grow.AddGuidanceSignald()(data)["image"])
    assert ours.image.shape == (3, 16, 48, 48)
    np.testing.assert_allclose(ours.image, theirs, atol=1e-6)


def test_a_slice_is_prepared_as_monai_does_it(tmp_path: Path) -> None:
    from monai.apps.deepgrow import transforms as grow
    from monai.transforms import NormalizeIntensity, Resize

    folder = made(tmp_path / "grow", is_flat=True, Resized={"keys": "image", "spatial_size": [24, 24], "mode": "area"})
    clicks = [[30, 22, 9], [34, 24, 9]]  # even distances, so that both ways to halve them agree
    prompts = Prompts.of({"clicks": {"liver": clicks}})
    ours = prepare(start([voxels(UPRIGHT)], UPRIGHT), open_folder(folder, read(folder), prompts).recipe.steps, print)
    data: dict[str, Any] = {
        "image": voxels(UPRIGHT).transpose(0, 2, 1).astype(np.float32),
        "image_meta_dict": {"spatial_shape": np.array([70, 60, 16])},
        "foreground": clicks,
        "background": [],
    }
    data = grow.AddGuidanceFromPointsd("image", spatial_dims=2)(data)
    data = grow.Fetch2DSliced("image", "guidance")(data)
    data["image"] = data["image"][None]
    data = grow.SpatialCropGuidanced("image", "guidance", [48, 48])(data)
    data["image"] = np.asarray(Resize([24, 24], mode="area")(data["image"]))
    data = grow.ResizeGuidanced("guidance", "image")(data)
    data["image"] = np.asarray(NormalizeIntensity(208, 388)(data["image"]))
    theirs = np.asarray(grow.AddGuidanceSignald()(data)["image"])
    assert ours.image.shape == (3, 1, 24, 24)
    np.testing.assert_allclose(ours.image[:, 0], theirs, atol=1e-5)


@pytest.mark.parametrize("grid", [UPRIGHT, TURNED])
@pytest.mark.parametrize("is_flat", [False, True])
def test_a_structure_lies_where_it_was_clicked(tmp_path: Path, grid: Geometry, is_flat: bool) -> None:
    folder = made(tmp_path / "grow", is_flat=is_flat)
    result = run(folder, grid, clicks={"cyst": [list(INSIDE)]}, outside={"cyst": [[INSIDE[0], INSIDE[1] + 12, 9]]})
    found = np.argwhere(result.layers[0] == 1)[:, ::-1]
    assert found.min(0)[2] <= 9 <= found.max(0)[2]
    assert (found[:, 2] == 9).all() == is_flat
    i, j, k = INSIDE
    assert result.layers[0][k, j, i] == 1
    distance_mm = np.linalg.norm(grid.to_world(found.mean(0)) - grid.to_world(np.array(INSIDE)), axis=-1)
    assert distance_mm < 3.0
    assert result.layers[0][9, INSIDE[1] + 12, INSIDE[0]] == 0
    assert result.found == {1: True}


def test_structures_and_slices_one_after_the_other(tmp_path: Path) -> None:
    folder = made(tmp_path / "grow", is_flat=True)
    told: list[float] = []
    model = PackagedModel(folder)
    prompts = {"clicks": {"cyst": [[30, 22, 9], [20, 20, 4]], "node": [[50, 40, 9]]}, "outside": {"cyst": [[1, 1, 2]]}}
    result = model.run(
        voxels(UPRIGHT), UPRIGHT, {"prompts": prompts}, lambda fraction, message: told.append(fraction), lambda: False
    )
    assert [(label.label_value, label.name) for label in model.labels] == [(1, "cyst"), (2, "node")]
    assert set(np.unique(result.layers[0])) == {0, 1, 2}
    assert {int(k) for k in np.argwhere(result.layers[0] == 1)[:, 0]} == {4, 9}
    assert {int(k) for k in np.argwhere(result.layers[0] == 2)[:, 0]} == {9}
    assert told == sorted(told)
    assert result.seconds["network"] >= 0


def test_far_clicks_are_all_in_the_picture(tmp_path: Path) -> None:
    folder = made(tmp_path / "grow")
    far = [[5, 5, 3], [64, 54, 12]]
    result = run(folder, UPRIGHT, clicks={"vessel": far})
    for i, j, k in far:
        assert result.layers[0][k, j, i] == 1
    plan = plan_run(read_package(folder), UPRIGHT, 1000, RunParameters.of({"prompts": {"clicks": {"a": far}}}))
    assert plan.network_shape == (16, 32, 32)
    two = RunParameters.of({"prompts": {"clicks": {"a": far, "b": far}}})
    assert plan_run(read_package(folder), UPRIGHT, 1000, two).network_shape == (16, 32, 32)
    assert plan_run(read_package(folder), UPRIGHT, 1000, RunParameters()).network_shape == (16, 32, 32)


def test_clicks_are_needed_inside(tmp_path: Path) -> None:
    for is_flat in (False, True):
        folder = made(tmp_path / f"grow {is_flat}", is_flat=is_flat)
        given: tuple[dict[str, Any], ...] = ({}, {"outside": {"cyst": [[1, 1, 1]]}})
        for prompts in given:
            with pytest.raises(UserError, match="at least one click inside"):
                run(folder, UPRIGHT, **prompts)
        with pytest.raises(UserError, match="takes no labels"):
            run(folder, UPRIGHT, labels=[1])


def test_what_a_description_says(tmp_path: Path) -> None:
    volume, flat = read(made(tmp_path / "volume")), read(made(tmp_path / "flat", is_flat=True))
    assert (volume.problem, volume.prompts, volume.labels) == ("", ("clicks", "new"), ())
    assert (flat.problem, flat.prompts) == ("", ("clicks", "new", "slice"))


def test_what_is_not_fully_known_is_refused(tmp_path: Path) -> None:
    for n, (changes, words) in enumerate((
        ({"SpatialCropGuidanced": {"keys": "image", "guidance": "guidance", "spatial_size": [8, 9, 9]}}, "the numbers"),
        ({"Resized": {"keys": "image", "spatial_size": [16, 32, 32], "mode": "nearest"}}, "the numbers"),
        ({"AddGuidanceFromPointsd": {"guidance": "guidance", "dimensions": 2}}, "the numbers"),
        ({"Spacingd": {"keys": "image", "pixdim": [1, 1, 1], "mode": "bilinear", "diagonal": True}}, "diagonal"),
    )):  # fmt: skip
        found = read(made_models.deepgrow(tmp_path / f"odd {n}", **changes))
        assert words in found.problem
        assert "must be given clicks" in found.problem
        with pytest.raises(UserError, match="must be given clicks"):
            run(made(tmp_path / f"run {n}", **changes), UPRIGHT, clicks={"cyst": [[1, 1, 1]]})
