#include "test/golden/golden.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>

#include "test/heap.h"

static const struct {
	const char *kind;
	golden_fn *fn;
} kinds[] = {
	{ "announce", golden_announce },
	{ "feed", golden_feed },
	{ "fileitem", golden_fileitem },
	{ "head", golden_head },
	{ "lsd", golden_lsd },
	{ "manifest", golden_manifest },
	{ "metainfo", golden_metainfo },
	{ "pw", golden_pw },
	{ "receipts", golden_receipts },
	{ "record", golden_record },
	{ "reply", golden_reply },
	{ "replylist", golden_replylist },
	{ "places", golden_places },
	{ "roster", golden_roster },
	{ "scrape", golden_scrape },
	{ "telemetry", golden_telemetry },
	{ "udpreq", golden_udpreq },
	{ "udprep4", golden_udprep4 },
	{ "udprep6", golden_udprep6 },
	{ "share", golden_share },
};

void
golden_hex(FILE *out, const char *key, const void *p, size_t len)
{
	const uint8_t *b = p;
	size_t i;

	fprintf(out, "%s ", key);
	for (i = 0; i < len; i++)
		fprintf(out, "%02x", b[i]);
	fputc('\n', out);
}

/* Content with a NUL behind it; NULL, and said why, when there is none. */
static char *
read_file(const char *path, size_t *len)
{
	FILE *fp = fopen(path, "rb");
	char *text = malloc(2 * GOLDEN_MAX + 1);

	if (fp == NULL || text == NULL) {
		printf("# %s: %s\n", path, strerror(errno));
		free(text);
		text = NULL;
	} else {
		*len = fread(text, 1, 2 * GOLDEN_MAX, fp);
		text[*len] = '\0';
	}
	if (fp != NULL)
		fclose(fp);
	return text;
}

/* In place: the bytes that the hex |text| spells; -1 when it does not. */
static long
unhex(char *text)
{
	size_t n = 0;
	char *p;

	for (p = text; *p != '\0'; p++) {
		if (*p == '#')
			p += strcspn(p, "\n") - 1;
		else if (!isspace((unsigned char)*p))
			text[n++] = *p;
	}
	if (buf_unhex(text, n / 2, text, n) < 0)
		return -1;
	return (long)(n / 2);
}

static golden_fn *
find_kind(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t i, len;

	name = name != NULL ? name + 1 : path;
	len = strcspn(name, "_.");
	for (i = 0; i < SP_LEN(kinds); i++)
		if (strlen(kinds[i].kind) == len &&
		    memcmp(kinds[i].kind, name, len) == 0)
			return kinds[i].fn;
	printf("# %s: no such kind of message\n", path);
	return NULL;
}

/* The text of the message in |path|, freed by the caller, or NULL. */
static char *
say(const char *path)
{
	golden_fn *fn = find_kind(path);
	struct sp_buf again;
	char *bytes, *text = NULL;
	size_t len = 0;
	FILE *out;
	long n;
	int rv;

	bytes = fn != NULL ? read_file(path, &len) : NULL;
	if (bytes == NULL)
		return NULL;
	n = unhex(bytes);
	if (n < 0) {
		printf("# %s: not hex\n", path);
		free(bytes);
		return NULL;
	}
	buf_init(&again, &heap_mem, GOLDEN_MAX);
	out = open_memstream(&text, &len);
	rv = fn(out, &again, (uint8_t *)bytes, (size_t)n);
	fclose(out);
	if (rv == 0)
		rv = again.err;
	if (rv < 0)
		printf("# %s: %s\n", path, sp_strerror(rv));
	else if (again.len != (size_t)n || memcmp(again.p, bytes, again.len)) {
		printf("# %s: written anew it differs:\n", path);
		golden_hex(stdout, "#", again.p, again.len);
		rv = -1;
	}
	buf_fini(&again);
	free(bytes);
	if (rv < 0) {
		free(text);
		text = NULL;
	}
	return text;
}

static bool
test_one(const char *dir, const char *name)
{
	char path[1300];
	char *got, *want;
	size_t len = 0;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	got = say(path);
	if (got == NULL)
		return false;
	snprintf(path + strlen(path) - 3, 4, "exp");
	want = read_file(path, &len);
	ok = want != NULL && strcmp(got, want) == 0;
	if (want != NULL && !ok) {
		char *line, *rest = got;

		printf("# %s differs; the bytes say\n", path);
		while ((line = strsep(&rest, "\n")) != NULL)
			printf("# %s\n", line);
	}
	free(got);
	free(want);
	return ok;
}

static int
is_hex(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 4 && strcmp(e->d_name + len - 4, ".hex") == 0;
}

static int
test_all(void)
{
	const char *top = getenv("top_srcdir");
	struct dirent **v;
	char dir[1024];
	int i, n, bad = 0;

	snprintf(dir, sizeof(dir), "%s/test/golden", top != NULL ? top : ".");
	n = scandir(dir, &v, is_hex, alphasort);
	if (n <= 0) {
		printf("Bail out! no golden files in %s\n", dir);
		return 1;
	}
	printf("1..%d\n", n);
	for (i = 0; i < n; i++) {
		bool ok = test_one(dir, v[i]->d_name);

		printf("%s %d - %s\n", ok ? "ok" : "not ok", i + 1,
		    v[i]->d_name);
		bad |= !ok;
		free(v[i]);
	}
	free(v);
	return bad;
}

int
main(int argc, char **argv)
{
	int i, bad = 0;

	if (argc == 1)
		return test_all();
	for (i = 1; i < argc; i++) {
		char *text = say(argv[i]);

		if (text != NULL)
			fputs(text, stdout);
		else
			bad = 1;
		free(text);
	}
	return bad;
}
