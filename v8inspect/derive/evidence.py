"""Which number each instance type has, by what objects point to: a Map's descriptors are a
DescriptorArray, the function that JavaScript calls `WeakMap` makes JSWeakMaps, and so on.

Nothing here depends on the numbers of another version. Every answer is a vote over many objects.
"""

from __future__ import annotations

from collections import Counter
from typing import Iterable, Mapping, Optional, Sequence

from v8inspect.derive.draft import Draft
from v8inspect.derive.sample import Instance, Sample, share, slots
from v8inspect.layout.tables import Sourced

CONSTRUCTORS = {
    "Array": "JS_ARRAY",
    "ArrayBuffer": "JS_ARRAY_BUFFER",
    "DataView": "JS_DATA_VIEW",
    "Date": "JS_DATE",
    "Error": "JS_ERROR",
    "FinalizationRegistry": "JS_FINALIZATION_REGISTRY",
    "Map": "JS_MAP",
    "Promise": "JS_PROMISE",
    "Proxy": "JS_PROXY",
    "RegExp": "JS_REG_EXP",
    "Set": "JS_SET",
    "Uint8Array": "JS_TYPED_ARRAY",
    "WeakMap": "JS_WEAK_MAP",
    "WeakRef": "JS_WEAK_REF",
    "WeakSet": "JS_WEAK_SET",
    "Number": "JS_PRIMITIVE_WRAPPER",
}
"""Functions that are built in, and the type of what they make."""

TYPED_ARRAYS = {
    "Uint8Array": "UINT8",
    "Int8Array": "INT8",
    "Uint16Array": "UINT16",
    "Int16Array": "INT16",
    "Uint32Array": "UINT32",
    "Int32Array": "INT32",
    "Float32Array": "FLOAT32",
    "Float64Array": "FLOAT64",
    "Uint8ClampedArray": "UINT8_CLAMPED",
    "BigUint64Array": "BIGUINT64",
    "BigInt64Array": "BIGINT64",
    "Float16Array": "FLOAT16",
}
STABLE = {
    "SYMBOL": 128,
    "BIG_INT_BASE": 129,
    "HEAP_NUMBER": 130,
    "ODDBALL": 131,
    "JS_SPECIAL_API_OBJECT": 1040,
    "JS_PRIMITIVE_WRAPPER": 1041,
    "JS_OBJECT": 1057,
    "JS_API_OBJECT": 1058,
}
"""Types that have had one number from V8 10.2 to 15.8."""

_FAMILY = (
    "FIXED_ARRAY",
    "HASH_TABLE",
    "EPHEMERON_HASH_TABLE",
    "GLOBAL_DICTIONARY",
    "NAME_DICTIONARY",
    "NAME_TO_INDEX_HASH_TABLE",
    "NUMBER_DICTIONARY",
    "ORDERED_HASH_MAP",
    "ORDERED_HASH_SET",
)
"""FixedArray and those of its subclasses whose numbers follow it, 10.2 to 15.0."""

_CONTEXTS = {
    "BLOCK_CONTEXT": -6,
    "CATCH_CONTEXT": -5,
    "FUNCTION_CONTEXT": -2,
    "MODULE_CONTEXT": -1,
    "SCRIPT_CONTEXT": 1,
    "WITH_CONTEXT": 2,
}
"""Contexts by their distance from NativeContext, 10.2 to 15.8."""

_SURE = 0.9
_NATIVE_SLOTS = 200  # a NativeContext has more
_NATIVE_MAPS = 20
_CALLABLE = 1 << 49  # of the word at Map+8: bit_field is its byte 6, bit_field2 its byte 7
_HAS_PROTOTYPE_SLOT = 1 << 55
_DICTIONARY_BIT = 21  # of bit_field3
_FUNCTION_SLOTS = 64  # bytes
_FUNCTION_SIZE = 56  # bytes of a JSFunction at least
_MOST = 1000


