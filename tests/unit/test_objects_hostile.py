"""Damage is a value: whatever a dump holds, a view is made or says why not, and nothing hangs."""

from __future__ import annotations

import time
from typing import Iterator

import pytest

from tests.unit.test_objects_fakes import BASE, VERSIONS, Fake, exercise, smi
from v8inspect.objects.arrays import FixedArray
from v8inspect.objects.descriptors import descriptors_at
from v8inspect.objects.elements import Element, elements
from v8inspect.objects.hash_collections import JSMap, entries
from v8inspect.objects.js_object import JSArray, JSObject
from v8inspect.objects.maps import Map
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.properties import (
    Property,
    find_property,
    own_data_property,
    own_properties,
    prototype_chain,
)
from v8inspect.objects.reader import value
from v8inspect.objects.scopes import scope_at
from v8inspect.objects.strings import read_text, string_text
from v8inspect.objects.tagged import Cleared, Damaged, Smi, Weak
from v8inspect.objects.weak import JSFinalizationRegistry, WeakCell

NOWHERE = 0x7FFF_0000_0001


@pytest.fixture(params=VERSIONS)
def fake(request: pytest.FixtureRequest) -> Fake:
    return Fake(request.param)


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """No test may take long: that would be a loop that follows the dump."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 20


# Words and Maps.


def test_words_without_memory_behind_them(fake: Fake) -> None:
    assert value(fake.session, smi(-5)) == Smi(-5)
    assert value(fake.session, smi(2**31 - 1)) == Smi(2**31 - 1)
    assert isinstance(value(fake.session, 3), Cleared)
    assert isinstance(value(fake.session, 0x1234_0000_0003), Cleared)
    for word in (2, 0x7FFF_1234_5678, NOWHERE, NOWHERE + 4, (1 << 64) - 1 & ~2, 1, 5):
        assert isinstance(value(fake.session, word), Damaged), hex(word)
    weak = value(fake.session, fake.undefined + 2)
    assert isinstance(weak, Weak)
    assert not isinstance(weak.target, Damaged)


def test_maps_that_are_none(fake: Fake) -> None:
    nowhere = fake.words([NOWHERE, 0, 0])
    untagged = fake.words([fake.meta - 1 + 4, 0, 0])
    itself = fake.words([0] * 9)
    fake.put(itself, 0, itself)  # its own Map, but of type 0
    of_itself = fake.words([itself, 0, 0])
    first = fake.words([0] * 9)
    second = fake.words([first] + [0] * 8)
    fake.put(first, 0, second)  # two that are each other's Map
    looped = fake.words([first, 0, 0])
    at_the_end = BASE + len(fake.target.bytes) + 1
    for word in (nowhere, untagged, of_itself, looped, at_the_end):
        assert isinstance(fake.value(word), Damaged), hex(word)


def test_object_that_was_moved_is_followed_once(fake: Fake) -> None:
    copy = fake.string("moved")
    old = fake.words([copy - 1, 0, 0])
    older = fake.words([old - 1, 0, 0])
    fake.reader.value(old)
    assert fake.reader.value(old) == fake.reader.value(copy)
    assert isinstance(fake.value(older), Damaged)


def test_map_that_claims_too_few_bytes(fake: Fake) -> None:
    tiny = fake.words([fake.map("JS_PROMISE", 16), 0])
    assert isinstance(fake.value(tiny), Damaged)


def test_object_cut_off_by_the_end_of_the_dump(fake: Fake) -> None:
    cut = fake.words([fake.map("JS_OBJECT", 200), fake.empty, fake.empty])
    assert isinstance(fake.value(cut), Damaged)


def test_back_pointers_in_a_circle(fake: Fake) -> None:
    one, two = fake.map("JS_OBJECT", 24), fake.map("JS_OBJECT", 24)
    for map, other in ((one, two), (two, one)):
        fake.put(map, fake.layout.Map.constructor_or_back_pointer, other)
    view = fake.value(one)
    assert isinstance(view, Map)
    assert view.constructor() is None


def test_prototypes_in_a_circle(fake: Fake) -> None:
    maps = [fake.object_map(fake.descriptors([]), 0, 0) for _ in range(3)]
    objects = [fake.object(map) for map in maps]
    for number, map in enumerate(maps):
        fake.put(map, fake.layout.Map.prototype, objects[(number + 1) % 3])
    assert list(prototype_chain(fake.reader, objects[0])) == objects
    assert find_property(fake.reader, objects[0], "x") is None


# Strings.


def test_strings_of_every_shape(fake: Fake) -> None:
    left, right = fake.string("left "), fake.string("\u65e5\u672c")
    cons = fake.cons(left, right, 7, wide=True)
    sliced = fake.sliced(fake.string("0123456789"), 3, 4)
    thin = fake.thin(left, 5)
    external = fake.external(fake.raw(b"outside"), 7)
    high, low = fake.string("a\ud83d"), fake.string("\ude00b")
    for word, text in (
        (cons, "left \u65e5\u672c"),
        (sliced, "3456"),
        (thin, "left "),
        (external, "outside"),
        (fake.cons(high, low, 4, wide=True), "a\U0001f600b"),
        (high, "a\ud83d"),
        (fake.string(""), ""),
    ):
        read = read_text(fake.reader, word, 100)
        assert read.text == text
        assert read.complete
    assert string_text(fake.session, cons, 3) == "lef"
    assert not read_text(fake.reader, cons, 6).complete


def test_deep_cons_strings_do_not_recurse(fake: Fake) -> None:
    letter = fake.string("x")
    left, right = letter, letter
    for length in range(2, 30_000):
        left = fake.cons(left, letter, length)
        right = fake.cons(letter, right, length)
    for word in (left, right):
        assert read_text(fake.reader, word, 1 << 20).text == "x" * 29_999


def test_cyclic_strings_end(fake: Fake) -> None:
    empty = fake.string("")
    itself = fake.cons(0, empty, 20)
    fake.put(itself, fake.layout.String.cons_first, itself)
    one = fake.cons(0, empty, 1 << 28)
    two = fake.cons(one, empty, 1 << 28)
    fake.put(one, fake.layout.String.cons_first, two)
    thin = fake.thin(0, 9)
    fake.put(thin, fake.layout.String.thin_actual, thin)
    sliced = fake.sliced(0, 0, 9)
    fake.put(sliced, fake.layout.String.sliced_parent, sliced)
    for word in (itself, one, two, thin, sliced):
        read = read_text(fake.reader, word, 1 << 29)
        assert read.text == ""
        assert read.problem is not None


def test_strings_that_lie_about_their_length(fake: Fake) -> None:
    text = fake.string("short")
    long = fake.string("short")
    fake.put(long, fake.layout.String.length, 0xFFFF_FFFF, 4)
    for word in (
        long,
        fake.cons(text, text, 100),
        fake.cons(long, text, 20),
        fake.sliced(text, 3, 100),
        fake.sliced(text, -3, 2),
        fake.thin(text, 6),
        fake.external(0, 5),
        fake.external(NOWHERE, 5),
        fake.cons(smi(3), text, 20),
        fake.cons(text, NOWHERE, 20),
    ):
        read = read_text(fake.reader, word, 1 << 29)
        assert read.problem is not None, hex(word)
        assert not read.complete
        exercise(fake.value(word))
    assert read_text(fake.reader, smi(1), 10).problem is not None


# Properties.


def test_fast_properties(fake: Fake) -> None:
    a, b, c = fake.string("a"), fake.string("b"), fake.string("c")
    array = fake.descriptors(
        [
            (a, fake.details(0), 0),
            (b, fake.details(1), 0),
            (c, fake.details(0, in_descriptor=True), smi(30)),
        ]
    )
    outside = fake.array([smi(20), fake.undefined], "PROPERTY_ARRAY")
    object = fake.object(fake.object_map(array, 3, 1), smi(10), properties=outside)
    found = [p for p in own_properties(fake.reader, object) if isinstance(p, Property)]
    assert [(p.name, p.value, p.where) for p in found] == [
        ("a", Smi(10), "object"),
        ("b", Smi(20), "array"),
        ("c", Smi(30), "map"),
    ]
    assert own_data_property(fake.session, object, b) == smi(20)
    assert own_data_property(fake.session, object - 1, c - 1) == smi(30)
    assert own_data_property(fake.session, object, fake.string("d")) is None


@pytest.mark.parametrize("count", [1023, 0xFFFF])
def test_descriptor_counts_beyond_all_bounds(fake: Fake, count: int) -> None:
    array = fake.descriptors([(fake.string("a"), fake.details(0), 0)], count)
    object = fake.object(fake.object_map(array, 1023, 1), smi(1))
    fake.raw(bytes(1 << 17))
    found = list(own_properties(fake.reader, object))
    assert len(found) == 2
    assert any(isinstance(item, Damaged) for item in found)
    assert sum(isinstance(item, Property) for item in found) == 1


def test_descriptors_that_are_none(fake: Fake) -> None:
    for word in (smi(1), NOWHERE, fake.empty, fake.undefined):
        object = fake.object(fake.object_map(word, 5, 2), smi(1), smi(2))
        assert [type(item) for item in own_properties(fake.reader, object)] == [Damaged]
        assert descriptors_at(fake.reader, word).problem is not None
        exercise(fake.value(object))


def test_property_arrays_that_are_too_short_or_none(fake: Fake) -> None:
    names = [fake.string(name) for name in "ab"]
    array = fake.descriptors([(name, fake.details(7), 0) for name in names])
    map = fake.object_map(array, 2, 0)
    short = fake.array([smi(1)], "PROPERTY_ARRAY")
    for properties in (short, smi(7), NOWHERE, fake.empty, fake.undefined):
        object = fake.object(map, properties=properties)
        found = list(own_properties(fake.reader, object))
        assert len(found) == 2
        for item in found:
            assert isinstance(item, Property)
            assert isinstance(item.value, Damaged)


def _dictionary_object(fake: Fake, table: int) -> int:
    bits = 1 << fake.layout.Map.is_dictionary_map_bit
    return fake.object(fake.object_map(fake.empty, 0, 0, bits=bits), properties=table)


def _dictionary(fake: Fake, capacity: int, entries: list[int], claimed: int = -1) -> int:
    prefix = [0] * fake.layout.Dictionary.name_prefix
    rest = [fake.undefined] * (3 * capacity - len(entries))
    counts = [smi(len(entries) // 3), smi(0), smi(capacity if claimed < 0 else claimed)]
    return fake.array([*counts, *prefix, *entries, *rest], "NAME_DICTIONARY")


def test_dictionary_properties_in_order_of_creation(fake: Fake) -> None:
    index = fake.layout.Dictionary.enumeration_index_shift
    rows = []
    for name, order in (("b", 2), ("a", 1), ("c", 3)):
        rows += [fake.string(name), smi(order * 10), smi(order << index)]
    rows += [fake.hole, fake.hole, smi(0)]
    object = _dictionary_object(fake, _dictionary(fake, 8, rows))
    found = [p for p in own_properties(fake.reader, object) if isinstance(p, Property)]
    assert [(p.name, p.value) for p in found] == [("a", Smi(10)), ("b", Smi(20)), ("c", Smi(30))]


@pytest.mark.parametrize("capacity", [0, -8, 7, 1 << 20, 0x7FFF_FFFF])
def test_dictionaries_with_impossible_capacities(fake: Fake, capacity: int) -> None:
    table = _dictionary(fake, 8, [], capacity & 0x7FFF_FFFF if capacity >= 0 else 0)
    fake.put(
        table, fake.layout.FixedArray.data + 8 * fake.layout.Dictionary.capacity, smi(capacity)
    )
    object = _dictionary_object(fake, table)
    assert [type(item) for item in own_properties(fake.reader, object)] == [Damaged]
    assert own_data_property(fake.session, object, fake.string("a")) is None


def test_look_up_in_a_full_dictionary_ends(fake: Fake) -> None:
    rows = [fake.string("other"), smi(1), smi(0)] * 4096
    object = _dictionary_object(fake, _dictionary(fake, 4096, rows))
    assert own_data_property(fake.session, object, fake.string("absent")) is None


def test_dictionaries_that_are_none(fake: Fake) -> None:
    for table in (smi(1), NOWHERE, fake.empty, fake.undefined):
        object = _dictionary_object(fake, table)
        assert [type(item) for item in own_properties(fake.reader, object)] == [Damaged]


def test_no_object_no_properties(fake: Fake) -> None:
    for word in (NOWHERE, fake.string("text"), fake.undefined):
        assert [type(item) for item in own_properties(fake.reader, word)] == [Damaged]
        assert own_data_property(fake.session, word, fake.string("a")) is None


# Elements.


def _js_array(fake: Fake, kind: str, length: int, store: int) -> JSArray:
    bits = fake.layout.elements_kinds[kind] << fake.layout.Map.elements_kind_shift
    map = fake.map("JS_ARRAY", 32, bit_field2=bits, inobject_properties_start=4)
    view = fake.value(fake.object(map, length, elements=store))
    assert isinstance(view, JSArray)
    return view


def test_elements_without_holes(fake: Fake) -> None:
    store = fake.array([smi(1), fake.hole, smi(3), smi(4)])
    array = _js_array(fake, "HOLEY_SMI", smi(3), store)
    found = [item for item in elements(array) if isinstance(item, Element)]
    assert [(item.index, item.value) for item in found] == [(0, Smi(1)), (2, Smi(3))]


@pytest.mark.parametrize("length", [-1, 5, 0x7FFF_FFFF])
def test_stores_with_impossible_lengths(fake: Fake, length: int) -> None:
    store = fake.array([smi(1), smi(2)])
    fake.put(store, fake.layout.FixedArray.length, smi(length))
    array = _js_array(fake, "PACKED_SMI", smi(4), store)
    found = list(elements(array))
    assert len(found) <= 8
    if length < 4:
        assert isinstance(found[-1], Damaged)


def test_array_longer_than_its_store(fake: Fake) -> None:
    array = _js_array(fake, "PACKED_SMI", smi(1000), fake.array([smi(1)]))
    found = list(elements(array))
    assert isinstance(found[0], Element)
    assert isinstance(found[1], Damaged)


@pytest.mark.parametrize("kind", ["PACKED", "HOLEY_DOUBLE", "DICTIONARY", "FAST_SLOPPY_ARGUMENTS"])
def test_stores_that_are_none(fake: Fake, kind: str) -> None:
    for store in (smi(1), NOWHERE, fake.undefined, fake.string("text")):
        array = _js_array(fake, kind, smi(3), store)
        assert [type(item) for item in elements(array)] == [Damaged]
        exercise(array)


def test_length_that_is_no_number(fake: Fake) -> None:
    for length in (smi(-5), NOWHERE, fake.undefined):
        assert _js_array(fake, "PACKED", length, fake.empty).length == 0


# Collections, lists, scopes.


@pytest.mark.parametrize(
    ("elements_", "deleted", "buckets"),
    [(-1, 0, 2), (2, -5, 2), (1 << 29, 0, 2), (0, 0, -2), (0, 0, 1 << 30), (3, 3, 2)],
)
def test_ordered_tables_with_impossible_counts(
    fake: Fake, elements_: int, deleted: int, buckets: int
) -> None:
    table = fake.array([smi(elements_), smi(deleted), smi(buckets)] + [0] * 8, "ORDERED_HASH_MAP")
    found = list(entries(fake.reader, table, True))
    assert [type(item) for item in found] == [Damaged]
    map = fake.object(fake.map("JS_MAP", 32), table)
    view = fake.value(map)
    assert isinstance(view, JSMap)
    exercise(view)


def test_replaced_tables_in_a_circle(fake: Fake) -> None:
    table = fake.array([0, smi(1 << 29), smi(2)] + [0] * 8, "ORDERED_HASH_MAP")
    fake.put(table, fake.layout.FixedArray.data, table)
    iterator = fake.object(fake.map("JS_MAP_KEY_ITERATOR", 40), table, smi(5))
    exercise(fake.value(iterator))


def test_reactions_in_a_circle(fake: Fake) -> None:
    reaction = fake.words([fake.map("PROMISE_REACTION", 48)] + [fake.undefined] * 5)
    fake.put(reaction, fake.layout.Builtins.reaction_next, reaction)
    promise = fake.words([fake.map("JS_PROMISE", 48), fake.empty, fake.empty, 0, smi(0), 0])
    fake.put(promise, fake.layout.Builtins.promise_reactions_or_result, reaction)
    view = fake.value(promise)
    assert isinstance(view, JSPromise)
    assert [type(item).__name__ for item in view.reactions()] == ["PromiseReaction", "Damaged"]


def test_weak_cells_in_a_circle(fake: Fake) -> None:
    cell = fake.words([fake.map("WEAK_CELL", 72)] + [fake.undefined] * 8)
    fake.put(cell, fake.layout.WeakCell.next, cell)
    registry = fake.words([fake.map("JS_FINALIZATION_REGISTRY", 80)] + [fake.undefined] * 9)
    fake.put(registry, fake.layout.Builtins.finalization_active_cells, cell)
    view = fake.value(registry)
    assert isinstance(view, JSFinalizationRegistry)
    found = list(view.active_cells())
    assert [type(item) for item in found] == [WeakCell, Damaged]


@pytest.mark.parametrize("count", [-1, 1 << 20, 0x7FFF_FFFF])
def test_scopes_with_impossible_counts(fake: Fake, count: int) -> None:
    scope = fake.words([fake.map_of("SCOPE_INFO")] + [smi(0)] * 16)
    fake.put(scope, 8 + 8 * fake.layout.ScopeInfo.context_local_count, smi(count))
    assert scope_at(fake.reader, scope).problem is not None
    assert scope_at(fake.reader, NOWHERE).problem is not None
    assert scope_at(fake.reader, fake.undefined).problem is not None


def test_fixed_array_partly_absent(fake: Fake) -> None:
    store = fake.array([smi(number) for number in range(100)])
    fake.put(store, fake.layout.FixedArray.length, smi(5000))
    view = fake.value(store)
    assert isinstance(view, FixedArray)
    found = list(view.values())
    assert found[:100] == [Smi(number) for number in range(100)]
    assert all(isinstance(item, Damaged) for item in found[100:])
    assert len(found) < 120


# Every class, with nothing but nonsense behind it.


@pytest.mark.parametrize("filling", ["smi", "nowhere", "itself", "raw", "undefined"])
def test_every_class_over_nonsense(fake: Fake, filling: str) -> None:
    words = {
        "smi": smi(-1),
        "nowhere": NOWHERE,
        "raw": 0x1234_5678_9ABC,
        "undefined": fake.undefined,
    }
    for kind, name in fake.layout.type_names.items():
        if name == "MAP":
            continue
        map = fake.map(name, 160)
        itself = BASE + len(fake.target.bytes) + 1
        fake.words([map] + [words.get(filling, itself)] * 19)
        view = fake.value(itself)
        if isinstance(view, JSObject):
            list(zip(range(50), own_properties(fake.reader, itself)))
        exercise(view)
        assert kind == fake.layout.types[name]
