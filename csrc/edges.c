/*
 * The edges of the graph: every tagged word of an object that leads to the exact start of another
 * one. Weak is what carries the weak tag, and the few slots that V8 treats as weak although they
 * do not (rules of the layout). Entries of weak collections become edges from key to value, of a
 * kind of their own: they hold only while the table lives too.
 */
#include <stdlib.h>

#include "graph.h"

#define HANDLE_SHIFT 8 /* V8: JSDispatchHandle, kJSDispatchHandleShift */
#define ENTRY_SIZE 16  /* of the dispatch table: entry point, then Code and parameter count */
#define ENTRY_SHIFT 16

int v8s_push_edge(struct graph *g, uint32_t node, uint32_t kind) {
    struct rows *out = &g->out;
    if (out->count >= UINT32_MAX)
        return V8S_ENOMEM;
    if (out->count == out->capacity) {
        uint64_t capacity = out->capacity + out->capacity / 4 + 4096;
        uint32_t *bigger = realloc(out->target, (size_t)capacity * sizeof *bigger);
        if (bigger == NULL)
            return V8S_ENOMEM;
        out->target = bigger;
        out->capacity = capacity;
    }
    out->target[out->count++] = node | kind << V8S_EDGE_SHIFT;
    return 0;
}

enum { TAGGED, WEAK, RAW }; /* kinds of slots */

/* What the rules say that the slot at `offset` of an object of `size` bytes is. */
static int by_rule(const struct graph *g, const struct shape *shape, uint64_t offset,
                   uint64_t size) {
    for (uint32_t i = 0; i < shape->rule_count; i++) {
        const v8s_slot_rule *rule = &g->rules[shape->first_rule + i];
        if (rule->rule == V8S_SLOTS_SKIP && offset == rule->first)
            return RAW;
        if (rule->rule == V8S_SLOTS_WEAK && offset == rule->first)
            return WEAK;
        if (rule->rule == V8S_SLOTS_WEAK_TAIL && offset + rule->first >= size)
            return WEAK;
    }
    return TAGGED;
}

/* The node that a tagged word leads to. */
static uint32_t node_of(v8s_heap *heap, uint64_t word) {
    if ((word & 1) == 0 || (word >> 32 == 0 && word == 3)) /* 3: a cleared weak reference */
        return NO_NODE;
    return v8s_graph_find(heap, word & ~(uint64_t)3);
}

/* The Code of a function that has a handle of the dispatch table in place of it. */
static int dispatched(v8s_heap *heap, uint64_t slot) {
    struct graph *g = heap->graph;
    uint32_t handle;
    uint64_t entry;
    if (g->dispatch_table == 0 || !v8s_read(heap, slot, &handle, 4) ||
        !v8s_read64(heap, g->dispatch_table + ENTRY_SIZE * (uint64_t)(handle >> HANDLE_SHIFT) + 8,
                    &entry))
        return 0;
    uint32_t code = v8s_graph_find(heap, entry >> ENTRY_SHIFT & ~(uint64_t)1);
    return code == NO_NODE ? 0 : v8s_push_edge(g, code, V8S_EDGE_STRONG);
}

/* The edges of tagged words in [at, end) of the object at `object`. */
static int scan_words(v8s_heap *heap, const struct shape *shape, uint64_t object, uint64_t size,
                      uint64_t at, uint64_t end) {
    struct graph *g = heap->graph;
    uint64_t low = g->low, span = g->high - g->low;
    while (at < end) {
        uint64_t available;
        const uint8_t *p = v8s_view(heap, at, &available);
        if (p == NULL) {
            at = align8(v8s_next_readable(heap, at));
            if (at == 0)
                return 0;
            continue;
        }
        uint64_t part = available < end - at ? available : end - at;
        for (uint64_t i = 0; i + 8 <= part; i += 8) {
            uint64_t word = load64(p + i);
            if ((word & 1) == 0 || word - low >= span)
                continue;
            int kind = shape->rule_count == 0 ? TAGGED : by_rule(g, shape, at + i - object, size);
            if (kind == RAW)
                continue;
            uint32_t target = v8s_graph_find(heap, word & ~(uint64_t)3);
            if (target == NO_NODE) {
                g->stats.dangling++;
                continue;
            }
            int weak = (word & 2) != 0 || kind == WEAK;
            g->stats.weak += (uint64_t)weak;
            if (v8s_push_edge(g, target, weak ? V8S_EDGE_WEAK : V8S_EDGE_STRONG) != 0)
                return V8S_ENOMEM;
        }
        at += align8(part);
    }
    return 0;
}

