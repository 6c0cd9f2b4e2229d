/*
 * The graph to a file and back. What comes back was somebody's file: every number that the scanner
 * would follow is checked before it is believed.
 */
#include <stdlib.h>

#include "graph.h"

#define LANES 4
#define PRIME UINT64_C(0x9e3779b97f4a7c15)

uint64_t v8s_digest(const uint8_t *data, uint64_t size) {
    uint64_t lane[LANES] = {1, 2, 3, 4}, i = 0, sum = size;
    for (; i + 8 * LANES <= size; i += 8 * LANES)
        for (uint64_t k = 0; k < LANES; k++) {
            uint64_t x = (lane[k] ^ load64(data + i + 8 * k)) * PRIME;
            lane[k] = x ^ x >> 29;
        }
    for (; i < size; i++) {
        sum = (sum ^ data[i]) * PRIME;
        sum ^= sum >> 29;
    }
    for (uint64_t k = 0; k < LANES; k++) {
        sum = (sum ^ lane[k]) * PRIME;
        sum ^= sum >> 29;
    }
    return sum;
}

/* The Maps with their indices, as they were met once. */
int32_t v8s_adopt_maps(v8s_heap *heap, const uint64_t *address, uint64_t count) {
    v8s_forget_maps(heap);
    for (uint64_t i = 0; i < count; i++)
        if (v8s_map_index(heap, address[i] + 1) != i)
            return V8S_EINVAL;
    return 0;
}

/* A part as bytes; NULL: it is not there. */
static const void *part_of(const struct graph *g, uint32_t part, uint64_t *size) {
    uint64_t n = g->node_count;
    int rows = g->out.start != NULL && g->out.next == n && g->in.next == n;
    *size = 0;
    switch (part) {
    case V8S_PART_ADDRESS:
        *size = 8 * n;
        return g->address;
    case V8S_PART_MAP:
        *size = 4 * n;
        return g->map;
    case V8S_PART_WORDS:
        *size = 4 * n;
        return g->words;
    case V8S_PART_OUT_START:
        *size = 4 * (n + 1);
        return rows ? g->out.start : NULL;
    case V8S_PART_OUT_TARGET:
        *size = 4 * g->out.count;
        return rows ? g->out.target : NULL;
    case V8S_PART_IN_START:
        *size = 4 * (n + 1);
        return rows ? g->in.start : NULL;
    case V8S_PART_IN_TARGET:
        *size = 4 * g->out.count;
        return rows ? g->in.target : NULL;
    case V8S_PART_PAIRS:
        *size = g->pair_count * sizeof *g->pairs;
        return g->pairs;
    case V8S_PART_LIVE:
        *size = 8 * (n / 64 + 1);
        return g->reached ? g->live : NULL;
    default:
        return v8s_dominators_part(g, part, size);
    }
}

int64_t v8s_graph_part(const v8s_heap *heap, uint32_t part, uint64_t from, uint8_t *out,
                       uint64_t capacity) {
    uint64_t size;
    const uint8_t *data = heap->graph == NULL ? NULL : part_of(heap->graph, part, &size);
    if (data == NULL)
        return heap->graph != NULL && part == V8S_PART_PAIRS ? 0 : V8S_EINVAL;
    if (from >= size)
        return 0;
    uint64_t n = size - from < capacity ? size - from : capacity;
    memcpy(out, data + from, (size_t)n);
    return (int64_t)n;
}

/* Numbers nodes [from, to) as the walk did: in the order of pages, ascending in each. */
static int adopt_nodes(v8s_heap *heap, struct graph *g, uint64_t from, uint64_t to) {
    uint64_t mask = ~((uint64_t)heap->layout.page_alignment - 1), page = g->adopted_page;
    uint64_t last = from > 0 ? g->address[from - 1] : 0;
    for (uint64_t node = from; node < to; node++) {
        uint64_t address = g->address[node];
        for (; page < heap->page_count && heap->pages[page].chunk != (address & mask); page++)
            last = 0;
        if (page == heap->page_count || (address & 7) != 0 || address <= last ||
            address < heap->pages[page].area_start || g->map[node] >= heap->map_count)
            return V8S_EINVAL;
        const struct graph_page *in = &g->pages[page];
        uint64_t bit = (address - in->area_start) >> 3;
        if (bit >> 6 >= in->words)
            return V8S_EINVAL;
        struct starts *starts = &g->starts[in->first + (bit >> 6)];
        if (starts->bits == 0)
            starts->rank = node;
        starts->bits |= UINT64_C(1) << (bit & 63);
        last = address;
        if (v8s_graph_shape(heap, g->map[node]) == NULL)
            return V8S_ENOMEM;
    }
    g->adopted_page = page;
    return 0;
}

