// parley.v1.DataChannelService. Safe for concurrent use, as gRPC calls it.
#ifndef PARLEY_SERVICE_DATA_CHANNEL_SERVICE_H_
#define PARLEY_SERVICE_DATA_CHANNEL_SERVICE_H_

#include "parley/v1/data_channel_service.grpc.pb.h"
#include "service/core.h"

namespace parley::service {

class DataChannelService final
    : public v1::DataChannelService::CallbackService {
  using Context = grpc::CallbackServerContext;

 public:
  explicit DataChannelService(const Core& core) : core_(core) {}

  grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse>* Exchange(
      Context* context) override;
  grpc::ServerUnaryReactor* SendMessage(
      Context* context, const v1::SendMessageRequest* request,
      v1::SendMessageResponse* response) override;
  grpc::ServerWriteReactor<v1::ReceiveMessagesResponse>* ReceiveMessages(
      Context* context, const v1::ReceiveMessagesRequest* request) override;

 private:
  const Core& core_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_DATA_CHANNEL_SERVICE_H_
