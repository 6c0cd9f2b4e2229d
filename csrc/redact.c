/*
 * Masks the values of a dump: writes what may stay of its memory into a buffer that is zero. What
 * is not known to be needed and harmless is not written. A graph must have been made.
 *
 * First strings are marked that are names or sources, and arrays of numbers that V8 itself needs
 * (positions, line ends); then each page and each stretch of other memory is written once.
 */
#include <stdlib.h>

#include "graph.h"

#define MARK_NAME 1u
#define MARK_SOURCE 2u
#define MARK_KEPT 4u
#define MARK_KEY 8u
#define MANY_DIGITS 4 /* in a word that is as long as this: rather a number or a token */
#define LONG_WORD 16u
#define HANDLE_NODES 8192u /* bytes of the nodes of a block of global handles */
#define WIDE_OPCODES 4u    /* V8: Wide, ExtraWide and their debug forms are the first Bytecodes */
#define MAX_SAFEPOINTS (1u << 16)

struct range {
    uint64_t address;
    uint64_t size;
    uint32_t kind; /* V8S_TEXT_… */
};

struct redaction {
    v8s_redact_layout layout;
    v8s_mark_rule *marks; /* by type */
    uint64_t mark_count;
    v8s_redact_rule *rules[MAX_TYPE];
    v8s_redact_rule *all;
    uint8_t *texts; /* that stay: each after its length */
    uint64_t text_bytes;
    uint8_t *sizes[3]; /* bytes of bytecodes, by scale */
    uint64_t size_count[3];
    uint64_t *region_start; /* mapped memory, sorted */
    uint64_t *region_end;
    uint64_t region_count;
    uint8_t *mark;   /* by node */
    uint64_t *first; /* node, by page; one more at the end */
    uint32_t *pending;
    uint64_t pending_count;
    uint64_t pending_capacity;
    struct range *ranges;
    uint64_t range_count;
    uint64_t range_capacity;
    v8s_redact_stats stats;
};

static void put64(uint8_t *p, uint64_t word) {
    memcpy(p, &word, sizeof word);
}

void v8s_redact_free(v8s_heap *heap) {
    struct redaction *r = heap->redaction;
    if (r == NULL)
        return;
    free(r->marks);
    free(r->all);
    free(r->texts);
    for (int i = 0; i < 3; i++)
        free(r->sizes[i]);
    free(r->region_start);
    free(r->region_end);
    free(r->mark);
    free(r->first);
    free(r->pending);
    free(r->ranges);
    free(r);
    heap->redaction = NULL;
}

static void *copy(const void *from, uint64_t count, size_t size) {
    void *to = malloc((size_t)(count + 1) * size);
    if (to != NULL && count > 0)
        memcpy(to, from, (size_t)count * size);
    return to;
}

static int by_type(const void *a, const void *b) {
    uint32_t x = ((const v8s_mark_rule *)a)->type, y = ((const v8s_mark_rule *)b)->type;
    return (x > y) - (x < y);
}

/* The first node of every page: numbers ascend with pages. */
static int index_pages(v8s_heap *heap, struct redaction *r) {
    const struct graph *g = heap->graph;
    uint64_t mask = ~((uint64_t)heap->layout.page_alignment - 1), node = 0;
    r->first = malloc((size_t)(heap->page_count + 1) * sizeof *r->first);
    if (r->first == NULL)
        return V8S_ENOMEM;
    for (uint64_t i = 0; i < heap->page_count; i++) {
        r->first[i] = node;
        while (node < g->node_count && (g->address[node] & mask) == heap->pages[i].chunk)
            node++;
    }
    r->first[heap->page_count] = node;
    return node == g->node_count ? 0 : V8S_EINVAL;
}

int32_t v8s_redact_begin(v8s_heap *heap, const v8s_redact_layout *layout,
                         const v8s_mark_rule *marks, uint64_t mark_count,
                         const v8s_redact_rule *rules, uint64_t rule_count,
                         const uint64_t *region_start, const uint64_t *region_end,
                         uint64_t region_count, const uint8_t *sizes, uint64_t size_count,
                         const uint8_t *texts, uint64_t text_bytes) {
    v8s_redact_free(heap);
    if (heap->graph == NULL || heap->graph->out.next != heap->graph->node_count ||
        layout->code_type >= MAX_TYPE)
        return V8S_EINVAL;
    struct redaction *r = heap->redaction = calloc(1, sizeof *r);
    if (r == NULL)
        return V8S_ENOMEM;
    r->layout = *layout;
    r->marks = copy(marks, mark_count, sizeof *marks);
    r->all = copy(rules, rule_count, sizeof *rules);
    r->region_start = copy(region_start, region_count, sizeof *region_start);
    r->region_end = copy(region_end, region_count, sizeof *region_end);
    r->texts = copy(texts, text_bytes, 1);
    r->text_bytes = text_bytes;
    r->mark = calloc((size_t)heap->graph->node_count + 1, 1);
    int failed = r->marks == NULL || r->all == NULL || r->region_start == NULL ||
                 r->region_end == NULL || r->mark == NULL || r->texts == NULL;
    for (uint64_t i = 0; i < 3; i++) {
        r->sizes[i] = copy(sizes + i * size_count, size_count, 1);
        r->size_count[i] = size_count;
        failed |= r->sizes[i] == NULL;
    }
    if (failed) {
        v8s_redact_free(heap);
        return V8S_ENOMEM;
    }
    int error = index_pages(heap, r);
    if (error != 0) {
        v8s_redact_free(heap);
        return error;
    }
    r->mark_count = mark_count;
    r->region_count = region_count;
    qsort(r->marks, (size_t)mark_count, sizeof *r->marks, by_type);
    for (uint64_t i = 0; i < rule_count; i++)
        if (rules[i].type < MAX_TYPE)
            r->rules[rules[i].type] = &r->all[i];
    return 0;
}

