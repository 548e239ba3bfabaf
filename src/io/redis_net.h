#ifndef SRC_IO_REDIS_NET_H
#define SRC_IO_REDIS_NET_H

/*
 * The servers behind one URL: a single one, or the masters of the Redis Cluster
 * that it belongs to, with a connection to each. A command goes to the node
 * that has the slot of its key.
 *
 * Where slots are is asked when it opens (CLUSTER SLOTS), and again a moment
 * after a node said that one has moved, or could not be reached. A command that
 * met MOVED is not sent again, for others may have overtaken it: it fails with
 * SP_ERR_AGAIN, and its owner tries again. ASK is followed. A node that
 * cannot be reached while others can fails its own commands alone; one that
 * was up and ends takes all down, so that whoever opens again looks at what is
 * there: a replica that took its place may lack what came last.
 *
 * The node that could be asked first is the URL's, then those that were known.
 */

#include "io/redis.h"

#define REDIS_SLOTS     16384
#define REDIS_NODES_MAX 64
#define REDIS_REFRESH   SP_S /* until slots are asked for again */

/* The slot of a key: by what stands in its first braces, else all of it. */
unsigned redis_slot(const void *key, size_t len);

/* What MOVED and ASK say; |host| "": he who said it. */
struct redis_redirect {
	bool ask;
	unsigned slot;
	char host[REDIS_TEXT_MAX];
	uint16_t port;
};
/* SP_ERR_SYNTAX: |error| is another error. */
int redis_redirect_parse(struct redis_redirect *out, const char *error);

enum redis_lane {
	REDIS_LANE_CMD,
	REDIS_LANE_WAIT, /* what blocks: to the node of conf.wait_key alone */
};

struct redis_net_conf {
	struct loop *loop;
	const struct redis_url *url; /* borrowed */
	const char *tls_ca, *tls_cert;
	const char *wait_key;        /* borrowed; its node's clock is told */
	const struct redis_ops *ops; /* borrowed; as of a connection */
	void *ctx;
};

struct redis_net;

/* As redis_env_new. */
int redis_net_new(struct redis_net **out, const struct redis_net_conf *conf,
    char *why, size_t size);
void redis_net_free(struct redis_net *n); /* NULL is fine */
/* As redis_env_tls; nothing without TLS. */
int redis_net_tls(struct redis_net *n, const char *tls_ca, const char *tls_cert,
    char *why, size_t size);
/* As of a connection. */
void redis_net_open(struct redis_net *n);
void redis_net_close(struct redis_net *n);
/*
 * As redis_send. SP_ERR_AGAIN, also to |cb|: its node is not known or not
 * there at present.
 */
int redis_net_send(struct redis_net *n, enum redis_lane lane, const char *key,
    const struct redis_arg *v, size_t argc, redis_cb *cb, void *ctx, void *arg);

struct redis_net_stats {
	uint64_t nodes; /* that have slots; 1: no cluster */
	uint64_t up;    /* of them */
	uint64_t moved; /* commands that met MOVED or ASK */
};
void redis_net_stats(const struct redis_net *n, struct redis_net_stats *out);

#endif
