/*
 * The edges of one object as V8's heap snapshot shows them (V8: src/profiler/
 * heap-snapshot-generator.cc, V8HeapExplorer): first what follows from several slots, properties,
 * elements, variables; then slots that have a name; then all other slots, numbered. Objects of V8's
 * own that are everywhere (oddballs, empty arrays, a few Maps) are shown as values only.
 */
#include <stdlib.h>

#include "snapshot.h"

#define MAX_OWN 1020u /* V8's kMaxNumberOfDescriptors */
#define MAX_PLANNED                                                                                \
    (UINT64_C(1) << 22)              /* properties that are kept; beyond that they are read anew */
#define MAX_COPY (UINT64_C(1) << 26) /* bytes */
#define DISPATCH_SHIFT 8             /* as in edges.c */
#define DISPATCH_ENTRY 16
#define DISPATCH_CODE_SHIFT 16

static uint64_t word_at(const struct snapshot *s, uint64_t offset) {
    return offset + 8 <= s->size ? load64(s->bytes + offset) : 0;
}

static uint32_t smi_at(const struct snapshot *s, uint64_t offset) {
    return (uint32_t)(word_at(s, offset) >> 32);
}

static uint64_t read_word(v8s_heap *heap, uint64_t address) {
    uint64_t word;
    return v8s_read64(heap, address, &word) ? word : 0;
}

/* Whether a word may be a tagged pointer to a node. */
static int points(const struct graph *g, uint64_t word) {
    return (word & 1) != 0 && word - g->low < g->high - g->low;
}

static uint32_t if_kept(const struct snapshot *s, uint32_t node) {
    return node != NO_NODE && v8s_is_kept(s, node) ? node : NO_NODE;
}

/* The node that a tagged word leads to, if it is in the file. */
static uint32_t kept_node(v8s_heap *heap, uint64_t word) {
    if (!points(heap->graph, word))
        return NO_NODE;
    return if_kept(heap->snapshot, v8s_graph_find(heap, word & ~(uint64_t)3));
}

/* The node, in the file or not, that the tagged word at `offset` of the object at hand leads to. */
static uint32_t slot_node(v8s_heap *heap, uint64_t offset) {
    const struct snapshot *s = heap->snapshot;
    const struct graph *g = heap->graph;
    if (offset + 8 > s->size)
        return NO_NODE;
    if (offset == 0 ? s->tagged_end != 0 : offset >= s->tagged_gap && offset < s->tagged_end)
        return s->held[offset >> 3];
    uint64_t word = load64(s->bytes + offset);
    return points(g, word) ? v8s_graph_find(heap, word & ~(uint64_t)3) : NO_NODE;
}

static uint32_t kept_slot(v8s_heap *heap, uint64_t offset) {
    return if_kept(heap->snapshot, slot_node(heap, offset));
}

/*
 * Whether the edges of a node in the graph are those of its tagged words, one by one, as they are
 * of all but the few objects with slots of other kinds or with pointers to no object: *first is
 * that of the Map.
 */
static int row_matches(v8s_heap *heap, uint32_t node, const uint8_t *bytes, uint64_t size,
                       uint64_t *first) {
    const struct graph *g = heap->graph;
    const struct shape *shape = v8s_graph_shape(heap, g->map[node]);
    uint64_t count = 0;
    if (shape == NULL)
        return 0;
    uint64_t end = size < shape->raw ? size : shape->raw, gap = shape->gap > 8 ? shape->gap : 8;
    uint64_t last = g->out.start[node + 1];
    *first = g->out.start[node];
    if (shape->rule_count != 0)
        return 0;
    while (last > *first && g->out.target[last - 1] >> V8S_EDGE_SHIFT == V8S_EDGE_EPHEMERON)
        last--;
    for (uint64_t at = 0; at + 8 <= end; at = at == 0 ? gap : at + 8)
        count += points(g, load64(bytes + at));
    return count == last - *first;
}

static uint32_t type_of(v8s_heap *heap, uint32_t node) {
    return heap->maps[heap->graph->map[node]].type;
}

/* The instance type of what a tagged word leads to; UINT32_MAX: to no node. */
static uint32_t type_at(v8s_heap *heap, uint64_t word) {
    uint32_t node =
        is_strong(word) && word - heap->graph->low < heap->graph->high - heap->graph->low
            ? v8s_graph_find(heap, word - 1)
            : NO_NODE;
    return node == NO_NODE ? UINT32_MAX : type_of(heap, node);
}

/* The type of what a strong pointer in the object at hand leads to; UINT32_MAX: there is none. */
static uint32_t slot_type(v8s_heap *heap, uint64_t offset) {
    uint32_t node = is_strong(word_at(heap->snapshot, offset)) ? slot_node(heap, offset) : NO_NODE;
    return node == NO_NODE ? UINT32_MAX : type_of(heap, node);
}

static int is_hole(v8s_heap *heap, uint64_t word, uint32_t node) {
    const v8s_snapshot_layout *l = &heap->snapshot->l;
    return word == heap->the_hole ||
           (l->hole_type != UINT32_MAX && is_strong(word) && type_of(heap, node) == l->hole_type);
}

static void put_to(struct snapshot *s, uint32_t kind, uint32_t name, int given, uint32_t node) {
    if (s->reached != NULL && kind != s->l.edge_weak && kind != s->l.edge_shortcut)
        s->reached[node] = s->node + 1;
    v8s_keep_edge(s, kind, name, given, 2 + (uint64_t)s->l.groups + v8s_rank(s, node));
}

/* An edge with an index. */
static void put(struct snapshot *s, uint32_t kind, uint32_t index, uint32_t node) {
    put_to(s, kind, index, 0, node);
}

/* An edge with the name that is this string. */
static void put_given(struct snapshot *s, uint32_t kind, uint32_t name, uint32_t node) {
    put_to(s, kind, name, 1, node);
}

