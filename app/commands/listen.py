"""``limner listen``: a receiver for images, in the foreground until it is ended."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import Any

from app.commands.output import note, print_json
from imaging.errors import UserError
from session.settings import Settings
from sync.listener.config import ListenerConfig, read_config
from sync.listener.service import ListenerService
from sync.tls import server_context

FILE = "listen.json"


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser(
        "listen",
        help="receive images from machines of the hospital",
        description="Receives by DICOM (C-STORE) into the workspace, from the machines that the configuration lists.",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"{FILE} beside the settings where it is left out")
    parser.add_argument("--check", action="store_true", help="only look whether the configuration is right")
    parser.add_argument("--json", action="store_true", help="print what came as one JSON document at the end")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Receive until SIGINT or SIGTERM."""
    settings = Settings()
    path: Path = arguments.config or settings.path.parent / FILE
    if not path.exists():
        hint = '{"ae_title": "LIMNER", "port": 11112, "senders": [{"ae_title": "CT1", "addresses": ["10.1.2.3"]}]}'
        raise UserError(f"There is no configuration at {path}.", f"It says who may send: {hint}")
    config = read_config(path)
    if arguments.check:
        if config.tls.is_on:
            server_context(config.tls)
        note("The configuration is right.")
        return 0
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ListenerService(config, settings.workspace()) as service:
        note(_greeting(config, service))
        told: set[str] = set()
        while not ended.wait(0.5):
            for said in (service.last_error, service.receiver.counts.last_reason):
                if said and said not in told:
                    told.add(said)
                    note(f"warning: {said}")
    counts = service.receiver.counts
    if arguments.json:
        print_json({"new": counts.new, "same": counts.same, "different": counts.different, "refused": counts.refused})
    note(f"{counts.new} objects received, {counts.refused} refused, {counts.strangers} strangers turned away")
    return 0


def _greeting(config: ListenerConfig, service: ListenerService) -> str:
    how = "with TLS" if config.tls.is_on else "without TLS"
    where = "this computer only" if config.is_this_machine else config.address
    titles = ", ".join(sorted({sender.ae_title for sender in config.senders}))
    return f"{config.ae_title} listens at port {service.receiver.port}, {how}, on {where}; may send: {titles}"
