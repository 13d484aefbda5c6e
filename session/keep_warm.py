"""How long a foreign model's worker stays after a run, as the person set it."""

from __future__ import annotations

from inference.client import InferenceClient
from session.settings import Settings

KEY = "models.keep_warm_min"
SECONDS_PER_MINUTE = 60.0


def follow_keep_warm(settings: Settings, client: InferenceClient) -> None:
    """Give a client the time that is set, now and whenever it is changed."""

    def changed(key: str, value: object) -> None:
        if key == KEY and isinstance(value, int):
            client.keep_warm(value * SECONDS_PER_MINUTE)

    settings.changed.connect(changed)
    client.keep_warm(settings[KEY] * SECONDS_PER_MINUTE)
