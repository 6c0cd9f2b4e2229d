/* What the parts of the snapshot writer share; see v8scan.h for the meaning of things. */
#ifndef V8SCAN_SNAPSHOT_H
#define V8SCAN_SNAPSHOT_H

#include "graph.h"

#define MAX_TEXT 1024u /* UTF-16 units of a name; V8: StringsStorage keeps no more */
#define ROOM 4096u     /* bytes that a step needs at most before it looks whether they are there */

/* Where the text of a string of the file is from: in the upper byte of its source. */
enum {
    TEXT_GIVEN,
    TEXT_STRING,
    TEXT_SYMBOL,
    TEXT_PRIVATE,
    TEXT_GET,
    TEXT_SET,
    TEXT_PAIR,
    TEXT_BOUND
};

/* A property of the instances of a Map that have it in themselves, in their PropertyArray, or as a
   constant in the Map's descriptors. */
struct property {
    uint64_t key;      /* tagged */
    uint64_t constant; /* tagged, where `place` says so */
    uint32_t name;     /* NO_NODE: not asked for yet */
    uint32_t index;    /* byte in the object, or word in the PropertyArray */
    uint8_t place;     /* of PLACE_… */
    uint8_t accessor;
    uint8_t edge; /* its type once `name` is known */
};
enum { PLACE_OBJECT, PLACE_ARRAY, PLACE_CONSTANT };

struct plan {
    uint32_t first;
    uint32_t count;
    uint32_t first_slot; /* of the named slots of its type */
    uint32_t slot_count;
    uint32_t first_tag; /* of those of its type */
    uint32_t tag_count;
    uint32_t inside;    /* byte where properties in the object begin */
    uint32_t prototype; /* node, if it is kept */
    uint8_t elements_kind;
    uint8_t bit_field;
    uint8_t bare; /* of all the words only the first one is tagged, and nothing else is shown */
    uint8_t known;
};

/* What is known of 64 nodes, the lowest bit first. */
struct marks {
    uint64_t kept;  /* are in the file */
    uint64_t plain; /* only properties, elements and variables lead there */
    uint64_t rank;  /* number of the first of them among the kept ones */
};

/* A node as its text is made of it. */
struct node_row {
    uint64_t number;
    uint64_t size;
    uint32_t name; /* without those of numbers */
    uint32_t edges;
    uint64_t type;
};

/* A string whose text is looked up in a moment. */
struct ahead {
    uint32_t node;
    uint32_t hash;
};
#define AHEAD 16u
#if defined(__GNUC__)
#define FETCH(place) __builtin_prefetch(place)
#else
#define FETCH(place) (void)(place)
#endif

/* Edges, packed: see v8s_keep_edge. */
struct block {
    uint8_t *bytes;
    uint64_t used;
    const uint32_t *names; /* numbers of the strings that they name; NULL: as they are */
};

/* Variables of a scope: a name and the slot of its context. */
struct variable {
    uint64_t name; /* tagged */
    uint32_t slot;
};

struct strings {
    uint64_t *source; /* of each string of the file, but for numbers */
    uint64_t count;
    uint64_t capacity;
    uint64_t *by_text; /* hash table: hash of the text above, string + 1 below; 0: empty */
    uint64_t text_mask;
    uint64_t text_used;
    struct table by_source; /* + 1; of what is asked for often */
    uint64_t numbers;       /* the file's first strings are the numbers below this */
};

enum { STAGE_COUNT = 1, STAGE_NODES, STAGE_EDGES, STAGE_STRINGS, STAGE_DONE };

struct snapshot {
    v8s_snapshot_layout l;
    v8s_node_view *views;
    uint64_t view_count;
    v8s_named_slot *slots;
    uint64_t slot_count;
    v8s_tag *tags;
    uint64_t tag_count;
    uint8_t *text;
    uint64_t *text_end;
    uint64_t text_count;

    struct marks *marks; /* by 64 nodes */
    uint64_t kept_count;

