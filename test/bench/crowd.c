/*
 * crowd LINK DIRECTORY N in|out: N neighbours in one process, for measuring a
 * viewer among more of them than a machine has room for as processes. Each is
 * a whole engine with links of its own, real encryption and all. `in' wait
 * for viewers that dial them, and are known to the first tracker of the link;
 * `out' cannot be dialled, and know only whom its last tracker knows: so with
 * two trackers they are neighbours of the viewer and not of one another.
 *
 * What they would get from others they are given here: the blocks of a piece
 * in the second and a half after its record, each in its own order, from the
 * origin's files below DIRECTORY; so they have news all the time. Of those
 * that dial, four are children of the viewer: three quarters of each piece they
 * are given at once, and for the rest they have to ask. So the viewer passes
 * on as much as it receives.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "io/daemon.h"
#include "swarm/client/mesh_host.h"
#include "swarm/mesh_int.h"
#include "wire/link.h"

#define MOST     60
#define CHILDREN 4
#define TICK     (20 * SP_MS)
#define SPAN     (1500 * SP_MS)
#define FILES    16 /* as many as are being given out at a time, at most */

struct file {
	uint64_t number;
	uint8_t *p; /* LIM_PIECE_BYTES; NULL: none yet */
	size_t len;
};

struct one {
	struct mesh_host *host;
	struct origin *web; /* feeds would take all its connections if shared */
	uint64_t next;      /* piece that is being given to it, 0: none yet */
	sp_time since;      /* its record was there */
	uint32_t given;
};

struct crowd {
	struct loop *loop;
	const char *dir;
	struct one *v;
	unsigned n;
	bool dials;
	struct file file[FILES];
	struct io_timer timer;
};

static bool
is_child(const struct crowd *c, unsigned i)
{
	return c->dials && i < CHILDREN;
}

/* Bytes of a piece, NULL if they cannot be read. */
static const struct file *
file_of(struct crowd *c, const struct record *rec)
{
	struct file *f = &c->file[rec->number % FILES];
	char path[1024];
	FILE *in;

	if (f->p != NULL && f->number == rec->number)
		return f;
	if (f->p == NULL && (f->p = malloc(LIM_PIECE_BYTES)) == NULL)
		return NULL;
	snprintf(path, sizeof(path), "%s/%.*s", c->dir, (int)rec->uri_len,
	    rec->uri);
	if ((in = fopen(path, "rb")) == NULL)
		return NULL;
	f->len = fread(f->p, 1, LIM_PIECE_BYTES, in);
	f->number = rec->number;
	fclose(in);
	return f->len == rec->length ? f : NULL;
}

/* Blocks of its piece that are due by now. True when it has them all. */
static bool
give(struct crowd *c, unsigned i, struct piece *pc, sp_time now)
{
	struct one *o = &c->v[i];
	struct mesh *m = mesh_host_mesh(o->host);
	const struct file *f = file_of(c, &pc->rec);
	uint32_t due = pc->blocks, at, first = i * pc->blocks / c->n;
	bool child = is_child(c, i);

	if (f == NULL)
		return true;
	if (!child)
		due = (uint32_t)(SP_MIN(now - o->since, SPAN) * due / SPAN);
	m->now = now;
	for (; o->given < due; o->given++) {
		at = (first + o->given) % pc->blocks;
		if (child && at % CHILDREN == i)
			continue;
		mesh_block(m, pc, at, f->p + (size_t)at * LIM_BLOCK,
		    record_block_len(&pc->rec, at), -1);
	}
	return o->given == pc->blocks;
}

static void
feed(struct crowd *c, unsigned i, sp_time now)
{
	struct one *o = &c->v[i];
	struct mesh *m = mesh_host_mesh(o->host);
	struct piece *pc = mesh_newest(m, 0);

	if (is_child(c, i) && mesh_manifest_get(m, NULL, NULL) != NULL)
		mesh_follow(m, 0, true, now);
	if (pc == NULL)
		return;
	if (o->next == 0)
		o->next = pc->rec.number;
	while ((pc = mesh_find(m, 0, o->next)) != NULL) {
		if (o->since == 0)
			o->since = now;
		if (!give(c, i, pc, now))
			break;
		o->next++;
		o->given = 0;
		o->since = 0;
	}
	mesh_host_kick(o->host);
}

