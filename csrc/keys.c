/* Does an object have a property key of its own? In descriptors (a Map's) or in a dictionary. */
#include "internal.h"

#define MAX_DESCRIPTORS 1020u /* V8's kMaxNumberOfDescriptors */
#define MAX_PROBES 256u       /* of a hash table; with deleted entries it is 5/6 full at most */

int v8s_descriptors_have_key(v8s_heap *heap, uint64_t descriptors, uint64_t count, uint64_t key) {
    if (count > MAX_DESCRIPTORS)
        return 0;
    uint64_t at = descriptors + heap->layout.descriptors_header;
    for (uint64_t i = 0; i < count; i++, at += 8 * (uint64_t)heap->layout.descriptor_words) {
        uint64_t word;
        if (!v8s_read64(heap, at, &word))
            return 0;
        if (word == key)
            return 1;
    }
    return 0;
}

/* Capacity of a NameDictionary, a power of two; 0: it is none. */
static uint64_t capacity_of(v8s_heap *heap, uint64_t dictionary) {
    const v8s_layout *l = &heap->layout;
    uint64_t word, length;
    if (!v8s_read64(heap, dictionary + l->fixed_array_length, &length) || !is_smi(length) ||
        !v8s_read64(heap, dictionary + l->fixed_array_data + 8 * l->dictionary_capacity, &word) ||
        !is_smi(word))
        return 0;
    uint64_t capacity = word >> 32;
    if (capacity == 0 || (capacity & (capacity - 1)) != 0 ||
        l->dictionary_first + capacity * l->dictionary_words > length >> 32)
        return 0;
    return capacity;
}

int v8s_dictionary_has_key(v8s_heap *heap, uint64_t dictionary, uint64_t key) {
    const v8s_layout *l = &heap->layout;
    uint64_t capacity = capacity_of(heap, dictionary);
    uint32_t raw_hash;
    if (capacity == 0 || key == 0 || !v8s_read(heap, key - 1 + l->name_raw_hash, &raw_hash, 4))
        return 0;
    /* Quadratic probing as HashTable::FindEntry (src/objects/hash-table-inl.h). */
    uint64_t entry = (raw_hash >> l->name_hash_shift) & (capacity - 1);
    uint64_t first = dictionary + l->fixed_array_data + 8 * (uint64_t)l->dictionary_first;
    for (uint64_t probe = 1; probe <= capacity && probe <= MAX_PROBES; probe++) {
        uint64_t word;
        if (!v8s_read64(heap, first + 8 * entry * l->dictionary_words, &word) ||
            word == heap->undefined)
            return 0;
        if (word == key)
            return 1;
        entry = (entry + probe) & (capacity - 1);
    }
    return 0;
}

static uint64_t mix(uint64_t word) {
    word ^= word >> 32;
    word *= UINT64_C(0xd6e8feb86659fd93);
    word ^= word >> 32;
    word *= UINT64_C(0xd6e8feb86659fd93);
    return word ^ word >> 32;
}

/* A hash of the set of keys, whatever their order; the same set of another size differs. */
uint64_t v8s_dictionary_signature(v8s_heap *heap, uint64_t dictionary) {
    const v8s_layout *l = &heap->layout;
    uint64_t capacity = capacity_of(heap, dictionary);
    uint64_t at = dictionary + l->fixed_array_data + 8 * (uint64_t)l->dictionary_first;
    uint64_t sum = 0;
    if (capacity == 0 || capacity > heap->key_budget)
        return 0;
    heap->key_budget -= capacity;
    for (uint64_t i = 0; i < capacity; i++, at += 8 * (uint64_t)l->dictionary_words) {
        uint64_t word;
        if (!v8s_read64(heap, at, &word))
            return 0;
        if (is_strong(word) && word != heap->undefined && word != heap->the_hole)
            sum += mix(word);
    }
    return sum;
}
