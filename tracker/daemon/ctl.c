#include "tracker/daemon/ctl.h"

#include <jansson.h>

#include "io/control.h"
#include "tracker/daemon/host_int.h"

#define WORDS 5

struct ctl {
	struct track_host *host;
	struct life *life;
	struct control *control;
};

/* A request, cut at its blanks. */
struct words {
	char *v[WORDS];
	size_t n;
};

static int
refuse(struct sp_buf *out, int err, const char *why)
{
	buf_put_str(out, why);
	return err;
}

/* Takes |text|; NULL: there was no memory. */
static int
put_text(struct sp_buf *out, char *text)
{
	if (text == NULL)
		return SP_ERR_NOMEM;
	buf_put_str(out, text);
	buf_put_str(out, "\n");
	free(text);
	return out->err;
}

static int
put_json(struct sp_buf *out, json_t *j)
{
	char *text = j == NULL ? NULL : json_dumps(j, JSON_INDENT(2));

	json_decref(j);
	return put_text(out, text);
}

static int
done(struct sp_buf *out)
{
	return put_json(out, json_pack("{s:b}", "done", 1));
}

/* ---- what is told -------------------------------------------------------- */

static int
do_stats(struct ctl *c, const struct words *w, struct sp_buf *out)
{
	(void)w;
	host_report(c->host);
	return put_text(out, report_json(c->host->track, &c->host->report));
}

static int
do_channels(struct ctl *c, const struct words *w, struct sp_buf *out)
{
	(void)w;
	return put_json(out,
	    report_channels(c->host->track, loop_now(c->host->loop)));
}

/* Keeps the |n| largest in |top|, largest first. */
static void
rank(struct tw_scrape_entry *top, size_t *have, size_t n,
    const struct tw_scrape_entry *e)
{
	uint64_t size = (uint64_t)e->complete + e->incomplete;
	size_t at = *have;

	if (*have < n)
		++*have;
	else if (size <= (uint64_t)top[n - 1].complete + top[n - 1].incomplete)
		return;
	else
		at = n - 1;
	for (; at > 0 &&
	       (uint64_t)top[at - 1].complete + top[at - 1].incomplete < size;
	     at--)
		top[at] = top[at - 1];
	top[at] = *e;
}

static size_t
largest(struct track *t, struct tw_scrape_entry *top, size_t n)
{
	struct tw_scrape_entry e;
	size_t have = 0, it = 0;

	while (registry_next(track_registry(t), &it, &e))
		rank(top, &have, n, &e);
	for (it = 0; plain_next(track_plain(t), &it, &e);)
		rank(top, &have, n, &e);
	return have;
}

static int
do_swarms(struct ctl *c, const struct words *w, struct sp_buf *out)
{
	char hex[2 * LINK_INFOHASH_LEN + 1];
	struct tw_scrape_entry *top;
	int64_t n = CTL_SWARMS_DFLT;
	json_t *list;
	size_t have;

	if (w->n > 1 &&
	    (conf_get_int(w->v[1], &n) < 0 || n < 1 || n > CTL_SWARMS))
		return refuse(out, SP_ERR_RANGE, "swarms: 1 to 1000");
	top = calloc((size_t)n, sizeof(*top));
	if (top == NULL)
		return SP_ERR_NOMEM;
	have = largest(c->host->track, top, (size_t)n);
	list = json_array();
	for (size_t i = 0; i < have; i++) {
		buf_hex(hex, top[i].info_hash, LINK_INFOHASH_LEN);
		json_array_append_new(list,
		    json_pack("{s:s s:i s:i s:i}", "info_hash", hex, "seeders",
			(int)top[i].complete, "leechers",
			(int)top[i].incomplete, "downloaded",
			(int)top[i].downloaded));
	}
	free(top);
	return put_json(out, list);
}

/* ---- what is done -------------------------------------------------------- */

/* A name as the lists have it. */
static int
get_hash(uint8_t out[LINK_INFOHASH_LEN], const char *text)
{
	static struct link link;
	uint8_t pk[HASH_PK_LEN];
	size_t len = strlen(text);

	if (buf_unhex(out, LINK_INFOHASH_LEN, text, len) == 0)
		return 0;
	if (buf_unhex(pk, HASH_PK_LEN, text, len) < 0) {
		if (link_parse(&link, text, len, NULL) < 0)
			return SP_ERR_SYNTAX;
		memcpy(pk, link.pk, sizeof(pk));
	}
	link_infohash(out, pk);
	return 0;
}

static int
kick_hash(struct ctl *c, const char *text, sp_time until, struct sp_buf *out)
{
	uint8_t ih[LINK_INFOHASH_LEN];
	int r;

	if (get_hash(ih, text) < 0)
		return refuse(out, SP_ERR_SYNTAX,
		    "kick: neither an info-hash nor a key nor a link");
	r = track_kick(c->host->track, ih, until);
	if (r < 0)
		return r;
	/* They find that it is gone. */
	streams_wake(c->host->streams, ih, loop_now(c->host->loop));
	log_msg(c->host->log, LOG_LEVEL_INFO, "ctl: kicked channel=%p", ih,
	    (size_t)LINK_INFOHASH_LEN);
	return done(out);
}

