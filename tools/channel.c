#include "tools/channel.h"

#include "io/daemon.h"
#include "io/loop.h"

static const char *
why(int err, const char *url)
{
	return err == SP_ERR_FULL     ? "too many"
	       : err == SP_ERR_TOOBIG ? "too long"
				      : url;
}

static bool
add_all(struct keyfile *k, const struct conf_list *l, const char *option,
    int (*add)(struct keyfile *k, const char *url))
{
	char text[LIM_URI + 64];
	int rv;

	for (size_t i = 0; i < l->n; i++) {
		rv = add(k, l->v[i]);
		if (rv == 0)
			continue;
		snprintf(text, sizeof(text), "not an http(s) URL: %s", l->v[i]);
		daemon_complain(option, why(rv, text));
		return false;
	}
	return true;
}

bool
channel_add(struct keyfile *k, const char *name,
    const struct conf_list *trackers, const struct conf_list *origins)
{
	int rv = name != NULL ? keyfile_set_name(k, name) : 0;

	if (rv < 0) {
		daemon_complain("--name", why(rv, "control characters"));
		return false;
	}
	return add_all(k, trackers, "--tracker", keyfile_add_tracker) &&
	       add_all(k, origins, "--origin", keyfile_add_origin);
}

bool
channel_put_link(const struct keyfile *k, const char *prefix)
{
	struct sp_buf b;
	bool ok;

	buf_init(&b, io_mem(), 3 * (LIM_TRACKERS + LIM_ORIGINS + 1) * LIM_URI);
	link_write(&b, &k->link);
	ok = b.err == 0;
	if (ok)
		printf("%s%.*s\n", prefix, (int)b.len, (const char *)b.p);
	else
		daemon_complain("link", sp_strerror(b.err));
	if (ok && b.len > LIM_LINK)
		daemon_complain("link",
		    "longer than 8192 bytes: programs will refuse it");
	buf_fini(&b);
	return ok;
}
