#include "test/unit/m3u8_help.h"

START_TEST(put_duration_writes_three_to_six_decimals)
{
	static const struct {
		uint64_t us;
		const char *text;
	} cases[] = {
		{ 0, "0.000" },
		{ 12345000, "12.345" },
		{ 12000000, "12.000" },
		{ 2002100, "2.0021" },
		{ 1000001, "1.000001" },
		{ 60, "0.00006" },
	};
	struct sp_buf b;
	size_t i;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 100);
	for (i = 0; i < SP_LEN(cases); i++) {
		buf_reset(&b);
		m3u8_put_duration(&b, cases[i].us);
		ck_assert_uint_eq(b.len, strlen(cases[i].text));
		ck_assert_mem_eq(b.p, cases[i].text, b.len);
	}
	buf_fini(&b);
}
END_TEST

START_TEST(attributes_are_found_by_their_whole_name)
{
	struct m3u8_span l, v;
	bool quoted;

	l = span("A=1, BB=\"x,B=2\" ,B=0x1F ,C=,D=1920x1080,B=9");
	ck_assert(m3u8_attr(l, "A", &v, &quoted));
	span_is(v, "1");
	ck_assert(!quoted);
	ck_assert(m3u8_attr(l, "BB", &v, &quoted));
	span_is(v, "x,B=2");
	ck_assert(quoted);
	ck_assert(m3u8_attr(l, "B", &v, NULL));
	span_is(v, "0x1F");
	ck_assert(m3u8_attr(l, "C", &v, NULL));
	ck_assert_uint_eq(v.len, 0);
	ck_assert(m3u8_attr(l, "D", &v, NULL));
	ck_assert(!m3u8_attr(l, "E", &v, NULL));
	ck_assert(!m3u8_attr(span(""), "A", &v, NULL));
	ck_assert(
	    m3u8_attr(span("#EXT-X-KEY:METHOD=NONE,"), "METHOD", &v, NULL));
	span_is(v, "NONE");
	ck_assert(!m3u8_attr(span("#EXT-X-KEY"), "METHOD", &v, NULL));
	ck_assert(!m3u8_attr(span("A=\"x\"y,B=1"), "B", &v, NULL));
	ck_assert(!m3u8_attr(span("A=x\"y\",B=1"), "B", &v, NULL));
	ck_assert(!m3u8_attr(span("A B=1"), "B", &v, NULL));
	ck_assert(m3u8_attr(span("x-a_b.c=1"), "x-a_b.c", &v, NULL));
	ck_assert(!m3u8_attr(span("A:=1,B=1"), "B", &v, NULL));
	ck_assert(!m3u8_attr(span("A=1,#B=1,C=1"), "C", &v, NULL));
}
END_TEST

START_TEST(attr_set_replaces_removes_and_appends)
{
	static const struct {
		const char *src, *name, *value, *want;
		bool quote;
	} cases[] = {
		{ "#K:A=1,URI=\"a,b\",C=2", "URI", "x/y",
		    "#K:A=1,URI=\"x/y\",C=2", true },
		{ "A=1,B=\"2\"", "B", "3", "A=1,B=3", false },
		{ "A=1,B=2,C=3", "A", NULL, "B=2,C=3", false },
		{ "A=1", "A", NULL, "", false },
		{ "#K:A=1", "A", NULL, "#K:", false },
		{ "A=1", "B", "2", "A=1,B=\"2\"", true },
		{ "", "B", "", "B=\"\"", true },
		{ "#K", "B", "2", "#K:B=2", false },
		{ "#K:URI=\"1\",A=1,URI=\"2\"", "URI", "3", "#K:URI=\"3\",A=1",
		    true },
		{ "A=1,A=2,B=3", "A", NULL, "B=3", false },
	};
	struct sp_buf b;
	size_t i;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1000);
	for (i = 0; i < SP_LEN(cases); i++) {
		const char *v = cases[i].value;

		buf_reset(&b);
		buf_put_str(&b, "^");
		ck_assert_int_eq(m3u8_attr_set(&b, span(cases[i].src),
				     cases[i].name, v,
				     v != NULL ? strlen(v) : 0, cases[i].quote),
		    0);
		buf_put_u8(&b, 0);
		ck_assert_str_eq((char *)b.p + 1, cases[i].want);
	}
	buf_fini(&b);
}
END_TEST

START_TEST(attr_set_refuses_what_would_not_read_back)
{
	struct m3u8_span src = span("A=1");
	struct sp_buf b;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 8);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "\"", 1, true),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "\n", 1, true),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "\x7f", 1, true),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "1,B=2", 5, false),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "a b", 3, false),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, span("A"), "A", "1", 1, false),
	    SP_ERR_SYNTAX);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "123456789", 9, true),
	    SP_ERR_FULL);
	buf_fini(&b);
}
END_TEST

