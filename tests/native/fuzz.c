/*
 * Runs every stage of the scanner over mutated copies of a real heap, for a bounded time, built
 * with -fsanitize=address,undefined: nothing in a dump may make it read or write out of bounds.
 *
 * fuzz IMAGE SECONDS SEED [ROUNDS]. IMAGE is written by tests/native/image.py:
 *   u64 magic, layout size, layout, u64 rules, rules, u64 slots, slots, u64 size of the snapshot
 * layout, u64 its strings, that layout, u64 named slots, these, u64 tags, tags, u64 tag, undefined,
 * hole, u64 segments, segments (u64 start, size, hole), then their bytes one after the other (holes
 * have none). Prints the rounds done, ROUNDS at most, and a digest of what was found, which is the
 * same on every platform; a sanitizer ends the process otherwise.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../csrc/v8scan.h"

#define MAGIC UINT64_C(0x3165676d69733876)
#define MAX_PAGES 4096

static uint64_t state, digest = UINT64_C(14695981039346656037);

static void digest_of(uint64_t value) {
    digest = (digest ^ value) * UINT64_C(1099511628211);
}

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void need(void *to, size_t size, FILE *file) {
    if (fread(to, 1, size, file) != size) {
        fprintf(stderr, "fuzz: the image is too short\n");
        exit(2);
    }
}

static uint64_t need64(FILE *file) {
    uint64_t v;
    need(&v, sizeof v, file);
    return v;
}

struct image {
    v8s_layout layout;
    v8s_size_rule *rules;
    v8s_slot_rule *slots;
    v8s_snapshot_layout snapshot;
    v8s_named_slot *named;
    v8s_tag *tags;
    uint64_t rule_count, slot_count, named_count, tag_count, text_count, tag, undefined, hole;
    uint64_t *start, *size, *data;
    uint8_t *is_hole;
    uint64_t count;
    uint8_t **pristine;
};

static void load(struct image *im, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || need64(file) != MAGIC || need64(file) != sizeof im->layout) {
        fprintf(stderr, "fuzz: %s is no image of this build\n", path);
        exit(2);
    }
    need(&im->layout, sizeof im->layout, file);
    im->rule_count = need64(file);
    im->rules = calloc((size_t)im->rule_count + 1, sizeof *im->rules);
    need(im->rules, (size_t)im->rule_count * sizeof *im->rules, file);
    im->slot_count = need64(file);
    im->slots = calloc((size_t)im->slot_count + 1, sizeof *im->slots);
    need(im->slots, (size_t)im->slot_count * sizeof *im->slots, file);
    if (need64(file) != sizeof im->snapshot) {
        fprintf(stderr, "fuzz: %s is no image of this build\n", path);
        exit(2);
    }
    im->text_count = need64(file);
    need(&im->snapshot, sizeof im->snapshot, file);
    im->named_count = need64(file);
    im->named = calloc((size_t)im->named_count + 1, sizeof *im->named);
    need(im->named, (size_t)im->named_count * sizeof *im->named, file);
    im->tag_count = need64(file);
    im->tags = calloc((size_t)im->tag_count + 1, sizeof *im->tags);
    need(im->tags, (size_t)im->tag_count * sizeof *im->tags, file);
    im->tag = need64(file);
    im->undefined = need64(file);
    im->hole = need64(file);
    im->count = need64(file);
    size_t n = (size_t)im->count;
    im->start = calloc(n, 8);
    im->size = calloc(n, 8);
    im->data = calloc(n, 8);
    im->is_hole = calloc(n, 1);
    im->pristine = calloc(n, sizeof *im->pristine);
    for (size_t i = 0; i < n; i++) {
        im->start[i] = need64(file);
        im->size[i] = need64(file);
        im->is_hole[i] = need64(file) != 0;
    }
    for (size_t i = 0; i < n; i++) {
        /* Exactly as long as it says, so that the sanitizer sees the first byte too many. */
        im->pristine[i] = calloc(1, (size_t)im->size[i]);
        im->data[i] = (uint64_t)(uintptr_t)malloc((size_t)im->size[i]);
        if (!im->is_hole[i])
            need(im->pristine[i], (size_t)im->size[i], file);
    }
    fclose(file);
}

static void unload(struct image *im) {
    for (uint64_t i = 0; i < im->count; i++) {
        free(im->pristine[i]);
        free((void *)(uintptr_t)im->data[i]);
    }
    free(im->pristine);
    free(im->is_hole);
    free(im->data);
    free(im->size);
    free(im->start);
    free(im->named);
    free(im->tags);
    free(im->slots);
    free(im->rules);
}

