/* Documents of credentials and command lines: the readers take any bytes, and what they give points
 * into the memory that they were given. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "credentials_document.h"
#include "flat_json.h"
#include "shell_words.h"
#include "sts.h"

#define TEXT_MAX 4096

static char memory[TEXT_MAX];

static void check(struct hr_slice text) {
    if (text.size == 0) return;
    assert(text.data >= memory && text.data + text.size <= memory + sizeof memory);
}

static void read_json(struct hr_slice document) {
    typedef int read_fn(struct hr_slice, struct hr__writer *, struct hr_error *,
                        struct hr_s3_credentials *);
    static read_fn *const readers[] = {hr__credentials_read_metadata, hr__credentials_read_process,
                                       hr__credentials_read_sso};
    struct hr_error error;
    for (size_t i = 0; i < 3; i++) {
        struct hr__writer out = hr__writer(memory, sizeof memory);
        struct hr_s3_credentials found;
        if (readers[i](document, &out, &error, &found)) continue;
        assert(found.access_key.size > 0 && found.secret_key.size > 0);
        check(found.access_key), check(found.secret_key), check(found.session_token);
    }
    struct hr__writer out = hr__writer(memory, sizeof memory);
    struct hr__sso_token token;
    if (hr__credentials_read_sso_token(document, &out, &error, &token) == 0) check(token.token);
    char code[32];
    hr__credentials_error_code(document, code, sizeof code);
    assert(strlen(code) < sizeof code);
}

static void read_sts(struct hr_slice document) {
    struct hr__texts texts = {.blocks = NULL};
    struct hr_s3_credentials found;
    struct hr_error error;
    struct hr__sts_request request = {.token = {NULL, 0}};
    char code[64];
    hr__sts_read(&request, document, &texts, &error, &found);
    request.token = hr_slice_of("token");
    hr__sts_read(&request, document, &texts, &error, &found);
    hr__texts_free(&texts);
    hr__sts_error_code(document, code, sizeof code);
}

static void split(struct hr_slice command) {
    struct hr__words words = {.memory = memory, .capacity = sizeof memory};
    if (hr__words_split(command, &words)) return;
    assert(words.count <= HR__WORDS_MAX && !words.words[words.count]);
    for (size_t i = 0; i < words.count; i++) check(hr_slice_of(words.words[i]));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct hr_slice document = hr_slice_bytes((const char *)data, size);
    read_json(document);
    read_sts(document);
    split(document);
    return 0;
}
