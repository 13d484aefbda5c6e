"""nnU-Net results, Clara MMARs, bare networks and lists of layers; and how a folder's format is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made_bundles
import made_models
import pytest

from imaging.errors import UserError
from inference.model import ModelLabel
from inference.packages import bare_network, clara_mmar, layer_list, nnunet, side_file
from inference.packages.description import Head, InputChannel, ModelFormat, Task
from inference.packages.recognise import describe, find_model


def test_nnunet(tmp_path: Path) -> None:
    folder = made_models.nnunet(tmp_path / "Dataset003_Liver")
    found = describe(find_model(tmp_path))
    assert found == nnunet.read(folder)
    assert (found.format, found.name) == (ModelFormat.NNUNET, "Dataset003_Liver")
    assert found.labels == (ModelLabel(1, "liver"), ModelLabel(2, "tumor"))
    assert found.channels == (InputChannel("CT", "CT"),)
    assert found.spacing_mm == (0.7, 0.8, 2.5)  # its files say z, y, x
    assert [w.path for w in found.weights] == ["fold_0/checkpoint_final.pth", "fold_1/checkpoint_final.pth"]
    assert (found.head, found.code.runs, found.problem) == (Head.SOFTMAX, False, "")


def test_nnunet_turns_a_transposed_plan_back(tmp_path: Path) -> None:
    folder = made_models.nnunet(tmp_path)
    plans = json.loads((folder / "plans.json").read_text())
    plans["transpose_backward"] = [1, 2, 0]  # the plan has (x, z, y)
    (folder / "plans.json").write_text(json.dumps(plans))
    assert nnunet.read(folder).spacing_mm == (2.5, 0.7, 0.8)


def test_nnunet_regions_overlap(tmp_path: Path) -> None:
    labels = {"background": 0, "whole tumor": [1, 2, 3], "core": [2, 3], "enhancing": 3, "ignore": 4}
    folder = made_models.nnunet(tmp_path, labels, channel_names={"0": "T1", "1": "FLAIR"})
    found = nnunet.read(folder)
    assert found.head is Head.SIGMOID
    assert [label.label_value for label in found.labels] == [1, 2, 3]
    assert [channel.modality for channel in found.channels] == ["MR", "MR"]


def test_nnunet_refusals(tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "fold_0").mkdir(parents=True)
    (old / "plans.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(UserError, match="nnU-Net version 1"):
        describe(old)
    folder = made_models.nnunet(tmp_path / "new")
    cascade = folder.rename(folder.with_name("Trainer__Plans__3d_cascade_fullres"))
    assert "second stage" in nnunet.read(cascade).problem
    for fold in (0, 1):
        (cascade / f"fold_{fold}" / "checkpoint_final.pth").unlink()
    assert [w.path for w in nnunet.read(cascade).missing_weights] == ["fold_0/checkpoint_final.pth"]


def test_mmar(tmp_path: Path) -> None:
    found = describe(made_models.mmar(tmp_path / "clara_liver"))
    assert (found.format, found.name, found.task) == (ModelFormat.CLARA_MMAR, "clara_liver", Task.SEGMENTATION)
    assert found.labels == (ModelLabel(1, "liver"), ModelLabel(2, "liver tumor"))
    assert found.channels == (InputChannel("CT", "CT"),)
    assert found.spacing_mm == (1.0, 1.0, 2.0)
    assert (found.missing_weights, found.prompts, found.code.runs) == ((), (), False)
    assert found.licence == "of the tests"


def test_mmar_places_are_filled(tmp_path: Path) -> None:
    config = clara_mmar.configurations(made_models.mmar(tmp_path))["config_inference.json"]
    assert config["model"] == [{"ts_path": "models/model.ts", "disabled": True}]
    assert config["writers"][0]["args"]["output_dir"] == "eval/segs"


def test_mmar_refusals_and_prompts(tmp_path: Path) -> None:
    assert describe(made_models.mmar(tmp_path / "clicked", kind="deepgrow")).prompts == ("clicks",)
    missing = describe(made_models.mmar(tmp_path / "missing", with_network=False))
    assert [w.path for w in missing.missing_weights] == ["models/model.ts"]
    with pytest.raises(UserError, match="TensorFlow time"):
        describe(made_models.mmar(tmp_path / "old", tensorflow=True))
    frozen = made_models.mmar(tmp_path / "frozen", with_network=False)
    (frozen / "models" / "model.fzn.pb").write_bytes(b"\x08")
    with pytest.raises(UserError, match="TensorFlow time"):
        describe(frozen)
    with pytest.raises(UserError, match="several models"):
        describe(made_models.mmar(tmp_path / "pipe", kind="pipeline"))
    with pytest.raises(UserError, match="config folder of a Clara MMAR"):
        find_model(tmp_path / "clicked" / "config")


def test_bare_network(tmp_path: Path) -> None:
    found = describe(made_models.bare_network(tmp_path / "net"))
    assert (found.format, found.name, found.version) == (ModelFormat.TORCHSCRIPT, "Liver of the tests", "2")
    assert found.labels == (ModelLabel(1, "Liver"), ModelLabel(2, "Tumour", "Neoplasm"))
    assert found.spacing_mm == (1.5, 1.5, 2.0)
    assert found.licence == "Apache-2.0"


def test_bare_network_spacing_goes_with_the_axes(tmp_path: Path) -> None:
    folder = made_models.bare_network(tmp_path / "net", orientation="SPL", spacing_mm=[3.0, 1.0, 2.0])
    assert describe(folder).spacing_mm == (2.0, 1.0, 3.0)


def test_bare_network_as_onnx_or_as_what_it_is_not(tmp_path: Path) -> None:
    folder = made_models.bare_network(tmp_path / "net", file="net.onnx")
    (folder / "net.onnx").write_bytes(b"\x08\x09rest")
    assert describe(folder).format is ModelFormat.ONNX
    (folder / "net.onnx").write_bytes(b"\x80\x02rest")
    with pytest.raises(UserError, match="neither TorchScript nor ONNX"):
        describe(folder)
    several = made_models.bare_network(tmp_path / "several")
    made_models.torchscript(several / "other.ts")
    with pytest.raises(UserError, match=r"several networks .*: net\.ts, other\.ts"):
        describe(several)


def test_side_file(tmp_path: Path) -> None:
    folder = made_models.bare_network(tmp_path / "net")
    side = side_file.read_side_file(folder / side_file.NAME)
    assert side.window == side_file.Window((32, 32, 16), 0.5)
    assert side.intensity == (
        side_file.IntensityStep("clip", {"low": -100.0, "high": 240.0}),
        side_file.IntensityStep("scale", {"from_low": -100.0, "from_high": 240.0, "to_low": 0.0, "to_high": 1.0}),
    )
    assert (side.orientation, side.head, side.threshold, side.has_background) == ("LPS", Head.SOFTMAX, 0.5, True)
    whole = made_models.bare_network(tmp_path / "whole", window="whole image", head="sigmoid", spacing_mm=None)
    side = side_file.read_side_file(whole / side_file.NAME)
    assert (side.window.roi, side.has_background, side.spacing_mm) == (None, False, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ...),
        ("head", "logits"),
        ("labels", ...),
        ("labels", [{"value": 0, "name": "Background"}]),
        ("labels", [{"value": 1, "name": "A"}, {"value": 1, "name": "B"}]),
        ("channels", []),
        ("orientation", "RAA"),
        ("orientation", "RA"),
        ("spacing_mm", [1.0, 1.0]),
        ("spacing_mm", [1.0, 1.0, 0.0]),
        ("spacing_mm", [1.0, 1.0, "2"]),
        ("intensity", [{"step": "gamma"}]),
        ("intensity", [{"step": "clip", "low": 1}]),
        ("intensity", [{"step": "clip", "low": 1, "high": 2, "colour": 3}]),
        ("intensity", [{"step": "subtract_divide", "subtract": 1, "divide": 0}]),
        ("window", "a bit"),
        ("roi", {"roi": [32, 32, 0]}),
        ("overlap", {"roi": [32, 32, 32], "overlap": 1.0}),
        ("threshold", 2),
        ("file", "../net.ts"),
        ("schema", 2),
    ],
)
def test_a_wrong_field_of_a_side_file_is_named(field: str, value: Any, tmp_path: Path) -> None:
    key = "window" if field in ("roi", "overlap") else field
    folder = made_models.bare_network(tmp_path / "net", **{key: value})
    with pytest.raises(UserError, match=field):
        bare_network.read(folder)


def test_layer_list(tmp_path: Path) -> None:
    folder = made_models.layer_list(tmp_path / "mesh")
    found = describe(find_model(tmp_path))
    assert (found.format, found.name) == (ModelFormat.LAYER_LIST, "Tissue of the tests")
    assert found.labels == (ModelLabel(1, "White Matter"), ModelLabel(2, "Grey Matter"))
    assert [w.path for w in found.weights] == ["model.pth"]  # safetensors, whatever the ending says
    assert (found.code.runs, found.code.pickles) == (False, ())
    network = layer_list.open_layer_list(folder)
    assert network.layers[0] == layer_list.ConvLayer(1, 2, 3, 1, 1, 1)
    assert network.tensors["model.1.weight"] == (3, 2, 1, 1, 1)


def test_layer_list_refusals(tmp_path: Path) -> None:
    folder = made_models.layer_list(tmp_path / "mesh")
    made_models.safetensors(folder / "model.pth", {"model.0.weight": (9, 1, 3, 3, 3)})
    with pytest.raises(UserError, match=r"weights in model\.pth do not fit"):
        describe(folder)
    (folder / "model.pth").unlink()
    with pytest.raises(UserError, match="no weights in the safetensors format"):
        describe(folder)
    (folder / "model.json").write_text(json.dumps({"modelTopology": {}}))
    with pytest.raises(UserError, match=r"TensorFlow\.js"):
        describe(folder)


def test_the_trained_network_of_the_test_data(shared_data: Path) -> None:
    found = describe(find_model(shared_data / "16_models" / "meshnet_gw_5ch"))
    assert [label.name for label in found.labels] == ["White Matter", "Grey Matter"]


def test_find_model(tmp_path: Path) -> None:
    made_bundles.spleen(tmp_path / "all" / "deep" / "spleen")
    assert find_model(tmp_path / "all") == tmp_path / "all" / "deep" / "spleen"
    made_bundles.brats(tmp_path / "all" / "deep" / "brats")
    with pytest.raises(UserError, match="holds 2 models: brats, spleen") as refused:
        find_model(tmp_path / "all")
    assert refused.value.hint == "Add them one by one."
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no model that is known here") as refused:
        find_model(tmp_path / "empty")
    for word in ("MONAI", "nnU-Net", "Clara", "limner-model-side.json", "list of layers"):
        assert word in refused.value.hint
    with pytest.raises(UserError, match="There is no folder"):
        find_model(tmp_path / "nowhere")