static uint64_t odd_value(const struct image *im) {
    uint64_t i = next_random() % im->count;
    switch (next_random() % 8) {
    case 0:
        return next_random();
    case 1:
        return 0;
    case 2:
        return UINT64_MAX;
    case 3:
        return next_random() % 4096 << 32;
    case 4:
        return UINT64_C(0x7fffffff) << 32;
    case 5:
        return im->start[i] + (next_random() % im->size[i] & ~UINT64_C(7)) + 1;
    case 6:
        return im->start[i] + (next_random() % im->size[i]);
    default:
        return im->start[i] + im->size[i] - 8 + 1;
    }
}

static void mutate(struct image *im) {
    for (uint64_t i = 0; i < im->count; i++)
        memcpy((void *)(uintptr_t)im->data[i], im->pristine[i], (size_t)im->size[i]);
    uint64_t changes = 1 + (next_random() % 64);
    for (uint64_t k = 0; k < changes; k++) {
        uint64_t i = next_random() % im->count;
        uint64_t at;
        uint8_t *bytes = (uint8_t *)(uintptr_t)im->data[i];
        if (im->size[i] < 64)
            continue;
        if (next_random() % 4 == 0) /* headers of pages are few and matter most */
            at = next_random() % 40 * 8;
        else
            at = next_random() % (im->size[i] - 8) & ~UINT64_C(7);
        if (at + 8 > im->size[i])
            continue;
        uint64_t run = next_random() % 16 == 0 ? next_random() % 64 : 1;
        for (; run > 0 && at + 8 <= im->size[i]; run--, at += 8) {
            uint64_t value = odd_value(im);
            memcpy(bytes + at, &value, 8);
        }
    }
}

static uint64_t area(const v8s_page *page) {
    return page->area_end - page->area_start;
}

/* Ways to a node, which may be a dead one: none leads to that. */
static void find_paths(v8s_heap *heap, uint64_t node) {
    int32_t done;
    if (v8s_graph_paths(heap, node, 1 + next_random() % 4) != 0)
        abort();
    while ((done = v8s_graph_paths_step(heap, 1 + next_random() % 4096)) == 0)
        ;
    uint64_t words = v8s_graph_paths_found(heap, NULL, 0);
    uint32_t *ways = malloc((size_t)(words + 1) * sizeof *ways);
    if (done != 1 || ways == NULL || v8s_graph_paths_found(heap, ways, words) != words)
        abort();
    for (uint64_t at = 0; at < words; at += ways[at] + 1)
        if (ways[at] == 0 || ways[at + 1] != node)
            abort();
    free(ways);
}

/* How what is alive is reached: each object is counted once, by whatever its slots are told apart.
 */
static void patterns(v8s_heap *heap, uint64_t nodes, const uint32_t *roots, uint64_t count,
                     const uint32_t *classes, uint64_t maps, uint64_t live) {
    uint32_t *folds = malloc((size_t)(maps + 1) * sizeof *folds), entered[48], way[64];
    for (uint64_t i = 0; i < maps; i++)
        folds[i] = (uint32_t)(next_random() % 7 | next_random() % 8 << 8);
    for (uint64_t i = 0; i < count; i++) {
        entered[3 * i] = roots[i];
        entered[3 * i + 1] = (uint32_t)i;
        entered[3 * i + 2] = (uint32_t)(3 * i / count);
    }
    int32_t done;
    if (v8s_graph_patterns(heap, classes, folds, maps, entered, count) != 0)
        abort();
    while ((done = v8s_graph_patterns_step(heap, 1 + next_random() % 4096)) == 0)
        ;
    uint64_t n = v8s_graph_pattern_rows(heap, 0, NULL, 0), counted = 0;
    v8s_pattern *rows = malloc((size_t)(n + 1) * sizeof *rows);
    uint32_t *class_of = calloc((size_t)n + 1, sizeof *class_of);
    v8s_class all = {0, 0, 0};
    if (done != 1 || v8s_graph_pattern_rows(heap, 0, rows, n + 1) != n || rows == NULL ||
        class_of == NULL)
        abort();
    while (v8s_graph_pattern_sums(heap, class_of, n, &all, 1, 1 + next_random() % 4096) == 0)
        ;
    for (uint64_t i = 0; i < n; i++) {
        counted += rows[i].count;
        if (rows[i].parent != UINT32_MAX && rows[i].parent >= i)
            abort();
    }
    if (counted != live || all.count != live) {
        fprintf(stderr, "fuzz: %llu and %llu of %llu objects are in patterns\n",
                (unsigned long long)counted, (unsigned long long)all.count,
                (unsigned long long)live);
        abort();
    }
    for (int i = 0; i < 8 && nodes > 0; i++)
        (void)v8s_graph_pattern_way(heap, next_random() % nodes, way, 64);
    v8s_filling fillings[16];
    uint64_t half = nodes / 2, least = next_random() % 4096;
    uint64_t *most = calloc((size_t)nodes + 1, sizeof *most);
    if (most == NULL || v8s_graph_fillings(heap, classes, maps, least, 0, half) != 0 ||
        v8s_graph_fillings(heap, classes, maps, least, half, nodes) != 0)
        abort();
    (void)v8s_graph_filling_rows(heap, 0, fillings, 16);
    if (v8s_graph_most(heap, most, 0, half) != 0 || v8s_graph_most(heap, most, half, nodes) != 0 ||
        v8s_graph_gathered(heap, least, most, 0, half, way, 64) < 0 ||
        v8s_graph_gathered(heap, least, most, half, nodes, way, 64) < 0)
        abort();
    free(most);
    free(rows);
    free(class_of);
    free(folds);
}

