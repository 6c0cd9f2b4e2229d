/*
 * Dominators by the semi-NCA algorithm (Georgiadis and Tarjan), and from them retained sizes: what
 * would go if an object did. Nothing here recurses, and no step depends on the shape of the graph:
 * the iterative algorithm of Cooper, Harvey and Kennedy does not end in time on linked lists.
 *
 * The definition is that of Chrome's DevTools: weak edges do not count, of a weak collection the
 * edge from key to value does; and what the user's roots (global objects) reach is the page's:
 * edges into it from elsewhere, V8's own roots too, are left out. Without user's roots all edges
 * count alike.
 */
#include <stdlib.h>

#include "graph.h"

#define ROOT 0u /* its number in the order of the search; nodes have those from 1 on */

enum { OWN, SEARCH, LINK, SEMI, NEAREST, FILL, RETAIN, DONE };

struct dominators {
    int stage;
    uint64_t at;      /* where the stage goes on */
    uint64_t *own;    /* the page's nodes; NULL: no user's roots */
    uint64_t *apart;  /* nodes that no object holds: V8's own, which are there anyway */
    uint64_t unsized; /* the first so many nodes retain nothing themselves */
    uint64_t *entry;  /* nodes that the root has an edge to */
    uint32_t *early;  /* one block, freed first, for number, stack, ancestor and label */
    uint32_t *late;   /* one block for node, idom and semi */
    uint32_t *number; /* of a node in the order of the search; 0: not reached */
    uint32_t *node;   /* and back */
    uint32_t *idom;   /* in numbers; the parent at first */
    uint32_t *ancestor;
    uint32_t *label;
    uint32_t *semi;
    uint32_t *stack;
    uint32_t *next; /* edge to go on with, of what is on the stack: semi's memory */
    uint64_t depth;
    uint64_t count;
    uint32_t *outside; /* nodes that have more bytes than those on the heap */
    uint64_t *outside_bytes;
    uint64_t outside_count;
    uint32_t *of; /* result: immediate dominator; node_count: the root; NO_NODE: not reached */
    uint64_t *retained;
    int borrowed;      /* `of` and `retained` are somebody else's memory */
    struct sums *sums; /* NULL: none are being made */
};

/* Sums by class on their way. */
struct sums {
    uint32_t *child; /* lists of children: they get shorter as those are visited */
    uint32_t *sibling;
    uint32_t *open; /* by class: objects of it that are being visited */
    uint64_t *odd;  /* bit by node */
    uint64_t at;    /* children are listed of nodes from here on */
    uint64_t node;  /* the one that is visited */
};

static int has(const uint64_t *bits, uint32_t node) {
    return (bits[node >> 6] >> (node & 63) & 1) != 0;
}

static void set(uint64_t *bits, uint32_t node) {
    bits[node >> 6] |= UINT64_C(1) << (node & 63);
}

static void free_sums(struct dominators *d) {
    struct sums *s = d->sums;
    if (s == NULL)
        return;
    free(s->child);
    free(s->sibling);
    free(s->open);
    free(s->odd);
    free(s);
    d->sums = NULL;
}

/* Frees what only the search needs. */
static void shrink(struct dominators *d) {
    free(d->own);
    free(d->apart);
    free(d->entry);
    free(d->early);
    free(d->late);
    free(d->outside);
    free(d->outside_bytes);
    d->outside = NULL;
    d->outside_bytes = NULL;
    d->own = d->apart = d->entry = NULL;
    d->early = d->late = NULL;
}

void v8s_dominators_free(struct graph *g) {
    struct dominators *d = g->dominators;
    if (d == NULL)
        return;
    shrink(d);
    free_sums(d);
    if (!d->borrowed) {
        free(d->of);
        free(d->retained);
    }
    free(d);
    g->dominators = NULL;
}

/* Whether the edge counts, whichever end it is looked at from. */
static int counts(const struct graph *g, uint32_t from, uint32_t to, uint32_t kind) {
    const struct dominators *d = g->dominators;
    if (kind == V8S_EDGE_WEAK || from == to || !v8s_graph_is_live(g, to) || has(d->apart, to))
        return 0;
    if (kind == V8S_EDGE_EPHEMERON && !v8s_graph_pair_holds(g, from, to))
        return 0;
    return d->own == NULL || has(d->own, from) || !has(d->own, to);
}

