/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELAYBOX_CSQLITE_SHIM_H
#define RELAYBOX_CSQLITE_SHIM_H

#include <sqlite3.h>
#include "crc32c.h"

/* What Swift cannot call or spell by itself: SQLite's two destructor constants are casts, its configuration is variadic. */

/* Binds a text that SQLite copies. */
static inline int relaybox_bind_text(sqlite3_stmt *statement, int index, const char *bytes, int count) {
    return sqlite3_bind_text(statement, index, bytes ? bytes : "", bytes ? count : 0, SQLITE_TRANSIENT);
}

/* Binds bytes that stay where they are until the statement has run. */
static inline int relaybox_bind_bytes(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_STATIC);
}

/* Turns off SQLite's memory accounting, whose lock every allocation takes; without effect once SQLite is in use. */
static inline int relaybox_disable_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
