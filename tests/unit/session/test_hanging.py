"""Arrangements of studies: kept by kind, read back, laid over the next image, and nothing of a patient in the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from session.arrangement import Arrangement, StudyKind, arrangement_of, best, window_for
from session.document import Document
from session.hanging import FILE_NAME, read_arrangements, write_arrangements
from session.messages import Message, Severity
from session.presentation import Layout, Plane, PresentationState, SliceCamera, VolumeMode, Windowing
from session.session import Session
from session.settings import Settings

CHEST = StudyKind("CT", "CHEST")
SHAPE = (4, 5, 6)


def image(body_part: str = "CHEST", quantity: Quantity = Quantity.HU, factor: int = 1) -> Volume:
    voxels = (np.arange(np.prod(SHAPE)).reshape(SHAPE) * factor).astype(np.int16)
    source = SourceSeries(modality="CT", body_part=body_part, patient_name="Secret^Name", patient_id="4711")
    return Volume(Geometry(SHAPE, np.eye(4)), voxels, quantity, source)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    return Session(Settings(tmp_path / "settings.json"))


def show(session: Session, volume: Volume, path: Path) -> None:
    case = Case.create(path, volume.geometry, [ImageReference("image", "series", "CT", "")])
    session.set_document(Document([volume], case))


def begin(session: Session, kind: StudyKind, volume: Volume) -> bool:
    layout, main_view = session.hanging.usual_place
    fresh = PresentationState(layout=layout, main_view=main_view)
    return session.hanging.begin(kind, fresh, volume, is_complete=True)


def arranged() -> PresentationState:
    cameras = {p: SliceCamera(slab_mm=10.0 if p is Plane.CORONAL else 0.0, zoom=3.0) for p in Plane}
    return PresentationState(
        layout=Layout.ONE_AND_THREE,
        main_view="coronal",
        windowing=Windowing(-600, 1500),
        slice_cameras=cameras,
        volume_mode=VolumeMode.RAYCAST,
        shows_fill=False,
        hidden_segments=frozenset({3}),
        crosshair_mm=(1, 2, 3),
    )


def test_the_body_part_counts_before_the_modality() -> None:
    any_ct, chest = Arrangement(StudyKind("CT"), Quantity.HU), Arrangement(CHEST, Quantity.HU)
    assert best((any_ct, chest), CHEST) is chest
    assert best((any_ct, chest), StudyKind("CT", "HEAD")) is any_ct
    assert best((chest,), StudyKind("CT", "HEAD")) is None
    assert best((any_ct, chest), StudyKind("MR", "CHEST")) is None


def test_only_codes_become_a_kind() -> None:
    assert StudyKind.of("CT", " chest ") == CHEST
    assert StudyKind.of("CT", "Müller, Anna") == StudyKind("CT")
    assert StudyKind.of("CT", "THE CHEST OF MRS MILLER") == StudyKind("CT")


def test_what_is_kept_comes_back_from_the_file_without_identifiers(tmp_path: Path) -> None:
    made = arrangement_of(arranged(), image(), CHEST)
    path = tmp_path / FILE_NAME
    write_arrangements(path, (made,))
    assert read_arrangements(path) == (made,)
    text = path.read_text("utf-8")
    assert '"body_part": "CHEST"' in text
    assert all(secret not in text for secret in ("Secret", "4711"))


def test_another_study_of_the_kind_is_shown_so_and_the_next_kind_as_before(session: Session, tmp_path: Path) -> None:
    show(session, image(), tmp_path / "a.limner")
    session.presentation.update(**vars(arranged()))
    session.hanging.keep()
    session.presentation.update(layout=Layout.SLICES, main_view="axial", shows_fill=True)
    assert begin(session, CHEST, image())
    shown = session.presentation.state
    assert (shown.layout, shown.main_view, shown.windowing) == (Layout.ONE_AND_THREE, "coronal", Windowing(-600, 1500))
    assert shown.slice_cameras[Plane.CORONAL] == SliceCamera(slab_mm=10.0)
    assert (shown.volume_mode, shown.shows_fill, shown.hidden_segments) == (VolumeMode.RAYCAST, False, frozenset())
    assert not begin(session, StudyKind("MR", "HEAD"), image())
    assert session.presentation.state.layout is Layout.SLICES
    assert session.hanging.applied is None


def test_a_layout_chosen_by_hand_after_an_arrangement_stays(session: Session, tmp_path: Path) -> None:
    show(session, image(), tmp_path / "a.limner")
    session.presentation.update(layout=Layout.SLICES)
    session.hanging.keep()
    session.presentation.update(layout=Layout.FOUR)
    begin(session, CHEST, image())
    session.presentation.update(layout=Layout.SINGLE)
    begin(session, StudyKind("MR"), image())
    assert session.presentation.state.layout is Layout.SINGLE


def test_going_back_restores_the_place_before(session: Session, tmp_path: Path) -> None:
    show(session, image(), tmp_path / "a.limner")
    session.presentation.update(**vars(arranged()))
    session.hanging.keep()
    session.presentation.update(layout=Layout.SLICES, main_view="axial")
    begin(session, CHEST, image())
    session.presentation.update_camera(Plane.AXIAL, zoom=2.5)
    session.hanging.leave(Windowing(40, 400))
    shown = session.presentation.state
    assert (shown.layout, shown.windowing, shown.shows_fill) == (Layout.SLICES, Windowing(40, 400), True)
    assert shown.slice_cameras[Plane.CORONAL].slab_mm == 0
    assert shown.slice_cameras[Plane.AXIAL].zoom == 2.5
    assert len(session.hanging.kept) == 1


def test_forgetting_leaves_the_others(session: Session, tmp_path: Path) -> None:
    show(session, image(), tmp_path / "a.limner")
    session.hanging.keep(whole_modality=True)
    session.hanging.keep()
    assert session.hanging.forget().kind == CHEST  # type: ignore[union-attr]
    assert session.hanging.match.kind == StudyKind("CT")  # type: ignore[union-attr]
    assert len(read_arrangements(tmp_path / "workspace" / FILE_NAME)) == 1


def test_a_window_without_unit_goes_with_the_images_range() -> None:
    mr = image(quantity=Quantity.SIGNAL)
    low, high = mr.window_range()
    made = arrangement_of(replace(arranged(), windowing=Windowing(low, high - low)), mr, CHEST)
    brighter = image(quantity=Quantity.SIGNAL, factor=10)
    assert window_for(made, brighter) == Windowing(round(low * 10, 3), round((high - low) * 10, 3))
    assert window_for(made, image()) is None


def test_a_preset_of_the_look_comes_back(session: Session, tmp_path: Path) -> None:
    from session.look.presets import look_for, preset_named

    show(session, image(), tmp_path / "a.limner")
    session.presentation.update(look=look_for(preset_named("ct-bone"), image()))
    session.hanging.keep()
    session.presentation.update(look=None)
    begin(session, CHEST, image())
    assert session.presentation.state.look is not None
    assert session.presentation.state.look.name == "ct-bone"


def test_a_damaged_file_is_told_and_left_alone(session: Session, tmp_path: Path) -> None:
    said: list[Message] = []
    session.messages.shown.connect(said.append)
    show(session, image(), tmp_path / "a.limner")
    path = tmp_path / "workspace" / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"arrangements": [{"kind": {}, "quantity": "HU", "main_view": "upside down"}]}', "utf-8")
    assert not begin(session, CHEST, image())
    assert [m.severity for m in said] == [Severity.ERROR]
    with pytest.raises(UserError, match="could not be read"):
        session.hanging.keep()
    assert "upside down" in path.read_text("utf-8")
