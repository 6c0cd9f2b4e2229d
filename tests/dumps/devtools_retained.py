"""Retained sizes of a snapshot by the rules of DevTools, in plain Python: an oracle for ours.

V8_GRAPH §5.1 has the rules; not done here is what only moves bytes between nodes of V8's own
(shallow sizes of elements). Dominators by Cooper, Harvey and Kennedy, unlike ours.
"""

from __future__ import annotations

from typing import Iterator

from tests.dumps.graph_oracle import Graph


def retained(graph: Graph) -> tuple[list[int], list[int]]:
    """(immediate dominator of each node, -1 for none; bytes it retains). Node 0 is the root."""
    own = _flood(graph, [to for kind, _, to in graph.edges(0) if kind == "shortcut"])
    out = [list(_counted(graph, node, own)) for node in range(len(graph.type))]
    order = _postorder(out)
    number = {node: i for i, node in enumerate(order)}
    incoming: list[list[int]] = [[] for _ in out]
    for node in order:
        for to in out[node]:
            incoming[to].append(node)
    dominator = [-1] * len(out)
    dominator[0] = 0
    changed = True
    while changed:
        changed = False
        for node in reversed(order[:-1]):
            found = -1
            for other in incoming[node]:
                if dominator[other] < 0:
                    continue
                if found < 0:
                    found = other
                    continue
                while found != other:
                    while number[found] < number[other]:
                        found = dominator[found]
                    while number[other] < number[found]:
                        other = dominator[other]
            if dominator[node] != found:
                dominator[node], changed = found, True
    size = list(graph.size)
    for node in order[:-1]:
        size[dominator[node]] += size[node]
    return dominator, size


def _flood(graph: Graph, start: list[int]) -> set[int]:
    """The nodes of the page: what the user's roots reach by edges that are not weak."""
    found, pending = set(start), list(start)
    while pending:
        for kind, _, to in graph.edges(pending.pop()):
            if kind != "weak" and to not in found:
                found.add(to)
                pending.append(to)
    return found


def _counted(graph: Graph, node: int, own: set[int]) -> Iterator[int]:
    for kind, name, to in graph.edges(node):
        if kind == "weak" or to == node or (kind == "shortcut" and node):
            continue
        if node and to in own and node not in own:
            continue
        # Of the two edges of a pair of a WeakMap, that from the table.
        if kind == "internal" and "part of key" in str(name) and graph.type[node] == "array":
            continue
        yield to


def _postorder(out: list[list[int]]) -> list[int]:
    order, seen = [], {0}
    stack = [(0, iter(out[0]))]
    while stack:
        node, rest = stack[-1]
        for to in rest:
            if to not in seen:
                seen.add(to)
                stack.append((to, iter(out[to])))
                break
        else:
            order.append(node)
            stack.pop()
    return order
