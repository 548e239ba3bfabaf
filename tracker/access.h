#ifndef TRACKER_ACCESS_H
#define TRACKER_ACCESS_H

/*
 * Which swarms and channels this tracker serves, and whom: lists from files,
 * and what the operator kicked out for a time.
 *
 *	ACCESS_ALLOW	nothing else is served
 *	ACCESS_DENY	is not served; it wins
 *	ACCESS_PUBLISH	no other channels are created; ordinary swarms are not
 *			concerned
 *
 * A list is text, one entry a line: 40 hex digits (an info-hash), 64 (a channel
 * key) or a link (wire/link.h), of which only the info-hash is kept; '#' starts
 * a comment. Without a list of a kind it says nothing; an empty ALLOW serves
 * nothing, an empty PUBLISH no channels.
 *
 * Trackers that share a policy (tracker/share.h) have two more lists. They
 * decide where the tracker's own do not name the info-hash, and the own
 * allow-list, where there is one, has all that is served:
 *
 *	own deny > own allow > shared deny > shared allow
 */

#include "base/addr.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "wire/link.h"

#define ACCESS_MAX   1000000 /* entries of one list */
#define ACCESS_KICKS 10000

enum access_list {
	ACCESS_ALLOW,
	ACCESS_DENY,
	ACCESS_PUBLISH,
	ACCESS_SHARED_ALLOW,
	ACCESS_SHARED_DENY,
};
#define ACCESS_LISTS 5
#define ACCESS_OWN   3 /* of them, the tracker's own, which come first */

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
/*
 * The same in two steps, the long one without |a|: access_read makes a list of
 * |text| in |mem|, which has to be that of |a|, and returns as access_set;
 * access_put takes it. *out is NULL for no list, and on an error.
 */
struct map;
int access_read(struct map **out, const struct sp_mem *mem, uint64_t seed,
    const char *text, size_t len, struct access_error *e);
void access_put(struct access *a, enum access_list which, struct map *list);
bool access_permits(const struct access *a,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);
/* May a channel of this info-hash be created? */
bool access_may_publish(const struct access *a,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);

/*
 * Denies an info-hash, or who is at |addr| (port 0: at any port), until |until|
 * comes; again is fine, the later call counts. Cheap to ask for as long as
 * there are none. SP_ERR_FULL (ACCESS_KICKS), SP_ERR_NOMEM.
 */
int access_kick(struct access *a, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time until);
int access_kick_addr(struct access *a, const struct sp_addr *addr,
    sp_time until);
bool access_permits_addr(const struct access *a, const struct sp_addr *addr);
/* Forgets kicks that are over. Returns how many are left. */
size_t access_tick(struct access *a, sp_time now);

#endif
