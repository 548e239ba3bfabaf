#include "swarm/client/stream_out.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "test/unit/site_rig.h"
#include "test/unit/unit.h"

/* A viewer that writes to a pipe. */
struct tap {
	struct site s;
	struct mesh_host *h;
	struct stream_out *out;
	int fd[2];
	bool ended;
	int err;
	uint8_t got[SITE_BYTES * 8];
	size_t len;
};

static void
on_changed(void *ctx, unsigned what SP_UNUSED)
{
	struct tap *t = ctx;

	if (t->out != NULL)
		stream_out_changed(t->out);
}

static const struct mesh_host_ops ops = { .changed = on_changed };

static void
on_ended(void *ctx, int err)
{
	struct tap *t = ctx;

	ck_assert(!t->ended);
	t->ended = true;
	t->err = err;
}

static void
tap_init(struct tap *t, int track)
{
	struct mesh_host_conf c;

	memset(t, 0, sizeof(*t));
	signal(SIGPIPE, SIG_IGN);
	site_init(&t->s);
	site_publish(&t->s, 6000, 0);
	site_publish(&t->s, 5000, 0);
	site_publish(&t->s, 4000, RECORD_LAST);
	site_conf(&t->s, &c);
	ck_assert_int_eq(
	    mesh_host_new(&t->h, &c, t->s.loop, t->s.origin, &ops, t), 0);
	ck_assert_int_eq(pipe2(t->fd, O_CLOEXEC), 0);
	/* only our end: the writer must cope with a pipe that blocks */
	ck_assert_int_eq(fcntl(t->fd[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(stream_out_new(&t->out, t->s.loop, t->h, t->fd[1],
			     track, on_ended, t),
	    0);
}

static void
tap_fini(struct tap *t)
{
	stream_out_free(t->out);
	t->out = NULL;
	mesh_host_free(t->h);
	site_fini(&t->s);
	close(t->fd[1]);
}

static bool
drain(struct tap *t)
{
	ssize_t n;

	while (
	    (n = read(t->fd[0], t->got + t->len, sizeof(t->got) - t->len)) > 0)
		t->len += (size_t)n;
	return t->ended;
}

START_TEST(stream_is_the_init_piece_and_all_others_in_order)
{
	static const uint64_t order[] = { 7, SITE_FIRST, SITE_FIRST + 1,
		SITE_FIRST + 2 };
	uint8_t bytes[SITE_BYTES];
	struct tap t;
	size_t i;

	tap_init(&t, -1);
	SITE_UNTIL(&t.s, drain(&t));
	drain(&t);
	ck_assert_int_eq(t.err, 0);
	ck_assert_uint_eq(t.len, SP_LEN(order) * SITE_BYTES);
	for (i = 0; i < SP_LEN(order); i++) {
		site_bytes(order[i], bytes);
		ck_assert_mem_eq(t.got + i * SITE_BYTES, bytes, SITE_BYTES);
	}
	close(t.fd[0]);
	tap_fini(&t);
}
END_TEST

START_TEST(reader_that_leaves_ends_it)
{
	struct tap t;

	tap_init(&t, 0);
	close(t.fd[0]);
	SITE_UNTIL(&t.s, t.ended);
	ck_assert_int_eq(t.err, SP_ERR_CLOSED);
	tap_fini(&t);
}
END_TEST

START_TEST(track_that_is_not_there_is_told)
{
	struct tap t;

	tap_init(&t, 5);
	SITE_UNTIL(&t.s, t.ended);
	ck_assert_int_eq(t.err, SP_ERR_NOTFOUND);
	close(t.fd[0]);
	tap_fini(&t);
}
END_TEST

UNIT_MAIN("stream_out", stream_is_the_init_piece_and_all_others_in_order,
    reader_that_leaves_ends_it, track_that_is_not_there_is_told)
