"""`limner listen` under storescu and Orthanc: killed in the middle of 500 slices it loses none that it accepted."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trustme
from listening import Listener, wait_until
from made_series import SeriesMaker
from orthanc import REASON, Orthanc, is_installed, running

from sync.destination import Tls
from sync.dimse.send import outgoing, send

STORESCU = shutil.which("storescu")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(STORESCU is None, reason="dcmtk's storescu is not installed (python3 dev.py test --peers)"),
]
FEW, MANY, SIDE = 60, 500, 64


def bigger(k: int, ds: Any) -> None:
    """A slice of some size."""
    ds.Rows = ds.Columns = SIDE
    ds.PixelData = np.full((SIDE, SIDE), k, np.uint16).tobytes()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path / "home")
    made.start()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    return SeriesMaker(made)(FEW)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SeriesMaker(tmp_path_factory.mktemp("many"))(MANY, bigger)


def sending(port: int, folder: Path, *more: str, title: str = "SCANNER", called: str = "LIMNER") -> list[str]:
    """The command that sends a folder."""
    return [str(STORESCU), *more, "-aet", title, "-aec", called, "127.0.0.1", str(port), "+sd", str(folder)]


def ran(command: list[str]) -> int:
    return subprocess.run(command, capture_output=True, timeout=300, check=False).returncode


def must_have_each_once(listener: Listener, folder: Path) -> None:
    """Each object of a folder is on disk once, whole and listed; nothing else is there."""
    wanted = {outgoing(path).sop_uid for path in folder.iterdir()}
    found = listener.on_disk()
    assert set(found) == wanted
    assert set(found.values()) == {1}
    assert listener.listed() == len(wanted)
    images = listener.home / "workspace" / "images"
    assert [path for path in images.glob("*/*") if path.suffix != ".dcm"] == []


def test_storescu_is_refused_under_other_names(listener: Listener, folder: Path) -> None:
    assert ran(sending(listener.port, folder, title="STRANGER")) != 0
    assert ran(sending(listener.port, folder, called="OTHER")) != 0
    assert listener.stop()["new"] == 0


def test_our_own_sender_goes_on_after_a_cut(listener: Listener, folder: Path) -> None:
    files = [outgoing(path) for path in sorted(folder.iterdir())]

    def kill_after(done: int, _total: int) -> None:
        if done == FEW // 2:
            listener.kill()

    sent = send(listener.as_destination(), files, on_progress=kill_after)
    assert sent.lost
    accepted = {one.sop_uid for one in sent.stored}
    assert len(accepted) >= FEW // 2
    listener.start()
    rest = [one for one in files if one.sop_uid not in accepted]
    assert len(send(listener.as_destination(), rest).stored) == len(rest)
    listener.stop()
    must_have_each_once(listener, folder)


def accepted_of(output: str) -> set[str]:
    """UIDs of the files whose storing storescu heard confirmed: what ``-v`` prints, file by file."""
    sent: list[Path] = []
    confirmed: list[Path] = []
    for line in output.splitlines():
        if found := re.search(r"Sending file: (.*)", line):
            sent.append(Path(found[1]))
        elif "Received Store Response (Success)" in line:
            confirmed.append(sent[-1])
    return {outgoing(path).sop_uid for path in confirmed}


def test_killed_in_the_middle_of_what_storescu_sends(listener: Listener, many: Path) -> None:
    command = sending(listener.port, many, "-v")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as sender:
        wait_until(lambda: len(listener.files()) >= MANY // 3)
        listener.kill()
        output, _ = sender.communicate(timeout=120)
    assert sender.returncode != 0  # it was cut
    accepted, found = accepted_of(output), listener.on_disk()
    assert MANY // 4 < len(accepted) < MANY
    assert accepted <= set(found)
    listener.start()
    assert ran(sending(listener.port, many)) == 0  # storescu sends everything again
    counts = listener.stop()
    assert counts == {"new": MANY - len(found), "same": len(found), "different": 0, "refused": 0}
    must_have_each_once(listener, many)


@pytest.fixture
def archive_and_listener(tmp_path: Path) -> Iterator[tuple[Orthanc, Listener]]:
    """An archive that knows a listener, which does not run yet."""
    if not is_installed():
        pytest.skip(REASON)
    listener = Listener(tmp_path / "home", title="ORTHANC")
    (tmp_path / "archive").mkdir()
    with running(tmp_path / "archive", known={"LIMNER": ("127.0.0.1", listener.port)}) as archive:
        yield archive, listener
    listener.close()


def test_killed_in_the_middle_of_what_orthanc_sends(archive_and_listener: tuple[Orthanc, Listener], many: Path) -> None:
    archive, listener = archive_and_listener
    archive.take([path.read_bytes() for path in many.iterdir()])
    (study,) = archive.ask("/studies")
    listener.start()
    wish = {"Resources": [study], "Synchronous": False, "Timeout": 20}
    job = archive.ask("/modalities/limner/store", "POST", wish)["Path"]
    wait_until(lambda: len(listener.files()) >= MANY // 3)
    listener.kill()
    wait_until(lambda: archive.ask(job)["State"] in ("Failure", "Success"))
    assert archive.ask(job)["State"] == "Failure"  # it was cut
    found = listener.on_disk()
    assert MANY // 3 <= len(found) < MANY
    listener.start()
    archive.ask(f"{job}/resubmit", "POST", {})
    wait_until(lambda: archive.ask(job)["State"] in ("Failure", "Success"))
    assert archive.ask(job)["State"] == "Success"
    counts = listener.stop()
    assert (counts["new"], counts["different"], counts["refused"]) == (MANY - len(found), 0, 0)
    must_have_each_once(listener, many)


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, Tls]:
    """Two authorities: that of the hospital, which we and our senders have certificates of, and a stranger's."""
    made, issuers = {}, {"ours": trustme.CA(), "strange": trustme.CA()}
    issuers["ours"].cert_pem.write_to_path(tmp_path / "ca.pem")
    for name, issuer in issuers.items():
        one = issuer.issue_cert("127.0.0.1")
        one.private_key_pem.write_to_path(tmp_path / f"{name}.key")
        one.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.crt")
        files = [str(tmp_path / file) for file in ("ca.pem", f"{name}.crt", f"{name}.key")]
        made[name] = Tls(True, *files)
    return made


def test_dcmtk_gets_in_with_a_certificate_of_our_authority_only(
    tmp_path: Path, folder: Path, certificates: dict[str, Tls]
) -> None:
    right, strange = certificates["ours"], certificates["strange"]
    echoscu = [str(shutil.which("echoscu")), "-to", "10", "-ta", "10", "-aet", "SCANNER", "-aec", "LIMNER"]

    def tls(of: Tls) -> list[str]:
        return ["+tls", of.key, of.certificate, "+cf", of.ca_file]

    listener = Listener(tmp_path / "home", tls=right, ours=right)
    listener.start()
    try:
        there = ["127.0.0.1", str(listener.port)]
        assert ran([*echoscu, *tls(right), *there]) == 0
        assert ran([*echoscu, *tls(strange), *there]) != 0
        assert ran([*echoscu, "+tla", "+cf", right.ca_file, *there]) != 0  # without a certificate
        assert ran([*echoscu, *there]) != 0  # without TLS
        assert ran(sending(listener.port, folder, *tls(strange))) != 0
        assert ran(sending(listener.port, folder)) != 0
        assert listener.on_disk() == {}
        assert ran(sending(listener.port, folder, *tls(right))) == 0
        assert listener.stop()["new"] == FEW
    finally:
        listener.close()
    must_have_each_once(listener, folder)
