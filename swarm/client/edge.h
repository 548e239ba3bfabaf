#ifndef SWARM_CLIENT_EDGE_H
#define SWARM_CLIENT_EDGE_H

/*
 * The local edge: an HTTP server from which any player plays the channel.
 *
 *	/master.m3u8, /t/...   HLS, see swarm/client/hls_path.h
 *	/status.json           everything that is known, for scripts
 *	/metrics               for Prometheus
 *	/                      a page for people
 *
 * What is listed is never refused: a request for a piece that is not complete
 * is answered with its length at once and its bytes as they come. The first
 * playlist of a track waits for two segments.
 *
 * A track is followed (downloaded) while players ask for it, and 20 s longer;
 * or less when the player asks for another rendition instead (rungs.h).
 * The only track of a channel is followed always; of several, the preferred
 * one (conf.track, else the first variant's) from the start until a player
 * has asked for any.
 *
 * Media may be read by any web page (CORS), status by none. On loopback the
 * Host must be a loopback name (DNS rebinding); elsewhere a token is asked
 * for, as ?token= or as the first part of the path, and playlists carry it.
 */

#include "swarm/client/door.h"
#include "swarm/client/mesh_host.h"

struct edge;

struct edge_conf {
	struct door door;
	int track;           /* preferred, -1: none */
	bool all_renditions; /* those with few viewers too */
	uint32_t window_ms;  /* that the mesh keeps */
	const char *version; /* for the metrics; borrowed */
	const char *name;    /* of the link, "" if none; borrowed */
};

/*
 * |h| is borrowed for life. SP_ERR_EXISTS (port in use), SP_ERR_IO (errno),
 * SP_ERR_DENIED (not loopback and no token), SP_ERR_ARG (token), SP_ERR_NOMEM.
 */
int edge_new(struct edge **out, const struct edge_conf *conf, struct loop *loop,
    struct mesh_host *h);
/* Cuts all players. NULL is fine. */
void edge_free(struct edge *e);
/* mesh_host_ops.changed. */
void edge_changed(struct edge *e, unsigned what);
/* Playback URL: http://127.0.0.1:PORT/master.m3u8. Returns |out|. */
#define EDGE_URL_MAX DOOR_URL_MAX
const char *edge_url(const struct edge *e, char out[EDGE_URL_MAX]);

#endif
