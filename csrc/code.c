/*
 * Machine code as nodes of the graph: Code objects (V8 10), InstructionStreams (from 11 on). Their
 * pages are walked for the graph only, from object to object, and nothing is looked for by words
 * that look like Maps: code has all kinds of words in it. Their edges are tagged words of the
 * header and, in the code, pointers at any byte.
 */
#include "graph.h"

#define ALIGNMENT 64    /* V8: kCodeAlignment */
#define MAX_HEADER 1024 /* bytes */

/* The size in bytes of the machine code object at `address`; 0: it is none. */
static uint64_t code_size(v8s_heap *heap, uint64_t address) {
    const v8s_layout *l = &heap->layout;
    uint64_t code = address + 1, start = address + l->code_instructions;
    uint32_t size[2];
    if (l->code_pointer != 0 &&
        (!v8s_read64(heap, address + l->code_pointer, &code) || !is_strong(code) ||
         !v8s_read64(heap, code - 1 + l->code_instructions, &start)))
        return 0;
    if (start - address > MAX_HEADER || !v8s_read(heap, code - 1 + l->code_size, size, sizeof size))
        return 0;
    uint64_t whole = start - address + size[0] + size[1];
    return (whole + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

/* The objects of a page of code. What is neither code nor free is passed over. */
int v8s_walk_code(v8s_heap *heap, uint64_t index) {
    const v8s_page *page = &heap->pages[index];
    const v8s_layout *l = &heap->layout;
    uint64_t at = (page->area_start + 7) & ~(uint64_t)7;
    while (at < page->area_end) {
        uint64_t available, word, size = 0;
        const uint8_t *p = v8s_view(heap, at, &available);
        if (p == NULL || available < 8) {
            uint64_t next = v8s_next_readable(heap, at);
            if (next <= at)
                next = at + 8;
            at = (next + 7) & ~(uint64_t)7;
            if (at == 0)
                break;
            continue;
        }
        word = load64(p);
        uint32_t map = word != 0 && is_strong(word) ? v8s_map_index(heap, word) : NO_MAP;
        uint32_t type = map == NO_MAP ? 0 : heap->maps[map].type;
        if (map != NO_MAP && type == l->code_type) {
            size = code_size(heap, at);
            if (size != 0 && size <= page->area_end - at &&
                v8s_graph_push(heap, index, map, at, size) != 0)
                return V8S_ENOMEM;
        } else if (map != NO_MAP && (type == l->free_space_type || type == l->filler_type)) {
            int by_next;
            size = v8s_object_size(heap, &heap->maps[map], p, available, &by_next);
        }
        at += size != 0 && size <= page->area_end - at ? (size + 7) & ~(uint64_t)7 : 8;
    }
    return 0;
}

/* What the code of the object at [at, end) points to, byte by byte. */
int v8s_code_edges(v8s_heap *heap, uint64_t at, uint64_t end) {
    struct graph *g = heap->graph;
    uint64_t low = g->low, span = g->high - g->low, available;
    while (at < end) {
        const uint8_t *p = v8s_view(heap, at, &available);
        if (p == NULL) {
            uint64_t next = v8s_next_readable(heap, at);
            if (next <= at)
                return 0;
            at = next;
            continue;
        }
        uint64_t part = available < end - at ? available : end - at;
        for (uint64_t i = 0; i + 8 <= part; i++) {
            uint64_t word = load64(p + i);
            if ((word & 7) != 1 || word - low >= span)
                continue;
            uint32_t target = v8s_graph_exact(heap, word - 1);
            if (target == NO_NODE)
                continue;
            const struct shape *held = v8s_graph_shape(heap, g->map[target]);
            if (held == NULL)
                return V8S_ENOMEM;
            /* V8: Code::IsWeakObjectInOptimizedCode */
            int weak = held->weak_in_code ||
                       heap->maps[g->map[target]].type >= heap->layout.first_receiver_type;
            g->stats.weak += (uint64_t)weak;
            if (v8s_push_edge(g, target, weak ? V8S_EDGE_WEAK : V8S_EDGE_STRONG) != 0)
                return V8S_ENOMEM;
            i += 7;
        }
        at += part;
    }
    return 0;
}
