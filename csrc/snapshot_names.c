/*
 * The strings of a snapshot: what names nodes and edges. Each is kept as where it is from, in the
 * dump or among those that were given, and its text is made when it is written. Strings of the same
 * text are one, as in V8's StringsStorage.
 */
#include <stdlib.h>

#include "snapshot.h"

#define MAX_PARTS 8192u /* of a string that is made of others */
#define KIND_SHIFT 56
#define ADDRESS_MASK ((UINT64_C(1) << KIND_SHIFT) - 1)
#define MAX_LOCALS (UINT32_C(1) << 16) /* of a scope; V8 has not so many slots */

static uint32_t type_at(v8s_heap *heap, uint64_t word) {
    uint64_t map;
    if (!is_strong(word) || !v8s_read64(heap, word - 1, &map))
        return UINT32_MAX;
    uint32_t index = v8s_map_index(heap, map);
    return index == NO_MAP ? UINT32_MAX : heap->maps[index].type;
}

static int is_string(v8s_heap *heap, uint64_t word) {
    uint32_t type = type_at(heap, word);
    return type != UINT32_MAX && type < heap->layout.first_nonstring_type;
}

/* Copies up to `limit` characters of a flat string, from `start` on. */
static uint32_t take(v8s_heap *heap, uint64_t data, int one_byte, uint64_t start, uint32_t limit,
                     uint16_t *units) {
    uint8_t bytes[2 * MAX_TEXT];
    if (limit > MAX_TEXT)
        limit = MAX_TEXT;
    uint64_t width = one_byte ? 1 : 2;
    if (!v8s_read(heap, data + width * start, bytes, width * limit))
        return 0;
    for (uint32_t i = 0; i < limit; i++)
        units[i] = one_byte ? bytes[i] : (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    return limit;
}

struct part {
    uint64_t word;
    uint64_t start;
    uint64_t count;
};

uint32_t v8s_flat_text(v8s_heap *heap, uint64_t address, int one_byte, uint16_t *units,
                       uint32_t limit) {
    const v8s_layout *l = &heap->layout;
    uint64_t available;
    const uint8_t *p = v8s_view(heap, address, &available);
    if (p == NULL || available < l->string_chars ||
        l->string_chars < l->string_length + (uint64_t)4)
        return UINT32_MAX;
    uint32_t n = load32(p + l->string_length);
    if (n > limit)
        n = limit;
    if (available - l->string_chars < (one_byte ? 1 : 2) * (uint64_t)n)
        return UINT32_MAX;
    p += l->string_chars;
    if (one_byte)
        for (uint32_t i = 0; i < n; i++)
            units[i] = p[i];
    else
        memcpy(units, p, (size_t)n * sizeof *units);
    return n;
}

/* The same of the string at a tagged address, if it is one with its characters in it. */
static uint32_t flat_units(v8s_heap *heap, uint64_t word, uint16_t *units, uint32_t limit) {
    const v8s_layout *l = &heap->layout;
    uint32_t type = type_at(heap, word);
    if (type >= l->first_nonstring_type ||
        (type & l->string_representation_mask) != l->string_seq_tag)
        return UINT32_MAX;
    return v8s_flat_text(heap, word - 1, (type & l->string_one_byte_bit) != 0, units, limit);
}

/* The first characters of a string of any shape. */
static uint32_t string_units(v8s_heap *heap, uint64_t word, uint16_t *units, uint32_t limit) {
    const v8s_layout *l = &heap->layout;
    uint32_t flat = flat_units(heap, word, units, limit < MAX_TEXT ? limit : MAX_TEXT);
    if (flat != UINT32_MAX)
        return flat;
    const v8s_snapshot_layout *n = &heap->snapshot->l;
    struct part stack[64];
    uint32_t depth = 0, used = 0;
    stack[depth++] = (struct part){word, 0, limit};
    for (uint32_t steps = 0;
         depth > 0 && used < limit && steps < MAX_PARTS && v8s_step(heap->snapshot); steps++) {
        struct part part = stack[--depth];
        uint32_t type = type_at(heap, part.word), length32;
        if (type == UINT32_MAX || type >= l->first_nonstring_type ||
            !v8s_read(heap, part.word - 1 + l->string_length, &length32, 4) ||
            part.start > length32)
            break;
        uint64_t address = part.word - 1, length = length32 - part.start, other, second;
        uint32_t shape = type & l->string_representation_mask;
        int one_byte = (type & l->string_one_byte_bit) != 0;
        uint32_t count = (uint32_t)(part.count < length ? part.count : length);
        if (count > limit - used)
            count = limit - used;
        if (shape == l->string_seq_tag) {
            used +=
                take(heap, address + l->string_chars, one_byte, part.start, count, units + used);
        } else if (shape == l->string_external_tag) {
            if ((type & l->string_uncached_bit) != 0 ||
                !v8s_read64(heap, address + l->string_external_data, &other))
                break;
            used += take(heap, other, one_byte, part.start, count, units + used);
        } else if (shape == n->string_thin_tag || shape == n->string_sliced_tag) {
            uint64_t offset = 0;
            if (!v8s_read64(heap, address + n->string_first, &other) ||
                (shape == n->string_sliced_tag &&
                 !v8s_read64(heap, address + n->string_offset, &offset)))
                break;
            stack[depth++] = (struct part){other, part.start + (offset >> 32), count};
        } else if (shape == n->string_cons_tag) {
            uint32_t left;
            if (!v8s_read64(heap, address + n->string_first, &other) ||
                !v8s_read64(heap, address + n->string_second, &second) || !is_strong(other) ||
                !v8s_read(heap, other - 1 + l->string_length, &left, 4) || depth + 2 > 64)
                break;
            uint64_t in_left = part.start < left ? left - part.start : 0;
            if (count > in_left)
                stack[depth++] =
                    (struct part){second, in_left > 0 ? 0 : part.start - left, count - in_left};
            if (in_left > 0)
                stack[depth++] =
                    (struct part){other, part.start, in_left < count ? in_left : count};
        } else {
            break;
        }
    }
    return used;
}

static uint32_t ascii(const char *text, uint16_t *units) {
    uint32_t n = 0;
    for (; text[n] != 0; n++)
        units[n] = (uint8_t)text[n];
    return n;
}

static uint32_t decimal(uint64_t number, uint16_t *units) {
    char digits[20];
    uint32_t n = 0, at = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (n > 0)
        units[at++] = (uint8_t)digits[--n];
    return at;
}

static uint32_t given(const struct snapshot *s, uint64_t index, uint16_t *units) {
    uint64_t at = index > 0 ? s->text_end[index - 1] : 0, end = s->text_end[index];
    uint32_t n = 0;
    while (at < end && n < MAX_TEXT) {
        uint32_t c = s->text[at++], more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        if (more > 0)
            c &= 0x3fu >> more;
        for (; more > 0 && at < end; more--)
            c = c << 6 | (s->text[at++] & 0x3fu);
        if (c >= 0x10000) {
            units[n++] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10 & 0x3ff));
            c = 0xdc00 + (c & 0x3ff);
        }
        units[n++] = (uint16_t)c;
    }
    return n;
}

