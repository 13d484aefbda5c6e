"""The process that runs models, so that nothing a model does can hurt the window or the case.

``process`` is the window's end, ``serving`` the worker's; ``channel`` and ``shared_block`` are what lies between them.
A foreign model's worker first confines itself (``confine``).
"""

from __future__ import annotations

FROZEN_FLAG = "--inference-worker"
KEEPER = "keeper"  # instead of a handle: be what runs a program that is installed on its own


def serve_if_asked(arguments: list[str]) -> bool:
    """Be the worker when a frozen program was started as one; its main function asks first of all.

    Args:
        arguments: ``sys.argv``.

    Returns:
        True when this was a worker, whose work is over now.
    """
    if len(arguments) < 3 or arguments[1] != FROZEN_FLAG:
        return False
    be_worker(arguments[2:])
    return True


def be_worker(arguments: list[str]) -> None:
    """Answer requests until the window is gone.

    Args:
        arguments: the inherited socket or pipe, and for a foreign model the bounds (``confine.Bounds``).
    """
    if arguments[0] == KEEPER:
        from inference.external.keeper import keep

        keep()
    from inference.worker.footprint import be_modest

    be_modest()
    confinement = None
    if len(arguments) > 1:
        from inference.worker.confine import Bounds, confine

        confinement = confine(Bounds.from_json(arguments[1]))
    from inference.worker.serving import serve  # after that: it loads numpy, which starts threads

    serve(int(arguments[0]), confinement)
