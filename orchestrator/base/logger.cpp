#include "orchestrator/base/logger.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace tributary {

namespace {

constexpr std::size_t kQueuedLines = 1024;
constexpr std::size_t kLongestWhat = 300;
constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

std::string_view name_of(LogLevel level) { return kLevelNames[static_cast<std::size_t>(level)]; }

std::string utc_now_text() {
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(now);
    auto const millis = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds).count();
    std::time_t const time = seconds.count();
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> day{};
    std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%s.%03dZ", day.data(), static_cast<int>(millis));
    return text.data();
}

void append_hex_escape(std::string& out, std::string_view prefix, unsigned char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += prefix;
    out += digits[c >> 4U];
    out += digits[c & 15U];
}

/// Length of the UTF-8 sequence that begins at `i`; 0: not UTF-8.
std::size_t utf8_length(std::string_view text, std::size_t i) {
    auto const lead = static_cast<unsigned char>(text[i]);
    std::size_t const length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || i + length > text.size()) return 0;
    for (std::size_t k = 1; k < length; ++k) {
        if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) return 0;
    }
    return length;
}

/// What stands between quotes, in both formats; a line stays one line and valid UTF-8 whatever the value holds.
void append_escaped(std::string& out, std::string_view value, std::string_view control_prefix) {
    for (std::size_t i = 0; i < value.size();) {
        auto const c = static_cast<unsigned char>(value[i]);
        std::size_t const length = utf8_length(value, i);
        if (length == 0) {
            out += "\xef\xbf\xbd";
            ++i;
            continue;
        }
        if (c == '"' || c == '\\') {
            out += '\\';
            out += value[i];
        } else if (c == '\n') {
            out += "\\n";
        } else if (c < 0x20 || c == 0x7f) {
            append_hex_escape(out, control_prefix, c);
        } else {
            out += value.substr(i, length);
        }
        i += length;
    }
}

bool is_plain(std::string_view value) {
    for (char const c : value) {
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') return false;
    }
    return !value.empty();
}

void append_field(std::string& line, LogFormat format, std::string_view key, std::string_view value) {
    if (format == LogFormat::json) {
        line += ",\"";
        append_escaped(line, key, "\\u00");
        line += "\":\"";
        append_escaped(line, value, "\\u00");
        line += '"';
        return;
    }
    line += ' ';
    line += key;
    line += '=';
    if (is_plain(value)) {
        line += value;
        return;
    }
    line += '"';
    append_escaped(line, value, "\\x");
    line += '"';
}

}  // namespace

struct Logger::Sink {
    Sink(LogFormat line_format, LogLevel least_level) : format(line_format), least(least_level) {
        out_->set_pattern("%v");
    }

    void write(std::string line) {
        std::size_t const dropped = pool_->overrun_counter();
        std::size_t const told = dropped_told_.exchange(dropped);
        if (dropped > told)
            post(begin(LogLevel::warning, "log_lines_dropped"), std::to_string(dropped - told));
        if (format == LogFormat::json) line += '}';
        out_->log(spdlog::level::info, line);
    }
    std::string begin(LogLevel level, std::string_view event) const {
        std::string line;
        if (format == LogFormat::json) {
            line = "{\"time\":\"" + utc_now_text() + '"';
            append_field(line, format, "level", name_of(level));
            append_field(line, format, "event", event);
            return line;
        }
        line = utc_now_text();
        line += ' ';
        line += name_of(level);
        append_field(line, format, "event", event);
        return line;
    }

    LogFormat const format;
    LogLevel const least;

private:
    void post(std::string line, std::string const& count) {
        append_field(line, format, "count", count);
        if (format == LogFormat::json) line += '}';
        out_->log(spdlog::level::info, line);
    }

    // The pool writes what is queued before its destructor returns; the logger refers to it.
    std::shared_ptr<spdlog::details::thread_pool> pool_ =
        std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
    std::shared_ptr<spdlog::async_logger> out_ = std::make_shared<spdlog::async_logger>(
        "tributary",
        std::make_shared<spdlog::sinks::stderr_sink_mt>(),
        pool_,
        spdlog::async_overflow_policy::overrun_oldest
    );
    std::atomic<std::size_t> dropped_told_ = 0;
};

Logger Logger::to_stderr(LogFormat format, LogLevel least) {
    Logger logger;
    logger.sink_ = std::make_shared<Sink>(format, least);
    return logger;
}

Logger Logger::child(std::string_view key, std::string_view value) const {
    Logger child = *this;
    if (sink_) append_field(child.context_, sink_->format, key, value);
    return child;
}

void Logger::log(LogLevel level, std::string_view event, std::initializer_list<Field> fields) const {
    if (!sink_ || level < sink_->least) return;
    std::string line = sink_->begin(level, event);
    line += context_;
    for (Field const& field : fields) append_field(line, sink_->format, field.key, field.value);
    sink_->write(std::move(line));
}

void Logger::bug(std::string_view task, std::exception_ptr const& error) const {
    std::string what = "not a std::exception";
    try {
        if (error) std::rethrow_exception(error);
    } catch (std::exception const& e) {
        what = e.what();
    } catch (...) {
        what = "not a std::exception";
    }
    if (what.size() > kLongestWhat) what.resize(kLongestWhat);
    log(LogLevel::error, "bug", {{"task", std::string(task)}, {"what", std::move(what)}});
}

}  // namespace tributary