/* ---- marks ---- */

static int push_pending(struct redaction *r, uint32_t node) {
    uint32_t *pending =
        v8s_room(r->pending, r->pending_count + 1, &r->pending_capacity, sizeof *pending);
    if (pending == NULL)
        return V8S_ENOMEM;
    r->pending = pending;
    r->pending[r->pending_count++] = node;
    return 0;
}

static int push_range(struct redaction *r, uint64_t address, uint64_t size, uint32_t kind) {
    struct range *ranges =
        v8s_room(r->ranges, r->range_count + 1, &r->range_capacity, sizeof *ranges);
    if (ranges == NULL)
        return V8S_ENOMEM;
    r->ranges = ranges;
    r->ranges[r->range_count++] = (struct range){address, size, kind};
    return 0;
}

static uint32_t node_of(v8s_heap *heap, uint64_t word) {
    return (word & 1) == 0 || word == 3 ? NO_NODE : v8s_graph_find(heap, word & ~(uint64_t)3);
}

static uint32_t type_of(const v8s_heap *heap, uint32_t node) {
    return heap->maps[heap->graph->map[node]].type;
}

static int is_string_type(const v8s_heap *heap, uint32_t type) {
    return type < heap->layout.first_nonstring_type;
}

/* Where a string's characters are, if it has some of its own: address and width; 0: nowhere. */
static uint64_t characters(v8s_heap *heap, uint64_t address, uint32_t type, uint32_t *width) {
    const v8s_layout *l = &heap->layout;
    uint32_t shape = type & l->string_representation_mask;
    *width = (type & l->string_one_byte_bit) != 0 ? 1 : 2;
    if (shape == l->string_seq_tag)
        return address + l->string_chars;
    uint64_t data = 0;
    if (shape != l->string_external_tag || (type & l->string_uncached_bit) != 0 ||
        !v8s_read64(heap, address + l->string_external_data, &data))
        return 0;
    return data;
}

/* The part [start, start + count) of a string is a name: found in what it is cut out of. */
static int name_part(v8s_heap *heap, uint32_t node, uint64_t start, uint64_t count) {
    struct redaction *r = heap->redaction;
    const v8s_layout *l = &heap->layout;
    for (int step = 0; step < 8; step++) {
        uint32_t type = type_of(heap, node), width, length, shape;
        uint64_t address = heap->graph->address[node], next;
        if (!is_string_type(heap, type) ||
            !v8s_read(heap, address + l->string_length, &length, 4) || start > length ||
            count > length - start)
            return 0;
        shape = type & l->string_representation_mask;
        uint64_t chars = characters(heap, address, type, &width);
        if (chars != 0)
            return push_range(r, chars + width * start, width * count, V8S_TEXT_KEPT);
        if ((shape != r->layout.cons_tag && shape != r->layout.thin_tag) ||
            !v8s_read64(heap, address + r->layout.string_first, &next))
            return 0; /* only flat ones are cut, and what flattened ones became */
        node = node_of(heap, next);
        if (node == NO_NODE)
            return 0;
    }
    return 0;
}

/* Marks a string and what it consists of. */
static int mark_string(v8s_heap *heap, uint32_t node, uint8_t mark) {
    struct redaction *r = heap->redaction;
    const v8s_layout *l = &heap->layout;
    r->pending_count = 0;
    if (push_pending(r, node) != 0)
        return V8S_ENOMEM;
    while (r->pending_count > 0) {
        node = r->pending[--r->pending_count];
        uint32_t type = type_of(heap, node);
        if (!is_string_type(heap, type) || (r->mark[node] & mark) != 0)
            continue;
        r->mark[node] |= mark;
        uint32_t shape = type & l->string_representation_mask;
        uint64_t address = heap->graph->address[node], first = 0, second = 0;
        if (shape == l->string_seq_tag || shape == l->string_external_tag ||
            !v8s_read64(heap, address + r->layout.string_first, &first))
            continue;
        uint32_t part = node_of(heap, first);
        if (part == NO_NODE)
            continue;
        if (shape == r->layout.sliced_tag && mark == MARK_NAME) {
            uint32_t length;
            if (!r->layout.hide_names &&
                v8s_read64(heap, address + r->layout.string_second, &second) && is_smi(second) &&
                v8s_read(heap, address + l->string_length, &length, 4) &&
                name_part(heap, part, second >> 32, length) != 0)
                return V8S_ENOMEM;
            continue;
        }
        if (push_pending(r, part) != 0)
            return V8S_ENOMEM;
        if (shape == r->layout.cons_tag &&
            v8s_read64(heap, address + r->layout.string_second, &second)) {
            part = node_of(heap, second);
            if (part != NO_NODE && push_pending(r, part) != 0)
                return V8S_ENOMEM;
        }
    }
    return 0;
}