/* The name and id of a node, for the names of entries of weak collections. */
static uint32_t node_units(v8s_heap *heap, uint32_t node, uint16_t *units) {
    struct snapshot *s = heap->snapshot;
    uint32_t type, name = v8s_node_name(heap, node, &type), n;
    n = v8s_text_units(heap, s->strings.source[name], units);
    n += ascii(" @", units + n);
    return n + decimal(2 * v8s_number_of(s, node) + 1, units + n);
}

/* The text of a string: at most 4 * MAX_TEXT units. Returns how many. */
uint32_t v8s_text_units(v8s_heap *heap, uint64_t source, uint16_t *units) {
    struct snapshot *s = heap->snapshot;
    uint64_t word = source & ADDRESS_MASK;
    uint32_t n = 0, kind = (uint32_t)(source >> KIND_SHIFT);
    if (kind == TEXT_GIVEN)
        return given(s, word, units);
    if (kind == TEXT_BOUND) {
        n = ascii("bound_argument_", units);
        return n + decimal(word, units + n);
    }
    if (kind == TEXT_PAIR) {
        const struct pair *pair = &heap->graph->pairs[word];
        n = decimal(word + 1, units);
        n += ascii(" / part of key (", units + n);
        n += node_units(heap, pair->key, units + n);
        n += ascii(") -> value (", units + n);
        n += node_units(heap, pair->value, units + n);
        n += ascii(") pair in WeakMap (table @", units + n);
        n += decimal(2 * v8s_number_of(s, pair->table) + 1, units + n);
        return n + ascii(")", units + n);
    }
    if (kind == TEXT_SYMBOL || kind == TEXT_PRIVATE) {
        uint64_t description;
        if (!v8s_read64(heap, word - 1 + s->l.symbol_description, &description))
            description = 0;
        if (kind == TEXT_PRIVATE)
            return string_units(heap, description, units, MAX_TEXT);
        n = ascii("<symbol ", units);
        uint32_t inside = string_units(heap, description, units + n, MAX_TEXT);
        if (inside == 0)
            n--;
        n += inside;
        return n + ascii(">", units + n);
    }
    if (kind == TEXT_GET || kind == TEXT_SET)
        n = ascii(kind == TEXT_GET ? "get " : "set ", units);
    return n + string_units(heap, word, units + n, MAX_TEXT);
}

