"""What the stacks are tested on: scenarios, and the flags that force V8's tiers."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Sequence

from tests.provision.cores import SCENARIOS

FOLDER = SCENARIOS / "stacks"
ABORT = "--abort-on-uncaught-exception"
WARM = 1500  # enough for the optimising compilers of every version


class Tier(NamedTuple):
    """Flags for Node.js; `warm` is how often a chain of calls runs before it fails."""

    name: str
    flags: Sequence[str] = ()
    warm: int = 0


DEFAULT = Tier("default")
INTERPRETER = Tier("interpreter", ("--no-sparkplug", "--no-opt"))
BASELINE = Tier("baseline", ("--always-sparkplug",), 3)
HOT = Tier("hot", (), WARM)
# The native-stack flag gives every function an entry of its own to the interpreter.
NATIVE_STACK = Tier("native-stack", ("--interpreted-frames-native-stack",))
MAGLEV = Tier("maglev", ("--maglev", "--no-turbofan"), WARM)
TURBOFAN = Tier("turbofan", ("--no-sparkplug",), WARM)
_FROM_MAGLEV_ON = ("22", "24", "26")


def tiers(version: str) -> Sequence[Tier]:
    """The tiers that a version of Node.js has."""
    found = [DEFAULT, INTERPRETER, BASELINE, HOT, NATIVE_STACK, TURBOFAN]
    if version.split(".")[0] in _FROM_MAGLEV_ON:
        # --no-opt is about TurboFan alone.
        found[1] = INTERPRETER._replace(flags=(*INTERPRETER.flags, "--no-maglev"))
        found.append(MAGLEV)
    return found


# Chains of calls (_chain.js), which every tier runs; the argument says how often before.
CHAINS = (
    "methods.js",
    "receivers.js",
    "callbacks.js",
    "operators.js",
    "evals.js",
    "sources.js",
    "builtins.js",
    "callnull.js",
    "thrown.js",
    "modules.mjs",
    "wasm.js",
)
# Programs of their own, for which the argument means nothing.
OTHERS = (
    "inlining.js",
    "optimised.js",
    "events.js",
    "asyncs.js",
    "asyncmore.js",
    "asyncsync.js",
    "toplevel.mjs",
    "workererror.js",
)


def source(name: str) -> Path:
    """The file of a scenario."""
    return FOLDER / name


def arguments(name: str, tier: Tier) -> Sequence[str]:
    """The program's arguments in a tier."""
    return [str(tier.warm)] if name in CHAINS else []
