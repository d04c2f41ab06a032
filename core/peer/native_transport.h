// The real transport: ICE, OpenSSL's DTLS over it, usrsctp over that.
#ifndef PARLEY_CORE_PEER_NATIVE_TRANSPORT_H_
#define PARLEY_CORE_PEER_NATIVE_TRANSPORT_H_

#include <functional>
#include <memory>
#include <utility>

#include "core/dtls/dtls_context.h"
#include "core/ice/ice_transport.h"
#include "core/peer/transport.h"
#include "core/sctp/sctp_stack.h"

namespace parley::peer {

// Safe for concurrent use. What it is given must outlive it and its transports.
class NativeTransportFactory : public TransportFactory {
 public:
  // The factory of the ICE transports that live on an executor.
  using IceFactories = std::function<ice::IceTransportFactory&(
      Executor& executor, ice::Mode mode)>;

  NativeTransportFactory(IceFactories ice, ice::TransportOptions ice_options,
                         std::shared_ptr<dtls::Context> dtls, sctp::Stack& sctp)
      : ice_(std::move(ice)),
        ice_options_(std::make_shared<const ice::TransportOptions>(
            std::move(ice_options))),
        dtls_(std::move(dtls)),
        sctp_(sctp) {}

  std::shared_ptr<Transport> Create(
      Executor& executor, ice::Mode mode, crypto::CertificateList certificates,
      ice::GatheringConfiguration configuration,
      std::shared_ptr<Transport::Observer> observer) override;

 private:
  const IceFactories ice_;
  const std::shared_ptr<const ice::TransportOptions> ice_options_;
  const std::shared_ptr<dtls::Context> dtls_;
  sctp::Stack& sctp_;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_NATIVE_TRANSPORT_H_
