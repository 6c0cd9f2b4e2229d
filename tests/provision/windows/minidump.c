/*
 * Writes a minidump of another process with documented Win32 calls only, on Windows or under wine,
 * whose own MiniDumpWriteDump does not stop threads.
 *
 *   minidump KIND OUT -w FILE COMMAND…   runs COMMAND, dumps it when FILE has been there for two
 *                                        seconds, ends it
 *   minidump KIND OUT -x COMMAND…        runs COMMAND as its debugger, dumps it at the first
 *                                        exception that nobody handles, ends it
 *
 * KIND is `full` (all memory, as procdump -ma), `private` (private memory, written sections of the
 * executable, headers of modules: as procdump -mp) or `stacks` (as MiniDumpNormal: no heap).
 * Exit codes: 0 written, 1 a call failed, 2 usage, 3 COMMAND ended by itself.
 *
 * Structures as Microsoft's minidumpapiset.h describes them. x64 only.
 */
#include <windows.h>

#include <psapi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

enum { MAX_THREADS = 256, MAX_MODULES = 512, MAX_REGIONS = 1 << 20, MAX_STREAMS = 8 };
enum { PAGE = 4096, BLOCK = 1 << 20, CODE_AROUND = 128 };
enum { THREADS = 3, MODULES = 4, MEMORY = 5, EXCEPTION = 6, SYSTEM = 7, MEMORY64 = 9 };
enum { MISC = 15, MEMORY_INFO = 16 };
enum kind { STACKS, PRIVATE, FULL };

struct range {
    uint64_t start, size;
};

struct module {
    uint64_t base;
    uint32_t size, checksum, stamp, name, codeview, codeview_size;
    VS_FIXEDFILEINFO version;
    WCHAR path[MAX_PATH];
};

struct thread {
    HANDLE handle;
    uint32_t id, context;
    uint64_t teb, stack_end;
    CONTEXT registers;
};

/* What comes before the memory of a full dump, in memory: it has offsets into itself. */
struct buffer {
    uint8_t *bytes;
    size_t size, room;
};

struct dump {
    HANDLE process;
    uint32_t pid;
    enum kind kind;
    struct thread threads[MAX_THREADS];
    struct module modules[MAX_MODULES];
    uint32_t thread_count, module_count, stream_count;
    MEMORY_BASIC_INFORMATION *regions;
    struct range *ranges;
    size_t region_count, range_count;
    uint32_t streams[MAX_STREAMS][3];
    struct buffer head;
};

static void fail(const char *call) {
    fprintf(stderr, "minidump: %s failed, error %lu\n", call, GetLastError());
    exit(1);
}

static void *room_for(size_t count, size_t size) {
    void *made = calloc(count, size);
    if (made == NULL)
        fail("calloc");
    return made;
}

static uint32_t put(struct buffer *b, const void *bytes, size_t size) {
    if (b->size + size > b->room) {
        b->room = 2 * (b->size + size) + BLOCK;
        b->bytes = realloc(b->bytes, b->room);
        if (b->bytes == NULL)
            fail("realloc");
    }
    uint32_t at = (uint32_t)b->size;
    memcpy(b->bytes + at, bytes, size);
    b->size += size;
    return at;
}

static void put32(struct buffer *b, uint32_t value) {
    put(b, &value, sizeof value);
}

static void put64(struct buffer *b, uint64_t value) {
    put(b, &value, sizeof value);
}

static void align(struct buffer *b, size_t to) {
    static const uint8_t zeros[16];
    put(b, zeros, (to - b->size % to) % to);
}

static void begin(struct dump *d, uint32_t type) {
    align(&d->head, 8);
    d->streams[d->stream_count][0] = type;
    d->streams[d->stream_count][2] = (uint32_t)d->head.size;
}

static void end(struct dump *d) {
    uint32_t *stream = d->streams[d->stream_count++];
    stream[1] = (uint32_t)d->head.size - stream[2];
}

static BOOL copy(HANDLE process, uint64_t from, void *to, size_t size) {
    SIZE_T got = 0;
    return ReadProcessMemory(process, (void *)from, to, size, &got) && got == size;
}

/* What can't be read is zeros. */
static void copy_pages(HANDLE process, uint64_t from, uint8_t *to, size_t size) {
    if (copy(process, from, to, size))
        return;
    for (size_t at = 0; at < size; at += PAGE) {
        size_t some = size - at < PAGE ? size - at : PAGE;
        if (!copy(process, from + at, to + at, some))
            memset(to + at, 0, some);
    }
}

