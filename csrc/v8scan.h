/*
 * v8scan: walks a V8 heap in memory that somebody else has mapped.
 *
 * The whole interface. Plain C11 on flat buffers: no Python, no debugger, no globals, no callbacks.
 * All memory of the dumped process is seen through `segments`; every access is checked against
 * them. Addresses are the dumped process' own, untagged unless said otherwise. Every loop over
 * dump data is bounded by the bytes that are there. Functions return 0 or a count on success and
 * a negative V8S_E… on failure.
 *
 * The build turns this header into the prototypes of both Python bindings, so it keeps to fixed
 * width integers, flat structs, and pointers to them.
 */
#ifndef V8SCAN_H
#define V8SCAN_H

#include <stdint.h>

#if defined(_WIN32)
#define V8S_API __declspec(dllexport)
#else
#define V8S_API __attribute__((visibility("default")))
#endif

/* Raised whenever a struct or a function changes; the binding refuses another one. */
#define V8S_ABI 16

#define V8S_ENOMEM (-1)
#define V8S_EINVAL (-2)

/* Rules of size for objects whose Map does not hold it. */
#define V8S_RULE_SMI 1      /* align8(header + unit * (Smi at field & mask) + tail) */
#define V8S_RULE_U16 2      /* header + unit * uint16 at field */
#define V8S_RULE_I32 3      /* header + unit * int32 at field */
#define V8S_RULE_BIGINT 4   /* header + 8 * digits, bits 1-30 of uint32 at field */
#define V8S_RULE_PREPARSE 5 /* align8(header + int32 at field) + 8 * int32 at field + 4 */
#define V8S_RULE_RESYNC 6   /* not computed: up to the next word that is a Map */
#define V8S_RULE_FEEDBACK                                                                          \
    7                    /* align8(header + 4 * (uint32 at field / 6 up) + unit * uint32 after) */
#define V8S_RULE_SCOPE 8 /* a ScopeInfo: the scope_... fields of the layout */

/* What a walk does with the objects that it meets (bits). */
#define V8S_COUNT 1    /* counts and bytes per Map; lists odd receivers */
#define V8S_COLLECT 2  /* addresses of the instances of selected Maps */
#define V8S_GROUP 4    /* receivers by Map, array length, keys of dictionaries; odd ones apart */
#define V8S_REFER 8    /* who holds one of the targets; pages without any are not walked */
#define V8S_STRINGS 16 /* strings of the same content */
#define V8S_NODES 32   /* numbers objects for the graph: all pages once, in their order */
#define V8S_LIVE 64    /* leaves out what the graph says is dead */

/* Slots that are not what their tag says. */
#define V8S_SLOTS_RAW 1       /* no tagged words from byte `first` on */
#define V8S_SLOTS_WEAK 2      /* the slot at byte `first` is weak */
#define V8S_SLOTS_WEAK_TAIL 3 /* the last `first` bytes are weak slots */
#define V8S_SLOTS_PAIRS 4     /* keys and values of a weak collection from byte `first` on */
#define V8S_SLOTS_HANDLE 5    /* uint32 handle of the dispatch table at byte `first` */
#define V8S_SLOTS_CODE 6      /* machine code from byte `first` on, with pointers in it */
#define V8S_SLOTS_IN_CODE 7   /* such pointers to objects of this type are weak */
#define V8S_SLOTS_SKIP 8      /* the word at byte `first` is no tagged one */

/* The other end of an edge: its node, and from this bit on the kind of the edge. */
#define V8S_EDGE_SHIFT 30
#define V8S_EDGE_STRONG 0
#define V8S_EDGE_EPHEMERON 1 /* from a key to its value: holds while the table lives too */
#define V8S_EDGE_WEAK 2

/* What v8s_texts says of a string. */
#define V8S_CHARS_OTHER 0 /* not read: a string of another shape, or damaged */
#define V8S_CHARS_READ 1

/* Flags of a Map. */
#define V8S_MAP_RECEIVER 1   /* its instances are JS receivers */
#define V8S_MAP_DICTIONARY 2 /* its instances keep named properties in a dictionary */
#define V8S_MAP_OWN_TAG 4    /* has the tag key among its own descriptors */
#define V8S_MAP_ODD 8        /* the name of each instance depends on the instance */

/* How the node of an object is named in a snapshot (v8s_node_view). */
#define V8S_NAME_FIXED 0   /* `name` is a string that was given */
#define V8S_NAME_STRING 1  /* its own characters */
#define V8S_NAME_FIELD 2   /* the string at byte `name`; where none is there, nothing */
#define V8S_NAME_CLOSURE 3 /* its function's */
#define V8S_NAME_SHARED 4  /* a SharedFunctionInfo's */
#define V8S_NAME_SYMBOL 5  /* `name`, or that of private symbols */

/* What V8's snapshot shows of an object besides its slots (bits of v8s_node_view). */
#define V8S_VIEW_OBJECT 1     /* properties, elements, prototype */
#define V8S_VIEW_FUNCTION 2   /* what `new` needs, code */
#define V8S_VIEW_BOUND 4      /* bound arguments */
#define V8S_VIEW_CONTEXT 8    /* variables by name */
#define V8S_VIEW_BLOCK 16     /* a context whose scope has to say that it declares some */
#define V8S_VIEW_EVAL 32      /* the same for eval: in strict code */
#define V8S_VIEW_MAP 64       /* slots whose names depend on what is in them */
#define V8S_VIEW_CODE 128     /* the same */
#define V8S_VIEW_NUMBERED 256 /* slots from byte `first` on are numbered */
#define V8S_VIEW_EPHEMERONS 512
#define V8S_VIEW_PLAIN 1024 /* only properties, elements and variables are shown to lead there */
#define V8S_VIEW_BUFFER 2048
#define V8S_VIEW_EXTERNAL 4096 /* a string with bytes outside the heap */
#define V8S_VIEW_ODD 8192      /* instances may have names of their own */
#define V8S_VIEW_GLOBAL 16384  /* properties in cells */
#define V8S_VIEW_PROXY 32768   /* of a global object: shortcuts to what it stands for */
#define V8S_VIEW_MASKED 65536  /* keys of dictionaries are not shown */
#define V8S_VIEW_INLINE 131072 /* embedder's fields from byte `first` on are numbered */
#define V8S_VIEW_DEOPT 262144  /* an array that may be a part of deoptimization data */

