"""The filter over system calls, run by a small interpreter of the kernel's machine, for both processors."""

from __future__ import annotations

import errno
import struct

import pytest

from inference.worker import system_calls
from inference.worker.system_calls import ALLOW, KILL, filter_program

PID = 4321
COLUMN = {"x86_64": 0, "aarch64": 1}
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ORDINARY = {"read": (0, 63), "mmap": (9, 222), "futex": (202, 98), "openat": (257, 56), "recvmsg": (47, 212)}


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the kernel would answer: errno, 0 for a call that is let through, -1 for the end of the process."""
    values = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("<iIQ6Q", number, architecture or ARCHITECTURE[machine], 0, *values)
    at, register = 0, 0
    steps = filter_program(machine, PID)
    while True:
        step = steps[at]
        at += 1
        if step.code == 0x20:
            (register,) = struct.unpack_from("<I", data, step.constant)
        elif step.code == 0x54:
            register &= step.constant
        elif step.code == 0x06:
            if step.constant in (ALLOW, KILL):
                return 0 if step.constant == ALLOW else -1
            return step.constant & 0xFFFF
        else:
            holds = {
                0x15: register == step.constant,
                0x35: register >= step.constant,
                0x45: bool(register & step.constant),
            }[step.code]
            at += step.if_true if holds else step.if_false


@pytest.fixture(params=COLUMN)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def number(machine: str, name: str) -> int:
    return system_calls._JUDGED[name][COLUMN[machine]]


def test_ordinary_calls_are_let_through(machine: str) -> None:
    assert {name: verdict(machine, n[COLUMN[machine]]) for name, n in ORDINARY.items()} == dict.fromkeys(ORDINARY, 0)


@pytest.mark.parametrize(
    ("table", "reason"), [("_NO_ACCESS", errno.EACCES), ("_NOT_ALLOWED", errno.EPERM), ("_NOT_THERE", errno.ENOSYS)]
)
def test_whole_calls_are_refused(machine: str, table: str, reason: int) -> None:
    for numbers in getattr(system_calls, table).values():
        if numbers[COLUMN[machine]] is not None:
            assert verdict(machine, numbers[COLUMN[machine]]) == reason


@pytest.mark.parametrize(
    ("name", "arguments", "wanted"),
    [
        ("clone", (0x3D0F00,), 0),  # what pthread_create asks for
        ("clone", (0x1200011,), errno.EPERM),  # fork
        ("clone", (0x4111,), errno.EPERM),  # vfork
        ("kill", (PID, 15), 0),
        ("kill", (1, 9), errno.EPERM),
        ("kill", (0, 9), errno.EPERM),
        ("kill", (2**64 - 1, 9), errno.EPERM),
        ("tgkill", (PID, PID + 3, 6), 0),
        ("tgkill", (1, 1, 9), errno.EPERM),
        ("prlimit64", (0, 7), 0),
        ("prlimit64", (PID, 7), 0),
        ("prlimit64", (1, 7), errno.EPERM),
        ("socketpair", (1, 1), 0),
        ("socketpair", (1, 0x80001), 0),  # not inherited
        ("socketpair", (1, 2), errno.EACCES),
        ("socketpair", (1, 0x80002), errno.EACCES),
        ("socketpair", (2, 1), errno.EACCES),
        ("prctl", (15, 0), 0),  # a thread's name
        ("prctl", (1, 0), errno.EPERM),
        ("fcntl", (3, 4, 0x800), 0),
        ("fcntl", (3, 8, 1), errno.EPERM),
        ("fcntl", (3, 15, 1), errno.EPERM),
        ("ioctl", (3, 0xC020462A), 0),  # a GPU's
        ("ioctl", (3, 0x8901), errno.EPERM),
    ],
)
def test_uses_of_a_call_are_told_apart(machine: str, name: str, arguments: tuple[int, ...], wanted: int) -> None:
    assert verdict(machine, number(machine, name), *arguments) == wanted


def test_other_interfaces_of_the_kernel_are_closed() -> None:
    assert verdict("x86_64", 102, architecture=0x40000003) == -1  # 32-bit calls
    assert verdict("x86_64", 0x40000000 + 41) == errno.ENOSYS  # x32