/* What some nodes reach, how they are dominated, and sums of it that have to agree. */
static void reachable(v8s_heap *heap, uint64_t nodes, uint64_t pages) {
    uint32_t roots[16], row[64];
    uint64_t count = nodes > 0 ? next_random() % 16 : 0;
    for (uint64_t i = 0; i < count; i++)
        roots[i] = (uint32_t)(next_random() % nodes) |
                   (next_random() % 4 == 0 ? (uint32_t)V8S_EDGE_WEAK << V8S_EDGE_SHIFT : 0);
    if (v8s_graph_reach(heap, 1) >= 0 || v8s_graph_roots(heap, roots, count) != 0)
        abort();
    int32_t done;
    while ((done = v8s_graph_reach(heap, 1 + next_random() % 4096)) == 0)
        ;
    for (uint64_t i = 0; i < count; i++)
        roots[i] &= ((uint32_t)1 << V8S_EDGE_SHIFT) - 1;
    uint64_t more[16] = {0};
    if (done != 1 ||
        v8s_graph_dominate(heap, roots, count / 2, roots, more, count, roots, count / 4, 0) != 0)
        abort();
    while ((done = v8s_graph_dominate_step(heap, 1 + next_random() % 4096)) == 0)
        ;
    v8s_graph_stats sums;
    v8s_graph_sums(heap, &sums);
    static v8s_stats live_stats[MAX_PAGES];
    memset(live_stats, 0, sizeof live_stats);
    uint64_t alive = 0;
    if (v8s_walk(heap, 0, pages, V8S_LIVE, live_stats) != 0)
        abort();
    for (uint64_t i = 0; i < pages; i++)
        alive += live_stats[i].objects;
    if (alive > sums.live)
        abort();
    uint32_t dominator;
    uint64_t retained = 0, live;
    if (done != 1 || v8s_graph_dominated(heap, nodes, &dominator, &retained, 1) != 1 ||
        retained != sums.live_bytes) {
        fprintf(stderr, "fuzz: %llu of %llu bytes are retained\n", (unsigned long long)retained,
                (unsigned long long)sums.live_bytes);
        abort();
    }
    (void)v8s_graph_live(heap, &live, 1);
    (void)v8s_graph_children(heap, nodes, row, 64);
    for (int i = 0; i < 8 && nodes > 0; i++)
        find_paths(heap, next_random() % nodes);
    digest_of(retained);
    uint64_t maps = v8s_map_count(heap);
    uint32_t *classes = malloc((size_t)(maps + 1) * sizeof *classes);
    v8s_class all[3] = {{0, 0, 0}};
    for (uint64_t i = 0; i < maps; i++)
        classes[i] = next_random() % 4 == 0 ? UINT32_MAX : (uint32_t)(next_random() % 3);
    uint32_t odd[2] = {0, (uint32_t)nodes / 2 + 1}, odd_class[2] = {2, UINT32_MAX};
    uint64_t odds = nodes > 4 ? next_random() % 3 : 0;
    if (odds > 0 && v8s_graph_by_class(heap, classes, maps, odd, odd, 2, all, 3, 1) >= 0 &&
        nodes / 2 + 1 >= 3)
        abort(); /* no class has such a number */
    while ((done = v8s_graph_by_class(heap, classes, maps, odd, odd_class, odds, all, 3,
                                      1 + next_random() % 4096)) == 0)
        ;
    if (done != 1 || all[0].retained > sums.live_bytes)
        abort();
    patterns(heap, nodes, roots, count, classes, maps, sums.live);
    free(classes);
}

