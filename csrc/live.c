/*
 * Live processes on Linux: stops all threads of one, takes their registers, copies its memory.
 *
 * Threads are seized, not attached to: no signal is sent to them, and the kernel lets them go when
 * the thread that seized them ends, however it ends. That thread makes all calls but
 * v8s_live_copy, which any thread may make.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "v8scan.h"

#ifdef __linux__

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PASSES 64
#define PAGEMAP_ENTRIES 2048
#define IN_SWAP (1ull << 62)
#define IN_MEMORY (1ull << 63)
#define OF_FILE (1ull << 61)

enum { RUNNING, STOPPED, ENDED };

struct thread {
    pid_t tid;
    int state;
    int signal; /* that was about to be delivered when it stopped: given back to it */
};

struct v8s_live {
    pid_t pid;
    struct thread *threads;
    uint64_t count;
    uint64_t capacity;
    uint64_t since; /* microseconds; 0: nothing is stopped */
};

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

v8s_live *v8s_live_open(int32_t pid) {
    v8s_live *live = calloc(1, sizeof *live);
    if (live != NULL)
        live->pid = pid;
    return live;
}

static int known(const v8s_live *live, pid_t tid) {
    for (uint64_t i = 0; i < live->count; i++)
        if (live->threads[i].tid == tid)
            return 1;
    return 0;
}

/* Seizes one thread and asks it to stop. 0, or a negative errno. */
static int seize(v8s_live *live, pid_t tid) {
    if (live->count == live->capacity) {
        uint64_t capacity = live->capacity != 0 ? 2 * live->capacity : 64;
        struct thread *grown = realloc(live->threads, (size_t)capacity * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        live->threads = grown;
        live->capacity = capacity;
    }
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
        return -errno;
    if (live->since == 0)
        live->since = now();
    struct thread *thread = &live->threads[live->count++];
    thread->tid = tid;
    thread->state = RUNNING;
    thread->signal = 0;
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    return 0;
}

/* Seizes the threads that are not yet; how many, or what kept it from seizing any at all. */
static int seize_new(v8s_live *live) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)live->pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT ? -ESRCH : -errno;
    int found = 0, failed = -ESRCH;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid <= 0 || known(live, tid))
            continue;
        int status = seize(live, tid);
        if (status == 0)
            found++;
        else if (status != -ESRCH) /* that one has ended */
            failed = status;
    }
    closedir(folder);
    return live->count == 0 ? failed : found;
}

static void note_stop(struct thread *thread, int status) {
    if (!WIFSTOPPED(status)) {
        thread->state = ENDED;
        return;
    }
    thread->state = STOPPED;
    thread->signal = status >> 16 != 0 ? 0 : WSTOPSIG(status);
}

/* Waits for all that were asked to stop; how many have not by `deadline`. */
static uint64_t await(v8s_live *live, uint64_t deadline) {
    for (;;) {
        uint64_t left = 0;
        for (uint64_t i = 0; i < live->count; i++) {
            struct thread *thread = &live->threads[i];
            if (thread->state != RUNNING)
                continue;
            int status;
            pid_t got = waitpid(thread->tid, &status, __WALL | WNOHANG);
            if (got == thread->tid)
                note_stop(thread, status);
            else if (got < 0 && errno != EINTR)
                thread->state = ENDED;
            if (thread->state == RUNNING)
                left++;
        }
        if (left == 0 || now() >= deadline)
            return left;
        struct timespec pause = {0, 50000};
        nanosleep(&pause, NULL);
    }
}

int64_t v8s_live_stop(v8s_live *live, uint64_t patience) {
    uint64_t deadline = now() + patience;
    uint64_t left = 0;
    for (int pass = 0; pass < MAX_PASSES; pass++) {
        int found = seize_new(live);
        if (found < 0)
            return found;
        if (found == 0)
            break;
        left = await(live, deadline);
    }
    return (int64_t)left;
}

uint64_t v8s_live_count(const v8s_live *live) {
    return live->count;
}

int32_t v8s_live_thread(const v8s_live *live, uint64_t index) {
    return index < live->count && live->threads[index].state != ENDED ? live->threads[index].tid
                                                                      : 0;
}

int64_t v8s_live_registers(const v8s_live *live, uint64_t index, uint32_t kind, uint8_t *out,
                           uint64_t size) {
    if (index >= live->count || live->threads[index].state != STOPPED)
        return -ESRCH;
    struct iovec to = {out, (size_t)size};
    if (ptrace(PTRACE_GETREGSET, live->threads[index].tid, (void *)(uintptr_t)kind, &to) != 0)
        return -errno;
    return (int64_t)to.iov_len;
}

uint64_t v8s_live_resume(v8s_live *live) {
    if (live->since == 0)
        return 0;
    for (uint64_t i = 0; i < live->count; i++) {
        struct thread *thread = &live->threads[i];
        if (thread->state == STOPPED)
            ptrace(PTRACE_DETACH, thread->tid, NULL, (void *)(intptr_t)thread->signal);
    }
    uint64_t stopped = now() - live->since;
    live->count = 0;
    live->since = 0;
    return stopped;
}

void v8s_live_close(v8s_live *live) {
    if (live == NULL)
        return;
    v8s_live_resume(live);
    free(live->threads);
    free(live);
}

/* What one call of v8s_live_copy works with. */
struct copy {
    pid_t pid;
    uint32_t mode;
    uint32_t pages;
    int map;       /* /proc/PID/pagemap; -1: cannot be read, all pages are taken */
    int memory;    /* /proc/PID/mem, where process_vm_readv is not allowed; -1: not opened */
    uint64_t page; /* bytes */
    uint64_t start;
    uint64_t size;
    uint8_t *to;
    uint64_t unit; /* of `blocks`, in bytes */
    uint8_t *blocks;
    uint64_t lost;
    uint64_t entries[PAGEMAP_ENTRIES];
};

