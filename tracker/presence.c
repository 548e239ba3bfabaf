#include "tracker/presence.h"

#include "base/map.h"

static_assert(sizeof(struct presence_key) == 60, "keys have no padding");

struct presence {
	const struct sp_mem *mem;
	struct map *streams; /* struct presence_key -> number, uint32_t */
};

int
presence_new(struct presence **out, const struct sp_mem *mem, size_t max,
    uint64_t seed)
{
	struct presence *p = mem_zalloc(mem, 1, sizeof(*p));
	int r;

	*out = NULL;
	if (p == NULL)
		return SP_ERR_NOMEM;
	p->mem = mem;
	r = map_new(&p->streams, mem, sizeof(struct presence_key),
	    sizeof(uint32_t), max, seed);
	if (r < 0) {
		mem_free(mem, p);
		return r;
	}
	*out = p;
	return 0;
}

void
presence_free(struct presence *p)
{
	if (p == NULL)
		return;
	map_free(p->streams);
	mem_free(p->mem, p);
}

struct presence_key
presence_key(const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t peer_id[LINK_PEERID_LEN], const struct sp_addr *addr)
{
	struct presence_key k = { .port = addr->port, .family = addr->family };

	memcpy(k.info_hash, info_hash, sizeof(k.info_hash));
	memcpy(k.peer_id, peer_id, sizeof(k.peer_id));
	memcpy(k.ip, addr->ip, sizeof(k.ip));
	return k;
}

int
presence_open(struct presence *p, const struct presence_key *k)
{
	uint32_t *n;
	int r = 0;

	n = map_put(p->streams, k, NULL, &r);
	if (n == NULL)
		return r;
	++*n;
	return 0;
}

bool
presence_close(struct presence *p, const struct presence_key *k)
{
	uint32_t *n = map_get(p->streams, k);

	if (n == NULL || --*n > 0)
		return false;
	map_del(p->streams, k);
	return true;
}

size_t
presence_len(const struct presence *p)
{
	return map_len(p->streams);
}

bool
presence_is_sound(const struct presence *p)
{
	size_t it = 0;
	void *v;

	while (map_next(p->streams, &it, &v) != NULL)
		if (*(uint32_t *)v == 0)
			return false;
	return true;
}
