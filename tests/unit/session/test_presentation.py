"""How a case is shown survives the case file."""

from __future__ import annotations

import json

from session.presentation import (
    Layout,
    Plane,
    Presentation,
    PresentationState,
    SliceCamera,
    VolumeCamera,
    Windowing,
)


def test_everything_comes_back() -> None:
    state = PresentationState(
        layout=Layout.ONE_AND_THREE,
        main_view="3d",
        windowing=Windowing(-600, 1500),
        crosshair_mm=(1.5, -2, 3),
        slice_cameras={p: SliceCamera(2.0, (3, 4), 10.0, (5, 6)) for p in Plane},
        volume_camera=VolumeCamera((1, 2, 3), (4, 5, 6), (0, 0, 1), 25.0),
        hidden_segments=frozenset({3, 1}),
    )
    assert PresentationState.from_text(state.to_text()) == state


def test_fields_of_a_later_version_are_left_out() -> None:
    record = json.loads(PresentationState().to_text()) | {"invented_later": 1}
    assert PresentationState.from_text(json.dumps(record)) == PresentationState()


def test_observers_hear_before_and_after_and_nothing_when_nothing_changed() -> None:
    presentation = Presentation()
    heard = []
    presentation.changed.connect(lambda before, after: heard.append((before, after)))
    presentation.update(overlay_opacity=presentation.state.overlay_opacity)
    presentation.set_visible(4, False)
    presentation.set_visible(4, False)
    assert len(heard) == 1
    assert heard[0][1].hidden_segments == {4}
    assert not presentation.is_visible(4)
