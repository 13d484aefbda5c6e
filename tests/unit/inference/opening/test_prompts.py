"""Models that are given clicks or labels beside the image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.engine.packaged_model import PackagedModel
from inference.engine.preparing import prepare, start
from inference.engine.recipe import Windows
from inference.engine.sliding import decided
from inference.engine.way_back import to_source
from inference.model import ModelResult
from inference.opening.bundle import PREPARATIONS, open_folder
from inference.opening.bundle_parser import BundleParser
from inference.opening.opened import Opened, TorchNetworks
from inference.packages.bundle_files import open_bundle
from inference.packages.monai_bundle import read
from inference.prompts import Prompts

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("monai", reason="bundles are read with MONAI (install with --ai)")
import made_bundles  # noqa: E402
import made_models  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
RIGHT_ANTERIOR_SUPERIOR = Geometry((16, 16, 16), np.diag([-1.0, -1.0, 1.0, 1.0]))
TURNED = Geometry((12, 20, 26), np.array([[0.0, 0, 1.5, 0], [1.1, 0, 0, 4], [0, 1.3, 0, 7], [0, 0, 0, 1.0]]))


def voxels(grid: Geometry) -> NDArray[np.int16]:
    smooth = np.random.default_rng(1).normal(0, 1, grid.shape).cumsum(-1).cumsum(-2)
    return np.round(40 * smooth).astype(np.int16)


def bundle(name: str, tmp_path: Path) -> Path:
    folder = made_bundles.BUNDLES[name](tmp_path / name)
    made_bundles.add_random_weights(folder)
    return folder


def opened(folder: Path, **prompts: Any) -> Opened:
    return open_folder(folder, read(folder), Prompts.of(prompts))


def run(folder: Path, grid: Geometry = TURNED, **prompts: Any) -> ModelResult:
    model = PackagedModel(folder)
    return model.run(voxels(grid), grid, {"prompts": prompts}, lambda fraction, message: None, lambda: False)


def test_clicks_for_a_structure_that_the_model_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no clicks for “liver”") as caught:
        opened(bundle("deepedit", tmp_path), clicks={"liver": [[3, 4, 5]]})
    assert caught.value.hint == "It takes clicks for spleen, background."  # its own workflow takes none at all


def test_clicks_are_drawn_as_monai_draws_them(tmp_path: Path) -> None:
    from monai.data.meta_tensor import MetaTensor

    folder, grid = bundle("deepedit", tmp_path), RIGHT_ANTERIOR_SUPERIOR
    clicks = {"spleen": [[3, 4, 5], [10, 2, 7]], "background": [[0, 15, 8]]}
    prepared = prepare(start([voxels(grid)], grid), opened(folder, clicks=clicks).recipe.steps, lambda _: None)
    transforms = BundleParser(folder, open_bundle(folder).config).transforms(PREPARATIONS)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    image = MetaTensor(torch.from_numpy(voxels(grid).transpose(2, 1, 0).astype(np.float32))[None], affine=affine)
    image.meta["spatial_shape"] = np.array(image.shape[1:])
    data: Any = {"image": image} | clicks
    for transform in transforms:
        if type(transform).__name__ != "EnsureChannelFirstd":
            data = transform(data)
    assert prepared.image.shape == (3, 32, 32, 32)
    np.testing.assert_allclose(prepared.image, np.asarray(data["image"]), atol=1e-6)


def test_a_click_stays_on_its_voxel_however_the_image_is_turned(tmp_path: Path) -> None:
    place = (21, 4, 9)
    made = opened(bundle("deepedit", tmp_path), clicks={"Spleen": [list(place)]})
    prepared = prepare(start([voxels(TURNED)], TURNED), made.recipe.steps, lambda _: None)
    spot = (prepared.image[1] == prepared.image[1].max()).astype(np.uint8)  # spleen is the first of the click channels
    assert spot.sum() == 1
    back = np.argwhere(to_source(np.asarray(prepared.image[1] * 255, np.uint8), prepared.axes, TURNED.shape) == 255)
    assert list(place[::-1]) in back.tolist()
    assert not prepared.image[2].any()


def test_clicks_change_the_result_and_none_are_needed(tmp_path: Path) -> None:
    folder = bundle("deepedit", tmp_path)
    alone, clicked = run(folder), run(folder, clicks={"spleen": [[21, 4, 9]], "background": []})
    assert any("by itself" in note for note in alone.notes)
    assert clicked.notes == ()
    assert (alone.layers[0] != clicked.layers[0]).any()


def test_clicks_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    folder = bundle("deepedit", tmp_path)
    for prompts, words in (
        ({"clicks": {"liver": [[1, 2, 3]]}}, "liver"),
        ({"clicks": {"spleen": [[26, 0, 0]]}}, "outside the image"),
        ({"clicks": {"spleen": [[-1, 0, 0]]}}, "outside the image"),
        ({"clicks": {"spleen": [[1, 2]]}}, "three whole numbers"),
        ({"clicks": {"spleen": [[1, 2, 0.5]]}}, "three whole numbers"),
        ({"clicks": {"spleen": "here"}}, "cannot be understood"),
        ({"clicks": [1]}, "cannot be understood"),
        ({"points": {}}, "cannot be understood"),
        ({"labels": [None]}, "neither names nor numbers"),
        ({"labels": [1]}, "takes no labels"),
    ):
        with pytest.raises(UserError, match=words):
            run(folder, **prompts)


def test_vista_finds_what_it_is_asked_for_as_its_own_steps_do(tmp_path: Path) -> None:
    from monai.apps.vista3d.transforms import VistaPostTransformd
    from monai.inferers.utils import sliding_window_inference

    made = opened(bundle("vista3d", tmp_path), labels=["pancreas", 1])
    prepared = prepare(start([voxels(TURNED)], TURNED), made.recipe.steps, lambda _: None)
    image = np.ascontiguousarray(np.tile(prepared.image, (1, 1, 2, 1)))  # more than one window
    assert isinstance(made.networks, TorchNetworks)
    network = made.networks.modules[0]
    assert made.recipe.windows == Windows((32, 32, 32), (0.3, 0.3, 0.3), is_gaussian=True)
    decision = decided(image, made.recipe.windows, made.recipe.head, network, lambda done, count: None)
    wanted = torch.tensor([[4], [1]])
    with torch.inference_mode():
        scores = sliding_window_inference(
            torch.from_numpy(image)[None], (32, 32, 32), 1, network.vista, 0.3, "gaussian",
            class_vector=wanted, transpose=True,
        )  # fmt: skip
    theirs = VistaPostTransformd("pred")({"pred": scores[0].clone(), "label_prompt": torch.tensor([4, 1])})["pred"][
        0
    ].numpy()
    np.testing.assert_array_equal(decision.planes[0], theirs)
    assert len(np.unique(theirs)) > 1


def test_labels_may_be_names_groups_or_the_bundles_example(tmp_path: Path) -> None:
    folder = bundle("vista3d", tmp_path)
    assert opened(folder).recipe.head.values == (0, 3)
    assert opened(folder, labels=["Spleen", "liver", 3]).recipe.head.values == (0, 3, 1)
    assert opened(folder, labels=[2]).recipe.head.values == (0, 5, 14)
    assert {label.label_value for label in opened(folder, labels=[2]).recipe.labels} == {5, 14}
    result = run(folder, labels=[1, 4])
    assert set(np.unique(result.layers[0])) <= {0, 1, 4}
    assert set(result.found) == {1, 4}
    for labels, words in ((["heart"], "heart"), ([0], "number 0"), ([99], "number 99")):
        with pytest.raises(UserError, match=words):
            opened(folder, labels=labels)


def test_models_without_prompts_and_servers_own_prompts(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="takes no clicks"):
        run(bundle("spleen", tmp_path), clicks={"spleen": [[1, 2, 3]]})
    clicked = made_models.mmar(tmp_path / "grow", kind="deepgrow")
    with pytest.raises(UserError, match="must be given clicks"):
        PackagedModel(clicked).check(TURNED, Quantity.SIGNAL, "")
    with pytest.raises(UserError, match="must be given clicks"):
        run(clicked)
    with pytest.raises(UserError, match="cannot be understood"):
        Prompts.of(json.loads("[1]"))
