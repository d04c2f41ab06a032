// Structured logs: one line an entry, text or JSON, to a file descriptor.
//
// Writing an entry never blocks and never fails: a thread of the log does the
// output, from a bounded queue. What finds no room is dropped and counted, and
// the count is told when there is room again. A descriptor that is full, broken
// or closed costs entries, never the process. Nothing secret may go in: no
// description, candidate, password, key or payload; peers go by name.
//
// Safe for concurrent use.
#ifndef PARLEY_SERVICE_LOG_H_
#define PARLEY_SERVICE_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/time/time.h"
#include "core/base/clock.h"

namespace parley::service {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

std::string_view LogLevelName(LogLevel level);  // "debug", "info", ...

struct LogField {
  using Value = std::variant<std::string_view, int64_t, double, bool>;

  LogField(std::string_view key, std::string_view text)
      : key(key), value(text) {}
  LogField(std::string_view key, const char* text)
      : key(key), value(std::string_view(text)) {}
  LogField(std::string_view key, const std::string& text)
      : key(key), value(std::string_view(text)) {}
  LogField(std::string_view key, int64_t number) : key(key), value(number) {}
  LogField(std::string_view key, int number)
      : key(key), value(int64_t{number}) {}
  LogField(std::string_view key, uint64_t number)
      : key(key), value(static_cast<int64_t>(number)) {}
  LogField(std::string_view key, double number) : key(key), value(number) {}
  LogField(std::string_view key, bool flag) : key(key), value(flag) {}

  std::string_view key;
  Value value;
};

struct LogOptions {
  LogFormat format = LogFormat::kText;
  LogLevel level = LogLevel::kInfo;  // entries below are not made
  int descriptor = 2;                // not owned
  // How long the end of the log waits for the output of what is queued.
  absl::Duration flush_timeout = absl::Seconds(1);
};

class Log {
 public:
  // The clock must outlive the log.
  Log(LogOptions options, const Clock& clock);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool enabled(LogLevel level) const { return level >= level_; }

  // The message is a sentence of few words that never changes, so that it can
  // be searched for; what varies stands in the fields.
  void Write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields = {});

  void Debug(std::string_view message,
             std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message,
            std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kInfo, message, fields);
  }
  void Warning(std::string_view message,
               std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kWarning, message, fields);
  }
  void Error(std::string_view message,
             std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kError, message, fields);
  }

 private:
  class Writer;

  const LogFormat format_;
  const LogLevel level_;
  const absl::Duration flush_timeout_;
  const Clock& clock_;
  const std::shared_ptr<Writer> writer_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_LOG_H_
