"""MONAI bundles of all shapes in circulation are read as plain data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import made_bundles
import pytest
from made_models import torchscript

from imaging.errors import UserError
from inference.model import ModelLabel
from inference.packages.description import Head, InputChannel, ModelDescription, ModelFormat, Task
from inference.packages.monai_bundle import is_here, read


def described(name: str, folder: Path) -> ModelDescription:
    return read(made_bundles.BUNDLES[name](folder / name))


@pytest.mark.parametrize("name", made_bundles.BUNDLES)
def test_every_shape_is_recognised_and_read(name: str, tmp_path: Path) -> None:
    found = described(name, tmp_path)
    assert found.format is ModelFormat.MONAI_BUNDLE
    assert found.channels
    assert found.weights
    assert found.code.runs
    assert found.licence.startswith("Licence of the tests")


@pytest.mark.parametrize("name", made_bundles.SEGMENTING)
def test_those_that_segment_volumes_have_no_problem(name: str, tmp_path: Path) -> None:
    found = described(name, tmp_path)
    assert (found.task, found.problem) == (Task.SEGMENTATION, "")
    assert found.head in (Head.SOFTMAX, Head.SIGMOID)


@pytest.mark.parametrize(
    ("name", "task", "words"),
    [
        ("maisi", Task.OTHER, "makes new images"),
        ("mednist_reg", Task.OTHER, "aligns images"),
        ("valve_landmarks", Task.OTHER, "finds points"),
        ("endoscopic", Task.SEGMENTATION, "single flat pictures"),
        ("nuclick", Task.SEGMENTATION, "single flat pictures"),
    ],
)
def test_those_that_cannot_help_say_why(name: str, task: Task, words: str, tmp_path: Path) -> None:
    found = described(name, tmp_path)
    assert found.task is task
    assert words in found.problem


def test_detection_needs_torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = described("lung_nodule", tmp_path)
    assert (found.task, found.head) == (Task.DETECTION, Head.BOXES)
    assert "torchvision" in found.problem
    assert found.name == "lung_nodule"  # no name in the metadata: the folder's
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert described("lung_nodule", tmp_path / "again").problem == ""


def test_a_plain_one(tmp_path: Path) -> None:
    found = described("spleen", tmp_path)
    assert found.labels == (ModelLabel(1, "spleen"),)
    assert found.channels == (InputChannel("image", "CT"),)
    assert found.spacing_mm == (1.5, 1.5, 2.0)
    assert found.head is Head.SOFTMAX
    assert [(w.path, w.url, w.is_present) for w in found.weights] == [
        ("models/model.pt", "https://models.example/model.pt", False)
    ]
    assert found.missing_weights == found.weights
    assert found.prompts == ()
    assert "Made with MONAI 1.4.0 and PyTorch 2.4.0." in found.notes


def test_the_weights_follow_the_configurations_switch(tmp_path: Path) -> None:
    found = described("whole_body", tmp_path)
    assert [(w.path, w.is_needed) for w in found.weights] == [
        ("models/model.pt", True),
        ("models/model_lowres.pt", False),
    ]
    assert found.weights[0].checksum == "md5:" + "0" * 32
    assert found.spacing_mm == (1.5, 1.5, 1.5)
    config = tmp_path / "whole_body" / "configs" / "inference.json"
    config.write_text(config.read_text().replace('"highres": true', '"highres": false'))
    found = read(tmp_path / "whole_body")
    assert [w.path for w in found.missing_weights] == ["models/model_lowres.pt"]
    assert found.spacing_mm == (3.0, 3.0, 3.0)


def test_several_images_and_overlapping_structures(tmp_path: Path) -> None:
    found = described("brats", tmp_path)
    assert found.channels == tuple(InputChannel(name, "MR") for name in ("T1c", "T1", "T2", "FLAIR"))
    assert found.labels == (ModelLabel(1, "Tumor core"), ModelLabel(2, "Whole tumor"), ModelLabel(3, "Enhancing tumor"))
    assert found.head is Head.SIGMOID
    phases = described("renal_cect", tmp_path)
    assert [channel.name for channel in phases.channels] == ["artery", "vein", "excret"]
    assert phases.labels == (ModelLabel(1, "artery"), ModelLabel(2, "vein"))
    assert (found.has_background, phases.has_background) == (False, True)  # the channels' values follow from it
    assert phases.code.files == ("scripts/__init__.py", "scripts/my_transforms.py")


def test_names_that_stand_elsewhere_or_only_for_the_foreground(tmp_path: Path) -> None:
    assert described("pediatric", tmp_path).labels == (ModelLabel(1, "liver"), ModelLabel(2, "pancreas"))
    unest = described("renal_unest", tmp_path)
    assert unest.labels == (ModelLabel(1, "cortex"), ModelLabel(2, "medulla"), ModelLabel(3, "pelvis"))
    assert described("template", tmp_path).labels == tuple(ModelLabel(n, f"Label {n}") for n in (1, 2, 3))


def test_channels_without_a_name_get_a_number(tmp_path: Path) -> None:
    folder = made_bundles.whole_body(tmp_path / "body")
    file = folder / "configs" / "metadata.json"
    file.write_text(file.read_text().replace(', "4": "liver"', ""))
    assert read(folder).labels[-2:] == (ModelLabel(3, "kidney_left"), ModelLabel(4, "Label 4"))


def test_weights_of_other_names_and_an_architecture_in_a_file(tmp_path: Path) -> None:
    assert [w.path for w in described("pediatric", tmp_path).weights] == ["models/dynunet_FT.pt"]
    dints = described("dints", tmp_path)
    assert {w.path for w in dints.missing_weights} == {"models/model.pt", "models/search_code_9100.pt"}


def test_torchscript_stands_in_for_missing_weights(tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    (folder / "models").mkdir()
    torchscript(folder / "models" / "model.ts")
    found = read(folder)
    assert found.missing_weights == ()
    assert [w.path for w in found.weights if w.is_needed] == ["models/model.ts"]


def test_prompts(tmp_path: Path) -> None:
    deepedit = described("deepedit", tmp_path)
    assert deepedit.prompts == ("clicks",)
    assert len(deepedit.channels) == 1  # the other two of the network's are clicks
    assert "scripts.transforms.OrientationGuidance" in deepedit.code.targets
    assert {"glob", "monai.transforms", "numpy"} <= set(deepedit.code.imports)
    assert described("nuclick", tmp_path).prompts == ("clicks",)
    vista = described("vista3d", tmp_path)
    assert (vista.prompts, vista.task) == (("label", "clicks", "new"), Task.SEGMENTATION)
    assert len(vista.labels) == 4


def test_a_step_that_is_switched_off_does_not_count(tmp_path: Path) -> None:
    assert described("lung_nodule", tmp_path).spacing_mm is None


def test_the_known_mistake_of_deciding_too_early_is_noted(tmp_path: Path) -> None:
    note = "interpolate between label numbers"
    assert any(note in text for text in described("prostate", tmp_path).notes)
    assert not any(note in text for text in described("spleen", tmp_path).notes)


def test_spacing_goes_with_the_axes(tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    config = json.loads((folder / "configs" / "inference.json").read_text())
    config["preprocessing"]["transforms"][2]["axcodes"] = "SPL"
    config["preprocessing"]["transforms"][3]["pixdim"] = [5.0, 1.0, 2.0]  # along S, P, L
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    assert read(folder).spacing_mm == (2.0, 1.0, 5.0)


@pytest.mark.parametrize("missing", ["network_data_format", "name", "version", "description", "copyright"])
def test_mandatory_fields_may_be_missing_or_null(missing: str, tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    file = folder / "configs" / "metadata.json"
    table = json.loads(file.read_text())
    file.write_text(json.dumps(table | {missing: None}))
    null = read(folder)
    file.write_text(json.dumps({key: value for key, value in table.items() if key != missing}))
    assert read(folder) == null
    assert null.name
    assert null.channels


def test_a_torchscript_file_with_everything_inside(tmp_path: Path) -> None:
    whole = made_bundles.spleen(tmp_path / "spleen")
    extra = {n: json.loads((whole / "configs" / n).read_text()) for n in ("metadata.json", "inference.json")}
    folder = tmp_path / "single"
    folder.mkdir()
    torchscript(folder / "spleen.ts", extra)
    found = read(folder)
    assert found.labels == (ModelLabel(1, "spleen"),)
    assert [(w.path, w.is_present) for w in found.weights] == [("spleen.ts", True)]
    torchscript(folder / "spleen.ts", {"metadata.json": extra["metadata.json"]})
    with pytest.raises(UserError, match=r"extra/inference\.json is missing"):
        read(folder)


def test_a_bundle_that_can_only_be_trained_is_refused(tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    (folder / "configs" / "inference.json").rename(folder / "configs" / "train.json")
    assert is_here(folder)
    with pytest.raises(UserError, match="says nowhere how it is run"):
        read(folder)


def test_a_list_of_files_that_points_outside_is_refused(tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    (folder / "large_files.yml").write_text("large_files:\n- {path: ../../evil.pt, url: 'https://models.example/x'}\n")
    with pytest.raises(UserError, match="outside the model"):
        read(folder)


def test_reading_loads_neither_torch_nor_monai(tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    code = "import sys; from pathlib import Path; from inference.packages.recognise import describe\n"
    code += f"describe(Path({str(folder)!r})); sys.exit(bool({{'torch', 'monai', 'scipy'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_classes_of_a_whole_image(tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "density")
    config = json.loads((folder / "configs" / "inference.json").read_text())
    config["network_def"] = {"_target_": "DenseNet121", "spatial_dims": 3, "in_channels": 1, "out_channels": 3}
    about = json.loads((folder / "configs" / "metadata.json").read_text())
    output = {"format": "labels", "num_channels": 3, "channel_def": {"0": "A", "1": "B", "2": "C"}}
    about["network_data_format"]["outputs"]["pred"] = output
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    (folder / "configs" / "metadata.json").write_text(json.dumps(about))
    found = read(folder)
    assert (found.task, found.head) == (Task.CLASSIFICATION, Head.SCORES)
    assert found.labels == (ModelLabel(1, "A"), ModelLabel(2, "B"), ModelLabel(3, "C"))


def test_a_bundle_that_is_only_a_script_says_no_network(tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "pipeline")
    config = {"network_def": {}, "inferer": {"_target_": "scripts.pipeline.Run"}, "run": ["$@inferer.run()"]}
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    found = read(folder)
    assert (found.task, found.labels) == (Task.OTHER, ())
    assert "does not say which network it is" in found.problem
