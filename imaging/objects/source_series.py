"""What an object made from images must know of them: patient, study, frame of reference, and each slice's identity.

Scanners and converters leave elements out or break them. A derived object must be valid all the same, so what is
missing is filled in here, once for all kinds of objects, and listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imaging.dicom import tags
from imaging.dicom.header import Header
from imaging.dicom.instance import Frame, Vector
from imaging.dicom.scan import scan
from imaging.dicom.series import describe
from imaging.dicom.sort import stacks_of
from imaging.dicom.sources import FileSource
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.objects.attributes import RepairedAttributes
from imaging.objects.elements import Elements, open_source
from imaging.objects.filled_in import FilledIn
from imaging.objects.uids import is_valid_uid, new_uid, uid_of
from imaging.opening import find_series
from imaging.segment import CodedTerm
from imaging.series import Series

SAME_PLACE_MM = 0.01
_SOP_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "NM": "1.2.840.10008.5.1.4.1.1.20",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
}
_ANY_IMAGE = "1.2.840.10008.5.1.4.1.1.7"  # secondary capture


@dataclass(frozen=True)
class SourceImage:
    """One slice of the source.

    Attributes:
        sop_class_uid, sop_instance_uid: of the object that holds it; valid.
        frame_number: from 1 in a multi-frame object, None in one of a single frame.
        position_mm: Image Position Patient, None where the file has none.
        orientation: unit vectors along a row and down a column, None where the file has none.
        spacing_mm: (between rows, between columns), None where the file has none.
        rows, columns: size.
        rescale: slope and intercept from stored to real values.
        is_inverted: its lowest value is meant to be white (MONOCHROME1).
    """

    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int | None = None
    position_mm: Vector | None = None
    orientation: tuple[float, ...] | None = None
    spacing_mm: tuple[float, float] | None = None
    rows: int = 0
    columns: int = 0
    rescale: tuple[float, float] = (1.0, 0.0)
    is_inverted: bool = False


@dataclass(frozen=True, eq=False)
class ObjectSource:
    """The images that an object is about. It holds identifiers: never log it.

    Attributes:
        geometry: their grid; ``images[k]`` is its slice k.
        images: in slice order; empty when the source never was DICOM, and then there is nothing to refer to.
        study_instance_uid, series_instance_uid, frame_of_reference_uid: valid, whatever the files say.
        modality: of the images, such as CT.
        attributes: patient and study, DICOM keyword -> text; those that every object must have are always there.
        filled_in: what the files did not say, or said wrongly, and what stands there now.
        method_codes: how the source was de-identified, where that is coded.
    """

    geometry: Geometry
    images: tuple[SourceImage, ...]
    study_instance_uid: str
    series_instance_uid: str
    frame_of_reference_uid: str
    modality: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    filled_in: tuple[FilledIn, ...] = ()
    method_codes: tuple[CodedTerm, ...] = ()

    def images_on(self, geometry: Geometry) -> tuple[SourceImage, ...]:
        """The images when ``geometry`` is their grid, slice by slice; empty when it is another one."""
        return self.images if self.images and self.geometry.same_space(geometry, SAME_PLACE_MM) else ()

    def unique_images(self) -> list[SourceImage]:
        """One entry for each object, in slice order: multi-frame objects and repeated UIDs count once."""
        return list({image.sop_instance_uid: image for image in self.images}.values())


def source_of(
    path: Path | Sequence[Path], geometry: Geometry | None = None, series_id: str | None = None, time_point: int = 0
) -> ObjectSource:
    """Read the headers of a series on disk.

    Args:
        path: a file, a folder, a zip archive, or a list of files.
        geometry: the grid of what is to be written; it chooses where the path holds several series.
        series_id: which series, as ``imaging.series.Series.id``.
        time_point: of a series with several.

    Raises:
        UserError: nothing can be read there, or several series and nothing says which.
    """
    found = find_series(path).series if isinstance(path, Path) else _series_of_files(path)
    return source_of_series(_chosen(found, geometry, series_id), time_point)


def source_of_series(series: Series, time_point: int = 0) -> ObjectSource:
    """What the headers of a series say; a NIfTI or NRRD file gives `source_without_dicom`.

    Raises:
        UserError: the series holds no image, or has no such time point.
    """
    if series.geometry is None:
        raise UserError(series.refusal or "There is no image here that an object could be about.")
    if series.stack is None:
        return source_without_dicom(series.geometry)
    if not 0 <= time_point < len(series.stack.volumes):
        raise UserError(f"The series has {len(series.stack.volumes)} time points; there is no number {time_point}.")
    return _from_frames(series.stack.volumes[time_point], series.geometry)


def source_without_dicom(geometry: Geometry, identity: str = "") -> ObjectSource:
    """A new study of a patient whom nobody knows, for images that never were DICOM.

    Args:
        geometry: the image's grid.
        identity: what tells this image from all others, such as its pixel hash: objects made later from the same image
            then come into the same study. Without it each call makes a new one.
    """
    repaired = RepairedAttributes.unknown()
    filled_in = FilledIn("StudyInstanceUID", "The image never was DICOM: the object begins a new study.")
    frame_of_reference = geometry.frame_of_reference_uid or ""

    def made(what: str) -> str:
        return uid_of(what, identity) if identity else new_uid()

    return ObjectSource(
        geometry,
        (),
        made("study"),
        made("series"),
        frame_of_reference if is_valid_uid(frame_of_reference) else made("frame of reference"),
        attributes=repaired.values,
        filled_in=(filled_in, *repaired.filled_in),
    )


def _series_of_files(paths: Sequence[Path]) -> list[Series]:
    found = scan(FileSource(str(path)) for path in paths)
    if not found.frames and found.unreadable:
        raise found.unreadable[0][1]
    return [describe(stack) for stack in stacks_of(found.frames)]


def _chosen(series: list[Series], geometry: Geometry | None, series_id: str | None) -> Series:
    images = [one for one in series if one.geometry is not None]
    if series_id:
        images = [one for one in images if one.id == series_id]
    fitting = [one for one in images if geometry is not None and _has_grid(one, geometry)]
    if fitting or len(images) == 1:
        return (fitting or images)[0]
    if not images:
        raise UserError("There is no image series here that the object could belong to.")
    raise UserError(f"There are {len(images)} image series here.", "Name the folder or the files of one.")


def _has_grid(series: Series, geometry: Geometry) -> bool:
    return series.geometry is not None and series.geometry.same_space(geometry, SAME_PLACE_MM)


# ------------------------------------------------------------------------------------------------ from the files


def _from_frames(frames: Sequence[Frame], geometry: Geometry) -> ObjectSource:
    header = frames[0].instance.header
    notes: list[FilledIn] = []
    series_uid = _valid_uid(header, tags.SERIES_INSTANCE, "SeriesInstanceUID", _fingerprint(frames), notes)
    study_uid = _valid_uid(header, tags.STUDY_INSTANCE, "StudyInstanceUID", series_uid, notes)
    place_uid = _valid_uid(header, tags.FRAME_OF_REFERENCE, "FrameOfReferenceUID", series_uid, notes)
    images = _images(frames, series_uid, notes)
    if frames[0].position is None or frames[0].orientation is None:
        notes.append(FilledIn("ImagePositionPatient", "The slices have no positions: they stand where they are shown."))
    repaired = RepairedAttributes.of(_elements_of(frames[0]))
    return ObjectSource(
        geometry,
        tuple(images),
        study_uid,
        series_uid,
        place_uid,
        frames[0].instance.modality,
        repaired.values,
        (*notes, *repaired.filled_in),
        repaired.method_codes,
    )


def _elements_of(frame: Frame) -> Elements:
    """The whole header of a frame's object; what the walker keeps of it where the rest cannot be followed."""
    header = frame.instance.header
    try:
        return open_source(frame.instance.source).elements
    except UserError:
        return Elements(dict(header.values), character_set=header.text(tags.CHARACTER_SET))


