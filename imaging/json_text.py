"""JSON that somebody else may have written."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """What a text in JSON says.

    Raises:
        ValueError: it is no JSON, or nested so deeply that following it would exhaust the interpreter.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
