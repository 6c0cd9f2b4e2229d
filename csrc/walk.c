/*
 * The linear walk of pages: from object to object, each by its own size, so that nothing is
 * guessed from words that look like pointers. V8_LAYOUT §2.1 is the algorithm; what it can't
 * account for is counted apart, per page.
 */
#include <stdlib.h>

#include "internal.h"

/* A readable stretch of a page's area. */
struct run {
    uint64_t start;
    uint64_t end;
    const uint8_t *data;
};

struct walk {
    v8s_heap *heap;
    uint32_t mode;
    uint64_t page;    /* index */
    v8s_stats *stats; /* of the page */
    int error;
};

#define OS_PAGE 4096u

static int gather_space(v8s_heap *heap, uint64_t size) {
    if (heap->scratch_size >= size)
        return 1;
    uint8_t *bigger = realloc(heap->scratch, (size_t)size);
    if (bigger == NULL)
        return 0;
    heap->scratch = bigger;
    heap->scratch_size = size;
    return 1;
}

/*
 * The next readable stretch at or after `at` and before `end`; direct where one segment holds it,
 * gathered where segments touch (a minidump may cut a page into many). 0: none is left.
 */
static int next_run(struct walk *w, uint64_t at, uint64_t end, struct run *run) {
    v8s_heap *heap = w->heap;
    uint64_t low = 0, high = heap->segment_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (heap->segments[middle].end <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == heap->segment_count || heap->segments[low].start >= end)
        return 0;
    const struct segment *s = &heap->segments[low];
    run->start = at > s->start ? at : s->start;
    run->end = s->end < end ? s->end : end;
    run->data = s->data + (run->start - s->start);
    uint64_t last = low;
    while (run->end < end && last + 1 < heap->segment_count &&
           heap->segments[last + 1].start == run->end) {
        last++;
        run->end = heap->segments[last].end < end ? heap->segments[last].end : end;
    }
    if (last == low)
        return 1;
    uint64_t size = run->end - run->start;
    if (size > heap->layout.page_alignment) { /* a large object: its start is all that is read */
        size = heap->layout.page_alignment;
        run->end = run->start + size;
    }
    if (!gather_space(heap, size) || !v8s_read(heap, run->start, heap->scratch, size)) {
        w->error = V8S_ENOMEM;
        return 0;
    }
    run->data = heap->scratch;
    return 1;
}

