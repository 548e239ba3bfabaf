#include "tracker/daemon/udp_host.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "io/loop.h"
#include "io/sock.h"
#include "tracker/daemon/host_int.h"
#include "tracker/daemon/networks.h"

/* A worker that nobody writes to looks this often whether to stop. */
#define WAIT (100 * SP_MS)
#define LAST 1000 /* batches of what came meanwhile */

struct worker {
	struct udp_host *host;
	struct dgram *sock;
	struct udp *udp;
	pthread_t thread;
	bool started;
	bool v6;
	/* As of the end of the last batch, for others to read. */
	struct udp_stats shown;
	/* The batch under way. */
	struct dgram_msg *msg;
	int n;
	struct udp_ask ask[DGRAM_BATCH];
	enum udp_next next[DGRAM_BATCH];
	struct sp_buf out[DGRAM_BATCH];
};

struct udp_host {
	struct udp_host_conf conf;
	struct udp_conf face;
	atomic_bool stop;
	size_t n;
	struct worker *workers[UDP_HOST_WORKERS];
};

/* ---- a worker ------------------------------------------------------------ */

static void
read_all(struct worker *w)
{
	sp_time now = io_now();
	struct dgram_msg *m;

	for (int i = 0; i < w->n; i++) {
		m = &w->msg[i];
		buf_wrap(&w->out[i], m->out, LIM_UDP_REPLY);
		w->next[i] = udp_read(w->udp, &w->ask[i], m->p, m->len,
		    &m->from, &w->out[i], now);
	}
}

/* With the lock of the ordinary swarms. */
static void
answer_plain(struct worker *w, sp_time now)
{
	struct track *t = w->host->conf.track;

	for (int step = 0; step < PLAIN_WARM_STEPS; step++)
		for (int i = 0; i < w->n; i++)
			if (w->next[i] == UDP_PLAIN)
				udp_warm(&w->ask[i], track_plain(t), step);
	for (int i = 0; i < w->n; i++)
		if (w->next[i] == UDP_PLAIN)
			w->next[i] =
			    udp_plain(w->udp, &w->ask[i], t, &w->out[i], now);
}

/* With the lock of the ordinary swarms, as the order of locks has it. */
static void
answer_live(struct worker *w, sp_time now)
{
	struct udp_host_conf *c = &w->host->conf;

	for (int i = 0; i < w->n; i++) {
		if (w->next[i] != UDP_LIVE)
			continue;
		pthread_mutex_lock(&c->locks->track);
		w->ask[i].req.ann.net =
		    networks_of(*c->networks, &w->ask[i].from);
		w->next[i] =
		    udp_live(w->udp, &w->ask[i], c->track, &w->out[i], now);
		pthread_mutex_unlock(&c->locks->track);
	}
}

static void
answer_all(struct worker *w)
{
	pthread_mutex_t *lock = &w->host->conf.locks->plain;
	sp_time now;

	pthread_mutex_lock(lock);
	/* Read here, so that it grows from one holder to the next. */
	now = io_now();
	answer_plain(w, now);
	answer_live(w, now);
	w->shown = *udp_stats(w->udp);
	pthread_mutex_unlock(lock);
}

/* A batch: how many there were, or an error. */
static int
serve(struct worker *w)
{
	w->n = dgram_recv(w->sock, &w->msg);
	if (w->n <= 0)
		return w->n;
	read_all(w);
	answer_all(w);
	for (int i = 0; i < w->n; i++)
		w->msg[i].out_len = w->next[i] == UDP_REPLY ? w->out[i].len : 0;
	dgram_send(w->sock);
	return w->n;
}

static void *
work(void *arg)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	struct worker *w = arg;

	while (!atomic_load(&w->host->stop))
		if (serve(w) < 0)
			nanosleep(&pause, NULL); /* no memory, most likely */
	return NULL;
}

/* Signals are for the main thread. */
static int
start(struct worker *w)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = r;
	w->started = r == 0;
	return r == 0 ? 0 : SP_ERR_IO;
}

/*
 * A successor with fewer threads does not have all of the sockets: what waits
 * in one that it has not would be lost with it.
 */
static void
stop(struct worker *w)
{
	if (w->started) {
		pthread_join(w->thread, NULL);
		dgram_hurry(w->sock);
		for (int i = 0; i < LAST && serve(w) > 0; i++)
			;
	}
	dgram_free(w->sock);
	udp_free(w->udp);
	free(w);
}

/* ---- all of them --------------------------------------------------------- */

static void
face_conf(struct udp_conf *c, const struct udp_host_conf *conf)
{
	static const char label[] = "spate udp connection ids";
	const struct options *o = conf->opts;
	struct hash_span v[] = { { label, sizeof(label) },
		{ conf->secret, HOST_SECRET } };
	uint8_t h[HASH_LEN];

	udp_conf_init(c);
	hash_sha256v(h, v, SP_LEN(v));
	memcpy(c->key, h, sizeof(c->key));
	hash_wipe(h, sizeof(h));
	c->id_slice = o->udp_id_life / 2;
	c->rate[LIMIT_CONNECT] = (struct limit_rate){ (uint32_t)o->connect_rate,
		(uint32_t)o->connect_rate };
	c->rate[LIMIT_ANNOUNCE] =
	    (struct limit_rate){ (uint32_t)o->announce_rate,
		    (uint32_t)o->announce_burst };
}

