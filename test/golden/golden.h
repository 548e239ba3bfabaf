#ifndef TEST_GOLDEN_GOLDEN_H
#define TEST_GOLDEN_GOLDEN_H

/*
 * Golden bytes. test/golden/KIND_NAME.hex holds a message in hex (blanks and
 * '#' to the end of a line are skipped), KIND_NAME.exp what it says. The
 * runner decodes the bytes and compares the text, then builds the message
 * anew from what was decoded and compares the bytes. So an unwanted change of
 * a format shows, and other implementations have something to test against.
 *
 * A new kind is a file golden_KIND.c and a row in golden.c. A new message:
 *	./test/golden/golden test/golden/KIND_NAME.hex
 * prints the text that .exp should have, if it is right.
 */

#include "base/buf.h"

#define GOLDEN_MAX (1 << 20)

/*
 * Writes the text of the |len| bytes at |p| to |out|, lines "key value", and
 * the same message to |again|. 0, or what the decoder returned.
 */
typedef int golden_fn(FILE *out, struct sp_buf *again, const uint8_t *p,
    size_t len);

golden_fn golden_announce;  /* query string of an announce */
golden_fn golden_feed;      /* frames of the live extension */
golden_fn golden_lsd;       /* a peer on its own network */
golden_fn golden_head;      /* item of the DHT, signature */
golden_fn golden_fileitem;  /* the same, of files, packed */
golden_fn golden_manifest;  /* envelope */
golden_fn golden_metainfo;  /* .torrent of version 2, or a hybrid */
golden_fn golden_places;    /* PLACES frames, one after the other */
golden_fn golden_pw;        /* one message between peers */
golden_fn golden_receipts;  /* batch of them */
golden_fn golden_record;    /* envelope */
golden_fn golden_reply;     /* to an announce, compact */
golden_fn golden_replylist; /* to an announce, with compact=0 */
golden_fn golden_roster;    /* ROSTER frames: whole, then changes */
golden_fn golden_scrape;    /* reply */
golden_fn golden_telemetry; /* how a viewer fares */
golden_fn golden_udpreq;    /* request by UDP */
golden_fn golden_udprep4;   /* reply by UDP over IPv4 */
golden_fn golden_udprep6;   /* the same over IPv6 */
golden_fn golden_share;     /* batch of peers between trackers */

/* "key <hex>\n" */
void golden_hex(FILE *out, const char *key, const void *p, size_t len);

#endif
