"""The properties of an object as a list of addresses: mdb_v8's walker `jsprop`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator

from v8inspect.errors import NotAnObject
from v8inspect.objects.js_object import JSReceiver
from v8inspect.objects.properties import Property, own_properties
from v8inspect.objects.reader import reader_of
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class PropertyValueRow(Row):
    """One own property; `address` is the tagged word of its value (of a Smi the word itself)."""

    key: str
    address: Address


def property_values(session: Session, address: int) -> Iterator[PropertyValueRow]:
    """Own data properties in JavaScript's order; raises NotAnObject."""
    reader = reader_of(session)
    word = (address & ~7) | 1
    if not isinstance(reader.value(word), JSReceiver):
        raise NotAnObject(address, "no JavaScript object")
    for item in own_properties(reader, word):
        if isinstance(item, Property) and not item.is_accessor and item.word is not None:
            if not item.is_private or item.is_private_name:
                yield PropertyValueRow(item.name, Address(item.word))
