#include "lt/lt.h"
#include "test/unit/lt_rig.h"

#include <sodium.h>

/* Eight DHT nodes on one host; each was told of all others. */

static struct lt_rig rig;
static const uint8_t hash[20] = { 0xaa, 1, 2, 3 };

static struct {
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
} key;

static void
begin(void)
{
	ck_assert_int_ge(sodium_init(), 0);
	crypto_sign_keypair(key.pk, key.sk);
	lt_rig_begin(&rig, 8, true);
}

/* |value| signed by |key|, as BEP 44 has it. */
static struct lt_item
signed_item(const char *salt, int64_t seq, const char *value)
{
	struct lt_item item = { .size = sizeof(item), .seq = seq };
	char msg[2048];
	int n = 0;

	if (salt[0] != '\0')
		n = snprintf(msg, sizeof(msg), "4:salt%zu:%s", strlen(salt),
		    salt);
	n += snprintf(msg + n, sizeof(msg) - (size_t)n, "3:seqi%llde1:v%s",
	    (long long)seq, value);
	memcpy(item.key, key.pk, sizeof(item.key));
	crypto_sign_detached(item.sig, NULL, (uint8_t *)msg,
	    (unsigned long long)n, key.sk);
	item.salt = (const uint8_t *)salt;
	item.salt_len = strlen(salt);
	item.value = (const uint8_t *)value;
	item.value_len = strlen(value);
	return item;
}

/* Puts until |enough| took it, as hosts do; how many. */
static unsigned
put_to(unsigned enough, size_t i, const struct lt_item *item, int tries)
{
	struct lt_node *n = &rig.node[i];
	unsigned before;

	do {
		before = n->n[LT_EV_DHT_END];
		ck_assert_int_eq(lt_dht_put(n->s, item), 0);
		lt_rig_wait(&rig, i, LT_EV_DHT_END, before + 1);
		ck_assert_int_eq(n->end.op, LT_OP_PUT);
	} while (n->put.stored < enough && --tries > 0 &&
		 (lt_rig_run(&rig, 200, NULL), true));
	return n->put.stored;
}

static unsigned
put(size_t i, const struct lt_item *item, int tries)
{
	return put_to(1, i, item, tries);
}

static void
get(size_t i, const char *salt)
{
	struct lt_node *n = &rig.node[i];
	unsigned before = n->n[LT_EV_DHT_END];

	ck_assert_int_eq(lt_dht_get(n->s, key.pk, salt, strlen(salt)), 0);
	lt_rig_wait(&rig, i, LT_EV_DHT_END, before + 1);
	ck_assert_int_eq(n->end.op, LT_OP_GET);
	ck_assert_mem_eq(n->end.key, key.pk, 32);
	ck_assert_int_eq(n->end.code, 0);
}

/* Gets until it is found: nodes that are gone are waited for. */
static void
seek(size_t i, const char *salt)
{
	struct lt_node *n = &rig.node[i];
	unsigned before, tries = 30;

	do {
		before = n->n[LT_EV_DHT_END];
		ck_assert_int_eq(lt_dht_get(n->s, key.pk, salt, strlen(salt)),
		    0);
		lt_rig_wait(&rig, i, LT_EV_DHT_END, before + 1);
		lt_rig_run(&rig, 200, NULL);
	} while (n->item.value_len == 0 && --tries > 0);
}