/* An edge whose name is a number. */
static void put_number(struct snapshot *s, uint32_t kind, uint64_t number, uint32_t node) {
    if (number >= s->strings.numbers)
        s->strings.numbers = number + 1;
    put(s, kind, (uint32_t)number, node);
}

static void visit(struct snapshot *s, uint64_t offset) {
    s->visited[offset >> 3] = 1;
}

static int weak_by_rule(v8s_heap *heap, uint64_t offset) {
    struct graph *g = heap->graph;
    const struct snapshot *s = heap->snapshot;
    const struct shape *shape = &g->shapes[g->map[s->node]];
    for (uint32_t i = 0; i < shape->rule_count; i++) {
        const v8s_slot_rule *rule = &g->rules[shape->first_rule + i];
        if ((rule->rule == V8S_SLOTS_WEAK && offset == rule->first) ||
            (rule->rule == V8S_SLOTS_WEAK_TAIL && offset + rule->first >= s->size))
            return 1;
    }
    return 0;
}

/* A slot with a name that was given: internal, or weak. Plain objects are not shown. */
static void named_slot(v8s_heap *heap, uint64_t offset, uint32_t name) {
    struct snapshot *s = heap->snapshot;
    uint32_t node = kept_slot(heap, offset);
    if (node == NO_NODE || v8s_is_plain(s, node) || s->visited[offset >> 3])
        return;
    int weak = (word_at(s, offset) & 2) != 0 || weak_by_rule(heap, offset);
    put_given(s, weak ? s->l.edge_weak : s->l.edge_internal, name, node);
    visit(s, offset);
}

/* The string that names a property, and what kind of edge it is: V8 calls one without a name
   internal. */
static void property_edge(v8s_heap *heap, uint64_t key, uint32_t kind, uint32_t node,
                          struct property *cached) {
    struct snapshot *s = heap->snapshot;
    if (cached != NULL && cached->name != NO_NODE) {
        put_given(s, cached->edge, cached->name, node);
        return;
    }
    uint32_t type = s->l.edge_property, key_type = type_at(heap, key), flags;
    if (key_type == s->l.symbol_type) {
        if (kind == TEXT_GET || kind == TEXT_SET || kind == TEXT_STRING)
            kind = TEXT_SYMBOL;
    } else if (key_type < heap->layout.first_nonstring_type) {
        uint32_t length;
        if (!v8s_read(heap, key - 1 + heap->layout.string_length, &length, 4) || length == 0)
            type = s->l.edge_internal;
    } else {
        return;
    }
    if (kind == TEXT_SYMBOL && v8s_read(heap, key - 1 + s->l.symbol_flags, &flags, 4) &&
        (flags & s->l.symbol_private_name) != 0)
        kind = TEXT_PRIVATE;
    uint32_t name = v8s_name(heap, key, kind);
    if (cached != NULL) {
        cached->name = name;
        cached->edge = (uint8_t)type;
    }
    put_given(s, type, name, node);
}

/* The halves of an accessor. What is computed in C++ has no edge. */
static int accessor_edges(v8s_heap *heap, uint64_t key, uint64_t word, struct property *cached) {
    struct snapshot *s = heap->snapshot;
    uint32_t pair = kept_node(heap, word);
    if (pair == NO_NODE || type_of(heap, pair) != s->l.accessor_pair_type)
        return 0;
    property_edge(heap, key, TEXT_STRING, pair, cached);
    uint64_t address = heap->graph->address[pair];
    uint32_t half = kept_node(heap, read_word(heap, address + s->l.pair_getter));
    if (half != NO_NODE && type_of(heap, half) != s->l.oddball_type)
        property_edge(heap, key, TEXT_GET, half, NULL);
    half = kept_node(heap, read_word(heap, address + s->l.pair_setter));
    if (half != NO_NODE && type_of(heap, half) != s->l.oddball_type)
        property_edge(heap, key, TEXT_SET, half, NULL);
    return 1;
}

/* Whether an object's first word is all that is shown of it. */
static uint8_t is_bare(v8s_heap *heap, uint32_t map, const struct plan *plan) {
    const struct snapshot *s = heap->snapshot;
    const struct shape *shape = v8s_graph_shape(heap, map);
    const uint32_t harmless = V8S_VIEW_PLAIN | V8S_VIEW_EXTERNAL | V8S_VIEW_ODD | V8S_VIEW_MASKED;
    if (shape == NULL || shape->raw != 8 || shape->code != 0 || shape->pairs != 0 ||
        plan->slot_count != 0 || plan->tag_count != 0 || (s->views[map].flags & ~harmless) != 0 ||
        s->views[map].rule == V8S_NAME_SHARED)
        return 0;
    for (uint32_t i = 0; i < shape->rule_count; i++)
        if (heap->graph->rules[shape->first_rule + i].rule != V8S_SLOTS_RAW)
            return 0;
    return 1;
}

