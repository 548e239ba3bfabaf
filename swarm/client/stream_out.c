#include "swarm/client/stream_out.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "swarm/client/hls_path.h"
#include "swarm/client/hls_out.h"

#define RETRY (10 * SP_MS) /* while the pipe is full */
#define TICK  SP_S
/*
 * poll(2) promises that so much can be written without blocking (POSIX:
 * {_POSIX_PIPE_BUF} is 512, Linux: PIPE_BUF). O_NONBLOCK would change the
 * open file of whoever shares it with us.
 */
#define CHUNK 4096
#define ROUND 256 /* chunks of one call */

struct stream_out {
	struct loop *loop;
	struct mesh_host *h;
	struct mesh *mesh;
	int fd, track; /* track -1: not known yet */
	int want;      /* as asked for */
	void (*ended)(void *ctx, int err);
	void *ctx;
	struct io_timer timer;
	bool begun, done;
	uint64_t number; /* piece that is written */
	uint64_t init;   /* the one that was written last */
	bool in_init;    /* writing the init piece of |number| */
	size_t at;       /* bytes of it that are written */
};

static void
finish(struct stream_out *s, int err)
{
	s->done = true;
	io_timer_cancel(&s->timer);
	s->ended(s->ctx, err);
}

/* Chooses and follows the track. False: not yet, or finished. */
static bool
choose(struct stream_out *s)
{
	const struct manifest *m = mesh_manifest_get(s->mesh, NULL, NULL);

	if (s->track >= 0)
		return true;
	if (m == NULL || m->n_tracks == 0)
		return false;
	s->track = s->want >= 0 ? s->want : hls_first_track(m, 0);
	if (manifest_track(m, (uint8_t)s->track) == NULL) {
		finish(s, SP_ERR_NOTFOUND);
		return false;
	}
	mesh_follow(s->mesh, (uint8_t)s->track, true, loop_now(s->loop));
	mesh_watches(s->mesh, s->track, loop_now(s->loop));
	mesh_host_kick(s->h);
	return true;
}

/* Writes |len| bytes at |p|, or fewer. Number, SP_ERR_AGAIN, or an error. */
static int
write_some(struct stream_out *s, const uint8_t *p, size_t len)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };
	ssize_t n;

	if (poll(&pfd, 1, 0) <= 0 || !(pfd.revents & (POLLOUT | POLLERR)))
		return SP_ERR_AGAIN;
	n = write(s->fd, p, SP_MIN(len, CHUNK));
	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN || errno == EINTR)
		return SP_ERR_AGAIN;
	return errno == EPIPE ? SP_ERR_CLOSED : SP_ERR_IO;
}

/* 0: the piece is written, SP_ERR_NOTFOUND: there is none. */
static int
write_piece(struct stream_out *s, uint8_t track, uint64_t number)
{
	struct mesh_piece pc;
	const uint8_t *p;
	size_t len;
	int rv, n;

	if (mesh_piece(s->mesh, track, number, &pc) < 0 || pc.lost)
		return SP_ERR_NOTFOUND;
	for (n = 0; s->at < pc.rec->length; n++) {
		rv = mesh_read(s->mesh, track, number, s->at, &p, &len);
		if (rv < 0)
			return rv;
		if (len == 0) {
			mesh_want(s->mesh, track, number, loop_now(s->loop));
			mesh_host_kick(s->h);
			return SP_ERR_AGAIN;
		}
		if (n == ROUND)
			return SP_ERR_AGAIN;
		if ((rv = write_some(s, p, len)) < 0)
			return rv;
		s->at += (size_t)rv;
	}
	s->at = 0;
	return 0;
}

/* The present piece, with its init piece before it if that is a new one. */
static int
write_next(struct stream_out *s)
{
	uint8_t track = (uint8_t)s->track;
	struct mesh_piece pc;
	int rv;

	if (s->at == 0 && !s->in_init)
		s->in_init = mesh_piece(s->mesh, track, s->number, &pc) == 0 &&
			     pc.rec->init != RECORD_NO_INIT &&
			     pc.rec->init != s->init;
	if (s->in_init) {
		if (mesh_piece(s->mesh, track, s->number, &pc) < 0)
			return SP_ERR_NOTFOUND;
		rv = write_piece(s, (uint8_t)(track + LIM_TRACK_INIT),
		    pc.rec->init);
		if (rv == SP_ERR_NOTFOUND)
			return SP_ERR_AGAIN;
		if (rv < 0)
			return rv;
		s->init = pc.rec->init;
		s->in_init = false;
	}
	return write_piece(s, track, s->number);
}

/* Writes what is listed. SP_ERR_AGAIN: later; else why it ends. */
static int
run(struct stream_out *s, struct mesh_play *play)
{
	int rv;

	if (mesh_play(s->mesh, (uint8_t)s->track, play) < 0 || !play->started)
		return SP_ERR_AGAIN;
	if (!s->begun)
		s->number = play->first;
	s->begun = true;
	while (s->number < play->edge) {
		rv = write_next(s);
		if (rv < 0 && rv != SP_ERR_NOTFOUND)
			return rv;
		if (rv == SP_ERR_NOTFOUND) {
			s->at = 0;
			s->in_init = false;
		}
		s->number++;
	}
	return play->ended ? 0 : SP_ERR_AGAIN;
}

static void
step(struct stream_out *s)
{
	struct mesh_play play = { 0 };
	int rv;

	if (s->done || !choose(s))
		return;
	rv = run(s, &play);
	if (rv != SP_ERR_AGAIN)
		finish(s, rv);
	else
		io_timer_set(&s->timer,
		    loop_now(s->loop) +
			(s->begun && s->number < play.edge ? RETRY : TICK));
}

static void
timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	step(ctx);
}

void
stream_out_changed(struct stream_out *s)
{
	/* a full pipe keeps its pace */
	if (!s->done && (!s->begun || !io_timer_is_set(&s->timer) ||
			    s->timer.at > loop_now(s->loop) + RETRY))
		io_timer_set(&s->timer, 0);
}

int
stream_out_new(struct stream_out **out, struct loop *l, struct mesh_host *h,
    int fd, int track, void (*ended)(void *ctx, int err), void *ctx)
{
	struct stream_out *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return SP_ERR_NOMEM;
	s->loop = l;
	s->h = h;
	s->mesh = mesh_host_mesh(h);
	s->fd = fd;
	s->want = track;
	s->track = -1;
	s->ended = ended;
	s->ctx = ctx;
	s->init = RECORD_NO_INIT;
	if (io_timer_init(&s->timer, l, timer_cb, s) < 0) {
		free(s);
		return SP_ERR_NOMEM;
	}
	io_timer_set(&s->timer, 0);
	*out = s;
	return 0;
}

void
stream_out_free(struct stream_out *s)
{
	if (s == NULL)
		return;
	io_timer_fini(&s->timer);
	free(s);
}
