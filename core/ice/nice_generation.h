// One generation of a transport: one libnice agent with one stream of one
// component. A stream gathers only once and forgets its check list when it is
// restarted in place; so a restart is another generation.
//
// Everything, events included, is for the loop's thread. Events come from
// inside libnice, either while it is dispatched or while a method here runs:
// whoever gets them may use the generation but must not end it there.
#ifndef PARLEY_CORE_ICE_NICE_GENERATION_H_
#define PARLEY_CORE_ICE_NICE_GENERATION_H_

#include <nice/agent.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/random.h"
#include "core/ice/connection_tracker.h"
#include "core/ice/consent.h"
#include "core/ice/glib_contexts.h"
#include "core/ice/ice_transport.h"
#include "core/ice/ip_address.h"
#include "core/ice/port_registry.h"
#include "core/ice/reflexive_search.h"
#include "core/ice/tcp_bridge.h"
#include "core/loop/event_loop.h"
#include "core/loop/fd_budget.h"

namespace parley::ice {

// What the generations of one loop share.
struct NiceEnvironment {
  NiceEnvironment(EventLoop& loop, FdBudget& fds, PortRegistry& ports,
                  Random& random)
      : loop(loop),
        fds(fds),
        ports(ports),
        random(random),
        contexts(loop, fds) {}

