"""What a slice view shows, resolved from the document and the presentation into one frozen value.

A view compares the state with the last one and touches only what differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from imaging.blocks import Labels
from imaging.comparison.difference import BOTH, ONLY_A, ONLY_B
from imaging.measurement import Measurement
from imaging.palette import PALETTE
from imaging.segment import Color
from imaging.volume import Volume
from inference.model import FoundBox
from render.doubt_overlay import DoubtStyle
from render.label_overlay import LabelStyle
from render.slice_geometry import SliceGrid, Vector, slice_grid
from render.slice_measurements import ShownMeasurement, shown_measurements
from session.comparison import BOTH_COLOR, ONLY_A_COLOR, ONLY_B_COLOR, ComparingState
from session.document import Document
from session.found_boxes import measurements_of
from session.model_maps import MapKind
from session.presentation import Plane, PresentationState, SliceCamera, Windowing
from session.review_desk import CHOSEN, KEPT

PREVIEW_LEAST_OPACITY = 0.35
BOTH_OPACITY, ONE_OPACITY = 0.2, 0.55
CHOSEN_OPACITY = 0.18
CHOSEN_COLOR: Color = (255, 255, 255)
KEPT_COLOR: Color = (63, 178, 127)

SegmentLooks = tuple[tuple[int, bool, int, Color], ...]  # layer, encloses others, label value, colour


@dataclass(frozen=True)
class SliceState:
    """Everything that the picture of one slice view depends on, except voxels and the view's size.

    Attributes:
        volume: the image; compared by identity.
        grid: the plane.
        camera: zoom and shift.
        windowing: level and width.
        is_inverted: low values are white.
        styles: the segmentation's layers, lowest first.
        preview_styles: layers of the result that waits for acceptance, or of what a running model has found so far.
        crosshair_mm: the point that all views share.
        shows_crosshair: draw it.
        other_normals: normals of the other two planes, whose lines cross in the crosshair.
        measurements: those that are seen on this slice.
        doubt: which map of how sure a model was is drawn, None where there is none or nobody wants to see it.
    """

    volume: Volume
    grid: SliceGrid
    camera: SliceCamera
    windowing: Windowing
    is_inverted: bool
    styles: tuple[LabelStyle, ...]
    preview_styles: tuple[LabelStyle, ...]
    crosshair_mm: Vector
    shows_crosshair: bool
    other_normals: tuple[tuple[Plane, Vector], ...]
    measurements: tuple[ShownMeasurement, ...] = ()
    doubt: DoubtStyle | None = None

    def has_same_grey(self, other: SliceState) -> bool:
        """True when the grey picture, before it is zoomed, is the same."""
        return self._grey_key() == other._grey_key()

    def has_same_picture(self, other: SliceState) -> bool:
        """True when at most the crosshair lies elsewhere, or measurements do."""
        mine = (self._grey_key(), self.camera, self.styles, self.preview_styles, self.other_normals, self.doubt)
        theirs = (
            other._grey_key(), other.camera, other.styles, other.preview_styles, other.other_normals, other.doubt
        )  # fmt: skip
        return mine == theirs and self.shows_crosshair == other.shows_crosshair

    def _grey_key(self) -> tuple[int, SliceGrid, Windowing, bool, float]:
        return id(self.volume), self.grid, self.windowing, self.is_inverted, self.camera.slab_mm


def resolve(document: Document, shown: PresentationState, plane: Plane) -> SliceState:
    """The state of one view."""
    volume = document.volumes[min(shown.time_point, len(document.volumes) - 1)]
    cameras = shown.slice_cameras
    grids = {p: slice_grid(volume.geometry, p, cameras[p], shown.crosshair_mm) for p in Plane}
    styles, over = segment_styles(document, shown), preview_styles(document, shown)
    if document.difference is not None:
        styles, over = (), difference_styles()
    doubt = doubt_style(document, shown)
    if doubt is not None and doubt.shown.kind is MapKind.STRUCTURE:
        styles, over = outlines(styles), outlines(over)
    return SliceState(
        volume,
        grids[plane],
        cameras[plane],
        shown.windowing,
        volume.is_inverted != shown.is_inverted,
        styles,
        over,
        shown.crosshair_mm,
        shown.shows_crosshair,
        tuple((p, g.normal) for p, g in grids.items() if p is not plane),
        _measurements(document, shown, grids[plane]),
        doubt,
    )


def _measurements(document: Document, shown: PresentationState, grid: SliceGrid) -> tuple[ShownMeasurement, ...]:
    """Those of the case, and the boxes that wait for acceptance."""
    waiting = () if document.preview is None else waiting_boxes(document.preview.boxes)
    mine = shown_measurements(document.measurements.all, document.draft, shown.hidden_measurements, grid)
    return mine + shown_measurements(waiting, None, frozenset(), grid)


@lru_cache(maxsize=8)
def waiting_boxes(boxes: tuple[FoundBox, ...]) -> tuple[Measurement, ...]:
    """Boxes of a result as if they were measurements; their numbers are negative."""
    return measurements_of(boxes, -len(boxes))


def doubt_style(document: Document, shown: PresentationState) -> DoubtStyle | None:
    """Which map of how sure a model was is drawn, and how."""
    if document.model_maps is None or not shown.shows_doubt or document.difference is not None:
        return None
    return DoubtStyle(document.model_maps.shown(shown.shown_map), shown.doubt_opacity)


@lru_cache(maxsize=16)
def outlines(styles: tuple[LabelStyle, ...]) -> tuple[LabelStyle, ...]:
    """The same without fill, which would mix with the colours of a map that is drawn inside of structures."""
    return tuple(replace(style, fill_opacity=0.0, has_outline=True) for style in styles)


def segment_styles(document: Document, shown: PresentationState) -> tuple[LabelStyle, ...]:
    """How the segmentation's layers are drawn; hidden segments are left out."""
    hidden = shown.hidden_segments
    segments = [s for s in document.segmentation.segments if s.number not in hidden]
    looks = tuple((s.layer, s.encloses, s.label_value, s.color) for s in segments)
    return _styles(looks, shown.overlay_opacity if shown.shows_fill else 0.0, shown.shows_outline, False)


