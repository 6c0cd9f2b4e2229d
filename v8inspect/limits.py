"""Every bound on loops over dump data, by name.

A dump is hostile input: each of these says how far a loop may follow it. Hitting one is marked
in the output, never silent.
"""

from __future__ import annotations

# Dump files.
MAX_SEGMENTS = 1 << 20  # program headers (Linux allows about 65,530 mappings a process)
MAX_THREADS = 65_536
MAX_MODULES = 65_536
MAX_NOTE_BYTES = 64 << 20  # NT_FILE of 65,530 mappings with long paths is about 20 MB
MAX_PATH = 4096  # bytes of one path in NT_FILE

# V8.
MAX_BACK_POINTERS = 4096  # Map transition tree, towards the root
MAX_PROTOTYPES = 4096  # prototype chain
MAX_DESCRIPTORS = 1020  # V8's kMaxNumberOfDescriptors
MAX_DICTIONARY_CAPACITY = 1 << 28
MAX_PROBES = 256  # for one key; a table is 5/6 full at most, deleted entries included
MAX_STRING_PARTS = 1 << 20  # cons nodes of one string
MAX_STRING_CHARS = 1 << 29  # V8's longest string is 2^29-24
MAX_NAME_CHARS = 4096  # a constructor or property name in a listing
MAX_SCOPE_LOCALS = 1 << 16
MAX_ISOLATES = 4096

# Stacks.
MAX_NATIVE_FRAMES = 65_536  # of a thread: 10,000 calls deep is usual for a runaway recursion
