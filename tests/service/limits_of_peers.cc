// What peers, their channels and their certificates are made of, and what the
// server holds.

#include "core/crypto/certificate.h"
#include "core/crypto/openssl_ptr.h"
#include "openssl/pem.h"
#include "service/token_file.h"
#include "tests/service/limits.h"

namespace parley::service {
namespace {

using Certificates = v1::CertificateService::Stub;

std::string TryServers(LimitsTest& test, uint64_t count) {
  v1::CreatePeerRequest request;
  for (uint64_t i = 0; i < count; ++i) {
    request.mutable_configuration()->add_ice_servers()->add_urls("stun:h");
  }
  return test.TryCreate(request);
}

std::string TryServer(LimitsTest& test,
                      const std::function<void(v1::IceServer&)>& change) {
  v1::CreatePeerRequest create;
  v1::IceServer& server = *create.mutable_configuration()->add_ice_servers();
  server.set_username("user");
  server.set_credential("secret");
  change(server);
  if (server.urls_size() == 0) server.add_urls("turn:h");
  v1::UpdatePeerRequest update;
  update.set_name(test.CreatePeer().name());
  *update.mutable_configuration() = create.configuration();
  const std::string reason = test.TryCreate(create);
  EXPECT_EQ(test.Try(&Peers::UpdatePeer, update), reason);
  return reason;
}

std::string TryCertificates(LimitsTest& test, uint64_t count) {
  v1::CreatePeerRequest request;
  for (uint64_t i = 0; i < count; ++i) {
    request.mutable_configuration()->add_certificates(test.Generate().name());
  }
  return test.TryCreate(request);
}

std::string TryLease(LimitsTest& test, uint64_t ms) {
  v1::CreatePeerRequest create;
  create.mutable_lease_ttl()->set_seconds(static_cast<int64_t>(ms / 1000));
  create.mutable_lease_ttl()->set_nanos(
      static_cast<int32_t>(ms % 1000 * 1'000'000));
  v1::UpdatePeerRequest update;
  update.set_name(test.CreatePeer().name());
  *update.mutable_lease_ttl() = create.lease_ttl();
  const std::string reason = test.TryCreate(create);
  EXPECT_EQ(test.Try(&Peers::UpdatePeer, update), reason);
  return reason;
}

std::string TryDetail(LimitsTest& test, uint64_t size) {
  v1::ClosePeerRequest request;
  request.set_name(test.CreatePeer().name());
  request.set_detail(std::string(size, 'x'));
  return test.Try(&Peers::ClosePeer, request);
}

std::string TryChannel(
    LimitsTest& test, const std::function<void(v1::DataChannelInit&)>& change) {
  v1::CreatePeerRequest create;
  change(*create.add_data_channels());
  v1::CreateDataChannelRequest add;
  add.set_name(test.CreatePeer().name());
  change(*add.mutable_data_channel());
  const std::string reason = test.TryCreate(create);
  EXPECT_EQ(test.Try(&Peers::CreateDataChannel, add), reason);
  return reason;
}

std::string TryChannels(LimitsTest& test, uint64_t count) {
  v1::CreatePeerRequest create;
  v1::CreateDataChannelRequest add;
  for (uint64_t i = 0; i < count; ++i) create.add_data_channels();
  v1::CreatePeerRequest fewer = create;
  fewer.mutable_data_channels()->RemoveLast();
  add.set_name(test.CreatePeer(fewer).name());
  const std::string reason = test.TryCreate(create);
  EXPECT_EQ(test.Try(&Peers::CreateDataChannel, add), reason);
  return reason;
}

std::string TryNames(LimitsTest& test, uint64_t bytes) {
  v1::CreatePeerRequest create;
  for (constexpr uint64_t kLongest = 65'535; bytes > 0;) {
    const uint64_t size = std::min(bytes, kLongest);
    create.add_data_channels()->set_label(std::string(size, 'x'));
    bytes -= size;
  }
  return test.TryCreate(create);
}

std::string TryMaxChannels(LimitsTest& test, uint64_t count) {
  v1::CreatePeerRequest request;
  request.set_max_data_channels(static_cast<uint32_t>(count));
  return test.TryCreate(request);
}

std::string KeyOf(const crypto::Certificate& certificate) {
  const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), certificate.private_key(), nullptr,
                           nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

// What stands before a PEM block is a remark.
std::string Padded(const std::string& pem, uint64_t size) {
  return std::string(size - pem.size() - 1, 'x') + "\n" + pem;
}

std::string TryPem(LimitsTest& test, uint64_t certificate, uint64_t key) {
  const auto native =
      *crypto::GenerateCertificate({}, SystemClock(), SystemRandom());
  v1::ImportCertificateRequest request;
  request.set_certificate_pem(native->Pem());
  request.set_private_key_pem(KeyOf(*native));
  if (certificate > 0) {
    request.set_certificate_pem(Padded(request.certificate_pem(), certificate));
  }
  if (key > 0) {
    request.set_private_key_pem(Padded(request.private_key_pem(), key));
  }
  return test.Try(&Certificates::ImportCertificate, request);
}

std::string TryValidity(LimitsTest& test, uint64_t ms) {
  v1::GenerateCertificateRequest request;
  request.mutable_validity()->set_seconds(static_cast<int64_t>(ms / 1000));
  request.mutable_validity()->set_nanos(
      static_cast<int32_t>(ms % 1000 * 1'000'000));
  return test.Try(&Certificates::GenerateCertificate, request);
}

uint64_t Milliseconds(absl::Duration time) {
  return static_cast<uint64_t>(absl::ToInt64Milliseconds(time));
}

// One more of what a server holds `limit` of, after `count` less one; what was
// made before by the same row counts.
std::string Fill(uint64_t count, uint64_t there,
                 const std::function<std::string()>& make) {
  std::string reason;
  for (; there < count; ++there) reason = make();
  return reason;
}

std::string TryPeers(LimitsTest& test, uint64_t count) {
  v1::GetPoolResponse pool;
  EXPECT_OK(
      test.Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest(), &pool));
  return Fill(count, pool.pool().use().peers(),
              [&test] { return test.TryCreate({}); });
}

std::string TryStore(LimitsTest& test, uint64_t count) {
  v1::GetPoolResponse pool;
  EXPECT_OK(
      test.Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest(), &pool));
  return Fill(count, pool.pool().use().certificates(), [&test] {
    return test.Try(&Certificates::GenerateCertificate,
                    v1::GenerateCertificateRequest());
  });
}

}  // namespace

