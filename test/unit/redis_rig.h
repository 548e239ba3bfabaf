#ifndef TEST_UNIT_REDIS_RIG_H
#define TEST_UNIT_REDIS_RIG_H

/*
 * Redis servers that say what a test wants, on the loop of who asks them, and
 * a struct redis_net that speaks to them.
 */

#include "io/redis_net.h"
#include "test/unit/unit.h"

#define RIG_SERVERS  3
#define RIG_RULES    8
#define RIG_ANSWERS  32
#define RIG_PATIENCE (30 * SP_S) /* the machine may be busy */
#define RIG_OK       "+OK\r\n"

struct rig_rule {
	const char *command; /* its beginning, words parted by a blank */
	const char *answer;  /* NULL: none; "": it hangs up */
};

struct rig_server {
	struct evconnlistener *listener;
	uint16_t port;
	struct rig_rule rules[RIG_RULES]; /* the last that fits counts */
	size_t n_rules;
	struct rig_link *links;
	char log[4096]; /* commands, each with a newline, but for TIME */
};

struct rig {
	struct loop *loop;
	struct rig_server s[RIG_SERVERS];
	struct redis_url url;
	struct redis_net *net;
	unsigned ups, downs;
	uint64_t ms;
	char why[256];
	struct {
		int err;
		char text[64]; /* a string, number, error; "": another type */
	} got[RIG_ANSWERS];
	unsigned n_got;
	bool close_in_answer, open_in_down;
};

/* Three servers that know no cluster, and nobody connected. */
void rig_start(struct rig *r);
void rig_end(struct rig *r);
void rig_rule(struct rig *r, size_t i, const char *command, const char *answer);
/* Opens, and runs until up or down. */
void rig_open(struct rig *r);
/* Runs until |*count| is |n|; fails after RIG_PATIENCE. */
void rig_until(struct rig *r, const unsigned *count, unsigned n);
/* Runs for some rounds without waiting. */
void rig_spin(struct rig *r);
/* GET |key|, its answer to r->got; the result of redis_net_send. */
int rig_get(struct rig *r, const char *key);
/* All answer that server |i| has slots from 5461 i on. */
void rig_cluster(struct rig *r);
/* Ends connections to it, and takes new ones only if |listens|. */
void rig_cut(struct rig *r, size_t i, bool listens);

#endif