/* Whether a string is an identifier that a person has chosen, as far as its letters tell. */
static int looks_like_name(v8s_heap *heap, uint32_t node) {
    uint8_t text[256];
    uint32_t type = type_of(heap, node), width, length = 0, digits = 0;
    uint64_t address = heap->graph->address[node];
    if (!is_string_type(heap, type) ||
        !v8s_read(heap, address + heap->layout.string_length, &length, 4))
        return 0;
    uint64_t chars = characters(heap, address, type, &width);
    if (chars == 0 || length == 0 || length * (uint64_t)width > sizeof text ||
        !v8s_read(heap, chars, text, length * (uint64_t)width))
        return 0;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t c = width == 1 ? text[i] : load16(text + 2 * i);
        int digit = c >= '0' && c <= '9';
        digits += (uint32_t)digit;
        if (!digit && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' && c != '$' &&
            c != '#' && c < 0xc0)
            return 0;
    }
    return digits < length && (length < LONG_WORD || digits < MANY_DIGITS);
}

static int mark_word(v8s_heap *heap, uint64_t word, uint32_t what) {
    struct redaction *r = heap->redaction;
    const struct graph *g = heap->graph;
    uint32_t node = node_of(heap, word);
    if (node == NO_NODE)
        return 0;
    if (what == V8S_MARK_NAME)
        return mark_string(heap, node, MARK_NAME);
    if (what == V8S_MARK_SOURCE)
        return mark_string(heap, node, MARK_SOURCE);
    if (what == V8S_MARK_KEY || what == V8S_MARK_PROPERTY)
        return mark_string(heap, node,
                           what == V8S_MARK_PROPERTY && looks_like_name(heap, node) ? MARK_NAME
                                                                                    : MARK_KEY);
    uint32_t type = type_of(heap, node);
    if (type == r->layout.bytecode_type)
        return 0; /* baseline code has it where other code has arrays */
    if (what == V8S_MARK_KEPT || what == V8S_MARK_KEPT_PARTS)
        r->mark[node] |= MARK_KEPT;
    if (what == V8S_MARK_KEPT || is_string_type(heap, type))
        return 0;
    for (uint64_t i = 2; i < g->words[node]; i++) {
        uint64_t inner;
        if (!v8s_read64(heap, g->address[node] + 8 * i, &inner))
            break;
        uint32_t part = node_of(heap, inner);
        if (part == NO_NODE)
            continue;
        if (what == V8S_MARK_NAME_PARTS) {
            if (is_string_type(heap, type_of(heap, part)) &&
                mark_string(heap, part, MARK_NAME) != 0)
                return V8S_ENOMEM;
        } else if (type_of(heap, part) == r->layout.byte_array_type ||
                   type_of(heap, part) == r->layout.trusted_byte_array_type) {
            r->mark[part] |= MARK_KEPT;
        }
    }
    return 0;
}

/* Whether a function is there: stacks show it by its key. */
static int names_function(v8s_heap *heap, uint64_t address) {
    const v8s_redact_layout *l = &heap->redaction->layout;
    uint64_t word;
    uint32_t node = v8s_read64(heap, address, &word) ? node_of(heap, word) : NO_NODE;
    uint32_t type = node == NO_NODE ? 0 : type_of(heap, node);
    return node != NO_NODE && type >= l->first_function_type && type <= l->last_function_type;
}

/* The marks that an object of that type makes. */
static int mark_from(v8s_heap *heap, uint32_t type, uint64_t address, uint64_t size) {
    const struct redaction *r = heap->redaction;
    uint64_t low = 0, high = r->mark_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (r->marks[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < r->mark_count && r->marks[low].type == type; low++) {
        const v8s_mark_rule *rule = &r->marks[low];
        for (uint64_t at = rule->first; at + 8 <= size; at += 8 * (uint64_t)rule->step) {
            uint64_t word;
            if (!v8s_read64(heap, address + at, &word))
                break;
            uint32_t what = rule->what;
            if (what == V8S_MARK_KEY && names_function(heap, address + at + 8))
                what = V8S_MARK_NAME;
            if (mark_word(heap, word, what) != 0)
                return V8S_ENOMEM;
            if (rule->step == 0)
                break;
        }
    }
    return 0;
}

int32_t v8s_redact_mark(v8s_heap *heap, uint64_t first, uint64_t last) {
    struct redaction *r = heap->redaction;
    const struct graph *g = heap->graph;
    if (r == NULL || g == NULL || first > last || last > g->node_count)
        return V8S_EINVAL;
    for (uint64_t node = first; node < last; node++)
        if (mark_from(heap, type_of(heap, (uint32_t)node), g->address[node],
                      8 * (uint64_t)g->words[node]) != 0)
            return V8S_ENOMEM;
    return 0;
}

int32_t v8s_redact_names(v8s_heap *heap, const uint64_t *words, uint64_t count) {
    if (heap->redaction == NULL || heap->graph == NULL)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < count; i++)
        if (mark_word(heap, words[i], V8S_MARK_NAME) != 0)
            return V8S_ENOMEM;
    return 0;
}

