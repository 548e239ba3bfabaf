#include "tools/seed_int.h"

/*
 * What the trackers hold of the channel: to give it to those that lack it, to
 * be its peer, and to see whether the checkpoint is the newest there is.
 */

#define REFILL_TIME  (4 * SP_S)
#define REFILL_TURNS 64 /* windows longer than one reply */

static void ask(struct seed_tracker *t);

static void
refilled(struct seed_tracker *t)
{
	struct seed *s = t->s;

	t->refilling = false;
	if (t->refilled > 0)
		log_msg(s->log, LOG_LEVEL_DEBUG,
		    "refill: %llu records tracker=%s",
		    (unsigned long long)t->refilled, t->announce);
	s->refills--;
	seed_proceed(s);
}

static void
take_manifest(struct seed *s, const struct tw_frame *f)
{
	struct manifest *m = malloc(sizeof(*m));

	if (m != NULL && manifest_open(m, f->p, f->len, s->key->link.pk) == 0)
		s->state->serial = SP_MAX(s->state->serial, m->serial);
	free(m);
}

static void
take_record(struct seed_tracker *t, const struct tw_frame *f)
{
	struct record_env e;
	struct seed *s = t->s;

	t->since.seq = f->seq;
	if (record_open(&e, f->p, f->len) < 0 ||
	    record_verify(&e, s->key->link.pk) < 0)
		return;
	if (spool_add(&s->spool, f->p, f->len) == 0)
		t->refilled++;
}

/* True when there may be more to ask for. */
static bool
take(struct seed_tracker *t, const uint8_t *p, size_t len)
{
	struct tw_frame f;
	bool more = false;
	int n;

	while ((n = tw_frame_read(&f, p, len)) > 0) {
		p += n;
		len -= (size_t)n;
		if (f.type == TW_FRAME_HELLO) {
			t->since.boot = f.boot;
		} else if (f.type == TW_FRAME_MANIFEST) {
			take_manifest(t->s, &f);
		} else if (f.type == TW_FRAME_RECORD) {
			take_record(t, &f);
			more = true;
		}
	}
	return more && n == 0;
}

static void
refill_cb(void *ctx, const struct origin_done *d,
    const struct origin_head *h SP_UNUSED, const uint8_t *body, size_t len)
{
	struct seed_tracker *t = ctx;

	t->fetch = NULL;
	if (d->result == ORIGIN_OK && take(t, body, len) &&
	    t->answers++ < REFILL_TURNS)
		ask(t);
	else
		refilled(t);
}

static void
ask(struct seed_tracker *t)
{
	struct origin_ask a = {
		.timeout = REFILL_TIME,
		.connect = REFILL_TIME / 2,
		.max_bytes = LIM_TRACKER_REPLY,
		.reach = ORIGIN_AS_FIRST,
	};
	struct sp_buf url;

	buf_init(&url, io_mem(), 2 * LIM_URI);
	buf_put_str(&url, t->window);
	buf_put_u8(&url, '?');
	tw_since_write(&url, &t->since);
	buf_put_u8(&url, 0);
	a.url = (const char *)url.p;
	if (url.err < 0 ||
	    origin_all(t->s->origin, &a, refill_cb, t, &t->fetch) < 0) {
		t->fetch = NULL;
		refilled(t);
	}
	buf_fini(&url);
}

void
seed_refill_start(struct seed *s)
{
	/* One more, so that none ends it before all have begun. */
	s->refills = (unsigned)s->n_trackers + 1;
	for (size_t i = 0; i < s->n_trackers; i++) {
		s->trackers[i].refilling = true;
		ask(&s->trackers[i]);
	}
	s->refills--;
}
