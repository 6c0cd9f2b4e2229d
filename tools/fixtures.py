"""Makes the dumps in tests/data anew, on Debian x64, as root: see the READMEs there.

    .venv/bin/python tools/fixtures.py                    # all of them
    .venv/bin/python tools/fixtures.py macos win-x64-26   # whose names begin so
    .venv/bin/python tools/fixtures.py -o FOLDER …        # there, to look at first

Needs qemu-user-static and lldb-19 (`make deps`), wine and zig (`make test-windows` installs both),
and a core_pattern that is a plain name. Some 20 seconds each, and two minutes once for wine's C:.

Addresses and process ids are never the same twice: tests that name some of a file that is kept
(`MAPS` in tests/dumps) have to be told the new ones. `tests/dumps/test_fixtures.py` (slow) makes
each of them anew and finds the same objects, values and stacks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.provision.fixtures import FIXTURES, Fixture  # noqa: E402

MOST_BYTES = 20_000_000


def _remake(fixture: Fixture, data: Path) -> None:
    folder = data / fixture.folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="v8inspect-fixture-") as scratch:
        made = fixture.make(Path(scratch))
        packed = fixture.pack(made, folder)
        print(f"{packed}  {packed.stat().st_size} bytes", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="makes the dumps in tests/data anew")
    parser.add_argument("name", nargs="*", help="how names begin; all without one")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "tests" / "data")
    options = parser.parse_args()
    wanted = [f for f in FIXTURES if not options.name or f.name.startswith(tuple(options.name))]
    if not wanted:
        raise SystemExit(f"fixtures: no such name; there are {', '.join(f.name for f in FIXTURES)}")
    for fixture in wanted:
        why_not = fixture.missing()
        if why_not is not None:
            raise SystemExit(f"fixtures: {fixture.name}: {why_not}")
        _remake(fixture, options.output)
    size = sum(path.stat().st_size for path in options.output.rglob("*.xz"))
    print(f"{size} bytes in all")
    if size > MOST_BYTES:
        raise SystemExit(f"fixtures: more than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
