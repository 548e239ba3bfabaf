#ifndef TEST_SIM_MESH_SOUND_H
#define TEST_SIM_MESH_SOUND_H

/* What must hold inside a mesh between any two inputs. */

#include "swarm/mesh.h"

/* NULL, or what is wrong. */
const char *mesh_sound(const struct mesh *m);

#endif
