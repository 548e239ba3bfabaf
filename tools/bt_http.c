#include "tools/bt_http.h"
#include "tools/bt_http_int.h"

#define GIVE_UP   (10 * SP_S)
#define QUERY_MAX 8192
#define SPIN      (200 * SP_US)

int
bt_http_new(struct bt_http **out, const struct bt_options *o)
{
	struct bt_http *h = calloc(1, sizeof(*h));
	int rv;

	*out = NULL;
	if (h == NULL)
		return SP_ERR_NOMEM;
	h->o = o;
	h->epoll = -1;
	h->n_conns = (uint32_t)SP_MAX(o->window, o->sources);
	bt_check_init(&h->check, o);
	rng_seed(&h->rng, (uint64_t)o->seed);
	buf_init(&h->query, io_mem(), QUERY_MAX);
	rv = bt_http_open(h);
	if (rv < 0) {
		bt_http_free(h);
		return rv;
	}
	*out = h;
	return 0;
}

void
bt_http_free(struct bt_http *h)
{
	if (h == NULL)
		return;
	bt_http_close(h);
	buf_fini(&h->query);
	free(h);
}

static bool
is_over(const struct bt_http *h, sp_time now)
{
	if (h->mode == BT_FILL || h->mode == BT_VERIFY)
		return !bt_http_has_more(h) && h->n_open == 0;
	return now >= h->stop;
}

/* Sends what may be sent now; true when something was. */
static bool
send_due(struct bt_http *h, sp_time now)
{
	uint64_t rate = (uint64_t)h->o->rate, due;
	uint32_t n = 0, sent;

	if (rate == 0) {
		while (
		    n < h->n_conns && bt_http_send(h, now, HTTP_PIPELINE) > 0)
			n++;
		return n > 0;
	}
	due = (uint64_t)(now - h->begun) * rate / SP_S + 1;
	for (; h->res->sent < due; n++) {
		sent = bt_http_send(h,
		    h->begun + (sp_time)(h->res->sent * SP_S / rate), 1);
		if (sent == 0)
			break;
	}
	return n > 0;
}

/* At a high rate it spins: the next one is due soon. */
static sp_time
patience(const struct bt_http *h, sp_time now)
{
	uint64_t rate = (uint64_t)h->o->rate;
	sp_time due;

	if (rate == 0 || !h->sending)
		return SP_MS;
	if (SP_S / (sp_time)rate < SPIN)
		return 0;
	due = h->begun + (sp_time)(h->res->sent * SP_S / rate);
	return SP_CLAMP(due - now, 0, SP_MS);
}

static void
round_of(struct bt_http *h)
{
	sp_time now = io_now();
	bool did = h->sending && send_due(h, now);

	bt_http_receive(h, did ? 0 : patience(h, now));
	bt_http_sweep(h, now);
}

static void
begin(struct bt_http *h, enum bt_mode mode, struct bt_result *out)
{
	const struct bt_load *l = &h->o->load;
	uint32_t hashes = SP_MIN((uint32_t)h->o->hashes, l->swarms);

	memset(out, 0, sizeof(*out));
	out->mode = mode;
	quantile_init(&out->latency, 0);
	h->res = out;
	h->mode = mode;
	h->next = 0;
	h->n_again = 0;
	h->end = mode == BT_FILL ? l->peers : (l->swarms + hashes - 1) / hashes;
}

int
bt_http_run(struct bt_http *h, enum bt_mode mode, struct bt_result *out)
{
	sp_time now;

	begin(h, mode, out);
	if (h->o->pid != 0)
		bt_proc_read(&out->before, h->o->pid);
	h->begun = h->heard = io_now();
	h->stop = h->begun + h->o->time;
	h->sending = true;
	while (now = io_now(), !is_over(h, now)) {
		round_of(h);
		if (now - h->heard > GIVE_UP)
			return SP_ERR_TIMEOUT;
	}
	out->took = io_now() - h->begun;
	if (h->o->pid != 0)
		bt_proc_read(&out->after, h->o->pid);
	h->sending = false;
	while (h->n_open > 0)
		round_of(h);
	return 0;
}
