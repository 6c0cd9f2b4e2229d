"""Sizes of ScopeInfo and FeedbackMetadata in real dumps, measured by where the next object starts.

The dumps are of a program with modules, sloppy eval, `with`, classes, generators and scopes of up
to 200 variables, under each version of Node.js.
"""

from __future__ import annotations

import pytest

from v8inspect.layout import for_version
from v8inspect.layout.model import Layout
from v8inspect.layout.sizes import feedback_metadata_size, scope_info_size

# (flags, context locals, module variables, bytes)
SCOPES = {
    "10.2": (
        (0x20000000, 0, 0, 32),
        (0x01400020, 0, 0, 56),
        (0x00400020, 1, 0, 72),
        (0x00400620, 7, 0, 176),
        (0x00003041, 0, 0, 64),
        (0x00403041, 0, 0, 72),
        (0x00403041, 1, 0, 88),
        (0x000171C2, 0, 0, 72),
        (0x000171E2, 56, 0, 968),
        (0x000171E2, 82, 0, 736),
        (0x004171E2, 0, 0, 80),
        (0x00577062, 2, 0, 112),
        (0x04016952, 5, 0, 152),
        (0x050231E3, 1, 4, 192),
        (0x040101C4, 0, 0, 48),
        (0x00010144, 1, 0, 64),
        (0x00003044, 0, 0, 64),
        (0x00003044, 3, 0, 112),
        (0x00400025, 1, 0, 56),
        (0x00400026, 2, 0, 72),
        (0x04010007, 0, 0, 32),
        (0x04400007, 0, 0, 40),
    ),
    "11.3": (
        (0x20000000, 0, 0, 32),
        (0x01400020, 0, 0, 56),
        (0x00400220, 11, 0, 232),
        (0x00400620, 7, 0, 176),
        (0x00003041, 0, 0, 64),
        (0x00403041, 0, 0, 72),
        (0x00403041, 1, 0, 88),
        (0x000171E2, 0, 0, 72),
        (0x000171E2, 32, 0, 584),
        (0x000171E2, 104, 0, 912),
        (0x007171E2, 0, 0, 80),
        (0x004171E2, 2, 0, 112),
        (0x04016952, 5, 0, 152),
        (0x050231E3, 1, 4, 192),
        (0x040101C4, 0, 0, 48),
        (0x00010144, 1, 0, 64),
        (0x00003044, 0, 0, 64),
        (0x00003044, 3, 0, 112),
        (0x00400025, 1, 0, 56),
        (0x00400026, 1, 0, 56),
        (0x04010007, 0, 0, 32),
        (0x04400007, 0, 0, 40),
        (0x040101C8, 0, 0, 48),
    ),
    "12.4": (
        (0x00000020, 4, 0, 112),
        (0x20000000, 0, 0, 32),
        (0x01400020, 0, 0, 56),
        (0x00400020, 1, 0, 72),
        (0x00400620, 7, 0, 176),
        (0x00003041, 0, 0, 64),
        (0x00403041, 0, 0, 72),
        (0x00403041, 1, 0, 88),
        (0x000171E2, 0, 0, 72),
        (0x000171E2, 4, 0, 136),
        (0x000171E2, 160, 0, 1360),
        (0x004171E2, 0, 0, 80),
        (0x00417162, 1, 0, 96),
        (0x04016952, 5, 0, 152),
        (0x050231E3, 1, 4, 192),
        (0x040101C4, 0, 0, 48),
        (0x04010144, 1, 0, 64),
        (0x04003044, 0, 0, 64),
        (0x04003044, 3, 0, 112),
        (0x00400025, 1, 0, 56),
        (0x00400026, 1, 0, 56),
        (0x04010007, 0, 0, 32),
        (0x04400007, 0, 0, 40),
        (0x040101C8, 0, 0, 48),
    ),
    "13.6": (
        (0x040101C0, 0, 0, 48),
        (0x04010140, 1, 0, 64),
        (0x20000000, 0, 0, 48),
        (0x04003040, 0, 0, 64),
        (0x04003040, 3, 0, 112),
        (0x00000022, 4, 0, 112),
        (0x01400022, 0, 0, 56),
        (0x00400022, 3, 0, 104),
        (0x00400622, 7, 0, 176),
        (0x00003043, 0, 0, 64),
        (0x00403043, 0, 0, 72),
        (0x00403043, 1, 0, 88),
        (0x400171E4, 0, 0, 72),
        (0x400171E4, 18, 0, 360),
        (0x400171E4, 98, 0, 864),
        (0x004071E4, 0, 0, 80),
        (0x004171E4, 2, 0, 112),
        (0x0C016954, 5, 0, 160),
        (0x050231E5, 1, 4, 192),
        (0x00400026, 1, 0, 72),
        (0x00400067, 2, 0, 88),
        (0x04010008, 0, 0, 48),
        (0x04400008, 0, 0, 56),
        (0x040101C9, 0, 0, 48),
    ),
    "14.6": (
        (0x040101C0, 0, 0, 48),
        (0x00010140, 1, 0, 64),
        (0x20000000, 0, 0, 48),
        (0x80003040, 0, 0, 64),
        (0x80003040, 3, 0, 112),
        (0x00000022, 4, 0, 112),
        (0x01400022, 0, 0, 56),
        (0x00400022, 1, 0, 72),
        (0x00400622, 7, 0, 176),
        (0x00003043, 0, 0, 64),
        (0x00403043, 0, 0, 72),
        (0x00403043, 1, 0, 88),
        (0x800171C4, 0, 0, 80),
        (0x400171E4, 58, 0, 1008),
        (0x400171E4, 85, 0, 768),
        (0x804171E4, 0, 0, 88),
        (0x80577064, 2, 0, 120),
        (0x0C016954, 5, 0, 168),
        (0x050231E5, 1, 4, 192),
        (0x00400026, 1, 0, 72),
        (0x00400027, 1, 0, 72),
        (0x04010008, 0, 0, 48),
        (0x04400008, 0, 0, 56),
        (0x040101C9, 0, 0, 48),
    ),
}

