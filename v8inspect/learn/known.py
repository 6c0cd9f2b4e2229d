"""The calibration program's objects in a picture of its memory: found by two random Smis.

Nothing of the layout is needed for it but that a Smi has its value in the upper half of a word and
a tagged pointer ends in 1: the array of all objects begins with two random Smis, and is its own
third element, so that copies that a collection left behind are told from it.
"""

from __future__ import annotations

from struct import pack, unpack
from typing import Iterator, Mapping, Optional

from v8inspect.errors import LearningFailed, MemoryUnreadable
from v8inspect.learn.process import Calibration

_HEAD = 3  # elements before the objects
_HEADER_WORDS = 4  # of a FixedArray and a JSArray, at most


class Known:
    """Addresses (tagged) of the objects by name, and reads of their words."""

    def __init__(self, calibration: Calibration) -> None:
        """Takes the picture; raises LearningFailed."""
        self.facts = calibration.facts
        self.target = calibration.picture()
        first, second = self.facts["anchor"]
        pattern = pack("<QQ", first << 32, second << 32)
        found = [at for at in self.find(pattern) if self._is_anchor(at)]
        if len(found) != 1:
            raise LearningFailed(calibration.node, f"{len(found)} arrays of its objects found")
        self.elements = found[0]
        words = self.words(found[0] + 8 * _HEAD, len(self.facts["names"]))
        self.objects: Mapping[str, int] = {
            **dict(zip(self.facts["names"], words)),
            "elements": found[0] - 16 + 1,
        }

    def _is_anchor(self, at: int) -> bool:
        array = self.word(at + 16)
        if array is None or array & 3 != 1:
            return False
        words = self.words(array - 1, _HEADER_WORDS)
        if not words or words[0] & 3 != 1:
            return False  # the place that it was moved from: no Map but where it is now
        return any(words.count(at - 8 * header + 1) for header in range(1, _HEADER_WORDS))

    def find(self, pattern: bytes) -> Iterator[int]:
        """Addresses where the bytes stand in the process's memory."""
        for segment in self.target.segments():
            if segment.hole:
                continue
            data = segment.buffer[segment.offset : segment.offset + segment.size]
            at = data.find(pattern)
            while at >= 0:
                yield segment.start + at
                at = data.find(pattern, at + 1)

    def bytes(self, address: int, size: int) -> bytes:
        """Bytes at an untagged address, b'' where they are not there."""
        try:
            return self.target.read(address, size)
        except MemoryUnreadable:
            return b""

    def words(self, address: int, count: int) -> list[int]:
        """Words at an untagged address, as many as are there."""
        data = self.target.read_partial(address, 8 * count)
        return list(unpack(f"<{len(data) // 8}Q", data[: len(data) // 8 * 8]))

    def word(self, address: int) -> Optional[int]:
        """The word at an untagged address."""
        words = self.words(address, 1)
        return words[0] if words else None

    def number(self, address: int, size: int) -> Optional[int]:
        """The unsigned number of `size` bytes at an untagged address."""
        data = self.bytes(address, size)
        return int.from_bytes(data, "little") if data else None

    def close(self) -> None:
        """Lets go of the picture."""
        self.target.close()
