"""Models judged for an image, what a run would take, and what looks like a model."""

from __future__ import annotations

import time
import zipfile
from dataclasses import replace
from pathlib import Path

import made_bundles
import made_models
import numpy as np
import pytest

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import CT_ANATOMY_RULES, PACKAGED, ModelInfo
from inference.engine.planning import Plan
from inference.record.computer import this_computer
from inference.record.run_record import Outcome, RunRecord
from inference.worker.confinement import Confinement
from session.document import Document
from session.model_guess import looks_like_model
from session.model_listing import Code, ImageKind, listed_models
from session.model_plans import ModelPlans
from session.models import model_store
from session.run_recording import run_log
from session.session import Session
from session.settings import Settings

SHAPE = (10, 20, 30)
FOREIGN = ModelInfo("foreign", "Foreign", "1", (), "", PACKAGED, package=Path("/nowhere"))
PLAN = Plan("cpu", (1, 1, 1), (1, 1, 1), 4, 900.0, 0.0, 8000.0, 0.0, 12.5, "torch fp32", True)


def with_weights(bundle: Path) -> Path:
    """Files where the bundle looks for its weights; nothing is computed with them."""
    (bundle / "models").mkdir(exist_ok=True)
    for name in ("model.pt", "model_lowres.pt"):
        made_models.safetensors(bundle / "models" / name, {"weight": (1,)})
    return bundle


def fill(source: Path, key: str, trusted_by: str = "") -> None:
    with model_store().candidate(str(source), "Ada", lambda *_: None, lambda: False, wanted_id=key) as candidate:
        model_store().accept(candidate, trusted_by=trusted_by)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("LIMNER_MODELS", raising=False)
    return Session(Settings(tmp_path / "settings.json"))


def open_image(session: Session, tmp_path: Path) -> Document:
    geometry = Geometry(SHAPE, np.eye(4))
    case = Case.create(tmp_path / "a.limner", geometry, [ImageReference("", "1", "CT")])
    volume = Volume(geometry, np.zeros(SHAPE, np.int16), Quantity.HU, SourceSeries(modality="CT"))
    session.set_document(Document([volume], case, author="tester"))
    return session.open_document


class Client:
    """Says what it is told to, and remembers who asked."""

    def __init__(self, answer: Plan | UserError | None = PLAN) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def model(self, model_id: str) -> ModelInfo:
        return CT_ANATOMY_RULES if model_id == CT_ANATOMY_RULES.id else replace(FOREIGN, id=model_id)

    def plan(self, _geometry: object, _size: int, model_id: str, *_: object) -> Plan | None:
        self.asked.append(model_id)
        if isinstance(self.answer, UserError):
            raise self.answer
        return self.answer

    def confinement(self, _model_id: str) -> Confinement:
        return Confinement("seccomp", "allow-list", "watched", "none")


def wait(plans: ModelPlans, model_id: str) -> None:
    deadline = time.monotonic() + 20
    while plans.of(model_id) is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_models_that_fit_come_first_and_say_what_they_are(session: Session, tmp_path: Path) -> None:
    fill(made_models.layer_list(tmp_path / "mesh"), "tissue")
    fill(with_weights(made_bundles.whole_body(tmp_path / "body")), "body")
    fill(with_weights(made_bundles.spleen(tmp_path / "spleen")), "spleen", "Ada")
    fill(with_weights(made_bundles.brats(tmp_path / "brats")), "brats", "Ada")
    listed = {one.info.id: one for one in listed_models(ImageKind(Geometry(SHAPE, np.eye(4)), Quantity.HU, "CT"))}
    assert [bool(one.reason) for one in listed.values()] == [False, False, True, True, True]
    assert list(listed)[:2] == ["ct-anatomy-rules", "spleen"]
    codes = {key: one.code for key, one in listed.items()}
    assert codes == {
        "ct-anatomy-rules": Code.BUILT_IN,
        "tissue": Code.NONE,
        "body": Code.UNTRUSTED,
        "spleen": Code.TRUSTED,
        "brats": Code.TRUSTED,
    }
    assert listed["spleen"].licence == "Licence of the tests"
    assert len(listed["brats"].channels) == 4
    assert "nobody has said" in listed["body"].reason
    assert not listed_models()[0].reason  # without an image only what is wrong with the model itself counts


