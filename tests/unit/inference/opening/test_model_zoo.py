"""Bundles of the shapes that circulate, with random weights, against MONAI's own chain."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
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
from inference.engine.recipe import HeadKind, Respace, Windows
from inference.engine.running import merged_layers
from inference.engine.sliding import decided
from inference.engine.way_back import to_source
from inference.model import ModelImage, ModelResult
from inference.opening.bundle import PREPARATIONS, open_folder
from inference.opening.bundle_surroundings import imports_one_by_one, on_the_cpu
from inference.opening.opened import Opened, TorchNetworks
from inference.opening.weights import read_checkpoint
from inference.packages.bundle_files import open_bundle
from inference.packages.monai_bundle import read

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("monai", reason="bundles are read with MONAI (install with --ai)")
import made_bundles  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
# no voxel lies in the middle between two of any of the networks' voxels
GRID = Geometry((14, 26, 22), np.array([[0.937, 0, 0, 5], [0, -1.113, 0, 30], [0, 0, 1.871, -8], [0, 0, 0, 1.0]]))
SLOW = ("swin_btcv", "prostate", "dints", "pediatric", "ventricular", "renal_unest")
VALUES = {
    "spleen": {0, 1},
    "whole_body": {0, 1, 2, 3, 4},
    "swin_btcv": {0, 1, 2},
    "brats": {0, 1, 2, 3},
    "prostate": {0, 1, 2},
    "pediatric": {0, 1, 2},
    "dints": {0, 1, 2},
    "renal_cect": {0, 1, 2},  # channel 0 is the background
    "ventricular": {0, 1, 2, 3},
    "whole_brain_unest": {0, 1, 2, 3},
    "renal_unest": {0, 1, 2, 3},
    "template": {0, 1, 2, 3},
}
NOTES = {
    "swin_btcv": "img_size",
    "brats": "Lambdad",
    "prostate": "import pandas as pd",
    "renal_cect": "MergeClasses",
}
names = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in made_bundles.SEGMENTING]
)


@dataclass
class Case:
    """A bundle with random weights, and images for it."""

    folder: Path
    channels: list[NDArray[np.int16]]

    def run(self, **parameters: Any) -> ModelResult:
        images = [ModelImage(voxels, GRID, Quantity.SIGNAL, "") for voxels in self.channels]
        model = PackagedModel(self.folder)
        model.check(GRID, Quantity.SIGNAL, "")
        return model.run_images(images, parameters, lambda fraction, message: None, lambda: False)


def case(name: str, tmp_path: Path) -> Case:
    folder = made_bundles.BUNDLES[name](tmp_path / name)
    made_bundles.add_random_weights(folder)
    count = len(read(folder).channels)
    smooth = np.random.default_rng(1).normal(0, 1, (count, *GRID.shape)).cumsum(-1).cumsum(-2)
    return Case(folder, [np.round(40 * channel).astype(np.int16) for channel in smooth])


@names
def test_it_runs_as_its_files_say(name: str, tmp_path: Path) -> None:
    result = case(name, tmp_path).run()
    found = set().union(*(np.unique(layer).tolist() for layer in result.layers))
    assert all(layer.shape == GRID.shape for layer in result.layers)
    assert found <= VALUES[name]
    assert found - {0}
    assert any(NOTES[name] in note for note in result.notes) if name in NOTES else result.notes == ()


@names
def test_network_input_and_labels_are_monais(name: str, tmp_path: Path) -> None:
    made = case(name, tmp_path)
    opened = open_folder(made.folder, read(made.folder))
    chain = MonaiChain(made, tmp_path)
    image = chain.image.numpy()
    prepared = prepare(start(made.channels, GRID), opened.recipe.steps, lambda _: None)
    assert prepared.image.shape == image.shape
    np.testing.assert_allclose(prepared.image, image, atol=1e-4 * float(np.abs(image).max()))
    decision = decided(image, windows(opened), opened.recipe.head, network(opened), lambda done, count: None)
    expected = chain.labels(opened)
    assert len(decision.planes) == len(expected)
    for plane, theirs in zip(decision.planes, expected, strict=True):
        np.testing.assert_array_equal(plane, theirs)
    layers = merged_layers(decision.planes)
    inverted = chain.on_the_image(layers[0])
    np.testing.assert_array_equal(to_source(layers[0], prepared.axes, GRID.shape), inverted)


class MonaiChain:
    """MONAI's own loading, preparation, inferer and way back, from the bundle's configuration."""

    def __init__(self, made: Case, tmp_path: Path) -> None:
        from monai.bundle import ConfigParser

        bundle = open_bundle(made.folder)
        config: dict[str, Any] = json.loads(json.dumps(bundle.config))
        config |= {"bundle_root": str(made.folder), "device": "cpu"}
        del config["network_def"]
        _without_readers(config)
        self._parser = ConfigParser(config)
        self.preparation = self._parser.get_parsed_content(next(n for n in PREPARATIONS if n in config))
        self._data = self.preparation(_files(made, tmp_path))
        self.image = self._data["image"]

    def labels(self, opened: Opened) -> list[NDArray[Any]]:
        """Label values of each plane on the network's grid."""
        inferer = self._parser.get_parsed_content("inferer")
        head = opened.recipe.head
        assert isinstance(opened.networks, TorchNetworks)
        module = opened.networks.modules[0]
        with torch.inference_mode():
            scores = inferer(self.image.as_tensor()[None], getattr(module, "flat", module))[0]
        if head.kind is HeadKind.EXCLUSIVE:
            return [scores.argmax(0).numpy()]
        return [(c.sigmoid() >= head.threshold).numpy() * head.value_of(n) for n, c in enumerate(scores)]

    def on_the_image(self, labels: NDArray[Any]) -> NDArray[Any]:
        """(k, j, i), as Invertd with nearest neighbours brings labels back."""
        from monai.data.meta_tensor import MetaTensor
        from monai.transforms.post.dictionary import Invertd

        key = next(key for key in ("artery", "image") if key in self._data)
        original = self._data[key]
        pred = MetaTensor(torch.from_numpy(labels.astype(np.float32))[None], meta=original.meta)
        data = dict(self._data) | {"pred": pred}
        back = Invertd("pred", transform=self.preparation, orig_keys=key, nearest_interp=True)(data)["pred"]
        return np.asarray(back)[0].transpose(2, 1, 0)


