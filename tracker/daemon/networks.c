#include "tracker/daemon/networks.h"

#ifdef HAVE_MAXMINDDB

#include <arpa/inet.h>
#include <maxminddb.h>

struct networks {
	MMDB_s db;
};

int
networks_open(struct networks **out, const char *path, char *why)
{
	struct networks *n = calloc(1, sizeof(*n));
	int r;

	*out = NULL;
	if (n == NULL)
		return SP_ERR_NOMEM;
	r = MMDB_open(path, MMDB_MODE_MMAP, &n->db);
	if (r != MMDB_SUCCESS) {
		snprintf(why, OPTIONS_WHY, "%s: %s", path, MMDB_strerror(r));
		free(n);
		return SP_ERR_IO;
	}
	*out = n;
	return 0;
}

void
networks_close(struct networks *n)
{
	if (n == NULL)
		return;
	MMDB_close(&n->db);
	free(n);
}

uint32_t
networks_of(const struct networks *n, const struct sp_addr *addr)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = { 0 };
	MMDB_lookup_result_s found;
	MMDB_entry_data_s data;
	int err = 0;

	if (n == NULL)
		return 0;
	a.any.sa_family = addr->family == 6 ? AF_INET6 : AF_INET;
	if (addr->family == 6)
		memcpy(&a.v6.sin6_addr, addr->ip, 16);
	else
		memcpy(&a.v4.sin_addr, addr->ip, 4);
	found = MMDB_lookup_sockaddr(&n->db, &a.any, &err);
	if (err != MMDB_SUCCESS || !found.found_entry ||
	    MMDB_get_value(&found.entry, &data, "autonomous_system_number",
		(char *)NULL) != MMDB_SUCCESS ||
	    !data.has_data || data.type != MMDB_DATA_TYPE_UINT32)
		return 0;
	return data.uint32;
}

#else

int
networks_open(struct networks **out, const char *path, char *why)
{
	*out = NULL;
	snprintf(why, OPTIONS_WHY, "%s: built without libmaxminddb", path);
	return SP_ERR_UNSUPPORTED;
}

void
networks_close(struct networks *n SP_UNUSED)
{
}

uint32_t
networks_of(const struct networks *n SP_UNUSED,
    const struct sp_addr *addr SP_UNUSED)
{
	return 0;
}

#endif

static int
start(struct track_host *h, char *why)
{
	if (h->opts->networks == NULL)
		return 0;
	return networks_open(&h->networks, h->opts->networks, why);
}

/* A database that cannot be read leaves the old one. */
static bool
reload(struct track_host *h)
{
	char why[OPTIONS_WHY] = "";
	struct networks *fresh;

	if (h->opts->networks == NULL)
		return true;
	if (networks_open(&fresh, host_path(h, h->opts->networks), why) < 0) {
		log_msg(h->log, LOG_LEVEL_ERROR,
		    "reload: the old database stays networks why=%q", why,
		    strlen(why));
		return false;
	}
	locks_take(&h->locks);
	networks_close(h->networks);
	h->networks = fresh;
	locks_give(&h->locks);
	return true;
}

static void
stop(struct track_host *h)
{
	networks_close(h->networks);
	h->networks = NULL;
}

const struct host_part networks_part = {
	.name = "networks",
	.start = start,
	.reload = reload,
	.stop = stop,
};
