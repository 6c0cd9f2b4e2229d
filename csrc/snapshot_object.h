/* The object at hand, as the parts of the snapshot writer see it that make edges. */
#ifndef V8SCAN_SNAPSHOT_OBJECT_H
#define V8SCAN_SNAPSHOT_OBJECT_H

#include "snapshot.h"

/* snapshot_object.c */
int v8s_row_matches(v8s_heap *heap, uint32_t node, const uint8_t *bytes, uint64_t size,
                    uint64_t *first);
int v8s_take_object(v8s_heap *heap, uint32_t node);

/* snapshot_plans.c */
struct plan *v8s_plan_of(v8s_heap *heap, uint32_t map);

/* snapshot_tags.c */
void v8s_tag_held(v8s_heap *heap, const struct plan *plan);

static inline uint64_t word_at(const struct snapshot *s, uint64_t offset) {
    return offset + 8 <= s->size ? load64(s->bytes + offset) : 0;
}

static inline uint32_t smi_at(const struct snapshot *s, uint64_t offset) {
    return (uint32_t)(word_at(s, offset) >> 32);
}

static inline uint64_t read_word(v8s_heap *heap, uint64_t address) {
    uint64_t word;
    return v8s_read64(heap, address, &word) ? word : 0;
}

/* Whether a word may be a tagged pointer to a node. */
static inline int points(const struct graph *g, uint64_t word) {
    return (word & 1) != 0 && word - g->low < g->high - g->low;
}

static inline uint32_t if_kept(const struct snapshot *s, uint32_t node) {
    return node != NO_NODE && v8s_is_kept(s, node) ? node : NO_NODE;
}

/* The node that a tagged word leads to, if it is in the file. */
static inline uint32_t kept_node(v8s_heap *heap, uint64_t word) {
    if (!points(heap->graph, word))
        return NO_NODE;
    return if_kept(heap->snapshot, v8s_graph_find(heap, word & ~(uint64_t)3));
}

/* The node, in the file or not, that the tagged word at `offset` of the object at hand leads to. */
static inline uint32_t slot_node(v8s_heap *heap, uint64_t offset) {
    const struct snapshot *s = heap->snapshot;
    const struct graph *g = heap->graph;
    if (offset + 8 > s->size)
        return NO_NODE;
    if (offset == 0 ? s->tagged_end != 0 : offset >= s->tagged_gap && offset < s->tagged_end)
        return s->held[offset >> 3];
    uint64_t word = load64(s->bytes + offset);
    return points(g, word) ? v8s_graph_find(heap, word & ~(uint64_t)3) : NO_NODE;
}

static inline uint32_t kept_slot(v8s_heap *heap, uint64_t offset) {
    return if_kept(heap->snapshot, slot_node(heap, offset));
}

static inline uint32_t type_of(v8s_heap *heap, uint32_t node) {
    return heap->maps[heap->graph->map[node]].type;
}

/* The instance type of what a tagged word leads to; UINT32_MAX: to no node. */
static inline uint32_t type_at(v8s_heap *heap, uint64_t word) {
    uint32_t node =
        is_strong(word) && word - heap->graph->low < heap->graph->high - heap->graph->low
            ? v8s_graph_find(heap, word - 1)
            : NO_NODE;
    return node == NO_NODE ? UINT32_MAX : type_of(heap, node);
}

/* The type of what a strong pointer in the object at hand leads to; UINT32_MAX: there is none. */
static inline uint32_t slot_type(v8s_heap *heap, uint64_t offset) {
    uint32_t node = is_strong(word_at(heap->snapshot, offset)) ? slot_node(heap, offset) : NO_NODE;
    return node == NO_NODE ? UINT32_MAX : type_of(heap, node);
}

static inline int code_is_baseline(const struct snapshot *s) {
    return s->l.code_flags + (uint64_t)4 <= s->size &&
           (load32(s->bytes + s->l.code_flags) & s->l.code_kind_mask) == s->l.code_baseline;
}

#endif
