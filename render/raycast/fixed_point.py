"""VTK's ray casting mapper for the processor, without a fault of VTK 9.7.1 (see docs/decisions/0016)."""

from __future__ import annotations

import threading
from typing import Any

_making = threading.Lock()


def fixed_point_mapper() -> Any:
    """A vtkFixedPointVolumeRayCastMapper that mixes with geometry and casts exactly the rays that it is told to.

    What the mapper leaps over is found by a filter of its own that cannot be reached from outside. With more than one
    thread the filter takes blocks full of matter for empty ones. It has as many threads as VTK's default said when the
    mapper was made, so the default is one thread at that moment. The rays themselves get all threads back.
    """
    from vtkmodules.vtkCommonCore import vtkMultiThreader
    from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

    with _making:
        threads = vtkMultiThreader.GetGlobalDefaultNumberOfThreads()
        vtkMultiThreader.SetGlobalDefaultNumberOfThreads(1)
        try:
            mapper = vtkFixedPointVolumeRayCastMapper()
        finally:
            vtkMultiThreader.SetGlobalDefaultNumberOfThreads(threads)
    mapper.SetNumberOfThreads(threads)
    mapper.AutoAdjustSampleDistancesOff()
    mapper.LockSampleDistanceToInputSpacingOff()
    mapper.IntermixIntersectingGeometryOn()
    return mapper