def windows(opened: Opened) -> Windows:
    return opened.recipe.windows or Windows((0, 0, 0), (0.0, 0.0, 0.0))


def network(opened: Opened) -> Any:
    assert isinstance(opened.networks, TorchNetworks)
    return opened.networks.modules[0]


def _files(made: Case, folder: Path) -> dict[str, Any]:
    """The images as NIfTI files, under the keys that the bundle reads."""
    import nibabel

    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ GRID.affine
    paths = []
    for n, voxels in enumerate(made.channels):
        paths.append(str(folder / f"{n}.nii"))
        nibabel.save(nibabel.Nifti1Image(voxels.transpose(2, 1, 0), affine), paths[-1])
    keys: Sequence[str] = [channel.name for channel in read(made.folder).channels]
    if "artery" in keys:
        return dict(zip(keys, paths, strict=True))
    return {"image": paths if len(paths) > 1 else paths[0]}


def _without_readers(value: Any) -> None:
    """ITK's reader is not installed everywhere, and gives the same voxels."""
    if isinstance(value, dict):
        value.pop("reader", None)
        for item in value.values():
            _without_readers(item)
    elif isinstance(value, list):
        for item in value:
            _without_readers(item)


def changed(folder: Path, **fields: Any) -> None:
    path = folder / "configs" / "inference.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_the_switch_of_resolutions_takes_its_own_weights_and_grid(tmp_path: Path) -> None:
    made = case("whole_body", tmp_path)
    high = made.run()
    changed(made.folder, displayable_configs={"highres": False, "sw_overlap": 0.25})
    with pytest.raises(UserError, match=r"model_lowres\.pt"):
        made.run()
    made_bundles.add_random_weights(made.folder, seed=5)
    low = made.run()
    assert high.record["network_spacing_mm"] == [1.5, 1.5, 1.5]
    assert low.record["network_spacing_mm"] == [3.0, 3.0, 3.0]


def test_steps_that_are_switched_off_are_not_done(tmp_path: Path) -> None:
    made = case("spleen", tmp_path)
    config = json.loads((made.folder / "configs" / "inference.json").read_text())
    steps = config["preprocessing"]["transforms"]
    next(step for step in steps if step["_target_"] == "Spacingd")["_disabled_"] = "$not @resamples"
    changed(made.folder, preprocessing=config["preprocessing"], resamples=False)
    assert made.run().record["network_shape"] == [22, 26, 14]
    changed(made.folder, resamples=True)
    assert made.run().record["network_spacing_mm"] == [1.5, 1.5, 2.0]


