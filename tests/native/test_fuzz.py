"""The C scanner under AddressSanitizer and UBSan, over mutated real heaps, for a bounded time."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.native.image import write_image

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = int(os.environ.get("V8INSPECT_FUZZ_SECONDS", "8"))


@pytest.fixture(scope="session")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("no C compiler")
    program = tmp_path_factory.mktemp("native") / "fuzz"
    sources = [*sorted((ROOT / "csrc").glob("*.c")), ROOT / "tests/native/fuzz.c"]
    flags = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"]
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command = [compiler, *flags, *sanitizers, *map(str, sources), "-o", str(program)]
    subprocess.run(command, check=True)
    return program


@pytest.mark.parametrize("version", PRIMARY)
def test_mutated_heaps_never_lead_out_of_bounds(fuzzer: Path, version: str, tmp_path: Path) -> None:
    _, session = opened(version, "empty")
    image = tmp_path / "heap.image"
    write_image(session, image)
    seed = os.environ.get("V8INSPECT_FUZZ_SEED", str(os.getpid()))
    result = subprocess.run(
        [str(fuzzer), str(image), str(SECONDS), seed],
        capture_output=True,
        text=True,
        timeout=SECONDS * 10 + 60,
    )
    assert result.returncode == 0, f"seed {seed}: {result.stderr[-4000:]}"
    assert int(result.stdout.split()[0]) >= 5