  EventLoop& loop;
  FdBudget& fds;
  PortRegistry& ports;
  Random& random;
  GlibContexts contexts;
  TcpBridge::Lobby lobby;
};

class NiceGeneration final
    : public std::enable_shared_from_this<NiceGeneration>,
      private GlibContext::Peeker {
 public:
  class Events {
   public:
    virtual void OnCandidate(NiceGeneration& from,
                             sdp::Candidate candidate) = 0;
    // May come again after a server was added.
    virtual void OnGathered(NiceGeneration& from) = 0;
    // It has not answered, or has refused; only STUN servers.
    virtual void OnServerFailed(NiceGeneration& from, const Server& server,
                                const absl::Status& why) = 0;
    virtual void OnProgress(NiceGeneration& from, Progress progress) = 0;
    virtual void OnSelectedPair(NiceGeneration& from, CandidatePair pair) = 0;
    // Whether the other end has gone silent, or come back.
    virtual void OnSilence(NiceGeneration& from, bool silent) = 0;
    virtual void OnPacket(NiceGeneration& from,
                          std::span<const uint8_t> packet) = 0;

   protected:
    ~Events() = default;
  };

  struct Plan {
    Credentials local;
    Role role = Role::kControlled;
    TransportPolicy policy = TransportPolicy::kAll;
    bool tcp = false;  // not with a relay policy
    std::vector<IpAddress> addresses;
    uint16_t min_port = 0;
    uint16_t max_port = 0;
    ConsentTiming consent;
  };

  // Sets descriptors and port aside and makes the agent; it does not gather
  // yet. Errors: FILE_DESCRIPTORS, RESOURCE_INSPECTION, PORTS, MEMORY.
  static absl::StatusOr<std::shared_ptr<NiceGeneration>> Create(
      std::shared_ptr<NiceEnvironment> environment, Events& events, Plan plan);

  ~NiceGeneration();
  NiceGeneration(const NiceGeneration&) = delete;
  NiceGeneration& operator=(const NiceGeneration&) = delete;

  // At any time. Not for a relay policy.
  void AddStunServer(const Server& server, const IpAddress& address);
  // At any time. Errors: FILE_DESCRIPTORS (TCP takes one for each local
  // address), LIMIT_EXCEEDED (libnice asks 8 servers at most).
  absl::Status AddRelayServer(const Server& server, const IpAddress& address);
  // Errors: PORTS; RESOURCE_INSPECTION, an address that is not the machine's;
  // for TCP also FILE_DESCRIPTORS and MEMORY.
  absl::Status Gather();
  // Other credentials, before anything was told to the other end; gathering
  // goes on. Not so the role: libnice lets it change no more.
  void Adopt(const Credentials& local);

  // The other end is to check first: nothing is sent to it until its first
  // check has come, or `hold` has passed.
  void SetRemote(const RemoteParameters& remote, absl::Duration hold);
  // kApplied or, for TCP, kIgnoredCount.
  CandidateUse AddRemoteCandidate(const sdp::Candidate& candidate,
                                  const IpAddress& address);
  void EndOfRemoteCandidates();
  bool Send(std::span<const uint8_t> packet);

  // Those of checks included. The local ones show what the events do.
  std::vector<sdp::Candidate> LocalCandidates() const;
  std::vector<sdp::Candidate> RemoteCandidates() const;

  // No event comes after this.
  void Mute() { events_ = nullptr; }

  // Mutes, and frees the agent; not from an event. `done` runs on the loop once
  // libnice has given up its relays and its sockets are closed; the generation
  // keeps itself until then, which libnice's timers bound by about half a
  // second.
  void Close(absl::AnyInvocable<void()> done);

  const Plan& plan() const { return plan_; }

  // Agents of the process that libnice has not freed, for tests.
  static int LiveAgents();

 private:
  NiceGeneration(std::shared_ptr<NiceEnvironment> environment, Events& events,
                 Plan plan, FdBudget::Lease fds, PortRegistry::Lease port,
                 GlibContexts::Seat seat);
  bool CreateAgent();
  absl::Status OpenBridge();
  void OnBridge(const TransportAddress& stand_in, TcpBridge::Change change);
  std::optional<CandidatePair> Bridged(const NiceAddress& remote) const;
  void ConnectSignals();
  absl::Status ExplainGatherFailure() const;
  sdp::Candidate Shown(const NiceCandidate& local) const;

  // Server-reflexive candidates.
  void BeginSearch();
  void FollowSearch();
  void TakeMapping(const ReflexiveSearch::Mapping& mapping);
  void ReportFailure(const ReflexiveSearch::Failure& failure);
  const sdp::Candidate* FindReflexive(const sdp::Candidate& shown) const;
  void EndSearch();
  void CheckGathered();

  static void OnNewCandidate(NiceAgent*, NiceCandidate* candidate,
                             gpointer self);
  static void OnGatheringDone(NiceAgent*, guint stream, gpointer self);
  static void OnStateChanged(NiceAgent*, guint stream, guint component,
                             guint state, gpointer self);
  static void OnNewSelectedPair(NiceAgent*, guint stream, guint component,
                                NiceCandidate* local, NiceCandidate* remote,
                                gpointer self);
  static void OnFirstCheck(NiceAgent*, guint stream, gpointer self);
  static void OnReceive(NiceAgent*, guint stream, guint component, guint size,
                        gchar* bytes, gpointer self);
  static void OnClosed(GObject*, GAsyncResult*, gpointer self);

  void HandleState(guint state);
  void CalmDown();
  void HandlePacket(std::span<const uint8_t> packet);
  void Receive(bool on);

  void Release();
  void Apply(const RemoteParameters& remote);
  void Tell(const sdp::Candidate& candidate, const IpAddress& address);

  // Consent.
  void BeginConsent();
  void CheckConsent();
  bool OnPeek(const sockaddr_storage& from,
              std::span<const uint8_t> bytes) override;
  bool TakeReply(const sockaddr_storage& from, std::span<const uint8_t> bytes);
  void FindAnswers(const sockaddr_storage& from,
                   std::span<const uint8_t> bytes);
  void HandleAnswer(std::span<const uint8_t> packet);
  void FollowConsent();
  void Listen(bool on);

  const std::shared_ptr<NiceEnvironment> environment_;
  Events* events_;  // null once muted
  Plan plan_;

  // Given back in the opposite order, after the agent.
  FdBudget::Lease fds_;
  std::vector<FdBudget::Lease> relay_fds_;
  PortRegistry::Lease port_;
  GlibContexts::Seat seat_;

  std::unique_ptr<TcpBridge> bridge_;  // null without TCP
  NiceAgent* agent_ = nullptr;
  guint stream_ = 0;
  int relay_servers_ = 0;
  bool gathers_ = false;
  bool agent_gathered_ = false;
  int burst_ = 0;
  bool was_usable_ = false;
  bool lost_ = false;
  bool relayed_ = false;      // the selected pair's local end
  int selected_socket_ = -1;  // its descriptor
  absl::AnyInvocable<void()> closed_;

  // libnice asks one STUN server at most, of one family: they are asked here,
  // from its sockets. It takes the candidates for peer-reflexive ones.
  struct SocketDeleter {
    void operator()(GSocket* socket) const { g_object_unref(socket); }
  };
  std::vector<std::pair<Server, TransportAddress>> stun_servers_;
  std::vector<std::unique_ptr<GSocket, SocketDeleter>> sockets_;
  std::vector<sdp::Candidate> bases_;  // the host candidates of the sockets
  std::optional<ReflexiveSearch> search_;
  EventLoop::TimerId search_timer_ = EventLoop::TimerId::kNone;
  std::vector<sdp::Candidate> reflexive_;

  // What libnice is not told yet.
  struct Held {
    RemoteParameters remote;
    std::vector<std::pair<sdp::Candidate, IpAddress>> candidates;
    bool ended = false;
  };
  std::optional<Held> held_;
  EventLoop::TimerId hold_timer_ = EventLoop::TimerId::kNone;
  bool remote_known_ = false;
  bool was_checked_ = false;  // by the other end

  Consent consent_;
  std::string remote_ufrag_;
  std::string check_username_;
  std::string check_password_;
  Role check_role_;  // libnice does not tell when it takes the other one
  NiceAddress remote_address_{};  // the selected pair's remote end
  bool silent_ = false;
  bool listening_ = false;
  EventLoop::TimerId consent_timer_ = EventLoop::TimerId::kNone;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_NICE_GENERATION_H_
