/* C++ values as values of a record: templates where C has _Generic. Included by log_macros.h. */
#ifndef HEADRACE_LOG_CPP_H
#define HEADRACE_LOG_CPP_H

#ifdef __cplusplus

#include <string>
#include <type_traits>

#include <headrace/log_call.h>

#if __cplusplus >= 201703L
#include <string_view>
#endif

/* A value of type T; a type that no record can carry does not compile. */
template <class T, class Enable = void> struct hr_log_value_maker;

template <class T>
struct hr_log_value_maker<T, typename std::enable_if<std::is_integral<T>::value ||
                                                     std::is_floating_point<T>::value>::type> {
    static_assert(sizeof(T) <= 8, "a type that no record can carry");
    static hr_log_value make(T number) {
        if (std::is_same<T, bool>::value) return hr_log_of_bool(number != T());
        if (std::is_floating_point<T>::value) return hr_log_of_double(static_cast<double>(number));
        return std::is_signed<T>::value ? hr_log_of_i64(static_cast<int64_t>(number))
                                        : hr_log_of_u64(static_cast<uint64_t>(number));
    }
};

/* An enumeration, scoped or not: its number. */
template <class T>
struct hr_log_value_maker<T, typename std::enable_if<std::is_enum<T>::value>::type> {
    static hr_log_value make(T value) {
        typedef typename std::underlying_type<T>::type Number;
        return hr_log_value_maker<Number>::make(static_cast<Number>(value));
    }
};

#define HR_LOG_CPP_MAKER_(type, function)                                                          \
    template <> struct hr_log_value_maker<type> {                                                  \
        static hr_log_value make(type value) { return function(value); }                           \
    }
HR_LOG_CPP_MAKER_(const char *, hr_log_of_text);
HR_LOG_CPP_MAKER_(char *, hr_log_of_text);
HR_LOG_CPP_MAKER_(hr_slice, hr_log_of_slice);
HR_LOG_CPP_MAKER_(hr_secret, hr_log_of_secret);
HR_LOG_CPP_MAKER_(const void *, hr_log_of_pointer);
HR_LOG_CPP_MAKER_(void *, hr_log_of_pointer);
HR_LOG_CPP_MAKER_(const hr_log_failure *, hr_log_of_failure);
HR_LOG_CPP_MAKER_(hr_log_failure *, hr_log_of_failure);
HR_LOG_CPP_MAKER_(hr_log_value, hr_log_of_value);
#undef HR_LOG_CPP_MAKER_

template <> struct hr_log_value_maker<std::nullptr_t> {
    static hr_log_value make(std::nullptr_t) { return hr_log_of_null(); }
};
template <> struct hr_log_value_maker<std::string> {
    static hr_log_value make(const std::string &text) {
        return hr_log_of_slice(hr_slice_bytes(text.data(), text.size()));
    }
};
#if __cplusplus >= 201703L
template <> struct hr_log_value_maker<std::string_view> {
    static hr_log_value make(std::string_view text) {
        return hr_log_of_slice(hr_slice_bytes(text.data(), text.size()));
    }
};
#endif

template <class T> inline hr_log_value hr_log_value_of(const T &value) {
    return hr_log_value_maker<typename std::decay<const T &>::type>::make(value);
}

/* A group with its fields, which live until the call is over. */
template <size_t N> struct hr_log_cpp_group { hr_log_field fields[N]; };
template <size_t N> struct hr_log_value_maker<hr_log_cpp_group<N>> {
    static hr_log_value make(const hr_log_cpp_group<N> &group) {
        return hr_log_of_group(group.fields, N);
    }
};

inline void hr_log_cpp_fill(hr_log_field *) {}
template <class V, class... Rest>
inline void hr_log_cpp_fill(hr_log_field *at, const char *key, const V &value,
                            const Rest &...rest) {
    at->key = hr_slice_of(key);
    at->value = hr_log_value_of(value);
    hr_log_cpp_fill(at + 1, rest...);
}
template <class... Arguments>
inline hr_log_cpp_group<sizeof...(Arguments) / 2> hr_log_group_of(const Arguments &...arguments) {
    static_assert(sizeof...(Arguments) % 2 == 0, "a key without a value");
    hr_log_cpp_group<sizeof...(Arguments) / 2> group;
    hr_log_cpp_fill(group.fields, arguments...);
    return group;
}

template <class T> inline hr_log_value hr_log_array_of(const T *elements, size_t count) {
    typedef typename std::remove_cv<T>::type E;
    static_assert(std::is_arithmetic<E>::value || std::is_same<E, char *>::value ||
                      std::is_same<E, const char *>::value,
                  "an array of a type that no record can carry");
    hr_log_type type = std::is_same<E, bool>::value       ? HR_LOG_BOOL
                       : std::is_floating_point<E>::value ? HR_LOG_DOUBLE
                       : !std::is_arithmetic<E>::value    ? HR_LOG_STRING
                       : std::is_signed<E>::value         ? HR_LOG_I64
                                                          : HR_LOG_U64;
    return hr_log_of_array(type, sizeof(E), elements, count);
}

#define HR_LOG_VALUE(v)          hr_log_value_of(v)
#define HR_ARRAY(pointer, count) hr_log_array_of((pointer), (count))
#define HR_GROUP(...)            hr_log_group_of(__VA_ARGS__)

/* A call, which is one expression: a string that a function has returned lives until the record is
 * written. Its braces have the values evaluated in their order. */
template <int Severity> struct hr_log_cpp_call {
    template <class... Values>
    __attribute__((always_inline))
    hr_log_cpp_call(const hr_log_view *view, hr_log_site *site, const Values &...values) {
        const uint32_t count = sizeof...(Values);
        uint32_t size = hr_log_head_size_(count), index = 0;
        const uint32_t sizes[] = {0, (size += hr_log_size_(view, values))...};
        char *const at = hr_log_begin_(view, site, size);
        (void)sizes;
        if (__builtin_expect(at != nullptr, 1)) {
            uint64_t words[3] = {static_cast<uint64_t>(Severity | count << 8), 0, 0};
            const int typed[] = {0, (hr_log_type_(words, index++, values.type), 0)...};
            char *put = hr_log_put_words_(at, words, count);
            const char *const puts[] = {nullptr, (put = hr_log_put_(put, view, values))...};
            (void)typed, (void)puts, (void)put;
            hr_log_commit_(at, size, Severity);
        } else {
            const hr_log_value all[] = {copy(values)..., hr_log_of_null()};
            hr_log_write_slow_(view, site, all);
        }
        (void)index;
    }

  private:
    /* Member by member, so that the short way keeps its values in registers. */
    __attribute__((always_inline)) static hr_log_value copy(const hr_log_value &value) {
        return {value.type, value.element, value.width, value.flags, value.size, value.bits};
    }
};

#define HR_LOG_ARGUMENT_(n, k, v) , hr_log_fit_(hr_view_, hr_log_value_of(v))
#define HR_LOG_WRITE_(severity, ...)                                                               \
    static_cast<void>(hr_log_cpp_call<(severity)>{                                                 \
        hr_view_, &hr_site_ HR_LOG_EACH_(HR_LOG_ARGUMENT_, __VA_ARGS__)})

#endif

#endif
