"""How studies of one kind are shown: what is kept of a presentation, and laid over the next one."""

from __future__ import annotations

import string
from dataclasses import dataclass, field, replace
from typing import Any

from imaging.volume import Quantity, Volume
from session.presentation import Layout, Plane, PresentationState, VolumeMode, Windowing

ABSOLUTE = (Quantity.HU, Quantity.SUVBW)  # what a number means is the same in every image
VIEWS = (*(plane.value for plane in Plane), "3d")
CODE_LETTERS = frozenset(string.ascii_uppercase + string.digits + " _")
CODE_LENGTH = 16


@dataclass(frozen=True)
class StudyKind:
    """Which studies are alike: DICOM's Modality and Body Part Examined. An empty body part means any."""

    modality: str = ""
    body_part: str = ""

    @staticmethod
    def of(modality: str, body_part: str) -> StudyKind:
        """A kind from a file's elements; what is no DICOM code (16 capitals, digits, blanks) is left out."""
        return StudyKind(_code(modality), _code(body_part))

    @property
    def name(self) -> str:
        """For people: ``CT CHEST``."""
        return f"{self.modality} {self.body_part}".strip() or "images of no known kind"


@dataclass(frozen=True)
class Slabs:
    """Thickness in millimetres of what the three views show, 0 for a single slice."""

    axial: float = 0.0
    coronal: float = 0.0
    sagittal: float = 0.0


@dataclass(frozen=True)
class Arrangement:
    """What is kept for studies of one kind; it holds nothing of a patient.

    Attributes:
        kind: which studies it is for.
        quantity: of the image on which it was made. Window and preset suit this quantity only.
        windowing: of HU and SUV in their unit; of others relative to the image's range, in which 0 is its lowest and 1
            its highest value; None for colours.
        preset: id of the look's preset; empty where nobody had chosen one.
        The others are those of ``PresentationState``.
    """

    kind: StudyKind
    quantity: Quantity
    layout: Layout = Layout.FOUR
    main_view: str = Plane.AXIAL.value
    windowing: Windowing | None = None
    is_inverted: bool = False
    slabs_mm: Slabs = field(default_factory=Slabs)
    shows_crosshair: bool = True
    shows_fill: bool = True
    shows_outline: bool = True
    overlay_opacity: float = 0.45
    volume_mode: VolumeMode = VolumeMode.SURFACES
    preset: str = ""
    shows_slices_in_3d: bool = False
    shows_surfaces_with_volume: bool = False

    def __post_init__(self) -> None:
        if self.main_view not in VIEWS:
            raise ValueError(f"main_view: {self.main_view!r} is none of {', '.join(VIEWS)}")
        if not 0.0 <= self.overlay_opacity <= 1.0:
            raise ValueError("overlay_opacity lies between 0 and 1")
        if self.windowing is not None and self.windowing.width <= 0:
            raise ValueError("a window's width is above 0")


COPIED = (
    "layout", "main_view", "is_inverted", "shows_crosshair", "shows_fill", "shows_outline", "overlay_opacity",
    "volume_mode", "shows_slices_in_3d", "shows_surfaces_with_volume",
)  # fmt: skip


def kind_of(volume: Volume, modality: str = "") -> StudyKind:
    """The kind of study that an image belongs to; ``modality`` serves where the image does not say."""
    return StudyKind.of(volume.source.modality or modality, volume.source.body_part)


def arrangement_of(shown: PresentationState, volume: Volume, kind: StudyKind) -> Arrangement:
    """What is to be kept of how an image is shown."""
    slabs = Slabs(**{plane.value: shown.slice_cameras[plane].slab_mm for plane in Plane})
    return Arrangement(
        kind,
        volume.quantity,
        windowing=_kept_window(shown.windowing, volume),
        slabs_mm=slabs,
        preset=shown.look.name if shown.look is not None else "",
        **{name: getattr(shown, name) for name in COPIED},
    )


def best(arrangements: tuple[Arrangement, ...], kind: StudyKind) -> Arrangement | None:
    """The one for this modality and body part, else the one for this modality."""
    kinds = {one.kind: one for one in arrangements}
    return kinds.get(kind) or kinds.get(StudyKind(kind.modality))


def placing(arrangement: Arrangement, shown: PresentationState) -> dict[str, Any]:
    """The presentation's fields that do not depend on voxels."""
    slabs = {plane: getattr(arrangement.slabs_mm, plane.value) for plane in Plane}
    cameras = {plane: replace(camera, slab_mm=slabs[plane]) for plane, camera in shown.slice_cameras.items()}
    return {name: getattr(arrangement, name) for name in COPIED} | {"slice_cameras": cameras}


def window_for(arrangement: Arrangement, volume: Volume) -> Windowing | None:
    """The kept window in an image's values; None where it was kept of another quantity."""
    kept = arrangement.windowing
    if kept is None or arrangement.quantity is not volume.quantity:
        return None
    if volume.quantity in ABSOLUTE:
        return kept
    low, high = volume.window_range()
    return Windowing(round(low + kept.level * (high - low), 3), round(max(kept.width * (high - low), 1e-3), 3))


def has_look_for(arrangement: Arrangement, volume: Volume) -> bool:
    """True when it names a preset for images such as this one."""
    return bool(arrangement.preset) and arrangement.quantity is volume.quantity


def _kept_window(window: Windowing, volume: Volume) -> Windowing | None:
    if volume.quantity is Quantity.COLOUR:
        return None
    if volume.quantity in ABSOLUTE:
        return window
    low, high = volume.window_range()
    return Windowing(round((window.level - low) / (high - low), 4), round(window.width / (high - low), 4))


def _code(text: str) -> str:
    """DICOM's code strings only: free text might name somebody."""
    code = text.strip().upper()
    return code if len(code) <= CODE_LENGTH and set(code) <= CODE_LETTERS else ""
