#include "tools/seed_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "io/daemon.h"

#define STATE_MODE 0600

/* ---- reading ------------------------------------------------------------ */

static char *
path_with(const char *path, const char *suffix)
{
	size_t n = strlen(path) + strlen(suffix) + 1;
	char *out = malloc(n);

	if (out != NULL)
		snprintf(out, n, "%s%s", path, suffix);
	return out;
}

/* Two seeders of one channel would sign two records for one piece. */
static int
lock(struct seed *s)
{
	char *path = path_with(s->state_path, ".lock");

	if (path == NULL)
		return SP_ERR_NOMEM;
	s->state_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, STATE_MODE);
	if (s->state_fd < 0)
		daemon_complain(path, strerror(errno));
	else if (flock(s->state_fd, LOCK_EX | LOCK_NB) < 0) {
		daemon_complain(path, "another spate-seed uses this state");
		close(s->state_fd);
		s->state_fd = -1;
	}
	free(path);
	return s->state_fd < 0 ? SP_ERR_EXISTS : 0;
}

static int
parse(struct seed *s, const uint8_t *p, size_t len)
{
	struct checkpoint_error e;
	char where[4200];
	int rv = checkpoint_parse(s->state, (const char *)p, len, &e);

	if (rv < 0) {
		snprintf(where, sizeof(where), "%s:%u", s->state_path, e.line);
		daemon_complain(where, e.what);
	} else if (memcmp(s->state->pk, s->key->link.pk, HASH_PK_LEN) != 0) {
		daemon_complain(s->state_path, "belongs to another channel");
		rv = SP_ERR_WRONGCHAN;
	}
	if (rv < 0)
		daemon_complain(s->state_path,
		    "move it away to begin a new epoch");
	return rv;
}

static int
load(struct seed *s)
{
	uint8_t *p;
	size_t len;
	int rv = store_read(s->state_path, CHECKPOINT_MAX, &p, &len);

	if (rv == SP_ERR_NOTFOUND) {
		s->state_lost = true;
		return 0;
	}
	if (rv < 0) {
		daemon_complain(s->state_path,
		    rv == SP_ERR_IO || rv == SP_ERR_DENIED ? strerror(errno)
							   : sp_strerror(rv));
		return rv;
	}
	rv = parse(s, p, len);
	free(p);
	return rv;
}

int
seed_state_open(struct seed *s)
{
	const struct seed_options *o = s->opts;
	int rv;

	s->state = calloc(1, sizeof(*s->state));
	s->state_path =
	    o->state != NULL ? strdup(o->state) : path_with(o->key, ".state");
	if (s->state == NULL || s->state_path == NULL)
		return SP_ERR_NOMEM;
	checkpoint_init(s->state, io_mem());
	rv = lock(s);
	if (rv == 0)
		rv = load(s);
	memcpy(s->state->pk, s->key->link.pk, HASH_PK_LEN);
	return rv;
}

void
seed_state_close(struct seed *s)
{
	if (s->state != NULL)
		checkpoint_fini(s->state);
	free(s->state);
	free(s->state_path);
	if (s->state_fd >= 0)
		close(s->state_fd);
}

/* ---- settling ----------------------------------------------------------- */

/* The highest epoch, number and dseq of what the trackers gave us. */
static void
newest_known(const struct seed *s, uint32_t *epoch, uint64_t *number,
    uint32_t *dseq)
{
	const struct spool_entry *e;

	*epoch = *dseq = 0;
	*number = 0;
	for (size_t i = 0; i < s->spool.n; i++) {
		e = &s->spool.v[i];
		*epoch = SP_MAX(*epoch, e->epoch);
		*number = SP_MAX(*number, e->number);
		if (e->track < LIM_TRACKS)
			*dseq = SP_MAX(*dseq, e->dseq);
	}
}

/* The trackers hold what this state has not signed. */
static bool
is_outdated(const struct seed *s)
{
	const struct checkpoint_track *t;
	const struct spool_entry *e;

	for (uint8_t i = 0; i < LIM_TRACKS; i++) {
		t = &s->state->tracks[i];
		e = spool_newest(&s->spool, i);
		if (e == NULL)
			continue;
		if (e->epoch > s->state->epoch || !t->used ||
		    e->number > t->mark.number ||
		    (e->number == t->mark.number &&
			memcmp(e->digest, t->digest, HASH_LEN) != 0))
			return true;
	}
	return false;
}

static int
restore(struct seed *s)
{
	const struct checkpoint_track *t;
	struct sealer_head *h;
	int rv = 0;

	for (unsigned i = 0; i < LIM_TRACKS && rv == 0; i++) {
		t = &s->state->tracks[i];
		if (!t->used)
			continue;
		rv = follower_restore(s->follower, i, &t->mark);
		h = &s->sealer.media[i];
		h->used = true;
		h->number = t->mark.number;
		h->dseq = t->mark.dseq;
		h->avail_ms = t->mark.avail_ms;
		memcpy(h->digest, t->digest, HASH_LEN);
		if (!t->has_init)
			continue;
		h = &s->sealer.inits[i];
		h->used = true;
		h->number = t->init_number;
		h->avail_ms = t->init_avail_ms;
		memcpy(h->digest, t->init_digest, HASH_LEN);
		memcpy(h->root, t->init_root, HASH_LEN);
	}
	return rv;
}

