#include "swarm/client/vod_follow.h"

#include <errno.h>

#include "io/daemon.h"
#include "io/store.h"
#include "swarm/client/viewer_host.h"

#define HEAD     "spate files 1\n"
#define FILE_MAX ((size_t)8192)
#define MODE     0600

struct vod_follow {
	const struct link *link;
	const struct sp_log *log;
	const struct vod_follow_ops *ops;
	void *ctx;
	struct loop *loop;
	struct origin *origin;
	struct mesh_host *host;
	struct head_item newest, here, next;
	char path[PATH_MAX]; /* what is kept */
	bool told_old, told_failed;
};

/* ---- what is kept ---- */

static void
put_item(struct sp_buf *b, const char *word, const struct head_item *it)
{
	char hex[2 * FILEITEM_PACKED + 1];
	uint8_t room[FILEITEM_PACKED];
	struct sp_buf raw;

	if (it->seq == 0)
		return;
	buf_wrap(&raw, room, sizeof(room));
	fileitem_pack(&raw, it);
	buf_hex(hex, raw.p, raw.len);
	buf_put_str(b, word);
	buf_put_str(b, hex);
	buf_put_u8(b, '\n');
}

static void
keep(struct vod_follow *f)
{
	char room[FILE_MAX];
	struct sp_buf b;

	buf_wrap(&b, room, sizeof(room));
	buf_put_str(&b, HEAD);
	put_item(&b, "seen ", &f->newest);
	put_item(&b, "here ", &f->here);
	put_item(&b, "next ", &f->next);
	if (store_write(f->path, b.p, b.len, MODE) == 0 || f->told_failed)
		return;
	f->told_failed = true;
	log_msg(f->log, LOG_LEVEL_WARN,
	    "files: which version there is cannot be kept file=%s why=%s",
	    f->path, strerror(errno));
}

/* One line, |word| and hex. */
static int
get_item(struct vod_follow *f, const char **text, const char *word,
    struct head_item *out)
{
	uint8_t room[FILEITEM_PACKED];
	const char *p = *text, *end;
	struct fileitem i;
	size_t n;

	if (strncmp(p, word, strlen(word)) != 0)
		return 0;
	p += strlen(word);
	end = strchr(p, '\n');
	n = end != NULL ? (size_t)(end - p) : 0;
	if (n % 2 != 0 || n / 2 > sizeof(room) ||
	    buf_unhex(room, n / 2, p, n) < 0 ||
	    fileitem_unpack(out, room, n / 2) < 0 ||
	    fileitem_open(&i, out, f->link->pk) < 0)
		return SP_ERR_SYNTAX;
	*text = end + 1;
	return 0;
}

/* A file that is none must not let an old version in. */
static int
recall(struct vod_follow *f)
{
	const char *text;
	uint8_t *p;
	size_t len;
	int rv = store_read(f->path, FILE_MAX, &p, &len);

	if (rv == SP_ERR_NOTFOUND)
		return 0;
	if (rv < 0) {
		daemon_complain(f->path, strerror(errno));
		return rv;
	}
	text = (const char *)p;
	rv = strncmp(text, HEAD, strlen(HEAD)) == 0 ? 0 : SP_ERR_SYNTAX;
	text += rv == 0 ? strlen(HEAD) : 0;
	if (rv == 0)
		rv = get_item(f, &text, "seen ", &f->newest);
	if (rv == 0)
		rv = get_item(f, &text, "here ", &f->here);
	if (rv == 0)
		rv = get_item(f, &text, "next ", &f->next);
	if (rv == 0 && *text != '\0')
		rv = SP_ERR_SYNTAX;
	free(p);
	if (rv < 0)
		daemon_complain(f->path,
		    "is not what spate writes there: remove it to begin anew");
	return rv;
}

/* ---- what is heard ---- */

static void
take(struct vod_follow *f, const struct head_item *it)
{
	int rv = fileitem_merge(&f->newest, it, f->link->pk);

	if (rv == SP_ERR_EXISTS)
		return;
	if (rv == 0) {
		log_msg(f->log, LOG_LEVEL_INFO, "files: version seq=%lld",
		    (long long)it->seq);
		keep(f);
		(void)mesh_host_item(f->host, FILEITEM_SALT, &f->newest);
		f->ops->news(f->ctx);
	} else if (!f->told_old) {
		/* once: nodes may go on telling of it for hours */
		f->told_old = true;
		log_msg(f->log, LOG_LEVEL_WARN,
		    "files: version refused seq=%lld newest=%lld why=%s",
		    (long long)it->seq, (long long)f->newest.seq,
		    sp_errname(rv));
	}
}

static void
on_item(void *ctx, const char *salt SP_UNUSED, const struct head_item *it)
{
	take(ctx, it);
}