/* The first of the tags for objects of a type. */
static uint32_t first_tag(const struct snapshot *s, uint32_t type) {
    uint64_t low = 0, high = s->tag_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->tags[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

/* What is known of a Map's instances; NULL: no memory. */
static struct plan *plan_of(v8s_heap *heap, uint32_t map) {
    struct snapshot *s = heap->snapshot;
    struct plan *plan = &s->plans[map];
    if (plan->known)
        return plan;
    const v8s_snapshot_layout *l = &s->l;
    uint64_t address = heap->maps[map].address;
    uint32_t type = heap->maps[map].type;
    uint8_t start = 0, bits2 = 0, size = 0;
    plan->known = 1;
    plan->prototype = NO_NODE;
    uint64_t low = 0, high = s->slot_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->slots[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    plan->first_slot = (uint32_t)low;
    while (low < s->slot_count && s->slots[low].type == type)
        low++;
    plan->slot_count = (uint32_t)low - plan->first_slot;
    plan->first_tag = first_tag(s, type);
    while (plan->first_tag + plan->tag_count < s->tag_count &&
           s->tags[plan->first_tag + plan->tag_count].type == type)
        plan->tag_count++;
    plan->bare = is_bare(heap, map, plan);
    if ((s->views[map].flags & V8S_VIEW_OBJECT) == 0)
        return plan;
    (void)v8s_read(heap, address + l->map_inobject_start, &start, 1);
    (void)v8s_read(heap, address + l->map_bit_field2, &bits2, 1);
    (void)v8s_read(heap, address + heap->layout.map_instance_size, &size, 1);
    (void)v8s_read(heap, address + l->map_bit_field, &plan->bit_field, 1);
    plan->prototype = kept_node(heap, read_word(heap, address + heap->layout.map_prototype));
    plan->inside = 8 * (uint32_t)start;
    plan->elements_kind = (uint8_t)(bits2 >> l->map_elements_shift);
    uint32_t bits3 = heap->maps[map].bit_field3;
    if ((bits3 >> heap->layout.dictionary_bit & 1) != 0)
        return plan;
    uint32_t own =
        (bits3 & heap->layout.own_descriptors_mask) >> heap->layout.own_descriptors_shift;
    uint64_t array = read_word(heap, address + heap->layout.map_descriptors);
    if (own > MAX_OWN || !is_strong(array))
        return plan;
    uint32_t inside = size > start ? (uint32_t)(size - start) : 0;
    struct property *properties = v8s_room(s->properties, s->property_count + own + 1,
                                           &s->property_capacity, sizeof *properties);
    if (properties == NULL) {
        s->error = V8S_ENOMEM;
        return NULL;
    }
    s->properties = properties;
    if (s->property_count > MAX_PLANNED) { /* the last one is always there */
        plan->known = 0;
        s->property_count = MAX_PLANNED;
    }
    plan->first = (uint32_t)s->property_count;
    uint64_t at = array - 1 + heap->layout.descriptors_header;
    for (uint32_t i = 0; i < own; i++, at += 8 * (uint64_t)heap->layout.descriptor_words) {
        uint64_t key = read_word(heap, at), packed = read_word(heap, at + 8);
        if (!is_strong(key) || !is_smi(packed))
            break;
        uint32_t details = (uint32_t)(packed >> 32);
        uint32_t representation = details >> l->representation_shift & l->representation_mask;
        struct property *property = &s->properties[s->property_count];
        *property = (struct property){
            key, 0, NO_NODE, 0, PLACE_CONSTANT, details >> l->descriptor_kind_bit & 1, 0};
        if ((details >> l->descriptor_location_bit & 1) != 0) {
            property->constant = read_word(heap, at + 16);
        } else {
            uint32_t field = details >> l->field_index_shift & l->field_index_mask;
            if (representation == 1 || representation == 2) /* Smi, double: V8 shows no values */
                continue;
            property->place = field < inside ? PLACE_OBJECT : PLACE_ARRAY;
            property->index = field < inside ? plan->inside + 8 * field : field - inside;
        }
        s->property_count++;
    }
    plan->count = (uint32_t)(s->property_count - plan->first);
    return plan;
}

static void fast_properties(v8s_heap *heap, const struct plan *plan) {
    struct snapshot *s = heap->snapshot;
    uint64_t array = 0, length = 0;
    for (uint32_t i = 0; i < plan->count && v8s_step(s); i++) {
        struct property *property = &s->properties[plan->first + i];
        uint64_t word = property->constant, offset = 0;
        if (property->place == PLACE_OBJECT) {
            offset = property->index;
            if (!property->accessor) {
                uint32_t held = kept_slot(heap, offset);
                if (held == NO_NODE)
                    continue;
                property_edge(heap, property->key, TEXT_STRING, held, property);
                visit(s, offset);
                continue;
            }
            if (offset + 8 > s->size)
                continue;
            word = word_at(s, offset);
        } else if (property->place == PLACE_ARRAY) {
            if (array == 0) {
                array = word_at(s, heap->layout.properties_or_hash);
                if (slot_type(heap, heap->layout.properties_or_hash) != s->l.property_array_type)
                    continue;
                length = read_word(heap, array - 1 + heap->layout.fixed_array_length) >> 32 &
                         s->l.property_array_mask;
            }
            if (property->index >= length)
                continue;
            word = read_word(heap, array - 1 + heap->layout.fixed_array_data +
                                       8 * (uint64_t)property->index);
        }
        if (property->accessor) {
            if (accessor_edges(heap, property->key, word, property) && offset != 0)
                visit(s, offset);
            continue;
        }
        uint32_t node = kept_node(heap, word & ~(uint64_t)2);
        if (node != NO_NODE)
            property_edge(heap, property->key, TEXT_STRING, node, property);
    }
}

/* First entry and number of entries of a hash table; 0: it is none. */
static uint64_t entries(v8s_heap *heap, uint64_t table, uint32_t first, uint32_t words,
                        uint64_t *at) {
    const v8s_layout *l = &heap->layout;
    uint64_t length = read_word(heap, table - 1 + l->fixed_array_length);
    uint64_t capacity =
        read_word(heap, table - 1 + l->fixed_array_data + 8 * (uint64_t)l->dictionary_capacity);
    if (!is_smi(length) || !is_smi(capacity))
        return 0;
    capacity >>= 32;
    if (first + capacity * words > length >> 32)
        return 0;
    *at = table - 1 + l->fixed_array_data + 8 * (uint64_t)first;
    return capacity;
}

static void masked_edge(struct snapshot *s, uint32_t node) {
    put_given(s, s->l.edge_property, s->l.name_masked, node);
}

static void slow_property(v8s_heap *heap, uint64_t key, uint64_t value, uint64_t details) {
    struct snapshot *s = heap->snapshot;
    uint32_t node = kept_node(heap, value);
    int masked = s->l.masked && (s->view->flags & V8S_VIEW_MASKED) != 0 &&
                 type_at(heap, key) != s->l.symbol_type;
    if ((details >> 32 >> s->l.dictionary_kind_bit & 1) != 0)
        accessor_edges(heap, key, value, NULL);
    else if (node != NO_NODE && masked)
        masked_edge(s, node);
    else if (node != NO_NODE)
        property_edge(heap, key, TEXT_STRING, node, NULL);
}

static void slow_properties(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    uint64_t table = word_at(s, heap->layout.properties_or_hash), at;
    uint32_t type = slot_type(heap, heap->layout.properties_or_hash);
    if ((s->view->flags & V8S_VIEW_GLOBAL) != 0) {
        uint64_t count = type == s->l.global_dictionary_type
                             ? entries(heap, table, s->l.global_first, 1, &at)
                             : 0;
        for (; count > 0 && v8s_step(s); count--, at += 8) {
            uint64_t cell = read_word(heap, at);
            if (type_at(heap, cell) != s->l.property_cell_type)
                continue;
            uint64_t value = read_word(heap, cell - 1 + s->l.cell_value);
            slow_property(heap, read_word(heap, cell - 1 + s->l.cell_name), value,
                          read_word(heap, cell - 1 + s->l.cell_details));
        }
        return;
    }
    if (type != s->l.name_dictionary_type)
        return;
    uint64_t count =
        entries(heap, table, heap->layout.dictionary_first, heap->layout.dictionary_words, &at);
    for (; count > 0 && v8s_step(s); count--, at += 8 * (uint64_t)heap->layout.dictionary_words) {
        uint64_t key = read_word(heap, at);
        if (is_strong(key) && key != heap->undefined && key != heap->the_hole)
            slow_property(heap, key, read_word(heap, at + 8), read_word(heap, at + 16));
    }
}

/* What a FixedArray holds as elements of an array. */
static void array_edges(v8s_heap *heap, uint32_t store, uint64_t length) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t at = g->address[store] + heap->layout.fixed_array_data, available, e = 0;
    const uint8_t *p = v8s_view(heap, g->address[store], &available);
    uint64_t size = 8 * (uint64_t)g->words[store];
    int whole = p != NULL && available >= size && row_matches(heap, store, p, size, &e);
    e += whole && points(g, load64(p)); /* the Map */
    for (uint64_t i = 0; i < length && v8s_step(s); i++, at += 8) {
        uint64_t word;
        uint32_t node;
        if (whole) {
            if (at + 8 > g->address[store] + size)
                break;
            word = load64(p + (at - g->address[store]));
            if (!points(g, word))
                continue;
            node = if_kept(s, g->out.target[e++] & NODE_MASK);
        } else {
            if (!v8s_read64(heap, at, &word))
                break;
            node = kept_node(heap, word);
        }
        if (node != NO_NODE && !is_hole(heap, word, node))
            put(s, s->l.edge_element, (uint32_t)i, node);
    }
}

static void element_edges(v8s_heap *heap, const struct plan *plan) {
    struct snapshot *s = heap->snapshot;
    uint64_t store = word_at(s, s->l.object_elements), at;
    if (plan->elements_kind == s->l.elements_packed || plan->elements_kind == s->l.elements_holey) {
        if (slot_type(heap, s->l.object_elements) != s->l.fixed_array_type)
            return;
        uint64_t length = read_word(heap, store - 1 + heap->layout.fixed_array_length) >> 32;
        if (heap->maps[heap->graph->map[s->node]].type == heap->layout.js_array_type &&
            smi_at(s, heap->layout.array_length) < length)
            length = smi_at(s, heap->layout.array_length);
        array_edges(heap, slot_node(heap, s->l.object_elements), length);
    } else if (plan->elements_kind == s->l.elements_dictionary &&
               slot_type(heap, s->l.object_elements) == s->l.number_dictionary_type) {
        uint64_t count = entries(heap, store, s->l.number_first, 3, &at);
        for (; count > 0 && v8s_step(s); count--, at += 24) {
            uint64_t key = read_word(heap, at);
            uint32_t node = kept_node(heap, read_word(heap, at + 8)), index = (uint32_t)(key >> 32);
            if ((key & 1) != 0) {
                double number = -1;
                if (type_at(heap, key) != s->l.heap_number_type ||
                    !v8s_read(heap, key - 1 + s->l.heap_number_value, &number, 8) ||
                    !(number >= 0 && number < 4294967296.0))
                    continue;
                index = (uint32_t)number;
            }
            if (node != NO_NODE)
                put(s, s->l.edge_element, index, node);
        }
    }
}

static uint64_t map_address(v8s_heap *heap) {
    return heap->maps[heap->graph->map[heap->snapshot->node]].address;
}

/* The Code of a function, in it or in the dispatch table. */
static uint32_t code_of(v8s_heap *heap, uint64_t *offset) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    const struct shape *shape = &g->shapes[g->map[s->node]];
    *offset = s->l.function_code;
    for (uint32_t i = 0; i < shape->rule_count; i++) {
        const v8s_slot_rule *rule = &g->rules[shape->first_rule + i];
        if (rule->rule != V8S_SLOTS_HANDLE)
            continue;
        uint32_t handle = rule->first + (uint64_t)4 <= s->size ? load32(s->bytes + rule->first) : 0;
        if (g->dispatch_table == 0 || handle == 0)
            return NO_NODE;
        uint64_t entry = read_word(
            heap, g->dispatch_table + DISPATCH_ENTRY * (uint64_t)(handle >> DISPATCH_SHIFT) + 8);
        *offset = 0;
        return kept_node(heap, (entry >> DISPATCH_CODE_SHIFT & ~(uint64_t)1) | 1);
    }
    return kept_node(heap, word_at(s, *offset));
}

static void function_edges(v8s_heap *heap, const struct plan *plan) {
    struct snapshot *s = heap->snapshot;
    uint64_t offset = s->l.function_prototype;
    if ((plan->bit_field >> s->l.map_prototype_slot_bit & 1) != 0 && offset + 8 <= s->size) {
        uint32_t node = kept_slot(heap, offset);
        if (node != NO_NODE && type_of(heap, node) == heap->layout.map_type) {
            uint32_t prototype = kept_node(
                heap, read_word(heap, heap->graph->address[node] + heap->layout.map_prototype));
            if (prototype != NO_NODE)
                put_given(s, s->l.edge_property, s->l.name_prototype, prototype);
            put_given(s, s->l.edge_internal, s->l.name_initial_map, node);
            visit(s, offset);
        } else if (node != NO_NODE && !v8s_is_plain(s, node)) {
            put_given(s, s->l.edge_property, s->l.name_prototype, node);
            visit(s, offset);
        }
    }
    uint32_t code = code_of(heap, &offset);
    if (code != NO_NODE) {
        put_given(s, s->l.edge_internal, s->l.name_code, code);
        if (offset != 0)
            visit(s, offset);
    }
}

static void bound_edges(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    uint64_t array = word_at(s, s->l.bound_arguments);
    if (type_at(heap, array) != s->l.fixed_array_type)
        return;
    uint64_t length = read_word(heap, array - 1 + heap->layout.fixed_array_length) >> 32;
    for (uint64_t i = 0; i < length && v8s_step(s); i++) {
        uint64_t word;
        if (!v8s_read64(heap, array - 1 + heap->layout.fixed_array_data + 8 * i, &word))
            break;
        uint32_t node = kept_node(heap, word);
        if (node != NO_NODE)
            put_given(s, s->l.edge_shortcut, v8s_name(heap, i, TEXT_BOUND), node);
    }
}

static void object_edges(v8s_heap *heap, const struct plan *plan) {
    struct snapshot *s = heap->snapshot;
    uint32_t bits3 = heap->maps[heap->graph->map[s->node]].bit_field3;
    if ((bits3 >> heap->layout.dictionary_bit & 1) != 0)
        slow_properties(heap);
    else
        fast_properties(heap, plan);
    element_edges(heap, plan);
    if ((s->view->flags & V8S_VIEW_INLINE) != 0)
        for (uint64_t at = s->view->first; at < plan->inside && at + 8 <= s->size; at += 8) {
            uint32_t node = kept_slot(heap, at);
            if (node != NO_NODE && !v8s_is_plain(s, node) && !s->visited[at >> 3]) {
                put_number(s, s->l.edge_internal, (at - s->view->first) >> 3, node);
                visit(s, at);
            }
        }
    if (plan->prototype != NO_NODE)
        put_given(s, s->l.edge_property, s->l.name_proto, plan->prototype);
    if ((s->view->flags & V8S_VIEW_FUNCTION) != 0)
        function_edges(heap, plan);
    if ((s->view->flags & V8S_VIEW_BOUND) != 0)
        bound_edges(heap);
    named_slot(heap, heap->layout.properties_or_hash, s->l.name_properties);
    named_slot(heap, s->l.object_elements, s->l.name_elements);
}

static void context_edges(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    uint64_t first, last;
    if (!v8s_scope(heap, word_at(s, s->l.context_slots), &first, &last))
        return;
    for (; first < last && v8s_step(s); first++) {
        uint64_t offset = s->l.context_slots + 8 * (uint64_t)s->variables[first].slot;
        if (offset + 8 > s->size)
            continue;
        uint32_t node = kept_slot(heap, offset);
        if (node == NO_NODE)
            continue;
        put_given(s, s->l.edge_context, v8s_name(heap, s->variables[first].name, TEXT_STRING),
                  node);
        visit(s, offset);
    }
    uint64_t extension = s->l.context_slots + 8 * (uint64_t)s->l.context_extension;
    if (extension + 8 <= s->size && v8s_scope_extends(heap, word_at(s, s->l.context_slots)))
        named_slot(heap, extension, s->l.name_extension);
}

/* Slots of a Map whose names depend on what is in them. */
static void map_edges(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    const v8s_snapshot_layout *l = &s->l;
    uint64_t word = word_at(s, l->map_transitions);
    uint32_t type = type_at(heap, word & ~(uint64_t)2);
    uint32_t bits3 = (uint32_t)0;
    if ((word & 3) == 3)
        named_slot(heap, l->map_transitions, l->name_transition);
    else if (type == l->transition_array_type)
        named_slot(heap, l->map_transitions, l->name_transitions);
    else if (type == l->fixed_array_type)
        named_slot(heap, l->map_transitions, l->name_transition);
    else if ((word & 3) == 1 && heap->layout.map_bit_field3 + (uint64_t)4 <= s->size &&
             (bits3 = load32(s->bytes + heap->layout.map_bit_field3),
              bits3 >> l->map_prototype_map_bit & 1) != 0)
        named_slot(heap, l->map_transitions, l->name_prototype_info);
    uint32_t of = heap->layout.map_instance_type + (uint64_t)2 <= s->size
                      ? load16(s->bytes + heap->layout.map_instance_type)
                      : 0;
    type = type_at(heap, word_at(s, l->map_constructor));
    if (of == heap->layout.map_type || (of >= l->map_context_first && of <= l->map_context_last))
        named_slot(heap, l->map_constructor, l->name_native_context);
    else if (type == heap->layout.map_type)
        named_slot(heap, l->map_constructor, l->name_back_pointer);
    else if (type == l->function_template_type)
        named_slot(heap, l->map_constructor, l->name_constructor_data);
    else
        named_slot(heap, l->map_constructor, l->name_constructor);
}

static int code_is_baseline(const struct snapshot *s) {
    return s->l.code_flags + (uint64_t)4 <= s->size &&
           (load32(s->bytes + s->l.code_flags) & s->l.code_kind_mask) == s->l.code_baseline;
}

static void code_edges(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    int baseline = code_is_baseline(s);
    named_slot(heap, s->l.code_data,
               baseline ? s->l.name_interpreter_data : s->l.name_deoptimization_data);
    named_slot(heap, s->l.code_positions,
               baseline ? s->l.name_offset_table : s->l.name_position_table);
}

/* Keys and values of a weak collection: V8 numbers their slots, and each pair has two more edges,
   from its key and from the table. */
static void ephemeron_edges(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t at = g->shapes[g->map[s->node]].pairs;
    for (; at != 0 && at + 8 <= s->size; at += 8) {
        uint32_t node = kept_slot(heap, at);
        visit(s, at);
        if (node != NO_NODE && !v8s_is_plain(s, node) && at >= s->view->first)
            put_number(s, s->l.edge_weak, (at - s->view->first) >> 3, node);
    }
    while (s->pair_by_table < g->pair_count &&
           g->pairs[g->by_table[s->pair_by_table]].table < s->node)
        s->pair_by_table++;
    for (; s->pair_by_table < g->pair_count; s->pair_by_table++) {
        uint32_t index = g->by_table[s->pair_by_table];
        const struct pair *pair = &g->pairs[index];
        if (pair->table != s->node)
            break;
        if (!v8s_is_kept(s, pair->key) || !v8s_is_kept(s, pair->value))
            continue;
        put_given(s, s->l.edge_internal, v8s_name(heap, index, TEXT_PAIR), pair->value);
    }
}

/* From a key to its values. */
static void key_edges(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    while (s->pair_by_key < g->pair_count && g->pairs[s->pair_by_key].key < s->node)
        s->pair_by_key++;
    for (; s->pair_by_key < g->pair_count && g->pairs[s->pair_by_key].key == s->node;
         s->pair_by_key++) {
        const struct pair *pair = &g->pairs[s->pair_by_key];
        if (pair->key == pair->table || !v8s_is_kept(s, pair->table) ||
            !v8s_is_kept(s, pair->value))
            continue;
        put_given(s, s->l.edge_internal, v8s_name(heap, s->pair_by_key, TEXT_PAIR), pair->value);
    }
}

/* Of an object with no tagged words but its Map. */
static void bare_edges(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t first = g->out.start[s->node];
    if (v8s_graph_is_cut(g, s->node))
        return;
    key_edges(heap);
    if (first == g->out.start[s->node + 1] ||
        g->out.target[first] >> V8S_EDGE_SHIFT == V8S_EDGE_EPHEMERON)
        return;
    uint32_t map = g->out.target[first] & NODE_MASK;
    if (v8s_is_kept(s, map) && !v8s_is_plain(s, map))
        put_given(s, s->l.edge_internal, s->l.name_map, map);
}

static void buffer_edge(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    uint64_t low = 0, high = s->buffer_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->buffer[middle] < s->node)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < s->buffer_count && s->buffer[low] == s->node)
        v8s_keep_edge(s, s->l.edge_internal, s->l.name_backing_store, 1,
                      2 + (uint64_t)s->l.groups + s->kept_count + s->shared[low]);
}

