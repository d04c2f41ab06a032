// The transport behind SinglePortFactory: a lite ICE agent (RFC 8445 section
// 2.5) on a port that it shares with others. It sends no checks: it answers
// those of the other end, which controls and nominates. One executor's.
#ifndef PARLEY_CORE_ICE_SINGLE_PORT_TRANSPORT_H_
#define PARLEY_CORE_ICE_SINGLE_PORT_TRANSPORT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/ice/connectivity_check.h"
#include "core/ice/generations.h"
#include "core/ice/ice_transport.h"
#include "core/ice/lite_generation.h"
#include "core/ice/observer_queue.h"
#include "core/ice/shared_port.h"
#include "core/loop/executor.h"

namespace parley::ice {

class SinglePortTransport;

// What the transports of one loop share.
struct SinglePortShared {
  SinglePortShared(Executor& executor, SharedPort& port, uint32_t loop)
      : executor(executor), port(port), loop(loop) {}

  Executor& executor;
  SharedPort& port;
  const uint32_t loop;
  CheckResponder responder;
  absl::flat_hash_map<uint64_t, SinglePortTransport*> transports;
  uint64_t last_id = 0;
};

class SinglePortTransport final : public IceTransport {
 public:
  using Path = SharedPort::Path;

  SinglePortTransport(std::shared_ptr<SinglePortShared> shared,
                      std::shared_ptr<const TransportOptions> options,
                      GatheringConfiguration configuration, Observer& observer);
  ~SinglePortTransport() override;

  void Configure(GatheringConfiguration configuration) override;
  // All that there is to gather is known at once.
  absl::Status Prepare() override { return absl::OkStatus(); }
  absl::Status Start(const Credentials& local, Role role) override;
  absl::Status SetRemote(const RemoteParameters& remote) override;
  absl::StatusOr<CandidateUse> AddRemoteCandidate(
      const sdp::Candidate& candidate) override;
  void EndOfRemoteCandidates() override;
  void Rollback() override;
  bool Send(std::span<const uint8_t> packet) override;
  ConnectionState state() const override { return state_; }
  GatheringState gathering_state() const override;
  std::optional<Role> role() const override;
  std::optional<CandidatePair> SelectedPair() const override;
  TransportCounters counters() const override { return counters_; }
  Measurement Measure() const override;
  void Close(absl::AnyInvocable<void()> done) override;

  // Something that was routed here. Never from inside a method.
  void OnDatagram(const Path& path, const DatagramHeader& header,
                  std::span<const uint8_t> datagram);

 private:
  using Generation = LiteGeneration;
  using TimerId = Executor::TimerId;
  // A method, run later on the executor if transport and generation are still
  // there.
  using GenerationMethod = void (SinglePortTransport::*)(Generation&);
  Executor::Task Task(const Generation& generation, GenerationMethod method);
  TimerId After(absl::Duration delay, const Generation& generation,
                GenerationMethod method);

  absl::Status CheckStart(const Credentials& local, Role role) const;
  void Gather(Generation& generation);
  void End(Generation& generation);
  // Checks for it are not answered any more, and its paths are given back.
  void Leave(Generation& generation);
  void GiveBack(const Generation& generation, const Path& path);
  void RetireOlder();
  void LosePatience(Generation& generation);
  bool Permitted(const IpAddress& address) const;

  void OnCheck(const Path& path, const DatagramHeader& header,
               std::span<const uint8_t> datagram);
  bool Accept(Generation& generation, const Path& path,
              const CheckAnswer& answer);
  bool OnLife(const Path& path);

  absl::Duration Now() const { return shared_->executor.clock().Monotonic(); }
  void Watch(Generation& generation);
  void OnWatchTimer(Generation& generation);
  void OnWatchChanged(Generation& generation);
  void Update();
  void NotePath();
  CandidatePair Pair(const Generation& generation, const Path& path) const;

  // Constant after construction.
  const std::shared_ptr<SinglePortShared> shared_;
  const std::shared_ptr<const TransportOptions> options_;
  const SharedPort::Route route_;
  const bool on_loopback_;

  GatheringConfiguration configuration_;
  ObserverQueue queue_;
  Generations<Generation> generations_;
  Generation* sending_ = nullptr;  // whose path carries data
  std::optional<Path> sending_path_;
  uint64_t last_id_ = 0;
  ConnectionState state_ = ConnectionState::kNew;
  TransportCounters counters_;
  uint32_t selected_changes_ = 0;
  TransportCounters at_selection_;
  TimerId older_timer_ = TimerId::kNone;

  // Tasks that are posted hold it weakly.
  const std::shared_ptr<SinglePortTransport*> self_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_SINGLE_PORT_TRANSPORT_H_
