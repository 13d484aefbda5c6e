from dataclasses import replace

import pytest

from session.look import choosing
from session.look.choosing import Named
from session.look.cut import CropBox
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look_editing import LookEditing
from session.presentation import Presentation, VolumeMode

BODY, LIVER, SPLEEN = Named(1, encloses=True), Named(2), Named(3)
EVERY = [BODY, LIVER, SPLEEN]
SHOWN, GHOST, HIDDEN = Visibility.SHOWN, Visibility.GHOST, Visibility.HIDDEN


def seen(look: Look) -> list[Visibility]:
    """Body, liver, spleen, and what belongs to none."""
    return [look.of_segment(s.number, s.encloses).visibility for s in EVERY] + [look.rest.visibility]


def test_isolating_hides_all_but_one() -> None:
    look = choosing.isolated(Look(), EVERY, 2)
    assert seen(look) == [HIDDEN, SHOWN, HIDDEN, HIDDEN]
    assert choosing.is_isolated(look, EVERY, 2)
    assert not choosing.is_isolated(look, EVERY, 3)
    assert look.of_segment(99).visibility is HIDDEN  # added later


def test_isolating_another_one_hides_the_first() -> None:
    look = choosing.isolated(choosing.isolated(Look(), EVERY, 2), EVERY, 3)
    assert seen(look) == [HIDDEN, HIDDEN, SHOWN, HIDDEN]


def test_an_enclosing_segment_alone_is_no_longer_like_the_rest() -> None:
    assert seen(choosing.isolated(Look(), EVERY, 1)) == [SHOWN, HIDDEN, HIDDEN, HIDDEN]


def test_solo_makes_ghosts_of_what_was_hidden_too_and_ghosting_does_not() -> None:
    look = Look(rest=SegmentLook(HIDDEN))
    assert seen(choosing.soloed(look, EVERY, 2)) == [GHOST, SHOWN, GHOST, GHOST]
    assert seen(choosing.with_ghosts_beside(look, EVERY, 2)) == [HIDDEN, SHOWN, GHOST, HIDDEN]


def test_everything_shown_again_keeps_tints() -> None:
    look = choosing.with_segment_fields(Look(), LIVER, tint=0.7)
    again = choosing.all_shown(choosing.isolated(look, EVERY, 3))
    assert seen(again) == [SHOWN] * 4
    assert again.of_segment(2).tint == 0.7


def test_reset_goes_back_to_the_preset() -> None:
    origin = Look(segment=SegmentLook(tint=0.5), rest=SegmentLook(GHOST))
    changed = choosing.isolated(replace(origin, ghost=0.02), EVERY, 2)
    assert choosing.has_segment_choices(changed)
    assert choosing.without_segment_choices(changed, origin) == replace(origin, ghost=0.02)
    assert not choosing.has_segment_choices(choosing.without_segment_choices(changed))


def test_a_plane_faces_the_viewer_and_can_be_turned_and_removed() -> None:
    look = choosing.with_plane(Look(), (1.0, 2.0, 3.0), (0.0, 4.0, 0.0))
    assert look.cut.planes[0].normal == (0.0, 1.0, 0.0)
    assert look.cut.planes[0].point_mm == (1.0, 2.0, 3.0)
    assert choosing.with_flipped_plane(look, 0).cut.planes[0].normal == (0.0, -1.0, 0.0)
    two = choosing.with_plane(look, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    assert choosing.without_plane(two, 0).cut.planes == two.cut.planes[1:]


def test_a_camera_without_direction_looks_from_the_front() -> None:
    assert choosing.with_plane(Look(), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)).cut.planes[0].normal == choosing.FROM_THE_FRONT


def test_the_crop_box_goes_on_off_and_along_one_axis() -> None:
    look = choosing.with_crop_box(Look(), is_on=True)
    assert not look.cut.box.is_whole
    moved = choosing.with_crop_range(look, 1, 0.3, 0.5)
    assert (moved.cut.box.low[1], moved.cut.box.high[1]) == (0.3, 0.5)
    assert moved.cut.box.low[0] == look.cut.box.low[0]
    assert choosing.with_crop_box(moved, is_on=False).cut.box == CropBox()


