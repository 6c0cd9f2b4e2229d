/*
 * Hashes of the texts of strings, by which a snapshot looks them up. They need no more than nodes
 * and memory, so another thread makes them while roots are looked for and what is alive.
 */
#include <stdlib.h>

#include "snapshot.h"

enum { OTHER, ONE_BYTE, TWO_BYTE }; /* kinds of Maps */

struct hashes {
    v8s_heap heap;  /* a copy: where to look for memory first is its own */
    uint8_t *kind;  /* by Map; those of the heap may move meanwhile */
    uint32_t *hash; /* by node */
    uint64_t maps;
    uint64_t done; /* nodes */
};

void v8s_hashes_free(v8s_heap *heap) {
    struct hashes *h = heap->hashes;
    if (h == NULL)
        return;
    free(h->kind);
    free(h->hash);
    free(h);
    heap->hashes = NULL;
}

int32_t v8s_hashes_begin(v8s_heap *heap) {
    const v8s_layout *l = &heap->layout;
    v8s_hashes_free(heap);
    if (heap->graph == NULL)
        return V8S_EINVAL;
    struct hashes *h = heap->hashes = calloc(1, sizeof *h);
    if (h == NULL)
        return V8S_ENOMEM;
    h->heap = *heap;
    h->maps = heap->map_count;
    h->kind = calloc((size_t)h->maps + 1, sizeof *h->kind);
    h->hash = calloc((size_t)heap->graph->node_count + 1, sizeof *h->hash);
    if (h->kind == NULL || h->hash == NULL) {
        v8s_hashes_free(heap);
        return V8S_ENOMEM;
    }
    for (uint64_t i = 0; i < h->maps; i++) {
        uint32_t type = heap->maps[i].type;
        if (type < l->first_nonstring_type &&
            (type & l->string_representation_mask) == l->string_seq_tag)
            h->kind[i] = (type & l->string_one_byte_bit) != 0 ? ONE_BYTE : TWO_BYTE;
    }
    return 0;
}

int32_t v8s_hashes_half(v8s_heap *heap, uint64_t steps) {
    struct hashes *h = heap->hashes;
    if (h == NULL)
        return V8S_EINVAL;
    const struct graph *g = h->heap.graph;
    uint16_t units[MAX_TEXT];
    uint64_t node = h->done, end = g->node_count - node < steps ? g->node_count : node + steps;
    for (; node < end; node++) {
        uint32_t map = g->map[node], kind = map < h->maps ? h->kind[map] : OTHER;
        if (kind == OTHER)
            continue;
        uint32_t n = v8s_flat_text(&h->heap, g->address[node], kind == ONE_BYTE, units, MAX_TEXT);
        if (n != UINT32_MAX)
            h->hash[node] = v8s_hash_of(units, n);
    }
    h->done = end;
    return end < g->node_count;
}

uint32_t v8s_known_hash(const v8s_heap *heap, uint32_t node) {
    return heap->hashes == NULL ? 0 : heap->hashes->hash[node];
}
