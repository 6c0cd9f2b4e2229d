/*
 * How a node is held: breadth first from it against the edges, until roots are met. The way back
 * from each root is a shortest one, and the search ends as soon as there are enough: it looks at
 * what is near the node, not at the whole graph.
 */
#include <stdlib.h>

#include "graph.h"

static int has(const uint64_t *bits, uint64_t node) {
    return (bits[node >> 6] >> (node & 63) & 1) != 0;
}

/* Whether `from` keeps `to` alive by an edge of this kind. */
static int holds(const struct graph *g, uint32_t from, uint32_t to, uint32_t kind) {
    if (kind == V8S_EDGE_WEAK || !v8s_graph_is_live(g, from) || v8s_graph_is_cut(g, from))
        return 0;
    return kind != V8S_EDGE_EPHEMERON || v8s_graph_pair_holds(g, from, to);
}

/* Appends the way from `at`, a root, down to the first node, if there is room. */
static uint64_t write_path(const uint32_t *towards, uint32_t at, uint64_t first, uint32_t *out,
                           uint64_t used, uint64_t capacity) {
    uint64_t length = 1;
    for (uint32_t node = at; node != first; node = towards[node])
        length++;
    if (length >= UINT32_MAX || capacity - used < length + 1)
        return used;
    out[used] = (uint32_t)length;
    uint64_t place = used + length; /* the root last */
    for (uint32_t node = at;; node = towards[node]) {
        out[place--] = node;
        if (node == first)
            break;
    }
    return used + length + 1;
}

int64_t v8s_graph_paths(const v8s_heap *heap, uint64_t node, uint64_t most, uint32_t *out,
                        uint64_t capacity) {
    const struct graph *g = heap->graph;
    if (g == NULL || !g->reached || node >= g->node_count)
        return V8S_EINVAL;
    size_t n = (size_t)g->node_count, words = n / 64 + 1;
    uint64_t *seen = calloc(words, sizeof *seen), *root = calloc(words, sizeof *root);
    uint32_t *towards = malloc(n * sizeof *towards), *queue = malloc(n * sizeof *queue);
    if (seen == NULL || root == NULL || towards == NULL || queue == NULL) {
        free(seen);
        free(root);
        free(towards);
        free(queue);
        return V8S_ENOMEM;
    }
    for (uint64_t i = 0; i < g->root_count; i++)
        root[g->roots[i] >> 6] |= UINT64_C(1) << (g->roots[i] & 63);
    uint64_t first = 0, last = 0, used = 0, found = 0;
    queue[last++] = (uint32_t)node;
    seen[node >> 6] |= UINT64_C(1) << (node & 63);
    while (first < last && found < most) {
        uint32_t at = queue[first++];
        if (has(root, at)) {
            uint64_t end = write_path(towards, at, node, out, used, capacity);
            if (end == used)
                break;
            used = end;
            found++;
        }
        for (uint64_t e = g->in.start[at]; e < g->in.start[at + 1]; e++) {
            uint32_t from = g->in.target[e] & NODE_MASK;
            if (has(seen, from) || !holds(g, from, at, g->in.target[e] >> V8S_EDGE_SHIFT))
                continue;
            seen[from >> 6] |= UINT64_C(1) << (from & 63);
            towards[from] = at;
            queue[last++] = from;
        }
    }
    free(seen);
    free(root);
    free(towards);
    free(queue);
    return (int64_t)used;
}