static void
on_tick(void *ctx, sp_time now)
{
	struct crowd *c = ctx;
	unsigned i;

	for (i = 0; i < c->n; i++)
		feed(c, i, now);
	io_timer_set(&c->timer, now + TICK);
}

static void
on_signal(void *ctx, int signo)
{
	(void)signo;
	loop_stop(ctx);
}

static int
join(struct crowd *c, struct one *o, const struct link *l)
{
	static const struct mesh_host_ops ops = { NULL };
	static const struct origin_conf web = { .agent = "crowd" };
	static const struct secure_cipher *ciphers[2];
	static const uint8_t loopback[4] = { 127, 0, 0, 1 };
	struct mesh_host_conf conf;
	const char *tracker;
	int r;

	if ((r = origin_new(&o->web, c->loop, &web)) < 0)
		return r;
	mesh_host_conf_init(&conf);
	memcpy(conf.mesh.pk, l->pk, sizeof(conf.mesh.pk));
	io_random(conf.mesh.secret, sizeof(conf.mesh.secret));
	conf.mesh.window_ms = 15000;
	conf.mesh.log = conf.log = daemon_log();
	conf.mesh.ciphers = ciphers;
	conf.mesh.n_ciphers = secure_ciphers(ciphers);
	conf.mesh.lan = c->dials;
	/* whom it dials: the viewer and the seeder, and nobody by pex */
	conf.mesh.neighbours = 3;
	if (!c->dials) {
		conf.listen[0] = addr_make(4, loopback, 0);
		conf.n_listen = 1;
	}
	conf.no_origin = true;
	tracker = l->trackers[c->dials ? l->n_trackers - 1 : 0];
	conf.trackers = &tracker;
	conf.n_trackers = 1;
	return mesh_host_new(&o->host, &conf, c->loop, o->web, &ops, NULL);
}

static void
report(const struct crowd *c)
{
	uint64_t given = 0, taken = 0, neighbours = 0;
	struct mesh_stats st;
	unsigned i;

	for (i = 0; i < c->n; i++) {
		mesh_stats(mesh_host_mesh(c->v[i].host), &st,
		    loop_now(c->loop));
		given += st.up_bytes;
		taken += st.peer_bytes;
		neighbours += st.neighbours;
	}
	printf("crowd of %u: gave %llu bytes, took %llu, %llu links\n", c->n,
	    (unsigned long long)given, (unsigned long long)taken,
	    (unsigned long long)neighbours);
}

static int
run(struct crowd *c, const struct link *l)
{
	unsigned i;
	int r;

	if ((r = loop_new(&c->loop)) < 0 ||
	    (r = loop_signal(c->loop, SIGTERM, on_signal, c->loop)) < 0 ||
	    (r = loop_signal(c->loop, SIGINT, on_signal, c->loop)) < 0)
		daemon_fail("start", sp_strerror(r));
	for (i = 0; i < c->n; i++) {
		if ((r = join(c, &c->v[i], l)) < 0)
			daemon_fail("join", sp_strerror(r));
		mesh_host_kick(c->v[i].host);
	}
	if ((r = io_timer_init(&c->timer, c->loop, on_tick, c)) < 0)
		daemon_fail("timer", sp_strerror(r));
	io_timer_set(&c->timer, loop_now(c->loop) + TICK);
	r = loop_run(c->loop);
	report(c);
	for (i = 0; i < c->n; i++) {
		mesh_host_free(c->v[i].host);
		origin_free(c->v[i].web);
	}
	loop_free(c->loop);
	return r < 0 ? 1 : 0;
}

int
main(int argc, char **argv)
{
	static struct one all[MOST];
	static struct crowd c = { .v = all };
	static struct link l;

	daemon_setup("crowd");
	if (hash_setup() < 0)
		daemon_fail("libsodium", "cannot be set up");
	if (argc != 5 || link_parse(&l, argv[1], strlen(argv[1]), NULL) < 0 ||
	    l.n_trackers == 0)
		daemon_usage("crowd", "LINK DIRECTORY N in|out");
	c.dir = argv[2];
	c.dials = strcmp(argv[4], "out") == 0;
	c.n = (unsigned)strtoul(argv[3], NULL, 10);
	if (c.n < 1 || c.n > MOST)
		daemon_usage("N", "1 to 60");
	return run(&c, &l);
}