int32_t v8s_graph_dominate(v8s_heap *heap, const uint32_t *user_roots, uint64_t count,
                           const uint32_t *outside, const uint64_t *outside_bytes,
                           uint64_t outside_count, const uint32_t *apart, uint64_t apart_count,
                           uint64_t unsized) {
    struct graph *g = heap->graph;
    if (g == NULL || !g->reached || !v8s_graph_is_turned(g))
        return V8S_EINVAL;
    for (uint64_t i = 0; i < count; i++)
        if (user_roots[i] >= g->node_count)
            return V8S_EINVAL;
    for (uint64_t i = 0; i < outside_count; i++)
        if (outside[i] >= g->node_count)
            return V8S_EINVAL;
    for (uint64_t i = 0; i < apart_count; i++)
        if (apart[i] >= g->node_count)
            return V8S_EINVAL;
    v8s_dominators_free(g);
    size_t n = (size_t)g->node_count + 1, words = (size_t)(g->node_count / 64 + 1);
    struct dominators *d = g->dominators = calloc(1, sizeof *d);
    if (d == NULL)
        return V8S_ENOMEM;
    d->entry = calloc(words, sizeof *d->entry);
    d->apart = calloc(words, sizeof *d->apart);
    d->unsized = unsized;
    d->own = count > 0 ? calloc(words, sizeof *d->own) : NULL;
    d->early = calloc(n, 4 * sizeof *d->early);
    d->late = calloc(n, 3 * sizeof *d->late);
    d->outside = malloc((size_t)(outside_count + 1) * sizeof *d->outside);
    d->outside_bytes = malloc((size_t)(outside_count + 1) * sizeof *d->outside_bytes);
    if (d->outside == NULL || d->outside_bytes == NULL || d->entry == NULL || d->apart == NULL ||
        (count > 0 && d->own == NULL) || d->early == NULL || d->late == NULL) {
        v8s_dominators_free(g);
        return V8S_ENOMEM;
    }
    d->number = d->early;
    d->stack = d->early + n;
    d->ancestor = d->early + 2 * n;
    d->label = d->early + 3 * n;
    d->node = d->late;
    d->idom = d->late + n;
    d->next = d->semi = d->late + 2 * n;
    for (uint64_t i = 0; i < apart_count; i++)
        set(d->apart, apart[i]);
    for (; d->outside_count < outside_count; d->outside_count++) {
        d->outside[d->outside_count] = outside[d->outside_count];
        d->outside_bytes[d->outside_count] = outside_bytes[d->outside_count];
    }
    for (uint64_t i = 0; i < count; i++)
        if (v8s_graph_is_live(g, user_roots[i]) && !has(d->own, user_roots[i])) {
            set(d->own, user_roots[i]);
            set(d->entry, user_roots[i]);
            d->stack[d->depth++] = user_roots[i];
        }
    d->stage = count > 0 ? OWN : SEARCH;
    d->count = 1;
    return 0;
}

/* What the user's roots reach. */
static void flood(struct graph *g, uint64_t *budget) {
    struct dominators *d = g->dominators;
    for (; d->depth > 0 && *budget > 0; --*budget) {
        uint32_t node = d->stack[--d->depth];
        if (v8s_graph_is_cut(g, node))
            continue;
        for (uint64_t e = g->out.start[node]; e < g->out.start[node + 1]; e++) {
            uint32_t to = g->out.target[e] & NODE_MASK;
            if (g->out.target[e] >> V8S_EDGE_SHIFT == V8S_EDGE_WEAK || has(d->own, to) ||
                !v8s_graph_is_live(g, to) || has(d->apart, to))
                continue;
            set(d->own, to);
            d->stack[d->depth++] = to;
        }
    }
    if (d->depth == 0)
        d->stage = SEARCH;
}

static void enter(struct graph *g, uint32_t node, uint32_t parent) {
    struct dominators *d = g->dominators;
    d->number[node] = (uint32_t)d->count;
    d->node[d->count] = node;
    d->idom[d->count++] = parent;
    d->next[d->depth] = g->out.start[node];
    d->stack[d->depth++] = node;
}

/* The next node that is still to be entered from the root; node_count: none. First those that it
   has edges to, then what only entries of weak collections hold, each by itself. */
