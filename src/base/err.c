#include "base/err.h"

const char *
sp_strerror(int err)
{
	if (err >= 0)
		return "success";
	switch (err) {
#define SP_ERR_TEXT(name, value, scope, text) \
	case value:                           \
		return text;
		SP_ERR_LIST(SP_ERR_TEXT)
#undef SP_ERR_TEXT
	default:
		return "unknown error";
	}
}

const char *
sp_errname(int err)
{
	if (err >= 0)
		return "OK";
	switch (err) {
#define SP_ERR_NAME(name, value, scope, text) \
	case value:                           \
		return #name;
		SP_ERR_LIST(SP_ERR_NAME)
#undef SP_ERR_NAME
	default:
		return "UNKNOWN";
	}
}

enum sp_err_scope
sp_errscope(int err)
{
	if (err >= 0)
		return SP_SCOPE_NONE;
	switch (err) {
#define SP_ERR_SCOPE(name, value, scope, text) \
	case value:                            \
		return SP_SCOPE_##scope;
		SP_ERR_LIST(SP_ERR_SCOPE)
#undef SP_ERR_SCOPE
	default:
		return SP_SCOPE_ENGINE;
	}
}
