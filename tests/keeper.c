/* Knows what must stand in its memory, and does with it what it is asked in FILE.ask; in FILE.told it says how it went. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, WORDS = PAGE / 8, PARTS = 8, CHILDREN = 4, PROGRAMS = 40, THREADS = 3, NAME = 512 };

static const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
static char *region, *copied;
static size_t pages;
static char asked[NAME], told[NAME], fresh[NAME];

static void put(char *at, size_t index, uint64_t version) {
  uint64_t *words = (uint64_t *)at, value = (index + 1) * 0x9e3779b97f4a7c15ull + version;
  for (size_t word = 0; word < WORDS; word++) words[word] = value += 0xbf58476d1ce4e5b9ull;
}

static int is_right(const char *at, size_t index, uint64_t version) {
  const uint64_t *words = (const uint64_t *)at;
  uint64_t value = (index + 1) * 0x9e3779b97f4a7c15ull + version;
  for (size_t word = 0; word < WORDS; word++)
    if (words[word] != (value += 0xbf58476d1ce4e5b9ull)) return 0;
  return 1;
}

static int is_zero(const char *at) {
  static const char zeros[PAGE];
  return memcmp(at, zeros, PAGE) == 0;
}

/* The number of the first page that is wrong, or -1. */
static long wrong(size_t from, size_t to, long moved, uint64_t version) {
  for (size_t index = from; index < to; index++)
    if (!is_right(region + moved + index * PAGE, index, version)) return (long)index;
  return -1;
}

static long wrong_zeros(size_t from, size_t to) {
  for (size_t index = from; index < to; index++)
    if (!is_zero(region + index * PAGE)) return (long)index;
  return -1;
}

/* Each looks at all, from another place on. */
static void *look(void *number) {
  size_t from = pages * (size_t)number / THREADS;
  long bad = wrong(from, pages, 0, 1);
  return (void *)(bad >= 0 ? bad : wrong(0, from, 0, 1));
}

static long check(void) {
  pthread_t threads[THREADS];
  long bad = is_right(copied, 7, 3) ? -1 : -2;
  for (size_t number = 0; number < THREADS; number++) pthread_create(&threads[number], NULL, look, (void *)number);
  for (size_t number = 0; number < THREADS; number++) {
    void *one;
    pthread_join(threads[number], &one);
    if ((long)one != -1) bad = (long)one;
  }
  return bad;
}

/* All ways in which a program changes what it has mapped. */
static long change(void) {
  size_t part = pages / PARTS;
  char *place = mmap(NULL, part * PAGE, PROT_NONE, flags, -1, 0);
  munmap(region, part * PAGE);
  char *moved = mremap(region + part * PAGE, part * PAGE, part * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  madvise(region + 2 * part * PAGE, part * PAGE, MADV_DONTNEED);
  munmap(region + 3 * part * PAGE, part * PAGE);
  if (mmap(region + 3 * part * PAGE, part * PAGE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0) == MAP_FAILED) return -3;
  for (size_t index = 4 * part; index < 4 * part + 64; index += 2) mprotect(region + index * PAGE, PAGE, PROT_READ);
  /* Moved away and back, and what was given back is written. */
  place = mmap(NULL, part * PAGE, PROT_NONE, flags, -1, 0);
  mremap(region + 5 * part * PAGE, part * PAGE, part * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  mremap(place, part * PAGE, part * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, region + 5 * part * PAGE);
  for (size_t index = 2 * part; index < 2 * part + part / 2; index++) put(region + index * PAGE, index, 9);
  /* A part in the middle alone. */
  madvise(region + (6 * part + 3) * PAGE, 5 * PAGE, MADV_DONTNEED);
  long bad = wrong(part, 2 * part, moved - (region + part * PAGE), 1);
  if (bad < 0) bad = wrong(2 * part, 2 * part + part / 2, 0, 9);
  if (bad < 0) bad = wrong_zeros(2 * part + part / 2, 4 * part);
  if (bad < 0) bad = wrong(4 * part, 6 * part + 3, 0, 1);
  if (bad < 0) bad = wrong_zeros(6 * part + 3, 6 * part + 8);
  if (bad < 0) bad = wrong(6 * part + 8, pages, 0, 1);
  return bad;
}

/* Children have what it had, whatever it does afterwards. */
static long split(void) {
  int children[CHILDREN], status;
  long bad = -1;
  for (int number = 0; number < CHILDREN; number++)
    if ((children[number] = fork()) == 0) {
      if (number == 0 && fork() == 0) _exit(wrong(0, pages / 2, 0, 1) >= 0);
      long own = wrong(number * pages / CHILDREN, pages, 0, 1);
      if (own < 0) own = wrong(0, number * pages / CHILDREN, 0, 1);
      if (number == 0) { waitpid(-1, &status, 0); if (status != 0) own = 0; }
      _exit(own >= 0);
    }
  for (size_t index = 0; index < pages; index += 2) put(region + index * PAGE, index, 5);
  for (int number = 0; number < CHILDREN; number++) {
    waitpid(children[number], &status, 0);
    if (status != 0) bad = -4 - number;
  }
  for (size_t index = 0; index < pages && bad == -1; index++)
    if (!is_right(region + index * PAGE, index, index % 2 == 0 ? 5 : 1)) bad = (long)index;
  return bad;
}

/* Children that run another program, one after the other. */
static long run(void) {
  int status = 0;
  for (int number = 0; number < PROGRAMS && status == 0; number++) {
    int child = fork();
    if (child == 0) { execl("/bin/true", "true", (char *)NULL); _exit(1); }
    waitpid(child, &status, 0);
  }
  return status != 0 ? -9 : check();
}

static void tell(long bad) {
  int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (bad == -1) dprintf(file, "right"); else dprintf(file, "page %ld is wrong", bad);
  close(file);
  rename(fresh, told);
}

int main(int count, char **arguments) {
  if (count < 3) return 1;
  snprintf(asked, NAME, "%s.ask", arguments[1]);
  snprintf(told, NAME, "%s.told", arguments[1]);
  snprintf(fresh, NAME, "%s.new", arguments[1]);
  setsid();
  pages = (size_t)atoi(arguments[2]) << 8;
  region = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
  int self = open("/proc/self/exe", O_RDONLY);
  copied = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, self, 0);
  close(self);
  if (count > 3 && atoi(arguments[3]) > 0) mmap(NULL, (size_t)atoi(arguments[3]) << 30, PROT_NONE, flags, -1, 0);
  put(copied, 7, 3);
  for (size_t index = 0; index < pages; index++) put(region + index * PAGE, index, 1);
  if (count > 4 && fork() == 0)
    for (;;) pause();
  tell(-1);
  for (;;) {
    char word[16] = "";
    int file = open(asked, O_RDONLY);
    if (file < 0) { nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL); continue; }
    int length = read(file, word, sizeof word - 1);
    close(file);
    unlink(asked);
    if (length > 0 && word[0] == 'o') tell(is_right(region + pages / 2 * PAGE, pages / 2, 1) ? -1 : -5);
    else if (word[0] == 'c') tell(check());
    else if (word[0] == 'm') tell(change());
    else if (word[0] == 's') tell(split());
    else tell(run());
  }
}
