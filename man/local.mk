# One page per program, file format and protocol.