/* What is left: slots in their order. Plain objects count, but are not shown. */
static void hidden_edges(v8s_heap *heap, uint64_t from, uint64_t end) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    int numbered = (s->view->flags & V8S_VIEW_NUMBERED) != 0;
    for (uint64_t at = from; at + 8 <= end; at += 8) {
        if (s->visited[at >> 3]) {
            s->visited[at >> 3] = 0;
            continue;
        }
        uint32_t node = kept_slot(heap, at);
        if (node == NO_NODE)
            continue;
        int plain = v8s_is_plain(s, node), weak = (load64(s->bytes + at) & 2) != 0;
        if (numbered && at >= s->view->first && !plain) {
            put_number(s, weak ? s->l.edge_weak : s->l.edge_internal, (at - s->view->first) >> 3,
                       node);
            continue;
        }
        uint32_t index = s->next_hidden++;
        if (plain || (g->shapes[g->map[s->node]].rule_count != 0 && weak_by_rule(heap, at)))
            continue; /* V8 hides its own weak lists */
        if (weak)
            put_number(s, s->l.edge_weak, index, node);
        else
            put(s, s->l.edge_hidden, index, node);
    }
}

/* How many edges the words of [at, end) are in the graph. */
static uint64_t slots_in(v8s_heap *heap, uint64_t at, uint64_t end) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t count = 0;
    for (; at + 8 <= end; at += 8) {
        uint64_t word = load64(s->bytes + at);
        if (points(g, word))
            count += v8s_graph_find(heap, word & ~(uint64_t)3) != NO_NODE;
    }
    return count;
}

