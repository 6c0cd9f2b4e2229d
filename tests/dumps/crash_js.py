"""What crash.js (`tests/data/macos/crash.js`) has made and called, looked for in a dump of it."""

from __future__ import annotations

from tests.dumps.inspected import as_json, as_text
from v8inspect.api import Object
from v8inspect.heap.finding import property_keys, with_property
from v8inspect.session import Session

ZEBRAS, WALRUSES = 1234, 77
_KINDS = {
    "m": "Map size=2",
    "buf": "length=24",
    "date": "1700000000000 2023-11-14T22:13:20.000Z",
    "re": "/foo(bar)+/gi",
}
_FRAMES = (
    ("inner(this=", "<Smi: 42>, ", '"arg2">)'),
    ("middle(this=", "<Smi: 42>)"),
    ("outer(",),
)


def global_of(session: Session) -> Object:
    """Its global object."""
    keys = property_keys(session, "walruses")
    (address,) = [address for address, _ in with_property(session, keys)]
    return session.at(address)


def check_counts(session: Session) -> None:
    """The census, and what lists and commands make of it."""
    tallies = session.census.tallies()
    assert (tallies["Zebra"].count, tallies["Walrus"].count) == (ZEBRAS, WALRUSES)
    assert len(as_json(session, "findjsinstances -n 0 Walrus")) == WALRUSES
    (row,) = [row for row in as_json(session, "findjsobjects") if row["name"] == "Zebra"]
    assert row["count"] == ZEBRAS


def check_maps(session: Session, maps: tuple[int, int]) -> None:
    """Where the Maps of Zebra and Walrus are."""
    firsts = [global_of(session)[key][0] for key in ("zebras", "walruses")]
    assert tuple(session.memory.u64(first.address - 1) - 1 for first in firsts) == maps


def check_values(session: Session) -> None:
    """Every object that the program made."""
    root = global_of(session)
    assert (len(root["zebras"]), len(root["walruses"])) == (ZEBRAS, WALRUSES)
    for i, zebra in enumerate(root["zebras"].elements()):
        assert zebra.name == "Zebra"
        assert list(zebra.properties) == ["stripe", "name", "child"]
        assert (zebra["stripe"], zebra["name"]) == (i, f"zebra-{i}")
        assert zebra["child"].properties == {"idx": i, "tag": f"TAG_{i}"}
    for i, walrus in enumerate(root["walruses"].elements()):
        assert (walrus.name, walrus["tusk"], walrus["big"]) == ("Walrus", i * 1.5, 2**40 + i)
        assert list(walrus["arr"].elements()) == [i, i + 1, f"w{i}"]


def check_commands(session: Session) -> None:
    """inspect, findrefs and strings."""
    root = global_of(session)
    zebra = root["zebras"][41]
    assert any("[41]=" in line for line in as_text(session, f"findrefs {zebra.address:#x}"))
    holders = as_text(session, f"findrefs {zebra['child'].address:#x}")
    assert any("Zebra.child=" in line for line in holders)
    assert any("zebra-1233" in line for line in as_text(session, "strings --contains zebra-1233"))
    text = "\n".join(as_text(session, f"inspect {zebra.address:#x}"))
    for part in ("Zebra", ".stripe=<Smi: 41>", '"zebra-41"', ".child="):
        assert part in text
    for key, part in _KINDS.items():
        assert part in "\n".join(as_text(session, f"inspect {root[key].address:#x}")), key


def check_bytes(session: Session) -> None:
    """Every byte of the heap is explained; there may be no executable here."""
    for row in as_json(session, "doctor"):
        assert row["ok"] or row["check"] in ("dump", "executable"), row
    assert ", 0 bytes unexplained" in "\n".join(as_text(session, "doctor"))


def check_arguments(session: Session) -> None:
    """The arguments in `bt`, and that frames of V8's are shown once, whether or not its builtins
    are known by their place."""
    lines = as_text(session, "bt")
    ours = [line for line in lines if "/srv/app/crash.js:1" in line]
    for line, parts in zip(ours, _FRAMES):
        for part in parts:
            assert part in line
    assert len(ours) == 4
    assert not any("damaged" in line for line in lines)
    kinds = [row["kind"] for row in as_json(session, "bt") if "kind" in row]
    first, last = kinds.index("js"), len(kinds) - kinds[::-1].index("js")
    assert "native" not in kinds[first:last]
