#include "swarm/client/vod_origin_ban.h"

#define FIRST (60 * SP_S)
#define LONG  (3600 * SP_S)

size_t
vod_origin_file(const struct lt_info *info, uint64_t at)
{
	size_t low = 0, high = info->n_files, mid;

	while (high - low > 1) {
		mid = (low + high) / 2;
		if ((uint64_t)info->files[mid].offset <= at)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static struct vod_ban *
find(const struct vod_bans *b, unsigned origin, size_t file)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].origin == origin && b->v[i].file == file)
			return (struct vod_ban *)&b->v[i];
	return NULL;
}

/* A row for one that is new; *lost: of another, whose time has not ended. */
static struct vod_ban *
make(struct vod_bans *b, unsigned origin, size_t file, sp_time now, bool *lost)
{
	struct vod_ban *out = b->v;

	if (b->n < VOD_BANS)
		out = &b->v[b->n++];
	else
		for (size_t i = 1; i < VOD_BANS; i++)
			if (b->v[i].until < out->until)
				out = &b->v[i];
	*lost = now < out->until;
	*out = (struct vod_ban){ .origin = origin, .file = file };
	return out;
}

/* True: another one was forgotten for it. */
static bool
ban(struct vod_bans *b, unsigned origin, size_t file, sp_time now)
{
	struct vod_ban *x = find(b, origin, file);
	bool lost = false;

	if (x == NULL)
		x = make(b, origin, file, now, &lost);
	if (now < x->until)
		return false;
	x->until = now + SP_MIN(FIRST << SP_MIN(x->times, 10u), LONG);
	x->times++;
	return lost;
}

bool
vod_bans_add(struct vod_bans *b, const struct lt_info *info, unsigned origin,
    uint64_t from, uint64_t to, sp_time now)
{
	bool lost = false;
	size_t f;

	for (f = vod_origin_file(info, from);
	     f < info->n_files && (uint64_t)info->files[f].offset < to; f++)
		if (!info->files[f].pad && info->files[f].length > 0)
			lost |= ban(b, origin, f, now);
	return lost;
}

bool
vod_bans_has(const struct vod_bans *b, const struct lt_info *info,
    unsigned origin, uint64_t from, uint64_t to, sp_time now)
{
	const struct vod_ban *x;
	size_t f;

	if (b->n == 0)
		return false;
	for (f = vod_origin_file(info, from);
	     f < info->n_files && (uint64_t)info->files[f].offset < to; f++) {
		x = find(b, origin, f);
		if (x != NULL && now < x->until)
			return true;
	}
	return false;
}
