/* spate-bench-tracker: what a tracker bears, and whether its answers are right.
 */

#include <errno.h>

#include "base/buf.h"
#include "io/daemon.h"
#include "tools/bt_http.h"
#include "tools/bt_udp.h"

/* How it ended. */
enum {
	FINE,
	FAILED, /* also when an answer was wrong or missing */
	USAGE,
};

struct driver {
	struct bt_udp *udp;
	struct bt_http *http;
};

static void
print_hashes(const struct bt_load *l)
{
	uint8_t hash[LOAD_HASH];
	char hex[2 * LOAD_HASH + 1];

	for (uint32_t i = 0; i < l->swarms; i++) {
		bt_load_hash(l, i, hash);
		buf_hex(hex, hash, LOAD_HASH);
		puts(hex);
	}
}

static const char *
reason(int rv)
{
	if (rv == SP_ERR_TIMEOUT)
		return "does not answer";
	return rv == SP_ERR_IO && errno != 0 ? strerror(errno)
					     : sp_strerror(rv);
}

static int
run_modes(struct driver *d, const struct bt_options *o)
{
	struct bt_result r;
	bool clean = true;
	int rv;

	for (size_t i = 0; i < o->n_modes; i++) {
		rv = o->http ? bt_http_run(d->http, o->mode[i], &r)
			     : bt_udp_run(d->udp, o->mode[i], &r);
		if (rv < 0)
			return rv;
		bt_result_print(&r, o, stdout);
		fflush(stdout);
		clean = clean && bt_result_is_clean(&r);
	}
	return clean ? FINE : FAILED;
}

static int
run(const struct bt_options *o, const char *url)
{
	struct driver d = { 0 };
	int rv;

	rv = o->http ? bt_http_new(&d.http, o) : bt_udp_new(&d.udp, o);
	bt_result_begin((enum bt_output)o->output, stdout);
	if (rv == 0)
		rv = run_modes(&d, o);
	bt_result_end((enum bt_output)o->output, stdout);
	if (rv < 0)
		daemon_complain(url, reason(rv));
	bt_udp_free(d.udp);
	bt_http_free(d.http);
	return rv < 0 ? FAILED : rv;
}

int
main(int argc, char **argv)
{
	struct bt_options o;
	struct conf *c;
	int rv;

	daemon_setup("spate-bench-tracker");
	rv = bt_options_parse(&c, &o, argc, argv);
	if (rv != 0)
		return rv < 0 ? USAGE : FINE;
	if (o.list) {
		print_hashes(&o.load);
		rv = FINE;
	} else {
		rv = run(&o, conf_arg(c, 0));
	}
	conf_free(c);
	return fflush(stdout) == 0 ? rv : FAILED;
}
