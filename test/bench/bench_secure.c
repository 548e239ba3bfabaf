/*
 * How fast the secure link is: handshakes, and frames of a block through both
 * ends with each cipher. The best of five runs of each, to keep other users
 * of the machine out of it.
 */

#define _POSIX_C_SOURCE 200809L

#include "base/tstamp.h"
#include "swarm/secure.h"
#include "test/sim/countcipher.h"

#include <time.h>

#define RUNS       5
#define HANDSHAKES 200
#define FRAMES     2000
#define FRAME      LIM_BLOCK

static void *
host_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void *
host_resize(void *ctx, void *p, size_t size)
{
	(void)ctx;
	return realloc(p, size);
}

static void
host_release(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

static const struct sp_mem mem = { NULL, host_alloc, host_resize,
	host_release };

struct ends {
	struct secure *a, *b;
	struct sp_buf out;
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SP_S + ts.tv_nsec;
}

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_secure: %s\n", what);
	exit(1);
}

static struct secure *
open_end(bool initiator, const struct secure_cipher *c)
{
	struct secure_conf conf = {
		.initiator = initiator,
		.ciphers = &c,
		.n_ciphers = 1,
	};
	struct secure *s;

	memset(conf.static_sk, initiator ? 1 : 2, SECURE_KEY_LEN);
	memset(conf.ephemeral_sk, initiator ? 3 : 4, SECURE_KEY_LEN);
	must(secure_new(&s, &conf, &mem) == 0, "secure_new");
	return s;
}

/* Moves what is in |out| to |s|, whose answer takes its place. */
static int
pass(struct secure *s, struct sp_buf *out)
{
	struct sp_buf answer;
	struct sp_rd frame;
	size_t used;
	int rv;

	buf_init(&answer, &mem, 1 << 20);
	rv = secure_input(s, out->p, out->len, &used, &answer, &frame);
	buf_fini(out);
	*out = answer;
	return rv;
}

static void
meet(struct ends *e, const struct secure_cipher *c)
{
	e->a = open_end(true, c);
	e->b = open_end(false, c);
	buf_init(&e->out, &mem, 1 << 20);
	must(secure_start(e->a, &e->out) == 0, "secure_start");
	must(pass(e->b, &e->out) == SECURE_MORE, "message 1");
	must(pass(e->a, &e->out) == SECURE_ESTABLISHED, "message 2");
	must(pass(e->b, &e->out) == SECURE_ESTABLISHED, "message 3");
}

static void
part(struct ends *e)
{
	secure_free(e->a);
	secure_free(e->b);
	buf_fini(&e->out);
}

/* Nanoseconds for HANDSHAKES of both sides. */
static int64_t
run_handshakes(void)
{
	int64_t start = now_ns();

	for (int i = 0; i < HANDSHAKES; i++) {
		struct ends e;

		meet(&e, &secure_chacha20);
		part(&e);
	}
	return now_ns() - start;
}

/* Nanoseconds for FRAMES: of sealing to |seal|, of opening to |open|. */
static void
run_frames(const struct secure_cipher *c, int64_t *seal, int64_t *open)
{
	static uint8_t data[FRAME];
	struct ends e;

	*seal = *open = 0;
	meet(&e, c);
	for (int i = 0; i < FRAMES; i++) {
		int64_t t0 = now_ns(), t1;
		struct sp_rd frame;
		size_t used;

		must(secure_seal(e.a, &e.out, data, FRAME) == 0, "seal");
		t1 = now_ns();
		*seal += t1 - t0;
		must(secure_input(e.b, e.out.p, e.out.len, &used, &e.out,
			 &frame) == SECURE_FRAME,
		    "open");
		must(secure_input(e.b, e.out.p, 0, &used, &e.out, &frame) ==
			 SECURE_MORE,
		    "end of input");
		*open += now_ns() - t1;
		buf_reset(&e.out);
	}
	part(&e);
}

static void
bench_cipher(const struct secure_cipher *c, const char *name)
{
	int64_t best_seal = INT64_MAX, best_open = INT64_MAX, seal, open;
	/* Bytes per microsecond are MB per second. */
	const int64_t bytes = (int64_t)FRAMES * FRAME * 1000;

	for (int i = 0; i < RUNS; i++) {
		run_frames(c, &seal, &open);
		best_seal = SP_MIN(best_seal, seal);
		best_open = SP_MIN(best_open, open);
	}
	printf("secure_seal_%s %" PRId64 " MB/s\n", name, bytes / best_seal);
	printf("secure_open_%s %" PRId64 " MB/s\n", name, bytes / best_open);
}

int
main(void)
{
	const struct secure_cipher *ciphers[2];
	size_t n = secure_ciphers(ciphers);
	int64_t best = INT64_MAX, ns;

	for (int i = 0; i < RUNS; i++) {
		ns = run_handshakes();
		best = SP_MIN(best, ns);
	}
	printf("secure_handshakes %" PRId64 " 1/s\n", HANDSHAKES * SP_S / best);
	for (size_t i = 0; i < n; i++)
		bench_cipher(ciphers[i], ciphers[i]->id == SECURE_CHACHA20
					     ? "chacha20"
					     : "aes256gcm");
	bench_cipher(&countcipher, "counting");
	return 0;
}
