"""Other machines that images are fetched from and sent to: what is set for each, in one JSON file."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.json_text import read_json

SYSTEM_FILE = "LIMNER_DESTINATIONS"  # environment variable: a file of IT's, which the window only reads
_NAME = re.compile(r"[\w][\w .-]{0,39}")
_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")  # PS3.5 6.2: no backslash, no control characters


class Network(StrEnum):
    """How a machine is spoken to."""

    DIMSE = "dimse"
    DICOMWEB = "dicomweb"


class Login(StrEnum):
    """How DICOMweb knows who asks; the secret itself is in the system's key store (`sync.secrets`)."""

    NONE = "none"
    PASSWORD = "password"
    TOKEN = "token"


class ObjectKind(StrEnum):
    """What a receiver may be sent. Originals are the images themselves."""

    ORIGINAL = "original"
    SEG = "seg"
    SEG_LABELMAP = "seg-labelmap"
    SEG_FRACTIONAL = "seg-fractional"
    RTSTRUCT = "rtstruct"
    SR = "sr"
    PRESENTATION = "gsps"
    SECONDARY_CAPTURE = "sc"
    PARAMETRIC_MAP = "pm"
    PDF = "pdf"


# Old archives refuse what they do not know; label maps are newer than most (PS3.3 A.51, 2023).
USUAL_KINDS = (
    ObjectKind.ORIGINAL,
    ObjectKind.SEG,
    ObjectKind.RTSTRUCT,
    ObjectKind.SR,
    ObjectKind.SECONDARY_CAPTURE,
    ObjectKind.PDF,
)


@dataclass(frozen=True)
class Tls:
    """Encryption. The other side's certificate is always verified; there is no switch for that.

    Attributes:
        is_on: for DIMSE; for DICOMweb the address says it (https).
        ca_file: certificates that are trusted instead of the system's.
        certificate, key: files with which we show who we are.
    """

    is_on: bool = False
    ca_file: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True)
