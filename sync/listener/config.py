"""Who may send to us, how much, and how it is protected: one JSON file, checked before anything listens."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from imaging.json_text import read_json
from sync.destination import Tls
from sync.incoming import Limits

DEFAULT_PORT = 11112
_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Sender:
    """A machine that may send: its AE title, and the addresses from which it does."""

    ae_title: str
    networks: tuple[Network, ...]

    def allows(self, ae_title: str, address: str) -> bool:
        """True when this machine calls under this title from this address."""
        return self.ae_title == ae_title.strip() and any(ipaddress.ip_address(address) in n for n in self.networks)


LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


@dataclass(frozen=True)
class ListenerConfig:
    """Everything that is set for the receiver.

    Attributes:
        ae_title: what we call ourselves; others are refused.
        address: where we listen; loopback unless it is set.
        senders: who may send.
        tls: with ``is_on``: our certificate; with ``ca_file`` callers must show one of that authority.
        is_plain_accepted: IT's consent to listen beyond this computer without TLS.
        limits: disk watermark, quota, size of one object.
        most_associations: at the same time.
        most_per_second: objects of one association; faster ones are slowed down. 0: no limit.
        idle_s: a connection that says nothing for so long is ended.
        quiet_s: a series to which nothing came for so long counts as complete.
    """

    ae_title: str = "LIMNER"
    address: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    senders: tuple[Sender, ...] = ()
    tls: Tls = field(default_factory=Tls)
    is_plain_accepted: bool = False
    limits: Limits = field(default_factory=Limits)
    most_associations: int = 10
    most_per_second: float = 0.0
    idle_s: float = 60.0
    quiet_s: float = 10.0

    @property
    def is_this_machine(self) -> bool:
        """True when nobody beyond this computer can reach us."""
        return ipaddress.ip_address(self.address).is_loopback

    def may_connect(self, address: str) -> bool:
        """True when some sender has this address."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for sender in self.senders for network in sender.networks)

    def may_send(self, ae_title: str, address: str) -> bool:
        """True when a sender has both this title and this address."""
        return any(sender.allows(ae_title, address) for sender in self.senders)

    def checked(self) -> ListenerConfig:
        """The configuration itself.

        Raises:
            UserError: a field does not fit, or it would let in more than it should.
        """
        if not _AE_TITLE.fullmatch(self.ae_title) or not self.ae_title.strip():
            raise UserError("The receiver's AE title has 1 to 16 plain characters.")
        if not 0 <= self.port < 65536:
            raise UserError("The receiver's port lies between 1 and 65535.")
        try:
            is_local = self.is_this_machine
        except ValueError as error:
            raise UserError("The receiver's address is an IP address of this computer, or 0.0.0.0 for all.") from error
        if not self.senders:
            raise UserError("Nobody may send to this receiver yet.", "List the machines under “senders”.")
        if not is_local and not self.tls.is_on and not self.is_plain_accepted:
            hint = "Set up “tls”, or state “is_plain_accepted”: true if the network itself is protected."
            raise UserError("Images would cross the network readable for others.", hint)
        if self.most_associations < 1 or self.idle_s <= 0 or self.quiet_s < 0 or self.most_per_second < 0:
            raise UserError("The receiver's limits are positive numbers.")
        if min(self.limits.free_bytes, self.limits.quota_bytes) < 0 or self.limits.object_bytes <= 0:
            raise UserError("The receiver's limits are positive numbers.")
        return self


def read_config(path: Path) -> ListenerConfig:
    """Read a configuration.

    Raises:
        UserError: it cannot be read, holds an unknown field, or does not fit.
    """
    try:
        record = read_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"The receiver's configuration {path} cannot be read.", str(error)) from error
    except ValueError as error:
        raise UserError(f"{path} is not written in JSON.", str(error)) from error
    return config_from_json(record)


def config_from_json(record: dict[str, Any]) -> ListenerConfig:
    """A configuration from its JSON; see ``ListenerConfig`` for the fields.

    Raises:
        UserError: a field is unknown, of the wrong type, or does not fit.
    """
    try:
        values = _values(ListenerConfig(), dict(record))
        values["senders"] = tuple(_sender(one) for one in values.get("senders", ()))
        values["tls"] = Tls(**_values(Tls(), values.get("tls", {})))
        values["limits"] = Limits(**_values(Limits(), values.get("limits", {})))
    except KeyError as error:
        raise UserError("A sender in the receiver's configuration has no “ae_title”.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UserError("The receiver's configuration cannot be understood.", str(error)) from error
    return ListenerConfig(**values).checked()


def _values(usual: ListenerConfig | Tls | Limits, record: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record, of the types that they usually have.

    Raises:
        UserError: one is unknown, or of another type.
    """
    for name, value in record.items():
        known = [one.name for one in dataclasses.fields(usual)]
        if name not in known:
            hint = f"It knows {', '.join(known)}."
            raise UserError(f"The receiver's configuration has a field “{name}” that Limner does not know.", hint)
        wanted = getattr(usual, name)
        if isinstance(wanted, bool | int | float | str) and not _is_alike(value, wanted):
            kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
            hint = f"It is {kinds[type(wanted)]}."
            raise UserError(f"The receiver's configuration has a wrong value for “{name}”.", hint)
    return record


def _is_alike(value: object, wanted: bool | int | float | str) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return isinstance(value, bool) and isinstance(wanted, bool)
    return isinstance(value, int | float) if isinstance(wanted, float) else isinstance(value, type(wanted))


def _sender(record: dict[str, Any]) -> Sender:
    title = str(record["ae_title"]).strip()
    if not _AE_TITLE.fullmatch(title):
        raise ValueError(f"{title!r} is no AE title")
    networks = tuple(ipaddress.ip_network(one, strict=False) for one in record.get("addresses", ()))
    return Sender(title, networks or LOOPBACK)
