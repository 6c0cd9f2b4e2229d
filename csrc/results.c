/* Lists and groups that a walk fills and the caller fetches. */
#include <stdlib.h>

#include "internal.h"

int v8s_addresses_push(struct addresses *list, uint64_t address, uint32_t map) {
    if (list->count == list->capacity) {
        uint64_t capacity = list->capacity != 0 ? 2 * list->capacity : 1024;
        uint64_t *a = realloc(list->address, (size_t)capacity * sizeof *a);
        if (a == NULL)
            return V8S_ENOMEM;
        list->address = a;
        uint32_t *m = realloc(list->map, (size_t)capacity * sizeof *m);
        if (m == NULL)
            return V8S_ENOMEM;
        list->map = m;
        list->capacity = capacity;
    }
    list->address[list->count] = address;
    list->map[list->count++] = map;
    return 0;
}

int v8s_group_add(v8s_heap *heap, uint32_t map, uint64_t signature, uint64_t bytes,
                  uint64_t sample) {
    uint64_t key = (signature ^ signature >> 29) * UINT64_C(0xbf58476d1ce4e5b9) + map + 1;
    uint32_t i;
    /* Two pairs may share a key: then the next key is tried. */
    for (;; key = key * 3 + 1) {
        if (key == 0)
            continue;
        i = v8s_table_get(&heap->group_table, key);
        if (i == NO_MAP || (heap->groups[i].map == map && heap->groups[i].signature == signature))
            break;
    }
    if (i == NO_MAP) {
        v8s_group *groups =
            v8s_room(heap->groups, heap->group_count + 1, &heap->group_capacity, sizeof *groups);
        if (groups == NULL)
            return V8S_ENOMEM;
        heap->groups = groups;
        i = (uint32_t)heap->group_count;
        if (v8s_table_put(&heap->group_table, key, i) != 0)
            return V8S_ENOMEM;
        v8s_group fresh = {map, signature, 0, 0, sample};
        heap->groups[heap->group_count++] = fresh;
    }
    heap->groups[i].count++;
    heap->groups[i].bytes += bytes;
    return 0;
}

void v8s_reset(v8s_heap *heap) {
    for (uint64_t i = 0; i < heap->map_count; i++) {
        heap->maps[i].count = 0;
        heap->maps[i].bytes = 0;
        heap->maps[i].sample = 0;
    }
    heap->collected.count = 0;
    heap->odd.count = 0;
    heap->reference_count = 0;
    heap->group_count = 0;
    v8s_table_free(&heap->group_table);
    heap->key_budget = 0;
    for (uint64_t i = 0; i < heap->segment_count; i++)
        if (!heap->segments[i].hole)
            heap->key_budget += (heap->segments[i].end - heap->segments[i].start) / 8;
}

int32_t v8s_select(v8s_heap *heap, const uint8_t *selected, uint64_t count) {
    uint8_t *copy = malloc((size_t)count + 1);
    if (copy == NULL)
        return V8S_ENOMEM;
    if (count > 0)
        memcpy(copy, selected, (size_t)count);
    free(heap->selected);
    heap->selected = copy;
    heap->selected_count = count;
    return 0;
}

/* How many of `count` entries there are to copy from `from` on. */
static uint64_t portion(uint64_t count, uint64_t from, uint64_t capacity) {
    uint64_t left = from < count ? count - from : 0;
    return left < capacity ? left : capacity;
}

static uint64_t copy_addresses(const struct addresses *list, uint64_t from, uint64_t *address,
                               uint32_t *map, uint64_t capacity) {
    uint64_t n = portion(list->count, from, capacity);
    if (n > 0) {
        memcpy(address, list->address + from, (size_t)n * sizeof *address);
        memcpy(map, list->map + from, (size_t)n * sizeof *map);
    }
    return n;
}

uint32_t v8s_abi(void) {
    return V8S_ABI;
}

uint64_t v8s_struct_size(uint32_t which) {
    static const uint64_t sizes[] = {
        sizeof(v8s_layout),       sizeof(v8s_size_rule),      sizeof(v8s_page),
        sizeof(v8s_map),          sizeof(v8s_group),          sizeof(v8s_reference),
        sizeof(v8s_stats),        sizeof(v8s_slot_rule),      sizeof(v8s_graph_stats),
        sizeof(v8s_class),        sizeof(v8s_pattern),        sizeof(v8s_filling),
        sizeof(v8s_mark_rule),    sizeof(v8s_redact_rule),    sizeof(v8s_redact_layout),
        sizeof(v8s_redact_stats), sizeof(v8s_node_view),      sizeof(v8s_named_slot),
        sizeof(v8s_tag),          sizeof(v8s_snapshot_layout)};
    return which < sizeof sizes / sizeof *sizes ? sizes[which] : 0;
}

uint64_t v8s_map_count(const v8s_heap *heap) {
    return heap->map_count;
}

uint64_t v8s_maps(const v8s_heap *heap, uint64_t from, v8s_map *out, uint64_t capacity) {
    uint64_t n = portion(heap->map_count, from, capacity);
    if (n > 0)
        memcpy(out, heap->maps + from, (size_t)n * sizeof *out);
    return n;
}

uint64_t v8s_collected_count(const v8s_heap *heap) {
    return heap->collected.count;
}

uint64_t v8s_collected(const v8s_heap *heap, uint64_t from, uint64_t *address, uint32_t *map,
                       uint64_t capacity) {
    return copy_addresses(&heap->collected, from, address, map, capacity);
}

uint64_t v8s_odd_count(const v8s_heap *heap) {
    return heap->odd.count;
}

uint64_t v8s_odd(const v8s_heap *heap, uint64_t from, uint64_t *address, uint32_t *map,
                 uint64_t capacity) {
    return copy_addresses(&heap->odd, from, address, map, capacity);
}

uint64_t v8s_reference_count(const v8s_heap *heap) {
    return heap->reference_count;
}

uint64_t v8s_references(const v8s_heap *heap, uint64_t from, v8s_reference *out,
                        uint64_t capacity) {
    uint64_t n = portion(heap->reference_count, from, capacity);
    if (n > 0)
        memcpy(out, heap->references + from, (size_t)n * sizeof *out);
    return n;
}

static int descending(uint64_t a, uint64_t b) {
    return (a < b) - (a > b);
}

static int by_bytes(const void *a, const void *b) {
    return descending(((const v8s_group *)a)->bytes, ((const v8s_group *)b)->bytes);
}

static int by_count(const void *a, const void *b) {
    return descending(((const v8s_group *)a)->count, ((const v8s_group *)b)->count);
}

static uint64_t wasted(const v8s_group *group) {
    return group->bytes - group->bytes / group->count;
}

static int by_waste(const void *a, const void *b) {
    return descending(wasted(a), wasted(b));
}

void v8s_sort_groups(v8s_heap *heap, uint32_t key) {
    static int (*const orders[])(const void *, const void *) = {by_bytes, by_count, by_waste};
    if (key < 3 && heap->group_count > 0)
        qsort(heap->groups, (size_t)heap->group_count, sizeof *heap->groups, orders[key]);
    /* The places have changed: what is added from now on would find the wrong group. */
    v8s_table_free(&heap->group_table);
}

uint64_t v8s_group_count(const v8s_heap *heap) {
    return heap->group_count;
}

uint64_t v8s_groups(const v8s_heap *heap, uint64_t from, v8s_group *out, uint64_t capacity) {
    uint64_t n = portion(heap->group_count, from, capacity);
    if (n > 0)
        memcpy(out, heap->groups + from, (size_t)n * sizeof *out);
    return n;
}
