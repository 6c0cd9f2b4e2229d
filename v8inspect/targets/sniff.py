"""What a file is, judged by its first bytes: dump, compressed dump, or what else to call it.

Names are phrases that follow "is": 'an ELF executable', 'text', 'an empty file'.
"""

from __future__ import annotations

from typing import Optional

HEAD = 4096
"""Bytes from the start of a file that the functions here want."""

_COMPRESSED = (
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce")
_MACH_CORE = 4

_OTHER = (
    (b"MZ", "a Windows executable"),
    (b"PAGEDU", "a Windows kernel dump"),
    (b"KDUMP   ", "a Linux kernel dump"),
    (b'{"snapshot":', "a V8 heap snapshot"),
    (b"JAVA PROFILE", "a Java heap dump"),
    (b"ProblemType:", "an Apport report (apport-unpack takes the core out of it)"),
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "bzip2 data"),
    (b"\x02\x21\x4c\x18", "lz4 data in the legacy frame format"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"!<arch>\n", "an archive of object files"),
    (b"#!", "a script"),
)
_ELF_TYPES = {
    1: "an ELF object file",
    2: "an ELF executable",
    3: "an ELF executable or shared library",
}


def compression(head: bytes) -> Optional[str]:
    """'zstd', 'gzip', 'xz', 'lz4', or None."""
    for magic, name in _COMPRESSED:
        if head.startswith(magic):
            return name
    # A zstd file may begin with a skippable frame (pzstd writes one).
    if len(head) >= 4 and head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F:
        return "zstd"
    return None


def is_minidump(head: bytes) -> bool:
    """Whether it is a minidump of Windows."""
    return head.startswith(b"MDMP")


def is_macho_core(head: bytes) -> bool:
    """Whether it is a core of macOS, of any word size and byte order."""
    return head[:4] in _MACH_O and _MACH_CORE in (_u32(head, 12, "little"), _u32(head, 12, "big"))


def describe(head: bytes) -> str:
    """What a file that is no dump looks like."""
    if not head:
        return "an empty file"
    if head.startswith(b"\x7fELF"):
        order = "big" if head[5:6] == b"\x02" else "little"
        return _ELF_TYPES.get(_u32(head, 16, order, 2), "an ELF file of an unknown kind")
    if head[:4] in _MACH_O:
        return "a Mach-O executable or library"
    for magic, name in _OTHER:
        if head.startswith(magic):
            return name
    if head[257:262] == b"ustar":
        return "a tar archive"
    if not head.strip(b"\0"):
        return "all zeros" if len(head) >= 512 else "a few zeros"
    if _is_text(head):
        return "text"
    return f"unknown data (it starts with {head[:8].hex(' ')})"


def _is_text(head: bytes) -> bool:
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and error.start > 0  # cut in a character
    return True


def _u32(head: bytes, at: int, order: str, size: int = 4) -> int:
    return int.from_bytes(head[at : at + size], "big" if order == "big" else "little")
