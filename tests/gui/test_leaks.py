"""No byte that leaves, and no byte that is kept for ourselves to read, names the patient.

One study with planted names goes through everything: brought in, indexed, shown small, opened, crashed upon, written
without identifiers, sent. What may hold identifiers is named in docs/deidentification.md: index and originals in the
workspace, its register and key, the settings' list of recent places.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from made_series import SeriesMaker
from pydicom import Dataset
from pydicom.sequence import Sequence
from PySide6.QtCore import QCoreApplication, QEvent

from app.crash import CrashReports
from app.quiet_libraries import keep_libraries_quiet
from imaging.workspace.listing import SeriesRow
from imaging.workspace.study_index import INDEX_NAME
from session.deidentifying import Wishes, look_through, remove_identifiers
from sync.deidentification.options import Options
from sync.destination import Destination
from sync.dimse.send import outgoing, send
from sync.incoming import Incoming, Limits
from sync.listener.config import LOOPBACK, ListenerConfig, Sender
from sync.listener.receiver import Receiver
from widgets.study_window.window import StudyWindow

TOKENS = ("weizenkeim", "adalbert", "pat-90210", "acc77123", "quendel", "19630527", "zwickau", "sn-443322")
BROKEN = b"Weizenkeim"  # where a UID should stand: pydicom quotes such values in warnings
PLACE = b"1.2.345678"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A series that names its patient in header, nested items, private elements, its file's head, and its path."""
    made = tmp_path / "Weizenkeim Adalbert" / "images"
    made.mkdir(parents=True)
    SeriesMaker(made)(3, plant)
    for path in made.iterdir():
        data = path.read_bytes()
        assert data.count(PLACE) == 1
        path.write_bytes(data.replace(PLACE, BROKEN))
    return made


def plant(_k: int, ds: Dataset) -> None:
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Weizenkeim^Adalbert", "PAT-90210", "19630527"
    ds.AccessionNumber, ds.ReferringPhysicianName, ds.InstitutionName = "ACC77123", "Quendel^Q", "Klinikum Zwickau"
    ds.StudyDate, ds.StudyTime, ds.DeviceSerialNumber = "20200310", "101112", "SN-443322"
    ds.IrradiationEventUID = PLACE.decode()
    ds.ImageComments, ds.StudyDescription = "spoke with Weizenkeim", "CT of PAT-90210, Zwickau"
    item = Dataset()
    item.RequestedProcedureDescription, item.RequestingPhysician = "for Weizenkeim", "Quendel^Q"
    ds.RequestAttributesSequence = Sequence([item])
    ds.private_block(0x0029, "ZWICKAU SYSTEMS", create=True).add_new(0x10, "LO", "Adalbert Weizenkeim")
    ds.preamble = b"PAT-90210".ljust(128, b"\0")
    ds.file_meta.SourceApplicationEntityTitle = "ZWICKAU"


def named(what: str, data: bytes | str) -> list[str]:
    """Which tokens stand in some bytes, as text of one or of two bytes a letter."""
    raw = data.encode() if isinstance(data, str) else data
    lowered = raw.lower()
    return [f"{what}: {t}" for t in TOKENS if t.encode() in lowered or t.encode("utf-16-le") in lowered]


class Heard(logging.Handler):
    """Everything that any library logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Note one record, with its error."""
        self.text += logging.Formatter().format(record) + "\n"


@pytest.fixture
def heard():
    handler, root = Heard(), logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


@pytest.fixture
def studies(window, qtbot):
    window.session.actions.run_with_texts("studies.show", window.session, {})
    made = window.findChild(StudyWindow)
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.browsing.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_the_probe_names_its_patient(folder) -> None:
    found = named("probe", b"".join(path.read_bytes() for path in folder.iterdir()))
    assert len(found) == len(TOKENS)


def test_nothing_leaks_on_the_whole_way(qtbot, window, studies, folder, tmp_path, heard, capfd, monkeypatch) -> None:
    keep_libraries_quiet()
    session, workspace = window.session, window.session.settings.workspace()
    said: list[str] = []
    session.messages.shown.connect(lambda message: said.append(f"{message.text} {message.hint}"))
    session.jobs.changed.connect(lambda job: said.append(f"{job.title} {job.message}"))
    bring_in_and_open(qtbot, window, studies, folder)
    leaks = named("thumbnails", thumbnails(workspace)) + crashed_upon(session, tmp_path)
    study = studies.table.current_row()
    out = tmp_path / "out"

    def work(job):
        found = look_through(workspace, [study.id], job)
        return remove_identifiers(found, Wishes(out, Options()), workspace, lambda _volume: None, job)

    job = session.jobs.start("Remove identifiers", work)
    qtbot.waitUntil(lambda: job.is_over, timeout=60_000)
    assert job.error is None
    written = sorted(out.rglob("*"))
    assert len(written) == 3
    leaks += [leak for path in written for leak in named("files", path.read_bytes()) + named("names", path.name)]
    leaks += named("report", json.dumps(job.result.to_json()))
    sent = sent_bytes(written, tmp_path / "there", monkeypatch)
    assert len(sent) > sum(path.stat().st_size for path in written) // 2
    leaks += named("network", sent) + named("log", heard.text) + named("messages", "\n".join(said))
    output, errors = capfd.readouterr()
    assert leaks + named("output", output) + named("errors", errors) == []
    assert said


