/* OpenSSL's view of the layer below: it reads what was lent to us, and writes into the buffer being
 * filled. Neither ever touches a socket. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <openssl/err.h>

#include "tls_private.h"

#define RECORD_HEADER 5

bool hr__tls_bio_has_room(struct hr_tls_wire *wire, size_t size) {
    struct hr_tls_buffer *old = wire->filling;
    if (old && old->capacity - old->size >= size) return true;
    size_t needed = size + (old ? old->size : 0);
    if (needed > HR_TLS_BUFFER_LARGE) return false;
    size_t wanted = wire->out_hint > needed ? wire->out_hint : needed;
    if (wanted > HR_TLS_BUFFER_LARGE) wanted = HR_TLS_BUFFER_LARGE;
    struct hr_tls_buffer *larger = hr__tls_buffers_acquire(wire->buffers, wanted);
    /* Without budget for much at once it goes record by record. */
    if (!larger && wanted > needed) larger = hr__tls_buffers_acquire(wire->buffers, needed);
    if (!larger) return false;
    if (old) {
        memcpy(larger->data, old->data, old->size);
        larger->size = old->size;
        hr__tls_buffers_release(wire->buffers, old);
    }
    wire->filling = larger;
    return true;
}

static int bio_write(BIO *bio, const char *data, size_t size, size_t *written) {
    struct hr_tls_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!hr__tls_bio_has_room(wire, size)) {
        if (wire->filling)
            BIO_set_retry_write(bio); /* it is on its way out */
        else
            ERR_raise(ERR_LIB_BIO, ERR_R_MALLOC_FAILURE);
        return 0;
    }
    memcpy(wire->filling->data + wire->filling->size, data, size);
    wire->filling->size += size;
    wire->out_total += size;
    *written = size;
    return 1;
}

/* Notes where each record begins: its header is five bytes, the last two of them its length. */
static void follow_records(struct hr_tls_wire *wire, const unsigned char *data, size_t size) {
    for (size_t at = 0; at < size;) {
        if (wire->header_size < RECORD_HEADER) {
            if (wire->header_size == 0) wire->record_at = wire->in_at + at;
            wire->record_left = (uint16_t)(wire->record_left << 8 | data[at++]);
            wire->header_size++;
        } else {
            size_t part = size - at < wire->record_left ? size - at : wire->record_left;
            wire->record_left = (uint16_t)(wire->record_left - part);
            at += part;
        }
        if (wire->header_size == RECORD_HEADER && wire->record_left == 0) wire->header_size = 0;
    }
}

static int bio_read(BIO *bio, char *data, size_t size, size_t *read) {
    struct hr_tls_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (wire->in_size == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    size_t count = size < wire->in_size ? size : wire->in_size;
    memcpy(data, wire->in, count);
    follow_records(wire, (const unsigned char *)wire->in, count);
    wire->in += count;
    wire->in_at += count;
    wire->in_size -= count;
    *read = count;
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method; /* one a process, never freed */
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static void make_method(void) {
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "headrace stream");
    if (!made) return;
    BIO_meth_set_write_ex(made, bio_write);
    BIO_meth_set_read_ex(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    method = made;
}

BIO *hr__tls_bio_new(struct hr_tls_wire *wire) {
    pthread_once(&method_once, make_method);
    BIO *bio = method ? BIO_new(method) : NULL;
    if (!bio) return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}
