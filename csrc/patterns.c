/*
 * How the live objects are reached: breadth first from the roots, each object by the first edge
 * that leads to it, and objects that are reached in the same way put together. A way is a list of
 * steps; a step is a slot of a kind of holder and the class of what is in it. Indices of arrays and
 * keys of hash tables are no part of it. Where the last two steps were made before they are not
 * made again, so a list of a million links is a way of a few steps.
 */
#include <stdlib.h>

#include "graph.h"

#define MAX_PATTERNS (UINT64_C(1) << 18)
#define LOOK_BACK 16      /* steps that are looked at for */
#define STEPS_AGAIN 3     /* the same ones, one after the other */
#define MAX_NAMES 512     /* words of a dictionary whose keys are told apart; and such keys */
#define ENTRY_WORDS 3     /* of an ordered hash map: key, value, chain; of a dictionary: details */
#define PAYLOAD 61        /* bits of a label below its kind */
#define WORD_BITS 14      /* of the number of a slot in it */
#define NOT_A_WORD 0x3ffe /* the edge is no word of the holder: its Code, the value for a key */

enum { LABEL_ROOT, LABEL_SLOT, LABEL_FOLDED, LABEL_ENTRY, LABEL_NAME, LABEL_VARIABLE };

struct entry {
    uint64_t label;
    uint32_t parent;
    uint32_t class;
    uint32_t pattern; /* UINT32_MAX: free */
};

struct patterns {
    uint32_t *classes; /* by Map */
    uint32_t *folds;   /* by Map */
    uint64_t maps;
    uint32_t *roots; /* node, class of the root, phase */
    uint64_t root_count;
    uint64_t next_root;
    uint32_t *of;   /* by node: its pattern; NO_NODE: not reached */
    uint32_t *from; /* and the node that it was reached from; NO_NODE: a root */
    uint32_t *queue;
    uint64_t first;
    uint64_t last;
    v8s_pattern *pattern;
    uint64_t count;
    uint64_t capacity;
    struct entry *table; /* open addressing */
    uint64_t mask;
    uint64_t used;
    int done;
};

void v8s_patterns_free(struct graph *g) {
    struct patterns *p = g->patterns;
    if (p == NULL)
        return;
    free(p->classes);
    free(p->folds);
    free(p->roots);
    free(p->of);
    free(p->from);
    free(p->queue);
    free(p->pattern);
    free(p->table);
    free(p);
    g->patterns = NULL;
}

static void *copied(const void *from, uint64_t bytes) {
    void *to = malloc((size_t)bytes + 1);
    if (to != NULL && bytes > 0)
        memcpy(to, from, (size_t)bytes);
    return to;
}

int32_t v8s_graph_patterns(v8s_heap *heap, const uint32_t *classes, const uint32_t *folds,
                           uint64_t maps, const uint32_t *roots, uint64_t root_count) {
    struct graph *g = heap->graph;
    if (g == NULL || !g->reached)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < root_count; i++)
        if (roots[3 * i] >= g->node_count)
            return V8S_EINVAL;
    v8s_patterns_free(g);
    struct patterns *p = g->patterns = calloc(1, sizeof *p);
    if (p == NULL)
        return V8S_ENOMEM;
    size_t n = (size_t)g->node_count + 1;
    p->maps = maps;
    p->root_count = root_count;
    p->classes = copied(classes, 4 * maps);
    p->folds = copied(folds, 4 * maps);
    p->roots = copied(roots, 12 * root_count);
    p->of = malloc(n * sizeof *p->of);
    p->from = malloc(n * sizeof *p->from);
    p->queue = malloc(n * sizeof *p->queue);
    p->mask = 1023;
    p->table = malloc((size_t)(p->mask + 1) * sizeof *p->table);
    if (p->classes == NULL || p->folds == NULL || p->roots == NULL || p->of == NULL ||
        p->from == NULL || p->queue == NULL || p->table == NULL) {
        v8s_patterns_free(g);
        return V8S_ENOMEM;
    }
    memset(p->of, 0xff, n * sizeof *p->of);
    memset(p->table, 0xff, (size_t)(p->mask + 1) * sizeof *p->table);
    return 0;
}

