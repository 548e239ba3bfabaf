#ifndef SRC_WIRE_BENCODE_H
#define SRC_WIRE_BENCODE_H

/*
 * Bencoding (BEP 3): a zero-copy pull reader and a canonical writer.
 *
 * The reader works in two steps. bencode_check walks the whole input once:
 * well-formed, depth <= LIM_BENCODE_DEPTH, integers canonical and in int64,
 * with |strict| also keys sorted and unique. After that the cursor functions
 * never meet malformed input and need no error handling beyond "not there or
 * another type".
 *
 *	struct bcur d, v;
 *	if ((r = bencode_check(p, len, true)) < 0)
 *		return r;
 *	d = bencode_root(p, len);
 *	if (!bencode_get(&d, "interval", &v) || !bencode_int(&v, &n))
 *		return SP_ERR_SYNTAX;
 */

#include "base/buf.h"

enum bencode_type {
	BENCODE_NONE,
	BENCODE_INT,
	BENCODE_STR,
	BENCODE_LIST,
	BENCODE_DICT,
};

/* One value inside checked input; borrows it. */
struct bcur {
	const uint8_t *p; /* first byte of the value */
	size_t len;       /* of the value as it stands in the input */
	enum bencode_type type;
};

/*
 * 0 when [p, p + len) is exactly one value. SP_ERR_SHORT, SP_ERR_SYNTAX,
 * SP_ERR_RANGE (integer), SP_ERR_TOOBIG (depth), SP_ERR_CANON (strict only:
 * order or repetition of keys; leading zeros and "-0" are always
 * SP_ERR_SYNTAX).
 */
int bencode_check(const void *p, size_t len, bool strict);
/* As bencode_check, for input that may be followed by more: value's length. */
int bencode_prefix(const void *p, size_t len, bool strict, size_t *used);

struct bcur bencode_root(const void *p, size_t len);
/*
 * Value of |key| in a dictionary, the first where it is repeated; false when
 * not a dictionary or not there.
 */
bool bencode_get(const struct bcur *dict, const char *key, struct bcur *out);
/* The same, and of that type. */
bool bencode_get_int(const struct bcur *dict, const char *key, int64_t *out);
bool bencode_get_str(const struct bcur *dict, const char *key,
    const uint8_t **p, size_t *len);
bool bencode_int(const struct bcur *v, int64_t *out);
bool bencode_str(const struct bcur *v, const uint8_t **p, size_t *len);
/*
 * Iterates a list (key untouched) or dictionary. |it| is an offset that starts
 * at 0. False at the end and for other types.
 */
bool bencode_next(const struct bcur *v, size_t *it, struct bcur *key,
    struct bcur *val);

/* Writer: the caller puts keys in sorted order, each followed by its value. */
void bencode_put_int(struct sp_buf *b, int64_t v);
void bencode_put_str(struct sp_buf *b, const void *p, size_t len);
void bencode_put_cstr(struct sp_buf *b, const char *s);
void bencode_put_list(struct sp_buf *b);
void bencode_put_dict(struct sp_buf *b);
void bencode_put_end(struct sp_buf *b);

#endif
