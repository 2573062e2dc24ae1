// Every form of a log call from C++, and what each writes. Included by consumer.cpp, and compiled
// alone as C++11 to C++20 by tests/integration/log_refusals.sh.
#ifndef HR_TEST_LOG_FORMS_HPP
#define HR_TEST_LOG_FORMS_HPP

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#if __cplusplus >= 201703L
#include <string_view>
#endif

#include <headrace/log.h>

namespace log_forms {

struct lines {
    std::string text;
    hr_log *log = nullptr;

    lines() {
        hr_log_sink sink{};
        sink.kind = HR_LOG_SINK_CALLBACK;
        sink.format = HR_LOG_FORMAT_LOGFMT;
        sink.user = this;
        sink.write = [](void *user, const char *more, size_t size) {
            static_cast<lines *>(user)->text.append(more, size);
        };
        hr_log_options options{};
        options.sinks = &sink;
        options.sink_count = 1;
        if (hr_log_new(&options, nullptr, &log)) log = nullptr;
    }
    ~lines() { hr_log_close(log); }

    /* The only line that was written since the last call ends so. */
    bool end(const std::string &wanted) {
        if (hr_log_flush(log, -1)) return false;
        std::string line = text;
        text.clear();
        bool same = line.size() > wanted.size() &&
                    line.compare(line.size() - wanted.size() - 1, wanted.size(), wanted) == 0 &&
                    line.find('\n') == line.size() - 1;
        if (!same) std::fprintf(stderr, "not %s, but %s", wanted.c_str(), line.c_str());
        return same;
    }
    bool has(const std::string &wanted) {
        if (hr_log_flush(log, -1)) return false;
        std::string line = text;
        text.clear();
        bool found = line.find(wanted) != std::string::npos;
        if (!found) std::fprintf(stderr, "no %s in %s", wanted.c_str(), line.c_str());
        return found;
    }
};

enum plain { PLAIN = 3 };
enum class scoped : std::int8_t { value = -4 };

/* Longer than what a std::string keeps in itself: used after its end, a sanitizer sees it. */
inline std::string made(int n) {
    return std::string(40, 'x') + std::to_string(n);
}

template <class T> bool one(lines &log, const T &value, const char *wanted) {
    HR_INFO(log.log, "m", "v", value);
    return log.end(std::string(" v=") + wanted);
}

inline bool types(lines &log) {
    const char array[] = "array";
    char writable[] = "writable";
    std::string text("text");
    hr_log_failure failure{};
    failure.code = -5;
    failure.text = "no";
    bool good = one(log, true, "true") && one(log, 'a', "97") && one(log, -1, "-1");
    good = good && one(log, static_cast<signed char>(-1), "-1");
    good = good && one(log, static_cast<unsigned char>(255), "255");
    good = good && one(log, static_cast<short>(-2), "-2") && one(log, 3u, "3");
    good = good && one(log, -4L, "-4") && one(log, 18446744073709551615ULL, "18446744073709551615");
    good = good && one(log, 0.5f, "0.5") && one(log, 0.1, "0.1") && one(log, nullptr, "null");
    good = good && one(log, array, "array") && one(log, writable, "writable");
    good = good && one(log, text, "text") && one(log, hr_slice_of("slice"), "slice");
    good = good && one(log, PLAIN, "3") && one(log, scoped::value, "-4");
    good = good && one(log, hr_secret{"hunter2"}, "\"[redacted]\"");
    good = good && one(log, static_cast<void *>(nullptr), "null");
    good = good && one(log, static_cast<const char *>(nullptr), "null");
    good = good && one(log, HR_ERRNO(-104), "ECONNRESET") && one(log, HR_NULL, "null");
    good = good && one(log, HR_BYTES("\x01\xff", 2), "\"01ff\"");
    HR_INFO(log.log, "m", "f", &failure);
    good = good && log.end(" f.code=EIO f.text=no");
#if __cplusplus >= 201703L
    good = good && one(log, std::string_view("view"), "view");
#endif
    return good;
}

inline bool several(lines &log) {
    const int numbers[] = {1, -2};
    const double reals[] = {0.5};
    const bool truths[] = {true, false};
    const char *texts[] = {"a", nullptr};
    HR_WARN(log.log, "m", "n", HR_ARRAY(numbers, 2), "r", HR_ARRAY(reals, 1), "b",
            HR_ARRAY(truths, 2), "t", HR_ARRAY(texts, 2), "g",
            HR_GROUP("id", 7, "name", made(1), "on", true));
    return log.end(" n=[1,-2] r=[0.5] b=[true,false] t.0=a t.1=null g.id=7 g.name=" + made(1) +
                   " g.on=true");
}

/* Values are evaluated once and in their order, and live until the call is over. */
inline bool lifetimes(lines &log) {
    int n = 0;
    const auto next = [&n] { return ++n; };
    HR_ERROR(log.log, "m", "a", next(), "b", next(), "c", made(next()).c_str(), "d", made(next()));
    if (!log.end(" a=1 b=2 c=" + made(3) + " d=" + made(4))) return false;
    HR_DEBUG(log.log, "m", "a", next());
    HR_EVERY_N(2, HR_LOG_INFO, log.log, "m", "a", next(), "b", made(next()).c_str());
    return n == 6 && log.end(" a=5 b=" + made(6));
}

inline bool some(lines &log) {
    for (int i = 0; i < 4; i++) {
        HR_EVERY_N(3, HR_LOG_INFO, log.log, "every", "i", i);
        HR_AT_MOST(1000, HR_LOG_INFO, log.log, "most", "i", i);
        HR_FIRST_N(2, HR_LOG_INFO, log.log, "first", "i", i);
        HR_ONCE(HR_LOG_CRITICAL, log.log, "once", "i", i);
    }
    if (hr_log_flush(log.log, -1)) return false;
    size_t at = 0, count = 0;
    while ((at = log.text.find('\n', at)) != std::string::npos) at++, count++;
    return count == 2 + 4 + 2 + 1 && log.has(" msg=every i=3 left_out=2\n");
}

inline bool context(lines &log) {
    {
        HR_LOG_CONTEXT("id", 7, "name", made(1));
        hr_log_trace trace{};
        hr_log_context_scope traced(trace);
        HR_INFO(log.log, "m");
        if (!log.has(" msg=m id=7 name=" + made(1) + " trace_id=\"0000")) return false;
    }
    HR_INFO(log.log, "m");
    return log.end(" msg=m");
}

inline bool timers(lines &log) {
    { hr_log_timer_scope timer(log.log, "scope"); }
    if (!log.has(" level=INFO logger=headrace msg=\"Operation completed: scope\" operation=scope "
                 "duration_ms="))
        return false;
    {
        hr_log_timer_scope timer(log.log, "scope", HR_LOG_WARNING);
        timer.fail(-5);
    }
    if (!log.has(" level=ERROR ")) return false;
    if (hr_log_timed(log.log, "returns", [] { return 3; }) != 3) return false;
    if (!log.has("Operation completed: returns")) return false;
    try {
        hr_log_timed(log.log, "throws", [] { throw std::runtime_error("the reason"); });
        return false;
    } catch (const std::exception &) {}
    if (!log.has(" error=\"the reason\"\n")) return false;
    try {
        hr_log_timer_scope timer(log.log, "throws");
        throw 1;
    } catch (int) {}
    return log.has(" level=ERROR logger=headrace msg=\"Operation failed: throws\"");
}

inline bool all() {
    lines log;
    return log.log && types(log) && several(log) && lifetimes(log) && some(log) && context(log) &&
           timers(log);
}

} // namespace log_forms

#endif