/* The threads, which stand still from here on, with their registers. */
static void stop_threads(struct dump *d) {
    typedef LONG(WINAPI * query_thread)(HANDLE, int, void *, ULONG, ULONG *);
    query_thread query =
        (query_thread)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtQueryInformationThread");
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    if (query == NULL || all == INVALID_HANDLE_VALUE)
        fail("CreateToolhelp32Snapshot");
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry)) {
        if (entry.th32OwnerProcessID != d->pid || d->thread_count == MAX_THREADS)
            continue;
        struct thread *t = &d->threads[d->thread_count];
        t->id = entry.th32ThreadID;
        t->handle = OpenThread(THREAD_ALL_ACCESS, FALSE, t->id);
        if (t->handle != NULL && SuspendThread(t->handle) != (DWORD)-1)
            d->thread_count++;
    }
    CloseHandle(all);
    for (uint32_t i = 0; i < d->thread_count; i++) {
        struct thread *t = &d->threads[i];
        struct {
            uint64_t status, teb, ids[2], affinity, priority;
        } basic = {0};
        t->registers.ContextFlags = CONTEXT_ALL;
        if (!GetThreadContext(t->handle, &t->registers))
            fail("GetThreadContext");
        query(t->handle, 0, &basic, sizeof basic, NULL);
        t->teb = basic.teb;
        /* NT_TIB.StackBase */
        copy(d->process, t->teb + 8, &t->stack_end, sizeof t->stack_end);
    }
}

static void list_modules(struct dump *d) {
    HMODULE bases[MAX_MODULES];
    DWORD needed = 0;
    if (!EnumProcessModules(d->process, bases, sizeof bases, &needed))
        fail("EnumProcessModules");
    for (size_t i = 0; i < needed / sizeof *bases && i < MAX_MODULES; i++) {
        struct module *m = &d->modules[d->module_count];
        IMAGE_DOS_HEADER dos;
        IMAGE_NT_HEADERS64 nt;
        m->base = (uint64_t)bases[i];
        if (!GetModuleFileNameExW(d->process, bases[i], m->path, MAX_PATH) ||
            !copy(d->process, m->base, &dos, sizeof dos) ||
            !copy(d->process, m->base + (uint32_t)dos.e_lfanew, &nt, sizeof nt))
            continue;
        m->size = nt.OptionalHeader.SizeOfImage;
        m->checksum = nt.OptionalHeader.CheckSum;
        m->stamp = nt.FileHeader.TimeDateStamp;
        d->module_count++;
        DWORD unused, size = GetFileVersionInfoSizeW(m->path, &unused);
        void *resource = room_for(size + 1, 1);
        VS_FIXEDFILEINFO *info;
        UINT length;
        if (size && GetFileVersionInfoW(m->path, 0, size, resource) &&
            VerQueryValueW(resource, L"\\", (void **)&info, &length) && length >= sizeof *info)
            m->version = *info;
        free(resource);
        IMAGE_DATA_DIRECTORY debug = nt.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_DEBUG];
        for (DWORD at = 0; at + sizeof(IMAGE_DEBUG_DIRECTORY) <= debug.Size;
             at += sizeof(IMAGE_DEBUG_DIRECTORY)) {
            IMAGE_DEBUG_DIRECTORY entry;
            uint8_t codeview[512];
            if (!copy(d->process, m->base + debug.VirtualAddress + at, &entry, sizeof entry) ||
                entry.Type != IMAGE_DEBUG_TYPE_CODEVIEW || entry.SizeOfData > sizeof codeview ||
                !copy(d->process, m->base + entry.AddressOfRawData, codeview, entry.SizeOfData))
                continue;
            align(&d->head, 4);
            m->codeview_size = entry.SizeOfData;
            m->codeview = put(&d->head, codeview, entry.SizeOfData);
            break;
        }
    }
}

static void list_regions(struct dump *d) {
    d->regions = room_for(MAX_REGIONS, sizeof *d->regions);
    uint64_t at = 0;
    while (d->region_count < MAX_REGIONS) {
        MEMORY_BASIC_INFORMATION *r = &d->regions[d->region_count];
        if (!VirtualQueryEx(d->process, (void *)at, r, sizeof *r))
            break;
        uint64_t next = (uint64_t)r->BaseAddress + r->RegionSize;
        if (next <= at)
            break;
        at = next;
        d->region_count++;
    }
}

