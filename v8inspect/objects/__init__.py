"""One value at a time: views of V8's heap objects, read lazily from a dump.

A tagged word becomes a Value by `registry.value(session, word)`; it never raises for what the dump
lacks or holds wrong, but gives a `tagged.Damaged` that says why.

- `tagged`: Smi, Weak, Cleared, Damaged, and what lies untagged in arrays.
- `reader`: words to Values, valid Maps, the caches of a session. `registry`: what views what.
- `heap_object`, `fields`: the base of all views and how they declare what they read.
- `maps`, `descriptors`, `dictionaries`, `properties`, `natives`, `elements`, `arrays`: objects.
- `strings`, `primitives`: texts and numbers. `scopes`, `contexts`, `functions`, `scripts`, `code`,
  `source_positions`: functions, their variables and places.
- `js_object`, `builtins`, `hash_collections`, `weak`, `binary`, `promises`, `generators`,
  `js_errors`, `globals`, `embedder`: what JavaScript has built in, and what embedders add.

An `address` is untagged, a `word` tagged; functions that take an address take either.
"""
