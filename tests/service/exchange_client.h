// A client's end of an Exchange stream. Used by one thread.
#ifndef PARLEY_TESTS_SERVICE_EXCHANGE_CLIENT_H_
#define PARLEY_TESTS_SERVICE_EXCHANGE_CLIENT_H_

#include <memory>
#include <string>

#include "tests/service/harness.h"

namespace parley::service {

using Frame = v1::ServerFrame;

class Exchange {
 public:
  explicit Exchange(Channels& stub) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    stream_ = stub.Exchange(&context_);
  }
  ~Exchange() { context_.TryCancel(); }

  v1::ClientFrame& Add(const std::string& name) {
    v1::ClientFrame& frame = *request_.add_frames();
    frame.set_name(name);
    return frame;
  }
  void Flush() {
    stream_->Write(request_);
    request_.Clear();
  }
  void Attach(const std::string& name,
              v1::AttachMode mode = v1::ATTACH_MODE_BOTH) {
    Add(name).mutable_attach()->set_mode(mode);
    Flush();
  }
  void Send(const std::string& name, const std::string& text) {
    Add(name).mutable_message()->set_text(text);
    Flush();
  }
  void Acknowledge(const std::string& name, uint64_t sequence) {
    Add(name).mutable_acknowledge()->set_sequence(sequence);
    Flush();
  }
  void HalfClose() { stream_->WritesDone(); }

  // The next frame, with its name; one without content at the end.
  v1::ServerFrame Next() {
    while (at_ == response_.frames_size()) {
      at_ = 0;
      response_.Clear();
      if (!stream_->Read(&response_)) return {};
    }
    v1::ServerFrame frame = response_.frames(at_++);
    if (!frame.name().empty()) name_ = frame.name();
    frame.set_name(name_);
    return frame;
  }
  // The next one of this kind; others are passed over.
  v1::ServerFrame NextOf(v1::ServerFrame::FrameCase kind) {
    v1::ServerFrame frame = Next();
    while (frame.frame_case() != kind &&
           frame.frame_case() != v1::ServerFrame::FRAME_NOT_SET) {
      frame = Next();
    }
    EXPECT_EQ(frame.frame_case(), kind);
    return frame;
  }
  std::string Finish() {
    v1::ExchangeResponse rest;
    while (stream_->Read(&rest)) {
    }
    return ErrorText(stream_->Finish());
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::ExchangeRequest, v1::ExchangeResponse>>
      stream_;
  v1::ExchangeRequest request_;
  v1::ExchangeResponse response_;
  std::string name_;
  int at_ = 0;
};

}  // namespace parley::service

#endif  // PARLEY_TESTS_SERVICE_EXCHANGE_CLIENT_H_
