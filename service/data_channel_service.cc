#include "service/data_channel_service.h"

#include <string>
#include <utility>

#include "service/convert_basic.h"
#include "service/convert_message.h"
#include "service/exchange_stream.h"
#include "service/message_stream.h"
#include "service/unary.h"

namespace parley::service {

grpc::ServerUnaryReactor* DataChannelService::SendMessage(
    Context* context, const v1::SendMessageRequest* request,
    v1::SendMessageResponse* response) {
  Change change(core_, "SendMessage", Named::kDataChannel, context, request,
                response);
  const auto key = ToChannelKey(change.child());
  auto payload = ReadPayload(*request, core_.options.max_message_size);
  absl::Status status = change.status();
  status.Update(key.status());
  status.Update(payload.status());
  if (!status.ok()) return change.Refuse(status);
  auto answer =
      change.Answer([&peer = change.peer(), key = *key](
                        const peer::View& view, v1::SendMessageResponse& out) {
        if (const sctp::Channel* channel = peer.channels().Find(key)) {
          out.set_ready_state(ToWire<v1::DataChannelState>(channel->state));
          out.set_buffered_amount(channel->buffered_amount);
        }
        out.set_last_event_sequence(view.state.last_event_sequence);
      });
  change.peer().SendMessage(change.TakeCall(), *key, payload->binary,
                            std::move(payload->data), std::move(answer));
  return change.reactor();
}

grpc::ServerWriteReactor<v1::ReceiveMessagesResponse>*
DataChannelService::ReceiveMessages(Context* context,
                                    const v1::ReceiveMessagesRequest* request) {
  return MessageStream::Start(core_, *context, *request);
}

grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse>*
DataChannelService::Exchange(Context* context) {
  return ExchangeStream::Start(core_, context);
}

}  // namespace parley::service
