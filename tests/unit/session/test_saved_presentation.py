"""What a case keeps of how it was shown is read back exactly, or refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imaging.errors import UserError
from session.presentation import Plane, PresentationState, SliceCamera, VolumeCamera, Windowing

STATE = PresentationState(
    windowing=Windowing(-600, 1500),
    crosshair_mm=(1.5, -2.0, 3.0),
    slice_cameras={**PresentationState().slice_cameras, Plane.AXIAL: SliceCamera(2.0, (1.0, 2.0), 5.0, (3.0, 4.0))},
    volume_camera=VolumeCamera((1.0, 2.0, 3.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    hidden_segments=frozenset({2}),
)


def test_it_comes_back() -> None:
    assert PresentationState.from_text(STATE.to_text()) == STATE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("layout", "none"),
        ("windowing", {"level": None, "width": 400}),
        ("windowing", {"level": 40, "width": 0}),
        ("windowing", 5),
        ("crosshair_mm", [1, 2]),
        ("crosshair_mm", [1, 2, float("nan")]),
        ("time_point", -1),
        ("time_point", 1.5),
        ("overlay_opacity", "x"),
        ("slice_cameras", {"axial": {"zoom": 0, "pan_mm": [0, 0], "slab_mm": 0, "tilt_deg": [0, 0]}}),
        ("slice_cameras", []),
        ("volume_camera", {"position_mm": [0, 0]}),
        ("look", 5),
    ],
)
def test_what_no_view_can_be_drawn_with(field: str, value: Any) -> None:
    fields = {**json.loads(STATE.to_text()), field: value}
    with pytest.raises(UserError, match="shown last"):
        PresentationState.from_text(json.dumps(fields))


@pytest.mark.parametrize("text", ["", "5", "[]", "null", "{}", "[" * 100_000])
def test_no_state_at_all(text: str) -> None:
    with pytest.raises(UserError):
        PresentationState.from_text(text)
