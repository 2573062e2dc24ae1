#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "xml_memory.h"

Test(xml_memory, grows_and_shrinks_with_its_bytes) {
    const XML_Memory_Handling_Suite *memory = hr__xml_memory();
    char *data = memory->malloc_fcn(8);
    memcpy(data, "12345678", 8);
    data = memory->realloc_fcn(data, 4096);
    cr_assert(memcmp(data, "12345678", 8) == 0);
    data = memory->realloc_fcn(data, 4);
    cr_assert(memcmp(data, "1234", 4) == 0);
    cr_assert_eq((uintptr_t)data % _Alignof(max_align_t), 0);
    memory->free_fcn(data);
    memory->free_fcn(NULL);
    data = memory->realloc_fcn(NULL, 1);
    cr_assert(data);
    memory->free_fcn(data);
}

Test(xml_memory, an_impossible_size_is_refused) {
    cr_assert_null(hr__xml_memory()->malloc_fcn(SIZE_MAX));
    cr_assert_null(hr__xml_memory()->malloc_fcn(SIZE_MAX - 15));
}
