"""A filter over system calls (seccomp): no sockets, no other programs, no signals to others, on x86-64 and ARM64.

The filter is a program for the kernel's classic BPF machine; ``filter_program`` only makes it, so that tests can run
it for either processor. Numbers: the kernel's ``syscall_64.tbl`` and ``asm-generic/unistd.h``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass

from inference.worker.kernel import PR_SET_NO_NEW_PRIVS, control_process, system_call

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16  # in struct seccomp_data, little endian
_X32_BIT = 0x40000000
_SECCOMP_FILTER, _WITHOUT_SLOWER_BRANCHES = 1, 4
_CLONE_THREAD = 0x10000
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPES = 1, 1, 0xF
_SET_OWNERS = (8, 10, 15)  # fcntl: F_SETOWN, F_SETSIG, F_SETOWN_EX let the kernel send signals to others
_SET_OWNER_BY_IOCTL = (0x8901, 0x8902)
_PR_SET_PDEATHSIG = 1

# name: (x86-64, ARM64 or None where it has no such call)
_NO_ACCESS: dict[str, tuple[int, int | None]] = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242),
}  # fmt: skip
_NOT_ALLOWED: dict[str, tuple[int, int | None]] = {
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "migrate_pages": (256, 238), "kcmp": (312, 272),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "reboot": (169, 142), "syslog": (103, 116), "quotactl": (179, 60),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "setxattrat": (463, 463), "removexattrat": (466, 466), "file_setattr": (469, 469),  # Landlock leaves these open
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
}  # fmt: skip
_NOT_THERE: dict[str, tuple[int, int | None]] = {  # so that libraries take the older way, which can be judged
    "clone3": (435, 435), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}  # fmt: skip
_JUDGED: dict[str, tuple[int, int]] = {
    "clone": (56, 220), "kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261),
    "socketpair": (53, 199), "prctl": (157, 167), "fcntl": (72, 25), "ioctl": (16, 29),
}  # fmt: skip
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


@dataclass(frozen=True)
class Instruction:
    """One step of the filter: what it does, how far it jumps when true and when false, and its constant."""

    code: int
    if_true: int
    if_false: int
    constant: int

    def packed(self) -> bytes:
        """As the kernel wants it."""
        return struct.pack("=HBBI", self.code, self.if_true, self.if_false, self.constant)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def refuse_system_calls() -> bool:
    """Install the filter for this thread and all that it starts, for good.

    Returns:
        False where the kernel or the processor has none, and nothing changed.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES or struct.calcsize("P") != 8:
        return False
    steps = filter_program(machine, os.getpid())
    text = ctypes.create_string_buffer(b"".join(step.packed() for step in steps))
    program = _Program(len(steps), ctypes.cast(text, ctypes.c_void_p))
    try:
        control_process(PR_SET_NO_NEW_PRIVS, 1)
        flags = ctypes.c_uint(_WITHOUT_SLOWER_BRANCHES)
        system_call(_SECCOMP[machine], ctypes.c_uint(_SECCOMP_FILTER), flags, ctypes.byref(program))
    except OSError:
        return False
    return True


def filter_program(machine: str, pid: int) -> list[Instruction]:
    """The filter for a processor (``x86_64`` or ``aarch64``) and the process that will run it."""
    column, architecture = _ARCHITECTURES[machine]
    steps = [
        _load(_ARCHITECTURE_AT),
        Instruction(_EQUAL, 1, 0, architecture),
        _answer(KILL),
        _load(_NUMBER_AT),
        *([Instruction(_AT_LEAST, 0, 1, _X32_BIT), _refusal(errno.ENOSYS)] if machine == "x86_64" else []),
    ]
    for name, numbers in _JUDGED.items():
        judged = [*_judgement(name, pid), _answer(ALLOW)]
        steps += [Instruction(_EQUAL, 0, len(judged), numbers[column]), *judged]
    refused = (_NO_ACCESS, errno.EACCES), (_NOT_ALLOWED, errno.EPERM), (_NOT_THERE, errno.ENOSYS)
    for calls, reason in refused:
        for number in (numbers[column] for numbers in calls.values()):
            if number is not None:
                steps += [Instruction(_EQUAL, 0, 1, number), _refusal(reason)]
    return [*steps, _answer(ALLOW)]


def _judgement(name: str, pid: int) -> list[Instruction]:
    """Steps that refuse some uses of a call and fall through for the others."""
    if name == "clone":  # threads, not processes
        return [_argument(0), Instruction(_ANY_BIT, 1, 0, _CLONE_THREAD), _refusal(errno.EPERM)]
    if name in ("kill", "tgkill"):
        return [_argument(0), Instruction(_EQUAL, 1, 0, pid), _refusal(errno.EPERM)]
    if name == "prlimit64":
        own = [Instruction(_EQUAL, 2, 0, 0), Instruction(_EQUAL, 1, 0, pid)]
        return [_argument(0), *own, _refusal(errno.EPERM)]
    if name == "socketpair":  # a datagram socket could talk to others without connecting
        is_unix = Instruction(_EQUAL, 0, 3, _AF_UNIX)
        kind = [_argument(1), Instruction(_AND, 0, 0, _SOCK_TYPES), Instruction(_EQUAL, 1, 0, _SOCK_STREAM)]
        return [_argument(0), is_unix, *kind, _refusal(errno.EACCES)]
    if name == "prctl":
        return [_argument(0), *_refused_values((_PR_SET_PDEATHSIG,))]
    return [_argument(1), *_refused_values(_SET_OWNERS if name == "fcntl" else _SET_OWNER_BY_IOCTL)]


def _refused_values(values: tuple[int, ...]) -> list[Instruction]:
    return [step for value in values for step in (Instruction(_EQUAL, 0, 1, value), _refusal(errno.EPERM))]


def _load(offset: int) -> Instruction:
    return Instruction(_LOAD, 0, 0, offset)


def _argument(number: int) -> Instruction:
    """The low 32 bits: all judged arguments are of C's type int, and the kernel looks at no more of them."""
    return _load(_ARGUMENTS_AT + 8 * number)


def _answer(value: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, value)


def _refusal(reason: int) -> Instruction:
    return _answer(_REFUSE | reason)
