/*
 * What is alive: all that strong edges lead to from the roots, and the values of weak collections
 * whose key and table both are. Each entry is looked at twice at most, when its key is reached and
 * when its table is, so chains of entries cost no rounds.
 */
#include <stdlib.h>

#include "graph.h"

static int has(const uint64_t *bits, uint32_t node) {
    return (bits[node >> 6] >> (node & 63) & 1) != 0;
}

static void mark(struct graph *g, uint32_t node) {
    if (has(g->live, node))
        return;
    g->live[node >> 6] |= UINT64_C(1) << (node & 63);
    g->stats.live++;
    g->stats.live_bytes += 8 * (uint64_t)g->words[node];
    g->pending[g->pending_count++] = node; /* each node once: there is room for all */
}

void v8s_reach_free(struct graph *g) {
    v8s_paths_free(g);
    free(g->roots);
    free(g->cut);
    free(g->live);
    free(g->pending);
    free(g->by_table);
    g->roots = g->pending = g->by_table = NULL;
    g->cut = g->live = NULL;
    g->root_count = g->pending_count = 0;
    g->reached = 0;
    g->stats.live = g->stats.live_bytes = 0;
}

int v8s_graph_is_cut(const struct graph *g, uint32_t node) {
    return has(g->cut, node);
}

int v8s_graph_is_live(const struct graph *g, uint32_t node) {
    return has(g->live, node);
}

struct slot {
    uint32_t table;
    uint32_t pair;
};

static int by_table(const void *a, const void *b) {
    const struct slot *x = a, *y = b;
    if (x->table != y->table)
        return x->table < y->table ? -1 : 1;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

/* The pairs in the order of their tables. */
static int index_tables(struct graph *g) {
    struct slot *slots = malloc((size_t)(g->pair_count + 1) * sizeof *slots);
    g->by_table = malloc((size_t)(g->pair_count + 1) * sizeof *g->by_table);
    if (slots == NULL || g->by_table == NULL) {
        free(slots);
        return V8S_ENOMEM;
    }
    for (uint64_t i = 0; i < g->pair_count; i++) {
        slots[i].table = g->pairs[i].table;
        slots[i].pair = (uint32_t)i;
    }
    if (g->pair_count > 0)
        qsort(slots, (size_t)g->pair_count, sizeof *slots, by_table);
    for (uint64_t i = 0; i < g->pair_count; i++)
        g->by_table[i] = slots[i].pair;
    free(slots);
    return 0;
}

int32_t v8s_graph_roots(v8s_heap *heap, const uint32_t *roots, uint64_t count) {
    struct graph *g = heap->graph;
    if (g == NULL || g->out.start == NULL || g->out.next != g->node_count)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < count; i++)
        if ((roots[i] & NODE_MASK) >= g->node_count)
            return V8S_EINVAL;
    v8s_dominators_free(g);
    v8s_reach_free(g);
    size_t words = (size_t)(g->node_count / 64 + 1);
    g->roots = malloc((size_t)(count + 1) * sizeof *g->roots);
    g->cut = calloc(words, sizeof *g->cut);
    g->live = calloc(words, sizeof *g->live);
    g->pending = malloc((size_t)(g->node_count + 1) * sizeof *g->pending);
    if (g->roots == NULL || g->cut == NULL || g->live == NULL || g->pending == NULL ||
        index_tables(g) != 0) {
        v8s_reach_free(g);
        return V8S_ENOMEM;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint32_t node = roots[i] & NODE_MASK;
        g->roots[g->root_count++] = node;
        if (roots[i] >> V8S_EDGE_SHIFT == V8S_EDGE_WEAK)
            g->cut[node >> 6] |= UINT64_C(1) << (node & 63);
    }
    for (uint64_t i = 0; i < g->root_count; i++)
        mark(g, g->roots[i]);
    return 0;
}

static uint64_t first_of_key(const struct graph *g, uint32_t key) {
    uint64_t low = 0, high = g->pair_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (g->pairs[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether the edge from a key to a value is one of a table that is alive. */
int v8s_graph_pair_holds(const struct graph *g, uint32_t key, uint32_t value) {
    for (uint64_t i = first_of_key(g, key); i < g->pair_count && g->pairs[i].key == key; i++)
        if (g->pairs[i].value == value && has(g->live, g->pairs[i].table))
            return 1;
    return 0;
}

/* Values for which this node is the key and the table is alive. */
static void reach_key(struct graph *g, uint32_t node) {
    uint64_t low = first_of_key(g, node);
    for (; low < g->pair_count && g->pairs[low].key == node; low++)
        if (has(g->live, g->pairs[low].table))
            mark(g, g->pairs[low].value);
}

/* Values of this table whose key is alive. */
static void reach_table(struct graph *g, uint32_t node) {
    uint64_t low = 0, high = g->pair_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (g->pairs[g->by_table[middle]].table < node)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < g->pair_count && g->pairs[g->by_table[low]].table == node; low++)
        if (has(g->live, g->pairs[g->by_table[low]].key))
            mark(g, g->pairs[g->by_table[low]].value);
}

int32_t v8s_graph_reach(v8s_heap *heap, uint64_t budget) {
    struct graph *g = heap->graph;
    if (g == NULL || g->live == NULL)
        return V8S_EINVAL;
    for (; g->pending_count > 0 && budget > 0; budget--) {
        uint32_t node = g->pending[--g->pending_count];
        if (has(g->cut, node))
            continue;
        int is_key = 0;
        for (uint64_t e = g->out.start[node]; e < g->out.start[node + 1]; e++) {
            uint32_t kind = g->out.target[e] >> V8S_EDGE_SHIFT;
            if (kind == V8S_EDGE_STRONG)
                mark(g, g->out.target[e] & NODE_MASK);
            is_key |= kind == V8S_EDGE_EPHEMERON;
        }
        if (is_key)
            reach_key(g, node);
        if (g->shapes[g->map[node]].pairs != 0)
            reach_table(g, node);
    }
    if (g->pending_count > 0)
        return 0;
    free(g->pending);
    g->pending = NULL;
    g->reached = 1;
    return 1;
}

/* Whether all marks are made. */
int v8s_graph_reached(const v8s_heap *heap) {
    return heap->graph != NULL && heap->graph->reached;
}

/* Whether the object at `address` (untagged) is marked. */
int v8s_graph_alive_at(v8s_heap *heap, uint64_t address) {
    uint32_t node = v8s_graph_find(heap, address);
    return node != NO_NODE && has(heap->graph->live, node);
}

uint64_t v8s_graph_live(const v8s_heap *heap, uint64_t *out, uint64_t capacity) {
    const struct graph *g = heap->graph;
    if (g == NULL || !g->reached)
        return 0;
    uint64_t n = g->node_count / 64 + 1;
    if (n > capacity)
        n = capacity;
    memcpy(out, g->live, (size_t)n * sizeof *out);
    return n;
}

int32_t v8s_graph_census(const v8s_heap *heap, uint64_t first, uint64_t last, uint64_t *count,
                         uint64_t *bytes, uint64_t maps) {
    const struct graph *g = heap->graph;
    if (g == NULL || !g->reached || first > last || last > g->node_count)
        return V8S_EINVAL;
    for (uint64_t node = first; node < last; node++) {
        if (!has(g->live, (uint32_t)node) || g->map[node] >= maps)
            continue;
        count[g->map[node]]++;
        bytes[g->map[node]] += 8 * (uint64_t)g->words[node];
    }
    return 0;
}