/* Masks everything by rules that make no sense: only where it writes is looked at. */
static void redact(const struct image *im, v8s_heap *heap, const v8s_page *pages, uint64_t count,
                   uint64_t nodes) {
    enum { TYPES = 600, MARKS = 64, SIZES = 200 };
    static v8s_mark_rule marks[MARKS];
    static v8s_redact_rule rules[TYPES];
    static uint8_t sizes[3 * SIZES];
    v8s_redact_layout layout = {0};
    layout.cons_tag = 1;
    layout.sliced_tag = 3;
    layout.thin_tag = 5;
    layout.string_first = 16;
    layout.string_second = 24;
    layout.map_inobject_start = 9;
    uint32_t *types = &layout.byte_array_type;
    for (int i = 0; i < 8; i++)
        types[i] = (uint32_t)(next_random() % TYPES);
    layout.stream_code = next_random() % 2 == 0 ? 0 : 8;
    layout.code_start = next_random() % 2 == 0 ? 0 : 40;
    layout.code_instructions = 128;
    layout.code_size = 52;
    layout.safepoint_stack_slots = next_random() % 2;
    layout.hide_names = next_random() % 2;
    for (uint32_t i = 0; i < MARKS; i++) {
        uint32_t first = 8 * (uint32_t)(1 + next_random() % 6);
        marks[i] =
            (v8s_mark_rule){(uint32_t)(next_random() % TYPES), (uint32_t)(1 + next_random() % 5),
                            first, (uint32_t)(next_random() % 4)};
    }
    for (uint32_t i = 0; i < TYPES; i++)
        rules[i] = (v8s_redact_rule){i,
                                     (uint32_t)(next_random() % 9),
                                     8 * (uint32_t)(next_random() % 8),
                                     (uint32_t)(next_random() % 6),
                                     (uint32_t)(next_random() % 4),
                                     0,
                                     next_random()};
    for (int i = 0; i < 3 * SIZES; i++)
        sizes[i] = (uint8_t)(next_random() % 8);
    uint64_t *ends = malloc((size_t)im->count * 8 + 8);
    const uint8_t texts[] = {4, 'n', 'o', 'd', 'e', 200, 'x'};
    if (ends == NULL)
        abort();
    for (uint64_t i = 0; i < im->count; i++)
        ends[i] = im->start[i] + im->size[i];
    if (v8s_redact_begin(heap, &layout, marks, MARKS, rules, TYPES, im->start, ends, im->count,
                         sizes, SIZES, texts, sizeof texts) != 0 ||
        v8s_redact_mark(heap, 0, nodes) != 0)
        abort();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t start = pages[i].chunk + (next_random() % 8192 & ~UINT64_C(7));
        size_t size = (size_t)(next_random() % 0x50000 & ~UINT64_C(7));
        uint8_t *out = calloc(1, size + 1); /* no word of room */
        if (out == NULL || v8s_redact_mark_code(heap, i) != 0 ||
            v8s_redact_page(heap, i, (uint32_t)(next_random() % 3), start, size, out) != 0 ||
            v8s_redact_words(heap, (uint32_t)(next_random() % 6), start, size, out) != 0)
            abort();
        free(out);
    }
    uint64_t address[64], size[64];
    uint32_t kind[64];
    uint64_t found = v8s_redact_ranges(heap, 0, address, size, kind, 64);
    for (uint64_t i = 0; i < found; i++) {
        uint64_t part = size[i] < 4096 ? size[i] : 4096;
        uint8_t *out = calloc(1, (size_t)part + 1);
        if (out == NULL)
            abort();
        (void)v8s_redact_text(heap, kind[i] & 3, (kind[i] & V8S_TEXT_TWO_BYTE) != 0 ? 2 : 1,
                              address[i], part, out);
        free(out);
    }
    v8s_redact_free(heap);
    free(ends);
}

