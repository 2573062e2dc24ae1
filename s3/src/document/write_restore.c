/* The body of RestoreObject. */
#include "write_document.h"

static bool is_tier(const char *tier) {
    return strcmp(tier, "Standard") == 0 || strcmp(tier, "Bulk") == 0 ||
           strcmp(tier, "Expedited") == 0;
}

int hr__write_restore(const struct hr__restore *restore, struct hr__memory memory,
                      struct hr_error *error, size_t *size) {
    if (restore->tier && !is_tier(restore->tier))
        return hr_error_set(error, -EINVAL,
                            "\"%.32s\" is no tier: Standard, Bulk and Expedited are",
                            restore->tier);
    struct hr__xml_writer writer = hr__xml_into(memory);
    hr__xml_open_root(&writer, "RestoreRequest");
    if (restore->days > 0) hr__xml_number(&writer, "Days", restore->days);
    if (restore->tier) {
        hr__xml_open(&writer, "GlacierJobParameters");
        hr__xml_text(&writer, "Tier", hr_slice_of(restore->tier));
        hr__xml_close(&writer, "GlacierJobParameters");
    }
    hr__xml_close(&writer, "RestoreRequest");
    return hr__xml_done(&writer, size);
}