int
udp_host_new(struct udp_host **out, const struct udp_host_conf *conf)
{
	struct udp_host *u = calloc(1, sizeof(*u));

	*out = u;
	if (u == NULL)
		return SP_ERR_NOMEM;
	u->conf = *conf;
	face_conf(&u->face, conf);
	return 0;
}

void
udp_host_free(struct udp_host *u)
{
	if (u == NULL)
		return;
	atomic_store(&u->stop, true);
	for (size_t i = 0; i < u->n; i++)
		stop(u->workers[i]);
	hash_wipe(&u->face, sizeof(u->face));
	free(u);
}

static size_t
threads(const struct udp_host *u)
{
	long n = (long)u->conf.opts->threads;

	if (n == 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return (size_t)SP_CLAMP(n, 1, UDP_HOST_WORKERS);
}

/* The |nth| of those at |addr|. */
static int
open_sock(struct worker *w, const struct sp_addr *addr, size_t nth, bool share)
{
	struct udp_host *u = w->host;
	int r = dgram_open(&w->sock, addr, share, WAIT);

	if (r == SP_ERR_EXISTS && nth > 0)
		r = dgram_twin(&w->sock, u->workers[u->n - 1]->sock, WAIT);
	return r;
}

static int
add(struct udp_host *u, const struct sp_addr *addr, size_t nth, bool share)
{
	struct worker *w;
	int r;

	if (u->n == UDP_HOST_WORKERS)
		return SP_ERR_FULL;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return SP_ERR_NOMEM;
	w->host = u;
	w->v6 = addr->family == 6;
	r = udp_new(&w->udp, &u->face, io_mem(), io_random_u64());
	if (r == 0)
		r = open_sock(w, addr, nth, share);
	if (r < 0) {
		stop(w);
		return r;
	}
	u->workers[u->n++] = w;
	return 0;
}

static void
say(const struct udp_host *u, const struct sp_addr *addr, size_t n)
{
	size_t buffer = dgram_buffer(u->workers[u->n - 1]->sock);
	char text[ADDR_STRLEN];

	log_msg(u->conf.log, LOG_LEVEL_INFO,
	    "udp: listens on=%s threads=%zu buffer=%zu", addr_str(addr, text),
	    n, buffer);
	if (buffer < DGRAM_BUFFER)
		log_msg(u->conf.log, LOG_LEVEL_INFO,
		    "udp: bursts may be lost; net.core.rmem_max should be %d",
		    DGRAM_BUFFER);
}

static int
listen_on(struct udp_host *u, const struct sp_addr *addr)
{
	struct sp_addr at = *addr;
	size_t n = threads(u);
	int r;

	for (size_t i = 0; i < n; i++) {
		r = add(u, &at, i, n > 1);
		if (r < 0)
			return r;
		at = dgram_addr(u->workers[u->n - 1]->sock);
	}
	say(u, &at, n);
	return 0;
}

int
udp_host_listen(struct udp_host *u, const char **where)
{
	const struct options *o = u->conf.opts;
	const struct conf_list *list =
	    o->udp_listen.n > 0 ? &o->udp_listen : &o->listen;
	struct sp_addr addr[2];
	int n, r = 0;

	for (size_t i = 0; i < list->n; i++) {
		*where = list->v[i];
		n = sock_listen_parse(list->v[i], addr);
		for (int k = 0; k < n && r == 0; k++)
			r = listen_on(u, &addr[k]);
		/* A host without IPv6 serves IPv4 all the same. */
		if (r < 0 && errno == EAFNOSUPPORT && n == 2 && u->n > 0)
			r = 0;
		if (n < 0 || r < 0)
			return n < 0 ? n : r;
	}
	return 0;
}

int
udp_host_serve(struct udp_host *u)
{
	int r = 0;

	for (size_t i = 0; i < u->n && r == 0; i++)
		r = start(u->workers[i]);
	return r;
}

void
udp_host_stats(const struct udp_host *u, struct udp_host_stats *out)
{
	const uint64_t *from;
	struct dgram_stats s;
	uint64_t *to;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < u->n; i++) {
		from = (const uint64_t *)&u->workers[i]->shown;
		to = (uint64_t *)&out->face[u->workers[i]->v6];
		for (size_t k = 0; k < sizeof(struct udp_stats) / 8; k++)
			to[k] += from[k];
		dgram_stats(u->workers[i]->sock, &s);
		from = (const uint64_t *)&s;
		to = (uint64_t *)&out->sock;
		for (size_t k = 0; k < sizeof(s) / 8; k++)
			to[k] += from[k];
	}
}