static int
kick_addr(struct ctl *c, bool host, const char *text, sp_time until,
    sp_time now, struct sp_buf *out)
{
	char name[ADDR_STRLEN];
	struct sp_addr addr;
	int r;

	if (addr_parse(&addr, text, strlen(text)) < 0 ||
	    host != (addr.port == 0))
		return refuse(out, SP_ERR_SYNTAX,
		    host ? "kick: no address of a host"
			 : "kick: no address with a port");
	r = track_kick_addr(c->host->track, &addr, until, now);
	if (r < 0)
		return r;
	if (host)
		streams_kick(c->host->streams, &addr);
	log_msg(c->host->log, LOG_LEVEL_INFO, "ctl: kicked addr=%s",
	    addr_str(&addr, name));
	return done(out);
}

static int
do_kick(struct ctl *c, const struct words *w, struct sp_buf *out)
{
	sp_time t = CTL_KICK, now = loop_now(c->host->loop);
	sp_time until;

	if (w->n < 3)
		return refuse(out, SP_ERR_SYNTAX, "kick: what?");
	if (w->n > 3 &&
	    (conf_get_time(w->v[3], &t) < 0 || t < SP_S || t > CTL_KICK_MAX))
		return refuse(out, SP_ERR_RANGE, "kick: 1s to 366d");
	until = now + t;
	if (strcmp(w->v[1], "channel") == 0 || strcmp(w->v[1], "swarm") == 0)
		return kick_hash(c, w->v[2], until, out);
	if (strcmp(w->v[1], "host") == 0 || strcmp(w->v[1], "peer") == 0)
		return kick_addr(c, w->v[1][0] == 'h', w->v[2], until, now,
		    out);
	return refuse(out, SP_ERR_SYNTAX, "kick: channel, swarm, host or peer");
}

static int
do_reload(struct ctl *c, const struct words *w, struct sp_buf *out)
{
	(void)w;
	if (life_reload(c->life) < 0)
		return refuse(out, SP_ERR_ARG,
		    "reload: something stays as it was; the log says why");
	return done(out);
}

static int
do_upgrade(struct ctl *c, const struct words *w, struct sp_buf *out)
{
	int r = life_upgrade(c->life);

	(void)w;
	if (r == SP_ERR_EXISTS)
		return refuse(out, r, "upgrade: one is under way");
	if (r == SP_ERR_UNSUPPORTED)
		return refuse(out, r, "upgrade: not out of a chroot");
	return r < 0 ? r : done(out);
}

static int
do_log_level(struct ctl *c, const struct words *w, struct sp_buf *out)
{
	static const char *const name[] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARN] = "warn",
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
	};

	if (w->n == 1)
		return put_json(out,
		    json_pack("{s:s}", "log_level", name[c->host->log->level]));
	for (size_t i = 0; i < SP_LEN(name); i++) {
		if (strcmp(w->v[1], name[i]) == 0) {
			life_log_level(c->life, (enum log_level)i);
			return done(out);
		}
	}
	return refuse(out, SP_ERR_SYNTAX,
	    "log-level: error, warn, info or debug");
}

/* ---- requests ------------------------------------------------------------ */

/* |locked|: under both locks. Those that take them themselves are not. */
static const struct verb {
	const char *name;
	size_t max; /* words */
	bool locked;
	int (*fn)(struct ctl *c, const struct words *w, struct sp_buf *out);
} verbs[] = {
	{ "stats", 1, true, do_stats },
	{ "channels", 1, true, do_channels },
	{ "swarms", 2, true, do_swarms },
	{ "kick", 4, true, do_kick },
	{ "reload", 1, false, do_reload },
	{ "upgrade", 1, false, do_upgrade },
	{ "log-level", 2, false, do_log_level },
};

static void
cut(struct words *w, char *line)
{
	w->n = 0;
	for (;;) {
		line += strspn(line, " \t\r");
		if (*line == '\0' || w->n == WORDS)
			return;
		w->v[w->n++] = line;
		line += strcspn(line, " \t\r");
		if (*line != '\0')
			*line++ = '\0';
	}
}

static int
answer(void *ctx, char *line, struct sp_buf *out)
{
	struct ctl *c = ctx;
	struct words w;
	int r;

	cut(&w, line);
	for (size_t i = 0; i < SP_LEN(verbs) && w.n > 0; i++) {
		if (strcmp(verbs[i].name, w.v[0]) != 0)
			continue;
		if (w.n > verbs[i].max)
			return refuse(out, SP_ERR_SYNTAX, "too many words");
		if (!verbs[i].locked)
			return verbs[i].fn(c, &w, out);
		locks_take(&c->host->locks);
		r = verbs[i].fn(c, &w, out);
		locks_give(&c->host->locks);
		return r;
	}
	return refuse(out, SP_ERR_SYNTAX,
	    "stats, channels, swarms, kick, reload, upgrade or log-level");
}

int
ctl_new(struct ctl **out, struct loop *l, struct track_host *h,
    const char *path)
{
	struct ctl *c = calloc(1, sizeof(*c));
	int r;

	*out = NULL;
	if (c == NULL)
		return SP_ERR_NOMEM;
	c->host = h;
	r = control_new(&c->control, l, path, answer, c);
	if (r < 0) {
		free(c);
		return r;
	}
	*out = c;
	return 0;
}

void
ctl_life(struct ctl *c, struct life *life)
{
	c->life = life;
}

void
ctl_leave(struct ctl *c)
{
	control_leave(c->control);
}

void
ctl_free(struct ctl *c)
{
	if (c == NULL)
		return;
	control_free(c->control);
	free(c);
}
