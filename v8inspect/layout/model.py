"""The frozen layout of one V8 build: what is where, in bytes, and what each number means.

Groups bear V8's class names and fields V8's field names, so that `layout.JSFunction.shared` is the
constant `JSFunction.shared` of the tables. An Optional field is one that some V8 versions do not
have; everything else must be there or `resolve` refuses the table. Offsets are bytes from the
untagged start of the object, unless the field says otherwise. Sources of the numbers stand in the
tables, one for each constant.

The groups are plain classes of annotations (`Group`): 37 dataclasses or NamedTuples would be
compiled anew at every start, which is 15 to 40 ms of a `bt` that has to answer in 300.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Mapping, NoReturn, Optional, Sequence, Tuple


class Group:
    """Constants of one class of V8: those that are annotated, each an int or None. Frozen."""

    fields: ClassVar[Tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.fields = tuple(cls.__annotations__)

    def __init__(self, **constants: Optional[int]) -> None:
        if constants.keys() != set(self.fields):
            raise TypeError(f"{type(self).__name__} has other fields")
        self.__dict__.update(constants)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} is constant")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__})"


class PageLayout(Group):
    """MemoryChunk and its metadata (src/heap/memory-chunk*.h).

    `metadata` is the offset in the chunk of a pointer to the C++ object that holds the other
    fields (13.6 on: malloc'ed; 12.4: the chunk itself), None where they are in the chunk.
    """

    alignment: int  # bytes; chunks start at its multiples
    flags: int  # from the chunk
    metadata: Optional[int]  # from the chunk
    size: int
    heap: int
    area_start: int
    area_end: int
    owner: int  # Space*
    next: int  # list of the pages of a space
    from_bit: int  # bit number in flags: page of the semispace that is being left
    to_bit: int


class SpaceLayout(Group):
    """Space and SemiSpace (src/heap/spaces.h, new-spaces.h); from the start of the C++ object."""

    heap: int
    id: int  # uint32 AllocationSpace


class IsolateLayout(Group):
    """Hints of where things are in Isolate; used to order searches, each hit is verified."""

    roots: int  # roots table, bytes from Isolate
    roots_read_only: int  # number of words of the table that point to read-only space
    heap: int  # Heap, bytes from Isolate
    lab_span: int  # bytes from Isolate within which the main LABs lie


class HeapLayout(Group):
    """Heap (src/heap/heap.h); from the start of the C++ object. Sizes are size_t, in bytes.

    `limits` is the offset of a pointer to the C++ object that has max_old_generation_size and
    whose first word points back to the Heap (14.x on); None where the Heap has it itself.
    """

    max_semi_space_size: Optional[int]
    limits: Optional[int]
    max_old_generation_size: Optional[int]  # from the object at `limits`, or from the Heap


class MapLayout(Group):
    instance_size_in_words: int
    inobject_properties_start: int  # byte; words; or constructor function index for primitives
    used_or_unused_instance_size_in_words: int
    instance_type: int
    bit_field: int
    bit_field2: int
    bit_field3: int
    prototype: int
    constructor_or_back_pointer: int
    instance_descriptors: int
    dependent_code: int
    prototype_validity_cell: int
    transitions_or_prototype_info: int
    size: int
    has_prototype_slot_bit: int  # bit_field
    is_callable_bit: int  # bit_field
    is_constructor_bit: int  # bit_field
    new_target_is_base_bit: int  # bit_field2
    elements_kind_shift: int  # bit_field2
    number_of_own_descriptors_shift: int  # bit_field3
    number_of_own_descriptors_mask: int  # bit_field3, before the shift
    is_prototype_map_bit: int  # bit_field3
    is_dictionary_map_bit: int  # bit_field3


class StringLayout(Group):
    raw_hash_field: int
    length: int
    chars: int  # sequential
    hash_shift: int  # raw_hash_field >> hash_shift is the hash
    representation_mask: int  # of the instance type
    seq_tag: int
    cons_tag: int
    external_tag: int
    sliced_tag: int
    thin_tag: int
    one_byte_bit: int  # mask in the instance type
    uncached_external_bit: int  # mask in the instance type
    not_internalized_bit: int  # mask in the instance type
    cons_first: int
    cons_second: int
    sliced_parent: int
    sliced_offset: int
    thin_actual: int
    external_resource: int
    external_data: int


class SymbolLayout(Group):
    flags: int
    description: int
    private_mask: int  # of the flags; any of it: V8's own symbol or a #name
    private_name_mask: int  # of the flags: a #name or the brand of a class


class OddballLayout(Group):
    to_string: int
    to_number: int
    kind: int
    kind_false: int
    kind_true: int
    kind_null: int
    kind_undefined: int
    kind_the_hole: Optional[int]  # None where holes are a type of their own


class NumberLayout(Group):
    heap_number_value: int
    bigint_bitfield: int
    bigint_digits: int


class FixedArrayLayout(Group):
    """FixedArray and what is built like it."""

    length: int  # Smi
    data: int
    property_array_length_mask: int  # of the Smi
    weak_array_list_capacity: int
    weak_array_list_length: int
    weak_array_list_data: int
    double_hole: int  # bits of the hole in a FixedDoubleArray


class DescriptorArrayLayout(Group):
    number_of_all_descriptors: int  # uint16
    header_size: int
    entry_words: int
    kind_bit: int  # of details: 1 accessor
    location_bit: int  # of details: 1 value in the descriptor
    attributes_shift: int
    representation_shift: int
    representation_mask: int  # after the shift
    field_index_shift: int
    field_index_mask: int  # after the shift


class DictionaryLayout(Group):
    """HashTable family; words count from FixedArray.data."""

    elements: int  # word
    deleted: int  # word
    capacity: int  # word
    prefix_start: int  # first word after the three
    name_prefix: int  # words of prefix in a NameDictionary
    number_prefix: int  # words of prefix in a NumberDictionary
    kind_bit: int  # of details
    attributes_shift: int
    enumeration_index_shift: int
    enumeration_index_mask: int  # after the shift
    global_prefix: int  # words of prefix in a GlobalDictionary


class OrderedHashLayout(Group):
    """OrderedHashMap and OrderedHashSet; words count from FixedArray.data."""

    elements: int
    deleted: int
    buckets: int
    first_bucket: int
    map_entry_words: int
    set_entry_words: int


class PropertyCellLayout(Group):
    name: int
    details: int
    value: int


class AccessorPairLayout(Group):
    getter: int
    setter: int


class NamingLayout(Group):
    """How V8's heap snapshot names objects in this version (JSReceiver::GetConstructorName)."""

    function_name_property: int  # 1: by the constructor's own `name` property, if a string
    global_suffix: int  # 1: "X (global*)" for global objects, "X (global)" for their proxies
    # Of stack traces: src/objects/call-site-info.cc, AppendMethodCall.
    receiver_function_name: int  # 1: a function as the receiver goes by its own name
    accessor_is_method: int  # 1: 'get x' is found to end in the method's name, no "[as x]" then
    known_builtins: int  # 1: some builtins have names of their own (Builtins::NameForStackTrace)


class JSObjectLayout(Group):
    properties_or_hash: int
    elements: int
    header_size: int
    api_embedder_fields: int  # first embedder field of a JS_API_OBJECT


class JSFunctionLayout(Group):
    shared: int
    context: int
    feedback_cell: int
    code: int  # Code, or a uint32 dispatch handle from 13.x on
    code_is_dispatch_handle: int  # 0 or 1
    prototype_or_initial_map: int


class SharedFunctionInfoLayout(Group):
    function_data: int  # trusted data from 13.x on
    untrusted_function_data: Optional[int]
    name_or_scope_info: int
    outer_scope_info_or_feedback_metadata: int
    script: int
    length: int  # uint16
    formal_parameter_count: int  # uint16, receiver included
    function_token_offset: int  # uint16
    flags: int  # uint32
    function_kind_mask: int
    native_bit: int  # of flags: stack traces show it although it is no user's code
    class_constructor_bit: int  # of flags
    name_as_anonymous_bit: int  # of flags: JavaScript sees 'anonymous' as its name
    size: int


class ScriptLayout(Group):
    source: int
    name: int
    line_offset: int
    column_offset: int
    context_data: int
    type: int
    line_ends: int
    id: int
    eval_from_shared: int  # SharedFunctionInfo for code from eval; other values else
    eval_from_position: int  # Smi; below 0: the negative code offset in that function
    flags: int  # Smi
    compilation_type_mask: int  # of the flags; 1: from eval or new Function
    source_url: int  # of a comment //# sourceURL=
    size: int


class UncompiledDataLayout(Group):
    inferred_name: int
    start_position: int
    end_position: int


class ScopeInfoLayout(Group):
    """ScopeInfo (src/objects/scope-info.tq). Word k of the object is at 8 + 8·k."""

    flags: int  # bytes
    flags_is_smi: int  # 1: the word is a Smi; 0: raw uint32
    parameter_count: int  # word
    context_local_count: int  # word
    position_start: Optional[int]  # word; None: late, after the names
    first_variable: int  # word, the module variable count (if any) stands here
    module_count_first: int  # 1: module_variable_count precedes the names
    inlined_names_max: int  # names are inline below this count, else a hash table
    scope_type_mask: int
    scope_type_class: int
    scope_type_eval: int
    scope_type_function: int
    scope_type_module: int
    scope_type_script: int
    scope_type_catch: int
    scope_type_block: int
    scope_type_with: int
    scope_type_repl: Optional[int]
    scope_type_shadow_realm: Optional[int]
    sloppy_eval_bit: int
    saved_class_variable_bit: int
    function_variable_shift: int  # two bits; not 0: a function name is there
    inferred_name_bit: int
    outer_scope_info_bit: int
    context_extension_bit: int
    locals_block_list_bit: Optional[int]
    is_empty_bit: int  # a class scope with it has no late position
    sloppy_eval_has_dependent_code: int  # 1: a scope with sloppy_eval_bit ends in one word more
    function_has_unused_parameters: int  # 1: a function scope has a last word of bits (a Smi)


class ContextLayout(Group):
    length: int
    slots: int
    scope_info: int  # slot
    previous: int  # slot
    extension: int  # slot
    min_slots: int
    first_type: int  # instance types
    last_type: int
    cell_value: Optional[int]  # ContextCell (14.x on)
    cell_state: Optional[int]
    cell_double: Optional[int]


class BytecodeArrayLayout(Group):
    """BytecodeArray and its source position table (src/objects/bytecode-array.tq)."""

    source_position_table: int  # a ByteArray; other values: no table
    handler_table: int
    constant_pool: int
    frame_size: int  # int32, bytes of registers
    parameter_count: int  # receiver included; see the next
    parameter_count_is_bytes: int  # 1: int32, bytes of parameters; 0: uint16, their number
    wrapped_array: Optional[int]  # BytecodeWrapper: the array (14.x on)
    interpreter_data_array: int  # InterpreterData: the array
    position_offsets_unsigned: int  # 1: offset deltas are unsigned with two flag bits (14.x on)


class SloppyArgumentsLayout(Group):
    """SloppyArgumentsElements (src/objects/arguments.tq)."""

    context: int
    arguments: int
    mapped_entries: int


class WeakCellLayout(Group):
    """WeakCell (src/objects/js-weak-refs.tq)."""

    finalization_registry: int
    target: int
    unregister_token: int
    holdings: int
    next: int


class CallSiteInfoLayout(Group):
    """CallSiteInfo and what replaces it (src/objects/call-site-info.tq)."""

    receiver: int
    function: int
    code: int
    code_offset: int
    flags: int
    stack_data_sites: int  # ErrorStackData
    flat_words: Optional[int]  # words of a frame in a stack without objects (14.x on)


class ModuleLayout(Group):
    """Module, Cell and JSModuleNamespace (src/objects/module.tq, cell.tq)."""

    exports: int
    status: int
    cell_value: int  # Cell
    namespace_module: int  # JSModuleNamespace


class ForeignLayout(Group):
    """Foreign (src/objects/foreign.tq)."""

    address: int


class CodeLayout(Group):
    """Code: the header of machine code (src/objects/code.h)."""

    instruction_start: Optional[int]  # pointer to the machine code (11.x on)
    instructions: Optional[int]  # the machine code itself (10.x)
    instructions_arm64: Optional[int]  # the same in arm64 builds, where it is another
    flags: int  # uint32
    instruction_size: int  # uint32, bytes
    instruction_stream_code: Optional[int]  # InstructionStream: its Code (11.x on)
    deoptimization_data: int  # of baseline code: the BytecodeArray or InterpreterData
    position_table: int  # of baseline code: the table of bytecode offsets
    kind_mask: int  # of flags
    kind_interpreted: int  # a copy of the interpreter's entry
    kind_baseline: int
    kind_maglev: int
    kind_turbofan: int


class ThreadLocalTopLayout(Group):
    """ThreadLocalTop and its neighbours in IsolateData; bytes from Isolate (isolate-data.h)."""

    c_entry_fp: int  # fp of the exit frame of the C++ that runs; 0: none does
    c_function: int  # what that exit frame calls
    context: int
    exception: int  # the pending one, or the hole
    isolate: int  # points to the Isolate
    handler: int
    js_entry_sp: int  # 0: no JS on the stack
    current_vm_state: int  # uint32
    fast_c_call_caller_fp: int
    fast_c_call_caller_pc: int
    embedded_blob_code: int  # where this isolate has its builtins; uint32 size follows
    embedded_blob_code_arm64: Optional[int]  # the same in arm64 builds, where it is known


class FrameLayout(Group):
    """Slots of V8's frames that differ by version (frame-constants.h); bytes from fp, upwards
    unless said otherwise. Those of all versions are in stack/slots.py."""

    first_register: int  # r0 of interpreted frames, downwards
    builtin_exit_new_target: int
    builtin_exit_target: int
    builtin_exit_argc: int  # Smi: arguments, receiver and `builtin_exit_extra`
    builtin_exit_receiver: int
    builtin_exit_extra: int
    builtin_exit_receiver_arm64: Optional[int]  # in arm64 builds, where they are others
    builtin_exit_extra_arm64: Optional[int]
    api_callback_target: int
    api_callback_new_target: Optional[int]
    api_callback_receiver: int
    api_callback_argc: Optional[int]  # Smi, without the receiver; None: raw at fp-24


class BytecodeLayout(Group):
    """Bytecodes that store registers (src/interpreter/bytecodes.h); None where they are unknown."""

    star: Optional[int]
    star0: Optional[int]  # Star1 is one less, and so on to Star15
    mov: Optional[int]
    push_context: Optional[int]


class DeoptimizationLayout(Group):
    """DeoptimizationData, a FixedArray, and the safepoint table (deoptimizer/); in words of it."""

    translation: int
    literals: int
    protected_literals: Optional[int]
    shared: int
    inlining_positions: int
    first_entry: int
    safepoint_has_stack_slots: int  # 1: the safepoint table starts with a uint32 more
    maglev_safepoint_counts: int  # uint32s behind the header of Maglev's table: numbers of slots
    signed_opcodes: int  # 1: translations write every number signed, opcodes too


class BuiltinsLayout(Group):
    """Fields of built-in JS objects, from the start of the object."""

    array_length: int
    date_value: int
    date_is_raw_double: int  # 0 or 1
    regexp_source: int
    regexp_flags: int
    regexp_last_index: int
    collection_table: int  # JSMap, JSSet, JSWeakMap, JSWeakSet
    iterator_table: int  # Map and Set iterators
    iterator_index: int
    weak_ref_target: int
    promise_reactions_or_result: int
    promise_flags: int
    reaction_next: int
    reaction_reject_handler: int
    reaction_fulfill_handler: int
    reaction_promise_or_capability: int
    proxy_target: int
    proxy_handler: int
    bound_target: int
    bound_this: int
    bound_arguments: int
    primitive_value: int  # JSPrimitiveWrapper
    generator_function: int
    generator_context: int
    generator_receiver: int
    generator_input: int
    generator_resume_mode: int
    generator_continuation: int
    generator_registers: int
    array_buffer_byte_length: int
    array_buffer_max_byte_length: int
    array_buffer_backing_store: int
    array_buffer_extension: int
    view_buffer: int
    view_byte_offset: int
    view_byte_length: int
    typed_array_length: Optional[int]
    typed_array_external_pointer: int
    typed_array_base_pointer: int
    data_view_data_pointer: int
    external_value: int
    finalization_cleanup: int
    finalization_active_cells: int
    array_buffer_flags: int  # uint32
    array_buffer_was_detached_bit: int
    array_buffer_is_shared_bit: int
    array_buffer_is_resizable_bit: int
    view_flags: int  # uint32; upper bits may be noise
    view_is_length_tracking_bit: int
    view_is_backed_by_rab_bit: int
    finalization_cleared_cells: int
    array_iterator_object: int
    array_iterator_next_index: int
    array_iterator_kind: int
    string_iterator_string: int
    string_iterator_index: int
    regexp_iterator_regexp: int
    regexp_iterator_string: int
    async_function_promise: int
    async_generator_queue: int


class MicrotaskLayout(Group):
    """MicrotaskQueue (src/execution/microtask-queue.h), tasks and what waits for promises
    (src/objects/microtask.tq, promise.tq, js-generator.tq, src/builtins/promise-all.tq)."""

    queue_size: int  # intptr_t, bytes from the C++ object
    queue_capacity: int  # intptr_t
    queue_start: int  # intptr_t, index of the first task in the ring
    queue_ring_buffer: int  # Address*
    first_field: int  # of a task: argument, callable, context; further ones follow word by word
    capability_promise: int  # PromiseCapability
    request_promise: int  # AsyncGeneratorRequest
    closure_first_slot: int  # context slot: first one of V8's closures
    combinator_capability_slot: int  # context slot, of the closures of Promise.all and its like


RULES = ("smi", "u16", "i32", "bigint", "preparse", "resync")
EXACT = ("feedback_metadata", "scope_info")


@dataclass(frozen=True)
class SizeRule:
    """How the size of an object follows from its fields when its Map does not say it.

    `rule` is one of: `smi` (align8(header + unit·(Smi at `field` & mask) + tail)), `u16`, `i32`
    (header + unit·count at `field`), `bigint` (header + 8·bits 1-30 of the uint32 at `field`),
    `preparse` (align8(header + int32 at `field`) + 8·int32 at `field` + 4), `resync` (not
    computed: the walk goes on at the next word that is a Map).

    `exact` names a formula that gives the size of a `resync` type to whoever implements it
    (`layout.sizes` does): `feedback_metadata`: align8(header + 4·⌈int32 at `field` / 6⌉ +
    unit·int32 at `field` + 4); `scope_info`: as the flags of the ScopeInfo say.
    """

    rule: str
    field: int = 8
    header: int = 0
    unit: int = 0
    tail: int = 0
    mask: int = 0
    exact: str = ""


@dataclass(frozen=True)
class Constant:
    """One constant and where it is from: a table's own word, or the symbol that overrode it."""

    name: str
    value: int
    source: str


@dataclass(frozen=True)
class Layout:
    """Everything that the code asks of a V8 build. Made by `layout.resolve`."""

    version: str  # '14.6.202.34-node.34', as found in the dump
    table: str  # '14.6'
    exact: bool  # the table was verified on a build of this V8 major.minor
    tagged_size: int  # bytes
    first_nonstring_type: int
    first_js_receiver_type: int
    first_js_function_type: int
    last_js_function_type: int
    Page: PageLayout
    Space: SpaceLayout
    Isolate: IsolateLayout
    Heap: HeapLayout
    Map: MapLayout
    String: StringLayout
    Symbol: SymbolLayout
    Oddball: OddballLayout
    Number: NumberLayout
    FixedArray: FixedArrayLayout
    DescriptorArray: DescriptorArrayLayout
    Dictionary: DictionaryLayout
    OrderedHash: OrderedHashLayout
    PropertyCell: PropertyCellLayout
    AccessorPair: AccessorPairLayout
    Naming: NamingLayout
    JSObject: JSObjectLayout
    JSFunction: JSFunctionLayout
    SharedFunctionInfo: SharedFunctionInfoLayout
    Script: ScriptLayout
    UncompiledData: UncompiledDataLayout
    ScopeInfo: ScopeInfoLayout
    Context: ContextLayout
    BytecodeArray: BytecodeArrayLayout
    SloppyArguments: SloppyArgumentsLayout
    WeakCell: WeakCellLayout
    CallSiteInfo: CallSiteInfoLayout
    Module: ModuleLayout
    Foreign: ForeignLayout
    Code: CodeLayout
    ThreadLocalTop: ThreadLocalTopLayout
    Frame: FrameLayout
    Bytecode: BytecodeLayout
    Deoptimization: DeoptimizationLayout
    Builtins: BuiltinsLayout
    Microtask: MicrotaskLayout
    types: Mapping[str, int]  # 'JS_ARRAY' -> instance type
    type_names: Mapping[int, str]  # and back
    elements_kinds: Mapping[str, int]  # 'PACKED_SMI' -> kind
    elements_kind_names: Mapping[int, str]
    space_names: Mapping[int, str]  # AllocationSpace -> 'new', 'old', 'code', …
    code_spaces: Sequence[int]  # ids of the spaces that hold machine code
    new_spaces: Sequence[int]  # ids of the young generation's semispaces
    size_rules: Mapping[int, SizeRule]  # by instance type
    frame_types: Mapping[int, str]  # number in a typed frame -> 'EntryFrame', …
    translation_opcodes: Sequence[tuple[str, int]]  # by opcode: name, number of operands
    bytecode_sizes: Sequence[bytes]  # by opcode: bytes at operand scale 1, 2 and 4
    read_only_maps: Sequence[tuple[int, int]]  # (instance type, bytes) of every read-only Map
    constants: Sequence[Constant] = field(repr=False, default=())  # all, for `doctor`
    warnings: Sequence[str] = ()  # one line each: symbols that disagree with the table, …
    node_version: Optional[str] = None  # '22.23.3', where it was cheap to find
    verified: bool = True  # False: no table; derived from the dump and from other versions
    doubts: Sequence[str] = ()  # of a derived one: what the dump could not confirm
