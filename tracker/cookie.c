#include "tracker/cookie.h"

#include "base/buf.h"
#include "base/map.h"

void
cookie_init(struct cookie *c, const uint8_t key[COOKIE_KEY_LEN], sp_time slice)
{
	struct sp_rd rd = buf_rd(key, COOKIE_KEY_LEN);

	assert(slice >= SP_S && "a client has to have time to use its id");
	c->k0 = buf_get_u64(&rd);
	c->k1 = buf_get_u64(&rd);
	c->slice = slice;
}

static uint64_t
hash(const struct cookie *c, const struct sp_addr *from, uint64_t slice)
{
	uint64_t in[3];

	memcpy(in, from->ip, sizeof(from->ip));
	/* The family: 1.2.3.4 and 102:304:: have the same bytes. */
	in[2] = slice << 8 | from->family;
	return map_siphash(c->k0, c->k1, in, sizeof(in));
}

uint64_t
cookie_make(const struct cookie *c, const struct sp_addr *from, sp_time now)
{
	return hash(c, from, (uint64_t)(now / c->slice));
}

/*
 * Ids are compared as integers, in one instruction: how many of their bytes are
 * right takes no time that could be measured. Which slice it was is no secret.
 */
bool
cookie_is_good(const struct cookie *c, const struct sp_addr *from, uint64_t id,
    sp_time now)
{
	uint64_t slice = (uint64_t)(now / c->slice);

	return hash(c, from, slice) == id ||
	       (slice > 0 && hash(c, from, slice - 1) == id);
}
