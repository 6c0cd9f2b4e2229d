/* The dumped process' memory as sorted segments, and checked reads of it. */
#include <stdlib.h>

#include "internal.h"

/* Index of the segment that holds `address`, or segment_count. */
static uint64_t find_segment(v8s_heap *heap, uint64_t address) {
    const struct segment *s = heap->segments;
    uint32_t *near = &heap->near[v8s_slot_of(address >> NEAR_SHIFT, NEAR - 1)];
    if (*near < heap->segment_count && address >= s[*near].start && address < s[*near].end)
        return *near;
    uint64_t low = 0, high = heap->segment_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < heap->segment_count && s[low].start <= address) {
        *near = (uint32_t)low;
        return low;
    }
    return heap->segment_count;
}

/* Host pointer to `address` and how many bytes follow it in one piece; NULL: not in the dump. */
const uint8_t *v8s_view(v8s_heap *heap, uint64_t address, uint64_t *available) {
    uint64_t i = find_segment(heap, address);
    if (i == heap->segment_count) {
        *available = 0;
        return NULL;
    }
    const struct segment *s = &heap->segments[i];
    *available = s->end - address;
    return s->data + (address - s->start);
}

/* 1 when all of `size` bytes could be read, gathered over segments that touch. */
int v8s_read(v8s_heap *heap, uint64_t address, void *out, uint64_t size) {
    uint8_t *to = out;
    while (size > 0) {
        uint64_t available;
        const uint8_t *p = v8s_view(heap, address, &available);
        if (p == NULL)
            return 0;
        uint64_t n = available < size ? available : size;
        memcpy(to, p, (size_t)n);
        to += n;
        address += n;
        size -= n;
    }
    return 1;
}

int v8s_read64(v8s_heap *heap, uint64_t address, uint64_t *out) {
    uint64_t available;
    const uint8_t *p = v8s_view(heap, address, &available);
    if (p != NULL && available >= 8) {
        *out = load64(p);
        return 1;
    }
    return p != NULL && v8s_read(heap, address, out, 8);
}

/* The first address from `address` on that is in the dump. */
uint64_t v8s_next_readable(const v8s_heap *heap, uint64_t address) {
    uint64_t low = 0, high = heap->segment_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (heap->segments[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == heap->segment_count)
        return UINT64_MAX;
    return heap->segments[low].start > address ? heap->segments[low].start : address;
}

static int check_segments(const uint64_t *start, const uint64_t *size, uint64_t count) {
    uint64_t end = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (start[i] < end || size[i] > UINT64_MAX - start[i])
            return 0;
        end = start[i] + size[i];
    }
    return 1;
}

v8s_heap *v8s_open(const v8s_layout *layout, const v8s_size_rule *rules, uint64_t rule_count,
                   const uint64_t *start, const uint64_t *size, const uint64_t *data,
                   const uint8_t *hole, uint64_t count) {
    uint64_t alignment = layout->page_alignment;
    if (alignment < 4096 || (alignment & (alignment - 1)) != 0 ||
        !check_segments(start, size, count))
        return NULL;
    v8s_heap *heap = calloc(1, sizeof *heap);
    if (heap == NULL)
        return NULL;
    heap->layout = *layout;
    for (uint64_t i = 0; i < rule_count; i++)
        if (rules[i].type < MAX_TYPE)
            heap->rules[rules[i].type] = rules[i];
    heap->segments = calloc((size_t)count + 1, sizeof *heap->segments);
    if (heap->segments == NULL) {
        free(heap);
        return NULL;
    }
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *bytes = (const uint8_t *)(uintptr_t)data[i];
        struct segment *last =
            &heap->segments[heap->segment_count > 0 ? heap->segment_count - 1 : 0];
        if (size[i] == 0)
            continue;
        if (heap->segment_count > 0 && last->end == start[i] &&
            last->data + (last->end - last->start) == bytes && last->hole == (hole[i] != 0)) {
            last->end += size[i];
            continue;
        }
        struct segment *s = &heap->segments[heap->segment_count++];
        s->start = start[i];
        s->end = start[i] + size[i];
        s->data = bytes;
        s->hole = hole[i] != 0;
    }
    return heap;
}

void v8s_close(v8s_heap *heap) {
    if (heap == NULL)
        return;
    v8s_graph_free(heap);
    free(heap->segments);
    free(heap->pages);
    free(heap->maps);
    free(heap->lab_top);
    free(heap->lab_limit);
    free(heap->lab_sure);
    free(heap->selected);
    free(heap->collected.address);
    free(heap->collected.map);
    free(heap->odd.address);
    free(heap->odd.map);
    free(heap->groups);
    free(heap->hits);
    free(heap->references);
    free(heap->text_one_byte);
    free(heap->text_two_byte);
    v8s_table_free(&heap->targets);
    free(heap->scratch);
    v8s_table_free(&heap->page_table);
    v8s_table_free(&heap->map_table);
    v8s_table_free(&heap->group_table);
    free(heap);
}

uint64_t v8s_sum_words(const v8s_heap *heap) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < heap->segment_count; i++) {
        const struct segment *s = &heap->segments[i];
        if (s->hole)
            continue;
        const uint8_t *p = s->data;
        for (uint64_t n = (s->end - s->start) / 8; n > 0; n--, p += 8)
            sum += load64(p);
    }
    return sum;
}
