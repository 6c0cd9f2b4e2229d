/*
 * Where memory has gathered: objects that retain much, but none of what they dominate does so by
 * itself; and what fills such objects, summed by class.
 */
#include <stdlib.h>

#include "graph.h"

/* The row of a dominator and a class, made if it is new; NULL: no memory. */
static v8s_filling *row_of(struct graph *g, uint32_t dominator, uint32_t class) {
    uint64_t key = ((uint64_t)dominator + 1) << 32 | (uint32_t)(class + 1);
    uint32_t at = v8s_table_get(&g->filling_table, key);
    if (at != NO_MAP)
        return &g->fillings[at];
    v8s_filling *fillings =
        v8s_room(g->fillings, g->filling_count + 1, &g->filling_capacity, sizeof *fillings);
    if (fillings == NULL)
        return NULL;
    g->fillings = fillings;
    if (g->filling_count >= UINT32_MAX ||
        v8s_table_put(&g->filling_table, key, (uint32_t)g->filling_count) != 0)
        return NULL;
    v8s_filling *row = &g->fillings[g->filling_count++];
    *row = (v8s_filling){dominator, class, NO_NODE, 0, 0, 0, 0, 0};
    return row;
}

void v8s_fillings_free(struct graph *g) {
    free(g->fillings);
    v8s_table_free(&g->filling_table);
    g->fillings = NULL;
    g->filling_count = g->filling_capacity = 0;
}

int32_t v8s_graph_fillings(v8s_heap *heap, const uint32_t *classes, uint64_t maps, uint64_t least,
                           uint64_t first, uint64_t last) {
    struct graph *g = heap->graph;
    if (g == NULL || first > last || last > g->node_count)
        return V8S_EINVAL;
    uint64_t size;
    const uint32_t *of = v8s_dominators_part(g, V8S_PART_DOMINATOR, &size);
    const uint64_t *retained = v8s_dominators_part(g, V8S_PART_RETAINED, &size);
    if (of == NULL)
        return V8S_EINVAL;
    if (first == 0)
        v8s_fillings_free(g);
    for (uint64_t node = first; node < last; node++) {
        if (of[node] == NO_NODE || retained[of[node]] < least)
            continue;
        uint32_t class = g->map[node] < maps ? classes[g->map[node]] : NO_NODE;
        v8s_filling *row = row_of(g, of[node], class);
        if (row == NULL) {
            v8s_fillings_free(g);
            return V8S_ENOMEM;
        }
        row->count++;
        row->bytes += 8 * (uint64_t)g->words[node];
        row->retained += retained[node];
        if (row->count == 1 || retained[node] > row->most) {
            row->greatest = (uint32_t)node;
            row->most = retained[node];
        }
    }
    if (last < g->node_count)
        return 0;
    /* A single one is no filling; and a list would give a row for each of its links. */
    uint64_t kept = 0;
    for (uint64_t i = 0; i < g->filling_count; i++)
        if (g->fillings[i].count > 1 && g->fillings[i].retained >= least)
            g->fillings[kept++] = g->fillings[i];
    g->filling_count = kept;
    v8s_table_free(&g->filling_table);
    return 0;
}

uint64_t v8s_graph_filling_rows(const v8s_heap *heap, uint64_t from, v8s_filling *out,
                                uint64_t capacity) {
    const struct graph *g = heap->graph;
    if (g == NULL || from > g->filling_count)
        return 0;
    uint64_t n = g->filling_count - from;
    if (capacity == 0)
        return n;
    n = n < capacity ? n : capacity;
    if (n > 0)
        memcpy(out, g->fillings + from, (size_t)n * sizeof *out);
    return n;
}

/* The dominators of nodes, and what these retain; 0: of nodes up to `last` there are none. */
static int dominated(const struct graph *g, uint64_t last, const uint32_t **of,
                     const uint64_t **retained) {
    uint64_t size;
    if (g == NULL || last > g->node_count)
        return 0;
    *of = v8s_dominators_part(g, V8S_PART_DOMINATOR, &size);
    *retained = v8s_dominators_part(g, V8S_PART_RETAINED, &size);
    return *of != NULL;
}

/* `most`: the most that each node dominates immediately. */
int32_t v8s_graph_most(const v8s_heap *heap, uint64_t *most, uint64_t first, uint64_t last) {
    const uint32_t *of;
    const uint64_t *retained;
    if (!dominated(heap->graph, last, &of, &retained))
        return V8S_EINVAL;
    for (uint64_t node = first; node < last; node++)
        if (of[node] != NO_NODE && retained[node] > most[of[node]])
            most[of[node]] = retained[node];
    return 0;
}

int64_t v8s_graph_gathered(const v8s_heap *heap, uint64_t least, const uint64_t *most,
                           uint64_t first, uint64_t last, uint32_t *out, uint64_t capacity) {
    const uint32_t *of;
    const uint64_t *retained;
    if (!dominated(heap->graph, last, &of, &retained))
        return V8S_EINVAL;
    uint64_t found = 0;
    for (uint64_t node = first; node < last && found < capacity; node++)
        if (of[node] != NO_NODE && retained[node] >= least && most[node] < retained[node] / 2)
            out[found++] = (uint32_t)node;
    return (int64_t)found;
}
