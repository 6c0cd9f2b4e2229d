/*
 * Strings by content. Sequential strings are compared as they are, external ones where their
 * characters are; cons, sliced and thin strings share the characters of others and are not
 * counted. A one-byte and a two-byte string are never taken for the same.
 */
#include <stdlib.h>

#include "internal.h"

int32_t v8s_set_text(v8s_heap *heap, uint64_t least, const uint8_t *one_byte,
                     const uint16_t *two_byte, uint64_t length) {
    free(heap->text_one_byte);
    free(heap->text_two_byte);
    heap->text_one_byte = NULL;
    heap->text_two_byte = NULL;
    heap->text_least = least;
    heap->text_length = length;
    if (length == 0)
        return 0;
    if (one_byte != NULL) {
        heap->text_one_byte = malloc((size_t)length);
        if (heap->text_one_byte == NULL)
            return V8S_ENOMEM;
        memcpy(heap->text_one_byte, one_byte, (size_t)length);
    }
    heap->text_two_byte = malloc((size_t)length * 2);
    if (heap->text_two_byte == NULL)
        return V8S_ENOMEM;
    memcpy(heap->text_two_byte, two_byte, (size_t)length * 2);
    return 0;
}

/* Whether the `size` bytes at `p` hold the `wanted` bytes at a multiple of `unit`. */
static int contains(const uint8_t *p, uint64_t size, const uint8_t *text, uint64_t wanted,
                    uint64_t unit) {
    if (text == NULL || wanted > size)
        return 0;
    const uint8_t *end = p + (size - wanted) + 1;
    for (const uint8_t *at = p; at < end; at++) {
        at = memchr(at, text[0], (size_t)(end - at));
        if (at == NULL)
            return 0;
        if ((uint64_t)(at - p) % unit == 0 && memcmp(at, text, (size_t)wanted) == 0)
            return 1;
    }
    return 0;
}

static uint64_t hash_of(const uint8_t *p, uint64_t size, uint64_t seed) {
    uint64_t h = seed ^ (size * UINT64_C(0x9e3779b97f4a7c15));
    for (; size >= 8; size -= 8, p += 8) {
        h = (h ^ load64(p)) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
    }
    uint64_t rest = 0;
    memcpy(&rest, p, (size_t)size);
    h = (h ^ rest) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 29;
}

int v8s_string(v8s_heap *heap, uint32_t map, uint64_t address, const uint8_t *p, uint64_t available,
               uint64_t size) {
    const v8s_layout *l = &heap->layout;
    uint32_t type = heap->maps[map].type;
    uint32_t shape = type & l->string_representation_mask;
    int one_byte = (type & l->string_one_byte_bit) != 0;
    if (available < l->string_length + 4)
        return 0;
    uint64_t length = load32(p + l->string_length);
    uint64_t bytes = one_byte ? length : 2 * length;
    if (length < heap->text_least)
        return 0;
    const uint8_t *chars = NULL;
    if (shape == l->string_seq_tag) {
        if (bytes <= available - l->string_chars && available >= l->string_chars)
            chars = p + l->string_chars;
    } else if (shape == l->string_external_tag && (type & l->string_uncached_bit) == 0 &&
               available >= l->string_external_data + 8) {
        uint64_t there;
        chars = v8s_view(heap, load64(p + l->string_external_data), &there);
        if (chars != NULL && there < bytes)
            chars = NULL;
    } else if (shape != l->string_external_tag) {
        return 0;
    }
    if (chars == NULL) /* not in the dump, or in several pieces: known by its address only */
        return heap->text_length != 0 ? 0 : v8s_group_add(heap, map, address, size, address);
    if (heap->text_length != 0 &&
        !(one_byte ? contains(chars, bytes, heap->text_one_byte, heap->text_length, 1)
                   : contains(chars, bytes, (const uint8_t *)heap->text_two_byte,
                              2 * heap->text_length, 2)))
        return 0;
    /* Strings of one text may have several Maps (internalized or not, external): one group. */
    return v8s_group_add(heap, one_byte ? 0 : 1, hash_of(chars, bytes, one_byte ? 1 : 2), size,
                         address);
}
