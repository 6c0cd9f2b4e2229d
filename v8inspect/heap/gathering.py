"""Where memory has gathered: objects that retain much of what is alive, by many parts and none that
is the greater part of it. The way to them through whatever holds just them says little; what fills
them does.

Global objects, which hold all there is, are no such places: what only the whole holds is looked
for by how it is reached (`heap/patterns.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional, Sequence

from v8inspect.heap.classes import CONTEXT, classes_of
from v8inspect.heap.graph_roots import FLUSHED
from v8inspect.heap.names_by_map import STRINGS
from v8inspect.heap.patterns import Reached, Step, patterns_of
from v8inspect.scan.graph import Filling

if TYPE_CHECKING:
    from v8inspect.session import Session

COLLECTION, OBJECT, LIST, SCATTERED = "collection", "object", "list", "scattered"
MANY = 10  # of one class fill an object
_SCATTERED = 100
_LINKS = 100
_PATTERNS = 300
_CHAIN = 4096  # dominators that are looked at
# Names that tell nothing: there are thousands of them in any program.
_COMMON = frozenset((STRINGS, CONTEXT, "Function", "Object", "Array"))
_COMMON_MANY = 1000
# Node.js' own modules, some 350 in any process (lib/internal/bootstrap/realm.js).
_NODES_OWN = frozenset(("BuiltinModule",))


class Gathering(NamedTuple):
    """`node` has gathered `retained` bytes for `owner`, the object of the program that it is or
    that holds it; `fillings` is what it dominates by class, the greatest first. `how` is
    COLLECTION, OBJECT (nothing fills it by number), LIST (each of its links holds the next one) or
    SCATTERED: objects that several hold, of which `reached` says more."""

    how: str
    node: int
    owner: int
    retained: int
    fillings: Sequence[Filling]
    reached: Optional[Reached] = None


def gatherings(session: Session, least: int) -> list[Gathering]:
    """All that retain `least` bytes, the greatest first, none inside another one."""
    classes, dominators = classes_of(session), session.graph.dominators
    scanned = session.graph.scanned
    tops = {dominators.root, *dominators.user_roots, *_globals(session)}
    # V8 empties these caches when a full collection begins.
    tops.update(root.node for root in session.graph.roots if root.category == FLUSHED)
    filled: dict[int, list[Filling]] = {}

    def progress() -> None:
        session.progress("looking for where memory has gathered", 0, 0)

    for row in scanned.fillings(classes.of_map, max(1, least // 8), progress):
        if row.class_ not in classes.internal:
            filled.setdefault(row.dominator, []).append(row)
    found = []
    for node in scanned.gathered(least, progress):
        if node in tops:
            continue
        rows = sorted(filled.get(node, ()), key=lambda row: -row.retained)
        retained = dominators.retained(node)
        many = bool(rows) and rows[0].objects >= MANY and 2 * rows[0].retained >= retained
        owner = owner_of(session, node)
        if owner in tops:
            continue  # a global object's table of properties
        if rows and classes.names[rows[0].class_] in _NODES_OWN:
            continue
        found.append(Gathering(COLLECTION if many else OBJECT, node, owner, retained, rows))
    found += _by_pattern(session, least, tops)
    found.sort(key=lambda item: -_weight(item))
    return _apart(session, found)


def owner_of(session: Session, node: int) -> int:
    """The object of the program (or a context) that a node is, or is a part of."""
    classes = classes_of(session)
    if node == session.graph.dominators.root:
        return node
    for item in patterns_of(session).nodes(node):
        if class_number(session, item) not in classes.internal:
            return item
    return node


def holder_of(session: Session, node: int) -> int:
    """The object of the program that a node was reached from, none of its own class (links of a
    list); itself for a root."""
    own = class_number(session, node)
    for item in patterns_of(session).nodes(node)[1:]:
        if class_number(session, item) != own:
            return owner_of(session, item)
    return node


def class_number(session: Session, node: int) -> int:
    """The number of a node's class in `classes_of`."""
    return classes_of(session).of_map[session.graph.scanned.objects(node, 1)[1][0]]


def class_name(session: Session, node: int) -> str:
    """The name of a node's class."""
    return classes_of(session).names[class_number(session, node)]


def inside(session: Session, node: int, others: set[int]) -> bool:
    """Whether one of the others is the node, or dominates it."""
    dominators = session.graph.dominators
    at: Optional[int] = node
    for _ in range(_CHAIN):
        if at is None or at == dominators.root:
            return False
        if at in others:
            return True
        at = dominators.of(at)
    return False


def _by_pattern(session: Session, least: int, tops: set[int]) -> list[Gathering]:
    """Lists, and what only the whole holds."""
    dominators = session.graph.dominators
    found = []
    for item in patterns_of(session).reached(_PATTERNS):
        if item.retained < least:
            continue
        links = bool(item.steps) and item.steps[-1].again and item.objects >= _LINKS
        if links and _one_holds_the_next(item.steps[-1], item.class_):
            head = _head(session, item.sample)
            found.append(Gathering(LIST, head, head, dominators.retained(head), (), item))
            continue
        many = _COMMON_MANY if item.class_ in _COMMON else _SCATTERED
        above = dominators.of(item.sample)
        whole = above is not None and (above in tops or owner_of(session, above) in tops)
        if item.objects >= many and whole:
            owner = holder_of(session, item.sample)
            found.append(Gathering(SCATTERED, item.sample, owner, item.retained, (), item))
    return found


def _head(session: Session, link: int) -> int:
    """The first link of the list that a link is in."""
    wanted, head = class_number(session, link), link
    for node in patterns_of(session).nodes(link):
        if class_number(session, node) != wanted:
            break
        head = node
    return head


def _one_holds_the_next(step: Step, class_: str) -> bool:
    return step.holder == class_


def _weight(item: Gathering) -> float:
    return item.retained * {OBJECT: 0.5, SCATTERED: 0.7}.get(item.how, 1.0)


def _apart(session: Session, found: Sequence[Gathering]) -> list[Gathering]:
    """Without those that are part of one before them, or have one before them as a part."""
    taken: set[int] = set()
    parts: set[int] = set()  # all that dominate what was taken
    kept = []
    dominators = session.graph.dominators
    for item in found:
        if item.node in parts or inside(session, item.node, taken):
            continue
        taken.add(item.node)
        at: Optional[int] = item.node
        for _ in range(_CHAIN):
            if at is None or at == dominators.root:
                break
            parts.add(at)
            at = dominators.of(at)
        kept.append(item)
    return kept


def _globals(session: Session) -> list[int]:
    """Contexts and global objects, of `vm` too: what is in them is the whole."""
    types = session.layout.types
    kinds = {types[name] for name in ("NATIVE_CONTEXT", "JS_GLOBAL_OBJECT", "JS_GLOBAL_PROXY")}
    scanned = session.graph.scanned
    return [
        node
        for addresses, _ in session.heap.collect(lambda map_: map_.type in kinds)
        for node in scanned.nodes([address + 1 for address in addresses])
    ]
