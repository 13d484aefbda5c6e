"""A real archive on loopback: Orthanc as Debian packages it, with password and allow-list; it ends with the test."""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme

PROGRAM = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
WEB_PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
REASON = "Orthanc with its DICOMweb plugin is not installed (python3 dev.py test --peers)"
START_SECONDS = 60


@dataclass(frozen=True)
class Orthanc:
    """A running archive: ports on loopback, and the name and password of its one user."""

    http_port: int
    dicom_port: int
    user: str
    password: str

    def ask(self, path: str, method: str = "GET", body: bytes | dict[str, Any] | None = None) -> Any:
        """Its own REST interface, to look at what it holds."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}", data=data, method=method)
        token = b64encode(f"{self.user}:{self.password}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
        with urllib.request.urlopen(request, timeout=120) as answer:
            content = answer.read()
        return json.loads(content) if "json" in answer.headers.get("Content-Type", "") else content

    def take(self, files: Iterable[bytes]) -> None:
        """Give it objects at once, without a network's protocol."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for number, file in enumerate(files):
                archive.writestr(f"{number}.dcm", file)
        self.ask("/instances", "POST", packed.getvalue())


def is_installed() -> bool:
    """True when the archive can be started."""
    return Path(PROGRAM).is_file() and Path(WEB_PLUGIN).is_file()


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    folder: Path,
    *,
    known: dict[str, tuple[str, int]],
    authority: trustme.CA | None = None,
    **settings: Any,
) -> Iterator[Orthanc]:
    """Start the archive in an empty folder.

    Args:
        known: AE title -> (host, port) of those that it answers and may move images to.
        authority: turns on TLS for DIMSE, with client certificates of this authority only.
        settings: further ones of its configuration.
    """
    made = Orthanc(free_port(), free_port(), "tester", secrets.token_hex(8))
    config: dict[str, Any] = {
        "Name": "peer",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "SyncStorageArea": False,
        "SaveJobs": False,
        "Plugins": [WEB_PLUGIN],
        "HttpPort": made.http_port,
        "DicomPort": made.dicom_port,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {made.user: made.password},
        "DicomAlwaysAllowEcho": False,
        "DicomAlwaysAllowStore": False,
        "DicomModalities": {
            aet.lower(): {"AET": aet, "Host": host, "Port": port, "UseDicomTls": authority is not None}
            for aet, (host, port) in known.items()
        },
        "DefaultEncoding": "Utf8",
        "OverwriteInstances": True,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    config.update(settings)
    if authority is not None:
        config.update(_tls(folder, authority))
    (folder / "orthanc.json").write_text(json.dumps(config))
    log = (folder / "orthanc.log").open("wb")
    process = subprocess.Popen([PROGRAM, str(folder / "orthanc.json")], stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(made, process, folder / "orthanc.log")
        yield made
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _tls(folder: Path, authority: trustme.CA) -> dict[str, Any]:
    mine = authority.issue_cert("127.0.0.1", "localhost")
    mine.private_key_pem.write_to_path(folder / "orthanc.key")
    for number, blob in enumerate(mine.cert_chain_pems):
        blob.write_to_path(folder / "orthanc.crt", append=number > 0)
    authority.cert_pem.write_to_path(folder / "ca.crt")
    return {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(folder / "orthanc.crt"),
        "DicomTlsPrivateKey": str(folder / "orthanc.key"),
        "DicomTlsTrustedCertificates": str(folder / "ca.crt"),
        "DicomTlsRemoteCertificateRequired": True,
    }


def _wait(made: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            made.ask("/system")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Orthanc did not start:\n{log.read_text(errors='replace')[-2000:]}{os.linesep}")
