#ifndef TRACKER_DAEMON_LOCKS_H
#define TRACKER_DAEMON_LOCKS_H

/*
 * What the threads of the daemon share. The cores know no locks: who calls
 * them holds
 *
 *	plain	around the ordinary swarms, by workers once for a batch of
 *		packets, never for each
 *	track	around all else of struct track
 *
 * in this order. The main thread takes both at the entry of each callback of
 * the loop that comes to a core, or |track| alone if it is known not to come to
 * ordinary swarms, and nothing that is called from there takes them again. What
 *time it is is asked with the locks held: for a core it never goes back.
 */

#include <pthread.h>

struct locks {
	pthread_mutex_t plain; /* lock A */
	pthread_mutex_t track; /* lock B */
};

void locks_init(struct locks *l);
void locks_fini(struct locks *l);
void locks_take(struct locks *l); /* both */
void locks_give(struct locks *l);
/* |track| alone: workers go on meanwhile. */
void locks_take_track(struct locks *l);
void locks_give_track(struct locks *l);

#endif