/* ---- words ---- */

/* Whether an address is mapped, or the end of what is. */
static int mapped(const struct redaction *r, uint64_t address) {
    uint64_t low = 0, high = r->region_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (r->region_end[middle] < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->region_count && r->region_start[low] <= address;
}

/* What may stay of a word of a value: a reference, or an address of C++. No Smi, no number. */
static uint64_t reference(v8s_heap *heap, uint64_t word) {
    if ((word & 1) != 0)
        return v8s_in_pages(heap, word & ~(uint64_t)3) || (word & 0xffffffffu) == 3 ? word : 0;
    return (word & 7) == 0 && !is_smi(word) && mapped(heap->redaction, word) ? word : 0;
}

static int printable(uint64_t word) {
    int n = 0;
    for (; word != 0; word >>= 8)
        n += (word & 0xff) >= 0x20 && (word & 0xff) < 0x7f;
    return n;
}

/* A word of two numbers, of which small ones stay. */
static uint64_t small_halves(uint64_t word, uint64_t most) {
    uint64_t low = word & 0xffffffffu, high = word >> 32;
    return (low < most && printable(low) < 3 ? low : 0) |
           (high < most && printable(high) < 3 ? high << 32 : 0);
}

static uint64_t outer_word(v8s_heap *heap, uint32_t kind, uint64_t word, uint64_t previous) {
    const struct redaction *r = heap->redaction;
    int pointer = (word >> 32) != 0 || word >= 0x10000 ? mapped(r, word & ~(uint64_t)3) : 0;
    int in_text = printable(previous) >= 5 && !mapped(r, previous & ~(uint64_t)3);
    switch (kind) {
    case V8S_WORDS_ALL:
        return word;
    case V8S_WORDS_STACK:
        if (pointer && !is_smi(word))
            return word;
        if (is_smi(word)) {
            /* Behind a BytecodeArray is the offset in it. Small ones may be counts of V8's. */
            uint32_t node = node_of(heap, previous);
            if (node != NO_NODE && type_of(heap, node) == r->layout.bytecode_type)
                return word;
            return word >> 32 < 256 ? word : 0;
        }
        return word < 0x10000 && !in_text ? word : 0;
    case V8S_WORDS_CODE_TABLE: /* entry point; Code and number of parameters */
        return pointer || v8s_in_pages(heap, word >> 16 & ~(uint64_t)1) ? word : 0;
    case V8S_WORDS_OWN: /* V8's own numbers */
        return pointer || (word < UINT64_C(1) << 40 && printable(word) < 3)
                   ? word
                   : small_halves(word, 1u << 28);
    default:
        if (pointer)
            return word;
        return in_text ? 0 : small_halves(word, 0x10000);
    }
}

int32_t v8s_redact_words(v8s_heap *heap, uint32_t kind, uint64_t start, uint64_t size,
                         uint8_t *out) {
    if (heap->redaction == NULL || heap->graph == NULL || (start & 7) != 0)
        return V8S_EINVAL;
    uint64_t previous[2] = {0, 0};
    for (uint64_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word, mixed;
        if (!v8s_read64(heap, start + i, &word)) {
            previous[0] = 0;
            continue;
        }
        mixed = word;
        /* A block is 256 nodes (object, numbers, parameter, callback), then pointers. */
        if (kind == V8S_WORDS_HANDLES)
            mixed = i < HANDLE_NODES && i % 32 == 8 ? word & 0xffffffffu
                                                    : outer_word(heap, V8S_WORDS_OTHER, word, 0);
        else if (kind == V8S_WORDS_STACK) {
            /* Stacks grow downwards: what was pushed before is above. */
            uint64_t above = 0;
            if (!v8s_read64(heap, start + i + 8, &above))
                above = 0;
            mixed = is_smi(word) ? outer_word(heap, kind, word, above)
                                 : outer_word(heap, kind, word, previous[0]);
        } else
            mixed = outer_word(heap, kind, word, previous[0]);
        previous[0] = word;
        if (mixed != 0)
            put64(out + i, mixed);
    }
    return 0;
}

/* ---- text ---- */

static int ends_line(uint32_t c) {
    return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029;
}

/* A name in place of another: letters that no other string of this length has, if it can be. */
static void other_name(uint8_t *to, uint64_t length, uint32_t width, uint32_t node) {
    for (uint64_t i = 0; i < length; i++, node /= 26) {
        uint16_t c = (uint16_t)(node > 0 || i == 0 ? 'a' + node % 26 : 'x');
        memcpy(to + width * (length - 1 - i), &c, width);
    }
}

static void mask_text(const uint8_t *from, uint8_t *to, uint64_t bytes, uint32_t width,
                      uint32_t kind) {
    if (kind == V8S_TEXT_KEPT) {
        memcpy(to, from, (size_t)bytes);
        return;
    }
    if (width == 1) {
        memset(to, 'x', (size_t)bytes);
        if (kind == V8S_TEXT_LINES)
            for (uint64_t i = 0; i < bytes; i++)
                if (from[i] == '\n' || from[i] == '\r')
                    to[i] = from[i];
        return;
    }
    for (uint64_t i = 0; i + 2 <= bytes; i += 2) {
        uint16_t c = load16(from + i);
        if (kind != V8S_TEXT_LINES || !ends_line(c))
            c = 'x';
        memcpy(to + i, &c, 2);
    }
}

int32_t v8s_redact_text(v8s_heap *heap, uint32_t kind, uint32_t width, uint64_t address,
                        uint64_t size, uint8_t *out) {
    uint64_t done = 0;
    while (done < size) {
        uint64_t available;
        const uint8_t *p = v8s_view(heap, address + done, &available);
        if (p == NULL)
            return V8S_EINVAL;
        uint64_t n = available < size - done ? available : size - done;
        mask_text(p, out + done, n, width, kind);
        done += n;
    }
    return 0;
}

uint64_t v8s_redact_ranges(const v8s_heap *heap, uint64_t from, uint64_t *address, uint64_t *size,
                           uint32_t *kind, uint64_t capacity) {
    const struct redaction *r = heap->redaction;
    if (r == NULL || from >= r->range_count)
        return 0;
    uint64_t n = r->range_count - from < capacity ? r->range_count - from : capacity;
    for (uint64_t i = 0; i < n; i++) {
        address[i] = r->ranges[from + i].address;
        size[i] = r->ranges[from + i].size;
        kind[i] = r->ranges[from + i].kind;
    }
    return n;
}

/* ---- objects ---- */

/* The window of memory that is being written. */
struct window {
    v8s_heap *heap;
    uint64_t start;
    uint64_t end;
    uint8_t *out;
};

static void store(const struct window *w, uint64_t address, uint64_t word) {
    if (address >= w->start && address + 8 <= w->end && word != 0)
        put64(w->out + (address - w->start), word);
}

static void same(const struct window *w, uint64_t address, uint64_t size) {
    uint64_t end = address + size, at = address > w->start ? address : w->start;
    if (end > w->end)
        end = w->end;
    while (at < end) {
        uint64_t available;
        const uint8_t *p = v8s_view(w->heap, at, &available);
        if (p == NULL)
            return;
        uint64_t n = available < end - at ? available : end - at;
        memcpy(w->out + (at - w->start), p, (size_t)n);
        at += n;
    }
}

/* Whether it is one of the texts that stay. */
static int stays(v8s_heap *heap, uint64_t chars, uint64_t length) {
    const struct redaction *r = heap->redaction;
    uint8_t text[256];
    if (length == 0 || length >= sizeof text || !v8s_read(heap, chars, text, length))
        return 0;
    for (uint64_t at = 0; at < r->text_bytes; at += 1 + (uint64_t)r->texts[at])
        if (r->texts[at] == length && r->text_bytes - at > length &&
            memcmp(r->texts + at + 1, text, (size_t)length) == 0)
            return 1;
    return 0;
}

static int write_string(const struct window *w, uint32_t node, uint32_t type, uint64_t address,
                        uint64_t size) {
    v8s_heap *heap = w->heap;
    struct redaction *r = heap->redaction;
    const v8s_layout *l = &heap->layout;
    uint8_t mark = r->mark[node];
    uint32_t shape = type & l->string_representation_mask, width, length = 0;
    uint64_t head = 0;
    v8s_read64(heap, address + 8, &head);
    v8s_read(heap, address + l->string_length, &length, 4);
    uint64_t chars = characters(heap, address, type, &width), bytes = (uint64_t)length * width;
    int named = (mark & MARK_NAME) != 0;
    int renamed = named ? r->layout.hide_names != 0 : (mark & MARK_KEY) != 0;
    uint32_t kind = named && !renamed           ? V8S_TEXT_KEPT
                    : (mark & MARK_SOURCE) != 0 ? V8S_TEXT_LINES
                                                : V8S_TEXT_HIDDEN;
    if (kind != V8S_TEXT_KEPT && chars != 0 && width == 1 && stays(heap, chars, length))
        kind = V8S_TEXT_KEPT;
    if (address >= w->start && address < w->end) {
        r->stats.strings++;
        r->stats.names += kind == V8S_TEXT_KEPT;
    }
    same(w, address, 8);
    /* A hash would tell short texts: it becomes "not computed yet", or that of another name. */
    if (kind != V8S_TEXT_KEPT)
        head = (head & ~(uint64_t)0xffffffffu) | (renamed ? (node << 2 | 2) : 3);
    store(w, address + 8, head);
    if (shape != l->string_seq_tag) {
        same(w, address + 16, size - 16);
        if (chars != 0 && shape == l->string_external_tag && address >= w->start &&
            address < w->end)
            return push_range(r, chars, bytes, kind | (width == 2 ? V8S_TEXT_TWO_BYTE : 0));
        return 0;
    }
    uint64_t at = chars > w->start ? chars : w->start;
    uint64_t end = chars + bytes < w->end ? chars + bytes : w->end;
    if (chars + bytes > address + size || at >= end)
        return 0;
    if (renamed && at == chars && end == chars + bytes)
        other_name(w->out + (at - w->start), length, width, node);
    else
        v8s_redact_text(heap, kind, width, at, end - at, w->out + (at - w->start));
    return 0; /* what is not in the dump stays zero */
}

/* Opcodes stay, for lengths and positions follow from them; operands go. */
static void write_bytecodes(const struct window *w, uint64_t address, uint64_t size,
                            uint64_t header) {
    v8s_heap *heap = w->heap;
    const struct redaction *r = heap->redaction;
    uint64_t length = 0, at = 0;
    same(w, address, header < size ? header : size);
    if (!v8s_read64(heap, address + 8, &length) || !is_smi(length))
        return;
    length >>= 32;
    if (header > size || length > size - header)
        length = header > size ? 0 : size - header;
    while (at < length) {
        uint8_t opcode;
        uint32_t scale = 0;
        uint64_t place = address + header + at;
        if (!v8s_read(heap, place, &opcode, 1))
            return;
        if (place >= w->start && place < w->end)
            w->out[place - w->start] = opcode;
        if (opcode < WIDE_OPCODES && at + 1 < length) {
            scale = (opcode & 1) == 0 ? 1 : 2;
            at++;
            place++;
            if (!v8s_read(heap, place, &opcode, 1))
                return;
            if (place >= w->start && place < w->end)
                w->out[place - w->start] = opcode;
        }
        if (opcode >= r->size_count[scale] || r->sizes[scale][opcode] == 0)
            return;
        at += r->sizes[scale][opcode];
    }
}

/* How the words from `first` on are written. */
struct plan {
    uint64_t first;  /* words before are kept */
    uint64_t prefix; /* kept too, behind them */
    uint64_t unit;   /* words of an entry; 0: no entries */
    uint64_t keep;   /* bit by word of an entry, or of the object: kept */
    uint64_t drop;   /* bit by word before `first`: not kept */
    uint64_t inner;  /* words up to here are kept unless dropped */
};

static int points_to_code(v8s_heap *heap, uint64_t object, uint64_t index, uint64_t back) {
    const struct redaction *r = heap->redaction;
    uint64_t word;
    if (index < back + 2 || !v8s_read64(heap, object + 8 * (index - back), &word))
        return 0;
    uint32_t node = node_of(heap, word);
    if (node == NO_NODE)
        return 0;
    uint32_t type = type_of(heap, node);
    return type == r->layout.bytecode_type || type == r->layout.bytecode_wrapper_type ||
           type == r->layout.code_type || type == r->layout.code_wrapper_type;
}

static void write_slots(const struct window *w, uint64_t address, uint64_t size,
                        const struct plan *plan, int stack) {
    v8s_heap *heap = w->heap;
    uint64_t at = address > w->start ? address : w->start;
    uint64_t end = address + size < w->end ? address + size : w->end;
    uint64_t kept = plan->first + plan->prefix;
    while (at < end) {
        uint64_t available;
        const uint8_t *p = v8s_view(heap, at, &available);
        if (p == NULL) {
            at = align8(v8s_next_readable(heap, at));
            if (at == 0)
                return;
            continue;
        }
        uint64_t part = available < end - at ? available : end - at;
        uint8_t *to = w->out + (at - w->start);
        for (uint64_t i = 0; i + 8 <= part; i += 8) {
            uint64_t word = load64(p + i), index = (at + i - address) >> 3;
            if (word == 0)
                continue;
            int whole;
            if (index < kept)
                whole = index >= 64 || (plan->drop >> index & 1) == 0;
            else if (plan->unit != 0)
                whole = (plan->keep >> (index - kept) % plan->unit & 1) != 0;
            else
                whole = index < 64 && (plan->keep >> index & 1) != 0;
            if (!whole) {
                if (stack && is_smi(word) &&
                    (points_to_code(heap, address, index, 3) ||
                     points_to_code(heap, address, index, 5)))
                    whole = 1;
                else
                    word = reference(heap, word);
            }
            if (word != 0)
                put64(to + i, word);
        }
        at += part >= 8 ? part & ~(uint64_t)7 : 8;
    }
}

static void write_doubles(const struct window *w, uint64_t address, uint64_t size, uint64_t first,
                          uint64_t hole) {
    same(w, address, first < size ? first : size);
    uint64_t at = address + first > w->start ? address + first : w->start;
    for (; at + 8 <= address + size && at + 8 <= w->end; at += 8) {
        uint64_t word;
        if (v8s_read64(w->heap, at, &word) && word == hole)
            store(w, at, word);
    }
}

static int write_node(const struct window *w, uint32_t node, int all) {
    v8s_heap *heap = w->heap;
    struct redaction *r = heap->redaction;
    const struct graph *g = heap->graph;
    const v8s_map *map = &heap->maps[g->map[node]];
    uint64_t address = g->address[node], size = 8 * (uint64_t)g->words[node];
    uint32_t type = map->type;
    if (all || (r->mark[node] & MARK_KEPT) != 0) {
        same(w, address, size);
        return 0;
    }
    if (is_string_type(heap, type))
        return write_string(w, node, type, address, size);
    const v8s_redact_rule *rule = type < MAX_TYPE ? r->rules[type] : NULL;
    struct plan plan = {1, 0, 0, 0, 0, 0};
    if (rule == NULL) {
        if (type >= heap->layout.first_receiver_type)
            plan.first = 3; /* Map, properties or hash, elements */
        else if (type < MAX_TYPE && heap->rules[type].rule != 0)
            plan.keep = UINT64_C(1) << (heap->rules[type].field >> 3 & 63);
        write_slots(w, address, size, &plan, 0);
        return 0;
    }
    plan.first = rule->first >> 3;
    plan.prefix = rule->prefix;
    plan.unit = rule->unit;
    plan.keep = rule->keep;
    uint64_t word;
    uint8_t start;
    switch (rule->policy) {
    case V8S_REDACT_KEEP:
        same(w, address, size);
        return 0;
    case V8S_REDACT_RAW:
        same(w, address, rule->first < size ? rule->first : size);
        return 0;
    case V8S_REDACT_DOUBLES:
        write_doubles(w, address, size, rule->first, r->layout.double_hole);
        return 0;
    case V8S_REDACT_BYTECODES:
        write_bytecodes(w, address, size, rule->first);
        return 0;
    case V8S_REDACT_BUCKETS:
        if (!v8s_read64(heap, address + rule->first + 16, &word) || !is_smi(word))
            return 0;
        plan.prefix += word >> 32;
        break;
    case V8S_REDACT_RECEIVER:
        if (!v8s_read(heap, map->address + r->layout.map_inobject_start, &start, 1))
            return 0;
        plan.first = start;
        /* What a generator was sent; while it waits, where it does. */
        if (rule->prefix == 0 || !v8s_read64(heap, address + rule->prefix, &word) ||
            !is_smi(word) || word >> 63 != 0)
            plan.drop = rule->keep;
        plan.prefix = 0;
        plan.keep = 0;
        break;
    default:
        break;
    }
    write_slots(w, address, size, &plan, type == r->layout.stack_array_type);
    return 0;
}

/* What is between objects: free memory, of which its size stays, and objects that went away. */
static void write_gap(const struct window *w, uint64_t at, uint64_t end) {
    v8s_heap *heap = w->heap;
    const v8s_layout *l = &heap->layout;
    for (; at + 8 <= end; at += 8) {
        uint64_t available, word;
        const uint8_t *p = v8s_view(heap, at, &available);
        if (p == NULL || available < 8) {
            uint64_t next = align8(v8s_next_readable(heap, at + 8));
            if (next == 0 || next >= end)
                return;
            at = next - 8;
            continue;
        }
        word = load64(p);
        if (word == 0)
            continue;
        if ((word & 7) == 0 && node_of(heap, word | 1) != NO_NODE) {
            store(w, at, word); /* where a collection moved it to */
            continue;
        }
        uint32_t map = v8s_map_index(heap, word);
        if (map == NO_MAP ||
            (heap->maps[map].type != l->free_space_type && heap->maps[map].type != l->filler_type))
            continue;
        int resync;
        uint64_t size = v8s_object_size(heap, &heap->maps[map], p, available, &resync);
        store(w, at, word);
        if (heap->maps[map].type == l->free_space_type)
            same(w, at + 8, 8);
        if (size > 8 && size <= end - at)
            at += size - 8;
    }
}

/* ---- code ---- */

/* Where the next object with this Map begins behind `at`, or what can be read of the page ends. */
static uint64_t next_code(v8s_heap *heap, const v8s_page *page, uint64_t map, uint64_t at) {
    for (at = align8(at); at + 8 <= page->area_end; at += 8) {
        uint64_t word;
        if (!v8s_read64(heap, at, &word) || word == map)
            return at;
    }
    return page->area_end;
}

/* The references in the machine code of an object: the rest of it stays zero. */
static void write_embedded(const struct window *w, uint64_t object, uint32_t map) {
    v8s_heap *heap = w->heap;
    uint32_t node = v8s_graph_exact(heap, object);
    const struct shape *shape = v8s_graph_shape(heap, map);
    if (node == NO_NODE || shape == NULL || shape->code == 0)
        return;
    uint64_t end = object + 8 * (uint64_t)heap->graph->words[node], word;
    for (uint64_t at = object + shape->code; at + 8 <= end; at++)
        if (v8s_read64(heap, at, &word) && (word & 7) == 1 &&
            v8s_graph_exact(heap, word - 1) != NO_NODE) {
            store(w, at, word);
            at += 7;
        }
}

/* Machine code has numbers of the source in it. Its header stays, and the table of its calls. */
static void write_code(const struct window *w, const v8s_page *page) {
    v8s_heap *heap = w->heap;
    const struct redaction *r = heap->redaction;
    const v8s_redact_layout *l = &r->layout;
    for (uint64_t at = page->area_start; at + 8 <= page->area_end; at += 8) {
        uint64_t available, word, code = at + 1, start;
        const uint8_t *p = v8s_view(heap, at, &available);
        if (p == NULL || available < 8) {
            uint64_t next = align8(v8s_next_readable(heap, at + 8));
            if (next == 0 || next >= page->area_end)
                return;
            at = next - 8;
            continue;
        }
        word = load64(p);
        if ((word & 7) != 1)
            continue;
        uint32_t map = v8s_map_index(heap, word);
        /* What the walk of code has not met is free memory with old code in it. */
        if (map == NO_MAP || heap->maps[map].type != l->stream_type ||
            node_of(heap, at + 1) == NO_NODE)
            continue;
        uint32_t size, table[3];
        if (l->stream_code != 0 && !v8s_read64(heap, at + l->stream_code, &code))
            continue;
        if ((code & 3) != 1)
            continue;
        if (l->code_start != 0) {
            if (!v8s_read64(heap, code - 1 + l->code_start, &start))
                continue;
        } else {
            start = at + l->code_instructions;
        }
        if (!v8s_read(heap, code - 1 + l->code_size, &size, 4) || start < at || start - at > 4096 ||
            start + size > page->area_end)
            continue;
        same(w, at, start - at);
        write_embedded(w, at, map);
        uint64_t calls = start + size;
        if (v8s_read(heap, calls, table, sizeof table)) {
            uint32_t skip = l->safepoint_stack_slots != 0 ? 1 : 0;
            uint32_t count = table[skip], config = table[skip + 1];
            uint64_t entry =
                2 * (uint64_t)(config >> 4 & 7) + (config >> 1 & 7) + (config >> 7 & 7) + 1;
            /* Baseline code has no such table: what stands there is the next code. */
            if ((config & 1) != 0 && count > 0 && count <= MAX_SAFEPOINTS &&
                calls + 16 + entry * count <= next_code(heap, page, word, calls))
                same(w, calls, 16 + entry * count);
        }
        if (start + size > at + 8)
            at = (start + size - 8) & ~(uint64_t)7;
    }
}

/* Marks that code makes where it is no node. */
int32_t v8s_redact_mark_code(v8s_heap *heap, uint64_t page) {
    struct redaction *r = heap->redaction;
    if (r == NULL || page >= heap->page_count || heap->graph == NULL)
        return V8S_EINVAL;
    const v8s_page *in = &heap->pages[page];
    if (r->layout.stream_code != 0)
        return 0;
    for (uint64_t at = in->area_start; at + 8 <= in->area_end; at += 8) {
        uint64_t available;
        const uint8_t *p = v8s_view(heap, at, &available);
        if (p == NULL || available < 8) {
            uint64_t next = align8(v8s_next_readable(heap, at + 8));
            if (next == 0 || next >= in->area_end)
                break;
            at = next - 8;
            continue;
        }
        uint64_t word = load64(p);
        if ((word & 7) != 1)
            continue;
        uint32_t map = v8s_map_index(heap, word);
        if (map != NO_MAP && heap->maps[map].type == r->layout.stream_type &&
            mark_from(heap, r->layout.stream_type, at, r->layout.code_instructions) != 0)
            return V8S_ENOMEM;
    }
    return 0;
}

int32_t v8s_redact_page(v8s_heap *heap, uint64_t page, uint32_t mode, uint64_t start, uint64_t size,
                        uint8_t *out) {
    struct redaction *r = heap->redaction;
    const struct graph *g = heap->graph;
    if (r == NULL || g == NULL || page >= heap->page_count || (start & 7) != 0 ||
        size > UINT64_MAX - start)
        return V8S_EINVAL;
    const v8s_page *in = &heap->pages[page];
    struct window w = {heap, start, start + size, out};
    if (mode == V8S_PAGE_CODE) {
        write_code(&w, in);
        return 0;
    }
    uint64_t at = in->area_start;
    for (uint64_t node = r->first[page]; node < r->first[page + 1]; node++) {
        uint64_t address = g->address[node], end = address + 8 * (uint64_t)g->words[node];
        if (address > at && address > w.start && at < w.end)
            write_gap(&w, at, address);
        if (address < w.end && end > w.start &&
            write_node(&w, (uint32_t)node, mode == V8S_PAGE_PUBLIC) != 0)
            return V8S_ENOMEM;
        at = end > at ? end : at;
    }
    if (at < in->area_end && at < w.end)
        write_gap(&w, at, in->area_end < w.end ? in->area_end : w.end);
    return 0;
}

void v8s_redact_sums(const v8s_heap *heap, v8s_redact_stats *out) {
    memset(out, 0, sizeof *out);
    if (heap->redaction != NULL)
        *out = heap->redaction->stats;
}
