"""Another study beside the open one: whose it is, when it was made, and where a place of one lies in the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_series import SeriesMaker

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, SourceSeries, Volume
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session.document import Document
from session.messages import Message
from session.presentation import Plane, Windowing
from session.prior import LinkKind, Prior, Relation, is_same_patient, relation_of
from session.prior_opening import most_alike, show_beside
from session.session import Session
from session.settings import Settings


def source(id: str = "1", name: str = "Abel^Adam", born: str = "19500101", date: str = "20240301") -> SourceSeries:
    attributes = (("PatientBirthDate", born),) if born else ()
    return SourceSeries(modality="CT", patient_id=id, patient_name=name, study_date=date, study_attributes=attributes)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (source(), True),
        (source(name="ADAM^Abel^J"), True),
        (source(name="Abel^Ádám"), True),
        (source(id="2"), False),
        (source(born="19500102"), False),
        (source(name="Berg^Bea"), False),
        (source(id=""), None),
        (source(id="", name="Berg^Bea"), False),
        (source(name="", born=""), True),
    ],
)
def test_whose_images_they_are(other: SourceSeries, same: bool | None) -> None:
    assert is_same_patient(source(), other) is same


@pytest.mark.parametrize(
    ("date", "relation"),
    [
        ("20240229", Relation.PRIOR),
        ("20240302", Relation.LATER),
        ("20240301", Relation.SAME_DAY),
        ("", Relation.UNKNOWN),
        ("2024", Relation.UNKNOWN),
    ],
)
def test_when_they_were_made(date: str, relation: Relation) -> None:
    assert relation_of(date, "20240301") is relation


def test_two_places_are_the_same_both_ways() -> None:
    prior = Prior()
    prior.link_here((1.0, 2.0, 3.0), (11.0, -2.0, 33.5))
    assert prior.state.link is LinkKind.PLACES
    assert prior.to_other((1.0, 2.0, 3.0)) == (11.0, -2.0, 33.5)
    assert prior.to_open((11.0, -2.0, 33.5)) == (1.0, 2.0, 3.0)
    prior.unlink()
    assert prior.to_other((1.0, 2.0, 3.0)) == (1.0, 2.0, 3.0)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """With a CT open, on the frame of reference that ``made`` names."""
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    made = Session(Settings(tmp_path / "settings.json"))
    geometry = Geometry((3, 4, 5), np.eye(4), "1.2.3")
    volume = Volume(geometry, np.zeros((3, 4, 5), np.int16), Quantity.HU, source(id="made-1", name="Nobody", born=""))
    case = Case.create(tmp_path / "open.limner", geometry, [ImageReference("image", "open", "CT", "")])
    made.set_document(Document([volume], case))
    made.presentation.update(windowing=Windowing(-600, 1500))
    made.selection.update(active_view="coronal")
    return made


def show(session: Session, path: Path) -> None:
    session.jobs.wait(show_beside(session, path, "9.8.7"), 60)


def folder(tmp_path: Path, date: str = "20200101", frame: str = "1.2.3", name: str = "Nobody^Made") -> Path:
    def bend(_k: int, ds) -> None:
        ds.StudyDate, ds.FrameOfReferenceUID, ds.PatientName = date, frame, name

    (tmp_path / "other").mkdir()
    return SeriesMaker(tmp_path / "other")(4, bend, series="9.8.7")


def test_a_study_beside_is_linked_by_its_frame_and_takes_no_change(session: Session, tmp_path: Path) -> None:
    show(session, folder(tmp_path))
    state = session.prior.state
    assert (state.relation, state.is_same_patient, state.plane) == (Relation.PRIOR, True, Plane.CORONAL)
    assert state.link is LinkKind.SAME_FRAME
    beside = state.beside
    assert beside is not None
    assert beside.presentation.state.windowing == Windowing(-600, 1500)
    with pytest.raises(UserError, match="read-only"):
        beside.open_document.apply(AddSegment(Segment(1, "liver", (1, 2, 3))), title="Add", tool="add")
    beside.save_presentation()
    session.set_document(None)
    assert session.prior.state.beside is None
    assert beside.document is None
    assert list((tmp_path / "workspace").rglob("beside*")) == []


def test_another_frame_is_not_linked(session: Session, tmp_path: Path) -> None:
    show(session, folder(tmp_path, frame="4.5.6"))
    assert session.prior.state.link is LinkKind.NONE


def test_another_patient_is_refused_without_somebody_to_ask(session: Session, tmp_path: Path) -> None:
    said: list[Message] = []
    session.messages.shown.connect(said.append)
    show(session, folder(tmp_path, name="Berg^Bea"))
    assert [message.text for message in said] == ["These are images of another patient."]
    assert session.prior.state.beside is None


def test_of_a_study_the_series_most_like_the_open_one_is_taken(session: Session, tmp_path: Path) -> None:
    make = SeriesMaker(folder(tmp_path).parent / "other")
    make(9, lambda _k, ds: setattr(ds, "Modality", "MR"), prefix="m")
    make(2, prefix="t")
    with StudyIndex(tmp_path / "workspace" / INDEX_NAME) as index:
        index.update(make.folder)
        (study,) = index.connection.execute("SELECT max(study_id) FROM series WHERE modality = 'MR'").fetchone()
    row = most_alike(session, study)
    assert (row.modality, row.frame_count) == ("CT", 2)
    with pytest.raises(UserError, match="no images"):
        most_alike(session, -1)
