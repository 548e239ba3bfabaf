#ifndef SRC_WIRE_ENVELOPE_H
#define SRC_WIRE_ENVELOPE_H

/*
 * A signed dictionary in its envelope: what record and manifest share.
 *
 *	d [1:h <leaf hashes>] 1:<key> <dictionary> 1:s 64:<signature> e
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/bencode.h"

struct envelope {
	const uint8_t *leaves; /* NULL when there is no h */
	size_t leaves_len;
	const uint8_t *raw; /* the dictionary */
	size_t raw_len;
	const uint8_t *sig;
};

/*
 * Takes it apart; the parts borrow |p|. |key| is that of the dictionary, which
 * is not looked into; |leaves|: h must be there, else it must not. Bencoding
 * errors; SP_ERR_SYNTAX for any other form; SP_ERR_TOOBIG (LIM_ENVELOPE, or a
 * dictionary above |max|).
 */
int envelope_open(struct envelope *out, const uint8_t *p, size_t len, char key,
    bool leaves, size_t max);
/*
 * Signs e->raw under |label| and appends the envelope; e->sig is not used.
 * Returns b->err.
 */
int envelope_seal(struct sp_buf *b, const struct envelope *e, char key,
    const char *label, const uint8_t sk[HASH_SK_LEN]);

/*
 * Fields of canonical dictionaries where 0 and "" are left out: readers give
 * SP_ERR_SYNTAX for another type, SP_ERR_CANON for 0 or "", SP_ERR_RANGE
 * outside [0, max], SP_ERR_TOOBIG for strings above |max|.
 */
int envelope_get_uint(const struct bcur *v, uint64_t max, uint64_t *out);
int envelope_get_u8(const struct bcur *v, uint8_t *out);
int envelope_get_u16(const struct bcur *v, uint16_t *out);
int envelope_get_u32(const struct bcur *v, uint32_t *out);
int envelope_get_text(const struct bcur *v, size_t max, const char **p,
    size_t *len);
void envelope_put_uint(struct sp_buf *b, char key, uint64_t v);
void envelope_put_text(struct sp_buf *b, char key, const void *p, size_t len);
/* The one character of a dictionary key, 0 for longer or shorter ones. */
char envelope_key(const struct bcur *key);

#endif
