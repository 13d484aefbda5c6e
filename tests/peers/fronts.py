"""What stands before archives in hospitals, for real: nginx that demands a token over TLS, and a proxy with a password.

Both on loopback, in the foreground, as children of the test; they end with it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
from orthanc import Orthanc, free_port

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
PROXY = shutil.which("tinyproxy") or "/usr/bin/tinyproxy"
START_SECONDS = 30
ASKED = "asked.log"  # of the front: method, code and Accept header of each request


def needed() -> str:
    """The program that is missing here, empty when both are there."""
    lacking = [Path(program).name for program in (NGINX, PROXY) if not Path(program).is_file()]
    return " and ".join(lacking)


@contextmanager
def token_front(
    folder: Path, authority: trustme.CA, archive: Orthanc, token: str, callers: trustme.CA | None = None
) -> Iterator[int]:
    """An encrypted port before an archive, for those who bring the token; whoever else comes gets code 401.

    Args:
        callers: who comes must show a certificate of this authority, too; else the front answers with code 400.
    """
    mine = authority.issue_cert("127.0.0.1", "localhost")
    mine.private_key_pem.write_to_path(folder / "front.key")
    for number, blob in enumerate(mine.cert_chain_pems):
        blob.write_to_path(folder / "front.crt", append=number > 0)
    verify = ""
    if callers is not None:
        callers.cert_pem.write_to_path(folder / "callers.crt")
        verify = f"ssl_verify_client on; ssl_client_certificate {folder}/callers.crt;"
    port = free_port()
    login = b64encode(f"{archive.user}:{archive.password}".encode()).decode()
    temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi"))
    (folder / "front.conf").write_text(
        f"""
        {"user root;" if os.geteuid() == 0 else ""}
        daemon off;
        worker_processes 1;
        pid {folder}/front.pid;
        events {{ }}
        http {{
            log_format asked escape=none "$request_method $status $http_accept";
            access_log {folder}/{ASKED} asked;
            client_max_body_size 0;
            map_hash_bucket_size 256;
            scgi_temp_path {folder}/scgi;
            {temporary}
            map $http_authorization $is_known {{ default 0; "Bearer {token}" 1; }}
            server {{
                listen 127.0.0.1:{port} ssl;
                ssl_certificate {folder}/front.crt;
                ssl_certificate_key {folder}/front.key;
                {verify}
                location / {{
                    if ($is_known = 0) {{ return 401; }}
                    proxy_pass http://127.0.0.1:{archive.http_port};
                    proxy_set_header Authorization "Basic {login}";
                    proxy_set_header Host $http_host;
                }}
            }}
        }}
        """
    )
    log = folder / "front.log"
    with _running([NGINX, "-e", str(log), "-p", str(folder), "-c", str(folder / "front.conf")], port, log):
        yield port


@contextmanager
def password_proxy(folder: Path, user: str, password: str) -> Iterator[int]:
    """An HTTP proxy for those who know the password; whoever else comes gets code 407."""
    port = free_port()
    log = folder / "proxy.log"
    (folder / "proxy.conf").write_text(
        f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nAllow 127.0.0.1\nBasicAuth {user} {password}\n"
        f'LogFile "{log}"\nLogLevel Connect\n'
    )
    with _running([PROXY, "-d", "-c", str(folder / "proxy.conf")], port, log):
        yield port


@contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text(errors="replace") if log.exists() else ""
    raise RuntimeError(f"{Path(str(process.args[0])).name} did not start:\n{said[-2000:]}")  # type: ignore[index]
