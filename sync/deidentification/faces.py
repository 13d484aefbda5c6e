"""Heads in CT and MR, and what of them goes so that nobody can recognise a face: found for a whole series at once.

Where the brain is comes from outside (``brain_of``), because finding it is not this layer's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import tags
from imaging.dicom.recognizable import length_mm, may_show_face
from imaging.dicom.scan import scan
from imaging.dicom.series import load_volumes
from imaging.dicom.sort import Stack, stacks_of
from imaging.dicom.sources import FileSource
from imaging.errors import UserError
from imaging.face_planes import FacePlanes, face_planes
from imaging.geometry import Geometry
from imaging.volume import Quantity, SeriesWarning, Volume

LEAST_SLICES, LEAST_MM, MOST_STEP_MM = 16, 100.0, 8.0
BRAIN_ML = (950.0, 2000.0)  # of grown people; what is found outside of it is no brain, or not the whole of it
HINT = "Send it without the head, or remove the face by other means."

BrainOf = Callable[[Volume], tuple[NDArray[np.float64], float]]
"""Points all over the brain ((n, 3) LPS mm, empty where there is none), and its volume in ml."""


@dataclass(frozen=True, eq=False)
class Face:
    """What goes of one object: (frame, slice of the geometry) for each frame."""

    planes: FacePlanes
    geometry: Geometry
    slices: tuple[tuple[int, int], ...]


@dataclass
class Faces:
    """By file: what goes, or why the face cannot be taken away."""

    found: dict[str, Face] = field(default_factory=dict)
    refused: dict[str, UserError] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def of(self, path: Path) -> Face | None:
        """What goes of an object; None where no face can be.

        Raises:
            UserError: there may be a face, and it cannot be taken away.
        """
        if str(path) in self.refused:
            raise self.refused[str(path)]
        return self.found.get(str(path))


def find_faces(
    paths: Sequence[Path],
    brain_of: BrainOf,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Faces:
    """Find the faces in all CT and MR series among files.

    Args:
        on_progress: (series done, all); may raise to stop.
    """
    faces = Faces()
    frames = scan([FileSource(str(path)) for path in paths]).frames
    stacks = sorted(stacks_of(frames), key=_rank)
    known: dict[
        tuple[str, str], FacePlanes
    ] = {}  # by patient and frame of reference: what one series shows, the others of the head need not
    for n, stack in enumerate(stacks):
        on_progress(n, len(stacks))
        modality = stack.first.instance.modality
        if modality not in ("CT", "MR"):
            faces.notes.append(f"Faces are taken away from CT and MR only; {modality or 'other'} images were not.")
            continue
        files = _files_of(stack)
        try:
            face = _face_in(stack, brain_of, known)
        except UserError as error:
            faces.refused.update(dict.fromkeys(files, error))
            continue
        if face is None:
            faces.notes.append("A series of a part below the neck, as it says itself, was left as it is.")
        else:
            faces.found.update({path: Face(face, stack.geometry, tuple(which)) for path, which in files.items()})
    faces.notes = list(dict.fromkeys(faces.notes))
    if faces.found:
        faces.notes.append(
            "Faces were taken away by planes in front of the brain. Ears stay: look at the result in 3D."
        )
    return faces


def _rank(stack: Stack) -> tuple[int, float]:
    """CT first, then the series with the finest steps: where the brain is found most surely."""
    return int(stack.first.instance.modality != "CT"), max(stack.geometry.spacing_mm)


def _face_in(stack: Stack, brain_of: BrainOf, known: dict[tuple[str, str], FacePlanes]) -> FacePlanes | None:
    """What goes of a stack, None where the image cannot reach a face.

    Args:
        known: planes that were found in other series, by patient and frame of reference; completed here.

    Raises:
        UserError: there may be one, and it cannot be found.
    """
    has_place = SeriesWarning.NO_GEOMETRY not in stack.warnings and SeriesWarning.NO_SPACING not in stack.warnings
    if not has_place:
        raise UserError("The face cannot be taken away: nobody knows where the images lie.", HINT)
    header = stack.first.instance.header
    frame_of_reference = header.text(tags.FRAME_OF_REFERENCE)
    head = header.text(tags.PATIENT_ID), frame_of_reference  # machines give the same one to several patients
    if head in known:
        return known[head]
    (volume, *_others) = load_volumes(stack, Path())
    is_head = may_show_face(volume)
    if not is_head and volume.quantity is not Quantity.HU:
        return None
    points, volume_ml = brain_of(volume)
    is_brain = len(points) > 0 and BRAIN_ML[0] <= volume_ml <= BRAIN_ML[1]
    if not is_head and not is_brain:  # a skull is found surely, so that in CT nobody need believe what the file says
        return None
    is_coarse = stack.geometry.shape[0] < LEAST_SLICES or max(stack.geometry.spacing_mm) > MOST_STEP_MM
    if is_coarse or length_mm(volume.geometry) < LEAST_MM:
        raise UserError("The face cannot be taken away: too few slices, or they lie too far apart.", HINT)
    if not is_brain:
        raise UserError("The face cannot be taken away: no whole head was found in the series.", HINT)
    planes = face_planes(points)
    if frame_of_reference:
        known[head] = planes
    return planes


def _files_of(stack: Stack) -> dict[str, list[tuple[int, int]]]:
    """File -> (frame, slice) of its frames."""
    files: dict[str, list[tuple[int, int]]] = {}
    for volume in stack.volumes:
        for k, frame in enumerate(volume):
            files.setdefault(str(getattr(frame.instance.source, "path", "")), []).append((frame.index, k))
    return files
