/*
 * loris slow PORT N SECONDS: N connections to 127.0.0.1 that each send a byte
 * of a request in a second, and come again when they are closed.
 * loris flood PORT RATE SECONDS: so many connections in a second that are
 * closed at once, every other one with a byte sent and a reset.
 *
 * They come from 127.0.3.1 and up, 256 from each at a time. Lines `name value
 * unit' go to stdout.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/bench/bench.h"

#define PER_ADDRESS 256
/* In a second: those who are slow are not slow all at once. */
#define TICKS 1000

static const char text[] =
    "GET /announce?info_hash=aaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nX-Slow: "
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static uint16_t port;

static int
dial(uint32_t i)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000301u + i / PER_ADDRESS) };
	int fd, on = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	must(fd >= 0, "socket");
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
		a.sin_port = htons(port);
		a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ||
		    errno == EINPROGRESS)
			return fd;
	}
	close(fd);
	return -1;
}

static void
sleep_until(int64_t t)
{
	struct timespec ts = { (time_t)(t / SP_S), (long)(t % SP_S) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

struct slow {
	int fd;
	size_t at;
};

/* The next byte, or a new connection; true when it was closed. */
static bool
drip(struct slow *s, uint32_t i)
{
	char in[256];
	ssize_t n;

	if (s->fd < 0) {
		s->fd = dial(i);
		s->at = 0;
		return false;
	}
	n = recv(s->fd, in, sizeof(in), 0);
	if (n >= 0 || errno != EAGAIN ||
	    send(s->fd, text + s->at, 1, MSG_NOSIGNAL) < 0) {
		close(s->fd);
		s->fd = -1;
		return true;
	}
	s->at = (s->at + 1) % (sizeof(text) - 1);
	return false;
}

static void
slow(uint32_t n, int64_t seconds)
{
	struct slow *s = calloc(n, sizeof(*s));
	int64_t begun = now_ns(), now = begun;
	uint64_t closed = 0;
	uint32_t open = 0;

	must(s != NULL, "out of memory");
	for (uint32_t i = 0; i < n; i++)
		s[i].fd = -1;
	for (uint32_t tick = 0; now < begun + seconds * SP_S; tick++) {
		for (uint32_t i = tick % TICKS; i < n; i += TICKS)
			closed += drip(&s[i], i);
		now += SP_S / TICKS;
		sleep_until(now);
	}
	for (uint32_t i = 0; i < n; i++)
		open += s[i].fd >= 0;
	printf("slow_open %u connections\nslow_closed %" PRIu64
	       " connections\n",
	    open, closed);
}

static void
flood(uint64_t rate, int64_t seconds)
{
	struct linger reset = { 1, 0 };
	int64_t begun = now_ns(), end = begun + seconds * SP_S, now;
	uint64_t n = 0, failed = 0;
	int fd;

	while ((now = now_ns()) < end) {
		uint64_t due = (uint64_t)(now - begun) * rate / SP_S;

		for (; n < due; n++) {
			fd = dial((uint32_t)(n % (16 * PER_ADDRESS)));
			failed += fd < 0;
			if (fd < 0)
				continue;
			if (n % 2 == 0) {
				send(fd, text, 1, MSG_NOSIGNAL);
				setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
				    sizeof(reset));
			}
			close(fd);
		}
		sleep_until(now + SP_MS);
	}
	printf("flood_connections %" PRIu64 " connections\nflood_failed "
	       "%" PRIu64 " connections\n",
	    n, failed);
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	uint64_t n;

	if (argc != 5) {
		fputs("usage: loris slow|flood PORT NUMBER SECONDS\n", stderr);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	port = (uint16_t)strtoul(argv[2], NULL, 10);
	n = strtoull(argv[3], NULL, 10);
	if (strcmp(argv[1], "slow") == 0)
		slow((uint32_t)n, strtoll(argv[4], NULL, 10));
	else
		flood(n, strtoll(argv[4], NULL, 10));
	return 0;
}
