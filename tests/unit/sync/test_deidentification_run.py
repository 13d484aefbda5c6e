"""Files without their patients: what is risky is refused, what was renamed is found again, nothing leaks beside."""

from __future__ import annotations

import json

import numpy as np
import pytest
from made_series import SeriesMaker
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage, RLELossless

from app.cli import main
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import source_of
from imaging.objects.validation.validate import validate
from imaging.opening import list_series
from sync.deidentification.burned_in import Risk, risk_of
from sync.deidentification.engine import Deidentifier
from sync.deidentification.key import HospitalKey, read_or_make_key
from sync.deidentification.options import Dates, Options
from sync.deidentification.pixels import EVERY, PixelWishes
from sync.deidentification.register import Register
from sync.deidentification.run import deidentify_files

KEY = HospitalKey(bytes(range(32)))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "Weizenkeim originals"
    made.mkdir()
    (made / "notes.txt").write_text("no image")
    return SeriesMaker(made)(4, lambda _k, ds: setattr(ds, "PatientName", "Weizenkeim^Adalbert"))


def run(folder, out, workspace, **options):
    worker = Deidentifier(KEY)
    with Register(workspace) as register:
        return deidentify_files(sorted(folder.iterdir()), out, worker, register, **options)


def test_a_series_keeps_its_geometry_and_loses_its_patient(folder, tmp_path) -> None:
    done = run(folder, tmp_path / "out", tmp_path / "workspace")
    assert (len(done.written), done.others, done.refused) == (4, 1, [])
    (before,), (after,) = list_series(folder), list_series(tmp_path / "out")
    assert after.geometry is not None
    assert before.geometry is not None
    assert (after.geometry.affine == before.geometry.affine).all()
    every = b"".join(path.read_bytes() for path in done.written)
    assert b"weizenkeim" not in every.lower()
    assert "weizenkeim" not in json.dumps(done.to_json()).lower()
    assert all(path.stem.isdigit() for path in done.written)


@pytest.mark.parametrize(
    ("fields", "risk"),
    [
        ({}, Risk.NONE),
        ({"BurnedInAnnotation": "YES"}, Risk.STATED),
        ({"Modality": "US"}, Risk.POSSIBLE),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, Risk.NONE),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "BurnedInAnnotation": "NO"}, Risk.POSSIBLE),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"], "BurnedInAnnotation": "NO"}, Risk.POSSIBLE),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, Risk.DOCUMENT),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.9.4.2"}, Risk.DOCUMENT),  # somebody speaks
        ({"Modality": "BMD"}, Risk.POSSIBLE),  # whatever is not known to be safe
        ({"Modality": ""}, Risk.POSSIBLE),
    ],
)
def test_pixels_that_may_name_the_patient_need_somebody_who_looked(tmp_path, fields, risk) -> None:
    made = tmp_path / "made"
    made.mkdir()

    def bend(_k: int, ds) -> None:
        for keyword, value in fields.items():
            setattr(ds, keyword, value)
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID

    SeriesMaker(made)(1, bend)
    (path,) = made.iterdir()
    assert risk_of(dcmread(path)) is risk
    done = run(made, tmp_path / "out", tmp_path / "workspace")
    assert len(done.written) == (risk is Risk.NONE)
    again = run(made, tmp_path / "out", tmp_path / "workspace", pixels=PixelWishes(frozenset({EVERY})))
    assert len(again.written) == (risk is not Risk.DOCUMENT)
    assert any("answered for" in note for note in again.report.notes) == (risk in (Risk.POSSIBLE, Risk.STATED))


def test_what_comes_back_finds_its_patient(folder, tmp_path) -> None:
    done = run(folder, tmp_path / "out", tmp_path / "workspace")
    original = dcmread(sorted(folder.glob("*.dcm"))[0])
    answer = dcmread(done.written[0])
    with Register(tmp_path / "workspace") as register:
        register.reidentify(answer)
        assert (answer.PatientID, answer.StudyInstanceUID) == (original.PatientID, original.StudyInstanceUID)
        assert answer.FrameOfReferenceUID == original.FrameOfReferenceUID
        assert "PatientIdentityRemoved" not in answer
        foreign = dcmread(done.written[0])
        foreign.PatientID = "LIM-AAAA-BBBB-CCCC"
        with pytest.raises(UserError):
            register.reidentify(foreign)


def test_an_object_that_mixes_two_patients_is_not_brought_back(tmp_path) -> None:
    answers = []
    for name in ("one", "two"):
        maker = SeriesMaker(tmp_path / name)
        maker.folder.mkdir()
        maker(1, lambda _k, ds, name=name: setattr(ds, "PatientID", name))
        answers.append(dcmread(run(maker.folder, tmp_path / f"{name}-out", tmp_path / "workspace").written[0]))
    answers[0].StudyInstanceUID = answers[1].StudyInstanceUID
    with Register(tmp_path / "workspace") as register, pytest.raises(UserError, match="another's"):
        register.reidentify(answers[0])


def test_what_comes_back_has_its_study_s_date_again(tmp_path) -> None:
    maker = SeriesMaker(tmp_path / "in")
    maker.folder.mkdir()
    maker(1, lambda _k, ds: setattr(ds, "StudyDate", "20200310"))
    with Register(tmp_path / "workspace") as register:
        worker = Deidentifier(KEY, Options(Dates.SHIFT))
        done = deidentify_files(sorted(maker.folder.iterdir()), tmp_path / "out", worker, register)
        answer = dcmread(done.written[0])
        assert answer.StudyDate != "20200310"
        register.reidentify(answer, KEY)
    assert answer.StudyDate == "20200310"


