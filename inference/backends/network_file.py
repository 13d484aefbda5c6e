"""A network in OpenVINO's form as one file: a head with a hash, the description (XML), the weights.

The hash is against damage, not against malice: whoever could change the file could change the hash, too.
"""

from __future__ import annotations

import hashlib
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"LimnerIR"
ROOM = 4  # times a network's size must be free: its bytes, the model made of them, and on the way to the window
_HEAD = struct.Struct("<8s32sQ")  # magic, SHA-256 of all that follows the head, bytes of the description
Content = NDArray[np.uint8]


def packed(openvino: Any, model: Any) -> Content:
    """A model as the bytes of such a file.

    Raises:
        OSError: no room in the folder for temporary files.
        MemoryError: too little memory to be generous with.
        RuntimeError: OpenVINO cannot write this model.
    """
    import psutil

    with tempfile.TemporaryDirectory(prefix="network-") as name:
        description, weights = Path(name) / "network.xml", Path(name) / "network.bin"
        openvino.serialize(model, str(description), str(weights))
        length = description.stat().st_size
        size = _HEAD.size + length + weights.stat().st_size
        if psutil.virtual_memory().available < ROOM * size:
            raise MemoryError("no room to keep a network")
        content = np.empty(size, np.uint8)
        place = _HEAD.size
        for path in (description, weights):
            with path.open("rb") as file:
                place += file.readinto(content[place:].data)
    if place != size:
        raise OSError("a network was not written to its end")
    digest = hashlib.sha256(content[_HEAD.size :].data).digest()
    content[: _HEAD.size] = np.frombuffer(_HEAD.pack(MAGIC, digest, length), np.uint8)
    return content


def unpacked(openvino: Any, content: Content) -> Any:
    """The model in the bytes of such a file, with weights of its own.

    Raises:
        ValueError: the bytes are damaged, or something else.
        RuntimeError: OpenVINO does not understand them.
    """
    if len(content) < _HEAD.size:
        raise ValueError("too short for a network")
    magic, digest, length = _HEAD.unpack(content[: _HEAD.size].tobytes())
    body = content[_HEAD.size :]
    if magic != MAGIC or length >= len(body) or hashlib.sha256(body.data).digest() != digest:
        raise ValueError("a damaged network")
    weights = openvino.Tensor(np.ascontiguousarray(body[length:]), shared_memory=False)
    return openvino.Core().read_model(body[:length].tobytes(), weights)


def read(path: Path) -> Content:
    """The bytes of a file, without reading them yet.

    Raises:
        OSError: there is none.
        ValueError: it is empty.
    """
    return np.memmap(path, np.uint8, mode="r")
