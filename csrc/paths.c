/*
 * How a node is held: breadth first from it against the edges, until roots are met. The way back
 * from each root is a shortest one, and the search ends as soon as there are enough: it looks at
 * what is near the node, not at the whole graph.
 */
#include <stdlib.h>

#include "graph.h"

struct paths {
    uint32_t node; /* that ways lead to */
    uint64_t most;
    uint64_t *seen;
    uint64_t *root;
    uint32_t *towards; /* the next node on the way */
    uint32_t *queue;
    uint64_t first;
    uint64_t last;
    uint32_t *found; /* roots, nearest first */
    uint64_t count;
    uint64_t words; /* that all ways take, each with its length */
};

static int has(const uint64_t *bits, uint64_t node) {
    return (bits[node >> 6] >> (node & 63) & 1) != 0;
}

static void set(uint64_t *bits, uint64_t node) {
    bits[node >> 6] |= UINT64_C(1) << (node & 63);
}

void v8s_paths_free(struct graph *g) {
    struct paths *p = g->paths;
    if (p == NULL)
        return;
    free(p->seen);
    free(p->root);
    free(p->towards);
    free(p->queue);
    free(p->found);
    free(p);
    g->paths = NULL;
}

/* Whether `from` keeps `to` alive by an edge of this kind. */
static int holds(const struct graph *g, uint32_t from, uint32_t to, uint32_t kind) {
    if (kind == V8S_EDGE_WEAK || !v8s_graph_is_live(g, from) || v8s_graph_is_cut(g, from))
        return 0;
    return kind != V8S_EDGE_EPHEMERON || v8s_graph_pair_holds(g, from, to);
}

static uint64_t length_of(const struct paths *p, uint32_t root) {
    uint64_t length = 1;
    for (uint32_t node = root; node != p->node; node = p->towards[node])
        length++;
    return length;
}

int32_t v8s_graph_paths(v8s_heap *heap, uint64_t node, uint64_t most) {
    struct graph *g = heap->graph;
    if (g == NULL || !g->reached || !v8s_graph_is_turned(g) || node >= g->node_count)
        return V8S_EINVAL;
    v8s_paths_free(g);
    struct paths *p = g->paths = calloc(1, sizeof *p);
    if (p == NULL)
        return V8S_ENOMEM;
    size_t n = (size_t)g->node_count, words = n / 64 + 1;
    p->node = (uint32_t)node;
    p->most = most < g->root_count ? most : g->root_count;
    p->seen = calloc(words, sizeof *p->seen);
    p->root = calloc(words, sizeof *p->root);
    p->towards = malloc(n * sizeof *p->towards);
    p->queue = malloc(n * sizeof *p->queue);
    p->found = malloc((size_t)(p->most + 1) * sizeof *p->found);
    if (p->seen == NULL || p->root == NULL || p->towards == NULL || p->queue == NULL ||
        p->found == NULL) {
        v8s_paths_free(g);
        return V8S_ENOMEM;
    }
    for (uint64_t i = 0; i < g->root_count; i++)
        set(p->root, g->roots[i]);
    p->queue[p->last++] = p->node;
    set(p->seen, node);
    return 0;
}

int32_t v8s_graph_paths_step(v8s_heap *heap, uint64_t budget) {
    struct graph *g = heap->graph;
    if (g == NULL || g->paths == NULL)
        return V8S_EINVAL;
    struct paths *p = g->paths;
    for (; p->first < p->last && p->count < p->most; p->first++) {
        if (budget-- == 0)
            return 0;
        uint32_t at = p->queue[p->first];
        if (has(p->root, at)) {
            p->found[p->count++] = at;
            p->words += 1 + length_of(p, at);
        }
        for (uint64_t e = g->in.start[at]; e < g->in.start[at + 1]; e++) {
            uint32_t from = g->in.target[e] & NODE_MASK;
            if (has(p->seen, from) || !holds(g, from, at, g->in.target[e] >> V8S_EDGE_SHIFT))
                continue;
            set(p->seen, from);
            p->towards[from] = at;
            p->queue[p->last++] = from;
        }
    }
    return 1;
}

uint64_t v8s_graph_paths_found(const v8s_heap *heap, uint32_t *out, uint64_t capacity) {
    const struct graph *g = heap->graph;
    if (g == NULL || g->paths == NULL)
        return 0;
    const struct paths *p = g->paths;
    uint64_t used = 0;
    for (uint64_t i = 0; i < p->count && p->words <= capacity; i++) {
        uint64_t length = length_of(p, p->found[i]);
        out[used] = (uint32_t)length;
        uint64_t place = used + length; /* the root last */
        for (uint32_t node = p->found[i];; node = p->towards[node]) {
            out[place--] = node;
            if (node == p->node)
                break;
        }
        used += length + 1;
    }
    return p->words;
}