/* The graph to a buffer and back, after somebody has changed it. */
static void keep(const struct image *im, v8s_heap *heap, uint64_t nodes, uint64_t edges,
                 uint64_t pairs) {
    uint8_t *part[V8S_PART_RETAINED + 1];
    uint64_t bytes[V8S_PART_RETAINED + 1] = {8 * nodes,       4 * nodes,      4 * nodes,
                                             4 * (nodes + 1), 4 * edges,      4 * (nodes + 1),
                                             4 * edges,       12 * pairs,     8 * (nodes / 64 + 1),
                                             4 * (nodes + 1), 8 * (nodes + 1)};
    int changed = next_random() % 4 != 0;
    if (nodes == 0 || edges == 0)
        return; /* nothing is kept of that */
    for (uint32_t i = 0; i <= V8S_PART_RETAINED; i++) {
        part[i] = calloc(1, (size_t)bytes[i] + 1);
        if (part[i] == NULL || v8s_graph_part(heap, i, 0, part[i], bytes[i]) != (int64_t)bytes[i])
            abort();
        for (int k = 0; changed && k < 4 && bytes[i] >= 4; k++)
            if (next_random() % 16 == 0) {
                uint32_t value = next_random() % 2 == 0 ? (uint32_t)next_random()
                                                        : (uint32_t)(next_random() % (nodes + 2));
                memcpy(part[i] + (next_random() % (bytes[i] / 4)) * 4, &value, 4);
            }
    }
    v8s_graph_stats sums;
    v8s_graph_sums(heap, &sums);
    if (v8s_graph_begin(heap, im->slots, im->slot_count, 0) != 0)
        abort();
    int32_t taken = v8s_graph_adopt(heap, nodes, edges, pairs, (uint64_t *)(void *)part[0],
                                    (uint32_t *)(void *)part[1], (uint32_t *)(void *)part[2],
                                    (uint32_t *)(void *)part[3], (uint32_t *)(void *)part[4],
                                    (uint32_t *)(void *)part[5], (uint32_t *)(void *)part[6],
                                    (uint32_t *)(void *)part[7], &sums);
    while (taken == 0)
        taken = v8s_graph_adopt_step(heap, 1 + nodes / 3);
    if (taken != 1 && !changed)
        abort();
    if (taken == 1) {
        uint32_t root = 0, row[16];
        if (v8s_graph_roots(heap, &root, nodes > 0) != 0 ||
            v8s_graph_adopt_live(heap, (uint64_t *)(void *)part[8], nodes / 64 + 1) != 0)
            abort();
        if (v8s_graph_adopt_dominators(heap, (uint32_t *)(void *)part[9],
                                       (uint64_t *)(void *)part[10], nodes + 1) == 0) {
            uint32_t *classes = calloc((size_t)v8s_map_count(heap) + 1, sizeof *classes);
            v8s_class all[1] = {{0, 0, 0}};
            while (v8s_graph_by_class(heap, classes, v8s_map_count(heap), row, row, 0, all, 1,
                                      4096) == 0)
                ;
            (void)v8s_graph_children(heap, nodes, row, 16);
            free(classes);
        }
        for (int i = 0; i < 4 && nodes > 0; i++) {
            uint64_t node = next_random() % nodes;
            (void)v8s_graph_row(heap, 0, node, 0, row, 16);
            if (v8s_graph_paths(heap, node, 2) == 0)
                while (v8s_graph_paths_step(heap, 4096) == 0)
                    ;
        }
    }
    v8s_graph_free(heap);
    for (uint32_t i = 0; i <= V8S_PART_RETAINED; i++)
        free(part[i]);
}

/* A snapshot with views at random: whatever is shown of whichever object, the text has as many
       nodes and edges as it says. */
