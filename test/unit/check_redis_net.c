#include "io/redis_net.h"

#include <stdio.h>

#include "io/redis_int.h"
#include "test/unit/redis_rig.h"

static struct rig r;

/* Keys by whose server they are in rig_cluster. */
static const char *const keys[RIG_SERVERS] = { "{spate:news}x", "{c}", "{a}" };

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* What all |n| answers from |from| on have in common. */
static void
all_got(unsigned from, unsigned n, int err, const char *text)
{
	ck_assert_uint_eq(r.n_got, from + n);
	for (unsigned i = from; i < from + n; i++) {
		ck_assert_int_eq(r.got[i].err, err);
		ck_assert_str_eq(r.got[i].text, text);
	}
}

/* ---- one server ---------------------------------------------------------- */

START_TEST(one_server_has_all_keys_and_two_connections)
{
	struct redis_net_stats st;

	rig_start(&r);
	rig_rule(&r, 0, "GET", ":7\r\n");
	ck_assert_int_eq(rig_get(&r, "a"), SP_ERR_CLOSED);
	rig_open(&r);
	ck_assert_uint_eq(r.ups, 1);
	ck_assert_uint_eq(r.ms, 12005);
	for (size_t i = 0; i < RIG_SERVERS; i++)
		ck_assert_int_eq(rig_get(&r, keys[i]), 0);
	ck_assert_uint_eq(r.n_got, 0); /* never from within */
	rig_until(&r, &r.n_got, 3);
	all_got(0, 3, 0, "7");
	redis_net_stats(r.net, &st);
	ck_assert_uint_eq(st.nodes, 1);
	ck_assert_uint_eq(st.up, 1);
	rig_end(&r);
}
END_TEST

START_TEST(who_we_are_and_the_database_come_first)
{
	const char *why;
	char text[64];

	rig_start(&r);
	snprintf(text, sizeof(text), "redis://me:pw@127.0.0.1:%u/3",
	    r.s[0].port);
	ck_assert_int_eq(redis_url_parse(&r.url, text, &why), 0);
	rig_open(&r);
	ck_assert_uint_eq(r.ups, 1);
	ck_assert_ptr_nonnull(
	    strstr(r.s[0].log, "AUTH me pw\nSELECT 3\nCLUSTER SLOTS\n"));
	rig_rule(&r, 0, "SELECT", "-ERR DB index is out of range\r\n");
	rig_open(&r);
	ck_assert_str_eq(r.why, "ERR DB index is out of range");
	rig_rule(&r, 0, "AUTH", "-WRONGPASS invalid\r\n");
	rig_open(&r);
	ck_assert_str_eq(r.why, "WRONGPASS invalid");
	ck_assert_uint_eq(r.ups, 1);
	ck_assert_uint_eq(r.downs, 2);
	rig_end(&r);
}
END_TEST

START_TEST(who_does_not_tell_the_time_is_no_redis)
{
	static const char *const bad[] = { "+OK\r\n", "$-1\r\n", "*0\r\n",
		"*-1\r\n", "*1\r\n:1\r\n", "*2\r\n:1\r\n*0\r\n",
		"*2\r\n$1\r\nx\r\n:1\r\n", "*2\r\n:-1\r\n:1\r\n",
		"*2\r\n:1\r\n:1000000\r\n",
		"*2\r\n:9223372036854775807\r\n:1\r\n", "HTTP/1.1 400\r\n",
		"-LOADING\r\n", "" };

	rig_start(&r);
	for (size_t i = 0; i < SP_LEN(bad); i++) {
		r.s[0].n_rules = 0;
		rig_rule(&r, 0, "TIME", bad[i]);
		rig_open(&r);
		ck_assert_uint_eq(r.downs, i + 1);
		ck_assert_str_ne(r.why, "");
	}
	rig_end(&r);
}
END_TEST

START_TEST(answers_without_bounds_end_the_connection)
{
	static const char *const bad[] = { "*1048577\r\n",
		"*524288\r\n*524289\r\n", "*2147483647\r\n",
		"*4611686018427387904\r\n" };

	rig_start(&r);
	for (unsigned i = 0; i < SP_LEN(bad); i++) {
		rig_rule(&r, 0, "GET", bad[i]);
		rig_open(&r);
		ck_assert_int_eq(rig_get(&r, "a"), 0);
		rig_until(&r, &r.downs, i + 1);
		all_got(i, 1, SP_ERR_CLOSED, "");
	}
	rig_end(&r);
}
END_TEST