/* What a holder of an array makes of its node (v8s_tag). */
#define V8S_TAG_ONE 0
#define V8S_TAG_POOL 1      /* a constant pool: arrays in it too, two deep */
#define V8S_TAG_FEEDBACK 2  /* all arrays in its slots */
#define V8S_TAG_DEOPT 3     /* the same, of the array in the slot, and that too */
#define V8S_TAG_NAMES 4     /* if it is a table of names */
#define V8S_TAG_POSITIONS 5 /* of Code; baseline code has a table of bytecode offsets there */

/* What v8s_live_copy does with pages, and with which. */
#define V8S_LIVE_COUNT 0   /* nothing */
#define V8S_LIVE_PREPARE 1 /* has memory ready for them */
#define V8S_LIVE_COPY 2
#define V8S_LIVE_ALL 0
#define V8S_LIVE_PRESENT 1 /* in memory or swapped out: others are zero, or as in their file */
#define V8S_LIVE_PRIVATE 2 /* of those, the ones that are not their file's */

/* States of a page. */
#define V8S_PAGE_WALK 0
#define V8S_PAGE_SKIP 1 /* known and not walked: from-space, dead semispace page */
#define V8S_PAGE_CODE 2 /* machine code: walked for the graph only */

typedef struct v8s_layout {
    uint32_t page_alignment; /* bytes, a power of two */
    uint32_t page_flags;
    uint32_t page_metadata; /* UINT32_MAX: the header is in the chunk */
    uint32_t page_size;
    uint32_t page_heap;
    uint32_t page_area_start;
    uint32_t page_area_end;
    uint32_t page_owner;
    uint32_t page_next;
    uint32_t space_id;
    uint32_t large_spaces; /* bit by id: spaces with one object a page */
    uint32_t map_size;     /* bytes of a Map */
    uint32_t map_instance_size;
    uint32_t map_instance_type;
    uint32_t map_bit_field3;
    uint32_t map_prototype;
    uint32_t map_descriptors;
    uint32_t map_type;
    uint32_t own_descriptors_shift;
    uint32_t own_descriptors_mask; /* before the shift */
    uint32_t dictionary_bit;       /* bit number in bit_field3 */
    uint32_t first_nonstring_type;
    uint32_t first_receiver_type;
    uint32_t string_length;
    uint32_t string_chars;
    uint32_t string_representation_mask;
    uint32_t string_seq_tag;
    uint32_t string_external_tag;
    uint32_t string_uncached_bit; /* mask; external without a pointer to its characters */
    uint32_t string_external_data;
    uint32_t string_one_byte_bit; /* mask */
    uint32_t name_raw_hash;
    uint32_t name_hash_shift;
    uint32_t descriptors_header;
    uint32_t descriptor_words;
    uint32_t properties_or_hash;
    uint32_t array_length;
    uint32_t fixed_array_length;
    uint32_t fixed_array_data;
    uint32_t dictionary_capacity; /* word after fixed_array_data */
    uint32_t dictionary_first;    /* word of the first entry of a NameDictionary */
    uint32_t dictionary_words;    /* words of an entry */
    uint32_t code_type;           /* of machine code objects */
    uint32_t code_pointer;        /* bytes to their Code; 0: they are one */
    uint32_t code_instructions;   /* of the Code: the address of the first; else bytes to it */
    uint32_t code_size;           /* of the Code: two uint32, instructions and what follows them */
    uint32_t js_array_type;
    uint32_t js_primitive_wrapper_type;
    uint32_t js_global_object_type;
    uint32_t free_space_type;
    uint32_t filler_type;
    uint32_t scope_flags;     /* of a uint32 */
    uint32_t scope_locals;    /* of a uint32, their number */
    uint32_t scope_first;     /* of what depends on the flags */
    uint32_t scope_kind_mask; /* of the flags, from bit 0 */
    uint32_t scope_class;     /* kinds */
    uint32_t scope_function;
    uint32_t scope_module;
    uint32_t scope_inlined_max;        /* from so many locals on one word has all names */
    uint32_t scope_flag_words;         /* flags of one word each */
    uint32_t scope_name_shift;         /* two flags; not 0: two words */
    uint32_t scope_late_kinds;         /* bit by kind: two words of positions */
    uint32_t scope_empty_flag;         /* a class with it has none */
    uint32_t scope_module_count_first; /* 1: before what the flags say */
    uint32_t scope_eval_flag;          /* one word at the end; 0: never */
    uint32_t scope_function_words;     /* at the end of a function's */
} v8s_layout;

typedef struct v8s_size_rule {
    uint32_t type;
    uint32_t rule;
    uint32_t field;
    uint32_t header;
    uint32_t unit;
    uint32_t tail;
    uint32_t mask; /* 0: none */
} v8s_size_rule;

typedef struct v8s_page {
    uint64_t chunk;
    uint64_t metadata;
    uint64_t size;
    uint64_t area_start;
    uint64_t area_end;
    uint64_t heap; /* 0: read-only, shared */
    uint64_t owner;
    uint64_t next;
    uint64_t flags;
    uint32_t space; /* UINT32_MAX: no owner */
    uint32_t state;
} v8s_page;

typedef struct v8s_map {
    uint64_t address;
    uint64_t count;
    uint64_t bytes;
    uint64_t sample; /* the first instance met */
    uint32_t type;
    uint32_t instance_size; /* bytes; 0: variable */
    uint32_t flags;
    uint32_t bit_field3;
} v8s_map;

typedef struct v8s_group {
    uint64_t map;       /* index */
    uint64_t signature; /* array length, or hash of a dictionary's set of keys, or 0 */
    uint64_t count;
    uint64_t bytes;
    uint64_t sample;
} v8s_group;

/* A tagged slot that holds a target, weak or strong. */
typedef struct v8s_reference {
    uint64_t object; /* that the slot is in */
    uint64_t slot;   /* its address */
    uint64_t map;    /* index of the object's Map */
} v8s_reference;

/* Bytes of one page, or of a whole walk. used + free + lab + zero + unexplained + resync + absent
   + forwarded = the area that was walked; with V8S_LIVE what is dead is missing. */
typedef struct v8s_stats {
    uint64_t objects;
    uint64_t used;        /* objects whose size is known */
    uint64_t free;        /* FreeSpace and fillers */
    uint64_t lab;         /* the unused part of linear allocation areas */
    uint64_t zero;        /* runs of zero words that V8 left */
    uint64_t unexplained; /* neither object nor free */
    uint64_t resync;      /* objects whose size was taken from where the next one starts */
    uint64_t absent;      /* not in the dump */
    uint64_t forwarded;   /* evacuated copies, counted where they went */
} v8s_stats;