static void snapshot(const struct image *im, v8s_heap *heap, uint64_t nodes) {
    uint64_t maps = v8s_map_count(heap), texts = im->text_count;
    v8s_node_view *views = calloc((size_t)maps + 1, sizeof *views);
    uint64_t *kept = calloc((size_t)nodes / 64 + 1, sizeof *kept);
    uint64_t *ends = calloc((size_t)texts + 1, sizeof *ends), end = 0;
    uint8_t *text = malloc((size_t)texts * 24 + 1);
    if (views == NULL || kept == NULL || ends == NULL || text == NULL)
        abort();
    for (uint64_t i = 0; i < maps; i++) {
        views[i].type = (uint32_t)(next_random() % 14);
        views[i].rule = (uint32_t)(next_random() % 6);
        views[i].name = (uint32_t)(next_random() % texts);
        views[i].flags = (uint32_t)(next_random() & next_random() & 0x7ffff);
        views[i].first = (uint32_t)(next_random() % 8) * 8;
    }
    for (uint64_t i = 0; i <= nodes / 64; i++)
        kept[i] = next_random() | next_random() | next_random();
    for (uint64_t i = 1; i < texts; i++) {
        end += (uint64_t)sprintf((char *)text + end, "text %llu", (unsigned long long)i);
        ends[i] = end;
    }
    uint32_t group_names[64] = {0}, list[8] = {0}, groups[8] = {0}, shared[8] = {0};
    uint64_t sizes[8] = {0}, listed = 0;
    for (uint64_t i = 0; i < 8 && nodes > 16; i++)
        list[listed++] = (uint32_t)(i * (nodes / 8));
    if (next_random() % 2 == 0) {
        if (v8s_hashes_begin(heap) != 0)
            abort();
        while (v8s_hashes_half(heap, 1 + next_random() % 8192) > 0 && next_random() % 8 != 0)
            continue;
    }
    if (v8s_snapshot_begin(heap, &im->snapshot, views, maps, im->named, im->named_count, im->tags,
                           im->tag_count, text, ends, texts, kept) != 0 ||
        v8s_snapshot_buffers(heap, list, shared, listed, sizes, 1) != 0 ||
        v8s_snapshot_names(heap, list, shared, listed) != 0 ||
        v8s_snapshot_plain(heap, list, listed / 2) != 0 || im->snapshot.groups > 64)
        abort();
    uint32_t bridge_from[1] = {(uint32_t)nodes}, bridge_to[1] = {0};
    if (next_random() % 2 == 0 && listed > 0) {
        for (uint64_t i = 0; i < nodes; i++)
            if ((kept[i >> 6] >> (i & 63) & 1) != 0)
                bridge_to[0] = (uint32_t)i;
        if (v8s_snapshot_rest(heap, list, sizes, listed, 7, 1) != 0)
            abort();
        (void)v8s_snapshot_bridges(heap, bridge_from, bridge_to, 1, 2);
    }
    if (v8s_snapshot_roots(heap, list, groups, listed, group_names, list, listed) != 0)
        abort();
    static uint8_t out[1 << 16], of_rows[4 << 16];
    uint64_t lines[8] = {0}, done, total, counts[4];
    int32_t split = next_random() % 2 == 0 ? v8s_snapshot_split(heap) : 0;
    if (split < 0 || (split == 0 && v8s_snapshot_half(heap, 1) >= 0))
        abort();
    for (uint32_t stage = 1, before = 1; stage != 5; before = stage) {
        uint64_t room = 4096 + next_random() % (sizeof out - 4096);
        int64_t n = v8s_snapshot_more(heap, out, room, &stage, &done, &total);
        if (split == 1 && done == total) {
            while (v8s_snapshot_half(heap, 1 + next_random() % 4096) > 0)
                continue;
            if (v8s_snapshot_join(heap) != 0 || v8s_snapshot_join(heap) == 0)
                abort();
            split = 0;
        }
        if (n < 0 || (uint64_t)n > room || (n > 0 && stage != before))
            abort();
        const uint8_t *written = out;
        if (before == 2 && n > 0) {
            if (v8s_snapshot_text(heap, out, (uint64_t)n, of_rows, (uint64_t)4 * n - 1) >= 0)
                abort();
            n = v8s_snapshot_text(heap, out, (uint64_t)n, of_rows, (uint64_t)4 * n);
            if (n < 0 || (uint64_t)n > 4 * room)
                abort();
            written = of_rows;
        }
        for (int64_t i = 0; i < n; i++)
            lines[before] += written[i] == '\n';
    }
    v8s_snapshot_counts(heap, counts);
    if (lines[2] != counts[0] || lines[3] != counts[1] || lines[4] != counts[2]) {
        fprintf(stderr, "fuzz: a snapshot has not as many lines as it says\n");
        abort();
    }
    free(text);
    free(ends);
    free(kept);
    free(views);
}

/* What the graph collects of some Maps is what a walk does. */
static void collected(v8s_heap *heap, uint64_t cut, uint64_t nodes) {
    uint64_t maps = v8s_map_count(heap);
    uint8_t *selected = calloc((size_t)maps + 1, 1);
    if (selected == NULL)
        abort();
    for (uint64_t i = 0; i < maps; i++)
        selected[i] = next_random() % 4 == 0;
    v8s_reset(heap);
    if (v8s_select(heap, selected, maps) != 0 || v8s_graph_collect(heap, 0, cut) != 0 ||
        v8s_graph_collect(heap, cut, nodes) != 0 || v8s_graph_collect(heap, 0, nodes + 1) == 0 ||
        v8s_collected_count(heap) > nodes)
        abort();
    digest_of(v8s_collected_count(heap));
    v8s_reset(heap);
    free(selected);
}

