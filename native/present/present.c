// Makes memory present before it is touched. A program that is started while somebody waits touches hundreds of pages for the first time, one fault each;
// on a virtual machine a fault costs more than ten times what the kernel needs to make a page present when asked for many at once (docs/decisions/0011).
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

enum { Page = 4096 };

// MADV_POPULATE_READ and _WRITE (madvise(2), since Linux 5.14); older kernels refuse them, and pages come one by one as ever.
enum { PopulateRead = 22, PopulateWrite = 23 };

static uintptr_t down(uintptr_t address) { return address & ~(uintptr_t)(Page - 1); }

static uintptr_t up(uintptr_t address) { return down(address + Page - 1); }

static void present(uintptr_t from, uintptr_t to, int advice) { madvise((void *)from, to - from, advice); }

// The program's own segments, and the first of its heap: before its runtime begins. It is linked at fixed addresses.
__attribute__((constructor)) static void present_program(void)
{
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    size_t count = getauxval(AT_PHNUM);
    for (size_t i = 0; i < count; i++)
    {
        uintptr_t from = down(headers[i].p_vaddr), to = up(headers[i].p_vaddr + headers[i].p_memsz);
        if (headers[i].p_type == PT_LOAD && (headers[i].p_flags & PF_W) == 0)
        {
            present(from, to, PopulateRead);
        }
        else if (headers[i].p_type == PT_LOAD)
        {
            // Only what has no content in the file: copying the rest costs more than the few pages of it that are written.
            present(up(headers[i].p_vaddr + headers[i].p_filesz), to, PopulateWrite);
        }
    }

    // Threads share one heap: each further one costs four system calls and a page.
    mallopt(M_ARENA_MAX, 1);
    free(malloc(1));
    uintptr_t end = (uintptr_t)sbrk(0);
    present(up(end - 128 * 1024), end, PopulateWrite);
}

// What the collector is about to commit. From the page of an object on, within the object's region: all of that is reserved by the collector and nothing else.
void figment_present_heap(uintptr_t object, size_t bytes, size_t region)
{
    uintptr_t from = down(object), end = (object & ~(uintptr_t)(region - 1)) + region;
    uintptr_t to = from + bytes < end ? from + bytes : end;
    if (mprotect((void *)from, to - from, PROT_READ | PROT_WRITE) == 0)
    {
        present(from, to, PopulateWrite);
    }
}
