"""Linked names of C++ functions as a reader wants them in a stack: qualified, without arguments.

`_ZN4node5StartEiPPc` is `node::Start`. Template arguments become `<…>`: in V8 they are longer than
the name. This is no demangler: types are skipped, not read, and a name that is not understood stays
as it is. The demanglers on PyPI that are Python only were tried and not taken: one fails on 7 % of
Node.js' names and garbles more, the other takes 70 ms to import and Python 3.11; and GDB's and
LLDB's Pythons have neither, where the text is to be the same.

Source: Itanium C++ ABI, 5.1.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

_LONGEST = 1 << 14  # bytes of a name that is looked at

# fmt: off
_OPERATORS = {
    "nw": " new", "na": " new[]", "dl": " delete", "da": " delete[]", "ps": "+", "ng": "-",
    "ad": "&", "de": "*", "co": "~", "pl": "+", "mi": "-", "ml": "*", "dv": "/", "rm": "%",
    "an": "&", "or": "|", "eo": "^", "aS": "=", "pL": "+=", "mI": "-=", "mL": "*=", "dV": "/=",
    "rM": "%=", "aN": "&=", "oR": "|=", "eO": "^=", "ls": "<<", "rs": ">>", "lS": "<<=",
    "rS": ">>=", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "ss": "<=>", "nt": "!", "aa": "&&", "oo": "||", "pp": "++", "mm": "--", "cm": ",",
    "pm": "->*", "pt": "->", "cl": "()", "ix": "[]", "aw": " co_await",
}
_STANDARD = {
    "St": ("std",), "Sa": ("std", "allocator"), "Sb": ("std", "basic_string"),
    "Ss": ("std", "string"), "Si": ("std", "istream"), "So": ("std", "ostream"),
    "Sd": ("std", "iostream"),
}
_SPECIAL = {
    "TV": "vtable for ", "TT": "VTT for ", "TI": "typeinfo for ", "TS": "typeinfo name for ",
    "GV": "guard variable for ", "TW": "thread-local wrapper of ", "TH": "thread-local init of ",
}
# fmt: on
_OPEN = "NIJXF"  # letters that an `E` closes, in what is skipped
_REMARKS = ("constprop", "isra", "lto_priv", "llvm", "localalias")
_ANONYMOUS = "_GLOBAL__N_"


class _NotUnderstood(Exception):
    pass


def readable(mangled: str) -> str:
    """The qualified name of a linked name; names of C and what is not understood as they are."""
    plain, suffix = _cut(mangled)
    if not plain.startswith("_Z") or len(plain) > _LONGEST:
        return plain + suffix
    parser = _Parser(plain)
    try:
        name = parser.encoding()
    except (_NotUnderstood, RecursionError, ValueError):  # ValueError: digits that are none
        return mangled
    return name + suffix


def _cut(name: str) -> Tuple[str, str]:
    """A name without the `@VERSION` of a library and without the remarks of the compiler; of those
    the one that tells a reader something: the unlikely part of a function, split off."""
    plain, dot, remark = name.partition("@")[0].partition(".")
    first = remark.partition(".")[0]
    if first in ("cold", "part"):
        return plain, f" [{first}]"
    return (plain, "") if first in _REMARKS else (plain + dot + remark, "")


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 2

    def encoding(self) -> str:
        """What stands behind `_Z`."""
        two = self._text[self._at : self._at + 2]
        if two in _SPECIAL:
            self._at += 2
            return _SPECIAL[two] + "::".join(self._name())
        if two in ("Th", "Tv"):  # a thunk: one or two offsets, each with a `_`, and the function
            for _ in range(1 if two == "Th" else 2):
                self._at = self._behind("_")
            return "thunk to " + self.encoding()
        return "::".join(self._name())

    def _behind(self, text: str) -> int:
        """Where the text goes on behind the next `text`."""
        found = self._text.find(text, self._at)
        if found < 0:
            raise _NotUnderstood
        return found + len(text)

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _name(self) -> List[str]:
        head = self._peek()
        if head == "N":
            return self._nested()
        if head == "Z":
            return self._local()
        two = self._text[self._at : self._at + 2]
        parts: List[str] = []
        if two in _STANDARD:
            self._at += 2
            parts = list(_STANDARD[two])
            if two != "St" and self._peek() != "I":
                return parts
        if not parts or two == "St":
            parts.append(self._component(parts))
        self._template(parts)
        return parts

    def _nested(self) -> List[str]:
        self._at += 1
        while self._peek() and self._peek() in "rVKRO":
            self._at += 1
        parts: List[str] = []
        while self._peek() != "E":
            two = self._text[self._at : self._at + 2]
            if two in _STANDARD and not parts:
                self._at += 2
                parts = list(_STANDARD[two])
            elif self._peek() == "I" and parts:
                self._template(parts)
            elif self._peek() == "M":  # a closure of a member's initializer
                self._at += 1
            else:
                parts.append(self._component(parts))
            if len(parts) > 64:
                raise _NotUnderstood
        self._at += 1
        return parts

    def _local(self) -> List[str]:
        """`Z` function `E` what is in it."""
        self._at += 1
        function = self._name()
        self._skip("E")
        if self._peek() == "s":
            self._at += 1
            return function
        if self._peek() == "d":  # in a default argument
            self._at = self._behind("_")
        parts = function + self._name()
        return parts

    def _component(self, before: List[str]) -> str:
        """One part of a name."""
        head = self._peek()
        if head == "L":  # of this file only
            self._at += 1
            head = self._peek()
        if head.isdigit():
            name = self._identifier()
            while self._peek() == "B":  # an ABI tag
                self._at += 1
                self._identifier()
            return "(anonymous namespace)" if name.startswith(_ANONYMOUS) else name
        two = self._text[self._at : self._at + 2]
        if head in ("C", "D") and len(two) == 2 and (two[1].isdigit() or two[1] == "I"):
            self._at += 2
            if two[1] == "I":
                self._at += 1
            owner = before[-1].partition("<")[0] if before else ""
            return f"~{owner}" if head == "D" else owner
        if two == "Ut" or two == "Ul":
            self._at += 2
            if two == "Ul":
                self._skip("E")
            start, self._at = self._at, self._behind("_")
            number = self._text[start : self._at - 1]
            count = int(number) + 2 if number.isdigit() else 1
            return f"{{lambda#{count}}}" if two == "Ul" else f"{{unnamed#{count}}}"
        if two in _OPERATORS:
            self._at += 2
            return f"operator{_OPERATORS[two]}"
        if two == "cv":  # a conversion; its type runs to the `E` of the name
            self._at += 2
            start = self._at
            self._skip_to_end()
            return "operator " + _type(self._text[start : self._at])
        raise _NotUnderstood

    def _identifier(self) -> str:
        start = self._at
        while self._peek().isdigit():
            self._at += 1
        size = int(self._text[start : self._at] or "0")
        name = self._text[self._at : self._at + size]
        if not size or len(name) < size:
            raise _NotUnderstood
        self._at += size
        return name

    def _template(self, parts: List[str]) -> None:
        if self._peek() == "I" and parts:
            self._at += 1
            self._skip("E")
            parts[-1] += "<…>"

    def _skip_to_end(self) -> None:
        """Up to the `E` that closes what we are in, which stays."""
        self._skip("E")
        self._at -= 1

    def _skip(self, closing: str) -> None:
        """Behind the `E` that closes what we are in: types, values and names are stepped over by
        their brackets."""
        depth = 0
        expression: Optional[int] = None  # the depth at which one began that we are in
        while True:
            head = self._peek()
            if not head:
                raise _NotUnderstood
            if head.isdigit():
                self._identifier()
                continue
            self._at += 1
            if expression is not None:
                opened = self._in_expression(head)
                if opened is not None:
                    depth += opened
                    continue
            if head == closing:
                if depth == 0:
                    return
                depth -= 1
                if expression is not None and depth <= expression:
                    expression = None
            elif head in _OPEN:
                if head == "X" and expression is None:
                    expression = depth
                depth += 1
            elif head == "Q":  # a constraint, up to the end of what it stands in
                expression = depth - 1 if expression is None else expression
            elif head == "S" or head == "T":
                self._reference(head)
            elif head == "L":
                depth += self._literal()
            elif head == "D":
                two = self._peek()
                self._at += 1
                depth += two == "t" or two == "T"
            elif head == "Z":
                depth += 1
            elif head == "A":
                while self._peek().isdigit():
                    self._at += 1
            elif head == "U" and self._peek() == "l":
                self._at += 1
                depth += 1
            elif head == "U" and self._peek() == "t":
                self._at = self._behind("_")
            elif head == "C" and self._peek().isdigit():
                self._at += 1

    def _in_expression(self, head: str) -> Optional[int]:
        """Steps over an operation that begins with `head`, if it is one whose letters would mean
        something else in a type: how many brackets it opens; else None."""
        following = self._peek()
        if head == "s" and following == "r":  # a scope: names up to an `E`, or a type
            self._at += 1
            return int(self._peek().isdigit())
        if head + following in ("cl", "tl", "il", "rq"):
            self._at += 1
            return 1
        if head == "s" and following in ("Z", "P"):
            self._at += 1
            return 0
        if head == "f" and following in ("p", "L"):
            self._at = self._behind("_")
            return 0
        return None

    def _reference(self, head: str) -> None:
        """A substitution `S_`, `S1A_`, `St`, or a parameter `T_`, `T0_`."""
        following = self._peek()
        if following.islower():  # a namespace of the standard; a kind of parameter (C++20)
            self._at += 1
            return
        end = self._text.find("_", self._at, self._at + 8)
        if end < 0:
            raise _NotUnderstood
        self._at = end + 1

    def _literal(self) -> int:
        """`L` type value `E`; brackets that it leaves open (its own)."""
        if self._peek() == "_":  # L_Z encoding E
            self._at += 2
            return 1
        start = self._at
        if self._peek().islower():  # of a basic type: digits up to the `E` are its value
            self._at += 1
            end = self._text.find("E", self._at)
            if end < 0:
                raise _NotUnderstood
            self._at = end + 1
            return 0
        if self._peek().isdigit():  # an enumerator: a name, a value
            self._identifier()
        elif self._peek() == "N":
            self._at += 1
            self._skip("E")
        elif self._peek() == "S":
            self._at += 1
            self._reference("S")
            if self._text[start : start + 2] == "St":
                self._identifier()
        else:
            return 1
        end = self._text.find("E", self._at)
        if end < 0:
            raise _NotUnderstood
        self._at = end + 1
        return 0


def _type(text: str) -> str:
    basic = {"b": "bool", "i": "int", "j": "unsigned int", "l": "long", "m": "unsigned long"}
    basic.update({"c": "char", "d": "double", "f": "float", "x": "long long", "v": "void"})
    return basic.get(text, "(type)")