typedef struct v8s_slot_rule {
    uint32_t type;
    uint32_t rule;
    uint32_t first;
} v8s_slot_rule;

typedef struct v8s_graph_stats {
    uint64_t nodes;
    uint64_t bytes; /* of the objects */
    uint64_t edges;
    uint64_t weak;      /* of them */
    uint64_t pairs;     /* entries of weak collections */
    uint64_t forwarded; /* look-ups that followed a forwarding address */
    uint64_t dangling;  /* tagged words into pages, but to no object: into code space, damage */
    uint64_t beyond;    /* objects that were left out: they start where no page has any */
    uint64_t live;      /* nodes that the roots reach */
    uint64_t live_bytes;
} v8s_graph_stats;

/* Objects of one class; those inside another one of it retain what is counted with that one. */
typedef struct v8s_class {
    uint64_t count;
    uint64_t bytes;
    uint64_t retained;
} v8s_class;

/* How objects are reached: by a step from where those of the pattern `parent` are (UINT32_MAX: a
   root, its class in the lower bits of `label`). Those of one label and class differ in nothing
   but indices and keys. `sample` is the one that was reached first. */
typedef struct v8s_pattern {
    uint64_t label;
    uint32_t parent;
    uint32_t class;
    uint32_t sample;
    uint32_t names; /* steps from here by a property name of a dictionary */
    uint64_t count;
    uint64_t bytes;
} v8s_pattern;

/* What a node dominates immediately of one class; `most` is what `greatest` of them retains. */
typedef struct v8s_filling {
    uint32_t dominator; /* the number of nodes: the root */
    uint32_t class;
    uint32_t greatest;
    uint32_t unused;
    uint64_t count;
    uint64_t bytes;
    uint64_t retained;
    uint64_t most;
} v8s_filling;

/* Redaction: see v8s_redact_begin. */

/* What a mark rule marks of what a slot leads to. */
#define V8S_MARK_NAME 1       /* a string: it is a name */
#define V8S_MARK_SOURCE 2     /* a string: it is the source of a script */
#define V8S_MARK_KEPT 3       /* an object that is kept as it is */
#define V8S_MARK_KEPT_PARTS 4 /* the same, and the byte arrays that it refers to */
#define V8S_MARK_NAME_PARTS 5 /* the strings that it refers to are names */
#define V8S_MARK_KEY                                                                               \
    6                       /* a string: a key that may be data; it becomes another name, unless   \
                               something else says that it is a name */
#define V8S_MARK_PROPERTY 7 /* a string: a name if it looks like one, else such a key */

/* How the objects of a type are written. */
#define V8S_REDACT_KEEP 1    /* as they are */
#define V8S_REDACT_RAW 2     /* bytes from `first` on are zero */
#define V8S_REDACT_DOUBLES 3 /* the same, holes stay */
#define V8S_REDACT_SLOTS 4   /* references from `first` on; words of `keep` stay */
#define V8S_REDACT_ENTRIES                                                                         \
    5                          /* behind `first` `prefix` words stay, then entries of `unit` words \
                                */
#define V8S_REDACT_BUCKETS 6   /* the same; the third of the prefix says how much longer it is */
#define V8S_REDACT_BYTECODES 7 /* opcodes stay */
#define V8S_REDACT_RECEIVER                                                                        \
    8 /* what is before the properties stays, but for words of `keep`; these too where the Smi at  \
         byte `prefix` (if that is not 0) is not negative */

/* Other memory: which words stay. */
#define V8S_WORDS_ALL 0
#define V8S_WORDS_OTHER 1      /* addresses and numbers below 65536 */
#define V8S_WORDS_OWN 2        /* V8's own: numbers below 2^40 that are no text */
#define V8S_WORDS_STACK 3      /* addresses, offsets in bytecode, small raw numbers */
#define V8S_WORDS_HANDLES 4    /* a block of global handles */
#define V8S_WORDS_CODE_TABLE 5 /* the dispatch table */

#define V8S_TEXT_HIDDEN 0
#define V8S_TEXT_LINES 1 /* ends of lines stay */
#define V8S_TEXT_KEPT 2
#define V8S_TEXT_TWO_BYTE 4 /* bit */

/* Pages. */
#define V8S_PAGE_VALUES 0
#define V8S_PAGE_PUBLIC 1 /* read-only space: the same in every process */
#define V8S_PAGE_CODE 2

typedef struct v8s_mark_rule {
    uint32_t type;
    uint32_t what;
    uint32_t first; /* byte of the slot */
    uint32_t step;  /* words to the next one; 0: it is the only one */
} v8s_mark_rule;

typedef struct v8s_redact_rule {
    uint32_t type;
    uint32_t policy;
    uint32_t first; /* bytes */
    uint32_t prefix;
    uint32_t unit;
    uint32_t reserved;
    uint64_t keep; /* bit by word */
} v8s_redact_rule;

typedef struct v8s_redact_layout {
    uint64_t double_hole;
    uint32_t cons_tag;
    uint32_t sliced_tag;
    uint32_t thin_tag;
    uint32_t string_first; /* part, parent or actual string */
    uint32_t string_second;
    uint32_t map_inobject_start;
    uint32_t byte_array_type; /* UINT32_MAX: there is none */
    uint32_t trusted_byte_array_type;
    uint32_t bytecode_type;
    uint32_t bytecode_wrapper_type;
    uint32_t code_type;
    uint32_t code_wrapper_type;
    uint32_t stack_array_type; /* arrays that captured stacks may be in */
    uint32_t stream_type;      /* what machine code is in */
    uint32_t stream_code;      /* 0: it is the Code itself */
    uint32_t code_start;       /* 0: machine code is at code_instructions */
    uint32_t code_instructions;
    uint32_t code_size;
    uint32_t safepoint_stack_slots;
    uint32_t first_function_type;
    uint32_t last_function_type;
    uint32_t hide_names; /* 1: names become others, one for each string */
} v8s_redact_layout;

typedef struct v8s_redact_stats {
    uint64_t strings;
    uint64_t names; /* of them */
} v8s_redact_stats;

/* How the nodes of a Map's instances look in a snapshot. */
typedef struct v8s_node_view {
    uint32_t type; /* of the node, as the file numbers them */
    uint32_t rule; /* V8S_NAME_… */
    uint32_t name;
    uint32_t flags; /* V8S_VIEW_… */
    uint32_t first; /* see V8S_VIEW_NUMBERED and V8S_VIEW_INLINE */
} v8s_node_view;

