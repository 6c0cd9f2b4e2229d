"""Compressed cores are unpacked to a sparse file without a name, however they end."""

from __future__ import annotations

import builtins
import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest

from tests.unit.synthetic_elf import PAGE, Core, pattern
from v8inspect.errors import DumpDamaged, Interrupted, ModuleNeeded, NoSpace, NotADump
from v8inspect.targets import compressed, open_dump

lz4_frame = pytest.importorskip("lz4.frame")
zstandard = pytest.importorskip("zstandard")

KINDS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": lambda data: bytes(zstandard.compress(data)),
    "lz4": lambda data: bytes(lz4_frame.compress(data)),
}
DATA = pattern(40 * PAGE, 3) + bytes(400 * PAGE) + os.urandom(40 * PAGE)
START = 0x10000


def core() -> bytes:
    return Core().thread(77).load(START, DATA).bytes()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """TMPDIR of the test."""
    made = tmp_path / "tmp"
    made.mkdir()
    monkeypatch.setenv("TMPDIR", str(made))
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_compressed_core_reads_as_the_plain_one(tmp_path: Path, folder: Path, kind: str) -> None:
    path = tmp_path / "dump"  # its name says nothing
    path.write_bytes(KINDS[kind](core()))
    target = open_dump(str(path))
    assert target.name == str(path)
    assert target.facts.warnings == ()
    assert target.facts.size == len(core())
    assert [t.tid for t in target.threads()] == [77]
    assert target.read(START, len(DATA)) == DATA
    target.check_unchanged()
    assert os.listdir(folder) == []  # nothing is left, even if we are killed now
    target.close()


@pytest.mark.parametrize("kind", KINDS)
def test_zeros_take_no_room(tmp_path: Path, kind: str) -> None:
    size = 64 << 20
    content = Core().thread().load(START, pattern(PAGE) + bytes(size) + pattern(PAGE)).bytes()
    (tmp_path / "dump").write_bytes(KINDS[kind](content))
    target = open_dump(str(tmp_path / "dump"))
    if target.facts.stored == target.facts.size:
        pytest.skip(f"{tmp_path} is on a file system that keeps no holes")
    assert target.facts.size == len(content)
    assert target.facts.stored < 1 << 20
    assert any(segment.hole for segment in target.segments())


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_that_ends_too_early_gives_what_it_has(
    tmp_path: Path, folder: Path, kind: str
) -> None:
    packed = KINDS[kind](core())
    (tmp_path / "dump").write_bytes(packed[: len(packed) - 30_000])
    target = open_dump(str(tmp_path / "dump"))
    first, *others = target.facts.warnings
    assert first == f"truncated: the {kind} stream ends after {target.facts.size} bytes"
    assert others == [f"truncated: {target.facts.size} of {len(core())} bytes"]
    there = target.read_partial(START, len(DATA))
    assert there == DATA[: len(there)]
    assert len(there) > 40 * PAGE if kind != "lz4" else there == b"" or len(there) > 0
    assert os.listdir(folder) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep", [1, 8, 12, 20, 40])
def test_a_stream_cut_in_its_head_is_no_crash(tmp_path: Path, kind: str, keep: int) -> None:
    (tmp_path / "dump").write_bytes(KINDS[kind](core())[:keep])
    with pytest.raises((DumpDamaged, NotADump)):
        open_dump(str(tmp_path / "dump"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_corrupt_stream_is_damaged_and_leaves_nothing(
    tmp_path: Path, folder: Path, kind: str
) -> None:
    packed = bytearray(KINDS[kind](core()))
    for at in range(6000, len(packed)):
        packed[at] ^= 0x5A
    (tmp_path / "dump").write_bytes(packed)
    with pytest.raises(DumpDamaged) as caught:
        open_dump(str(tmp_path / "dump"))
    assert caught.value.what.startswith(f"{kind} stream: ")
    assert os.listdir(folder) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [100, PAGE, 256 << 10])
def test_streams_may_follow_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, cut: int
) -> None:
    """As pigz, pzstd and `cat a.gz b.gz` make them; read at any boundary."""
    whole = core()
    parts = [whole[i : i + 500_000] for i in range(0, len(whole), 500_000)]
    (tmp_path / "dump").write_bytes(b"".join(KINDS[kind](part) for part in parts))
    monkeypatch.setattr(compressed, "_CHUNK", cut)
    target = open_dump(str(tmp_path / "dump"))
    assert target.facts.warnings == ()
    assert target.facts.size == len(whole)
    assert target.read(START, len(DATA)) == DATA


def test_a_skippable_frame_is_skipped(tmp_path: Path) -> None:
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    (tmp_path / "dump").write_bytes(skipped + zstandard.compress(core()) + skipped)
    assert open_dump(str(tmp_path / "dump")).read(START, len(DATA)) == DATA


