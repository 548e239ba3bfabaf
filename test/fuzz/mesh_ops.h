#ifndef TEST_FUZZ_MESH_OPS_H
#define TEST_FUZZ_MESH_OPS_H

/* What may happen to a mesh, read from bytes. */

#include "test/sim/meshlab.h"

/* One operation with its operands; false when the mesh has left. */
bool mesh_op(struct lab *lab, struct sp_rd *in);

#endif
