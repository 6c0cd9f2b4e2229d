"""What stacks need: where an isolate keeps the state of its thread, and tables that only the
executable has. What can't be checked here is left out, so that a frame has no place rather than a
wrong one.
"""

from __future__ import annotations

from array import array
from functools import partial
from typing import Mapping, Optional, Sequence

from v8inspect.derive.code_tables import position_tables, translations
from v8inspect.derive.draft import UNVERIFIED, Draft
from v8inspect.derive.sample import Sample
from v8inspect.heap.isolates import Isolate
from v8inspect.layout.tables import Sourced
from v8inspect.target import Target

_TOP = "ThreadLocalTop."
_ELSEWHERE = (
    "ThreadLocalTop.embedded_blob_code",
    "ThreadLocalTop.embedded_blob_code_arm64",
)
_STATES = 7  # of the virtual machine
_MIN_BLOB, _MAX_BLOB = 1 << 20, 1 << 23  # bytes of builtins
_BLOB_ALIGNMENT = 64
_BYTECODES = "_ZN2v88internal11interpreter9Bytecodes14kBytecodeSizesE"
_FEWEST, _MOST = 150, 256  # bytecodes


def find_stacks(draft: Draft, sample: Sample) -> list[str]:
    """Sets what stacks need; returns what could not be found."""
    doubts = []
    isolate = sample.heap.isolates[0]
    data = sample.memory.target.read_partial(isolate.address, isolate.heap - isolate.address)
    words = array("Q", data[: len(data) & -8])
    if not _thread_local_top(draft, sample, isolate, words):
        doubts.append("stacks: where the isolate has the state of its thread")
    _embedded_blob(draft, sample.memory.target, words)
    _bytecode_sizes(draft, sample.memory.target)
    doubts += [
        doubt for doubt in (position_tables(draft, sample), translations(draft, sample)) if doubt
    ]
    if not draft.bytecode_sizes:
        doubts.append("stacks: places of functions in baseline code")
    return doubts


def _thread_local_top(draft: Draft, sample: Sample, isolate: Isolate, words: Sequence[int]) -> bool:
    """ThreadLocalTop has a pointer to its Isolate; the other fields are around it as in a known
    version, if what is there can be what they are."""
    own = [8 * i for i, word in enumerate(words) if word == isolate.address and i > 1]
    names = [name for name in draft.names("ThreadLocalTop") if name not in _ELSEWHERE]
    first, last = sample.layout.Context.first_type, sample.layout.Context.last_type
    context_types = range(first, last + 1)
    if "Context.first_type" in draft.constants:
        context_types = range(
            draft.constants["Context.first_type"].value,
            draft.constants["Context.last_type"].value + 1,
        )
    for part in draft.parts(names):
        at = part.values[f"{_TOP}isolate"]
        if at is None:
            continue
        for place in own:
            moved = {
                name: None if value is None else value + place - at
                for name, value in part.values.items()
            }

            word = partial(_moved_word, words, moved)
            context = word("context")
            if (
                (not context or sample.type_of(context) in context_types)
                and sample.type_of(word("exception")) >= 0
                and not any(word(name) & 7 for name in ("c_entry_fp", "js_entry_sp", "handler"))
                and word("current_vm_state") & 0xFFFFFFFF < _STATES
            ):
                draft.take(
                    part._replace(values=moved),
                    f"moved by {place - at:+} to the pointer to the Isolate",
                )
                return True
    return False


def _moved_word(words: Sequence[int], moved: Mapping[str, Optional[int]], name: str) -> int:
    """The word of the isolate that the field is in; 1, which it can't be, where there is none."""
    offset = moved[f"{_TOP}{name}"]
    return words[offset // 8] if offset is not None and 0 <= offset // 8 < len(words) else 1


def _embedded_blob(draft: Draft, target: Target, words: Sequence[int]) -> None:
    """The pointer to the builtins' code, its size in the word behind it."""
    regions = [r for r in target.regions() if r.executable]
    old = draft.value("ThreadLocalTop.embedded_blob_code") or 0
    found: Optional[int] = None
    for i in range(len(words) - 1):
        start, size = words[i], words[i + 1] & 0xFFFFFFFF
        if start % _BLOB_ALIGNMENT or not _MIN_BLOB < size < _MAX_BLOB or start <= _MAX_BLOB:
            continue
        if regions and not any(r.start <= start < r.start + r.size for r in regions):
            continue
        if found is None or abs(8 * i - old) < abs(found - old):
            found = 8 * i
    if found is not None:
        for name in _ELSEWHERE:
            draft.measured(name, found, "pointer to code of the size of V8's builtins")


def _bytecode_sizes(draft: Draft, target: Target) -> None:
    """Lengths of bytecodes: three lists side by side, for operands of single, double and quadruple
    size. How many there are shows in them: what double size adds, quadruple adds twice more."""
    at = target.symbol(_BYTECODES)
    data = target.read_partial(at, 3 * _MOST) if at is not None else b""
    for count in range(_FEWEST, min(_MOST, len(data) // 3) + 1):
        lists = [data[i * count : (i + 1) * count] for i in range(3)]
        if 0 not in data[: 3 * count] and all(c - b == 2 * (b - a) for a, b, c in zip(*lists)):
            draft.bytecode_sizes = tuple(lists)
            return
    draft.bytecode_sizes = ()


def kinds_of_code(draft: Draft) -> None:
    """Maglev and TurboFan follow the kind of baseline code, in all versions."""
    baseline = draft.constants["Code.kind_baseline"]
    exported = "Code.kind_baseline" in draft.exported
    for i, name in enumerate(("Code.kind_maglev", "Code.kind_turbofan"), 1):
        source = f"derived: Code.kind_baseline + {i}" + ("" if exported else f", {UNVERIFIED}")
        draft.constants[name] = Sourced(baseline.value + i, source)