static void add_range(struct dump *d, uint64_t start, uint64_t size) {
    uint8_t byte;
    for (size_t i = 0; i < d->range_count; i++)
        if (d->ranges[i].start == start)
            return;
    if (size != 0 && copy(d->process, start, &byte, 1))
        d->ranges[d->range_count++] = (struct range){start, size};
}

static BOOL is_module(const struct dump *d, uint64_t base) {
    for (uint32_t i = 0; i < d->module_count; i++)
        if (d->modules[i].base == base)
            return TRUE;
    return FALSE;
}

/* Which memory goes into the dump. */
static void choose_ranges(struct dump *d) {
    const DWORD written =
        PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    d->ranges = room_for(d->region_count + 2 * MAX_THREADS, sizeof *d->ranges);
    if (d->kind == STACKS) {
        for (uint32_t i = 0; i < d->thread_count; i++) {
            const struct thread *t = &d->threads[i];
            if (t->registers.Rsp < t->stack_end)
                add_range(d, t->registers.Rsp, t->stack_end - t->registers.Rsp);
            add_range(d, t->registers.Rip - CODE_AROUND, 2 * CODE_AROUND);
        }
        return;
    }
    const struct module *exe = &d->modules[0];
    for (size_t i = 0; i < d->region_count; i++) {
        const MEMORY_BASIC_INFORMATION *r = &d->regions[i];
        uint64_t start = (uint64_t)r->BaseAddress;
        if (r->State != MEM_COMMIT || r->Protect == 0 || r->Protect & (PAGE_NOACCESS | PAGE_GUARD))
            continue;
        if (d->kind == FULL || r->Type == MEM_PRIVATE ||
            (r->Type == MEM_IMAGE && r->Protect & written && exe->base <= start &&
             start < exe->base + exe->size))
            add_range(d, start, r->RegionSize);
        else if (is_module(d, start))
            add_range(d, start, PAGE);
    }
}

static uint32_t put_text(struct buffer *b, const WCHAR *text) {
    uint32_t size = (uint32_t)(wcslen(text) * sizeof *text);
    align(b, 4);
    uint32_t at = (uint32_t)b->size;
    put32(b, size);
    put(b, text, size + sizeof *text);
    return at;
}

static uint32_t created(const struct dump *d) {
    const uint64_t to_unix = UINT64_C(11644473600), second = 10000000;
    FILETIME made, gone, in_kernel, in_user;
    if (!GetProcessTimes(d->process, &made, &gone, &in_kernel, &in_user))
        fail("GetProcessTimes");
    return (uint32_t)((((uint64_t)made.dwHighDateTime << 32) + made.dwLowDateTime) / second -
                      to_unix);
}

static void put_system(struct dump *d) {
    typedef LONG(WINAPI * get_version)(OSVERSIONINFOEXW *);
    get_version version =
        (get_version)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlGetVersion");
    OSVERSIONINFOEXW os = {.dwOSVersionInfoSize = sizeof os};
    SYSTEM_INFO machine;
    static const uint8_t features[24];
    if (version == NULL || version(&os) != 0)
        fail("RtlGetVersion");
    GetSystemInfo(&machine);
    uint32_t pack = put_text(&d->head, L"");
    begin(d, SYSTEM);
    put32(&d->head, PROCESSOR_ARCHITECTURE_AMD64 | (uint32_t)machine.wProcessorLevel << 16);
    put32(&d->head, machine.wProcessorRevision | machine.dwNumberOfProcessors << 16 |
                        (uint32_t)VER_NT_WORKSTATION << 24);
    put32(&d->head, os.dwMajorVersion);
    put32(&d->head, os.dwMinorVersion);
    put32(&d->head, os.dwBuildNumber);
    put32(&d->head, VER_PLATFORM_WIN32_NT);
    put32(&d->head, pack);
    put32(&d->head, os.wSuiteMask);
    put(&d->head, features, sizeof features);
    end(d);
    begin(d, MISC);
    put32(&d->head, 24);
    put32(&d->head, 3); /* process id and times are there */
    put32(&d->head, d->pid);
    put32(&d->head, created(d));
    put64(&d->head, 0);
    end(d);
}