static uint64_t next_entry(struct graph *g) {
    struct dominators *d = g->dominators;
    uint64_t n = g->node_count;
    for (; d->at < g->root_count; d->at++) {
        uint32_t node = g->roots[d->at];
        if (d->own != NULL && has(d->own, node))
            continue;
        set(d->entry, node);
        if (d->number[node] == 0)
            return node;
    }
    for (; d->at < g->root_count + n; d->at++) {
        uint32_t node = (uint32_t)(d->at - g->root_count);
        if (d->number[node] == 0 && has(d->entry, node))
            return node;
    }
    for (; d->at < g->root_count + 2 * n; d->at++) {
        uint32_t node = (uint32_t)(d->at - g->root_count - n);
        if (d->number[node] == 0 && v8s_graph_is_live(g, node)) {
            set(d->entry, node);
            return node;
        }
    }
    return n;
}

/* Depth first from the root: numbers and parents. */
static void search(struct graph *g, uint64_t *budget) {
    struct dominators *d = g->dominators;
    while (*budget > 0) {
        if (d->depth == 0) {
            uint64_t node = next_entry(g);
            if (node == g->node_count)
                break;
            enter(g, (uint32_t)node, ROOT);
        }
        uint32_t node = d->stack[d->depth - 1];
        uint32_t at = d->next[d->depth - 1], end = g->out.start[node + 1];
        if (v8s_graph_is_cut(g, node))
            at = end;
        for (; at < end; at++) {
            uint32_t to = g->out.target[at] & NODE_MASK;
            if (d->number[to] == 0 && counts(g, node, to, g->out.target[at] >> V8S_EDGE_SHIFT))
                break;
        }
        if (at < end) {
            d->next[d->depth - 1] = at + 1;
            enter(g, g->out.target[at] & NODE_MASK, d->number[node]);
            --*budget;
        } else {
            d->depth--;
        }
    }
    if (d->depth > 0 || *budget == 0)
        return;
    d->idom[ROOT] = ROOT;
    d->stage = LINK;
    d->at = 0;
}

static void link(struct dominators *d, uint64_t *budget) {
    for (; d->at < d->count && *budget > 0; d->at++, --*budget) {
        d->ancestor[d->at] = d->idom[d->at];
        d->label[d->at] = d->semi[d->at] = (uint32_t)d->at;
    }
    if (d->at == d->count) {
        d->stage = SEMI;
        d->at--;
    }
}

/* The least semidominator on the way from `v` up to, and without, what is not linked yet: numbers
   up to `limit`. The way is made short for the next time. */
static uint32_t evaluate(struct dominators *d, uint32_t v, uint32_t limit) {
    uint64_t depth = 0;
    for (uint32_t x = v; d->ancestor[x] > limit; x = d->ancestor[x])
        d->stack[depth++] = x;
    while (depth > 0) {
        uint32_t x = d->stack[--depth], above = d->ancestor[x];
        if (d->semi[d->label[above]] < d->semi[d->label[x]])
            d->label[x] = d->label[above];
        d->ancestor[x] = d->ancestor[above];
    }
    return d->semi[d->label[v]];
}

static void semidominators(struct graph *g, uint64_t *budget) {
    struct dominators *d = g->dominators;
    for (; d->at > 0 && *budget > 0; d->at--, --*budget) {
        uint32_t i = (uint32_t)d->at, node = d->node[i];
        uint32_t least = has(d->entry, node) ? ROOT : d->idom[i];
        for (uint64_t e = g->in.start[node]; e < g->in.start[node + 1]; e++) {
            uint32_t from = g->in.target[e] & NODE_MASK, v = d->number[from];
            if (v == 0 || least == ROOT ||
                !counts(g, from, node, g->in.target[e] >> V8S_EDGE_SHIFT) ||
                v8s_graph_is_cut(g, from))
                continue;
            uint32_t found = v <= i ? v : evaluate(d, v, i);
            if (found < least)
                least = found;
        }
        d->semi[i] = least;
    }
    if (d->at == 0) {
        free(d->early);
        d->early = NULL;
        d->stage = NEAREST;
        d->at = 1;
    }
}

static int nearest(struct graph *g, uint64_t *budget) {
    struct dominators *d = g->dominators;
    for (; d->at < d->count && *budget > 0; d->at++, --*budget) {
        uint32_t found = d->idom[d->at];
        while (found > d->semi[d->at])
            found = d->idom[found];
        d->idom[d->at] = found;
    }
    if (d->at < d->count)
        return 0;
    size_t n = (size_t)g->node_count + 1;
    d->of = malloc(n * sizeof *d->of);
    d->retained = calloc(n, sizeof *d->retained);
    if (d->of == NULL || d->retained == NULL)
        return V8S_ENOMEM;
    memset(d->of, 0xff, n * sizeof *d->of);
    d->stage = FILL;
    d->at = 1;
    return 0;
}

