/*
 * Heap snapshots in V8's format, written piece by piece into a buffer of the caller's. The file has
 * nodes before edges and a node says how many edges it has: so edges are made first and kept,
 * packed, until nodes are written.
 */
#include <stdlib.h>

#include "snapshot.h"

#define STEP_NODES (UINT64_C(1) << 18) /* in a piece without text */
#define STEPS_LEAST (UINT64_C(1) << 20)
#define STEPS_A_WORD 32u /* of the heap: arrays of literals may share their elements */

void v8s_own_free(struct snapshot *s) {
    v8s_names_free(s);
    for (uint64_t i = 0; i < s->block_count; i++)
        free(s->blocks[i].bytes);
    free(s->blocks);
    free(s->tag);
    free(s->plans);
    free(s->properties);
    free(s->visited);
    free(s->held);
    free(s->copy);
}

void v8s_snapshot_free(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    if (s == NULL)
        return;
    v8s_hashes_free(heap);
    v8s_half_free(heap);
    v8s_own_free(s);
    free(s->half_names);
    free(s->views);
    free(s->slots);
    free(s->tags);
    free(s->text);
    free(s->text_end);
    free(s->marks);
    free(s->buffer);
    free(s->shared);
    free(s->shared_bytes);
    free(s->rest);
    free(s->rest_bytes);
    free(s->bridge_from);
    free(s->bridge_to);
    free(s->reached);
    free(s->odd);
    free(s->odd_name);
    free(s->root);
    free(s->root_group);
    free(s->group_names);
    free(s->user);
    free(s->degree);
    free(s->spill);
    free(s);
    heap->snapshot = NULL;
}

static void *copied(const void *from, uint64_t count, size_t size, int *failed) {
    void *to = malloc((size_t)(count + 1) * size);
    if (to == NULL)
        *failed = 1;
    else if (count > 0)
        memcpy(to, from, (size_t)count * size);
    return to;
}

static int by_type(const void *a, const void *b) {
    const v8s_named_slot *x = a, *y = b;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int by_tag_type(const void *a, const void *b) {
    const v8s_tag *x = a, *y = b;
    return (x->type > y->type) - (x->type < y->type);
}

/* Marks all nodes and numbers those that are kept. */
static int mark_nodes(v8s_heap *heap, const uint64_t *kept) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t words = g->node_count / 64 + 1;
    s->marks = calloc((size_t)words, sizeof *s->marks);
    if (s->marks == NULL)
        return V8S_ENOMEM;
    for (uint64_t i = 0; i < words; i++) {
        struct marks *marks = &s->marks[i];
        marks->kept = kept[i];
        if (i == words - 1)
            marks->kept &= (UINT64_C(1) << (g->node_count & 63)) - 1;
        marks->rank = s->kept_count;
        for (uint64_t word = marks->kept; word != 0; word &= word - 1)
            s->kept_count++;
    }
    for (uint64_t node = 0; node < g->node_count; node++)
        if ((s->views[g->map[node]].flags & V8S_VIEW_PLAIN) != 0)
            s->marks[node >> 6].plain |= UINT64_C(1) << (node & 63);
    return 0;
}