static uint64_t label_of(uint64_t kind, uint64_t payload) {
    return kind << PAYLOAD | (payload & ((UINT64_C(1) << PAYLOAD) - 1));
}

static uint64_t slot_label(uint64_t kind, uint64_t of, uint64_t word) {
    return label_of(kind, of << WORD_BITS | (word < NOT_A_WORD ? word : NOT_A_WORD + 1));
}

static uint64_t mixed(uint64_t label, uint32_t parent, uint32_t class) {
    uint64_t h = label * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 29 ^ parent) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 32 ^ class) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

/* Where the step stands in the table, or where it would. */
static struct entry *place(const struct patterns *p, uint64_t label, uint32_t parent,
                           uint32_t class) {
    uint64_t at = mixed(label, parent, class) & p->mask;
    for (;; at = (at + 1) & p->mask) {
        struct entry *entry = &p->table[at];
        if (entry->pattern == NO_NODE ||
            (entry->label == label && entry->parent == parent && entry->class == class))
            return entry;
    }
}

static int grow(struct patterns *p) {
    if (2 * p->used < p->mask)
        return 0;
    struct entry *old = p->table;
    uint64_t size = p->mask + 1;
    struct entry *bigger = malloc((size_t)(2 * size) * sizeof *bigger);
    if (bigger == NULL)
        return V8S_ENOMEM;
    memset(bigger, 0xff, (size_t)(2 * size) * sizeof *bigger);
    p->table = bigger;
    p->mask = 2 * size - 1;
    for (uint64_t i = 0; i < size; i++)
        if (old[i].pattern != NO_NODE)
            *place(p, old[i].label, old[i].parent, old[i].class) = old[i];
    free(old);
    return 0;
}

/* The pattern above, `parent` included, that ends with the same steps as this one would:
   STEPS_AGAIN of them. NO_NODE: none does. */
static uint32_t repeated(const struct patterns *p, uint64_t label, uint32_t parent,
                         uint32_t class) {
    uint32_t at = parent;
    for (int i = 0; i < LOOK_BACK && at != NO_NODE; i++, at = p->pattern[at].parent) {
        if (p->pattern[at].label != label || p->pattern[at].class != class)
            continue;
        uint32_t x = p->pattern[at].parent, y = parent;
        int left = STEPS_AGAIN - 1;
        while (left > 0 && x != NO_NODE && y != NO_NODE &&
               p->pattern[x].label == p->pattern[y].label &&
               p->pattern[x].class == p->pattern[y].class) {
            x = p->pattern[x].parent;
            y = p->pattern[y].parent;
            left--;
        }
        if (left == 0)
            return at;
    }
    return NO_NODE;
}

/* The pattern of a step; NO_NODE: no memory. */
static uint32_t step(struct patterns *p, uint64_t label, uint32_t parent, uint32_t class,
                     uint32_t sample) {
    struct entry *entry = place(p, label, parent, class);
    if (entry->pattern != NO_NODE)
        return entry->pattern;
    uint32_t found = repeated(p, label, parent, class);
    if (found == NO_NODE && parent != NO_NODE) {
        if (p->count >= MAX_PATTERNS)
            return parent;
        if (label >> PAYLOAD == LABEL_NAME && p->pattern[parent].names++ >= MAX_NAMES)
            return step(p, label_of(LABEL_FOLDED, 0), parent, class, sample);
    }
    if (found == NO_NODE) {
        v8s_pattern *pattern = v8s_room(p->pattern, p->count + 1, &p->capacity, sizeof *pattern);
        if (pattern == NULL)
            return NO_NODE;
        p->pattern = pattern;
        found = (uint32_t)p->count++;
        p->pattern[found] = (v8s_pattern){label, parent, class, sample, 0, 0, 0};
    }
    *entry = (struct entry){label, parent, class, found};
    p->used++;
    return grow(p) == 0 ? found : NO_NODE;
}

