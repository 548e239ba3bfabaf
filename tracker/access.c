#include "tracker/access.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/rng.h"

struct access {
	const struct sp_mem *mem;
	struct sp_rng rng;
	struct map *lists[2]; /* by enum access_list; NULL: no such list */
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
	*out = a;
	return 0;
}

void
access_free(struct access *a)
{
	if (a == NULL)
		return;
	map_free(a->lists[ACCESS_ALLOW]);
	map_free(a->lists[ACCESS_DENY]);
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

/* 1: an entry; 0: nothing on this line; SP_ERR_SYNTAX. */
static int
read_line(uint8_t out[LINK_INFOHASH_LEN], const char *line, size_t len)
{
	uint8_t pk[HASH_PK_LEN];

	len = trim(&line, len);
	if (len == 0)
		return 0;
	if (buf_unhex(out, LINK_INFOHASH_LEN, line, len) == 0)
		return 1;
	if (buf_unhex(pk, HASH_PK_LEN, line, len) < 0)
		return SP_ERR_SYNTAX;
	link_infohash(out, pk);
	return 1;
}

static int
read_list(struct map *m, const char *text, size_t len, struct access_error *e)
{
	uint8_t hash[LINK_INFOHASH_LEN];
	const char *end = text + len, *eol;
	int r;

	while (text < end) {
		e->line++;
		eol = memchr(text, '\n', (size_t)(end - text));
		if (eol == NULL)
			eol = end;
		r = read_line(hash, text, (size_t)(eol - text));
		if (r < 0) {
			e->what = "neither 40 nor 64 hex digits";
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

int
access_set(struct access *a, enum access_list which, const char *text,
    size_t len, struct access_error *e)
{
	struct access_error ignored;
	struct map *m = NULL;
	int r;

	if (e == NULL)
		e = &ignored;
	*e = (struct access_error){ 0 };
	if (text != NULL) {
		r = map_new(&m, a->mem, LINK_INFOHASH_LEN, 0, ACCESS_MAX,
		    rng_u64(&a->rng));
		if (r == 0)
			r = read_list(m, text, len, e);
		if (r < 0) {
			map_free(m);
			return r;
		}
	}
	map_free(a->lists[which]);
	a->lists[which] = m;
	return m == NULL ? 0 : (int)map_len(m);
}

bool
access_permits(const struct access *a,
    const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	const struct map *allow = a->lists[ACCESS_ALLOW];
	const struct map *deny = a->lists[ACCESS_DENY];

	if (deny != NULL && map_get(deny, info_hash) != NULL)
		return false;
	return allow == NULL || map_get(allow, info_hash) != NULL;
}