int32_t v8s_snapshot_begin(v8s_heap *heap, const v8s_snapshot_layout *layout,
                           const v8s_node_view *views, uint64_t view_count,
                           const v8s_named_slot *slots, uint64_t slot_count, const v8s_tag *tags,
                           uint64_t tag_count, const uint8_t *text, const uint64_t *text_end,
                           uint64_t text_count, const uint64_t *kept) {
    struct graph *g = heap->graph;
    struct hashes *hashes = heap->hashes;
    heap->hashes = NULL; /* they outlive an older snapshot */
    v8s_snapshot_free(heap);
    heap->hashes = hashes;
    if (g == NULL || !g->reached || view_count < heap->map_count || text_count == 0)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < view_count; i++)
        if ((views[i].rule == V8S_NAME_FIXED && views[i].name >= text_count) || views[i].type > 254)
            return V8S_EINVAL;
    for (uint64_t i = 0; i < slot_count; i++)
        if (slots[i].name >= text_count || (slots[i].offset & 7) != 0)
            return V8S_EINVAL;
    for (uint64_t i = 0; i < tag_count; i++)
        if (tags[i].name >= text_count || (tags[i].node_type > 253 && tags[i].node_type + 1 != 0))
            return V8S_EINVAL;
    for (uint64_t i = 1; i < text_count; i++)
        if (text_end[i] < text_end[i - 1])
            return V8S_EINVAL;
    struct snapshot *s = heap->snapshot = calloc(1, sizeof *s);
    if (s == NULL)
        return V8S_ENOMEM;
    int failed = 0;
    s->l = *layout;
    s->views = copied(views, view_count, sizeof *views, &failed);
    s->view_count = view_count;
    s->slots = copied(slots, slot_count, sizeof *slots, &failed);
    s->slot_count = slot_count;
    s->tags = copied(tags, tag_count, sizeof *tags, &failed);
    s->tag_count = tag_count;
    s->text = copied(text, text_end[text_count - 1], 1, &failed);
    s->text_end = copied(text_end, text_count, sizeof *text_end, &failed);
    s->text_count = text_count;
    s->plan_count = view_count;
    s->plans = calloc((size_t)view_count + 1, sizeof *s->plans);
    s->tag = calloc((size_t)g->node_count + 1, sizeof *s->tag);
    if (failed || s->plans == NULL || s->tag == NULL || mark_nodes(heap, kept) != 0) {
        v8s_snapshot_free(heap);
        return V8S_ENOMEM;
    }
    qsort(s->slots, (size_t)slot_count, sizeof *s->slots, by_type);
    qsort(s->tags, (size_t)tag_count, sizeof *s->tags, by_tag_type);
    for (uint64_t i = 0; i < text_count && s->error == 0; i++)
        if (v8s_given(heap, i) != i && s->error == 0) { /* a text that is there twice */
            v8s_snapshot_free(heap);
            return V8S_EINVAL;
        }
    if (s->error != 0) {
        v8s_snapshot_free(heap);
        return V8S_ENOMEM;
    }
    s->steps = STEPS_LEAST + STEPS_A_WORD * (g->stats.bytes / 8);
    for (uint32_t i = 0; i < AHEAD; i++)
        s->ahead[i].node = NO_NODE;
    s->stage = STAGE_COUNT;
    return 0;
}

/* Whether a list of nodes ascends and has nodes only. */
static int ascends(const v8s_heap *heap, const uint32_t *nodes, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        if (nodes[i] >= heap->graph->node_count || (i > 0 && nodes[i] <= nodes[i - 1]))
            return 0;
    return 1;
}

int32_t v8s_snapshot_buffers(v8s_heap *heap, const uint32_t *nodes, const uint32_t *shared,
                             uint64_t count, const uint64_t *bytes, uint64_t shared_count) {
    struct snapshot *s = heap->snapshot;
    int failed = 0;
    if (s == NULL || s->buffer != NULL || !ascends(heap, nodes, count))
        return V8S_EINVAL;
    for (uint64_t i = 0; i < count; i++)
        if (shared[i] >= shared_count)
            return V8S_EINVAL;
    s->buffer = copied(nodes, count, sizeof *nodes, &failed);
    s->shared = copied(shared, count, sizeof *shared, &failed);
    s->shared_bytes = copied(bytes, shared_count, sizeof *bytes, &failed);
    if (failed)
        return V8S_ENOMEM;
    s->buffer_count = count;
    s->shared_count = shared_count;
    return 0;
}

int32_t v8s_snapshot_names(v8s_heap *heap, const uint32_t *nodes, const uint32_t *names,
                           uint64_t count) {
    struct snapshot *s = heap->snapshot;
    int failed = 0;
    if (s == NULL || s->odd != NULL || !ascends(heap, nodes, count))
        return V8S_EINVAL;
    for (uint64_t i = 0; i < count; i++)
        if (names[i] >= s->text_count)
            return V8S_EINVAL;
    s->odd = copied(nodes, count, sizeof *nodes, &failed);
    s->odd_name = copied(names, count, sizeof *names, &failed);
    if (failed)
        return V8S_ENOMEM;
    s->odd_count = count;
    return 0;
}

int32_t v8s_snapshot_rest(v8s_heap *heap, const uint32_t *nodes, const uint64_t *bytes,
                          uint64_t count, uint64_t root_bytes, uint32_t name) {
    struct snapshot *s = heap->snapshot;
    int failed = 0;
    if (s == NULL || s->rest != NULL || !ascends(heap, nodes, count) || name >= s->text_count)
        return V8S_EINVAL;
    s->rest = copied(nodes, count, sizeof *nodes, &failed);
    s->rest_bytes = malloc((size_t)(count + 1) * sizeof *bytes);
    if (failed || s->rest_bytes == NULL)
        return V8S_ENOMEM;
    if (count > 0)
        memcpy(s->rest_bytes, bytes, (size_t)count * sizeof *bytes);
    s->rest_bytes[count] = root_bytes;
    s->rest_count = count;
    s->rest_name = name;
    return 0;
}

