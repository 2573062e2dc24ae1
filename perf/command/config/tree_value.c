/* Values and places, written out. */
#include "tree_value.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quoted.h"
#include "tree_number.h"

static void put_number(FILE *out, struct hr_slice text, bool quotes) {
    const char *special = tree_number_special(text);
    if (special)
        fprintf(out, quotes ? "\"%s\"" : "%s", special);
    else if (!tree_number_put(out, text))
        quoted_put(out, text);
}

static void put_plain(FILE *out, const struct hr_config_node *node, bool quotes) {
    bool truth = false;
    switch (hr_config_type_of(node)) {
    case HR_CONFIG_BOOL:
        hr_config_bool(node, &truth);
        fputs(truth ? "true" : "false", out);
        break;
    case HR_CONFIG_INT:
    case HR_CONFIG_FLOAT:
        put_number(out, hr_config_text(node), quotes);
        break;
    case HR_CONFIG_STRING:
        quoted_put(out, hr_config_text(node));
        break;
    default:
        fputs("null", out);
    }
}

static void put_scalar(FILE *out, const struct hr_config_node *node, bool quotes) {
    if (hr_config_is_secret(node))
        fputs(quotes ? "\"***\"" : "***", out);
    else
        put_plain(out, node, quotes);
}

static bool is_container(const struct hr_config_node *node) {
    return hr_config_type_of(node) >= HR_CONFIG_LIST;
}

static bool is_in_map(const struct hr_config_node *node) {
    return hr_config_type_of(hr_config_parent(node)) == HR_CONFIG_MAP;
}

static void put_begin(FILE *out, const struct hr_config_node *node, bool is_top, bool reveal) {
    if (!is_top && is_in_map(node)) {
        quoted_put(out, hr_config_key(node));
        fputc(':', out);
    }
    if (is_container(node))
        fputc(hr_config_type_of(node) == HR_CONFIG_MAP ? '{' : '[', out);
    else
        (reveal ? put_plain : put_scalar)(out, node, true);
}

static void put_end(FILE *out, const struct hr_config_node *node) {
    if (is_container(node)) fputc(hr_config_type_of(node) == HR_CONFIG_MAP ? '}' : ']', out);
}

static void put_json(FILE *out, const struct hr_config_node *top, bool reveal) {
    const struct hr_config_node *node = top;
    while (node) {
        put_begin(out, node, node == top, reveal);
        if (hr_config_first(node)) {
            node = hr_config_first(node);
            continue;
        }
        put_end(out, node);
        while (node != top && !hr_config_next(node)) {
            node = hr_config_parent(node);
            put_end(out, node);
        }
        node = node == top ? NULL : hr_config_next(node);
        if (node) fputc(',', out);
    }
}

void tree_put_json(FILE *out, const struct hr_config_node *node) {
    put_json(out, node, false);
}

void tree_put_json_revealed(FILE *out, const struct hr_config_node *node) {
    put_json(out, node, true);
}

void tree_put_text(FILE *out, const struct hr_config_node *node) {
    if (is_container(node))
        tree_put_json(out, node);
    else
        put_scalar(out, node, false);
}

/* ---- Paths and places. */

static bool is_word(struct hr_slice text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= ' ' || byte == 0x7f || byte == 0xc2 || byte == 0xe2 || memchr("\"=#", byte, 3))
            return false;
    }
    return text.size > 0;
}

void tree_put_path(FILE *out, struct hr_slice path) {
    if (is_word(path))
        fwrite(path.data, 1, path.size, out);
    else
        quoted_put(out, path);
}

struct hr_slice tree_set_path(const char *setting) {
    return hr_slice_bytes(setting, strcspn(setting, "="));
}

void tree_put_place(FILE *out, const struct hr_config_origin *origin) {
    struct hr_slice name = hr_slice_of(origin->name);
    if (!origin->name) {
        fputs("default", out);
        return;
    }
    if (origin->kind == HR_CONFIG_FROM_VARIABLE) fputs("variable ", out);
    if (origin->kind == HR_CONFIG_FROM_SECRET) fputs("secret ", out);
    if (origin->kind == HR_CONFIG_FROM_SET) {
        fputs("--set ", out);
        name = tree_set_path(origin->name);
    }
    quoted_escape(out, name, false);
    if (origin->line) fprintf(out, ":%" PRIu32 ":%" PRIu32, origin->line, origin->column);
}

const char *tree_place_kind(const struct hr_config_origin *origin) {
    switch (origin->kind) {
    case HR_CONFIG_FROM_FILE:
        return "file";
    case HR_CONFIG_FROM_VARIABLE:
        return "variable";
    case HR_CONFIG_FROM_ENV_FILE:
        return "env_file";
    case HR_CONFIG_FROM_SECRET:
        return "secret";
    case HR_CONFIG_FROM_SET:
        break;
    }
    return "set";
}

void tree_put_place_json(FILE *out, const struct hr_config_origin *origin) {
    bool is_set = origin->kind == HR_CONFIG_FROM_SET;
    if (!origin->name) {
        fputs("\"default\":true", out);
        return;
    }
    fprintf(out, "\"%s\":", tree_place_kind(origin));
    quoted_put(out, is_set ? tree_set_path(origin->name) : hr_slice_of(origin->name));
    if (origin->line)
        fprintf(out, ",\"line\":%" PRIu32 ",\"column\":%" PRIu32, origin->line, origin->column);
}

/* ---- Equality. */

static bool written_equal(const struct hr_config_node *a, const struct hr_config_node *b) {
    const struct hr_config_node *nodes[] = {a, b};
    char *texts[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        FILE *memory = open_memstream(&texts[i], &sizes[i]);
        if (!memory) break;
        put_scalar(memory, nodes[i], true);
        fclose(memory);
    }
    bool equal =
        texts[0] && texts[1] &&
        hr_slice_equal(hr_slice_bytes(texts[0], sizes[0]), hr_slice_bytes(texts[1], sizes[1]));
    free(texts[0]);
    free(texts[1]);
    return equal;
}

bool tree_equal(const struct hr_config_node *a, const struct hr_config_node *b) {
    double x, y;
    enum hr_config_type type = hr_config_type_of(a);
    if (type != hr_config_type_of(b)) return false;
    if (type == HR_CONFIG_NULL || type >= HR_CONFIG_LIST) return true;
    if (hr_slice_equal(hr_config_text(a), hr_config_text(b))) return true;
    if (type == HR_CONFIG_STRING) return false;
    if (type == HR_CONFIG_FLOAT && hr_config_double(a, &x) == 0 && hr_config_double(b, &y) == 0)
        return x <= y ? x >= y : isnan(x) && isnan(y);
    return written_equal(a, b);
}
