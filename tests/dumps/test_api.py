"""The Python API, as docs/python-api.md shows it, against what the program made."""

from __future__ import annotations

import pytest

import v8inspect
from tests.dumps.support import PRIMARY
from tests.provision.cores import core
from v8inspect.api import Object
from v8inspect.errors import NotAnObject


@pytest.mark.parametrize("version", PRIMARY)
def test_objects_are_read_as_python_reads(version: str) -> None:
    run = core(version, "aftergc")
    with v8inspect.open(str(run.core), str(run.node)) as session:
        bars = sorted(session.instances("Bar"), key=lambda bar: float(str(bar["id"])))
        assert len(bars) == 3000
        bar = bars[7]
        assert list(bar.properties) == ["id", "name", "half", "self", "x", "y", "z"]
        assert (bar["id"], bar["name"], bar["half"]) == (7, "foo-7", 7.5)
        assert bar["self"] == bar
        assert (bar["x"], bar["y"], bar["z"]) == (None, None, True)
        assert (bar.name, bar.type) == ("Bar", "JS_OBJECT")
        assert bar.get("nothing", "else") == "else"
        with pytest.raises(KeyError):
            bar["nothing"]
        holders = {(holder.name, via) for holder, via in bar.referrers()}
        assert ("Bar", "self") in holders
        assert any(name == "Array" for name, _ in holders)
        assert session.at(bar.address) == bar
        assert list(session.instances("NoSuchClass")) == []
        with pytest.raises(NotAnObject):
            session.at(8)


def _length(value: object) -> int:
    return len(value) if isinstance(value, Object) else 0


@pytest.mark.parametrize("version", PRIMARY)
def test_arrays_and_numbers(version: str) -> None:
    run = core(version, "aftergc")
    with v8inspect.open(str(run.core), str(run.node)) as session:
        # V8 keeps a copy of the literal to make others of; in it `sparse` is still empty.
        (holder,) = [
            item
            for item in session.instances("Object")
            if {"holeySmi", "holeyDouble"} <= set(item.properties) and _length(item["sparse"])
        ]
        smi, holey, double = holder["smi"], holder["holeySmi"], holder["double"]
        assert isinstance(smi, Object)
        assert isinstance(holey, Object)
        assert isinstance(double, Object)
        assert list(smi.elements()) == [1, 2, 3]
        assert (len(holey), list(holey.elements()), holey.get(1)) == (3, [1, 3], None)
        assert list(double.elements()) == [1.5, 2.5, -0.25]
        sparse = holder["sparse"]
        assert isinstance(sparse, Object)
        assert (len(sparse), sparse[5], sparse[100000]) == (100001, "five", 1)
