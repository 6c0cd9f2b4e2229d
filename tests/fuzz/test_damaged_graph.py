"""The graph of a heap of which a part is gone: what can be read is there, the rest is counted."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.dumps.support import PRIMARY
from tests.fuzz.copies import Copy
from tests.fuzz.ground import ground
from v8inspect.session import Session
from v8inspect.targets import open_dump

_LOST = 1 << 14  # bytes in the middle of a page


@pytest.mark.parametrize("version", PRIMARY)
def test_what_can_be_read_is_in_the_graph(version: str, tmp_path: Path) -> None:
    at = ground(version, "classes")
    with Session(open_dump(str(at.core))) as session:
        whole = session.graph
        whole.alive(())
        before = whole.sums
        retained = whole.dominators.retained(whole.dominators.root)
    copy = Copy(at.core, tmp_path / "core")
    dice = random.Random(7)
    try:
        places = [at.offset_of(page + (1 << 16)) for page in at.chunks_with_objects()]
        offset = dice.choice([place for place in places if place is not None])
        copy.write(offset, dice.getrandbits(8 * _LOST).to_bytes(_LOST, "little"))
        hit = len(at.hit(offset, _LOST))
        assert hit > 50
        with Session(open_dump(str(copy.path))) as session:
            graph = session.graph
            graph.alive(())
            sums, dominators = graph.sums, graph.dominators
            # Up to the next Map after the damage nothing is an object.
            assert before.nodes - hit - 300 <= sums.nodes < before.nodes
            assert sums.dangling > before.dangling  # who had referred to what is gone
            assert 0.5 * before.live_bytes < sums.live_bytes < before.live_bytes
            # Each byte that is alive is retained by somebody, buffers beside the heap too.
            assert sums.live_bytes <= dominators.retained(dominators.root) <= retained
            start, target = graph.scanned.rows()
            assert len(start) == sums.nodes + 1
            assert start[-1] == len(target) == sums.edges
    finally:
        copy.close()
