#include "test/sim/simnet_int.h"

/*
 * Loss in bursts, after Gilbert: each access link is by turns good, when it
 * loses nothing, and bad, when it loses half of the packets. Both last for
 * exponential times.
 */

#define BAD_PPM 500000

/* Exponential of that mean: ln 2 times the binary logarithm. */
static sp_time
lasting(struct simnet *net, sp_time mean)
{
	return mean / 1000 * rng_log2_inv(&net->rng) / 65536 * 693 + 1;
}

static uint32_t
node_loss(struct simnet *net, uint32_t id)
{
	struct node *n = &net->nodes[id];
	const struct simnet_node_conf *c = &n->conf;
	sp_time good;

	if (c->burst == 0 || c->loss_ppm == 0 || c->loss_ppm >= BAD_PPM)
		return c->loss_ppm;
	/* The bad share of the time is loss / BAD_PPM. */
	good = c->burst / 1000 * (BAD_PPM - c->loss_ppm) / c->loss_ppm * 1000;
	if (n->turn == 0)
		n->turn = net->now + lasting(net, good);
	while (n->turn <= net->now) {
		n->burst = !n->burst;
		n->turn += lasting(net, n->burst ? c->burst : good);
	}
	return n->burst ? BAD_PPM : 0;
}

uint32_t
loss_now(struct simnet *net, const struct conn *c)
{
	return node_loss(net, c->node[0]) + node_loss(net, c->node[1]);
}
