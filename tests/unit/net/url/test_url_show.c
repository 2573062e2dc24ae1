/* No user information is shown, of a good URL or a bad one. */
#include <criterion/criterion.h>
#include <string.h>

#include <headrace/url.h>

static void shows(const char *text, const char *wanted) {
    char shown[200];
    cr_assert_str_eq(hr_url_show(hr_slice_of(text), shown, sizeof shown), wanted, "%s: %s", text,
                     shown);
}

Test(url_show, good_ones) {
    shows("http://h/a?b#c", "http://h/a?b#c");
    shows("http://u:p@h:1/a", "http://***@h:1/a");
    shows("HTTPS://token@h", "HTTPS://***@h");
    shows("http://@h/", "http://***@h/");
    shows("http://:@h/", "http://***@h/");
    shows("http://h/@me/a:b@c", "http://h/@me/a:b@c");
    shows("http://h/?mail=a@b", "http://h/?mail=a@b");
    shows("http://h/?to=http://u:p@i/", "http://h/?to=http://***@i/");
    shows("http://u:p@h/?to=http://v:q@i/&and=//w@j", "http://***@h/?to=http://***@i/&and=//***@j");
    shows("http://[::1]:80/", "http://[::1]:80/");
}

/* What cannot be parsed hides all that may be some. */
Test(url_show, bad_ones) {
    shows("", "");
    shows("http://u:p w@h/", "http://***@h/");
    shows("http://u:p/w@h/", "http://***@h/");
    shows("http://u:p?w@h/", "http://***@h/");
    shows("http://u:p#w@h/", "http://***@h/");
    shows("http://u:p@w@h/", "http://***@h/");
    shows("http://u:p\"w@h/", "http://***@h/");
    shows("http://u:p\\w@h:port/", "http://***@h:port/");
    shows("http://u:p@h:99999/", "http://***@h:99999/");
    shows("http://u:p@/", "http://***@/");
    shows("http://u:p@", "http://***@");
    shows("http://u:p\xc3\xa9@h", "http://***@h");
    shows("socks5://u:p@h:1080", "socks5://***@h:1080");
    shows("htp://u:p@h", "htp://***@h");
    shows("http:/u:p@h", "http:/***@h");
    shows("http:\\\\u:p@h", "http:\\\\***@h");
    shows("http:u:p@h", "***@h");
    shows("//u:p@h/", "//***@h/");
    shows("u:p@h:80", "***@h:80");
    shows("https//u:p@h", "***@h");
    shows(" http://u:p@h", "***@h");
    shows("user@h:80", "***@h:80");
    shows("http://h ost/a@b", "http://***@b");
    shows("no url", "no url");
    shows("http://{bucket}.h/", "http://{bucket}.h/");
    shows("http://u:p@{bucket}.h/", "http://***@{bucket}.h/");
}

Test(url_show, bytes_that_a_terminal_would_take_for_something) {
    shows("http://h/\x1b[31m\r\n\x7f", "http://h/%1B[31m%0D%0A%7F");
    shows("http://h/\xc3\xa9", "http://h/%C3%A9");
    char shown[40];
    hr_url_show(hr_slice_bytes("http://h/\0a", 11), shown, sizeof shown);
    cr_assert_str_eq(shown, "http://h/%00a");
}

/* Cut behind what is hidden, or in front of it, never inside. */
Test(url_show, what_does_not_fit) {
    const char *url = "http://user:password@host/path";
    char shown[64];
    for (size_t capacity = 0; capacity < sizeof shown; capacity++) {
        memset(shown, 'x', sizeof shown);
        const char *text = hr_url_show(hr_slice_of(url), shown, capacity);
        if (capacity == 0) {
            cr_assert_str_eq(text, "");
            continue;
        }
        cr_assert_eq(text, shown);
        cr_assert_lt(strlen(shown), capacity);
        cr_assert(!strstr(shown, "user") && !strstr(shown, "pass"), "%s", shown);
        if (capacity > strlen("http://***@host/path"))
            cr_assert(strstr(shown, "path"), "%s", shown);
    }
    char small[12];
    cr_assert_str_eq(hr_url_show(hr_slice_of("http://host/"), small, sizeof small), "http://h...");
}
