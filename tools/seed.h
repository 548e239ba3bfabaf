#ifndef TOOLS_SEED_H
#define TOOLS_SEED_H

/*
 * Follows a live source, signs its pieces, publishes them to the trackers and
 * gives them to the swarm, of which it is a peer.
 */

#include "base/log.h"
#include "io/loop.h"
#include "tools/keyfile.h"
#include "tools/seed_options.h"

struct seed;

/*
 * |opts|, |key| and |log| are borrowed for life; |source| is a URL or a path,
 * NULL where opts->files are all there is.
 * After an error, which has been complained about, nothing is left.
 */
int seed_new(struct seed **out, struct loop *l, const struct seed_options *opts,
    struct keyfile *key, const char *source, const struct sp_log *log);
/* Files may have changed. */
void seed_look(struct seed *s);
/* Leaves the swarm, then stops the loop. */
void seed_stop(struct seed *s);
/* Exit status of the program. */
int seed_result(const struct seed *s);
void seed_free(struct seed *s);

#endif
