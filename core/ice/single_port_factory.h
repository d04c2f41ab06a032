// ICE transports on one UDP port that all peers share, as ICE-lite: the
// single-port kind of IceTransport.
#ifndef PARLEY_CORE_ICE_SINGLE_PORT_FACTORY_H_
#define PARLEY_CORE_ICE_SINGLE_PORT_FACTORY_H_

#include <memory>

#include "core/ice/ice_transport.h"
#include "core/ice/single_port_hub.h"
#include "core/loop/event_loop.h"

namespace parley::ice {

struct SinglePortShared;

// One per event loop. Made before the hub is started, used on the loop's
// thread, destroyed after the loop has stopped. Transports may outlive it; all
// that it was given must outlive both.
class SinglePortFactory final : public IceTransportFactory,
                                private SinglePortHub::Receiver {
 public:
  SinglePortFactory(EventLoop& loop, SinglePortHub& hub);
  ~SinglePortFactory() override;

  std::unique_ptr<IceTransport> Create(
      std::shared_ptr<const TransportOptions> options,
      GatheringConfiguration configuration,
      IceTransport::Observer& observer) override;

 private:
  void OnDatagram(uint64_t transport, const SharedPort::Path& path,
                  const DatagramHeader& header,
                  std::span<const uint8_t> datagram) override;

  const std::shared_ptr<SinglePortShared> shared_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_SINGLE_PORT_FACTORY_H_
