#include "tracker/daemon/redis_cmd.h"

#include <stdio.h>

/* ---- commands ------------------------------------------------------------ */

static void
arg(struct redis_cmd *c, const void *p, size_t len)
{
	assert(c->n < REDIS_ARGS && "commands are short");
	c->v[c->n++] = (struct redis_arg){ p, len };
}

static void
word(struct redis_cmd *c, const char *s)
{
	arg(c, s, strlen(s));
}

static void
words(struct redis_cmd *c, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		word(c, v[i]);
}

#define WORDS(c, ...)                                      \
	words(c, (const char *const[]){ __VA_ARGS__ },     \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / \
		sizeof(const char *))

static void
number(struct redis_cmd *c, int64_t n)
{
	char *text = c->text[c->n_text++];

	snprintf(text, sizeof(c->text[0]), "%" PRId64, n);
	word(c, text);
}

static void
id(struct redis_cmd *c, struct share_id i)
{
	char *text = c->text[c->n_text++];

	snprintf(text, sizeof(c->text[0]), "%" PRIu64 "-%" PRIu64, i.ms, i.seq);
	word(c, text);
}

static void
node(struct redis_cmd *c)
{
	WORDS(c, "n");
	arg(c, &c->node, sizeof(c->node));
}

static void
key(struct redis_cmd *c, const char *text)
{
	snprintf(c->key, sizeof(c->key), "%s", text);
	word(c, c->key);
}

/* spate:{HASH}:w, :m or :d */
static void
channel_key(struct redis_cmd *c, const struct share_act *a, char what)
{
	char hex[2 * LINK_INFOHASH_LEN + 1];

	buf_hex(hex, a->info_hash, LINK_INFOHASH_LEN);
	snprintf(c->key, sizeof(c->key), "spate:{%s}:%c", hex, what);
	word(c, c->key);
}

static void
peers_key(struct redis_cmd *c, const struct share_act *a)
{
	snprintf(c->key, sizeof(c->key), "spate:{peers:%02u}", a->shard);
	word(c, c->key);
}

/* XADD KEY MAXLEN ~ N *, the key being there already. */
static void
cap(struct redis_cmd *c, uint32_t n)
{
	WORDS(c, "MAXLEN", "~");
	number(c, n);
	WORDS(c, "*");
}

static void
make_window(struct redis_cmd *c, const struct share_act *a, unsigned part)
{
	switch (a->what) {
	case SHARE_DO_GET_MANIFEST:
	case SHARE_DO_GET_ROSTER:
		WORDS(c, "GET");
		channel_key(c, a, a->what == SHARE_DO_GET_ROSTER ? 'd' : 'm');
		break;
	case SHARE_DO_PUT_MANIFEST:
	case SHARE_DO_PUT_ROSTER:
		WORDS(c, "SET");
		channel_key(c, a, a->what == SHARE_DO_PUT_ROSTER ? 'd' : 'm');
		arg(c, a->p, a->len);
		WORDS(c, "PX");
		number(c, a->ttl / SP_MS);
		break;
	case SHARE_DO_READ:
		WORDS(c, "XREAD", "COUNT");
		number(c, SHARE_COUNT);
		WORDS(c, "STREAMS");
		channel_key(c, a, 'w');
		id(c, a->after);
		break;
	case SHARE_DO_APPEND:
		WORDS(c, "XADD");
		channel_key(c, a, 'w');
		cap(c, a->keep);
		node(c);
		WORDS(c, "f");
		arg(c, a->p, a->len);
		break;
	default: /* SHARE_DO_KEEP: the manifest, then the window */
		WORDS(c, "PEXPIRE");
		channel_key(c, a, part == 0 ? 'm' : 'w');
		number(c, a->ttl / SP_MS);
		break;
	}
}

