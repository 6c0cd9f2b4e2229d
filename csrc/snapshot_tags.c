/*
 * Tags: what an object makes of the nodes that it holds (V8: V8HeapExplorer::TagObject). An array
 * is called after the first holder that is met.
 */
#include "snapshot_object.h"

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

void v8s_tag_held(v8s_heap *heap, const struct plan *plan) {
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
