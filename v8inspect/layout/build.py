"""From a checked table to a frozen Layout: groups filled by name, all that is missing named."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping, Sequence, get_type_hints

from v8inspect.errors import LayoutIncomplete
from v8inspect.layout import model
from v8inspect.layout.model import Constant, Layout
from v8inspect.layout.tables import Sourced, Table

_PLAIN = (
    "first_nonstring_type",
    "first_js_receiver_type",
    "first_js_function_type",
    "last_js_function_type",
)
"""Constants of the Layout itself, outside of any group."""

_CODE_SPACES = ("code", "code_large")
_NEW_SPACES = ("new",)


def _groups() -> Mapping[str, type[Any]]:
    hints = get_type_hints(Layout, vars(model))
    return {
        name: hint
        for name, hint in hints.items()
        if isinstance(hint, type) and issubclass(hint, model.Group)
    }


GROUPS: Mapping[str, type[Any]] = _groups()
"""Name of a group of constants to the class of model.py that holds it."""


def _names(optional: bool) -> Iterator[str]:
    """The names of the constants that some V8 versions lack, or of those that all have."""
    for group, cls in GROUPS.items():
        for name, annotation in cls.__annotations__.items():
            text = getattr(annotation, "__forward_arg__", annotation)
            if str(text).startswith("Optional[") == optional:
                yield f"{group}.{name}"


REQUIRED: Sequence[str] = (*_PLAIN, *_names(optional=False))
"""Names of the constants that every table must have."""

OPTIONAL: Sequence[str] = tuple(_names(optional=True))
"""Names of the constants that some V8 versions do not have."""

REQUIRED_TYPES = (
    "ACCESSOR_INFO",
    "ACCESSOR_PAIR",
    "BIG_INT_BASE",
    "BYTE_ARRAY",
    "BYTECODE_ARRAY",
    "CODE",
    "CONS_ONE_BYTE_STRING",
    "DESCRIPTOR_ARRAY",
    "EPHEMERON_HASH_TABLE",
    "FEEDBACK_METADATA",
    "FEEDBACK_VECTOR",
    "FILLER",
    "FIXED_ARRAY",
    "FIXED_DOUBLE_ARRAY",
    "FREE_SPACE",
    "FUNCTION_CONTEXT",
    "FUNCTION_TEMPLATE_INFO",
    "GLOBAL_DICTIONARY",
    "HEAP_NUMBER",
    "JS_API_OBJECT",
    "JS_ARRAY",
    "JS_ARRAY_BUFFER",
    "JS_BOUND_FUNCTION",
    "JS_DATA_VIEW",
    "JS_DATE",
    "JS_ERROR",
    "JS_FUNCTION",
    "JS_GLOBAL_OBJECT",
    "JS_GLOBAL_PROXY",
    "JS_MAP",
    "JS_OBJECT",
    "JS_PRIMITIVE_WRAPPER",
    "JS_PROMISE",
    "JS_PROXY",
    "JS_REG_EXP",
    "JS_SET",
    "JS_TYPED_ARRAY",
    "JS_WEAK_MAP",
    "JS_WEAK_REF",
    "JS_WEAK_SET",
    "MAP",
    "NAME_DICTIONARY",
    "NAME_TO_INDEX_HASH_TABLE",
    "NATIVE_CONTEXT",
    "NUMBER_DICTIONARY",
    "ODDBALL",
    "ORDERED_HASH_MAP",
    "ORDERED_HASH_SET",
    "PROMISE_REACTION",
    "PROPERTY_ARRAY",
    "PROPERTY_CELL",
    "SCOPE_INFO",
    "SCRIPT",
    "SHARED_FUNCTION_INFO",
    "SLOPPY_ARGUMENTS_ELEMENTS",
    "STRONG_DESCRIPTOR_ARRAY",
    "SYMBOL",
    "TUPLE2",
    "WEAK_ARRAY_LIST",
    "WEAK_CELL",
    "WEAK_FIXED_ARRAY",
)
"""Instance types that the code asks for by name without a fallback."""

REQUIRED_KINDS = ("PACKED_SMI", "HOLEY", "PACKED_DOUBLE", "DICTIONARY", "UINT8", "FLOAT64")
REQUIRED_SPACES = ("new", "old", "code", "large")
REQUIRED_FRAMES = ("EntryFrame", "ConstructEntryFrame", "ExitFrame", "BuiltinExitFrame")


def missing(
    table: Table, constants: Mapping[str, Sourced], types: Mapping[str, Sourced]
) -> list[str]:
    """Names of all that a Layout needs and these do not have."""
    lacking = [name for name in REQUIRED if name not in constants]
    lacking += [f"type {name}" for name in REQUIRED_TYPES if name not in types]
    lacking += [
        f"elements kind {name}" for name in REQUIRED_KINDS if name not in table.elements_kinds
    ]
    lacking += [f"space {name}" for name in REQUIRED_SPACES if name not in table.spaces]
    lacking += [f"frame type {name}" for name in REQUIRED_FRAMES if name not in table.frame_types]
    return lacking


def build(
    version: str,
    table: Table,
    constants: Mapping[str, Sourced],
    types: Mapping[str, Sourced],
    warnings: Iterable[str] = (),
) -> Layout:
    """The Layout of V8 `version`; `constants` and `types` are the table's, or override them.

    Raises LayoutIncomplete with the names of everything that is not there.
    """
    lacking = missing(table, constants, types)
    if lacking:
        raise LayoutIncomplete(version, lacking)
    groups: dict[str, Any] = {
        group: cls(
            **{
                field: constants[name].value if name in constants else None
                for field in cls.fields
                for name in (f"{group}.{field}",)
            }
        )
        for group, cls in GROUPS.items()
    }
    plain: dict[str, Any] = {name: constants[name].value for name in _PLAIN}
    spaces = {name: space.value for name, space in table.spaces.items()}
    return Layout(
        version=version,
        table=table.v8,
        exact=version == table.v8 or version.startswith(table.v8 + "."),
        tagged_size=table.tagged_size,
        types={name: type_.value for name, type_ in types.items()},
        type_names={type_.value: name for name, type_ in types.items()},
        elements_kinds={name: kind.value for name, kind in table.elements_kinds.items()},
        elements_kind_names={kind.value: name for name, kind in table.elements_kinds.items()},
        space_names={number: name for name, number in spaces.items()},
        code_spaces=tuple(spaces[name] for name in _CODE_SPACES if name in spaces),
        new_spaces=tuple(spaces[name] for name in _NEW_SPACES if name in spaces),
        size_rules={
            types[name].value: rule for name, rule in table.size_rules.items() if name in types
        },
        frame_types={number.value: name for name, number in table.frame_types.items()},
        translation_opcodes=tuple(
            (name, count.value) for name, count in table.translation_opcodes.items()
        ),
        bytecode_sizes=tuple(table.bytecode_sizes),
        read_only_maps=_fingerprint(table, types),
        constants=tuple(_constants(table, constants, types)),
        warnings=tuple(warnings),
        **plain,
        **groups,
    )


def _fingerprint(table: Table, types: Mapping[str, Sourced]) -> Sequence[tuple[int, int]]:
    """The table's read-only Maps, with the numbers that the types have here."""
    moved = {
        old.value: types[name].value
        for name, old in table.instance_types.items()
        if name in types and types[name].value != old.value
    }
    return tuple((moved.get(type_, type_), size) for type_, size in table.read_only_maps)


def _constants(
    table: Table, constants: Mapping[str, Sourced], types: Mapping[str, Sourced]
) -> Iterable[Constant]:
    for kind, numbers in (
        ("", constants),
        ("type ", types),
        ("elements kind ", table.elements_kinds),
        ("space ", table.spaces),
        ("frame type ", table.frame_types),
        ("operands of ", table.translation_opcodes),
    ):
        for name, (value, source) in numbers.items():
            yield Constant(kind + name, value, source)
