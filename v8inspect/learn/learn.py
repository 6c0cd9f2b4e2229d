"""From a Node.js binary to a table: runs the calibration program and asks every part."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from v8inspect.errors import LearningFailed
from v8inspect.layout import build, tables, v8dbg
from v8inspect.layout.model import Layout
from v8inspect.layout.tables import Sourced
from v8inspect.layout.writing import write
from v8inspect.learn import (
    builtins,
    code,
    frames,
    functions,
    naming,
    pages,
    scopes,
    sizes,
    snapshot,
    table,
    threads,
    trial,
    values,
)
from v8inspect.learn.binary import Binary
from v8inspect.learn.fields import Fields
from v8inspect.learn.forged import Field, Forger
from v8inspect.learn.known import Known
from v8inspect.learn.printed import Printer
from v8inspect.learn.process import Calibration
from v8inspect.learn.record import Bases, Record

Progress = Callable[[str], None]

OLD_SIZE, SEMI_SIZE = 3001, 64  # megabytes, as no default is
_FIRST_NONSTRING = 128
_WAIT = 2000  # milliseconds, in which a picture is taken
_BEHIND = 4  # numbers beyond the last known type that are tried
_RECEIVERS = 1000  # types from here on are those of JSReceivers, with gaps
_JS = 2059  # the first type behind those that embedders may give to their objects


@dataclass
class Learnt:
    """What came out: `document` is the table, `not_derived` the names that were taken over."""

    v8: str  # whole version
    node: str
    document: Mapping[str, Any]
    record: Record
    not_derived: Sequence[str]
    census_equal: float = 0.0  # share of the objects of V8's snapshot that it counts alike

    @property
    def text(self) -> str:
        """The table as it is written to a file."""
        return write(self.document)

    def layout(self) -> Layout:
        """The layout that the table gives."""
        name = self.document["v8"]
        parsed = tables.parse(name, self.text.encode())
        return build.build(self.v8, parsed, parsed.constants, parsed.instance_types)


def learn(node: str, progress: Progress = lambda _: None) -> Learnt:
    """Derives the table of the V8 in the executable `node`. Raises LearningFailed."""
    if not os.path.isfile(node):
        raise LearningFailed(node, "there is no such file")
    node = os.path.abspath(node)
    progress("starting the calibration program")
    with Calibration(node) as calibration:
        known = Known(calibration)
        try:
            return _learn(node, calibration, known, progress)
        finally:
            known.close()


def _learn(node: str, calibration: Calibration, known: Known, progress: Progress) -> Learnt:
    v8 = str(calibration.facts["v8"])
    bases = Bases(".".join(v8.split(".")[:2]))
    binary = Binary(node, known.target)
    if not binary.ints or v8dbg.insane(binary.ints):
        raise LearningFailed(node, "it exports no constants for debuggers (v8dbg_*)")
    record = Record(bases, binary.ints)
    progress("reading pages")
    pages.derive(known, record)
    progress("asking for instance types and elements kinds")
    names, kinds = _numbers(node, record, binary.ints)
    types = table.instance_types(names, bases, binary.ints)
    table.plain_constants(types, record)
    progress("reading the limits of the heap")
    _limits(node, record)
    numbers = {name: type_.value for name, type_ in types.items()}
    fields = Fields(known, record, Printer(calibration), numbers)
    progress("reading objects")
    for part in (builtins, values, functions, code):
        part.derive(fields, numbers)
    naming.from_stacks(record, calibration.facts["stacks"])
    opcodes = table.opcodes(binary.operand_counts(), binary.opcode_names(), bases)
    code.signed_opcodes(fields, list(opcodes))
    progress("reading the stack")
    _stacks(calibration, fields, binary)
    progress("measuring sizes")
    rules = table.rules(types, bases)
    header = record.get("DescriptorArray.header_size")
    for name in ("DESCRIPTOR_ARRAY", "STRONG_DESCRIPTOR_ARRAY"):
        if header is not None and record.verified("DescriptorArray.header_size"):
            source = "derived: DescriptorArray.header_size"
            rules[name].update({"header": header, "source": source})
    heap = sizes.Heap(known, record)
    for fitted in sizes.fit(rules, types, heap):
        rules[fitted.name].update({fitted.number: fitted.value, "source": "measured"})
    progress("reading scopes")
    found = scopes.Scopes(fields, heap)
    found.derive()
    bytecodes = binary.bytecode_sizes()
    if not bytecodes:
        bytecodes = bases.nearest.bytecode_sizes
        record.remarks.append(f"sizes of bytecodes: as in {bases.nearest.v8}, no symbol has them")
    document: dict[str, Any] = {
        "v8": bases.v8,
        "tagged_size": binary.ints.get("TaggedSize", 8),
        "verified_on": [f"node {calibration.facts['node']} linux-x64: {v8}"],
        "constants": table.constants(record),
        "instance_types": types,
        "elements_kinds": {
            name: Sourced(number, "printer")
            for name, number in sorted(kinds.items(), key=lambda item: item[1])
        },
        "spaces": table.spaces(heap, fields, bases),
        "size_rules": rules,
        "frame_types": {
            name: Sourced(number, "v8dbg") for name, number in binary.frame_types().items()
        },
        "translation_opcodes": opcodes,
        "bytecode_sizes": dict(
            zip(("single", "double", "quadruple"), (sizes.hex() for sizes in bytecodes))
        ),
        "read_only_maps": {},
    }
    binary.close()
    constants = document["constants"]
    assert isinstance(constants, dict)
    learnt = Learnt(
        v8, str(calibration.facts["node"]), document, record, record.unverified(constants)
    )
    progress("reading the heap with it")
    found.fit(learnt.layout())
    document["constants"] = table.constants(record)
    document["read_only_maps"] = trial.fingerprint(known.target, learnt.layout())
    learnt.not_derived = record.unverified(document["constants"])
    progress("comparing with V8's heap snapshot")
    learnt.census_equal = _census(calibration, record, document, learnt)
    learnt.not_derived = record.unverified(document["constants"])
    if fields.printer.ended:
        record.remarks.append("V8's printer ended the process: what it was to say is missing")
    return learnt


def _census(
    calibration: Calibration, record: Record, document: dict[str, Any], learnt: Learnt
) -> float:
    """Takes a snapshot and another picture, and compares what the table makes of that one."""
    with tempfile.TemporaryDirectory(prefix="v8inspect-") as folder:
        path = Path(folder) / "calibration.heapsnapshot"
        calibration.ask("snapshot", path)
        theirs = snapshot.Snapshot(path)
    naming.from_snapshot(record, theirs)
    document["constants"] = table.constants(record)
    target = calibration.picture()
    try:
        return snapshot.share_equal(trial.census(target, learnt.layout()), theirs.counts)
    finally:
        target.close()


def _numbers(
    node: str, record: Record, ints: Mapping[str, int]
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Instance types and elements kinds by name."""
    exported = {reading.value for reading in v8dbg.types(ints)}
    known = exported | {t.value for t in record.bases.nearest.instance_types.values()}
    first = record.get("first_nonstring_type") or _FIRST_NONSTRING
    low = max(number for number in exported if number < _RECEIVERS)
    numbers = {number for number in known if number < first or _RECEIVERS <= number < _JS}
    numbers.update(range(first, low + _BEHIND))
    numbers.update(range(_JS, max(exported) + _BEHIND))
    type_ = Field(record.get("Map.instance_type") or 0, 2)
    kind = Field(record.get("Map.bit_field2") or 0, 1, record.get("Map.elements_kind_shift") or 0)
    forger = Forger(lambda: Calibration(node))
    try:
        names = forger.types(type_, numbers)
        kinds = forger.kinds(type_, names["JS_OBJECT"], kind)
    finally:
        forger.close()
    return names, kinds


