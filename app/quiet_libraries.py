"""The one place where pydicom is told to keep to itself: its warnings quote values, which may name a patient."""

from __future__ import annotations

import logging
import warnings

from app.log_lines import keep_log_clean


def keep_libraries_quiet() -> None:
    """Let nothing of pydicom's reach the terminal or a log; what matters of its warnings is checked by ourselves.

    Of other libraries' and of our own records the terminal gets what happened, without what it quotes.

    pynetdicom is silenced where it is imported (`sync.dimse.association`), and the sandbox's child has no terminal.
    """
    logger = logging.getLogger("pydicom")
    logger.propagate = False  # its level is set anew when it is imported
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
    keep_log_clean()