/* Index of the first LAB whose top is at or after `at`. */
static uint64_t first_lab(const v8s_heap *heap, uint64_t at) {
    uint64_t low = 0, high = heap->lab_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (heap->lab_top[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Size of the object that moved to `target` (a forwarding address), or 0. */
static uint64_t forwarded_size(v8s_heap *heap, uint64_t target) {
    if (target == 0 || (target & 7) != 0 || !v8s_in_pages(heap, target))
        return 0;
    return v8s_size_at(heap, target);
}

static uint64_t array_length(const v8s_heap *heap, const uint8_t *p, uint64_t available) {
    if (available < heap->layout.array_length + 8)
        return UINT64_MAX;
    uint64_t word = load64(p + heap->layout.array_length);
    return is_smi(word) ? word >> 32 : word; /* beyond a Smi: each HeapNumber apart */
}

static void receiver(struct walk *w, uint32_t index, uint64_t address, const uint8_t *p,
                     uint64_t available, uint64_t size) {
    v8s_heap *heap = w->heap;
    const v8s_layout *l = &heap->layout;
    uint32_t flags = heap->maps[index].flags;
    uint64_t dictionary = 0;
    if ((flags & V8S_MAP_DICTIONARY) != 0 && available >= l->properties_or_hash + 8) {
        uint64_t word = load64(p + l->properties_or_hash);
        dictionary = is_strong(word) ? word - 1 : 0;
    }
    int odd = (flags & V8S_MAP_ODD) != 0 ||
              (dictionary != 0 && v8s_dictionary_has_key(heap, dictionary, heap->tag_key));
    if (odd && (w->mode & (V8S_COUNT | V8S_GROUP)) != 0)
        w->error |= v8s_addresses_push(&heap->odd, address, index);
    if (!odd && (w->mode & V8S_GROUP) != 0) {
        uint64_t signature = 0;
        if (dictionary != 0)
            signature = v8s_dictionary_signature(heap, dictionary);
        else if (heap->maps[index].type == l->js_array_type)
            signature = array_length(heap, p, available);
        w->error |= v8s_group_add(heap, index, signature, size, address);
    }
}

static int is_filler(const v8s_heap *heap, uint32_t index) {
    uint32_t type = heap->maps[index].type;
    return type == heap->layout.free_space_type || type == heap->layout.filler_type;
}

/* What the walk does with an object; whether it counts as one. */
static int object(struct walk *w, uint32_t index, uint64_t address, const uint8_t *p,
                  uint64_t available, uint64_t size) {
    v8s_map *map = &w->heap->maps[index];
    if (is_filler(w->heap, index)) {
        w->stats->free += size;
        return 0;
    }
    if ((w->mode & V8S_LIVE) != 0 && !v8s_graph_alive_at(w->heap, address))
        return 0;
    w->stats->objects++;
    if ((w->mode & V8S_COUNT) != 0) {
        if (map->count++ == 0)
            map->sample = address;
        map->bytes += size;
    }
    if ((w->mode & V8S_COLLECT) != 0 && index < w->heap->selected_count &&
        w->heap->selected[index] != 0)
        w->error |= v8s_addresses_push(&w->heap->collected, address, index);
    if ((w->mode & V8S_REFER) != 0)
        w->error |= v8s_take_hits(w->heap, index, address, address + size);
    if ((w->mode & V8S_NODES) != 0)
        w->error |= v8s_graph_push(w->heap, w->page, index, address, size);
    if ((w->mode & V8S_STRINGS) != 0 && map->type < w->heap->layout.first_nonstring_type)
        w->error |= v8s_string(w->heap, index, address, p, available, size);
    if ((map->flags & V8S_MAP_RECEIVER) != 0)
        receiver(w, index, address, p, available, size);
    return 1;
}

/* From `at` + 8 on, the next address below `end` whose word leads to a Map (or `end`). */
static uint64_t resync(struct walk *w, const struct run *run, uint64_t at, uint64_t end) {
    for (at += 8; at < end; at += 8)
        if (v8s_map_index(w->heap, load64(run->data + (at - run->start))) != NO_MAP)
            break;
    return at;
}

/*
 * Whether the zeros in [at, end) come from what lost a part of the dump: such a part begins or ends
 * with a page of memory. V8 leaves zeros in areas that it allocates from, and those end where
 * objects do.
 */
static int is_lost(const struct run *run, uint64_t at, uint64_t end, uint64_t area_end) {
    if (end % OS_PAGE == 0 && end < area_end)
        return 1;
    while (at > run->start && load64(run->data + (at - 8 - run->start)) == 0)
        at -= 8;
    return at % OS_PAGE == 0;
}

/* Walks `run` from `at` on; returns where the last object ends, which may be behind the run. */
static uint64_t walk_run(struct walk *w, const struct run *run, uint64_t at, uint64_t area_end) {
    v8s_heap *heap = w->heap;
    uint64_t end = run->end & ~(uint64_t)7;
    uint64_t lab = first_lab(heap, at);
    uint64_t last_word = 0;
    uint32_t last_index = NO_MAP;
    while (at < end) {
        while (lab < heap->lab_count && heap->lab_top[lab] < at)
            lab++;
        const uint8_t *p = run->data + (at - run->start);
        uint64_t word = load64(p);
        uint32_t index = word == last_word ? last_index : v8s_map_index(heap, word);
        last_word = word;
        last_index = index;
        if (lab < heap->lab_count && heap->lab_top[lab] == at &&
            (heap->lab_sure[lab] || index == NO_MAP) && heap->lab_limit[lab] > at) {
            uint64_t limit = heap->lab_limit[lab] < area_end ? heap->lab_limit[lab] : area_end;
            w->stats->lab += limit - at;
            at = limit;
            continue;
        }
        /* An object never reaches into the next linear allocation area. */
        uint64_t bound = area_end;
        if (lab < heap->lab_count && heap->lab_sure[lab] && heap->lab_top[lab] > at &&
            heap->lab_top[lab] < bound)
            bound = heap->lab_top[lab];
        uint64_t next;
        if (index != NO_MAP) {
            int by_next;
            uint64_t size = v8s_object_size(heap, &heap->maps[index], p, run->end - at, &by_next);
            if (size != 0 && size <= bound - at) {
                if (object(w, index, at, p, run->end - at, size))
                    w->stats->used += size;
                at += size;
                continue;
            }
            next = resync(w, run, at, bound < end ? bound : end);
            if (by_next) {
                if (object(w, index, at, p, run->end - at, next - at))
                    w->stats->resync += next - at;
            } else {
                w->stats->unexplained += next - at;
            }
            at = next;
            continue;
        }
        if (word == 0) {
            for (next = at + 8; next < end && next < bound; next += 8)
                if (load64(run->data + (next - run->start)) != 0)
                    break;
            if (is_lost(run, at, next, area_end))
                w->stats->unexplained += next - at;
            else
                w->stats->zero += next - at;
            at = next;
            continue;
        }
        uint64_t size = forwarded_size(heap, word);
        if (size != 0 && size <= bound - at) {
            w->stats->forwarded += size;
            at += size;
            continue;
        }
        next = resync(w, run, at, bound < end ? bound : end);
        w->stats->unexplained += next - at;
        at = next;
    }
    return at;
}

/* A page with one object. What follows that is free: V8 cuts arrays and strings where they are. */
static void walk_large(struct walk *w, const v8s_page *page) {
    uint64_t at = page->area_start, area = page->area_end - at, size = 0;
    struct run run;
    if (!next_run(w, at, page->area_end, &run) || run.start != at || run.end - at < 8) {
        w->stats->absent += area;
        return;
    }
    uint32_t index = v8s_map_index(w->heap, load64(run.data));
    int by_next = 0;
    if (index != NO_MAP)
        size = v8s_object_size(w->heap, &w->heap->maps[index], run.data, run.end - at, &by_next);
    if (by_next)
        size = area;
    if (size == 0 || size > area) {
        w->stats->unexplained += area;
        return;
    }
    int counted = object(w, index, at, run.data, run.end - at, size);
    if (counted && by_next)
        w->stats->resync += size;
    else if (counted)
        w->stats->used += size;
    w->stats->free += area - size;
}

static void walk_page(struct walk *w, const v8s_page *page) {
    uint64_t at = page->area_start;
    struct run run;
    if ((w->mode & V8S_REFER) != 0) {
        w->error = v8s_find_hits(w->heap, page->area_start, page->area_end);
        if (w->error != 0 || w->heap->hit_count == 0)
            return;
    }
    if (page->space < 32 && (w->heap->layout.large_spaces >> page->space & 1) != 0) {
        walk_large(w, page);
        return;
    }
    while (at < page->area_end && next_run(w, at, page->area_end, &run)) {
        w->stats->absent += run.start - at;
        uint64_t end = walk_run(w, &run, (run.start + 7) & ~(uint64_t)7, page->area_end);
        at = end > run.end ? end : run.end;
        if (w->error != 0)
            return;
    }
    if (at < page->area_end)
        w->stats->absent += page->area_end - at;
}

int32_t v8s_walk(v8s_heap *heap, uint64_t first, uint64_t last, uint32_t mode, v8s_stats *stats) {
    if (first > last || last > heap->page_count ||
        ((mode & V8S_LIVE) != 0 && !v8s_graph_reached(heap)))
        return V8S_EINVAL;
    for (uint64_t i = first; i < last; i++) {
        struct walk w = {heap, mode, i, &stats[i - first], 0};
        if ((mode & V8S_NODES) != 0 && v8s_graph_page(heap, i) != 0)
            return V8S_EINVAL;
        if (heap->pages[i].state == V8S_PAGE_WALK)
            walk_page(&w, &heap->pages[i]);
        else if (heap->pages[i].state == V8S_PAGE_CODE && (mode & V8S_NODES) != 0)
            w.error = v8s_walk_code(heap, i);
        if (w.error != 0)
            return V8S_ENOMEM;
    }
    return 0;
}
