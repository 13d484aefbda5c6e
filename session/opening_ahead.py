"""A model's worker starts and opens the model while its image is still read."""

from __future__ import annotations

import logging
import threading

from imaging.errors import UserError
from inference.client import InferenceFailed
from session.backend_choices import NAME as CHOICES_NAME
from session.backend_choices import BackendChoices
from session.run_recording import KNOWN_CHOICES
from session.segment_to_file import Wishes
from session.settings import Settings

logger = logging.getLogger("limner.plans")


def begin_opening(wishes: Wishes, settings: Settings) -> None:
    """Begin, and do not wait: whoever asks the client for a plan or a run next waits as long as it still takes.

    What goes wrong is only noted here; the plan and the run come to it again and tell it.

    Args:
        wishes: how the model will be run.
        settings: which workspace remembers how the model was computed fastest.
    """
    choices = BackendChoices(settings.workspace() / CHOICES_NAME).of(wishes.model.id)
    parameters = {**wishes.parameters, KNOWN_CHOICES: choices} if choices else dict(wishes.parameters)

    def work() -> None:
        try:
            wishes.client.open_ahead(wishes.model.id, parameters)
        except (UserError, InferenceFailed) as error:
            logger.info("%s is not open ahead: %s", wishes.model.id, error.message)

    threading.Thread(target=work, name="open ahead", daemon=True).start()
