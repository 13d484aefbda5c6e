"""Open Image Denoise through pyoidn, the optional extra ``cinematic``. Nothing else knows that package."""

from __future__ import annotations

import sys
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from render.cinematic.workers import worker_count

Picture = NDArray[np.float32]
Quality = Literal["fast", "high"]

KINDS = {1: "CPU", 2: "Intel GPU", 3: "NVIDIA GPU", 4: "AMD GPU", 5: "Apple GPU"}  # OIDNDeviceType
_importing = Lock()


class OidnError(Exception):
    """Open Image Denoise is absent or failed; the message says how."""


class Oidn:
    """One device and its filters; for one thread at a time. Its calls let the interpreter go.

    Args:
        cpu_only: not the graphics card that Open Image Denoise would choose.

    Raises:
        OidnError: the package or a library is missing, or the device does not work.
    """

    def __init__(self, cpu_only: bool = False) -> None:
        self._package = _package()
        self._filters: dict[Quality, Any] = {}
        self._buffers: tuple[Any, Any] | None = None
        self._shape: tuple[int, ...] = ()
        try:
            kind = self._package.OIDN_DEVICE_TYPE_CPU if cpu_only else self._package.OIDN_DEVICE_TYPE_DEFAULT
            self._device = self._package.Device(kind)
            self.is_cpu = self._device.get_int("type") == self._package.OIDN_DEVICE_TYPE_CPU
            if self.is_cpu:
                self._device.set_int("numThreads", worker_count())
                self._device.set_bool("setAffinity", False)  # the tracer and the window work on the same cores
            self._device.commit()
        except (OSError, AttributeError) as error:  # the library, or a function in it, is not there
            raise OidnError(f"the library could not be loaded: {error}") from error
        self._check()
        self._shares_memory = self._device.get_bool("systemMemorySupported")
        number = self._device.get_int("version")
        kind_name = KINDS.get(self._device.get_int("type"), "unknown device")
        self.name = f"Open Image Denoise {number // 10000}.{number // 100 % 100}.{number % 100} ({kind_name})"

    def run(self, rgb: Picture, quality: Quality) -> Picture:
        """Remove noise.

        Args:
            rgb: (height, width, 3) linear light of any range, finite, not negative.
            quality: ``fast`` costs half the time of ``high``.

        Raises:
            OidnError: the device failed (out of memory, driver lost).
        """
        source = np.ascontiguousarray(rgb, np.float32)
        result = np.empty_like(source)
        chosen = self._filter(quality)
        if self._shares_memory:
            self._connect(chosen, source, result, source.shape)
            chosen.execute()
        else:
            inside, outside = self._device_memory(source)
            inside.write(0, source.nbytes, source)
            self._connect(chosen, inside, outside, source.shape)
            chosen.execute()
            outside.read(0, result.nbytes, result)
        self._check()
        return result

    def close(self) -> None:
        """Let the device's memory go."""
        for each in (*self._filters.values(), *(self._buffers or ()), self._device):
            each.release()
        self._filters, self._buffers, self._shape = {}, None, ()

    def _filter(self, quality: Quality) -> Any:
        """Kept: its weights are prepared once, as long as the size of the picture stays."""
        if quality not in self._filters:
            made = self._package.Filter(self._device, self._package.OIDN_FILTER_TYPE_RT)
            self._check()
            made.set_bool("hdr", True)
            steps = {"fast": self._package.OIDN_QUALITY_FAST, "high": self._package.OIDN_QUALITY_HIGH}
            made.set_quality(steps[quality])
            self._filters[quality] = made
        return self._filters[quality]

    def _connect(self, chosen: Any, source: Any, result: Any, shape: tuple[int, ...]) -> None:
        height, width = shape[:2]
        form = self._package.OIDN_FORMAT_FLOAT3
        chosen.set_image(self._package.OIDN_IMAGE_COLOR, source, form, width, height)
        chosen.set_image(self._package.OIDN_IMAGE_OUTPUT, result, form, width, height)
        chosen.commit()
        self._check()

    def _device_memory(self, source: Picture) -> tuple[Any, Any]:
        if self._buffers is None or self._shape != source.shape:
            for each in self._buffers or ():
                each.release()
            make = self._package.Buffer
            self._buffers = (make(self._device, source.nbytes), make(self._device, source.nbytes))
            self._shape = source.shape
            self._check()
        return self._buffers

    def _check(self) -> None:
        message = self._device.get_error()
        if message is not None:
            raise OidnError(message)


def _package() -> Any:
    """pyoidn, without the torch that it would import if it could: the window's process never loads torch."""
    with _importing:
        hides = "torch" not in sys.modules
        if hides:
            sys.modules["torch"] = None  # type: ignore[assignment]
        try:
            import pyoidn
        except ImportError as error:
            raise OidnError(f"pyoidn is not installed ({error.name or error})") from error
        except OSError as error:
            raise OidnError(f"pyoidn could not be loaded: {error}") from error
        finally:
            if hides:
                del sys.modules["torch"]
    return pyoidn
