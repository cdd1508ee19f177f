/* Serves at ADDRESS PORT: each client is told the host's name and two numbers, one from a page that is to be empty in copies of this process, and one from a page that is not.
   An empty page is filled anew, as those do who keep the state of their random numbers there. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE = 4096, NAME = 256 };

static uint64_t *page(void) {
  uint64_t *at = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) exit(2);
  for (size_t part = 0; part < 3; part++)
    if (getrandom(at + part * PAGE / 8, 8, 0) != 8) exit(3);
  return at;
}

int main(int count, char **words) {
  if (count != 3) return 1;
  uint64_t *kept = page(), *wiped = page();
  if (madvise(wiped, 3 * PAGE, MADV_WIPEONFORK) != 0) return 4;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[2]))};
  if (inet_pton(AF_INET, words[1], &address.sin_addr) != 1) return 5;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) return 11;
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) return 6;
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) return 7;
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    char name[NAME], at[INET_ADDRSTRLEN], told[2 * NAME];
    if (gethostname(name, NAME) != 0 || getsockname(listener, (struct sockaddr *)&own, &length) != 0 || inet_ntop(AF_INET, &own.sin_addr, at, sizeof at) == NULL) return 8;
    uint64_t empty = 0;
    for (size_t part = 0; part < 3; part++) {
      uint64_t *number = wiped + part * PAGE / 8;
      if (*number == 0 && (empty++, getrandom(number, 8, 0) != 8)) return 9;
    }
    int bytes = snprintf(told, sizeof told, "%s %s %016lx %016lx %lu\n", name, at, kept[PAGE / 8], wiped[PAGE / 8], empty);
    if (write(client, told, (size_t)bytes) != bytes) return 10;
    close(client);
  }
}