class Evidence:
    """What `sample` says. `problems` are things that all known versions have and that were not
    found; `shared`, `context`, … are offsets in a JSFunction."""

    def __init__(self, draft: Draft, sample: Sample) -> None:
        self.draft = draft
        self.sample = sample
        self.problems: list[str] = []
        self.functions: Sequence[Instance] = ()
        self.natives: Sequence[int] = ()  # untagged addresses of NativeContexts
        self.initial_maps: dict[str, int] = {}  # name of a built-in function to an untagged Map
        for name, number in STABLE.items():
            self.say(name, number, "as in all known versions")
        self._objects()
        if self._functions():
            self._contexts()
            self._constructors()
            self._globals()
            self._collections()
        self._receivers()

    def say(self, name: str, number: int, how: str) -> None:
        """The type `name` has this number. What the binary exports is believed before."""
        exported = self.draft.exported_types.get(name)
        if exported is None:
            self.draft.types[name] = Sourced(number, f"measured: {how}")
        elif exported.value != number:
            self.problems.append(
                f"type {name} is {exported.value} by the binary's {exported.symbol}, "
                f"{number} by the dump ({how})"
            )

    def vote(self, name: str, numbers: Iterable[int], how: str, wanted: int = 3) -> Optional[int]:
        """Says what most of `numbers` are (those below 0 are no vote), if enough of them."""
        votes = Counter(number for number in numbers if number >= 0)
        if not votes:
            return None
        number, count = votes.most_common(1)[0]
        total = sum(votes.values())
        if count < wanted or count < _SURE * total:
            return None
        self.say(name, number, f"{how}, {count} of {total}")
        return number

    # Objects.

    def _objects(self) -> None:
        """What ordinary objects point to."""
        sample, type_of = self.sample, self.sample.type_of
        maps = [m for m in sample.maps if m.type >= 1000 and m.address]
        descriptors = [sample.word(m.address + 40) for m in maps]
        kinds = Counter(t for t in map(type_of, descriptors[:_MOST]) if t >= 0)
        # Those of Maps that share them, and V8's own strong ones: neighbours.
        both = sorted(number for number, _ in kinds.most_common(2))
        if len(both) == 2 and both[1] - both[0] != 1:
            both = [kinds.most_common(1)[0][0]]
        count = sum(kinds[number] for number in both)
        if not both or count < _SURE * sum(kinds.values()):
            self.problems.append("no DescriptorArray was found behind Maps")
            return
        number = both[0]
        self.say("DESCRIPTOR_ARRAY", number, f"descriptors of {count} Maps")
        self.say("STRONG_DESCRIPTOR_ARRAY", number + 1, "behind DESCRIPTOR_ARRAY")
        self._accessors(sample.of_type(number, 200))
        plain = sample.of_type(STABLE["JS_OBJECT"], _MOST)
        fixed = self.vote(
            "FIXED_ARRAY", (type_of(sample.word(i.address + 16)) for i in plain), "elements"
        )
        fast = [i for i in plain if not i.map.bit_field3 >> _DICTIONARY_BIT & 1]
        slow = [i for i in plain if i.map.bit_field3 >> _DICTIONARY_BIT & 1]
        outside = (type_of(sample.word(i.address + 8)) for i in fast)
        self.vote("PROPERTY_ARRAY", (t for t in outside if t != fixed), "properties of objects")
        names = self.vote(
            "NAME_DICTIONARY",
            (t for t in (type_of(sample.word(i.address + 8)) for i in slow) if t != fixed),
            "properties of slow objects",
        )
        if fixed is None:
            self.problems.append("no FixedArray was found behind objects")
            return
        if names is not None and names - fixed != _FAMILY.index("NAME_DICTIONARY"):
            self.problems.append("the subclasses of FixedArray are in another order")
            return
        for i, name in enumerate(_FAMILY):
            self.say(name, fixed + i, f"FIXED_ARRAY + {i}")

    # Functions.

    def _functions(self) -> bool:
        """Finds SharedFunctionInfo, Context and the rest in JSFunctions; False if it can't."""
        sample = self.sample
        callable_ = sample.instances(
            lambda m: (
                m.type > STABLE["JS_API_OBJECT"] and bool(sample.word(m.address + 8) & _CALLABLE)
            ),
            _MOST,
        )
        # A stray pointer to a Map, in an array of Maps, passes for an object.
        fixed = self.draft.types.get("FIXED_ARRAY", Sourced(-1, "")).value
        callable_ = [
            i
            for i in callable_
            if i.map.instance_size >= _FUNCTION_SIZE  # bound ones have less
            and sample.type_of(sample.word(i.address + 16)) == fixed
        ]
        columns = {
            at: Counter(sample.type_of(sample.word(i.address + at)) for i in callable_)
            for at in slots(_FUNCTION_SLOTS, 24)
        }
        found: list[tuple[int, int]] = []
        for at in (24, 32, 40):
            number, count = columns[at].most_common(1)[0]
            if number < 0 or count < _SURE * len(callable_):
                continue
            if self._context_like(i.address + at + 8 for i in callable_):
                found.append((at, number))
        if len(found) != 1:
            self.problems.append(
                f"the SharedFunctionInfo of functions was not found ({len(callable_)} looked at)"
            )
            return False
        at, number = found[0]
        self.say("SHARED_FUNCTION_INFO", number, f"word {at // 8} of functions")
        functions = [i for i in callable_ if sample.type_of(sample.word(i.address + at)) == number]
        self.functions = functions
        how = f"on {len(functions)} functions"
        self.draft.measured("JSFunction.shared", at, how)
        self.draft.measured("JSFunction.context", at + 8, how)
        types = Counter(i.map.type for i in functions)
        self.say("JS_FUNCTION", min(types), "lowest type with a SharedFunctionInfo")
        self.draft.measured("first_js_function_type", min(types), how)
        self.draft.measured("last_js_function_type", max(types), how)
        self._cells(functions, {at, at + 8}, how)
        self.vote(
            "SCOPE_INFO",
            (sample.type_of(sample.word(c - 1 + 16)) for c in self._contexts_of(functions)),
            "first slot of contexts",
        )
        return True

    def _context_like(self, places: Iterable[int]) -> bool:
        """Whether the words there point to arrays of two Smis' worth and more whose first slot is
        an object of one type."""
        good = total = 0
        firsts: Counter[int] = Counter()
        for place in places:
            total += 1
            word = self.sample.word(place)
            length = self.sample.word(word + 7) if word & 7 == 1 else 1
            if self.sample.size_of(word) == 0 and not length & 0xFFFFFFFF and length >> 32 >= 2:
                good += 1
                firsts[self.sample.type_of(self.sample.word(word + 15))] += 1
        if not firsts or share(good, total) < _SURE:
            return False
        number, count = firsts.most_common(1)[0]
        return number >= 0 and count >= _SURE * good

    def _contexts_of(self, functions: Sequence[Instance]) -> list[int]:
        at = self.draft.constants["JSFunction.context"].value
        return [self.sample.word(i.address + at) for i in functions]

    def _cells(self, functions: Sequence[Instance], taken: set[int], how: str) -> None:
        """FeedbackCell, what it holds, and whether code is a handle."""
        sample = self.sample
        for at in slots(56, 24):
            if at in taken:
                continue
            words = [sample.word(i.address + at) for i in functions]
            if share(sum(sample.size_of(word) == 24 for word in words), len(words)) >= _SURE:
                self.draft.measured("JSFunction.feedback_cell", at, how)
                self.vote(
                    "FEEDBACK_CELL", map(sample.type_of, words), f"word {at // 8} of functions"
                )
                taken = taken | {at}
                break
        for at in slots(56, 24):
            if at not in taken:
                pointers = sum(sample.type_of(sample.word(i.address + at)) >= 0 for i in functions)
                self.draft.measured("JSFunction.code", at, how)
                words = [sample.word(i.address + at) for i in functions]
                self.vote("CODE", map(sample.type_of, words), "code of functions", len(words) // 2)
                self.draft.measured(
                    "JSFunction.code_is_dispatch_handle",
                    int(share(pointers, len(functions)) < 0.5),
                    how,
                )
                break

    def _contexts(self) -> None:
        sample = self.sample
        contexts = set(self._contexts_of(self.functions))
        natives = [c for c in contexts if self._is_native(c)]
        self.natives = sorted(c - 1 for c in natives)
        number = self.vote("NATIVE_CONTEXT", map(sample.type_of, natives), "largest contexts", 1)
        if number is None:
            self.problems.append("no NativeContext was found")
            return
        for name, distance in _CONTEXTS.items():
            self.say(name, number + distance, f"NATIVE_CONTEXT {distance:+}")
        self.draft.measured("Context.first_type", number - 7, "NATIVE_CONTEXT - 7")
        self.draft.measured("Context.last_type", number + 2, "NATIVE_CONTEXT + 2")

    def _is_native(self, word: int) -> bool:
        """Whether this context is full of Maps, as V8's own is."""
        sample, map_type = self.sample, self.draft.types["MAP"].value
        length = sample.word(word + 7) >> 32
        if not _NATIVE_SLOTS < length < 4096:
            return False
        slots_ = (sample.word(word - 1 + at) for at in slots(16 + 8 * length, 16))
        return sum(sample.type_of(slot) == map_type for slot in slots_) > _NATIVE_MAPS

    def _native_words(self) -> Iterable[int]:
        """All slots of the NativeContexts."""
        for address in self.natives:
            length = min(self.sample.word(address + 8) >> 32, 4096)
            for at in slots(16 + 8 * length, 16):
                yield self.sample.word(address + at)

    def _constructors(self) -> None:
        """What JavaScript's own constructors make."""
        sample, draft = self.sample, self.draft
        shared = draft.constants["JSFunction.shared"].value
        info = draft.types["SHARED_FUNCTION_INFO"].value
        votes: dict[str, Counter[int]] = {}
        names_at: Counter[int] = Counter()
        functions = []
        for word in self._native_words():
            if sample.type_of(word) < STABLE["JS_API_OBJECT"]:
                continue
            target = sample.word(word - 1 + shared)
            if sample.type_of(target) != info:
                continue
            for at in (16, 24):
                if sample.text(sample.word(target - 1 + at)) in CONSTRUCTORS:
                    names_at[at] += 1
            functions.append((word, target))
        if not names_at:
            self.problems.append("no name of a built-in constructor was found")
            return
        name_at = names_at.most_common(1)[0][0]
        draft.measured("SharedFunctionInfo.name_or_scope_info", name_at, "names of constructors")
        kinds: dict[str, int] = {}
        for word, target in functions:
            name = sample.text(sample.word(target - 1 + name_at))
            map_word = sample.word(word - 1)
            if not sample.word(map_word - 1 + 8) & _HAS_PROTOTYPE_SLOT:
                continue
            initial = sample.word(word - 1 + 56)
            if sample.type_of(initial) != draft.types["MAP"].value:
                continue
            made = sample.type_at_map(initial)
            self.initial_maps.setdefault(name, initial - 1)
            if name in CONSTRUCTORS:
                votes.setdefault(CONSTRUCTORS[name], Counter())[made] += 1
            if name in TYPED_ARRAYS:
                kinds[TYPED_ARRAYS[name]] = sample.word(initial - 1 + 8) >> 58
        for name, counts in votes.items():
            self.vote(name, counts.elements(), "what its constructor makes", 1)
        self._kinds(kinds)
        bound = draft.types["JS_FUNCTION"].value
        functions_range = range(bound, draft.constants["last_js_function_type"].value + 1)
        for word in self._native_words():
            if sample.type_of(word) != draft.types["MAP"].value:
                continue
            made = sample.type_at_map(word)
            first = sample.word(word - 1 + 8)
            if first & _CALLABLE and made > STABLE["JS_API_OBJECT"] and made not in functions_range:
                size = 8 * (first & 0xFF)
                callable_ = {48: "JS_BOUND_FUNCTION", 40: "JS_WRAPPED_FUNCTION"}.get(size)
                if callable_:
                    self.say(callable_, made, "callable Maps of the NativeContext")
            elif first & _CALLABLE and made < STABLE["JS_SPECIAL_API_OBJECT"]:
                self.say("JS_PROXY", made, "callable Maps of the NativeContext")

    def _kinds(self, kinds: Mapping[str, int]) -> None:
        """Elements kinds: those of typed arrays are known, and others are counted from them."""
        draft = self.draft
        old = {name: kind.value for name, kind in draft.base.elements_kinds.items()}
        same = [name for name in kinds if name in old]
        if not same:
            self.problems.append("no typed array was found")
            return
        first = min(kinds[n] for n in same) - min(old[n] for n in same)
        last = max(kinds.values()) - max(old[n] for n in TYPED_ARRAYS.values() if n in old)
        for name, number in old.items():
            if name in kinds:
                continue
            if number >= max(old[n] for n in same):
                draft.kinds[name] = Sourced(number + last, f"derived: {last:+} as typed arrays")
            elif number >= old.get("DICTIONARY", 1 << 16):
                draft.kinds[name] = Sourced(number + first, f"derived: {first:+} as typed arrays")
        for name, number in kinds.items():
            draft.kinds[name] = Sourced(number, "measured: initial Map of its constructor")
        self._resizable_kinds(kinds)

    def _resizable_kinds(self, kinds: Mapping[str, int]) -> None:
        """Those over resizable buffers follow the others in the same order; each has a Map."""
        sample, draft = self.sample, self.draft
        typed = draft.types["JS_TYPED_ARRAY"].value
        numbers = {
            sample.word(word + 7) >> 58
            for word in self._native_words()
            if sample.type_of(word) == draft.types["MAP"].value
            and sample.type_at_map(word) == typed
        }
        first = min(kinds.values())
        count = next(
            (
                count
                for count in (len(kinds) + 1, len(kinds))  # one may be switched off
                if all(number + count in numbers for number in kinds.values())
            ),
            0,
        )
        if not count:
            return
        missing = set(range(first, first + count)) - set(kinds.values())
        if len(missing) == 1 and len(kinds) == len(TYPED_ARRAYS) - 1:
            name = next(name for name in TYPED_ARRAYS.values() if name not in kinds)
            kinds = {**kinds, name: missing.pop()}
        how = f"measured: {len(numbers)} Maps of typed arrays in the NativeContext"
        for name, number in kinds.items():
            draft.kinds[name] = Sourced(number, how)
            draft.kinds[f"RAB_GSAB_{name}"] = Sourced(number + count, how)

    def _globals(self) -> None:
        """The global object, its dictionary, and its proxy, whose prototype it is."""
        sample = self.sample
        globals_ = [sample.word(address + 32) for address in self.natives]
        self.vote("JS_GLOBAL_OBJECT", map(sample.type_of, globals_), "third slot of contexts", 1)
        tables = [sample.word(word + 7) for word in globals_]
        self.vote("GLOBAL_DICTIONARY", map(sample.type_of, tables), "properties of globals", 1)
        proxies = [
            sample.type_of(word)
            for word in self._native_words()
            if word & 7 == 1 and sample.word((sample.map_of(word) or 0) + 24) in globals_
        ]
        self.vote(
            "JS_GLOBAL_PROXY",
            (t for t in proxies if t < STABLE["JS_SPECIAL_API_OBJECT"]),
            "the global object is its prototype",
            1,
        )
        cells = []
        for table in tables:
            length = min(sample.word(table + 7) >> 32, 4096)
            for at in slots(16 + 8 * length, 16):
                word = sample.word(table - 1 + at)
                if sample.size_of(word) == 40:
                    cells.append(sample.type_of(word))
        self.vote("PROPERTY_CELL", cells, "entries of the global dictionary")

    def _collections(self) -> None:
        """Tables of collections, elements by kind, reactions of promises."""
        sample, type_of = self.sample, self.sample.type_of
        fixed = self.draft.types.get("FIXED_ARRAY", Sourced(-1, "")).value
        for name, table in (
            ("JS_MAP", "ORDERED_HASH_MAP"),
            ("JS_SET", "ORDERED_HASH_SET"),
            ("JS_WEAK_MAP", "EPHEMERON_HASH_TABLE"),
        ):
            if name in self.draft.types:
                found = sample.of_type(self.draft.types[name].value)
                words = (sample.word(i.address + 24) for i in found)
                self.vote(table, map(type_of, words), f"table of {name}s")
        array = self.draft.types.get("JS_ARRAY")
        if array is not None:
            doubles = sample.instances(
                lambda m: m.type == array.value and sample.word(m.address + 8) >> 58 in (4, 5)
            )
            words = (sample.word(i.address + 16) for i in doubles)
            arrays = (
                t for w in words for t in (type_of(w),) if t != fixed and not sample.size_of(w)
            )
            self.vote("FIXED_DOUBLE_ARRAY", arrays, "elements", 1)
        if array is not None:
            self._holes(array.value)
        typed = self.draft.types.get("JS_TYPED_ARRAY")
        if typed is not None:
            words = (sample.word(i.address + 16) for i in sample.of_type(typed.value))
            self.vote("BYTE_ARRAY", map(type_of, words), "elements of typed arrays")
        promise = self.draft.types.get("JS_PROMISE")
        if promise is not None:
            words = (sample.word(i.address + 24) for i in sample.of_type(promise.value))
            odd = STABLE["ODDBALL"]
            kinds = (type_of(w) for w in words if sample.size_of(w) == 48)
            reactions = (t for t in kinds if odd < t < STABLE["JS_SPECIAL_API_OBJECT"])
            self.vote("PROMISE_REACTION", reactions, "reactions of promises", 1)
        shared = [
            i.address + self.draft.constants["JSFunction.shared"].value for i in self.functions
        ]
        infos = sorted({sample.word(at) for at in shared})
        self._scripts(infos)

    def _holes(self, array: int) -> None:
        """What is no Smi in the elements of arrays of Smis is the hole: an Oddball or, from 12.x
        on, of a type of its own. It has to be told, or it would pass for a value."""
        sample = self.sample
        votes: Counter[int] = Counter()
        arrays = sample.instances(
            lambda m: m.type == array and sample.word(m.address + 8) >> 58 in (0, 1)
        )
        kinds: Counter[int] = Counter()
        fixed = self.draft.types["FIXED_ARRAY"].value
        for item in arrays:
            elements = sample.word(item.address + 16)
            own = sample.word(item.address + 24)
            if sample.type_of(elements) != fixed or own & 0xFFFFFFFF:
                continue  # a stray pointer to the Map passes for an array
            if own > sample.word(elements + 7):
                continue
            length = min(sample.word(elements + 7) >> 32, 64)
            for at in slots(16 + 8 * length, 16):
                word = sample.word(elements - 1 + at)
                if word & 3 == 1:
                    number = sample.type_of(word)
                    votes[number] += 1
                    if number == STABLE["ODDBALL"]:
                        kinds[sample.word(word - 1 + 40) >> 32] += 1
        number, count = votes.most_common(1)[0] if votes else (-1, 0)
        if not votes:
            self._hole_without_arrays()
        elif number < 0 or count < _SURE * sum(votes.values()):
            self.problems.append("what the hole is was not found")
        elif number == STABLE["ODDBALL"]:
            self.draft.types.pop("HOLE", None)
            kind = kinds.most_common(1)[0][0]
            self.draft.measured("Oddball.kind_the_hole", kind, f"{count} elements of Smi arrays")
        else:
            self.say("HOLE", number, f"{count} elements of Smi arrays")

    def _hole_without_arrays(self) -> None:
        """In a small heap: the oddball that says so, else the type behind FreeSpace."""
        sample = self.sample
        for odd in sample.of_type(STABLE["ODDBALL"], 100):
            if sample.text(sample.word(odd.address + 16)) == "hole":
                kind = sample.word(odd.address + 40) >> 32
                self.draft.measured("Oddball.kind_the_hole", kind, "oddball of that text")
                return
        number = self.draft.types["FREE_SPACE"].value + 1
        if any(type_ == number for type_, _ in self.draft.read_only_maps):
            self.say("HOLE", number, "behind FREE_SPACE, in all versions that have it")
        else:
            self.problems.append("what the hole is was not found")

    def _scripts(self, infos: Sequence[int]) -> None:
        """Script, and what else a SharedFunctionInfo points to."""
        sample = self.sample
        size = sample.size_of(infos[0]) if infos else 0
        if size <= 0:
            return
        self.draft.measured("SharedFunctionInfo.size", size, f"{len(infos)} of them")
        best: tuple[int, int, Counter[int]] = (0, 0, Counter())
        for at in slots(size, 16):
            votes: Counter[int] = Counter()
            for info in infos:
                word = sample.word(info - 1 + at)
                if 112 <= sample.size_of(word) <= 200 and sample.is_string(sample.word(word + 7)):
                    votes[sample.type_of(word)] += 1
            count = votes.most_common(1)[0][1] if votes else 0
            if count > best[0]:
                best = count, at, votes
        if not best[0]:
            self.problems.append("no Script was found behind functions")
            return
        self.draft.measured("SharedFunctionInfo.script", best[1], f"on {best[0]} of them")
        self.vote("SCRIPT", best[2].elements(), "script of functions", 1)
        templates = (
            sample.type_of(sample.word(info - 1 + at))
            for info in infos
            for at in (8, 16)
            if 96 <= sample.size_of(sample.word(info - 1 + at)) <= 144
        )
        self.vote("FUNCTION_TEMPLATE_INFO", templates, "data of functions")
        code = (
            sample.type_of(word)
            for word in (sample.word(info + 7) for info in infos)
            if not sample.size_of(word) and not sample.is_string(word)
        )
        self.vote("BYTECODE_ARRAY", code, "data of functions")

    def _accessors(self, arrays: Sequence[Instance]) -> None:
        """What stands behind the details of accessors in DescriptorArrays."""
        sample = self.sample
        pairs, infos = [], []
        for array in arrays:
            count = min(sample.word(array.address + 8) & 0xFFFF, 64)
            for at in slots(24 + 24 * count, 24):
                details, word = sample.word(array.address + at), sample.word(array.address + at + 8)
                if details & 0xFFFFFFFF or not details >> 32 & 1 or word & 7 != 1:
                    continue
                if not sample.is_name(sample.word(array.address + at - 8)):
                    continue
                size = sample.size_of(word)
                if size == 24:
                    pairs.append(sample.type_of(word))
                elif 40 <= size <= 72:
                    infos.append(sample.type_of(word))
        self.vote("ACCESSOR_PAIR", pairs, "accessors of descriptors")
        self.vote("ACCESSOR_INFO", infos, "accessors of descriptors")

    def _receivers(self) -> None:
        """Where JS receivers begin: behind what has a Map in read-only space, two types on; no
        receiver that is known may be lower."""
        below = [t for t, _ in self.draft.read_only_maps if t < 1000]
        known = [
            t.value
            for name, t in self.draft.types.items()
            if name in ("JS_PROXY", "JS_GLOBAL_OBJECT", "JS_GLOBAL_PROXY")
            or name.startswith(("JS_MODULE_NAMESPACE", "JS_DEFERRED_MODULE"))
        ]
        if not below or not known:
            self.problems.append("the first type of JS receivers was not found")
            return
        number = min(*known, max(below) + 3)
        if number <= max(below):
            self.problems.append("types of JS receivers and of others overlap")
        self.draft.measured(
            "first_js_receiver_type", number, "behind the types of read-only Maps, or lowest known"
        )


def numbers(types: Mapping[str, Sourced]) -> dict[str, int]:
    """Name to number."""
    return {name: type_.value for name, type_ in types.items()}
