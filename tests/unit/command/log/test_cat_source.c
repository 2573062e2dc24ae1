/* Lines out of files, pipes and what gzip(1) and zstd(1) make of them; files that move. */
#include "command_fixture.h"

#include <errno.h>
#include <zlib.h>
#include <zstd.h>

#include "cat_source.h"

TestSuite(cat_source, .init = fixture_open, .fini = fixture_close);

static struct cat_source source;
static char all[1 << 20];

/* All lines to the end, each followed by '|'; the last result of reading in `end`. */
static const char *lines(bool rest, int *end) {
    size_t used = 0;
    struct hr_slice text;
    int more;
    do {
        more = cat_source_read(&source);
        while (cat_source_line(&source, false, &text))
            used +=
                (size_t)snprintf(all + used, sizeof all - used, "%.*s|", (int)text.size, text.data);
    } while (more > 0);
    while (rest && cat_source_line(&source, true, &text))
        used += (size_t)snprintf(all + used, sizeof all - used, "%.*s|", (int)text.size, text.data);
    all[used] = '\0';
    if (end) *end = more;
    return all;
}

static const char *read_whole(const char *path, int *end) {
    cr_assert_eq(cat_source_open(&source, path), 0, "%s", path);
    lines(true, end);
    cat_source_close(&source);
    return all;
}

Test(cat_source, lines_of_files) {
    static const struct {
        const char *text, *lines;
    } rows[] = {{"", ""},         {"a\n", "a|"},  {"a", "a|"},       {"a\nb\n", "a|b|"},
                {"a\nb", "a|b|"}, {"\n\n", "||"}, {"a\r\n", "a\r|"}, {"\n", "|"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int end = -1;
        const char *path = fixture_text("file", rows[i].text);
        cr_expect_str_eq(read_whole(path, &end), rows[i].lines, "'%s'", rows[i].text);
        cr_expect_eq(end, 0);
    }
}

Test(cat_source, a_line_over_blocks) {
    static char text[300001];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 26);
    text[200000] = '\n';
    text[300000] = '\n';
    cr_assert_eq(cat_source_open(&source, fixture_write("file", text, sizeof text)), 0);
    struct hr_slice first = {0}, second = {0};
    while (!cat_source_line(&source, false, &first)) cr_assert_eq(cat_source_read(&source), 1);
    cr_expect_eq(first.size, 200000);
    cr_expect_eq(memcmp(first.data, text, 200000), 0);
    while (!cat_source_line(&source, false, &second)) cr_assert_eq(cat_source_read(&source), 1);
    cr_expect_eq(second.size, 99999);
    cr_expect_eq(memcmp(second.data, text + 200001, 99999), 0);
    cat_source_close(&source);
}

Test(cat_source, standard_input_and_what_cannot_be_read) {
    fixture_input("x\ny");
    cr_expect_str_eq(read_whole("-", NULL), "x|y|");
    cr_expect_eq(cat_source_open(&source, fixture_path("missing")), -ENOENT);
    cr_expect_eq(cat_source_open(&source, fixture_folder), -EISDIR);
    cat_source_close(&source);
}

static size_t gzip(const char *text, size_t size, char *out, size_t room) {
    z_stream stream = {.next_in = (z_const Bytef *)(size_t)text,
                       .avail_in = (uInt)size,
                       .next_out = (Bytef *)out,
                       .avail_out = (uInt)room};
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return room - stream.avail_out;
}

/* RFC 1952 2.2: members follow each other; RFC 8878 3.1: frames do. */
Test(cat_source, compressed) {
    static char packed[4096];
    int end = -1;
    size_t size = gzip("a\nb", 3, packed, sizeof packed);
    size += gzip("c\nd\n", 4, packed + size, sizeof packed - size);
    cr_expect_str_eq(read_whole(fixture_write("log.gz", packed, size), &end), "a|bc|d|");
    cr_expect_eq(end, 0);
    read_whole(fixture_write("log.gz", packed, size - 4), &end);
    cr_expect_eq(end, -ENODATA, "it ends early");
    packed[size - 6] ^= 0x55; /* of the checksum */
    read_whole(fixture_write("log.gz", packed, size), &end);
    cr_expect_eq(end, -EBADMSG, "it is damaged");
    size = ZSTD_compress(packed, sizeof packed, "a\nb", 3, 3);
    size += ZSTD_compress(packed + size, sizeof packed - size, "c\nd\n", 4, 3);
    cr_expect_str_eq(read_whole(fixture_write("log.zst", packed, size), &end), "a|bc|d|");
    cr_expect_eq(end, 0);
    read_whole(fixture_write("log.zst", packed, size - 1), &end);
    cr_expect_eq(end, -ENODATA);
}

