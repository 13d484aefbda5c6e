"""Bundles with steps that our engine does not know, run by MONAI's own workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.registry import read_volumes, write_arrays
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import PACKAGED, ModelInfo
from inference.client import InferenceClient, InferenceFailed
from inference.engine.packaged_model import PackagedModel
from inference.model import ModelImage, ModelResult

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("monai", reason="bundles are read with MONAI (install with --ai)")
pytest.importorskip("ignite", reason="bundles' evaluators are ignite's (install with --ai)")
import made_bundles  # noqa: E402
from bundle_parts import (  # noqa: E402
    ARGMAX,
    CT_RANGE,
    LOAD,
    SAVE,
    SIGMOID,
    SOFTMAX,
    THRESHOLD,
    Table,
    configuration,
    invert,
    metadata,
    orientation,
    spacing,
    step,
    unet,
    write_bundle,
)

from inference.opening.stock import overrides  # noqa: E402
from inference.packages.bundle_files import open_bundle  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
GRID = Geometry((14, 26, 22), np.array([[0.937, 0, 0, 5], [0, -1.113, 0, 30], [0, 0, 1.871, -8], [0, 0, 0, 1.0]]))
RESIZED = step("Resized", spatial_size=[32, 32, 16], mode="nearest-exact")  # a way of resizing that our engine refuses
CUBED = step("Spacingd", pixdim=[1.4, 1.4, 2.0], mode="nearest")


def odd_bundle(folder: Path, *after: Table, unknown: Table = CUBED, names: Any = ("background", "spleen")) -> Path:
    channels = len(names) if isinstance(names, list | tuple) else 2
    before = (*LOAD, orientation(), unknown, CT_RANGE)
    config = configuration(unet(1, channels), before, after or (SOFTMAX, invert(False), ARGMAX, SAVE))
    return made_bundles.completed(write_bundle(folder, config, metadata("Odd", names)))


def voxels(seed: int = 0) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-200, 300, GRID.shape).astype(np.int16)


def run(folder: Path, count: int = 1, **parameters: Any) -> ModelResult:
    images = [ModelImage(voxels(n), GRID, Quantity.HU, "CT") for n in range(count)]
    return PackagedModel(folder).run_images(images, parameters, lambda fraction, message: None, lambda: False)


def by_monai(folder: Path, tmp_path: Path, count: int = 1) -> NDArray[Any]:
    """What MONAI's workflow writes when its own documentation is followed: plain overrides, nothing of ours."""
    from monai.bundle import ConfigWorkflow

    paths = [str(tmp_path / f"plain-{n}.nii.gz") for n in range(count)]
    for n, path in enumerate(paths):
        write_arrays(GRID, [voxels(n)], Path(path))
    workflow = ConfigWorkflow(
        str(next((folder / "configs").glob("inference.*"))),
        logging_file=False,
        workflow_type="infer",
        run_id="run" if "run" in open_bundle(folder).config else "evaluating",
        bundle_root=str(folder),
        output_dir=str(tmp_path / "theirs"),
        device="$torch.device('cpu')",
        **{"dataset#data": [{"image": paths[0] if count == 1 else paths}], "dataloader#num_workers": 0},
    )
    workflow.initialize()
    workflow.run()
    (written,) = (tmp_path / "theirs").rglob("*.nii.gz")
    return read_volumes(written)[0].voxels


def test_an_unknown_step_is_refused_and_the_way_out_is_named(tmp_path: Path) -> None:
    folder = odd_bundle(tmp_path / "odd")
    with pytest.raises(UserError, match="not known here") as refused:
        run(folder)
    assert "--stock" in refused.value.hint


@pytest.mark.parametrize("unknown", [pytest.param(CUBED, marks=pytest.mark.slow, id="spacing"), RESIZED])
def test_the_own_workflow_gives_what_monai_gives(tmp_path: Path, unknown: Table) -> None:
    folder = odd_bundle(tmp_path / "odd", unknown=unknown)
    result = run(folder, stock=True)
    theirs = by_monai(folder, tmp_path)
    assert result.layers[0].dtype == np.uint8
    assert set(np.unique(theirs)) == {0, 1}  # a mask worth comparing
    np.testing.assert_array_equal(result.layers[0], theirs)
    assert result.found == {1: True}
    assert result.record["backend"] == "MONAI's own workflow"
    assert result.record["weights_hash"]
    assert any("memory was not planned" in note for note in result.notes)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["brats", "ventricular"])