static void put_modules(struct dump *d) {
    for (uint32_t i = 0; i < d->module_count; i++)
        d->modules[i].name = put_text(&d->head, d->modules[i].path);
    begin(d, MODULES);
    put32(&d->head, d->module_count);
    for (uint32_t i = 0; i < d->module_count; i++) {
        const struct module *m = &d->modules[i];
        put64(&d->head, m->base);
        put32(&d->head, m->size);
        put32(&d->head, m->checksum);
        put32(&d->head, m->stamp);
        put32(&d->head, m->name);
        put(&d->head, &m->version, sizeof m->version);
        put32(&d->head, m->codeview_size);
        put32(&d->head, m->codeview);
        put64(&d->head, 0); /* no miscellaneous record */
        put64(&d->head, 0);
        put64(&d->head, 0);
    }
    end(d);
}

static void put_threads(struct dump *d, const EXCEPTION_RECORD *exception, uint32_t thrower) {
    uint32_t context = 0;
    for (uint32_t i = 0; i < d->thread_count; i++) {
        align(&d->head, 16);
        d->threads[i].context = put(&d->head, &d->threads[i].registers, sizeof(CONTEXT));
        if (d->threads[i].id == thrower)
            context = d->threads[i].context;
    }
    begin(d, THREADS);
    put32(&d->head, d->thread_count);
    for (uint32_t i = 0; i < d->thread_count; i++) {
        const struct thread *t = &d->threads[i];
        put32(&d->head, t->id);
        put32(&d->head, 1); /* times suspended */
        put64(&d->head, NORMAL_PRIORITY_CLASS);
        put64(&d->head, t->teb);
        /* Stacks are among the memory. */
        put64(&d->head, t->registers.Rsp);
        put64(&d->head, 0);
        put32(&d->head, sizeof(CONTEXT));
        put32(&d->head, t->context);
    }
    end(d);
    if (exception == NULL)
        return;
    begin(d, EXCEPTION);
    put64(&d->head, thrower);
    put32(&d->head, exception->ExceptionCode);
    put32(&d->head, exception->ExceptionFlags);
    put64(&d->head, (uint64_t)exception->ExceptionRecord);
    put64(&d->head, (uint64_t)exception->ExceptionAddress);
    put64(&d->head, exception->NumberParameters);
    for (size_t i = 0; i < EXCEPTION_MAXIMUM_PARAMETERS; i++)
        put64(&d->head, exception->ExceptionInformation[i]);
    put32(&d->head, sizeof(CONTEXT));
    put32(&d->head, context);
    end(d);
}

static void put_regions(struct dump *d) {
    begin(d, MEMORY_INFO);
    put32(&d->head, 16);
    put32(&d->head, 48);
    put64(&d->head, d->region_count);
    for (size_t i = 0; i < d->region_count; i++) {
        const MEMORY_BASIC_INFORMATION *r = &d->regions[i];
        put64(&d->head, (uint64_t)r->BaseAddress);
        put64(&d->head, (uint64_t)r->AllocationBase);
        put64(&d->head, r->AllocationProtect);
        put64(&d->head, r->RegionSize);
        put32(&d->head, r->State);
        put32(&d->head, r->State == MEM_COMMIT ? r->Protect : 0);
        put64(&d->head, r->Type);
    }
    end(d);
}

/* A list of memory whose bytes follow it: they are written behind everything else. */
static void put_ranges(struct dump *d) {
    size_t entry = 16;
    if (d->kind == STACKS) {
        begin(d, MEMORY);
        put32(&d->head, (uint32_t)d->range_count);
        size_t bytes = d->head.size + entry * d->range_count;
        for (size_t i = 0; i < d->range_count; i++) {
            put64(&d->head, d->ranges[i].start);
            put32(&d->head, (uint32_t)d->ranges[i].size);
            put32(&d->head, (uint32_t)bytes);
            bytes += d->ranges[i].size;
        }
        end(d);
        return;
    }
    begin(d, MEMORY64);
    put64(&d->head, d->range_count);
    put64(&d->head, d->head.size + 8 + entry * d->range_count);
    for (size_t i = 0; i < d->range_count; i++) {
        put64(&d->head, d->ranges[i].start);
        put64(&d->head, d->ranges[i].size);
    }
    end(d);
}

static void write_bytes(FILE *file, const void *bytes, size_t size) {
    if (fwrite(bytes, 1, size, file) != size)
        fail("fwrite");
}

