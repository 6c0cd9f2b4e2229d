"""`F.prototype = null`: V8 keeps what is no object in the function's Map, not in the function."""

from __future__ import annotations

import pytest

from tests.unit.test_objects_fakes import VERSIONS, Fake, smi
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.maps import Map
from v8inspect.objects.primitives import Oddball
from v8inspect.objects.tagged import Smi

NON_INSTANCE_PROTOTYPE = 1


def _function(fake: Fake, bits: int, made_by: int, prototype_or_map: int) -> JSFunction:
    layout = fake.layout
    bits |= 1 << layout.Map.has_prototype_slot_bit
    map = fake.map(
        "JS_FUNCTION", 80, bit_field=bits, constructor_or_back_pointer=made_by, prototype=fake.null
    )
    pointer = fake.words([map, fake.empty, fake.empty, *[0] * 7])
    fake.put(pointer, layout.JSFunction.prototype_or_initial_map, prototype_or_map)
    value = fake.value(pointer)
    assert isinstance(value, JSFunction)
    return value


@pytest.mark.parametrize("version", VERSIONS)
def test_a_prototype_that_is_no_object(version: str) -> None:
    fake = Fake(version)
    initial = fake.map("JS_OBJECT", 24, prototype=fake.hole)
    constructor = fake.null
    pair = fake.words([fake.map_of("TUPLE2", 24), constructor, smi(5)])
    function = _function(fake, NON_INSTANCE_PROTOTYPE, pair, initial)
    assert isinstance(function.prototype_or_initial_map, Map)
    found = function.prototype_property
    assert isinstance(found, Smi)
    assert found.value == 5
    assert function.map.constructor() == constructor


@pytest.mark.parametrize("version", VERSIONS)
def test_without_the_pair_it_is_in_the_maps_field_itself(version: str) -> None:
    fake = Fake(version)
    function = _function(fake, NON_INSTANCE_PROTOTYPE, fake.undefined, fake.hole)
    found = function.prototype_property
    assert isinstance(found, Oddball)
    assert found.name == "undefined"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_prototype_of_instances(version: str) -> None:
    fake = Fake(version)
    initial = fake.map("JS_OBJECT", 24, prototype=fake.null)
    found = _function(fake, 0, fake.undefined, initial).prototype_property
    assert isinstance(found, Oddball)
    assert found.name == "null"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_prototype_that_nobody_asked_for(version: str) -> None:
    fake = Fake(version)
    assert _function(fake, 0, fake.undefined, fake.hole).prototype_property is None