class Destination:
    """One machine.

    Attributes:
        name: what people call it; unique.
        network: DIMSE (``host``, ``port``, ``ae_title``) or DICOMweb (``url``).
        own_ae_title: what we call ourselves.
        own_port: where our own receiver listens when the machine moves (C-MOVE) images to us, 0 for C-GET.
        url: the root of QIDO-RS, WADO-RS and STOW-RS.
        login, user: how we log in.
        proxy: address of an HTTP proxy, with the user's name where it asks for a password (``http://user@host:port``);
            empty for none. The environment's proxies are not used.
        is_inside: it belongs to the hospital, so names of patients may go there.
        kinds: the objects that it takes.
        quarantine: name of the destination that gets our results in its place, empty for none.
        timeout_s: how long a silent connection is waited for.
        is_fixed: from IT's file; it cannot be changed here.
    """

    name: str
    network: Network = Network.DIMSE
    host: str = ""
    port: int = 104
    ae_title: str = ""
    own_ae_title: str = "LIMNER"
    own_port: int = 0
    url: str = ""
    login: Login = Login.NONE
    user: str = ""
    tls: Tls = field(default_factory=Tls)
    proxy: str = ""
    is_inside: bool = False
    kinds: tuple[ObjectKind, ...] = USUAL_KINDS
    quarantine: str = ""
    timeout_s: float = 30.0
    is_fixed: bool = False

    @property
    def is_encrypted(self) -> bool:
        """True when nobody on the way can read what is sent."""
        return self.tls.is_on if self.network is Network.DIMSE else self.url.lower().startswith("https://")

    @property
    def address(self) -> str:
        """Host name or IP address."""
        return self.host if self.network is Network.DIMSE else urlsplit(self.url).hostname or ""

    @property
    def is_this_machine(self) -> bool:
        """True when the address never leaves this computer (127.0.0.0/8, ::1, localhost)."""
        if self.proxy:
            return False
        if self.address.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False  # a name may point anywhere, also after it was looked up

    @property
    def proxy_user(self) -> str:
        """How we log in at the proxy; empty where it asks nobody. The password is in the system's key store."""
        return urlsplit(self.proxy).username or ""

    def checked(self, *, needs_files: bool = True) -> Destination:
        """The destination itself.

        Args:
            needs_files: its certificates must be there. Once it is set up, one that went away must not hide the others.

        Raises:
            UserError: a field does not fit; the message names it.
        """
        if not _NAME.fullmatch(self.name):
            raise UserError("A destination needs a name of up to 40 letters, digits, spaces, dots and hyphens.")
        if self.network is Network.DIMSE:
            self._check_dimse()
        else:
            self._check_web()
        if self.quarantine == self.name:
            raise UserError(f"“{self.name}” cannot be its own quarantine.")
        if bool(self.tls.certificate) != bool(self.tls.key):
            raise UserError("A certificate of our own needs its key, and a key its certificate.")
        for file in (self.tls.ca_file, self.tls.certificate, self.tls.key):
            if needs_files and file and not Path(file).is_file():
                raise UserError(f"There is no certificate file {file}.")
        if not 0 < self.timeout_s <= 3600:
            raise UserError("The time-out lies between 0 and 3600 seconds.")
        return self

    def _check_dimse(self) -> None:
        for title, whose in ((self.ae_title, "The machine's"), (self.own_ae_title, "Our own")):
            if not _AE_TITLE.fullmatch(title) or not title.strip():
                raise UserError(f"{whose} AE title has 1 to 16 plain characters.")
        if not self.host or any(c.isspace() or c in "/\\" for c in self.host):
            raise UserError("The host is a name or an IP address.")
        if not 0 < self.port < 65536 or not 0 <= self.own_port < 65536:
            raise UserError("A port lies between 1 and 65535.")

    def _check_web(self) -> None:
        if not _is_web_address(self.url):
            raise UserError("The address begins with https:// (or http://) and names a host.")
        if self.proxy:
            self._check_proxy()
        if "@" in urlsplit(self.url).netloc:
            raise UserError("The address must not hold a password.", "Choose login by password; it is kept safely.")
        if self.login is Login.PASSWORD and not self.user:
            raise UserError("Login by password needs a user name.")

    def _check_proxy(self) -> None:
        if not _is_web_address(self.proxy) or urlsplit(self.proxy).path.strip("/"):
            raise UserError("The proxy's address begins with http:// (or https://) and names a host.")
        if urlsplit(self.proxy).password is not None:
            hint = "Write http://user@host:port; the password is kept safely."
            raise UserError("The proxy's address must not hold a password.", hint)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record without secrets; ``from_json`` reads it back."""
        record = asdict(self)
        del record["is_fixed"]
        return record

    @staticmethod
    def from_json(record: dict[str, Any], *, is_fixed: bool = False) -> Destination:
        """The destination that ``to_json`` wrote, checked.

        Raises:
            UserError: a field is unknown, of the wrong type, or does not fit.
        """
        try:
            fields = dict(record)
            fields["network"] = Network(fields.get("network", "dimse"))
            fields["login"] = Login(fields.get("login", "none"))
            fields["tls"] = Tls(**fields.get("tls", {}))
            fields["kinds"] = tuple(ObjectKind(kind) for kind in fields.get("kinds", USUAL_KINDS))
            made = Destination(**{**fields, "is_fixed": is_fixed})
            return replace(made, port=int(made.port), timeout_s=float(made.timeout_s)).checked(needs_files=False)
        except (TypeError, ValueError) as error:
            raise UserError("A destination is written in a way that Limner does not know.", str(error)) from error


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query


def read_destinations(path: Path) -> list[Destination]:
    """The user's destinations and IT's (which win where names are equal), by name.

    Raises:
        UserError: a file cannot be read or holds something else.
    """
    found = {d.name: d for d in _read(path, is_fixed=False)}
    system = os.environ.get(SYSTEM_FILE, "")
    if system:
        found.update({d.name: d for d in _read(Path(system), is_fixed=True)})
    return sorted(found.values(), key=lambda d: d.name.casefold())


def write_destinations(path: Path, destinations: Iterable[Destination]) -> None:
    """Keep the user's destinations; IT's are left out. The old file stays whole until the new one is on disk.

    Raises:
        UserError: a name stands there twice, or the file cannot be written.
    """
    own = [d.checked(needs_files=False) for d in destinations if not d.is_fixed]
    names = [d.name for d in own]
    if len(set(names)) != len(names):
        raise UserError("Two destinations have the same name.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(json.dumps({"destinations": [d.to_json() for d in own]}, indent=2).encode())


def find_destination(destinations: Iterable[Destination], name: str) -> Destination:
    """The destination of this name, whatever its case.

    Raises:
        UserError: there is none; the hint names those there are.
    """
    every = list(destinations)
    for one in every:
        if one.name.casefold() == name.casefold():
            return one
    known = ", ".join(d.name for d in every) or "none is set up yet"
    raise UserError(f"There is no destination “{name}”.", f"Known: {known}.")


def _read(path: Path, *, is_fixed: bool) -> list[Destination]:
    if not path.exists():
        if is_fixed:
            raise UserError(f"The file of destinations {path} does not exist.", f"{SYSTEM_FILE} names it.")
        return []
    try:
        records = read_json(path.read_text(encoding="utf-8"))["destinations"]
        return [Destination.from_json(record, is_fixed=is_fixed) for record in records]
    except OSError as error:
        raise UserError(f"The file of destinations {path} cannot be read.", str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no file of destinations.", str(error)) from error
