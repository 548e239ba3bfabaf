#include "swarm/client/vod_int.h"
#include "swarm/client/vod_save.h"

#define RETRY_FREE ((int64_t)64 << 20) /* bytes that make it worth a try */
#define STARVED    (3 * SP_S)

/* Something is in the way: libtorrent neither asks nor, as a rule, serves. */
static bool
stands_still(const struct lt_status *st)
{
	return st->error != 0 || st->flags & (LT_UPLOAD_ONLY | LT_PAUSED);
}

/* ---- what is in the way ---- */

void
vod_again_trouble(struct vod *v, const struct lt_error *e)
{
	bool news = v->trouble.code == 0;

	/* what was not written cannot be read: no trouble of its own */
	if (v->trouble.code != SP_ERR_FULL)
		v->trouble = *e;
	if (e->code == SP_ERR_NOMEM || e->code == SP_ERR_EXISTS) {
		vod_torrent_fail(v, "torrent", e->text);
		return;
	}
	if (news)
		log_msg(v->conf->log, LOG_LEVEL_ERROR, "save: %s dir=%s why=%s",
		    e->code == SP_ERR_FULL
			? "no space, what is here can be played"
			: "nothing more is fetched",
		    v->conf->save, e->text);
	vod_get_cut_waiting(v);
}

void
vod_again_status(struct vod *v)
{
	if (!stands_still(&v->st))
		v->trouble.code = 0;
}

/* ---- beginning anew ---- */

/*
 * Until libtorrent has looked at it again nothing is sent to players: it may
 * have a piece less than we believed, and write to it.
 */
static void
renew(struct vod *v, const struct sp_addr *pardon)
{
	if (lt_renew(v->lt, v->id, pardon) < 0)
		return;
	v->renewing = true;
	v->trusted = false;
}

void
vod_again_added(struct vod *v, const struct lt_error *e)
{
	if (!v->renewing)
		return;
	v->renewing = false;
	if (e->code < 0) {
		v->trusted = true;
		log_msg(v->conf->log, LOG_LEVEL_WARN,
		    "torrent: cannot begin anew why=%s", e->text);
		return;
	}
	v->trouble.code = 0;
	v->saving = false;
	v->st.have = 0;
	memset(v->have, 0, (size_t)v->info->n_pieces / 8 + 1);
	vod_plan_reset(v->plan);
	vod_torrent_replan(v, true);
}

void
vod_again_banned(struct vod *v, const struct sp_addr *who)
{
	char text[ADDR_STRLEN];

	log_msg(v->conf->log, LOG_LEVEL_INFO,
	    "peer: banned, for pieces that came wrong addr=%s",
	    addr_str(who, text));
	vod_banned_add(&v->banned, who, loop_now(v->loop));
}

/*
 * Somebody may have made room. Who was banned when the disk was full is
 * innocent, and pieces that could not be read may be stuck.
 */
static void
look_for_room(struct vod *v)
{
	if (v->trouble.code != SP_ERR_FULL ||
	    vod_save_space(v->conf->save) < RETRY_FREE)
		return;
	memset(&v->banned, 0, sizeof(v->banned));
	renew(v, NULL);
}

/* Nothing comes: is it because of who was banned? */
static void
look_starved(struct vod *v, sp_time now)
{
	const struct sp_addr *who;
	char text[ADDR_STRLEN];

	if (v->st.state != LT_STATE_LOADING || stands_still(&v->st) ||
	    v->st.down_bytes != v->came_bytes || v->st.have != v->came_have) {
		v->came_bytes = v->st.down_bytes;
		v->came_have = v->st.have; /* of web seeds, too */
		v->came_at = now;
		return;
	}
	if (now - v->came_at < STARVED ||
	    (who = vod_banned_pardon(&v->banned, now)) == NULL)
		return;
	log_msg(v->conf->log, LOG_LEVEL_WARN,
	    "peer: nothing comes from others, is let in again addr=%s",
	    addr_str(who, text));
	v->came_at = now;
	renew(v, who);
}

void
vod_again_tick(struct vod *v, sp_time now)
{
	if (v->renewing || !v->trusted || v->leaving)
		return;
	look_for_room(v);
	if (!v->renewing)
		look_starved(v, now);
}