/* The words of the object that is being followed, and how its slots are told apart. */
struct holder {
    uint64_t address;
    uint64_t words;
    uint64_t at; /* the next word to look at */
    uint32_t map;
    uint32_t how;
    uint64_t first;   /* word of the first entry, or of what tells its kind */
    uint64_t variety; /* of a context its ScopeInfo */
    int lost;         /* a word was not found: the object has moved, or is damaged */
};

static struct holder holder_of(v8s_heap *heap, uint32_t node) {
    const struct graph *g = heap->graph;
    const struct patterns *p = g->patterns;
    uint32_t map = g->map[node], fold = map < p->maps ? p->folds[map] : V8S_FOLD_ALL;
    struct holder h = {g->address[node], g->words[node], 0, map, fold & 0xff, fold >> 8, 0, 0};
    uint64_t word;
    if (h.how == V8S_FOLD_ENTRIES) {
        /* `first` is the word of the number of buckets, which stand in front of the entries. */
        if (h.first >= h.words || !v8s_read64(heap, h.address + 8 * h.first, &word) ||
            !is_smi(word) || word >> 32 > h.words)
            h.how = V8S_FOLD_ALL;
        else
            h.first += 1 + (word >> 32);
    } else if (h.how == V8S_FOLD_CONTEXT) {
        if (h.first < h.words && v8s_read64(heap, h.address + 8 * h.first, &word))
            h.variety = word >> 3;
    } else if ((h.how == V8S_FOLD_NAMES || h.how == V8S_FOLD_CELLS) && h.words > MAX_NAMES) {
        h.how = V8S_FOLD_ALL;
    }
    return h;
}

/* The number of the holder's word that leads to `to`, from the one before on. */
static uint64_t word_of(v8s_heap *heap, struct holder *h, uint64_t to) {
    for (uint64_t i = h->lost ? h->words : h->at; i < h->words;) {
        uint64_t available;
        const uint8_t *data = v8s_view(heap, h->address + 8 * i, &available);
        if (data == NULL)
            break;
        for (uint64_t j = 0; j + 8 <= available && i < h->words; j += 8, i++)
            if ((load64(data + j) & ~(uint64_t)3) == to && (load64(data + j) & 3) == 1) {
                h->at = i + 1;
                return i;
            }
        if (available < 8)
            break;
    }
    h->lost = 1;
    return NOT_A_WORD;
}

static uint64_t edge_label(v8s_heap *heap, struct holder *h, uint64_t to, uint32_t kind) {
    if (kind == V8S_EDGE_EPHEMERON)
        return slot_label(LABEL_SLOT, h->map, NOT_A_WORD);
    if (h->how == V8S_FOLD_ALL)
        return label_of(LABEL_FOLDED, 0);
    uint64_t word = word_of(heap, h, to), key;
    switch (h->how) {
    case V8S_FOLD_ENTRIES:
        return label_of(LABEL_ENTRY, word < h->first ? 0 : 1 + (word - h->first) % ENTRY_WORDS);
    case V8S_FOLD_NAMES:
        /* The key stands in front of the value. */
        if (word > h->first && word < h->words && (word - h->first) % ENTRY_WORDS == 1 &&
            v8s_read64(heap, h->address + 8 * (word - 1), &key))
            return label_of(LABEL_NAME, key >> 3);
        return label_of(LABEL_FOLDED, 1);
    case V8S_FOLD_CONTEXT:
        return slot_label(LABEL_VARIABLE, h->variety, word);
    default:
        return slot_label(LABEL_SLOT, h->map, word);
    }
}

static int reach(struct graph *g, uint32_t node, uint64_t label, uint32_t parent, uint32_t holder) {
    struct patterns *p = g->patterns;
    uint32_t class = g->map[node] < p->maps ? p->classes[g->map[node]] : NO_NODE;
    uint32_t found = step(p, label, parent, class, node);
    if (found == NO_NODE)
        return V8S_ENOMEM;
    p->of[node] = found;
    p->from[node] = holder;
    p->pattern[found].count++;
    p->pattern[found].bytes += 8 * (uint64_t)g->words[node];
    p->queue[p->last++] = node; /* each node once: there is room for all */
    return 0;
}

