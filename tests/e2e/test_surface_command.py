"""``limner surface`` on a mask file: files, the report, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import write_labels
from imaging.geometry import Geometry


@pytest.fixture
def masks(tmp_path) -> Path:
    labels = np.zeros((16, 20, 24), np.uint8)
    labels[3:12, 3:12, 3:12] = 1
    labels[5:12, 14:18, 14:20] = 2
    segments = [LabelSegment("Cube", (200, 10, 10), 1), LabelSegment("Bar", (10, 200, 10), 2)]
    path = tmp_path / "masks.seg.nrrd"
    write_labels(LabelFile(Geometry(labels.shape, np.eye(4)), [labels], segments), path)
    return path


def test_the_report_states_volumes_and_whether_it_is_watertight(masks, tmp_path, capsys) -> None:
    assert main(["surface", str(masks), "-o", str(tmp_path / "o.stl"), "--smooth", "0", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [Path(f).name for f in report["files"]] == ["o_Cube.stl", "o_Bar.stl"]
    cube = report["parts"][0]
    assert cube["watertight"] is True
    assert cube["mask_ml"] == pytest.approx(0.729)
    assert abs(cube["volume_change_percent"]) < 5


def test_chosen_segments_and_a_named_format(masks, tmp_path, capsys) -> None:
    words = ["surface", str(masks), "-o", str(tmp_path / "o"), "--format", "glb", "--segments", "bar"]
    assert main(words) == 0
    assert (tmp_path / "o.glb").read_bytes()[:4] == b"glTF"
    assert capsys.readouterr().out.startswith("Bar: ")


def test_voxels_that_only_touch_are_parted_and_everything_is_watertight(tmp_path, capsys) -> None:
    labels = np.zeros((8, 9, 10), np.uint8)
    labels[0:3, 0:3, 0:3] = labels[3:6, 3:6, 3:6] = 1  # at a corner, and at the border of the grid
    labels[7, 5, 5] = labels[7, 6, 6] = 2  # along an edge, in the last slice
    segments = [LabelSegment("Corner", (200, 10, 10), 1), LabelSegment("Edge", (10, 200, 10), 2)]
    path = tmp_path / "touching.seg.nrrd"
    write_labels(LabelFile(Geometry(labels.shape, np.diag([-0.7, 0.7, 3, 1])), [labels], segments), path)
    assert main(["surface", str(path), "-o", str(tmp_path / "o.glb"), "--triangles", "0", "--json"]) == 0
    for part, parted in zip(json.loads(capsys.readouterr().out)["parts"], (1, 2), strict=True):
        assert part["watertight"] is True
        assert part["parted"] == parted
        assert abs(part["volume_change_percent"]) < 1


@pytest.mark.parametrize(
    "words",
    [["-o", "a.vtk"], ["-o", "none/a.stl"], ["-o", "a.stl", "--segments", "x"], ["-o", "a.stl", "--smooth", "-1"]],
)
def test_mistakes_end_with_status_2(masks, tmp_path, monkeypatch, capsys, words) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["surface", str(masks), *words]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert [p.name for p in tmp_path.iterdir()] == [masks.name]
