#ifndef TRACKER_ACCESS_H
#define TRACKER_ACCESS_H

/*
 * Which channels this tracker serves: an allow-list, a deny-list, or neither.
 *
 * A list is text, one entry a line: 40 hex digits (an info-hash) or 64 (a
 * channel key, of which only the info-hash is kept); '#' starts a comment.
 * Without an allow-list everything that is not denied is served; with an empty
 * one, nothing. Deny wins.
 */

#include "base/mem.h"
#include "wire/link.h"

#define ACCESS_MAX 1000000 /* entries of one list */

enum access_list {
	ACCESS_ALLOW,
	ACCESS_DENY,
};

struct access_error {
	const char *what; /* static text, for people */
	size_t line;      /* from 1 */
};

struct access;

int access_new(struct access **out, const struct sp_mem *mem, uint64_t seed);
void access_free(struct access *a);
/*
 * Replaces one list as a whole, or leaves it as it was: SP_ERR_SYNTAX,
 * SP_ERR_FULL (both told in |e|, which may be NULL), SP_ERR_NOMEM. |text| NULL:
 * no such list. Returns the number of entries.
 */
int access_set(struct access *a, enum access_list which, const char *text,
    size_t len, struct access_error *e);
bool access_permits(const struct access *a,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);

#endif
