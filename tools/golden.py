"""Writes tests/golden/VERSION.txt anew: what commands say of every kind of value.

    .venv/bin/python tools/golden.py              # all versions
    .venv/bin/python tools/golden.py 22.23.3 …    # some

Read `git diff tests/golden` line by line before it is committed: it is what users will see.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Sequence

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.dumps.support import PRIMARY  # noqa: E402
from tests.golden.answers import BASE, HERE, said, written  # noqa: E402


def main(versions: Sequence[str]) -> None:
    """Asks each version; BASE comes first, for the others are compared to it."""
    for version in sorted(versions or PRIMARY, key=lambda version: version != BASE):
        path = HERE / f"{version}.txt"
        path.write_text(written(version, said(version)), encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
