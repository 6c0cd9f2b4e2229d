/*
 * Maps, recognised where an object's first word leads to one.
 *
 * A Map is a word-aligned object in a page whose own map is a meta map; a meta map is its own map
 * and has instance type MAP_TYPE. From V8 12.4 on there is one meta map in read-only space and one
 * for each native context, so any number is accepted.
 */
#include <stdlib.h>

#include "internal.h"

/* 1 when `address` lies in the area of a page that is not a large-object page's tail. */
int v8s_in_pages(const v8s_heap *heap, uint64_t address) {
    uint64_t chunk = address & ~((uint64_t)heap->layout.page_alignment - 1);
    uint32_t i = v8s_table_get(&heap->page_table, chunk);
    return i != NO_MAP && address >= heap->pages[i].area_start && address < heap->pages[i].area_end;
}

static int is_meta(v8s_heap *heap, uint64_t address) {
    for (uint32_t i = 0; i < 8; i++)
        if (heap->meta[i] == address)
            return 1;
    uint64_t word;
    uint16_t type;
    if ((address & 7) != 0 || !v8s_in_pages(heap, address) || !v8s_read64(heap, address, &word) ||
        word != address + 1 ||
        !v8s_read(heap, address + heap->layout.map_instance_type, &type, 2) ||
        type != heap->layout.map_type)
        return 0;
    heap->meta[heap->meta_next++ & 7] = address;
    return 1;
}

static uint32_t flags_of(v8s_heap *heap, uint32_t type, uint32_t bit_field3, uint64_t descriptors) {
    const v8s_layout *l = &heap->layout;
    if (type < l->first_receiver_type)
        return 0;
    uint32_t flags = V8S_MAP_RECEIVER;
    if ((bit_field3 >> l->dictionary_bit & 1) != 0) {
        flags |= V8S_MAP_DICTIONARY;
    } else if (heap->tag_key != 0) {
        uint64_t own = (bit_field3 & l->own_descriptors_mask) >> l->own_descriptors_shift;
        if (v8s_descriptors_have_key(heap, descriptors - 1, own, heap->tag_key))
            flags |= V8S_MAP_OWN_TAG | V8S_MAP_ODD;
    }
    if (type == l->js_primitive_wrapper_type || type == l->js_global_object_type)
        flags |= V8S_MAP_ODD;
    return flags;
}

/* Adds the Map at `address` if there is one. */
static uint32_t add_map(v8s_heap *heap, uint64_t address) {
    const v8s_layout *l = &heap->layout;
    uint64_t meta;
    if ((address & 7) != 0 || !v8s_in_pages(heap, address) || !v8s_read64(heap, address, &meta) ||
        !is_strong(meta) || !is_meta(heap, meta - 1))
        return NO_MAP;
    uint64_t prototype, descriptors;
    uint32_t bit_field3;
    uint16_t type;
    uint8_t size_in_words;
    if (!v8s_read64(heap, address + l->map_prototype, &prototype) ||
        !v8s_read64(heap, address + l->map_descriptors, &descriptors) ||
        !v8s_read(heap, address + l->map_bit_field3, &bit_field3, 4) ||
        !v8s_read(heap, address + l->map_instance_type, &type, 2) ||
        !v8s_read(heap, address + l->map_instance_size, &size_in_words, 1))
        return NO_MAP;
    if (!is_strong(prototype) || !is_strong(descriptors) || !v8s_in_pages(heap, prototype - 1) ||
        !v8s_in_pages(heap, descriptors - 1))
        return NO_MAP;
    v8s_map *maps = v8s_room(heap->maps, heap->map_count + 1, &heap->map_capacity, sizeof *maps);
    if (maps == NULL)
        return NO_MAP;
    heap->maps = maps;
    if (v8s_table_put(&heap->map_table, address, (uint32_t)heap->map_count) != 0)
        return NO_MAP;
    v8s_map *map = &heap->maps[heap->map_count];
    memset(map, 0, sizeof *map);
    map->address = address;
    map->type = type;
    map->instance_size = 8u * size_in_words;
    map->bit_field3 = bit_field3;
    map->flags = flags_of(heap, type, bit_field3, descriptors);
    return (uint32_t)heap->map_count++;
}

uint32_t v8s_map_index(v8s_heap *heap, v8s_tagged map_word) {
    if (!is_strong(map_word))
        return NO_MAP;
    uint32_t i = v8s_table_get(&heap->map_table, map_word - 1);
    return i != NO_MAP || heap->frozen ? i : add_map(heap, map_word - 1);
}

void v8s_forget_maps(v8s_heap *heap) {
    v8s_graph_free(heap); /* it knows Maps by index */
    heap->map_count = 0;
    v8s_table_free(&heap->map_table);
    memset(heap->meta, 0, sizeof heap->meta);
    v8s_reset(heap);
}

void v8s_set_roots(v8s_heap *heap, uint64_t tag_key, uint64_t undefined, uint64_t the_hole) {
    heap->tag_key = tag_key;
    heap->undefined = undefined;
    heap->the_hole = the_hole;
    v8s_forget_maps(heap);
}

int64_t v8s_map_at(v8s_heap *heap, uint64_t address) {
    uint32_t i = v8s_map_index(heap, address + 1);
    return i == NO_MAP ? -1 : (int64_t)i;
}
