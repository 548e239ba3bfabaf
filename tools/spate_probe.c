/* spate-probe: finds out how others can reach this machine. */

#include <errno.h>

#include "io/daemon.h"
#include "tools/probe_int.h"
#include "wire/uri.h"

#define TEXT_MAX (1024 * 1024)

/* How it ended. */
enum {
	FINE,
	PROBLEMS, /* something does not work, or could not be tried */
	USAGE,
};

static struct link *
get_link(const char *text)
{
	struct link *l = calloc(1, sizeof(*l));
	struct link_error e = { NULL, 0 };

	if (l == NULL)
		daemon_fail("link", "out of memory");
	if (link_parse(l, text, strlen(text), &e) < 0)
		daemon_usage("link",
		    e.what != NULL ? e.what : "not a channel link");
	return l;
}

static int
print(const struct probe *p, const struct probe_verdict *v)
{
	struct sp_buf b;
	int rv = 0;

	buf_init(&b, io_mem(), TEXT_MAX);
	if (p->o->output == PROBE_JSON)
		rv = probe_print_json(&b, &p->f, v);
	else
		probe_print_text(&b, &p->f, v);
	if (rv == 0)
		rv = b.err;
	if (rv == 0)
		fwrite(b.p, 1, b.len, stdout);
	if (rv == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rv = SP_ERR_IO;
	buf_fini(&b);
	if (rv < 0)
		daemon_complain("stdout",
		    rv == SP_ERR_IO ? strerror(errno) : sp_strerror(rv));
	return rv;
}

static int
run(const struct probe_options *o, const char *arg)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct probe_verdict v;
	struct link *l = NULL;
	int rv;

	if (p == NULL)
		daemon_fail("setup", "out of memory");
	p->o = o;
	if (arg != NULL && uri_is_http(arg, strlen(arg)))
		p->url = arg;
	else if (arg != NULL)
		p->link = l = get_link(arg);
	if (p->url != NULL && strlen(p->url) > LIM_URI)
		daemon_usage("url", "too long");
	rv = probe_run(p);
	if (rv == 0) {
		probe_judge(&v, &p->f);
		rv = print(p, &v);
	}
	free(l);
	free(p);
	return rv == 0 && v.n_problems == 0 ? FINE : PROBLEMS;
}

int
main(int argc, char **argv)
{
	struct probe_options o;
	struct conf *c;
	int rv;

	daemon_setup("spate-probe");
	if (hash_setup() < 0)
		daemon_fail("libcrypto", "no SHA-256");
	memset(&o, 0, sizeof(o));
	if ((rv = conf_parse(&c, &probe_options_prog, &o, argc, argv)) != 0)
		return rv < 0 ? USAGE : FINE;
	rv = run(&o, conf_nargs(c) > 0 ? conf_arg(c, 0) : NULL);
	conf_free(c);
	return rv;
}