def _fingerprint(frames: Sequence[Frame]) -> str:
    """What tells a series without a UID from others."""
    header = frames[0].instance.header
    when = (header.text(tags.STUDY_INSTANCE), header.text(tags.STUDY_DATE), header.text(tags.STUDY_TIME))
    return repr((when, [(frame.instance.sop_uid, frame.position) for frame in frames]))


def _valid_uid(header: Header, tag: int, keyword: str, seed: str, notes: list[FilledIn]) -> str:
    found = header.text(tag)
    if is_valid_uid(found):
        return found
    notes.append(FilledIn(keyword, f"It is {_fault(found)}: another one was made, the same each time."))
    return uid_of(found) if found else uid_of(keyword, seed)


def _fault(found: str) -> str:
    return "no valid UID" if found else "missing"


def _images(frames: Sequence[Frame], series_uid: str, notes: list[FilledIn]) -> list[SourceImage]:
    images = []
    wrong = {"SOPClassUID": 0, "SOPInstanceUID": 0}
    for frame in frames:
        instance = frame.instance
        sop_class, sop_instance = instance.header.text(tags.SOP_CLASS), instance.sop_uid
        if not is_valid_uid(sop_class):
            sop_class = _SOP_CLASSES.get(instance.modality, _ANY_IMAGE)
            wrong["SOPClassUID"] += 1
        if not is_valid_uid(sop_instance):
            sop_instance = uid_of(sop_instance) if sop_instance else uid_of(series_uid, instance.source.name)
            wrong["SOPInstanceUID"] += 1
        is_multi_frame = instance.frame_count > 1 or instance.header.has_frame_groups
        images.append(
            SourceImage(
                sop_class,
                sop_instance,
                frame.index + 1 if is_multi_frame else None,
                frame.position,
                frame.orientation,
                frame.spacing,
                instance.rows,
                instance.columns,
                (frame.slope, frame.intercept),
                instance.photometric == "MONOCHROME1",
            )
        )
    for keyword, count in wrong.items():
        if count:
            why = f"It is missing or invalid in {count} of {len(frames)} images: another one was made for each."
            notes.append(FilledIn(keyword, why))
    return _noting_twins(images, notes)


def _noting_twins(images: list[SourceImage], notes: list[FilledIn]) -> list[SourceImage]:
    """Say when one UID names several images."""
    if len({(image.sop_instance_uid, image.frame_number) for image in images}) < len(images):
        notes.append(FilledIn("SOPInstanceUID", "Several images share one: references cannot tell them apart."))
    return images
