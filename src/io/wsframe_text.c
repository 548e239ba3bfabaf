/* What has nothing to do with frames: the handshake's answer, UTF-8. */

#include "io/wsframe.h"

#include <openssl/evp.h>

#define GUID    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_LEN 24 /* base64 of 16 bytes */

int
wsframe_accept(const char *key, char out[WSFRAME_ACCEPT])
{
	uint8_t raw[KEY_LEN], sha[EVP_MAX_MD_SIZE];
	char text[KEY_LEN + sizeof(GUID)];
	unsigned n;

	if (key == NULL || strlen(key) != KEY_LEN ||
	    memcmp(key + KEY_LEN - 2, "==", 2) != 0 ||
	    memchr(key, '=', KEY_LEN - 2) != NULL ||
	    EVP_DecodeBlock(raw, (const uint8_t *)key, KEY_LEN) != 18)
		return SP_ERR_SYNTAX;
	memcpy(text, key, KEY_LEN);
	memcpy(text + KEY_LEN, GUID, sizeof(GUID));
	if (EVP_Digest(text, KEY_LEN + sizeof(GUID) - 1, sha, &n, EVP_sha1(),
		NULL) != 1)
		return SP_ERR_CRYPTO;
	EVP_EncodeBlock((uint8_t *)out, sha, (int)n);
	return 0;
}

/* Bytes of the character at |p|, 0: it is none. Table 3-7 of Unicode 15. */
static size_t
utf8_len(const uint8_t *p, size_t len)
{
	static const struct {
		uint8_t first, last, lo, hi; /* first byte; second byte */
		size_t len;
	} rows[] = {
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < SP_LEN(rows); i++) {
		if (p[0] < rows[i].first || p[0] > rows[i].last)
			continue;
		if (rows[i].len > len ||
		    (rows[i].len > 1 &&
			(p[1] < rows[i].lo || p[1] > rows[i].hi)))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		}
		return rows[i].len;
	}
	return 0;
}

bool
wsframe_is_utf8(const uint8_t *p, size_t len)
{
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = utf8_len(p, len);
		if (n == 0)
			return false;
	}
	return true;
}
