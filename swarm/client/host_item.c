#include "swarm/client/host_int.h"

/*
 * Items of the channel in the DHT beside its head, one for each salt: put again
 * and again by who has one, looked for by who wants to know.
 *
 *	GET	1, 2, 4 ... 60 s until there is one, then each 10 to 20 minutes
 *	PUT	2, 4 ... 64 s until a node has taken it; then by a seeder each
 *10 to 15 minutes, by others when a GET finds none, or an older one
 */

#define GET_FIRST  SP_S
#define GET_MAX    (60 * SP_S)
#define GET_AGAIN  (10 * 60 * SP_S)
#define PUT_FIRST  (2 * SP_S)
#define PUT_MAX    (64 * SP_S)
#define PUT_AGAIN  (10 * 60 * SP_S)
#define PUT_SPREAD (10 * SP_S)

static sp_time
at_most(struct mesh_host *h, sp_time more)
{
	return (sp_time)rng_below(&h->rng, (uint64_t)more);
}

static struct host_item *
find(struct mesh_host *h, const void *salt, size_t len)
{
	for (size_t i = 0; i < h->n_items; i++)
		if (strlen(h->items[i].salt) == len &&
		    memcmp(h->items[i].salt, salt, len) == 0)
			return &h->items[i];
	return NULL;
}

/* ---- asking ---- */

static void
set_timer(struct mesh_host *h)
{
	sp_time at = SP_NEVER;

	for (size_t i = 0; i < h->n_items; i++)
		at = SP_MIN(at, SP_MIN(h->items[i].get_at, h->items[i].put_at));
	io_timer_set(&h->item_timer, at);
}

static void
get(struct mesh_host *h, struct host_item *t, sp_time now)
{
	sp_time gap = GET_FIRST << SP_MIN(t->n_get, 6u);

	t->n_get++;
	t->got = 0;
	/* if nothing comes of it */
	t->get_at = now + SP_MIN(gap, GET_MAX);
	(void)lt_dht_get(h->lt.s, h->conf.mesh.pk, t->salt, strlen(t->salt));
}

static void
put(struct mesh_host *h, struct host_item *t, sp_time now)
{
	struct lt_item it = {
		.size = sizeof(it),
		.seq = t->have.seq,
		.salt = (const uint8_t *)t->salt,
		.salt_len = strlen(t->salt),
		.value = t->have.v,
		.value_len = t->have.len,
	};
	sp_time gap = PUT_FIRST << SP_MIN(t->n_put, 5u);
	int rv;

	t->n_put++;
	t->put_at = now + SP_MIN(gap, PUT_MAX);
	memcpy(it.key, h->conf.mesh.pk, sizeof(it.key));
	memcpy(it.sig, t->have.sig, sizeof(it.sig));
	rv = lt_dht_put(h->lt.s, &it);
	if (rv < 0 && rv != SP_ERR_EXISTS)
		log_msg(h->conf.log, LOG_LEVEL_WARN, "dht: put: %s",
		    lt_why(h->lt.s)->text);
}

static void
run(struct mesh_host *h)
{
	sp_time now = loop_now(h->loop);

	if (h->n_items == 0 || !h->dht.ready || h->leaving)
		return;
	for (size_t i = 0; i < h->n_items; i++) {
		struct host_item *t = &h->items[i];

		if (t->put_at <= now)
			put(h, t, now);
		if (t->get_at <= now)
			get(h, t, now);
	}
	set_timer(h);
}

static void
timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	run(ctx);
}

/* ---- what comes back ---- */

static void
found(struct mesh_host *h, struct host_item *t, const struct lt_item *in)
{
	struct head_item it = { .seq = in->seq, .len = in->value_len };

	if (in->value_len == 0 || in->value_len > sizeof(it.v))
		return;
	memcpy(it.sig, in->sig, sizeof(it.sig));
	memcpy(it.v, in->value, in->value_len);
	t->got = SP_MAX(t->got, it.seq);
	if (h->ops->item != NULL)
		h->ops->item(h->ctx, t->salt, &it);
}

