"""What is where in one build of V8, as data: tables per V8 version, checked against the target.

`resolve(target)` gives the Layout of a dump, `for_version('12.4')` the one of a table alone. The
rest of the package asks the Layout, never a version number.
"""

from __future__ import annotations

from v8inspect.layout.model import Layout, SizeRule
from v8inspect.layout.resolve import for_version, resolve

__all__ = ["Layout", "SizeRule", "for_version", "resolve"]
