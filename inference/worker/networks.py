"""Converted networks on their way from the worker to where they are kept: the worker itself may write nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from inference.packages.kept_networks import MOST_OF_ONE, NAME, SUFFIX, KeptNetworks
from inference.worker.channel import Channel, Message
from inference.worker.process import WorkerGone
from inference.worker.shared_block import SharedBlock

if TYPE_CHECKING:
    Content = NDArray[np.uint8]

KIND = "network"
MOST_IN_A_RUN = 16  # folds of a cross-validation


class NetworkSender:
    """The worker's end: finds this model's kept networks, and sends new ones.

    Args:
        folder: of this model's networks; readable for this worker.
        channel: to the window.
        job: the run's number.
    """

    def __init__(self, folder: Path, channel: Channel, job: int) -> None:
        self._folder = folder
        self._channel = channel
        self._job = job
        self._held: list[SharedBlock] = []

    def path(self, name: str) -> Path:
        """Where the network of this name would be."""
        return self._folder / f"{name}{SUFFIX}"

    def offer(self, name: str, content: Content) -> None:
        """Ask for a network to be kept; one that is too large is not.

        Raises:
            MemoryError: there is no room for it.
            OSError: the window is gone.
        """
        if content.nbytes > MOST_OF_ONE:
            return
        block = SharedBlock.holding(content)
        self._held.append(block)
        self._channel.send({"kind": KIND, "job": self._job, "name": name, "bytes": content.nbytes}, [block])
        if sys.platform != "win32":  # there, memory goes with its last handle, which may be this one still
            self.close()

    def close(self) -> None:
        """Let go of their memory."""
        while self._held:
            self._held.pop().close()


class NetworkReceiver:
    """The window's end, which looks into nothing that comes, and takes no more than a model can need.

    Args:
        kept: where networks are kept.
        folder: of the model that runs.
        look: called while a network is written; what it raises stops that.
    """

    def __init__(self, kept: KeptNetworks, folder: Path, look: Callable[[], None]) -> None:
        self._kept = kept
        self._folder = folder
        self._look = look
        self._count = 0
        self._bytes = 0

    def take(self, message: Message, shared: Sequence[SharedBlock]) -> None:
        """Keep a network.

        Args:
            message: see ``NetworkSender``.
            shared: its bytes; the caller closes them.

        Raises:
            WorkerGone: it does not make sense, or it is too much.
        """
        name: Any = message.get("name")
        sizes = [block.size for block in shared]
        if not isinstance(name, str) or not NAME.fullmatch(name) or sizes != [message.get("bytes")]:
            raise WorkerGone("what it wants to be kept does not make sense")
        self._count += 1
        self._bytes += sizes[0]
        if self._count > MOST_IN_A_RUN or self._bytes > MOST_OF_ONE:
            raise WorkerGone("it wants too much to be kept")
        block = shared[0]

        def write(file: BinaryIO) -> None:
            for piece in block.pieces():
                self._look()
                file.write(piece)

        try:
            self._kept.keep(self._folder, name, block.size, write)
        except ValueError as error:
            raise WorkerGone("what it wants to be kept is not there") from error
