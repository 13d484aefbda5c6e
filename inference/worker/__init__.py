"""The process that runs models, so that nothing a model does can hurt the window or the case.

``process`` is the window's end, ``serving`` the worker's; ``channel`` and ``shared_block`` are what lies between them.
"""

from __future__ import annotations

FROZEN_FLAG = "--inference-worker"


def serve_if_asked(arguments: list[str]) -> bool:
    """Be the worker when a frozen program was started as one; its main function asks first of all.

    Args:
        arguments: ``sys.argv``.

    Returns:
        True when this was a worker, whose work is over now.
    """
    if len(arguments) < 3 or arguments[1] != FROZEN_FLAG:
        return False
    from inference.worker.serving import serve

    serve(int(arguments[2]))
    return True