/* A slot that has a name in snapshots, of instances of a type; sorted by type. */
typedef struct v8s_named_slot {
    uint32_t type;
    uint32_t offset;
    uint32_t name; /* a string that was given */
} v8s_named_slot;

/* What instances of `type` make of the node that their slot at `offset` leads to. */
typedef struct v8s_tag {
    uint32_t type;
    uint32_t offset;
    uint32_t how;       /* V8S_TAG_… */
    uint32_t name;      /* for a node that has none; a string that was given */
    uint32_t node_type; /* UINT32_MAX: stays */
} v8s_tag;

/* Numbers that only snapshots need: bytes, unless said otherwise. */
typedef struct v8s_snapshot_layout {
    uint32_t node_fields; /* numbers a node has in the file: 6, or 7 with a trace id */
    uint32_t groups;      /* of roots */
    /* 1: read-only objects have size 0, external strings all their bytes */
    uint32_t free_read_only;
    uint32_t read_only_nodes; /* the first so many nodes */
    uint32_t masked;          /* 1: no content of strings */
    uint32_t tag_all_shared;  /* 0: SharedFunctionInfos are tagged by their functions only */
    uint32_t edge_context;    /* types of edges, as the file numbers them */
    uint32_t edge_element;
    uint32_t edge_property;
    uint32_t edge_internal;
    uint32_t edge_hidden;
    uint32_t edge_shortcut;
    uint32_t edge_weak;
    uint32_t type_synthetic; /* types of nodes */
    uint32_t type_native;
    uint32_t name_map; /* names of edges: strings that were given */
    uint32_t name_proto;
    uint32_t name_prototype;
    uint32_t name_initial_map;
    uint32_t name_properties;
    uint32_t name_elements;
    uint32_t name_code;
    uint32_t name_backing_store;
    uint32_t name_extension;
    uint32_t name_transition;
    uint32_t name_transitions;
    uint32_t name_prototype_info;
    uint32_t name_constructor;
    uint32_t name_back_pointer;
    uint32_t name_constructor_data;
    uint32_t name_native_context;
    uint32_t name_global_object;
    uint32_t name_interpreter_data;
    uint32_t name_offset_table;
    uint32_t name_deoptimization_data;
    uint32_t name_position_table;
    uint32_t type_hidden;
    uint32_t name_private;   /* of private symbols */
    uint32_t symbol_private; /* mask */
    uint32_t name_masked;    /* of nodes: what stands for content */
    uint32_t name_buffer;
    uint32_t name_gc_roots;
    uint32_t tag_properties;
    uint32_t tag_elements;
    uint32_t tag_offset_table;
    uint32_t tag_shared;
    uint32_t symbol_type; /* instance types */
    uint32_t accessor_pair_type;
    uint32_t property_cell_type;
    uint32_t property_array_type;
    uint32_t scope_info_type;
    uint32_t scope_table_type;  /* of a scope's names */
    uint32_t map_context_first; /* of contexts */
    uint32_t map_context_last;
    uint32_t native_context_type;
    uint32_t function_template_type;
    uint32_t transition_array_type;
    uint32_t oddball_type;
    uint32_t hole_type; /* UINT32_MAX: an oddball */
    uint32_t fixed_array_type;
    uint32_t trusted_array_type; /* UINT32_MAX: none */
    uint32_t weak_array_type;
    uint32_t name_dictionary_type;
    uint32_t number_dictionary_type;
    uint32_t global_dictionary_type;
    uint32_t heap_number_type;
    uint32_t heap_number_value;
    uint32_t symbol_flags;
    uint32_t symbol_description;
    uint32_t symbol_private_name; /* mask */
    uint32_t map_inobject_start;  /* uint8, words */
    uint32_t map_bit_field;
    uint32_t map_bit_field2;
    uint32_t map_constructor;
    uint32_t map_transitions;
    uint32_t map_prototype_slot_bit; /* number in bit_field */
    uint32_t map_prototype_map_bit;  /* number in bit_field3 */
    uint32_t map_elements_shift;     /* in bit_field2 */
    uint32_t elements_packed;        /* kinds */
    uint32_t elements_holey;
    uint32_t elements_dictionary;
    uint32_t descriptor_kind_bit;
    uint32_t descriptor_location_bit;
    uint32_t representation_shift;
    uint32_t representation_mask;
    uint32_t field_index_shift;
    uint32_t field_index_mask;
    uint32_t dictionary_kind_bit;
    uint32_t number_first; /* words before the first entry of a NumberDictionary */
    uint32_t global_first;
    uint32_t property_array_mask;
    uint32_t object_elements;
    uint32_t cell_name;
    uint32_t cell_details;
    uint32_t cell_value;
    uint32_t pair_getter;
    uint32_t pair_setter;
    uint32_t function_shared;
    uint32_t function_code;
    uint32_t function_prototype;
    uint32_t shared_name;
    uint32_t bound_arguments;
    uint32_t context_slots;
    uint32_t context_min_slots;
    uint32_t context_extension; /* slot */
    uint32_t scope_names_word;  /* word of a ScopeInfo: the first name, see scope_… of the layout */
    uint32_t scope_extension_bit;
    uint32_t scope_saved_class_bit;
    uint32_t scope_strict_bit;
    uint32_t scope_declaration_bit;
    uint32_t scope_name_context; /* of two flags: the function's name is in the context */
    uint32_t code_flags;
    uint32_t code_kind_mask;
    uint32_t code_baseline;
    uint32_t code_data;
    uint32_t code_positions;
    uint32_t string_cons_tag;
    uint32_t string_sliced_tag;
    uint32_t string_thin_tag;
    uint32_t string_first; /* of a cons string; also parent and actual */
    uint32_t string_second;
    uint32_t string_offset;
} v8s_snapshot_layout;

typedef struct v8s_heap v8s_heap;

V8S_API uint32_t v8s_abi(void);

/* sizeof v8s_layout, v8s_size_rule, v8s_page, v8s_map, v8s_group, v8s_reference, v8s_stats,
   v8s_slot_rule, v8s_graph_stats, v8s_class, v8s_pattern, v8s_filling, v8s_mark_rule,
   v8s_redact_rule, v8s_redact_layout, v8s_redact_stats, v8s_node_view, v8s_named_slot, v8s_tag,
   v8s_snapshot_layout (which = 0 to 19). */
V8S_API uint64_t v8s_struct_size(uint32_t which);

/*
 * Opens `segments` (sorted by address, not overlapping; `data` holds host pointers; a `hole` is
 * readable and all zero). The arrays and what they point to must outlive the handle. NULL: no
 * memory, or arguments that make no sense.
 */
