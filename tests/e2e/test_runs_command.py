"""From a segmentation on the command line to the record beside the mask, the log and the plot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso


@pytest.mark.slow
def test_a_run_is_written_beside_the_mask_and_into_the_log(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "LIMNER_WORKSPACE": str(tmp_path / "workspace")}

    def limner(*words: object) -> str:
        command = [sys.executable, "-m", "app.cli", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "torso").mkdir()
    write_dicom_series(make_torso(scale=0.3).volume, tmp_path / "torso")
    limner("segment", tmp_path / "torso", "-o", tmp_path / "mask.nii.gz")
    record = json.loads((tmp_path / "mask.run.json").read_text("utf-8"))
    assert record["outcome"] == "done"
    assert record["usage"]["ram_peak_mb"]["value"] > 50
    assert "torso" not in json.dumps(record)  # neither names nor paths of the input
    (run,) = json.loads(limner("runs", "list", "--json"))["runs"]
    (noted,) = record.pop("inputs")  # only beside the mask: a replaced image is noticed by it
    assert set(noted) == {"content", "times"}
    assert run == record
    limner("segment", tmp_path / "torso", "-o", tmp_path / "torso.limner")
    (entry,) = json.loads(limner("case", "show", tmp_path / "torso.limner", "--json"))["entries"]
    assert entry["title"].startswith("Accept")
    limner("runs", "plot", "--case", tmp_path / "torso.limner", "-o", tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.size == (2400, 1720)
        assert picture.getpixel((2, 2)) == (255, 255, 255)
        assert len(picture.resize((300, 215)).getcolors(100_000)) > 20
