"""Programs of nested calls, made from templates by a seed: what nobody thought of to write down.

Each is a row of functions, f0 to f13, each made from a piece of templates.js chosen by the seed,
and each calling the next in its piece's way; the last one fails when the program says so. `warm`
runs of the whole row come before, so that V8 compiles it in its tiers as it sees fit.

`python -m tests.stacks.generated SEED [WARM]` prints one.
"""

from __future__ import annotations

import functools
import random
import re
import sys
from pathlib import Path
from typing import Sequence

DEPTH = 14
_TEMPLATES = Path(__file__).with_name("templates.js")
_NUMBER = re.compile(r"(?<![\w$])N(?![\w$])")
# Each multiplies the work of all below it.
_MOST_REPEATING = 3
_FAILURES = ("undefined.thing", "throw new Error('x')", "null.f()", "n.no.more")


@functools.lru_cache(maxsize=1)
def templates() -> tuple[Sequence[str], Sequence[str]]:
    """The pieces that call the next function once, and those that call it more often."""
    once, more = _TEMPLATES.read_text().split("//====\n")
    return once.split("//----\n")[1:], more.split("//----\n")


def program(seed: int, warm: int, depth: int = DEPTH) -> str:
    """The source of the program of a seed, a script of CommonJS."""
    dice = random.Random(seed)
    once, more = templates()
    names = [f"f{i}" for i in range(depth)]
    parts = []
    repeating = 0
    for name, following in zip(names, [*names[1:], "last"]):
        pool = [*once, *more] if repeating < _MOST_REPEATING else once
        text = dice.choice(pool)
        repeating += text in more
        text = text.replace("NAME", name).replace("NEXT", following)
        parts.append(_NUMBER.sub(str(dice.randrange(1, 9)), text))
    shared = "".join(f"globalThis.{name} = {name};\n" for name in [*names, "last"])
    return (
        "let armed = false;\n"
        + "\n".join(parts)
        + f"\nfunction last(n) {{\n  if (armed) {dice.choice(_FAILURES)};\n  return n & 3;\n}}\n"
        + shared
        + "function run(times) { let sum = 0; for (let i = 0; i < times; i++) sum += f0(1) | 0;"
        + " return sum; }\n"
        + f"globalThis.sum = run({warm});\n"
        + "setImmediate(function top() { armed = true; f0(1); });\n"
    )


if __name__ == "__main__":
    print(program(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0), end="")