    uint32_t *buffer; /* nodes, ascending, and what each shares */
    uint32_t *shared;
    uint64_t buffer_count;
    uint64_t *shared_bytes;
    uint64_t shared_count;
    uint32_t *rest; /* nodes, ascending, and bytes they retain that are not in the file */
    uint64_t *rest_bytes;
    uint64_t rest_count; /* without the root's, which is behind them */
    uint32_t rest_name;
    uint32_t *bridge_from;
    uint32_t *bridge_to;
    uint64_t bridge_count;
    uint32_t bridge_name;
    uint32_t *reached; /* by node: the last one that had an edge to it, + 1; NULL: no bridges */
    uint32_t *odd;     /* nodes, ascending, and their names */
    uint32_t *odd_name;
    uint64_t odd_count;
    uint32_t *root;
    uint32_t *root_group;
    uint64_t root_count;
    uint32_t *group_names;
    uint32_t *user;
    uint64_t user_count;

    uint32_t *degree; /* edges of each kept node, then of the shared ones */
    uint16_t *tag;    /* by node: name, and type in the upper byte; index + 1 into `tagged` */
    uint32_t tagged_name[256];
    uint32_t tagged_names;

    struct plan *plans; /* by Map */
    uint64_t plan_count;
    struct property *properties;
    uint64_t property_count;
    uint64_t property_capacity;
    struct table scopes; /* address of a ScopeInfo -> index into scope_first + 1 */
    uint32_t *scope_first;
    uint64_t scope_count;
    uint64_t scope_capacity;
    struct variable *variables;
    uint64_t variable_count;
    uint64_t variable_capacity;
    struct strings strings;
    struct ahead ahead[AHEAD]; /* by number among the kept nodes */
    uint64_t ahead_part;       /* node from which the next kept one is looked for */

    /* The object at hand. */
    uint32_t node;
    uint64_t address;
    uint64_t size;
    const uint8_t *bytes;
    const v8s_node_view *view;
    uint8_t *visited; /* by word */
    uint32_t *held;   /* by word: the node that it leads to */
    uint64_t visited_size;
    uint64_t tagged_gap; /* bytes: tagged words with nodes in `held` are the first one and these */
    uint64_t tagged_end;
    uint8_t *copy; /* of an object that lies in several segments */
    uint64_t copy_size;
    uint32_t next_hidden;
    uint64_t pair_by_key; /* where the stage is in the pairs of the graph */
    uint64_t pair_by_table;

    uint64_t steps; /* over what is not the object's own, that may still be taken */
    int exhausted;
    uint32_t stage;
    uint64_t at;   /* next piece of the stage */
    uint64_t part; /* node from which the next kept one is looked for */
    uint64_t total_edges;
    int error;
    uint64_t number; /* of the node at hand, in the file */
    uint64_t edges;  /* that it has so far */
    struct block *blocks;
    uint64_t block_count;
    uint64_t block_capacity;
    uint8_t *block; /* the last one's bytes */
    uint64_t block_used;
    v8s_heap *half;       /* whose snapshot counts edges of the other half of nodes; NULL: none */
    uint32_t *half_names; /* its strings among those of all */
    uint64_t count_end;   /* in the file, of the nodes whose edges are counted here */
    uint64_t read_block;
    uint64_t read_at;
    uint64_t edge_count; /* that were written */
    uint8_t *out;
    uint64_t used;
    uint64_t capacity;
    uint8_t *spill; /* what did not fit */
    uint64_t spill_size;
    uint64_t spill_used;
    uint64_t spill_done;
};

/* snapshot_names.c */
uint32_t v8s_text_units(v8s_heap *heap, uint64_t source, uint16_t *units);
uint32_t v8s_name(v8s_heap *heap, uint64_t word, uint32_t kind); /* kept for the next time */
uint32_t v8s_given(v8s_heap *heap, uint64_t index);
uint32_t v8s_hash_of(const uint16_t *units, uint32_t n);
/* The characters of a string that has them in it, in one piece: how many; UINT32_MAX otherwise. */
uint32_t v8s_flat_text(v8s_heap *heap, uint64_t address, int one_byte, uint16_t *units,
                       uint32_t limit);
uint32_t v8s_text_string(v8s_heap *heap, uint64_t source);
uint32_t v8s_add_source(struct snapshot *s, uint64_t source); /* without a look at others */
uint64_t v8s_shared_name(v8s_heap *heap, uint64_t shared);    /* tagged; 0: none */
uint32_t v8s_node_name(v8s_heap *heap, uint32_t node, uint32_t *type);
int v8s_scope(v8s_heap *heap, uint64_t scope, uint64_t *first, uint64_t *last);
int v8s_scope_extends(v8s_heap *heap, uint64_t scope);
/* That a node's name will be asked for: memory is fetched in the meantime. */
void v8s_look_ahead(v8s_heap *heap, uint32_t node);
void v8s_names_free(struct snapshot *s);

