#include "swarm/client/options.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "swarm/client/counters.h"
#include "swarm/client/identity.h"
#include "swarm/client/player.h"
#include "swarm/client/status.h"
#include "test/unit/unit.h"

static struct mesh_stats
sample(void)
{
	struct mesh_stats st;

	memset(&st, 0, sizeof(st));
	st.peer_bytes = 975000;
	st.origin_bytes = 25000;
	st.up_bytes = 1234567;
	st.stalls = 1;
	st.stalled = 1500 * SP_MS;
	st.startup = -1;
	st.delay_ms = 2500;
	st.neighbours = 7;
	st.peer_bps = 502500;
	st.feed_up = true;
	quantile_init(&st.lag, 0);
	quantile_add(&st.lag, 1000000);
	return st;
}

static const char *
report(struct sp_buf *b, enum counters_format f)
{
	struct mesh_stats st = sample();

	buf_reset(b);
	ck_assert_int_eq(counters_report(b, &st, f), 0);
	buf_put_u8(b, 0);
	return (const char *)b->p;
}

START_TEST(report_has_three_forms)
{
	struct failmem fm;
	struct sp_buf b;
	const char *s;
	json_t *o;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 65536);
	s = report(&b, COUNTERS_TEXT);
	ck_assert_ptr_nonnull(strstr(s, "975.00 kB from peers, 25.00 kB from "
					"the origin: offload 97.5 %\n"));
	ck_assert_ptr_nonnull(strstr(s, "1 stalls (1.500 s)\n"));
	s = report(&b, COUNTERS_TSV);
	ck_assert_ptr_nonnull(strstr(s, "up_bytes\t1234567\n"));
	ck_assert_ptr_nonnull(strstr(s, "offload\t0.975000\n"));
	ck_assert_ptr_nonnull(strstr(s, "delay_s\t2.500000\n"));
	ck_assert_ptr_nonnull(strstr(s, "startup_s\t\n"));
	o = json_loads(report(&b, COUNTERS_JSON), 0, NULL);
	ck_assert_ptr_nonnull(o);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "peer_bytes")),
	    975000);
	ck_assert(json_is_null(json_object_get(o, "startup_s")));
	ck_assert(json_is_true(json_object_get(o, "feed_up")));
	json_decref(o);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(metrics_have_help_type_and_value)
{
	struct mesh_stats st = sample();
	struct failmem fm;
	struct sp_buf b;
	const char *s;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 65536);
	ck_assert_int_eq(counters_metrics(&b, &st), 0);
	buf_put_u8(&b, 0);
	s = (const char *)b.p;
	ck_assert_ptr_nonnull(strstr(s,
	    "# HELP spate_peer_bytes_total Verified new bytes from peers\n"
	    "# TYPE spate_peer_bytes_total counter\n"
	    "spate_peer_bytes_total 975000\n"));
	ck_assert_ptr_nonnull(
	    strstr(s, "# TYPE spate_neighbours gauge\nspate_neighbours 7\n"));
	ck_assert_ptr_nonnull(
	    strstr(s, "spate_lag_seconds{quantile=\"0.5\"} "));
	ck_assert_ptr_nonnull(strstr(s, "_bucket{le=\"0.983040\"} 0\n"));
	ck_assert_ptr_nonnull(strstr(s, "_bucket{le=\"1.048576\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(s, "_bucket{le=\"+Inf\"} 1\n"));
	/* what is not known is not there */
	ck_assert_ptr_null(strstr(s, "spate_startup_seconds"));
	ck_assert_int_eq(s[b.len - 2], '\n');
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(numbers_are_for_people)
{
	char out[32];

	ck_assert_str_eq(counters_bytes(0, out), "0 B");
	ck_assert_str_eq(counters_bytes(999, out), "999 B");
	ck_assert_str_eq(counters_bytes(1000, out), "1.00 kB");
	ck_assert_str_eq(counters_bytes(1259999, out), "1.25 MB");
	ck_assert_str_eq(counters_bytes(UINT64_MAX, out), "18446744.07 TB");
	ck_assert_str_eq(counters_rate(0, out), "0 kbit/s");
	ck_assert_str_eq(counters_rate(124999, out), "999 kbit/s");
	ck_assert_str_eq(counters_rate(502500, out), "4.02 Mbit/s");
}
END_TEST

START_TEST(status_is_one_line)
{
	struct mesh_stats st = sample();
	char out[256], small[16];

	ck_assert_uint_eq(status_text(out, sizeof(out), &st), strlen(out));
	ck_assert_ptr_nonnull(strstr(out, "7 peers 4.02 Mbit/s"));
	ck_assert_ptr_nonnull(strstr(out, "offload 97.5 %"));
	ck_assert_ptr_nonnull(strstr(out, "s  stalls 1"));
	ck_assert_ptr_null(strchr(out, '\n'));
	ck_assert_uint_lt(strlen(out), 80);
	ck_assert_uint_eq(status_text(small, sizeof(small), &st), 15);
}
END_TEST

static int
command(struct sp_buf *b, const char *s)
{
	buf_reset(b);
	return player_command(b, s, "http://h/");
}

START_TEST(player_command_takes_the_url)
{
	struct failmem fm;
	struct sp_buf b;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1024);
	ck_assert_int_eq(command(&b, "mpv %u -- 100%% '%u'"), 0);
	ck_assert_str_eq((const char *)b.p,
	    "mpv http://h/ -- 100% 'http://h/'");
	ck_assert_int_eq(command(&b, "mpv %x"), SP_ERR_SYNTAX);
	ck_assert_int_eq(command(&b, "mpv %"), SP_ERR_SYNTAX);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

static void
ended(void *ctx, int status)
{
	*(int *)ctx = status;
}

START_TEST(player_status_is_that_of_a_shell)
{
	struct player *p;
	struct loop *l;
	sp_time end;
	int status = -1;

	ck_assert_int_eq(loop_new(&l), 0);
	ck_assert_int_eq(player_start(&p, l, "exit 3", ended, &status), 0);
	for (end = loop_now(l) + 5 * SP_S; status < 0 && loop_now(l) < end;)
		loop_step(l, end);
	ck_assert_int_eq(status, 3);
	player_free(p);
	status = -1;
	ck_assert_int_eq(player_start(&p, l, "kill -9 $$", ended, &status), 0);
	for (end = loop_now(l) + 5 * SP_S; status < 0 && loop_now(l) < end;)
		loop_step(l, end);
	ck_assert_int_eq(status, 137);
	player_free(p);
	/* files that a library leaves open stay here */
	ck_assert_int_eq(dup2(STDIN_FILENO, 9), 9);
	status = -1;
	ck_assert_int_eq(
	    player_start(&p, l, "test ! -e /proc/self/fd/9", ended, &status),
	    0);
	for (end = loop_now(l) + 5 * SP_S; status < 0 && loop_now(l) < end;)
		loop_step(l, end);
	ck_assert_int_eq(status, 0);
	player_free(p);
	close(9);
	loop_free(l);
}
END_TEST

START_TEST(identity_is_made_once_and_kept_secret)
{
	char dir[] = "/tmp/check_client.XXXXXX", path[64];
	uint8_t a[HASH_SEED_LEN], b[HASH_SEED_LEN];
	struct stat st;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	ck_assert_int_eq(identity_load(a, path), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(st.st_size, 65);
	ck_assert_int_eq(identity_load(b, path), 0);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_int_eq(identity_load(b, NULL), 0);
	ck_assert_mem_ne(a, b, sizeof(a));
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(identity_load(b, path), SP_ERR_DENIED);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	fputs("not a key\n", f);
	fclose(f);
	ck_assert_int_eq(identity_load(b, path), SP_ERR_SYNTAX);
	unlink(path);
	rmdir(dir);
}
END_TEST

/* Why the options are refused; NULL when they are not. */
static const char *
refused(struct options *o)
{
	const char *what;

	return options_prog.check(o, &what);
}

START_TEST(options_are_checked_together)
{
	static const char *bad[] = { "ftp://x" }, *good[] = { "http://x/" };
	struct options o;

	memset(&o, 0, sizeof(o));
	ck_assert_ptr_null(refused(&o));
	o.trackers = (struct conf_list){ bad, 1 };
	ck_assert_ptr_nonnull(refused(&o));
	o.trackers = (struct conf_list){ good, 1 };
	ck_assert_ptr_null(refused(&o));
	o.to_stdout = true;
	o.exec = "mpv %u";
	ck_assert_ptr_nonnull(refused(&o));
	o.to_stdout = false;
	ck_assert_ptr_null(refused(&o));
	o.exec = "mpv %s";
	ck_assert_ptr_nonnull(refused(&o));
	o.exec = NULL;
	o.listen = "127.0.0.1:8080";
	ck_assert_ptr_null(refused(&o));
	o.listen = "0.0.0.0:8080";
	ck_assert_ptr_nonnull(refused(&o));
	o.token = "long-enough";
	ck_assert_ptr_null(refused(&o));
	o.token = "not/a token";
	ck_assert_ptr_nonnull(refused(&o));
	o.token = "long-enough";
	o.listen = "nowhere";
	ck_assert_ptr_nonnull(refused(&o));
}
END_TEST

UNIT_MAIN("client", report_has_three_forms, metrics_have_help_type_and_value,
    numbers_are_for_people, status_is_one_line, player_command_takes_the_url,
    player_status_is_that_of_a_shell, identity_is_made_once_and_kept_secret,
    options_are_checked_together)