def test_what_was_made_of_shifted_images_comes_back_with_its_study_s_date(tmp_path) -> None:
    maker = SeriesMaker(tmp_path / "in")
    maker.folder.mkdir()
    maker(3, lambda _k, ds: setattr(ds, "StudyDate", "20200310"))
    with Register(tmp_path / "workspace") as register:
        worker = Deidentifier(KEY, Options(Dates.SHIFT))
        deidentify_files(sorted(maker.folder.iterdir()), tmp_path / "out", worker, register)
        source = source_of(tmp_path / "out")
        labels = LabelFile(
            source.geometry, [np.ones(source.geometry.shape, np.uint8)], [LabelSegment("Liver", None, 1)]
        )
        write_segmentation(labels, source, tmp_path / "seg.dcm")
        result = dcmread(tmp_path / "seg.dcm")
        assert result.StudyDate not in ("", "20200310")
        register.reidentify(result, KEY)
    assert result.StudyDate == "20200310"
    assert validate(tmp_path / "seg.dcm") == []


@pytest.mark.parametrize("first", [0, 1])
def test_who_forgets_the_issuer_does_not_make_a_patient_of_their_own(tmp_path, first) -> None:
    maker = SeriesMaker(tmp_path / "in")
    maker.folder.mkdir()
    maker(2, lambda k, ds: setattr(ds, "IssuerOfPatientID", "HOSPITAL" if k == first else ""))
    done = run(maker.folder, tmp_path / "out", tmp_path / "workspace")
    again = run(maker.folder, tmp_path / "out", tmp_path / "workspace")
    assert len({dcmread(path).PatientID for path in (*done.written, *again.written)}) == 1


def test_a_file_that_cannot_be_read_is_refused_and_the_others_go_on(folder, tmp_path) -> None:
    whole = (folder / "s000.dcm").read_bytes()
    (folder / "s000.dcm").write_bytes(whole[:200])
    bent = (folder / "s001.dcm").read_bytes()
    (folder / "s001.dcm").write_bytes(bent.replace(b"\x08\x00\x60\x00CS", b"\x08\x00\x60\x00FL"))  # of half a length
    bent = (folder / "s002.dcm").read_bytes()
    (folder / "s002.dcm").write_bytes(bent.replace(b"\x10\x00\x20\x00LO", b"\x10\x00\x20\x00US"))  # ID as a number
    done = run(folder, tmp_path / "out", tmp_path / "workspace")
    assert (len(done.written), len(done.refused)) == (2, 2)
    assert all(str(dcmread(path).PatientID).startswith("LIM-") for path in done.written)


def test_a_compressed_object_that_is_cut_is_refused_for_that(tmp_path) -> None:
    maker = SeriesMaker(tmp_path / "in")
    maker.folder.mkdir()
    (path,) = maker(1).iterdir()
    packed = dcmread(path)
    packed.compress(RLELossless)
    packed.save_as(path)
    path.write_bytes(path.read_bytes()[:-40])
    done = run(maker.folder, tmp_path / "out", tmp_path / "workspace")
    assert [reason for _, reason in done.refused] == ["The file ends within its pixels."]


def test_a_directory_of_a_disc_is_refused_as_one(tmp_path) -> None:
    directory = Dataset()
    directory.FileSetID, directory.DirectoryRecordSequence = "WEIZENKEIM", []
    directory.file_meta = FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    (tmp_path / "disc").mkdir()
    directory.save_as(tmp_path / "disc" / "DICOMDIR", enforce_file_format=True)
    done = run(tmp_path / "disc", tmp_path / "out", tmp_path / "workspace")
    assert [reason for _, reason in done.refused] == ["A disc's directory lists patients; it is left out."]


def test_reasons_do_not_name_files(folder, tmp_path, monkeypatch) -> None:
    def refuse(path, *_: object) -> bytes:
        raise UserError(f"{path.name} ends within its pixels.")

    monkeypatch.setattr("sync.deidentification.run.deidentify_file", refuse)
    done = run(folder, tmp_path / "out", tmp_path / "workspace")
    assert {reason for _, reason in done.refused} == {"The file ends within its pixels."}


def test_stopping_keeps_what_was_written(folder, tmp_path) -> None:
    asked = iter([False, False, True])
    done = run(folder, tmp_path / "out", tmp_path / "workspace", is_cancelled=lambda: next(asked))
    assert done.is_cancelled
    assert len(done.written) <= 2


def test_the_command_goes_there_and_back(folder, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    out = tmp_path / "out"
    assert main(["dicom", "deidentify", str(folder), "-o", str(out), "--dates", "shift", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["written"] == 4
    first = sorted(out.iterdir())[0]
    assert main(["dicom", "reidentify", str(first), "-o", str(tmp_path / "back.dcm")]) == 0
    assert dcmread(tmp_path / "back.dcm").PatientID == "made-1"
    assert main(["dicom", "deidentify", str(folder), "-o", str(folder)]) == 2
    assert read_or_make_key(tmp_path / "workspace").secret != KEY.secret


def test_a_patient_who_is_called_like_our_own_words_is_no_leak(tmp_path) -> None:
    made = SeriesMaker(tmp_path / "in")
    made.folder.mkdir()
    made(1, lambda _k, ds: setattr(ds, "PatientName", "Limner^Basic"))
    done = run(made.folder, tmp_path / "out", tmp_path / "workspace")
    assert (len(done.written), done.refused) == (1, [])
