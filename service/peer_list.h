// ListPeers: a page of the pool, each peer shown as its strand sees it.
#ifndef PARLEY_SERVICE_PEER_LIST_H_
#define PARLEY_SERVICE_PEER_LIST_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "service/core.h"

namespace parley::v1 {
class ListPeersRequest;
class ListPeersResponse;
}  // namespace parley::v1

namespace parley::service {

// Calls `done` once, on any thread, perhaps inside the call. Request and
// response must live until then. Errors: ARGUMENT, LIMIT_EXCEEDED, PAGE_TOKEN.
void List(const Core& core, const pool::Tenant& tenant,
          const v1::ListPeersRequest& request, v1::ListPeersResponse* response,
          absl::AnyInvocable<void(const absl::Status&)> done);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_PEER_LIST_H_