static int check_rows(const struct graph *g, const struct rows *rows, uint64_t from, uint64_t to) {
    if (rows->start[0] != 0 || rows->start[g->node_count] != rows->count)
        return V8S_EINVAL;
    for (uint64_t node = from; node < to; node++)
        if (rows->start[node] > rows->start[node + 1] || rows->start[node + 1] > rows->count)
            return V8S_EINVAL;
    uint64_t bad = 0;
    for (uint64_t e = rows->start[from]; e < rows->start[to]; e++)
        bad |= (uint64_t)((rows->target[e] & NODE_MASK) >= g->node_count) |
               (uint64_t)(rows->target[e] >> V8S_EDGE_SHIFT > V8S_EDGE_WEAK);
    return bad != 0 ? V8S_EINVAL : 0;
}

static int adopt_pairs(struct graph *g, const struct pair *pairs, uint64_t count) {
    g->pairs = malloc((size_t)(count + 1) * sizeof *g->pairs);
    if (g->pairs == NULL)
        return V8S_ENOMEM;
    if (count > 0)
        memcpy(g->pairs, pairs, (size_t)count * sizeof *pairs);
    g->pair_count = g->pair_capacity = g->next_pair = count;
    for (uint64_t i = 0; i < count; i++)
        if (pairs[i].key >= g->node_count || pairs[i].table >= g->node_count ||
            pairs[i].value >= g->node_count || (i > 0 && pairs[i].key < pairs[i - 1].key))
            return V8S_EINVAL;
    return 0;
}

int32_t v8s_graph_adopt(v8s_heap *heap, uint64_t nodes, uint64_t edges, uint64_t pairs,
                        const uint64_t *address, const uint32_t *map, const uint32_t *words,
                        const uint32_t *out_start, const uint32_t *out_target,
                        const uint32_t *in_start, const uint32_t *in_target,
                        const uint32_t *pair_words, const v8s_graph_stats *stats) {
    struct graph *g = heap->graph;
    if (g == NULL || g->node_count != 0 || g->next_page != 0 || nodes >= NODE_MASK ||
        edges >= UINT32_MAX)
        return V8S_EINVAL;
    /* They are only read from here on, and not freed with the graph. */
    g->borrowed = 1;
    g->next_page = heap->page_count;
    g->address = (uint64_t *)(uintptr_t)address;
    g->map = (uint32_t *)(uintptr_t)map;
    g->words = (uint32_t *)(uintptr_t)words;
    g->node_count = g->node_capacity = nodes;
    g->out.start = (uint32_t *)(uintptr_t)out_start;
    g->out.target = (uint32_t *)(uintptr_t)out_target;
    g->in.start = (uint32_t *)(uintptr_t)in_start;
    g->in.target = (uint32_t *)(uintptr_t)in_target;
    g->out.count = g->in.count = g->out.capacity = g->in.capacity = edges;
    /* Nobody follows the rows before they are checked. */
    g->out.next = g->in.next = 0;
    g->adopted = g->adopted_page = 0;
    int error = adopt_pairs(g, (const struct pair *)(const void *)pair_words, pairs);
    g->stats = *stats;
    g->stats.live = g->stats.live_bytes = 0;
    if (error != 0)
        v8s_graph_free(heap);
    return error;
}

int32_t v8s_graph_adopt_step(v8s_heap *heap, uint64_t budget) {
    struct graph *g = heap->graph;
    if (g == NULL || !g->borrowed || g->adopted > g->node_count)
        return V8S_EINVAL;
    uint64_t from = g->adopted, left = g->node_count - from;
    uint64_t to = from + (budget < left ? budget : left);
    int error = adopt_nodes(heap, g, from, to);
    if (error == 0)
        error = check_rows(g, &g->out, from, to);
    if (error == 0)
        error = check_rows(g, &g->in, from, to);
    if (error != 0) {
        v8s_graph_free(heap);
        return error;
    }
    g->adopted = to;
    if (to < g->node_count)
        return 0;
    g->out.next = g->in.next = g->node_count;
    return 1;
}

int32_t v8s_graph_adopt_live(v8s_heap *heap, const uint64_t *live, uint64_t words) {
    struct graph *g = heap->graph;
    if (g == NULL || g->live == NULL || words != g->node_count / 64 + 1)
        return V8S_EINVAL;
    memcpy(g->live, live, (size_t)words * sizeof *live);
    g->stats.live = g->stats.live_bytes = 0;
    for (uint64_t node = 0; node < g->node_count; node++)
        if ((live[node >> 6] >> (node & 63) & 1) != 0) {
            g->stats.live++;
            g->stats.live_bytes += 8 * (uint64_t)g->words[node];
        }
    free(g->pending);
    g->pending = NULL;
    g->pending_count = 0;
    g->reached = 1;
    return 0;
}
