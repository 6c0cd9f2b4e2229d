"""What V8's heap snapshot shows of objects: types and names of nodes by Map, names of slots.

V8: src/profiler/heap-snapshot-generator.cc, V8HeapExplorer: AddEntry, GetSystemEntryType, the
Extract…References and their TagObject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from v8inspect.errors import MemoryUnreadable
from v8inspect.heap.heap import SHARED
from v8inspect.layout.snapshots import SnapshotFormat
from v8inspect.scan import snapshot as scan
from v8inspect.scan.scanner import MAP_RECEIVER, ScannedMap
from v8inspect.scan.snapshot import NamedSlot, NodeView, Tag

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout
    from v8inspect.session import Session

# V8HeapExplorer::GetSystemEntryType, of types that a test program may have none of.
_CODE = frozenset(
    (
        "CLOSURE_FEEDBACK_CELL_ARRAY",
        "CODE",
        "CODE_DATA_CONTAINER",
        "INSTRUCTION_STREAM",
        "INTERPRETER_DATA",
        "OBJECT_BOILERPLATE_DESCRIPTION",
        "REG_EXP_BOILERPLATE_DESCRIPTION",
        "SCRIPT",
        "SHARED_FUNCTION_INFO",
        "STORE_HANDLER",
        "TEMPLATE_OBJECT_DESCRIPTION",
        "TRUSTED_FIXED_ARRAY",
        "UNCOMPILED_DATA_WITHOUT_PREPARSE_DATA_WITH_JOB",
        "UNCOMPILED_DATA_WITH_PREPARSE_DATA_AND_JOB",
    )
)
# Types of which the nodes have several types: those that tags leave.
_UNTAGGED = {
    "CELL": "hidden",
    "MAP": "object shape",
    "TRUSTED_BYTE_ARRAY": "hidden",
    "TRUSTED_WEAK_FIXED_ARRAY": "hidden",
    "WEAK_ARRAY_LIST": "hidden",
    "WEAK_FIXED_ARRAY": "hidden",
}
_UPPER = {"JS": "JS", "WASM": "Wasm"}
# Receivers that are no JSObjects, or that V8 shows otherwise.
_NO_OBJECTS = ("JS_PROXY", "JS_GLOBAL_PROXY", "JS_ARRAY_BUFFER", "WASM_STRUCT", "WASM_ARRAY")
_ALL_HOLES_FROM = 14  # V8 major from which all holes are left out, not only the one
# Offsets that no other part of v8inspect asks for; each read off a snapshot (edge_names.py).
_HOST_OPTIONS = {"10.2": 120, "14.6": 136}
_HOST_OPTIONS_ELSE = 128
_SHARED_INFOS = 88  # of a Script
_FEEDBACK_SLOTS = 40  # of a FeedbackVector: from there on
_CONSTANT_ELEMENTS = 16
_REGEXP_DATA = 8  # of a RegExpBoilerplateDescription
_DEPENDENT_CODE = 24  # of an AllocationSite
_PROTOTYPE_USERS = 16
_PROTOTYPE_TRANSITIONS = 16
_ENUM_KEYS, _ENUM_INDICES = 8, 16


class Texts:
    """Strings that are given to the scanner, each once; the first is empty."""

    def __init__(self) -> None:
        self.all: list[str] = [""]
        self._numbers = {"": 0}

    def number(self, text: str) -> int:
        """The number of a string."""
        text = text[:1024]
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self.all)
            self.all.append(text)
        return found


def class_name(type_name: str) -> str:
    """V8's name of a class from that of its instance type: FEEDBACK_CELL, FeedbackCell."""
    return "".join(_UPPER.get(part, part.capitalize()) for part in type_name.split("_"))


