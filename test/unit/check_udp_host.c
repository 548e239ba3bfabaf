#include "tracker/daemon/udp_host.h"

#include <dirent.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/sock.h"
#include "test/sim/signer.h"
#include "test/unit/unit.h"
#include "tracker/daemon/host_int.h"
#include "wire/udpwire.h"

/*
 * Workers with clients of their own on threads, while the test's thread does
 * what the main thread of the daemon does. A build with -fsanitize=thread says
 * whether anything is touched without its lock.
 */

#define CLIENTS   4
#define ANNOUNCES 100 /* of a client */
#define LOOKS     300 /* meanwhile */

static struct options opts;
static struct conf_list here;
static const char *here_v[] = { "127.0.0.1:0" };
static struct udp_host_conf conf;
static struct udp_host *host;
static struct locks locks;
static struct track *track;
static struct networks *networks;
static struct signer seed;
static struct sp_addr where;
static uint8_t secret[HOST_SECRET];

/* The port is in the log. */
static void
on_line(void *ctx SP_UNUSED, enum log_level level SP_UNUSED, const char *text)
{
	const char *at = strstr(text, "on=");
	size_t len;

	if (at == NULL)
		return;
	len = strcspn(at + 3, " ");
	ck_assert_int_eq(addr_parse(&where, at + 3, len), 0);
}

static const struct sp_log the_log = { NULL, LOG_LEVEL_INFO, on_line };

static void
publish(void)
{
	struct live_result res;
	struct sp_buf body, out;

	signer_init(&seed, 1);
	buf_init(&body, io_mem(), LIM_PUBLISH);
	buf_init(&out, io_mem(), 65536);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(track_publish(track, seed.info_hash, body.p, body.len,
			     &out, &res, io_now()),
	    0);
	buf_fini(&body);
	buf_fini(&out);
}

static void
open_host(int64_t threads)
{
	struct track_conf tc;
	const char *at;

	here = (struct conf_list){ here_v, 1 };
	opts = (struct options){ .udp_listen = here,
		.threads = threads,
		.udp_id_life = 120 * SP_S,
		.announce_burst = 1 };
	track_conf_init(&tc);
	tc.live.boot = 1;
	locks_init(&locks);
	ck_assert_int_eq(track_new(&track, &tc, io_mem(), 1, io_now()), 0);
	publish();
	conf = (struct udp_host_conf){ &opts, &the_log, &locks, track, secret,
		&networks };
	where.port = 0;
	ck_assert_int_eq(udp_host_new(&host, &conf), 0);
	ck_assert_int_eq(udp_host_listen(host, &at), 0);
	ck_assert_uint_ne(where.port, 0);
}

static void
finish(void)
{
	udp_host_free(host);
	track_free(track);
	locks_fini(&locks);
}

/* ---- clients ------------------------------------------------------------- */

/* Sends |r|, until there is an answer: loopback loses what has no room. */
static bool
ask(int fd, const struct uw_req *r, struct uw_reply *rep)
{
	uint8_t text[1500];
	struct sp_buf b;
	ssize_t n;

	for (int i = 0; i < 5; i++) {
		buf_wrap(&b, text, sizeof(text));
		uw_req_write(&b, r);
		if (send(fd, b.p, b.len, 0) != (ssize_t)b.len)
			return false;
		n = recv(fd, text, sizeof(text), 0);
		if (n > 0)
			return uw_reply_read(rep, 4, text, (size_t)n) == 0 &&
			       rep->action == r->action;
	}
	return false;
}

static int
dial(void)
{
	struct timeval tv = { .tv_sec = 5 };
	struct sockaddr_storage ss;
	int len = sock_from_addr(&ss, &where), fd;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd >= 0 && connect(fd, (void *)&ss, (socklen_t)len) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0)
		return fd;
	return -1;
}

/* Of every three announces one is for the live channel. */
static void *
client(void *arg)
{
	struct uw_req r = { .action = UW_CONNECT, .tid = 1 };
	unsigned *good = arg;
	struct uw_reply rep;
	int fd = dial();

	if (fd < 0 || !ask(fd, &r, &rep))
		return NULL;
	r.action = UW_ANNOUNCE;
	r.conn_id = rep.conn_id;
	r.ann.port = 1000;
	r.ann.left = 1;
	for (unsigned i = 0; i < ANNOUNCES; i++) {
		memset(r.ann.info_hash, (int)i, sizeof(r.ann.info_hash));
		if (i % 3 == 0)
			memcpy(r.ann.info_hash, seed.info_hash,
			    sizeof(r.ann.info_hash));
		*good += ask(fd, &r, &rep);
	}
	close(fd);
	return NULL;
}

static uint64_t
answered(void)
{
	struct udp_host_stats s;

	locks_take(&locks);
	track_tick(track, io_now());
	udp_host_stats(host, &s);
	locks_give(&locks);
	return s.face[0].requests[UDP_KIND_ANNOUNCE][UDP_ANSWERED];
}

static void
all_are_answered(int64_t threads)
{
	unsigned good[CLIENTS] = { 0 };
	pthread_t t[CLIENTS];

	open_host(threads);
	ck_assert_int_eq(udp_host_serve(host), 0);
	for (size_t i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, client, &good[i]),
		    0);
	for (int i = 0; i < LOOKS; i++) {
		answered();
		sched_yield();
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
		ck_assert_uint_eq(good[i], ANNOUNCES);
	}
	ck_assert_uint_ge(answered(), CLIENTS * ANNOUNCES);
	finish();
}

START_TEST(one_thread_answers_everybody)
{
	all_are_answered(1);
}
END_TEST

START_TEST(several_threads_answer_while_others_look)
{
	all_are_answered(3);
}
END_TEST

static size_t
threads_now(void)
{
	DIR *d = opendir("/proc/self/task");
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Rights are dropped between the two: a thread would keep some of them. */
START_TEST(threads_begin_when_it_serves_and_not_before)
{
	size_t before = threads_now();

	open_host(3);
	ck_assert_uint_eq(threads_now(), before);
	ck_assert_int_eq(udp_host_serve(host), 0);
	ck_assert_uint_ge(threads_now(),
	    before + 3); /* a sanitizer has its own */
	finish();
}
END_TEST

UNIT_MAIN("udp_host", one_thread_answers_everybody,
    several_threads_answer_while_others_look,
    threads_begin_when_it_serves_and_not_before)
