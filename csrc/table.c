/* A hash table from nonzero 64-bit keys to 32-bit indices. */
#include <stdlib.h>

#include "internal.h"

void v8s_table_free(struct table *table) {
    free(table->keys);
    free(table->values);
    memset(table, 0, sizeof *table);
}

static void place(struct table *table, uint64_t key, uint32_t value) {
    uint64_t i = v8s_slot_of(key, table->mask);
    while (table->keys[i] != 0 && table->keys[i] != key)
        i = (i + 1) & table->mask;
    if (table->keys[i] == 0)
        table->used++;
    table->keys[i] = key;
    table->values[i] = value;
}

/* Room for `entries` in all; 0 or V8S_ENOMEM. */
int v8s_table_reserve(struct table *table, uint64_t entries) {
    if (table->mask != 0 && 2 * entries <= table->mask)
        return 0;
    uint64_t slots = 64;
    while (slots < 4 * entries)
        slots *= 2;
    struct table bigger = {calloc((size_t)slots, sizeof(uint64_t)),
                           malloc((size_t)slots * sizeof(uint32_t)), slots - 1, 0};
    if (bigger.keys == NULL || bigger.values == NULL) {
        v8s_table_free(&bigger);
        return V8S_ENOMEM;
    }
    if (table->mask != 0)
        for (uint64_t i = 0; i <= table->mask; i++)
            if (table->keys[i] != 0)
                place(&bigger, table->keys[i], table->values[i]);
    v8s_table_free(table);
    *table = bigger;
    return 0;
}

int v8s_table_put(struct table *table, uint64_t key, uint32_t value) {
    if (v8s_table_reserve(table, table->used + 1) != 0)
        return V8S_ENOMEM;
    place(table, key, value);
    return 0;
}