static void
make_news(struct redis_cmd *c, const struct share_act *a)
{
	if (a->what == SHARE_DO_WAIT) {
		WORDS(c, "XREAD", "BLOCK");
		number(c, SHARE_WAIT / SP_MS);
		WORDS(c, "COUNT");
		number(c, SHARE_NEWS_COUNT);
		WORDS(c, "STREAMS");
		key(c, REDIS_CMD_NEWS);
		id(c, a->after);
		return;
	}
	WORDS(c, "XADD");
	key(c, REDIS_CMD_NEWS);
	cap(c, SHARE_NEWS_KEEP);
	node(c);
	WORDS(c, a->roster ? "d" : "c");
	arg(c, a->info_hash, LINK_INFOHASH_LEN);
}

static void
make_list(struct redis_cmd *c, const struct share_act *a, unsigned part,
    int64_t now_s)
{
	static const char list[] = "spate:channels";

	if (a->what == SHARE_DO_MARK) {
		WORDS(c, "ZADD");
		key(c, list);
		number(c, now_s);
		arg(c, a->info_hash, LINK_INFOHASH_LEN);
	} else if (part == 0) {
		WORDS(c, "ZREMRANGEBYSCORE");
		key(c, list);
		WORDS(c, "-inf");
		number(c, now_s - REDIS_CMD_DAY);
	} else {
		WORDS(c, "ZREVRANGE");
		key(c, list);
		WORDS(c, "0");
		number(c, LIVE_CHANNELS_MAX - 1);
	}
}

static void
make_peers(struct redis_cmd *c, const struct share_act *a)
{
	if (a->what == SHARE_DO_READ_PEERS) {
		WORDS(c, "XREAD", "COUNT");
		number(c, SHARE_BATCHES);
		WORDS(c, "STREAMS");
		peers_key(c, a);
		id(c, a->after);
		return;
	}
	WORDS(c, "XADD");
	peers_key(c, a);
	cap(c, a->keep);
	WORDS(c, "b");
	arg(c, a->p, a->len);
}

bool
redis_cmd_make(struct redis_cmd *c, const struct share_act *a, unsigned part,
    uint64_t name, int64_t now_s)
{
	bool two = a->what == SHARE_DO_KEEP || a->what == SHARE_DO_LIST;

	if (part > (two ? 1 : 0))
		return false;
	c->n = c->n_text = 0;
	c->node = name;
	switch (a->what) {
	case SHARE_DO_WAIT:
	case SHARE_DO_NEWS:
		make_news(c, a);
		break;
	case SHARE_DO_LIST:
	case SHARE_DO_MARK:
		make_list(c, a, part, now_s);
		break;
	case SHARE_DO_READ_PEERS:
	case SHARE_DO_APPEND_PEERS:
		make_peers(c, a);
		break;
	case SHARE_DO_READ_POLICY:
		WORDS(c, "SMEMBERS");
		key(c, a->list == ACCESS_SHARED_ALLOW ? "spate:{policy}:allow"
						      : "spate:{policy}:deny");
		break;
	default:
		make_window(c, a, part);
		break;
	}
	return true;
}

/* ---- answers ------------------------------------------------------------- */

static bool
get_id(struct share_id *out, const struct redis_value *v)
{
	size_t len;
	const char *text = redis_bytes(v, &len);
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	out->ms = strtoull(text, &end, 10);
	if (*end != '-' || end[1] < '0' || end[1] > '9')
		return false;
	out->seq = strtoull(end + 1, &end, 10);
	return end == text + len;
}

/* The value of field |name| of an entry; NULL: it has none. */
static const void *
field(const struct redis_value *fields, char name, size_t *len)
{
	const char *key;

	for (size_t i = 0; i + 1 < redis_len(fields); i += 2) {
		key = redis_bytes(redis_at(fields, i), len);
		if (key != NULL && *len == 1 && *key == name)
			return redis_bytes(redis_at(fields, i + 1), len);
	}
	*len = 0;
	return NULL;
}

