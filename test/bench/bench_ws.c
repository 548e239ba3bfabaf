/*
 * Announces by WebSocket to a tracker that runs: all sockets at once, each
 * with one announce on its way, and what the sockets cost the tracker.
 *
 *	bench_ws ADDRESS:PORT SOCKETS SECONDS [PID]
 *
 * Prints announces per second and, with the tracker's PID, its CPU and memory.
 * One swarm for each hundred sockets; no offers (bittorrent-tracker was
 * measured so).
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/buf.h"
#include "test/bench/bench.h"

#define SOCKETS_MAX 100000
#define READ_MAX    65536

struct load {
	struct sp_addr to;
	unsigned n;
	int ep;
	int fd[SOCKETS_MAX];
	uint64_t replies;
};

static struct load load;

/* From a loopback address of its own for each 20,000: ports are scarce. */
static int
dial(const struct load *l, unsigned i)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	must(fd >= 0, "socket");
	from.sin_addr.s_addr = htonl(0x7f000001u + i / 20000);
	memcpy(&to.sin_addr, l->to.ip, 4);
	to.sin_port = htons(l->to.port);
	must(bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0, "bind");
	must(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
shake(int fd)
{
	static const char ask[] =
	    "GET / HTTP/1.1\r\nHost: x\r\n"
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	    "\r\n\r\n";
	char got[1024] = "";
	size_t n = 0;
	ssize_t r;

	must(write(fd, ask, sizeof(ask) - 1) == sizeof(ask) - 1, "write");
	while (strstr(got, "\r\n\r\n") == NULL) {
		r = read(fd, got + n, sizeof(got) - 1 - n);
		must(r > 0, "handshake: the tracker closes");
		n += (size_t)r;
		got[n] = '\0';
	}
	must(strncmp(got, "HTTP/1.1 101", 12) == 0, "handshake: not 101");
}

/* A masked frame (the mask is 0), of socket |i|. */
static void
announce(struct load *l, unsigned i)
{
	uint8_t frame[512];
	int n = snprintf((char *)frame + 8, sizeof(frame) - 8,
	    "{\"numwant\":0,\"uploaded\":0,\"downloaded\":0,\"left\":%u,"
	    "\"action\":\"announce\",\"info_hash\":\"aaaaaaaaaaaaaa%06u\","
	    "\"peer_id\":\"-WW0102-aaaaaa%06u\",\"offers\":[]}",
	    i % 2, i / 100, i);

	must(n > 125 && n < 500, "the message");
	memcpy(frame, "\x81\xfe\0\0\0\0\0\0", 8);
	frame[2] = (uint8_t)(n >> 8);
	frame[3] = (uint8_t)n;
	must(write(l->fd[i], frame, (size_t)n + 8) == n + 8, "announce");
}

static void
open_all(struct load *l)
{
	struct epoll_event ev = { .events = EPOLLIN };

	l->ep = epoll_create1(0);
	for (unsigned i = 0; i < l->n; i++) {
		l->fd[i] = dial(l, i);
		shake(l->fd[i]);
		ev.data.u32 = i;
		must(epoll_ctl(l->ep, EPOLL_CTL_ADD, l->fd[i], &ev) == 0,
		    "epoll");
	}
}

/* One reply is one frame is one read: there is never more on its way. */
static void
reply(struct load *l, unsigned i)
{
	char got[READ_MAX];
	ssize_t n = read(l->fd[i], got, sizeof(got) - 1);

	must(n > 0, "the tracker closes");
	if ((uint8_t)got[0] == 0x89) /* a ping: the frame alone */
		return;
	got[n] = '\0';
	must(strstr(got, "\"interval\":") != NULL, "not a reply");
	l->replies++;
	announce(l, i);
}

static void
run(struct load *l, int64_t until)
{
	struct epoll_event ev[256];
	int n;

	while (now_ns() < until) {
		n = epoll_wait(l->ep, ev, SP_LEN(ev), 100);
		for (int k = 0; k < n; k++)
			reply(l, ev[k].data.u32);
	}
}

/* Of |pid|: CPU in clock ticks, resident memory in KiB. */
static void
usage(long pid, uint64_t *ticks, uint64_t *kib)
{
	char name[64], line[1024], *p;
	unsigned long long v[24] = { 0 };
	FILE *f;

	*ticks = *kib = 0;
	if (pid <= 0)
		return;
	snprintf(name, sizeof(name), "/proc/%ld/stat", pid);
	f = fopen(name, "r");
	must(f != NULL && fgets(line, sizeof(line), f) != NULL, "/proc");
	fclose(f);
	p = strrchr(line, ')');
	must(p != NULL, "/proc");
	p += 3; /* the state, which is field 3 */
	for (size_t i = 3; i < SP_LEN(v) && (p = strchr(p, ' ')) != NULL; i++)
		v[i] = strtoull(++p, NULL, 10);
	*ticks = v[13] + v[14];
	*kib = v[23] * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

int
main(int argc, char **argv)
{
	struct rlimit rl = { SOCKETS_MAX + 100, SOCKETS_MAX + 100 };
	uint64_t ticks[2], kib[3];
	struct load *l = &load;
	long pid = argc > 4 ? strtol(argv[4], NULL, 10) : 0, seconds;
	int64_t begun;

	must(argc > 3 && addr_parse(&l->to, argv[1], strlen(argv[1])) == 0 &&
		 l->to.family == 4,
	    "bench_ws ADDRESS:PORT SOCKETS SECONDS [PID]");
	l->n = (unsigned)strtoul(argv[2], NULL, 10);
	seconds = strtol(argv[3], NULL, 10);
	must(l->n > 0 && l->n <= SOCKETS_MAX && seconds > 0, "out of range");
	setrlimit(RLIMIT_NOFILE, &rl);
	usage(pid, &ticks[0], &kib[0]);
	open_all(l);
	usage(pid, &ticks[0], &kib[1]);
	begun = now_ns();
	for (unsigned i = 0; i < l->n; i++)
		announce(l, i);
	run(l, begun + seconds * SP_S);
	usage(pid, &ticks[1], &kib[2]);
	printf("ws_announces %.0f /s\n",
	    (double)l->replies / ((double)(now_ns() - begun) / 1e9));
	if (pid > 0 && l->replies > 0) {
		printf("ws_cpu_per_million %.2f s\n",
		    (double)(ticks[1] - ticks[0]) /
			(double)sysconf(_SC_CLK_TCK) * 1e6 /
			(double)l->replies);
		printf("ws_idle_memory %.0f bytes/socket\n",
		    (double)(kib[1] - kib[0]) * 1024 / l->n);
		printf("ws_memory %.0f bytes/socket\n",
		    (double)(kib[2] - kib[0]) * 1024 / l->n);
	}
	return 0;
}
