/*
 * Stands in for libFuzzer's main: feeds the target every file of its corpus
 * and then some shapes that every corpus should have. As a test it prints
 * TAP; by hand, name the files to replay.
 */

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* The target gets an exact allocation, so that ASan sees every overrun. */
static void
replay_bytes(const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, p, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static int
replay_file(const char *path)
{
	static uint8_t in[INPUT_MAX];
	size_t len;
	FILE *fp = fopen(path, "rb");

	if (fp == NULL) {
		printf("# %s: %s\n", path, strerror(errno));
		return -1;
	}
	/* Flushed, so that the log of a crash ends with the guilty input. */
	printf("# %s\n", path);
	fflush(stdout);
	len = fread(in, 1, sizeof(in), fp);
	fclose(fp);
	replay_bytes(in, len);
	return 0;
}

/* Number of inputs, or -1. */
static int
replay_dir(const char *dir)
{
	char path[2048];
	const struct dirent *e;
	DIR *d = opendir(dir);
	int n = 0, bad = 0;

	if (d == NULL) {
		printf("# %s: %s\n", dir, strerror(errno));
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (replay_file(path) < 0)
			bad = 1;
		n++;
	}
	closedir(d);
	return bad ? -1 : n;
}

static void
replay_shapes(void)
{
	static const uint8_t fill[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, 'd' };
	static const size_t size[] = { 0, 1, 2, 3, 7, 64, 1000, 70000 };
	static uint8_t in[70000];
	size_t i, j;

	for (i = 0; i < sizeof(fill); i++) {
		memset(in, fill[i], sizeof(in));
		for (j = 0; j < sizeof(size) / sizeof(size[0]); j++)
			replay_bytes(in, size[j]);
	}
}

int
main(int argc, char **argv)
{
	char dir[1024];
	const char *top = getenv("top_srcdir");
	const char *name = strrchr(argv[0], '/');
	int i, n;

	if (argc > 1) {
		for (i = 1; i < argc; i++)
			if (replay_file(argv[i]) < 0)
				return 1;
		return 0;
	}
	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(dir, sizeof(dir), "%s/test/fuzz/corpus/%s",
	    top != NULL ? top : ".", name);
	printf("1..1\n");
	n = replay_dir(dir);
	if (n <= 0) {
		printf("not ok 1 - %s: no readable corpus\n", name);
		return 1;
	}
	replay_shapes();
	printf("ok 1 - %s: %d inputs\n", name, n);
	return 0;
}
