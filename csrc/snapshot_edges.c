/*
 * The edges of one object as V8's heap snapshot shows them (V8: src/profiler/
 * heap-snapshot-generator.cc, V8HeapExplorer): first what follows from several slots, properties,
 * elements, variables; then slots that have a name; then all other slots, numbered. Objects of V8's
 * own that are everywhere (oddballs, empty arrays, a few Maps) are shown as values only.
 */
#include <stdlib.h>

#include "snapshot_object.h"

#define DISPATCH_SHIFT 8 /* as in edges.c */
#define DISPATCH_ENTRY 16
#define DISPATCH_CODE_SHIFT 16

static int is_hole(v8s_heap *heap, uint64_t word, uint32_t node) {
    const v8s_snapshot_layout *l = &heap->snapshot->l;
    return word == heap->the_hole ||
           (l->hole_type != UINT32_MAX && is_strong(word) && type_of(heap, node) == l->hole_type);
}

static void put_to(struct snapshot *s, uint32_t kind, uint32_t name, int given, uint32_t node) {
    if (s->reached != NULL && kind != s->l.edge_weak && kind != s->l.edge_shortcut)
        s->reached[node] = s->node + 1;
    v8s_keep_edge(s, kind, name, given, v8s_number_of(s, node));
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
    int whole = p != NULL && available >= size && v8s_row_matches(heap, store, p, size, &e);
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
    uint64_t at = v8s_lower_bound(s->buffer, s->buffer_count, s->node);
    if (at < s->buffer_count && s->buffer[at] == s->node)
        v8s_keep_edge(s, s->l.edge_internal, s->l.name_backing_store, 1,
                      v8s_first_object(s) + s->kept_count + s->shared[at]);
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
    const struct plan *plan = v8s_plan_of(heap, g->map[node]);
    if (plan == NULL)
        return;
    if (plan->bare) {
        s->node = node;
        bare_edges(heap);
    } else if (v8s_take_object(heap, node)) {
        v8s_tag_held(heap, plan);
        object_at_hand(heap, plan);
    }
    if (s->rest != NULL)
        v8s_rest_edges(s);
}
