"""What all tests with real peers share."""

from __future__ import annotations

from closed_sockets import closed_sockets

__all__ = ["closed_sockets"]