def test_a_plan_is_asked_for_once_and_forgotten_with_the_image(session: Session, tmp_path: Path) -> None:
    open_image(session, tmp_path)
    client = Client()
    plans = ModelPlans(session, client)  # type: ignore[arg-type]
    told: list[str] = []
    plans.changed.connect(told.append)
    plans.want("one")
    wait(plans, "one")
    plans.want("one")
    found = plans.of("one")
    assert found is not None
    assert (found.seconds, found.memory_mb, found.fits, found.backend) == (12.5, 900.0, True, "torch fp32")
    assert (client.asked, told) == (["one"], ["one"])
    assert found.confinement.startswith("The model has no network. It reads only itself")
    session.set_document(None)
    plans.want("one")
    assert client.asked == ["one"]  # nothing is open
    (tmp_path / "again").mkdir()
    open_image(session, tmp_path / "again")
    plans.want("one")
    wait(plans, "one")
    assert client.asked == ["one", "one"]
    session.set_document(None)


def test_earlier_runs_tell_the_time_where_the_plan_does_not(session: Session, tmp_path: Path) -> None:
    open_image(session, tmp_path)
    log = run_log(session.settings)
    here = dict(this_computer().computer)
    for number, (seconds, more) in enumerate(
        (
            (2.0, {}),
            (4.0, {"shape": (20, 20, 30)}),  # twice the voxels
            (99.0, {"parameters": {"roi": [0, 1, 0, 1, 0, 1]}}),
            (99.0, {"parameters": {"fast": True}}),
            (99.0, {"outcome": Outcome.CANCELLED}),
            (99.0, {"computer": {"processor": "another one"}}),
        )
    ):
        fields = {"shape": SHAPE, "computer": here, "outcome": Outcome.DONE} | more
        log.add(
            RunRecord(
                id=f"2026010{number}-000000-aaaaa{number}",
                started_utc=f"2026-01-0{number + 1}T00:00:00+00:00",
                model_id="one",
                model_name="One",
                model_version="1",
                total_s=seconds,
                **fields,  # type: ignore[arg-type]
            )
        )
    plans = ModelPlans(session, Client(replace(PLAN, seconds=None)))  # type: ignore[arg-type]
    plans.want("one")
    wait(plans, "one")
    found = plans.of("one")
    assert found is not None
    assert found.seconds == pytest.approx(2.0, abs=0.1)
    session.set_document(None)


def test_built_in_models_and_refusals(session: Session, tmp_path: Path) -> None:
    open_image(session, tmp_path)
    client = Client(UserError("There is no such device."))
    plans = ModelPlans(session, client)  # type: ignore[arg-type]
    plans.want("ct-anatomy-rules")
    wait(plans, "ct-anatomy-rules")
    built_in = plans.of("ct-anatomy-rules")
    assert built_in is not None
    assert built_in.memory_mb is not None
    assert built_in.memory_mb >= CT_ANATOMY_RULES.memory_base_mb
    assert not client.asked
    plans.want("other")
    wait(plans, "other")
    refused = plans.of("other")
    assert refused is not None
    assert refused.problem == "There is no such device."
    session.set_document(None)


def test_what_looks_like_a_model(tmp_path: Path) -> None:
    bundle = made_bundles.spleen(tmp_path / "bundle")
    assert looks_like_model(bundle)
    assert looks_like_model(made_models.nnunet(tmp_path / "net").parent)
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for file in bundle.rglob("*"):
            archive.write(file, file.relative_to(tmp_path))
    assert looks_like_model(tmp_path / "bundle.zip")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "IM1.dcm").write_bytes(b"DICM")
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.writestr("study/IM1.dcm", "DICM")
    (tmp_path / "torn.zip").write_bytes(b"PK")
    assert not any(looks_like_model(tmp_path / name) for name in ("study", "study.zip", "torn.zip", "absent.ts"))
