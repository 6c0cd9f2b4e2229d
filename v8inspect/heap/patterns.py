"""How objects are reached from the roots, those that are reached alike put together.

`sessions → Map → value` is a pattern: array indices and keys of Maps are folded. Each object has
one, by the first shortest way from the roots; handles of C++ come before stacks, for what is on a
stack is mostly there by chance (csrc/patterns.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional, Sequence

from v8inspect.heap.classes import CONTEXT, classes_of
from v8inspect.heap.graph_roots import CATEGORIES, ETERNAL, GLOBAL, LOCAL, MICROTASKS, STACK
from v8inspect.heap.paths import step, step_end
from v8inspect.heap.references import ELEMENT, INTERNAL, PROPERTY, Holder
from v8inspect.scan.graph import (
    FOLD_ALL,
    FOLD_CELLS,
    FOLD_CONTEXT,
    FOLD_ENTRIES,
    FOLD_FIELDS,
    FOLD_NAMES,
    FOLD_SHIFT,
    NO_NODE,
    Pattern,
)

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout
    from v8inspect.session import Session

KEY = "*"  # stands for any property name of an object that is used as a table
_STEP = 1 << 18  # objects between two looks at progress
_WAY = 4096  # nodes of a way that are looked at
_ROOT = (1 << 32) - 1
_FOLDED = 2  # kind of a label, see csrc/patterns.c
_KIND = 61
# Phases, and what is looked at first: a thread's stack may hold anything.
_PHASES = ((GLOBAL, ETERNAL), (LOCAL, MICROTASKS), (STACK,))


class Step(NamedTuple):
    """From a holder of class `holder` by `via` ('' for one that is only passed through); `again`:
    the same once or more."""

    holder: str
    via: str
    kind: str
    again: bool = False

    def __str__(self) -> str:
        if self.kind == ELEMENT:
            text = f"({self.holder})[]"
        elif self.kind == INTERNAL and self.via.startswith("("):
            text = f"{self.holder}{self.via}"
        else:
            text = f"{self.holder}.{self.via}"
        return f"{text}*" if self.again else text


class Reached(NamedTuple):
    """`objects` that are reached alike: how, and one of them (a node). `holders` is the number of
    objects that they are reached from: fewer where they are the elements of something."""

    root: str
    steps: tuple[Step, ...]
    class_: str
    sample: int
    objects: int
    size: int
    retained: int
    holders: int

    @property
    def spreads(self) -> bool:
        """Whether there are more of them than of what holds them."""
        return self.objects > self.holders or bool(self.steps and self.steps[-1].again)


class Patterns:
    """The patterns of a graph. Made once per session (`patterns_of`)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        graph = session.graph
        graph.alive(())
        self._scanned = graph.scanned
        classes = classes_of(session)
        self.names, self._internal = classes.names, classes.internal
        folds = _folds(session.layout)
        how = [folds.get(map_.type, FOLD_FIELDS) for map_ in session.heap.scanner.maps()]
        self._scanned.patterns(classes.of_map, how, _roots(session))
        live, done = graph.sums.live, 0
        while not self._scanned.patterns_step(_STEP):
            done += _STEP
            session.progress("looking for how objects are held", min(done, live), live)
        self.rows: Sequence[Pattern] = self._scanned.pattern_rows()
        self._ways: dict[tuple[int, int], tuple[Step, ...]] = {}

    def reached(self, most: int, class_: Optional[str] = None) -> list[Reached]:
        """The patterns whose objects retain most and those with most objects, of JavaScript's
        objects, strings and variables; `most` of both before those of one text are put together."""
        session = self._session
        session.graph.dominators  # noqa: B018  retained sizes are needed
        rows = self.rows
        sums = self._scanned.pattern_sums(range(len(rows)), len(rows), self._adding)
        shown = {
            number
            for number, name in enumerate(self.names)
            if number not in self._internal and class_ in (None, name)
        }
        chosen = [i for i, row in enumerate(rows) if row.class_ in shown]
        by_size = sorted(chosen, key=lambda i: -sums[i].retained)[:most]
        by_count = sorted(chosen, key=lambda i: -sums[i].objects)[:most]
        texts: dict[tuple[str, tuple[Step, ...], str], list[int]] = {}
        for number, i in enumerate(dict.fromkeys([*by_size, *by_count])):
            if number % 64 == 0:
                session.progress("naming paths", number, 2 * most)
            texts.setdefault(self.way(rows[i].sample), []).append(i)
        _join_lists(texts)
        merged = [NO_NODE] * len(rows)
        for number, members in enumerate(texts.values()):
            for i in members:
                merged[i] = number
        added = self._scanned.pattern_sums(merged, len(texts), self._adding)
        return [
            Reached(
                *way,
                rows[members[0]].sample,
                total.objects,
                total.bytes,
                total.retained,
                sum(rows[i].objects for i in {self._holder(i) for i in members} if i != NO_NODE),
            )
            for (way, members), total in zip(texts.items(), added)
        ]

    def _adding(self) -> None:
        self._session.progress("adding up what is retained", 0, 0)

    def _holder(self, pattern: int) -> int:
        """The pattern of the objects of the program that those of a pattern are reached from."""
        at = self.rows[pattern].parent
        while at != NO_NODE and self.rows[at].class_ in self._internal:
            at = self.rows[at].parent
        return at

    def nodes(self, node: int) -> list[int]:
        """The node, and those that lead to it, up to a root."""
        return [item for item, _ in self._scanned.pattern_way(node, _WAY)]

    def way(self, node: int) -> tuple[str, tuple[Step, ...], str]:
        """How a live node is reached: category of the root, steps, its own class."""
        way = self._scanned.pattern_way(node, _WAY)[::-1]
        if not way:
            return "", (), ""
        root = self.rows[way[0][1]]
        category = CATEGORIES[root.label & _ROOT] if root.parent == NO_NODE else "…"
        words = [self._session.graph.word(item) for item, _ in way]
        patterns = [pattern for _, pattern in way]
        steps: tuple[Step, ...] = ()
        at = 0
        while at + 1 < len(words):
            end = step_end(self._session, words, at)
            # A pattern stands for all the steps up to it.
            key = patterns[at], patterns[end]
            known = self._ways.get(key)
            if known is None:
                at, found = self._step(words, at, patterns)
                if not found.via:
                    known = steps
                elif steps and steps[-1][:3] == found[:3]:
                    known = (*steps[:-1], found._replace(again=True))
                else:
                    known = (*steps, found)
                if at == end:
                    self._ways[key] = known
            else:
                at = end
            steps = known
        return category, steps, self.names[self.rows[way[-1][1]].class_]

    def path(self, node: int) -> tuple[str, list[Holder]]:
        """The same with what it is in this object's case: the references from the root on."""
        way = self._scanned.pattern_way(node, _WAY)[::-1]
        if not way:
            return "", []
        words = [self._session.graph.word(item) for item, _ in way]
        steps: list[Holder] = []
        at = 0
        while at + 1 < len(words):
            at, found = step(self._session, words, at)
            steps.append(found)
        return CATEGORIES[self.rows[way[0][1]].label & _ROOT], steps

    def _step(self, words: Sequence[int], at: int, patterns: Sequence[int]) -> tuple[int, Step]:
        end, holder = step(self._session, words, at)
        class_ = self.rows[patterns[at]].class_
        name = self.names[class_]
        if class_ not in self._internal and name != CONTEXT:
            # A global object has a name of its own.
            name = self._session.census.odd_name(words[at] - 1) or name
        folded = any(
            self.rows[patterns[i]].label >> _KIND == _FOLDED for i in range(at + 1, end + 1)
        )
        via, kind = holder.via, holder.kind
        if kind == PROPERTY and folded:
            via = KEY
        elif kind == ELEMENT:
            via = "0"
        elif kind == INTERNAL:
            via = "(value)" if via.startswith("(value of") else via
            if folded and "[" in via:  # a dictionary's
                via = "(key)"
            # What leads from a closure to its variables tells nothing.
            if (name == "Function" and via == "context") or (name == CONTEXT and via == "previous"):
                via = ""
        return end, Step(name, via, kind)