int32_t v8s_snapshot_bridges(v8s_heap *heap, const uint32_t *from, const uint32_t *to,
                             uint64_t count, uint32_t name) {
    struct snapshot *s = heap->snapshot;
    int failed = 0;
    if (s == NULL || s->bridge_from != NULL || name >= s->text_count)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < count; i++)
        if (from[i] > heap->graph->node_count || to[i] >= heap->graph->node_count ||
            !v8s_is_kept(s, to[i]) || (i > 0 && from[i] < from[i - 1]))
            return V8S_EINVAL;
    s->bridge_from = copied(from, count, sizeof *from, &failed);
    s->bridge_to = copied(to, count, sizeof *to, &failed);
    s->reached = calloc((size_t)heap->graph->node_count + 1, sizeof *s->reached);
    if (failed || s->reached == NULL)
        return V8S_ENOMEM;
    s->bridge_count = count;
    s->bridge_name = name;
    return 0;
}

int32_t v8s_snapshot_plain(v8s_heap *heap, const uint32_t *nodes, uint64_t count) {
    struct snapshot *s = heap->snapshot;
    if (s == NULL)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < count; i++) {
        if (nodes[i] >= heap->graph->node_count)
            return V8S_EINVAL;
        s->marks[nodes[i] >> 6].plain |= UINT64_C(1) << (nodes[i] & 63);
    }
    return 0;
}

int32_t v8s_snapshot_roots(v8s_heap *heap, const uint32_t *nodes, const uint32_t *group,
                           uint64_t count, const uint32_t *group_names, const uint32_t *user,
                           uint64_t user_count) {
    struct snapshot *s = heap->snapshot;
    int failed = 0;
    if (s == NULL || s->root != NULL)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < count; i++)
        if (nodes[i] >= heap->graph->node_count || group[i] >= s->l.groups ||
            (i > 0 && group[i] < group[i - 1]))
            return V8S_EINVAL;
    for (uint64_t i = 0; i < s->l.groups; i++)
        if (group_names[i] >= s->text_count)
            return V8S_EINVAL;
    for (uint64_t i = 0; i < user_count; i++)
        if (user[i] >= heap->graph->node_count)
            return V8S_EINVAL;
    s->root = copied(nodes, count, sizeof *nodes, &failed);
    s->root_group = copied(group, count, sizeof *group, &failed);
    s->group_names = copied(group_names, s->l.groups, sizeof *group_names, &failed);
    s->user = copied(user, user_count, sizeof *user, &failed);
    if (failed)
        return V8S_ENOMEM;
    s->root_count = count;
    s->user_count = user_count;
    s->count_end = v8s_all_nodes(s);
    s->degree = calloc((size_t)s->count_end + 1, sizeof *s->degree);
    s->strings.numbers = 2; /* of the edge to the first user's root, at least */
    s->block_used = BLOCK;
    return s->degree == NULL ? V8S_ENOMEM : 0;
}

/* Room for more edges; 0: no memory. */
int v8s_more_edges(struct snapshot *s) {
    struct block *blocks =
        v8s_room(s->blocks, s->block_count + 1, &s->block_capacity, sizeof *blocks);
    if (blocks != NULL) {
        s->blocks = blocks;
        s->block = malloc(BLOCK);
    }
    if (blocks == NULL || s->block == NULL) {
        s->error = V8S_ENOMEM;
        return 0;
    }
    if (s->block_count > 0)
        blocks[s->block_count - 1].used = s->block_used;
    blocks[s->block_count++] = (struct block){s->block, 0, NULL};
    s->block_used = 0;
    return 1;
}

/* Edges of the nodes that are no objects: the root, "(GC roots)", its groups. */

static uint64_t group_edges(const struct snapshot *s, uint32_t group, uint64_t *first) {
    uint64_t low = 0, high = s->root_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->root_group[middle] < group)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    uint64_t count = 0;
    for (; low < s->root_count && s->root_group[low] == group; low++)
        count += v8s_is_kept(s, s->root[low]);
    return count;
}

/* From a node that retains what was left out: to the node that stands for it, and to those that it
   holds through it. */