/* What machine code points to: in the graph these edges are behind those of the slots. */
static void code_pointers(v8s_heap *heap, uint64_t from) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t end = g->out.start[s->node + 1];
    for (uint64_t e = g->out.start[s->node] + from; e < end; e++) {
        uint32_t node = g->out.target[e] & NODE_MASK, index = s->next_hidden++;
        if (!v8s_is_kept(s, node) || v8s_is_plain(s, node))
            continue;
        if (g->out.target[e] >> V8S_EDGE_SHIFT == V8S_EDGE_WEAK)
            put_number(s, s->l.edge_weak, index, node);
        else
            put(s, s->l.edge_hidden, index, node);
    }
}

/* Its bytes, in one piece. */
static int read_object(v8s_heap *heap, uint32_t node) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint64_t available;
    s->node = node;
    s->address = g->address[node];
    s->size = 8 * (uint64_t)g->words[node];
    s->view = &s->views[g->map[node]];
    s->next_hidden = 0;
    if (v8s_graph_shape(heap, g->map[node]) == NULL) {
        s->error = V8S_ENOMEM;
        return 0;
    }
    s->bytes = v8s_view(heap, s->address, &available);
    if (s->bytes != NULL && available >= s->size)
        return 1;
    if (s->size > MAX_COPY) { /* of what is not in one piece, or not there */
        s->size = s->bytes != NULL ? available & ~(uint64_t)7 : 0;
        return s->bytes != NULL;
    }
    if (s->copy_size < s->size) {
        uint8_t *bigger = realloc(s->copy, (size_t)s->size);
        if (bigger == NULL) {
            s->error = V8S_ENOMEM;
            return 0;
        }
        s->copy = bigger;
        s->copy_size = s->size;
    }
    memset(s->copy, 0, (size_t)s->size);
    for (uint64_t at = 0; at < s->size;) {
        const uint8_t *p = v8s_view(heap, s->address + at, &available);
        if (p == NULL) {
            uint64_t next = v8s_next_readable(heap, s->address + at) - s->address;
            if (next >= s->size)
                break;
            at = next;
            continue;
        }
        uint64_t n = available < s->size - at ? available : s->size - at;
        memcpy(s->copy + at, p, (size_t)n);
        at += n;
    }
    s->bytes = s->copy;
    return 1;
}

