/*
 * Page discovery: every V8 page (MemoryChunk) starts at a multiple of the page alignment with a
 * header whose area lies inside the chunk. V8_LAYOUT: no false positive was ever seen with that
 * relation; the caller still groups pages by Heap and checks each Heap.
 */
#include <stdlib.h>

#include "internal.h"

#define MAX_CHUNK (UINT64_C(1) << 40)
#define MAX_HEADER 0x10000u

static int probe(v8s_heap *heap, uint64_t chunk, v8s_page *page) {
    const v8s_layout *l = &heap->layout;
    uint64_t base = chunk;
    memset(page, 0, sizeof *page);
    if (l->page_metadata != UINT32_MAX) {
        if (!v8s_read64(heap, chunk + l->page_metadata, &base) || base == 0 || (base & 7) != 0)
            return 0;
    }
    page->chunk = chunk;
    page->metadata = base;
    if (!v8s_read64(heap, chunk + l->page_flags, &page->flags) ||
        !v8s_read64(heap, base + l->page_area_start, &page->area_start) ||
        !v8s_read64(heap, base + l->page_area_end, &page->area_end) ||
        !v8s_read64(heap, base + l->page_size, &page->size) ||
        !v8s_read64(heap, base + l->page_heap, &page->heap) ||
        !v8s_read64(heap, base + l->page_owner, &page->owner))
        return 0;
    /* The area lies behind the header, at least behind the fields that were just read. */
    uint64_t header = base - chunk < MAX_HEADER ? base - chunk + l->page_owner + 8
                                                : (uint64_t)l->page_metadata + 8;
    if (page->size > MAX_CHUNK || page->area_start < chunk + header ||
        page->area_start - chunk >= MAX_HEADER || page->area_end < page->area_start ||
        page->area_end > chunk + page->size || (page->area_start & 7) != 0 ||
        (page->heap & 7) != 0 || (page->owner & 7) != 0 || page->flags > UINT32_MAX)
        return 0;
    /* A page list ends in null or leads to another page; absent on some read-only pages. */
    if (!v8s_read64(heap, base + l->page_next, &page->next))
        page->next = 0;
    uint32_t space;
    page->space = UINT32_MAX;
    if (page->owner != 0 && v8s_read(heap, page->owner + l->space_id, &space, 4))
        page->space = space;
    return 1;
}

int64_t v8s_find_pages(v8s_heap *heap, uint64_t *segment, uint64_t *address, uint64_t budget,
                       v8s_page *out, uint64_t capacity) {
    uint64_t alignment = heap->layout.page_alignment;
    int64_t found = 0;
    for (; *segment < heap->segment_count; ++*segment, *address = 0) {
        const struct segment *s = &heap->segments[*segment];
        if (s->hole)
            continue;
        uint64_t at = *address != 0 ? *address : s->start;
        if (at > UINT64_MAX - alignment)
            continue;
        at = (at + alignment - 1) & ~(alignment - 1);
        for (; at < s->end && s->end - at >= 64; at += alignment) {
            if (budget-- == 0 || (uint64_t)found == capacity) {
                *address = at;
                return found;
            }
            if (probe(heap, at, &out[found]))
                found++;
            if (at > UINT64_MAX - alignment)
                break;
        }
    }
    return found;
}

int32_t v8s_set_pages(v8s_heap *heap, const v8s_page *pages, uint64_t count) {
    if (count >= NO_MAP)
        return V8S_EINVAL;
    v8s_page *copy = malloc((size_t)(count + 1) * sizeof *copy);
    if (copy == NULL)
        return V8S_ENOMEM;
    if (count > 0)
        memcpy(copy, pages, (size_t)count * sizeof *copy);
    free(heap->pages);
    heap->pages = copy;
    heap->page_count = count;
    v8s_table_free(&heap->page_table);
    v8s_forget_maps(heap);
    if (v8s_table_reserve(&heap->page_table, count) != 0)
        return V8S_ENOMEM;
    for (uint64_t i = 0; i < count; i++) {
        if (pages[i].chunk == 0 || v8s_table_get(&heap->page_table, pages[i].chunk) != NO_MAP)
            return V8S_EINVAL;
        if (v8s_table_put(&heap->page_table, pages[i].chunk, (uint32_t)i) != 0)
            return V8S_ENOMEM;
    }
    return 0;
}

int32_t v8s_set_labs(v8s_heap *heap, const uint64_t *top, const uint64_t *limit,
                     const uint8_t *sure, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        if (limit[i] < top[i] || (i > 0 && top[i] < top[i - 1]))
            return V8S_EINVAL;
    uint64_t *tops = malloc((size_t)(count + 1) * sizeof *tops);
    uint64_t *limits = malloc((size_t)(count + 1) * sizeof *limits);
    uint8_t *sures = malloc((size_t)(count + 1));
    if (tops == NULL || limits == NULL || sures == NULL) {
        free(tops);
        free(limits);
        free(sures);
        return V8S_ENOMEM;
    }
    if (count > 0) {
        memcpy(tops, top, (size_t)count * sizeof *tops);
        memcpy(limits, limit, (size_t)count * sizeof *limits);
        memcpy(sures, sure, (size_t)count);
    }
    free(heap->lab_top);
    free(heap->lab_limit);
    free(heap->lab_sure);
    heap->lab_top = tops;
    heap->lab_limit = limits;
    heap->lab_sure = sures;
    heap->lab_count = count;
    return 0;
}
