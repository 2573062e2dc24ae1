/* The CRCs' models, and which form of them this processor gets. */
#include <assert.h>
#include <pthread.h>

#include "crc_forms.h"

const struct hr__crc_form hr__crc_forms[HR__CRC_FORMS] = {
    {"tables", hr__crc_has_table, hr__crc_by_table},
    {"128 bits", hr__crc_has_fold, hr__crc_by_fold},
    {"256 bits", hr__crc_has_wide_fold, hr__crc_by_wide_fold},
};

static struct hr__crc_model models[HR__CRCS] = {
    [HR__CRC32] = {.polynomial = 0xedb88320u, .mask = 0xffffffffu, .bits = 32},
    [HR__CRC32C] = {.polynomial = 0x82f63b78u, .mask = 0xffffffffu, .bits = 32},
    [HR__CRC64NVME] = {.polynomial = 0x9a6c9329ac4bc9b5u, .mask = UINT64_MAX, .bits = 64},
};
static const struct hr__crc_form *chosen;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make(void) {
    for (unsigned i = 0; i < HR__CRCS; i++) hr__crc_model_init(&models[i]);
    for (unsigned i = 0; i < HR__CRC_FORMS; i++)
        if (hr__crc_forms[i].is_supported()) chosen = &hr__crc_forms[i];
}

const struct hr__crc_model *hr__crc_model(enum hr__crc kind) {
    assert((unsigned)kind < HR__CRCS);
    pthread_once(&once, make);
    return &models[kind];
}

uint64_t hr__crc_update_by(const struct hr__crc_form *form, enum hr__crc kind, uint64_t crc,
                           const void *data, size_t size) {
    const struct hr__crc_model *model = hr__crc_model(kind);
    if (size == 0) return crc;
    return form->update(model, crc ^ model->mask, data, size) ^ model->mask;
}

uint64_t hr__crc_update(enum hr__crc kind, uint64_t crc, const void *data, size_t size) {
    pthread_once(&once, make);
    return hr__crc_update_by(chosen, kind, crc, data, size);
}

uint64_t hr__crc_combine(enum hr__crc kind, uint64_t a, uint64_t b, uint64_t b_size) {
    return hr__crc_model_combine(hr__crc_model(kind), a, b, b_size);
}
