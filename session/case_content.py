"""What of a case, beside its masks, goes into DICOM objects: measurements, window, maps, and the image's values."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from imaging.case.case import Case
from imaging.case.entry import Entry
from imaging.errors import UserError
from imaging.formats.label_file import LabelArray
from imaging.measurement import Measurement
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from session.document import Document
from session.map_keeping import STATE_KEY, unpacked
from session.model_maps import ModelMaps
from session.opening import case_images
from session.presentation import PresentationState

PRESENTATION_KEY = "presentation"  # in the case file, beside the journal


@dataclass(eq=False)
class CaseContent:
    """A case as objects need it.

    Attributes:
        title: what the case is called.
        segmentation: its segments and masks.
        entries: its history.
        measurements: of the case.
        shown: how it was looked at last; None when nobody did.
        maps: a model's maps that it keeps, None where it keeps none.
        segments_in: a DICOM segmentation of the same segments, for objects that refer to one.
        map_name: which map is wanted; the first one where it is empty.
        read_volumes: reads the image's voxels; slow.
    """

    title: str
    segmentation: Segmentation
    entries: list[Entry]
    measurements: tuple[Measurement, ...]
    shown: PresentationState | None
    maps: ModelMaps | None
    segments_in: Path | None
    map_name: str
    read_volumes: Callable[[], list[Volume]]

    @cached_property
    def volume(self) -> Volume:
        """The image, of several time points the one that was looked at.

        Raises:
            UserError: the images are missing, or other ones.
        """
        volumes = self.read_volumes()
        return volumes[min(self.shown.time_point if self.shown else 0, len(volumes) - 1)]


def content_of_case(case: Case, segments_in: Path | None = None, map_name: str = "") -> CaseContent:
    """What an open case holds beside its masks.

    Raises:
        UserError: what it keeps of maps or of its presentation is damaged.
    """
    return CaseContent(
        case.path.stem,
        case.segmentation,
        list(case.journal.entries),
        case.measurements.all,
        _shown(case),
        _maps(case),
        segments_in,
        map_name,
        lambda: case_images(case).volumes,
    )


def frozen_content(document: Document, shown: PresentationState) -> Callable[[list[LabelArray]], CaseContent]:
    """What the open case holds at this moment, for a job.

    Args:
        document: the open case.
        shown: how it is looked at.

    Returns:
        Gives it when called with copies of the voxels, see ``session.exporting.frozen_labels``.
    """
    segmentation = Segmentation(document.segmentation.geometry)
    segments, highest = list(document.segmentation.segments), document.segmentation.next_number - 1
    counts = [document.segmentation.voxel_count(s.number) for s in segments]
    content = CaseContent(
        document.title,
        segmentation,
        list(document.entries),
        document.measurements.all,
        shown,
        document.model_maps,
        None,
        "",
        lambda: document.volumes,
    )

    def with_voxels(layers: list[LabelArray]) -> CaseContent:
        segmentation.load(segments, layers, highest, counts)
        return content

    return with_voxels


def _shown(case: Case) -> PresentationState | None:
    saved = case.journal.read_state(PRESENTATION_KEY)
    return PresentationState.from_text(saved) if saved else None


def _maps(case: Case) -> ModelMaps | None:
    text = case.journal.read_state(STATE_KEY)
    if text is None:
        return None
    try:
        return unpacked(text, case.segmentation.geometry.shape)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, json.JSONDecodeError) as error:
        raise UserError("The maps that the case keeps are damaged.", "Run the model again.") from error