/* snapshot_edges.c */
void v8s_edges_of(v8s_heap *heap, uint32_t node);

/* snapshot_text.c */
void v8s_put_edges(struct snapshot *s);
void v8s_put_string(v8s_heap *heap, uint64_t number);

/* snapshot.c */
void v8s_rest_edges(struct snapshot *s);
int v8s_more_edges(struct snapshot *s);
void v8s_count_some(v8s_heap *heap, uint64_t steps);
uint64_t v8s_all_nodes(const struct snapshot *s);
void v8s_own_free(struct snapshot *s); /* what counting edges has of its own */

/* snapshot_hashes.c: of the text of a string; 0: not known */
uint32_t v8s_known_hash(const v8s_heap *heap, uint32_t node);

/* snapshot_half.c */
void v8s_half_free(v8s_heap *heap);

/* How many kept nodes are before this one. */
static inline uint32_t v8s_rank(const struct snapshot *s, uint32_t node) {
    const struct marks *marks = &s->marks[node >> 6];
    uint64_t word = marks->kept & ((UINT64_C(1) << (node & 63)) - 1);
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(marks->rank + (word * UINT64_C(0x0101010101010101) >> 56));
}

/*
 * Edges are made once, in the stage that counts them, and kept packed until they are written: a
 * byte with the type, whether the name is a string that is no number, and how many bytes follow of
 * the name and of how far it is from the one node to the other. That is some five bytes.
 */
#define BLOCK (UINT64_C(1) << 20) /* bytes */
#define PACKED 12u                /* bytes that are written of an edge at most */

static inline uint32_t v8s_more_bytes(uint32_t number) {
    return (number > 0xff) + (number > 0xffff) + (uint32_t)(number > 0xffffff);
}

static inline void v8s_keep_edge(struct snapshot *s, uint32_t kind, uint32_t name, int given,
                                 uint64_t to) {
    if (s->block_used + PACKED > BLOCK && !v8s_more_edges(s))
        return;
    uint8_t *at = s->block + s->block_used;
    int64_t far = (int64_t)to - (int64_t)s->number;
    uint32_t step = (uint32_t)(far < 0 ? -2 * far - 1 : 2 * far);
    uint32_t of_name = v8s_more_bytes(name), of_step = v8s_more_bytes(step);
    *at = (uint8_t)(kind | (given ? 8u : 0) | of_name << 4 | of_step << 6);
    memcpy(at + 1, &name, 4);
    memcpy(at + 2 + of_name, &step, 4);
    s->block_used += 3 + of_name + of_step;
    s->edges++;
}

/* Where objects begin in the file: behind the root, "(GC roots)" and its groups. */
static inline uint64_t v8s_first_object(const struct snapshot *s) {
    return 2 + (uint64_t)s->l.groups;
}

/* The number of a kept node in the file. */
static inline uint64_t v8s_number_of(const struct snapshot *s, uint32_t node) {
    return v8s_first_object(s) + v8s_rank(s, node);
}

/* The first of the ascending `nodes` that is not below `node`. */
static inline uint64_t v8s_lower_bound(const uint32_t *nodes, uint64_t count, uint64_t node) {
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (nodes[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The next kept node from `node` on; node_count: none. */
static inline uint64_t v8s_next_kept(const v8s_heap *heap, uint64_t node) {
    const struct snapshot *s = heap->snapshot;
    uint64_t count = heap->graph->node_count;
    while (node < count) {
        uint64_t word = s->marks[node >> 6].kept >> (node & 63);
        if ((word & 1) != 0)
            return node;
        node = word == 0 ? (node | 63) + 1 : node + 1;
    }
    return count;
}

/* One step through memory that several objects may lead to: 0 when they were too many, which a
   sound heap never needs. */
static inline int v8s_step(struct snapshot *s) {
    if (s->steps == 0) {
        s->exhausted = 1;
        return 0;
    }
    s->steps--;
    return 1;
}

static inline int v8s_is_kept(const struct snapshot *s, uint32_t node) {
    return (s->marks[node >> 6].kept >> (node & 63) & 1) != 0;
}

static inline int v8s_is_plain(const struct snapshot *s, uint32_t node) {
    return (s->marks[node >> 6].plain >> (node & 63) & 1) != 0;
}

#endif
