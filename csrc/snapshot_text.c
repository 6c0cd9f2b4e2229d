/*
 * The text of a snapshot: nodes, edges, strings. It goes to the caller's buffer, and what does not
 * fit there to the next one.
 */
#include <stdlib.h>

#include "snapshot.h"

#define NODE_TEXT 128u /* bytes of a node at most */
#define EDGE_TEXT 64u  /* of an edge */

static void put_bytes(struct snapshot *s, const uint8_t *bytes, uint64_t size) {
    if (s->used + size <= s->capacity && s->spill_used == 0) {
        memcpy(s->out + s->used, bytes, (size_t)size);
        s->used += size;
        return;
    }
    if (s->spill_used + size > s->spill_size) {
        uint64_t more = 2 * s->spill_size + size + ROOM;
        uint8_t *bigger = realloc(s->spill, (size_t)more);
        if (bigger == NULL) {
            s->error = V8S_ENOMEM;
            return;
        }
        s->spill = bigger;
        s->spill_size = more;
    }
    memcpy(s->spill + s->spill_used, bytes, (size_t)size);
    s->spill_used += size;
}

static const char PAIRS[] = "00010203040506070809101112131415161718192021222324252627282930313233"
                            "34353637383940414243444546474849505152535455565758596061626364656667"
                            "6869707172737475767778798081828384858687888990919293949596979899";

static uint8_t *put_pair(uint8_t *at, uint32_t number) {
    memcpy(at, PAIRS + (size_t)2 * number, 2);
    return at + 2;
}

static uint8_t *put_four(uint8_t *at, uint32_t number) {
    return put_pair(put_pair(at, number / 100), number % 100);
}

/* The digits of a number below 10000. */
static uint8_t *put_small(uint8_t *at, uint32_t number) {
    if (number >= 100) {
        if (number >= 1000)
            return put_four(at, number);
        *at++ = (uint8_t)('0' + number / 100);
        return put_pair(at, number % 100);
    }
    if (number >= 10)
        return put_pair(at, number);
    *at++ = (uint8_t)('0' + number);
    return at;
}

/* The digits of a number; where they end. */
static uint8_t *put_number(uint8_t *at, uint64_t number) {
    if (number < 10000)
        return put_small(at, (uint32_t)number);
    if (number < 100000000) {
        at = put_small(at, (uint32_t)number / 10000);
        return put_four(at, (uint32_t)number % 10000);
    }
    at = put_number(at, number / 100000000);
    uint32_t rest = (uint32_t)(number % 100000000);
    return put_four(put_four(at, rest / 10000), rest % 10000);
}

/* Writes edges while there is room. Those of the node `number` that are left are `edges`. */
void v8s_put_edges(struct snapshot *s) {
    while (s->edge_count < s->total_edges && s->used + EDGE_TEXT <= s->capacity) {
        while (s->edges == 0)
            s->edges = s->degree[++s->number];
        struct block *block = &s->blocks[s->read_block];
        const uint8_t *from = block->bytes + s->read_at;
        uint32_t first = *from, of_name = first >> 4 & 3, of_step = first >> 6;
        uint64_t name = load32(from + 1) & UINT32_MAX >> (24 - 8 * of_name);
        uint64_t step = load32(from + 2 + of_name) & UINT32_MAX >> (24 - 8 * of_step);
        s->read_at += 3 + of_name + of_step;
        uint64_t to = (step & 1) != 0 ? s->number - (step + 1) / 2 : s->number + step / 2;
        if ((first & 8) != 0)
            name = s->strings.numbers + (block->names != NULL ? block->names[name] : name);
        if (s->read_at >= block->used) {
            free(block->bytes);
            block->bytes = NULL;
            s->read_block++;
            s->read_at = 0;
        }
        uint8_t *at = s->out + s->used;
        if (s->edge_count != 0)
            *at++ = ',';
        *at++ = (uint8_t)('0' + (first & 7));
        *at++ = ',';
        at = put_number(at, name);
        *at++ = ',';
        at = put_number(at, to * s->l.node_fields);
        *at++ = '\n';
        s->used = (uint64_t)(at - s->out);
        s->edges--;
        s->edge_count++;
    }
}

static uint8_t *put_node(const struct snapshot *s, const struct node_row *row, uint8_t *at) {
    if (row->number != 0)
        *at++ = ',';
    at = put_small(at, (uint32_t)row->type & 0xff);
    *at++ = ',';
    at = put_number(at, row->name + s->strings.numbers);
    *at++ = ',';
    at = put_number(at, 2 * row->number + 1);
    *at++ = ',';
    at = put_number(at, row->size);
    *at++ = ',';
    at = put_number(at, row->edges);
    for (uint32_t field = 5; field < s->l.node_fields; field++) {
        *at++ = ',';
        *at++ = '0';
    }
    *at++ = '\n';
    return at;
}

int64_t v8s_snapshot_text(const v8s_heap *heap, const uint8_t *rows, uint64_t size, uint8_t *out,
                          uint64_t capacity) {
    struct node_row row;
    uint8_t *at = out;
    if (heap->snapshot == NULL || size % sizeof row != 0 ||
        size / sizeof row > capacity / NODE_TEXT)
        return V8S_EINVAL;
    for (uint64_t i = 0; i < size; i += sizeof row) {
        memcpy(&row, rows + i, sizeof row);
        at = put_node(heap->snapshot, &row, at);
    }
    return at - out;
}

/* A string; all of it, in a piece of its own where it does not fit. */
void v8s_put_string(v8s_heap *heap, uint64_t number) {
    struct snapshot *s = heap->snapshot;
    uint16_t units[4 * MAX_TEXT];
    uint8_t text[24 * MAX_TEXT + 16];
    uint64_t n = 0, used = 0;
    if (number > 0)
        text[used++] = ',';
    text[used++] = '\n';
    text[used++] = '"';
    if (number < s->strings.numbers) {
        used = (uint64_t)(put_number(text + used, number) - text);
    } else {
        n = v8s_text_units(heap, s->strings.source[number - s->strings.numbers], units);
    }
    for (uint64_t i = 0; i < n; i++) {
        static const char hex[] = "0123456789ABCDEF";
        uint16_t c = units[i] == 0 ? ' ' : units[i]; /* as V8's StringsStorage does */
        if (c == '"' || c == '\\') {
            text[used++] = '\\';
            text[used++] = (uint8_t)c;
        } else if (c >= 32 && c < 127) {
            text[used++] = (uint8_t)c;
        } else {
            text[used++] = '\\';
            text[used++] = 'u';
            text[used++] = (uint8_t)hex[c >> 12];
            text[used++] = (uint8_t)hex[c >> 8 & 15];
            text[used++] = (uint8_t)hex[c >> 4 & 15];
            text[used++] = (uint8_t)hex[c & 15];
        }
    }
    text[used++] = '"';
    put_bytes(s, text, used);
}
