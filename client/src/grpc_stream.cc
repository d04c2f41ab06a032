#include "client/src/grpc_stream.h"

#include <functional>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "client/src/refused_connection.h"
#include "client/src/wire_status.h"

namespace parley::client::internal {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageLite;

// Lives until gRPC has called OnDone. As operations are started from outside of
// its reactions it keeps a hold, which goes with the first read that fails:
// from then on gRPC may finish at any time, and nothing more is started.
class Reactor final : public grpc::ClientBidiReactor<MessageLite, MessageLite> {
 public:
  Reactor(std::shared_ptr<MessageStub> stub,
          std::shared_ptr<CallRegistry> registry,
          std::unique_ptr<grpc::ClientContext> context)
      : registry_(std::move(registry)),
        stub_(std::move(stub)),
        context_(std::move(context)) {}

  void Start(std::shared_ptr<Reactor> self, const std::string& method,
             const Message& first, bool half_close) {
    self_ = std::move(self);
    first_.reset(first.New());
    first_->CopyFrom(first);
    absl::MutexLock lock(&mutex_);
    stub_->PrepareBidiStreamingCall(context_.get(), method, {}, this);
    AddHold();
    open_ = true;
    writing_ = true;
    grpc::WriteOptions options;
    if (half_close) options.set_last_message();
    StartWrite(first_.get(), options);
    StartCall();
  }

  void Read(Message* response, Stream::ReadDone done) {
    absl::ReleasableMutexLock lock(&mutex_);
    if (!end_.has_value()) {
      read_done_ = std::move(done);
      if (open_) StartRead(response);
      return;
    }
    const absl::Status end = *end_;
    lock.Release();
    done(end);
  }

  void Write(const Message& request, std::function<void(bool)> done) {
    {
      absl::MutexLock lock(&mutex_);
      if (open_) {
        write_done_ = std::move(done);
        if (writing_) {
          waiting_ = &request;  // until the first request is out
        } else {
          writing_ = true;
          StartWrite(&request);
        }
        return;
      }
    }
    done(false);
  }

  void CloseSending() {
    absl::MutexLock lock(&mutex_);
    if (writing_) {
      close_after_write_ = true;
    } else if (open_) {
      StartWritesDone();
    }
  }

  void Cancel() {
    absl::MutexLock lock(&mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }

  // The reader is gone: nobody else will take the hold away.
  void Abandon() {
    Cancel();
    absl::ReleasableMutexLock lock(&mutex_);
    if (!open_ || read_done_ != nullptr) return;
    open_ = false;
    lock.Release();
    RemoveHold();
  }

  void OnReadDone(bool ok) override {
    CallRegistry::CallbackScope scope;
    Stream::ReadDone done;
    {
      absl::MutexLock lock(&mutex_);
      if (ok) {
        done = std::exchange(read_done_, nullptr);
      } else {
        open_ = false;
      }
    }
    if (ok) {
      done(std::nullopt);
    } else {
      RemoveHold();
    }
  }

  void OnWriteDone(bool ok) override {
    CallRegistry::CallbackScope scope;
    std::function<void(bool)> done;
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      const Message* waiting = std::exchange(waiting_, nullptr);
      if (waiting != nullptr && ok && open_) {
        writing_ = true;
        StartWrite(waiting);
        return;
      }
      if (close_after_write_ && open_) StartWritesDone();
      done = std::exchange(write_done_, nullptr);
    }
    if (done != nullptr) done(ok);
  }

  void OnDone(const grpc::Status& status) override {
    CallRegistry::CallbackScope scope;
    Stream::ReadDone done;
    absl::Status end;
    {
      absl::MutexLock lock(&mutex_);
      end_ = end = FromWire(status);
      done = std::exchange(read_done_, nullptr);
    }
    if (done != nullptr) std::exchange(done, nullptr)(end);
    Release();
  }

 private:
  // Lets go of the channel; a handle may keep the rest for long.
  void Release() {
    const std::shared_ptr<CallRegistry> registry = registry_;
    std::unique_ptr<grpc::ClientContext> context;
    std::shared_ptr<MessageStub> stub;
    {
      absl::MutexLock lock(&mutex_);
      context.swap(context_);
      stub.swap(stub_);
    }
    registry->Forget(context.get());
    context.reset();
    stub.reset();
    self_.reset();  // may be the last
    registry->Done();
  }

  const std::shared_ptr<CallRegistry> registry_;
  std::unique_ptr<Message> first_;
  std::shared_ptr<Reactor> self_;

  absl::Mutex mutex_;
  std::shared_ptr<MessageStub> stub_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool close_after_write_ ABSL_GUARDED_BY(mutex_) = false;
  const Message* waiting_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Stream::ReadDone read_done_ ABSL_GUARDED_BY(mutex_);
  std::function<void(bool)> write_done_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

class GrpcStream final : public Stream {
 public:
  explicit GrpcStream(std::shared_ptr<Reactor> reactor)
      : reactor_(std::move(reactor)) {}
  ~GrpcStream() override { reactor_->Abandon(); }

  void Read(Message* response, ReadDone done) override {
    reactor_->Read(response, std::move(done));
  }
  void Write(const Message& request, std::function<void(bool)> done) override {
    reactor_->Write(request, std::move(done));
  }
  void CloseSending() override { reactor_->CloseSending(); }
  void Cancel() override { reactor_->Cancel(); }

 private:
  const std::shared_ptr<Reactor> reactor_;
};

}  // namespace

std::unique_ptr<Stream> OpenGrpcStream(
    std::shared_ptr<MessageStub> stub, std::shared_ptr<CallRegistry> registry,
    std::unique_ptr<grpc::ClientContext> context, const std::string& method,
    const Message& first, bool half_close) {
  if (!registry->Add(context.get())) {
    return std::make_unique<RefusedStream>(
        absl::CancelledError("the connection is shutting down"));
  }
  auto reactor = std::make_shared<Reactor>(std::move(stub), std::move(registry),
                                           std::move(context));
  reactor->Start(reactor, method, first, half_close);
  return std::make_unique<GrpcStream>(std::move(reactor));
}

}  // namespace parley::client::internal
