"""Builtins that V8's stack traces call by a name of their own.

V8: Builtins::NameForStackTrace in src/builtins/builtins.cc (12.4 on).
"""

from __future__ import annotations

_STRINGS = {
    "StringPrototypeToLocaleLowerCase": "String.toLocaleLowerCase",
    "StringPrototypeIndexOf": "String.indexOf",
    "StringPrototypeToLowerCaseIntl": "String.toLowerCase",
}
_NUMBERS = (
    "BigInt64",
    "BigUint64",
    "Float16",
    "Float32",
    "Float64",
    "Int8",
    "Int16",
    "Int32",
    "Uint8",
    "Uint16",
    "Uint32",
)
_DATA_VIEW = "DataView.prototype."
_BY_BUILTIN = {
    **_STRINGS,
    **{
        f"DataViewPrototype{verb}{kind}": f"{_DATA_VIEW}{verb.lower()}{kind}"
        for verb in ("Get", "Set")
        for kind in _NUMBERS
    },
    "DataViewPrototypeGetByteLength": f"get {_DATA_VIEW}byteLength",
}
# By the function's name, where only one builtin bears it: builtins written in C++ have no pc of
# their own, and a stripped executable has no names of builtins.
_BY_NAME = {
    **{
        f"{verb}{kind}": f"{_DATA_VIEW}{verb}{kind}" for verb in ("get", "set") for kind in _NUMBERS
    },
    "toLocaleLowerCase": "String.toLocaleLowerCase",
    "toLowerCase": "String.toLowerCase",
}


def known_name(builtin: str, function: str) -> str:
    """The name for V8's builtin of a name ('' if that is not known) that implements a function of
    a name; '' if it has none of its own."""
    return _BY_BUILTIN.get(builtin) or _BY_NAME.get(function, "")
