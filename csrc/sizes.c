/* How big an object is: from its Map, or by the rule of its instance type. */
#include "internal.h"

#define MAX_SIZE (UINT64_C(1) << 40)
#define SLOTS_A_WORD 6u /* 5 bits for each feedback slot in an int32 */

static uint64_t string_size(const v8s_layout *l, uint32_t type, const uint8_t *p,
                            uint64_t available) {
    if ((type & l->string_representation_mask) != l->string_seq_tag ||
        available < l->string_length + 4)
        return 0;
    uint64_t length = load32(p + l->string_length);
    return align8(l->string_chars + ((type & l->string_one_byte_bit) != 0 ? length : 2 * length));
}

static uint64_t rule_size(const v8s_size_rule *r, const uint8_t *p, uint64_t available) {
    if (available < (uint64_t)r->field + 8)
        return 0;
    const uint8_t *at = p + r->field;
    int32_t count;
    switch (r->rule) {
    case V8S_RULE_SMI: {
        uint64_t word = load64(at);
        uint32_t value = (uint32_t)(word >> 32);
        if (!is_smi(word) || (r->mask == 0 && value > INT32_MAX))
            return 0;
        if (r->mask != 0)
            value &= r->mask;
        return align8(r->header + (uint64_t)r->unit * value + r->tail);
    }
    case V8S_RULE_U16:
        return r->header + (uint64_t)r->unit * load16(at);
    case V8S_RULE_I32:
        count = (int32_t)load32(at);
        return count < 0 ? 0 : r->header + (uint64_t)r->unit * (uint32_t)count;
    case V8S_RULE_BIGINT:
        return r->header + 8 * (uint64_t)(load32(at) >> 1 & 0x3fffffff);
    case V8S_RULE_PREPARSE:
        count = (int32_t)load32(at + 4);
        return (int32_t)load32(at) < 0 || count < 0
                   ? 0
                   : align8(r->header + (uint64_t)load32(at)) + 8 * (uint64_t)(uint32_t)count;
    case V8S_RULE_FEEDBACK: {
        uint64_t slots = load32(at), closures = load32(at + 4);
        return align8(r->header + 4 * ((slots + SLOTS_A_WORD - 1) / SLOTS_A_WORD) +
                      r->unit * closures);
    }
    default:
        return 0;
    }
}

static uint32_t bits(uint32_t word) {
    uint32_t n = 0;
    for (; word != 0; word &= word - 1)
        n++;
    return n;
}

/* A ScopeInfo: parts that its flags announce (layout/sizes.py has the same in words). */
static uint64_t scope_size(const v8s_layout *l, const uint8_t *p, uint64_t available) {
    if (available < (uint64_t)l->scope_first + 8)
        return 0;
    uint32_t flags = load32(p + l->scope_flags), kind = flags & l->scope_kind_mask;
    uint64_t locals = load32(p + l->scope_locals), variables = 0;
    uint64_t words = (locals < l->scope_inlined_max ? locals : 1) + locals;
    words += bits(flags & l->scope_flag_words);
    if ((flags >> l->scope_name_shift & 3) != 0)
        words += 2;
    if (kind < 32 && (l->scope_late_kinds >> kind & 1) != 0 &&
        (kind != l->scope_class || (flags & l->scope_empty_flag) == 0))
        words += 2;
    if (kind == l->scope_module) {
        uint64_t at = l->scope_first;
        if (l->scope_module_count_first == 0)
            at += 8 * (words + 1);
        if (at + 8 > available)
            return 0;
        variables = load32(p + at + 4);
        words += 2 + 3 * variables;
    }
    if ((flags & l->scope_eval_flag) != 0)
        words++;
    if (kind == l->scope_function)
        words += l->scope_function_words;
    return l->scope_first + 8 * words;
}

uint64_t v8s_object_size(const v8s_heap *heap, const v8s_map *map, const uint8_t *p,
                         uint64_t available, int *resync) {
    uint64_t size;
    *resync = 0;
    if (map->instance_size != 0)
        return map->instance_size;
    if (map->type < heap->layout.first_nonstring_type) {
        size = string_size(&heap->layout, map->type, p, available);
    } else if (map->type < MAX_TYPE && heap->rules[map->type].rule != 0 &&
               heap->rules[map->type].rule != V8S_RULE_RESYNC) {
        const v8s_size_rule *rule = &heap->rules[map->type];
        size = rule->rule == V8S_RULE_SCOPE ? scope_size(&heap->layout, p, available)
                                            : rule_size(rule, p, available);
    } else {
        *resync = 1; /* a type without a rule: where the next Map stands is as good */
        return 0;
    }
    return size < 8 || size > MAX_SIZE || (size & 7) != 0 ? 0 : size;
}

int32_t v8s_set_rule(v8s_heap *heap, const v8s_size_rule *rule) {
    if (rule->type >= MAX_TYPE)
        return V8S_EINVAL;
    heap->rules[rule->type] = *rule;
    return 0;
}

uint64_t v8s_size_at(v8s_heap *heap, uint64_t address) {
    uint64_t available;
    const uint8_t *p = v8s_view(heap, address, &available);
    if (p == NULL || available < 8)
        return 0;
    uint32_t map = v8s_map_index(heap, load64(p));
    int resync;
    return map == NO_MAP ? 0 : v8s_object_size(heap, &heap->maps[map], p, available, &resync);
}