START_TEST(an_answer_of_too_many_bytes_is_given_up)
{
	static char bytes[1 << 20];
	struct redis_rx *x = redis_rx_new();
	const char *why = NULL;
	void *answer;
	unsigned n = 0;

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "$1048564\r\n", 10);
	memcpy(bytes + sizeof(bytes) - 2, "\r\n", 2);
	ck_assert_ptr_null(redis_rx_feed(x, "*1000\r\n", 7));
	for (; n < 1000 && why == NULL; n++) {
		ck_assert_int_eq(redis_rx_next(x, &answer), 0);
		why = redis_rx_feed(x, bytes, sizeof(bytes));
	}
	ck_assert_str_eq(why, "an answer is too large");
	ck_assert_uint_eq(n, REDIS_ANSWER_MAX / sizeof(bytes));
	redis_rx_free(x);
}
END_TEST

START_TEST(what_nobody_asked_for_ends_the_connection)
{
	rig_start(&r);
	rig_rule(&r, 0, "GET", ":1\r\n:2\r\n:3\r\n");
	rig_open(&r);
	ck_assert_int_eq(rig_get(&r, "a"), 0);
	rig_until(&r, &r.downs, 1);
	all_got(0, 1, 0, "1");
	rig_end(&r);
}
END_TEST

START_TEST(each_command_is_answered_once_whatever_ends)
{
	rig_start(&r);
	/* the server goes */
	rig_rule(&r, 0, "GET", NULL);
	rig_open(&r);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(rig_get(&r, "a"), 0);
	rig_spin(&r);
	rig_cut(&r, 0, true);
	rig_until(&r, &r.downs, 1);
	all_got(0, 5, SP_ERR_CLOSED, "");
	/* we go */
	rig_open(&r);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(rig_get(&r, "a"), 0);
	redis_net_close(r.net);
	all_got(5, 5, SP_ERR_CLOSED, "");
	ck_assert_int_eq(rig_get(&r, "a"), SP_ERR_CLOSED);
	/* we go when the first is answered, with others in the same read */
	rig_rule(&r, 0, "GET", ":1\r\n");
	rig_open(&r);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(rig_get(&r, "a"), 0);
	r.close_in_answer = true;
	rig_until(&r, &r.n_got, 15);
	ck_assert_int_eq(r.got[10].err, 0);
	all_got(11, 4, SP_ERR_CLOSED, "");
	rig_spin(&r);
	ck_assert_uint_eq(r.downs, 1);
	rig_end(&r);
}
END_TEST

START_TEST(it_may_be_opened_again_when_it_is_told_that_it_ended)
{
	rig_start(&r);
	rig_rule(&r, 0, "GET", NULL);
	rig_open(&r);
	ck_assert_int_eq(rig_get(&r, "a"), 0);
	r.open_in_down = true;
	rig_cut(&r, 0, true);
	rig_until(&r, &r.ups, 2);
	all_got(0, 1, SP_ERR_CLOSED, "");
	ck_assert_uint_eq(r.downs, 1);
	rig_end(&r);
}
END_TEST

START_TEST(nobody_there_is_told_once_for_each_try)
{
	rig_start(&r);
	rig_cut(&r, 0, false);
	for (unsigned i = 1; i < 4; i++) {
		rig_open(&r);
		rig_spin(&r);
		ck_assert_uint_eq(r.downs, i);
	}
	ck_assert_ptr_nonnull(strstr(r.why, "refused"));
	rig_end(&r);
}
END_TEST

/* ---- a cluster ----------------------------------------------------------- */

static void
start_cluster(void)
{
	rig_start(&r);
	rig_cluster(&r);
	for (size_t i = 0; i < RIG_SERVERS; i++)
		rig_rule(&r, i, "GET",
		    i == 0   ? ":0\r\n"
		    : i == 1 ? ":1\r\n"
			     : ":2\r\n");
	rig_open(&r);
	ck_assert_uint_eq(r.ups, 1);
}

/* What server |i| says of its key. */
static void
ask(size_t i, const char *text)
{
	unsigned was = r.n_got;

	ck_assert_int_eq(rig_get(&r, keys[i]), 0);
	rig_until(&r, &r.n_got, was + 1);
	all_got(was, 1, 0, text);
}

START_TEST(a_command_goes_to_the_node_that_has_its_key)
{
	struct redis_net_stats st;

	start_cluster();
	ask(0, "0");
	ask(1, "1");
	ask(2, "2");
	redis_net_stats(r.net, &st);
	ck_assert_uint_eq(st.nodes, 3);
	ck_assert_uint_eq(st.up, 3);
	ck_assert_uint_eq(st.moved, 0);
	rig_end(&r);
}
END_TEST

START_TEST(who_met_moved_fails_and_the_next_goes_to_the_right_node)
{
	char moved[64];

	start_cluster();
	snprintf(moved, sizeof(moved), "-MOVED %u 127.0.0.1:%u\r\n",
	    redis_slot(keys[1], strlen(keys[1])), r.s[2].port);
	rig_rule(&r, 1, "GET", moved);
	ck_assert_int_eq(rig_get(&r, keys[1]), 0);
	rig_until(&r, &r.n_got, 1);
	all_got(0, 1, SP_ERR_AGAIN, "");
	ask(1, "2");
	/* a node without a name is the one that said so */
	snprintf(moved, sizeof(moved), "-MOVED %u :%u\r\n",
	    redis_slot(keys[2], strlen(keys[2])), r.s[0].port);
	rig_rule(&r, 2, "GET", moved);
	ck_assert_int_eq(rig_get(&r, keys[2]), 0);
	rig_until(&r, &r.n_got, 3);
	ask(2, "0");
	ck_assert_uint_eq(r.downs, 0);
	rig_end(&r);
}
END_TEST

