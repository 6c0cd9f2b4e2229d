/* What the stages of the scanner share; see v8scan.h for the meaning of things. */
#ifndef V8SCAN_INTERNAL_H
#define V8SCAN_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "v8scan.h"

/* One tagged word in memory. Compressed heaps will instantiate the walk with uint32_t. */
typedef uint64_t v8s_tagged;

#define NO_MAP UINT32_MAX
#define NEAR_SHIFT 18 /* one hint for so many bits of addresses: a page of V8's */
#define NEAR 1024u
#define MAX_TYPE                                                                                   \
    4096u /* rules exist for types below; JS objects above have their size in the Map */

struct segment {
    uint64_t start;
    uint64_t end;
    const uint8_t *data; /* of start */
    int hole;
};

/* Open addressing, keys never 0, twice as large as full; values are indices. */
struct table {
    uint64_t *keys;
    uint32_t *values;
    uint64_t mask; /* slots - 1; 0 before first use */
    uint64_t used;
};

struct addresses {
    uint64_t *address;
    uint32_t *map;
    uint64_t count;
    uint64_t capacity;
};

struct v8s_heap {
    v8s_layout layout;
    v8s_size_rule rules[MAX_TYPE]; /* by type; rule 0: none */
    struct segment *segments;
    uint64_t segment_count;
    uint32_t near[NEAR]; /* segments of the last look-ups, by where in memory: hints */

    v8s_page *pages;
    uint64_t page_count;
    struct table page_table; /* chunk -> index */

    v8s_map *maps;
    uint64_t map_count;
    uint64_t map_capacity;
    struct table map_table; /* address of Map -> index */
    uint64_t meta[8];       /* Maps of Maps seen last */
    uint32_t meta_next;

    uint64_t *lab_top;
    uint64_t *lab_limit;
    uint8_t *lab_sure;
    uint64_t lab_count;

    uint64_t tag_key;
    uint64_t undefined;
    uint64_t the_hole;
    uint64_t key_budget; /* words of dictionaries that may still be read in this pass */
    uint8_t *selected;
    uint64_t selected_count;
    struct addresses collected;
    struct addresses odd;

    v8s_group *groups;
    uint64_t group_count;
    uint64_t group_capacity;
    struct table group_table; /* mixed key -> index */

    struct table targets; /* strong pointers */
    uint64_t target_low;
    uint64_t target_high;
    uint64_t *hits; /* slots of the page at hand that hold a target, ascending */
    uint64_t hit_count;
    uint64_t hit_capacity;
    uint64_t hit_next;
    v8s_reference *references;
    uint64_t reference_count;
    uint64_t reference_capacity;

    uint64_t text_least; /* characters */
    uint8_t *text_one_byte;
    uint16_t *text_two_byte;
    uint64_t text_length; /* 0: any text */

    struct graph *graph; /* NULL: none was begun */
    uint64_t last_chunk; /* where the last look-up in it ended */
    uint32_t last_page;
    int frozen;                  /* several threads read: nothing of what they share may change */
    struct redaction *redaction; /* the same */
    struct snapshot *snapshot;   /* the same */
    struct hashes *hashes;       /* the same */

    uint8_t *scratch; /* a page area gathered from several segments */
    uint64_t scratch_size;
};

static inline uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t load32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* `items` with room for `wanted` (not 0) of `size` bytes each; NULL, and nothing has changed,
   without memory. */
static inline void *v8s_room(void *items, uint64_t wanted, uint64_t *capacity, size_t size) {
    if (wanted <= *capacity)
        return items;
    uint64_t most = 2 * *capacity + 256;
    if (most < wanted)
        most = wanted;
    void *bigger = realloc(items, (size_t)most * size);
    if (bigger != NULL)
        *capacity = most;
    return bigger;
}

static inline uint16_t load16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline int is_strong(v8s_tagged word) {
    return (word & 3) == 1;
}
static inline int is_smi(v8s_tagged word) {
    return (word & 0xffffffffu) == 0;
}
static inline uint64_t align8(uint64_t n) {
    return (n + 7) & ~(uint64_t)7;
}

/* Fibonacci hashing: addresses differ in their middle bits. */
static inline uint64_t v8s_slot_of(uint64_t key, uint64_t mask) {
    return ((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & mask;
}

/* The value of a key of a table; NO_MAP: absent. */
static inline uint32_t v8s_table_get(const struct table *table, uint64_t key) {
    if (table->mask == 0 || key == 0) /* 0 marks an empty slot */
        return NO_MAP;
    for (uint64_t i = v8s_slot_of(key, table->mask);; i = (i + 1) & table->mask) {
        if (table->keys[i] == key)
            return table->values[i];
        if (table->keys[i] == 0)
            return NO_MAP;
    }
}

/* memory.c */
const uint8_t *v8s_view(v8s_heap *heap, uint64_t address, uint64_t *available);
int v8s_read(v8s_heap *heap, uint64_t address, void *out, uint64_t size);
int v8s_read64(v8s_heap *heap, uint64_t address, uint64_t *out);
uint64_t v8s_next_readable(const v8s_heap *heap, uint64_t address); /* UINT64_MAX: none */

/* table.c */
void v8s_table_free(struct table *table);
int v8s_table_reserve(struct table *table, uint64_t entries);
int v8s_table_put(struct table *table, uint64_t key, uint32_t value);

/* maps.c */
int v8s_in_pages(const v8s_heap *heap, uint64_t address);
uint32_t v8s_map_index(v8s_heap *heap, v8s_tagged map_word); /* NO_MAP: not a Map */
void v8s_forget_maps(v8s_heap *heap);

/* sizes.c: bytes of an object at `p` of which `available` can be read; 0: unknown, or too big to
   be true; *resync is set where the size is to be found at the next Map. */
uint64_t v8s_object_size(const v8s_heap *heap, const v8s_map *map, const uint8_t *p,
                         uint64_t available, int *resync);

/* keys.c */
int v8s_dictionary_has_key(v8s_heap *heap, uint64_t dictionary, uint64_t key);
uint64_t v8s_dictionary_signature(v8s_heap *heap, uint64_t dictionary);
int v8s_descriptors_have_key(v8s_heap *heap, uint64_t descriptors, uint64_t count, uint64_t key);

/* references.c */
int v8s_find_hits(v8s_heap *heap, uint64_t start, uint64_t end);
int v8s_take_hits(v8s_heap *heap, uint32_t map, uint64_t object, uint64_t end);

/* strings.c */
int v8s_string(v8s_heap *heap, uint32_t map, uint64_t address, const uint8_t *p, uint64_t available,
               uint64_t size);

/* snapshot_hashes.c */
void v8s_hashes_free(v8s_heap *heap);

/* graph.c */
int v8s_graph_page(v8s_heap *heap, uint64_t page);
int v8s_graph_push(v8s_heap *heap, uint64_t page, uint32_t map, uint64_t address, uint64_t size);

/* code.c */
int v8s_walk_code(v8s_heap *heap, uint64_t index);

/* reach.c */
int v8s_graph_reached(const v8s_heap *heap);
int v8s_graph_alive_at(v8s_heap *heap, uint64_t address);

/* results.c */
int v8s_addresses_push(struct addresses *list, uint64_t address, uint32_t map);
int v8s_group_add(v8s_heap *heap, uint32_t map, uint64_t signature, uint64_t bytes,
                  uint64_t sample);

#endif
