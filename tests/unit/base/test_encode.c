#include <criterion/criterion.h>
#include <errno.h>
#include <openssl/evp.h>

#include <headrace/encode.h>

Test(encode, hex_both_ways) {
    char text[8];
    uint8_t bytes[4];
    size_t size = 99;
    hr_hex_encode("\x00\x9f\xff\x10", 4, text);
    cr_assert_arr_eq(text, "009fff10", 8);
    cr_assert_eq(hr_hex_decode(hr_slice_bytes("009FfF10", 8), bytes, 4, &size), 0);
    cr_assert_eq(size, 4);
    cr_assert_arr_eq(bytes, "\x00\x9f\xff\x10", 4);
    cr_assert_eq(hr_hex_decode(hr_slice_of("abc"), bytes, 4, &size), -EINVAL);
    cr_assert_eq(hr_hex_decode(hr_slice_of("0g"), bytes, 4, &size), -EINVAL);
    cr_assert_eq(hr_hex_decode(hr_slice_of("0011223344"), bytes, 4, &size), -ENOBUFS);
    cr_assert_eq(size, 4); /* untouched on an error */
    cr_assert_eq(hr_hex_decode(hr_slice_of(""), NULL, 0, &size), 0);
    cr_assert_eq(size, 0);
}

Test(encode, hex_of_each_byte_at_each_place) {
    uint8_t bytes[27];
    char text[2 * sizeof bytes], wanted[2 * sizeof bytes + 1];
    for (size_t size = 0; size <= sizeof bytes; size++)
        for (unsigned first = 0; first < 256; first++) {
            for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(first + i * 7);
            for (size_t i = 0; i < size; i++) snprintf(wanted + 2 * i, 3, "%02x", bytes[i]);
            hr_hex_encode(bytes, size, text);
            cr_assert(memcmp(text, wanted, 2 * size) == 0, "%zu bytes from %#x", size, first);
        }
}

Test(encode, base64_agrees_with_openssl) {
    uint8_t data[64], back[64];
    char ours[100];
    unsigned char theirs[100];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 37 + 11);
    for (size_t size = 0; size <= sizeof data; size++) {
        int theirs_size = EVP_EncodeBlock(theirs, data, (int)size);
        cr_assert_eq(hr_base64_size(size), (size_t)theirs_size);
        hr_base64_encode(data, size, ours);
        cr_assert_arr_eq(ours, (char *)theirs, (size_t)theirs_size);
        struct hr_slice text = hr_slice_bytes(ours, hr_base64_size(size));
        size_t back_size;
        cr_assert_eq(hr_base64_decode(text, back, size, &back_size), 0);
        cr_assert_eq(back_size, size);
        cr_assert_arr_eq(back, data, size);
    }
}

Test(encode, base64_is_strict) {
    uint8_t out[16];
    const char *bad[] = {"A",    "AA",   "AAA",  "A===",   "====", "AA=A",
                         "AB==", "AAB=", "AA A", "AAAA\n", "A*AA", "AA==AAAA"};
    size_t size = 99;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(hr_base64_decode(hr_slice_of(bad[i]), out, sizeof out, &size), -EINVAL, "%s",
                     bad[i]);
    cr_assert_eq(hr_base64_decode(hr_slice_of("AAAA"), out, 2, &size), -ENOBUFS);
    cr_assert_eq(size, 99); /* untouched on an error */
}