def test_the_way_to_a_segment_opens_towards_the_viewer_and_keeps_its_margin() -> None:
    look = choosing.with_cutaway(Look(), 2, (0.0, 2.0, 0.0), margin_mm=12.0)
    assert look.cut.cutaway is not None
    assert (look.cut.cutaway.segments, look.cut.cutaway.towards) == ((2,), (0.0, -1.0, 0.0))
    other = choosing.with_cutaway(look, 3, (0.0, 1.0, 0.0))
    assert other.cut.cutaway is not None
    assert other.cut.cutaway.margin_mm == 12.0
    bare = choosing.without_cuts(choosing.with_part(other, "cut", shows_caps=False))
    assert bare.cut.is_empty
    assert not bare.cut.shows_caps


@pytest.fixture
def editing() -> LookEditing:
    return LookEditing(Presentation(), lambda: Look(name="default"))


def with_ghost(value: float) -> Look:
    return Look(ghost=value)


def test_the_default_counts_until_a_look_is_chosen(editing: LookEditing) -> None:
    assert editing.current.name == "default"
    editing.change(Look(name="mine"))
    assert editing.current.name == "mine"
    editing.undo()
    assert editing.current.name == "default"
    editing.redo()
    assert editing.current.name == "mine"


def test_a_drag_is_one_step(editing: LookEditing) -> None:
    editing.change(with_ghost(0.1))
    for value in (0.2, 0.3, 0.4):
        editing.change(with_ghost(value), "ghost", is_final=False)
    editing.change(with_ghost(0.4), "ghost")
    editing.undo()
    assert editing.current.ghost == 0.1
    editing.redo()
    assert editing.current.ghost == 0.4


def test_two_drags_of_two_controls_are_two_steps_even_when_the_first_never_ended(editing: LookEditing) -> None:
    editing.change(with_ghost(0.2), "ghost", is_final=False)
    editing.change(with_ghost(0.3), "light", is_final=False)
    editing.change(with_ghost(0.4), "light")
    editing.undo()
    assert editing.current.ghost == 0.2
    editing.undo()
    assert editing.current.name == "default"
    assert not editing.can_undo


def test_two_quick_drags_of_one_control_are_two_steps(editing: LookEditing) -> None:
    for value in (0.2, 0.3):
        editing.change(with_ghost(value), "ghost", is_final=False)
        editing.change(with_ghost(value), "ghost")
    editing.undo()
    assert editing.current.ghost == 0.2


def test_quick_steps_of_one_control_are_one_step_and_slow_ones_are_not(
    editing: LookEditing, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("session.look_editing.time.monotonic", lambda: now[0])
    for value in (0.2, 0.3):
        editing.change(with_ghost(value), "ghost")
        now[0] += 0.2
    now[0] += 5
    editing.change(with_ghost(0.4), "ghost")
    editing.undo()
    assert editing.current.ghost == 0.3
    editing.undo()
    assert editing.current.name == "default"


def test_choices_without_a_name_are_never_united(editing: LookEditing) -> None:
    editing.change(with_ghost(0.2))
    editing.change(with_ghost(0.3))
    editing.undo()
    assert editing.current.ghost == 0.2


def test_a_new_change_forgets_what_was_undone(editing: LookEditing) -> None:
    editing.change(with_ghost(0.2))
    editing.undo()
    assert editing.can_redo
    editing.change(with_ghost(0.3))
    assert not editing.can_redo


def test_fields_beside_the_look_are_set_with_it_and_not_undone() -> None:
    presentation = Presentation()
    editing = LookEditing(presentation)
    told = []
    presentation.changed.connect(lambda before, after: told.append(after.volume_mode))
    editing.change(with_ghost(0.2), volume_mode=VolumeMode.CINEMATIC)
    assert told == [VolumeMode.CINEMATIC]
    editing.undo()
    assert presentation.state.volume_mode is VolumeMode.CINEMATIC


def test_another_document_begins_without_steps(editing: LookEditing) -> None:
    editing.change(with_ghost(0.2))
    editing.forget()
    assert not editing.can_undo
    assert editing.current.ghost == 0.2


def test_the_steps_that_are_kept_are_limited(editing: LookEditing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("session.look_editing.MOST_STEPS", 3)
    for n in range(10):
        editing.change(with_ghost(n / 100))
    while editing.can_undo:
        editing.undo()
    assert editing.current.ghost == pytest.approx(0.06)