def _stacks(calibration: Calibration, fields: Fields, binary: Binary) -> None:
    """What is told by the stack while it waits for a request, and while it is in Atomics.wait."""
    record, types = fields.record, binary.frame_types()
    heap = pages.heap_of(fields.known, record)
    if heap is None:
        return
    here = threads.Threads(fields, heap, types)
    here.derive()
    calibration.wait(_WAIT)
    known = Known(calibration)
    try:
        waiting = Fields(known, record, fields.printer, fields.types)
        frame = threads.Threads(waiting, heap, types).exit_frame
        if frame is not None:
            frames.of_builtin(waiting, frame)
    finally:
        known.close()
    calibration.answer()
    frame = here.exit_frame
    if frame is not None:
        marker = fields.known.word(frame - 8) or 0
        is_builtin = marker == types.get("BuiltinExitFrame", 0) << 1
        frames.of_embedder(fields, frame, record.bases.tables, is_builtin)


def _limits(node: str, record: Record) -> None:
    flags = [f"--max-old-space-size={OLD_SIZE}", f"--max-semi-space-size={SEMI_SIZE}"]
    with Calibration(node, flags) as calibration:
        known = Known(calibration)
        try:
            pages.limits(known, record, OLD_SIZE << 20, SEMI_SIZE << 20)
        finally:
            known.close()