static void fill(struct graph *g, uint64_t *budget) {
    struct dominators *d = g->dominators;
    for (; d->at < d->count && *budget > 0; d->at++, --*budget) {
        uint32_t node = d->node[d->at], above = d->idom[d->at];
        d->retained[node] = node < d->unsized ? 0 : 8 * (uint64_t)g->words[node];
        d->of[node] = above == ROOT ? (uint32_t)g->node_count : d->node[above];
    }
    if (d->at < d->count)
        return;
    for (uint64_t i = 0; i < d->outside_count; i++)
        if (d->of[d->outside[i]] != NO_NODE)
            d->retained[d->outside[i]] += d->outside_bytes[i];
    d->stage = RETAIN;
    d->at = d->count - 1;
}

/* A dominator has the lower number, so that sums are complete when they are passed on. */
static void retain(struct graph *g, uint64_t *budget) {
    struct dominators *d = g->dominators;
    for (; d->at > 0 && *budget > 0; d->at--, --*budget)
        d->retained[d->of[d->node[d->at]]] += d->retained[d->node[d->at]];
    if (d->at == 0) {
        d->stage = DONE;
        shrink(d);
    }
}

int32_t v8s_graph_dominate_step(v8s_heap *heap, uint64_t budget) {
    struct graph *g = heap->graph;
    if (g == NULL || g->dominators == NULL)
        return V8S_EINVAL;
    struct dominators *d = g->dominators;
    int error = 0;
    while (budget > 0 && error == 0 && d->stage != DONE) {
        if (d->stage == OWN)
            flood(g, &budget);
        else if (d->stage == SEARCH)
            search(g, &budget);
        else if (d->stage == LINK)
            link(d, &budget);
        else if (d->stage == SEMI)
            semidominators(g, &budget);
        else if (d->stage == NEAREST)
            error = nearest(g, &budget);
        else if (d->stage == FILL)
            fill(g, &budget);
        else
            retain(g, &budget);
    }
    if (error != 0) {
        v8s_dominators_free(g);
        return error;
    }
    return d->stage == DONE;
}

uint64_t v8s_graph_dominated(const v8s_heap *heap, uint64_t from, uint32_t *dominator,
                             uint64_t *retained, uint64_t capacity) {
    const struct graph *g = heap->graph;
    if (g == NULL || g->dominators == NULL || g->dominators->stage != DONE || from > g->node_count)
        return 0;
    uint64_t n = g->node_count + 1 - from; /* the last is the root */
    if (n > capacity)
        n = capacity;
    memcpy(dominator, g->dominators->of + from, (size_t)n * sizeof *dominator);
    memcpy(retained, g->dominators->retained + from, (size_t)n * sizeof *retained);
    return n;
}

uint64_t v8s_graph_children(const v8s_heap *heap, uint64_t dominator, uint32_t *out,
                            uint64_t capacity) {
    const struct graph *g = heap->graph;
    uint64_t found = 0;
    if (g == NULL || g->dominators == NULL || g->dominators->stage != DONE)
        return 0;
    for (uint64_t node = 0; node < g->node_count; node++)
        if (g->dominators->of[node] == dominator && found++ < capacity)
            out[found - 1] = (uint32_t)node;
    return found;
}

