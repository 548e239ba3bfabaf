/*
 * Signed records for the shell.
 *
 *	mkrecord hash SEED
 *		info-hash of the channel made from SEED (0..255)
 *	mkrecord key SEED
 *		its channel key
 *	mkrecord publish SEED [serial=N] [epoch=N] [first=N] [last=N] [salt=N]
 *	    [forge=1] [manifest=0]
 *		body of a publish: manifest and records first..last of track 0.
 *		Records are chained from number 1 on, so that a later call
 *		continues an earlier one.
 *	mkrecord frames <BODY
 *		one line for each frame
 */

#include <stdio.h>

#include "io/loop.h"
#include "test/sim/signer.h"
#include "wire/roster.h"

static const char *const names[] = { "serial", "epoch", "first", "last", "salt",
	"forge", "manifest" };
enum { SERIAL, EPOCH, FIRST, LAST, SALT, FORGE, MANIFEST, PARAMS };

static int
usage(void)
{
	fputs("usage: mkrecord hash|key|publish SEED [name=N ...]\n"
	      "       mkrecord frames <BODY\n",
	    stderr);
	return 2;
}

static bool
get_param(long v[PARAMS], const char *arg)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < PARAMS; i++) {
		if (strlen(names[i]) != len ||
		    strncmp(names[i], arg, len) != 0 || arg[len] != '=')
			continue;
		v[i] = strtol(arg + len + 1, NULL, 10);
		return true;
	}
	return false;
}

static int
do_publish(uint8_t seed, const long v[PARAMS])
{
	struct signer s;
	struct sp_buf b;
	size_t at;

	signer_init(&s, seed);
	buf_init(&b, io_mem(), 64 << 20);
	s.serial = (uint64_t)v[SERIAL] - 1;
	s.epoch = (uint32_t)v[EPOCH];
	if (v[MANIFEST])
		signer_manifest(&s, &b);
	for (long n = 1; n <= v[LAST]; n++) {
		at = b.len;
		signer_record(&s, &b, 0, (uint64_t)n, n * 2000,
		    (uint8_t)(n == v[LAST] ? v[SALT] : 0));
		if (n < v[FIRST])
			b.len = at;
	}
	/* The signature stands at the end, before an "e". */
	if (v[FORGE])
		b.p[b.len - 10] ^= 1;
	fwrite(b.p, 1, b.len, stdout);
	buf_fini(&b);
	return 0;
}

static int
print_frame(const struct tw_frame *f)
{
	static struct roster roster;
	struct record_env env;

	switch (f->type) {
	case TW_FRAME_HELLO:
		printf("hello boot=%016" PRIx64 " seq=%" PRIu64 "\n", f->boot,
		    f->seq);
		return 0;
	case TW_FRAME_MANIFEST:
		puts("manifest");
		return 0;
	case TW_FRAME_ALIVE:
		puts("alive");
		return 0;
	case TW_FRAME_ROSTER:
		if (roster_take(&roster, f->p, f->len) < 0)
			return 1;
		printf("roster n=%zu\n", roster.n);
		return 0;
	case TW_FRAME_RECORD:
		if (record_open(&env, f->p, f->len) < 0)
			return 1;
		printf("record seq=%" PRIu64 " track=%u number=%" PRIu64 "\n",
		    f->seq, env.rec.track, env.rec.number);
		return 0;
	default:
		printf("frame type=%u\n", f->type);
		return 0;
	}
}

static int
do_frames(void)
{
	static uint8_t in[8 << 20];
	size_t len = fread(in, 1, sizeof(in), stdin), at = 0;
	struct tw_frame f;
	int n, rv = 0;

	for (; at < len && rv == 0; at += (size_t)n) {
		n = tw_frame_read(&f, in + at, len - at);
		/* A stream may be cut anywhere. */
		if (n <= 0)
			return n < 0;
		rv = print_frame(&f);
	}
	return rv;
}

int
main(int argc, char **argv)
{
	long v[PARAMS] = { [SERIAL] = 1,
		[EPOCH] = 1,
		[FIRST] = 1,
		[LAST] = 5,
		[MANIFEST] = 1 };
	char hex[2 * HASH_PK_LEN + 1];
	struct signer s;
	uint8_t seed;

	if (hash_setup() < 0)
		return 1;
	if (argc == 2 && strcmp(argv[1], "frames") == 0)
		return do_frames();
	if (argc < 3)
		return usage();
	seed = (uint8_t)strtol(argv[2], NULL, 10);
	signer_init(&s, seed);
	for (int i = 3; i < argc; i++) {
		if (!get_param(v, argv[i]))
			return usage();
	}
	if (strcmp(argv[1], "publish") == 0)
		return do_publish(seed, v);
	if (strcmp(argv[1], "hash") == 0)
		buf_hex(hex, s.info_hash, LINK_INFOHASH_LEN);
	else if (strcmp(argv[1], "key") == 0)
		buf_hex(hex, s.pk, HASH_PK_LEN);
	else
		return usage();
	puts(hex);
	return 0;
}