START_TEST(a_signed_item_is_stored_and_found)
{
	struct lt_item item, *got = &rig.node[5].item;

	begin();
	item = signed_item("head", 7, "d1:hi5e1:tl3:abcee");
	ck_assert_uint_ge(put_to(3, 0, &item, 20), 3);
	ck_assert_int_eq(rig.node[0].put.seen_seq, -1);
	ck_assert_uint_eq(rig.node[0].end.answers, 1);
	get(5, "head");
	ck_assert_int_eq(got->seq, 7);
	ck_assert_uint_eq(got->value_len, item.value_len);
	ck_assert_mem_eq(got->value, item.value, item.value_len);
	ck_assert_mem_eq(got->sig, item.sig, 64);
	/* Another salt is another item, which nobody has. */
	get(5, "tail");
	ck_assert_uint_eq(got->value_len, 0);
	ck_assert_uint_eq(rig.node[5].end.answers, 0);
	/* A newer one takes its place. */
	item = signed_item("head", 8, "i9e");
	ck_assert_uint_ge(put(3, &item, 1), 1);
	ck_assert_int_eq(rig.node[3].put.seen_seq, 7);
	ck_assert_uint_ge(put_to(3, 3, &item, 20), 3);
	get(6, "head");
	ck_assert_int_eq(rig.node[6].item.seq, 8);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(stale_and_forged_items_are_refused)
{
	struct lt_item item, bad;

	begin();
	item = signed_item("head", 20, "5:fresh");
	/* Its own counts; one that never heard of it takes the old. */
	ck_assert_uint_eq(put_to(8, 0, &item, 50), 8);
	bad = signed_item("head", 19, "5:stale");
	ck_assert_uint_eq(put(1, &bad, 1), 0);
	ck_assert_int_eq(rig.node[1].put.seen_seq, 20);
	bad = signed_item("head", 21, "6:forged");
	bad.sig[5] ^= 1;
	ck_assert_uint_eq(put(2, &bad, 1), 0);
	bad = signed_item("head", 22, "6:forged");
	bad.value = (const uint8_t *)"6:Forged";
	ck_assert_uint_eq(put(2, &bad, 1), 0);
	get(4, "head");
	ck_assert_int_eq(rig.node[4].item.seq, 20);
	ck_assert_mem_eq(rig.node[4].item.value, "5:fresh", 7);
	lt_rig_end(&rig);
}
END_TEST

static bool
four_ports(struct lt_rig *r)
{
	return r->node[7].n_peers >= 4;
}

START_TEST(ports_of_ours_are_announced_and_found)
{
	struct lt_item item;
	size_t i, k;

	begin();
	/* When puts are taken, so are announces. */
	item = signed_item("", 1, "1:x");
	for (i = 0; i < 4; i++)
		ck_assert_uint_ge(put(i, &item, 20), 1);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(
		    lt_dht_announce(rig.node[i].s, hash, (uint16_t)(20000 + i)),
		    0);
	for (i = 0; i < 10 && !four_ports(&rig); i++) {
		ck_assert_int_eq(lt_dht_get_peers(rig.node[7].s, hash), 0);
		lt_rig_run(&rig, 300, four_ports);
	}
	ck_assert_uint_eq(rig.node[7].n_peers, 4);
	for (i = 0; i < 4; i++) {
		ck_assert(addr_is_loopback(&rig.node[7].peers[i]));
		for (k = 0; k < 4; k++)
			if (rig.node[7].peers[i].port == 20000 + k)
				break;
		ck_assert_uint_lt(k, 4);
	}
	/* Both ended by time, whatever was found. */
	lt_rig_wait(&rig, 7, LT_EV_DHT_END, 1);
	ck_assert_int_eq(rig.node[7].end.op, LT_OP_GET_PEERS);
	ck_assert_mem_eq(rig.node[7].end.key, hash, 20);
	ck_assert_int_eq(rig.node[7].end.code, SP_ERR_TIMEOUT);
	ck_assert_uint_ge(rig.node[7].end.answers, 1);
	lt_rig_wait(&rig, 0, LT_EV_DHT_END, 2);
	ck_assert_int_eq(rig.node[0].end.op, LT_OP_ANNOUNCE);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(nodes_come_and_go_and_the_item_stays)
{
	struct lt_item item;
	size_t i;

	begin();
	item = signed_item("head", 3, "4:kept");
	ck_assert_uint_ge(put_to(6, 0, &item, 20), 6);
	/* Half of them leave, two come anew and know one other. */
	for (i = 0; i < 4; i++)
		lt_rig_stop(&rig, i);
	for (i = 0; i < 2; i++) {
		lt_rig_start(&rig, i, true, NULL, 0);
		ck_assert_int_eq(lt_dht_add_node(rig.node[i].s, "127.0.0.1",
				     rig.node[4 + i].udp.port),
		    0);
	}
	seek(1, "head");
	ck_assert_int_eq(rig.node[1].item.seq, 3);
	ck_assert_mem_eq(rig.node[1].item.value, "4:kept", 6);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(the_routing_table_lives_on_in_the_state)
{
	struct lt_item item;
	uint8_t *state;
	size_t len;

	begin();
	item = signed_item("head", 3, "4:kept");
	ck_assert_uint_ge(put_to(3, 0, &item, 20), 3);
	ck_assert_int_eq(lt_post_dht_stats(rig.node[0].s), 0);
	lt_rig_wait(&rig, 0, LT_EV_DHT_STATS, 1);
	ck_assert_uint_ge(rig.node[0].dht_nodes, 3);
	ck_assert_int_eq(lt_post_counters(rig.node[0].s), 0);
	lt_rig_wait(&rig, 0, LT_EV_COUNTERS, 1);
	ck_assert_int_ge(rig.node[0].counter_sum, 3);
	ck_assert_int_eq(lt_post_state(rig.node[0].s), 0);
	lt_rig_wait(&rig, 0, LT_EV_STATE, 1);
	len = rig.node[0].len;
	ck_assert_uint_gt(len, 0);
	state = malloc(len);
	memcpy(state, rig.node[0].bytes, len);
	lt_rig_stop(&rig, 0);
	/* Nobody is told of the others now. */
	lt_rig_start(&rig, 0, true, state, len);
	seek(0, "head");
	ck_assert_int_eq(rig.node[0].item.seq, 3);
	free(state);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(without_an_answer_time_ends_it)
{
	struct lt_item item;
	struct lt_session *s;

	ck_assert_int_ge(sodium_init(), 0);
	crypto_sign_keypair(key.pk, key.sk);
	/* There is no DHT: libtorrent never says a word. */
	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	item = signed_item("a", 1, "1:x");
	ck_assert_int_eq(lt_dht_put(s, &item), 0);
	ck_assert_int_eq(lt_dht_put(s, &item), SP_ERR_EXISTS);
	ck_assert_int_eq(lt_dht_get(s, key.pk, NULL, 0), 0);
	ck_assert_int_eq(lt_dht_get(s, key.pk, NULL, 0), 0);
	ck_assert_int_eq(lt_dht_get_peers(s, hash), 0);
	ck_assert_int_eq(lt_dht_announce(s, hash, 4), 0);
	lt_rig_wait(&rig, 0, LT_EV_DHT_END, 4);
	ck_assert_int_eq(rig.node[0].end.code, SP_ERR_TIMEOUT);
	ck_assert_int_eq(rig.node[0].error[LT_EV_DHT_END].code, SP_ERR_TIMEOUT);
	/* Nothing more is left to end. */
	lt_rig_run(&rig, 100, NULL);
	ck_assert_uint_eq(rig.node[0].n[LT_EV_DHT_END], 4);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(bad_items_and_addresses_are_told)
{
	static const struct {
		const char *value;
		int code;
	} rows[] = {
		{ "", SP_ERR_SYNTAX },
		{ "i1", SP_ERR_SYNTAX },
		{ "x", SP_ERR_SYNTAX },
		{ "i1ei2e", SP_ERR_CANON },
		{ "i01e", SP_ERR_CANON },
		{ "d1:b1:x1:a1:ye", SP_ERR_CANON },
		{ "d1:a1:x1:a1:ye", SP_ERR_CANON },
	};
	struct lt_item item;
	struct lt_session *s;
	char big[1200];
	size_t i;

	ck_assert_int_ge(sodium_init(), 0);
	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	for (i = 0; i < SP_LEN(rows); i++) {
		item = signed_item("s", 1, rows[i].value);
		ck_assert_msg(lt_dht_put(s, &item) == rows[i].code, "%s: %s",
		    rows[i].value, lt_why(s)->text);
		ck_assert_int_eq(lt_why(s)->code, rows[i].code);
		ck_assert_uint_gt(strlen(lt_why(s)->text), 0);
	}
	memset(big, 'x', sizeof(big));
	memcpy(big, "997:", 4);
	item = signed_item("s", 1, "1:x");
	item.value = (uint8_t *)big;
	item.value_len = LT_VALUE_MAX + 1;
	ck_assert_int_eq(lt_dht_put(s, &item), SP_ERR_TOOBIG);
	memcpy(big, "996:", 4);
	item.value_len = LT_VALUE_MAX;
	ck_assert_int_eq(lt_dht_put(s, &item), 0);
	item.salt = (uint8_t *)big;
	item.salt_len = LT_SALT_MAX + 1;
	ck_assert_int_eq(lt_dht_put(s, &item), SP_ERR_TOOBIG);
	ck_assert_int_eq(lt_dht_get(s, item.key, big, LT_SALT_MAX + 1),
	    SP_ERR_TOOBIG);
	item.size = 0;
	ck_assert_int_eq(lt_dht_put(s, &item), SP_ERR_ARG);
	ck_assert_int_eq(lt_dht_announce(s, hash, 0), SP_ERR_ARG);
	ck_assert_int_eq(lt_dht_add_node(s, "", 1), SP_ERR_ARG);
	ck_assert_int_eq(lt_dht_add_node(s, "127.0.0.1", 0), SP_ERR_ARG);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(operations_have_a_maximum)
{
	struct lt_session *s;
	uint8_t h[20] = { 0 };
	int i;

	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	for (i = 0; i < 256; i++) {
		h[0] = (uint8_t)i;
		ck_assert_int_eq(lt_dht_get_peers(s, h), 0);
	}
	h[1] = 1;
	ck_assert_int_eq(lt_dht_get_peers(s, h), SP_ERR_FULL);
	lt_rig_wait(&rig, 0, LT_EV_DHT_END, 256);
	ck_assert_int_eq(lt_dht_get_peers(s, h), 0);
	lt_rig_end(&rig);
}
END_TEST

LT_RIG_MAIN("lt_dht", a_signed_item_is_stored_and_found,
    stale_and_forged_items_are_refused, ports_of_ours_are_announced_and_found,
    nodes_come_and_go_and_the_item_stays,
    the_routing_table_lives_on_in_the_state, without_an_answer_time_ends_it,
    bad_items_and_addresses_are_told, operations_have_a_maximum)
