"""The queue with models that want several images: studies, which image is which, options, and going on."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.formats.masks import read_labels
from imaging.formats.registry import write_volumes
from imaging.geometry import Geometry
from imaging.phantom.series import write_dicom_series
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient
from session.batch.carrying_out import carry_out
from session.batch.finding import BatchWishes, start_finding
from session.batch.item import BatchItem, ItemState, StudyImage
from session.batch.queue import BatchQueue
from session.batch.studies import Study, found_studies
from session.channels import surely
from session.done_before import is_done
from session.segment_to_file import Telling
from session.session import Session
from session.settings import Settings

MODELS = Path(__file__).parents[1] / "inference" / "worker"
PRETEND = ModelInfo("pretend", "Pretend", "3.1", (), "", "models_for_worker_tests:PretendModel")
CHANNELS = ("T1c", "T1", "T2", "FLAIR")
SHAPE = (5, 8, 10)
TIMEOUT_S = 300.0


def volume(value: int) -> Volume:
    voxels = np.zeros(SHAPE, np.int16)
    voxels[1:3, 2:5, 3:7] = value
    return Volume(Geometry(SHAPE, np.diag([1.0, 1.0, 2.0, 1.0])), voxels, Quantity.SIGNAL, SourceSeries(modality="MR"))


def files(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for value, name in enumerate(names, 1):
        write_volumes([volume(value)], folder / f"{name}.nii.gz")
    return folder


def studies(*paths: Path) -> list[Study]:
    refused: list[UserError] = []
    found = found_studies(paths, lambda _path, error: refused.append(error))
    assert not refused
    return found


def titles(study: Study, channels: tuple[str, ...] = CHANNELS) -> list[str | None]:
    return [None if place is None else study.images[place].title for place in study.guessed(channels)]


def test_what_only_one_channel_may_be_is_taken_from_the_others() -> None:
    assert surely(["T2", "FLAIR"], ["t2_space_flair", "T2 tse"]) == [1, 0]
    assert surely(["T1", "T1c"], ["t1n", "t1ce"]) == [0, 1]
    assert surely(["CT", "PET"], ["Axial CT", "CT coronal", "PT wb"]) == [None, 2]  # two may be the CT
    assert surely(["T1", "T2"], ["one", "two"]) == [None, None]


def test_files_of_a_folder_are_a_study(tmp_path: Path) -> None:
    folder = files(tmp_path / "case7", "case7_t1", "case7_t1ce", "case7_t2", "case7_flair")
    (study,) = studies(folder)
    assert study.name == "case7"
    wanted = [f"case7_{n}.nii.gz" for n in ("t1ce", "t1", "t2", "flair")]
    assert [title and title.removeprefix("MR ") for title in titles(study)] == wanted
    again = studies(*sorted(folder.iterdir()))  # the same files chosen one by one
    assert [image.title for image in again[0].images] == [image.title for image in study.images]


def test_numbered_files_are_studies_by_their_name(tmp_path: Path) -> None:
    folder = files(tmp_path / "imagesTs", "anna_0000", "anna_0001", "bert_0000", "bert_0001")
    found = studies(folder)
    assert [study.name for study in found] == ["anna", "bert"]
    assert [study.guessed(("one", "two")) for study in found] == [(0, 1), (0, 1)]
    assert found[0].guessed(("one", "two", "three")) == (0, 1, None)


def dicom(folder: Path, value: int, *descriptions: str) -> Path:
    """Series of one study: the made-up study's identifier comes from the voxels."""
    made = volume(value)
    for number, description in enumerate(descriptions, 1):
        source = SourceSeries(modality="CT", description=description)
        image = Volume(made.geometry, made.voxels, Quantity.HU, source)
        write_dicom_series(image, folder / f"{value}-{number}", number)
    return folder


def test_dicom_series_are_a_study_by_their_uid(tmp_path: Path) -> None:
    for value in (1, 2):
        dicom(tmp_path / "pacs", value, "T1 axial", "T2 axial")
    found = studies(tmp_path / "pacs")
    before = {study.name for study in found}
    assert all(re.fullmatch(r"pacs-[0-9a-f]{8}", name) for name in before)
    assert len(before) == 2
    assert [titles(study, ("T2", "T1")) for study in found] == [["CT T2 axial", "CT T1 axial"]] * 2
    for value in (3, 4, 5):  # what comes later must not get the name, and so the mask, of another study
        dicom(tmp_path / "pacs", value, "T1 axial", "T2 axial")
    assert before <= {study.name for study in studies(tmp_path / "pacs")}


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    return Session(Settings(tmp_path / "settings.json"))


