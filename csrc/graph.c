/*
 * The object table of the graph: every object that the walk meets gets the next number. From an
 * address to its number it is two steps: a bitmap of object starts for each page, and in every
 * word of it the number of its first object, to which the bits before are added. So an edge costs
 * no search, and only exact starts of objects are found: what merely looks like a pointer is not.
 */
#include <stdlib.h>

#include "graph.h"

#define MAX_NODES (UINT64_C(1) << V8S_EDGE_SHIFT)

static uint32_t ones(uint64_t word) {
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

void v8s_graph_free(v8s_heap *heap) {
    struct graph *g = heap->graph;
    v8s_hashes_free(heap);
    v8s_snapshot_free(heap);
    if (g == NULL)
        return;
    heap->frozen = 0;
    v8s_edges_half_free(g);
    v8s_redact_free(heap);
    v8s_fillings_free(g);
    v8s_patterns_free(g);
    v8s_dominators_free(g);
    v8s_reach_free(g);
    free(g->rules);
    free(g->shapes);
    free(g->pages);
    free(g->starts);
    free(g->tables);
    free(g->pairs);
    if (!g->borrowed) {
        free(g->address);
        free(g->map);
        free(g->words);
        free(g->out.start);
        free(g->out.target);
        free(g->in.start);
        free(g->in.target);
    }
    free(g);
    heap->graph = NULL;
    heap->last_chunk = 0;
}

static int by_type(const void *a, const void *b) {
    uint32_t x = ((const v8s_slot_rule *)a)->type, y = ((const v8s_slot_rule *)b)->type;
    return (x > y) - (x < y);
}

/* Room for the starts of objects in every page that is walked. */
static int lay_out_pages(v8s_heap *heap, struct graph *g) {
    uint64_t alignment = heap->layout.page_alignment, total = 0;
    g->pages = calloc((size_t)heap->page_count + 1, sizeof *g->pages);
    if (g->pages == NULL)
        return V8S_ENOMEM;
    g->low = UINT64_MAX;
    for (uint64_t i = 0; i < heap->page_count; i++) {
        const v8s_page *page = &heap->pages[i];
        struct graph_page *to = &g->pages[i];
        to->area_start = page->area_start;
        to->first = total;
        /* Objects start within one unit of alignment: larger pages have one, at their start. */
        uint64_t end = page->chunk + alignment;
        if (page->state != V8S_PAGE_SKIP && page->area_start < end)
            to->words = (end - page->area_start + 511) / 512;
        total += to->words;
        if (page->chunk < g->low)
            g->low = page->chunk;
        if (end > g->high)
            g->high = end;
    }
    if (heap->page_count == 0)
        g->low = 0;
    g->starts = calloc((size_t)total + 1, sizeof *g->starts);
    return g->starts == NULL ? V8S_ENOMEM : 0;
}

int32_t v8s_graph_begin(v8s_heap *heap, const v8s_slot_rule *rules, uint64_t count,
                        uint64_t dispatch_table) {
    v8s_graph_free(heap);
    if (count > UINT16_MAX)
        return V8S_EINVAL;
    struct graph *g = heap->graph = calloc(1, sizeof *g);
    if (g == NULL)
        return V8S_ENOMEM;
    g->rules = malloc((size_t)(count + 1) * sizeof *g->rules);
    if (g->rules == NULL || lay_out_pages(heap, g) != 0) {
        v8s_graph_free(heap);
        return V8S_ENOMEM;
    }
    if (count > 0)
        memcpy(g->rules, rules, (size_t)count * sizeof *rules);
    qsort(g->rules, (size_t)count, sizeof *g->rules, by_type);
    g->rule_count = count;
    g->dispatch_table = dispatch_table;
    return 0;
}

/* What is known of the slots of a Map's instances; NULL: no memory. */
const struct shape *v8s_graph_shape(v8s_heap *heap, uint32_t map) {
    struct graph *g = heap->graph;
    if (map >= g->shape_count) {
        uint64_t count =
            heap->map_count > 2 * g->shape_count ? heap->map_count : 2 * g->shape_count;
        struct shape *bigger = realloc(g->shapes, (size_t)count * sizeof *bigger);
        if (bigger == NULL)
            return NULL;
        memset(bigger + g->shape_count, 0, (size_t)(count - g->shape_count) * sizeof *bigger);
        g->shapes = bigger;
        g->shape_count = count;
    }
    struct shape *shape = &g->shapes[map];
    if (shape->known)
        return shape;
    const v8s_layout *l = &heap->layout;
    uint32_t type = heap->maps[map].type;
    shape->known = 1;
    shape->raw = UINT32_MAX;
    if (type < l->first_nonstring_type) {
        uint32_t kind = type & l->string_representation_mask;
        /* Hash and length stand between the Map and the first part of a string of parts. */
        shape->gap = l->string_chars;
        if (kind == l->string_seq_tag || kind == l->string_external_tag)
            shape->raw = 8;
        return shape;
    }
    for (uint64_t i = 0; i < g->rule_count; i++) {
        const v8s_slot_rule *rule = &g->rules[i];
        if (rule->type != type)
            continue;
        if (rule->rule == V8S_SLOTS_RAW && rule->first < shape->raw)
            shape->raw = rule->first;
        if (rule->rule == V8S_SLOTS_PAIRS)
            shape->pairs = rule->first;
        if (rule->rule == V8S_SLOTS_CODE)
            shape->code = rule->first;
        shape->weak_in_code |= rule->rule == V8S_SLOTS_IN_CODE;
        if (shape->rule_count == 0)
            shape->first_rule = (uint16_t)i;
        shape->rule_count++;
    }
    return shape;
}

/* Makes room for one more; 0 or V8S_ENOMEM. */
static int grow_nodes(struct graph *g) {
    if (g->node_count < g->node_capacity)
        return 0;
    uint64_t capacity = g->node_capacity != 0 ? g->node_capacity + g->node_capacity / 2 : 1 << 16;
    uint64_t *address = realloc(g->address, (size_t)capacity * sizeof *address);
    if (address == NULL)
        return V8S_ENOMEM;
    g->address = address;
    uint32_t *map = realloc(g->map, (size_t)capacity * sizeof *map);
    if (map == NULL)
        return V8S_ENOMEM;
    g->map = map;
    uint32_t *words = realloc(g->words, (size_t)capacity * sizeof *words);
    if (words == NULL)
        return V8S_ENOMEM;
    g->words = words;
    g->node_capacity = capacity;
    return 0;
}

/* The walk comes to a page: numbers ascend with pages, so each has its turn once. */
int v8s_graph_page(v8s_heap *heap, uint64_t page) {
    if (heap->graph == NULL || heap->graph->next_page != page)
        return V8S_EINVAL;
    heap->graph->next_page++;
    return 0;
}

/* The walk is at the object at `address`, of the page with that index. */
int v8s_graph_push(v8s_heap *heap, uint64_t page, uint32_t map, uint64_t address, uint64_t size) {
    struct graph *g = heap->graph;
    const struct graph_page *in = &g->pages[page];
    uint64_t bit = (address - in->area_start) >> 3;
    if (bit >> 6 >= in->words || g->node_count >= MAX_NODES) {
        g->stats.beyond++;
        return 0;
    }
    const struct shape *shape = v8s_graph_shape(heap, map);
    if (shape == NULL || grow_nodes(g) != 0)
        return V8S_ENOMEM;
    uint32_t node = (uint32_t)g->node_count++;
    struct starts *starts = &g->starts[in->first + (bit >> 6)];
    if (starts->bits == 0)
        starts->rank = node;
    starts->bits |= UINT64_C(1) << (bit & 63);
    g->address[node] = address;
    g->map[node] = map;
    g->words[node] = size >> 3 < UINT32_MAX ? (uint32_t)(size >> 3) : UINT32_MAX;
    g->stats.bytes += size;
    if (shape->pairs == 0)
        return 0;
    uint32_t *tables = v8s_room(g->tables, g->table_count + 1, &g->table_capacity, sizeof *tables);
    if (tables == NULL)
        return V8S_ENOMEM;
    g->tables = tables;
    g->tables[g->table_count++] = node;
    return 0;
}

/* The number of the object that starts at `address` (untagged), or NO_NODE. */
uint32_t v8s_graph_exact(v8s_heap *heap, uint64_t address) {
    struct graph *g = heap->graph;
    if (address < g->low || address >= g->high || (address & 7) != 0)
        return NO_NODE;
    uint64_t chunk = address & ~((uint64_t)heap->layout.page_alignment - 1);
    if (chunk != heap->last_chunk || chunk == 0) {
        uint32_t found = v8s_table_get(&heap->page_table, chunk);
        if (found == NO_MAP)
            return NO_NODE;
        heap->last_chunk = chunk;
        heap->last_page = found;
    }
    const struct graph_page *page = &g->pages[heap->last_page];
    uint64_t bit = (address - page->area_start) >> 3;
    if (address < page->area_start || bit >> 6 >= page->words)
        return NO_NODE;
    const struct starts *starts = &g->starts[page->first + (bit >> 6)];
    uint64_t mask = UINT64_C(1) << (bit & 63);
    if ((starts->bits & mask) == 0)
        return NO_NODE;
    return (uint32_t)starts->rank + ones(starts->bits & (mask - 1));
}

/* The same where a collection has moved the object: its first word says where to. */
uint32_t v8s_graph_find(v8s_heap *heap, uint64_t address) {
    uint32_t node = v8s_graph_exact(heap, address);
    if (node != NO_NODE || address < heap->graph->low || address >= heap->graph->high)
        return node;
    uint64_t word;
    if (!v8s_in_pages(heap, address) || !v8s_read64(heap, address, &word) || (word & 7) != 0)
        return NO_NODE;
    node = v8s_graph_exact(heap, word);
    if (!heap->frozen)
        heap->graph->stats.forwarded += node != NO_NODE;
    return node;
}

void v8s_graph_nodes(v8s_heap *heap, const uint64_t *words, uint32_t *out, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        out[i] = heap->graph == NULL || (words[i] & 7) == 0 || (words[i] & 1) == 0
                     ? NO_NODE
                     : v8s_graph_find(heap, words[i] & ~(uint64_t)3);
}

uint64_t v8s_graph_objects(const v8s_heap *heap, uint64_t from, uint64_t *address, uint32_t *map,
                           uint32_t *words, uint64_t capacity) {
    const struct graph *g = heap->graph;
    if (g == NULL || from >= g->node_count)
        return 0;
    uint64_t n = g->node_count - from < capacity ? g->node_count - from : capacity;
    memcpy(address, g->address + from, (size_t)n * sizeof *address);
    memcpy(map, g->map + from, (size_t)n * sizeof *map);
    memcpy(words, g->words + from, (size_t)n * sizeof *words);
    return n;
}

int32_t v8s_graph_collect(v8s_heap *heap, uint64_t first, uint64_t last) {
    const struct graph *g = heap->graph;
    if (g == NULL || first > last || last > g->node_count)
        return V8S_EINVAL;
    uint64_t chunks = ~((uint64_t)heap->layout.page_alignment - 1);
    for (uint64_t node = first; node < last; node++) {
        uint32_t map = g->map[node];
        if (map >= heap->selected_count || heap->selected[map] == 0)
            continue;
        uint32_t page = v8s_table_get(&heap->page_table, g->address[node] & chunks);
        if (page != NO_MAP && heap->pages[page].state == V8S_PAGE_WALK &&
            v8s_addresses_push(&heap->collected, g->address[node], map) != 0)
            return V8S_ENOMEM;
    }
    return 0;
}

void v8s_graph_sums(const v8s_heap *heap, v8s_graph_stats *out) {
    const struct graph *g = heap->graph;
    memset(out, 0, sizeof *out);
    if (g == NULL)
        return;
    *out = g->stats;
    out->nodes = g->node_count;
    out->pairs = g->pair_count;
    out->edges = g->out.count;
}
