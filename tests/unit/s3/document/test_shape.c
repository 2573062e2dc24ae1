#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "documents.h"
#include "shape.h"

struct thing {
    struct hr_slice text, tag;
    const char *string;
    uint64_t number, time_s, must_time_s;
    uint32_t part;
    bool flag;
};

static const struct hr__element of_thing[] = {
    HR__ELEMENT("Text", TEXT, OPTIONAL, struct thing, text),
    HR__ELEMENT("In/Side", STRING, OPTIONAL, struct thing, string),
    HR__ELEMENT("ETag", ETAG, REQUIRED, struct thing, tag),
    HR__ELEMENT("Number", U64, OPTIONAL, struct thing, number),
    HR__ELEMENT("Part", PART, OPTIONAL, struct thing, part),
    HR__ELEMENT("Flag", BOOL, OPTIONAL, struct thing, flag),
    HR__ELEMENT("Time", TIME, OPTIONAL, struct thing, time_s),
};

struct item {
    const char *name;
    struct hr_slice value;
};

static const struct hr__element of_item[] = {
    HR__ELEMENT("Name", STRING, NAMING, struct item, name),
    HR__ELEMENT("Deep/Value", TEXT, REQUIRED, struct item, value),
};
static const struct hr__element of_other[] = {
    HR__ELEMENT("", STRING, NAMING, struct item, name),
};
static const struct hr__entry items[] = {
    {HR__PATH("Items/Item"), 1, sizeof(struct item), of_item, HR__ROWS(of_item)},
    {HR__PATH("Other"), 2, sizeof(struct item), of_other, HR__ROWS(of_other)},
};

static const struct hr__shape shape = {
    {"Thing", "Something"}, of_thing, HR__ROWS(of_thing), items, HR__ROWS(items)};

static char shown[1024];

static int on_entry(void *user, const struct hr__entry *entry, void *value) {
    const struct item *item = value;
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, "%d %s %.*s;", entry->tag, item->name,
             (int)item->value.size, item->value.size ? item->value.data : "");
    return user ? *(int *)user : 0;
}

static int read_thing(const char *document, struct hr__texts *texts, struct hr_error *error,
                      struct thing *thing) {
    struct hr__shape_sink sink = {.out = thing, .texts = texts, .on_entry = on_entry};
    *thing = (struct thing){.number = 7};
    *error = (struct hr_error){.code = 0};
    shown[0] = 0;
    return hr__shape_read(&shape, hr_slice_of(document), &sink, error);
}

Test(shape, values_go_where_the_table_says) {
    struct hr__texts texts = {NULL};
    struct hr_error error;
    struct thing thing;
    cr_assert_eq(read_thing("<Thing><Text> a &amp;&#10;b </Text><In><Side>s</Side></In><ETag>\"e\""
                            "</ETag><Number> 18446744073709551615\n</Number><Part>10000</Part>"
                            "<Flag>\ttrue</Flag><Time>2023-06-26T17:33:30Z</Time></Thing>",
                            &texts, &error, &thing),
                 0, "%s", error.message);
    cr_assert(hr_slice_equal(thing.text, hr_slice_of(" a &\nb ")));
    cr_assert_eq(thing.text.data[thing.text.size], 0);
    cr_assert_str_eq(thing.string, "s");
    cr_assert(hr_slice_equal(thing.tag, hr_slice_of("e")));
    cr_assert_eq(thing.number, UINT64_MAX);
    cr_assert_eq(thing.part, 10000);
    cr_assert(thing.flag);
    cr_assert_eq(thing.time_s, 1687800810);
    hr__texts_free(&texts);
}

Test(shape, an_absent_element_leaves_its_member) {
    struct hr__texts texts = {NULL};
    struct hr_error error;
    struct thing thing;
    cr_assert_eq(read_thing("<Something><ETag>e</ETag></Something>", &texts, &error, &thing), 0);
    cr_assert_eq(thing.number, 7);
    cr_assert_null(thing.string);
    hr__texts_free(&texts);
}

Test(shape, of_several_the_last_counts_and_unknown_ones_are_skipped) {
    struct hr__texts texts = {NULL};
    struct hr_error error;
    struct thing thing;
    cr_assert_eq(
        read_thing("<x:Thing xmlns:x='u'><x:ETag>a</x:ETag><New><ETag>no</ETag></New>"
                   "<y:ETag xmlns:y='v'>b</y:ETag><Number a='5'>1</Number><Number>2</Number>"
                   "</x:Thing>",
                   &texts, &error, &thing),
        0, "%s", error.message);
    cr_assert(hr_slice_equal(thing.tag, hr_slice_of("b")));
    cr_assert_eq(thing.number, 2);
    hr__texts_free(&texts);
}

Test(shape, entries_are_shown_in_order) {
    struct hr__texts texts = {NULL};
    struct hr_error error;
    struct thing thing;
    cr_assert_eq(
        read_thing("<Thing><ETag>e</ETag><Items><Item><Name>a</Name><Deep><Value>1</Value>"
                   "</Deep></Item><Item><Deep><Value>2</Value></Deep><Name/></Item></Items>"
                   "<Other>o</Other></Thing>",
                   &texts, &error, &thing),
        0, "%s", error.message);
    cr_assert_str_eq(shown, "1 a 1;1  2;2 o ;");
    hr__texts_free(&texts);
}

#define WITH(inside) "<Thing><ETag>e</ETag>" inside "</Thing>"

