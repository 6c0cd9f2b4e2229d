"""The dumps that are kept in tests/data, and how each of them is made."""

from __future__ import annotations

import lzma
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from tests.provision import macos, sealed, windows
from tests.provision.sealed import ARM64, X64

DATA = Path(__file__).resolve().parent.parent / "data"
WINDOWS, MACOS, LINUX = "windows", "macos", "linux-arm64"


@dataclass(frozen=True)
class Made:
    """A dump, and what V8 printed when the program died of an exception ('' if it did not)."""

    dump: Path
    stderr: str


@dataclass(frozen=True)
class Fixture:
    """One of them: in DATA / `folder`, `name` without endings."""

    folder: str
    cpu: str
    version: str
    kind: str

    @property
    def name(self) -> str:
        """As the file is called."""
        system = "win" if self.folder == WINDOWS else self.folder.split("-")[0]
        return f"{system}-{self.cpu}-{self.version}-{self.kind}"

    @property
    def script(self) -> Path:
        """The program."""
        script = "windows/heap.js" if self.folder == WINDOWS else "macos/crash.js"
        return DATA / script

    def missing(self) -> Optional[str]:
        """Why it can't be made here; None if it can."""
        if self.folder == WINDOWS:
            return windows.missing()
        return macos.missing(self.cpu, self.kind) if self.folder == MACOS else sealed.missing(ARM64)

    def make(self, scratch: Path) -> Made:
        """Makes it in an empty folder."""
        if self.folder == WINDOWS:
            run = windows.dump(self.version, self.script, self.kind, scratch)
            return Made(run.dump, run.stderr.read_text() if self.kind == windows.CRASH else "")
        if self.folder == MACOS:
            core = macos.core(self.version, self.cpu, self.kind, self.script, scratch)
            return Made(core.core, core.stderr)
        crash = sealed.crash(self.version, self.cpu, self.script, scratch)
        return Made(crash.core, crash.stderr)

    def pack(self, made: Made, folder: Path) -> Path:
        """Compresses it into a folder, with what V8 printed beside it."""
        ending = "dmp" if self.folder == WINDOWS else "core"
        packed = folder / f"{self.name}.{ending}.xz"
        with open(made.dump, "rb") as dump, lzma.open(packed, "wb", preset=9) as out:
            shutil.copyfileobj(dump, out, 1 << 20)
        if made.stderr:
            (folder / f"{self.name}.stderr.txt").write_text(made.stderr)
        return packed


FIXTURES: List[Fixture] = [
    Fixture(WINDOWS, X64, "18.20.8", windows.LIVE),
    Fixture(WINDOWS, X64, "20.20.2", windows.CRASH),
    Fixture(WINDOWS, X64, "22.23.3", windows.LIVE),
    Fixture(WINDOWS, X64, "24.21.0", windows.CRASH),
    Fixture(WINDOWS, X64, "26.10.0", windows.LIVE),
    Fixture(WINDOWS, X64, "22.23.3", windows.MINI),
    Fixture(MACOS, X64, "18.20.8", macos.DIRTY),
    Fixture(MACOS, X64, "20.20.2", macos.DIRTY),
    Fixture(MACOS, X64, "22.23.3", macos.MODIFIED),
    Fixture(MACOS, X64, "26.10.0", macos.STACK),
    Fixture(MACOS, ARM64, "26.10.0", macos.DIRTY),
    Fixture(LINUX, ARM64, "22.23.3", "crash"),
    Fixture(LINUX, ARM64, "24.22.0", "crash"),
]