static void
on_changed(void *ctx, unsigned what)
{
	struct vod_follow *f = ctx;
	const struct manifest *m;
	struct head_item it;

	if (!(what & MESH_CHANGED_MANIFEST))
		return;
	m = mesh_manifest_get(mesh_host_mesh(f->host), NULL, NULL);
	if (m == NULL || m->files.len == 0)
		return;
	if (fileitem_unpack(&it, m->files.p, m->files.len) == 0)
		take(f, &it);
}

static void
on_tracker(void *ctx, const char *url, const char *why)
{
	struct vod_follow *f = ctx;

	if (why != NULL)
		log_msg(f->log, LOG_LEVEL_WARN,
		    "tracker: no answer, trying on url=%s why=%s", url, why);
}

static void
on_left(void *ctx)
{
	struct vod_follow *f = ctx;

	f->ops->left(f->ctx);
}

static const struct mesh_host_ops host_ops = {
	.changed = on_changed,
	.tracker = on_tracker,
	.left = on_left,
	.item = on_item,
};

/* ---- beginning and end ---- */

static int
start(struct vod_follow *f, const struct options *o, const char *dir)
{
	char hex[17];
	int rv;

	buf_hex(hex, f->link->pk, 8);
	rv = snprintf(f->path, sizeof(f->path), "%s/.spate-files-%s", dir, hex);
	if (rv < 0 || (size_t)rv >= sizeof(f->path)) {
		daemon_complain(dir, "the path is too long");
		return SP_ERR_TOOBIG;
	}
	if ((rv = recall(f)) < 0)
		return rv;
	rv = origin_new(&f->origin, f->loop, NULL);
	/* the port that the user gave is the torrent's */
	if (rv == 0)
		rv = viewer_host(&f->host, o, f->link, 0, f->log, f->loop,
		    f->origin, &host_ops, f);
	if (rv < 0) {
		if (rv != SP_ERR_SYNTAX)
			daemon_complain("files", sp_strerror(rv));
		return rv;
	}
	if (f->newest.seq > 0)
		(void)mesh_host_item(f->host, FILEITEM_SALT, &f->newest);
	(void)mesh_host_item_look(f->host, FILEITEM_SALT);
	return 0;
}

int
vod_follow_new(struct vod_follow **out, const struct options *o,
    const struct link *link, const char *dir, const struct sp_log *log,
    struct loop *loop, const struct vod_follow_ops *ops, void *ctx)
{
	struct vod_follow *f = calloc(1, sizeof(*f));
	int rv;

	*out = NULL;
	if (f == NULL)
		return SP_ERR_NOMEM;
	f->link = link;
	f->log = log;
	f->loop = loop;
	f->ops = ops;
	f->ctx = ctx;
	if ((rv = start(f, o, dir)) < 0) {
		vod_follow_free(f);
		return rv;
	}
	*out = f;
	return 0;
}

void
vod_follow_free(struct vod_follow *f)
{
	if (f == NULL)
		return;
	mesh_host_free(f->host);
	origin_free(f->origin);
	free(f);
}

void
vod_follow_leave(struct vod_follow *f)
{
	mesh_host_leave(f->host);
}

const struct head_item *
vod_follow_newest(const struct vod_follow *f)
{
	return &f->newest;
}

const struct head_item *
vod_follow_here(const struct vod_follow *f)
{
	return &f->here;
}

const struct head_item *
vod_follow_next(const struct vod_follow *f)
{
	return &f->next;
}

void
vod_follow_set_here(struct vod_follow *f, const struct head_item *it)
{
	f->here = *it;
	memset(&f->next, 0, sizeof(f->next));
	keep(f);
}

void
vod_follow_set_next(struct vod_follow *f, const struct head_item *it)
{
	f->next = *it;
	keep(f);
}

size_t
vod_follow_peers(struct vod_follow *f, struct sp_addr out[VOD_FOLLOW_PEERS])
{
	struct mesh_neighbour v[MESH_PEERS_MAX];
	struct fileitem i;
	size_t n, k, got = 0;

	if (f->newest.seq == 0 ||
	    fileitem_open(&i, &f->newest, f->link->pk) < 0 || i.port == 0)
		return 0;
	for (k = 0; k < f->link->n_peers && got < VOD_FOLLOW_PEERS; k++)
		out[got++] = f->link->peers[k];
	n = mesh_neighbours(mesh_host_mesh(f->host), v, MESH_PEERS_MAX,
	    loop_now(f->loop));
	for (k = 0; k < n && got < VOD_FOLLOW_PEERS; k++)
		if (v[k].seeder)
			out[got++] = v[k].addr;
	for (k = 0; k < got; k++)
		out[k].port = i.port;
	return got;
}
