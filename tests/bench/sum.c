/*
 * The reference of the benchmarks: maps a file and sums every 64-bit word of its data extents, as
 * reading all of a core once costs. Prints the sum and the seconds that the loop took.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return 1;
    const uint8_t *base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (base == MAP_FAILED)
        return 1;
    double start = now();
    uint64_t sum = 0;
    for (off_t at = 0; (at = lseek(fd, at, SEEK_DATA)) >= 0;) {
        off_t end = lseek(fd, at, SEEK_HOLE);
        for (off_t i = at; i + 8 <= end; i += 8) {
            uint64_t word;
            memcpy(&word, base + i, 8);
            sum += word;
        }
        at = end;
    }
    printf("%llu %.6f\n", (unsigned long long)sum, now() - start);
    return 0;
}
