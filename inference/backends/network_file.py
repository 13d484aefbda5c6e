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
_HEAD = struct.Struct("<8s32sQ")  # magic, SHA-256 of all that follows the head, bytes of the description
Content = NDArray[np.uint8]


def packed(openvino: Any, model: Any) -> Content:
    """A model as the bytes of such a file.

    Raises:
        OSError: no room in the folder for temporary files.
        RuntimeError: OpenVINO cannot write this model.
    """
    with tempfile.TemporaryDirectory(prefix="network-") as name:
        description, weights = Path(name) / "network.xml", Path(name) / "network.bin"
        openvino.serialize(model, str(description), str(weights))
        parts = description.read_bytes(), weights.read_bytes()
    content = np.empty(_HEAD.size + len(parts[0]) + len(parts[1]), np.uint8)
    content[_HEAD.size :] = np.frombuffer(b"".join(parts), np.uint8)
    digest = hashlib.sha256(content[_HEAD.size :].data).digest()
    content[: _HEAD.size] = np.frombuffer(_HEAD.pack(MAGIC, digest, len(parts[0])), np.uint8)
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
