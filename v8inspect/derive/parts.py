"""Constants that move together, each group as the known version has it that fits the dump best.

`fit` names a group, what is looked at and how; a group that nothing is looked at for is taken over
from the nearest version and says so in its source.
"""

from __future__ import annotations

from typing import Callable, Sequence

from v8inspect.derive.draft import Draft
from v8inspect.derive.sample import Instance, Sample, share
from v8inspect.derive.stacks import kinds_of_code
from v8inspect.layout.model import Layout
from v8inspect.layout.sizes import scope_info_size
from v8inspect.layout.tables import Sourced

_WRONG = 0.9  # a smaller share of what was looked at does not fit
_FEW = 1  # objects; fewer tell nothing
_NAN = 0x7FF8 << 48  # as a Smi it would be far beyond what a Date can be
_VITAL = ("SharedFunctionInfos", "ScopeInfos")
_BUFFER_FIELDS = ("byte_length", "max_byte_length", "backing_store", "extension", "flags")


class Fits:
    """Chooses the groups of `draft` by `sample`. `problems`: what no known version fits and without
    which nothing can be said; `doubts`: the same of values of one kind; `unchecked`: what the dump
    has too few objects of."""

    def __init__(self, draft: Draft, sample: Sample) -> None:
        self._draft = draft
        self._sample = sample
        self.problems: list[str] = []
        self.doubts: list[str] = []
        self.unchecked: list[str] = []

    def all(self) -> None:
        """Every group that can be checked."""
        self._oddballs()
        self._slow_elements()
        self._descriptors()
        self._dictionaries()
        self._functions()
        self._scopes()
        self._buffers()
        self._promises()
        self._dates()
        self._bytecodes()
        self._embedders()
        self._context_cells()
        self._code()

    def _type(self, name: str) -> int:
        found = self._draft.types.get(name)
        return -1 if found is None else found.value

    def _of(self, name: str, most: int = 1000) -> list[Instance]:
        number = self._type(name)
        return self._sample.of_type(number, most) if number >= 0 else []

    def _choose(
        self,
        what: str,
        names: Sequence[str],
        count: int,
        fits: Callable[[Layout], int],
        apart: Sequence[Sequence[str]] = (),
    ) -> None:
        """Chooses `names`, and the groups of them that are `apart` by themselves; `fits(layout)`
        says how many of `count` objects fit."""
        groups = [[n for n in names if not any(n in group for group in apart)], *apart]
        if count < _FEW:
            self._draft.choose(groups, lambda layout: -1.0, "")
            self.unchecked.append(what)
            return
        best = self._draft.choose(
            groups, lambda layout: share(fits(layout), count), f"{count} {what}"
        )
        if best < _WRONG:
            found = self.problems if what in _VITAL else self.doubts
            found.append(f"{what}: no known version fits ({best:.0%} of {count})")

    def _slow_elements(self) -> None:
        """The elements kind of objects whose elements are a NumberDictionary."""
        sample = self._sample
        number = self._type("NUMBER_DICTIONARY")
        objects = self._of("JS_OBJECT", 4000) + self._of("JS_ARRAY", 1000)
        votes = [
            sample.word(o.map.address + 8) >> 58
            for o in objects
            if sample.type_of(sample.word(o.address + 16)) == number
        ]
        if votes:
            kind = max(set(votes), key=votes.count)
            how = f"measured: {votes.count(kind)} of {len(votes)} objects with a NumberDictionary"
            self._draft.kinds["DICTIONARY"] = Sourced(kind, how)

    def _oddballs(self) -> None:
        sample = self._sample
        texts = {"undefined": 0, "null": 0, "true": 0, "false": 0}
        at = self._draft.constants["Oddball.to_string"].value
        kinds = self._draft.constants["Oddball.kind"].value
        for odd in self._of("ODDBALL", 100):
            text = sample.text(sample.word(odd.address + at))
            if text in texts:
                texts[text] = 1
                number = sample.word(odd.address + kinds) >> 32
                self._draft.measured(f"Oddball.kind_{text}", number, "oddball of that text")
        if not all(texts.values()):
            missing = ", ".join(text for text, found in texts.items() if not found)
            self.problems.append(f"oddballs not found: {missing}")
        if "HOLE" in self._draft.types:
            self._draft.constants.pop("Oddball.kind_the_hole", None)

    def _descriptors(self) -> None:
        """The header of descriptor arrays, and that field indices count from 0."""
        sample, draft = self._sample, self._draft
        layout = draft.layout()
        maps = [m for m in sample.maps if m.type >= 1057 and m.instances]
        shift, mask = (
            layout.Map.number_of_own_descriptors_shift,
            layout.Map.number_of_own_descriptors_mask,
        )
        chosen = []
        for map_ in maps:
            own = (map_.bit_field3 & mask) >> shift
            if not map_.bit_field3 >> layout.Map.is_dictionary_map_bit & 1 and 0 < own < 100:
                chosen.append(
                    (sample.word(map_.address + layout.Map.instance_descriptors) - 1, own)
                )
        chosen = chosen[:: max(1, len(chosen) // 500)]

        def named(header: int) -> int:
            return sum(
                all(
                    sample.is_name(sample.word(array + header + 24 * i))
                    and not sample.word(array + header + 24 * i + 8) & 0xFFFFFFFF
                    for i in range(own)
                )
                for array, own in chosen
            )

        headers = {header: named(header) for header in (16, 24, 32, 40)}
        header = max(headers, key=lambda h: headers[h])
        if not chosen or headers[header] < _WRONG * len(chosen):
            self.problems.append(
                f"descriptors: names of properties not found in {len(chosen)} Maps"
            )
            return
        draft.measured(
            "DescriptorArray.header_size", header, f"{headers[header]} of {len(chosen)} Maps"
        )
        fields = layout.DescriptorArray
        whole = right = 0
        for array, own in chosen:
            details = [sample.word(array + header + 24 * i + 8) >> 32 for i in range(own)]
            indices = [
                d >> fields.field_index_shift & fields.field_index_mask
                for d in details
                if not d >> fields.location_bit & 1
            ]
            if indices:
                whole += 1
                right += sorted(indices) == list(range(len(indices)))
        if whole < _FEW or share(right, whole) < 0.8:
            self.problems.append(
                f"properties: field indices of {whole - right} of {whole} Maps do not count from 0"
            )

    def _dictionaries(self) -> None:
        """Words before the entries, from the length of each table: it has to come out even."""
        sample = self._sample
        for field, type_, entry in (
            ("name_prefix", "NAME_DICTIONARY", 3),
            ("number_prefix", "NUMBER_DICTIONARY", 3),
            ("global_prefix", "GLOBAL_DICTIONARY", 1),
        ):
            votes = []
            for table in self._of(type_, 200):
                length = sample.word(table.address + 8) >> 32
                capacity = sample.word(table.address + 32) >> 32
                votes.append(length - 3 - entry * capacity)
            if not votes:
                self.unchecked.append(f"{type_} tables")
                continue
            prefix = max(set(votes), key=votes.count)
            if not 0 <= prefix <= 8 or votes.count(prefix) < _WRONG * len(votes):
                self.problems.append(f"{type_}: entries do not fill the tables")
                continue
            self._draft.measured(f"Dictionary.{field}", prefix, f"length of {len(votes)} tables")

    def _functions(self) -> None:
        """The rest of SharedFunctionInfo by what was measured of it."""
        draft, sample = self._draft, self._sample
        known = {
            name: draft.constants[name].value
            for name in ("SharedFunctionInfo.name_or_scope_info", "SharedFunctionInfo.script")
        }
        scope, infos = self._type("SCOPE_INFO"), self._of("SHARED_FUNCTION_INFO", 1000)

        def fits(layout: Layout) -> int:
            fields = layout.SharedFunctionInfo
            if any(getattr(fields, name.split(".")[1]) != at for name, at in known.items()):
                return 0
            good = 0
            for info in infos:
                name = sample.word(info.address + fields.name_or_scope_info)
                good += not name & 1 or sample.is_string(name) or sample.type_of(name) == scope
            return good

        names = [
            name
            for name in draft.names("SharedFunctionInfo")
            if name not in known and name != "SharedFunctionInfo.size"
        ]
        self._choose("SharedFunctionInfos", [*names, *known], len(infos), fits)
        scripts = self._of("SCRIPT", 200)
        if scripts:
            size = scripts[0].map.instance_size
            draft.measured("Script.size", size, f"{len(scripts)} of them")

        def flags(layout: Layout) -> int:
            at = layout.Script.flags
            return sum(
                at < s.map.instance_size
                and not sample.word(s.address + at) & 0xFFFFFFFF
                and sample.word(s.address + at) >> 32 < 1 << 16
                for s in scripts
            )

        def urls(layout: Layout) -> int:
            at = layout.Script.source_url
            return sum(
                at < s.map.instance_size and sample.type_of(sample.word(s.address + at)) >= 0
                for s in scripts
            )

        self._choose("flags of Scripts", ["Script.flags"], len(scripts), flags)
        self._choose("URLs of Scripts", ["Script.source_url"], len(scripts), urls)

    def _scopes(self) -> None:
        """ScopeInfo by its size, which depends on all that it has, and by what functions say."""
        sample = self._sample
        scopes = [s for s in self._of("SCOPE_INFO", 600) if sample.word(s.address + 8)]
        functions = self._function_scopes()

        def fits(layout: Layout) -> int:
            good = sum(
                sample.ends_at_object(s.address, scope_info_size(layout, _u32(sample, s.address)))
                for s in scopes
            )
            fields = layout.ScopeInfo
            kinds = {fields.scope_type_function}
            for address in functions:
                read = _u32(sample, address)
                flags = read(fields.flags + 4) if fields.flags_is_smi else read(fields.flags)
                good += flags & fields.scope_type_mask in kinds
            return good

        names = self._draft.names("ScopeInfo")
        apart = [
            ["ScopeInfo.function_has_unused_parameters"],
            ["ScopeInfo.locals_block_list_bit"],
            ["ScopeInfo.sloppy_eval_has_dependent_code"],
            ["ScopeInfo.module_count_first"],
        ]
        self._choose("ScopeInfos", names, len(scopes) + len(functions), fits, apart)

    def _function_scopes(self) -> list[int]:
        """Untagged addresses of the ScopeInfos of SharedFunctionInfos that have a name there."""
        sample, found = self._sample, []
        at = self._draft.constants["SharedFunctionInfo.name_or_scope_info"].value
        for info in self._of("SHARED_FUNCTION_INFO", 1000):
            word = sample.word(info.address + at)
            # A class or a module has one too: by far most are functions.
            if sample.type_of(word) == self._type("SCOPE_INFO") and sample.word(word + 7):
                found.append(word - 1)
        return found[:300]

    def _buffers(self) -> None:
        sample = self._sample
        buffers = [b for b in self._of("JS_ARRAY_BUFFER") if b.map.instance_size >= 64]

        def sound(first: int) -> int:
            good = 0
            for b in buffers:
                size, most, store = (sample.word(b.address + first + at) for at in (0, 8, 16))
                # An empty one may have anything for its maximum.
                good += (size == most or not size) and size < 1 << 48 and not store & 1
            return good

        # In all versions these stand side by side, and few buffers can grow.

        def filled(first: int) -> int:
            return sum(
                0 < sample.word(b.address + first) == sample.word(b.address + first + 8) < 1 << 48
                for b in buffers
            )

        first = max((24, 32, 40), key=lambda at: (filled(at), sound(at)))
        if len(buffers) < _FEW:
            self.unchecked.append("ArrayBuffers")
        elif sound(first) < _WRONG * len(buffers):
            self.doubts.append(
                f"ArrayBuffers: no known version fits ({sound(first)} of {len(buffers)})"
            )
        else:
            how = f"{sound(first)} of {len(buffers)} ArrayBuffers"
            for i, name in enumerate(_BUFFER_FIELDS):
                self._draft.measured(f"Builtins.array_buffer_{name}", first + 8 * i, how)
        kinds = {
            k.value: _ELEMENT_BYTES[n] for n, k in self._draft.kinds.items() if n in _ELEMENT_BYTES
        }
        views = self._of("JS_TYPED_ARRAY")
        buffer = self._type("JS_ARRAY_BUFFER")

        def viewed(layout: Layout) -> int:
            fields = layout.Builtins
            good = 0
            for v in views:
                size = sample.word(v.address + fields.view_byte_length)
                unit = kinds.get(sample.word(v.map.address + 8) >> 58, 0)
                if (
                    not unit
                    or sample.type_of(sample.word(v.address + fields.view_buffer)) != buffer
                ):
                    continue
                length = size // unit
                if fields.typed_array_length is not None:
                    length = sample.word(v.address + fields.typed_array_length)
                base = sample.word(v.address + fields.typed_array_base_pointer)
                outside = sample.word(v.address + fields.typed_array_external_pointer)
                good += (
                    size == length * unit
                    and (not base or sample.type_of(base) >= 0)
                    and outside < 1 << 48
                    and (bool(base) == (outside < 64) or not size)
                    and sample.word(v.address + fields.view_byte_offset) < 1 << 48
                )
            return good

        names = self._draft.names("Builtins", "view_", "typed_array_", "data_view_")
        self._choose("typed arrays", names, len(views), viewed, [["Builtins.typed_array_length"]])

    def _promises(self) -> None:
        sample = self._sample
        reactions = self._of("PROMISE_REACTION")
        own, promise = self._type("PROMISE_REACTION"), self._type("JS_PROMISE")

        def fits(layout: Layout) -> int:
            fields = layout.Builtins
            good = 0
            for r in reactions:
                after = sample.word(r.address + fields.reaction_next)
                whose = sample.type_of(
                    sample.word(r.address + fields.reaction_promise_or_capability)
                )
                fulfilled = sample.type_of(sample.word(r.address + fields.reaction_fulfill_handler))
                good += (
                    (not after or sample.type_of(after) == own)
                    and whose >= 0
                    and whose < (1 << 16)
                    and (whose == promise or whose < 1000)
                    and fulfilled >= 0
                )
            return good

        self._choose(
            "PromiseReactions", self._draft.names("Builtins", "reaction_"), len(reactions), fits
        )

    def _dates(self) -> None:
        sample = self._sample
        dates = self._of("JS_DATE")

        def fits(layout: Layout) -> int:
            good = 0
            for date in dates:
                word = sample.word(date.address + layout.Builtins.date_value)
                tagged = not word & 0xFFFFFFFF or sample.type_of(word) >= 0
                good += word == _NAN or tagged != bool(layout.Builtins.date_is_raw_double)
            return good

        names = ["Builtins.date_is_raw_double"]
        self._choose("Dates", names, len(dates), fits)

    def _bytecodes(self) -> None:
        """BytecodeArray by the types of what it points to and by small numbers."""
        sample = self._sample
        arrays = self._of("BYTECODE_ARRAY", 500)

        def fits(layout: Layout) -> int:
            fields = layout.BytecodeArray
            good = 0
            for a in arrays:
                frame = sample.word(a.address + fields.frame_size) & 0xFFFFFFFF
                read = _u32(sample, a.address)
                count = read(fields.parameter_count)
                if fields.parameter_count_is_bytes:
                    fine = not count & 7 and 8 <= count < 1 << 19
                else:
                    fine = 1 <= count & 0xFFFF < 1 << 15
                good += (
                    fine
                    and not frame & 7
                    and frame < 1 << 20
                    and sample.size_of(sample.word(a.address + fields.constant_pool)) == 0
                    and sample.size_of(sample.word(a.address + fields.handler_table)) == 0
                )
            return good

        names = self._draft.names("BytecodeArray")
        names.remove("BytecodeArray.position_offsets_unsigned")
        self._choose("BytecodeArrays", names, len(arrays), fits)

    def _code(self) -> None:
        """Code by the machine code that it points to."""
        sample = self._sample
        regions = [r for r in sample.memory.target.regions() if r.executable]
        codes = self._of("CODE", 500)

        def fits(layout: Layout) -> int:
            fields = layout.Code
            good = 0
            for code in codes:
                read = _u32(sample, code.address)
                start = code.address
                if fields.instruction_start is not None:
                    start = sample.word(code.address + fields.instruction_start)
                good += (
                    any(r.start <= start < r.start + r.size for r in regions)
                    and 0 < read(fields.instruction_size) < 1 << 24
                    and read(fields.flags) & fields.kind_mask <= fields.kind_turbofan
                )
            return good

        names = [name for name in self._draft.names("Code") if ".kind_" not in name]
        if regions:
            self._choose("machine code", names, len(codes), fits)
        kinds_of_code(self._draft)

    def _context_cells(self) -> None:
        """ContextCell, where this V8 has it: as in the nearest version that has it too."""
        names = self._draft.names("Context", "cell_")
        has = "CONTEXT_CELL" in self._draft.types
        for part in self._draft.parts(names):
            if has == all(value is not None for value in part.values.values()):
                self._draft.take(part, "")
                return

    def _embedders(self) -> None:
        """Where the fields of API objects begin: together with those of views, in all versions."""
        draft = self._draft
        names = ["JSObject.api_embedder_fields", "Module.namespace_module"]
        at = draft.value("Builtins.view_buffer")
        parts = draft.parts([*names, "Builtins.view_buffer"])
        part = next((p for p in parts if p.values["Builtins.view_buffer"] == at), None)
        if part is not None:
            values = {name: part.values[name] for name in names}
            draft.take(part._replace(values=values), "as views have their buffer")


_ELEMENT_BYTES = {
    "UINT8": 1,
    "INT8": 1,
    "UINT8_CLAMPED": 1,
    "UINT16": 2,
    "INT16": 2,
    "FLOAT16": 2,
    "UINT32": 4,
    "INT32": 4,
    "FLOAT32": 4,
    "FLOAT64": 8,
    "BIGUINT64": 8,
    "BIGINT64": 8,
}


def _u32(sample: Sample, address: int) -> Callable[[int], int]:
    def read(at: int) -> int:
        return int.from_bytes(sample.memory.target.read_partial(address + at, 4), "little")

    return read
