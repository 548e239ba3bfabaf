#include "swarm/client/dht_file.h"

#include <errno.h>
#include <sys/stat.h>

#include "io/sock.h"
#include "io/store.h"
#include "lt/lt.h"
#include "swarm/client/mesh_host.h"

#define FILE_NAME "spate/dht"

static char *
join(const char *dir, const char *rest)
{
	size_t n = strlen(dir) + strlen(rest) + 2;
	char *out = malloc(n);

	if (out != NULL)
		snprintf(out, n, "%s/%s", dir, rest);
	return out;
}

/* The XDG specification: what is not absolute does not count. */
char *
dht_file_path(void)
{
	const char *dir = getenv("XDG_STATE_HOME");

	if (dir != NULL && dir[0] == '/')
		return join(dir, FILE_NAME);
	dir = getenv("HOME");
	if (dir != NULL && dir[0] == '/')
		return join(dir, ".local/state/" FILE_NAME);
	return NULL;
}

int
dht_file_read(const char *path, uint8_t **out, size_t *len)
{
	return store_read(path, DHT_FILE_MAX, out, len);
}

static void
make_folders(const char *path)
{
	char dir[4096];
	size_t i, n = strlen(path);

	if (n >= sizeof(dir))
		return;
	memcpy(dir, path, n + 1);
	for (i = 1; i < n; i++) {
		if (dir[i] != '/')
			continue;
		dir[i] = '\0';
		/* what fails here shows when the file is written */
		(void)mkdir(dir, 0700);
		dir[i] = '/';
	}
}

int
dht_file_write(const char *path, const void *p, size_t len)
{
	int rv = store_write(path, p, len, 0600);

	if (rv == 0 || errno != ENOENT)
		return rv;
	make_folders(path);
	return store_write(path, p, len, 0600);
}

/* ---- options ---- */

const char *
dht_options_check(const struct dht_options *o, const char **what)
{
	struct sp_addr a[2];
	char host[SOCK_HOST_MAX];
	uint16_t port;

	*what = "dht-bootstrap";
	if (o->bootstrap.n > DHT_BOOTSTRAP_MAX)
		return "too many";
	for (size_t i = 0; i < o->bootstrap.n; i++)
		if (sock_split(o->bootstrap.v[i], 0, host, &port) < 0 ||
		    port == 0 || host[0] == '\0' ||
		    strpbrk(host, ", \t") != NULL)
			return "not a host with a port";
	*what = "dht-listen";
	if (o->listen != NULL && sock_listen_parse(o->listen, a) < 0)
		return "not an address with a port";
	return NULL;
}

bool
dht_options_on(const struct dht_options *o, size_t n_trackers)
{
	return o->use == DHT_YES ||
	       (o->use == DHT_AUTO && n_trackers == 0 && lt_is_there());
}

void
dht_options_conf(struct mesh_host_dht_conf *out, const struct dht_options *o,
    size_t n_trackers, bool quiet, char **path)
{
	int n = 0;

	memset(out, 0, sizeof(*out));
	*path = NULL;
	out->on = dht_options_on(o, n_trackers);
	if (!out->on)
		return;
	out->bootstrap = o->bootstrap.v;
	out->n_bootstrap = o->bootstrap.n;
	if (o->listen != NULL)
		n = sock_listen_parse(o->listen, out->listen);
	out->n_listen = n > 0 ? (size_t)n : 0;
	if (o->state == NULL && !quiet)
		*path = dht_file_path();
	out->state = o->state != NULL ? o->state : *path;
}

unsigned
dht_options_lsd(bool no_lsd, bool lan)
{
	if (no_lsd)
		return 0;
	return MCAST_OUTSIDE | (lan ? MCAST_LOOPBACK : 0);
}
