"""The core that these tests look at, and the debuggers that they look with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frontends import debuggers
from tests.provision.cores import Run, core

VERSION = "22.23.3"


@pytest.fixture(scope="session")
def run() -> Run:
    """A core of the scenario `classes`."""
    return core(VERSION, "classes")


@pytest.fixture(scope="session")
def gdb() -> str:
    """Path of gdb."""
    program = debuggers.gdb()
    if program is None:
        pytest.skip("no gdb in PATH")
    return program


@pytest.fixture(scope="session")
def lldb() -> str:
    """Path of LLDB 19."""
    program = debuggers.lldb(19)
    if program is None:
        pytest.skip("no lldb-19, and apt does not offer it")
    return program


@pytest.fixture(scope="session", params=[14, 16, 19, 22])
def any_lldb(request: Any) -> str:
    """Paths of the LLDBs that we support."""
    program = debuggers.lldb(request.param)
    if program is None:
        pytest.skip(f"no lldb-{request.param}, and apt does not offer it")
    return program
