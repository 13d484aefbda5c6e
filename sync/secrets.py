"""Passwords and tokens: in the key store of the operating system, never in a file of ours.

A service without anybody logged in (``limner listen`` on a server) has no key store; there an environment variable
holds the secret, as its service description sets it: ``LIMNER_SECRET_`` and the destination's name in capitals, with
``_`` for everything that is no letter or digit.
"""

from __future__ import annotations

import os
import re

from imaging.errors import UserError
from sync.destination import Destination, Login

SERVICE = "Limner"
_PREFIX = "LIMNER_SECRET_"


def variable_name(destination: str) -> str:
    """The environment variable that may hold a destination's secret."""
    return _PREFIX + re.sub(r"[^A-Z0-9]", "_", destination.upper())


def of_proxy(destination: str) -> str:
    """Under which name the password of a destination's proxy is kept; no destination can have this name."""
    return f"{destination}/proxy"


def secret_names(destination: Destination) -> list[str]:
    """Under which names secrets of a destination are kept: its own, its proxy's."""
    own = [destination.name] if destination.login is not Login.NONE else []
    return [*own, *([of_proxy(destination.name)] if destination.proxy_user else [])]


def read_secret(destination: str) -> str:
    """The secret of a destination, or of its proxy (``of_proxy``).

    Raises:
        UserError: there is none, or the key store cannot be asked.
    """
    given = os.environ.get(variable_name(destination))
    if given:
        return given
    import keyring
    from keyring.errors import KeyringError

    try:
        found = keyring.get_password(SERVICE, destination)
    except KeyringError as error:
        raise _no_store(destination) from error
    if not found:
        raise UserError(f"No password or token is kept for “{destination}”.", "Enter it in the destination's settings.")
    return found


def keep_secret(destination: str, secret: str) -> None:
    """Keep a secret in the system's key store; an empty one removes it.

    Raises:
        UserError: the system has no key store, or it is locked.
    """
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        if secret:
            keyring.set_password(SERVICE, destination, secret)
            return
        try:
            keyring.delete_password(SERVICE, destination)
        except PasswordDeleteError:
            return  # there was none
    except KeyringError as error:
        raise _no_store(destination) from error


def _no_store(destination: str) -> UserError:
    hint = f"Unlock it, or set the environment variable {variable_name(destination)} for this program."
    return UserError("The system's key store cannot be used.", hint)
