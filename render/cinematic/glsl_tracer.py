"""The path tracer in OpenGL, inside a context of VTK's: on a graphics card, or on the processor where there is none."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.cinematic.convergence import noise_of
from render.cinematic.gl_context import GraphicsLimits, limits_of, make_ready, open_window, wait_for
from render.cinematic.gl_pass import FloatTarget, FullScreenPass
from render.cinematic.gl_textures import image_texture
from render.cinematic.gl_volumes import large_volume_texture
from render.cinematic.parameters import COUNT, LIGHT_NUMBERS, OFFSETS, glsl_defines
from render.cinematic.prepared import PreparedScene, Preparer
from render.cinematic.row_pacing import RowPacing
from render.cinematic.scene import LinearPicture, TracedScene

_HEAD = "//VTK::System::Dec\n//VTK::Output::Dec\n"  # VTK puts the version and the outputs here
_SUM = _HEAD + (
    "in vec2 texCoord;\n"
    "uniform sampler2D fresh;\n"
    "void main() { gl_FragData[0] = texelFetch(fresh, ivec2(texCoord * vec2(textureSize(fresh, 0))), 0); }\n"
)


class GlslTracer:
    """Implements ``render.cinematic.scene.Tracer``.

    A sample is drawn in bands of rows into a target of its own, and added to the sum of the even or the odd samples
    when it is whole; so one that was stopped leaves no trace. Textures are made anew only for arrays that are others
    than before.

    Args:
        window: a VTK window whose OpenGL context is used, of this thread and to be closed after the tracer; None makes
            one that is never shown.

    Raises:
        GraphicsError: there is no OpenGL that can do it.
    """

    name = "glsl"

    def __init__(self, window: Any | None = None) -> None:
        self._owns_window = window is None
        self._window = open_window() if window is None else window
        make_ready(self._window)
        self.limits: GraphicsLimits = limits_of(self._window)
        self.uploads: Counter[str] = Counter()  # how often each texture was made
        self._tracings: dict[str, FullScreenPass] = {}  # by what they can do
        self._summing = FullScreenPass(self._window, _SUM)
        self._preparer = Preparer()
        self._textures: dict[str, tuple[NDArray[Any], Any]] = {}
        self._targets: tuple[FloatTarget, FloatTarget, FloatTarget] | None = None  # fresh, even, odd
        self._pacing = RowPacing((1, 1))
        self._scene: TracedScene | None = None
        self._parameters = np.zeros(COUNT, np.float32)
        self._samples = 0

    @property
    def device(self) -> str:
        """What OpenGL calls itself."""
        return self.limits.device

    def show(self, scene: TracedScene) -> None:
        """Draw this from now on; nothing happens when it is what is drawn already.

        Raises:
            GraphicsError: the volume or the picture does not fit the graphics card.
        """
        if scene.is_same(self._scene):
            return
        make_ready(self._window)
        self._scene, self._samples = None, 0
        prepared = self._preparer.prepare(scene)
        self._parameters = prepared.parameters
        self._upload(prepared)
        features = features_of(self._parameters)
        if features not in self._tracings:
            self._tracings[features] = FullScreenPass(self._window, shader_text(features))
        self._retarget(scene.size_px)
        self._scene = scene

    def sample(self, count: int, is_wanted: Callable[[], bool] = lambda: True) -> int:
        """Add samples; see ``Tracer``."""
        make_ready(self._window)
        for done in range(count):
            if not self._trace(is_wanted):
                return done
            self._add()
            self._samples += 1
        return count

    def picture(self) -> LinearPicture:
        """The mean of the samples so far."""
        if self._scene is None or self._targets is None or self._samples == 0:
            width, height = self._scene.size_px if self._scene is not None else (0, 0)
            return LinearPicture(np.zeros((height, width, 4), np.float32), 0)
        make_ready(self._window)
        sums = np.stack([target.read() for target in self._targets[1:]])
        mean = (sums[0] + sums[1]) / np.float32(self._samples)
        return LinearPicture(mean, self._samples, noise_of(sums, self._samples))

    def close(self) -> None:
        """Let memory and graphics objects go. Doing it twice is harmless."""
        if self._window is None:
            return
        make_ready(self._window)
        for _, texture in self._textures.values():
            texture.ReleaseGraphicsResources(self._window)
        self._textures.clear()
        for item in (*(self._targets or ()), *self._tracings.values(), self._summing):
            item.release()
        self._tracings.clear()
        self._targets = self._scene = None
        self._preparer = Preparer()
        if self._owns_window:
            self._window.Finalize()
        self._window = None

    def _upload(self, prepared: PreparedScene) -> None:
        window = self._window
        for name in ("values", "occupancy"):
            self._keep(name, getattr(prepared, name), lambda array: large_volume_texture(window, array, is_smooth=True))
        for name in ("classes", "bounds"):
            self._keep(name, getattr(prepared, name), lambda array: large_volume_texture(window, array))
        for name in ("table", "backdrop"):
            self._keep(name, getattr(prepared, name), lambda array: image_texture(window, array))
        for name in ("materials", "gradient"):
            self._keep(name, getattr(prepared, name), lambda array: image_texture(window, array[None]))
        self._keep("sky", prepared.sky, lambda array: image_texture(window, _with_alpha(array)))

    def _keep(self, name: str, array: NDArray[Any], make: Callable[[NDArray[Any]], Any]) -> None:
        """Make a texture unless it is there already; the old one goes first, for both might not fit."""
        kept = self._textures.get(name)
        if kept is not None and kept[0] is array:
            return
        if kept is not None:
            del self._textures[name]
            kept[1].ReleaseGraphicsResources(self._window)
        self._textures[name] = (array, make(array))
        self.uploads[name] += 1

    def _retarget(self, size_px: tuple[int, int]) -> None:
        if self._targets is not None and self._targets[0].size_px == size_px:
            for target in self._targets[1:]:
                target.clear()
            self._pacing.forget()
            return
        for target in self._targets or ():
            target.release()
        self._targets = None
        fresh, even, odd = (FloatTarget(self._window, size_px) for _ in range(3))
        self._targets = (fresh, even, odd)
        self._pacing = RowPacing(size_px)

    def _trace(self, is_wanted: Callable[[], bool]) -> bool:
        """Draw one sample into the fresh target; False when it was stopped."""
        assert self._targets is not None, "show a scene first"
        assert self._scene is not None, "show a scene first"
        fresh, width = self._targets[0], self._scene.size_px[0]
        textures = {name: texture for name, (_, texture) in self._textures.items()}
        tracing = self._tracings[features_of(self._parameters)]
        with fresh.drawing() as state, tracing.bound(textures) as program:
            program.SetUniform1fv("m", COUNT, self._parameters.tolist())
            program.SetUniform1iv("picture", 2, list(self._scene.size_px))
            program.SetUniformi("sampleNumber", self._samples)
            program.SetUniformi("seedBits", _signed(self._scene.seed))
            tracing.warm_up()
            for band in self._pacing.bands():
                if not is_wanted():
                    return False
                began = time.perf_counter()
                tracing.draw(state, band, width)
                wait_for(self._window)
                self._pacing.record(*band, time.perf_counter() - began)
        return True

    def _add(self) -> None:
        assert self._targets is not None
        target = self._targets[1 + self._samples % 2]
        with target.drawing(adds=True) as state, self._summing.bound({"fresh": self._targets[0].texture}):
            self._summing.draw(state)


def features_of(numbers: NDArray[np.float32]) -> str:
    """What the shader must be able to do for a scene with these parameters, as ``#define`` lines."""
    at = OFFSETS
    low, high, size = (numbers[at[name] : at[name] + 3] for name in ("BOX_LOW", "BOX_HIGH", "SIZE"))
    is_cut = bool(numbers[at["PLANE_COUNT"]] > 0 or (low > 0).any() or (high < size).any())
    is_rectangle = numbers[at["LIGHTS"] + LIGHT_NUMBERS["IS_RECTANGLE"]] > 0
    wanted = {
        "WITH_CLASSES": numbers[at["HAS_CLASSES"]] > 0,
        "WITH_GRADIENT": numbers[at["GRADIENT_SCALE"]] > 0,
        "WITH_CUT": is_cut,
        "WITH_UNCUT": is_cut and numbers[at["ALL_CLIPPED"]] == 0,
        "WITH_LIGHTS": numbers[at["LIGHT_COUNT"]] > 1 or is_rectangle,
    }
    return "".join(f"#define {name}\n" for name, is_wanted in wanted.items() if is_wanted)


def shader_text(features: str) -> str:
    """The fragment shader with the names of the parameters in it.

    Args:
        features: see ``features_of``.
    """
    text = (files("render.cinematic") / "path_tracer.glsl").read_text(encoding="utf-8")
    return _HEAD + glsl_defines() + features + text


def _signed(number: int) -> int:
    """The 32-bit integer with a number's lowest 32 bits: OpenGL through VTK takes signed ones only."""
    return (number & 0xFFFFFFFF) - ((number & 0x80000000) << 1)


def _with_alpha(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([rgb, np.ones((*rgb.shape[:2], 1), np.float32)], axis=2)