def bring_in_and_open(qtbot, window, studies: StudyWindow, folder: Path) -> None:
    """Import, index, thumbnail, open."""
    window.session.actions.run_with_texts("studies.bring_in", window.session, {"folder": str(folder)})
    qtbot.waitUntil(lambda: all(job.is_over for job in window.session.jobs.jobs), timeout=60_000)
    studies.browsing.update()
    qtbot.waitUntil(lambda: studies.table.current_row() is not None, timeout=60_000)
    qtbot.waitUntil(lambda: any(isinstance(row, SeriesRow) for row in studies.content.rows()), timeout=60_000)
    qtbot.waitUntil(lambda: not studies.content.item(1).icon().isNull(), timeout=60_000)
    series = next(row for row in studies.content.rows() if isinstance(row, SeriesRow))
    arguments = {"folder": str(series.folder), "series": series.uid}
    window.session.actions.run_with_texts("studies.open_series", window.session, arguments)
    qtbot.waitUntil(lambda: window.session.document is not None, timeout=60_000)
    qtbot.waitUntil(lambda: not window.session.document.is_loading, timeout=60_000)


def thumbnails(workspace: Path) -> bytes:
    """All that the table of small pictures holds."""
    connection = sqlite3.connect(workspace / INDEX_NAME)
    rows = connection.execute("SELECT * FROM thumbnails").fetchall()
    connection.close()
    assert rows
    return repr(rows).encode() + b"".join(value for row in rows for value in row if isinstance(value, bytes))


def crashed_upon(session, tmp_path: Path) -> list[str]:
    """An error of ours while the patient's name was at hand, and what the report says of it."""
    shown: list[str] = []
    reports = CrashReports(session, tmp_path / "reports", lambda text, _path: shown.append(text))

    def read(name: str) -> None:
        raise KeyError(name)

    try:
        try:
            read("Weizenkeim^Adalbert")
        except KeyError as cause:
            raise RuntimeError("cannot follow /home/Weizenkeim/PAT-90210.dcm") from cause
    except RuntimeError as error:
        reports.caught(type(error), error, error.__traceback__)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "reports").iterdir())
    assert b"RuntimeError" in kept
    return named("crash report", kept + "".join(shown).encode())


def sent_bytes(files: list[Path], there: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Send files to a receiver outside the hospital; every byte that went over the network, both ways."""
    from pynetdicom.transport import AssociationSocket

    plain, seen = AssociationSocket.send, bytearray()

    def recorded(self: AssociationSocket, data: bytes) -> None:
        seen.extend(data)
        plain(self, data)

    def shut(self: AssociationSocket, before=AssociationSocket._shutdown_socket) -> None:
        before(self)
        if self.socket is not None:
            self.socket.close()

    monkeypatch.setattr(AssociationSocket, "send", recorded)
    monkeypatch.setattr(AssociationSocket, "_shutdown_socket", shut)
    config = ListenerConfig(ae_title="THERE", port=0, senders=(Sender("HERE", LOOPBACK),), limits=Limits(free_bytes=0))
    with Incoming(there, Limits(free_bytes=0)) as incoming, Receiver(config, incoming) as receiver:
        outside = Destination("there", host="127.0.0.1", port=receiver.port, ae_title="THERE", own_ae_title="HERE")
        assert len(send(outside, [outgoing(path) for path in files]).stored) == 3
    return bytes(seen)


def test_the_command_says_nothing_of_the_patient(folder, tmp_path) -> None:
    """In a process of its own, with all warnings as Python shows them: pydicom's would quote the broken value."""
    environment = {**os.environ, "LIMNER_WORKSPACE": str(tmp_path / "workspace")}
    environment.pop("PYTHONWARNINGS", None)
    command = [sys.executable, "-m", "app.cli", "dicom", "deidentify", str(folder), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").iterdir())) == 3
    assert named("output", done.stdout) + named("errors", done.stderr) == []


def test_without_being_told_pydicom_would_quote_the_value(folder) -> None:
    """What the test above guards against is real."""
    path = next(folder.iterdir())
    program = f"from pydicom import dcmread; ds = dcmread({str(path)!r}); ds.IrradiationEventUID"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert b"Weizenkeim" in done.stderr
