// The transport behind LibniceFactory. One event loop's.
#ifndef PARLEY_CORE_ICE_LIBNICE_TRANSPORT_H_
#define PARLEY_CORE_ICE_LIBNICE_TRANSPORT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/ice/generations.h"
#include "core/ice/ice_transport.h"
#include "core/ice/local_addresses.h"
#include "core/ice/nice_generation.h"
#include "core/ice/observer_queue.h"
#include "core/loop/name_resolver.h"

namespace parley::ice {

// What the transports of one loop share.
struct LibniceShared : NiceEnvironment {
  LibniceShared(EventLoop& loop, FdBudget& fds, PortRegistry& ports,
                Random& random)
      : NiceEnvironment(loop, fds, ports, random), resolver(loop) {}

  // SystemAddresses, at most a second old.
  absl::StatusOr<std::vector<LocalAddress>> Machine();

  NameResolver resolver;

 private:
  std::vector<LocalAddress> machine_;
  absl::Duration machine_read_ = -absl::InfiniteDuration();
};

class LibniceTransport final : public IceTransport,
                               private NiceGeneration::Events {
 public:
  LibniceTransport(std::shared_ptr<LibniceShared> shared,
                   std::shared_ptr<const TransportOptions> options,
                   GatheringConfiguration configuration, Observer& observer);
  ~LibniceTransport() override;

  void Configure(GatheringConfiguration configuration) override;
  absl::Status Prepare() override;
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

 private:
  using TimerId = EventLoop::TimerId;

  struct Generation : BasicGeneration {
    using BasicGeneration::BasicGeneration;

    bool open() const { return nice != nullptr; }
    size_t signaled() const { return remote_candidates.size(); }
    bool tcp() const { return nice->plan().tcp; }
    CandidateUse AddRemoteCandidate(const sdp::Candidate& candidate,
                                    const TransportAddress& address);

    // Null once its pair was lost: only its status counts then.
    std::shared_ptr<NiceGeneration> nice;
    Role role = Role::kControlled;
    bool on_loopback = false;
    std::optional<CandidatePair> pair;
    // Address, port and, over TCP, how it connects.
    std::set<std::tuple<std::string, uint16_t, std::optional<sdp::TcpType>>>
        advertised;

    std::vector<NameResolver::RequestId> names;  // that had to be resolved
    size_t names_answered = 0;
    bool nice_gathered = false;
    TimerId gathering_timer = TimerId::kNone;
    std::vector<ObserverQueue::Event> untold;  // while only prepared

    std::set<std::pair<TransportAddress, std::optional<sdp::TcpType>>>
        remote_candidates;
  };

  // NiceGeneration::Events.
  void OnCandidate(NiceGeneration& from, sdp::Candidate candidate) override;
  void OnGathered(NiceGeneration& from) override;
  void OnServerFailed(NiceGeneration& from, const Server& server,
                      const absl::Status& why) override;
  void OnProgress(NiceGeneration& from, Progress progress) override;
  void OnSelectedPair(NiceGeneration& from, CandidatePair pair) override;
  void OnSilence(NiceGeneration& from, bool silent) override;
  void OnPacket(NiceGeneration& from, std::span<const uint8_t> packet) override;

  // A method, run later on the loop if the transport is still there, and the
  // generation too.
  using Method = void (LibniceTransport::*)();
  using GenerationMethod = void (LibniceTransport::*)(Generation&);
  void Later(Method method);
  TimerId After(absl::Duration delay, Method method);
  TimerId After(absl::Duration delay, const Generation& generation,
                GenerationMethod method);

  Generation* Find(const NiceGeneration& nice);
  Generation* Find(uint64_t id);
  absl::Status CheckStart(const Credentials& local) const;
  absl::StatusOr<std::vector<IpAddress>> Addresses();
  absl::StatusOr<std::unique_ptr<Generation>> Make(const Credentials& local,
                                                   Role role);
  absl::Status Begin(Generation& generation);
  void End(Generation& generation);
  void Dismantle(Generation& generation);
  void Retire(std::shared_ptr<NiceGeneration> nice);
  void RetireOlder();
  void Finish();
  absl::Duration HoldOf(const Generation& generation) const;
  void LosePatience(Generation& generation);

  // Before the first Start.
  bool Serves(const Generation& prepared, Role role);
  void Adopt(const Credentials& local);
  void DropPrepared();

  // Gathering.
  void UseServers(Generation& generation);
  void UseServer(Generation& generation, const Server& server);
  void OnName(Generation& generation, const Server& server,
              const NameResolver::Answer& answer);
  void UseAnswer(Generation& generation, const Server& server,
                 const NameResolver::Answer& answer);
  void UseAddress(Generation& generation, const Server& server,
                  const IpAddress& address);
  void ReportServer(Generation& generation, const Server& server,
                    const absl::Status& why);
  absl::Status Gather(Generation& generation);
  void Tell(Generation& generation, ObserverQueue::Event event);
  void CheckGathered(Generation& generation);
  void EndGathering(Generation& generation);
  bool Permitted(const Generation& generation, const IpAddress& address) const;

  void Update();
  void NotePair(const CandidatePair& pair);

  // Constant after construction.
  const std::shared_ptr<LibniceShared> shared_;
  const std::shared_ptr<const TransportOptions> options_;

  GatheringConfiguration configuration_;
  ObserverQueue queue_;
  Generations<Generation> generations_;
  std::unique_ptr<Generation> prepared_;
  Generation* sending_ = nullptr;  // whose pair carries data
  uint64_t last_id_ = 0;
  ConnectionState state_ = ConnectionState::kNew;
  TransportCounters counters_;
  uint32_t selected_changes_ = 0;
  TransportCounters at_selection_;
  TimerId older_timer_ = TimerId::kNone;

  // Closing.
  int retiring_ = 0;
  bool finished_ = false;
  std::vector<absl::AnyInvocable<void()>> done_;
  TimerId close_timer_ = TimerId::kNone;

  // Tasks that are posted hold it weakly.
  const std::shared_ptr<LibniceTransport*> self_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_LIBNICE_TRANSPORT_H_
