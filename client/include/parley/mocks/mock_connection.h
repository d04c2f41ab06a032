// A connection for tests of code that uses Client: each operation is a mock
// method that takes the request and returns the reply or the error.
//
//   auto connection = std::make_shared<MockConnection>();
//   EXPECT_CALL(*connection, CreateOffer).WillOnce(Return(response));
//   Client client(connection);
//
// No retries and no request_ids come between: expectations see the requests as
// they were made. As safe for concurrent use as GoogleMock.
#ifndef PARLEY_MOCKS_MOCK_CONNECTION_H_
#define PARLEY_MOCKS_MOCK_CONNECTION_H_

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "parley/connection.h"
#include "parley/messages.h"
#include "parley/operations.h"

namespace parley::client {

class MockConnection : public Connection {
 public:
#define PARLEY_MOCK(Service, Method)                        \
  MOCK_METHOD(absl::StatusOr<v1::Method##Response>, Method, \
              (const v1::Method##Request& request));
  PARLEY_OPERATIONS(PARLEY_MOCK)
#undef PARLEY_MOCK

  // See FakeStream.
  MOCK_METHOD(std::unique_ptr<Stream>, OpenStream,
              (const Call& call, const google::protobuf::Message& first,
               bool half_close),
              (override));

  void Unary(const Call& call, const google::protobuf::Message& request,
             google::protobuf::Message* response,
             std::function<void(absl::Status)> done) override {
#define PARLEY_DISPATCH(Service, Method)                                   \
  if (call.method == "/parley.v1." #Service "/" #Method) {                 \
    auto reply = Method(static_cast<const v1::Method##Request&>(request)); \
    if (reply.ok()) {                                                      \
      static_cast<v1::Method##Response&>(*response) = *std::move(reply);   \
    }                                                                      \
    done(reply.status());                                                  \
    return;                                                                \
  }
    PARLEY_OPERATIONS(PARLEY_DISPATCH)
#undef PARLEY_DISPATCH
    done(absl::UnimplementedError("no such method"));
  }
};

}  // namespace parley::client

#endif  // PARLEY_MOCKS_MOCK_CONNECTION_H_