/* The graph of what the walk finds: its slices, its sums, both ways. */
static void graph(const struct image *im, v8s_heap *heap, const v8s_page *all, uint64_t pages,
                  v8s_stats *stats) {
    uint64_t table = im->start[next_random() % im->count];
    if (v8s_graph_begin(heap, im->slots, im->slot_count, table) != 0 ||
        v8s_walk(heap, 0, pages, V8S_LIVE, stats) == 0)
        abort();
    v8s_reset(heap);
    uint64_t half = pages / 2;
    if (v8s_walk(heap, 0, half, V8S_NODES, stats) != 0 ||
        v8s_walk(heap, half, pages, V8S_NODES, stats) != 0 ||
        v8s_walk(heap, 0, half, V8S_NODES, stats) == (half > 0 ? 0 : 1))
        abort();
    v8s_graph_stats sums;
    v8s_graph_sums(heap, &sums);
    uint64_t cut = sums.nodes / 3;
    int64_t others = next_random() % 2 == 0 ? v8s_graph_split(heap) : 0;
    uint64_t own = others > 0 ? (uint64_t)others : sums.nodes;
    if (cut > own)
        cut = own;
    if (others < 0 || v8s_graph_reverse(heap, 0, sums.nodes + 1) == 0 ||
        v8s_graph_edges(heap, 0, cut) != 0 || v8s_graph_edges(heap, cut, own) != 0)
        abort();
    while (others > 0 && v8s_graph_half(heap, 1 + next_random() % 8192) > 0)
        continue;
    if (v8s_graph_join(heap) != (others > 0 ? 0 : V8S_EINVAL))
        abort();
    for (int again = 0; again < 2; again++) /* from the beginning it can be repeated */
        if (v8s_graph_degrees(heap, 0, cut) != 0 ||
            v8s_graph_reverse(heap, 0, sums.nodes) != (cut == sums.nodes ? 0 : V8S_EINVAL) ||
            v8s_graph_degrees(heap, cut, sums.nodes) != 0 || v8s_graph_reverse(heap, 0, cut) != 0)
            abort();
    if (v8s_graph_reverse(heap, cut, sums.nodes) != 0)
        abort();
    collected(heap, cut, sums.nodes);
    v8s_graph_sums(heap, &sums);
    uint64_t there = 0, back = 0;
    uint32_t row[16];
    for (uint64_t node = 0; node < sums.nodes; node++) {
        there += v8s_graph_row(heap, 0, node, 0, row, 16);
        back += v8s_graph_row(heap, 1, node, next_random() % 16, row, 16);
    }
    if (there != sums.edges || back != sums.edges || v8s_graph_row(heap, 0, sums.nodes, 0, row, 16))
        abort();
    digest_of(sums.nodes);
    digest_of(sums.edges);
    reachable(heap, sums.nodes, pages);
    snapshot(im, heap, sums.nodes);
    uint64_t words[16];
    for (int i = 0; i < 16; i++)
        words[i] = odd_value(im);
    v8s_graph_nodes(heap, words, row, 16);
    switch (next_random() % 4) {
    case 0:
        v8s_graph_free(heap);
        break;
    case 1:
        redact(im, heap, all, pages, sums.nodes);
        break;
    case 2:
        keep(im, heap, sums.nodes, sums.edges, sums.pairs);
        break;
    default:
        break;
    }
}

/* Characters of what is at some nodes, strings or not, with little room for them. */
static void texts(v8s_heap *heap) {
    uint64_t address[64], end[64], most = next_random() % 2000;
    uint32_t map[64], words[64], length[64];
    uint8_t read[64], out[4096];
    v8s_graph_stats sums;
    v8s_graph_sums(heap, &sums);
    for (int i = 0; i < 64; i++)
        if (sums.nodes == 0 ||
            v8s_graph_objects(heap, next_random() % sums.nodes, &address[i], map, words, 1) != 1)
            address[i] = next_random();
    uint64_t done = v8s_texts(heap, address, 64, most, length, read, end, out, sizeof out);
    for (uint64_t i = 0; i < done; i++)
        if (end[i] > sizeof out || (i > 0 && end[i] < end[i - 1]))
            abort();
}