START_TEST(ask_is_followed_for_one_command)
{
	char text[64];

	start_cluster();
	snprintf(text, sizeof(text), "-ASK %u 127.0.0.1:%u\r\n",
	    redis_slot(keys[1], strlen(keys[1])), r.s[2].port);
	rig_rule(&r, 1, "GET", text);
	ask(1, "2");
	ck_assert_ptr_nonnull(strstr(r.s[2].log, "ASKING\nGET {c}\n"));
	ck_assert_uint_eq(count(r.s[1].log, "GET"), 1);
	ask(1, "2");
	ck_assert_uint_eq(count(r.s[1].log, "GET"), 2);
	/* two that send on to each other do so for a while only */
	snprintf(text, sizeof(text), "-ASK %u 127.0.0.1:%u\r\n",
	    redis_slot(keys[1], strlen(keys[1])), r.s[1].port);
	rig_rule(&r, 1, "GET", text);
	ck_assert_int_eq(rig_get(&r, keys[1]), 0);
	rig_until(&r, &r.n_got, 3);
	all_got(2, 1, SP_ERR_AGAIN, "");
	rig_end(&r);
}
END_TEST

START_TEST(a_node_that_is_not_there_fails_its_own_keys_alone)
{
	rig_start(&r);
	rig_cluster(&r);
	rig_rule(&r, 0, "GET", ":0\r\n");
	rig_rule(&r, 1, "GET", ":1\r\n");
	rig_cut(&r, 2, false);
	rig_open(&r);
	ck_assert_uint_eq(r.ups, 1);
	ask(0, "0");
	ask(1, "1");
	ck_assert_int_eq(rig_get(&r, keys[2]), SP_ERR_AGAIN);
	ck_assert_uint_eq(r.downs, 0);
	rig_end(&r);
}
END_TEST

START_TEST(a_node_that_ends_takes_all_down_and_others_are_asked_then)
{
	start_cluster();
	rig_cut(&r, 1, false);
	rig_until(&r, &r.downs, 1);
	rig_open(&r);
	ck_assert_uint_eq(r.ups, 2);
	ask(0, "0");
	/* the first one that was known goes, and all know of one instead */
	rig_cut(&r, 0, false);
	rig_until(&r, &r.downs, 2);
	rig_rule(&r, 2, "CLUSTER SLOTS",
	    "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:1\r\n");
	for (int i = 0; i < 70; i++) {
		rig_open(&r);
		if (count(r.s[2].log, "CLUSTER SLOTS") > 0)
			break;
	}
	ck_assert_uint_eq(count(r.s[2].log, "CLUSTER SLOTS"), 1);
	rig_end(&r);
}
END_TEST

START_TEST(slots_that_make_no_sense_are_survived)
{
	static const char *const bad[] = { "*0\r\n", "*1\r\n*0\r\n",
		"*1\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:16384\r\n*0\r\n",
		"*1\r\n*3\r\n:-1\r\n:1\r\n*2\r\n$1\r\nh\r\n:1\r\n",
		"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\nh\r\n:65536\r\n",
		"*1\r\n*3\r\n:9\r\n:1\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n",
		"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n*-1\r\n:1\r\n" };

	rig_start(&r);
	for (size_t i = 0; i < SP_LEN(bad); i++) {
		r.s[0].n_rules = 1;
		rig_rule(&r, 0, "CLUSTER SLOTS", bad[i]);
		rig_open(&r);
		ck_assert_uint_eq(r.downs, i + 1);
	}
	ck_assert_uint_eq(r.ups, 0);
	rig_end(&r);
}
END_TEST

UNIT_MAIN("redis_net", one_server_has_all_keys_and_two_connections,
    who_we_are_and_the_database_come_first,
    who_does_not_tell_the_time_is_no_redis,
    answers_without_bounds_end_the_connection,
    an_answer_of_too_many_bytes_is_given_up,
    what_nobody_asked_for_ends_the_connection,
    each_command_is_answered_once_whatever_ends,
    it_may_be_opened_again_when_it_is_told_that_it_ended,
    nobody_there_is_told_once_for_each_try,
    a_command_goes_to_the_node_that_has_its_key,
    who_met_moved_fails_and_the_next_goes_to_the_right_node,
    ask_is_followed_for_one_command,
    a_node_that_is_not_there_fails_its_own_keys_alone,
    a_node_that_ends_takes_all_down_and_others_are_asked_then,
    slots_that_make_no_sense_are_survived)
