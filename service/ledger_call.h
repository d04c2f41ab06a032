// A call that changes something beside peers, and whose repetition gets its
// first answer from a ledger. Copies are the same call.
#ifndef PARLEY_SERVICE_LEDGER_CALL_H_
#define PARLEY_SERVICE_LEDGER_CALL_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "service/request_ledger.h"
#include "service/unary.h"

namespace parley::service {

template <typename Request, typename Response>
class LedgerCall {
 public:
  LedgerCall(const Ending& ending, const Request& request, Response& response,
             RequestLedger& ledger)
      : ending_(ending),
        request_(request),
        response_(response),
        ledger_(ledger) {}

  // False: the call has ended; it was answered before, or is refused. Else
  // carry it out, and call End.
  bool Begin() const {
    const std::string& id = request_.request_id();
    if (absl::Status bad = CheckRequestId(id); !bad.ok()) return Refuse(bad);
    if (id.empty()) return true;
    const auto before = ledger_.Begin(Key(), HashMessage(request_));
    if (!before.ok()) return Refuse(before.status());
    if (!*before) return true;
    response_.ParseFromString(**before);
    return Refuse(absl::OkStatus());
  }

  void End(const absl::Status& status) const {
    const std::string& id = request_.request_id();
    if (!id.empty()) {
      ledger_.End(Key(), status.ok() ? std::optional<std::string>(
                                           response_.SerializeAsString())
                                     : std::nullopt);
    }
    ending_.Finish(status);
  }

  Response& response() const { return response_; }
  grpc::ServerUnaryReactor* reactor() const { return ending_.reactor(); }

 private:
  // Each tenant has request_ids of its own; a tenant's name has no line end.
  std::string Key() const {
    return ending_.caller().tenant->name() + '\n' + request_.request_id();
  }
  bool Refuse(const absl::Status& status) const {
    ending_.Finish(status);
    return false;
  }

  Ending ending_;
  const Request& request_;
  Response& response_;
  RequestLedger& ledger_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_LEDGER_CALL_H_
