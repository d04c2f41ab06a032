// A stream that a test speaks for: it sends what it is told to and keeps what
// is written to it.
//
//   auto server = std::make_shared<FakeStreamServer>();
//   EXPECT_CALL(*connection, OpenStream).WillOnce([server](auto&&...) {
//     return server->stream();
//   });
//   server->Send(response);
//   server->End(absl::UnavailableError("the connection broke"));
//
// Safe for concurrent use. Callbacks run on the thread that Sends, or on that
// which reads or writes.
#ifndef PARLEY_MOCKS_FAKE_STREAM_H_
#define PARLEY_MOCKS_FAKE_STREAM_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/message.h"
#include "parley/connection.h"

namespace parley::client {

class FakeStreamServer : public std::enable_shared_from_this<FakeStreamServer> {
 public:
  // The client's end.
  std::unique_ptr<Stream> stream() {
    return std::make_unique<ClientEnd>(shared_from_this());
  }

  // Sends one message, now or when the client reads.
  void Send(const google::protobuf::Message& response) {
    std::unique_ptr<google::protobuf::Message> copy(response.New());
    copy->CopyFrom(response);
    {
      absl::MutexLock lock(&mutex_);
      responses_.push_back(std::move(copy));
    }
    Deliver();
  }

  // Ends the stream after what was sent.
  void End(absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      if (!end_.has_value()) end_ = std::move(status);
    }
    Deliver();
  }

  // What the client has written, without the first request, oldest first.
  template <typename Request>
  std::vector<Request> Written() const {
    absl::MutexLock lock(&mutex_);
    std::vector<Request> written;
    for (const auto& request : written_) {
      written.emplace_back();
      written.back().CopyFrom(*request);
    }
    return written;
  }

  // While held, writes are taken but not finished.
  void HoldWrites(bool hold) {
    std::function<void(bool)> done;
    {
      absl::MutexLock lock(&mutex_);
      hold_writes_ = hold;
      if (!hold) done.swap(write_done_);
    }
    if (done != nullptr) done(true);
  }

  // Answers what is written from now on: `written` sees each message before
  // its write is done.
  void OnWritten(
      std::function<void(const google::protobuf::Message&)> written) {
    absl::MutexLock lock(&mutex_);
    on_written_ = std::move(written);
  }

  // How many messages the client has not read yet.
  size_t unread() const {
    absl::MutexLock lock(&mutex_);
    return responses_.size();
  }

  // The client has half-closed.
  bool closed() const {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }

  // The client has cancelled, or let go of the stream.
  bool cancelled() const {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

 private:
  class ClientEnd : public Stream {
   public:
    explicit ClientEnd(std::shared_ptr<FakeStreamServer> server)
        : server_(std::move(server)) {}
    ~ClientEnd() override { server_->OnCancel(); }

    void Read(google::protobuf::Message* response, ReadDone done) override {
      server_->OnRead(response, std::move(done));
    }
    void Write(const google::protobuf::Message& request,
               std::function<void(bool)> done) override {
      server_->OnWrite(request, std::move(done));
    }
    void CloseSending() override { server_->OnClose(); }
    void Cancel() override { server_->OnCancel(); }

   private:
    const std::shared_ptr<FakeStreamServer> server_;
  };

  void OnRead(google::protobuf::Message* response, Stream::ReadDone done) {
    {
      absl::MutexLock lock(&mutex_);
      target_ = response;
      read_done_ = std::move(done);
    }
    Deliver();
  }

  void OnWrite(const google::protobuf::Message& request,
               std::function<void(bool)> done) {
    bool open;
    std::function<void(const google::protobuf::Message&)> written;
    {
      absl::MutexLock lock(&mutex_);
      open = !end_.has_value();
      written = on_written_;
      if (open) {
        written_.emplace_back(request.New());
        written_.back()->CopyFrom(request);
        if (hold_writes_) {
          write_done_ = std::move(done);
          return;
        }
      }
    }
    if (open && written != nullptr) written(request);
    done(open);
  }

  void OnClose() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  void OnCancel() {
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      responses_.clear();
      if (!end_.has_value()) end_ = absl::CancelledError("cancelled");
    }
    Deliver();
  }

  // Gives a reader what there is for it.
  void Deliver() {
    Stream::ReadDone done;
    std::optional<absl::Status> end;
    {
      absl::MutexLock lock(&mutex_);
      if (read_done_ == nullptr) return;
      if (!responses_.empty()) {
        target_->CopyFrom(*responses_.front());
        responses_.pop_front();
      } else if (end_.has_value()) {
        end = end_;
      } else {
        return;
      }
      done.swap(read_done_);
    }
    done(end);
  }

  mutable absl::Mutex mutex_;
  std::deque<std::unique_ptr<google::protobuf::Message>> responses_;
  std::optional<absl::Status> end_;
  std::vector<std::unique_ptr<google::protobuf::Message>> written_;
  google::protobuf::Message* target_ = nullptr;
  Stream::ReadDone read_done_;
  std::function<void(bool)> write_done_;
  std::function<void(const google::protobuf::Message&)> on_written_;
  bool hold_writes_ = false;
  bool closed_ = false;
  bool cancelled_ = false;
};

}  // namespace parley::client

#endif  // PARLEY_MOCKS_FAKE_STREAM_H_
