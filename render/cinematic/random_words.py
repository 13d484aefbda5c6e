"""Random numbers, and the logarithm of one, for the path tracer: the same on every machine.

The generator is PCG-style (O'Neill 2014; hash after Jarzynski and Olano 2020), one state of 32 bits for each path.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, operator"

from __future__ import annotations

import numpy as np

from render.compiled import inlined

f32 = np.float32
ONE, HALF = f32(1.0), f32(0.5)
_ROOT_OF_HALF = np.int32(0x3F3504F3)  # the bits of a float32
_MANTISSA = np.int32(0x7FFFFF)


@inlined
def scrambled(x):
    """The PCG output function of one 32-bit step."""
    x = np.uint32(x * np.uint32(747796405) + np.uint32(2891336453))
    x = np.uint32(
        np.uint32(np.uint32(x >> np.uint32(np.uint32(x >> np.uint32(28)) + np.uint32(4))) ^ x) * np.uint32(277803737)
    )
    return np.uint32(np.uint32(x >> np.uint32(22)) ^ x)


@inlined
def advanced(state):
    """The next state: a linear congruential step."""
    return np.uint32(state * np.uint32(747796405) + np.uint32(2891336453))


@inlined
def word_of(state):
    """32 random bits of a state."""
    x = np.uint32(
        np.uint32(np.uint32(state >> np.uint32(np.uint32(state >> np.uint32(28)) + np.uint32(4))) ^ state)
        * np.uint32(277803737)
    )
    return np.uint32(np.uint32(x >> np.uint32(22)) ^ x)


@inlined
def uniform_of(state):
    """A number in [0, 1) of a state."""
    return f32(np.uint32(word_of(state) >> np.uint32(8))) * f32(1.0 / 16777216.0)


@inlined
def minus_log(x):
    """-log(x) for float32 x from 2**-24 to 1, to the last bit or two (polynomial after Moshier's Cephes, logf).

    A call of the C library's would cost the registers of all that is going on around it.
    """
    bits = np.int32(np.float32(x).view(np.int32) - _ROOT_OF_HALF)
    twos = np.int32(bits >> np.int32(23))
    f = np.int32(np.int32(bits & _MANTISSA) + _ROOT_OF_HALF).view(np.float32) - ONE
    y = f32(7.0376836292e-2)
    y = y * f - f32(1.1514610310e-1)
    y = y * f + f32(1.1676998740e-1)
    y = y * f - f32(1.2420140846e-1)
    y = y * f + f32(1.4249322787e-1)
    y = y * f - f32(1.6668057665e-1)
    y = y * f + f32(2.0000714765e-1)
    y = y * f - f32(2.4999993993e-1)
    y = y * f + f32(3.3333331174e-1)
    square = f * f
    return HALF * square - y * f * square - f - f32(twos) * f32(0.6931471805599453)