void v8s_rest_edges(struct snapshot *s) {
    uint64_t at = v8s_lower_bound(s->rest, s->rest_count, s->node);
    if (at < s->rest_count && s->rest[at] == s->node)
        v8s_keep_edge(s, s->l.edge_internal, s->rest_name, 1,
                      v8s_first_object(s) + s->kept_count + s->shared_count + at);
    at = v8s_lower_bound(s->bridge_from, s->bridge_count, s->node);
    for (; at < s->bridge_count && s->bridge_from[at] == s->node; at++)
        if (s->reached[s->bridge_to[at]] != s->node + 1)
            v8s_keep_edge(s, s->l.edge_internal, s->bridge_name, 1,
                          v8s_number_of(s, s->bridge_to[at]));
}

static void root_edges(v8s_heap *heap, uint64_t number) {
    struct snapshot *s = heap->snapshot;
    uint64_t index = 0, at;
    if (number == 0) {
        v8s_keep_edge(s, s->l.edge_element, 1, 0, 1);
        for (uint64_t i = 0; i < s->user_count; i++)
            if (v8s_is_kept(s, s->user[i])) {
                index++;
                if (s->strings.numbers <= index + 1)
                    s->strings.numbers = index + 2;
                v8s_keep_edge(s, s->l.edge_shortcut, (uint32_t)index + 1, 0,
                              v8s_number_of(s, s->user[i]));
            }
        if (s->rest != NULL)
            v8s_keep_edge(s, s->l.edge_element, (uint32_t)index + 2, 0,
                          v8s_first_object(s) + s->kept_count + s->shared_count + s->rest_count);
        at = v8s_lower_bound(s->bridge_from, s->bridge_count, heap->graph->node_count);
        for (index += 3; at < s->bridge_count; at++, index++)
            v8s_keep_edge(s, s->l.edge_element, (uint32_t)index, 0,
                          v8s_number_of(s, s->bridge_to[at]));
    } else if (number == 1) {
        for (; index < s->l.groups; index++)
            v8s_keep_edge(s, s->l.edge_element, (uint32_t)index + 1, 0, 2 + index);
    } else {
        group_edges(s, (uint32_t)number - 2, &at);
        for (; at < s->root_count && s->root_group[at] == number - 2; at++) {
            if (!v8s_is_kept(s, s->root[at]))
                continue;
            index++;
            if (s->strings.numbers <= index)
                s->strings.numbers = index + 1;
            v8s_keep_edge(s, s->l.edge_internal, (uint32_t)index, 0, v8s_number_of(s, s->root[at]));
        }
    }
}

static uint64_t size_of(v8s_heap *heap, uint32_t node) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t size = 8 * (uint64_t)g->words[node];
    uint32_t length;
    if (!s->l.free_read_only)
        return size;
    if (node < s->l.read_only_nodes)
        return 0;
    if ((s->views[g->map[node]].flags & V8S_VIEW_EXTERNAL) != 0 &&
        v8s_read(heap, g->address[node] + heap->layout.string_length, &length, 4)) {
        uint32_t type = heap->maps[g->map[node]].type;
        size += (type & heap->layout.string_one_byte_bit) != 0 ? length : 2 * (uint64_t)length;
    }
    return size;
}

/* Stays some kept nodes before the one that is written. */
static void look_ahead(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    uint64_t count = heap->graph->node_count;
    do {
        s->ahead_part = v8s_next_kept(heap, s->ahead_part);
        if (s->ahead_part < count)
            v8s_look_ahead(heap, (uint32_t)s->ahead_part++);
    } while (s->ahead_part < count && v8s_rank(s, (uint32_t)s->ahead_part) < AHEAD - 1);
}

/* What is written of a node: `number` in the file, `node` of the graph where it is an object. */
static void put_row(v8s_heap *heap, uint64_t number, uint64_t node) {
    struct snapshot *s = heap->snapshot;
    uint64_t objects = v8s_first_object(s), shared = objects + s->kept_count;
    struct node_row row = {number, 0, 0, s->degree[number], s->l.type_native};
    if (number < objects) {
        row.type = s->l.type_synthetic;
        row.name = number == 0 ? 0 : number == 1 ? s->l.name_gc_roots : s->group_names[number - 2];
    } else if (number < shared) {
        uint32_t type;
        row.name = v8s_node_name(heap, (uint32_t)node, &type);
        row.type = type;
        row.size = size_of(heap, (uint32_t)node);
    } else if (number < shared + s->shared_count) {
        row.name = s->l.name_buffer;
        row.size = s->shared_bytes[number - shared];
    } else {
        row.name = s->rest_name;
        row.size = s->rest_bytes[number - shared - s->shared_count];
    }
    memcpy(s->out + s->used, &row, sizeof row);
    s->used += sizeof row;
}

