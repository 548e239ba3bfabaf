/*
 * Nodes of a DHT on 127.0.0.1, for the tests: as many as the lines on standard
 * input say.
 *
 *	add N		N more nodes, which know the others, and the others them
 *	kill N		the N oldest end
 *	get HEX		asks the newest node for the head of the channel with
 *			that key and prints its seq, signature and value, or
 *			"item none"
 *	put HEX SEQ SIG VALUE
 *			puts that, and prints "stored N seen SEQ"
 *	salt TEXT	what get and put mean from now on, instead of the head
 *
 * "port P" is printed for each new node, "nodes N" when a command is done.
 */

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "lt/lt.h"
#include "wire/head.h"

#define NODES 64
#define LINE  4096

struct node {
	struct lt_session *s;
	uint16_t port;
	bool ready;
};

static struct node nodes[NODES]; /* oldest first */
static size_t n_nodes;
static char salt[LT_SALT_MAX + 1] = HEAD_SALT;
static bool waiting; /* for the answer to get or put */

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "dhtnodes: %s: %s\n", what, why);
	exit(1);
}

/* ---- events ---- */

static void
print_item(const struct lt_item *it)
{
	char sig[2 * HASH_SIG_LEN + 1], value[2 * LT_VALUE_MAX + 1];

	buf_hex(sig, it->sig, sizeof(it->sig));
	buf_hex(value, it->value, it->value_len);
	printf("item %lld %s %s\n", (long long)it->seq, sig, value);
}

static int64_t newest;

static void
on_event(void *ctx, const struct lt_event *ev)
{
	struct node *n = ctx;

	switch (ev->type) {
	case LT_EV_LISTENING:
		if (ev->u.listen.udp)
			n->port = ev->u.listen.addr.port;
		break;
	case LT_EV_DHT_READY:
		n->ready = true;
		break;
	case LT_EV_DHT_ITEM:
		if (ev->u.item.item.value_len > 0 &&
		    ev->u.item.item.seq > newest) {
			newest = ev->u.item.item.seq;
			print_item(&ev->u.item.item);
		}
		break;
	case LT_EV_DHT_PUT:
		printf("stored %u seen %lld\n", (unsigned)ev->u.put.stored,
		    (long long)ev->u.put.seen_seq);
		waiting = false;
		break;
	case LT_EV_DHT_END:
		if (ev->u.end.op == LT_OP_GET && newest == 0)
			printf("item none\n");
		if (ev->u.end.op != LT_OP_PUT || ev->u.end.code < 0)
			waiting = false;
		break;
	default:
		break;
	}
}

/* One round: events of all nodes; |fd| too if it is not -1: true if readable.
 */
static bool
step(int fd, int ms)
{
	struct pollfd p[NODES + 1];
	size_t i;

	for (i = 0; i < n_nodes; i++)
		p[i] = (struct pollfd){ lt_fd(nodes[i].s), POLLIN, 0 };
	p[i] = (struct pollfd){ fd, POLLIN, 0 };
	if (poll(p, n_nodes + 1, ms) < 0)
		return false;
	for (i = 0; i < n_nodes; i++)
		if (p[i].revents != 0)
			lt_drain(nodes[i].s, on_event, &nodes[i]);
	return p[n_nodes].revents != 0;
}

/* ---- commands ---- */

static void
start_node(void)
{
	const struct lt_kv *kv;
	struct lt_conf c = { .size = sizeof(c), .dht_timeout_ms = 4000 };
	struct lt_error why = { .size = sizeof(why) };
	struct node *n = &nodes[n_nodes];

	if (n_nodes == NODES)
		die("add", "too many nodes");
	c.n_settings = lt_preset(LT_PRESET_LOCAL_DHT, &kv);
	c.settings = kv;
	*n = (struct node){ NULL, 0, false };
	if (lt_new(&n->s, &c, &why) < 0)
		die("add", why.text);
	n_nodes++;
	for (unsigned k = 0; k < 200 && n->port == 0; k++)
		step(-1, 20);
	if (n->port == 0)
		die("add", "does not listen");
	for (size_t i = 0; i + 1 < n_nodes; i++) {
		lt_dht_add_node(n->s, "127.0.0.1", nodes[i].port);
		lt_dht_add_node(nodes[i].s, "127.0.0.1", n->port);
	}
	printf("port %u\n", n->port);
}

static void
kill_nodes(size_t n)
{
	n = SP_MIN(n, n_nodes);
	for (size_t i = 0; i < n; i++)
		lt_abort(nodes[i].s);
	for (size_t i = 0; i < n; i++)
		lt_free(nodes[i].s);
	n_nodes -= n;
	memmove(nodes, nodes + n, n_nodes * sizeof(nodes[0]));
}

static void
await_answer(int rv, struct lt_session *s)
{
	if (rv < 0)
		die("dht", lt_why(s)->text);
	for (waiting = true; waiting;)
		step(-1, 100);
}

static void
get(const char *hex)
{
	struct lt_session *s = nodes[n_nodes - 1].s;
	uint8_t key[HASH_PK_LEN];

	if (buf_unhex(key, sizeof(key), hex, strlen(hex)) < 0)
		die("get", "not a key");
	newest = 0;
	await_answer(lt_dht_get(s, key, salt, strlen(salt)), s);
}

static void
put(char *line)
{
	struct lt_session *s = nodes[n_nodes - 1].s;
	struct lt_item it = { .size = sizeof(it),
		.salt = (const uint8_t *)salt,
		.salt_len = strlen(salt) };
	uint8_t value[LT_VALUE_MAX];
	char *key = strsep(&line, " "), *seq = strsep(&line, " ");
	char *sig = strsep(&line, " ");

	if (line == NULL || strlen(line) > 2 * sizeof(value) ||
	    buf_unhex(it.key, sizeof(it.key), key, strlen(key)) < 0 ||
	    buf_unhex(it.sig, sizeof(it.sig), sig, strlen(sig)) < 0 ||
	    buf_unhex(value, strlen(line) / 2, line, strlen(line)) < 0)
		die("put", "not an item");
	it.seq = strtoll(seq, NULL, 10);
	it.value = value;
	it.value_len = strlen(line) / 2;
	await_answer(lt_dht_put(s, &it), s);
}

static void
command(char *line)
{
	char *word = strsep(&line, " ");
	size_t n = line != NULL ? strtoul(line, NULL, 10) : 0;

	if (strcmp(word, "add") == 0)
		while (n-- > 0)
			start_node();
	else if (strcmp(word, "kill") == 0)
		kill_nodes(n);
	else if (strcmp(word, "salt") == 0 && line != NULL)
		snprintf(salt, sizeof(salt), "%s", line);
	else if (n_nodes == 0 || line == NULL)
		die(word, "no nodes, or nothing behind it");
	else if (strcmp(word, "get") == 0)
		get(line);
	else if (strcmp(word, "put") == 0)
		put(line);
	else
		die(word, "no such command");
	printf("nodes %zu\n", n_nodes);
}

int
main(void)
{
	char line[LINE], *nl;
	size_t len = 0;
	ssize_t n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!lt_is_there())
		return 77;
	for (;;) {
		if (!step(STDIN_FILENO, 1000))
			continue;
		n = read(STDIN_FILENO, line + len, sizeof(line) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		line[len] = '\0';
		while ((nl = strchr(line, '\n')) != NULL) {
			*nl = '\0';
			command(line);
			len -= (size_t)(nl + 1 - line);
			memmove(line, nl + 1, len + 1);
		}
		if (len == sizeof(line) - 1)
			die("line", "too long");
	}
	kill_nodes(n_nodes);
	return 0;
}
