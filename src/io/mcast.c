#include "io/mcast.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sock.h"

#define ROUND 64 /* datagrams before the loop goes round */

static_assert(IFACE_NAME_MAX == IF_NAMESIZE, "names fit");

/* ---- interfaces ---- */

static void
take(struct iface *out, const struct ifaddrs *a)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", a->ifa_name);
	out->index = if_nametoindex(a->ifa_name);
	out->addr = sock_to_addr(a->ifa_addr);
	out->loopback = (a->ifa_flags & IFF_LOOPBACK) != 0;
	out->multicast = (a->ifa_flags & IFF_MULTICAST) != 0 &&
			 (a->ifa_flags & IFF_POINTOPOINT) == 0;
}

int
iface_list(struct iface *v, size_t max)
{
	struct ifaddrs *all, *a;
	size_t n = 0;

	if (getifaddrs(&all) < 0)
		return SP_ERR_IO;
	for (a = all; a != NULL && n < max; a = a->ifa_next) {
		if (a->ifa_addr == NULL || (a->ifa_flags & IFF_UP) == 0)
			continue;
		take(&v[n], a);
		n += v[n].addr.family != 0;
	}
	freeifaddrs(all);
	return (int)n;
}

/* ---- the group ---- */

struct mcast {
	struct loop *loop;
	struct io_watch *w;
	int fd;
	struct sp_addr group;
	unsigned where;
	mcast_cb *cb;
	void *ctx;
};

static bool
is_meant(const struct mcast *m, const struct iface *i)
{
	if (i->loopback)
		return m->where & MCAST_LOOPBACK;
	return m->where & MCAST_OUTSIDE && i->multicast;
}

/* One row for each interface, with an address of the group's family. */
static size_t
interfaces(const struct mcast *m, struct iface *out)
{
	struct iface v[IFACE_MAX];
	int n = iface_list(v, SP_LEN(v));
	size_t k = 0, j;

	for (int i = 0; i < n; i++) {
		if (v[i].addr.family != m->group.family || !is_meant(m, &v[i]))
			continue;
		for (j = 0; j < k && out[j].index != v[i].index; j++)
			;
		if (j == k)
			out[k++] = v[i];
	}
	return k;
}

/* That it has been joined before is fine. */
static void
join(const struct mcast *m, const struct iface *i)
{
	struct ip_mreqn v4 = { .imr_ifindex = (int)i->index };
	struct ipv6_mreq v6 = { .ipv6mr_interface = i->index };

	if (m->group.family == 4) {
		memcpy(&v4.imr_multiaddr, m->group.ip, 4);
		setsockopt(m->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4,
		    sizeof(v4));
	} else {
		memcpy(&v6.ipv6mr_multiaddr, m->group.ip, 16);
		setsockopt(m->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6,
		    sizeof(v6));
	}
}

/* What is sent next goes there. */
static void
aim(const struct mcast *m, const struct iface *i)
{
	struct ip_mreqn v4 = { .imr_ifindex = (int)i->index };
	int index = (int)i->index;

	if (m->group.family == 4) {
		memcpy(&v4.imr_address, i->addr.ip, 4);
		setsockopt(m->fd, IPPROTO_IP, IP_MULTICAST_IF, &v4, sizeof(v4));
	} else {
		setsockopt(m->fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index,
		    sizeof(index));
	}
}

static void
receive(void *ctx, int fd)
{
	struct mcast *m = ctx;
	struct sockaddr_storage ss;
	struct sp_addr from;
	uint8_t buf[MCAST_LEN_MAX + 1];
	socklen_t len;
	ssize_t n;

	for (int i = 0; i < ROUND; i++) {
		len = sizeof(ss);
		n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&ss,
		    &len);
		if (n < 0 && errno != EINTR)
			break;
		if (n < 0 || n > MCAST_LEN_MAX)
			continue;
		from = sock_to_addr((struct sockaddr *)&ss);
		m->cb(m->ctx, buf, (size_t)n, &from);
	}
}

/*
 * Bound to the group, so that nothing else comes; it goes no further than the
 * very network.
 */
static int
set_up(struct mcast *m)
{
	struct sockaddr_storage ss;
	int len = sock_from_addr(&ss, &m->group), one = 1, no = 0;
	bool v6 = m->group.family == 6;

	m->fd =
	    socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (m->fd < 0)
		return SP_ERR_IO;
	setsockopt(m->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (v6) {
		setsockopt(m->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		setsockopt(m->fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &one,
		    sizeof(one));
	} else {
		setsockopt(m->fd, IPPROTO_IP, IP_MULTICAST_TTL, &one,
		    sizeof(one));
		setsockopt(m->fd, IPPROTO_IP, IP_MULTICAST_ALL, &no,
		    sizeof(no));
	}
	if (bind(m->fd, (struct sockaddr *)&ss, (socklen_t)len) < 0)
		return SP_ERR_IO;
	return io_watch_new(&m->w, m->loop, m->fd, receive, m);
}

int
mcast_new(struct mcast **out, struct loop *l, const struct sp_addr *group,
    unsigned where, mcast_cb *cb, void *ctx)
{
	struct mcast *m = calloc(1, sizeof(*m));
	struct iface v[IFACE_MAX];
	size_t n;
	int rv, e;

	*out = NULL;
	if (m == NULL)
		return SP_ERR_NOMEM;
	m->loop = l;
	m->group = *group;
	m->where = where;
	m->cb = cb;
	m->ctx = ctx;
	if ((rv = set_up(m)) < 0) {
		e = errno;
		mcast_free(m);
		errno = e;
		return rv;
	}
	n = interfaces(m, v);
	for (size_t i = 0; i < n; i++)
		join(m, &v[i]);
	*out = m;
	return 0;
}

int
mcast_send(struct mcast *m, const uint8_t *p, size_t len)
{
	struct iface v[IFACE_MAX];
	struct sockaddr_storage ss;
	int to = sock_from_addr(&ss, &m->group), sent = 0;
	size_t n = interfaces(m, v);

	for (size_t i = 0; i < n; i++) {
		join(m, &v[i]);
		aim(m, &v[i]);
		sent += sendto(m->fd, p, len, 0, (struct sockaddr *)&ss,
			    (socklen_t)to) == (ssize_t)len;
	}
	return sent;
}

void
mcast_free(struct mcast *m)
{
	if (m == NULL)
		return;
	io_watch_free(m->w);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}