uint32_t v8s_add_source(struct snapshot *s, uint64_t source) {
    struct strings *t = &s->strings;
    if (t->count == t->capacity) {
        uint64_t capacity = t->capacity + t->capacity / 2 + 4096;
        uint64_t *bigger =
            capacity < UINT32_MAX ? realloc(t->source, (size_t)capacity * sizeof *bigger) : NULL;
        if (bigger == NULL) {
            s->error = V8S_ENOMEM;
            return 0;
        }
        t->source = bigger;
        t->capacity = capacity;
    }
    t->source[t->count] = source;
    return (uint32_t)t->count++;
}

static uint64_t string_source(uint64_t word) {
    return word | (uint64_t)TEXT_STRING << KIND_SHIFT;
}

static int grow_texts(struct strings *t) {
    uint64_t size = t->text_mask == 0 ? 4096 : 2 * (t->text_mask + 1);
    uint64_t *by_text = calloc((size_t)size, sizeof *by_text);
    if (by_text == NULL)
        return V8S_ENOMEM;
    for (uint64_t i = 0; t->by_text != NULL && i <= t->text_mask; i++) {
        if (t->by_text[i] == 0)
            continue;
        uint64_t at = t->by_text[i] >> 32 & (size - 1);
        while (by_text[at] != 0)
            at = (at + 1) & (size - 1);
        by_text[at] = t->by_text[i];
    }
    free(t->by_text);
    t->by_text = by_text;
    t->text_mask = size - 1;
    return 0;
}

uint32_t v8s_hash_of(const uint16_t *units, uint32_t n) {
    uint64_t mixed = n, part;
    for (uint32_t i = 0; i < n; i += 4) {
        uint32_t rest = n - i < 4 ? n - i : 4;
        part = 0;
        memcpy(&part, units + i, rest * sizeof *units);
        mixed = (mixed ^ part) * UINT64_C(0x9e3779b97f4a7c15);
        mixed ^= mixed >> 29;
    }
    return (uint32_t)(mixed ^ mixed >> 32);
}

