/*
 * netemu [OPTION]... NAMESPACE:KBIT...: joins network namespaces by an
 * Ethernet of its own, for kernels without netem. Each gets a device eth0 (a
 * TAP). KBIT is the rate of the host's uplink, headers of IP included; 0 is
 * no limit.
 *
 *	-d MS	delay of each packet, one way
 *	-j MS	by so much more or less, evenly
 *	-l PCT	packets lost, each for itself
 *	-q MS	the longest queue at an uplink; what does not fit is dropped
 *
 * What one host sends to another stays in order. On SIGTERM it says what it
 * did, and by how much it was late itself: that is what the machine adds.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/quantile.h"
#include "base/rng.h"
#include "io/loop.h"

#define HOSTS 64
#define FRAME 1600
#define ETHER 14 /* its header, which no uplink carries */
#define TURN  32 /* frames of one host before others are read */
#define PPM   1000000

struct frame {
	struct heap_node node; /* first */
	struct frame *next;    /* of those that are free */
	int fd;                /* whither */
	size_t len;
	uint8_t p[FRAME];
};

struct host {
	uint64_t bps;         /* bytes a second, 0 no limit */
	sp_time free_at;      /* the uplink is busy until then */
	sp_time last[HOSTS];  /* arrival of the last frame at each */
	uint64_t sent, bytes; /* through the uplink */
	uint64_t dropped;     /* did not fit into the queue */
	uint8_t mac[6];
};

struct net {
	sp_time delay, jitter, queue;
	uint32_t loss_ppm;
	struct host host[HOSTS];
	struct pollfd fd[HOSTS];
	nfds_t n;
	struct heap heap;
	struct frame *spare;
	struct sp_rng rng;
	struct quantile late; /* us */
	uint64_t frames, lost, refused;
};

static volatile sig_atomic_t over;