static void
got_all(struct mesh_host *h, struct host_item *t)
{
	sp_time now = loop_now(h->loop);

	if (t->have.seq == 0)
		return; /* sooner, as set when it was asked for */
	t->n_get = 0;
	t->get_at = now + GET_AGAIN + at_most(h, GET_AGAIN);
	if (t->got < t->have.seq && t->put_at == SP_NEVER) {
		t->n_put = 0;
		t->put_at = now + at_most(h, PUT_SPREAD);
	}
}

static void
was_put(struct mesh_host *h, struct host_item *t, const struct lt_event_put *ev)
{
	if (ev->item.seq != t->have.seq) {
		/* there is a newer one, which had to wait */
		t->put_at = 0;
		return;
	}
	log_msg(h->conf.log, LOG_LEVEL_DEBUG,
	    "dht: item was put salt=%s seq=%lld nodes=%u seen=%lld", t->salt,
	    (long long)ev->item.seq, (unsigned)ev->stored,
	    (long long)ev->seen_seq);
	if (ev->stored > 0) {
		t->n_put = 0;
		t->put_at = h->conf.mesh.seeder
				? loop_now(h->loop) + PUT_AGAIN +
				      at_most(h, PUT_AGAIN / 2)
				: SP_NEVER;
	}
	if (h->ops->item_put != NULL)
		h->ops->item_put(h->ctx, t->salt, ev->seen_seq, ev->stored);
}

bool
host_item_event(struct mesh_host *h, const struct lt_event *ev)
{
	struct host_item *t = NULL;

	if (ev->type == LT_EV_DHT_ITEM)
		t = find(h, ev->u.item.item.salt, ev->u.item.item.salt_len);
	else if (ev->type == LT_EV_DHT_PUT)
		t = find(h, ev->u.put.item.salt, ev->u.put.item.salt_len);
	else if (ev->type == LT_EV_DHT_END &&
		 (ev->u.end.op == LT_OP_GET || ev->u.end.op == LT_OP_PUT))
		t = find(h, ev->u.end.salt, ev->u.end.salt_len);
	if (t == NULL)
		return false;
	if (h->leaving)
		return true;
	if (ev->type == LT_EV_DHT_ITEM)
		found(h, t, &ev->u.item.item);
	else if (ev->type == LT_EV_DHT_PUT)
		was_put(h, t, &ev->u.put);
	else if (ev->u.end.op == LT_OP_GET)
		got_all(h, t);
	run(h);
	return true;
}

void
host_item_ready(struct mesh_host *h)
{
	sp_time now = loop_now(h->loop);

	/* what came to nothing, or nowhere, is done again */
	for (size_t i = 0; i < h->n_items; i++) {
		struct host_item *t = &h->items[i];

		t->n_get = t->n_put = 0;
		if (t->get_at != SP_NEVER && t->have.seq == 0)
			t->get_at = now;
		if (t->put_at != SP_NEVER)
			t->put_at = SP_MIN(t->put_at, now + PUT_FIRST);
	}
	run(h);
}

/* ---- beginning and end ---- */

/* The item of |salt|, made if it is missing; NULL: no room, or no DHT. */
static struct host_item *
take(struct mesh_host *h, const char *salt)
{
	struct host_item *t = find(h, salt, strlen(salt));

	if (t != NULL || !h->dht.on || h->n_items == SP_LEN(h->items))
		return t;
	if (h->n_items == 0 &&
	    io_timer_init(&h->item_timer, h->loop, timer_cb, h) < 0)
		return NULL;
	t = &h->items[h->n_items++];
	memset(t, 0, sizeof(*t));
	snprintf(t->salt, sizeof(t->salt), "%s", salt);
	t->get_at = t->put_at = SP_NEVER;
	return t;
}

int
mesh_host_item(struct mesh_host *h, const char *salt,
    const struct head_item *it)
{
	struct host_item *t = take(h, salt);

	if (t == NULL)
		return SP_ERR_CLOSED;
	t->have = *it;
	if (h->conf.mesh.seeder) {
		t->n_put = 0;
		t->put_at = 0;
	}
	run(h);
	return 0;
}

int
mesh_host_item_look(struct mesh_host *h, const char *salt)
{
	struct host_item *t = take(h, salt);

	if (t == NULL)
		return SP_ERR_CLOSED;
	t->n_get = 0;
	t->get_at = 0;
	run(h);
	return 0;
}

void
host_item_fini(struct mesh_host *h)
{
	io_timer_fini(&h->item_timer);
	h->n_items = 0;
}
