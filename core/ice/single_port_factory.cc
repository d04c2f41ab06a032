#include "core/ice/single_port_factory.h"

#include <utility>

#include "core/ice/single_port_transport.h"

namespace parley::ice {

SinglePortFactory::SinglePortFactory(EventLoop& loop, SinglePortHub& hub)
    : shared_(std::make_shared<SinglePortShared>(loop, hub,
                                                 hub.AddLoop(loop, *this))) {}

SinglePortFactory::~SinglePortFactory() = default;

std::unique_ptr<IceTransport> SinglePortFactory::Create(
    std::shared_ptr<const TransportOptions> options,
    GatheringConfiguration configuration, IceTransport::Observer& observer) {
  return std::make_unique<SinglePortTransport>(
      shared_, std::move(options), std::move(configuration), observer);
}

// A transport may have been closed while the datagram was on its way.
void SinglePortFactory::OnDatagram(uint64_t transport,
                                   const SharedPort::Path& path,
                                   const DatagramHeader& header,
                                   std::span<const uint8_t> datagram) {
  auto found = shared_->transports.find(transport);
  if (found != shared_->transports.end()) {
    found->second->OnDatagram(path, header, datagram);
  }
}

}  // namespace parley::ice