@pytest.fixture(scope="module")
def client() -> Iterator[InferenceClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MODELS)
        client = InferenceClient([PRETEND], [MODELS])
        yield client
        client.close()
        sys.modules.pop("models_for_worker_tests", None)


def found(session: Session, queue: BatchQueue, out: Path, *paths: Path, **more: Any) -> None:
    wishes = BatchWishes("pretend", "Pretend", out, channels=("T1", "T2"), **more)
    session.jobs.wait(start_finding(session, queue, paths, wishes))


def run(queue: BatchQueue) -> None:
    queue.start()
    deadline = time.monotonic() + TIMEOUT_S
    while queue.is_running:
        assert time.monotonic() < deadline, "the queue does not end"
        time.sleep(0.01)


def test_studies_that_do_not_say_which_image_is_which_wait(
    session: Session, client: InferenceClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_with: dict[str, list[int]] = {}

    def segment(request: Any, *_: Any, **__: Any) -> Any:
        run_with[str(len(run_with))] = [int(v.voxels.max()) for v in (request.volume, *request.others)]
        raise UserError("Enough for the test.")

    monkeypatch.setattr("session.segment_to_file.segment_recorded", segment)
    said: list[str] = []
    session.messages.shown.connect(lambda message: said.append(message.text))
    queue = BatchQueue(session, client)
    paths = [files(tmp_path / "anna", "t2", "t1")] + [files(tmp_path / name, "first", "second") for name in "bcd"]
    found(session, queue, tmp_path / "out", *paths)
    assert [i.state.value for i in queue.items] == ["waiting", "undecided", "undecided", "undecided"]
    assert said == ["3 of 4 studies wait until somebody says which image is which."]
    found(session, queue, tmp_path / "out", *paths)
    assert len(queue.items) == 4  # the same studies are not put there twice
    run(queue)
    assert run_with == {"0": [2, 1]}  # files are numbered in their order: t2 was written first
    assert said[-1] == "The queue is done but for 3 studies that wait to hear which image is which."
    with pytest.raises(UserError, match="Nothing waits"):
        queue.start()
    assert queue.settle()
    after = BatchQueue(session, client)  # the program was ended
    second = after.items[1]
    assert after.decide(second.number, second.images, (1, 0)) == 2  # c and d have images of the same names
    assert [item.state for item in after.items[1:]] == [ItemState.WAITING] * 3
    run(after)
    assert list(run_with.values())[1:] == [[2, 1]] * 3


def test_images_on_different_grids_wait_too(session: Session, client: InferenceClient, tmp_path: Path) -> None:
    folder = files(tmp_path / "anna", "t1")
    fine = Volume(Geometry(SHAPE, np.diag([0.5, 1.0, 2.0, 1.0])), volume(3).voxels, Quantity.SIGNAL)
    write_volumes([fine], folder / "t2.nii.gz")
    queue = BatchQueue(session, client)
    found(session, queue, tmp_path / "out", folder)
    (item,) = queue.items
    assert (item.state, item.message) == (ItemState.UNDECIDED, "These images lie on different grids.")
    assert item.is_decided


def test_each_channel_reaches_the_model_and_the_result_is_written(
    session: Session, client: InferenceClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    segment = InferenceClient.segment

    def note(self: InferenceClient, first: Volume, *args: Any, others: Any = (), **more: Any) -> Any:
        given.extend(v.source.description for v in (first, *others))
        return segment(self, first, *args, **more)  # the pretended model takes one image

    monkeypatch.setattr(InferenceClient, "segment", note)
    queue = BatchQueue(session, client)
    found(session, queue, tmp_path / "out", dicom(tmp_path / "anna", 300, "T2 axial", "Scout", "T1 axial"))
    run(queue)
    assert (queue.items[0].state, queue.items[0].message) == (ItemState.DONE, "")
    assert given == ["T1 axial", "T2 axial"]
    assert read_labels(tmp_path / "out" / "anna.nii.gz").geometry.shape == SHAPE


def test_an_item_survives_being_kept() -> None:
    images = (StudyImage("a", "/a", "1"), StudyImage("b", "/b"))
    item = BatchItem(
        "/a",
        "1",
        "anna",
        "m",
        "M",
        "/out",
        {"mirror": True},
        ItemState.UNDECIDED,
        "",
        0.0,
        0,
        ("x", "y"),
        images,
        (1, None),
    )
    assert BatchItem.from_json(item.to_json()) == item
    with pytest.raises(ValueError, match="not among"):
        BatchItem.from_json(item.to_json() | {"chosen": [0, 2]})


def test_options_are_part_of_what_is_done(session: Session, client: InferenceClient, tmp_path: Path) -> None:
    folder = dicom(tmp_path / "anna", 300, "CT")
    queue = BatchQueue(session, client)
    wishes = BatchWishes("pretend", "Pretend", tmp_path / "out", parameters={"do": "segment"})
    session.jobs.wait(start_finding(session, queue, [folder], wishes))
    queue.set_parameters(queue.items[0].number, {"do": "segment", "device": "cpu"})
    assert queue.items[0].parameters == {"do": "segment", "device": "cpu"}
    run(queue)
    out, model = tmp_path / "out" / "anna.nii.gz", client.model("pretend")
    assert is_done(out, model, {})
    assert not is_done(out, model, {"mirror": True})
    queue.set_parameters(queue.items[0].number, {"mirror": True})
    assert "mirror" not in queue.items[0].parameters  # it is over


@pytest.mark.parametrize("makes_cases", [False, True])
def test_an_image_that_was_replaced_is_no_longer_done(
    makes_cases: bool, session: Session, client: InferenceClient, tmp_path: Path
) -> None:
    """Masks are made anew; a case, in which somebody may have worked, is left and said to be of another image."""

    def again() -> BatchItem:
        queue = BatchQueue(session, client)
        wishes = BatchWishes("pretend", "Pretend", tmp_path / "out", makes_cases, {"do": "segment"})
        session.jobs.wait(start_finding(session, queue, [folder], wishes))
        run(queue)
        (item,) = queue.items
        queue.remove([item.number])
        assert queue.settle()
        return item

    said: list[str] = []
    session.messages.shown.connect(lambda message: said.append(message.text))

    folder = dicom(tmp_path / "anna", 300, "CT")
    assert again().state is ItemState.DONE
    assert again().state is ItemState.SKIPPED
    shutil.rmtree(folder)
    dicom(folder, 400, "CT")
    replaced = again()
    if makes_cases:
        assert replaced.state is ItemState.FAILED
        assert "from another image" in replaced.message
    else:
        assert replaced.state is ItemState.DONE
        assert [text for text in said if "anna.nii.gz was made from another image" in text]
        assert again().state is ItemState.SKIPPED


def test_what_is_done_stays_done_when_its_images_are_gone(
    session: Session, client: InferenceClient, tmp_path: Path
) -> None:
    folder = dicom(tmp_path / "anna", 300, "CT")
    queue = BatchQueue(session, client)
    wishes = BatchWishes("pretend", "Pretend", tmp_path / "out", parameters={"do": "segment"})
    session.jobs.wait(start_finding(session, queue, [folder], wishes))
    item = queue.items[0]
    run(queue)
    shutil.rmtree(folder)
    telling = Telling(warn=lambda error: pytest.fail(error.message))
    assert carry_out(item, client, session.settings, telling) is ItemState.SKIPPED


@pytest.mark.slow
def test_a_network_of_four_channels_goes_through_the_queue(session: Session, tmp_path: Path) -> None:
    pytest.importorskip("monai", reason="bundles are read with MONAI (install with --ai)")
    import made_bundles

    from session.models import known_models, model_store

    bundle = made_bundles.brats(tmp_path / "brats")
    made_bundles.add_random_weights(bundle)
    store = model_store(session.settings)
    with store.candidate(str(bundle), "Ada", lambda *_: None, lambda: False, wanted_id="brats") as candidate:
        store.accept(candidate, trusted_by="Ada")
    noise = np.random.default_rng(1).integers(0, 900, (24, 40, 40)).astype(np.int16)
    folder = tmp_path / "anna"
    folder.mkdir()
    for name in ("t1ce", "t1", "t2", "flair"):
        image = Volume(Geometry(noise.shape, np.eye(4)), noise, Quantity.SIGNAL, SourceSeries(modality="MR"))
        write_volumes([image], folder / f"{name}.nii.gz")
    client = InferenceClient(known_models)
    queue = BatchQueue(session, client)
    parameters = {"device": "cpu", "backend": "torch", "precision": "fp32"}
    wishes = BatchWishes("brats", "BraTS", tmp_path / "out", parameters=parameters, channels=CHANNELS)
    session.jobs.wait(start_finding(session, queue, [folder], wishes))
    try:
        run(queue)
    finally:
        client.close()
    assert (queue.items[0].state, queue.items[0].message) == (ItemState.DONE, "")
    assert (tmp_path / "out" / "anna.nii.gz").is_file()
    assert (tmp_path / "out" / "anna.run.json").is_file()
