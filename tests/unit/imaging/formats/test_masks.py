"""Masks through every format: values, names, colours, codes and overlaps survive, or the loss is refused."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import read_labels, write_labels
from imaging.formats.registry import write_arrays
from imaging.geometry import Geometry
from imaging.segment import CodedTerm

ANATOMY = CodedTerm("91723000", "SCT", "Anatomical Structure")
KIDNEY = CodedTerm("64033007", "SCT", "Kidney")
LEFT = CodedTerm("7771000", "SCT", "Left")
SHAPE = (5, 6, 7)


def geometry() -> Geometry:
    return Geometry(SHAPE, np.array([[0.8, 0, 0, -12.5], [0, 0, 2.5, 30], [0, -0.9, 0, 7], [0, 0, 0, 1.0]]))


def plain() -> LabelFile:
    """Two segments on one layer, a third without voxels."""
    layer = np.zeros(SHAPE, np.uint8)
    layer[1:3, 2:5, 1:4] = 1
    layer[4, 0, 6] = 7
    segments = [
        LabelSegment("Left kidney", (200, 30, 40), 1, 0, ANATOMY, KIDNEY, LEFT),
        LabelSegment("Läsion <1> & 肿瘤", (0, 158, 115), 7),
        LabelSegment("Empty", (1, 2, 3), 9),
    ]
    return LabelFile(geometry(), [layer], segments)


def overlapping() -> LabelFile:
    """Two segments with the same label value on two layers that overlap."""
    first, second = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    first[0:3], second[2:4] = 1, 1
    return LabelFile(geometry(), [first, second], [LabelSegment("A", None, 1, 0), LabelSegment("B", None, 1, 1)])


@pytest.mark.parametrize("ending", [".seg.nrrd", ".nrrd"])
def test_slicer_fields_survive(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"mask{ending}"
    write_labels(plain(), path)
    read = read_labels(path)
    assert read.segments == plain().segments
    assert np.array_equal(read.layers[0], plain().layers[0])
    assert read.geometry.same_space(geometry(), 1e-9)


def test_pynrrd_finds_slicers_fields(tmp_path: Path) -> None:
    write_labels(plain(), tmp_path / "mask.seg.nrrd")
    data, header = nrrd.read(str(tmp_path / "mask.seg.nrrd"))
    assert np.array_equal(data.T, plain().layers[0])
    assert header["Segment0_Extent"] == "1 3 2 4 1 2"
    assert header["Segment2_Extent"] == "0 -1 0 -1 0 -1"
    assert header["Segment0_LabelValue"] == "1"
    assert "~SCT^123037004^Anatomical Structure~SCT^64033007^Kidney~SCT^7771000^Left~" in header["Segment0_Tags"]
    assert header["Segment0_Color"].split()[0] == "0.784314"


def test_overlapping_layers_survive_in_seg_nrrd(tmp_path: Path) -> None:
    path = tmp_path / "mask.seg.nrrd"
    write_labels(overlapping(), path)
    data, header = nrrd.read(str(path))
    assert header["kinds"] == ["list", "domain", "domain", "domain"]
    assert data.shape == (2, *SHAPE[::-1])
    read = read_labels(path)
    assert [s.layer for s in read.segments] == [0, 1]
    for segment in read.segments:
        assert np.array_equal(read.mask(segment), overlapping().layers[segment.layer] == 1)


@pytest.mark.parametrize("ending", [".nii.gz", ".nii", ".mha"])
def test_overlap_is_refused_where_one_layer_must_do(tmp_path: Path, ending: str) -> None:
    with pytest.raises(UserError, match="overlaps") as caught:
        write_labels(overlapping(), tmp_path / f"mask{ending}")
    assert ".seg.nrrd" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".nii.gz", ".mha"])
def test_layers_that_do_not_overlap_become_one(tmp_path: Path, ending: str) -> None:
    labels = overlapping()
    labels.layers[1][2] = 0
    written = write_labels(labels, tmp_path / f"mask{ending}")
    assert [segment.label_value for segment in written.segments] == [1, 2]
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / f"mask{ending}")))
    assert np.array_equal(array == 1, labels.layers[0] == 1)
    assert np.array_equal(array == 2, labels.layers[1] == 1)


def test_nifti_carries_names_and_colours(tmp_path: Path) -> None:
    path = tmp_path / "mask.nii.gz"
    write_labels(plain(), path)
    read = read_labels(path)
    assert [(s.name, s.color, s.label_value) for s in read.segments] == [
        (s.name, s.color, s.label_value) for s in plain().segments[:2]
    ]
    image = nibabel.load(path)
    assert len(image.header.extensions) == 1
    assert np.array_equal(np.asarray(image.dataobj).T, plain().layers[0])
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), plain().layers[0])


def test_old_slicer_files_have_one_layer_per_segment(tmp_path: Path) -> None:
    data = np.zeros((2, 4, 5, 6), np.uint8)
    data[0, 1], data[1, :, 2] = 1, 1
    header = {"kinds": ["list", "domain", "domain", "domain"], "space": "left-posterior-superior"}
    header |= {"space directions": np.vstack([np.full(3, np.nan), np.eye(3)]), "space origin": np.zeros(3)}
    header |= {"Segment0_Name": "a", "Segment1_Name": "b", "Segment1_Color": "1 0.5 0"}
    nrrd.write(str(tmp_path / "old.seg.nrrd"), data, header)
    read = read_labels(tmp_path / "old.seg.nrrd")
    assert [(s.name, s.layer, s.label_value, s.color) for s in read.segments] == [
        ("a", 0, 1, None),
        ("b", 1, 1, (255, 128, 0)),
    ]
    assert np.array_equal(read.mask(read.segments[1]).T, data[1] == 1)


def test_many_labels_need_uint16(tmp_path: Path) -> None:
    layer = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE) * 2
    path = tmp_path / "mask.nii.gz"
    write_labels(LabelFile(geometry(), [layer]), path)
    read = read_labels(path)
    assert read.layers[0].dtype == np.uint16
    assert len(read.segments) == np.prod(SHAPE) - 1
    assert read.segments[0].name == "Label 2"


def test_labels_stored_as_floats(tmp_path: Path) -> None:
    write_arrays(geometry(), [plain().layers[0].astype(np.float32)], tmp_path / "mask.nii")
    read = read_labels(tmp_path / "mask.nii")
    assert read.layers[0].dtype == np.uint8
    assert [s.label_value for s in read.segments] == [1, 7]


@pytest.mark.parametrize("value", [0.5, -1.0, 65536.0, np.nan, np.inf])
def test_what_is_no_mask_is_refused(tmp_path: Path, value: float) -> None:
    voxels = np.zeros(SHAPE, np.float32)
    voxels[1, 2, 3] = value
    write_arrays(geometry(), [voxels], tmp_path / "image.nii")
    with pytest.raises(UserError, match="not a mask"):
        read_labels(tmp_path / "image.nii")


def test_an_image_of_whole_numbers_is_not_taken_for_a_mask(tmp_path: Path) -> None:
    voxels = np.arange(4000, dtype=np.uint16).reshape(10, 20, 20)
    write_arrays(Geometry((10, 20, 20), np.eye(4)), [voxels], tmp_path / "image.nii")
    with pytest.raises(UserError, match="looks like an image"):
        read_labels(tmp_path / "image.nii")


def test_real_totalsegmentator_mask(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "01_ct_torso_multiorgan"
    labels = read_labels(folder / "example_seg_fast_force_split.nii.gz")
    known = json.loads((folder / "labels.json").read_text())
    by_name = {segment.name: segment for segment in labels.segments}
    assert len(by_name) == 61
    for name, expected in (("liver", 1125.7), ("spleen", 261.0)):
        assert name in json.dumps(known)
        volume_ml = labels.mask(by_name[name]).sum() * labels.geometry.voxel_volume_ml
        assert volume_ml == pytest.approx(expected, abs=0.06)
    for ending in (".seg.nrrd", ".nii.gz"):
        write_labels(labels, tmp_path / f"again{ending}")
        again = read_labels(tmp_path / f"again{ending}")
        assert again.segments == labels.segments
        assert np.array_equal(again.layers[0], labels.layers[0])
        assert again.geometry.same_space(labels.geometry)


def test_real_nrrd_masks(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "11_seg_sr_rt"
    gapped = read_labels(folder / "liver_spine_gapped_seg.nrrd")
    theirs = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "liver_spine_gapped_seg.nrrd")))
    assert [s.label_value for s in gapped.segments] == [int(v) for v in np.unique(theirs) if v]
    parts = [read_labels(folder / f"partial_overlaps-{n}.nrrd") for n in (1, 2, 3)]
    merged = LabelFile(
        parts[0].geometry,
        [part.layers[0] for part in parts],
        [LabelSegment(f"P{n} {s.name}", None, s.label_value, n) for n, part in enumerate(parts) for s in part.segments],
    )
    write_labels(merged, tmp_path / "overlaps.seg.nrrd")
    again = read_labels(tmp_path / "overlaps.seg.nrrd")
    assert again.segments == merged.segments
    assert all(np.array_equal(a, b) for a, b in zip(again.layers, merged.layers, strict=True))
    with pytest.raises(UserError, match="overlaps"):
        write_labels(merged, tmp_path / "overlaps.nii.gz")


def test_4d_labels_are_one_layer_per_time_point(tmp_path: Path) -> None:
    path = tmp_path / "times.nii.gz"
    arrays = [np.roll(plain().layers[0], n, axis=2) for n in range(3)]
    write_arrays(geometry(), arrays, path)
    labels = read_labels(path)
    assert len(labels.layers) == 3
    assert {(s.layer, s.label_value) for s in labels.segments} == {(n, v) for n in range(3) for v in (1, 7)}
    third = read_labels(path, volume=2)
    assert np.array_equal(third.layers[0], arrays[2])
    assert [s.layer for s in third.segments] == [0, 0]
    with pytest.raises(UserError, match="3 volumes"):
        read_labels(path, volume=3)


def test_real_4d_labels_that_were_interpolated_are_refused(shared_data: Path) -> None:
    """The file's rims hold 0.0126 and the like; rounding could invent label 1 between 0 and 2."""
    with pytest.raises(UserError, match="fractions"):
        read_labels(shared_data / "09_4d" / "seg4d_11f.nii.gz")
