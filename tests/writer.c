/* Writes its memory in all ways there are, and knows what must stand in it. Two processes; each tells in FILE.N how often all was right, or what was not. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 8192, CHURNED = 512, WORDS = PAGE / 8, LINE = 64 };

static uint64_t versions[PAGES];
static uint64_t churn_version;

static uint64_t next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static uint64_t *page(void *region, size_t index) { return (uint64_t *)((char *)region + index * PAGE); }

/* Into a file that stays open, and as long as it is. */
static void tell(int told, const char *format, uint64_t value) {
  char text[LINE + 1], line[LINE + 1];
  snprintf(text, sizeof text, format, (unsigned long long)value);
  snprintf(line, sizeof line, "%-*s\n", LINE - 1, text);
  if (pwrite(told, line, LINE, 0) != LINE) exit(3);
}

/* The first word is the version, the last one depends on it and the place. A page given back is zeros, and its version is 0. */
static void put(void *region, size_t index, uint64_t version) {
  uint64_t *words = page(region, index);
  words[0] = version;
  words[WORDS - 1] = version ^ (index << 32);
}

static int is_right(void *region, size_t index, uint64_t version) {
  uint64_t *words = page(region, index);
  return version == 0 ? words[0] == 0 && words[WORDS - 1] == 0 : words[0] == version && words[WORDS - 1] == (version ^ (index << 32));
}

static void run(const char *file, int number) {
  uint64_t random = 88172645463325252ull + number, good = 0;
  char name[512];
  snprintf(name, sizeof name, "%s.%d", file, number);
  int told = open(name, O_WRONLY | O_CREAT, 0644);
  tell(told, "%llu", 0);
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  char *region = mmap(NULL, (size_t)(PAGES + CHURNED) * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
  char *home = region + (size_t)PAGES * PAGE, *churned = home;
  int self = open("/proc/self/exe", O_RDONLY);
  char *copied = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, self, 0);
  close(self);
  for (size_t index = 0; index < PAGES; index++) put(region, index, versions[index] = 1);
  for (;;) {
    for (int count = 0; count < 4000; count++) {
      size_t index = next(&random) % PAGES;
      if (next(&random) % 64 == 0) {
        versions[index] = 0;
        madvise(page(region, index), PAGE, MADV_DONTNEED);
      } else {
        put(region, index, ++versions[index]);
      }
    }
    switch (next(&random) % 4) {
      case 0: /* another one at the same place */
        munmap(churned, (size_t)CHURNED * PAGE);
        churned = mmap(churned, (size_t)CHURNED * PAGE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0);
        break;
      case 1: /* the same one at another place, and back, where it is one with its neighbour */
        churned = mremap(churned, (size_t)CHURNED * PAGE, (size_t)CHURNED * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, churned == home ? mmap(NULL, (size_t)CHURNED * PAGE, PROT_NONE, flags, -1, 0) : home);
        break;
      case 2:
        mprotect(churned, (size_t)CHURNED * PAGE, PROT_NONE);
        mprotect(churned, (size_t)CHURNED * PAGE, PROT_READ | PROT_WRITE);
        break;
    }
    churn_version++;
    for (size_t index = 0; index < CHURNED; index++) put(churned, index, churn_version);
    put(copied, 0, churn_version);
    for (size_t index = 0; index < PAGES; index++)
      if (!is_right(region, index, versions[index])) { tell(told, "page %llu is wrong", index); exit(2); }
    for (size_t index = 0; index < CHURNED; index++)
      if (!is_right(churned, index, churn_version)) { tell(told, "page %llu of the other range is wrong", index); exit(2); }
    if (!is_right(copied, 0, churn_version)) { tell(told, "%llu: the file's page is wrong", churn_version); exit(2); }
    tell(told, "%llu", ++good);
    nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
  }
}

int main(int count, char **arguments) {
  (void)count;
  setsid();
  run(arguments[1], fork() == 0);
}
