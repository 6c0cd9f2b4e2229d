"""What every analysis of single values needs: an object at an address, names, numbers."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Optional, Type, TypeVar, Union

from v8inspect.errors import NotAnObject
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSReceiver
from v8inspect.objects.maps import Map
from v8inspect.objects.reader import reader_of
from v8inspect.objects.tagged import Damaged, Smi, Value

if TYPE_CHECKING:
    from v8inspect.session import Session

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MAX_TIME = 8.64e15  # milliseconds; JavaScript's largest date
_O = TypeVar("_O", bound=HeapObject)


def value_at(session: Session, address: int) -> Value:
    """The value that users mean by an address: a tagged or untagged one, or a Smi's tagged word.

    Raises NotAnObject.
    """
    session.heap  # noqa: B018  checks that the layout fits before anything is shown
    if address and not address & 0xFFFF_FFFF:
        return reader_of(session).value(address)
    tag = address & 7
    if not address or tag not in (0, 1, 3):
        raise NotAnObject(address, "not aligned to 8 bytes" if address else "null")
    found = reader_of(session).value(address & ~7 | 1)
    if isinstance(found, Damaged):
        raise NotAnObject(address, _why_not(session, address, found))
    return found


def object_at(session: Session, address: int, wanted: Type[_O], what: str) -> _O:
    """The object of class `wanted` at an address; raises NotAnObject if it is none (no `what`)."""
    found = value_at(session, address)
    if isinstance(found, wanted):
        return found
    raise NotAnObject(address, f"it is {type_of(found)}, not {what}")


def _why_not(session: Session, address: int, found: Damaged) -> str:
    readable = bool(session.target.read_partial(address & ~7, 8))
    return found.why if readable else "the dump has no memory there"


def type_of(value: Value) -> str:
    """V8's instance type of a value without _TYPE; 'SMI' and the like for what is no object."""
    if isinstance(value, Map):
        return "MAP"  # type_name of a Map is that of its instances
    if isinstance(value, HeapObject):
        return value.type_name
    return "SMI" if isinstance(value, Smi) else type(value).__name__.upper()


def class_of(session: Session, value: HeapObject) -> str:
    """The name that the census counts a JS object under; of V8's own objects their type."""
    if isinstance(value, JSReceiver):
        return session.namer.of_object(value.address, value.map.address)
    return camel(type_of(value))


def camel(type_name: str) -> str:
    """V8's class of an instance type: SHARED_FUNCTION_INFO is SharedFunctionInfo."""
    special = {"JS": "JS", "BIG": "Big"}
    return "".join(special.get(word, word.capitalize()) for word in type_name.split("_"))


def number_text(number: float) -> str:
    """A number as JavaScript writes it, but -0 as -0."""
    if isinstance(number, int):
        return str(number)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    if number.is_integer() and abs(number) < 1e21:
        shown = repr(number)
        return str(int(number)) if "e" not in shown else _digits(shown)
    shown = repr(number)
    if "e" not in shown:
        return shown
    mantissa, _, exponent = shown.partition("e")
    power = int(exponent)
    if -7 < power < 0:  # JavaScript writes these out, Python does not
        sign = "-" if mantissa.startswith("-") else ""
        return f"{sign}0.{'0' * (-power - 1)}{mantissa.lstrip('-').replace('.', '')}"
    return f"{mantissa}e{'+' if power > 0 else '-'}{abs(power)}"


def _digits(shown: str) -> str:
    """'1.5e+17' as 150000000000000000: the shortest digits, then zeros, as JavaScript has it."""
    mantissa, _, exponent = shown.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = fraction.rstrip("0")
    return sign + whole + fraction + "0" * (int(exponent) - len(fraction))


def json_number(number: float) -> Union[int, float]:
    """A number for JSON: whole ones without a fraction, -0 stays -0.0."""
    if isinstance(number, float) and number.is_integer() and abs(number) <= 2**53:
        return number if number == 0 and math.copysign(1, number) < 0 else int(number)
    return number


def iso_date(time: float) -> Optional[str]:
    """What Date.prototype.toISOString gives; None for an invalid date."""
    if not math.isfinite(time) or abs(time) > _MAX_TIME:
        return None
    milliseconds = int(time)
    days, rest = divmod(milliseconds, 86_400_000)
    clock = (_EPOCH + timedelta(milliseconds=rest)).strftime("%H:%M:%S")
    year, month, day = _civil(days)
    shown = f"{year:04d}" if 0 <= year <= 9999 else f"{'-' if year < 0 else '+'}{abs(year):06d}"
    return f"{shown}-{month:02d}-{day:02d}T{clock}.{rest % 1000:03d}Z"


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970, for any year (Gregorian, proleptic)."""
    eras, day = divmod(days + 719_468, 146_097)
    of_era = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * of_era + of_era // 4 - of_era // 100
    month = (5 * day + 2) // 153
    date = day - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return of_era + 400 * eras + (1 if month <= 2 else 0), month, date