static int scan_node(v8s_heap *heap, uint32_t node) {
    struct graph *g = heap->graph;
    uint64_t object = g->address[node], size = 8 * (uint64_t)g->words[node];
    const struct shape *shape = v8s_graph_shape(heap, g->map[node]);
    if (shape == NULL)
        return V8S_ENOMEM;
    uint64_t end = size < shape->raw ? size : shape->raw;
    if (shape->pairs != 0 && shape->pairs < end)
        end = shape->pairs;
    if (shape->gap > 8) {
        if (scan_words(heap, shape, object, size, object, object + (end < 8 ? end : 8)) != 0)
            return V8S_ENOMEM;
        if (end > shape->gap &&
            scan_words(heap, shape, object, size, object + shape->gap, object + end) != 0)
            return V8S_ENOMEM;
    } else if (scan_words(heap, shape, object, size, object, object + end) != 0) {
        return V8S_ENOMEM;
    }
    for (uint32_t i = 0; i < shape->rule_count; i++) {
        const v8s_slot_rule *rule = &g->rules[shape->first_rule + i];
        if (rule->rule == V8S_SLOTS_HANDLE && rule->first + (uint64_t)4 <= size &&
            dispatched(heap, object + rule->first) != 0)
            return V8S_ENOMEM;
    }
    if (shape->code != 0 && shape->code < size)
        return v8s_code_edges(heap, object + shape->code, object + size);
    return 0;
}

static int push_pair(struct graph *g, struct pair pair) {
    struct pair *pairs = v8s_room(g->pairs, g->pair_count + 1, &g->pair_capacity, sizeof *pairs);
    if (pairs == NULL)
        return V8S_ENOMEM;
    g->pairs = pairs;
    g->pairs[g->pair_count++] = pair;
    return 0;
}

static int by_key(const void *a, const void *b) {
    const struct pair *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->table > y->table) - (x->table < y->table);
}

/* Lists the entries of weak collections. Where a key is no node the table alone holds the value:
   its pair has the table as its key. */
static int list_pairs(v8s_heap *heap) {
    struct graph *g = heap->graph;
    for (uint64_t i = 0; i < g->table_count; i++) {
        uint32_t table = g->tables[i];
        const struct shape *shape = v8s_graph_shape(heap, g->map[table]);
        if (shape == NULL)
            return V8S_ENOMEM;
        uint64_t at = g->address[table] + shape->pairs;
        uint64_t end = g->address[table] + 8 * (uint64_t)g->words[table];
        for (; at + 16 <= end; at += 16) {
            uint64_t key, value;
            if (!v8s_read64(heap, at, &key) || !v8s_read64(heap, at + 8, &value)) {
                uint64_t next = v8s_next_readable(heap, at);
                if (next >= end)
                    break;
                if (next > at) /* on to the first whole entry that may be there */
                    at += (next - at - 1) / 16 * 16;
                continue;
            }
            if (key == heap->undefined || key == heap->the_hole)
                continue;
            struct pair pair = {node_of(heap, key), table, node_of(heap, value)};
            if (pair.value == NO_NODE)
                continue;
            if (pair.key == NO_NODE)
                pair.key = table;
            if (push_pair(g, pair) != 0)
                return V8S_ENOMEM;
        }
    }
    if (g->pair_count > 0)
        qsort(g->pairs, (size_t)g->pair_count, sizeof *g->pairs, by_key);
    return 0;
}

int v8s_start_rows(v8s_heap *heap) {
    struct graph *g = heap->graph;
    free(g->out.start);
    g->out.start = malloc((size_t)(g->node_count + 1) * sizeof *g->out.start);
    if (g->out.start == NULL)
        return V8S_ENOMEM;
    g->out.start[0] = 0;
    g->out.count = 0;
    g->pair_count = g->next_pair = 0;
    return list_pairs(heap);
}

/* The rows of nodes [first, last). */
int v8s_scan_nodes(v8s_heap *heap, uint64_t first, uint64_t last) {
    struct graph *g = heap->graph;
    for (uint64_t node = first; node < last; node++) {
        if (scan_node(heap, (uint32_t)node) != 0)
            return V8S_ENOMEM;
        for (; g->next_pair < g->pair_count && g->pairs[g->next_pair].key == node; g->next_pair++) {
            const struct pair *pair = &g->pairs[g->next_pair];
            uint32_t kind = pair->table == node ? V8S_EDGE_STRONG : V8S_EDGE_EPHEMERON;
            if (v8s_push_edge(g, pair->value, kind) != 0)
                return V8S_ENOMEM;
        }
        g->out.start[node + 1] = (uint32_t)g->out.count;
        g->out.next = node + 1;
    }
    return 0;
}

