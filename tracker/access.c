#include "tracker/access.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/rng.h"

/* Who or what is kicked out. No padding: the bytes are a map key. */
struct kick {
	uint8_t bytes[LINK_INFOHASH_LEN + 1];
};

struct access {
	const struct sp_mem *mem;
	struct sp_rng rng;
	struct map *lists[ACCESS_LISTS]; /* NULL: no such list */
	struct map *kicks;               /* struct kick -> sp_time, its end */
};

int
access_new(struct access **out, const struct sp_mem *mem, uint64_t seed)
{
	struct access *a;

	*out = NULL;
	a = mem_zalloc(mem, 1, sizeof(*a));
	if (a == NULL)
		return SP_ERR_NOMEM;
	a->mem = mem;
	rng_seed(&a->rng, seed);
	if (map_new(&a->kicks, mem, sizeof(struct kick), sizeof(sp_time),
		ACCESS_KICKS, rng_u64(&a->rng)) < 0) {
		access_free(a);
		return SP_ERR_NOMEM;
	}
	*out = a;
	return 0;
}

void
access_free(struct access *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < ACCESS_LISTS; i++)
		map_free(a->lists[i]);
	map_free(a->kicks);
	mem_free(a->mem, a);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts the comment and the blanks around; returns the length that is left. */
static size_t
trim(const char **line, size_t len)
{
	const char *hash = memchr(*line, '#', len);

	if (hash != NULL)
		len = (size_t)(hash - *line);
	while (len > 0 && is_blank((*line)[len - 1]))
		len--;
	while (len > 0 && is_blank(**line)) {
		++*line;
		len--;
	}
	return len;
}

static int
read_link(uint8_t out[LINK_INFOHASH_LEN], const char *line, size_t len,
    struct link *scratch)
{
	int r = link_parse(scratch, line, len, NULL);

	if (r == 0)
		link_infohash(out, scratch->pk);
	return r < 0 ? SP_ERR_SYNTAX : 0;
}

/* 1: an entry; 0: nothing on this line; SP_ERR_SYNTAX. */
static int
read_line(uint8_t out[LINK_INFOHASH_LEN], const char *line, size_t len,
    struct link *scratch)
{
	uint8_t pk[HASH_PK_LEN];

	len = trim(&line, len);
	if (len == 0)
		return 0;
	if (buf_unhex(out, LINK_INFOHASH_LEN, line, len) == 0)
		return 1;
	if (buf_unhex(pk, HASH_PK_LEN, line, len) == 0) {
		link_infohash(out, pk);
		return 1;
	}
	return read_link(out, line, len, scratch) < 0 ? SP_ERR_SYNTAX : 1;
}

static int
read_list(struct map *m, const char *text, size_t len, struct link *scratch,
    struct access_error *e)
{
	uint8_t hash[LINK_INFOHASH_LEN];
	const char *end = text + len, *eol;
	int r;

	while (text < end) {
		e->line++;
		eol = memchr(text, '\n', (size_t)(end - text));
		if (eol == NULL)
			eol = end;
		r = read_line(hash, text, (size_t)(eol - text), scratch);
		if (r < 0) {
			e->what = "neither 40 nor 64 hex digits nor a link";
			return r;
		}
		if (r == 1 && map_put(m, hash, NULL, &r) == NULL) {
			e->what = sp_strerror(r);
			return r;
		}
		text = eol + 1;
	}
	return 0;
}

static int
read_all(struct map **out, const struct sp_mem *mem, uint64_t seed,
    const char *text, size_t len, struct access_error *e)
{
	struct link *scratch = mem_alloc(mem, sizeof(*scratch));
	int r;

	if (scratch == NULL)
		return SP_ERR_NOMEM;
	r = map_new(out, mem, LINK_INFOHASH_LEN, 0, ACCESS_MAX, seed);
	if (r == 0)
		r = read_list(*out, text, len, scratch, e);
	mem_free(mem, scratch);
	return r;
}