class Views:
    """The views of a session's Maps."""

    def __init__(self, session: Session, form: SnapshotFormat, texts: Texts) -> None:
        self._session = session
        self._layout: Layout = session.layout
        self._form = form
        self._texts = texts
        self._types = {name: number for number, name in enumerate(form.node_types)}
        self._by_type: dict[int, NodeView] = {}

    def node_type(self, name: str) -> int:
        """The number of a type of nodes; what V8 10 has no type for is hidden."""
        return self._types.get(name, self._types["hidden"])

    def of(self, map_: ScannedMap, odd: bool) -> NodeView:
        """The view of a Map's instances; `odd`: some have names of their own."""
        if not map_.flags & MAP_RECEIVER:
            view = self._by_type.get(map_.type)
            if view is None:
                view = self._by_type[map_.type] = self._of_type(map_.type)
            return view
        view = self._of_receiver(map_)
        return view._replace(flags=view.flags | scan.ODD) if odd else view

    def slots(self) -> Iterator[NamedSlot]:
        """The slots that have names."""
        types, number = self._layout.types, self._texts.number
        functions = range(
            self._layout.first_js_function_type, self._layout.last_js_function_type + 1
        )
        for name, slots in self._form.slots.items():
            kind = types.get(name)
            if kind is None or kind in functions:
                continue
            for offset, text in slots.items():
                yield NamedSlot(kind, offset, number(text))
        for kind in functions:
            for offset, text in self._form.slots["JS_FUNCTION"].items():
                yield NamedSlot(kind, offset, number(text))
        yield NamedSlot(
            types["WEAK_CELL"], self._layout.WeakCell.unregister_token, number("unregister_token")
        )
        string = self._layout.String
        for kind in range(self._layout.first_nonstring_type):
            shape = kind & string.representation_mask
            for tag, offset, text in (
                (string.cons_tag, string.cons_first, "first"),
                (string.cons_tag, string.cons_second, "second"),
                (string.sliced_tag, string.sliced_parent, "parent"),
                (string.thin_tag, string.thin_actual, "actual"),
            ):
                if shape == tag and kind in self._layout.type_names:
                    yield NamedSlot(kind, offset, number(text))

    def tags(self) -> Iterator[Tag]:
        """What the holders of arrays make of them."""
        layout = self._layout
        code, shape = self._types["code"], self._types.get("object shape", scan.SAME)
        bytecodes = layout.BytecodeArray
        options = _HOST_OPTIONS.get(layout.table, _HOST_OPTIONS_ELSE)
        scope_names = layout.tagged_size * (1 + layout.ScopeInfo.first_variable)
        rows = [
            ("BYTECODE_ARRAY", bytecodes.constant_pool, scan.TAG_POOL, "(constant pool)", code),
            ("BYTECODE_ARRAY", bytecodes.handler_table, scan.TAG_ONE, "(handler table)", code),
            (
                "BYTECODE_ARRAY",
                bytecodes.source_position_table,
                scan.TAG_ONE,
                "(source position table)",
                code,
            ),
            ("SCRIPT", layout.Script.line_ends, scan.TAG_ONE, "(script line ends)", code),
            ("SCRIPT", _SHARED_INFOS, scan.TAG_ONE, "(infos)", code),
            ("SCRIPT", options, scan.TAG_ONE, "(host-defined options)", code),
            (
                "ARRAY_BOILERPLATE_DESCRIPTION",
                _CONSTANT_ELEMENTS,
                scan.TAG_ONE,
                "(constant elements)",
                code,
            ),
            (
                "REG_EXP_BOILERPLATE_DESCRIPTION",
                _REGEXP_DATA,
                scan.TAG_ONE,
                "(RegExp data)",
                code,
            ),
            ("ALLOCATION_SITE", _DEPENDENT_CODE, scan.TAG_ONE, "(dependent code)", code),
            ("FEEDBACK_VECTOR", _FEEDBACK_SLOTS, scan.TAG_FEEDBACK, "(feedback)", code),
            ("SCOPE_INFO", scope_names, scan.TAG_NAMES, "(context local names)", code),
            (
                "JS_BOUND_FUNCTION",
                layout.Builtins.bound_arguments,
                scan.TAG_ONE,
                "(bound arguments)",
                scan.SAME,
            ),
            ("CODE", layout.Code.deoptimization_data, scan.TAG_DEOPT, "(code deopt data)", code),
            (
                "CODE",
                layout.Code.position_table,
                scan.TAG_POSITIONS,
                "(source position table)",
                code,
            ),
        ]
        if shape != scan.SAME:
            rows += [
                ("ENUM_CACHE", _ENUM_KEYS, scan.TAG_ONE, "(enum cache)", shape),
                ("ENUM_CACHE", _ENUM_INDICES, scan.TAG_ONE, "(enum cache)", shape),
                ("PROTOTYPE_INFO", _PROTOTYPE_USERS, scan.TAG_ONE, "(prototype users)", shape),
                (
                    "TRANSITION_ARRAY",
                    _PROTOTYPE_TRANSITIONS,
                    scan.TAG_ONE,
                    "(prototype transitions)",
                    shape,
                ),
                (
                    "MAP",
                    layout.Map.prototype_validity_cell,
                    scan.TAG_ONE,
                    "(prototype validity cell)",
                    shape,
                ),
            ]
        for name in ("CODE", "INSTRUCTION_STREAM"):
            for offset, text in self._form.slots.get(name, {}).items():
                if text == "relocation_info":
                    rows.append((name, offset, scan.TAG_ONE, "(code relocation info)", code))
        for name, offset, how, text, kind in rows:
            if name in layout.types:
                yield Tag(layout.types[name], offset, how, self._texts.number(text), kind)

    def map_names(self) -> dict[int, str]:
        """Names of the nodes of Maps of strings, by the Map's address."""
        layout, found = self._layout, {}
        kind = layout.types["MAP"]
        for addresses, _ in self._session.heap.collect(lambda map_: map_.type == kind, (SHARED,)):
            for address in addresses:
                try:
                    of = self._session.memory.u16(address + layout.Map.instance_type)
                except MemoryUnreadable:
                    continue
                name = self._form.string_maps.get(layout.type_names.get(of, ""))
                if name is not None:
                    found[address] = name
        return found

    def _of_type(self, kind: int) -> NodeView:
        layout, number = self._layout, self._texts.number
        if kind < layout.first_nonstring_type:
            return self._of_string(kind)
        name = layout.type_names.get(kind, "")
        flags = first = 0
        if name in self._form.elements and not name.startswith("JS_"):
            flags, first = scan.NUMBERED, self._form.elements[name]
        if name == "WEAK_ARRAY_LIST":
            flags, first = scan.NUMBERED, layout.FixedArray.weak_array_list_data
        if layout.Context.first_type <= kind <= layout.Context.last_type:
            return self._of_context(name)
        simple = {
            "BIG_INT_BASE": ("bigint", "bigint"),
            "HEAP_NUMBER": ("number", "heap number"),
            "SHARED_FUNCTION_INFO": ("code", ""),
            "SCRIPT": ("code", ""),
            "SYMBOL": ("symbol", "symbol"),
        }.get(name)
        rule, text = scan.FIXED, "system / " + class_name(name) if name else "system / ?"
        if simple is not None:
            node_type, text = simple
        elif name in self._form.arrays and name not in _CODE:
            node_type, text = "array", ""
        elif name in _UNTAGGED:
            node_type = _UNTAGGED[name]
        else:
            node_type = self._form.types.get(name, "code" if name in _CODE else "hidden")
        if name in self._form.unnamed:
            text = "" if simple is None else text
        at = number(text)
        if name == "SHARED_FUNCTION_INFO":
            rule = scan.SHARED
        elif name == "SCRIPT":
            rule, at = scan.FIELD, layout.Script.name
        elif name == "SYMBOL":
            rule = scan.SYMBOL
        elif name == "ODDBALL":
            flags |= scan.PLAIN
            if "HOLE" in layout.types and layout.Oddball.kind_the_hole is None:
                rule, at = self._oddball(at)
        elif name == "HOLE" and int(layout.table.split(".")[0]) >= _ALL_HOLES_FROM:
            flags |= scan.PLAIN
        elif name == "MAP":
            flags |= scan.MAP | scan.ODD
        elif name == "CODE":
            flags |= scan.CODE | scan.ODD
        elif name == "INSTRUCTION_STREAM":
            flags |= scan.ODD
        elif name == "EPHEMERON_HASH_TABLE":
            flags |= scan.EPHEMERONS
        elif name == "PROTECTED_FIXED_ARRAY":
            pass  # V8 marks the one that a Code has, not the literals in it
        elif "BYTE_ARRAY" in name or "FIXED_ARRAY" in name or "WEAK" in name:
            flags |= scan.DEOPT
        return NodeView(self.node_type(node_type), rule, at, flags, first)

    def _oddball(self, at: int) -> tuple[int, int]:
        """From V8 13 on an oddball goes by what it is to JavaScript."""
        if int(self._layout.table.split(".")[0]) >= 13:
            return scan.FIELD, self._layout.Oddball.to_string
        return scan.FIXED, at

    def _of_string(self, kind: int) -> NodeView:
        fields = self._layout.String
        shape = kind & fields.representation_mask
        if shape == fields.cons_tag:
            return self._fixed("concatenated string", "(concatenated string)")
        if shape == fields.sliced_tag:
            return self._fixed("sliced string", "(sliced string)")
        flags = scan.EXTERNAL if shape == fields.external_tag else 0
        return NodeView(self.node_type("string"), scan.STRING, 0, flags, 0)

    def _of_context(self, name: str) -> NodeView:
        if name == "NATIVE_CONTEXT":
            return self._fixed("hidden", "system / NativeContext")
        view = self._fixed("object", "system / Context")
        flags = scan.CONTEXT
        if name not in ("FUNCTION_CONTEXT", "SCRIPT_CONTEXT", "MODULE_CONTEXT"):
            flags |= {"BLOCK_CONTEXT": scan.BLOCK, "EVAL_CONTEXT": scan.EVAL}.get(
                name, scan.BLOCK | scan.EVAL
            )
        return view._replace(flags=flags)

    def _fixed(self, node_type: str, text: str) -> NodeView:
        return NodeView(self.node_type(node_type), scan.FIXED, self._texts.number(text), 0, 0)

    def _of_receiver(self, map_: ScannedMap) -> NodeView:
        layout = self._layout
        name = layout.type_names.get(map_.type, "")
        if name == "JS_PROXY":
            return self._fixed("hidden", "system / JSProxy")
        flags = 0 if name in _NO_OBJECTS else scan.OBJECT
        first = 0
        if name in ("JS_BOUND_FUNCTION", "JS_WRAPPED_FUNCTION"):
            view = self._fixed("closure", "native_bind")
            return view._replace(flags=flags | (scan.BOUND if name == "JS_BOUND_FUNCTION" else 0))
        if layout.first_js_function_type <= map_.type <= layout.last_js_function_type:
            flags |= scan.FUNCTION
            return NodeView(self.node_type("closure"), scan.CLOSURE, 0, flags, 0)
        if name == "JS_REG_EXP":
            return NodeView(
                self.node_type("regexp"),
                scan.FIELD,
                layout.Builtins.regexp_source,
                flags | scan.MASKED,
                0,
            )
        if name in self._form.elements:
            flags, first = flags | scan.INLINE, self._form.elements[name]
        if name == "JS_ARRAY_BUFFER":
            flags |= scan.BUFFER
        elif name == "JS_GLOBAL_OBJECT":
            flags |= scan.GLOBAL
        elif name == "JS_GLOBAL_PROXY" and int(layout.table.split(".")[0]) >= 14:
            flags |= scan.PROXY
        if not self._is_prototype(map_):
            flags |= scan.MASKED
        text = self._session.namer.of_map(map_.address)
        return NodeView(
            self.node_type("object"), scan.FIXED, self._texts.number(text), flags, first
        )

    def _is_prototype(self, map_: ScannedMap) -> bool:
        return bool(map_.bit_field3 >> self._layout.Map.is_prototype_map_bit & 1)