/* The roots of the next phase that were not reached yet. */
static int enter_roots(struct graph *g) {
    struct patterns *p = g->patterns;
    uint64_t at = p->next_root;
    uint32_t phase = at < p->root_count ? p->roots[3 * at + 2] : 0;
    for (; at < p->root_count && p->roots[3 * at + 2] == phase; at++) {
        uint32_t node = p->roots[3 * at];
        if (p->of[node] == NO_NODE && v8s_graph_is_live(g, node) &&
            reach(g, node, label_of(LABEL_ROOT, p->roots[3 * at + 1]), NO_NODE, NO_NODE) != 0)
            return V8S_ENOMEM;
    }
    p->next_root = at;
    return 0;
}

int32_t v8s_graph_patterns_step(v8s_heap *heap, uint64_t budget) {
    struct graph *g = heap->graph;
    if (g == NULL || g->patterns == NULL)
        return V8S_EINVAL;
    struct patterns *p = g->patterns;
    for (; budget > 0 && !p->done; budget--) {
        if (p->first == p->last) {
            if (p->next_root == p->root_count)
                p->done = 1;
            else if (enter_roots(g) != 0)
                return V8S_ENOMEM;
            continue;
        }
        uint32_t node = p->queue[p->first++];
        if (v8s_graph_is_cut(g, node))
            continue;
        struct holder h = {0};
        for (uint64_t e = g->out.start[node]; e < g->out.start[node + 1]; e++) {
            uint32_t to = g->out.target[e] & NODE_MASK, kind = g->out.target[e] >> V8S_EDGE_SHIFT;
            if (kind == V8S_EDGE_WEAK || p->of[to] != NO_NODE || !v8s_graph_is_live(g, to) ||
                (kind == V8S_EDGE_EPHEMERON && !v8s_graph_pair_holds(g, node, to)))
                continue;
            if (h.words == 0)
                h = holder_of(heap, node);
            uint64_t label = edge_label(heap, &h, g->address[to], kind);
            if (reach(g, to, label, p->of[node], node) != 0)
                return V8S_ENOMEM;
        }
    }
    if (p->done) {
        free(p->queue);
        free(p->table);
        p->queue = NULL;
        p->table = NULL;
    }
    return p->done;
}

uint64_t v8s_graph_pattern_rows(const v8s_heap *heap, uint64_t from, v8s_pattern *out,
                                uint64_t capacity) {
    const struct graph *g = heap->graph;
    if (g == NULL || g->patterns == NULL || from > g->patterns->count)
        return 0;
    uint64_t n = g->patterns->count - from;
    if (n > capacity)
        n = capacity;
    if (n > 0)
        memcpy(out, g->patterns->pattern + from, (size_t)n * sizeof *out);
    return capacity == 0 ? g->patterns->count - from : n;
}

uint64_t v8s_graph_pattern_way(const v8s_heap *heap, uint64_t node, uint32_t *out,
                               uint64_t capacity) {
    const struct graph *g = heap->graph;
    uint64_t used = 0;
    if (g == NULL || g->patterns == NULL || node >= g->node_count)
        return 0;
    const struct patterns *p = g->patterns;
    for (uint64_t at = node; p->of[at] != NO_NODE && used + 2 <= capacity; at = p->from[at]) {
        out[used++] = (uint32_t)at;
        out[used++] = p->of[at];
        if (p->from[at] == NO_NODE)
            break;
    }
    return used;
}

int32_t v8s_graph_pattern_sums(v8s_heap *heap, const uint32_t *classes, uint64_t patterns,
                               v8s_class *out, uint64_t class_count, uint64_t budget) {
    struct graph *g = heap->graph;
    if (g == NULL || g->patterns == NULL || !g->patterns->done || patterns != g->patterns->count)
        return V8S_EINVAL;
    return v8s_dominators_sum(g, g->patterns->of, classes, patterns, NULL, NULL, 0, out,
                              class_count, budget);
}