/* Finds what the slots of the object at hand lead to: the graph has it already, in their order. */
static void find_held(v8s_heap *heap) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    const struct shape *shape = &g->shapes[g->map[s->node]];
    uint64_t end = s->size < shape->raw ? s->size : shape->raw, e;
    s->tagged_gap = shape->gap > 8 ? shape->gap : 8;
    s->tagged_end = end & ~(uint64_t)7;
    int matches = row_matches(heap, s->node, s->bytes, s->size, &e);
    for (uint64_t at = 0; at + 8 <= end; at = at == 0 ? s->tagged_gap : at + 8) {
        uint64_t word = load64(s->bytes + at);
        if (!points(g, word))
            s->held[at >> 3] = NO_NODE;
        else if (matches)
            s->held[at >> 3] = g->out.target[e++] & NODE_MASK;
        else
            s->held[at >> 3] = v8s_graph_find(heap, word & ~(uint64_t)3);
    }
}

/* Makes a node the object at hand; 0: it can't be read. */
static int take_object(v8s_heap *heap, uint32_t node) {
    struct snapshot *s = heap->snapshot;
    if (!read_object(heap, node))
        return 0;
    if (s->visited_size < s->size / 8) {
        uint64_t size = s->size / 4 + 1024;
        free(s->visited); /* all of it is 0 between two objects */
        free(s->held);
        s->visited = calloc((size_t)size, 1);
        s->held = malloc((size_t)size * sizeof *s->held);
        s->visited_size = s->visited != NULL && s->held != NULL ? size : 0;
        if (s->visited_size == 0) {
            s->error = V8S_ENOMEM;
            return 0;
        }
    }
    find_held(heap);
    return 1;
}

