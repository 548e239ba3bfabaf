#include "tools/bt_udp.h"
#include "tools/bt_udp_int.h"

#define SWEEP_GAP (10 * SP_MS)
#define SPIN      (200 * SP_US) /* then it sleeps */
#define GIVE_UP   (10 * SP_S)
#define NOBODY    (3 * SP_S) /* without an answer to a connect */

int
bt_udp_new(struct bt_udp **out, const struct bt_options *o)
{
	struct bt_udp *u = calloc(1, sizeof(*u));
	int rv;

	*out = NULL;
	if (u == NULL)
		return SP_ERR_NOMEM;
	u->o = o;
	bt_check_init(&u->check, o);
	rng_seed(&u->rng, (uint64_t)o->seed);
	for (size_t i = 0; i < UDP_BATCH; i++)
		buf_init(&u->out[i], io_mem(), UDP_PACKET);
	while (u->n_free < BT_WINDOW_MAX) {
		u->free[u->n_free] = u->n_free;
		u->n_free++;
	}
	rv = bt_udp_open(u);
	if (rv < 0) {
		bt_udp_free(u);
		return rv;
	}
	*out = u;
	return 0;
}

void
bt_udp_free(struct bt_udp *u)
{
	if (u == NULL)
		return;
	bt_udp_close(u);
	for (size_t i = 0; i < UDP_BATCH; i++)
		buf_fini(&u->out[i]);
	free(u);
}

static uint32_t
n_open(const struct bt_udp *u)
{
	return BT_WINDOW_MAX - u->n_free;
}

/* What has been open for too long is lost. */
static void
sweep(struct bt_udp *u, sp_time now)
{
	struct slot *sl;

	if (now - u->swept < SWEEP_GAP)
		return;
	u->swept = now;
	for (size_t i = 0; i < BT_WINDOW_MAX; i++) {
		sl = &u->slot[i];
		if (!sl->busy || now - sl->due < u->o->timeout)
			continue;
		if (!sl->own) {
			u->res->lost++;
			bt_result_fault(u->res, "no answer in time");
		}
		bt_udp_done(u, sl, true);
	}
}

/* How many may go now. */
static uint32_t
allowance(const struct bt_udp *u, sp_time now)
{
	uint64_t due;
	uint32_t open = n_open(u), window = (uint32_t)u->o->window;

	if (!u->sending || !bt_udp_has_more(u))
		return 0;
	if (u->o->rate == 0)
		return open < window ? window - open : 0;
	due = (uint64_t)(now - u->begun) * (uint64_t)u->o->rate / SP_S + 1;
	return due > u->res->sent
		   ? (uint32_t)SP_MIN(due - u->res->sent, UDP_BATCH)
		   : 0;
}

/* When the next request is due: latency counts from then. */
static sp_time
due_at(const struct bt_udp *u, sp_time now)
{
	if (u->o->rate == 0)
		return now;
	return u->begun + (sp_time)(u->res->sent * SP_S / (uint64_t)u->o->rate);
}

static sp_time
gap(const struct bt_udp *u)
{
	return u->o->rate == 0 ? 0 : SP_S / u->o->rate;
}

static void
round_of(struct bt_udp *u, sp_time *idle)
{
	sp_time now = io_now();
	uint32_t can = allowance(u, now), did = 0;

	/* A full batch, or whatever there is when nothing else is to do. */
	if (can > 0 &&
	    (u->o->rate > 0 || can >= (uint32_t)u->o->batch || *idle > 0))
		did = bt_udp_send(u, SP_MIN(can, (uint32_t)u->o->batch),
		    due_at(u, now), gap(u));
	did += bt_udp_receive(u);
	sweep(u, now);
	if (did > 0)
		*idle = 0;
	else if (*idle == 0)
		*idle = now;
	else if (u->o->rate > 0 && gap(u) > SPIN && u->sending)
		bt_udp_wait(u, SP_CLAMP(due_at(u, now) - now, 1, SP_MS));
	else if (now - *idle > SPIN && u->o->rate == 0)
		bt_udp_wait(u, SP_MS);
}

/* Each source has an id, before the time counts. */
static int
connect_all(struct bt_udp *u)
{
	sp_time begun = io_now(), now = begun;
	bool all = false;

	while (!all) {
		now = io_now();
		if (now - begun > NOBODY)
			return SP_ERR_TIMEOUT;
		all = true;
		for (uint32_t s = 0; s < u->o->load.sources; s++) {
			if (u->source[s].conn_at != 0)
				continue;
			all = false;
			u->turn = s;
			if (!u->source[s].connecting)
				bt_udp_send(u, 1, now, 0);
		}
		bt_udp_wait(u, SP_MS);
		bt_udp_receive(u);
		sweep(u, now);
	}
	return 0;
}

static bool
is_over(const struct bt_udp *u, sp_time now)
{
	if (u->mode == BT_FILL || u->mode == BT_VERIFY)
		return !bt_udp_has_more(u) && n_open(u) == 0;
	return now >= u->stop;
}

static void
begin(struct bt_udp *u, enum bt_mode mode)
{
	const struct bt_load *l = &u->o->load;
	uint32_t hashes = (uint32_t)u->o->hashes;

	u->mode = mode;
	u->next = 0;
	u->n_again = 0;
	u->end = mode == BT_FILL ? l->peers : (l->swarms + hashes - 1) / hashes;
}

static int
measure(struct bt_udp *u)
{
	sp_time idle = 0, now;

	if (u->o->pid != 0)
		bt_proc_read(&u->res->before, u->o->pid);
	u->begun = u->heard = io_now();
	u->stop = u->begun + u->o->time;
	u->sending = true;
	while (now = io_now(), !is_over(u, now)) {
		round_of(u, &idle);
		if (now - u->heard > GIVE_UP)
			return SP_ERR_TIMEOUT;
	}
	u->res->took = io_now() - u->begun;
	if (u->o->pid != 0)
		bt_proc_read(&u->res->after, u->o->pid);
	u->sending = false;
	while (n_open(u) > 0)
		round_of(u, &idle);
	return 0;
}

int
bt_udp_run(struct bt_udp *u, enum bt_mode mode, struct bt_result *out)
{
	int rv;

	memset(out, 0, sizeof(*out));
	out->mode = mode;
	quantile_init(&out->latency, 0);
	u->res = out;
	begin(u, BT_CONNECT);
	rv = connect_all(u);
	out->stray = out->bytes_in = out->bytes_out = 0;
	begin(u, mode);
	return rv < 0 ? rv : measure(u);
}
