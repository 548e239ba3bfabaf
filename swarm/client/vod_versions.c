#include "swarm/client/vod_run_int.h"

#include <errno.h>
#include <unistd.h>

#include "io/daemon.h"

/*
 * Of a channel's files: the newest version is played; the one before, until
 * all of the newest is here.
 *
 *	nothing   the item comes     plays it, fetching it to DIR
 *	plays A   the item of B      plays A, fetches B beside it (vod_update)
 *	          all of B is here   waits until nobody reads, LAST_READ at most
 *	                             A leaves, B's files go to DIR, plays B
 */

#define LAST_READ  (5 * 60 * SP_S)
#define MEET_EVERY (10 * SP_S)
#define MAGNET_MAX (16 * 1024)

/* The item's torrent: *out is malloc-ed. */
static int
make_magnet(const struct run *r, const struct head_item *it, char **out,
    uint8_t id[20])
{
	struct fileitem i;
	struct sp_buf b;
	int rv = fileitem_open(&i, it, r->link->pk);

	*out = NULL;
	if (rv < 0)
		return rv;
	memcpy(id, i.id, sizeof(i.id));
	buf_init(&b, io_mem(), MAGNET_MAX);
	fileitem_magnet(&b, &i);
	buf_put_u8(&b, '\0');
	rv = b.err;
	if (rv == 0 && (*out = strdup((const char *)b.p)) == NULL)
		rv = SP_ERR_NOMEM;
	buf_fini(&b);
	return rv;
}

/* Are they of the same torrent? */
static bool
same_files(const struct run *r, const struct head_item *a,
    const struct head_item *b)
{
	struct fileitem x, y;

	return fileitem_open(&x, a, r->link->pk) == 0 &&
	       fileitem_open(&y, b, r->link->pk) == 0 &&
	       memcmp(x.id, y.id, sizeof(x.id)) == 0;
}

static void
meet(struct run *r)
{
	struct sp_addr v[VOD_FOLLOW_PEERS];
	size_t n = vod_follow_peers(r->follow, v);

	for (size_t i = 0; i < n; i++) {
		if (r->update != NULL)
			vod_update_meet(r->update, &v[i]);
		else if (r->vod != NULL)
			vod_meet(r->vod, &v[i]);
	}
}

/* ---- playing ---- */

static int
play(struct run *r, const struct head_item *it)
{
	char *magnet;
	int rv;

	if ((rv = make_magnet(r, it, &magnet, r->conf.id)) < 0) {
		daemon_complain(r->name, sp_strerror(rv));
		return rv;
	}
	free(r->magnet);
	r->conf.magnet = r->what = r->magnet = magnet;
	r->playing = *it;
	r->ready = false;
	vod_follow_set_here(r->follow, it);
	if ((rv = vod_run_begin(r)) < 0)
		return rv;
	/* the next version is to be found where this one was */
	for (size_t i = 0; i < r->conf.door.n_listen; i++)
		if (r->conf.door.listen[i].port == 0)
			r->conf.door.listen[i].port = vod_port(r->vod);
	printf("version: %lld\n", (long long)it->seq);
	fflush(stdout);
	r->met_at = 0;
	meet(r);
	return 0;
}

/* ---- the next one ---- */

static void
update_done(void *ctx)
{
	struct run *r = ctx;

	r->update_done = loop_now(r->loop);
	log_msg(&r->status.log, LOG_LEVEL_INFO,
	    "files: all of the next version is here seq=%lld",
	    (long long)r->next.seq);
}

static void
update_failed(void *ctx, const char *what, const char *why)
{
	struct run *r = ctx;

	/* not freed here: it calls us */
	r->update_failed = true;
	log_msg(&r->status.log, LOG_LEVEL_ERROR,
	    "files: the next version cannot be had what=%s why=%s", what, why);
}

static const struct vod_update_ops update_ops = { update_done, update_failed };

static void
end_update(struct run *r)
{
	vod_update_free(r->update);
	r->update = NULL;
	r->update_done = 0;
	r->update_failed = false;
}

/* What there is of version |it| beside that which is played. */
static void
forget(const struct run *r, const struct head_item *it)
{
	struct fileitem i;

	if (it->seq > 0 && fileitem_open(&i, it, r->link->pk) == 0)
		vod_update_forget(r->save, i.id);
}

/* Another version has come before this one was here. */
static void
drop_update(struct run *r)
{
	end_update(r);
	forget(r, &r->next);
}

static void
begin_update(struct run *r, const struct head_item *it)
{
	struct lt_error why = { .size = sizeof(why) };
	struct vod_conf conf = r->conf;
	uint8_t id[20];
	char *magnet;
	int rv;

	/* signed anew after it had failed, it goes on from what is there */
	if (!same_files(r, it, &r->next))
		drop_update(r);
	r->next = *it;
	vod_follow_set_next(r->follow, it);
	if ((rv = make_magnet(r, it, &magnet, id)) == 0)
		rv = vod_run_origins(r, &r->next_origins, magnet);
	conf.origins = r->next_origins.v;
	conf.n_origins = r->next_origins.n;
	conf.n_told = r->next_origins.n_seeds;
	if (rv == 0)
		rv = vod_update_new(&r->update, &conf, r->vod, magnet, id,
		    r->loop, &update_ops, r, &why);
	free(magnet);
	if (rv < 0)
		log_msg(&r->status.log, LOG_LEVEL_ERROR,
		    "files: the next version cannot be fetched why=%s",
		    why.code < 0      ? why.text
		    : rv == SP_ERR_IO ? strerror(errno)
				      : sp_strerror(rv));
	else
		log_msg(&r->status.log, LOG_LEVEL_INFO,
		    "files: fetches the next version seq=%lld",
		    (long long)it->seq);
	r->met_at = 0;
}