/* The string of that text, whose hash is known, or a new one. */
static uint32_t intern(v8s_heap *heap, uint64_t source, uint32_t hash) {
    struct snapshot *s = heap->snapshot;
    struct strings *t = &s->strings;
    uint16_t units[4 * MAX_TEXT], other[4 * MAX_TEXT];
    uint32_t n = UINT32_MAX;
    if (4 * (t->text_used + 1) > 3 * (t->text_mask + 1) && grow_texts(t) != 0) {
        s->error = V8S_ENOMEM;
        return 0;
    }
    uint64_t at = hash & t->text_mask;
    for (; t->by_text[at] != 0; at = (at + 1) & t->text_mask) {
        if (t->by_text[at] >> 32 != hash)
            continue;
        uint32_t found = (uint32_t)t->by_text[at] - 1;
        if (t->source[found] == source)
            return found;
        if (n == UINT32_MAX)
            n = v8s_text_units(heap, source, units);
        if (v8s_text_units(heap, t->source[found], other) == n &&
            memcmp(units, other, n * sizeof *units) == 0)
            return found;
    }
    uint32_t added = v8s_add_source(s, source);
    t->by_text[at] = (uint64_t)hash << 32 | (added + 1);
    t->text_used++;
    return added;
}

static uint32_t text_hash(v8s_heap *heap, uint64_t source) {
    uint16_t units[4 * MAX_TEXT];
    return v8s_hash_of(units, v8s_text_units(heap, source, units));
}

void v8s_look_ahead(v8s_heap *heap, uint32_t node) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    struct ahead *ahead = &s->ahead[v8s_rank(s, node) % AHEAD];
    if (s->views[g->map[node]].rule != V8S_NAME_STRING || s->l.masked)
        return;
    ahead->node = node;
    ahead->hash = v8s_known_hash(heap, node);
    if (ahead->hash == 0)
        ahead->hash = text_hash(heap, string_source(g->address[node] + 1));
    FETCH(&s->strings.by_text[ahead->hash & s->strings.text_mask]);
}

/* The string with the content of the one at a tagged address. */
static uint32_t content(v8s_heap *heap, uint64_t word) {
    uint64_t source = string_source(word);
    return intern(heap, source, text_hash(heap, source));
}

/* The same of a node, which was looked at before mostly. */
static uint32_t node_content(v8s_heap *heap, uint32_t node) {
    struct snapshot *s = heap->snapshot;
    uint64_t word = heap->graph->address[node] + 1;
    const struct ahead *ahead = &s->ahead[v8s_rank(s, node) % AHEAD];
    return ahead->node == node ? intern(heap, string_source(word), ahead->hash)
                               : content(heap, word);
}

/* The string with the text of this source. */
uint32_t v8s_text_string(v8s_heap *heap, uint64_t source) {
    return intern(heap, source, text_hash(heap, source));
}

uint32_t v8s_given(v8s_heap *heap, uint64_t index) {
    return v8s_text_string(heap, index);
}

uint32_t v8s_name(v8s_heap *heap, uint64_t word, uint32_t kind) {
    struct snapshot *s = heap->snapshot;
    uint64_t source = word | (uint64_t)kind << KIND_SHIFT;
    uint32_t found = v8s_table_get(&s->strings.by_source, source);
    if (found != NO_MAP)
        return found;
    found = v8s_text_string(heap, source);
    if (v8s_table_put(&s->strings.by_source, source, found) != 0)
        s->error = V8S_ENOMEM;
    return found;
}

void v8s_names_free(struct snapshot *s) {
    free(s->strings.source);
    free(s->strings.by_text);
    v8s_table_free(&s->strings.by_source);
    v8s_table_free(&s->scopes);
    free(s->scope_first);
    free(s->variables);
}

/* A ScopeInfo's word: after the flags. */
static uint64_t scope_word(v8s_heap *heap, uint64_t scope, uint64_t word) {
    uint64_t value;
    return v8s_read64(heap, scope - 1 + 8 + 8 * word, &value) ? value : 0;
}

/* Flags and number of locals; 0: no ScopeInfo. */
static int scope_head(v8s_heap *heap, uint64_t scope, uint32_t *flags, uint32_t *locals) {
    return type_at(heap, scope) == heap->snapshot->l.scope_info_type &&
           v8s_read(heap, scope - 1 + heap->layout.scope_flags, flags, 4) &&
           v8s_read(heap, scope - 1 + heap->layout.scope_locals, locals, 4) && *locals < MAX_LOCALS;
}

