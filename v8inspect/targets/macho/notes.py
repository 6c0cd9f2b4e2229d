"""LC_NOTE: what LLDB and the kernel say of a process beside its memory and threads.

Source: ObjectFileMachO.cpp of LLDB, which documents the payloads; DUMPS.md §3.1. Offsets in a
payload are file offsets.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from struct import Struct
from typing import Iterable, Optional, Sequence

from v8inspect.limits import MAX_MODULES, MAX_PATH, MAX_THREADS
from v8inspect.target import Buffer
from v8inspect.targets.macho.structs import NO_ADDRESS, NoteCommand, text, uuid_text

_IMAGES = Struct("<IIQII")
_IMAGE = Struct("<Q16sQQII")
_IMAGE_SEGMENT = Struct("<16sQQ")
_LOAD_BINARY = Struct("<I16sQQ")
_MAIN_1 = Struct("<IIQ16sII")
_MAIN_2 = Struct("<IIQQ16sII")
_MAX_IMAGE_SEGMENTS = 64
_MAX_METADATA = 16 << 20  # bytes: a line of JSON for each thread
_USER_PROCESS = (0, 2)  # types of "main bin spec": unspecified, user process


@dataclass(frozen=True)
class ListedImage:
    """An image that a note or dyld lists, loaded at `load` (None: not said). `segments` are names
    and addresses in the process."""

    path: str
    load: Optional[int]
    uuid: Optional[str] = None
    segments: Sequence[tuple[str, int]] = ()


@dataclass
class Notes:
    """The notes, decoded. None and empty: the dump does not say."""

    address_bits: Optional[int] = None
    thread_ids: list[int] = field(default_factory=list)
    images: list[ListedImage] = field(default_factory=list)
    main: Optional[ListedImage] = None
    of_kernel: bool = False


def read_notes(buffer: Buffer, commands: Iterable[NoteCommand]) -> Notes:
    """Decodes the notes that are known; what is cut or senseless is left out."""
    notes = Notes()
    for note in commands:
        if note.owner == "addrable bits":
            notes.address_bits = _address_bits(buffer[note.offset : note.offset + 16])
        elif note.owner == "process metadata":
            size = min(note.size, _MAX_METADATA)
            notes.thread_ids = _thread_ids(buffer[note.offset : note.offset + size])
        elif note.owner == "all image infos":
            notes.images += _images(buffer, note.offset)[: MAX_MODULES - len(notes.images)]
        elif note.owner == "load binary":
            found = _load_binary(buffer[note.offset : note.offset + min(note.size, MAX_PATH)])
            if found is not None and len(notes.images) < MAX_MODULES:
                notes.images.append(found)
        elif note.owner == "main bin spec" and notes.main is None:
            notes.main = _main(buffer[note.offset : note.offset + min(note.size, _MAIN_2.size)])
        elif note.owner == "kern ver str":
            notes.of_kernel = True
    return notes


def _address_bits(data: bytes) -> Optional[int]:
    """Bits of an address that are no signature: version 3 has one number, 4 one for low memory
    (that of processes) and one for high memory."""
    if len(data) < 12 or int.from_bytes(data[:4], "little") not in (3, 4):
        return None
    bits = int.from_bytes(data[4:8], "little")
    return bits if 32 <= bits <= 56 else None


def _thread_ids(data: bytes) -> list[int]:
    """In the order of the LC_THREADs; empty where one is missing or stands there twice."""
    try:
        threads = json.loads(data.rstrip(b"\0"))["threads"]
        ids = [thread["thread_id"] for thread in threads[:MAX_THREADS]]
    except (ValueError, LookupError, TypeError, RecursionError):
        return []
    usable = all(type(i) is int and 0 <= i < 1 << 64 for i in ids)
    return ids if usable and len(set(ids)) == len(ids) else []


def _images(buffer: Buffer, offset: int) -> list[ListedImage]:
    head = buffer[offset : offset + _IMAGES.size]
    if len(head) < _IMAGES.size:
        return []
    _, count, entries, entry_size, _ = _IMAGES.unpack(head)
    if entry_size != _IMAGE.size:
        return []
    table = buffer[entries : entries + _IMAGE.size * min(count, MAX_MODULES)]
    out = []
    for path_at, uuid, load, segments_at, segments, _ in _IMAGE.iter_unpack(
        table[: len(table) // _IMAGE.size * _IMAGE.size]
    ):
        size = _IMAGE_SEGMENT.size * min(segments, _MAX_IMAGE_SEGMENTS)
        rows = buffer[segments_at : segments_at + size]
        rows = rows[: len(rows) // _IMAGE_SEGMENT.size * _IMAGE_SEGMENT.size]
        listed = [
            (text(name), address)
            for name, address, _ in _IMAGE_SEGMENT.iter_unpack(rows)
            if address != NO_ADDRESS
        ]
        path = text(buffer[path_at : path_at + MAX_PATH]) if path_at != NO_ADDRESS else ""
        if load == NO_ADDRESS:
            load = next((address for name, address in listed if name == "__TEXT"), None)
        out.append(ListedImage(path, load, uuid_text(uuid), listed))
    return out


def _load_binary(data: bytes) -> Optional[ListedImage]:
    if len(data) < _LOAD_BINARY.size:
        return None
    _, uuid, load, _ = _LOAD_BINARY.unpack_from(data)
    path = text(data[_LOAD_BINARY.size :])
    return ListedImage(path, None if load == NO_ADDRESS else load, uuid_text(uuid))


def _main(data: bytes) -> Optional[ListedImage]:
    if len(data) < _MAIN_1.size:
        return None
    version, kind, load = Struct("<IIQ").unpack_from(data)
    if kind not in _USER_PROCESS:
        return None
    if version >= 2 and len(data) >= _MAIN_2.size:
        uuid = _MAIN_2.unpack_from(data)[4]
    else:
        uuid = _MAIN_1.unpack_from(data)[3]
    return ListedImage("", None if load == NO_ADDRESS else load, uuid_text(uuid))
