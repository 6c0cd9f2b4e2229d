/*
 * Who refers to an object: first the words of a page that hold a target are found by a plain
 * search, then, where there are any, the walk tells which object each of them is in.
 */
#include <stdlib.h>

#include "internal.h"

int32_t v8s_set_targets(v8s_heap *heap, const uint64_t *targets, uint64_t count) {
    v8s_table_free(&heap->targets);
    heap->target_low = UINT64_MAX;
    heap->target_high = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t strong = targets[i] & ~(uint64_t)2;
        if (v8s_table_put(&heap->targets, strong, 0) != 0)
            return V8S_ENOMEM;
        if (strong < heap->target_low)
            heap->target_low = strong;
        if (strong > heap->target_high)
            heap->target_high = strong;
    }
    return 0;
}

static int add_hit(v8s_heap *heap, uint64_t slot) {
    uint64_t *hits = v8s_room(heap->hits, heap->hit_count + 1, &heap->hit_capacity, sizeof *hits);
    if (hits == NULL)
        return V8S_ENOMEM;
    heap->hits = hits;
    heap->hits[heap->hit_count++] = slot;
    return 0;
}

/* Lists the word-aligned slots of [start, end) that hold a target. */
int v8s_find_hits(v8s_heap *heap, uint64_t start, uint64_t end) {
    heap->hit_count = heap->hit_next = 0;
    uint64_t low = heap->target_low, span = heap->target_high - heap->target_low;
    if (heap->targets.used == 0)
        return 0;
    start = align8(start);
    while (start < end) {
        uint64_t available;
        const uint8_t *p = v8s_view(heap, start, &available);
        if (p == NULL) {
            /* What is absent is skipped by whole OS pages. */
            start = (start | 0xfff) + 1;
            continue;
        }
        uint64_t size = available < end - start ? available : end - start;
        for (uint64_t at = 0; at + 8 <= size; at += 8) {
            uint64_t word = load64(p + at) & ~(uint64_t)2;
            if (word - low > span)
                continue;
            if (v8s_table_get(&heap->targets, word) != NO_MAP && add_hit(heap, start + at) != 0)
                return V8S_ENOMEM;
        }
        start += align8(size);
    }
    return 0;
}

/* The hits that lie in the object [object, end) become references. */
int v8s_take_hits(v8s_heap *heap, uint32_t map, uint64_t object, uint64_t end) {
    while (heap->hit_next < heap->hit_count && heap->hits[heap->hit_next] < object)
        heap->hit_next++;
    for (; heap->hit_next < heap->hit_count && heap->hits[heap->hit_next] < end; heap->hit_next++) {
        v8s_reference *references = v8s_room(heap->references, heap->reference_count + 1,
                                             &heap->reference_capacity, sizeof *references);
        if (references == NULL)
            return V8S_ENOMEM;
        heap->references = references;
        v8s_reference *r = &heap->references[heap->reference_count++];
        r->object = object;
        r->slot = heap->hits[heap->hit_next];
        r->map = map;
    }
    return 0;
}
