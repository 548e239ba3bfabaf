#include <jansson.h>

#include "io/daemon.h"
#include "tools/channel.h"
#include "tools/key_load.h"

struct opts {
	struct conf_std std;
	const char *phrase;
	int output;
};

static const struct conf_row rows[] = {
	{ "output", 'o', CONF_ENUM, CONF_AT(struct opts, output), 0, 0, "text",
	    CHANNEL_OUTPUTS, "what is printed", 0 },
	{ "passphrase-file", 0, CONF_PATH, CONF_AT(struct opts, phrase), 1,
	    4096, NULL, "FILE", "file whose first line seals or opens the key",
	    0 },
};

static const struct conf_prog prog = {
	.name = "spate-channel show",
	.version = daemon_version,
	.usage = "[options] KEYFILE",
	.text = "show what a key file holds, but for the secret",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct opts, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 1,
	.max_args = 1,
};

struct facts {
	char pk[2 * HASH_PK_LEN + 1];
	char info_hash[2 * LINK_INFOHASH_LEN + 1];
	const char *secret;
};

static void
put(bool tsv, const char *name, const char *value)
{
	if (tsv)
		printf("%s\t%s\n", name, value);
	else
		printf("%-10s %s\n", name, value);
}

static void
show_plain(const struct keyfile *k, const struct facts *f, bool tsv)
{
	const struct link *l = &k->link;

	put(tsv, "public", f->pk);
	put(tsv, "info-hash", f->info_hash);
	put(tsv, "secret", f->secret);
	if (l->name[0] != '\0')
		put(tsv, "name", l->name);
	for (size_t i = 0; i < l->n_trackers; i++)
		put(tsv, "tracker", l->trackers[i]);
	for (size_t i = 0; i < l->n_origins; i++)
		put(tsv, "origin", l->origins[i]);
}

static json_t *
urls(const char (*v)[LIM_URI + 1], size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_string(v[i]));
	return a;
}

static void
show_json(const struct keyfile *k, const struct facts *f)
{
	const struct link *l = &k->link;
	json_t *j = json_pack("{ss ss ss ss so so}", "public", f->pk,
	    "info_hash", f->info_hash, "secret", f->secret, "name", l->name,
	    "trackers", urls(l->trackers, l->n_trackers), "origins",
	    urls(l->origins, l->n_origins));

	json_dumpf(j, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(j);
}

static void
show(const struct keyfile *k, int output)
{
	uint8_t ih[LINK_INFOHASH_LEN];
	struct facts f;

	link_infohash(ih, k->link.pk);
	buf_hex(f.pk, k->link.pk, HASH_PK_LEN);
	buf_hex(f.info_hash, ih, sizeof(ih));
	f.secret = !k->sealed ? "plain" : k->open ? "sealed, opens" : "sealed";
	if (output == CHANNEL_JSON)
		show_json(k, &f);
	else
		show_plain(k, &f, output == CHANNEL_TSV);
}

int
channel_show(int argc, char **argv)
{
	struct opts o;
	struct conf *c;
	struct keyfile *k;
	int rv = conf_parse(&c, &prog, &o, argc, argv);

	if (rv != 0)
		return rv < 0 ? 2 : 0;
	k = key_load(conf_arg(c, 0), o.phrase, false);
	if (k != NULL)
		show(k, o.output);
	rv = k != NULL ? 0 : 1;
	key_free(k);
	conf_free(c);
	return rv;
}