static const struct {
    const char *document, *problem;
} refused[] = {
    {"<Thing/>", "in Thing, ETag is missing"},
    {"<Thing><ETag>e</ETag><ETag/></Thing>", "in Thing, ETag is missing"},
    {"<Thingy><ETag>e</ETag></Thingy>", "its root is <Thingy>, not <Thing>"},
    {"<html><body/></html>", "its root is <html>, not <Thing>"},
    {"<Error><Code>c</Code></Error>", "its root is <Error>, not <Thing>"},
    {"<!DOCTYPE html><html/>", "document type declaration"},
    {"<Thing><ETag>e</ETag>", "malformed"},
    {"not XML", "malformed"},
    {"", "it is empty"},
    {" \r\n\t ", "it is empty"},
    {WITH("<Number>x</Number>"), "in Thing, Number is not a number"},
    {WITH("<Number/>"), "in Thing, Number is not a number"},
    {WITH("<Number>-1</Number>"), "in Thing, Number is not a number"},
    {WITH("<Number>18446744073709551616</Number>"), "in Thing, Number is not a number"},
    {WITH("<Part>0</Part>"), "in Thing, Part is not a number from 1 to 10000"},
    {WITH("<Part>10001</Part>"), "in Thing, Part is not a number from 1 to 10000"},
    {WITH("<Flag>1</Flag>"), "in Thing, Flag is neither true nor false"},
    {WITH("<Items><Item><Name>a</Name></Item></Items>"), "in Items/Item, Deep/Value is missing"},
    {WITH("<Items><Item><Deep><Value>1</Value></Deep></Item></Items>"), "Name is missing"},
    {WITH("<Items><Item><Name>a</Name><Name>b</Name></Item></Items>"), "Name stands twice"},
};

Test(shape, refused_by_name_and_nothing_is_shown) {
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct hr__texts texts = {NULL};
        struct hr_error error;
        struct thing thing;
        cr_assert_eq(read_thing(refused[i].document, &texts, &error, &thing), HR_ERR_S3_RESPONSE,
                     "%s", refused[i].document);
        cr_assert(strstr(error.message, "the store's Thing cannot be understood: ") ==
                      error.message,
                  "%s", error.message);
        cr_assert(strstr(error.message, refused[i].problem), "%s", error.message);
        cr_assert_str_eq(shown, "");
        hr__texts_free(&texts);
    }
}

Test(shape, a_date_that_is_none_counts_as_none) {
    struct hr__texts texts = {NULL};
    struct hr_error error;
    struct thing thing;
    cr_assert_eq(read_thing(WITH("<Time>yesterday</Time>"), &texts, &error, &thing), 0);
    cr_assert_eq(thing.time_s, 0);
    hr__texts_free(&texts);
}

Test(shape, an_entry_may_end_the_reading) {
    int result = -4321;
    struct hr__shape_sink sink = {
        .out = &(struct thing){.number = 0},
        .texts = &(struct hr__texts){NULL},
        .on_entry = on_entry,
        .user = &result,
    };
    struct hr_error error = {0};
    shown[0] = 0;
    cr_assert_eq(hr__shape_read(&shape, hr_slice_of(WITH("<Other>1</Other><Other>2</Other>")),
                                &sink, &error),
                 -4321);
    cr_assert_str_eq(shown, "2 1 ;");
    hr__texts_free(sink.texts);
}

static char large[HR__DOCUMENT_MAX + 1];

Test(shape, a_document_is_as_long_as_the_limit_says) {
    struct hr__texts texts = {NULL};
    struct hr_error error;
    struct thing thing;
    memset(large, ' ', sizeof large);
    memcpy(large + sizeof large - sizeof WITH(""), WITH(""), sizeof WITH(""));
    cr_assert_eq(strlen(large), HR__DOCUMENT_MAX);
    cr_assert_eq(read_thing(large, &texts, &error, &thing), 0, "%s", error.message);
    static char longer[HR__DOCUMENT_MAX + 2] = " ";
    memcpy(longer + 1, large, sizeof large);
    cr_assert_eq(read_thing(longer, &texts, &error, &thing), HR_ERR_S3_RESPONSE);
    cr_assert(strstr(error.message, "more than 1 MiB"), "%s", error.message);
    hr__texts_free(&texts);
}

static int feed(const char *document, size_t piece, struct thing *thing, struct hr__texts *texts) {
    struct hr__shape_sink sink = {.out = thing, .texts = texts, .on_entry = on_entry};
    struct hr__shape_reader *reader;
    cr_assert_eq(hr__shape_new(&shape, &sink, &reader), 0);
    size_t size = strlen(document);
    int err = 0;
    for (size_t at = 0; at < size && !err; at += piece) {
        size_t more = size - at < piece ? size - at : piece;
        err = hr__shape_feed(reader, hr_slice_bytes(document + at, more), at + more == size);
    }
    hr__shape_free(reader);
    hr__shape_free(NULL);
    return err;
}

Test(shape, any_pieces_say_the_same) {
    const char *document =
        WITH("<Items><Item><Name>a</Name><Deep><Value>&lt;1</Value></Deep></Item>"
             "</Items><Number>12</Number>");
    for (size_t piece = 1; piece <= strlen(document); piece++) {
        struct hr__texts texts = {NULL};
        struct thing thing = {.number = 0};
        shown[0] = 0;
        cr_assert_eq(feed(document, piece, &thing, &texts), 0);
        cr_assert_str_eq(shown, "1 a <1;");
        cr_assert_eq(thing.number, 12);
        hr__texts_free(&texts);
    }
}
