#include "tracker/daemon/locks.h"

void
locks_init(struct locks *l)
{
	pthread_mutex_init(&l->plain, NULL);
	pthread_mutex_init(&l->track, NULL);
}

void
locks_fini(struct locks *l)
{
	pthread_mutex_destroy(&l->track);
	pthread_mutex_destroy(&l->plain);
}

void
locks_take(struct locks *l)
{
	pthread_mutex_lock(&l->plain);
	pthread_mutex_lock(&l->track);
}

void
locks_give(struct locks *l)
{
	pthread_mutex_unlock(&l->track);
	pthread_mutex_unlock(&l->plain);
}

void
locks_take_track(struct locks *l)
{
	pthread_mutex_lock(&l->track);
}

void
locks_give_track(struct locks *l)
{
	pthread_mutex_unlock(&l->track);
}
