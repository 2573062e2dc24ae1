/* The canonical request and the string to sign of AWS Signature Version 4. */
#include "sigv4_canonical.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>

#include <base/lanes.h>
#include <net/chars.h>
#include <net/percent.h>

#include "digest.h"
#include "sigv4_scope.h"

/* Blanks, and the line ends of a fold. */
static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static hr_lanes_mask is_white(hr_lanes lanes) {
    return (lanes == ' ') | (lanes == '\t') | (lanes == '\r') | (lanes == '\n');
}

/* Controls but for those. */
static hr_lanes_mask is_control(hr_lanes lanes) {
    return ((lanes < ' ') & ~is_white(lanes)) | (lanes == 0x7f);
}

static hr_lanes_mask is_blank_or_control(hr_lanes lanes) {
    return (lanes <= ' ') | (lanes == 0x7f);
}

static char lower(char byte) {
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

bool hr__canonical_field_valid(const struct hr_http_field *field) {
    if (!hr__http1_is_token(field->name) || (field->value.size > 0 && !field->value.data))
        return false;
    return hr__lanes_none(field->value, is_control);
}

static bool named(struct hr_slice name, const char *lower_case) {
    for (size_t i = 0; i < name.size; i++)
        if (lower(name.data[i]) != lower_case[i]) return false;
    return true;
}

bool hr__canonical_never_signed(struct hr_slice name) {
    switch (name.size) {
    case 2:
        return named(name, "te");
    case 6:
        return named(name, "expect");
    case 7:
        if (named(name, "trailer") || named(name, "upgrade")) return true;
        break;
    case 10:
        if (named(name, "connection") || named(name, "keep-alive") || named(name, "user-agent"))
            return true;
        break;
    case 13:
        if (named(name, "authorization")) return true;
        break;
    case 15:
        if (named(name, "x-amzn-trace-id")) return true;
        break;
    case 17:
        if (named(name, "transfer-encoding")) return true;
        break;
    default:
        break;
    }
    return name.size >= 6 && named(hr_slice_bytes(name.data, 6), "proxy-");
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes of a name in lower case, in the order of memory. */
static uint64_t lower_word(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    uint64_t low = word & EACH(0x7f);
    uint64_t from_a = low + EACH(0x80 - 'A'), beyond_z = low + EACH(0x7f - 'Z');
    return word | ((from_a & ~beyond_z & ~word & EACH(0x80)) >> 2);
}

static void put_lower_word(char *out, const char *at) {
    uint64_t word = lower_word(at);
    memcpy(out, &word, sizeof word);
}

static int compare_names(struct hr_slice a, struct hr_slice b) {
    size_t size = a.size < b.size ? a.size : b.size, i = 0;
    for (; size - i >= 8; i += 8) {
        uint64_t x = be64toh(lower_word(a.data + i)), y = be64toh(lower_word(b.data + i));
        if (x != y) return x < y ? -1 : 1;
    }
    for (; i < size; i++) {
        unsigned char x = (unsigned char)lower(a.data[i]), y = (unsigned char)lower(b.data[i]);
        if (x != y) return x < y ? -1 : 1;
    }
    return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

/* Insertion: a request has a handful of fields, mostly in order already. */
static size_t insert_field(struct hr_http_field *fields, size_t count, struct hr_http_field field) {
    size_t at = count;
    while (at > 0 && compare_names(fields[at - 1].name, field.name) > 0) {
        fields[at] = fields[at - 1];
        at--;
    }
    fields[at] = field;
    return at;
}

void hr__canonical_sort_fields(struct hr_http_field *fields, size_t count) {
    for (size_t i = 1; i < count; i++) insert_field(fields, i, fields[i]);
}

/* A path that is taken as sent must not be able to end its line in the canonical request. */
static bool path_valid(struct hr_slice path, bool encoded_once_more) {
    if (path.size > 0 && path.data[0] != '/') return false;
    return encoded_once_more || hr__lanes_none(path, is_blank_or_control);
}

static bool payload_hash_valid(struct hr_slice hash) {
    if (hash.size > 128) return false;
    return hash.size == 0 || hr__http1_is_token(hash);
}

static int take_parameters(struct hr__canonical *canonical, struct hr_slice query) {
    if (query.size == 0) return 0;
    const char *at = query.data, *end = query.data + query.size;
    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop) stop = end;
        if (stop > at) {
            if (canonical->parameter_count == HR_SIGV4_PARAMETERS_MAX) return -EINVAL;
            struct hr__parameter *one = &canonical->parameters[canonical->parameter_count++];
            const char *equals = memchr(at, '=', (size_t)(stop - at));
            one->raw = false;
            one->name = hr_slice_bytes(at, (size_t)((equals ? equals : stop) - at));
            one->value = equals ? hr_slice_bytes(equals + 1, (size_t)(stop - equals - 1))
                                : hr_slice_bytes(NULL, 0);
        }
        at = stop + 1;
    }
    return 0;
}

bool hr__canonical_valid(const struct hr_sigv4_options *options,
                         const struct hr_sigv4_request *request) {
    if (!hr__http1_is_token(request->method) ||
        !path_valid(request->path, options->double_uri_encode) ||
        !payload_hash_valid(request->payload_hash))
        return false;
    if (request->field_count > 0 && !request->fields) return false;
    for (size_t i = 0; i < request->field_count; i++)
        if (!hr__canonical_field_valid(&request->fields[i])) return false;
    return true;
}

int hr__canonical_begin(struct hr__canonical *canonical, const struct hr_sigv4_options *options,
                        const struct hr_sigv4_request *request) {
    canonical->method = request->method;
    canonical->path = request->path;
    canonical->payload_hash = request->payload_hash;
    canonical->normalize_path = options->normalize_path;
    canonical->double_uri_encode = options->double_uri_encode;
    canonical->field_count = 0;
    canonical->parameter_count = 0;
    if (!hr__sigv4_understood(options) || request->field_count > HR_SIGV4_FIELDS_MAX)
        return -EINVAL;
    bool host = false;
    for (size_t i = 0; i < request->field_count; i++) {
        const struct hr_http_field *field = &request->fields[i];
        if (!options->as_given && hr__canonical_never_signed(field->name)) continue;
        host |= field->name.size == 4 && named(field->name, "host");
        insert_field(canonical->fields, canonical->field_count++, *field);
    }
    return host ? take_parameters(canonical, request->query) : -EINVAL;
}

int hr__canonical_add_field(struct hr__canonical *canonical, const char *name,
                            struct hr_slice value) {
    struct hr_http_field field = {hr_slice_of(name), value};
    if (!hr__lanes_none(value, is_control)) return -EINVAL;
    assert(canonical->field_count < HR_SIGV4_FIELDS_MAX + HR__SIGNED_EXTRA_MAX);
    size_t at = insert_field(canonical->fields, canonical->field_count++, field);
    bool twice = at > 0 && hr_slice_equal_nocase(canonical->fields[at - 1].name, field.name);
    return twice ? -EINVAL : 0;
}

void hr__canonical_add_parameter(struct hr__canonical *canonical, const char *name,
                                 struct hr_slice value) {
    assert(canonical->parameter_count < HR_SIGV4_PARAMETERS_MAX + HR__PARAMETER_EXTRA_MAX);
    canonical->parameters[canonical->parameter_count++] =
        (struct hr__parameter){.name = hr_slice_of(name), .value = value, .raw = true};
}

/* Gives the bytes of a name or value as they stand in the canonical query: decoded, then encoded
 * anew. Sorting compares these without writing them anywhere. */
struct reencoder {
    const char *at, *end;
    bool raw;
    char waiting[3]; /* what is left of "%XX" is at its end */
    unsigned waiting_count;
};

static int next_byte(struct reencoder *in) {
    if (in->waiting_count > 0) return in->waiting[sizeof in->waiting - in->waiting_count--];
    if (in->at == in->end) return -1;
    unsigned char byte = (unsigned char)*in->at++;
    if (byte == '%' && !in->raw && in->end - in->at >= 2) {
        int decoded = hr__percent_byte(in->at);
        if (decoded >= 0) {
            byte = (unsigned char)decoded;
            in->at += 2;
        }
    }
    if (hr__percent_kept(byte, HR_PERCENT_STRICT)) return byte;
    hr__percent_put(in->waiting, byte);
    in->waiting_count = 2;
    return '%';
}

static struct reencoder reencode(struct hr_slice text, bool raw) {
    if (text.size == 0) text.data = ""; /* may be NULL */
    return (struct reencoder){
        .at = text.data, .end = text.data + text.size, .raw = raw, .waiting_count = 0};
}

static int compare_encoded(struct reencoder a, struct reencoder b) {
    for (;;) {
        int x = next_byte(&a), y = next_byte(&b);
        if (x != y) return x < y ? -1 : 1;
        if (x < 0) return 0;
    }
}

static int compare_parameters(const struct hr__parameter *a, const struct hr__parameter *b) {
    int order = compare_encoded(reencode(a->name, a->raw), reencode(b->name, b->raw));
    if (order != 0) return order;
    return compare_encoded(reencode(a->value, a->raw), reencode(b->value, b->raw));
}

void hr__canonical_sort_parameters(struct hr__canonical *canonical) {
    struct hr__parameter *all = canonical->parameters;
    for (size_t i = 1; i < canonical->parameter_count; i++) {
        struct hr__parameter one = all[i];
        size_t at = i;
        for (; at > 0 && compare_parameters(&all[at - 1], &one) > 0; at--) all[at] = all[at - 1];
        all[at] = one;
    }
}

static void put_reencoded(struct hr__writer *out, struct hr_slice text, bool raw) {
    struct reencoder in = reencode(text, raw);
    for (int byte = next_byte(&in); byte >= 0; byte = next_byte(&in)) hr__put_byte(out, (char)byte);
}

void hr__canonical_query(const struct hr__canonical *canonical, struct hr__writer *out) {
    for (size_t i = 0; i < canonical->parameter_count; i++) {
        const struct hr__parameter *one = &canonical->parameters[i];
        if (i > 0) hr__put_byte(out, '&');
        put_reencoded(out, one->name, one->raw);
        hr__put_byte(out, '=');
        put_reencoded(out, one->value, one->raw);
    }
}

/* Writes the path segment by segment; "." and empty ones vanish, ".." takes the one before with it
 * (RFC 3986 5.2.4). A trailing slash stays. */
static void put_normalized(struct hr__writer *out, struct hr_slice path, bool encode) {
    char *begin = out->at;
    size_t at = 0;
    bool slash = true;
    while (at < path.size) {
        while (at < path.size && path.data[at] == '/') at++;
        size_t first = at;
        while (at < path.size && path.data[at] != '/') at++;
        struct hr_slice segment = hr_slice_bytes(path.data + first, at - first);
        if (segment.size == 0) break;
        slash = at < path.size;
        if (hr_slice_equal(segment, hr_slice_of("."))) {
            slash = true;
        } else if (hr_slice_equal(segment, hr_slice_of(".."))) {
            while (out->at > begin && *--out->at != '/') continue;
            slash = true;
        } else {
            hr__put_byte(out, '/');
            if (encode)
                hr__put_percent(out, segment, HR_PERCENT_STRICT);
            else
                hr__put_slice(out, segment);
        }
    }
    if (slash) hr__put_byte(out, '/');
}

static void put_path(struct hr__writer *out, const struct hr__canonical *canonical) {
    struct hr_slice path = canonical->path;
    if (path.size == 0)
        hr__put_byte(out, '/');
    else if (canonical->normalize_path)
        put_normalized(out, path, canonical->double_uri_encode);
    else if (canonical->double_uri_encode)
        hr__put_percent(out, path, HR_PERCENT_PATH);
    else
        hr__put_slice(out, path);
}

void hr__canonical_put_name(struct hr__writer *out, struct hr_slice name) {
    if ((size_t)(out->end - out->at) < name.size) {
        out->full = true;
        return;
    }
    size_t words = name.size / 8;
    for (size_t i = 0; i < words; i++) put_lower_word(out->at + 8 * i, name.data + 8 * i);
    if (words > 0) /* the last word may overlap the one before it */
        put_lower_word(out->at + name.size - 8, name.data + name.size - 8);
    else
        for (size_t i = 0; i < name.size; i++) out->at[i] = lower(name.data[i]);
    out->at += name.size;
}

void hr__canonical_put_value(struct hr__writer *out, struct hr_slice value) {
    size_t first = 0, end = value.size;
    if (hr__lanes_none(value, is_white)) {
        hr__put_slice(out, value);
        return;
    }
    while (first < end && is_blank(value.data[first])) first++;
    while (end > first && is_blank(value.data[end - 1])) end--;
    size_t copied = first; /* copies stretches, not bytes: values rarely have a run of blanks */
    for (size_t i = first; i < end; i++) {
        if (!is_blank(value.data[i])) continue;
        if (value.data[i] == ' ' && !is_blank(value.data[i + 1])) continue;
        hr__put(out, value.data + copied, i - copied);
        hr__put_byte(out, ' ');
        while (is_blank(value.data[i + 1])) i++;
        copied = i + 1;
    }
    hr__put(out, value.data + copied, end - copied);
}

static void put_names(const struct hr__canonical *canonical, struct hr__writer *out,
                      void (*put_name)(struct hr__writer *out, struct hr_slice name)) {
    for (size_t i = 0; i < canonical->field_count; i++) {
        struct hr_slice name = canonical->fields[i].name;
        if (i > 0 && hr_slice_equal_nocase(canonical->fields[i - 1].name, name)) continue;
        if (i > 0) hr__put_byte(out, ';');
        put_name(out, name);
    }
}

void hr__canonical_names(const struct hr__canonical *canonical, struct hr__writer *out) {
    put_names(canonical, out, hr__canonical_put_name);
}

/* The name is in lower case from now on. */
static void put_lowered(struct hr__writer *out, struct hr_http_field *field) {
    const char *begin = out->at;
    hr__canonical_put_name(out, field->name);
    if (!out->full) field->name.data = begin;
}

void hr__canonical_write(struct hr__canonical *canonical, struct hr__writer *out) {
    hr__put_slice(out, canonical->method);
    hr__put_byte(out, '\n');
    put_path(out, canonical);
    hr__put_byte(out, '\n');
    hr__canonical_query(canonical, out);
    hr__put_byte(out, '\n');
    for (size_t i = 0; i < canonical->field_count; i++) {
        struct hr_http_field *field = &canonical->fields[i];
        /* Fields of one name are one line, their values joined by commas in their order. */
        if (i > 0 && hr_slice_equal_nocase(canonical->fields[i - 1].name, field->name)) {
            out->at -= out->at > out->begin ? 1 : 0;
            hr__put_byte(out, ',');
        } else {
            put_lowered(out, field);
            hr__put_byte(out, ':');
        }
        hr__canonical_put_value(out, field->value);
        hr__put_byte(out, '\n');
    }
    hr__put_byte(out, '\n');
    canonical->names.data = out->at;
    put_names(canonical, out, hr__put_slice);
    canonical->names.size = (size_t)(out->at - canonical->names.data);
    hr__put_byte(out, '\n');
    if (canonical->payload_hash.size > 0)
        hr__put_slice(out, canonical->payload_hash);
    else
        hr__put_text(out, HR__SHA256_EMPTY);
}
