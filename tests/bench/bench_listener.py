"""Receiving 500 slices by C-STORE: our receiver, which keeps and journals each, against a bare one of pynetdicom.

    python3 dev.py bench listener

Both write what comes to the same disk; the bare one neither flushes it nor remembers it. Rounds alternate.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
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

SLICES, SIDE, ROUNDS = 500, 512, 3


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


def main() -> int:
    """Measure."""
    deliver = by_storescu if shutil.which("storescu") else by_us
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    with tempfile.TemporaryDirectory() as name:
        files = Path(name) / "made"
        files.mkdir()
        make(files)
        for _ in range(ROUNDS):
            for kind, receiver in (("bare", bare), ("ours", ours)):
                target = Path(tempfile.mkdtemp(dir=name))
                with receiver(target) as port:
                    began = time.perf_counter()
                    deliver(port, files)
                    rates[kind].append(SLICES / (time.perf_counter() - began))
                kept = sorted(target.rglob("*.dcm"))
                assert len(kept) == SLICES, (kind, len(kept))
                assert {dcmread(p, stop_before_pixels=True).SOPInstanceUID for p in kept[:3]}
                shutil.rmtree(target)
    ratio = median(rates["bare"]) / median(rates["ours"])
    return print_table(
        f"Receiving {SLICES} slices of {SIDE} x {SIDE}, by {deliver.__name__}",
        [
            Measured("a bare receiver", median(rates["bare"]), "objects/s"),
            Measured("ours, safe on disk and in the journal", median(rates["ours"]), "objects/s"),
            Measured("time of ours", ratio, "x", 1 / 0.6, "the bare receiver's time"),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