def test_sizes_may_be_expressions(tmp_path: Path) -> None:
    made = case("template", tmp_path)
    windows = {"_target_": "SlidingWindowInferer", "roi_size": "$[8 * n for n in (2, 3, 2)]", "overlap": "$1 / 4"}
    path = made.folder / "configs" / "inference.yaml"
    config = open_bundle(made.folder).config | {"inferer": windows}
    path.unlink()
    (made.folder / "configs" / "inference.json").write_text(json.dumps(config))
    record = made.run().record
    assert (record["window"], record["overlap"]) == ([16, 24, 16], [0.25, 0.25, 0.25])


def test_modules_that_are_missing_matter_only_where_they_are_needed(tmp_path: Path) -> None:
    made = case("spleen", tmp_path)
    changed(made.folder, imports=["$import os, no_such_module_1", "$from no_such_module_2 import something as other"])
    notes = " ".join(made.run().notes)
    assert "no_such_module_1" in notes
    assert "no_such_module_2" in notes
    network = json.loads((made.folder / "configs" / "inference.json").read_text())["network_def"]
    changed(made.folder, network_def=network | {"in_channels": "$other.count(1)"})
    with pytest.raises(UserError, match="network") as caught:
        made.run()
    assert "no_such_module_2" in caught.value.hint


def test_two_bundles_with_scripts_do_not_get_each_others(tmp_path: Path) -> None:
    first, second = case("renal_cect", tmp_path), case("whole_brain_unest", tmp_path)
    for made in (first, second, first):
        assert made.run().layers


def test_words_that_put_things_onto_a_gpu_are_taken_out() -> None:
    config = {
        "device": "cuda:1",
        "handlers": [{"map_location": "cuda"}],
        "a": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        "b": '$torch.load(@x, map_location=torch.device("cuda"))',
        "c": "$@network.cuda()",
        "name": "cuda",
    }
    assert on_the_cpu(config) == {
        "device": "cpu",
        "handlers": [{"map_location": "cpu"}],
        "a": "$torch.device('cpu' if False else 'cpu')",
        "b": "$torch.load(@x, map_location=torch.device('cpu'))",
        "c": "$@network.cpu()",
        "name": "cuda",
    }


def test_imports_one_by_one() -> None:
    assert imports_one_by_one(["$import a, b as c", "$from d import e, f", "$nonsense here", 5]) == [
        "$import a", "$import b as c", "$from d import e", "$from d import f", "$nonsense here",
    ]  # fmt: skip
    assert imports_one_by_one("$import a") == ["$import a"]
    assert imports_one_by_one(None) == []


def test_files_of_weights_may_hold_arrays_of_numbers_and_of_nothing_else(tmp_path: Path) -> None:
    torch.save(made_bundles.architecture(), tmp_path / "good.pt")
    np.testing.assert_array_equal(read_checkpoint(tmp_path / "good.pt")["node_a"], np.ones((3, 2)))
    torch.save({"node_a": np.array([print, [1]], object)}, tmp_path / "bad.pt")
    with pytest.raises(UserError, match="more than numbers"):
        read_checkpoint(tmp_path / "bad.pt")


def test_an_architecture_that_is_not_there_is_named(tmp_path: Path) -> None:
    made = case("dints", tmp_path)
    (made.folder / "models" / "search_code_9100.pt").unlink()
    with pytest.raises(UserError, match=r"search_code_9100\.pt"):
        made.run()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "roi", "spacing"),
    [
        ("spleen_ct_segmentation", (96, 96, 96), (1.5, 1.5, 2.0)),
        ("wholeBody_ct_segmentation", (96, 96, 96), (1.5, 1.5, 1.5)),
    ],
)
def test_real_configurations_open(
    name: str, roi: tuple[int, ...], spacing: tuple[float, ...], shared_data: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(shared_data / "16_models" / "monai_bundle_configs" / name, tmp_path / name)
    made_bundles.add_random_weights(folder)
    opened = open_folder(folder, read(folder))
    assert windows(opened).roi == roi
    assert [step.spacing_mm for step in opened.recipe.steps if isinstance(step, Respace)] == [spacing]
    assert opened.recipe.head.kind is HeadKind.EXCLUSIVE
    assert opened.recipe.notes == ()


def test_detectors_of_bundles_are_refused_in_words(tmp_path: Path) -> None:
    folder = made_bundles.lung_nodule(tmp_path / "nodules")
    with pytest.raises(UserError, match="boxes"):
        open_folder(folder, read(folder))
