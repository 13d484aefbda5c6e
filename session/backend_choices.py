"""Which backend computes a model fastest on this machine, remembered in the workspace from run to run."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.json_text import read_json

NAME = "backends.json"
KEPT = 20  # choices of one model: machines and window sizes that share a workspace

logger = logging.getLogger("limner.backends")


class BackendChoices:
    """The file of the workspace. Losing it costs a measurement, so what is wrong with it is only noted.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, model_id: str) -> list[dict[str, Any]]:
        """Earlier choices for a model, as ``inference.backends.choosing`` stated them, the newest first."""
        choices = self._read().get(model_id)
        return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []

    def remember(self, model_id: str, choice: Mapping[str, Any]) -> None:
        """Keep a choice that was measured; others have no key and are not kept."""
        key = choice.get("key")
        earlier = self.of(model_id)
        if not key or (earlier and earlier[0] == dict(choice)):
            return
        kept = [dict(choice), *(other for other in earlier if other.get("key") != key)][:KEPT]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as file:
                file.write(json.dumps(self._read() | {model_id: kept}, indent=1).encode())
        except (UserError, OSError) as error:
            logger.warning("the choice of a backend cannot be kept: %s", type(error).__name__)

    def _read(self) -> dict[str, Any]:
        try:
            content = read_json(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            logger.warning("earlier choices of backends cannot be read: %s", type(error).__name__)
            return {}
        return content if isinstance(content, dict) else {}