static void one_round(struct image *im) {
    static v8s_page pages[MAX_PAGES];
    static v8s_stats stats[MAX_PAGES];
    v8s_heap *heap = v8s_open(&im->layout, im->rules, im->rule_count, im->start, im->size, im->data,
                              im->is_hole, im->count);
    if (heap == NULL)
        abort();
    uint64_t segment = 0, address = 0;
    int64_t found = v8s_find_pages(heap, &segment, &address, 1 << 20, pages, MAX_PAGES);
    uint64_t kept = 0, end = 0;
    for (int64_t i = 0; i < found; i++) {
        if (pages[i].chunk < end || pages[i].chunk == 0)
            continue;
        end = pages[i].chunk + pages[i].size;
        pages[kept] = pages[i];
        if (next_random() % 8 == 0)
            pages[kept].state = V8S_PAGE_CODE;
        kept++;
    }
    if (v8s_set_pages(heap, pages, kept) != 0)
        abort();
    uint64_t labs = 0, top[8], limit[8];
    uint8_t sure[8];
    for (uint64_t last = 0; labs < 8 && kept > 0; labs++) {
        const v8s_page *page = &pages[next_random() % kept];
        if (area(page) == 0 || page->area_start < last)
            break;
        top[labs] = page->area_start + (next_random() % area(page) & ~UINT64_C(7));
        limit[labs] = top[labs] + (next_random() % 4096 & ~UINT64_C(7));
        sure[labs] = next_random() & 1;
        last = top[labs] + area(page);
    }
    (void)v8s_set_labs(heap, top, limit, sure, labs);
    v8s_set_roots(heap, im->tag, im->undefined, im->hole);
    uint32_t modes[] = {V8S_COUNT, V8S_COUNT | V8S_COLLECT, V8S_GROUP | V8S_COLLECT};
    for (int m = 0; m < 3; m++) {
        v8s_reset(heap);
        memset(stats, 0, sizeof stats);
        if (v8s_walk(heap, 0, kept, modes[m], stats) != 0)
            abort();
        for (uint64_t i = 0; i < kept; i++) {
            const v8s_stats *s = &stats[i];
            digest_of(s->used);
            digest_of(s->unexplained);
            /* Objects may reach behind what is readable, never behind their page. */
            uint64_t sum = s->used + s->free + s->lab + s->zero + s->unexplained + s->resync +
                           s->absent + s->forwarded;
            if (sum > area(&pages[i]) + 8) {
                fprintf(stderr, "fuzz: page %llx of %llx bytes adds up to %llx\n",
                        (unsigned long long)pages[i].chunk, (unsigned long long)area(&pages[i]),
                        (unsigned long long)sum);
                abort();
            }
        }
        uint64_t n = v8s_map_count(heap);
        uint8_t *all = malloc((size_t)n + 1);
        memset(all, 1, (size_t)n + 1);
        if (v8s_select(heap, all, n) != 0)
            abort();
        free(all);
    }
    graph(im, heap, pages, kept, stats);
    v8s_map maps[16];
    v8s_group groups[16];
    uint64_t addresses[16];
    uint32_t indices[16];
    (void)v8s_maps(heap, next_random() % 64, maps, 16);
    (void)v8s_groups(heap, next_random() % 64, groups, 16);
    (void)v8s_collected(heap, next_random() % 64, addresses, indices, 16);
    (void)v8s_odd(heap, next_random() % 64, addresses, indices, 16);
    for (int i = 0; i < 64; i++) {
        (void)v8s_map_at(heap, odd_value(im));
        (void)v8s_size_at(heap, odd_value(im));
    }
    texts(heap);
    v8s_close(heap);
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: fuzz IMAGE SECONDS SEED [ROUNDS]\n");
        return 2;
    }
    struct image im = {0};
    load(&im, argv[1]);
    state = strtoull(argv[3], NULL, 10) * 2 + 1;
    time_t end = time(NULL) + atoi(argv[2]);
    unsigned long rounds = 0, most = argc == 5 ? strtoul(argv[4], NULL, 10) : ULONG_MAX;
    do {
        mutate(&im);
        one_round(&im);
        rounds++;
    } while (rounds < most && time(NULL) < end);
    unload(&im);
    printf("%lu rounds, digest %016llx\n", rounds, (unsigned long long)digest);
    return 0;
}
