"""How images were looked at, as a Grayscale Softcopy Presentation State (PS3.3 A.33.1): window, and what was drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.objects.frame_groups import decimals
from imaging.objects.header import ObjectKind, item, new_object, put, reference_item
from imaging.objects.source_series import ObjectSource
from imaging.objects.writing import write_object
from imaging.objects.written import WrittenObject

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

GRAYSCALE_STATE = "1.2.840.10008.5.1.4.1.1.11.1"
KIND = ObjectKind(GRAYSCALE_STATE, "PR", "Presentation", 9950)
LAYER = "MEASUREMENTS"
_IN_SLICE = 0.5  # of a slice: what leaves it by more lies in no single image
_LINE_PX = 4.0


@dataclass(frozen=True)
class Drawn:
    """A measurement and what stands beside it."""

    measurement: Measurement
    text: str


@dataclass(frozen=True)
class Shown:
    """How images are shown.

    Attributes:
        window: level and width in the images' units; None to leave it to the receiver.
        is_inverted: black on white, other than the images mean it.
        drawn: measurements.
    """

    window: tuple[float, float] | None = None
    is_inverted: bool = False
    drawn: Sequence[Drawn] = ()


def write_presentation(shown: Shown, source: ObjectSource, path: Path) -> WrittenObject:
    """Write a presentation state of all images of the source, and read it back.

    Args:
        shown: what to write.
        source: the images.
        path: the file; one that was there is replaced.

    Raises:
        UserError: the source never was DICOM, its slices are scaled each in its own way, or the file cannot be written.
    """
    if not source.images:
        raise UserError("A presentation state refers to DICOM images.", "Name them by --series PATH.")
    if len({one.rescale for one in source.images}) > 1 and shown.window is not None:
        raise UserError("The slices are scaled each in its own way: no presentation state has one window for all.")
    notes: list[str] = []
    made = _data_set(shown, source, notes)
    write_object(made, path)
    return WrittenObject(str(made.SOPInstanceUID), None, source.filled_in, tuple(notes))


def _data_set(shown: Shown, source: ObjectSource, notes: list[str]) -> Dataset:
    made = new_object(KIND, source)
    for keyword in ("ContentDate", "ContentTime", "FrameOfReferenceUID", "PositionReferenceIndicator"):  # of images
        if keyword in made:
            delattr(made, keyword)
    series = item(
        SeriesInstanceUID=source.series_instance_uid,
        ReferencedImageSequence=[reference_item(one) for one in source.unique_images()],
    )
    put(
        made,
        ContentLabel="LIMNER",
        ContentDescription="",
        ContentCreatorName="",
        PresentationCreationDate=made.SeriesDate,
        PresentationCreationTime=made.SeriesTime,
        ReferencedSeriesSequence=[series],
        DisplayedAreaSelectionSequence=[_whole_area(source)],
        PresentationLUTShape="INVERSE" if shown.is_inverted != source.images[0].is_inverted else "IDENTITY",
    )
    if shown.window is not None:
        level, width = (decimals([value]).decode() for value in shown.window)
        slope, intercept = (decimals([value]).decode() for value in source.images[0].rescale)
        unit = "HU" if source.modality == "CT" else "US"
        put(made, RescaleSlope=slope, RescaleIntercept=intercept, RescaleType=unit)
        put(made, SoftcopyVOILUTSequence=[item(WindowCenter=level, WindowWidth=width)])
    annotations = list(_annotations(shown.drawn, source, notes))
    if annotations:
        put(made, GraphicAnnotationSequence=annotations)
        put(made, GraphicLayerSequence=[item(GraphicLayer=LAYER, GraphicLayerOrder="1")])
    return made


def _whole_area(source: ObjectSource) -> Dataset:
    first = source.images[0]
    area = item(
        DisplayedAreaTopLeftHandCorner=[1, 1],
        DisplayedAreaBottomRightHandCorner=[first.columns, first.rows],
        PresentationSizeMode="SCALE TO FIT",
    )
    if first.spacing_mm:
        put(area, PresentationPixelSpacing=decimals(first.spacing_mm).decode().split("\\"))
    else:
        put(area, PresentationPixelAspectRatio=["1", "1"])
    return area


# ------------------------------------------------------------------------------------------------ what was drawn


def _annotations(drawn: Sequence[Drawn], source: ObjectSource, notes: list[str]) -> Iterator[Dataset]:
    """One item for each measurement and image in which it lies."""
    for one in drawn:
        places = list(places_of(one.measurement, source.geometry))
        if not places:
            notes.append(f"“{one.measurement.name}” lies in no single slice: it is not in the presentation state.")
        for k, shape, points in places:
            graphic = item(
                GraphicAnnotationUnits="PIXEL",
                GraphicDimensions=2,
                NumberOfGraphicPoints=len(points),
                GraphicData=np.asarray(points, np.float32).reshape(-1).tolist(),
                GraphicType=shape,
            )
            is_closed = shape != "POLYLINE" or bool((points[0] == points[-1]).all())
            if is_closed:
                put(graphic, GraphicFilled="N")
            yield item(
                ReferencedImageSequence=[reference_item(source.images[k], with_frame=True)],
                GraphicLayer=LAYER,
                TextObjectSequence=[_text(one.text, points)],
                GraphicObjectSequence=[graphic],
            )


def _text(text: str, points: NDArray[np.float64]) -> Dataset:
    """A line beside the shape's right end."""
    anchor = points[points[:, 0].argmax()] + (_LINE_PX, 0)
    return item(
        UnformattedTextValue=text[:1024],
        AnchorPoint=np.asarray(anchor, np.float32).tolist(),
        AnchorPointAnnotationUnits="PIXEL",
        AnchorPointVisibility="N",
    )


def places_of(measurement: Measurement, geometry: Geometry) -> Iterator[tuple[int, str, NDArray[np.float64]]]:
    """Slice, Graphic Type and columns and rows (n, 2; the first pixel's centre is 0.5 0.5) of a measurement.

    A box is a rectangle on every slice that it meets; everything else must lie within one slice.
    """
    if measurement.kind is MeasurementKind.BOX:
        yield from _box_places(measurement, geometry)
        return
    indices = geometry.to_index(measurement.points_mm)
    k = round(float(indices[:, 2].mean()))
    if not 0 <= k < geometry.shape[0] or np.abs(indices[:, 2] - k).max() > _IN_SLICE:
        return
    points = indices[:, :2] + 0.5
    if measurement.kind is not MeasurementKind.ELLIPSE:
        yield k, "POLYLINE", points
        return
    center, one, other = points
    one_mm, other_mm = measurement.half_axes_mm
    halves = (one - center, other - center) if one_mm >= other_mm else (other - center, one - center)
    yield k, "ELLIPSE", np.array([center + sign * half for half in halves for sign in (-1, 1)])


def _box_places(box: Measurement, geometry: Geometry) -> Iterator[tuple[int, str, NDArray[np.float64]]]:
    corners = geometry.to_index(box.corners_mm)
    (left, top, first), (right, bottom, last) = corners.min(axis=0), corners.max(axis=0)
    outline = np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]) + 0.5
    for k in range(max(0, int(np.ceil(first))), min(geometry.shape[0], int(np.floor(last)) + 1)):
        yield k, "POLYLINE", outline
