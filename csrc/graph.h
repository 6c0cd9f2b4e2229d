/* What the stages of the graph share; see v8scan.h for the meaning of things. */
#ifndef V8SCAN_GRAPH_H
#define V8SCAN_GRAPH_H

#include "internal.h"

#define NO_NODE UINT32_MAX
#define NODE_MASK ((UINT32_C(1) << V8S_EDGE_SHIFT) - 1)

struct graph_page {
    uint64_t area_start;
    uint64_t first; /* of its words in `starts` */
    uint64_t words; /* of 64 possible starts each; 0: not walked */
};

struct starts {
    uint64_t bits;
    uint64_t rank; /* number of the first of them */
};

/* How the slots of a Map's instances are read. */
struct shape {
    uint32_t raw;   /* bytes; no tagged words from there on */
    uint32_t gap;   /* bytes; nor between the Map and this */
    uint32_t pairs; /* bytes; from there on keys and values in turn; 0: none */
    uint32_t code;  /* bytes; from there on machine code; 0: none */
    uint16_t first_rule;
    uint8_t rule_count;
    uint8_t known;
    uint8_t weak_in_code;
};

/* An entry of a weak collection: table and key together hold the value. */
struct pair {
    uint32_t key;
    uint32_t table;
    uint32_t value;
};

/* Compressed sparse rows: targets of node n are start[n] to start[n + 1]. */
struct rows {
    uint32_t *start;
    uint32_t *target; /* kind of edge in the upper bits */
    uint64_t count;
    uint64_t capacity;
    uint64_t counted; /* nodes done, of rows that are counted before they are filled */
    uint64_t next;    /* nodes done */
};

struct graph {
    v8s_slot_rule *rules; /* by type */
    uint64_t rule_count;
    uint64_t dispatch_table;
    struct shape *shapes; /* by Map */
    uint64_t shape_count;

    struct graph_page *pages;
    uint64_t next_page;
    struct starts *starts;
    uint64_t low; /* all pages lie in [low, high) */
    uint64_t high;

    uint64_t *address;
    uint32_t *map;
    uint32_t *words;
    uint64_t node_count;
    uint64_t node_capacity;

    uint32_t *tables; /* nodes with pairs */
    uint64_t table_count;
    uint64_t table_capacity;
    struct pair *pairs; /* by key */
    uint64_t pair_count;
    uint64_t pair_capacity;
    uint64_t next_pair;

    struct rows out;
    struct rows in;
    v8s_heap *half; /* whose graph has the edges of the nodes from half_first on; NULL: none */
    uint64_t half_first;

    uint32_t *roots;
    uint64_t root_count;
    uint64_t *cut;  /* bit by node: what it holds is not followed */
    uint64_t *live; /* bit by node */
    int reached;    /* `live` is complete */
    uint32_t *pending;
    uint64_t pending_count;
    uint32_t *by_table; /* pairs in the order of their tables */
    struct dominators *dominators;
    struct paths *paths; /* of the last node that was asked for */
    int borrowed;        /* nodes and rows are somebody else's memory */
    uint64_t adopted;    /* of these nodes, those that are checked */
    uint64_t adopted_page;
    struct patterns *patterns;
    v8s_filling *fillings;
    uint64_t filling_count;
    uint64_t filling_capacity;
    struct table filling_table; /* dominator and class -> index */
    v8s_graph_stats stats;
};

/* graph.c */
const struct shape *v8s_graph_shape(v8s_heap *heap, uint32_t map);
uint32_t v8s_graph_find(v8s_heap *heap, uint64_t address);
uint32_t v8s_graph_exact(v8s_heap *heap, uint64_t address);

/* edges.c */
int v8s_start_rows(v8s_heap *heap);
int v8s_scan_nodes(v8s_heap *heap, uint64_t first, uint64_t last);
int v8s_push_edge(struct graph *g, uint32_t node, uint32_t kind);

/* edges_half.c */
void v8s_edges_half_free(struct graph *g);

/* code.c */
int v8s_code_edges(v8s_heap *heap, uint64_t at, uint64_t end);

/* edges.c: whether both ways are there */
int v8s_graph_is_turned(const struct graph *g);

/* reach.c */
void v8s_reach_free(struct graph *g);
int v8s_graph_is_cut(const struct graph *g, uint32_t node);
int v8s_graph_is_live(const struct graph *g, uint32_t node);
int v8s_graph_pair_holds(const struct graph *g, uint32_t key, uint32_t value);

/* paths.c */
void v8s_paths_free(struct graph *g);

/* dominators.c */
void v8s_dominators_free(struct graph *g);
const void *v8s_dominators_part(const struct graph *g, uint32_t part, uint64_t *size);
/* As v8s_graph_by_class, of nodes by whatever `kind` says of each. */
int32_t v8s_dominators_sum(struct graph *g, const uint32_t *kind, const uint32_t *classes,
                           uint64_t kinds, const uint32_t *odd, const uint32_t *odd_class,
                           uint64_t odd_count, v8s_class *out, uint64_t class_count,
                           uint64_t budget);

/* patterns.c, fillings.c */
void v8s_patterns_free(struct graph *g);
void v8s_fillings_free(struct graph *g);

#endif