static void count_edges(v8s_heap *heap, uint64_t number, uint64_t node) {
    struct snapshot *s = heap->snapshot;
    s->edges = 0;
    s->number = number;
    if (number < v8s_first_object(s))
        root_edges(heap, number);
    else if (number < v8s_first_object(s) + s->kept_count)
        v8s_edges_of(heap, (uint32_t)node);
    s->degree[number] = (uint32_t)s->edges;
    s->total_edges += s->edges;
}

/* The node of the graph that the stage is at, where it is an object. */
static uint64_t take_node(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    if (s->at < v8s_first_object(s) || s->at >= v8s_first_object(s) + s->kept_count)
        return 0;
    uint64_t node = v8s_next_kept(heap, s->part);
    s->part = node + 1;
    return node;
}

/* Counts the edges of some nodes. */
void v8s_count_some(v8s_heap *heap, uint64_t steps) {
    struct snapshot *s = heap->snapshot;
    for (; s->at < s->count_end && s->error == 0 && steps > 0; s->at++, steps--)
        count_edges(heap, s->at, take_node(heap));
}

uint64_t v8s_all_nodes(const struct snapshot *s) {
    return v8s_first_object(s) + s->kept_count + s->shared_count +
           (s->rest != NULL ? s->rest_count + 1 : 0);
}

static void next_stage(struct snapshot *s) {
    if (s->stage == STAGE_COUNT && s->block_count > 0)
        s->blocks[s->block_count - 1].used = s->block_used;
    s->stage++;
    s->at = s->part = 0;
    if (s->stage == STAGE_EDGES) {
        s->number = 0;
        s->edges = s->degree[0];
    }
}

int64_t v8s_snapshot_more(v8s_heap *heap, uint8_t *out, uint64_t capacity, uint32_t *stage,
                          uint64_t *done, uint64_t *total) {
    struct snapshot *s = heap->snapshot;
    if (s == NULL || capacity < ROOM || s->root == NULL)
        return V8S_EINVAL;
    s->out = out;
    s->used = 0;
    s->capacity = capacity;
    if (s->spill_done < s->spill_used) {
        uint64_t n =
            s->spill_used - s->spill_done < capacity ? s->spill_used - s->spill_done : capacity;
        memcpy(out, s->spill + s->spill_done, (size_t)n);
        s->spill_done += n;
        s->used = n;
    }
    if (s->spill_done == s->spill_used)
        s->spill_done = s->spill_used = 0;
    uint64_t end = s->stage == STAGE_STRINGS ? s->strings.numbers + s->strings.count
                   : s->stage == STAGE_EDGES ? s->total_edges
                   : s->stage == STAGE_COUNT ? s->count_end
                                             : v8s_all_nodes(s);
    if (s->stage == STAGE_COUNT) {
        v8s_count_some(heap, STEP_NODES);
    } else if (s->stage == STAGE_NODES) {
        uint64_t rows = capacity / sizeof(struct node_row);
        for (; s->at < end && s->error == 0 && rows > 0; s->at++, rows--) {
            look_ahead(heap);
            put_row(heap, s->at, take_node(heap));
        }
    } else if (s->stage == STAGE_EDGES) {
        v8s_put_edges(s);
        s->at = s->edge_count;
    } else if (s->stage == STAGE_STRINGS) {
        for (; s->at < end && s->error == 0 && s->spill_used == 0 && s->used < capacity; s->at++)
            v8s_put_string(heap, s->at);
    }
    *done = s->at;
    *total = end;
    if (s->error == 0 && s->used == 0 && s->at == end && s->spill_used == 0 && s->half == NULL &&
        s->stage < STAGE_DONE)
        next_stage(s);
    *stage = s->stage;
    return s->error != 0 ? s->error : (int64_t)s->used;
}

void v8s_snapshot_counts(const v8s_heap *heap, uint64_t *out) {
    const struct snapshot *s = heap->snapshot;
    out[0] = s == NULL ? 0 : v8s_all_nodes(s);
    out[1] = s == NULL ? 0 : s->total_edges;
    out[2] = s == NULL ? 0 : s->strings.numbers + s->strings.count;
    out[3] = s != NULL && s->exhausted;
}
