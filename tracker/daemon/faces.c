#include <errno.h>

#include "io/sock.h"
#include "tracker/daemon/host_int.h"

/* The HTTP servers: the public one, with and without TLS, and the operator's.
 */

#define ADMIN_CONNS 256

/* ---- making -------------------------------------------------------------- */

static int
load_tls(struct track_host *h, bool again, char *why)
{
	const char *cert = h->opts->cert, *key = h->opts->key;

	if (cert == NULL)
		return 0;
	return http_tls(h->http, again ? host_path(h, cert) : cert,
	    again ? host_path(h, key) : key, why, OPTIONS_WHY);
}

static int
read_proxies(struct track_host *h)
{
	const struct conf_list *l = &h->opts->proxy;
	int r = 0;

	if (l->n == 0)
		return 0;
	if ((h->proxies = calloc(l->n, sizeof(*h->proxies))) == NULL)
		return SP_ERR_NOMEM;
	for (size_t i = 0; i < l->n && r == 0; i++)
		r = http_net_parse(&h->proxies[i], l->v[i]);
	return r;
}

static int
faces_start(struct track_host *h, char *why)
{
	struct http_conf face = { 0 };
	int r;

	if ((r = read_proxies(h)) < 0)
		return r;
	face.methods = ROUTES_METHODS;
	face.max_headers = 2 * LIM_SCRAPE_URI;
	face.max_body = LIM_PUBLISH;
	face.timeout = h->opts->timeout;
	/* Streams and sockets have limits of their own. */
	face.max_conns =
	    (unsigned)(h->opts->max_connections + h->opts->max_streams +
		       h->opts->max_sockets);
	face.max_host_conns = (unsigned)h->opts->max_ip_connections;
	face.proxies = h->proxies;
	face.nproxies = h->opts->proxy.n;
	face.log = h->log;
	r = http_new(&h->http, h->loop, &face, routes_handle, h);
	if (r == 0)
		r = load_tls(h, false, why);
	if (r < 0 || h->opts->admin_listen.n == 0)
		return r;
	face.max_body = 1;
	face.max_conns = ADMIN_CONNS;
	face.nproxies = 0;
	return http_new(&h->admin, h->loop, &face, routes_handle_admin, h);
}

static void
faces_stop(struct track_host *h)
{
	http_free(h->http);
	http_free(h->admin);
	free(h->proxies);
}

/* ---- listening ----------------------------------------------------------- */

static int
listen_all(struct track_host *h, struct http *http, const char *what,
    const struct conf_list *list,
    int (*listen)(struct http *h, const struct sp_addr *addr,
	struct sp_addr *bound),
    const char **where)
{
	struct sp_addr addr[2], bound;
	char text[ADDR_STRLEN];
	int n, r;

	for (size_t i = 0; i < list->n; i++) {
		*where = list->v[i];
		n = sock_listen_parse(list->v[i], addr);
		if (n < 0)
			return n;
		for (int k = 0, up = 0; k < n; k++) {
			r = listen(http, &addr[k], &bound);
			/* A host without IPv6 serves IPv4 all the same. */
			if (r < 0 && errno == EAFNOSUPPORT && k + 1 == n &&
			    up > 0)
				break;
			if (r < 0)
				return r;
			up++;
			log_msg(h->log, LOG_LEVEL_INFO, "%s: listens on=%s",
			    what, addr_str(&bound, text));
		}
	}
	return 0;
}

static int
faces_listen(struct track_host *h, const char **where)
{
	const struct options *o = h->opts;
	int r;

	r = listen_all(h, h->http, "http", &o->listen, http_listen, where);
	if (r == 0)
		r = listen_all(h, h->http, "https", &o->tls_listen,
		    http_listen_tls, where);
	if (r == 0 && h->admin != NULL)
		r = listen_all(h, h->admin, "admin", &o->admin_listen,
		    http_listen, where);
	return r;
}

static void
faces_drain(struct track_host *h)
{
	http_unlisten(h->http);
	if (h->admin != NULL)
		http_unlisten(h->admin);
}

/* ---- while it runs ------------------------------------------------------- */

static bool
faces_reload(struct track_host *h)
{
	char why[OPTIONS_WHY] = "";
	int r = load_tls(h, true, why);

	if (r < 0)
		log_msg(h->log, LOG_LEVEL_ERROR,
		    "reload: the old certificate stays why=%q",
		    why[0] != '\0' ? why : sp_strerror(r),
		    strlen(why[0] != '\0' ? why : sp_strerror(r)));
	else if (h->opts->cert != NULL)
		log_msg(h->log, LOG_LEVEL_INFO, "reload: read the certificate");
	return r == 0;
}

static void
faces_report(struct track_host *h)
{
	h->report.http = http_stats(h->http);
	h->report.connections = h->report.http.open;
}

const struct host_part faces_part = {
	.name = "faces",
	.start = faces_start,
	.listen = faces_listen,
	.reload = faces_reload,
	.drain = faces_drain,
	.report = faces_report,
	.stop = faces_stop,
};