V8S_API v8s_heap *v8s_open(const v8s_layout *layout, const v8s_size_rule *rules,
                           uint64_t rule_count, const uint64_t *start, const uint64_t *size,
                           const uint64_t *data, const uint8_t *hole, uint64_t count);
V8S_API void v8s_close(v8s_heap *heap);

/*
 * Looks for page headers at aligned addresses of the segments from *segment on, up to `budget`
 * probes or `capacity` pages; *segment is where to go on (count of segments: done), *address the
 * address in it (0: from its start). Returns the number of pages written.
 */
V8S_API int64_t v8s_find_pages(v8s_heap *heap, uint64_t *segment, uint64_t *address,
                               uint64_t budget, v8s_page *out, uint64_t capacity);

/* The pages of the heap, each chunk once, in the order of walks; copied. Forgets what was known of
   Maps. */
V8S_API int32_t v8s_set_pages(v8s_heap *heap, const v8s_page *pages, uint64_t count);

/* Linear allocation areas [top, limit), sorted by top; a `sure` one is skipped whatever stands at
   its top, another one only when no object does. Copied. */
V8S_API int32_t v8s_set_labs(v8s_heap *heap, const uint64_t *top, const uint64_t *limit,
                             const uint8_t *sure, uint64_t count);

/*
 * Singletons that the naming of objects needs, as tagged addresses (0: not known): the symbol that
 * names an object (Symbol.toStringTag), `undefined` (an empty slot of a hash table) and the hole
 * (a deleted one). Forgets what was known of Maps.
 */
V8S_API void v8s_set_roots(v8s_heap *heap, uint64_t tag_key, uint64_t undefined, uint64_t the_hole);

/* Forgets counts, collected addresses, odd receivers, groups and references. Maps keep their
   index. */
V8S_API void v8s_reset(v8s_heap *heap);

/* Replaces the rule of one type. V8S_EINVAL: types that high have no rules. */
V8S_API int32_t v8s_set_rule(v8s_heap *heap, const v8s_size_rule *rule);

/* Which Maps V8S_COLLECT takes: one byte for each index, not 0 is taken. Copied. */
V8S_API int32_t v8s_select(v8s_heap *heap, const uint8_t *selected, uint64_t count);

/* What V8S_REFER looks for: tagged addresses, weak bit or not. Copied. */
V8S_API int32_t v8s_set_targets(v8s_heap *heap, const uint64_t *targets, uint64_t count);

/*
 * V8S_STRINGS takes strings of at least `least` characters, and where `length` is not 0 only those
 * that contain the text: one_byte[length] in one-byte strings (NULL: in none of them),
 * two_byte[length] in two-byte ones. Copied.
 */
V8S_API int32_t v8s_set_text(v8s_heap *heap, uint64_t least, const uint8_t *one_byte,
                             const uint16_t *two_byte, uint64_t length);

/* Walks pages [first, last) of those set; adds to the sums of each in stats[first..last). */
V8S_API int32_t v8s_walk(v8s_heap *heap, uint64_t first, uint64_t last, uint32_t mode,
                         v8s_stats *stats);

/* Results; each returns how many it wrote from index `from` on. */
V8S_API uint64_t v8s_map_count(const v8s_heap *heap);
V8S_API uint64_t v8s_maps(const v8s_heap *heap, uint64_t from, v8s_map *out, uint64_t capacity);
V8S_API uint64_t v8s_collected_count(const v8s_heap *heap);
V8S_API uint64_t v8s_collected(const v8s_heap *heap, uint64_t from, uint64_t *address,
                               uint32_t *map, uint64_t capacity);
V8S_API uint64_t v8s_odd_count(const v8s_heap *heap);
V8S_API uint64_t v8s_odd(const v8s_heap *heap, uint64_t from, uint64_t *address, uint32_t *map,
                         uint64_t capacity);
V8S_API uint64_t v8s_reference_count(const v8s_heap *heap);
V8S_API uint64_t v8s_references(const v8s_heap *heap, uint64_t from, v8s_reference *out,
                                uint64_t capacity);
/* Sorts groups, greatest first: by bytes (0), count (1), bytes that all but one take (2). */
V8S_API void v8s_sort_groups(v8s_heap *heap, uint32_t key);
V8S_API uint64_t v8s_group_count(const v8s_heap *heap);
V8S_API uint64_t v8s_groups(const v8s_heap *heap, uint64_t from, v8s_group *out, uint64_t capacity);

/* Index of the Map at `address` (untagged), or -1 when no Map is there. */
V8S_API int64_t v8s_map_at(v8s_heap *heap, uint64_t address);

/* Size in bytes of the object at `address`, 0 when it can't be told. */
V8S_API uint64_t v8s_size_at(v8s_heap *heap, uint64_t address);

/*
 * The graph: nodes are the objects of all pages, edges their tagged slots. `begin` forgets an
 * older one; then all pages are walked with V8S_NODES, and `edges` is called for nodes [first,
 * last), slice by slice from 0 to the number of nodes. What looks against the edges (dominators,
 * paths) needs `degrees` and after it `reverse` called in the same way; from 0 they begin anew.
 * `dispatch_table` is the address of the table that V8S_SLOTS_HANDLE means, 0 where there is none.
 */
V8S_API int32_t v8s_graph_begin(v8s_heap *heap, const v8s_slot_rule *rules, uint64_t count,
                                uint64_t dispatch_table);
V8S_API int32_t v8s_graph_edges(v8s_heap *heap, uint64_t first, uint64_t last);
/* Before `edges`: leaves nodes to `half`, which reads the edges of `steps` of them and may be
   called from another thread while `edges` does those below the node that `split` returns; 0: they
   are too few. `half` returns whether there are more; when both are done, `join` puts them
   together. */
V8S_API int64_t v8s_graph_split(v8s_heap *heap);
V8S_API int32_t v8s_graph_half(v8s_heap *heap, uint64_t steps);
V8S_API int32_t v8s_graph_join(v8s_heap *heap);
V8S_API int32_t v8s_graph_degrees(v8s_heap *heap, uint64_t first, uint64_t last);
V8S_API int32_t v8s_graph_reverse(v8s_heap *heap, uint64_t first, uint64_t last);
V8S_API void v8s_graph_free(v8s_heap *heap);
V8S_API void v8s_graph_sums(const v8s_heap *heap, v8s_graph_stats *out);

/* The nodes that tagged words lead to, forwarding addresses followed; UINT32_MAX: to none. */
V8S_API void v8s_graph_nodes(v8s_heap *heap, const uint64_t *words, uint32_t *out, uint64_t count);

