"""Receiving 500 slices by C-STORE: our receiver, which keeps and journals each, against a bare one of pynetdicom.

    python3 dev.py bench listener

Senders are dcmtk's storescu and Orthanc, or our own code where they are not installed. Both receivers write what comes
to the same disk; the bare one neither flushes it nor remembers it. Rounds alternate. At the end `limner listen` is
killed in the middle of what each sender sends, started again, and what it had accepted is looked for.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
from budget_table import Measured, print_table
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt

from imaging.dicom.syntax import READABLE
from sync.destination import Destination
from sync.dimse.send import outgoing, send
from sync.incoming import Incoming, Limits
from sync.listener.config import LOOPBACK, ListenerConfig, Sender
from sync.listener.receiver import Receiver

sys.path.insert(0, str(Path(__file__).parents[1] / "peers"))
import orthanc
from listening import Listener

SLICES, SIDE, ROUNDS = 500, 512, 3
Deliver = Callable[[int, Path], None]


def make(folder: Path) -> None:
    """A CT of noise."""
    random = np.random.default_rng(0)
    study, series = generate_uid(), generate_uid()
    for k in range(SLICES):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = CTImageStorage
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID = generate_uid()
        one.Modality, one.PatientID, one.StudyInstanceUID, one.SeriesInstanceUID = "CT", "made", study, series
        one.Rows = one.Columns = SIDE
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.PixelData = random.integers(0, 4096, (SIDE, SIDE), np.uint16).tobytes()
        one.save_as(folder / f"{k:04}.dcm", enforce_file_format=True)


@contextmanager
def bare(folder: Path) -> Iterator[int]:
    """The simplest receiver: it writes the bytes as they come."""

    def keep(event: evt.Event) -> int:
        (folder / f"{secrets.token_hex(8)}.dcm").write_bytes(event.encoded_dataset())
        return 0

    entity = AE(ae_title="HERE")
    entity.maximum_pdu_size = 128 << 10
    entity.add_supported_context(CTImageStorage, list(READABLE))
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)])
    assert server is not None
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()


@contextmanager
def ours(folder: Path) -> Iterator[int]:
    """The receiver of the product."""
    config = ListenerConfig(ae_title="HERE", port=0, senders=(Sender("SENDER", LOOPBACK),), limits=Limits(free_bytes=0))
    with Incoming(folder, config.limits) as incoming, Receiver(config, incoming) as receiver:
        yield receiver.port


def by_storescu(port: int, files: Path) -> None:
    """Send by dcmtk."""
    command = ["storescu", "-aet", "SENDER", "-aec", "HERE", "127.0.0.1", str(port), "+sd", str(files)]
    subprocess.run(command, check=True, capture_output=True)


def by_us(port: int, files: Path) -> None:
    """Send by our own code, where dcmtk is not installed."""
    there = Destination("x", host="127.0.0.1", port=port, ae_title="HERE", own_ae_title="SENDER", is_inside=True)
    sent = send(there, [outgoing(path) for path in sorted(files.iterdir())])
    assert len(sent.stored) == SLICES


@contextmanager
def senders(files: Path, folder: Path) -> Iterator[dict[str, Deliver]]:
    """Who can send here."""
    found: dict[str, Deliver] = {"storescu": by_storescu} if shutil.which("storescu") else {"our own sender": by_us}
    if not orthanc.is_installed():
        yield found
        return
    folder.mkdir()
    with orthanc.running(folder, known={"SENDER": ("127.0.0.1", 104)}) as archive:
        for path in files.iterdir():
            archive.take([path.read_bytes()])
        (study,) = archive.ask("/studies")

        def by_orthanc(port: int, _files: Path) -> None:
            there = {"AET": "HERE", "Host": "127.0.0.1", "Port": port}
            archive.ask("/modalities/here", "PUT", there)
            done = archive.ask("/modalities/here/store", "POST", {"Resources": [study], "LocalAet": "SENDER"})
            assert done["FailedInstancesCount"] == 0

        yield {**found, "Orthanc": by_orthanc}


def rates_of(deliver: Deliver, files: Path, folder: Path) -> tuple[float, float]:
    """Objects per second into the bare receiver and into ours, the medians of rounds that alternate."""
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(ROUNDS):
        for kind, receiver in (("bare", bare), ("ours", ours)):
            target = Path(tempfile.mkdtemp(dir=folder))
            with receiver(target) as port:
                began = time.perf_counter()
                deliver(port, files)
                rates[kind].append(SLICES / (time.perf_counter() - began))
            kept = sorted(target.rglob("*.dcm"))
            assert len(kept) == SLICES, (kind, len(kept))
            assert {dcmread(p, stop_before_pixels=True).SOPInstanceUID for p in kept[:3]}
            shutil.rmtree(target)
    return median(rates["bare"]), median(rates["ours"])


def lost_by_a_kill(files: Path, folder: Path) -> int:
    """How many of the objects that were confirmed are not there after SIGKILL in the middle and another start."""
    listener = Listener(folder)
    listener.start()
    every = [outgoing(path) for path in sorted(files.iterdir())]
    sent = send(listener.as_destination(), every, lambda done, _total: listener.kill() if done == SLICES // 2 else None)
    listener.start()
    listener.stop()
    assert len(sent.stored) >= SLICES // 2
    return len({one.sop_uid for one in sent.stored} - set(listener.on_disk()))


def main() -> int:
    """Measure."""
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = folder / "made"
        files.mkdir()
        make(files)
        with senders(files, folder / "archive") as found:
            for sender, deliver in found.items():
                plain, safe = rates_of(deliver, files, folder)
                most_ms = None if sender == "Orthanc" else 10  # Orthanc reads its own disk between two objects
                measured += [
                    Measured(f"{sender} into a bare receiver", plain, "objects/s"),
                    Measured(f"{sender} into ours: safe on disk, journaled", safe, "objects/s"),
                    Measured(f"{sender}: time of each in ours", 1000 / safe, "ms", most_ms),
                    Measured(f"{sender}: time of ours", plain / safe, "x", 1 / 0.6, "the bare receiver's time"),
                ]
        lost = lost_by_a_kill(files, folder / "home")
    measured.append(Measured("confirmed, but not there after a kill", lost, "objects", 0))
    return print_table(f"Receiving {SLICES} slices of {SIDE} x {SIDE}", measured)


if __name__ == "__main__":
    raise SystemExit(main())
