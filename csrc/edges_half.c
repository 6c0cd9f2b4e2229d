/*
 * Reading edges in two threads. The second half of the nodes has a heap and a graph of its own,
 * copies of the first ones: what they share does not change meanwhile. The rows of the half are
 * then put behind the others.
 */
#include <stdlib.h>

#include "graph.h"

#define LEAST_NODES (UINT64_C(1) << 14) /* below that a thread is not worth its start */

void v8s_edges_half_free(struct graph *g) {
    if (g->half == NULL)
        return;
    free(g->half->graph->out.target);
    free(g->half->graph);
    free(g->half);
    g->half = NULL;
}

int64_t v8s_graph_split(v8s_heap *heap) {
    struct graph *g = heap->graph;
    if (g == NULL || g->borrowed || g->half != NULL || g->out.next != 0)
        return V8S_EINVAL;
    if (g->node_count < LEAST_NODES)
        return 0;
    for (uint32_t map = 0; map < heap->map_count; map++)
        if (v8s_graph_shape(heap, map) == NULL)
            return V8S_ENOMEM;
    if (v8s_start_rows(heap) != 0)
        return V8S_ENOMEM;
    v8s_heap *half = malloc(sizeof *half);
    struct graph *h = malloc(sizeof *h);
    if (half == NULL || h == NULL) {
        free(half);
        free(h);
        return V8S_ENOMEM;
    }
    g->half_first = g->node_count / 2;
    *half = *heap;
    *h = *g;
    half->graph = h;
    h->out.target = NULL;
    h->out.count = h->out.capacity = 0;
    h->out.next = g->half_first;
    memset(&h->stats, 0, sizeof h->stats);
    while (h->next_pair < h->pair_count && h->pairs[h->next_pair].key < g->half_first)
        h->next_pair++;
    g->half = half;
    heap->frozen = half->frozen = 1;
    return (int64_t)g->half_first;
}

int32_t v8s_graph_half(v8s_heap *heap, uint64_t steps) {
    if (heap->graph == NULL || heap->graph->half == NULL)
        return V8S_EINVAL;
    struct graph *h = heap->graph->half->graph;
    uint64_t left = h->node_count - h->out.next;
    if (v8s_scan_nodes(heap->graph->half, h->out.next, h->out.next + (left < steps ? left : steps)))
        return V8S_ENOMEM;
    return h->out.next < h->node_count;
}

int32_t v8s_graph_join(v8s_heap *heap) {
    struct graph *g = heap->graph;
    if (g == NULL || g->half == NULL || g->out.next != g->half_first ||
        g->half->graph->out.next != g->node_count)
        return V8S_EINVAL;
    struct rows *out = &g->out, *more = &g->half->graph->out;
    uint64_t before = out->count, count = before + more->count;
    if (count >= UINT32_MAX)
        return V8S_ENOMEM;
    if (count > out->capacity) {
        uint32_t *bigger = realloc(out->target, (size_t)count * sizeof *bigger);
        if (bigger == NULL)
            return V8S_ENOMEM;
        out->target = bigger;
        out->capacity = count;
    }
    if (more->count > 0)
        memcpy(out->target + before, more->target, (size_t)more->count * sizeof *more->target);
    for (uint64_t node = g->half_first + 1; node <= g->node_count; node++)
        out->start[node] += (uint32_t)before;
    out->count = count;
    out->next = g->node_count;
    g->next_pair = g->pair_count;
    g->stats.weak += g->half->graph->stats.weak;
    g->stats.dangling += g->half->graph->stats.dangling;
    heap->frozen = 0;
    v8s_edges_half_free(g);
    return 0;
}
