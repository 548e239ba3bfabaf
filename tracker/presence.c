#include "tracker/presence.h"

#include "base/map.h"

static_assert(sizeof(struct presence_key) == 60, "keys have no padding");

struct present {
	uint32_t streams; /* never 0 */
	uint32_t note;
};

struct presence {
	const struct sp_mem *mem;
	struct map *viewers; /* struct presence_key -> struct present */
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
	r = map_new(&p->viewers, mem, sizeof(struct presence_key),
	    sizeof(struct present), max, seed);
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
	map_free(p->viewers);
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
	struct present *v;
	int r = 0;

	v = map_put(p->viewers, k, NULL, &r);
	if (v == NULL)
		return r;
	v->streams++;
	return 0;
}

bool
presence_close(struct presence *p, const struct presence_key *k)
{
	struct present *v = map_get(p->viewers, k);

	if (v == NULL || --v->streams > 0)
		return false;
	map_del(p->viewers, k);
	return true;
}

uint32_t
presence_streams(const struct presence *p, const struct presence_key *k)
{
	const struct present *v = map_get(p->viewers, k);

	return v == NULL ? 0 : v->streams;
}

uint32_t *
presence_note(struct presence *p, const struct presence_key *k)
{
	struct present *v = map_get(p->viewers, k);

	return v == NULL ? NULL : &v->note;
}

size_t
presence_len(const struct presence *p)
{
	return map_len(p->viewers);
}

bool
presence_is_sound(const struct presence *p)
{
	size_t it = 0;
	void *v;

	while (map_next(p->viewers, &it, &v) != NULL)
		if (((struct present *)v)->streams == 0)
			return false;
	return true;
}
