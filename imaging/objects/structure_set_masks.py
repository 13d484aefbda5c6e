"""The structures of an RT Structure Set as masks on an image, with everything that people should know of it."""

from __future__ import annotations

from pathlib import Path

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment, SegmentAlgorithm
from imaging.geometry import Geometry
from imaging.objects.contour_planes import FilledStructure, on_slices
from imaging.objects.layering import Layers
from imaging.objects.read_masks import ReadMasks
from imaging.objects.structure_set_read import Structure, StructureSet, read_structure_set
from imaging.objects.uids import is_of_series, is_valid_uid
from imaging.segment import CodedTerm

_WIDER = 1.05  # slices between planes from which on a structure has empty slices
_OTHER_IMAGE = "This structure set was made for another image."
_NOTHING = "Nothing of this structure set lies on the image."
# What planning systems call a structure, as a segment's category (PS3.16 CID 7150).
_CATEGORIES = {
    "ORGAN": CodedTerm("91723000", "SCT", "Anatomical Structure"),
    "GTV": CodedTerm("49755003", "SCT", "Morphologically Abnormal Structure"),
}
_ALGORITHMS = ("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL")


def read_structures(path: Path, target: Geometry, *, consent: bool = False, series_uid: str = "") -> ReadMasks:
    """Read an RT Structure Set as masks.

    Args:
        path: the file.
        target: the image's grid, with its frame of reference where it has one.
        consent: the user agreed that slices between contours are interpolated, and to a file that was made for another
            image.
        series_uid: of the image (`Series.id`), empty where nobody knows.

    Returns:
        The structures that have a voxel on the image; overlapping ones on different layers.

    Raises:
        UserError: no structure set, damaged, a question that needs consent, or nothing of it lies on the image.
    """
    found = read_structure_set(path)
    notes = _doubts_about_image(
        found, target.frame_of_reference_uid or "", series_uid if is_valid_uid(series_uid) else ""
    )
    if notes and notes[0] == _OTHER_IMAGE:
        if not consent:
            raise UserError(_OTHER_IMAGE, "Use --resample when you know that its positions are those of this image.")
        notes = ["The structure set was made for another image; its positions were taken as they are."]
    layers, segments, bridged = Layers(target.shape), [], 0
    refused: list[UserError] = []
    for structure in found.structures:
        filled = _filled(structure, target, consent, notes, refused)
        if filled is not None:
            layer, value = layers.put(filled.box, filled.mask)
            segments.append(_segment(structure, layer, value))
            bridged += filled.bridged
    if not segments:
        raise refused[0] if len(refused) == 1 else UserError(_NOTHING, " ".join(notes))
    return ReadMasks(LabelFile(target, layers.arrays, segments), tuple(notes), was_resampled=bridged > 0)


def _doubts_about_image(found: StructureSet, frame: str, series_uid: str) -> list[str]:
    """What speaks against file and image belonging together; nothing when they do."""
    frames = {one.frame_of_reference_uid for one in found.structures} - {""}
    if series_uid and any(is_of_series(series_uid, uid) for uid in found.series_uids):
        if frames and frame and frame not in frames:
            return ["The file refers to this image, but names another frame of reference."]
        return []
    if frame in frames:
        if series_uid and found.series_uids:
            return ["The file refers to another series, but has this image's frame of reference: its positions hold."]
        if series_uid:
            return ["The file names no series, but has this image's frame of reference: its positions hold."]
        return []
    is_known = bool(frame and frames) or bool(series_uid and found.series_uids)
    return [_OTHER_IMAGE if is_known else "Nothing says that this structure set belongs to this image."]


def _filled(
    structure: Structure, geometry: Geometry, consent: bool, notes: list[str], refused: list[UserError]
) -> FilledStructure | None:
    """The structure's mask, None where it has none; ``notes`` and ``refused`` receive why."""
    name = f"“{structure.name}”"
    if structure.left_out:
        others = ", ".join(f"{what} ({count})" for what, count in structure.left_out.items())
        notes.append(f"{name} also holds what cannot become voxels: {others}.")
    if structure.contours is None:
        why = structure.damage or "it has no closed contours"
        notes.append(f"{name} was left out: {why}.")
        if structure.damage:
            refused.append(UserError(f"{name} cannot be read: {why}.", "Ask for the file again."))
        return None
    try:
        filled = on_slices(structure.contours, geometry, bridge_gaps=consent)
    except UserError as error:
        notes.append(f"{name} was left out. {error.message}")
        refused.append(error)
        return None
    if filled.gaps and filled.step_slices > _WIDER:
        message = f"The contours of {name} lie {filled.step_slices:.3g} slices apart: between them it would be empty."
        raise UserError(message, "Use --resample to interpolate between them.")
    notes.extend(f"{name}: {said}" for said in _doubts(filled))
    if not filled.mask.any():
        notes.append(f"{name} was left out: none of its voxels lies on the image.")
        return None
    return filled


def _doubts(filled: FilledStructure) -> list[str]:
    said = []
    if filled.bridged:
        said.append(f"slices between its contours were interpolated ({filled.bridged}).")
    if filled.gaps:
        said.append(f"slices between its contours are empty ({filled.gaps}); --resample interpolates them.")
    if filled.passed_over:
        said.append(f"its contours lie closer than the slices; planes that no slice took: {filled.passed_over}.")
    if filled.slices_with_holes:
        said.append(f"contours inside others were taken as holes (slices: {filled.slices_with_holes}).")
    if filled.slices_united:
        said.append(f"contours that overlap in part were united (slices: {filled.slices_united}).")
    if filled.outside:
        said.append(f"some of its contours lie above or below the image (planes: {filled.outside}).")
    if filled.is_cut:
        said.append("it reaches beyond the edges of the image and was cut off.")
    return said


def _segment(structure: Structure, layer: int, label_value: int) -> LabelSegment:
    algorithm = SegmentAlgorithm(structure.algorithm) if structure.algorithm in _ALGORITHMS else None
    return LabelSegment(
        structure.name,
        structure.color,
        label_value,
        layer,
        structure.category or _CATEGORIES.get(structure.interpreted_type),
        structure.type,
        structure.modifier,
        structure.number,
        algorithm,
    )
