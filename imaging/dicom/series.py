"""Stacks as the rest of the program sees them: a `Series` to choose, `Volume`s once read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from imaging.dicom import syntax, tags
from imaging.dicom.instance import NO_IMAGE, NO_PIXELS, Instance
from imaging.dicom.load import IsCancelled, Voxels, load_stack, refusal
from imaging.dicom.sort import Stack, series_uid_of
from imaging.dicom.suv import quantity_and_factor
from imaging.loading import OnSlices, Progress
from imaging.series import Series
from imaging.volume import SeriesWarning, SourceSeries, Volume
from imaging.volume import Voxels as Array

# Elements of patient and study, by keyword, that objects made from a series share with it.
STUDY = (
    ("StudyTime", tags.STUDY_TIME),
    ("AccessionNumber", tags.ACCESSION_NUMBER),
    ("ReferringPhysicianName", tags.REFERRING_PHYSICIAN),
    ("StudyDescription", tags.STUDY_DESCRIPTION),
    ("StudyID", tags.STUDY_ID),
    ("PatientBirthDate", tags.PATIENT_BIRTH_DATE),
    ("PatientSex", tags.PATIENT_SEX),
)


def describe(stack: Stack) -> Series:
    """The series that a stack makes; its ``path`` is still to be set."""
    instance = stack.first.instance
    instances = {id(f.instance): f.instance for volume in stack.volumes for f in volume}.values()
    refusals = [error for one in instances if (error := refusal(one)) is not None]
    is_refused = len(refusals) == len(instances)
    warnings = (*stack.warnings, SeriesWarning.DAMAGED_PIXELS) if refusals and not is_refused else stack.warnings
    return Series(
        id=stack.series_uid,
        modality=instance.modality,
        description=_description(stack),
        geometry=None if is_refused else stack.geometry,
        volume_count=len(stack.volumes),
        quantity=quantity_and_factor(stack)[0],
        warnings=warnings,
        transfer_syntax=instance.header.transfer_syntax or syntax.IMPLICIT_LITTLE,
        refusal=refusals[0].message if is_refused else "",
        refusal_hint=refusals[0].hint if is_refused else "",
        study_uid=instance.header.text(tags.STUDY_INSTANCE),
        body_part=instance.header.text(tags.BODY_PART),
        study_date=instance.header.text(tags.STUDY_DATE),
        stack=stack,
    )


def describe_without_voxels(instance: Instance) -> Series:
    """The series of an object that is about images; it cannot be opened as one."""
    kind = instance.kind_without_voxels
    is_empty = kind in (NO_IMAGE, NO_PIXELS)
    return Series(
        id=series_uid_of(instance),
        modality=instance.modality,
        description=instance.header.human_text(tags.SERIES_DESCRIPTION),
        transfer_syntax=instance.header.transfer_syntax or syntax.IMPLICIT_LITTLE,
        refusal=f"The file holds {kind}." if is_empty else f"This is {kind}, not an image.",
        refusal_hint="Ask for the file again." if kind == NO_PIXELS else "",
    )


def load_volumes(
    stack: Stack,
    path: Path,
    progress: Progress | None = None,
    on_slices: OnSlices | None = None,
    on_array: Callable[[Array], None] | None = None,
    is_cancelled: IsCancelled | None = None,
) -> list[Volume]:
    """Read the voxels of a stack: one volume per time point.

    Args:
        path: what the user opened.
        progress: called with fraction and message.
        on_slices: called with (k0, k1) for slices of the first time point that are there.
        on_array: called with the first time point's array before it fills.
    """
    total = len(stack.volumes) * len(stack.volumes[0])
    done = 0

    def arrived(time_point: int, k: int) -> None:
        nonlocal done
        done += 1
        if on_slices is not None and time_point == 0:
            on_slices(k, k + 1)
        if progress is not None:
            progress(done / total, "Reading slices")

    def started(voxels: Voxels) -> None:
        nonlocal done
        done = 0
        if on_array is not None:
            on_array(voxels.arrays[0])

    voxels = load_stack(stack, started, arrived, is_cancelled)
    return [_volume(stack, t, voxels, path) for t in range(len(stack.volumes))]


def _volume(stack: Stack, time_point: int, voxels: Voxels, path: Path) -> Volume:
    array, instance = voxels.arrays[time_point], stack.first.instance
    array.setflags(write=False)
    warnings = list(stack.warnings)
    if voxels.damaged:
        warnings.append(SeriesWarning.DAMAGED_PIXELS)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        warnings.append(SeriesWarning.NOT_FINITE)
    return Volume(
        geometry=stack.geometry,
        voxels=array,
        quantity=voxels.quantity,
        source=_source(stack, time_point, path),
        warnings=tuple(warnings),
        outside_value=voxels.outside_value,
        is_inverted=instance.photometric == "MONOCHROME1",
        default_window=stack.first.windows,
    )


def _source(stack: Stack, time_point: int, path: Path) -> SourceSeries:
    header = stack.first.instance.header
    return SourceSeries(
        path=str(path),
        modality=stack.first.instance.modality,
        description=_description(stack),
        study_instance_uid=header.text(tags.STUDY_INSTANCE),
        series_instance_uid=stack.series_uid,
        sop_instance_uids=tuple(frame.instance.sop_uid for frame in stack.volumes[time_point]),
        patient_name=header.human_text(tags.PATIENT_NAME),
        patient_id=header.human_text(tags.PATIENT_ID),
        study_date=header.text(tags.STUDY_DATE),
        transfer_syntax=header.transfer_syntax,
        body_part=header.text(tags.BODY_PART),
        study_attributes=tuple((name, said) for name, tag in STUDY if (said := header.human_text(tag).strip())),
    )


def _description(stack: Stack) -> str:
    said: str = stack.first.instance.header.human_text(tags.SERIES_DESCRIPTION)
    return f"{said} ({stack.label})".strip() if stack.label else said
