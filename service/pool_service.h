// parley.v1.PoolService. Safe for concurrent use, as gRPC calls it.
#ifndef PARLEY_SERVICE_POOL_SERVICE_H_
#define PARLEY_SERVICE_POOL_SERVICE_H_

#include "absl/time/time.h"
#include "core/pool/engine.h"
#include "parley/v1/pool_service.grpc.pb.h"
#include "service/core.h"
#include "service/drainer.h"
#include "service/request_ledger.h"

namespace parley::service {

class PoolService final : public v1::PoolService::CallbackService {
  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

 public:
  PoolService(const Core& core, const pool::Engine& engine, Drainer& drainer)
      : core_(core),
        engine_(engine),
        drainer_(drainer),
        start_time_(core.clock.Now()),
        requests_(kRequestIds) {}

  Unary* GetPool(Context* context, const v1::GetPoolRequest* request,
                 v1::GetPoolResponse* response) override;
  Unary* Drain(Context* context, const v1::DrainRequest* request,
               v1::DrainResponse* response) override;
  Unary* DumpPeer(Context* context, const v1::DumpPeerRequest* request,
                  v1::DumpPeerResponse* response) override;

 private:
  void WritePool(const Caller& caller, v1::Pool& out) const;

  // Replies to repeated calls that are remembered.
  static constexpr size_t kRequestIds = 16;

  const Core& core_;
  const pool::Engine& engine_;
  Drainer& drainer_;
  const absl::Time start_time_;
  RequestLedger requests_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_POOL_SERVICE_H_