/* Untagged address, index of the Map and size in words of nodes from `from` on; how many. */
V8S_API uint64_t v8s_graph_objects(const v8s_heap *heap, uint64_t from, uint64_t *address,
                                   uint32_t *map, uint32_t *words, uint64_t capacity);

/* As a walk with V8S_COLLECT, of nodes in [first, last) outside code space. */
V8S_API int32_t v8s_graph_collect(v8s_heap *heap, uint64_t first, uint64_t last);

/* The edges of one node, or (`reverse` 1) to it: writes those from `from` on, returns how many
   there are in all. */
V8S_API uint64_t v8s_graph_row(const v8s_heap *heap, uint32_t reverse, uint64_t node, uint64_t from,
                               uint32_t *out, uint64_t capacity);

/* All of them: those of node n are target[start[n]] to target[start[n + 1]]. Returns how many, 0
   when there is not room for all. */
V8S_API uint64_t v8s_graph_rows(const v8s_heap *heap, uint32_t reverse, uint32_t *start,
                                uint64_t start_capacity, uint32_t *target,
                                uint64_t target_capacity);

/*
 * The roots, nodes with kinds as in edges: of a weak one nothing is followed that it holds. Forgets
 * what was reached. `reach` marks up to `budget` nodes that are alive; 1 when all are, 0 when it is
 * to go on.
 */
V8S_API int32_t v8s_graph_roots(v8s_heap *heap, const uint32_t *roots, uint64_t count);
V8S_API int32_t v8s_graph_reach(v8s_heap *heap, uint64_t budget);

/* The marks, a bit for each node; how many words there are. */
V8S_API uint64_t v8s_graph_live(const v8s_heap *heap, uint64_t *out, uint64_t capacity);

/* Adds the number and bytes of live nodes in [first, last) to those of their Maps. */
V8S_API int32_t v8s_graph_census(const v8s_heap *heap, uint64_t first, uint64_t last,
                                 uint64_t *count, uint64_t *bytes, uint64_t maps);

/*
 * Ways from roots to a live node, the shortest first, `most` of them, no node but the last in more
 * than one way at the same place. `paths` begins, `step` looks at up to `budget` nodes: 1 when it
 * is done, 0 when it is to go on. `found` writes the nodes of each way from the node to its root,
 * each way after its length, and returns how many words that takes: if there is not room for all,
 * it writes none.
 */
V8S_API int32_t v8s_graph_paths(v8s_heap *heap, uint64_t node, uint64_t most);
V8S_API int32_t v8s_graph_paths_step(v8s_heap *heap, uint64_t budget);
V8S_API uint64_t v8s_graph_paths_found(const v8s_heap *heap, uint32_t *out, uint64_t capacity);

/*
 * Dominators, of live nodes: `dominate` begins (the nodes `outside` have bytes that are not on the
 * heap and would go with them; nodes `apart` are held by no object; the first `unsized` nodes have
 * no bytes that would go), `step` does some of the work, 1 when it is done, 0
 * when it is to go on. Then `dominated` gives for nodes from `from` on the immediate dominator
 * (the number of nodes: the root; UINT32_MAX: none) and the bytes retained, the root's at the end;
 * `children` those that a node dominates immediately, and how many they are.
 */
V8S_API int32_t v8s_graph_dominate(v8s_heap *heap, const uint32_t *user_roots, uint64_t count,
                                   const uint32_t *outside, const uint64_t *outside_bytes,
                                   uint64_t outside_count, const uint32_t *apart,
                                   uint64_t apart_count, uint64_t unsized);
V8S_API int32_t v8s_graph_dominate_step(v8s_heap *heap, uint64_t budget);
V8S_API uint64_t v8s_graph_dominated(const v8s_heap *heap, uint64_t from, uint32_t *dominator,
                                     uint64_t *retained, uint64_t capacity);
V8S_API uint64_t v8s_graph_children(const v8s_heap *heap, uint64_t dominator, uint32_t *out,
                                    uint64_t capacity);

/* Sums by class, added to `out`: of each Map by index (UINT32_MAX: in none), but for the nodes
   `odd`, which ascend. Does about `budget` nodes; 1 when it is done, 0 when it is to be called
   again with the same arguments; a `budget` of 0 lets go of what was begun. */
V8S_API int32_t v8s_graph_by_class(v8s_heap *heap, const uint32_t *classes, uint64_t maps,
                                   const uint32_t *odd, const uint32_t *odd_class,
                                   uint64_t odd_count, v8s_class *out, uint64_t class_count,
                                   uint64_t budget);

/*
 * Patterns: the live objects by how they are first reached from the roots (three words each: node,
 * class of the root, phase; those of a phase stand together, and what an earlier one reaches is not
 * a later one's). `classes` and `folds` are by Map: how slots of its instances are told apart.
 * `step` reaches `budget` objects; 1 when it is done, 0 when it is to go on. `rows` gives them from
 * `from` on (capacity 0: how many there are), parents in front of their children; `way` what
 * leads to a node, itself first: (node, pattern) up to a root; `sums` is as `by_class`, of the
 * objects of patterns that have a class of `classes`.
 */
#define V8S_FOLD_FIELDS 0  /* by slot */
#define V8S_FOLD_ALL 1     /* not at all */
#define V8S_FOLD_ENTRIES 2 /* an ordered hash map, the number of its buckets in word fold >> 8 */
#define V8S_FOLD_NAMES 3   /* a dictionary by key, the first one in word fold >> 8 */
#define V8S_FOLD_CONTEXT 4 /* by slot and ScopeInfo, which is in word fold >> 8 */
#define V8S_FOLD_CELLS 5   /* by slot, if there are not too many */
V8S_API int32_t v8s_graph_patterns(v8s_heap *heap, const uint32_t *classes, const uint32_t *folds,
                                   uint64_t maps, const uint32_t *roots, uint64_t root_count);
V8S_API int32_t v8s_graph_patterns_step(v8s_heap *heap, uint64_t budget);
V8S_API uint64_t v8s_graph_pattern_rows(const v8s_heap *heap, uint64_t from, v8s_pattern *out,
                                        uint64_t capacity);
V8S_API uint64_t v8s_graph_pattern_way(const v8s_heap *heap, uint64_t node, uint32_t *out,
                                       uint64_t capacity);
V8S_API int32_t v8s_graph_pattern_sums(v8s_heap *heap, const uint32_t *classes, uint64_t patterns,
                                       v8s_class *out, uint64_t class_count, uint64_t budget);