# (feedback slots, closures, bytes)
METADATA = {
    "10.2": [
        (0, 1, 16),
        (4, 0, 24),
        (4, 1, 24),
        (5, 1, 24),
        (5, 2, 24),
        (7, 0, 24),
        (7, 1, 24),
        (7, 3, 24),
        (8, 3, 24),
        (9, 0, 24),
        (17, 4, 32),
        (18, 2, 32),
    ],
    "11.3": [
        (0, 1, 16),
        (0, 2, 16),
        (2, 1, 24),
        (2, 2, 24),
        (4, 1, 24),
        (5, 1, 24),
        (11, 0, 24),
        (13, 0, 32),
        (15, 0, 32),
        (15, 2, 32),
        (17, 2, 32),
        (18, 0, 32),
    ],
    "12.4": [
        (0, 1, 16),
        (2, 0, 24),
        (2, 1, 24),
        (2, 2, 24),
        (3, 0, 24),
        (4, 0, 24),
        (6, 0, 24),
        (7, 1, 24),
        (8, 3, 24),
        (11, 1, 24),
        (12, 2, 24),
        (17, 0, 32),
    ],
    "13.6": [
        (0, 1, 24),
        (4, 1, 24),
        (8, 1, 32),
        (11, 1, 32),
        (14, 2, 32),
        (15, 2, 32),
        (17, 0, 32),
        (17, 2, 32),
        (19, 2, 40),
        (21, 1, 40),
        (22, 0, 32),
        (24, 0, 32),
    ],
    "14.6": [
        (0, 2, 24),
        (4, 0, 24),
        (4, 1, 24),
        (5, 0, 24),
        (6, 1, 24),
        (7, 3, 32),
        (8, 2, 32),
        (8, 3, 32),
        (10, 2, 32),
        (11, 1, 32),
        (11, 2, 32),
        (12, 15, 56),
    ],
}


def scope_words(layout: Layout, flags: int, locals_: int, variables: int, size: int) -> bytes:
    """The words of a ScopeInfo that its size depends on; the others are zero."""
    fields = layout.ScopeInfo
    words = [0] * (size // 8)
    words[1] = flags << 32 if fields.flags_is_smi else flags
    words[1 + fields.context_local_count] = locals_ << 32
    if flags & fields.scope_type_mask == fields.scope_type_module:
        late = len(words) - 3 * variables - 1
        words[1 + fields.first_variable if fields.module_count_first else late] = variables << 32
    return b"".join(word.to_bytes(8, "little") for word in words)


@pytest.mark.parametrize("version", SCOPES)
def test_scope_infos_of_real_dumps(version: str) -> None:
    layout = for_version(version)
    assert layout.size_rules[layout.types["SCOPE_INFO"]].exact == "scope_info"
    for flags, locals_, variables, size in SCOPES[version]:
        data = scope_words(layout, flags, locals_, variables, size)
        found = scope_info_size(
            layout, lambda at, data=data: int.from_bytes(data[at : at + 4], "little")
        )
        assert found == size, f"{flags:#010x}, {locals_} locals"


@pytest.mark.parametrize("version", METADATA)
def test_feedback_metadata_of_real_dumps(version: str) -> None:
    layout = for_version(version)
    rule = layout.size_rules[layout.types["FEEDBACK_METADATA"]]
    assert rule.exact == "feedback_metadata"
    for slots, closures, size in METADATA[version]:
        found = feedback_metadata_size(rule, lambda at, both={8: slots, 12: closures}: both[at])
        assert found == size, f"{slots} slots, {closures} closures"