/* What of the old version is not in the new one will be removed. */
static void
note_old(struct run *r)
{
	const struct lt_info *i = vod_info(r->vod);
	size_t n = i != NULL ? i->n_files : 0;

	r->n_old = 0;
	r->old = calloc(n + 1, sizeof(*r->old));
	for (size_t k = 0; r->old != NULL && k < n; k++)
		if (!i->files[k].pad)
			r->old[r->n_old++] = strdup(i->files[k].path);
}

/* A file, and the folders above it that are empty then. */
static void
remove_file(const struct run *r, char *path)
{
	char full[2 * PATH_MAX], *slash;

	snprintf(full, sizeof(full), "%s/%s", r->save, path);
	if (unlink(full) < 0)
		return;
	while ((slash = strrchr(full, '/')) != NULL &&
	       (size_t)(slash - full) > strlen(r->save)) {
		*slash = '\0';
		if (rmdir(full) < 0)
			return;
	}
}

/*
 * Before the new files come, so that nothing of them can be meant. Links that
 * the new version has to the same bytes do not mind.
 */
static void
remove_old(struct run *r)
{
	char resume[PATH_MAX + 64], hex[41];

	for (size_t i = 0; i < r->n_old; i++) {
		if (r->old[i] != NULL)
			remove_file(r, r->old[i]);
		free(r->old[i]);
	}
	free(r->old);
	r->old = NULL;
	r->n_old = 0;
	buf_hex(hex, r->conf.id, sizeof(r->conf.id));
	snprintf(resume, sizeof(resume), "%s/.spate-%s", r->save, hex);
	(void)unlink(resume);
}

static void
swap(struct run *r)
{
	note_old(r);
	end_update(r);
	r->swapping = true;
	vod_leave(r->vod);
}

static void
install(struct run *r, sp_time now SP_UNUSED)
{
	struct fileitem i;
	int rv;

	vod_free(r->vod);
	r->vod = NULL;
	r->swapping = false;
	vod_follow_set_here(r->follow, &r->next);
	remove_old(r);
	rv = fileitem_open(&i, &r->next, r->link->pk);
	if (rv == 0 && (rv = vod_update_install(r->save, i.id)) < 0)
		daemon_complain(r->save, strerror(errno));
	if (rv < 0 || play(r, &r->next) < 0)
		vod_run_leave(r, 1);
}

bool
vod_versions_left(struct run *r)
{
	/* the vod may be at work still: goes on with the tick */
	if (r->link == NULL || !r->swapping || r->leaving)
		return false;
	io_timer_set(&r->tick, 0);
	return true;
}

/* ---- what happens ---- */

static void
on_news(void *ctx)
{
	struct run *r = ctx;

	/* with the tick, which sees all */
	io_timer_set(&r->tick, 0);
}

static void
on_left(void *ctx)
{
	struct run *r = ctx;

	r->follow_left = true;
	vod_run_left(r);
}

static const struct vod_follow_ops follow_ops = { on_news, on_left };

/* Another item than those that are played and fetched. */
static void
look_news(struct run *r)
{
	const struct head_item *it = vod_follow_newest(r->follow);

	if (it->seq == 0 || it->seq == r->playing.seq)
		return;
	if (r->vod == NULL) {
		if (play(r, it) < 0)
			vod_run_leave(r, 1);
	} else if (same_files(r, it, &r->playing)) {
		/* told anew, or told that it is the right one again */
		r->playing = *it;
		vod_follow_set_here(r->follow, it);
		drop_update(r);
	} else if (r->next.seq != it->seq) {
		if (r->update != NULL && same_files(r, it, &r->next))
			r->next = *it;
		else
			begin_update(r, it);
	}
}

void
vod_versions_tick(struct run *r, const struct vod_counts *c, sp_time now)
{
	if (r->link == NULL || r->leaving)
		return;
	if (r->swapping) {
		if (r->vod_left)
			install(r, now);
		return;
	}
	if (r->update_failed)
		end_update(r);
	look_news(r);
	if (r->leaving)
		return;
	if (r->update_done > 0 &&
	    (c->players == 0 || now - r->update_done >= LAST_READ))
		swap(r);
	if (r->met_at == 0 || now - r->met_at >= MEET_EVERY) {
		r->met_at = now;
		meet(r);
	}
}

/* ---- beginning and end ---- */

int
vod_versions_open(struct run *r)
{
	const struct head_item *here;
	struct fileitem i;
	int rv;

	rv = vod_follow_new(&r->follow, r->o, r->link, r->save, &r->status.log,
	    r->loop, &follow_ops, r);
	if (rv < 0)
		return rv;
	here = vod_follow_here(r->follow);
	if (here->seq == 0)
		return 0;
	if (!same_files(r, vod_follow_next(r->follow), here) &&
	    !same_files(r, vod_follow_next(r->follow),
		vod_follow_newest(r->follow)))
		forget(r, vod_follow_next(r->follow));
	rv = fileitem_open(&i, here, r->link->pk);
	/* the run before may have been cut off while it moved them */
	if (rv == 0 && (rv = vod_update_install(r->save, i.id)) < 0)
		daemon_complain(r->save, strerror(errno));
	return rv < 0 ? rv : play(r, here);
}

void
vod_versions_leave(struct run *r)
{
	if (r->follow != NULL)
		vod_follow_leave(r->follow);
}

void
vod_versions_close(struct run *r)
{
	vod_update_free(r->update);
	vod_follow_free(r->follow);
	for (size_t i = 0; i < r->n_old; i++)
		free(r->old[i]);
	free(r->old);
	free(r->magnet);
}
