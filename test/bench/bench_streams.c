/*
 * bench_streams TRACKER [STREAMS [PUBLISHES [RECORDS]]]: how long a publish
 * takes to the last of many streams of one channel, and what of the tracker's
 * processor a delivery costs. The tracker is a process of its own, and all
 * goes through loopback sockets, whose receiving end the kernel charges to
 * who sends.
 *
 *	streams.last_ms     median over publishes: post sent to last reader
 *	streams.most_ms     the longest of them
 *	streams.cpu_s       core seconds of the tracker for 10^6 deliveries
 *	streams.lost        deliveries that had not come after 5 s
 *	streams.null_ms,    the same of a process that does nothing but send(2)
 *	streams.null_cpu_s  as many bytes to as many sockets: what the kernel
 *			    takes
 *
 * A delivery is one record at one reader. Each publish has RECORDS of them, of
 * as many tracks.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "io/loop.h"
#include "test/bench/bench.h"
#include "test/sim/signer.h"

#define TAIL    64 /* bytes that tell a record from all others */
#define LATE    (5 * SP_S)
#define BACKLOG 200 /* connections that are being made at a time */

struct reader {
	int fd;
	size_t seen; /* records of the publish under way */
	size_t kept; /* bytes from the end of what came before */
	uint8_t tail[TAIL];
};

static struct reader *readers;
static unsigned n_readers = 10000, publishes = 20, records = 1;
static struct signer seed;
static struct sockaddr_in where;
static pid_t tracker;
static int poller;
static size_t sent; /* bytes of the last publish */

static void
stop_tracker(void)
{
	if (tracker > 0)
		kill(tracker, SIGKILL);
}

