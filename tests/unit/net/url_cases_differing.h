/* Where we differ from the cases by design, and why. The cases are those of browsers (WHATWG); this
 * is a client's parser (RFC 3986, RFC 9110 4.2). */
#ifndef HR_TEST_URL_CASES_DIFFERING_H
#define HR_TEST_URL_CASES_DIFFERING_H

static const char blank[] =
    "browsers cut blanks off and encode those inside; to us they are refused";
static const char script[] = "browsers percent-encode other scripts; to us they are refused";
static const char backslash[] =
    "browsers read a backslash as a slash; to us it is a byte like others, or refused";
static const char slashes[] =
    "browsers mend a scheme without //; RFC 3986 5.4.2 has it for another kind of URL: refused";
static const char empty[] =
    "browsers skip slashes to find a host; RFC 3986 has an empty one: refused";
static const char dots[] =
    "browsers remove dot segments of an absolute URL; an object key may have them: as written";
static const char decoded[] = "browsers decode percent-encoded host names; to us they are refused";
static const char host[] =
    "browsers take bytes there that RFC 3986 does not; to us they are refused";
static const char as_written[] =
    "browsers encode a few bytes of query and fragment; to us they stay as written";
static const char ipv4[] = "browsers rewrite short, octal and hexadecimal numbers as IPv4 "
                           "addresses; to us they are refused";

static const struct {
    const char *class, *input, *why;
} differing[] = {
    {"relative", " foo.com  ", blank},
    {"relative", "  \t", blank},
    {"relative", "/a/ /c", blank},
    {"relative", "h\tt\nt\rp://h\to\ns\rt:9\t0\n0\r0/p\ta\nt\rh?q\tu\ne\rry#f\tr\na\rg", blank},
    {"relative", "#\316\262", script},
    {"relative", ":foo.com\\", backslash},
    {"relative", "\\x", backslash},
    {"relative", "http:\\\\a\\b:c\\d@foo.com\\", backslash},
    {"relative", "http:\\\\www.google.com\\foo", backslash},
    {"relative", "/\\/\\//example.org/../path", backslash},
    {"relative", "http::@c:29", slashes},
    {"relative", "http:[61:27]/:foo", slashes},
    {"relative", "http:/", slashes},
    {"relative", "https:/example.com/", slashes},
    {"relative", "http:example.com/", slashes},
    {"relative", "http:/example.com/", slashes},
    {"relative", "http:/@www.example.com", slashes},
    {"relative", "http::b@www.example.com", slashes},
    {"relative", "http:/:b@www.example.com", slashes},
    {"relative", "http:/a:@www.example.com", slashes},
    {"relative", "http:", slashes},
    {"relative", "///test", empty},
    {"relative", "///example.org/../path", empty},
    {"relative", "///example.org/../../", empty},
    {"ascii-absolute", "http://example.com/././foo", dots},
    {"ascii-absolute", "http://example.com/./.foo", dots},
    {"ascii-absolute", "http://example.com/foo/bar/../", dots},
    {"ascii-absolute", "http://example.com/foo/bar/../ton", dots},
    {"ascii-absolute", "http://example.com/foo/bar/../ton/../../a", dots},
    {"ascii-absolute", "http://example.com/foo/%2e./%2e%2e/.%2e/%2e.bar", dots},
    {"ascii-absolute", "http://example.com/foo/bar//../..", dots},
    {"ascii-absolute", "http://example.com/foo/bar//..", dots},
    {"ascii-absolute", "http://www/foo/%2E/html", dots},
    {"ascii-absolute", "http://%30%78%63%30%2e%30%32%35%30.01", decoded},
    {"ascii-absolute", "https://%e2%98%83", decoded},
    {"ascii-absolute", "https://a%C2%ADb/", decoded},
    {"ascii-absolute", "http://&a:foo(b]c@d:2/", host},
    {"ascii-absolute", "https://@@@example", host},
    {"ascii-absolute", "http://!\"$&'()*+,-.;=_`{}~/", host},
    {"ascii-absolute", "http://foo.bar/baz?qux#foo<bar", as_written},
    {"ascii-absolute", "http://foo.bar/baz?qux#foo>bar", as_written},
    {"ascii-absolute", "http://example.org/test?\"", as_written},
    {"ascii-absolute", "http://1.2.3.4./", ipv4},
    {"ascii-absolute", "http://192.168.257.", ipv4},
    {"ascii-absolute", "http://999999999", ipv4},
    {"ascii-absolute", "http://999999999.", ipv4},
    {"ascii-absolute", "https://0x.0x.0", ipv4},
    {"ascii-absolute", "https://0x.0x.0x.0x", ipv4},
    {"ascii-absolute", "https://0000000000000000000000000000000000000000177.0.0.1", ipv4},
};

#endif
