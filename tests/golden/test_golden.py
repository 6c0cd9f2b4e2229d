"""What commands say of every kind of value, word for word, on all versions."""

from __future__ import annotations

import pytest

from tests.dumps.support import PRIMARY
from tests.golden.answers import BASE, expected, kept, lines, said


@pytest.mark.parametrize("version", PRIMARY)
def test_answers_are_those_on_file(version: str) -> None:
    """If a change is wanted: run tools/golden.py and read its diff line by line."""
    wanted, found = expected(version), said(version)
    wrong = [
        f"$ {line}\n--- on file\n{wanted.get(line)}\n--- said\n{answer}"
        for line, answer in found.items()
        if wanted.get(line) != answer
    ]
    assert not wrong, "\n\n".join(wrong[:5]) + f"\n\n{len(wrong)} answers differ"


def test_every_line_has_an_answer() -> None:
    answered = {line for version in PRIMARY for line in kept(version)}
    assert answered == set(lines())
    assert len(kept(BASE)) > 250
