/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELAYBOX_CUNBOUND_SHIM_H
#define RELAYBOX_CUNBOUND_SHIM_H

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unbound.h>

/* What Swift's Glibc does not have: the bell that wakes a thread waiting in poll, and that thread's name. */

/* A descriptor that becomes readable when somebody writes to it; -1 and errno on failure. */
static inline int relaybox_bell(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/* Names the calling thread for ps and gdb, at most 15 bytes. */
static inline void relaybox_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

#endif
