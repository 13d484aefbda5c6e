"""Surface files: read back by VTK and as zip and XML, they hold the same shape, the right way round."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from render.surface_export.checking import check_mesh
from render.surface_export.files import file_words, write_surfaces
from render.surface_export.parts import Part, make_parts
from render.surfaces import Surface

RED, BLUE = (220, 40, 30), (20, 90, 200)
AFFINE = np.array([[0.8, 0, 0, -40], [0, 0.9, 0, 25], [0, 0, 2.0, 300], [0, 0, 0, 1]], float)


def _labels() -> LabelFile:
    """A thick hook, which no mirror image equals, and a block, on voxels of 0.8 x 0.9 x 2 mm."""
    labels = np.zeros((24, 30, 40), np.uint8)
    labels[4:20, 6:14, 6:14] = 1
    labels[4:10, 6:14, 14:30] = 1
    labels[4:10, 14:26, 6:14] = 1
    labels[14:20, 18:26, 24:34] = 2
    segments = [LabelSegment("Left hook", RED, 1), LabelSegment("A & “B”", BLUE, 2), LabelSegment("Empty", None, 3)]
    return LabelFile(Geometry(labels.shape, AFFINE), [labels], segments)


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    return make_parts(_labels(), triangles=6000)


def _volume(points: np.ndarray, triangles: np.ndarray) -> float:
    return Surface(points.astype(np.float32), triangles.astype(np.int32), points.astype(np.float32)).volume_ml


def _mesh(data: Any) -> tuple[np.ndarray, np.ndarray]:
    return vtk_to_numpy(data.GetPoints().GetData()), vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3)


def _read(reader: Any, path: Path) -> Any:
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


def _assert_same(points: np.ndarray, triangles: np.ndarray, parts: list[Part]) -> None:
    """Volume with its sign (so not inside out or mirrored), and centre of the corners and bounds in LPS mm."""
    expected = np.concatenate([p.surface.points_mm for p in parts])
    assert _volume(points, triangles) == pytest.approx(sum(p.check.volume_ml for p in parts), rel=1e-3)
    assert points.min(axis=0) == pytest.approx(expected.min(axis=0), abs=1e-3)
    assert points.max(axis=0) == pytest.approx(expected.max(axis=0), abs=1e-3)
    centre = np.concatenate([p.surface.points_mm[p.surface.triangles].mean(axis=1) for p in parts]).mean(axis=0)
    assert points[triangles].mean(axis=1).mean(axis=0) == pytest.approx(centre, abs=1e-2)


def test_parts_are_closed_and_state_their_volumes(parts) -> None:
    assert [p.name for p in parts] == ["Left hook", "A & “B”"]
    for part in parts:
        assert part.check.is_watertight, part.check.defects
        assert part.check.euler_characteristic == 2
        assert abs(part.change_percent) < 5
        assert len(part.surface.triangles) <= 6100
    assert parts[1].mask_ml == pytest.approx(6 * 8 * 10 * 0.8 * 0.9 * 2 / 1000)


def test_smoothing_and_thinning_are_what_was_asked_for() -> None:
    rough = make_parts(_labels(), ["left HOOK"], smoothing=0)[0]
    thin = make_parts(_labels(), ["left hook"], triangles=500)[0]
    assert abs(rough.change_percent) < 0.5
    assert len(thin.surface.triangles) <= 520 < len(rough.surface.triangles)


def test_stl_has_a_file_for_each_segment(parts, tmp_path) -> None:
    from vtkmodules.vtkIOGeometry import vtkSTLReader

    files = write_surfaces(parts, tmp_path / "out.stl")
    assert [f.name for f in files] == ["out_Left_hook.stl", "out_A_B.stl"]
    assert b"SPACE=LPS" in files[0].read_bytes()[:80]
    for part, file in zip(parts, files, strict=True):
        _assert_same(*_mesh(_read(vtkSTLReader(), file)), [part])
    (whole,) = write_surfaces(parts, tmp_path / "whole.stl", per_segment=False)
    _assert_same(*_mesh(_read(vtkSTLReader(), whole)), parts)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out_A_B.stl", "out_Left_hook.stl", "whole.stl"]


def test_ply_has_colours(parts, tmp_path) -> None:
    from vtkmodules.vtkIOPLY import vtkPLYReader

    (file,) = write_surfaces(parts, tmp_path / "out.ply")
    data = _read(vtkPLYReader(), file)
    _assert_same(*_mesh(data), parts)
    colors = vtk_to_numpy(data.GetPointData().GetArray("RGB"))
    assert {tuple(c) for c in colors.tolist()} == {RED, BLUE}
    assert b"SPACE=LPS" in file.read_bytes()[:400]


def test_obj_has_groups_and_materials(parts, tmp_path) -> None:
    from vtkmodules.vtkIOGeometry import vtkOBJReader

    file, materials = write_surfaces(parts, tmp_path / "two words.obj")
    assert materials.name == "two_words.mtl"
    _assert_same(*_mesh(_read(vtkOBJReader(), file)), parts)
    lines = file.read_text("utf-8").splitlines()
    assert "SPACE=LPS" in lines[0]
    assert [line for line in lines if line.startswith("o ")] == ["o Left_hook", "o A_&_“B”"]
    used = [line.split()[1] for line in lines if line.startswith("usemtl")]
    text = materials.read_text("utf-8")
    assert [line.split()[1] for line in text.splitlines() if line.startswith("newmtl")] == used
    assert f"Kd {220 / 255:.4f} {40 / 255:.4f} {30 / 255:.4f}" in text


def test_3mf_has_millimetres_names_and_colours(parts, tmp_path) -> None:
    (file,) = write_surfaces(parts, tmp_path / "out.3mf")
    with zipfile.ZipFile(file) as package:
        assert {"[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"} == set(package.namelist())
        root = ET.fromstring(package.read("3D/3dmodel.model"))
    tag = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"
    assert root.get("unit") == "millimeter"
    assert [b.get("displaycolor") for b in root.iter(f"{tag}base")] == ["#DC281E", "#145AC8"]
    objects = list(root.iter(f"{tag}object"))
    assert [o.get("name") for o in objects] == [p.name for p in parts]
    assert [i.get("objectid") for i in root.iter(f"{tag}item")] == [o.get("id") for o in objects]
    for part, found in zip(parts, objects, strict=True):
        points = np.array([[float(v.get(a, "")) for a in "xyz"] for v in found.iter(f"{tag}vertex")])
        corners = [[int(t.get(a, "")) for a in ("v1", "v2", "v3")] for t in found.iter(f"{tag}triangle")]
        _assert_same(points, np.array(corners), [part])


@pytest.mark.parametrize("ending", ["glb", "gltf"])
def test_gltf_stands_upright_in_metres(parts, tmp_path, ending) -> None:
    from vtkmodules.vtkIOGeometry import vtkGLTFReader

    (file,) = write_surfaces(parts, tmp_path / f"out.{ending}")
    scene = _read(vtkGLTFReader(), file)
    meshes, stack = [], [scene]
    while stack:
        block = stack.pop(0)
        if block.IsA("vtkMultiBlockDataSet"):
            stack += [block.GetBlock(n) for n in range(block.GetNumberOfBlocks())]
        else:
            meshes.append(_mesh(block))
    for part, (points, triangles) in zip(parts, meshes, strict=True):
        x, y, z = points.T.astype(float) * 1000  # left, superior, anterior
        _assert_same(np.column_stack([x, -z, y]), triangles, [part])
    if ending == "gltf":
        document = json.loads(file.read_text("utf-8"))
        assert [m["name"] for m in document["materials"]] == [p.name for p in parts]
        red = document["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"]
        assert red == pytest.approx([0.7157, 0.0212, 0.0130, 1], abs=1e-3)  # linear, not sRGB


def _tetrahedron(*triangles: tuple[int, int, int]) -> Surface:
    points = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], np.float32)
    return Surface(points, np.array(triangles, np.int32), points)


def test_the_check_sees_each_defect() -> None:
    faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
    whole = check_mesh(_tetrahedron(*faces))
    assert whole.is_watertight
    assert whole.euler_characteristic == 2
    assert whole.volume_ml == pytest.approx(1 / 6)
    assert check_mesh(_tetrahedron(*faces[:3])).open_edges == 3
    assert check_mesh(_tetrahedron(*faces[:3], (1, 3, 2))).twisted_edges == 3
    assert check_mesh(_tetrahedron(*faces, (1, 2, 3))).crowded_edges == 3
    assert check_mesh(_tetrahedron(*faces, (1, 1, 3))).flat_triangles == 1
    inside_out = check_mesh(_tetrahedron(*(face[::-1] for face in faces)))
    assert not inside_out.is_watertight
    assert inside_out.defects == "no enclosed volume"


def test_voxels_that_touch_along_an_edge_are_parted_and_it_is_said() -> None:
    labels = np.zeros((8, 8, 8), np.uint8)
    labels[2:6, 2:4, 2:4] = labels[2:6, 4:6, 4:6] = 1
    file = LabelFile(Geometry(labels.shape, np.eye(4)), [labels], [LabelSegment("Kissing", RED, 1)])
    (part,) = make_parts(file, smoothing=0)
    assert part.check.is_watertight
    assert part.check.euler_characteristic == 4  # two bodies
    assert part.parted == part.to_json()["parted"] == 5
    assert "watertight, parted at 5 places" in part.sentence


def test_surfaces_that_meet_in_an_edge_are_not_watertight_though_each_has_corners_of_its_own() -> None:
    faces = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], np.int32)
    points = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], np.float32)
    both = np.concatenate([points, points * [1, -1, -1]]).astype(np.float32)
    check = check_mesh(Surface(both, np.concatenate([faces, faces + 4]), both))
    assert check.crowded_edges == 1
    assert not check.is_watertight


def test_work_ends_when_the_report_says_so() -> None:
    class Enough(Exception):
        pass

    def report(fraction: float, names: str) -> None:
        raise Enough

    with pytest.raises(Enough):
        make_parts(_labels(), report=report)


def test_each_segment_that_is_done_is_reported() -> None:
    told: list[float] = []
    make_parts(_labels(), report=lambda fraction, names: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1


def test_mistakes_are_messages(parts, tmp_path) -> None:
    with pytest.raises(UserError, match="is empty"):
        make_parts(_labels(), ["Empty"])
    with pytest.raises(UserError, match="no segment “Spleen”"):
        make_parts(_labels(), ["Spleen"])
    with pytest.raises(UserError, match="not written as"):
        write_surfaces(parts, tmp_path / "a.vtk")
    with pytest.raises(UserError, match="no folder"):
        write_surfaces(parts, tmp_path / "none" / "a.stl")


def test_file_names_are_safe_and_distinct() -> None:
    assert file_words(["../a b", "a/b", "A b", "***", "Niere (links)"]) == [
        "a_b", "a_b_2", "A_b_3", "segment", "Niere_links"
    ]  # fmt: skip