START_TEST(line_is_compares_whole_tags)
{
	ck_assert(m3u8_line_is(span("#EXT-X-KEY:A=1"), "EXT-X-KEY"));
	ck_assert(m3u8_line_is(span("#EXT-X-GAP"), "EXT-X-GAP"));
	ck_assert(!m3u8_line_is(span("#EXT-X-KEYS:A=1"), "EXT-X-KEY"));
	ck_assert(!m3u8_line_is(span("#EXT-X-KE"), "EXT-X-KEY"));
	ck_assert(!m3u8_line_is(span("EXT-X-KEY:"), "EXT-X-KEY"));
	ck_assert(!m3u8_line_is(span(""), "EXT-X-KEY"));
}
END_TEST

/* Resolves into static memory; NULL when refused. */
static const char *
resolve(const char *base, const char *ref)
{
	static char text[1000];
	struct sp_buf b;
	int rv;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, sizeof(text) - 1);
	buf_put_str(&b, "^");
	rv = m3u8_resolve(&b, span(base), span(ref));
	if (rv < 0)
		ck_assert_uint_eq(b.len, 1);
	memcpy(text, b.p + 1, b.len - 1);
	text[b.len - 1] = '\0';
	buf_fini(&b);
	failmem_check(&fm);
	return rv == 0 ? text : NULL;
}