/* The word behind the names and what is known of each local. */
static uint64_t behind_locals(v8s_heap *heap, uint32_t flags, uint32_t locals) {
    const v8s_snapshot_layout *n = &heap->snapshot->l;
    uint64_t word = n->scope_names_word;
    if ((flags & heap->layout.scope_kind_mask) == heap->layout.scope_module &&
        heap->layout.scope_module_count_first != 0)
        word++;
    word += (locals < heap->layout.scope_inlined_max ? locals : 1) + locals;
    return word + (flags >> n->scope_saved_class_bit & 1);
}

/* The own name of a function: in its SharedFunctionInfo, or in the ScopeInfo there. */
uint64_t v8s_shared_name(v8s_heap *heap, uint64_t shared) {
    const v8s_snapshot_layout *n = &heap->snapshot->l;
    uint64_t word;
    uint32_t flags, locals;
    if (!is_strong(shared) || !v8s_read64(heap, shared - 1 + n->shared_name, &word))
        return 0;
    if (is_string(heap, word))
        return word;
    if (!scope_head(heap, word, &flags, &locals) ||
        (flags >> heap->layout.scope_name_shift & 3) == 0)
        return 0;
    word = scope_word(heap, word, behind_locals(heap, flags, locals));
    return is_string(heap, word) ? word : 0;
}

static int push_variable(struct snapshot *s, uint64_t name, uint32_t slot) {
    struct variable *variables =
        v8s_room(s->variables, s->variable_count + 1, &s->variable_capacity, sizeof *variables);
    if (variables == NULL)
        return s->error = V8S_ENOMEM;
    s->variables = variables;
    s->variables[s->variable_count++] = (struct variable){name, slot};
    return 0;
}

static void scope_variables(v8s_heap *heap, uint64_t scope, uint32_t flags, uint32_t locals) {
    struct snapshot *s = heap->snapshot;
    uint64_t word = s->l.scope_names_word;
    uint32_t first = s->l.context_min_slots + (flags >> s->l.scope_extension_bit & 1);
    if ((flags & heap->layout.scope_kind_mask) == heap->layout.scope_module &&
        heap->layout.scope_module_count_first != 0)
        word++;
    if (locals < heap->layout.scope_inlined_max) {
        for (uint32_t i = 0; i < locals && s->error == 0 && v8s_step(s); i++)
            push_variable(s, scope_word(heap, scope, word + i), first + i);
    } else {
        uint64_t table = scope_word(heap, scope, word), capacity, name, index;
        if (type_at(heap, table) != s->l.scope_table_type ||
            !v8s_read64(heap,
                        table - 1 + heap->layout.fixed_array_data +
                            8 * (uint64_t)heap->layout.dictionary_capacity,
                        &capacity) ||
            capacity >> 32 > 8 * (uint64_t)MAX_LOCALS)
            return;
        uint64_t at = table - 1 + heap->layout.fixed_array_data + 24;
        for (capacity >>= 32; capacity > 0 && s->error == 0 && v8s_step(s); capacity--, at += 16)
            if (v8s_read64(heap, at, &name) && v8s_read64(heap, at + 8, &index) &&
                is_string(heap, name) && index >> 32 < locals)
                push_variable(s, name, first + (uint32_t)(index >> 32));
    }
    if ((flags >> heap->layout.scope_name_shift & 3) == s->l.scope_name_context) {
        uint64_t behind = behind_locals(heap, flags, locals);
        uint64_t name = scope_word(heap, scope, behind), slot = scope_word(heap, scope, behind + 1);
        if (is_string(heap, name) && slot >> 32 < MAX_LOCALS && s->error == 0)
            push_variable(s, name, (uint32_t)(slot >> 32));
    }
}

/* Whether contexts with this scope have an extension slot. */
int v8s_scope_extends(v8s_heap *heap, uint64_t scope) {
    uint32_t flags, locals;
    return scope_head(heap, scope, &flags, &locals) &&
           (flags >> heap->snapshot->l.scope_extension_bit & 1) != 0;
}

