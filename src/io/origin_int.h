#ifndef SRC_IO_ORIGIN_INT_H
#define SRC_IO_ORIGIN_INT_H

/* What the files of io/origin share. */

#include <sys/queue.h>

#include <curl/curl.h>

#include "io/origin.h"

struct origin_all {
	origin_all_cb cb;
	void *ctx;
	uint8_t *p; /* len bytes and a NUL */
	size_t len, cap;
};

/*
 * state      meaning                       leaves on
 * WAITING    made, libcurl has not got it  the next round
 * RUNNING    libcurl works on it           its end, origin_cancel
 * CANCELLED  no callbacks any more         the next round: freed
 */
enum origin_state {
	ORIGIN_WAITING,
	ORIGIN_RUNNING,
	ORIGIN_CANCELLED,
};

struct origin_fetch {
	TAILQ_ENTRY(origin_fetch) link;
	struct origin *origin;
	CURL *easy;
	struct curl_slist *headers;
	const struct origin_ops *ops;
	void *ctx;
	struct origin_all *all; /* owned; NULL for origin_get */
	enum origin_state state;
	enum origin_reach reach;
	bool ranged, has_head, is_encoded, has_location;
	bool stopped;    /* a callback said ORIGIN_STOP */
	bool toobig;     /* body or head beyond max_bytes */
	bool refused;    /* an address that is not allowed */
	bool met_public; /* some hop was a public host */
	uint64_t offset, max_bytes, bytes;
	sp_time started, first;
	struct origin_head head; /* strings point below */
	char type[128], etag[128];
	char *url;
	char text[CURL_ERROR_SIZE];
};
TAILQ_HEAD(origin_list, origin_fetch);

struct origin {
	struct loop *loop;
	CURLM *multi;
	char *agent, *ca_file;
	struct io_timer timer; /* libcurl's */
	struct io_timer kick;  /* ours: start, free */
	struct origin_list list;
	unsigned depth; /* libcurl or its callbacks are on the stack */
	bool proxied;   /* addresses that we see may be a proxy's */
};

/* Sets up f->easy. SP_ERR_NOMEM, SP_ERR_ARG. */
int origin_setup(struct origin_fetch *f, const struct origin_ask *ask);
/* What to tell of a fetch that ended with |code|. */
void origin_judge(struct origin_fetch *f, CURLcode code, struct origin_done *d);

/* Before connecting, and before each request: is this address allowed? */
curl_socket_t origin_open_socket(void *fetch, curlsocktype purpose,
    struct curl_sockaddr *sa);
int origin_before_request(void *fetch, char *ip, char *local, int port,
    int local_port);

/* f->head from the lines of a response, one that starts with a status. */
void origin_head_reset(struct origin_fetch *f);
void origin_head_line(struct origin_fetch *f, const char *line);
void origin_head_finish(struct origin_fetch *f, long status);

#endif
