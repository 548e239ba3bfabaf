#ifndef TOOLS_KEY_LOAD_H
#define TOOLS_KEY_LOAD_H

/* Key files on disk: what goes wrong is said on stderr, in full. */

#include "tools/keyfile.h"

/*
 * Reads |path|; with |phrase_path| (may be NULL) a sealed key is opened. When
 * |secret|, a key that stays sealed is an error. NULL after a complaint;
 * free with key_free.
 */
struct keyfile *key_load(const char *path, const char *phrase_path,
    bool secret);
void key_free(struct keyfile *k); /* wipes; NULL is fine */

/*
 * Reads a passphrase: the first line of a file that only its owner may read.
 * Caller wipes and frees. NULL after a complaint.
 */
char *key_load_phrase(const char *path);

#endif
