"""What the program does with files that it is given, each as a function that says "opened" or "refused"."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from judging import Reader, refusal_of


def readers_for(path: Path, folder: Path, *, with_objects: bool) -> dict[str, Reader]:
    """The readers that could meet such a file.

    Args:
        path: the file or folder.
        folder: where ``series``, ``good.limner`` and the workspace's ``index.sqlite`` are, see ``mutant_sources``.
        with_objects: also as masks, annotations and cases; listed, checked, dumped and de-identified.
    """
    if path.suffix == ".limner":
        return {"case": _case, "case for writing": _written_case}
    found: dict[str, Reader] = {"image": _image}
    if not with_objects:
        return found
    found["list of studies"] = lambda p: _listed(p, folder)
    found["small picture"] = _pictured
    if path.is_dir() or path.suffix == ".zip":
        return found
    if path.suffix not in (".dcm", ""):
        return {**found, "mask file": _mask_file}
    return {
        **found,
        "masks": lambda p: _masks(p, folder),
        "annotations": lambda p: _annotations(p, folder),
        "check": _checked,
        "dump": _dumped,
        "de-identification": _deidentified,
    }


def unbent(source: Any) -> Any:
    """The same file or folder, valid."""
    return replace(source, bend=lambda data, _dice: data)


def preload(folder: Path, sources: list[Any], scratch: Path) -> None:
    """Import whatever reading needs by reading one valid file of each kind here, in the process that will fork."""
    import imagecodecs
    import SimpleITK
    from pydicom import pixels

    assert all((imagecodecs, SimpleITK, pixels))
    _load_codecs(imagecodecs)
    for source in {source.kind: source for source in sources}.values():
        (scratch / "in").mkdir(parents=True)
        path = unbent(source).write(scratch / "in", random.Random(0))
        for reader in readers_for(path, folder, with_objects=True).values():
            _said(reader, path)
        shutil.rmtree(scratch)


def _load_codecs(imagecodecs: Any) -> None:
    """Each codec is a module that is loaded when its function is first looked for."""
    import imaging.dicom.decode
    import imaging.dicom.odd
    import imaging.objects.odd_objects

    assert all((imaging.dicom.decode, imaging.dicom.odd, imaging.objects.odd_objects))
    for name in ("jpegls_decode", "jpeg2k_decode", "ljpeg_decode", "jpeg8_decode", "dicomrle_decode"):
        getattr(imagecodecs, name)


def _said(reader: Reader, path: Path) -> str:
    from imaging.errors import UserError

    try:
        return reader(path)
    except UserError as error:
        return refusal_of(error.message, error.hint)


# ------------------------------------------------------------------------------------------------ images


def _image(path: Path) -> str:
    """``limner info`` and opening each series."""
    from app.commands.info import line, record
    from imaging.errors import UserError
    from imaging.opening import find_series, open_series

    listing = find_series(path)
    for _name, reason in listing.unreadable:
        if refusal_of(reason) != "refused":
            return refusal_of(reason)
    outcome = "refused"
    for series in listing.series:
        json.dumps(record(series), ensure_ascii=False, allow_nan=False).encode()
        line(series).encode()
        if series.geometry is None:
            continue
        try:
            volumes = open_series(series)
        except UserError as error:
            if refusal_of(error.message, error.hint) != "refused":
                return refusal_of(error.message, error.hint)
            continue
        wrong = [said for volume in volumes if (said := _what_is_wrong(volume))]
        if wrong or not volumes:
            return f"opened, but {wrong[0] if wrong else 'without voxels'}"
        outcome = "opened"
    return outcome


def _what_is_wrong(volume: Any) -> str:
    """What no volume may be, whatever its file said; empty when all is well."""
    import numpy as np

    from imaging.volume import Quantity, SeriesWarning
    from session.presentation import first_windowing

    geometry, voxels = volume.geometry, volume.voxels
    if not np.isfinite(geometry.affine).all() or abs(np.linalg.det(geometry.affine)) < 1e-15:
        return f"its geometry is none: {geometry.affine.tolist()}"
    if min(geometry.spacing_mm) <= 0 or not np.isfinite(geometry.spacing_mm).all():
        return f"its spacing is {geometry.spacing_mm}"
    origins = geometry.slice_origins_mm
    if origins is not None and not np.isfinite(origins).all():
        return "its slices are nowhere"
    wanted = (*geometry.shape, 3) if volume.quantity is Quantity.COLOUR else geometry.shape
    if voxels.shape != wanted or voxels.size == 0 or voxels.flags.writeable:
        return f"its voxels are {voxels.shape} of {wanted}"
    if voxels.dtype.kind == "f" and SeriesWarning.NOT_FINITE not in volume.warnings and not np.isfinite(voxels).all():
        return "it holds values that are no numbers, and does not say so"
    window = first_windowing(volume)
    if not np.isfinite([window.level, window.width]).all() or window.width <= 0:
        return f"it begins with the window {window}"
    return ""


def _listed(path: Path, folder: Path) -> str:
    """The workspace's list of studies; ``folder`` has one, which each process copies."""
    from imaging.workspace.listing import Filter, files_of, series_of, studies
    from imaging.workspace.looking import FileKind
    from imaging.workspace.study_index import StudyIndex

    place = path if path.is_dir() else path.parent
    copied = place.parent / "index.sqlite"
    shutil.copy(folder / "index.sqlite", copied)
    with StudyIndex(copied) as index:
        looks = index.note_files(sorted(one for one in place.rglob("*") if one.is_file()))
        for study in studies(index, Filter(text="made")) + studies(index):
            json.dumps(str(study), ensure_ascii=False).encode()
            for series in series_of(index, study.id):
                files_of(index, series.id)
    for look in looks:
        if look.kind is FileKind.UNREADABLE and refusal_of(look.reason) != "refused":
            return refusal_of(look.reason)
    return "opened" if any(look.instances for look in looks) else "refused"


