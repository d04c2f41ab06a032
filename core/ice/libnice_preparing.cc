// What a LibniceTransport gathers before it is started.
//
// The credentials are not known yet: Start brings them. Nor is the role, which
// libnice lets nobody change once it gathers: it is that of an end that offers.

#include <string>
#include <utility>
#include <variant>

#include "core/base/errors.h"
#include "core/ice/libnice_transport.h"
#include "core/ice/transport_rules.h"

namespace parley::ice {
namespace {

// Gives an event the ufrag that it is told with.
struct Rename {
  void operator()(ObserverQueue::LocalCandidate& e) const {
    e.ufrag = e.candidate.ufrag = ufrag;
  }
  void operator()(ObserverQueue::Gathering& e) const { e.ufrag = ufrag; }
  void operator()(ObserverQueue::GatheringError& e) const { e.ufrag = ufrag; }
  // Of no generation.
  void operator()(ConnectionState) const {}
  void operator()(const CandidatePair&) const {}

  const std::string& ufrag;
};

}  // namespace

void LibniceTransport::Configure(GatheringConfiguration configuration) {
  if (configuration == configuration_) return;
  configuration_ = std::move(configuration);
  if (prepared_ == nullptr) return;
  DropPrepared();
  // What hinders it now Start will tell.
  Prepare().IgnoreError();
}

absl::Status LibniceTransport::Prepare() {
  if (state_ == ConnectionState::kClosed) return TransportClosed();
  if (prepared_ != nullptr || !generations_.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Generation>> made =
      Make(MakeCredentials(shared_->random), Role::kControlling);
  if (!made.ok()) return made.status();
  prepared_ = *std::move(made);
  absl::Status begun = Begin(*prepared_);
  if (!begun.ok()) DropPrepared();
  return begun;
}

// Whether the machine still has the addresses that it had, besides.
bool LibniceTransport::Serves(const Generation& prepared, Role role) {
  if (prepared.role != role) return false;
  const absl::StatusOr<std::vector<IpAddress>> addresses = Addresses();
  return addresses.ok() && *addresses == prepared.nice->plan().addresses;
}

void LibniceTransport::Adopt(const Credentials& local) {
  Generation& generation = generations_.Add(std::move(prepared_));
  generation.local = local;
  generation.nice->Adopt(local);
  for (ObserverQueue::Event& event : std::exchange(generation.untold, {})) {
    std::visit(Rename{local.ufrag}, event);
    Tell(generation, std::move(event));
  }
  Update();
}

void LibniceTransport::DropPrepared() {
  if (prepared_ == nullptr) return;
  Dismantle(*prepared_);
  prepared_.reset();
}

}  // namespace parley::ice
