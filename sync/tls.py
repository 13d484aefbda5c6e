"""Encryption as a destination asks for it. Certificates and host names are verified, always."""

from __future__ import annotations

import ssl
from pathlib import Path

from imaging.errors import UserError
from sync.destination import Tls


def client_context(tls: Tls) -> ssl.SSLContext:
    """What a connection that we begin needs: TLS 1.2 or newer, the trusted certificates, and our own if there is one.

    Raises:
        UserError: a certificate file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key)
    except FileNotFoundError as error:
        raise _missing(tls) from error
    except (OSError, ssl.SSLError) as error:
        hint = "They must be PEM files that belong together, the key without a password."
        raise UserError("The certificates of this connection cannot be read.", hint) from error
    return context


def server_context(tls: Tls) -> ssl.SSLContext:
    """What a receiver of ours needs: our certificate, and, with ``ca_file``, callers that show one signed by it.

    Raises:
        UserError: there is no certificate for the receiver, or a file cannot be read.
    """
    if not tls.certificate:
        raise UserError("A receiver with TLS needs a certificate of its own.", "Set certificate and key.")
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(tls.certificate, tls.key)
        if tls.ca_file:
            context.verify_mode = ssl.CERT_REQUIRED
    except FileNotFoundError as error:
        raise _missing(tls) from error
    except (OSError, ssl.SSLError) as error:
        hint = "They must be PEM files that belong together, the key without a password."
        raise UserError("The certificates of the receiver cannot be read.", hint) from error
    return context


def _missing(tls: Tls) -> UserError:
    gone = [file for file in (tls.ca_file, tls.certificate, tls.key) if file and not Path(file).is_file()]
    return UserError(f"There is no certificate file {', '.join(gone)}.", "Choose another one, or put it back.")


def told(error: Exception) -> str:
    """Why a TLS connection failed, in a sentence for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The other side's certificate is not trusted: {error.verify_message.rstrip('.')}."
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "").replace("_", " ").lower()
        if "certificate required" in reason or "handshake failure" in reason or "unknown ca" in reason:
            return f"The other side does not accept our certificate ({reason})."
        return f"The other side does not speak TLS as we do ({reason or 'no reason given'})."
    return str(error)
