#pragma once
#include <exception>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace tributary {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

/// One line per outcome on stderr, key=value or JSON, written by a thread of its own (a full queue drops the oldest and counts).
/// A value: copies and children share the sink. Thread: any. No patient data at any level: no names, identifiers, URLs with queries, bodies.
class Logger {
public:
    struct Field {
        std::string_view key;
        std::string value;
    };
    /// Logs nothing.
    Logger() = default;
    static Logger to_stderr(LogFormat format, LogLevel least);

    /// Adds `key=value` to every line of the child.
    Logger child(std::string_view key, std::string_view value) const;
    void debug(std::string_view event, std::initializer_list<Field> fields = {}) const {
        log(LogLevel::debug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<Field> fields = {}) const {
        log(LogLevel::info, event, fields);
    }
    void warning(std::string_view event, std::initializer_list<Field> fields = {}) const {
        log(LogLevel::warning, event, fields);
    }
    void error(std::string_view event, std::initializer_list<Field> fields = {}) const {
        log(LogLevel::error, event, fields);
    }
    /// An exception that ended a task: for TaskGroup's failure handler.
    void bug(std::string_view task, std::exception_ptr const& error) const;

private:
    struct Sink;
    void log(LogLevel level, std::string_view event, std::initializer_list<Field> fields) const;

    std::shared_ptr<Sink> sink_;
    std::string context_;
};

}  // namespace tributary
