/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELAYBOX_CRC32C_H
#define RELAYBOX_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* CRC-32C (Castagnoli, RFC 3720 section 12.1) by the processor's own instruction, which Swift has no name for.
   Both functions take and give the register itself: begin with ~0 and invert the result. */

#if defined(__x86_64__)
#include <cpuid.h>

/* Whether the processor has the instruction: SSE 4.2, bit 20 of ECX in leaf 1. */
static inline int relaybox_has_crc32c(void) {
    unsigned int a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 20)) != 0;
}

__attribute__((target("sse4.2")))
static inline uint32_t relaybox_crc32c(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *next = (const unsigned char *)bytes;
    uint64_t wide = crc;
    for (; count >= 8; next += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; count > 0; next++, count--) crc = __builtin_ia32_crc32qi(crc, *next);
    return crc;
}

#else

static inline int relaybox_has_crc32c(void) { return 0; }

static inline uint32_t relaybox_crc32c(uint32_t crc, const void *bytes, size_t count) {
    (void)bytes; (void)count;
    return crc;
}

#endif
#endif