/* What has changed: a window, a roster, the policy. */
static void
take_news(struct share *s, struct share_id at, const struct redis_value *fields,
    sp_time now)
{
	size_t len;
	const void *p = field(fields, 'c', &len);

	if (p != NULL && len == LINK_INFOHASH_LEN) {
		share_news(s, at, p, now);
	} else if (field(fields, 'p', &len) != NULL) {
		share_news(s, at, NULL, now);
	} else {
		p = field(fields, 'd', &len);
		share_news_roster(s, at, len == LINK_INFOHASH_LEN ? p : NULL);
	}
}

static void
take_entry(struct share *s, const struct share_act *a, struct share_id at,
    const struct redis_value *fields, sp_time now)
{
	const void *p, *from;
	uint64_t name = 0;
	size_t len, from_len;

	switch (a->what) {
	case SHARE_DO_WAIT:
		take_news(s, at, fields, now);
		break;
	case SHARE_DO_READ:
		from = field(fields, 'n', &from_len);
		if (from_len == sizeof(name))
			memcpy(&name, from, sizeof(name));
		p = field(fields, 'f', &len);
		share_frame(s, a->info_hash, at, name, p, len, now);
		break;
	default:
		p = field(fields, 'b', &len);
		share_batch(s, a->shard, at, p, len, now);
		break;
	}
}

/* [[key, [[id, [field, value, ...]], ...]]], or nil; the number of entries. */
static int
take_stream(struct share *s, const struct share_act *a,
    const struct redis_value *v, sp_time now)
{
	const struct redis_value *list = redis_at(redis_at(v, 0), 1), *e;
	struct share_id at;
	size_t n = redis_len(list);

	for (size_t i = 0; i < n; i++) {
		e = redis_at(list, i);
		if (get_id(&at, redis_at(e, 0)))
			take_entry(s, a, at, redis_at(e, 1), now);
	}
	return (int)SP_MIN(n, INT_MAX);
}

static int
take_list(struct share *s, const struct share_act *a,
    const struct redis_value *v)
{
	const void *p;
	size_t len;

	for (size_t i = 0; i < redis_len(v); i++) {
		p = redis_bytes(redis_at(v, i), &len);
		if (p == NULL)
			continue;
		if (a->what == SHARE_DO_READ_POLICY)
			share_member(s, p, len);
		else if (len == LINK_INFOHASH_LEN)
			share_channel(s, p);
	}
	return 0;
}

static int
take(struct share *s, const struct share_act *a, const struct redis_value *v,
    sp_time now)
{
	static const struct share_id none;
	const void *p;
	int64_t n = 0;
	size_t len;

	switch (a->what) {
	case SHARE_DO_WAIT:
	case SHARE_DO_READ:
	case SHARE_DO_READ_PEERS:
		if (!redis_is_array(v) && !redis_is_nil(v))
			return SP_ERR_SYNTAX;
		return take_stream(s, a, v, now);
	case SHARE_DO_READ_POLICY:
		if (!redis_is_array(v))
			return SP_ERR_SYNTAX; /* or it would be an empty set */
		return take_list(s, a, v);
	case SHARE_DO_LIST:
		return take_list(s, a, v);
	case SHARE_DO_GET_MANIFEST:
		p = redis_bytes(v, &len);
		if (p != NULL)
			share_frame(s, a->info_hash, none, 0, p, len, now);
		return 0;
	case SHARE_DO_GET_ROSTER:
		p = redis_bytes(v, &len);
		if (p != NULL)
			share_roster(s, a->info_hash, p, len, now);
		return 0;
	case SHARE_DO_KEEP:
		return redis_int(v, &n) == 0 && n == 1;
	default:
		return 0;
	}
}

int
redis_cmd_take(struct share *s, const struct share_act *a,
    const struct redis_value *v, sp_time now)
{
	return redis_error(v) != NULL ? SP_ERR_IO : take(s, a, v, now);
}