static ssize_t read_some(struct copy *copy, uint64_t address, void *to, uint64_t size) {
    if (copy->memory < 0) {
        struct iovec here = {to, (size_t)size};
        struct iovec there = {(void *)(uintptr_t)address, (size_t)size};
        ssize_t got = process_vm_readv(copy->pid, &here, 1, &there, 1, 0);
        if (got >= 0 || (errno != ENOSYS && errno != EPERM))
            return got;
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/mem", (int)copy->pid);
        copy->memory = open(path, O_RDONLY | O_CLOEXEC);
        if (copy->memory < 0)
            return -1;
    }
    return pread(copy->memory, to, (size_t)size, (off_t)address);
}

/* Does what the mode says with the pages [address, address + size). 0, or a negative errno. */
static int take(struct copy *copy, uint64_t address, uint64_t size) {
    uint64_t at = address - copy->start;
    for (uint64_t block = at / copy->unit; block <= (at + size - 1) / copy->unit; block++)
        copy->blocks[block] = 1;
    if (copy->mode == V8S_LIVE_PREPARE)
        for (uint64_t i = 0; i < size; i += copy->page)
            *(volatile uint8_t *)(copy->to + at + i) = 0;
    if (copy->mode != V8S_LIVE_COPY)
        return 0;
    while (size > 0) {
        ssize_t got = read_some(copy, address, copy->to + at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno != EFAULT && errno != EIO)
            return -errno;
        uint64_t n = got > 0 ? (uint64_t)got : 0;
        if (n == 0) { /* a page that is gone: the process runs, or a device */
            n = size < copy->page ? size : copy->page;
            copy->lost += n;
        }
        address += n;
        at += n;
        size -= n;
    }
    return 0;
}

static int is_wanted(uint64_t entry, uint32_t pages) {
    if ((entry & (IN_MEMORY | IN_SWAP)) == 0)
        return 0;
    return pages != V8S_LIVE_PRIVATE || (entry & OF_FILE) == 0;
}

/* All of one range: how many bytes were wanted, or a negative errno. */
static int64_t copy_range(struct copy *copy) {
    uint64_t end = copy->start + copy->size, first = copy->start, taken = 0;
    int status = 0;
    /* Pages [first, address) are wanted and not taken yet. */
    for (uint64_t address = copy->start; address < end && status == 0;) {
        uint64_t n = (end - address + copy->page - 1) / copy->page;
        n = n < PAGEMAP_ENTRIES ? n : PAGEMAP_ENTRIES;
        int64_t got = -1;
        if (copy->map >= 0 && copy->pages != V8S_LIVE_ALL)
            got = pread(copy->map, copy->entries, (size_t)n * 8, (off_t)(address / copy->page * 8));
        for (uint64_t i = 0; i < n && status == 0; i++, address += copy->page) {
            if (got < (int64_t)(i + 1) * 8 || is_wanted(copy->entries[i], copy->pages))
                continue;
            if (first < address) {
                status = take(copy, first, address - first);
                taken += address - first;
            }
            first = address + copy->page;
        }
    }
    if (status == 0 && first < end) {
        status = take(copy, first, end - first);
        taken += end - first;
    }
    return status != 0 ? status : (int64_t)taken;
}

int64_t v8s_live_copy(int32_t pid, uint32_t mode, const uint64_t *ranges, uint64_t count,
                      uint64_t *lost) {
    struct copy copy = {.pid = pid, .mode = mode, .memory = -1};
    copy.page = (uint64_t)sysconf(_SC_PAGESIZE);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/pagemap", (int)pid);
    copy.map = open(path, O_RDONLY | O_CLOEXEC);
    int64_t taken = 0;
    for (uint64_t i = 0; i < count; i++, ranges += 6) {
        copy.start = ranges[0];
        copy.size = ranges[1];
        copy.to = (uint8_t *)(uintptr_t)ranges[2];
        copy.unit = ranges[3];
        copy.blocks = (uint8_t *)(uintptr_t)ranges[4];
        copy.pages = (uint32_t)ranges[5];
        int64_t wanted = copy_range(&copy);
        if (wanted < 0) {
            taken = wanted;
            break;
        }
        taken += wanted;
    }
    if (copy.map >= 0)
        close(copy.map);
    if (copy.memory >= 0)
        close(copy.memory);
    *lost += copy.lost;
    return taken;
}

#else

v8s_live *v8s_live_open(int32_t pid) {
    (void)pid;
    return NULL;
}

int64_t v8s_live_stop(v8s_live *live, uint64_t patience) {
    (void)live, (void)patience;
    return V8S_EINVAL;
}

uint64_t v8s_live_count(const v8s_live *live) {
    (void)live;
    return 0;
}

int32_t v8s_live_thread(const v8s_live *live, uint64_t index) {
    (void)live, (void)index;
    return 0;
}

int64_t v8s_live_registers(const v8s_live *live, uint64_t index, uint32_t kind, uint8_t *out,
                           uint64_t size) {
    (void)live, (void)index, (void)kind, (void)out, (void)size;
    return V8S_EINVAL;
}

uint64_t v8s_live_resume(v8s_live *live) {
    (void)live;
    return 0;
}

void v8s_live_close(v8s_live *live) {
    (void)live;
}

int64_t v8s_live_copy(int32_t pid, uint32_t mode, const uint64_t *ranges, uint64_t count,
                      uint64_t *lost) {
    (void)pid, (void)mode, (void)ranges, (void)count, (void)lost;
    return V8S_EINVAL;
}

#endif
