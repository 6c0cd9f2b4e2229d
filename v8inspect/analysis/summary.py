"""What a dump comes to when it is compared with others: live objects by constructor, by Map and by
how they are held. It needs no session any more once it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Optional, Union

from v8inspect.heap.patterns import patterns_of
from v8inspect.node.clock import clock
from v8inspect.node.environment import environments
from v8inspect.objects.properties import Property
from v8inspect.objects.reader import reader_of
from v8inspect.scan.scanner import MAP_DICTIONARY, MAP_RECEIVER

if TYPE_CHECKING:
    from v8inspect.objects.maps import Map
    from v8inspect.session import Session

_PATTERNS = 1000  # of those that retain most, and of the most numerous
_MAX_KEYS = 64  # of a Map that are kept
DICTIONARY = "(dictionary)"


class Sums(NamedTuple):
    """A number of objects, their own bytes and what they retain (0: not known)."""

    objects: int = 0
    size: int = 0
    retained: int = 0


class MapKey(NamedTuple):
    """A Map as another process knows it: constructor, properties, kind of elements."""

    name: str
    properties: tuple[str, ...]
    elements: str


class PathKey(NamedTuple):
    """A way from the roots to objects of a class."""

    root: str
    path: tuple[str, ...]
    class_: str


Key = Union[str, MapKey, PathKey]


@dataclass(frozen=True)
class Summary:
    """Of one dump. `uptime`: milliseconds since the process started; None: not known. `samples`:
    tagged addresses of an object of each of `paths`."""

    name: str
    uptime: Optional[float]
    all: Sums
    constructors: dict[Key, Sums]
    maps: dict[Key, Sums]
    paths: dict[Key, Sums]
    samples: dict[Key, int]


def summary_of(session: Session) -> Summary:
    """The summary of a session's dump."""
    dominators = session.graph.dominators
    sums = session.graph.sums
    found = environments(session)
    paths: dict[Key, Sums] = {}
    samples: dict[Key, int] = {}
    for row in patterns_of(session).reached(_PATTERNS):
        if row.spreads:
            key = PathKey(row.root, tuple(map(str, row.steps)), row.class_)
            paths[key] = Sums(row.objects, row.size, row.retained)
            samples[key] = session.graph.word(row.sample)
    return Summary(
        session.target.name,
        clock(session, found[0]).uptime if found else None,
        Sums(sums.live, sums.live_bytes, dominators.retained(dominators.root)),
        {row.name: Sums(row.objects, row.size, row.retained) for row in dominators.by_name()},
        _maps(session),
        paths,
        samples,
    )


def _maps(session: Session) -> dict[Key, Sums]:
    graph, scanned = session.graph, session.heap.scanner.maps()
    found: dict[Key, Sums] = {}
    keys: dict[int, Key] = {}
    for isolate in session.heap.numbers:
        counts, sizes = graph.live_counts(isolate)
        for index, (count, size) in enumerate(zip(counts, sizes)):
            map_ = scanned[index]
            if not count or not map_.flags & MAP_RECEIVER:
                continue
            key = keys.get(index)
            if key is None:
                key = keys[index] = _key(session, map_.address, bool(map_.flags & MAP_DICTIONARY))
            before = found.get(key, Sums())
            found[key] = Sums(before.objects + count, before.size + size)
    return found


def _key(session: Session, address: int, is_dictionary: bool) -> Key:
    name = session.census.namer.of_map(address)
    map_: Optional[Map] = reader_of(session).map_at(address + 1)
    if map_ is None:
        return MapKey(name, (), "")
    names: tuple[str, ...] = (DICTIONARY,)
    if not is_dictionary:
        descriptors = map_.descriptors.entries[: min(map_.own_descriptors, _MAX_KEYS)]
        reader = reader_of(session)
        names = tuple(
            Property(reader, entry.key, None, False, 0, "map").name for entry in descriptors
        )
    return MapKey(name, names, map_.elements_kind_name)
