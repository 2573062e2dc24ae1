/* The macros of log.h that write a record. */
#ifndef HEADRACE_LOG_MACROS_H
#define HEADRACE_LOG_MACROS_H

#include <headrace/log_call.h>

/* HR_INFO(log, "message", "key", value, …) logs a record with up to HR_LOG_FIELDS_MAX pairs.
 * Message and keys are literals. Each value is evaluated once, and only where the log takes the
 * level; all is copied before the call ends. A key without a value, or a value of a type that no
 * record can carry, does not compile. A NULL log takes none. Any thread, but no signal handler.
 * Waits only where the log's options say so. */
#define HR_DEBUG(log, ...)    HR_LOG_AT(10, log, __VA_ARGS__)
#define HR_INFO(log, ...)     HR_LOG_AT(20, log, __VA_ARGS__)
#define HR_WARN(log, ...)     HR_LOG_AT(30, log, __VA_ARGS__)
#define HR_ERROR(log, ...)    HR_LOG_AT(40, log, __VA_ARGS__)
#define HR_CRITICAL(log, ...) HR_LOG_AT(50, log, __VA_ARGS__)

/* Calls below this level leave no code behind. */
#ifndef HR_LOG_FLOOR
#define HR_LOG_FLOOR 0
#endif

/* Values that C has no type for. */
#define HR_BYTES(data, size) hr_log_of_bytes((data), (size))
#define HR_ERRNO(number)     hr_log_of_errno(number)
#define HR_NULL              hr_log_of_null()

#ifndef __cplusplus

/* The value of an expression, its type kept. */
#define HR_LOG_VALUE(v)                                                                            \
    _Generic((v),                                                                                  \
        _Bool: hr_log_of_bool,                                                                     \
        char: hr_log_of_i64,                                                                       \
        signed char: hr_log_of_i64,                                                                \
        short: hr_log_of_i64,                                                                      \
        int: hr_log_of_i64,                                                                        \
        long: hr_log_of_i64,                                                                       \
        long long: hr_log_of_i64,                                                                  \
        unsigned char: hr_log_of_u64,                                                              \
        unsigned short: hr_log_of_u64,                                                             \
        unsigned int: hr_log_of_u64,                                                               \
        unsigned long: hr_log_of_u64,                                                              \
        unsigned long long: hr_log_of_u64,                                                         \
        float: hr_log_of_double,                                                                   \
        double: hr_log_of_double,                                                                  \
        char *: hr_log_of_text,                                                                    \
        const char *: hr_log_of_text,                                                              \
        struct hr_slice: hr_log_of_slice,                                                          \
        struct hr_secret: hr_log_of_secret,                                                        \
        void *: hr_log_of_pointer,                                                                 \
        const void *: hr_log_of_pointer,                                                           \
        struct hr_log_failure *: hr_log_of_failure,                                                \
        const struct hr_log_failure *: hr_log_of_failure,                                          \
        struct hr_log_value: hr_log_of_value)(v)

#define HR_LOG_ELEMENT_(pointer)                                                                   \
    _Generic((pointer)[0],                                                                         \
        _Bool: HR_LOG_BOOL,                                                                        \
        char: HR_LOG_I64,                                                                          \
        signed char: HR_LOG_I64,                                                                   \
        short: HR_LOG_I64,                                                                         \
        int: HR_LOG_I64,                                                                           \
        long: HR_LOG_I64,                                                                          \
        long long: HR_LOG_I64,                                                                     \
        unsigned char: HR_LOG_U64,                                                                 \
        unsigned short: HR_LOG_U64,                                                                \
        unsigned int: HR_LOG_U64,                                                                  \
        unsigned long: HR_LOG_U64,                                                                 \
        unsigned long long: HR_LOG_U64,                                                            \
        float: HR_LOG_DOUBLE,                                                                      \
        double: HR_LOG_DOUBLE,                                                                     \
        char *: HR_LOG_STRING,                                                                     \
        const char *: HR_LOG_STRING)
/* An array of any arithmetic type or of strings. */
#define HR_ARRAY(pointer, count)                                                                   \
    hr_log_of_array(HR_LOG_ELEMENT_(pointer), sizeof *(pointer), (pointer), (count))

/* Fields under one key: "user", HR_GROUP("id", 7, "name", name). */
#define HR_GROUP(...)                                                                              \
    hr_log_of_group((const struct hr_log_field[]){HR_LOG_EACH_(HR_LOG_FIELD_, 0, __VA_ARGS__){     \
                        {0, 0}, {0, 0, 0, 0, 0, 0}}},                                              \
                    HR_LOG_PAIRS_(0, __VA_ARGS__))
#define HR_LOG_DECLARE_(n, k, v)                                                                   \
    const struct hr_log_value hr_value_##n##_ = hr_log_fit_(hr_view_, HR_LOG_VALUE(v));

#else

#include <headrace/log_cpp.h>

#endif

