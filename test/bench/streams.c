/*
 * streams PORT N ROUNDS PID: how long a publish takes to reach the last of N
 * subscribers of a channel's stream, on 127.0.0.1, and what CPU time of the
 * tracker PID a million deliveries cost. The channel is made here, so it must
 * not be closed to new ones.
 *
 * Subscribers come from 127.0.1.1 and up, 256 of each address, and are read
 * through a small parser: status, chunks or none, frames. Lines `name value
 * unit' go to stdout.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/bench/bench.h"
#include "test/sim/signer.h"
#include "tools/bt_proc.h"

#define PER_ADDRESS 256
#define OPENING     200 /* that wait for their first byte */
#define IN          65536
#define REST        (64 << 10) /* of a frame that is not whole */
#define ROUNDS_MAX  1000
#define ROUND_GAP   (SP_S / 2)
#define GIVE_UP     (10 * SP_S)

enum state {
	HEAD,
	SIZE, /* of a chunk, or the line end of the last */
	DATA,
};

struct sub {
	int fd;
	enum state state;
	bool chunked, heard;
	size_t left; /* of the chunk */
	char line[256];
	size_t line_len;
	struct sp_buf rest;
	uint64_t number; /* newest record */
};

static struct {
	uint16_t port;
	uint32_t n, open, opening, closed;
	struct sub *sub;
	int ep;
	struct signer signer;
	char hash[2 * LINK_INFOHASH_LEN + 1];
	uint64_t round;
	uint32_t reached;
	int64_t last; /* when the last one was reached */
} b;

/* ---- what comes ---------------------------------------------------------- */

static void
take_frames(struct sub *s)
{
	struct tw_frame f;
	struct record_env env;
	int n;

	while ((n = tw_frame_read(&f, s->rest.p, s->rest.len)) > 0) {
		if (f.type == TW_FRAME_RECORD &&
		    record_open(&env, f.p, f.len) >= 0 &&
		    env.rec.number > s->number) {
			s->number = env.rec.number;
			b.reached += s->number == b.round;
			b.last = now_ns();
		}
		buf_consume(&s->rest, (size_t)n);
	}
	must(n == 0 && s->rest.err == 0, "a frame that is none");
}

/* One line of the head, or the size of a chunk. */
static void
take_line(struct sub *s)
{
	s->line[s->line_len] = '\0';
	if (s->state == SIZE) {
		s->left = strtoull(s->line, NULL, 16);
		if (s->line_len > 0)
			s->state = DATA;
	} else if (s->line_len == 0) {
		s->state = s->chunked ? SIZE : DATA;
		s->left = SIZE_MAX;
		if (!s->heard)
			b.opening--;
		s->heard = true;
	} else if (!s->heard && strncmp(s->line, "HTTP/1.", 7) == 0) {
		must(strncmp(s->line + 8, " 200", 4) == 0, s->line);
	} else if (strncasecmp(s->line, "transfer-encoding: chunked", 26) ==
		   0) {
		s->chunked = true;
	}
	s->line_len = 0;
}

static void
take(struct sub *s, const char *p, size_t len)
{
	size_t n;

	while (len > 0) {
		if (s->state == DATA) {
			n = SP_MIN(len, s->left);
			buf_put(&s->rest, p, n);
			s->left -= s->chunked ? n : 0;
			if (s->left == 0)
				s->state = SIZE;
			p += n;
			len -= n;
			continue;
		}
		if (*p == '\n')
			take_line(s);
		else if (*p != '\r' && s->line_len + 1 < sizeof(s->line))
			s->line[s->line_len++] = *p;
		p++;
		len--;
	}
	take_frames(s);
}

static void
wait_some(int ms)
{
	static char in[IN];
	struct epoll_event ev[512];
	int n = epoll_wait(b.ep, ev, SP_LEN(ev), ms);

	for (int i = 0; i < n; i++) {
		struct sub *s = ev[i].data.ptr;
		ssize_t got = recv(s->fd, in, sizeof(in), MSG_DONTWAIT);

		if (got > 0) {
			take(s, in, (size_t)got);
		} else if (got == 0 || errno != EAGAIN) {
			close(s->fd);
			b.closed++;
		}
	}
}

/* ---- what goes ----------------------------------------------------------- */

static int
dial(uint32_t host)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	must(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "bind");
	a.sin_port = htons(b.port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "connect");
	return fd;
}

static void
send_all(int fd, const void *p, size_t len)
{
	must(send(fd, p, len, MSG_NOSIGNAL) == (ssize_t)len, "send");
}

