#include "service/log.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0); }
  ~Pipe() {
    CloseReader();
    CloseWriter();
  }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void CloseReader() { Close(ends_[0]); }
  void CloseWriter() { Close(ends_[1]); }

  // Everything written, once the writing end is closed.
  std::string ReadAll() {
    CloseWriter();
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = read(ends_[0], buffer, sizeof(buffer))) > 0;) {
      all.append(buffer, static_cast<size_t>(n));
    }
    return all;
  }

 private:
  static void Close(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  int ends_[2] = {-1, -1};
};

class LogTest : public ::testing::Test {
 protected:
  LogTest() { signal(SIGPIPE, SIG_IGN); }
  testing::FakeClock clock_;
};

TEST_F(LogTest, TextIsOneReadableLineAnEntry) {
  Pipe pipe;
  {
    Log log({.descriptor = pipe.writer()}, clock_);
    log.Info("peer closed", {{"peer", "peers/local.abc"},
                             {"reason", "LEASE_EXPIRED"},
                             {"detail", "two\nlines \"quoted\""},
                             {"after_s", 1.5},
                             {"count", 3},
                             {"ok", true}});
    log.Debug("not shown");
  }
  EXPECT_EQ(pipe.ReadAll(),
            "2023-11-14T22:13:20.000Z info peer closed peer=peers/local.abc "
            "reason=LEASE_EXPIRED detail=\"two\\nlines \\\"quoted\\\"\" "
            "after_s=1.5 count=3 ok=true\n");
}

TEST_F(LogTest, JsonIsOneObjectALine) {
  Pipe pipe;
  {
    Log log({.format = LogFormat::kJson,
             .level = LogLevel::kDebug,
             .descriptor = pipe.writer()},
            clock_);
    log.Error("bad \x01 \xFF", {{"n", 7}, {"text", "a\\b"}, {"no", false}});
  }
  EXPECT_EQ(pipe.ReadAll(),
            "{\"time\":\"2023-11-14T22:13:20.000000Z\",\"level\":\"error\","
            "\"message\":\"bad \\u0001 \xEF\xBF\xBD\",\"n\":7,"
            "\"text\":\"a\\\\b\",\"no\":false}\n");
}

TEST_F(LogTest, LongValuesAreCutSoThatALineStaysWhole) {
  Pipe pipe;
  {
    Log log({.format = LogFormat::kJson, .descriptor = pipe.writer()}, clock_);
    const std::string huge(100000, 'x');
    log.Info("m", {{"a", huge},
                   {"b", huge},
                   {"c", huge},
                   {"d", huge},
                   {"e", huge},
                   {"f", 1}});
  }
  const std::string line = pipe.ReadAll();
  EXPECT_LE(line.size(), 4096u);
  EXPECT_THAT(line, HasSubstr("...\""));
  EXPECT_TRUE(line.ends_with("\"f\":1}\n"));
}

// The reader does not read: the queue fills, entries are dropped and counted,
// and no call waits.
TEST_F(LogTest, AFullPipeCostsEntriesNotTime) {
  Pipe pipe;
  const absl::Time start = absl::Now();
  std::string text;
  {
    Log log(
        {.descriptor = pipe.writer(), .flush_timeout = absl::Milliseconds(10)},
        clock_);
    const std::string kilobyte(1000, 'x');
    for (int i = 0; i < 3000; ++i) log.Info("entry", {{"text", kilobyte}});
  }
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
}

TEST_F(LogTest, DroppedEntriesAreToldOnceThereIsRoom) {
  Pipe pipe;
  std::string all;
  {
    Log log({.descriptor = pipe.writer(), .flush_timeout = absl::Seconds(20)},
            clock_);
    const std::string kilobyte(1000, 'x');
    for (int i = 0; i < 3000; ++i) log.Info("entry", {{"text", kilobyte}});
    // Reading makes room; the log's end then writes what was queued.
    std::thread reader([&] {
      char buffer[65536];
      while (all.find("log entries dropped count=") == std::string::npos) {
        const ssize_t n = read(pipe.reader(), buffer, sizeof(buffer));
        if (n <= 0) break;
        all.append(buffer, static_cast<size_t>(n));
      }
    });
    reader.join();
  }
  EXPECT_THAT(all, HasSubstr("warning log entries dropped count="));
}

TEST_F(LogTest, ABrokenOrClosedDescriptorHurtsNobody) {
  Pipe pipe;
  pipe.CloseReader();
  {
    Log log({.descriptor = pipe.writer()}, clock_);
    for (int i = 0; i < 100; ++i) log.Info("entry");
  }
  {
    Log log({.descriptor = 1000000}, clock_);
    log.Info("entry");
  }
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    Log log({.descriptor = full}, clock_);
    log.Info("entry");
  }
  close(full);
}

}  // namespace
}  // namespace parley::service