/* What nodes that retain `least` bytes dominate immediately, by class: where there are several of
   one that retain as much together; `rows` as above. For nodes [first, last), slice by slice from 0
   to the number of nodes. */
V8S_API int32_t v8s_graph_fillings(v8s_heap *heap, const uint32_t *classes, uint64_t maps,
                                   uint64_t least, uint64_t first, uint64_t last);
V8S_API uint64_t v8s_graph_filling_rows(const v8s_heap *heap, uint64_t from, v8s_filling *out,
                                        uint64_t capacity);

/* Nodes that retain `least` bytes, and none that they dominate half as much: how many of [first,
   last) are in `out`. `most` has zeros for all nodes and the root; `v8s_graph_most` is called
   before for all nodes, slice by slice too. */
V8S_API int32_t v8s_graph_most(const v8s_heap *heap, uint64_t *most, uint64_t first, uint64_t last);
V8S_API int64_t v8s_graph_gathered(const v8s_heap *heap, uint64_t least, const uint64_t *most,
                                   uint64_t first, uint64_t last, uint32_t *out, uint64_t capacity);

/*
 * A copy with masked values, piece by piece. After the graph is made, `begin` takes the rules, the
 * mapped memory (sorted) and the sizes of bytecodes (three times `size_count`, by scale of their
 * operands). `mark` finds out for all nodes, slice by slice, which strings are names and sources,
 * `mark_code` for pages of machine code, `names` adds strings by tagged address. Texts equal to
 * one of `texts` (each after its length, a byte) stay.
 *
 * Then `page` writes what may stay of the objects of a page at [start, start + size) to `out`,
 * which is zero before; `words` of other memory, by kind; `text` characters. `ranges` are
 * characters outside of pages, or parts of strings that are names: kinds are V8S_TEXT_… .
 */
V8S_API int32_t v8s_redact_begin(v8s_heap *heap, const v8s_redact_layout *layout,
                                 const v8s_mark_rule *marks, uint64_t mark_count,
                                 const v8s_redact_rule *rules, uint64_t rule_count,
                                 const uint64_t *region_start, const uint64_t *region_end,
                                 uint64_t region_count, const uint8_t *sizes, uint64_t size_count,
                                 const uint8_t *texts, uint64_t text_bytes);
V8S_API void v8s_redact_free(v8s_heap *heap);
V8S_API int32_t v8s_redact_mark(v8s_heap *heap, uint64_t first, uint64_t last);
V8S_API int32_t v8s_redact_mark_code(v8s_heap *heap, uint64_t page);
V8S_API int32_t v8s_redact_names(v8s_heap *heap, const uint64_t *words, uint64_t count);
V8S_API int32_t v8s_redact_page(v8s_heap *heap, uint64_t page, uint32_t mode, uint64_t start,
                                uint64_t size, uint8_t *out);
V8S_API int32_t v8s_redact_words(v8s_heap *heap, uint32_t kind, uint64_t start, uint64_t size,
                                 uint8_t *out);
V8S_API int32_t v8s_redact_text(v8s_heap *heap, uint32_t kind, uint32_t width, uint64_t address,
                                uint64_t size, uint8_t *out);
V8S_API uint64_t v8s_redact_ranges(const v8s_heap *heap, uint64_t from, uint64_t *address,
                                   uint64_t *size, uint32_t *kind, uint64_t capacity);
V8S_API void v8s_redact_sums(const v8s_heap *heap, v8s_redact_stats *out);

/* Parts of a graph that can be kept in a file. */
#define V8S_PART_ADDRESS 0
#define V8S_PART_MAP 1
#define V8S_PART_WORDS 2
#define V8S_PART_OUT_START 3
#define V8S_PART_OUT_TARGET 4
#define V8S_PART_IN_START 5
#define V8S_PART_IN_TARGET 6
#define V8S_PART_PAIRS 7
#define V8S_PART_LIVE 8
#define V8S_PART_DOMINATOR 9
#define V8S_PART_RETAINED 10

/* A checksum that reads at memory speed: against damage, not against forgers. */
V8S_API uint64_t v8s_digest(const uint8_t *data, uint64_t size);

/* Maps that were met before, at untagged addresses: each gets its index again. What was known of
   Maps is forgotten. V8S_EINVAL: there are other ones. */
V8S_API int32_t v8s_adopt_maps(v8s_heap *heap, const uint64_t *address, uint64_t count);

/* The bytes of a part from `from` on; how many, V8S_EINVAL when it is not made. */
V8S_API int64_t v8s_graph_part(const v8s_heap *heap, uint32_t part, uint64_t from, uint8_t *out,
                               uint64_t capacity);

/*
 * After `begin`, in place of a walk: nodes and rows that were kept, which are read where they are
 * and must outlive the graph. `step` checks `budget` nodes with their rows; 1 when all are, 0 when
 * it is to go on: nothing can be asked of the graph before. After `roots`, in place of `reach`:
 * marks. Then dominators, which stay where they are too. V8S_EINVAL: they make no sense for this
 * heap, and none are there.
 */
V8S_API int32_t v8s_graph_adopt(v8s_heap *heap, uint64_t nodes, uint64_t edges, uint64_t pairs,
                                const uint64_t *address, const uint32_t *map, const uint32_t *words,
                                const uint32_t *out_start, const uint32_t *out_target,
                                const uint32_t *in_start, const uint32_t *in_target,
                                const uint32_t *pair_words, const v8s_graph_stats *stats);
V8S_API int32_t v8s_graph_adopt_step(v8s_heap *heap, uint64_t budget);
V8S_API int32_t v8s_graph_adopt_live(v8s_heap *heap, const uint64_t *live, uint64_t words);
V8S_API int32_t v8s_graph_adopt_dominators(v8s_heap *heap, const uint32_t *dominator,
                                           const uint64_t *retained, uint64_t count);

/*
 * The characters of strings at untagged addresses, `most` UTF-16 units of each, as UTF-8 one after
 * the other: of each its length in units, a state, and where in `out` its text ends. Returns how
 * many strings it has done; less than `count` where `out` has no room for the next one.
 */
V8S_API uint64_t v8s_texts(v8s_heap *heap, const uint64_t *address, uint64_t count, uint64_t most,
                           uint32_t *length, uint8_t *state, uint64_t *end, uint8_t *out,
                           uint64_t capacity);

