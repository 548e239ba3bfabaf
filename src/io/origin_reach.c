#include "io/origin_int.h"

#include <strings.h>
#include <sys/socket.h>

#include "io/sock.h"

static bool
reach_allows(const struct origin_fetch *f, const struct sp_addr *a)
{
	if (a->family == 0)
		return false;
	if (!addr_is_private(a) && !addr_is_loopback(a))
		return !addr_is_bogus(a);
	switch (f->reach) {
	case ORIGIN_ANY:
		return true;
	case ORIGIN_AS_FIRST:
		return !f->met_public;
	default:
		return false;
	}
}

/*
 * With a proxy only names and literals can be judged: the proxy resolves.
 * Fills *a for a literal; a name that means this host is 127.0.0.1.
 */
static bool
url_addr(CURL *easy, struct sp_addr *a)
{
	static const uint8_t lo[4] = { 127, 0, 0, 1 };
	char *url = NULL, *host = NULL;
	CURLU *u = curl_url();
	size_t len;
	bool found = false;

	curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
	if (u != NULL && url != NULL &&
	    curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		len = strlen(host);
		if (len > 2 && host[0] == '[')
			found = addr_parse(a, host + 1, len - 2) == 0;
		else
			found = addr_parse(a, host, len) == 0;
		if (len >= 9 && strcasecmp(host + len - 9, "localhost") == 0) {
			*a = addr_make(4, lo, 0);
			found = true;
		}
	}
	/* Addresses are judged; a port 0 is not bogus here. */
	a->port = 80;
	curl_free(host);
	curl_url_cleanup(u);
	return found;
}

/* Before connecting: nothing is even probed. */
curl_socket_t
origin_open_socket(void *arg, curlsocktype purpose SP_UNUSED,
    struct curl_sockaddr *sa)
{
	struct origin_fetch *f = arg;
	struct sp_addr a = sock_to_addr(&sa->addr);

	if (!f->origin->proxied && !reach_allows(f, &a)) {
		f->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol);
}

/*
 * Before each request, on new and reused connections: a connection that
 * another fetch was allowed to make is no way in.
 */
int
origin_before_request(void *arg, char *ip, char *local SP_UNUSED, int port,
    int local_port SP_UNUSED)
{
	struct origin_fetch *f = arg;
	struct sp_addr a = { .family = 0 };
	bool known;

	if (f->origin->proxied) {
		known = url_addr(f->easy, &a);
	} else {
		known = true;
		if (addr_parse(&a, ip, strlen(ip)) < 0)
			a.family = 0;
		a.port = (uint16_t)port;
	}
	if (known && !reach_allows(f, &a)) {
		f->refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (!known || (!addr_is_private(&a) && !addr_is_loopback(&a)))
		f->met_public = true;
	f->head.ip = a;
	return CURL_PREREQFUNC_OK;
}
