#include "service/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "core/base/strings.h"
#include "service/utf8.h"

namespace parley::service {
namespace {

constexpr size_t kMaxQueueBytes = 1 << 20;
// A pipe that polls as writable takes this much without blocking (PIPE_BUF).
constexpr size_t kMaxChunkBytes = 4096;
constexpr size_t kMaxTextBytes = 1024;
constexpr size_t kMaxLineBytes = kMaxChunkBytes;

// As JSON wants it; the text format quotes in the same way.
void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : ToBoundedUtf8(text, kMaxTextBytes)) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          absl::StrAppendFormat(&out, "\\u%04x", c);
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

bool IsPlainWord(std::string_view text) {
  if (text.empty() || text.size() > kMaxTextBytes) return false;
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') {
      return false;
    }
  }
  return true;
}

void AppendValue(const LogField::Value& value, LogFormat format,
                 std::string& out) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    if (format == LogFormat::kText && IsPlainWord(*text)) {
      out += *text;
    } else {
      AppendQuoted(*text, out);
    }
  } else if (const auto* number = std::get_if<int64_t>(&value)) {
    absl::StrAppend(&out, *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    absl::StrAppend(&out, *real);
  } else {
    out += std::get<bool>(value) ? "true" : "false";
  }
}

std::string TextLine(absl::Time time, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
  absl::StrAppend(&line, " ", ToAbsl(LogLevelName(level)), " ",
                  ToAbsl(message));
  for (const LogField& field : fields) {
    const size_t before = line.size();
    absl::StrAppend(&line, " ", ToAbsl(field.key), "=");
    AppendValue(field.value, LogFormat::kText, line);
    if (line.size() >= kMaxLineBytes) line.resize(before);
  }
  line += '\n';
  return line;
}

std::string JsonLine(absl::Time time, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string line = absl::StrCat(
      "{\"time\":\"",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()),
      "\",\"level\":\"", ToAbsl(LogLevelName(level)), "\",\"message\":");
  AppendQuoted(message, line);
  for (const LogField& field : fields) {
    const size_t before = line.size();
    line += ',';
    AppendQuoted(field.key, line);
    line += ':';
    AppendValue(field.value, LogFormat::kJson, line);
    if (line.size() + 2 > kMaxLineBytes) line.resize(before);
  }
  line += "}\n";
  return line;
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

// The queue and the thread that empties it. Shared by the log and its thread,
// which outlives the log when the descriptor takes nothing any more.
class Log::Writer : public std::enable_shared_from_this<Writer> {
 public:
  Writer(int descriptor, LogFormat format, const Clock& clock)
      : descriptor_(descriptor), format_(format), clock_(clock) {}

  void Start() {
    std::thread([self = shared_from_this()] { self->Run(); }).detach();
  }

  void Enqueue(std::string line) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (queue_.size() + line.size() > kMaxQueueBytes) {
      ++dropped_;
      return;
    }
    queue_ += line;
  }

  // Waits, but not longer than this, until everything has been written.
  void Stop(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    mutex_.AwaitWithTimeout(absl::Condition(&ended_), timeout);
    abandoned_ = !ended_;
  }

 private:
  void Run() {
    std::string batch;
    while (Take(batch)) {
      std::string_view rest = batch;
      while (!rest.empty() && WriteSome(rest)) {
      }
    }
  }

  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !queue_.empty() || stopping_;
  }

  bool Take(std::string& batch) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Writer::HasWork));
    if (queue_.empty() || abandoned_) {
      ended_ = true;
      return false;
    }
    batch = std::exchange(queue_, std::string());
    if (const uint64_t dropped = std::exchange(dropped_, 0)) {
      batch += Line(format_, clock_.Now(), LogLevel::kWarning,
                    "log entries dropped", {{"count", dropped}});
    }
    return true;
  }

  // Writes what the descriptor takes at once of the first chunk. False: it will
  // take nothing any more of this batch.
  bool WriteSome(std::string_view& rest) {
    pollfd ready = {.fd = descriptor_, .events = POLLOUT, .revents = 0};
    const int polled = poll(&ready, 1, /*timeout=*/100);
    if (polled < 0 && errno != EINTR) return false;
    if (polled <= 0) return !Abandoned();
    if (ready.revents & POLLNVAL) return false;
    const ssize_t written =
        write(descriptor_, rest.data(), std::min(rest.size(), kMaxChunkBytes));
    if (written < 0) return errno == EINTR || errno == EAGAIN;
    rest.remove_prefix(static_cast<size_t>(written));
    return true;
  }

  bool Abandoned() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return abandoned_;
  }

  friend class Log;
  static std::string Line(LogFormat format, absl::Time time, LogLevel level,
                          std::string_view message,
                          std::initializer_list<LogField> fields) {
    return format == LogFormat::kText ? TextLine(time, level, message, fields)
                                      : JsonLine(time, level, message, fields);
  }

  const int descriptor_;
  const LogFormat format_;
  const Clock& clock_;

  absl::Mutex mutex_;
  std::string queue_ ABSL_GUARDED_BY(mutex_);
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
};

Log::Log(LogOptions options, const Clock& clock)
    : format_(options.format),
      level_(options.level),
      flush_timeout_(options.flush_timeout),
      clock_(clock),
      writer_(
          std::make_shared<Writer>(options.descriptor, options.format, clock)) {
  writer_->Start();
}

Log::~Log() { writer_->Stop(flush_timeout_); }

void Log::Write(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields) {
  if (!enabled(level)) return;
  writer_->Enqueue(Writer::Line(format_, clock_.Now(), level, message, fields));
}

}  // namespace parley::service
