"""DICOMweb as hospitals have it: behind nginx that demands a token, and through a proxy with a password."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from fronts import ASKED, needed, password_proxy, token_front
from made_series import SeriesMaker
from orthanc import REASON, Orthanc, free_port, is_installed, running

from imaging.errors import UserError
from sync.destination import Destination, Login, Network, Tls
from sync.diagnose import diagnose, failed_step
from sync.dicomweb.fetch import ACCEPT, fetch
from sync.dicomweb.find import find
from sync.dicomweb.send import send
from sync.dimse.association import ConnectionFailed
from sync.dimse.send import outgoing
from sync.incoming import Incoming
from sync.query import Level, Query

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed(), reason=REASON),
    pytest.mark.skipif(bool(needed()), reason=f"{needed()} not installed (python3 dev.py test --peers)"),
]
TOKEN = "a.long-token_of.a-hospital~9+/=="
QUESTION = Query(Level.STUDY, {"PatientID": "made-1"})


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Iterator[Orthanc]:
    with running(tmp_path_factory.mktemp("orthanc"), known={"LIMNER": ("127.0.0.1", 104)}) as one:
        yield one


@pytest.fixture(scope="module")
def there(archive, tmp_path_factory) -> Iterator[Destination]:
    folder: Path = tmp_path_factory.mktemp("front")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    with token_front(folder, authority, archive, TOKEN) as port:
        yield Destination(
            "cloud",
            network=Network.DICOMWEB,
            url=f"https://127.0.0.1:{port}/dicom-web",
            login=Login.TOKEN,
            tls=Tls(ca_file=str(folder / "ca.pem")),
            is_inside=True,
            timeout_s=20,
        ).checked()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory) -> Iterator[int]:
    with password_proxy(tmp_path_factory.mktemp("proxy"), "reader", "p4ss") as port:
        yield port


@pytest.fixture(autouse=True)
def secrets_of_both(monkeypatch) -> None:
    monkeypatch.setenv("LIMNER_SECRET_CLOUD", TOKEN)
    monkeypatch.setenv("LIMNER_SECRET_CLOUD_PROXY", "p4ss")


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    SeriesMaker(folder)(5)
    return [outgoing(path) for path in sorted(folder.iterdir())]


def must_go_and_come(there: Destination, files, workspace: Path) -> None:
    """Sent, found, fetched bit for bit."""
    from pydicom import dcmread

    assert len(send(there, files).stored) == len(files)
    query = Query(Level.STUDY, {"StudyInstanceUID": files[0].study_uid})
    assert len(find(there, query).records) == 1
    with Incoming(workspace) as incoming:
        assert fetch(there, query, incoming).new == len(files)
        came = {str(dcmread(one.path).SOPInstanceUID): dcmread(one.path) for one in incoming.unsettled()}
    for file in files:
        assert came[file.sop_uid] == dcmread(file.path)
        assert came[file.sop_uid].PixelData == dcmread(file.path).PixelData


def test_a_token_opens_the_way_and_each_request_says_what_it_wants(there, files, tmp_path) -> None:
    must_go_and_come(there, files, tmp_path / "workspace")
    assert [step.is_ok for step in diagnose(there)] == [True] * 4
    asked = Path(there.tls.ca_file).with_name(ASKED).read_text().splitlines()
    assert {line.split()[0] for line in asked} == {"GET", "POST"}
    assert all(line.split(maxsplit=2)[2] in ("application/dicom+json", ACCEPT) for line in asked), asked
    assert any(ACCEPT in line for line in asked)


@pytest.mark.parametrize("token", ["wrong", TOKEN + "x"])
def test_a_wrong_token_is_told(there, files, monkeypatch, token: str) -> None:
    monkeypatch.setenv("LIMNER_SECRET_CLOUD", token)
    for attempt in (lambda: find(there, QUESTION), lambda: send(there, files)):
        with pytest.raises(UserError, match="“cloud” does not accept the login") as refusal:
            attempt()
        assert token not in refusal.value.message + refusal.value.hint
    step = failed_step(diagnose(there))
    assert step is not None
    assert (step.name, "login" in step.message) == ("search", True)


def test_a_password_in_the_place_of_the_token_and_no_login_at_all_are_told(there) -> None:
    for wrong in (replace(there, login=Login.PASSWORD, user="x"), replace(there, login=Login.NONE)):
        with pytest.raises(UserError, match="does not accept the login"):
            find(wrong, QUESTION)


def through(there: Destination, port: int, user: str = "reader@") -> Destination:
    return replace(there, proxy=f"http://{user}127.0.0.1:{port}").checked()


def test_a_proxy_with_a_password_lets_us_through(there, proxy, files, tmp_path) -> None:
    must_go_and_come(through(there, proxy), files, tmp_path / "workspace")
    assert [step.is_ok for step in diagnose(through(there, proxy))] == [True] * 3


def test_a_proxy_that_does_not_know_us_is_told(there, proxy, files, monkeypatch) -> None:
    monkeypatch.setenv("LIMNER_SECRET_CLOUD_PROXY", "wrong")
    for wrong in (through(there, proxy), through(there, proxy, user="")):
        for attempt in (lambda wrong=wrong: find(wrong, QUESTION), lambda wrong=wrong: send(wrong, files)):
            with pytest.raises(ConnectionFailed, match="The proxy before “cloud” does not accept the login") as failure:
                attempt()
            assert failure.value.step == "proxy"
            assert "wrong" not in failure.value.message + failure.value.hint
        step = failed_step(diagnose(wrong))
        assert step is not None
        assert "proxy" in step.message


def test_what_is_wrong_behind_and_before_a_proxy_is_told_apart(there, proxy, tmp_path, monkeypatch) -> None:
    with pytest.raises(ConnectionFailed, match="The proxy before “cloud” cannot be reached"):
        find(through(there, free_port()), QUESTION)
    nobody = replace(through(there, proxy), url=f"https://127.0.0.1:{free_port()}/dicom-web")
    with pytest.raises(ConnectionFailed, match="The proxy cannot reach “cloud”"):
        find(nobody, QUESTION)
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    with pytest.raises(ConnectionFailed) as failure:
        find(replace(through(there, proxy), tls=Tls(ca_file=str(tmp_path / "other.pem"))), QUESTION)
    assert failure.value.step == "tls"
    monkeypatch.setenv("LIMNER_SECRET_CLOUD", "wrong")
    with pytest.raises(UserError, match="“cloud” does not accept the login"):
        find(through(there, proxy), QUESTION)


def test_the_environment_s_proxy_is_not_used(there, files, monkeypatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert find(there, QUESTION) is not None


def test_a_front_that_wants_our_certificate_gets_it(archive, files, tmp_path) -> None:
    authority, callers = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    named = {}
    for name, issuer in (("ours", callers), ("strange", trustme.CA())):
        one = issuer.issue_cert("limner.hospital")
        one.private_key_pem.write_to_path(tmp_path / f"{name}.key")
        one.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.crt")
        named[name] = Tls(
            ca_file=str(tmp_path / "ca.pem"),
            certificate=str(tmp_path / f"{name}.crt"),
            key=str(tmp_path / f"{name}.key"),
        )
    with token_front(tmp_path, authority, archive, TOKEN, callers) as port:
        base = Destination(
            "cloud",
            network=Network.DICOMWEB,
            url=f"https://127.0.0.1:{port}/dicom-web",
            login=Login.TOKEN,
            tls=named["ours"],
            is_inside=True,
        ).checked()
        must_go_and_come(base, files, tmp_path / "workspace")
        assert failed_step(diagnose(base)) is None
        for wrong in (named["strange"], replace(named["ours"], certificate="", key="")):
            with pytest.raises(UserError, match="refused the request") as refusal:
                find(replace(base, tls=wrong), QUESTION)
            assert "certificate of ours" in refusal.value.hint
            assert failed_step(diagnose(replace(base, tls=wrong))) is not None