/* Tags: what an object makes of the nodes that it holds. */

static void tag(v8s_heap *heap, uint32_t node, uint32_t name, uint32_t node_type, int overrides) {
    struct snapshot *s = heap->snapshot;
    uint32_t index = 0;
    if (node == NO_NODE || v8s_is_plain(s, node))
        return;
    if (name != 0 && (s->tag[node] & 0x7f) == 0) {
        while (index < s->tagged_names && s->tagged_name[index] != name)
            index++;
        if (index == s->tagged_names && index < 0x7f)
            s->tagged_name[s->tagged_names++] = name;
        if (index < 0x7f)
            s->tag[node] = (uint16_t)(s->tag[node] | (index + 1) | (overrides ? 0x80u : 0));
    }
    if (node_type != UINT32_MAX)
        s->tag[node] = (uint16_t)((s->tag[node] & 0xff) | (node_type + 1) << 8);
}

static void tag_node(v8s_heap *heap, uint64_t word, uint32_t name, uint32_t node_type,
                     int overrides) {
    tag(heap, kept_node(heap, word), name, node_type, overrides);
}

static int is_array(const struct snapshot *s, uint32_t type) {
    return type == s->l.fixed_array_type || type == s->l.trusted_array_type;
}

static void tag_pool(v8s_heap *heap, uint64_t word, const v8s_tag *rule, int depth) {
    struct snapshot *s = heap->snapshot;
    uint32_t type = type_at(heap, word);
    if (!is_array(s, type) && type != s->l.name_dictionary_type &&
        type != s->l.number_dictionary_type)
        return;
    tag_node(heap, word, rule->name, rule->node_type, type == s->l.trusted_array_type);
    if (depth <= 1 || !is_array(s, type))
        return;
    uint64_t length = read_word(heap, word - 1 + heap->layout.fixed_array_length) >> 32;
    for (uint64_t i = 0, item; i < length && v8s_step(s); i++) {
        if (!v8s_read64(heap, word - 1 + heap->layout.fixed_array_data + 8 * i, &item))
            break;
        if (is_strong(item))
            tag_pool(heap, item, rule, depth - 1);
    }
}