def preview_styles(document: Document, shown: PresentationState) -> tuple[LabelStyle, ...]:
    """How a result that waits for acceptance is drawn: always visible, striped and dashed.

    While none waits, what a model that still runs has found so far is drawn in the same way.
    """
    waiting = document.preview or document.early
    if waiting is None:
        return ()
    looks = tuple((s.layer, s.encloses, s.label_value, s.color) for s in waiting.segments)
    styles = _styles(looks, max(shown.overlay_opacity, PREVIEW_LEAST_OPACITY), True, True)
    return styles + mark_styles(len(waiting.layers)) if document.marks is not None else styles


@lru_cache(maxsize=8)
def mark_styles(layer: int) -> tuple[LabelStyle, ...]:
    """How the parts of a result are drawn that are chosen, or kept as right."""
    kept = LabelStyle(layer, ((KEPT, KEPT_COLOR),), 0.0, has_outline=True)
    chosen = LabelStyle(layer, ((CHOSEN, CHOSEN_COLOR),), CHOSEN_OPACITY, has_outline=True)
    return kept, chosen


@cache
def difference_styles() -> tuple[LabelStyle, ...]:
    """How the difference of two masks is drawn: what both have faintly, what only one has strongly."""
    both = LabelStyle(0, ((BOTH, BOTH_COLOR),), BOTH_OPACITY, has_outline=False)
    one = LabelStyle(0, ((ONLY_A, ONLY_A_COLOR), (ONLY_B, ONLY_B_COLOR)), ONE_OPACITY, has_outline=True)
    return both, one


def compared_styles(state: ComparingState, side: str, shown: PresentationState) -> tuple[LabelStyle, ...]:
    """How one side of a comparison is drawn: the chosen pair, or all; a pair has A's colour on both sides.

    Args:
        state: with a comparison, else nothing is drawn.
        side: ``a`` or ``b``.
        shown: opacity, fill and outlines.
    """
    if state.comparison is None:
        return ()
    pairs = state.comparison.result.segments if state.pair is None else [state.pair]
    looks = []
    for n, pair in enumerate(pairs):
        color = pair.a.color or pair.b.color or PALETTE[n % len(PALETTE)]
        segment = pair.a if side == "a" else pair.b
        looks.append((segment.layer, False, segment.label_value, color))
    return _styles(tuple(looks), shown.overlay_opacity if shown.shows_fill else 0.0, shown.shows_outline, False)


def overlay_layers(document: Document) -> list[Labels]:
    """The layers that ``SliceState.preview_styles`` are about."""
    if document.difference is not None:
        return [document.difference.labels]
    waiting = document.preview or document.early
    if waiting is None:
        return []
    return waiting.layers if document.marks is None else [*waiting.layers, document.marks]


@lru_cache(maxsize=32)
def _styles(looks: SegmentLooks, opacity: float, has_outline: bool, is_preview: bool) -> tuple[LabelStyle, ...]:
    """Kept, so that views that show the same share the same tables.

    What encloses others is only outlined: its fill would cover everything that people look at.
    """
    groups: dict[tuple[int, bool], list[tuple[int, Color]]] = {}
    for layer, encloses, value, color in looks:
        if has_outline or (opacity and not encloses):
            groups.setdefault((layer, encloses), []).append((value, color))
    return tuple(
        LabelStyle(layer, tuple(colors), 0.0 if encloses else opacity, has_outline, is_preview)
        for (layer, encloses), colors in sorted(groups.items())
    )
