"""What leaves the hospital, byte by byte: no request, file, index, log or archive beyond it names the patient.

Images, a segmentation and a structure set of them lose their identifiers by the command, are sent to an archive that is
not of the hospital by both networks, and everything that it kept and wrote is looked through.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_series import SeriesMaker
from orthanc import REASON, is_installed, running
from pydicom import dcmread

from app.cli import main
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import source_of
from imaging.objects.structure_set_write import write_structure_set
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from sync.destination import Destination, Login, Network
from sync.dicomweb.send import send as send_by_web
from sync.dimse.send import Outgoing, outgoing, send
from sync.privacy import NotAllowed

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_installed(), reason=REASON)]
TOKENS = ("Weizenkeim", "Adalbert", "PAT-90210", "ACC77123", "Quendel", "Niemand", "19630527", "SN-443322")


def plant(_k: int, ds: Any) -> None:
    """Name the patient in usual places and in unusual ones."""
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Weizenkeim^Adalbert", "PAT-90210", "19630527"
    ds.AccessionNumber, ds.ReferringPhysicianName = "ACC77123", "Quendel^Rosa"
    ds.StudyDate, ds.StudyTime, ds.StudyID = "20200310", "101112", "PAT-90210"
    ds.InstitutionName, ds.DeviceSerialNumber = "St. Niemand", "SN-443322"
    ds.SeriesDescription, ds.ImageComments = "CT for Weizenkeim", "spoke with ADALBERT WEIZENKEIM"
    ds.private_block(0x0029, "WEIZENKEIM SYSTEMS", create=True).add_new(0x10, "LO", "Adalbert Weizenkeim")
    ds.preamble = b"PAT-90210".ljust(128, b"\0")


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    """Five slices with a segmentation and a structure set that refer to them."""
    folder = tmp_path / "originals"
    folder.mkdir()
    SeriesMaker(folder)(5, plant)
    source = source_of(folder)
    mask = np.zeros(source.geometry.shape, np.uint8)
    mask[1:4, 3:9, 2:7] = 1
    labels = LabelFile(source.geometry, [mask], [LabelSegment("liver", (200, 80, 60), 1, 0, number=1)])
    write_segmentation(labels, source, tmp_path / "seg.dcm")
    write_structure_set(labels, source, tmp_path / "rt.dcm")
    for name in ("seg.dcm", "rt.dcm"):
        (tmp_path / name).rename(folder / name)
    return folder


@pytest.fixture
def cleaned(originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> list[Outgoing]:
    """The same seven objects without identifiers; what the command said names nobody either."""
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "hospital"))
    assert main(["dicom", "deidentify", str(originals), "--out", str(tmp_path / "out"), "--json"]) == 0
    said = capfd.readouterr()
    assert tokens_in((said.out + said.err).encode()) == []
    made = [outgoing(path) for path in sorted((tmp_path / "out").iterdir())]
    assert len(made) == 7
    return made


def tokens_in(data: bytes) -> list[str]:
    lowered = data.lower()
    return [token for token in TOKENS if token.lower().encode() in lowered]


def leaks_below(folder: Path) -> dict[str, list[str]]:
    """File -> tokens in its bytes or its name, for all files of a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    found = {str(path): tokens_in(path.read_bytes() + str(path.relative_to(folder)).encode()) for path in files}
    return {name: tokens for name, tokens in found.items() if tokens}


@pytest.fixture
def overheard() -> Iterator[tuple[Any, bytearray]]:
    """A way to a port that somebody listens to: `start(port)` gives the port to call, and all bytes that went there."""
    heard = bytearray()
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def pump(one: socket.socket, other: socket.socket, *, is_noted: bool) -> None:
        try:
            while data := one.recv(1 << 16):
                if is_noted:
                    heard.extend(data)
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the other side hung up

    def serve(port: int) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return  # closed: it is over
            with client, socket.create_connection(("127.0.0.1", port)) as there:
                back = threading.Thread(target=pump, args=(there, client), kwargs={"is_noted": False})
                back.start()
                pump(client, there, is_noted=True)
                back.join()

    def start(port: int) -> int:
        threads.append(threading.Thread(target=serve, args=(port,)))
        threads[-1].start()
        return int(listening.getsockname()[1])

    yield start, heard
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in threads:
        thread.join()


def test_the_originals_name_their_patient_and_may_not_leave(originals: Path) -> None:
    assert {token for path in originals.iterdir() for token in tokens_in(path.read_bytes())} == set(TOKENS)
    outside = Destination("outside", host="127.0.0.1", port=1, ae_title="ORTHANC")
    with pytest.raises(NotAllowed):
        send(outside, [outgoing(path) for path in originals.iterdir()])


@pytest.mark.parametrize("network", Network)
def test_nothing_of_it_is_left_anywhere(
    cleaned: list[Outgoing], tmp_path: Path, overheard: tuple[Any, bytearray], network: Network, monkeypatch
) -> None:
    (start, heard), folder = overheard, tmp_path / "archive"
    folder.mkdir()
    with running(folder, known={"LIMNER": ("127.0.0.1", 104)}) as archive:
        if network is Network.DIMSE:
            port = start(archive.dicom_port)
            sent = send(Destination("outside", host="127.0.0.1", port=port, ae_title="ORTHANC"), cleaned)
        else:
            monkeypatch.setenv("LIMNER_SECRET_OUTSIDE", archive.password)
            url = f"http://127.0.0.1:{start(archive.http_port)}/dicom-web"
            there = Destination("outside", network=network, url=url, login=Login.PASSWORD, user=archive.user)
            sent = send_by_web(there, cleaned)
        assert len(sent.stored) == len(cleaned)
        assert len(archive.ask("/instances")) == len(cleaned)
    assert leaks_below(folder) == {}  # what it kept, its index and its log
    assert len(heard) > sum(one.path.stat().st_size for one in cleaned) // 2
    assert tokens_in(bytes(heard)) == []
    assert leaks_below(tmp_path / "out") == {}


def test_our_own_list_of_what_was_cleaned_names_nobody(cleaned: list[Outgoing], tmp_path: Path) -> None:
    with StudyIndex(tmp_path / "elsewhere" / INDEX_NAME) as index:
        index.note_files([one.path for one in cleaned])
    assert leaks_below(tmp_path / "elsewhere") == {}


def test_segmentation_and_structure_set_still_refer_to_the_images(cleaned: list[Outgoing]) -> None:
    every = [dcmread(one.path) for one in cleaned]
    images = {str(ds.SOPInstanceUID): ds for ds in every if ds.Modality == "CT"}
    (segmentation,) = [ds for ds in every if ds.Modality == "SEG"]
    (structures,) = [ds for ds in every if ds.Modality == "RTSTRUCT"]
    assert len(images) == 5
    for ds in every:
        ct = next(iter(images.values()))
        assert (ds.StudyInstanceUID, ds.PatientID) == (ct.StudyInstanceUID, ct.PatientID)
    (series,) = segmentation.ReferencedSeriesSequence
    assert {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence} <= set(images)
    contours = structures.ROIContourSequence[0].ContourSequence
    used = {one.ContourImageSequence[0].ReferencedSOPInstanceUID for one in contours}
    assert len(used) == 3
    assert used <= set(images)
    frame = structures.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID
    assert frame == segmentation.FrameOfReferenceUID == next(iter(images.values())).FrameOfReferenceUID
