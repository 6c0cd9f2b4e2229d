/*
 * Characters of many strings at once, as UTF-8: what tables of strings are filled with. Sequential
 * strings and external ones whose characters are in the dump; others the caller reads.
 */
#include "internal.h"

/* As UTF-8 from `at` on, four bytes at most; where that ends. */
static uint64_t put(uint8_t *out, uint64_t at, uint32_t code) {
    if (code < 0x80) {
        out[at++] = (uint8_t)code;
        return at;
    }
    if (code < 0x800) {
        out[at++] = (uint8_t)(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            out[at++] = (uint8_t)(0xE0 | code >> 12);
        } else {
            out[at++] = (uint8_t)(0xF0 | code >> 18);
            out[at++] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
        }
        out[at++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    }
    out[at++] = (uint8_t)(0x80 | (code & 0x3F));
    return at;
}

/* A surrogate without its other half becomes U+FFFD. */
static uint64_t put_two_byte(uint8_t *out, uint64_t at, const uint8_t *p, uint64_t units) {
    for (uint64_t i = 0; i < units; i++) {
        uint32_t code = load16(p + 2 * i);
        if (code >= 0xD800 && code < 0xE000) {
            uint32_t low = code < 0xDC00 && i + 1 < units ? load16(p + 2 * (i + 1)) : 0;
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i++;
            } else {
                code = 0xFFFD;
            }
        }
        at = put(out, at, code);
    }
    return at;
}

uint64_t v8s_texts(v8s_heap *heap, const uint64_t *address, uint64_t count, uint64_t most,
                   uint32_t *length, uint8_t *state, uint64_t *end, uint8_t *out,
                   uint64_t capacity) {
    const v8s_layout *l = &heap->layout;
    uint64_t at = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t available, word;
        const uint8_t *p = v8s_view(heap, address[i], &available);
        int64_t map = -1;
        length[i] = 0;
        state[i] = V8S_CHARS_OTHER;
        end[i] = at;
        if (p != NULL && available >= (uint64_t)l->string_length + 4) {
            word = load64(p);
            map = v8s_map_at(heap, word - 1);
            length[i] = load32(p + l->string_length);
        }
        if (map < 0 || heap->maps[map].type >= l->first_nonstring_type)
            continue;
        uint32_t type = heap->maps[map].type;
        uint32_t shape = type & l->string_representation_mask;
        int one_byte = (type & l->string_one_byte_bit) != 0;
        uint64_t units = length[i] < most ? length[i] : most;
        uint64_t bytes = one_byte ? units : 2 * units;
        /* A unit takes three bytes at most, a pair of them four. */
        if (units > (capacity - at) / 3)
            return i;
        const uint8_t *chars = NULL;
        if (shape == l->string_seq_tag) {
            if (available >= l->string_chars && bytes <= available - l->string_chars)
                chars = p + l->string_chars;
        } else if (shape == l->string_external_tag && (type & l->string_uncached_bit) == 0 &&
                   available >= (uint64_t)l->string_external_data + 8) {
            uint64_t there;
            chars = v8s_view(heap, load64(p + l->string_external_data), &there);
            if (chars != NULL && there < bytes)
                chars = NULL;
        }
        if (chars == NULL)
            continue;
        state[i] = V8S_CHARS_READ;
        if (one_byte)
            for (uint64_t k = 0; k < units; k++)
                at = put(out, at, chars[k]);
        else
            at = put_two_byte(out, at, chars, units);
        end[i] = at;
    }
    return count;
}
