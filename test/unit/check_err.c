#include "base/err.h"
#include "test/unit/unit.h"

#define X(name, value, scope, text) { SP_ERR_##name, value, #name, text },
static const struct {
	int err, value;
	const char *name, *text;
} errs[] = { SP_ERR_LIST(X) };
#undef X

START_TEST(codes_are_negative_and_distinct)
{
	for (size_t i = 0; i < SP_LEN(errs); i++) {
		ck_assert_int_lt(errs[i].err, 0);
		ck_assert_int_eq(errs[i].err, errs[i].value);
		for (size_t j = 0; j < i; j++) {
			ck_assert_int_ne(errs[i].err, errs[j].err);
			ck_assert_str_ne(errs[i].text, errs[j].text);
		}
	}
}
END_TEST

START_TEST(each_code_has_its_name_and_text)
{
	for (size_t i = 0; i < SP_LEN(errs); i++) {
		ck_assert_str_eq(sp_errname(errs[i].err), errs[i].name);
		ck_assert_str_eq(sp_strerror(errs[i].err), errs[i].text);
		ck_assert_int_ne(sp_errscope(errs[i].err), SP_SCOPE_NONE);
	}
	ck_assert_str_eq(sp_errname(SP_ERR_NOMEM), "NOMEM");
}
END_TEST

START_TEST(success_and_counts_are_no_errors)
{
	ck_assert_str_eq(sp_strerror(0), "success");
	ck_assert_str_eq(sp_strerror(17), "success");
	ck_assert_str_eq(sp_errname(0), "OK");
	ck_assert_int_eq(sp_errscope(0), SP_SCOPE_NONE);
	ck_assert_int_eq(sp_errscope(INT_MAX), SP_SCOPE_NONE);
}
END_TEST

START_TEST(unknown_codes_end_the_engine)
{
	ck_assert_str_eq(sp_strerror(-999), "unknown error");
	ck_assert_str_eq(sp_errname(INT_MIN), "UNKNOWN");
	ck_assert_int_eq(sp_errscope(-999), SP_SCOPE_ENGINE);
}
END_TEST

START_TEST(scopes_say_how_far_the_damage_goes)
{
	ck_assert_int_eq(sp_errscope(SP_ERR_AGAIN), SP_SCOPE_CALL);
	ck_assert_int_eq(sp_errscope(SP_ERR_SYNTAX), SP_SCOPE_MESSAGE);
	ck_assert_int_eq(sp_errscope(SP_ERR_PROTO), SP_SCOPE_PEER);
	ck_assert_int_eq(sp_errscope(SP_ERR_NOMEM), SP_SCOPE_ENGINE);
}
END_TEST

UNIT_MAIN("err", codes_are_negative_and_distinct,
    each_code_has_its_name_and_text, success_and_counts_are_no_errors,
    unknown_codes_end_the_engine, scopes_say_how_far_the_damage_goes)
