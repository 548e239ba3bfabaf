#include "tracker/share.h"

#include "test/unit/share_rig.h"

static struct rig r;

START_TEST(a_channel_denied_for_all_is_served_by_none)
{
	char hex[2 * LINK_INFOHASH_LEN + 1];

	rig_start_channel(&r, 3);
	buf_hex(hex, r.seed.info_hash, LINK_INFOHASH_LEN);
	rig_policy(&r, ACCESS_SHARED_DENY, "not a hash");
	rig_policy(&r, ACCESS_SHARED_DENY, hex);
	rig_run(&r, SP_S);
	rig_all_have(&r, 0, 0);
	signer_record(&r.seed, &r.body, 0, 6, 12000, 0);
	ck_assert_int_eq(rig_publish(&r, 1), SP_ERR_DENIED);
	/* what was read stays when it is away */
	for (size_t i = 0; i < 3; i++)
		r.t[i].fault = RIG_CUT;
	rig_run(&r, SP_S);
	signer_record(&r.seed, &r.body, 0, 7, 14000, 0);
	ck_assert_int_eq(rig_publish(&r, 1), SP_ERR_DENIED);
	rig_end(&r);
}
END_TEST

START_TEST(two_words_on_policy_in_a_row_are_both_heard)
{
	char hex[2 * LINK_INFOHASH_LEN + 1];

	rig_start_channel(&r, 2);
	buf_hex(hex, r.seed.info_hash, LINK_INFOHASH_LEN);
	r.t[1].fault = RIG_SLOW;
	/* at the start of a tenth: both come before any answer */
	rig_run(&r, 20 * SP_MS);
	rig_policy(&r, ACCESS_SHARED_ALLOW, hex);
	rig_run(&r, 20 * SP_MS);
	rig_policy(&r, ACCESS_SHARED_ALLOW,
	    "0101010101010101010101010101010101010101");
	rig_run(&r, 5 * SP_S);
	/* what is allowed is not taken for what is denied */
	rig_all_have(&r, 5, 5);
	rig_policy(&r, ACCESS_SHARED_DENY,
	    "0202020202020202020202020202020202020202");
	rig_run(&r, 20 * SP_MS);
	rig_policy(&r, ACCESS_SHARED_DENY, hex);
	rig_run(&r, 5 * SP_S);
	rig_all_have(&r, 0, 0);
	rig_end(&r);
}
END_TEST

START_TEST(a_policy_that_redis_lost_stays)
{
	char hex[2 * LINK_INFOHASH_LEN + 1];

	rig_start_channel(&r, 2);
	buf_hex(hex, r.seed.info_hash, LINK_INFOHASH_LEN);
	rig_policy(&r, ACCESS_SHARED_DENY, hex);
	rig_run(&r, SP_S);
	rig_all_have(&r, 0, 0);
	for (size_t i = 0; i < r.n; i++)
		r.t[i].fault = RIG_CUT;
	rig_run(&r, SP_S);
	rig_wipe(&r);
	for (size_t i = 0; i < r.n; i++)
		r.t[i].fault = RIG_FINE;
	rig_run(&r, 2 * SHARE_POLICY_GAP);
	signer_record(&r.seed, &r.body, 0, 6, 12000, 0);
	ck_assert_int_eq(rig_publish(&r, 1), SP_ERR_DENIED);
	/* until somebody says so */
	rig_policy(&r, ACCESS_SHARED_DENY, NULL);
	rig_run(&r, SP_S);
	rig_channel(&r, 1, 5);
	rig_run(&r, SP_S);
	rig_all_have(&r, 5, 5);
	rig_end(&r);
}
END_TEST

START_TEST(own_lists_win)
{
	char hex[2 * LINK_INFOHASH_LEN + 1];

	rig_start(&r, 2);
	buf_hex(hex, r.seed.info_hash, LINK_INFOHASH_LEN);
	ck_assert_int_eq(track_access(r.t[0].track, ACCESS_ALLOW, hex,
			     sizeof(hex) - 1, NULL),
	    1);
	rig_policy(&r, ACCESS_SHARED_DENY, hex);
	rig_run(&r, SP_S);
	rig_channel(&r, 0, 5);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_newest(&r, 0), 5);
	ck_assert_uint_eq(rig_newest(&r, 1), 0);
	rig_end(&r);
}
END_TEST

UNIT_MAIN("share_policy", a_channel_denied_for_all_is_served_by_none,
    two_words_on_policy_in_a_row_are_both_heard, a_policy_that_redis_lost_stays,
    own_lists_win)
