"""What a picture is made of: an image, its segments if there are any, and how a case was last looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from imaging.measurement import Measurement
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from session.opening import is_case, open_case, read_images
from session.presentation import PresentationState
from session.reading import choose_series

Report = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Subject:
    """An image and its segments.

    Attributes:
        volume: the image; of several time points the one the case shows.
        segmentation: without segments for an image that is no case.
        shown: how the case was looked at last; None for an image.
        measurements: of the case.
    """

    volume: Volume
    segmentation: Segmentation
    shown: PresentationState | None = None
    measurements: tuple[Measurement, ...] = ()

    def numbers(self, names: list[str]) -> tuple[int, ...]:
        """Segment numbers of names, whatever their case.

        Raises:
            UserError: there is no such segment; the hint lists those there are.
        """
        found = []
        for name in names:
            segment = self.segmentation.find(name.strip())
            if segment is None:
                listed = ", ".join(s.name for s in self.segmentation.segments) or "there are none"
                raise UserError(f"There is no segment “{name.strip()}”.", f"Segments: {listed}.")
            found.append(segment.number)
        return tuple(found)


def open_subject(path: Path, series_id: str | None = None, report: Report | None = None) -> Subject:
    """Read an image or a case; the case is not changed.

    Raises:
        UserError: it cannot be read, or it is no volume with one value for each voxel.
    """
    subject = _case(path, report) if is_case(path) else _image(path, series_id, report)
    if subject.volume.quantity in (Quantity.COLOUR, Quantity.LABEL):
        raise UserError("This image has no values that colours and opacities could stand for.")
    return subject


def _image(path: Path, series_id: str | None, report: Report | None) -> Subject:
    series = choose_series(path, series_id)
    volume = read_images(path, series, report=report).volumes[0]
    return Subject(volume, Segmentation(volume.geometry))


def _case(path: Path, report: Report | None) -> Subject:
    document = open_case(path, read_only=True, report=report)
    try:
        saved = document.case.journal.read_state("presentation")
        shown = PresentationState.from_text(saved) if saved else PresentationState()
        volume = document.volumes[min(shown.time_point, len(document.volumes) - 1)]
        return Subject(volume, document.segmentation, shown, document.measurements.all)
    finally:
        document.close()
