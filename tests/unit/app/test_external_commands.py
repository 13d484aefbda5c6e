"""A program that is installed on its own, on the command line: listed, shown, run, and refused in words."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import made_bundles
import nibabel as nib
import numpy as np
import pytest
from made_program import VERSION, install

from app.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
Limner = Callable[..., tuple[int, str, str]]


@pytest.fixture
def limner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Limner:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("LIMNER_TOTALSEGMENTATOR", str(tmp_path / "env"))
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path / "home"))
    monkeypatch.delenv("TOTALSEG_WEIGHTS_PATH", raising=False)

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


def image(tmp_path: Path) -> Path:
    voxels = np.random.default_rng(1).integers(-900, 900, (8, 9, 7), np.int16)
    nib.save(nib.Nifti1Image(voxels, np.diag([1.0, 1.0, 2.0, 1.0])), tmp_path / "ct.nii.gz")
    return tmp_path / "ct.nii.gz"


def test_it_is_listed_and_shown(limner: Limner, tmp_path: Path) -> None:
    install(tmp_path / "env", with_weights=True)
    status, out, _ = limner("models", "list", "--json")
    assert status == 0
    listed = {model["id"]: model for model in json.loads(out)["models"]}
    good = listed["totalsegmentator:good"]
    assert (good["kind"], good["version"], good["is_built_in"]) == ("external", VERSION, False)
    assert listed["ct-anatomy-rules"]["kind"] == "built in"
    assert "2 structures, external" in limner("models", "list")[1]
    status, out, _ = limner("models", "show", "totalsegmentator:good")
    assert status == 0
    assert "finds: spleen, kidney right" in out
    assert f"command: {tmp_path / 'env' / 'bin' / 'TotalSegmentator'}" in out
    assert "Its weights are not on this computer." in out
    assert "memory is not planned" in out


def test_it_is_run(limner: Limner, tmp_path: Path) -> None:
    install(tmp_path / "env")
    out = tmp_path / "mask.nii.gz"
    run = ("segment", image(tmp_path), "-o", out, "--model", "totalsegmentator:good", "--device", "cpu")
    status, told, said = limner(*run)
    assert status == 0, said
    assert "spleen" in told
    assert "its memory is not planned. It runs without network." in said
    voxels = np.asanyarray(nib.load(tmp_path / "ct.nii.gz").dataobj)
    mask = np.asanyarray(nib.load(out).dataobj)
    np.testing.assert_array_equal(mask > 0, voxels > 0)
    record = json.loads((tmp_path / "mask.run.json").read_text())
    assert record["model_id"] == "totalsegmentator:good"
    assert record["backend"] == f"TotalSegmentator {VERSION}"
    assert record["device"] == "cpu"
    assert record["usage"]["cpu_s"]["value"] > 0  # its processes were metered
    assert record["engine"]["network"] in ("namespace", "no TCP", "proxies")


def test_what_it_cannot_do_is_said(limner: Limner, tmp_path: Path) -> None:
    install(tmp_path / "env", with_weights=True)
    out = tmp_path / "mask.nii.gz"
    status, _, said = limner("segment", image(tmp_path), "-o", out, "--model", "totalsegmentator:good")
    assert status == 2
    assert "has no weights on this computer" in said
    assert "--network" in said
    status, _, said = limner("segment", image(tmp_path), "-o", out, "--model", "totalsegmentator:sold")
    assert status == 2
    assert "licence number" in said
    status, _, said = limner("segment", image(tmp_path), "-o", out, "--model", "totalsegmentator:crash", "--fast")
    assert status == 2
    assert "the network is broken" in said
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_bundles_own_workflow(limner: Limner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle with a step that our engine does not know is refused with the way out, which then works."""
    pytest.importorskip("ignite", reason="bundles' evaluators are ignite's (install with --ai)")
    monkeypatch.setenv("LIMNER_TOTALSEGMENTATOR", "off")
    bundle = made_bundles.spleen(tmp_path / "bundle")
    config = bundle / "configs" / "inference.json"
    config.write_text(config.read_text().replace('"mode": "bilinear"', '"mode": "nearest"'))
    made_bundles.completed(bundle)
    run = ("segment", image(tmp_path), "-o", tmp_path / "mask.nii.gz", "--model", bundle, "--trust", "--device", "cpu")
    status, _, said = limner(*run)
    assert status == 2
    assert "--stock" in said
    status, _, said = limner(*run, "--stock")
    assert status == 0, said
    assert "its memory is not planned" in said
    assert "not by Limner's engine" in said
    record = json.loads((tmp_path / "mask.run.json").read_text())
    assert record["backend"] == "MONAI's own workflow"
    assert record["confinement"]["network"]
