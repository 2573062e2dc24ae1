/* How C++ values become values of a record: overloads where C has _Generic. Included by
 * log_macros.h. */
#ifndef HEADRACE_LOG_CPP_H
#define HEADRACE_LOG_CPP_H

#ifdef __cplusplus

#include <string>
#include <type_traits>

#include <headrace/log_value.h>

#if __cplusplus >= 201703L
#include <string_view>
#endif

/* What no record can carry does not compile. */
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

/* The fields of a group live as long as the group, which the macro keeps until the call is over. */
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
#define HR_LOG_DECLARE_(n, k, v)                                                                   \
    const auto &hr_kept_##n##_ = (v);                                                              \
    const struct hr_log_value hr_value_##n##_ =                                                    \
        hr_log_fit_(hr_view_, hr_log_value_of(hr_kept_##n##_));

#endif

#endif