/*
 * A heap snapshot as V8 writes it, of the graph: text, piece by piece. `begin` forgets an older
 * one: `text` holds the strings that are given, the first `text_count` of the file's, each ending
 * where `text_end` says (UTF-8), all different, the first one empty; `kept` has a bit for each node
 * that is to be in the file. Then `more` writes up to `capacity` bytes, at least 4096, and returns
 * how many; 0 with *stage == 6: that was all. Stages: 1 tags, 2 counting (nothing is written), then
 * nodes, edges, strings, whose text is to be put between the parts that the caller writes: each of
 * them ends a stage, returning 0 with the number of the next one in *stage. *done counts what the
 * stage has done of *total.
 */
V8S_API int32_t v8s_snapshot_begin(v8s_heap *heap, const v8s_snapshot_layout *layout,
                                   const v8s_node_view *views, uint64_t view_count,
                                   const v8s_named_slot *slots, uint64_t slot_count,
                                   const v8s_tag *tags, uint64_t tag_count, const uint8_t *text,
                                   const uint64_t *text_end, uint64_t text_count,
                                   const uint64_t *kept);

/* Nodes that lead to what is not a heap object, ascending; `bytes` of what they lead to. Several
   may share one: `shared` numbers them from 0. */
V8S_API int32_t v8s_snapshot_buffers(v8s_heap *heap, const uint32_t *nodes, const uint32_t *shared,
                                     uint64_t count, const uint64_t *bytes, uint64_t shared_count);

/* Nodes, ascending, with names of their own, strings that were given. */
V8S_API int32_t v8s_snapshot_names(v8s_heap *heap, const uint32_t *nodes, const uint32_t *names,
                                   uint64_t count);

/* Nodes to which only properties, elements and variables are shown. */
V8S_API int32_t v8s_snapshot_plain(v8s_heap *heap, const uint32_t *nodes, uint64_t count);

/* What is left out: bytes that these nodes, ascending, retain and that are not in the file, each
   shown as a node with this name, a string that was given. `root_bytes`: the root's. */
V8S_API int32_t v8s_snapshot_rest(v8s_heap *heap, const uint32_t *nodes, const uint64_t *bytes,
                                  uint64_t count, uint64_t root_bytes, uint32_t name);

/* Pairs of nodes, by the first (the number of nodes: the root): where no edge leads from it to the
   second one there is to be one, with this name. */
V8S_API int32_t v8s_snapshot_bridges(v8s_heap *heap, const uint32_t *from, const uint32_t *to,
                                     uint64_t count, uint32_t name);

/* Roots in the order of their groups, whose names are strings that were given; `weak` not 0: of
   what the root holds nothing is followed. `user` are the user's roots. */
V8S_API int32_t v8s_snapshot_roots(v8s_heap *heap, const uint32_t *nodes, const uint32_t *group,
                                   uint64_t count, const uint32_t *group_names,
                                   const uint32_t *user, uint64_t user_count);

/* The next piece of the text, and the stage that it is of; of nodes not their text, but rows that
   `text` makes it of. A stage ends with an empty piece, of the next stage. */
V8S_API int64_t v8s_snapshot_more(v8s_heap *heap, uint8_t *out, uint64_t capacity, uint32_t *stage,
                                  uint64_t *done, uint64_t *total);

/* Once there are nodes, and before `snapshot_begin`: `half` makes hashes of the texts of `steps` of
   them, and may be called from another thread than all else that does not free the graph; whether
   there are more. What has not been done until the nodes' texts are asked for is done then. */
V8S_API int32_t v8s_hashes_begin(v8s_heap *heap);
V8S_API int32_t v8s_hashes_half(v8s_heap *heap, uint64_t steps);

/* Before the first piece: leaves some of the nodes to `half`, which counts the edges of `steps` of
   them and may be called from another thread while `more` does the others, and the other way
   round: 1; 0: they are too few. `half` returns whether there are more; `join`, when it has said no
   and `more` has done all of its own (`done` is `total`), puts both together, and has to be called
   before the stage can end. */
V8S_API int32_t v8s_snapshot_split(v8s_heap *heap);
V8S_API int32_t v8s_snapshot_half(v8s_heap *heap, uint64_t steps);
V8S_API int32_t v8s_snapshot_join(v8s_heap *heap);

/* The text of the nodes that `more` has written to `rows`, in at most four times as many bytes; how
   many. It may be called from another thread while `more` goes on with the nodes. */
V8S_API int64_t v8s_snapshot_text(const v8s_heap *heap, const uint8_t *rows, uint64_t size,
                                  uint8_t *out, uint64_t capacity);

/* Numbers of nodes, of edges and of strings; complete once the stages before are. Then 1 if so many
   objects share their parts that some were left out, which is damage. */
V8S_API void v8s_snapshot_counts(const v8s_heap *heap, uint64_t *out);
V8S_API void v8s_snapshot_free(v8s_heap *heap);

/* Sum of all words of all segments that are no holes: what reading every byte costs (benchmark). */
V8S_API uint64_t v8s_sum_words(const v8s_heap *heap);

/*
 * A live process (Linux; elsewhere v8s_live_open gives NULL). One thread opens, stops, resumes and
 * closes; the process runs again when that thread ends, if not before. Errors are negative errno.
 */
typedef struct v8s_live v8s_live;

V8S_API v8s_live *v8s_live_open(int32_t pid);

/* Stops all threads; how many have not stopped after `patience` microseconds. */
V8S_API int64_t v8s_live_stop(v8s_live *live, uint64_t patience);

/* Threads that were told to stop; the id of each (0: it has ended); its registers, a regset by
   number (NT_PRSTATUS …), and how many bytes it has. */
V8S_API uint64_t v8s_live_count(const v8s_live *live);
V8S_API int32_t v8s_live_thread(const v8s_live *live, uint64_t index);
V8S_API int64_t v8s_live_registers(const v8s_live *live, uint64_t index, uint32_t kind,
                                   uint8_t *out, uint64_t size);

/* Lets all go on; the microseconds that the process has stood still. */
V8S_API uint64_t v8s_live_resume(v8s_live *live);
V8S_API void v8s_live_close(v8s_live *live);

/*
 * Does what `mode` says with the wanted pages of `count` ranges of the process. A range is six
 * words: start, size, the host address of its copy, the size of a block, the host address of one
 * byte for each block of the range (set to 1 where any of it was wanted), and which pages are
 * wanted. Adds to *lost the bytes that could not be read. Returns the bytes that were wanted. Any
 * thread may call it.
 */
V8S_API int64_t v8s_live_copy(int32_t pid, uint32_t mode, const uint64_t *ranges, uint64_t count,
                              uint64_t *lost);

#endif
