// parley.v1.PoolService. Safe for concurrent use, as gRPC calls it.
#ifndef PARLEY_SERVICE_POOL_SERVICE_H_
#define PARLEY_SERVICE_POOL_SERVICE_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "core/pool/engine.h"
#include "parley/v1/pool_service.grpc.pb.h"
#include "service/core.h"

namespace parley::service {

class PoolService final : public v1::PoolService::CallbackService {
  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

 public:
  PoolService(const Core& core, const pool::Engine& engine)
      : core_(core), engine_(engine), start_time_(core.clock.Now()) {}

  // What the server is about to do, for GetPool.
  void SetDrainDeadline(absl::Time deadline) {
    drain_deadline_ns_ = absl::ToUnixNanos(deadline);
  }

  Unary* GetPool(Context* context, const v1::GetPoolRequest* request,
                 v1::GetPoolResponse* response) override;
  // Not built yet.
  Unary* Drain(Context* context, const v1::DrainRequest* request,
               v1::DrainResponse* response) override;
  Unary* DumpPeer(Context* context, const v1::DumpPeerRequest* request,
                  v1::DumpPeerResponse* response) override;

 private:
  const Core& core_;
  const pool::Engine& engine_;
  const absl::Time start_time_;
  std::atomic<int64_t> drain_deadline_ns_ = 0;  // 0: it does not drain
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_POOL_SERVICE_H_
