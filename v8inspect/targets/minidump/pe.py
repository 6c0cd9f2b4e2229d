"""The headers of an executable as Windows has mapped it, where the dump holds them: its version
resource and its identity. For dumps whose list of modules lacks them (wine's debugger writes such).

Source: the PE format specification (learn.microsoft.com/windows/win32/debug/pe-format).
"""

from __future__ import annotations

from struct import Struct, unpack
from typing import Callable, Optional

from v8inspect.targets.minidump.structs import Version, codeview_guid, fixed_version

Read = Callable[[int, int], bytes]
"""(address, size) to as many bytes as are there without a gap."""

_PE_OFFSET = 0x3C  # of e_lfanew in the DOS header
_DIRECTORIES = 24 + 112  # from the PE signature, in an optional header of PE32+
_RESOURCES, _DEBUG = 2, 6  # numbers of data directories
_DEBUG_ENTRY = Struct("<IIHHIIII")
_CODEVIEW = 2
_MAX_RESOURCES = 4 << 20
_MAX_DEBUG_ENTRIES = 32
_MAX_RECORD = 1024
_FIXED = Struct("<13I")
_FIXED_MARK = b"\xbd\x04\xef\xfe\x00\x00\x01\x00"  # signature, version of the structure


def version(read: Read, base: int) -> Optional[Version]:
    """The file version by the resources of the image at `base`."""
    address, size = _directory(read, base, _RESOURCES)
    data = read(address, min(size, _MAX_RESOURCES)) if size else b""
    at = data.find(_FIXED_MARK)
    if at < 0 or at + _FIXED.size > len(data):
        return None
    return fixed_version(_FIXED.unpack_from(data, at))


def guid(read: Read, base: int) -> Optional[str]:
    """The GUID of the PDB by the debug directory of the image at `base`."""
    address, size = _directory(read, base, _DEBUG)
    data = read(address, min(size, _MAX_DEBUG_ENTRIES * _DEBUG_ENTRY.size)) if size else b""
    for row in _DEBUG_ENTRY.iter_unpack(data[: len(data) // _DEBUG_ENTRY.size * _DEBUG_ENTRY.size]):
        if row[4] == _CODEVIEW and row[6]:
            return codeview_guid(read(base + row[6], min(row[5], _MAX_RECORD)))
    return None


def _directory(read: Read, base: int, number: int) -> tuple[int, int]:
    """(address, size) of a data directory; size 0 where there is none."""
    head = read(base, 0x1000)
    if head[:2] != b"MZ" or len(head) < _PE_OFFSET + 4:
        return 0, 0
    pe = int.from_bytes(head[_PE_OFFSET : _PE_OFFSET + 4], "little")
    at = pe + _DIRECTORIES + 8 * number
    if head[pe : pe + 4] != b"PE\0\0" or at + 8 > len(head):
        return 0, 0
    rva, size = unpack("<II", head[at : at + 8])
    return base + rva, size if rva else 0