def _pictured(path: Path) -> str:
    """The picture in lists; of a folder that of its first series."""
    import numpy as np

    from imaging.workspace.thumbnails import file_thumbnail

    pixels = file_thumbnail(path).pixels
    is_one = pixels.dtype == np.uint8 and pixels.ndim in (2, 3) and min(pixels.shape[:2]) >= 1
    return "opened" if is_one and max(pixels.shape) <= 97 else f"opened, but the picture is {pixels.shape}"


# ------------------------------------------------------------------------------------------------ objects


def _grid(folder: Path) -> Any:
    from imaging.opening import list_series

    return list_series(folder / "series")[0].geometry


def _masks(path: Path, folder: Path) -> str:
    from session.object_import import read_object_masks

    grid = _grid(folder)
    found = read_object_masks(path, grid, consent=True)
    json.dumps([s.name for s in found.labels.segments] + list(found.notes), ensure_ascii=False).encode()
    return _judged(found.labels, grid.shape)


def _mask_file(path: Path) -> str:
    from imaging.formats.masks import read_labels

    labels = read_labels(path)
    return _judged(labels, labels.geometry.shape)


def _judged(labels: Any, shape: tuple[int, int, int]) -> str:
    if any(layer.shape != shape for layer in labels.layers):
        return f"opened, but its masks are {[layer.shape for layer in labels.layers]} of {shape}"
    if any(not 0 <= segment.layer < len(labels.layers) for segment in labels.segments):
        return "opened, but a segment lies on a layer that is not there"
    for segment in labels.segments:
        labels.mask(segment)
        if not segment.name.strip():
            return "opened, but a segment has no name"
    return "opened"


def _annotations(path: Path, folder: Path) -> str:
    import numpy as np

    from imaging.case.case import Case
    from session.annotation_import import is_annotation_file, read_annotations

    if not is_annotation_file(path):
        return "refused"
    case = Case.open(folder / "good.limner", read_only=True)
    try:
        found = read_annotations(path, case, consent=True)
    finally:
        case.close()
    for shape in found.measurements:
        if not np.isfinite([*shape.points_mm, shape.normal]).all():
            return f"opened, but a measurement is nowhere: {shape.points_mm}"
    if found.windowing is not None and not np.isfinite([found.windowing.level, found.windowing.width]).all():
        return "opened, but its window is none"
    json.dumps([list(found.values), list(found.notes)], ensure_ascii=False).encode()
    return "opened"


def _checked(path: Path) -> str:
    from imaging.objects.validation.validate import validate

    "\n".join(map(str, validate(path))).encode()
    return "opened"


def _dumped(path: Path) -> str:
    from imaging.objects.dump import dump, report_lines, to_json

    lines, _ = dump(path, 2000)
    tree = report_lines(path, 2000)
    json.dumps([[to_json(line) for line in lines], tree], ensure_ascii=False, allow_nan=False).encode()
    return "opened"


def _deidentified(path: Path) -> str:
    """What is written must be read again, by our own walker and as what it was."""
    from imaging.dicom.sources import FileSource
    from imaging.dicom.walker import NotDicom, Odd, walk
    from sync.deidentification.engine import Deidentifier
    from sync.deidentification.key import HospitalKey
    from sync.deidentification.options import Dates, Options
    from sync.deidentification.pixels import EVERY, PixelWishes
    from sync.deidentification.run import deidentify_file

    options = Options(
        dates=Dates.SHIFT, clean_descriptors=True, clean_structured_content=True, clean_graphics=True,
        retain_patient_characteristics=True, retain_safe_private=True,
    )  # fmt: skip
    worker = Deidentifier(HospitalKey(bytes(32)), options)
    try:
        made = deidentify_file(path, worker, PixelWishes(confirmed=frozenset({EVERY})))
    except NotDicom:
        return "refused"
    out = path.parent.parent / "out.dcm"
    out.write_bytes(made)
    try:
        walk(FileSource(str(out)))
    except (NotDicom, Odd) as error:
        return f"written, but our own walker does not read it: {error}"
    return "opened"


# ------------------------------------------------------------------------------------------------ cases


def _case(path: Path) -> str:
    """Open read-only, check the chain, look who made a voxel, and read what is kept beside the journal."""
    from imaging.case.attribution import describe, source_at
    from imaging.case.case import Case
    from session.case_content import content_of_case

    case = Case.open(path, read_only=True)
    try:
        case.verify()
        for segment in case.segmentation.segments:
            json.dumps(segment.to_json(), allow_nan=False).encode()
        for layer in range(len(case.segmentation.layers)):
            json.dumps(describe(source_at(case.journal, layer, (2, 5, 5)))).encode()
        content_of_case(case)
    finally:
        case.close()
    return "opened"


def _written_case(path: Path) -> str:
    """Open for work: undo everything, redo it, add to it, and open it again."""
    from imaging.case.case import Case
    from imaging.errors import UserError
    from session.document import Document

    document = Document([], Case.open(path), author="tester")
    try:
        for _ in range(3):
            if document.can_undo:
                document.undo()
        if document.can_redo:
            document.redo()
        document.note("looked at", "t")
        if not document.case.journal.flush():
            raise document.case.journal.failure or UserError("The case could not be written.")
    finally:
        document.close()
    Case.open(path, read_only=True).close()
    return "opened"


def make_index(folder: Path) -> None:
    """An empty list of studies, to be copied."""
    from imaging.workspace.study_index import StudyIndex

    with StudyIndex(folder / "index.sqlite") as index:
        index.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        index.connection.execute("PRAGMA journal_mode=DELETE")
