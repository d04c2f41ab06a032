#include "core/ice/libnice_factory.h"

#include <utility>

#include "core/ice/libnice_transport.h"
#include "core/ice/redirection.h"

namespace parley::ice {

LibniceFactory::LibniceFactory(EventLoop& loop, FdBudget& fds,
                               PortRegistry& ports, Random& random)
    : loop_(loop), fds_(fds), ports_(ports), random_(random) {
  (void)RedirectionsRefused();
}

LibniceFactory::~LibniceFactory() = default;

std::unique_ptr<IceTransport> LibniceFactory::Create(
    std::shared_ptr<const TransportOptions> options,
    GatheringConfiguration configuration, IceTransport::Observer& observer) {
  if (shared_ == nullptr) {
    shared_ = std::make_shared<LibniceShared>(loop_, fds_, ports_, random_);
  }
  return std::make_unique<LibniceTransport>(shared_, std::move(options),
                                            std::move(configuration), observer);
}

int LibniceFactory::LiveAgents() { return NiceGeneration::LiveAgents(); }

}  // namespace parley::ice
