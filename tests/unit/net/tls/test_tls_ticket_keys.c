/* Ticket keys: how long one makes tickets, how long one is good for, and what OpenSSL gets. */
#include <criterion/criterion.h>
#include <string.h>

#include <openssl/evp.h>

#include "tls_ticket_keys.h"

#define KEY_NS HR_TLS_TICKET_KEY_NS
#define BEGIN  UINT64_C(5000000000)

static struct hr_tls_ticket_keys tickets;

static struct hr_tls_ticket_key current_at(uint64_t now_ns) {
    struct hr_tls_ticket_key key;
    cr_assert(hr__tls_ticket_keys_current(&tickets, now_ns, &key));
    return key;
}

static bool is_good(const struct hr_tls_ticket_key *key, uint64_t now_ns) {
    struct hr_tls_ticket_key found;
    if (!hr__tls_ticket_keys_find(&tickets, key->name, now_ns, &found)) return false;
    cr_assert_eq(memcmp(found.cipher, key->cipher, sizeof found.cipher), 0);
    cr_assert_eq(memcmp(found.mac, key->mac, sizeof found.mac), 0);
    return true;
}

static bool same(const struct hr_tls_ticket_key *a, const struct hr_tls_ticket_key *b) {
    return memcmp(a->name, b->name, sizeof a->name) == 0;
}

Test(tls_tickets, a_key_makes_tickets_for_its_time_and_is_good_for_as_long_again) {
    hr__tls_ticket_keys_init(&tickets);
    struct hr_tls_ticket_key first = current_at(BEGIN), again = current_at(BEGIN + KEY_NS - 1);
    cr_assert(same(&first, &again));
    struct hr_tls_ticket_key second = current_at(BEGIN + KEY_NS);
    cr_assert(!same(&first, &second));
    cr_assert_neq(memcmp(first.cipher, second.cipher, sizeof first.cipher), 0);
    cr_assert_neq(memcmp(first.mac, second.mac, sizeof first.mac), 0);
    cr_assert(is_good(&first, BEGIN + 2 * KEY_NS - 1));
    cr_assert(!is_good(&first, BEGIN + 2 * KEY_NS));
    cr_assert(is_good(&second, BEGIN + 2 * KEY_NS));
    struct hr_tls_ticket_key third = current_at(BEGIN + 2 * KEY_NS);
    cr_assert(!is_good(&first, BEGIN + 2 * KEY_NS));
    cr_assert(is_good(&second, BEGIN + 2 * KEY_NS));
    cr_assert(is_good(&third, BEGIN + 2 * KEY_NS));
    cr_assert_eq(memmem(&tickets, sizeof tickets, first.cipher, sizeof first.cipher), NULL,
                 "the first key is still in memory");
    hr__tls_ticket_keys_deinit(&tickets);
}

Test(tls_tickets, after_a_long_rest_no_old_key_is_good) {
    hr__tls_ticket_keys_init(&tickets);
    struct hr_tls_ticket_key first = current_at(BEGIN);
    cr_assert(!is_good(&first, BEGIN + 9 * KEY_NS));
    current_at(BEGIN + 9 * KEY_NS);
    cr_assert(!is_good(&first, BEGIN + 9 * KEY_NS));
    cr_assert_eq(memmem(&tickets, sizeof tickets, first.cipher, sizeof first.cipher), NULL);
    hr__tls_ticket_keys_deinit(&tickets);
}

/* Reactors read their clocks at different moments. */
Test(tls_tickets, a_clock_that_is_a_moment_behind_takes_the_new_key) {
    hr__tls_ticket_keys_init(&tickets);
    struct hr_tls_ticket_key first = current_at(BEGIN), behind = current_at(BEGIN - 1000);
    cr_assert(same(&first, &behind));
    cr_assert(is_good(&first, BEGIN - 1000));
    hr__tls_ticket_keys_deinit(&tickets);
}

static int prepare(uint64_t now_ns, unsigned char name[16], unsigned char iv[EVP_MAX_IV_LENGTH],
                   bool encrypts, unsigned char out[16]) {
    static const unsigned char text[16] = "sixteen letters";
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
    int size,
        result = hr__tls_ticket_keys_prepare(&tickets, now_ns, name, iv, cipher, mac, encrypts);
    if (result > 0) {
        EVP_CIPHER_CTX_set_padding(cipher, 0);
        cr_assert_eq(EVP_CipherUpdate(cipher, out, &size, encrypts ? text : out, 16), 1);
        cr_assert_eq(size, 16);
        cr_assert_eq(EVP_MAC_init(mac, NULL, 0, NULL), 1, "the key of the HMAC is not set");
        if (!encrypts) cr_assert_eq(memcmp(out, text, 16), 0);
    }
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(hmac);
    EVP_CIPHER_CTX_free(cipher);
    return result;
}

Test(tls_tickets, what_one_key_encrypts_it_decrypts_and_then_is_renewed) {
    unsigned char name[16], iv[EVP_MAX_IV_LENGTH], sealed[16], opened[16];
    hr__tls_ticket_keys_init(&tickets);
    cr_assert_eq(prepare(BEGIN, name, iv, true, sealed), 1);
    static const struct {
        uint64_t after_ns;
        int result;
    } cases[] = {{0, 1}, {KEY_NS - 1, 1}, {KEY_NS, 2}, {2 * KEY_NS - 1, 2}, {2 * KEY_NS, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(opened, sealed, sizeof opened);
        cr_assert_eq(prepare(BEGIN + cases[i].after_ns, name, iv, false, opened), cases[i].result,
                     "case %zu", i);
    }
    name[3] ^= 1;
    cr_assert_eq(prepare(BEGIN, name, iv, false, opened), 0, "a key that is none of ours");
    hr__tls_ticket_keys_deinit(&tickets);
}