def test_other_run_ids_and_lists_of_files(tmp_path: Path, name: str) -> None:
    folder = made_bundles.completed(made_bundles.BUNDLES[name](tmp_path / name))
    count = 4 if name == "brats" else 1
    result = run(folder, count, stock=True)
    np.testing.assert_array_equal(result.layers[0], by_monai(folder, tmp_path, count))


def test_values_that_the_bundle_does_not_name_are_said(tmp_path: Path) -> None:
    """The values of brats' mask are not its channels, so the channels' names would be wrong for them."""
    folder = made_bundles.completed(made_bundles.brats(tmp_path / "brats"))
    model = PackagedModel(folder)
    images = [ModelImage(voxels(n), GRID, Quantity.SIGNAL, "MR") for n in range(4)]
    result = model.run_images(images, {"stock": True}, lambda fraction, message: None, lambda: False)
    assert {label.name for label in model.labels} <= {"Value 1", "Value 2", "Value 4"}
    assert any("does not say what" in note for note in result.notes)


def test_channels_become_layers(tmp_path: Path) -> None:
    folder = odd_bundle(tmp_path / "odd", SIGMOID, invert(False), THRESHOLD, SAVE, names={"0": "liver", "1": "tumour"})
    result = run(folder, stock=True)
    assert len(result.layers) == 2
    for value, layer in enumerate(result.layers, 1):
        assert set(np.unique(layer)) <= {0, value}


def test_numbers_between_labels_are_refused(tmp_path: Path) -> None:
    way = spacing(1.4, 1.4, 2.0)
    folder = odd_bundle(tmp_path / "odd", ARGMAX, invert(False), SAVE, unknown=way)  # this order interpolates labels
    with pytest.raises(UserError, match="no label values"):
        run(folder, stock=True)


def test_a_mask_on_another_grid_is_refused(tmp_path: Path) -> None:
    save = step("SaveImaged", "pred", output_dir="@output_dir", resample=False)
    folder = odd_bundle(tmp_path / "odd", SOFTMAX, ARGMAX, save)
    with pytest.raises(UserError, match="another grid"):
        run(folder, stock=True)


def test_no_mask_is_said(tmp_path: Path) -> None:
    folder = odd_bundle(tmp_path / "odd", SOFTMAX, invert(False), ARGMAX)
    with pytest.raises(UserError, match="wrote no mask"):
        run(folder, stock=True)


@pytest.mark.parametrize(("wish", "value"), [("mirror", True), ("roi", [0, 4, 0, 4, 0, 4]), ("backend", "openvino")])
def test_only_the_device_can_be_wished(tmp_path: Path, wish: str, value: Any) -> None:
    folder = odd_bundle(tmp_path / "odd")
    with pytest.raises(UserError, match=wish):
        run(folder, stock=True, **{wish: value})


def test_what_ties_a_bundle_to_its_makers_machine_is_replaced(tmp_path: Path) -> None:
    folder = odd_bundle(tmp_path / "odd")
    changed = overrides(open_bundle(folder), [tmp_path / "a.nii"], tmp_path, "cpu")
    assert changed["dataset"]["data"] == [{"image": str(tmp_path / "a.nii")}]
    assert changed["dataloader"]["num_workers"] == 0
    assert changed["bundle_root"] == str(folder)
    assert changed["device"] == "$torch.device('cpu')"
    assert changed["postprocessing"]["transforms"][-1]["output_dir"] == str(tmp_path / "out")
    assert "network_def" not in changed
    assert "preprocessing" not in changed


@pytest.mark.slow
def test_in_the_confined_worker(tmp_path: Path) -> None:
    """The whole way: shared memory, the fence, and back."""
    folder = odd_bundle(tmp_path / "odd")
    client = InferenceClient([ModelInfo("odd", "Odd", "0.1.2", ("spleen",), "", PACKAGED, package=folder)])
    volume = Volume(GRID, voxels(), Quantity.HU, SourceSeries(modality="CT"))
    try:
        result = client.segment(volume, "odd", {"stock": True, "device": "cpu"})
    except InferenceFailed as failure:
        pytest.fail(f"{failure.message} {failure.details}")
    finally:
        client.close()
    np.testing.assert_array_equal(result.layers[0], by_monai(folder, tmp_path))
    assert result.found == ("spleen",)
    assert result.parameters["stock"] is True
    assert result.confinement is not None