static void tag_held(v8s_heap *heap, const struct plan *plan) {
    struct snapshot *s = heap->snapshot;
    const v8s_node_view *view = s->view;
    if ((view->flags & V8S_VIEW_OBJECT) != 0) {
        tag(heap, kept_slot(heap, heap->layout.properties_or_hash), s->l.tag_properties, UINT32_MAX,
            0);
        tag(heap, kept_slot(heap, s->l.object_elements), s->l.tag_elements, UINT32_MAX, 0);
    }
    if ((view->flags & V8S_VIEW_FUNCTION) != 0)
        tag(heap, kept_slot(heap, s->l.function_shared), s->l.tag_shared, UINT32_MAX, 0);
    if (view->rule == V8S_NAME_SHARED && s->l.tag_all_shared)
        tag(heap, s->node, s->l.tag_shared, UINT32_MAX, 0);
    for (uint32_t k = 0; k < plan->tag_count; k++) {
        const v8s_tag *rule = &s->tags[plan->first_tag + k];
        uint64_t word = word_at(s, rule->offset);
        if (rule->how == V8S_TAG_ONE) {
            tag_node(heap, word, rule->name, rule->node_type, 0);
        } else if (rule->how == V8S_TAG_POOL) {
            tag_pool(heap, word, rule, 3);
        } else if (rule->how == V8S_TAG_FEEDBACK) {
            for (uint64_t at = rule->offset; at + 8 <= s->size; at += 8) {
                word = load64(s->bytes + at);
                uint32_t held = is_strong(word) ? type_at(heap, word) : UINT32_MAX;
                if (held == s->l.weak_array_type || held == s->l.fixed_array_type)
                    tag_node(heap, word, rule->name, rule->node_type, 0);
            }
        } else if (rule->how == V8S_TAG_NAMES) {
            if (type_at(heap, word) == s->l.scope_table_type)
                tag_node(heap, word, rule->name, rule->node_type, 0);
        } else if (rule->how == V8S_TAG_POSITIONS) {
            tag_node(heap, word, code_is_baseline(s) ? s->l.tag_offset_table : rule->name,
                     rule->node_type, 0);
        } else if (!code_is_baseline(s) && is_strong(word)) {
            uint64_t length = read_word(heap, word - 1 + heap->layout.fixed_array_length) >> 32;
            if (kept_node(heap, word) == NO_NODE || length > 16)
                length = kept_node(heap, word) == NO_NODE ? 0 : 16;
            tag_node(heap, word, rule->name, rule->node_type, 0);
            for (uint64_t i = 0; i < length; i++) {
                uint64_t item = read_word(heap, word - 1 + heap->layout.fixed_array_data + 8 * i);
                uint32_t held = is_strong(item) ? type_at(heap, item) : UINT32_MAX;
                if (held != UINT32_MAX &&
                    (s->views[heap->graph->map[v8s_graph_find(heap, item - 1)]].flags &
                     V8S_VIEW_DEOPT) != 0)
                    tag_node(heap, item, rule->name, rule->node_type, 0);
            }
        }
    }
}

static void object_at_hand(v8s_heap *heap, const struct plan *plan) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    uint32_t map = g->map[s->node];
    uint32_t flags = s->view->flags;
    int cut = v8s_graph_is_cut(g, s->node);
    for (uint32_t i = 0; i < g->shapes[map].rule_count; i++) {
        const v8s_slot_rule *rule = &g->rules[g->shapes[map].first_rule + i];
        if (rule->rule == V8S_SLOTS_SKIP && rule->first + (uint64_t)8 <= s->size)
            visit(s, rule->first);
    }
    if (!cut) {
        if ((flags & V8S_VIEW_OBJECT) != 0)
            object_edges(heap, plan);
        if ((flags & V8S_VIEW_CONTEXT) != 0)
            context_edges(heap);
        if ((flags & V8S_VIEW_MAP) != 0)
            map_edges(heap);
        if ((flags & V8S_VIEW_CODE) != 0)
            code_edges(heap);
        if ((flags & V8S_VIEW_BUFFER) != 0)
            buffer_edge(heap);
        if ((flags & V8S_VIEW_EPHEMERONS) != 0)
            ephemeron_edges(heap);
        for (uint32_t i = 0; i < plan->slot_count; i++) {
            const v8s_named_slot *slot = &s->slots[plan->first_slot + i];
            if (slot->offset + (uint64_t)8 <= s->size)
                named_slot(heap, slot->offset, slot->name);
        }
        if ((flags & V8S_VIEW_PROXY) != 0) {
            uint64_t prototype = read_word(heap, map_address(heap) + heap->layout.map_prototype);
            uint32_t global = kept_node(heap, prototype);
            uint32_t context =
                kept_node(heap, read_word(heap, map_address(heap) + s->l.map_constructor));
            if (context != NO_NODE && type_of(heap, context) == s->l.native_context_type)
                put_given(s, s->l.edge_shortcut, s->l.name_native_context, context);
            if (global != NO_NODE && type_of(heap, global) == heap->layout.js_global_object_type)
                put_given(s, s->l.edge_shortcut, s->l.name_global_object, global);
        }
        key_edges(heap);
        named_slot(heap, 0, s->l.name_map);
        const struct shape *shape = &g->shapes[map];
        uint64_t end = s->size < shape->raw ? s->size : shape->raw;
        uint64_t gap = shape->gap > 8 ? shape->gap : 8;
        hidden_edges(heap, 0, end < 8 ? end : 8);
        if (end > gap)
            hidden_edges(heap, gap, end);
        if (shape->code != 0 && shape->code < s->size)
            code_pointers(heap, slots_in(heap, 0, end < 8 ? end : 8) +
                                    (end > gap ? slots_in(heap, gap, end) : 0));
    }
    memset(s->visited, 0, (size_t)(s->size / 8));
}

/* All edges of a node that is kept, and what it makes of the nodes that it holds. */
void v8s_edges_of(v8s_heap *heap, uint32_t node) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    const struct plan *plan = plan_of(heap, g->map[node]);
    if (plan == NULL)
        return;
    if (plan->bare) {
        s->node = node;
        bare_edges(heap);
    } else if (take_object(heap, node)) {
        tag_held(heap, plan);
        object_at_hand(heap, plan);
    }
    if (s->rest != NULL)
        v8s_rest_edges(s);
}