/* The class of a node: that of its kind, but for odd ones, which are sorted. */
static uint32_t class_of(const struct graph *g, const struct sums *s, const uint32_t *kind,
                         const uint32_t *classes, uint64_t kinds, const uint32_t *odd,
                         const uint32_t *odd_class, uint64_t odd_count, uint32_t node) {
    if (node == g->node_count)
        return NO_NODE;
    if (!has(s->odd, node))
        return kind[node] < kinds ? classes[kind[node]] : NO_NODE;
    uint64_t low = 0, high = odd_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (odd[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < odd_count && odd[low] == node ? odd_class[low] : NO_NODE;
}

static struct sums *begin_sums(struct graph *g, const uint32_t *odd, uint64_t odd_count,
                               uint64_t class_count) {
    size_t n = (size_t)g->node_count + 1;
    struct sums *s = g->dominators->sums = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->child = malloc(n * sizeof *s->child);
    s->sibling = malloc(n * sizeof *s->sibling);
    s->open = calloc((size_t)class_count + 1, sizeof *s->open);
    s->odd = calloc(n / 64 + 1, sizeof *s->odd);
    if (s->child == NULL || s->sibling == NULL || s->open == NULL || s->odd == NULL) {
        free_sums(g->dominators);
        return NULL;
    }
    memset(s->child, 0xff, n * sizeof *s->child);
    for (uint64_t i = 0; i < odd_count; i++)
        set(s->odd, odd[i]);
    s->at = s->node = g->node_count;
    return s;
}

int32_t v8s_dominators_sum(struct graph *g, const uint32_t *kind, const uint32_t *classes,
                           uint64_t kinds, const uint32_t *odd, const uint32_t *odd_class,
                           uint64_t odd_count, v8s_class *out, uint64_t class_count,
                           uint64_t budget) {
    if (g == NULL || g->dominators == NULL || g->dominators->stage != DONE)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < kinds; i++)
        if (classes[i] >= class_count && classes[i] != NO_NODE)
            return V8S_EINVAL;
    for (uint64_t i = 0; i < odd_count; i++)
        if ((odd_class[i] >= class_count && odd_class[i] != NO_NODE) || odd[i] >= g->node_count ||
            (i > 0 && odd[i] <= odd[i - 1]))
            return V8S_EINVAL;
    struct dominators *d = g->dominators;
    if (budget == 0) {
        free_sums(d);
        return 1;
    }
    struct sums *s = d->sums != NULL ? d->sums : begin_sums(g, odd, odd_count, class_count);
    if (s == NULL)
        return V8S_ENOMEM;
    for (; s->at > 0 && budget > 0; budget--) {
        uint32_t node = (uint32_t)--s->at;
        if (d->of[node] != NO_NODE) {
            s->sibling[node] = s->child[d->of[node]];
            s->child[d->of[node]] = node;
        }
    }
    for (; budget > 0; budget--) {
        uint32_t node = (uint32_t)s->node, to = s->child[node];
        uint32_t at = to == NO_NODE ? node : to;
        uint32_t class = class_of(g, s, kind, classes, kinds, odd, odd_class, odd_count, at);
        if (to == NO_NODE) {
            if (class != NO_NODE)
                s->open[class]--;
            if (node == g->node_count) {
                free_sums(d);
                return 1;
            }
            s->node = d->of[node];
            continue;
        }
        s->child[node] = s->sibling[to];
        s->node = to;
        if (class != NO_NODE) {
            out[class].count++;
            out[class].bytes += 8 * (uint64_t)g->words[to];
            /* Inside another one of its class it is counted with that one. */
            if (s->open[class]++ == 0)
                out[class].retained += d->retained[to];
        }
    }
    return 0;
}

int32_t v8s_graph_by_class(v8s_heap *heap, const uint32_t *classes, uint64_t maps,
                           const uint32_t *odd, const uint32_t *odd_class, uint64_t odd_count,
                           v8s_class *out, uint64_t class_count, uint64_t budget) {
    struct graph *g = heap->graph;
    if (g == NULL)
        return V8S_EINVAL;
    return v8s_dominators_sum(g, g->map, classes, maps, odd, odd_class, odd_count, out, class_count,
                              budget);
}

const void *v8s_dominators_part(const struct graph *g, uint32_t part, uint64_t *size) {
    const struct dominators *d = g->dominators;
    *size = 0;
    if (d == NULL || d->stage != DONE)
        return NULL;
    if (part == V8S_PART_DOMINATOR) {
        *size = 4 * (g->node_count + 1);
        return d->of;
    }
    *size = 8 * (g->node_count + 1);
    return part == V8S_PART_RETAINED ? d->retained : NULL;
}

/* Dominators that were kept: the scanner reads them from there. */
int32_t v8s_graph_adopt_dominators(v8s_heap *heap, const uint32_t *dominator,
                                   const uint64_t *retained, uint64_t count) {
    struct graph *g = heap->graph;
    if (g == NULL || !g->reached || count != g->node_count + 1)
        return V8S_EINVAL;
    for (uint64_t node = 0; node < g->node_count; node++)
        if (dominator[node] != NO_NODE &&
            (dominator[node] > g->node_count || dominator[node] == node))
            return V8S_EINVAL;
    v8s_dominators_free(g);
    struct dominators *d = g->dominators = calloc(1, sizeof *d);
    if (d == NULL)
        return V8S_ENOMEM;
    d->borrowed = 1;
    d->of = (uint32_t *)(uintptr_t)dominator;
    d->retained = (uint64_t *)(uintptr_t)retained;
    d->stage = DONE;
    return 0;
}