#define HR_LOG_FIELD_(n, k, v) {{"" k "", sizeof(k) - 1}, HR_LOG_VALUE(v)},
#define HR_LOG_KEY_(n, k, v)   "" k "",
#define HR_LOG_SIZE_(n, k, v)  +hr_log_size_(hr_view_, hr_value_##n##_)
#define HR_LOG_TYPE_(n, k, v)  hr_log_type_(hr_words_, hr_count_ - n, hr_value_##n##_.type);
/* A value member by member, so that the short way keeps it in registers. */
#define HR_LOG_VALUE_(n, k, v)                                                                     \
    {hr_value_##n##_.type,  hr_value_##n##_.element, hr_value_##n##_.width,                        \
     hr_value_##n##_.flags, hr_value_##n##_.size,    hr_value_##n##_.bits},
#define HR_LOG_PUT_(n, k, v) hr_put_ = hr_log_put_(hr_put_, hr_view_, hr_value_##n##_);

/* clang-format off */
#define HR_LOG_EACH_1_(M, message)
#define HR_LOG_EACH_3_(M, message, k, v) M(1, k, v)
#define HR_LOG_EACH_5_(M, message, k, v, ...) M(2, k, v) HR_LOG_EACH_3_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_7_(M, message, k, v, ...) M(3, k, v) HR_LOG_EACH_5_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_9_(M, message, k, v, ...) M(4, k, v) HR_LOG_EACH_7_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_11_(M, message, k, v, ...) M(5, k, v) HR_LOG_EACH_9_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_13_(M, message, k, v, ...) M(6, k, v) HR_LOG_EACH_11_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_15_(M, message, k, v, ...) M(7, k, v) HR_LOG_EACH_13_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_17_(M, message, k, v, ...) M(8, k, v) HR_LOG_EACH_15_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_19_(M, message, k, v, ...) M(9, k, v) HR_LOG_EACH_17_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_21_(M, message, k, v, ...) M(10, k, v) HR_LOG_EACH_19_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_23_(M, message, k, v, ...) M(11, k, v) HR_LOG_EACH_21_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_25_(M, message, k, v, ...) M(12, k, v) HR_LOG_EACH_23_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_27_(M, message, k, v, ...) M(13, k, v) HR_LOG_EACH_25_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_29_(M, message, k, v, ...) M(14, k, v) HR_LOG_EACH_27_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_31_(M, message, k, v, ...) M(15, k, v) HR_LOG_EACH_29_(M, message, __VA_ARGS__)
#define HR_LOG_EACH_33_(M, message, k, v, ...) M(16, k, v) HR_LOG_EACH_31_(M, message, __VA_ARGS__)
#define HR_LOG_COUNT_(                                                                             \
    a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20,     \
    a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, n, ...) n
#define HR_LOG_ARGUMENTS_(...)                                                                     \
    HR_LOG_COUNT_(__VA_ARGS__, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, \
                  16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
/* clang-format on */
#define HR_LOG_PAIRS_(...)    (HR_LOG_ARGUMENTS_(__VA_ARGS__) / 2)
#define HR_LOG_GLUE_(a, b, c) a##b##c
#define HR_LOG_NAME_(a, b, c) HR_LOG_GLUE_(a, b, c)
#define HR_LOG_EACH_(M, ...)                                                                       \
    HR_LOG_NAME_(HR_LOG_EACH_, HR_LOG_ARGUMENTS_(__VA_ARGS__), _)(M, __VA_ARGS__)

/* The site of a call, with its literals. */
#define HR_LOG_SITE_(severity, ...)                                                                \
    static const char *const hr_keys_[] = {HR_LOG_EACH_(HR_LOG_KEY_, __VA_ARGS__) 0};              \
    static struct hr_log_site hr_site_ = {                                                         \
        0,        0,        (severity), __LINE__,  HR_LOG_MESSAGE_(__VA_ARGS__, 0),                \
        __FILE__, __func__, hr_keys_,   hr_count_, 0,                                              \
        0};

#ifndef __cplusplus
#define HR_LOG_WRITE_(severity, ...)                                                               \
    do {                                                                                           \
        HR_LOG_EACH_(HR_LOG_DECLARE_, __VA_ARGS__)                                                 \
        const uint32_t hr_size_ =                                                                  \
            hr_log_head_size_(hr_count_) HR_LOG_EACH_(HR_LOG_SIZE_, __VA_ARGS__);                  \
        char *const hr_at_ = hr_log_begin_(hr_view_, &hr_site_, hr_size_);                         \
        if (__builtin_expect(hr_at_ != 0, 1)) {                                                    \
            uint64_t hr_words_[3] = {(severity) | hr_count_ << 8, 0, 0};                           \
            HR_LOG_EACH_(HR_LOG_TYPE_, __VA_ARGS__)                                                \
            char *hr_put_ = hr_log_put_words_(hr_at_, hr_words_, hr_count_);                       \
            HR_LOG_EACH_(HR_LOG_PUT_, __VA_ARGS__)                                                 \
            (void)hr_put_;                                                                         \
            hr_log_commit_(hr_at_, hr_size_, (severity));                                          \
        } else {                                                                                   \
            const struct hr_log_value hr_values_[] = {                                             \
                HR_LOG_EACH_(HR_LOG_VALUE_, __VA_ARGS__){0, 0, 0, 0, 0, 0}};                       \
            hr_log_write_slow_(hr_view_, &hr_site_, hr_values_);                                   \
        }                                                                                          \
    } while (0)
#endif

#define HR_LOG_AT(severity, log, ...)                                                              \
    do {                                                                                           \
        HR_LOG_STATIC_ASSERT_(HR_LOG_ARGUMENTS_(__VA_ARGS__) % 2 == 1, "a key without a value");   \
        const struct hr_log_view *const hr_view_ = HR_LOG_VIEW_(log);                              \
        if ((severity) >= HR_LOG_FLOOR && hr_log_enabled_(hr_view_, (severity))) {                 \
            enum { hr_count_ = HR_LOG_PAIRS_(__VA_ARGS__) };                                       \
            HR_LOG_SITE_(severity, __VA_ARGS__)                                                    \
            HR_LOG_WRITE_(severity, __VA_ARGS__);                                                  \
        }                                                                                          \
    } while (0)

#define HR_LOG_VIEW_(log)             ((const struct hr_log_view *)(const void *)(log))
#define HR_LOG_MESSAGE_(message, ...) "" message ""
#ifdef __cplusplus
#define HR_LOG_STATIC_ASSERT_ static_assert
#else
#define HR_LOG_STATIC_ASSERT_ _Static_assert
#endif

#endif