static void
subscribe(uint32_t i)
{
	struct sub *s = &b.sub[i];
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = s };
	char ask[256];
	int n;

	s->fd = dial(256 + i / PER_ADDRESS);
	buf_init(&s->rest, &heap_mem, REST);
	n = snprintf(ask, sizeof(ask),
	    "GET /live/%s/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b.hash);
	send_all(s->fd, ask, (size_t)n);
	must(epoll_ctl(b.ep, EPOLL_CTL_ADD, s->fd, &ev) == 0, "epoll");
	b.open++;
	b.opening++;
}

/* The manifest (round 0) or the next record; the answer is not waited for. */
static void
publish(int fd)
{
	struct sp_buf body, head;

	buf_init(&body, &heap_mem, 1 << 20);
	buf_init(&head, &heap_mem, 1 << 12);
	if (b.round == 0)
		signer_manifest(&b.signer, &body);
	else
		signer_record(&b.signer, &body, 0, b.round,
		    (int64_t)b.round * 2000, 0);
	buf_put_str(&head, "POST /live/");
	buf_put_str(&head, b.hash);
	buf_put_str(&head,
	    "/publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
	    "application/octet-stream\r\nContent-Length: ");
	buf_put_dec(&head, (int64_t)body.len);
	buf_put_str(&head, "\r\n\r\n");
	buf_put(&head, body.p, body.len);
	send_all(fd, head.p, head.len);
	buf_fini(&body);
	buf_fini(&head);
}

static void
hear_answer(int fd)
{
	char in[4096];
	ssize_t n = recv(fd, in, sizeof(in) - 1, 0);

	in[SP_MAX(n, 0)] = '\0';
	must(n > 12 && strncmp(in + 8, " 200", 4) == 0, in);
}

/* ---- rounds -------------------------------------------------------------- */

static void
open_all(void)
{
	int64_t begun = now_ns();

	for (uint32_t i = 0; i < b.n || b.opening > 0;) {
		while (i < b.n && b.opening < OPENING)
			subscribe(i++);
		wait_some(100);
		must(now_ns() - begun < 12 * GIVE_UP, "streams do not open");
	}
	must(b.closed == 0, "streams are closed at once");
	printf("streams_open %.2f s\n", (double)(now_ns() - begun) / SP_S);
}

/* Milliseconds until the last one had it. */
static double
one_round(int fd)
{
	int64_t begun;

	b.round++;
	b.reached = 0;
	begun = now_ns();
	publish(fd);
	while (b.reached + b.closed < b.n && now_ns() - begun < GIVE_UP)
		wait_some(100);
	must(b.reached > 0, "a record reaches nobody");
	hear_answer(fd);
	return (double)(b.last - begun) / SP_MS;
}

static int
by_size(const void *a, const void *c)
{
	double x = *(const double *)a, y = *(const double *)c;

	return (x > y) - (x < y);
}

static void
measure(int fd, uint32_t rounds, int64_t pid)
{
	static double ms[ROUNDS_MAX];
	struct bt_proc was, is;
	uint64_t missed = 0, cpu = 0;

	for (uint32_t i = 0; i < rounds; i++) {
		int64_t gap = now_ns() + ROUND_GAP;

		while (now_ns() < gap)
			wait_some(10);
		bt_proc_read(&was, pid);
		ms[i] = one_round(fd);
		bt_proc_read(&is, pid);
		cpu += is.user_us + is.system_us - was.user_us - was.system_us;
		missed += b.n - b.reached;
	}
	qsort(ms, rounds, sizeof(*ms), by_size);
	printf("streams_last %.1f ms\nstreams_last_worst %.1f ms\n",
	    ms[rounds / 2], ms[rounds - 1]);
	printf("streams_cpu %.3f s/million\n",
	    (double)cpu / ((double)rounds * b.n));
	printf("streams_missed %" PRIu64 " deliveries\n", missed);
	printf("streams_rss %.0f bytes\n", (double)is.rss_bytes);
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	int fd;

	if (argc != 5) {
		fputs("usage: streams PORT N ROUNDS PID\n", stderr);
		return 2;
	}
	b.port = (uint16_t)strtoul(argv[1], NULL, 10);
	b.n = (uint32_t)strtoul(argv[2], NULL, 10);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	must(hash_setup() == 0, "libsodium");
	must(files.rlim_cur > b.n + 16, "RLIMIT_NOFILE is too low");
	signer_init(&b.signer, 77);
	buf_hex(b.hash, b.signer.info_hash, LINK_INFOHASH_LEN);
	b.sub = calloc(b.n, sizeof(*b.sub));
	b.ep = epoll_create1(EPOLL_CLOEXEC);
	must(b.sub != NULL && b.ep >= 0, "out of memory");
	fd = dial(0);
	publish(fd);
	hear_answer(fd);
	open_all();
	measure(fd, SP_MIN((uint32_t)strtoul(argv[3], NULL, 10), ROUNDS_MAX),
	    strtoll(argv[4], NULL, 10));
	return 0;
}