int
access_read(struct map **out, const struct sp_mem *mem, uint64_t seed,
    const char *text, size_t len, struct access_error *e)
{
	struct access_error ignored;
	int r;

	if (e == NULL)
		e = &ignored;
	*e = (struct access_error){ 0 };
	*out = NULL;
	if (text == NULL)
		return 0;
	r = read_all(out, mem, seed, text, len, e);
	if (r < 0) {
		map_free(*out);
		*out = NULL;
		return r;
	}
	return (int)map_len(*out);
}

void
access_put(struct access *a, enum access_list which, struct map *list)
{
	map_free(a->lists[which]);
	a->lists[which] = list;
}

int
access_set(struct access *a, enum access_list which, const char *text,
    size_t len, struct access_error *e)
{
	struct map *m;
	int r = access_read(&m, a->mem, rng_u64(&a->rng), text, len, e);

	if (r >= 0)
		access_put(a, which, m);
	return r;
}

/* ---- kicks --------------------------------------------------------------- */

static struct kick
kick_hash(const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct kick k = { { 'h' } };

	memcpy(k.bytes + 1, info_hash, LINK_INFOHASH_LEN);
	return k;
}

static struct kick
kick_addr(const struct sp_addr *addr, uint16_t port)
{
	struct kick k = { { 'a', (uint8_t)addr->family, (uint8_t)(port >> 8),
	    (uint8_t)port } };

	memcpy(k.bytes + 4, addr->ip, addr->family == 4 ? 4 : 16);
	return k;
}

static int
kick_put(struct access *a, const struct kick *k, sp_time until)
{
	sp_time *end;
	int r = 0;

	end = map_put(a->kicks, k, NULL, &r);
	if (end == NULL)
		return r;
	*end = until;
	return 0;
}

int
access_kick(struct access *a, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time until)
{
	struct kick k = kick_hash(info_hash);

	return kick_put(a, &k, until);
}

int
access_kick_addr(struct access *a, const struct sp_addr *addr, sp_time until)
{
	struct kick k = kick_addr(addr, addr->port);

	return kick_put(a, &k, until);
}

bool
access_permits_addr(const struct access *a, const struct sp_addr *addr)
{
	struct kick host, one;

	if (map_len(a->kicks) == 0)
		return true;
	host = kick_addr(addr, 0);
	one = kick_addr(addr, addr->port);
	return map_get(a->kicks, &host) == NULL &&
	       map_get(a->kicks, &one) == NULL;
}

size_t
access_tick(struct access *a, sp_time now)
{
	const struct kick *k;
	struct kick over;
	size_t it = 0;
	void *end;

	while ((k = map_next(a->kicks, &it, &end)) != NULL) {
		if (*(const sp_time *)end > now)
			continue;
		over = *k;
		map_del(a->kicks, &over);
	}
	return map_len(a->kicks);
}

/* ---- questions ----------------------------------------------------------- */

/* 1: it is on the list; 0: it is not; -1: there is no such list. */
static int
look(const struct access *a, enum access_list which, const uint8_t *info_hash)
{
	if (a->lists[which] == NULL)
		return -1;
	return map_get(a->lists[which], info_hash) != NULL;
}

bool
access_permits(const struct access *a,
    const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct kick k;
	int own;

	if (look(a, ACCESS_DENY, info_hash) == 1)
		return false;
	if (map_len(a->kicks) > 0) {
		k = kick_hash(info_hash);
		if (map_get(a->kicks, &k) != NULL)
			return false;
	}
	own = look(a, ACCESS_ALLOW, info_hash);
	if (own >= 0)
		return own == 1;
	if (look(a, ACCESS_SHARED_DENY, info_hash) == 1)
		return false;
	return look(a, ACCESS_SHARED_ALLOW, info_hash) != 0;
}

bool
access_may_publish(const struct access *a,
    const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	const struct map *m = a->lists[ACCESS_PUBLISH];

	return access_permits(a, info_hash) &&
	       (m == NULL || map_get(m, info_hash) != NULL);
}
