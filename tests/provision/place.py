"""A place where a program finds nothing of whoever runs the tests: for dumps that go into the tree.

What runs there is user and group `app` on host `app`, in /srv/app, with an environment of three
variables. /srv/app is a folder of the caller's; it, the users and the host name are seen only there
(private name spaces of Linux), so that the machine stays as it is. Needs root, `unshare` and
`setpriv` (Debian: util-linux).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional, Sequence

from tests.provision.cores import clean_environment, unlimited_cores

HOME = Path("/srv/app")
_ID = 1500
# $1 is the folder, then pairs of (file, what it covers) up to `--`, then the command.
_ENTER = f"""
set -e
mount -t tmpfs none /srv
mkdir /srv/app
mount --bind "$1" /srv/app
shift
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done
shift
hostname app
cd /srv/app/run
unset OLDPWD
exec setpriv --reuid={_ID} --regid={_ID} --clear-groups -- "$@"
"""


def missing() -> Optional[str]:
    """Why there can be no such place here; None if there can."""
    if os.geteuid() != 0:
        return "not root, which private name spaces need"
    for tool in ("unshare", "setpriv"):
        if shutil.which(tool) is None:
            return f"no {tool} here (Debian: util-linux)"
    able = subprocess.run(
        ["unshare", "-m", "-u", "mount", "-t", "tmpfs", "none", "/srv"], capture_output=True
    )
    return "no mounts in private name spaces here" if able.returncode else None


@dataclass
class Place:
    """`folder` is /srv/app to what runs; `covers` are files of the machine that others cover."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    covers: Mapping[Path, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "run").mkdir(exist_ok=True)
        (self.folder / "passwd").write_text(f"app:x:{_ID}:{_ID}:app:{HOME}:/bin/sh\n")
        (self.folder / "group").write_text(f"app:x:{_ID}:\n")
        for path in (self.folder, self.folder / "run"):
            os.chown(path, _ID, _ID)

    @property
    def results(self) -> Path:
        """The working folder of what runs, as seen from here."""
        return self.folder / "run"

    def add(self, file: Path, name: str) -> Path:
        """Puts a file there, without a copy where that does; its path for what runs."""
        there = self.folder / name
        there.parent.mkdir(parents=True, exist_ok=True)
        there.unlink(missing_ok=True)
        try:
            os.link(file, there)
        except OSError:
            shutil.copy(file, there)
        return HOME / name

    def run(self, command: Sequence[str], seconds: float) -> int:
        """Runs a program to its end, with stdout.txt and stderr.txt in `results`; its exit code."""
        covers = {
            Path("/etc/passwd"): self.folder / "passwd",
            Path("/etc/group"): self.folder / "group",
            **self.covers,
        }
        pairs = [str(part) for there, ours in covers.items() for part in (ours, there)]
        words = ["unshare", "-m", "-u", "--propagation", "private", "sh", "-c", _ENTER, "sh"]
        with open(self.results / "stdout.txt", "wb") as out:
            with open(self.results / "stderr.txt", "wb") as err:
                return subprocess.run(
                    [*words, str(self.folder), *pairs, "--", *command],
                    env={**clean_environment(), **self.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    timeout=seconds,
                    preexec_fn=unlimited_cores,
                    check=False,
                ).returncode
