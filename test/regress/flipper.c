/*
 * flipper LINK: a viewer that spoils what it passes on. It takes part as any
 * viewer, but its store flips a bit of each block that the mesh has verified,
 * so that every block it serves is wrong. For polluter.sh.
 *
 * On SIGTERM or SIGINT it prints how much of it it has uploaded.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "io/daemon.h"
#include "swarm/client/mesh_host.h"
#include "swarm/mesh.h"
#include "wire/link.h"

struct flipper {
	struct loop *loop;
	struct mesh_host *host;
};

static int
put_flipped(void *ctx, void *piece, const struct record *rec, uint32_t index,
    const uint8_t *p, size_t len)
{
	uint8_t block[LIM_BLOCK];

	if (len == 0 || len > sizeof(block))
		return SP_ERR_RANGE;
	memcpy(block, p, len);
	block[len / 2] ^= 1;
	return window_store_heap.put(ctx, piece, rec, index, block, len);
}

static void
follow_all(struct flipper *f)
{
	struct mesh *m = mesh_host_mesh(f->host);
	const struct manifest *mf = mesh_manifest_get(m, NULL, NULL);
	size_t i;

	for (i = 0; mf != NULL && i < mf->n_tracks; i++)
		mesh_follow(m, mf->tracks[i].id, true, loop_now(f->loop));
	mesh_host_kick(f->host);
}

static void
on_changed(void *ctx, unsigned what)
{
	if (what & MESH_CHANGED_MANIFEST)
		follow_all(ctx);
}

static void
on_signal(void *ctx, int signo)
{
	struct flipper *f = ctx;

	(void)signo;
	loop_stop(f->loop);
}

static const struct mesh_host_ops ops = { .changed = on_changed };

static void
configure(struct mesh_host_conf *conf, const struct link *l,
    struct window_store *store)
{
	static const char *trackers[LIM_TRACKERS], *origins[LIM_ORIGINS];
	static const struct secure_cipher *ciphers[2];
	static const uint8_t loopback[4] = { 127, 0, 0, 1 };
	size_t i;

	*store = window_store_heap;
	store->put = put_flipped;
	mesh_host_conf_init(conf);
	memcpy(conf->mesh.pk, l->pk, sizeof(conf->mesh.pk));
	io_random(conf->mesh.secret, sizeof(conf->mesh.secret));
	conf->mesh.lan = true;
	conf->mesh.store = store;
	conf->mesh.log = daemon_log();
	conf->log = daemon_log();
	conf->mesh.ciphers = ciphers;
	conf->mesh.n_ciphers = secure_ciphers(ciphers);
	conf->listen[0] = addr_make(4, loopback, 0);
	conf->n_listen = 1;
	for (i = 0; i < l->n_trackers; i++)
		trackers[i] = l->trackers[i];
	for (i = 0; i < l->n_origins; i++)
		origins[i] = l->origins[i];
	conf->trackers = trackers;
	conf->n_trackers = l->n_trackers;
	conf->origins = origins;
	conf->n_origins = l->n_origins;
}

static void
report(struct flipper *f)
{
	struct mesh_stats st;

	mesh_stats(mesh_host_mesh(f->host), &st, loop_now(f->loop));
	printf("pieces %" PRIu64 " uploaded %" PRIu64 " closed %" PRIu64 "\n",
	    st.pieces, st.up_bytes, st.closed);
}

static int
run(const struct link *l)
{
	static const struct origin_conf web = { .agent = "flipper" };
	struct mesh_host_conf conf;
	struct window_store store;
	struct flipper f = { NULL, NULL };
	struct origin *origin = NULL;
	int r;

	configure(&conf, l, &store);
	if ((r = loop_new(&f.loop)) < 0 ||
	    (r = origin_new(&origin, f.loop, &web)) < 0 ||
	    (r = mesh_host_new(&f.host, &conf, f.loop, origin, &ops, &f)) < 0 ||
	    (r = loop_signal(f.loop, SIGTERM, on_signal, &f)) < 0 ||
	    (r = loop_signal(f.loop, SIGINT, on_signal, &f)) < 0)
		daemon_fail("start", sp_strerror(r));
	mesh_host_kick(f.host);
	r = loop_run(f.loop);
	report(&f);
	mesh_host_free(f.host);
	origin_free(origin);
	loop_free(f.loop);
	return r < 0 ? 1 : 0;
}

int
main(int argc, char **argv)
{
	static struct link l;

	daemon_setup("flipper");
	if (hash_setup() < 0)
		daemon_fail("libsodium", "cannot be set up");
	if (argc != 2 || link_parse(&l, argv[1], strlen(argv[1]), NULL) < 0)
		daemon_usage("link", "needs one");
	return run(&l);
}