/* Nothing but what trackers know binds the new epoch. */
static void
begin_anew(struct seed *s, uint32_t epoch, uint64_t number, uint32_t dseq)
{
	struct checkpoint_track *t;
	uint64_t wall_s = (uint64_t)seed_now_ms(s) / 1000;

	for (size_t i = 0; i < LIM_TRACKS; i++) {
		t = &s->state->tracks[i];
		if (t->used) {
			number = SP_MAX(number, t->mark.number);
			dseq = SP_MAX(dseq, t->mark.dseq);
		}
		t->used = t->has_init = false;
	}
	epoch = SP_MAX(epoch, s->state->epoch);
	if (number > 0) {
		s->known_dseq = dseq + 1;
		follower_above(s->follower, number, dseq + 1);
	}
	/* Seconds: more than any epoch that was forgotten. */
	s->state->epoch = (uint32_t)SP_CLAMP(wall_s, (uint64_t)epoch + 1,
	    (uint64_t)UINT32_MAX);
}

int
seed_state_settle(struct seed *s)
{
	struct follower_conf conf = {
		.first_number = (uint64_t)seed_now_ms(s) / 1000,
		.window_us = (uint64_t)(s->opts->window / SP_US),
		.local = s->dir != NULL,
	};
	uint32_t epoch, dseq;
	uint64_t number;
	bool outdated = !s->state_lost && is_outdated(s);
	int rv;

	rv = follower_new(&s->follower, &conf, io_mem());
	if (rv < 0)
		return rv;
	newest_known(s, &epoch, &number, &dseq);
	/* What no tracker had confirmed when we last stopped. */
	for (size_t i = 0; i < s->state->n_pending; i++)
		spool_add(&s->spool, s->state->pending[i].p,
		    s->state->pending[i].len);
	if (outdated)
		log_msg(s->log, LOG_LEVEL_WARN,
		    "state: trackers know newer records: new epoch");
	if (s->state_lost || s->opts->new_epoch || outdated)
		begin_anew(s, epoch, number, dseq);
	else
		rv = restore(s);
	s->sealer.epoch = s->state->epoch;
	s->settled = true;
	return rv;
}

/* ---- writing ------------------------------------------------------------ */

static void
fill_track(struct seed *s, const struct seed_track *t)
{
	struct checkpoint_track *c = &s->state->tracks[t->id];
	const struct sealer_head *h = &s->sealer.media[t->id];

	if (!c->used)
		return;
	snprintf(c->uri, sizeof(c->uri), "%s", s->plan.tracks[t->i].name);
	memcpy(c->digest, h->digest, HASH_LEN);
	h = &s->sealer.inits[t->id];
	c->has_init = h->used;
	if (!h->used)
		return;
	c->init_number = h->number;
	c->init_id = t->init_id;
	c->init_avail_ms = h->avail_ms;
	memcpy(c->init_root, h->root, HASH_LEN);
	memcpy(c->init_digest, h->digest, HASH_LEN);
}

/* With trackers, what none has yet; else the newest of each track. */
static void
fill_pending(struct seed *s)
{
	struct checkpoint *c = s->state;
	const struct spool_entry *e;
	struct checkpoint_env *v;

	for (size_t i = 0; i < c->n_pending; i++)
		free(c->pending[i].p);
	c->n_pending = 0;
	for (size_t i = 0; i < s->spool.n; i++) {
		size_t left = s->spool.n - i;

		e = &s->spool.v[i];
		if (e->confirmed || left > CHECKPOINT_PENDING ||
		    (s->n_trackers == 0 && left > 2 * s->n_tracks + 2))
			continue;
		v = &c->pending[c->n_pending];
		v->p = malloc(e->len);
		if (v->p == NULL)
			continue;
		memcpy(v->p, e->env, e->len);
		v->len = e->len;
		c->n_pending++;
	}
}

void
seed_state_save(struct seed *s)
{
	struct sp_buf b;
	int rv;

	for (size_t i = 0; i < s->n_tracks; i++)
		fill_track(s, &s->tracks[i]);
	fill_pending(s);
	buf_init(&b, io_mem(), CHECKPOINT_MAX);
	rv = checkpoint_write(&b, s->state);
	if (rv == 0)
		rv = store_write(s->state_path, b.p, b.len, STATE_MODE);
	buf_fini(&b);
	if (rv == 0) {
		if (s->state_failed)
			log_msg(s->log, LOG_LEVEL_WARN, "state: saved again");
		s->state_failed = false;
		s->state_why[0] = '\0';
		return;
	}
	snprintf(s->state_why, sizeof(s->state_why), "%s",
	    rv == SP_ERR_NOMEM || rv == SP_ERR_FULL ? sp_strerror(rv)
						    : strerror(errno));
	if (!s->state_failed)
		log_msg(s->log, LOG_LEVEL_WARN,
		    "state: cannot be saved: %s file=%s", s->state_why,
		    s->state_path);
	s->state_failed = true;
}