std::vector<LimitRow> PeerLimits() {
  const std::string limit = "LIMIT_EXCEEDED";
  return {
      {"`ice_servers`", 16, limit, TryServers},
      {"`urls` of an ICE server", 8, limit,
       [](LimitsTest& test, uint64_t count) {
         return TryServer(test, [count](v1::IceServer& server) {
           for (uint64_t i = 0; i < count; ++i) server.add_urls("turn:h");
         });
       }},
      {"a URL of an ICE server", 1024, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryServer(test, [size](v1::IceServer& server) {
           // Zeros before a port change nothing.
           server.add_urls("turn:h:" + std::string(size - 11, '0') + "3478");
         });
       }},
      {"`username`", 508, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryServer(test, [size](v1::IceServer& server) {
           server.set_username(std::string(size, 'x'));
         });
       }},
      {"`credential`", 508, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryServer(test, [size](v1::IceServer& server) {
           server.set_credential(std::string(size, 'x'));
         });
       }},
      {"`certificates` of a peer", 4, limit, TryCertificates},
      {"`ice_candidate_pool_size`", 255, limit,
       [](LimitsTest& test, uint64_t size) {
         v1::CreatePeerRequest request;
         request.mutable_configuration()->set_ice_candidate_pool_size(
             static_cast<uint32_t>(size));
         return test.TryCreate(request);
       }},
      {"`lease_ttl`, `maxLeaseTtl`", 86'400'000, limit, TryLease},
      {"`detail` of ClosePeer", 256, limit, TryDetail},
      {"`max_data_channels` of CreatePeer, `maxDataChannels`", 1024, limit,
       TryMaxChannels},
      {"data channels of a peer that are not closed", 256, "DATA_CHANNELS",
       TryChannels},
      {"`label`", 65'535, "ARGUMENT",
       [](LimitsTest& test, uint64_t size) {
         return TryChannel(test, [size](v1::DataChannelInit& init) {
           init.set_label(std::string(size, 'x'));
         });
       }},
      {"`protocol`", 65'535, "ARGUMENT",
       [](LimitsTest& test, uint64_t size) {
         return TryChannel(test, [size](v1::DataChannelInit& init) {
           init.set_protocol(std::string(size, 'x'));
         });
       }},
      {"labels and protocols of a peer together", 1 << 20, "DATA_CHANNELS",
       TryNames},
      {"`max_packet_life_time`", 65'535, "ARGUMENT",
       [](LimitsTest& test, uint64_t ms) {
         return TryChannel(test, [ms](v1::DataChannelInit& init) {
           init.set_max_packet_life_time(static_cast<uint32_t>(ms));
         });
       }},
      {"`max_retransmits`", 65'535, "ARGUMENT",
       [](LimitsTest& test, uint64_t count) {
         return TryChannel(test, [count](v1::DataChannelInit& init) {
           init.set_max_retransmits(static_cast<uint32_t>(count));
         });
       }},
      {"`certificate_pem`", 16 << 10, limit,
       [](LimitsTest& test, uint64_t size) { return TryPem(test, size, 0); }},
      {"`private_key_pem`", 16 << 10, limit,
       [](LimitsTest& test, uint64_t size) { return TryPem(test, 0, size); }},
      {"`validity` of a certificate", uint64_t{365} * 86'400'000, limit,
       TryValidity},
  };
}