/* The variables of a context with this scope, [first, last) of `variables`; by the view's flags
   only if the scope is one that declares them. 0: no memory. */
int v8s_scope(v8s_heap *heap, uint64_t scope, uint64_t *first, uint64_t *last) {
    struct snapshot *s = heap->snapshot;
    uint32_t flags, locals;
    *first = *last = 0;
    if (!scope_head(heap, scope, &flags, &locals))
        return 1;
    if ((s->view->flags & V8S_VIEW_BLOCK) != 0 && (flags >> s->l.scope_declaration_bit & 1) == 0)
        return 1;
    if ((s->view->flags & V8S_VIEW_EVAL) != 0 && (flags >> s->l.scope_strict_bit & 1) == 0)
        return 1;
    uint32_t known = v8s_table_get(&s->scopes, scope);
    if (known == NO_MAP) {
        uint32_t *scope_first =
            v8s_room(s->scope_first, s->scope_count + 2, &s->scope_capacity, sizeof *scope_first);
        if (scope_first == NULL) {
            s->error = V8S_ENOMEM;
            return 0;
        }
        s->scope_first = scope_first;
        known = (uint32_t)s->scope_count++;
        s->scope_first[known] = (uint32_t)s->variable_count;
        scope_variables(heap, scope, flags, locals);
        s->scope_first[s->scope_count] = (uint32_t)s->variable_count;
        if (v8s_table_put(&s->scopes, scope, known) != 0)
            s->error = V8S_ENOMEM;
    }
    *first = s->scope_first[known];
    *last = s->scope_first[known + 1];
    return s->error == 0;
}

/* The name of a node, a string without those of numbers, and its type. */
uint32_t v8s_node_name(v8s_heap *heap, uint32_t node, uint32_t *type) {
    struct snapshot *s = heap->snapshot;
    struct graph *g = heap->graph;
    const v8s_node_view *view = &s->views[g->map[node]];
    uint64_t address = g->address[node], word = 0;
    uint32_t name = 0, tag = s->tag[node];
    *type = tag >> 8 != 0 ? (tag >> 8) - 1 : view->type;
    if ((view->flags & V8S_VIEW_MAP) != 0 && node < s->l.read_only_nodes)
        *type = s->l.type_hidden; /* V8's own, no shapes of objects of the program */
    if ((view->flags & V8S_VIEW_ODD) != 0) {
        uint64_t at = v8s_lower_bound(s->odd, s->odd_count, node);
        if (at < s->odd_count && s->odd[at] == node)
            return s->odd_name[at];
    }
    switch (view->rule) {
    case V8S_NAME_FIXED:
        name = view->name;
        if (g->map[node] < s->view_count && (tag & 0x80) != 0)
            name = 0;
        break;
    case V8S_NAME_SYMBOL: {
        uint32_t flags = 0;
        name = view->name;
        if (v8s_read(heap, address + s->l.symbol_flags, &flags, 4) &&
            (flags & s->l.symbol_private) != 0) {
            name = s->l.name_private;
            *type = s->l.type_hidden;
        }
        break;
    }
    case V8S_NAME_STRING:
        name = s->l.masked ? s->l.name_masked : node_content(heap, node);
        break;
    case V8S_NAME_FIELD:
        if (v8s_read64(heap, address + view->name, &word) && is_string(heap, word))
            name = (view->flags & V8S_VIEW_MASKED) != 0 && s->l.masked ? s->l.name_masked
                                                                       : content(heap, word);
        break;
    case V8S_NAME_CLOSURE:
        if (v8s_read64(heap, address + s->l.function_shared, &word) &&
            (word = v8s_shared_name(heap, word)) != 0)
            name = v8s_name(heap, word, TEXT_STRING);
        break;
    case V8S_NAME_SHARED:
        if ((word = v8s_shared_name(heap, address + 1)) != 0)
            name = v8s_name(heap, word, TEXT_STRING);
        break;
    default:
        break;
    }
    if (name == 0 && (tag & 0x7f) != 0)
        name = s->tagged_name[(tag & 0x7f) - 1];
    return name;
}
