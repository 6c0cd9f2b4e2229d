"""Both bindings of the scanner give the same answer."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.provision.cores import core


def _census(binding: str, *words: str) -> str:
    run = core("22.23.3", "classes")
    result = subprocess.run(
        [sys.executable, "-m", "v8inspect", "-c", str(run.core), *words],
        env={**os.environ, "V8INSPECT_BINDING": binding},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


@pytest.mark.parametrize("words", [("findjsobjects",), ("findjsobjects", "-d"), ("heap",)])
def test_cffi_and_ctypes_say_the_same(words: tuple[str, ...]) -> None:
    assert _census("cffi", *words) == _census("ctypes", *words)


def test_each_is_the_one_that_was_asked_for() -> None:
    assert "through cffi" in _census("cffi", "doctor")
    assert "through ctypes" in _census("ctypes", "doctor")