int32_t v8s_graph_edges(v8s_heap *heap, uint64_t first, uint64_t last) {
    struct graph *g = heap->graph;
    if (g == NULL || first > last || first != g->out.next ||
        last > (g->half != NULL ? g->half_first : g->node_count))
        return V8S_EINVAL;
    if (first == 0 && g->half == NULL && v8s_start_rows(heap) != 0)
        return V8S_ENOMEM;
    return v8s_scan_nodes(heap, first, last);
}

/*
 * The rows of the other way. in.start counts the edges to node n at n + 2; summed up it has the
 * start of n's row at n + 1, which moves on while the row is filled and so ends where it should.
 */
int32_t v8s_graph_degrees(v8s_heap *heap, uint64_t first, uint64_t last) {
    struct graph *g = heap->graph;
    if (g == NULL || g->out.start == NULL || g->out.next != g->node_count || first > last ||
        last > g->node_count || (first != 0 && first != g->in.counted) || g->borrowed)
        return V8S_EINVAL;
    if (first == 0) {
        free(g->in.start);
        free(g->in.target);
        memset(&g->in, 0, sizeof g->in);
        g->in.start = calloc((size_t)g->node_count + 3, sizeof *g->in.start);
        if (g->in.start == NULL)
            return V8S_ENOMEM;
    }
    for (uint64_t e = g->out.start[first]; e < g->out.start[last]; e++)
        g->in.start[(uint64_t)(g->out.target[e] & NODE_MASK) + 2]++;
    g->in.counted = last;
    return 0;
}

int32_t v8s_graph_reverse(v8s_heap *heap, uint64_t first, uint64_t last) {
    struct graph *g = heap->graph;
    if (g == NULL || g->in.start == NULL || g->in.counted != g->node_count || first > last ||
        last > g->node_count || first != g->in.next)
        return V8S_EINVAL;
    if (first == 0 && g->in.target == NULL) {
        for (uint64_t node = 2; node < g->node_count + 2; node++)
            g->in.start[node] += g->in.start[node - 1];
        g->in.target = malloc((size_t)(g->out.count + 1) * sizeof *g->in.target);
        if (g->in.target == NULL)
            return V8S_ENOMEM;
        g->in.count = g->out.count;
    }
    for (uint64_t node = first; node < last; node++)
        for (uint64_t e = g->out.start[node]; e < g->out.start[node + 1]; e++) {
            uint32_t target = g->out.target[e];
            uint32_t kind = target & ~NODE_MASK;
            g->in.target[g->in.start[(uint64_t)(target & NODE_MASK) + 1]++] = (uint32_t)node | kind;
        }
    g->in.next = last;
    return 0;
}

int v8s_graph_is_turned(const struct graph *g) {
    return g->in.target != NULL && g->in.next == g->node_count;
}

static const struct rows *finished(const v8s_heap *heap, uint32_t reverse) {
    const struct graph *g = heap->graph;
    if (g == NULL)
        return NULL;
    const struct rows *rows = reverse != 0 ? &g->in : &g->out;
    return rows->start != NULL && rows->next == g->node_count ? rows : NULL;
}

uint64_t v8s_graph_row(const v8s_heap *heap, uint32_t reverse, uint64_t node, uint64_t from,
                       uint32_t *out, uint64_t capacity) {
    const struct rows *rows = finished(heap, reverse);
    if (rows == NULL || node >= heap->graph->node_count)
        return 0;
    uint64_t size = rows->start[node + 1] - rows->start[node];
    uint64_t n = from < size ? size - from : 0;
    if (n > capacity)
        n = capacity;
    if (n > 0)
        memcpy(out, rows->target + rows->start[node] + from, (size_t)n * sizeof *out);
    return size;
}

uint64_t v8s_graph_rows(const v8s_heap *heap, uint32_t reverse, uint32_t *start,
                        uint64_t start_capacity, uint32_t *target, uint64_t target_capacity) {
    const struct rows *rows = finished(heap, reverse);
    if (rows == NULL || start_capacity < heap->graph->node_count + 1 ||
        target_capacity < rows->count)
        return 0;
    memcpy(start, rows->start, (size_t)(heap->graph->node_count + 1) * sizeof *start);
    if (rows->count > 0)
        memcpy(target, rows->target, (size_t)rows->count * sizeof *target);
    return rows->count;
}
