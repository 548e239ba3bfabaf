#include "tools/seed_int.h"

/*
 * One publish at a time for each tracker; what comes meanwhile goes with the
 * next. A tracker that does not answer is tried again, ever more slowly, and
 * then gets all of the window that it lacks.
 */

#define RETRY_FIRST (SP_S / 2)
#define RETRY_MAX   (15 * SP_S)
#define BEAT        (60 * SP_S) /* the manifest again: is it still there? */
#define TIMEOUT     (15 * SP_S)

static void publish(struct seed_tracker *t, bool beat);

static char *
live_url(const struct seed *s, const char *announce, const char *what)
{
	struct sp_buf b;
	char *out;

	buf_init(&b, io_mem(), 2 * LIM_URI);
	mesh_host_live_url(&b, announce, s->info_hash, what);
	buf_put_u8(&b, 0);
	out = b.err == 0 ? strdup((const char *)b.p) : NULL;
	buf_fini(&b);
	return out;
}

static void
failed(struct seed_tracker *t, const char *why)
{
	sp_time wait = RETRY_FIRST << SP_MIN(t->fails, 10u);

	t->failures++;
	t->fails++;
	if (!t->gone && t->fails > 1) {
		t->gone = true;
		log_msg(t->s->log, LOG_LEVEL_WARN, "publish: %s tracker=%s",
		    why, t->announce);
	}
	snprintf(t->why, sizeof(t->why), "%s", why);
	/* Many seeders lose a tracker at once: they do not come back so. */
	wait = SP_MIN(wait, RETRY_MAX);
	wait += (sp_time)(io_random_u64() % (uint64_t)(wait / 4));
	io_timer_set(&t->timer, loop_now(t->s->loop) + wait);
}

static void
refused(struct seed_tracker *t, const struct spool_reply *r)
{
	if (t->refused++ == 0 || r->code != SP_ERR_CHAIN)
		log_msg(t->s->log, LOG_LEVEL_WARN, "publish: %q tracker=%s",
		    r->text != NULL ? r->text : "refused",
		    r->text != NULL ? r->text_len : strlen("refused"),
		    t->announce);
	snprintf(t->why, sizeof(t->why), "%s", sp_strerror(r->code));
}

static void
answered(struct seed_tracker *t, const uint8_t *p, size_t len)
{
	struct spool_reply r;
	uint64_t boot = t->cursor.boot;

	if (spool_reply_read(&r, p, len) < 0) {
		failed(t, "not the answer of a spate tracker");
		return;
	}
	if (t->gone)
		log_msg(t->s->log, LOG_LEVEL_WARN,
		    "publish: answers again tracker=%s", t->announce);
	t->gone = false;
	t->fails = 0;
	t->why[0] = '\0';
	t->answers++;
	t->sent = loop_now(t->s->loop);
	if (spool_answer(&t->s->spool, &t->cursor, &t->batch, &r))
		refused(t, &r);
	if (boot != 0 && t->cursor.boot != boot)
		log_msg(t->s->log, LOG_LEVEL_INFO,
		    "publish: has restarted, gets the window tracker=%s",
		    t->announce);
	io_timer_set(&t->timer, t->sent + BEAT);
	publish(t, false);
}

static void
publish_cb(void *ctx, const struct origin_done *d,
    const struct origin_head *h SP_UNUSED, const uint8_t *body, size_t len)
{
	struct seed_tracker *t = ctx;
	char why[64];

	t->fetch = NULL;
	if (d->result == ORIGIN_OK) {
		answered(t, body, len);
	} else if (d->result == ORIGIN_STATUS) {
		snprintf(why, sizeof(why), "HTTP status %d", d->status);
		failed(t, why);
	} else {
		failed(t, d->text != NULL && d->text[0] != '\0'
			      ? d->text
			      : origin_result_name(d->result));
	}
}

static void
publish(struct seed_tracker *t, bool beat)
{
	struct seed *s = t->s;
	struct origin_ask ask = {
		.url = t->publish,
		.timeout = TIMEOUT,
		.max_bytes = LIM_TRACKER_REPLY,
		.reach = ORIGIN_AS_FIRST,
		.post = true,
		.body_type = "application/octet-stream",
	};
	int rv;

	if (t->fetch != NULL || s->stopping || !s->open)
		return;
	buf_reset(&t->body);
	rv = spool_batch(&s->spool, &t->cursor, beat, LIM_PUBLISH, &t->body,
	    &t->batch);
	if (rv == 0 && t->batch.frames == 0)
		return;
	ask.body = t->body.p;
	ask.body_len = t->body.len;
	if (rv == 0)
		rv = origin_all(s->origin, &ask, publish_cb, t, &t->fetch);
	if (rv < 0) {
		t->fetch = NULL;
		failed(t, sp_strerror(rv));
	}
}

static void
timer_cb(void *ctx, sp_time now)
{
	struct seed_tracker *t = ctx;

	publish(t, now - t->sent >= BEAT);
	if (t->fetch == NULL && !io_timer_is_set(&t->timer))
		io_timer_set(&t->timer, now + BEAT);
}

void
seed_publish_kick(struct seed *s)
{
	for (size_t i = 0; i < s->n_trackers; i++)
		/* After a failure the timer decides. */
		if (s->trackers[i].fails == 0)
			publish(&s->trackers[i], false);
}

static int
add(struct seed *s, const char *url)
{
	struct seed_tracker *t = &s->trackers[s->n_trackers];

	for (size_t i = 0; i < s->n_trackers; i++)
		if (strcmp(s->trackers[i].announce, url) == 0)
			return 0;
	if (s->n_trackers == LIM_TRACKERS)
		return SP_ERR_FULL;
	s->n_trackers++;
	t->s = s;
	buf_init(&t->body, io_mem(), LIM_PUBLISH + 2 * LIM_FEED_FRAME);
	t->announce = strdup(url);
	t->publish = live_url(s, url, "publish");
	t->window = live_url(s, url, "window");
	if (t->announce == NULL || t->publish == NULL || t->window == NULL)
		return SP_ERR_NOMEM;
	return io_timer_init(&t->timer, s->loop, timer_cb, t);
}

int
seed_publish_init(struct seed *s)
{
	const struct link *l = &s->key->link;
	int rv = 0;

	for (size_t i = 0; i < s->opts->trackers.n && rv == 0; i++)
		rv = add(s, s->opts->trackers.v[i]);
	for (size_t i = 0; i < l->n_trackers && rv == 0; i++)
		rv = add(s, l->trackers[i]);
	return rv;
}

void
seed_publish_stop(struct seed *s)
{
	for (size_t i = 0; i < s->n_trackers; i++) {
		struct seed_tracker *t = &s->trackers[i];

		if (t->fetch != NULL)
			origin_cancel(t->fetch);
		t->fetch = NULL;
		io_timer_fini(&t->timer);
		buf_fini(&t->body);
		free(t->announce);
		free(t->publish);
		free(t->window);
	}
	s->n_trackers = 0;
}