@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_ignored_and_garbage_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "dump"
    path.write_bytes(KINDS[kind](core()) + bytes(300_000))
    assert open_dump(str(path)).facts.warnings == ()
    path.write_bytes(KINDS[kind](core()) + b"garbage")
    assert open_dump(str(path)).facts.warnings == (f"7 bytes after the {kind} stream are ignored",)


def test_progress_is_told_in_compressed_bytes(tmp_path: Path) -> None:
    packed = gzip.compress(core())
    (tmp_path / "dump").write_bytes(packed)
    calls: list[tuple[str, int, int]] = []
    open_dump(str(tmp_path / "dump"), progress=lambda *call: calls.append(call))
    assert {what for what, _, _ in calls} == {"unpacking"}
    assert {total for _, _, total in calls} == {len(packed)}
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)
    assert (calls[0][1], calls[-1][1]) == (0, len(packed))


def test_the_user_may_stop_it(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "dump").write_bytes(gzip.compress(core() + os.urandom(1 << 20)))

    def stop(what: str, done: int, total: int) -> None:
        if done > 0:
            raise Interrupted

    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with pytest.raises(Interrupted):
        open_dump(str(tmp_path / "dump"), progress=stop)
    assert os.listdir(folder) == []
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_without_room_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dump").write_bytes(gzip.compress(core()))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(1 << 40, 1 << 40, 5 << 20))
    with pytest.raises(NoSpace) as caught:
        open_dump(str(tmp_path / "dump"))
    assert (os.environ["TMPDIR"], "5 MB are free") in caught.value.tried
    assert "/var/tmp" in dict(caught.value.tried)


def test_a_full_folder_is_passed_over(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not os.access("/var/tmp", os.W_OK):
        pytest.skip("no /var/tmp here")
    (tmp_path / "dump").write_bytes(gzip.compress(core()))
    real = shutil.disk_usage
    full = _Usage(1, 1, 0)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: full if str(path) == str(folder) else real(path)
    )
    assert open_dump(str(tmp_path / "dump")).read(START, 64) == DATA[:64]


def test_room_that_runs_out_ends_it(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dump").write_bytes(gzip.compress(core()))
    free = iter([1 << 40, 100 << 20])
    monkeypatch.setattr(compressed, "_CHECK_EVERY", 50_000)
    monkeypatch.setattr(compressed, "_OUTPUT", 100_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(1 << 40, 0, next(free)))
    with pytest.raises(NoSpace) as caught:
        open_dump(str(tmp_path / "dump"))
    assert caught.value.tried == ((str(folder), "100 MB are free"),)
    assert os.listdir(folder) == []


def test_a_full_disk_ends_it(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dump").write_bytes(gzip.compress(core()))

    def full(fd: int, data: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NoSpace) as caught:
        open_dump(str(tmp_path / "dump"))
    monkeypatch.undo()
    assert caught.value.tried == ((str(folder), "No space left on device"),)
    assert os.listdir(folder) == []


@pytest.mark.parametrize("kind", ["zstd", "lz4"])
def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    package = {"zstd": "zstandard", "lz4": "lz4"}[kind]
    (tmp_path / "dump").write_bytes(KINDS[kind](core()))
    for name in [n for n in sys.modules if n.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == package:
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNeeded) as caught:
        open_dump(str(tmp_path / "dump"))
    assert caught.value.package == package
    assert kind in caught.value.purpose


def test_plain_cores_need_no_package_for_compression() -> None:
    code = (
        "import sys, v8inspect.targets; "
        "print(sorted({'zstandard', 'lz4', 'lzma', 'zlib', 'tempfile'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_of_zeros_takes_no_memory(tmp_path: Path, kind: str) -> None:
    zeros = bytes(1 << 20)
    out = io.BytesIO()
    head = Core().thread().load(START, DATA).bytes()
    if kind == "zstd":
        with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as writer:
            writer.write(head)
            for _ in range(200):
                writer.write(zeros)
    else:
        file: Any
        if kind == "gzip":
            file = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1)
        elif kind == "xz":
            file = lzma.LZMAFile(out, "wb", preset=0)
        else:
            file = lz4_frame.LZ4FrameFile(out, "wb")
        file.write(head)
        for _ in range(200):
            file.write(zeros)
        file.close()
    (tmp_path / "dump").write_bytes(out.getvalue())
    tracemalloc.start()
    target = open_dump(str(tmp_path / "dump"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert target.facts.size == len(head) + (200 << 20)
    assert peak < 80 << 20
    target.close()


def test_bzip2_is_named(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(bz2.compress(core()))
    with pytest.raises(NotADump) as caught:
        open_dump(str(tmp_path / "dump"))
    assert caught.value.found == "bzip2 data"
