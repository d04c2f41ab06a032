// ICE transports by libnice: host, server-reflexive and relayed candidates,
// trickle, restart. The full kind of IceTransport.
#ifndef PARLEY_CORE_ICE_LIBNICE_FACTORY_H_
#define PARLEY_CORE_ICE_LIBNICE_FACTORY_H_

#include <memory>

#include "core/base/random.h"
#include "core/ice/ice_transport.h"
#include "core/ice/port_registry.h"
#include "core/loop/event_loop.h"
#include "core/loop/fd_budget.h"

namespace parley::ice {

struct LibniceShared;

// One per event loop. Made on any thread, used on the loop's, destroyed on the
// loop's or after the loop has stopped. Transports may outlive it; all that it
// was given must outlive both.
class LibniceFactory final : public IceTransportFactory {
 public:
  LibniceFactory(EventLoop& loop, FdBudget& fds, PortRegistry& ports,
                 Random& random);
  ~LibniceFactory() override;

  std::unique_ptr<IceTransport> Create(
      std::shared_ptr<const TransportOptions> options,
      GatheringConfiguration configuration,
      IceTransport::Observer& observer) override;

  // libnice agents of the process that are not freed yet, those of closed
  // transports included. Safe on any thread.
  static int LiveAgents();

 private:
  EventLoop& loop_;
  FdBudget& fds_;
  PortRegistry& ports_;
  Random& random_;
  std::shared_ptr<LibniceShared> shared_;  // made by the first Create
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_LIBNICE_FACTORY_H_
