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
	struct map *hosts;   /* the same of no peer and port -> viewers */
	uint32_t host_max;
};

int
presence_new(struct presence **out, const struct sp_mem *mem, size_t max,
    uint32_t host_max, uint64_t seed)
{
	struct presence *p = mem_zalloc(mem, 1, sizeof(*p));
	int r;

	*out = NULL;
	if (p == NULL)
		return SP_ERR_NOMEM;
	p->mem = mem;
	p->host_max = host_max;
	r = map_new(&p->viewers, mem, sizeof(struct presence_key),
	    sizeof(struct present), max, seed);
	if (r == 0)
		r = map_new(&p->hosts, mem, sizeof(struct presence_key),
		    sizeof(uint32_t), max, seed + 1);
	if (r < 0) {
		presence_free(p);
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
	map_free(p->hosts);
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

/* The key that all viewers of a host share. */
static struct presence_key
host_of(const struct presence_key *k)
{
	static const uint8_t nobody[LINK_PEERID_LEN];
	struct sp_addr addr = addr_make(k->family, k->ip, k->port);

	addr = addr_host(&addr);
	return presence_key(k->info_hash, nobody, &addr);
}

static bool
is_bounded(const struct presence_key *k)
{
	struct sp_addr addr = addr_make(k->family, k->ip, k->port);

	return !addr_is_loopback(&addr);
}

/* One more viewer of its host. */
static int
host_add(struct presence *p, const struct presence_key *k)
{
	struct presence_key host = host_of(k);
	uint32_t *n;
	int r = 0;

	n = map_put(p->hosts, &host, NULL, &r);
	if (n == NULL)
		return r;
	if (*n >= p->host_max && is_bounded(k))
		return SP_ERR_FULL;
	++*n;
	return 0;
}

static void
host_del(struct presence *p, const struct presence_key *k)
{
	struct presence_key host = host_of(k);
	uint32_t *n = map_get(p->hosts, &host);

	assert(n != NULL && "a viewer's host is counted");
	if (--*n == 0)
		map_del(p->hosts, &host);
}

int
presence_open(struct presence *p, const struct presence_key *k)
{
	struct present *v;
	int r = 0;

	v = map_put(p->viewers, k, NULL, &r);
	if (v == NULL)
		return r;
	if (v->streams == 0 && (r = host_add(p, k)) < 0) {
		map_del(p->viewers, k);
		return r;
	}
	v->streams++;
	return 0;
}

bool
presence_close(struct presence *p, const struct presence_key *k)
{
	struct present *v = map_get(p->viewers, k);

	if (v == NULL || --v->streams > 0)
		return false;
	host_del(p, k);
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
	size_t it = 0, n = 0;
	void *v;

	while (map_next(p->viewers, &it, &v) != NULL)
		if (((struct present *)v)->streams == 0)
			return false;
	for (it = 0; map_next(p->hosts, &it, &v) != NULL;) {
		if (*(uint32_t *)v == 0)
			return false;
		n += *(uint32_t *)v;
	}
	return n == map_len(p->viewers);
}
