"""Objects of V8's own that are there once and that everything refers to: empty arrays, the hole,
and Maps that every object of a kind has. Nobody holds them in particular."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from v8inspect.errors import MemoryUnreadable

if TYPE_CHECKING:
    from v8inspect.session import Session


def own_singletons(session: Session) -> Iterator[int]:
    """Tagged addresses of V8's own singletons that snapshots do not lead to: empty arrays, and Maps
    that every object of a kind has (V8HeapExplorer::IsEssentialObject)."""
    layout = session.layout
    maps = session.heap.walked()[-1].maps
    memory = session.memory
    types = layout.types
    lengths = {
        types[name]: offset
        for name, offset in (
            ("FIXED_ARRAY", layout.FixedArray.length),
            ("BYTE_ARRAY", layout.FixedArray.length),
            ("WEAK_FIXED_ARRAY", layout.FixedArray.length),
        )
    }
    descriptors = {types["DESCRIPTOR_ARRAY"], types["STRONG_DESCRIPTOR_ARRAY"]}
    of_maps = {
        types[name]
        for name in ("CELL", "PROPERTY_CELL", "SHARED_FUNCTION_INFO", "FREE_SPACE", "FILLER")
        if name in types
    }
    wanted = set(lengths) | descriptors | {types["MAP"]}
    empty_arrays = []
    for addresses, indices in session.heap.collect(lambda map_: map_.type in wanted, (-1,)):
        for address, index in zip(addresses, indices):
            kind = maps[index].type
            try:
                if kind in lengths:
                    if memory.u64(address + lengths[kind]) >> 32:
                        continue
                    if kind == types["FIXED_ARRAY"]:
                        empty_arrays.append(address)
                elif kind in descriptors:
                    if memory.u16(address + layout.DescriptorArray.number_of_all_descriptors):
                        continue
                elif memory.u16(address + layout.Map.instance_type) not in of_maps:
                    continue
                yield address + 1
            except MemoryUnreadable:
                continue
    for address in empty_arrays[:1]:
        yield memory.u64(address)
    yield session.singletons.the_hole
