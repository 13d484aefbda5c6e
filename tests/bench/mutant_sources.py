"""Valid files of every kind that Limner reads, small, to be bent: made here, and real ones where they are at hand."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import mutating as bends
from mutant_images import Source, dicom_file, odd_images, plain_and_compressed, single

SHAPE = (6, 24, 20)
LARGEST_REAL = 1_200_000  # bytes: what is larger takes long to write ten thousand times
REAL_FOLDERS = ("10_multiframe", "11_seg_sr_rt", "12_transfer_syntaxes", "13_charsets", "14_hostile_and_odd")


def all_sources(folder: Path, shared: Path | None) -> list[Source]:
    """Sources of all kinds.

    Args:
        folder: empty; a series, a case and what is made of them is written there and stays while mutants are judged:
            ``series`` (a folder of DICOM files) and ``good.limner``.
        shared: real images; None for made ones alone.
    """
    series = _series(folder / "series")
    found = [*plain_and_compressed(), *odd_images(), *_objects(folder, series), *_folders(series), *_archives(series)]
    found += [*_research(folder), *_case(folder)]
    return found + (_real(shared) if shared is not None and shared.is_dir() else [])


# ------------------------------------------------------------------------------------------------ folders, archives


def _series(folder: Path) -> Path:
    import numpy as np
    from pydicom.uid import ExplicitVRLittleEndian

    folder.mkdir()
    for k in range(SHAPE[0]):
        pixels = np.random.default_rng(k).integers(0, 4000, SHAPE[1:], np.uint16)
        (folder / f"{k}.dcm").write_bytes(dicom_file(pixels, ExplicitVRLittleEndian, k=k))
    return folder


def _disc(series: Path) -> dict[str, bytes]:
    """The files of a disc: a DICOMDIR and what it lists, in folders."""
    from tempfile import TemporaryDirectory

    from pydicom import dcmread
    from pydicom.fileset import FileSet

    made = FileSet()
    for path in sorted(series.iterdir()):
        ds = dcmread(path)
        ds.StudyID, ds.StudyDescription, ds.SeriesNumber = "1", "", 1
        made.add(ds)
    with TemporaryDirectory() as folder:
        made.write(folder)
        files = [path for path in sorted(Path(folder).rglob("*")) if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _folders(series: Path) -> list[Source]:
    files = {path.name: path.read_bytes() for path in sorted(series.iterdir())}
    disc = _disc(series)
    named = ("DICOMDIR", "DICOMDIR", next(name for name in disc if name != "DICOMDIR"))
    return [
        Source("folders", files, bends.bent_dicom),
        Source("discs", disc, bends.bent_dicom, bendable=named),
        Source("discs", disc, bends.bent_dicom, "DICOMDIR", named),
        single("DICOMDIR files", "DICOMDIR", disc["DICOMDIR"], bends.bent_dicom),
    ]


def _archives(series: Path) -> list[Source]:
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for path in sorted(series.iterdir()):
                archive.write(path, f"folder/{path.name}")
        found.append(single("archives", "x.zip", buffer.getvalue(), bends.inside_zip))
    return found


# ------------------------------------------------------------------------------------------------ objects


def _objects(folder: Path, series: Path) -> list[Source]:
    """Everything that Limner writes about images."""
    import numpy as np

    from imaging.formats.label_file import LabelFile, LabelSegment
    from imaging.objects.document_write import write_document
    from imaging.objects.map_write import PROBABILITY, WantedMap, write_map
    from imaging.objects.presentation_write import Drawn, Shown, write_presentation
    from imaging.objects.report_write import Measured, write_report
    from imaging.objects.segmentation_dataset import SegmentationKind
    from imaging.objects.segmentation_write import write_segmentation
    from imaging.objects.source_series import source_of
    from imaging.objects.structure_set_write import write_structure_set
    from imaging.opening import list_series

    geometry = list_series(series)[0].geometry
    assert geometry is not None
    layer = np.zeros(SHAPE, np.uint8)
    layer[1:5, 4:16, 4:14], layer[2:4, 8:12, 7:10] = 1, 0
    layer[1:3, 2:10, 15:19] = 2
    other = np.roll(layer == 1, 2, 1).astype(np.uint8) * 3
    one = [LabelSegment("One", (250, 0, 0), 1, number=1), LabelSegment("Two", None, 2, number=2)]
    labels = LabelFile(geometry, [layer], one)
    overlapping = LabelFile(geometry, [layer, other], [*one, LabelSegment("Three", None, 3, number=3, layer=1)])
    source, path = source_of(series, geometry), folder / "object.dcm"
    shapes = _shapes(geometry)
    kinds = SegmentationKind
    made: list[tuple[str, Callable[[], object]]] = [
        ("segmentations", lambda: write_segmentation(overlapping, source, path)),
        ("segmentations", lambda: write_segmentation(overlapping, source, path, kinds.FRACTIONAL)),
        ("segmentations", lambda: write_segmentation(labels, source, path, kinds.LABELMAP)),
        ("segmentations", lambda: write_segmentation(labels, source, path, kinds.LABELMAP, compress=True)),
        ("structure sets", lambda: write_structure_set(overlapping, source, path)),
        ("reports", lambda: write_report(overlapping, source, path, [Measured(shape) for shape in shapes])),
        (
            "presentation states",
            lambda: write_presentation(Shown((40.0, 400.0), True, [Drawn(s, "3 mm") for s in shapes]), source, path),
        ),
        (
            "parametric maps",
            lambda: write_map(WantedMap("probability", "Model", PROBABILITY, layer, geometry, 1 / 255), source, path),
        ),
        ("encapsulated documents", lambda: write_document(b"%PDF-1.4\n%%EOF\n", "It", source, path)),
    ]
    found = []
    for kind, write in made:
        write()
        found.append(single(kind, "x.dcm", path.read_bytes(), bends.bent_dicom))
    path.unlink()
    return found


def _shapes(geometry: Any) -> list[Any]:
    from imaging.measurement import Measurement, MeasurementKind

    corners = geometry.to_world([[4, 3, 2], [12, 3, 2], [4, 9, 2]])
    points = tuple(tuple(map(float, p)) for p in corners)
    counts = {MeasurementKind.LENGTH: 2, MeasurementKind.ANGLE: 3, MeasurementKind.ELLIPSE: 3}
    return [
        Measurement(n + 1, kind, points[:count], (0.0, 0.0, 1.0), "It")
        for n, (kind, count) in enumerate(counts.items())
    ]


# ------------------------------------------------------------------------------------------------ other files


def _research(folder: Path) -> list[Source]:
    """NIfTI, NRRD and MetaImage, as images and as masks, packed and plain, and with the voxels beside."""
    import numpy as np

    from imaging.formats import write_volume
    from imaging.formats.label_file import LabelFile, LabelSegment
    from imaging.formats.masks import write_labels
    from imaging.geometry import Geometry
    from imaging.volume import Quantity, Volume

    geometry = Geometry(SHAPE, np.array([[0, -0.7, 0, 3], [0.7, 0, 0, 4], [0, 0, 2.5, -5], [0, 0, 0, 1.0]]))
    voxels = np.random.default_rng(4).integers(-1000, 3000, SHAPE).astype(np.int16)
    labels = LabelFile(
        geometry, [(voxels > 500).astype(np.uint8), (voxels > 1000).astype(np.uint8)],
        [LabelSegment("One", (250, 0, 0), 1, number=1), LabelSegment("Two", None, 1, number=2, layer=1)],
    )  # fmt: skip
    flat = LabelFile(geometry, labels.layers[:1], labels.segments[:1])
    endings = {".nii": bends.bent_numbers, ".nii.gz": bends.inside_gzip(bends.bent_numbers), ".nrrd": bends.bent_text,
               ".mha": bends.bent_text}  # fmt: skip
    found = []
    for ending, bend in endings.items():
        kind = f"{ {'.nrrd': 'NRRD', '.mha': 'MetaImage'}.get(ending, 'NIfTI') } files"
        path = folder / f"x{ending}"
        write_volume(Volume(geometry, voxels, Quantity.HU), path)
        found.append(single(kind, path.name, path.read_bytes(), bend))
        write_labels(flat, path)
        found.append(single(kind, path.name, path.read_bytes(), bend))
        path.unlink()
    slicer = folder / "x.seg.nrrd"
    write_labels(labels, slicer)
    found.append(single("NRRD files", slicer.name, slicer.read_bytes(), bends.bent_text))
    slicer.unlink()
    return [*found, *_detached(voxels)]


def _detached(voxels: Any) -> list[Source]:
    raw = voxels.tobytes()
    sizes = " ".join(map(str, voxels.shape[::-1]))
    nrrd = (
        f"NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: {sizes}\n"
        "space directions: (0.7,0,0) (0,0.7,0) (0,0,2.5)\nspace origin: (1,2,3)\nendian: little\n"
    )
    meta = (
        f"ObjectType = Image\nNDims = 3\nDimSize = {sizes}\nElementType = MET_SHORT\nElementSpacing = 0.7 0.7 2.5\n"
        "BinaryData = True\nOffset = 1 2 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nElementByteOrderMSB = False\n"
    )
    packed = nrrd + "encoding: gzip\n\n"
    return [
        Source("NRRD files", {"x.nhdr": (nrrd + "encoding: raw\ndata file: x.raw\n").encode(), "x.raw": raw},
               bends.bent_text, "x.nhdr", ("x.nhdr",)),
        Source("MetaImage files", {"x.mhd": f"{meta}ElementDataFile = x.raw\n".encode(), "x.raw": raw},
               bends.bent_text, "x.mhd", ("x.mhd",)),
        single("NRRD files", "x.nrrd", packed.encode() + gzip.compress(raw, mtime=0), bends.bent_text),
    ]  # fmt: skip


def _case(folder: Path) -> list[Source]:
    """A case with changes, measurements, notes, an undo, a checkpoint and what is kept beside the journal."""
    import numpy as np

    from imaging.case.case import Case
    from imaging.case.images import ImageReference
    from imaging.edit import AddSegment, PaintEdit, UpdateSegment
    from imaging.geometry import Box
    from imaging.measurements import AddMeasurements
    from imaging.opening import list_series
    from imaging.segment import Segment
    from session.case_content import PRESENTATION_KEY
    from session.document import Document
    from session.map_keeping import STATE_KEY, packed
    from session.model_maps import ModelMap, ModelMaps
    from session.presentation import Presentation

    series = list_series(folder / "series")[0]
    assert series.geometry is not None
    found = []
    for name, strokes in (("good", 3), ("long", 70)):
        path = folder / f"{name}.limner"
        case = Case.create(path, series.geometry, [ImageReference(str(folder / "series"), series.id, "CT")])
        document = Document([], case, author="tester")
        for number in (1, 2):
            document.apply(AddSegment(Segment(number, f"s{number}", label_value=number)), title="add", tool="t")
        for n in range(strokes):
            box = Box(1, 4, 2, 12, 2 + n % 5, 12)
            mask = np.random.default_rng(n).random(box.shape) < 0.5
            document.apply(PaintEdit(1 + n % 2, box, mask), title="paint", tool="t", parameters={"radius_mm": 3.5})
        document.apply(AddMeasurements(tuple(_shapes(series.geometry))), title="measure", tool="t")
        document.note("sent", "t", {"to": "nobody"})
        document.apply(UpdateSegment(1, {"name": "other"}), title="rename", tool="t")
        document.undo()
        presentation = Presentation()
        presentation.center_on(series.geometry)
        case.journal.save_state(PRESENTATION_KEY, presentation.state.to_text())
        maps = ModelMaps("Model", (ModelMap("probability", np.zeros(SHAPE, np.uint8)),))
        case.journal.save_state(STATE_KEY, packed(maps)[0])
        document.close()
        found.append(single("case files", "x.limner", path.read_bytes(), bends.bent_case))
    return found


def _real(shared: Path) -> list[Source]:
    """Real files that are small enough to be written thousands of times."""
    found = []
    named = [path for folder in REAL_FOLDERS for path in sorted((shared / folder).rglob("*")) if path.is_file()]
    for path in [*named, shared / "04_ct_lung_gtv_rtstruct/pat_3/DCM_IMG_00001.dcm"]:
        if not path.is_file() or path.stat().st_size > LARGEST_REAL or path.suffix in (".md", ".txt", ".json"):
            continue
        bend = {".mha": bends.bent_text, ".nrrd": bends.bent_text}.get(path.suffix, bends.bent_dicom)
        name = path.name if path.suffix in (".mha", ".nrrd") else "x.dcm"
        found.append(single("real files", name, path.read_bytes(), bend))
    return found