Test(cat_source, compressed_and_larger_than_its_window) {
    static char text[900000], packed[65536];
    memset(text, 'x', sizeof text);
    for (size_t i = 999; i < sizeof text; i += 1000) text[i] = '\n';
    size_t size = gzip(text, sizeof text, packed, sizeof packed);
    cr_assert_eq(cat_source_open(&source, fixture_write("log.gz", packed, size)), 0);
    struct hr_slice line;
    size_t count = 0;
    int more;
    while ((more = cat_source_read(&source)) > 0)
        while (cat_source_line(&source, false, &line)) {
            cr_assert_eq(line.size, 999);
            count++;
        }
    cr_expect_eq(more, 0);
    cr_expect_eq(count, 900);
    cat_source_close(&source);
}

Test(cat_source, first_bytes_that_come_one_by_one) {
    char packed[256];
    int ends[2];
    size_t size = gzip("a\n", 2, packed, sizeof packed);
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < size; i++) (void)!write(ends[1], packed + i, 1);
        _exit(0);
    }
    close(ends[1]);
    cr_expect_str_eq(read_whole("-", NULL), "a|");
}

static void append(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

Test(cat_source, a_file_that_grows) {
    const char *path = fixture_text("log", "a\nb");
    cr_assert_eq(cat_source_open(&source, path), 0);
    cr_expect_str_eq(lines(false, NULL), "a|");
    cr_expect_eq(cat_source_follow(&source), 0);
    append(path, "c\nd\n");
    cr_expect_str_eq(lines(false, NULL), "bc|d|", "what was begun is completed");
    cr_expect_not(cat_source_was_replaced(&source));
    cat_source_close(&source);
}

/* logrotate's create, and its copytruncate. */
Test(cat_source, a_file_that_is_moved_or_cut) {
    const char *path = fixture_text("log", "old\n");
    cr_assert_eq(cat_source_open(&source, path), 0);
    cr_expect_str_eq(lines(false, NULL), "old|");
    cr_assert_eq(rename(path, fixture_path("log.1")), 0);
    cr_expect_not(cat_source_was_replaced(&source), "nothing has its name yet");
    cr_expect_eq(cat_source_follow(&source), 0);
    fixture_text("log", "new and longer\n");
    cr_expect(cat_source_was_replaced(&source));
    cr_expect_eq(cat_source_follow(&source), 1);
    cr_expect_str_eq(lines(false, NULL), "new and longer|");
    cr_assert_eq(truncate(path, 0), 0);
    append(path, "cut\n");
    cr_expect_eq(cat_source_follow(&source), 1);
    cr_expect_str_eq(lines(false, NULL), "cut|");
    cr_expect_eq(cat_source_follow(&source), 0);
    cat_source_close(&source);
}

Test(cat_source, a_file_that_is_not_there_yet) {
    const char *path = fixture_path("later");
    cr_expect_eq(cat_source_open(&source, path), -ENOENT);
    cr_expect_eq(cat_source_read(&source), 0);
    cr_expect_eq(cat_source_follow(&source), 0);
    fixture_text("later", "now\n");
    cr_expect_eq(cat_source_follow(&source), 1);
    cr_expect_str_eq(lines(false, NULL), "now|");
    cat_source_close(&source);
}

Test(cat_source, a_line_that_is_too_long_comes_in_pieces) {
    size_t size = CAT_LINE_MAX + 10;
    char *text = malloc(size);
    memset(text, 'x', size);
    text[size - 1] = '\n';
    cr_assert_eq(cat_source_open(&source, fixture_write("long", text, size)), 0);
    struct hr_slice line = {0};
    while (!cat_source_line(&source, false, &line)) cr_assert_eq(cat_source_read(&source), 1);
    cr_expect_eq(line.size, CAT_LINE_MAX);
    while (!cat_source_line(&source, false, &line)) cr_assert_eq(cat_source_read(&source), 1);
    cr_expect_eq(line.size, 9);
    cat_source_close(&source);
    free(text);
}