START_TEST(references_resolve_as_in_rfc_3986)
{
	static const char base[] = "http://a/b/c/d;p?q";
	static const struct {
		const char *ref, *want;
	} cases[] = {
		/* section 5.4.1 */
		{ "g:h", "g:h" },
		{ "g", "http://a/b/c/g" },
		{ "./g", "http://a/b/c/g" },
		{ "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" },
		{ "//g", "http://g" },
		{ "?y", "http://a/b/c/d;p?y" },
		{ "g?y", "http://a/b/c/g?y" },
		{ "#s", "http://a/b/c/d;p?q#s" },
		{ "g#s", "http://a/b/c/g#s" },
		{ "g?y#s", "http://a/b/c/g?y#s" },
		{ ";x", "http://a/b/c/;x" },
		{ "g;x", "http://a/b/c/g;x" },
		{ "g;x?y#s", "http://a/b/c/g;x?y#s" },
		{ "", "http://a/b/c/d;p?q" },
		{ ".", "http://a/b/c/" },
		{ "./", "http://a/b/c/" },
		{ "..", "http://a/b/" },
		{ "../", "http://a/b/" },
		{ "../g", "http://a/b/g" },
		{ "../..", "http://a/" },
		{ "../../", "http://a/" },
		{ "../../g", "http://a/g" },
		/* section 5.4.2 */
		{ "../../../g", "http://a/g" },
		{ "../../../../g", "http://a/g" },
		{ "/./g", "http://a/g" },
		{ "/../g", "http://a/g" },
		{ "g.", "http://a/b/c/g." },
		{ ".g", "http://a/b/c/.g" },
		{ "g..", "http://a/b/c/g.." },
		{ "..g", "http://a/b/c/..g" },
		{ "./../g", "http://a/b/g" },
		{ "./g/.", "http://a/b/c/g/" },
		{ "g/./h", "http://a/b/c/g/h" },
		{ "g/../h", "http://a/b/c/h" },
		{ "g;x=1/./y", "http://a/b/c/g;x=1/y" },
		{ "g;x=1/../y", "http://a/b/c/y" },
		{ "g?y/./x", "http://a/b/c/g?y/./x" },
		{ "g?y/../x", "http://a/b/c/g?y/../x" },
		{ "g#s/./x", "http://a/b/c/g#s/./x" },
		{ "g#s/../x", "http://a/b/c/g#s/../x" },
		{ "http:g", "http:g" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(cases); i++) {
		const char *got = resolve(base, cases[i].ref);

		ck_assert_ptr_nonnull(got);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(references_resolve_against_unusual_bases)
{
	static const struct {
		const char *base, *ref, *want;
	} cases[] = {
		{ "http://a", "g", "http://a/g" },
		{ "http://a", "../g", "http://a/g" },
		{ "http://a?q", "", "http://a?q" },
		{ "http://a?q", "?", "http://a?" },
		{ "http://a", "//b?q", "http://b?q" },
		{ "http://a/x/../y/z", "g", "http://a/y/g" },
		{ "http://a//b/", "g", "http://a//b/g" },
		{ "http://a//b/", "..", "http://a//" },
		{ "http://u@a:8080/b?x#f", "c%2F\xc3\xbc d",
		    "http://u@a:8080/c%2F\xc3\xbc d" },
		{ "https://h/p", "http://o/a/../b", "http://o/b" },
		{ "file:/a/b", "c", "file:/a/c" },
		{ "file:///a/b", "c", "file:///a/c" },
		{ "data:x", "http://h/", "http://h/" },
		{ "a+b-c.1://h/", "x", "a+b-c.1://h/x" },
		{ "http://a/b/", "x:y/", "x:y/" },
		{ "http://a/b/", "1x:y/", "http://a/b/1x:y/" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(cases); i++) {
		const char *got = resolve(cases[i].base, cases[i].ref);

		ck_assert_ptr_nonnull(got);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(what_cannot_be_resolved_is_refused)
{
	ck_assert_ptr_null(resolve("", "g"));
	ck_assert_ptr_null(resolve("/a/b", "g"));
	ck_assert_ptr_null(resolve("//h/b", "g"));
	ck_assert_ptr_null(resolve("1http://h/", "g"));
	ck_assert_ptr_null(resolve("data:x", "g"));
	ck_assert_ptr_null(resolve("http://h/", "a\nb"));
	ck_assert_ptr_null(resolve("http://h/\x7f", "a"));
	ck_assert_ptr_null(resolve("file:/a", ".//host"));
}
END_TEST

START_TEST(resolving_shows_failing_memory)
{
	struct failmem f;
	struct sp_buf b;
	int rv;

	FAILMEM_EACH (&f) {
		buf_init(&b, &f.mem, 1000);
		rv = m3u8_resolve(&b, span("http://host.example/a/b/c/d"),
		    span("../../x/y/./z?query=string&and=more#fragment"
			 "-that-makes-the-buffer-grow-again"));
		ck_assert_int_eq(rv, f.failed > 0 ? SP_ERR_NOMEM : 0);
		buf_fini(&b);
	}
	failmem_init(&fm);
	buf_init(&b, &fm.mem, 10);
	ck_assert_int_eq(m3u8_resolve(&b, span("http://a/b/"), span("../c")),
	    0);
	buf_reset(&b);
	ck_assert_int_eq(m3u8_resolve(&b, span("http://a/b/"), span("cd/..")),
	    SP_ERR_FULL);
	buf_fini(&b);
}
END_TEST

START_TEST(relative_gives_what_resolves_back)
{
	static const struct {
		const char *base, *url, *want; /* NULL: not under it */
	} cases[] = {
		{ "http://h/a/", "http://h/a/b", "b" },
		{ "http://h/a/", "http://h/a/b/c.ts?x=/../:#y",
		    "b/c.ts?x=/../:#y" },
		{ "http://h/", "http://h/?q", "?q" },
		{ "http://h/a/", "http://h/a/", NULL },
		{ "http://h/a/", "http://h/b/a/", NULL },
		{ "http://h/a", "http://h/a/b", NULL },
		{ "http://h/a/", "http://h/a//b", NULL },
		{ "http://h/a/", "http://h/a/b//c", "b//c" },
		{ "http://h/a/", "http://h/a/b:c", NULL },
		{ "http://h/a/", "http://h/a/b/c:d", "b/c:d" },
		{ "http://h/a/", "http://h/a/../b", NULL },
		{ "http://h/a/", "http://h/a/b/..", NULL },
		{ "http://h/a/", "http://h/a/b/%2E./c", NULL },
		{ "http://h/a/", "http://h/a/%2e", NULL },
		{ "http://h/a/", "http://h/a/%2eb", "%2eb" },
		{ "http://h/a/", "http://h/a/..b/.c", "..b/.c" },
		{ "http://h/../a/", "http://h/../a/b", NULL },
		{ "http://h//a/", "http://h//a/b", "b" },
		{ "http://h/x:y/", "http://h/x:y/b", "b" },
		{ "http://", "http://h/", NULL },
		{ "http:/", "http://h/", NULL },
		{ "http://h?/", "http://h?/a", NULL },
		{ "http://h/#/", "http://h/#/a", NULL },
		{ "h/", "h/a", NULL },
		{ "", "a", NULL },
	};
	struct m3u8_span out;
	size_t i, n;

	for (i = 0; i < SP_LEN(cases); i++) {
		n = m3u8_relative(span(cases[i].base), span(cases[i].url),
		    &out);
		ck_assert_msg((n > 0) == (cases[i].want != NULL), "%s",
		    cases[i].url);
		if (n == 0)
			continue;
		span_is(out, cases[i].want);
		ck_assert_str_eq(resolve(cases[i].base, cases[i].want),
		    cases[i].url);
	}
}
END_TEST

UNIT_MAIN("m3u8_text", put_duration_writes_three_to_six_decimals,
    attributes_are_found_by_their_whole_name,
    attr_set_replaces_removes_and_appends,
    attr_set_refuses_what_would_not_read_back, line_is_compares_whole_tags,
    references_resolve_as_in_rfc_3986, references_resolve_against_unusual_bases,
    what_cannot_be_resolved_is_refused, resolving_shows_failing_memory,
    relative_gives_what_resolves_back)
