#ifndef TEST_UNIT_VOD_HELP_H
#define TEST_UNIT_VOD_HELP_H

/* A torrent that is played, on a scripted libtorrent, and HTTP clients. */

#include <ctype.h>
#include <unistd.h>

#include "io/conn.h"
#include "io/sock.h"
#include "swarm/client/vod.h"
#include "swarm/client/vod_save.h"
#include "test/unit/lt_fake.h"
#include "test/unit/unit.h"

#define CLIENTS 3

struct client {
	struct conn *c;
	char got[1 << 20];
	size_t n;
	bool closed;
	bool deaf; /* takes nothing */
};

static struct loop *loop;
static struct vod *vod;
static struct vod_conf conf;
static struct client clients[CLIENTS];
static char dir[64];
static bool ready, left;
static char failed[256];

static void
on_ready(void *ctx SP_UNUSED)
{
	ready = true;
}

static void
on_failed(void *ctx SP_UNUSED, const char *what, const char *why)
{
	snprintf(failed, sizeof(failed), "%s: %s", what, why);
}

static void
on_left(void *ctx SP_UNUSED)
{
	left = true;
}

static const struct vod_ops vod_test_ops = { on_ready, on_failed, on_left };

static void
client_data(void *ctx, struct conn *c SP_UNUSED, const uint8_t *p, size_t len)
{
	struct client *k = ctx;

	ck_assert_uint_lt(k->n + len, sizeof(k->got));
	memcpy(k->got + k->n, p, len);
	k->n += len;
	k->got[k->n] = '\0';
}

static void
client_close(void *ctx, struct conn *c SP_UNUSED, int err SP_UNUSED,
    const char *why SP_UNUSED)
{
	struct client *k = ctx;

	k->closed = true;
	k->c = NULL;
}

static const struct conn_ops client_ops = {
	.data = client_data,
	.close = client_close,
};

#define UNTIL(what)                                              \
	do {                                                     \
		sp_time until_ = io_now() + 5 * SP_S;            \
                                                                 \
		while (!(what)) {                                \
			ck_assert_msg(io_now() < until_, #what); \
			loop_step(loop, io_now() + 20 * SP_MS);  \
		}                                                \
	} while (0)

/* Lets the loop go round for a while. */
static inline void
rest(sp_time t)
{
	sp_time end = io_now() + t;

	do
		loop_step(loop, end);
	while (io_now() < end);
}

static inline void
vod_begin(const struct fake_file *v, size_t n)
{
	fake_init("torrent", v, n);
	snprintf(dir, sizeof(dir), "/tmp/check-vod-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	memset(clients, 0, sizeof(clients));
	memset(&conf, 0, sizeof(conf));
	conf.door.listen[0] = addr_make(4, "\x7f\0\0\x01", 0);
	conf.door.n_listen = 1;
	conf.save = dir;
	conf.magnet = "magnet:?xt=urn:btih:x";
	memcpy(conf.id, fake.info.id, sizeof(conf.id));
	conf.version = "0";
	ready = left = false;
	failed[0] = '\0';
	ck_assert_int_eq(loop_new(&loop), 0);
}

static inline void
vod_make(void)
{
	struct lt_error why;

	ck_assert_int_eq(vod_new(&vod, &conf, loop, &vod_test_ops, NULL, &why),
	    0);
}

/* The torrent is known, and nothing of it is here. */
static inline void
vod_up(const struct fake_file *v, size_t n)
{
	vod_begin(v, n);
	vod_make();
	fake_metadata();
	fake_checked();
	UNTIL(ready);
	rest(20 * SP_MS);
}

static inline void
vod_end(void)
{
	size_t i;

	for (i = 0; i < CLIENTS; i++)
		conn_free(clients[i].c);
	vod_free(vod);
	vod = NULL;
	loop_free(loop);
	ck_assert_int_eq(vod_save_remove(dir), 0);
}

static inline void
dial(struct client *k)
{
	char url[VOD_URL_MAX];
	struct sp_addr a;
	const char *host;

	host = strstr(vod_url(vod, url), "//") + 2;
	ck_assert_int_eq(addr_parse(&a, host, strcspn(host, "/")), 0);
	ck_assert_int_eq(conn_dial(&k->c, loop, &a, 0, &client_ops, k), 0);
	k->closed = false;
}

/* Asks for |path| on connection |i|; |more| are header lines. */
static inline struct client *
ask(unsigned i, const char *method, const char *path, const char *more)
{
	struct client *k = &clients[i];
	char text[2048];

	if (k->c == NULL)
		dial(k);
	k->n = 0;
	k->got[0] = '\0';
	snprintf(text, sizeof(text),
	    "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n", method, path, more);
	ck_assert_int_eq(conn_write(k->c, text, strlen(text)), 0);
	return k;
}

/* The value of a header in lower case |name|; "" if it is not there. */
static inline const char *
header(const struct client *k, const char *name)
{
	static char out[4096];
	const char *s = k->got, *end = strstr(k->got, "\r\n\r\n");
	size_t n = strlen(name);

	out[0] = '\0';
	for (; end != NULL && s != NULL && s < end; s = strstr(s, "\r\n")) {
		s += s == k->got ? 0 : 2;
		if (strncasecmp(s, name, n) == 0 && s[n] == ':') {
			s += n + 2;
			snprintf(out, sizeof(out), "%.*s",
			    (int)strcspn(s, "\r"), s);
			break;
		}
		if (s == k->got)
			s++;
	}
	return out;
}

static inline int
status(const struct client *k)
{
	return k->n > 12 ? (int)strtol(k->got + 9, NULL, 10) : 0;
}

static inline const uint8_t *
body(const struct client *k, size_t *len)
{
	const char *end = strstr(k->got, "\r\n\r\n");

	*len = end == NULL ? 0 : k->n - (size_t)(end + 4 - k->got);
	return end == NULL ? NULL : (const uint8_t *)end + 4;
}

static inline size_t
body_len(const struct client *k)
{
	size_t n;

	body(k, &n);
	return n;
}

/* The body is bytes [from, from + len) of the torrent. */
static inline void
assert_body(const struct client *k, uint64_t from, size_t len)
{
	const uint8_t *p;
	size_t i, n;

	p = body(k, &n);
	ck_assert_uint_eq(n, len);
	for (i = 0; i < n; i++)
		ck_assert_msg(p[i] == fake_byte(from + i), "byte %zu", i);
}

/* The whole answer, as Content-Length has it. */
static inline bool
answered(const struct client *k)
{
	const char *len = header(k, "content-length");

	return *len != '\0' && body_len(k) == strtoul(len, NULL, 10);
}

static inline struct client *
get(const char *path, const char *more)
{
	struct client *k = ask(0, "GET", path, more);

	UNTIL(answered(k));
	return k;
}

#endif
