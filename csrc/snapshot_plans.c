/*
 * What is known of a Map's instances: where their properties are, what they are called, which of
 * their slots have names. It is found out once for each Map.
 */
#include <stdlib.h>

#include "snapshot_object.h"

#define MAX_OWN 1020u /* V8's kMaxNumberOfDescriptors */
#define MAX_PLANNED                                                                                \
    (UINT64_C(1) << 22) /* properties that are kept; beyond that they are read anew */

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

/* Which of some rows, that begin with a type and are sorted by it, are of this one. */
static void of_type(const void *rows, uint64_t count, size_t size, uint32_t type, uint32_t *first,
                    uint32_t *length) {
    const uint8_t *row = rows;
    uint32_t at = 0;
    while (at < count && load32(row + at * size) < type)
        at++;
    *first = at;
    while (at < count && load32(row + at * size) == type)
        at++;
    *length = at - *first;
}

/* What is known of a Map's instances; NULL: no memory. */
struct plan *v8s_plan_of(v8s_heap *heap, uint32_t map) {
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
    of_type(s->slots, s->slot_count, sizeof *s->slots, type, &plan->first_slot, &plan->slot_count);
    of_type(s->tags, s->tag_count, sizeof *s->tags, type, &plan->first_tag, &plan->tag_count);
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