/* The port is in its log. */
static void
start_tracker(const char *path)
{
	static const char http[] = "http: listens on=127.0.0.1:";
	char text[4096], *at;
	size_t n = 0;
	int out[2];
	ssize_t r;

	must(pipe(out) == 0, "pipe");
	tracker = fork();
	must(tracker >= 0, "fork");
	if (tracker == 0) {
		dup2(out[1], 2);
		close(out[0]);
		close(out[1]);
		execl(path, path, "--listen", "127.0.0.1:0", "--max-streams",
		    "1000000", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	atexit(stop_tracker);
	do {
		r = read(out[0], text + n, sizeof(text) - 1 - n);
		must(r > 0, "the tracker does not start");
		n += (size_t)r;
		text[n] = '\0';
		at = strstr(text, http);
	} while (at == NULL || strchr(at, '\n') == NULL);
	where.sin_family = AF_INET;
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* Other lines may have come with it: UDP has another port. */
	where.sin_port =
	    htons((uint16_t)strtoul(at + sizeof(http) - 1, NULL, 10));
	fcntl(out[0], F_SETFL, O_NONBLOCK);
}

/* ns of processor that the process has used. */
static int64_t
cpu_ns(pid_t pid)
{
	unsigned long long user, sys;
	char path[64], text[1024];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	f = fopen(path, "r");
	if (f != NULL && fscanf(f, "%llu", &user) == 1) {
		fclose(f);
		return (int64_t)user;
	}
	if (f != NULL)
		fclose(f);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	must((f = fopen(path, "r")) != NULL, "no /proc");
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	must(sscanf(strrchr(text, ')') + 1,
		 " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
		 &user, &sys) == 2,
	    "/proc");
	return (int64_t)(user + sys) * SP_S / sysconf(_SC_CLK_TCK);
}

static int
connect_one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket: raise `ulimit -n'");
	must(connect(fd, (void *)&where, sizeof(where)) == 0, "connect");
	return fd;
}

static void
post(int fd, const struct sp_buf *body)
{
	char hex[2 * LINK_INFOHASH_LEN + 1], head[256];
	int n;

	buf_hex(hex, seed.info_hash, LINK_INFOHASH_LEN);
	n = snprintf(head, sizeof(head),
	    "POST /live/%s/publish HTTP/1.1\r\nHost: t\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    hex, body->len);
	must(write(fd, head, (size_t)n) == n, "write");
	must(write(fd, body->p, body->len) == (ssize_t)body->len, "write");
}

static void
read_reply(int fd)
{
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	must(n > 0, "the publish gets no answer");
	text[n] = '\0';
	must(strstr(text, " 200 ") != NULL, "the publish is refused");
}

static void
open_streams(void)
{
	char hex[2 * LINK_INFOHASH_LEN + 1], text[4096];
	struct epoll_event ev = { .events = EPOLLIN };
	unsigned i, done = 0;

	buf_hex(hex, seed.info_hash, LINK_INFOHASH_LEN);
	snprintf(text, sizeof(text),
	    "GET /live/%s/stream HTTP/1.1\r\nHost: t\r\n\r\n", hex);
	for (i = 0; i < n_readers; i++) {
		readers[i].fd = connect_one();
		must(write(readers[i].fd, text, strlen(text)) > 0, "write");
		ev.data.u32 = i;
		must(epoll_ctl(poller, EPOLL_CTL_ADD, readers[i].fd, &ev) == 0,
		    "epoll");
		for (;
		     i + 1 == n_readers ? done < n_readers : i - done > BACKLOG;
		     done++) {
			char first[8192];

			must(read(readers[done].fd, first, sizeof(first)) > 0,
			    "a stream is refused");
			must(memcmp(first, "HTTP/1.1 200", 12) == 0,
			    "a stream is refused");
		}
	}
}

/* ---- one publish --------------------------------------------------------- */

/* How often |mark| is in what the reader gets, over the borders of reads. */
static size_t
count_marks(struct reader *r, uint8_t *p, size_t len, uint8_t (*marks)[TAIL])
{
	uint8_t *at = p - r->kept, *end = p + len, *hit;
	size_t n = 0, keep;

	memcpy(at, r->tail, r->kept);
	while (
	    r->seen + n < records && (hit = memmem(at, (size_t)(end - at),
					  marks[r->seen + n], TAIL)) != NULL) {
		at = hit + TAIL;
		n++;
	}
	keep = SP_MIN((size_t)(end - at), (size_t)TAIL - 1);
	memcpy(r->tail, end - keep, keep);
	r->kept = keep;
	return n;
}

/* Reads what is there: deliveries. */
static unsigned
read_some(int wait_ms, uint8_t (*marks)[TAIL])
{
	static uint8_t room[TAIL + (256 << 10)];
	struct epoll_event ev[512];
	struct reader *r;
	unsigned n = 0;
	size_t now;
	ssize_t len;
	int k;

	k = epoll_wait(poller, ev, SP_LEN(ev), wait_ms);
	for (int i = 0; i < k; i++) {
		r = &readers[ev[i].data.u32];
		len =
		    recv(r->fd, room + TAIL, sizeof(room) - TAIL, MSG_DONTWAIT);
		must(len > 0 || errno == EAGAIN, "a stream ends");
		if (len <= 0)
			continue;
		now = count_marks(r, room + TAIL, (size_t)len, marks);
		r->seen += now;
		n += (unsigned)now;
	}
	return n;
}

/* ns from the post to the last reader; *lost are those that did not come. */
static int64_t
publish(int fd, uint64_t number, uint8_t (*marks)[TAIL], uint64_t *lost)
{
	unsigned want = n_readers * records, got = 0;
	struct sp_buf body;
	int64_t from, last;

	buf_init(&body, io_mem(), LIM_PUBLISH);
	for (unsigned t = 0; t < records; t++) {
		signer_record(&seed, &body, (uint8_t)t, number,
		    (int64_t)number * 2000, 0);
		memcpy(marks[t], body.p + body.len - TAIL, TAIL);
	}
	for (unsigned i = 0; i < n_readers; i++)
		readers[i].seen = readers[i].kept = 0;
	sent = body.len;
	from = last = now_ns();
	post(fd, &body);
	while (got < want && now_ns() - from < LATE) {
		got += read_some(100, marks);
		last = now_ns();
	}
	read_reply(fd);
	buf_fini(&body);
	*lost += want - got;
	return last - from;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
run(int fd)
{
	int64_t *took = calloc(publishes, sizeof(*took)), cpu = 0, before;
	uint8_t(*marks)[TAIL] = calloc(records, sizeof(*marks));
	double deliveries = (double)publishes * n_readers * records;
	struct timespec gap = { 0, 200000000 };
	uint64_t lost = 0;

	must(took != NULL && marks != NULL, "memory");
	publish(fd, 1, marks, &lost); /* warm */
	lost = 0;
	for (unsigned i = 0; i < publishes; i++) {
		nanosleep(&gap, NULL);
		before = cpu_ns(tracker);
		took[i] = publish(fd, i + 2, marks, &lost);
		cpu += cpu_ns(tracker) - before;
	}
	qsort(took, publishes, sizeof(*took), compare);
	printf("streams.last_ms %.1f ms\n", (double)took[publishes / 2] / 1e6);
	printf("streams.most_ms %.1f ms\n", (double)took[publishes - 1] / 1e6);
	printf("streams.cpu_s %.2f s\n", (double)cpu / deliveries / 1e3);
	printf("streams.lost %llu deliveries\n", (unsigned long long)lost);
	free(took);
	free(marks);
}

/* ---- the ceiling --------------------------------------------------------- */

/* To the processors that the readers leave free, if there are any. */
static void
move_away(void)
{
	cpu_set_t ours, others;
	int n = (int)sysconf(_SC_NPROCESSORS_ONLN);

	if (sched_getaffinity(0, sizeof(ours), &ours) < 0)
		return;
	CPU_ZERO(&others);
	for (int i = 0; i < n; i++)
		if (!CPU_ISSET(i, &ours))
			CPU_SET(i, &others);
	if (CPU_COUNT(&others) > 0)
		(void)sched_setaffinity(0, sizeof(others), &others);
}

/* Accepts all, and at each byte of |ctl| sends |len| bytes to all. */
static void
null_server(int listener, int ctl, size_t len)
{
	int *fds = calloc(n_readers, sizeof(*fds));
	char *text = calloc(1, len), c;

	move_away();
	must(fds != NULL && text != NULL, "memory");
	for (unsigned i = 0; i < n_readers; i++)
		fds[i] = accept(listener, NULL, NULL);
	while (read(ctl, &c, 1) == 1)
		for (unsigned i = 0; i < n_readers; i++)
			must(send(fds[i], text, len, MSG_NOSIGNAL) ==
				 (ssize_t)len,
			    "send");
	_exit(0);
}

/* Starts it; what to write to. */
static int
null_start(size_t len)
{
	struct epoll_event ev = { .events = EPOLLIN };
	socklen_t size = sizeof(where);
	int pair[2], listener = socket(AF_INET, SOCK_STREAM, 0);

	where.sin_port = 0;
	must(bind(listener, (void *)&where, sizeof(where)) == 0 &&
		 listen(listener, 4096) == 0 &&
		 getsockname(listener, (void *)&where, &size) == 0 &&
		 socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0,
	    "listen");
	tracker = fork();
	must(tracker >= 0, "fork");
	if (tracker == 0) {
		close(pair[0]);
		null_server(listener, pair[1], len);
	}
	close(pair[1]);
	close(listener);
	for (unsigned i = 0; i < n_readers; i++) {
		readers[i].fd = connect_one();
		ev.data.u32 = i;
		must(epoll_ctl(poller, EPOLL_CTL_ADD, readers[i].fd, &ev) == 0,
		    "epoll");
	}
	return pair[0];
}

static int64_t
null_publish(int ctl, size_t len)
{
	static uint8_t room[256 << 10];
	uint64_t want = (uint64_t)n_readers * len, got = 0;
	struct epoll_event ev[512];
	int64_t from = now_ns();
	ssize_t r;
	int k;

	must(write(ctl, "", 1) == 1, "write");
	while (got < want && now_ns() - from < LATE) {
		k = epoll_wait(poller, ev, SP_LEN(ev), 100);
		for (int i = 0; i < k; i++) {
			r = recv(readers[ev[i].data.u32].fd, room, sizeof(room),
			    MSG_DONTWAIT);
			got += r > 0 ? (uint64_t)r : 0;
		}
	}
	must(got == want, "the null server lost something");
	return now_ns() - from;
}

static void
null_run(size_t len)
{
	int64_t *took = calloc(publishes, sizeof(*took)), cpu = 0, before;
	struct timespec gap = { 0, 200000000 };
	int ctl;

	must(took != NULL, "memory");
	for (unsigned i = 0; i < n_readers; i++)
		close(readers[i].fd);
	stop_tracker();
	waitpid(tracker, NULL, 0);
	ctl = null_start(len);
	null_publish(ctl, len);
	for (unsigned i = 0; i < publishes; i++) {
		nanosleep(&gap, NULL);
		before = cpu_ns(tracker);
		took[i] = null_publish(ctl, len);
		cpu += cpu_ns(tracker) - before;
	}
	qsort(took, publishes, sizeof(*took), compare);
	printf("streams.null_ms %.1f ms\n", (double)took[publishes / 2] / 1e6);
	printf("streams.null_cpu_s %.2f s\n",
	    (double)cpu / publishes / n_readers / records / 1e3);
	free(took);
}

int
main(int argc, char **argv)
{
	struct rlimit lim;
	struct sp_buf body;
	int fd;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_streams TRACKER [STREAMS "
				"[PUBLISHES [RECORDS]]]\n");
		return 2;
	}
	if (argc > 2)
		n_readers = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		publishes = (unsigned)strtoul(argv[3], NULL, 10);
	if (argc > 4)
		records = (unsigned)strtoul(argv[4], NULL, 10);
	must(n_readers > 0 && publishes > 0 && records > 0 &&
		 records <= LIM_TRACKS,
	    "numbers");
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
	must(hash_setup() == 0, "libcrypto");
	signer_init(&seed, 1);
	readers = calloc(n_readers, sizeof(*readers));
	poller = epoll_create1(0);
	must(readers != NULL && poller >= 0, "memory");
	start_tracker(argv[1]);
	fd = connect_one();
	buf_init(&body, io_mem(), LIM_PUBLISH);
	signer_manifest(&seed, &body);
	post(fd, &body);
	read_reply(fd);
	buf_fini(&body);
	open_streams();
	run(fd);
	null_run(sent);
	return 0;
}