static void
die(const char *what)
{
	fprintf(stderr, "netemu: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
on_term(int signo)
{
	(void)signo;
	over = 1;
}

/* ---- devices ---- */

/* eth0 in the namespace |ns|; we stay there, which does not matter. */
static int
tap_open(const char *ns)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	if ((fd = open(path, O_RDONLY)) < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "eth0");
	if ((fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) < 0 ||
	    ioctl(fd, TUNSETIFF, &ifr) < 0)
		die("/dev/net/tun");
	return fd;
}

static void
host_add(struct net *net, char *spec)
{
	struct host *h = &net->host[net->n];
	char *kbit = strchr(spec, ':');

	if (kbit == NULL || net->n == HOSTS) {
		fprintf(stderr, "netemu: %s: what?\n", spec);
		exit(2);
	}
	*kbit++ = '\0';
	h->bps = strtoull(kbit, NULL, 10) * 1000 / 8;
	net->fd[net->n].fd = tap_open(spec);
	net->fd[net->n].events = POLLIN;
	net->n++;
}

/* ---- frames ---- */

static struct frame *
frame_get(struct net *net)
{
	struct frame *f = net->spare;

	if (f != NULL)
		net->spare = f->next;
	else if ((f = calloc(1, sizeof(*f))) == NULL)
		die("memory");
	return f;
}

static void
frame_put(struct net *net, struct frame *f)
{
	f->next = net->spare;
	net->spare = f;
}

/* When a frame of |len| bytes of IP leaves the uplink; SP_NEVER if dropped. */
static sp_time
leave_at(const struct net *net, struct host *h, size_t len, sp_time now)
{
	sp_time start = SP_MAX(now, h->free_at);

	if (start - now > net->queue) {
		h->dropped++;
		return SP_NEVER;
	}
	h->free_at = start;
	if (h->bps > 0)
		h->free_at += (sp_time)(len * (uint64_t)SP_S / h->bps);
	h->sent++;
	h->bytes += len;
	return h->free_at;
}

static void
send_to(struct net *net, struct host *h, size_t to, const struct frame *from,
    sp_time at)
{
	struct frame *f = frame_get(net);

	at += net->delay - net->jitter;
	at += (sp_time)rng_below(&net->rng, 2 * (uint64_t)net->jitter + 1);
	h->last[to] = SP_MAX(h->last[to], at);
	f->fd = net->fd[to].fd;
	f->len = from->len;
	memcpy(f->p, from->p, from->len);
	if (heap_set(&net->heap, &f->node, h->last[to]) < 0)
		die("memory");
}

/* |f| comes from host |from|. To whom is learned as a switch does. */
static void
take(struct net *net, size_t from, const struct frame *f, sp_time now)
{
	struct host *h = &net->host[from];
	sp_time at;
	size_t i;

	if (f->len < ETHER)
		return;
	memcpy(h->mac, f->p + 6, sizeof(h->mac));
	if ((at = leave_at(net, h, f->len - ETHER, now)) == SP_NEVER)
		return;
	if (rng_below(&net->rng, PPM) < net->loss_ppm) {
		net->lost++;
		return;
	}
	for (i = 0; i < net->n; i++)
		if (memcmp(net->host[i].mac, f->p, sizeof(h->mac)) == 0) {
			send_to(net, h, i, f, at);
			return;
		}
	for (i = 0; i < net->n; i++)
		if (i != from)
			send_to(net, h, i, f, at);
}

static void
collect(struct net *net)
{
	struct frame f;
	ssize_t len;
	int turn;

	for (size_t i = 0; i < net->n; i++) {
		if (!(net->fd[i].revents & POLLIN))
			continue;
		for (turn = 0; turn < TURN; turn++) {
			len = read(net->fd[i].fd, f.p, sizeof(f.p));
			if (len <= 0)
				break;
			f.len = (size_t)len;
			net->frames++;
			take(net, i, &f, io_now());
		}
	}
}

static void
deliver(struct net *net)
{
	sp_time now = io_now();
	struct frame *f;

	while (heap_at(&net->heap) <= now) {
		f = (struct frame *)heap_top(&net->heap);
		quantile_add(&net->late, (uint64_t)(now - f->node.at) / 1000);
		heap_del(&net->heap, &f->node);
		if (write(f->fd, f->p, f->len) < 0)
			net->refused++;
		frame_put(net, f);
	}
}

static void
run(struct net *net)
{
	struct timespec ts;
	sp_time now, at;

	while (!over) {
		now = io_now();
		at = SP_CLAMP(heap_at(&net->heap), now, now + SP_S);
		ts.tv_sec = (at - now) / SP_S;
		ts.tv_nsec = (at - now) % SP_S;
		if (ppoll(net->fd, net->n, &ts, NULL) < 0 && errno != EINTR)
			die("poll");
		if (!over)
			collect(net);
		deliver(net);
	}
}

static void
report(const struct net *net)
{
	const struct host *h;

	for (size_t i = 0; i < net->n; i++) {
		h = &net->host[i];
		printf("host %zu: uplink %" PRIu64 " kbit/s, %" PRIu64
		       " frames, %" PRIu64 " bytes, %" PRIu64 " dropped\n",
		    i, h->bps / 125, h->sent, h->bytes, h->dropped);
	}
	printf("netemu: %" PRIu64 " frames, %" PRIu64 " lost, %" PRIu64
	       " refused; late p50 %" PRIu64 " us, p99 %" PRIu64
	       " us, max %" PRIu64 " us; cpu %.1f s\n",
	    net->frames, net->lost, net->refused,
	    quantile_get(&net->late, 500000, 0),
	    quantile_get(&net->late, 990000, 0), net->late.max,
	    (double)clock() / CLOCKS_PER_SEC);
}

int
main(int argc, char **argv)
{
	static struct net net;
	int opt;

	net.queue = 300 * SP_MS;
	while ((opt = getopt(argc, argv, "d:j:l:q:")) != -1) {
		sp_time ms = optarg ? strtol(optarg, NULL, 10) * SP_MS : 0;

		if (opt == 'd')
			net.delay = ms;
		else if (opt == 'j')
			net.jitter = ms;
		else if (opt == 'l')
			net.loss_ppm = (uint32_t)(strtod(optarg, NULL) * 1e4);
		else if (opt == 'q')
			net.queue = ms;
		else
			return 2;
	}
	heap_init(&net.heap, io_mem());
	quantile_init(&net.late, 0);
	rng_seed(&net.rng, 1);
	for (; optind < argc; optind++)
		host_add(&net, argv[optind]);
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	puts("ready");
	fflush(stdout);
	run(&net);
	report(&net);
	return 0;
}
