/*
 * The object at hand: its bytes in one piece, and what its slots lead to.
 */
#include <stdlib.h>

#include "snapshot_object.h"

#define MAX_COPY (UINT64_C(1) << 26) /* bytes */

/*
 * Whether the edges of a node in the graph are those of its tagged words, one by one, as they are
 * of all but the few objects with slots of other kinds or with pointers to no object: *first is
 * that of the Map.
 */
int v8s_row_matches(v8s_heap *heap, uint32_t node, const uint8_t *bytes, uint64_t size,
                    uint64_t *first) {
    const struct graph *g = heap->graph;
    const struct shape *shape = v8s_graph_shape(heap, g->map[node]);
    uint64_t count = 0;
    if (shape == NULL)
        return 0;
    uint64_t end = size < shape->raw ? size : shape->raw, gap = shape->gap > 8 ? shape->gap : 8;
    uint64_t last = g->out.start[node + 1];
    *first = g->out.start[node];
    if (shape->rule_count != 0)
        return 0;
    while (last > *first && g->out.target[last - 1] >> V8S_EDGE_SHIFT == V8S_EDGE_EPHEMERON)
        last--;
    for (uint64_t at = 0; at + 8 <= end; at = at == 0 ? gap : at + 8)
        count += points(g, load64(bytes + at));
    return count == last - *first;
}

/* Its bytes, in one piece. */
static int read_object(v8s_heap *heap, uint32_t node) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t available;
    s->node = node;
    s->address = g->address[node];
    s->size = 8 * (uint64_t)g->words[node];
    s->view = &s->views[g->map[node]];
    s->next_hidden = 0;
    if (v8s_graph_shape(heap, g->map[node]) == NULL) {
        s->error = V8S_ENOMEM;
        return 0;
    }
    s->bytes = v8s_view(heap, s->address, &available);
    if (s->bytes != NULL && available >= s->size)
        return 1;
    if (s->size > MAX_COPY) { /* of what is not in one piece, or not there */
        s->size = s->bytes != NULL ? available & ~(uint64_t)7 : 0;
        return s->bytes != NULL;
    }
    if (s->copy_size < s->size) {
        uint8_t *bigger = realloc(s->copy, (size_t)s->size);
        if (bigger == NULL) {
            s->error = V8S_ENOMEM;
            return 0;
        }
        s->copy = bigger;
        s->copy_size = s->size;
    }
    memset(s->copy, 0, (size_t)s->size);
    for (uint64_t at = 0; at < s->size;) {
        const uint8_t *p = v8s_view(heap, s->address + at, &available);
        if (p == NULL) {
            uint64_t next = v8s_next_readable(heap, s->address + at) - s->address;
            if (next >= s->size)
                break;
            at = next;
            continue;
        }
        uint64_t n = available < s->size - at ? available : s->size - at;
        memcpy(s->copy + at, p, (size_t)n);
        at += n;
    }
    s->bytes = s->copy;
    return 1;
}

/* Finds what the slots of the object at hand lead to: the graph has it already, in their order. */
static void find_held(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    const struct shape *shape = &g->shapes[g->map[s->node]];
    uint64_t end = s->size < shape->raw ? s->size : shape->raw, e;
    s->tagged_gap = shape->gap > 8 ? shape->gap : 8;
    s->tagged_end = end & ~(uint64_t)7;
    int matches = v8s_row_matches(heap, s->node, s->bytes, s->size, &e);
    for (uint64_t at = 0; at + 8 <= end; at = at == 0 ? s->tagged_gap : at + 8) {
        uint64_t word = load64(s->bytes + at);
        if (!points(g, word))
            s->held[at >> 3] = NO_NODE;
        else if (matches)
            s->held[at >> 3] = g->out.target[e++] & NODE_MASK;
        else
            s->held[at >> 3] = v8s_graph_find(heap, word & ~(uint64_t)3);
    }
}

/* Makes a node the object at hand; 0: it can't be read. */
int v8s_take_object(v8s_heap *heap, uint32_t node) {
    struct snapshot *s = heap->snapshot;
    if (!read_object(heap, node))
        return 0;
    if (s->visited_size < s->size / 8) {
        uint64_t size = s->size / 4 + 1024;
        free(s->visited); /* all of it is 0 between two objects */
        free(s->held);
        s->visited = calloc((size_t)size, 1);
        s->held = malloc((size_t)size * sizeof *s->held);
        s->visited_size = s->visited != NULL && s->held != NULL ? size : 0;
        if (s->visited_size == 0) {
            s->error = V8S_ENOMEM;
            return 0;
        }
    }
    find_held(heap);
    return 1;
}
