/*
 * Counting edges in two threads. The second half of the nodes has a heap and a snapshot of its own,
 * copies of the first ones: they share what does not change meanwhile (nothing is added to Maps or
 * to the graph), and have apart what counting makes: packed edges, strings, tags, plans. What the
 * half has found is then put behind that of the first one, as if one had counted all.
 */
#include <stdlib.h>

#include "snapshot.h"

#define LEAST_NODES (UINT64_C(1) << 14) /* below that a thread is not worth its start */

void v8s_half_free(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    heap->frozen = 0;
    if (s->half == NULL)
        return;
    v8s_own_free(s->half->snapshot);
    free(s->half->snapshot);
    free(s->half);
    s->half = NULL;
}

/* What counting makes begins empty. */
static int begin_half(v8s_heap *half, const struct snapshot *s) {
    struct snapshot *h = half->snapshot;
    *h = *s;
    h->half = NULL;
    h->properties = NULL;
    h->property_count = h->property_capacity = 0;
    memset(&h->scopes, 0, sizeof h->scopes);
    h->scope_first = NULL;
    h->scope_count = h->scope_capacity = 0;
    h->variables = NULL;
    h->variable_count = h->variable_capacity = 0;
    memset(&h->strings, 0, sizeof h->strings);
    h->visited = NULL;
    h->held = NULL;
    h->visited_size = 0;
    h->copy = NULL;
    h->copy_size = 0;
    h->blocks = NULL;
    h->block_count = h->block_capacity = 0;
    h->tagged_names = 0;
    h->plans = calloc((size_t)h->plan_count + 1, sizeof *h->plans);
    h->tag = calloc((size_t)half->graph->node_count + 1, sizeof *h->tag);
    if (h->plans == NULL || h->tag == NULL)
        return V8S_ENOMEM;
    for (uint64_t i = 0; i < h->text_count && h->error == 0; i++)
        (void)v8s_given(half, i);
    return h->error;
}

/* The node that has as many kept ones before it. */
static uint64_t node_of_rank(const v8s_heap *heap, uint64_t rank) {
    const struct snapshot *s = heap->snapshot;
    uint64_t low = 0, high = heap->graph->node_count / 64 + 1;
    while (high - low > 1) { /* the last word that begins with no more */
        uint64_t middle = low + (high - low) / 2;
        if (s->marks[middle].rank <= rank)
            low = middle;
        else
            high = middle;
    }
    uint64_t node = 64 * low;
    for (uint64_t before = s->marks[low].rank; before < rank; before++)
        node = v8s_next_kept(heap, node) + 1;
    return node;
}

int32_t v8s_snapshot_split(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    if (s == NULL || s->root == NULL || s->stage != STAGE_COUNT || s->at != 0 || s->half != NULL)
        return V8S_EINVAL;
    if (s->kept_count < LEAST_NODES || s->reached != NULL) /* that one is written by all */
        return 0;
    for (uint32_t map = 0; map < heap->map_count; map++)
        if (v8s_graph_shape(heap, map) == NULL)
            return V8S_ENOMEM;
    s->half = malloc(sizeof *s->half);
    if (s->half == NULL)
        return V8S_ENOMEM;
    *s->half = *heap;
    s->half->snapshot = calloc(1, sizeof *s->half->snapshot);
    if (s->half->snapshot == NULL) {
        free(s->half);
        s->half = NULL;
        return V8S_ENOMEM;
    }
    if (begin_half(s->half, s) != 0) {
        v8s_half_free(heap);
        return V8S_ENOMEM;
    }
    struct snapshot *h = s->half->snapshot;
    uint64_t kept = s->kept_count / 2;
    s->count_end = h->at = v8s_first_object(s) + kept;
    h->part = node_of_rank(heap, kept);
    h->steps = s->steps /= 2;
    heap->frozen = s->half->frozen = 1;
    return 1;
}

int32_t v8s_snapshot_half(v8s_heap *heap, uint64_t steps) {
    if (heap->snapshot == NULL || heap->snapshot->half == NULL)
        return V8S_EINVAL;
    struct snapshot *h = heap->snapshot->half->snapshot;
    v8s_count_some(heap->snapshot->half, steps);
    return h->error != 0 ? h->error : h->at < h->count_end;
}

/* What both have made of a node: the first name is the one that counts, and the last type. */
static void join_tags(v8s_heap *heap, const struct snapshot *h) {
    struct snapshot *s = heap->snapshot;
    uint32_t index[256] = {0};
    for (uint32_t i = 0; i < h->tagged_names; i++) {
        while (index[i] < s->tagged_names && s->tagged_name[index[i]] != h->tagged_name[i])
            index[i]++;
        if (index[i] == s->tagged_names && index[i] < 0x7f)
            s->tagged_name[s->tagged_names++] = h->tagged_name[i];
    }
    for (uint64_t node = 0; node < heap->graph->node_count; node++) {
        uint32_t theirs = h->tag[node], ours = s->tag[node];
        if (theirs == 0)
            continue;
        if ((ours & 0x7f) == 0 && (theirs & 0x7f) != 0 && index[(theirs & 0x7f) - 1] < 0x7f)
            ours |= (index[(theirs & 0x7f) - 1] + 1) | (theirs & 0x80);
        if (theirs >> 8 != 0)
            ours = (ours & 0xff) | (theirs & 0xff00);
        s->tag[node] = (uint16_t)ours;
    }
}

/* Its edges, which name strings by numbers of its own. */
static int join_edges(v8s_heap *heap, struct snapshot *h) {
    struct snapshot *s = heap->snapshot;
    s->half_names = malloc((size_t)(h->strings.count + 1) * sizeof *s->half_names);
    if (s->half_names == NULL)
        return V8S_ENOMEM;
    for (uint64_t i = 0; i < h->strings.count && s->error == 0; i++)
        s->half_names[i] = v8s_text_string(heap, h->strings.source[i]);
    struct block *blocks = v8s_room(s->blocks, s->block_count + h->block_count + 1,
                                    &s->block_capacity, sizeof *blocks);
    if (blocks == NULL || s->error != 0)
        return V8S_ENOMEM;
    s->blocks = blocks;
    if (s->block_count > 0)
        blocks[s->block_count - 1].used = s->block_used;
    for (uint64_t i = 0; i < h->block_count; i++) {
        struct block *block = &blocks[s->block_count++];
        *block = h->blocks[i];
        block->names = s->half_names;
        if (i + 1 == h->block_count)
            block->used = h->block_used;
    }
    if (h->block_count > 0)
        s->block_used = h->block_used;
    h->block_count = 0;
    return 0;
}

int32_t v8s_snapshot_join(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    if (s == NULL || s->half == NULL || s->at != s->count_end)
        return V8S_EINVAL;
    struct snapshot *h = s->half->snapshot;
    if (h->error == 0 && h->at != h->count_end)
        return V8S_EINVAL;
    heap->frozen = 0;
    int error = h->error;
    if (error == 0) {
        join_tags(heap, h);
        error = join_edges(heap, h);
    }
    s->at = s->count_end = h->count_end;
    s->total_edges += h->total_edges;
    s->exhausted |= h->exhausted;
    s->steps += h->steps;
    if (s->strings.numbers < h->strings.numbers)
        s->strings.numbers = h->strings.numbers;
    v8s_half_free(heap);
    s->error |= error;
    return error;
}
