"""Arrays arrive in the shader and come back as they were, and VTK finds its window as it left it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from render.cinematic import gl_functions, gl_volumes
from render.cinematic.gl_context import GraphicsError, limits_of, make_ready, open_window
from render.cinematic.gl_pass import FloatTarget, FullScreenPass
from render.cinematic.gl_textures import image_texture, volume_texture
from render.cinematic.gl_volumes import large_volume_texture
from render.cinematic.row_pacing import RowPacing
from render.surfaces import Surface
from render.volume_renderer import VolumeRenderer
from render.volume_scene import ShownSurface, VolumeSceneState
from session.presentation import VolumeCamera

pytestmark = pytest.mark.usefixtures("quiet_vtk")

HEAD = """//VTK::System::Dec
//VTK::Output::Dec
in vec2 texCoord;
uniform int size[2];
uniform sampler3D volume;
uniform sampler2D image;
"""
# pixel n of the target, counted from the lower left, is voxel n of the volume
VOXELS = (
    HEAD
    + """
void main() {
  ivec2 at = ivec2(texCoord * vec2(size[0], size[1]));
  int n = at.y * size[0] + at.x;
  ivec3 edge = textureSize(volume, 0);
  ivec3 voxel = ivec3(n % edge.x, (n / edge.x) % edge.y, n / (edge.x * edge.y));
  gl_FragData[0] = vec4(texelFetch(volume, voxel, 0).r, 0.0, 0.0, 1.0);
}
"""
)
PIXELS = HEAD + "void main() { gl_FragData[0] = texelFetch(image, ivec2(texCoord * vec2(size[0], size[1])), 0); }"
BETWEEN = HEAD + "void main() { gl_FragData[0] = texture(volume, vec3(texCoord, 0.5)); }"
AROUND = HEAD + "void main() { gl_FragData[0] = texture(image, vec2(3.0 * texCoord.x - 1.0, texCoord.y)); }"
ONES = HEAD + "void main() { gl_FragData[0] = vec4(1.0, texCoord, 1.0); }"


def drawn(window: Any, fragment: str, size: tuple[int, int], **textures: Any) -> NDArray[np.float32]:
    """(height, width, 4) what a shader gives, first row at the BOTTOM as OpenGL counts."""
    target, shader = FloatTarget(window, size), FullScreenPass(window, fragment)
    with target.drawing() as state, shader.bound(textures) as program:
        program.SetUniform1iv("size", 2, list(size))
        shader.draw(state)
    picture = target.read()[::-1]
    shader.release()
    target.release()
    for texture in textures.values():
        texture.ReleaseGraphicsResources(window)
    return picture


@pytest.mark.parametrize("shape", [(5, 7, 11), (3, 1, 2), (1, 1, 1), (4, 9, 33)])
@pytest.mark.parametrize(("dtype", "full"), [(np.uint16, 65535), (np.uint8, 255), (np.float32, 1)])
@pytest.mark.parametrize("is_smooth", [False, True])
def test_voxels_of_odd_sized_volumes_arrive_exactly(
    gl_window: Any, shape: tuple[int, int, int], dtype: Any, full: int, is_smooth: bool
) -> None:
    values = np.random.default_rng(1).integers(0, 256, shape).astype(dtype)
    if full == 65535:
        values *= 257
        values.reshape(-1)[0] = 1
    picture = drawn(
        gl_window, VOXELS, (shape[2] * shape[1], shape[0]), volume=volume_texture(gl_window, values, is_smooth)
    )
    found = picture[..., 0].reshape(shape).astype(np.float64) * full
    assert np.abs(found - values).max() < 0.01


@pytest.mark.parametrize("shape", [(5, 7, 11), (9, 3, 2), (4, 9, 33)])
@pytest.mark.parametrize(("dtype", "full"), [(np.uint16, 65535), (np.uint8, 255), (np.float32, 1)])
@pytest.mark.parametrize("is_found", [True, False])
def test_voxels_of_large_volumes_arrive_exactly(
    gl_window: Any,
    monkeypatch: pytest.MonkeyPatch,
    shape: tuple[int, int, int],
    dtype: Any,
    full: int,
    is_found: bool,
) -> None:
    monkeypatch.setattr(gl_volumes, "LARGE_BYTES", 0)
    if not is_found:
        monkeypatch.setattr(gl_functions, "LIBRARIES", {gl_window.GetClassName(): ("no such library", "nothing")})
    values = np.random.default_rng(7).integers(0, full + 1, shape).astype(dtype)
    texture = large_volume_texture(gl_window, values, is_smooth=True)
    picture = drawn(gl_window, VOXELS, (shape[2] * shape[1], shape[0]), volume=texture)
    found = picture[..., 0].reshape(shape).astype(np.float64) * full
    assert np.abs(found - values).max() < 0.01


def test_opengl_itself_is_found_so_that_large_volumes_hold_nobody_up(gl_window: Any) -> None:
    if gl_window.GetClassName() not in gl_functions.LIBRARIES:
        pytest.skip(f"VTK's call has to do for {gl_window.GetClassName()}")
    for name in ("glTexImage3D", "glDrawArrays", "glGetError"):
        assert gl_functions.opengl_function(gl_window, name) is not None
    error = gl_functions.opengl_function(gl_window, "glGetError", result=ctypes.c_uint)
    assert error is not None
    assert error() == 0


def test_a_volume_that_opengl_refuses_is_an_error(gl_window: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl_volumes, "LARGE_BYTES", 0)
    monkeypatch.setitem(gl_volumes._FORMATS, np.dtype(np.uint8), (0x822A, 0xBAD))
    with pytest.raises(GraphicsError, match="0x500"):  # GL_INVALID_ENUM
        large_volume_texture(gl_window, np.zeros((2, 2, 2), np.uint8))


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 4), (1, 3), (2, 1, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_tables_of_odd_sizes_arrive_exactly(gl_window: Any, shape: tuple[int, ...], dtype: Any) -> None:
    values = np.random.default_rng(2).integers(0, 256, shape).astype(dtype)
    picture = drawn(gl_window, PIXELS, (shape[1], shape[0]), image=image_texture(gl_window, values))
    channels = 4 if len(shape) == 3 else 1
    found = picture[..., :channels].reshape(shape) * (255.0 if dtype is np.uint8 else 1.0)
    assert np.abs(found - values).max() < 1e-3


def test_a_strided_array_arrives_too(gl_window: Any) -> None:
    values = np.random.default_rng(3).random((9, 9)).astype(np.float32)[::2, ::3]
    picture = drawn(gl_window, PIXELS, (3, 5), image=image_texture(gl_window, values))
    assert np.array_equal(picture[..., 0], values)


def test_smooth_volumes_are_interpolated_between_centres_and_clamped_outside(gl_window: Any) -> None:
    values = np.tile(np.array([0, 65535], np.uint16), (2, 2, 1))
    across = drawn(gl_window, BETWEEN, (8, 2), volume=volume_texture(gl_window, values, is_smooth=True))[0, :, 0]
    expected = np.clip(2 * (np.arange(8) + 0.5) / 8 - 0.5, 0, 1)
    assert across == pytest.approx(expected, abs=1 / 256)


def test_an_environment_wraps_around(gl_window: Any) -> None:
    values = np.random.default_rng(4).random((2, 4, 4)).astype(np.float32)
    texture = image_texture(gl_window, values, is_smooth=True, wraps_x=True)
    picture = drawn(gl_window, AROUND, (12, 2), image=texture)
    assert picture == pytest.approx(np.tile(values, (1, 3, 1)), abs=2e-3)


def test_passes_add_up_in_float(gl_window: Any) -> None:
    target, shader = FloatTarget(gl_window, (5, 3)), FullScreenPass(gl_window, ONES)
    for _ in range(300):
        with target.drawing(adds=True) as state, shader.bound({}):
            shader.draw(state)
    picture = target.read()
    assert (picture[..., 0] == 300).all()
    assert picture[0, 0, 2] > picture[2, 0, 2]  # the first row is the upper one
    target.clear()
    assert (target.read() == 0).all()
    shader.release()
    target.release()


def test_bands_cover_what_was_asked_and_nothing_else(gl_window: Any) -> None:
    target, shader = FloatTarget(gl_window, (6, 9)), FullScreenPass(gl_window, ONES)
    with target.drawing() as state, shader.bound({}):
        shader.draw(state, (2, 3), 6)
        shader.draw(state, (7, 1), 6)
    drawn_rows = target.read()[::-1, 0, 0]
    assert drawn_rows.tolist() == [0, 0, 1, 1, 1, 0, 0, 1, 0]
    shader.release()
    target.release()


def test_a_broken_shader_says_what_is_wrong(gl_window: Any, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(GraphicsError, match="nonsense"):
        FullScreenPass(gl_window, HEAD + "void main() { nonsense; gl_FragData[0] = vec4(texCoord, 0.0, 1.0); }")
    caplog.clear()  # VTK's own words are in the log, as they should be
    assert drawn(gl_window, ONES, (2, 2))[0, 0, 0] == 1  # and drawing goes on


def test_what_is_too_large_is_refused_before_it_is_tried(gl_window: Any) -> None:
    limits = limits_of(gl_window)
    assert limits.device
    assert limits.volume_edge >= 256  # what OpenGL promises
    with pytest.raises(GraphicsError, match="too large"):
        volume_texture(gl_window, np.zeros((1, 1, limits.volume_edge + 1), np.uint8))
    with pytest.raises(GraphicsError, match="too large"):
        image_texture(gl_window, np.zeros((1, limits.image_edge + 1), np.float32))


def tetrahedron() -> VolumeSceneState:
    """A surface before a camera."""
    points = np.array([[0, 0, 0], [40, 0, 0], [0, 40, 0], [0, 0, 40]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    normals = np.asarray((points - 10) / np.linalg.norm(points - 10, axis=1)[:, None], np.float32)
    surface = Surface(points, faces, normals)
    camera = VolumeCamera((90.0, -80.0, 60.0), (10.0, 10.0, 10.0), (0.0, 0.0, 1.0))
    return VolumeSceneState(camera, (ShownSurface(1, surface, (220, 40, 40)),))


@pytest.fixture
def renderer(gl_window: Any) -> Iterator[VolumeRenderer]:
    """A renderer of surfaces; the window is asked for only to skip."""
    renderer = VolumeRenderer()
    yield renderer
    renderer.close()


@pytest.mark.parametrize("shares_window", [True, False])
def test_surfaces_look_the_same_before_and_after(gl_window: Any, renderer: VolumeRenderer, shares_window: bool) -> None:
    scene, size = tetrahedron(), (97, 61)
    before = renderer.render(scene, size)
    window = renderer._window if shares_window else gl_window
    make_ready(window)
    values = np.random.default_rng(5).integers(0, 65535, (5, 6, 7)).astype(np.uint16)
    with ExitStack() as stack:
        target, shader = FloatTarget(window, (42, 5)), FullScreenPass(window, VOXELS)
        texture = volume_texture(window, values)
        stack.callback(shader.release)
        stack.callback(target.release)
        stack.callback(texture.ReleaseGraphicsResources, window)
        for _ in range(3):
            make_ready(window)
            with target.drawing(adds=True) as state, shader.bound({"volume": texture}) as program:
                program.SetUniform1iv("size", 2, [42, 5])
                shader.draw(state, (1, 3), 42)
            target.read()
            after = renderer.render(scene, size)
            assert np.array_equal(before.rgb, after.rgb)
            assert np.array_equal(before.depth_mm, after.depth_mm)
        make_ready(window)
    assert np.array_equal(before.rgb, renderer.render(scene, size).rgb)


def test_the_state_of_opengl_is_as_before(gl_window: Any) -> None:
    state = gl_window.GetState()
    switches = (0x0B71, 0x0BE2, 0x0C11, 0x0B44, 0x0B90)  # depth test, blending, scissor test, culling, stencil test
    numbers = (0x0BA2, 0x0C10, 0x8CA6, 0x8CAA)  # viewport, scissor box, framebuffers to draw into and to read
    for switch in switches:
        state.vtkglEnable(switch)
    state.vtkglViewport(1, 2, 3, 4)
    state.vtkglScissor(2, 3, 4, 5)
    state.vtkglBlendFunc(0x0302, 0x0303)

    def now() -> list[Any]:
        functions = [0, 0, 0, 0]
        state.GetBlendFuncState(functions)
        found: list[Any] = [state.GetEnumState(switch) for switch in switches]
        for number in numbers:
            values = [0, 0, 0, 0]
            state.vtkglGetIntegerv(number, values)
            found.append(values)
        return [*found, functions]

    before = now()
    target, shader = FloatTarget(gl_window, (5, 3)), FullScreenPass(gl_window, ONES)
    with target.drawing(adds=True) as drawing, shader.bound({}):
        shader.draw(drawing, (1, 1), 5)
        assert now() != before
    target.read()
    assert now() == before
    for switch in switches:
        state.vtkglDisable(switch)
    shader.release()
    target.release()


@pytest.mark.slow
def test_opening_and_closing_windows_leaks_nothing(gl_window: Any) -> None:
    process = psutil.Process()
    values = np.zeros((32, 128, 128), np.uint16)  # 1 MB

    def cycle() -> None:
        window = open_window()
        drawn(window, VOXELS, (256, 256), volume=volume_texture(window, values))
        window.Finalize()

    for _ in range(20):
        cycle()
    before = process.memory_info().rss
    for _ in range(180):
        cycle()
    assert process.memory_info().rss - before < 30 * 2**20  # of at least 360 MB that a leak of textures would be


def test_bands_begin_in_the_middle_and_cover_every_row_once() -> None:
    pacing = RowPacing((512, 301), 0.05)
    rows: list[int] = []
    for first, count in pacing.bands():
        assert count >= 1
        assert first % 4 == 0  # thinner bands would draw blocks of pixels twice
        rows += range(first, first + count)
        pacing.record(first, count, 0.002 * count)
    assert sorted(rows) == list(range(301))
    assert 120 <= rows[0] <= 150


def test_bands_shrink_where_rows_are_dear() -> None:
    pacing = RowPacing((512, 300), 0.05)
    cost = np.where(np.abs(np.arange(300) - 150) < 60, 0.01, 0.0001)

    def taken_by_a_pass(cost: NDArray[np.float64]) -> list[float]:
        taken = []
        for first, count in pacing.bands():
            taken.append(float(cost[first : first + count].sum()))
            pacing.record(first, count, taken[-1])
        return taken

    taken_by_a_pass(cost)
    second = taken_by_a_pass(cost)
    assert max(second) < 0.1
    assert len(second) < 60
    pacing.forget()
    assert max(taken_by_a_pass(cost)) < 0.1  # another view
    pacing.forget()
    assert sum(seconds > 0.1 for seconds in taken_by_a_pass(2 * cost)) <= 1  # a dearer one


def test_a_free_picture_is_one_band() -> None:
    pacing = RowPacing((4096, 64), 0.05)
    for first, count in pacing.bands():
        pacing.record(first, count, 0.0)
    assert len(list(pacing.bands())) <= 2
