import json
from dataclasses import replace

import numpy as np
import pytest

from session.look.cut import ClipPlane, CropBox, Cut, Cutaway
from session.look.json_form import from_json, to_json
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction
from session.presentation import PresentationState, VolumeMode

BONE = TransferFunction(
    colors=(ColorPoint(100.0, (1.0, 0.5, 0.25)), ColorPoint(300.0, (1.0, 1.0, 1.0))),
    opacities=(OpacityPoint(150.0, 0.0), OpacityPoint(250.0, 0.8)),
    gradient_opacities=(OpacityPoint(0.0, 0.0), OpacityPoint(100.0, 1.0)),
)


def rich_look():
    cut = Cut(
        (ClipPlane((1.0, 2.0, 3.0), (0.0, 1.0, 0.0)),), CropBox((0.1, 0.0, 0.0), (1.0, 0.9, 1.0)), Cutaway((3, 4))
    )
    look = Look(name="mine", transfer=BONE, matter=(-500.0, -300.0), rest=SegmentLook(Visibility.GHOST), cut=cut)
    return look.with_segment(7, SegmentLook(tint=0.5, transfer=BONE)).with_segment(2, SegmentLook(gloss=0.1))


def test_a_look_survives_json_whole():
    look = rich_look()
    assert from_json(Look, json.loads(json.dumps(to_json(look)))) == look
    assert [entry.number for entry in look.segments] == [2, 7]


def test_a_presentation_keeps_its_look_and_mode():
    state = PresentationState(volume_mode=VolumeMode.CINEMATIC, look=rich_look())
    assert PresentationState.from_text(state.to_text()) == state


def test_a_presentation_of_before_there_were_looks_still_opens():
    fields = json.loads(PresentationState().to_text())
    del fields["look"], fields["volume_mode"]
    assert PresentationState.from_text(json.dumps(fields)) == PresentationState()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"transfer": {"colors": [{"value": "x", "color": [0, 0, 0]}]}}, "Look.transfer.colors[0].value"),
        ({"transfer": {"colors": [{"value": 1, "color": [0, 0]}]}}, "Look.transfer.colors[0].color"),
        ({"rest": {"visibility": "gone"}}, "Look.rest.visibility"),
        ({"ghost": float("nan")}, "Look.ghost"),
        ({"segments": {}}, "Look.segments"),
    ],
)
def test_wrong_records_are_refused_by_their_place(change, place):
    with pytest.raises(ValueError, match=place.replace("[", r"\[").replace("]", r"\]")):
        from_json(Look, {**to_json(rich_look()), **change})


def test_falling_points_are_refused():
    with pytest.raises(ValueError, match="rise"):
        replace(BONE, opacities=(OpacityPoint(2.0, 0.0), OpacityPoint(1.0, 0.0)))


def test_colours_and_opacities_are_linear_between_points_and_constant_beyond():
    np.testing.assert_allclose(BONE.color_at([0, 200, 900]), [(1, 0.5, 0.25), (1, 0.75, 0.625), (1, 1, 1)])
    np.testing.assert_allclose(BONE.opacity_at([0, 200, 900]), [0, 0.4, 0.8])
    np.testing.assert_allclose(BONE.gradient_factor_at([0, 50, 500]), [0, 0.5, 1])


def test_extinction_gives_the_opacity_back_over_its_unit():
    thick = replace(BONE, unit_mm=2.0)
    np.testing.assert_allclose(1 - np.exp(-2.0 * thick.extinction_at([200.0, 300.0])), [0.4, 0.8])


def test_full_opacity_has_a_finite_extinction():
    solid = replace(BONE, opacities=(OpacityPoint(0.0, 1.0),))
    assert np.isfinite(solid.extinction_at(0.0))


def test_shifting_moves_and_stretches_about_the_middle():
    moved = BONE.shifted(10.0, 2.0)
    assert moved.range == (10.0, 410.0)
    assert moved.gradient_opacities == BONE.gradient_opacities


def test_enclosing_segments_look_like_the_rest_until_they_have_a_look():
    look = rich_look()
    assert look.of_segment(1, encloses=True) == look.rest
    assert look.of_segment(1) == look.segment
    assert look.of_segment(7, encloses=True).tint == 0.5
    assert look.with_segment(7, None).of_segment(7) == look.segment