def _join_lists(texts: dict[tuple[str, tuple[Step, ...], str], list[int]]) -> None:
    """The first links of a list are reached by steps of their own: to the others with them."""
    for key in [key for key in texts if key[1] and key[1][-1].again]:
        root, steps, class_ = key
        once = (root, (*steps[:-1], steps[-1]._replace(again=False)), class_)
        if once in texts:
            texts[key] = texts.pop(once) + texts[key]


def patterns_of(session: Session) -> Patterns:
    """The session's Patterns."""
    return session.kept(Patterns)


def _folds(layout: Layout) -> dict[int, int]:
    """By instance type how slots are told apart; those that are not there by slot."""
    unit = layout.tagged_size
    data = layout.FixedArray.data // unit
    first_name = data + layout.Dictionary.prefix_start + layout.Dictionary.name_prefix
    scope_info = layout.Context.slots // unit + layout.Context.scope_info
    how = {
        "FIXED_ARRAY": FOLD_ALL,
        "WEAK_FIXED_ARRAY": FOLD_ALL,
        "WEAK_ARRAY_LIST": FOLD_ALL,
        "NUMBER_DICTIONARY": FOLD_ALL,
        "ORDERED_HASH_SET": FOLD_ALL,
        "SLOPPY_ARGUMENTS_ELEMENTS": FOLD_ALL,
        "DESCRIPTOR_ARRAY": FOLD_CELLS,
        "STRONG_DESCRIPTOR_ARRAY": FOLD_CELLS,
        "GLOBAL_DICTIONARY": FOLD_CELLS,
        "ORDERED_HASH_MAP": FOLD_ENTRIES | (data + layout.OrderedHash.buckets) << FOLD_SHIFT,
        "NAME_DICTIONARY": FOLD_NAMES | first_name << FOLD_SHIFT,
    }
    folds = {layout.types[name]: fold for name, fold in how.items() if name in layout.types}
    for type_ in range(layout.Context.first_type, layout.Context.last_type + 1):
        folds[type_] = FOLD_CONTEXT | scope_info << FOLD_SHIFT
    return folds


def _roots(session: Session) -> list[tuple[int, int, int]]:
    number = {category: i for i, category in enumerate(CATEGORIES)}
    phase = {category: i for i, group in enumerate(_PHASES) for category in group}
    found = {
        (root.node, number[root.category], phase.get(root.category, len(_PHASES)))
        for root in session.graph.roots
    }
    return sorted(found, key=lambda root: (root[2], root[1], root[0]))