static void write_dump(struct dump *d, const char *path, const EXCEPTION_RECORD *exception,
                       uint32_t thrower) {
    static uint8_t block[BLOCK];
    static const uint8_t header[32 + 12 * MAX_STREAMS];
    put(&d->head, header, sizeof header);
    stop_threads(d);
    list_modules(d);
    list_regions(d);
    choose_ranges(d);
    put_system(d);
    put_modules(d);
    put_threads(d, exception, thrower);
    if (d->kind != STACKS)
        put_regions(d);
    put_ranges(d);
    /* Full memory, and a list of regions. */
    const uint32_t flags = d->kind == STACKS ? 0 : 0x802;
    const uint32_t first[] = {0x504D444D, 0xA793, d->stream_count, 32, 0, created(d), flags, 0};
    memcpy(d->head.bytes, first, sizeof first);
    memcpy(d->head.bytes + sizeof first, d->streams, sizeof *d->streams * d->stream_count);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        fail("fopen");
    write_bytes(file, d->head.bytes, d->head.size);
    for (size_t i = 0; i < d->range_count; i++)
        for (uint64_t at = 0; at < d->ranges[i].size; at += BLOCK) {
            uint64_t left = d->ranges[i].size - at;
            size_t size = left < BLOCK ? (size_t)left : BLOCK;
            copy_pages(d->process, d->ranges[i].start + at, block, size);
            write_bytes(file, block, size);
        }
    if (fclose(file) != 0)
        fail("fclose");
}

static BOOL has_text(const char *path) {
    WIN32_FILE_ATTRIBUTE_DATA data;
    return GetFileAttributesExA(path, GetFileExInfoStandard, &data) && data.nFileSizeLow > 0;
}

/* Waits until FILE is there. */
static void wait_for(HANDLE process, const char *path) {
    while (!has_text(path))
        if (WaitForSingleObject(process, 100) != WAIT_TIMEOUT)
            exit(3);
    if (WaitForSingleObject(process, 2000) != WAIT_TIMEOUT)
        exit(3);
}

/* Goes on until there is an exception that nobody handles. */
static DEBUG_EVENT wait_for_exception(void) {
    const DWORD set_thread_name = 0x406D1388;
    BOOL begun = FALSE;
    DEBUG_EVENT event;
    for (;;) {
        DWORD answer = DBG_CONTINUE;
        if (!WaitForDebugEvent(&event, INFINITE))
            fail("WaitForDebugEvent");
        if (event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT)
            exit(3);
        if (event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT) {
            const EXCEPTION_DEBUG_INFO *info = &event.u.Exception;
            DWORD code = info->ExceptionRecord.ExceptionCode;
            /* The first breakpoint is the loader's. */
            BOOL ours = code == (DWORD)EXCEPTION_BREAKPOINT && !begun;
            begun = begun || ours;
            if (!ours && !info->dwFirstChance && code != set_thread_name)
                return event;
            if (!ours)
                answer = DBG_EXCEPTION_NOT_HANDLED;
        }
        ContinueDebugEvent(event.dwProcessId, event.dwThreadId, answer);
    }
}

int main(int argc, char **argv) {
    static const char *const kinds[] = {"stacks", "private", "full"};
    static struct dump d;
    static char line[32768];
    BOOL waits = argc > 5 && strcmp(argv[3], "-w") == 0;
    BOOL debugs = argc > 4 && strcmp(argv[3], "-x") == 0;
    size_t kind = 0;
    while (argc > 1 && kind < 3 && strcmp(argv[1], kinds[kind]) != 0)
        kind++;
    if ((!waits && !debugs) || kind == 3) {
        fprintf(stderr, "usage: minidump full|private|stacks OUT -w FILE|-x COMMAND...\n");
        return 2;
    }
    for (int i = waits ? 5 : 4; i < argc; i++) {
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, "%s\"%s\"", used ? " " : "", argv[i]);
    }
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    PROCESS_INFORMATION made;
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, debugs ? DEBUG_ONLY_THIS_PROCESS : 0, NULL,
                        NULL, &start, &made))
        fail("CreateProcess");
    d.process = made.hProcess;
    d.pid = made.dwProcessId;
    d.kind = (enum kind)kind;
    if (waits) {
        wait_for(made.hProcess, argv[4]);
        write_dump(&d, argv[2], NULL, 0);
    } else {
        DEBUG_EVENT event = wait_for_exception();
        write_dump(&d, argv[2], &event.u.Exception.ExceptionRecord, event.dwThreadId);
    }
    TerminateProcess(made.hProcess, 1);
    return 0;
}
