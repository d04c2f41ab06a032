#include "core/sctp/stack_core.h"

#include <signal.h>
#include <usrsctp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/sctp/endpoint.h"

namespace parley::sctp {
namespace {

// The tick while packets flow. usrsctp walks over all timers at each one, at
// some 0.3 us an association: the second bound keeps that near a hundredth of
// a core.
constexpr absl::Duration kFineTick = absl::Milliseconds(10);
constexpr absl::Duration kFineTickPerEndpoint = absl::Microseconds(30);
// The tick otherwise, and the coarsest: half of what a delayed SACK may take.
constexpr absl::Duration kCoarseTick = absl::Milliseconds(100);
// usrsctp's clean-up timers of closed sockets have fired after this.
constexpr absl::Duration kLinger = absl::Seconds(5);

constexpr size_t kScratchSize = 64 * 1024;

// The one core there is; usrsctp's packet callback has no other way to it.
Stack::Core* the_core = nullptr;

// usrsctp starts one thread even so, which sleeps all its life: it shall not be
// the one that the process's signals wake.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

void ConfigureUsrsctp() {
  // Extensions that data channels have no use for.
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auto_asconf(0);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
  usrsctp_sysctl_set_sctp_pr_enable(1);
  usrsctp_sysctl_set_sctp_reconfig_enable(1);

  // A lost packet is made up for soon, and a path that was away for long is
  // found again soon. Whether it is gone for good ICE knows, not SCTP.
  usrsctp_sysctl_set_sctp_rto_initial_default(500);
  usrsctp_sysctl_set_sctp_rto_min_default(200);
  usrsctp_sysctl_set_sctp_rto_max_default(3000);
  usrsctp_sysctl_set_sctp_init_rto_max_default(3000);
  usrsctp_sysctl_set_sctp_init_rtx_max_default(10000);
  usrsctp_sysctl_set_sctp_assoc_rtx_max_default(10000);
  usrsctp_sysctl_set_sctp_path_rtx_max_default(10000);
  usrsctp_sysctl_set_sctp_max_retran_chunk(0);  // no limit
  usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);

  // RFC 6928's initial window, and bursts that fill it.
  usrsctp_sysctl_set_sctp_initial_cwnd(10);
  usrsctp_sysctl_set_sctp_max_burst_default(10);

  // Bounded by the receive window already, in which each message counts with
  // its overhead; a lower number would drop small messages that fit.
  usrsctp_sysctl_set_sctp_max_chunks_on_queue(10240);
}

}  // namespace

void Stack::Core::Start() {
  if (the_core != nullptr) {
    std::fputs("parley: there is an sctp::Stack already\n", stderr);
    std::abort();
  }
  absl::MutexLock lock(&mutex_);
  the_core = this;
  scratch_.resize(kScratchSize);
  // An endpoint here has one association.
  usrsctp_tunable_set_sctp_pcbtblsize(4);
  {
    const SignalsBlocked blocked;
    usrsctp_init_nothreads(0, &Core::SendPacket, nullptr);
  }
  ConfigureUsrsctp();
}

bool Stack::Core::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  if (!by_id_.empty()) return false;
  for (absl::Duration waited; waited < kLinger; waited += kCoarseTick) {
    if (usrsctp_finish() == 0) break;
    usrsctp_handle_timers(
        static_cast<uint32_t>(absl::ToInt64Milliseconds(kCoarseTick)));
  }
  the_core = nullptr;
  return true;
}

EndpointId Stack::Core::TakeId() {
  if (free_ids_.empty()) {
    const EndpointId id = next_id_++;
    usrsctp_register_address(reinterpret_cast<void*>(id));
    return id;
  }
  const EndpointId id = free_ids_.front();
  free_ids_.pop_front();
  return id;
}

EndpointId Stack::Core::Add(Endpoint* endpoint) {
  const EndpointId id = TakeId();
  by_id_.emplace(id, endpoint);
  if (!ticking_) {
    ticking_ = true;
    ticker_.Post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->StartTicking();
    });
  }
  return id;
}

void Stack::Core::Remove(EndpointId id) {
  by_id_.erase(id);
  free_ids_.push_back(id);
  idle_since_ = ticker_.clock().Monotonic();
}

size_t Stack::Core::endpoints() const {
  absl::MutexLock lock(&mutex_);
  return by_id_.size();
}

Endpoint* Stack::Core::Find(EndpointId id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Endpoint* Stack::Core::FindFromCallback(EndpointId id) {
  return the_core == nullptr ? nullptr : the_core->Find(id);
}

int Stack::Core::SendPacket(void* address, void* packet, size_t size, uint8_t,
                            uint8_t) {
  Endpoint* endpoint = FindFromCallback(reinterpret_cast<EndpointId>(address));
  if (endpoint != nullptr) {
    endpoint->OnPacket({static_cast<const uint8_t*>(packet), size});
  }
  return 0;
}

void Stack::Core::StartTicking() {
  {
    absl::MutexLock lock(&mutex_);
    last_tick_ = ticker_.clock().Monotonic();
  }
  ScheduleTick(kFineTick);
}

void Stack::Core::ScheduleTick(absl::Duration delay) {
  ticker_.RunAfter(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Tick();
  });
}

absl::Duration Stack::Core::TickInterval() const {
  if (!active_) return kCoarseTick;
  return std::clamp(kFineTickPerEndpoint * by_id_.size(), kFineTick,
                    kCoarseTick);
}

void Stack::Core::Tick() {
  absl::Duration next;
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    const absl::Duration now = ticker_.clock().Monotonic();
    const int64_t elapsed = absl::ToInt64Milliseconds(now - last_tick_);
    last_tick_ += absl::Milliseconds(elapsed);
    usrsctp_handle_timers(static_cast<uint32_t>(elapsed));
    for (const EndpointId id : std::exchange(touched_, {})) {
      if (Endpoint* endpoint = Find(id)) endpoint->AfterTick();
    }
    if (by_id_.empty() && now - idle_since_ > kLinger) {
      ticking_ = false;
      return;
    }
    next = TickInterval();
    active_ = false;
  }
  ScheduleTick(next);
}

Stack::Stack(Executor& ticker) : core_(std::make_shared<Core>(ticker)) {
  core_->Start();
}

Stack::~Stack() {
  if (!core_->Stop()) {
    std::fputs("parley: sctp::Stack destroyed before its associations\n",
               stderr);
    std::abort();
  }
}

size_t Stack::associations() const { return core_->endpoints(); }

}  // namespace parley::sctp
