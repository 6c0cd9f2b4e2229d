"""ScopeInfo: flags, kinds of scopes, what its length counts. All ScopeInfos of the heap are seen.

One of each combination of flags is printed by V8; a bit means what is printed where it is set, and
only there.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Callable, Iterator, NamedTuple, Optional

from v8inspect.layout.model import Layout, ScopeInfoLayout
from v8inspect.layout.sizes import scope_info_size
from v8inspect.learn.fields import Fields
from v8inspect.learn.printed import Printed
from v8inspect.learn.sizes import Heap

_LOW = 0xFFFFFFFF
_MOST = 400  # prints
_KINDS = {
    "class": "CLASS_SCOPE",
    "eval": "EVAL_SCOPE",
    "function": "FUNCTION_SCOPE",
    "module": "MODULE_SCOPE",
    "script": "SCRIPT_SCOPE",
    "catch": "CATCH_SCOPE",
    "block": "BLOCK_SCOPE",
    "with": "WITH_SCOPE",
    "repl": "REPL_MODE_SCOPE",
    "shadow_realm": "SHADOW_REALM_SCOPE",
}
_BITS = {
    "sloppy_eval_bit": "sloppy eval",
    "inferred_name_bit": "inferred function name",
    "outer_scope_info_bit": "outer scope info",
    "context_extension_bit": "has context extension slot",
    "is_empty_bit": "empty",
}
_BEHAVIOURS = ("sloppy_eval_has_dependent_code", "function_has_unused_parameters")


class Scope(NamedTuple):
    """One ScopeInfo."""

    address: int  # tagged
    flags: int
    printed: Printed

    def has(self, label: str) -> bool:
        """Is the label printed of it?"""
        return label in self.printed.flags or label in self.printed.labels


class Scopes:
    """The ScopeInfos of the calibration program, one for each combination of flags."""

    def __init__(self, fields: Fields, heap: Heap) -> None:
        self._fields = fields
        known = fields.known
        addresses = [
            address
            for address, _, _ in heap.instances(heap.map_of_type(fields.types["SCOPE_INFO"]))
        ]
        words = {address: known.word(address - 1 + 8) or 0 for address in addresses}
        self.is_smi = all(word & _LOW == 0 for word in words.values())
        by_flags: dict[int, int] = {}
        for address, word in words.items():
            by_flags.setdefault(word >> 32 if self.is_smi else word & _LOW, address)
        self.found: list[Scope] = []
        for flags, address in list(by_flags.items())[:_MOST]:
            shown = fields.printer.of(address)
            if shown.text:
                self.found.append(Scope(address, flags, shown))

    def derive(self) -> None:
        """Puts down all that the prints say."""
        record = self._fields.record
        if len(self.found) < len(_KINDS):
            return
        record.put("ScopeInfo.flags", 8)
        record.put("ScopeInfo.flags_is_smi", int(self.is_smi))
        whole = [scope for scope in self.found if not scope.has("empty")]
        for field, label in _BITS.items():
            scopes = self.found if label == "empty" else whole
            self._bit(f"ScopeInfo.{field}", scopes, label)
        bit = record.derived.get("ScopeInfo.sloppy_eval_bit")
        if bit is not None:
            record.put("ScopeInfo.scope_type_mask", (1 << bit.value) - 1)
            self._kinds(whole, (1 << bit.value) - 1)
        self._function_variable(whole)
        self._positions(whole)
        self._inlined()
        self._module(whole)

    def _bit(self, constant: str, scopes: list[Scope], label: str) -> None:
        bits = [
            bit
            for bit in range(32)
            if all((scope.flags >> bit & 1 == 1) == scope.has(label) for scope in scopes)
        ]
        self._fields.choose(constant, bits, "printer")

    def _kinds(self, scopes: list[Scope], mask: int) -> None:
        for name, label in _KINDS.items():
            values = {
                scope.flags & mask
                for scope in scopes
                if scope.printed.labels.get("scope type") == label
            }
            if len(values) == 1:
                self._fields.record.put(f"ScopeInfo.scope_type_{name}", values.pop(), "printer")

    def _function_variable(self, scopes: list[Scope]) -> None:
        def named(scope: Scope) -> bool:
            return "function name(" in scope.printed.text

        shifts = [
            bit
            for bit in range(31)
            if all((scope.flags >> bit & 3 != 0) == named(scope) for scope in scopes)
        ]
        self._fields.choose("ScopeInfo.function_variable_shift", shifts, "printer")

    def _positions(self, scopes: list[Scope]) -> None:
        """Where the position starts, if that is the same word whatever the number of variables."""
        record, known = self._fields.record, self._fields.known
        found: Optional[set[int]] = None
        counts = set()
        for scope in scopes:
            start = scope.printed.number("start position")
            if not start or start < 1000:
                continue
            words = known.words(scope.address - 1 + 8, 64)
            here = {at for at, word in enumerate(words) if word == start << 32}
            found = here if found is None else found & here
            counts.add(scope.printed.number("context locals"))
        if len(counts) < 2 or found is None:
            return
        if found:
            self._fields.choose("ScopeInfo.position_start", found)
        else:
            record.lacks("ScopeInfo.position_start")

    def _inlined(self) -> None:
        """Functions with more and more variables in their context."""
        fields = self._fields
        limit = None
        for count in fields.known.facts["locals"]:
            scope = fields.printed(f"locals{count}>JSFunction.context>Context.slots")
            if "inlined local names" not in scope.flags and scope.text:
                limit = count if limit is None else min(limit, count)
        if limit is not None and limit - 1 in fields.known.facts["locals"]:
            fields.record.put("ScopeInfo.inlined_names_max", limit, "printer")

    def _module(self, scopes: list[Scope]) -> None:
        """Does the number of module variables stand before the names?"""
        first = self._fields.record.get("ScopeInfo.first_variable")
        for scope in scopes:
            if scope.printed.labels.get("scope type") == "MODULE_SCOPE" and first is not None:
                word = self._fields.known.word(scope.address - 1 + 8 + 8 * first)
                if word is not None:
                    self._fields.record.put("ScopeInfo.module_count_first", int(word & _LOW == 0))

    def fit(self, layout: Layout) -> None:
        """What counts into the length: of the possible behaviours those with which all sizes are
        the printed ones."""
        record = self._fields.record
        fitting = []
        samples = [
            (s, s.printed.number("length")) for s in self.found if s.printed.number("length")
        ]
        for values in product((0, 1), repeat=len(_BEHAVIOURS)):
            scope_info = ScopeInfoLayout(
                **{**vars(layout.ScopeInfo), **dict(zip(_BEHAVIOURS, values))}
            )
            changed = replace(layout, ScopeInfo=scope_info)
            if all(
                scope_info_size(changed, self._reads(scope.address)) == 8 + 8 * (length or 0)
                for scope, length in samples
            ):
                fitting.append(values)
        if len(fitting) == 1:
            for name, value in zip(_BEHAVIOURS, fitting[0]):
                record.put(f"ScopeInfo.{name}", value, "printer: lengths")
        elif samples:
            record.remarks.append(f"ScopeInfo: {len(fitting)} ways to count its length fit")

    def _reads(self, address: int) -> Callable[[int], int]:
        return lambda offset: self._fields.known.number(address - 1 + offset, 4) or 0

    def __iter__(self) -> Iterator[Scope]:
        return iter(self.found)