std::vector<LimitRow> PoolLimits() {
  const Options defaults;
  const peer::Limits& limits = defaults.engine.limits;
  const pool::Options& pool = defaults.engine.pool;
  return {
      {.what = "peers, `capacity.peers`",
       .limit = 3,
       .beyond = "PEERS",
       .send = TryPeers,
       .options = [](Options& o) { o.engine.pool.max_peers = 3; },
       .documented = pool.max_peers},
      {.what = "lease of a peer that asks for none, `defaultLeaseTtl`",
       .beyond = "the peer is closed",
       .documented = Milliseconds(pool.default_lease_ttl),
       .elsewhere = "tests/core/peer/peer_lifetime_test.cc:"
                    "TheLeaseWarnsThenCloses"},
      {.what = "time of a tombstone, `tombstoneTtl`",
       .beyond = "PEER_UNKNOWN",
       .documented = Milliseconds(pool.tombstone_ttl),
       .elsewhere = "tests/core/pool/pool_test.cc:"
                    "APeerIsFoundByItsNameAndLeavesATombstone"},
      {.what = "a bearer token",
       .beyond = "TOKEN",
       .documented = kMaxTokenBytes,
       .elsewhere = "tests/service/token_file_test.cc:LengthsAreMetExactly"},
      {.what = "name of a tenant",
       .beyond = "TOKEN",
       .documented = pool::Tenants::kMaxNameBytes,
       .elsewhere = "tests/core/pool/tenant_test.cc:NamesAreShortAndPrintable"},
      {.what = "tombstones, `capacity.tombstones`",
       .beyond = "PEER_UNKNOWN",
       .documented = pool.max_tombstones,
       .elsewhere = "tests/core/pool/pool_test.cc:TombstonesAreBounded"},
      {.what = "certificates with a name, `capacity.certificates`",
       .limit = 3,
       .beyond = "TENANT_QUOTA",
       .send = TryStore,
       .options =
           [](Options& o) { o.engine.certificates.max_certificates = 3; },
       .documented = defaults.engine.certificates.max_certificates},
      {.what = "keys that wait to be made",
       .beyond = "RATE",
       .documented = defaults.engine.certificates.max_waiting,
       .elsewhere = "tests/core/crypto/key_worker_test.cc:"
                    "RefusesMoreThanMayWait"},
      {.what = "calls that wait for one peer",
       .beyond = "RATE",
       .documented = peer::OperationChain::kMaxWaiting,
       .elsewhere = "tests/core/peer/operation_chain_test.cc:"
                    "TooManyWaitingAreRefusedAtOnce"},
      {.what = "replies of a peer kept to repeat calls, `requestIds`",
       .beyond = "the call is done again",
       .documented = limits.request_ids,
       .elsewhere =
           "tests/core/peer/reply_cache_test.cc:TheOldestIsForgottenFirst"},
      {.what = "events of a peer kept to resume by, `eventHistoryBytes`",
       .beyond = "EVENTS_COMPACTED",
       .documented = limits.event_history_bytes,
       .elsewhere = "tests/core/peer/event_log_test.cc:"
                    "TheRingIsBoundedInBytesAndTellsWhoFellBehind"},
      {.what = "the same for WatchPeers, `poolEventHistoryBytes`",
       .beyond = "EVENTS_COMPACTED",
       .documented = pool.journal_bytes,
       .elsewhere = "tests/core/pool/journal_test.cc:"
                    "ForgetsTheOldestAndSaysSo"},
      {.what = "waiting to be sent on a channel, `sendBufferBytes`",
       .beyond = "SEND_BUFFER",
       .documented = limits.send_buffer_bytes,
       .elsewhere = "tests/core/sctp/data_channels_test.cc:"
                    "TheSendBufferIsBounded"},
      {.what = "unread on a channel, `receiveBufferBytes`",
       .beyond = "the other end waits",
       .documented = limits.receive_buffer_bytes,
       .elsewhere = "tests/core/peer/channel_ends_test.cc:"
                    "AFullChannelIsToldAndRoomIsAnnounced"},
      {.what = "unread on a peer, `peerReceiveBufferBytes`",
       .beyond = "the other end waits",
       .documented = limits.peer_receive_buffer_bytes,
       .elsewhere = "tests/core/peer/channel_ends_test.cc:"
                    "AFullPeerIsToldThoughNoChannelIs"},
  };
}

}  // namespace parley::service
