// What runs out, and what breaks, for real: certificates, peers, ports,
// descriptors; and that a thousand peers leave nothing behind. These tests
// change their whole process, so they stand apart.

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/crypto/certificate.h"
#include "service/process.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;

class ResourcesTest : public ServerTest {
 protected:
  grpc::Status TryOffer(const std::string& name) {
    v1::CreateOfferRequest request;
    request.set_name(name);
    return Call(&Peers::CreateOffer, request);
  }
  grpc::Status TrySetLocal(const std::string& name) {
    v1::SetLocalDescriptionRequest request;
    request.set_name(name);
    return Call(&Peers::SetLocalDescription, request);
  }
  grpc::Status TryCreate() {
    return Call(&Peers::CreatePeer, v1::CreatePeerRequest());
  }
};

TEST_F(ResourcesTest, NoCertificateCanBeMadeWhenOpenSslRefuses) {
  Options options = TestOptions();
  options.engine.ready_certificates = 0;
  StartServer(std::move(options));
  const std::string name = CreateChannelPeer().name();
  const std::string before = GetPeer(name).state().SerializeAsString();
  // No algorithm can be fetched any more: neither keys nor signatures.
  ASSERT_EQ(EVP_set_default_properties(nullptr, "provider=none"), 1);
  const grpc::Status status = TryOffer(name);
  ASSERT_EQ(EVP_set_default_properties(nullptr, ""), 1);
  EXPECT_EQ(ErrorText(status),
            "UNAVAILABLE CERTIFICATE_GENERATION NotReadableError");
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status));
  EXPECT_EQ(GetPeer(name).state().SerializeAsString(), before);
  EXPECT_OK(TryOffer(name));
}

class ConfiguredCertificateTest : public ResourcesTest {
 protected:
  ConfiguredCertificateTest() {
    std::string pattern =
        std::filesystem::temp_directory_path() / "parley-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    certificate_ =
        *crypto::GenerateCertificate({}, SystemClock(), SystemRandom());
    WriteFiles();
    Options options = TestOptions();
    options.engine.certificate_path = CertificatePath();
    options.engine.key_path = KeyPath();
    StartServer(std::move(options));
  }
  ~ConfiguredCertificateTest() override {
    std::filesystem::remove_all(directory_);
  }

  std::string CertificatePath() const { return directory_ + "/cert.pem"; }
  std::string KeyPath() const { return directory_ + "/key.pem"; }
  void WriteFiles() {
    std::ofstream(CertificatePath()) << certificate_->Pem();
    FILE* file = fopen(KeyPath().c_str(), "w");
    PEM_write_PrivateKey(file, certificate_->private_key(), nullptr, nullptr, 0,
                         nullptr, nullptr);
    fclose(file);
  }

  std::string directory_;
  crypto::CertificatePtr certificate_;
};

TEST_F(ConfiguredCertificateTest, IsShownByEveryPeerAndToldWhenItIsGone) {
  const std::string shown = CreateChannelPeer().name();
  EXPECT_THAT(CreateOffer(shown).sdp(),
              HasSubstr(certificate_->fingerprint().value));

  const std::string name = CreateChannelPeer().name();
  std::filesystem::remove(KeyPath());
  const std::string unreadable =
      "FAILED_PRECONDITION CERTIFICATE_UNREADABLE NotReadableError";
  EXPECT_EQ(ErrorText(TryOffer(name)), unreadable);
  std::ofstream(KeyPath()) << "not a key";
  EXPECT_EQ(ErrorText(TrySetLocal(name)), unreadable);
  EXPECT_EQ(GetPeer(name).state().signaling_state(),
            v1::SIGNALING_STATE_STABLE);
  WriteFiles();
  EXPECT_OK(TryOffer(name));
}

TEST_F(ResourcesTest, AFullPoolTakesNoMorePeers) {
  Options options = TestOptions();
  options.engine.pool.max_peers = 2;
  StartServer(std::move(options));
  const std::string name = CreatePeer().name();
  CreatePeer();
  const grpc::Status status = TryCreate();
  EXPECT_EQ(ErrorText(status), "RESOURCE_EXHAUSTED PEERS OperationError");
  EXPECT_EQ(Metadata(status, "limit"), "2");
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status));
  EXPECT_TRUE(FindDetail<google::rpc::QuotaFailure>(status));
  // The tombstone takes no room.
  ClosePeer(name);
  EXPECT_OK(TryCreate());
}

uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

TEST_F(ResourcesTest, APortRangeThatIsUsedUpStopsGathering) {
  Options options = TestOptions();
  options.engine.ice.min_port = options.engine.ice.max_port = FreePort();
  StartServer(std::move(options));
  const std::string first = CreateChannelPeer().name();
  const std::string second = CreateChannelPeer().name();
  EXPECT_OK(TrySetLocal(first));
  const grpc::Status status = TrySetLocal(second);
  EXPECT_EQ(ErrorText(status), "RESOURCE_EXHAUSTED PORTS OperationError");
  EXPECT_EQ(GetPeer(second).state().signaling_state(),
            v1::SIGNALING_STATE_STABLE);
  ClosePeer(first);
  EXPECT_OK(TrySetLocal(second));
}

TEST_F(ResourcesTest, TheDescriptorLimitIsMetBeforeItIsReached) {
  StartServer(TestOptions());
  CreatePeer();
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 66;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const grpc::Status status = TryCreate();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(ErrorText(status),
            "RESOURCE_EXHAUSTED FILE_DESCRIPTORS OperationError");
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status));
  EXPECT_OK(TryCreate());
}

// A kernel that does not answer cannot be had on demand; its answer can.
class BrokenFds : public FdSystem {
 public:
  absl::StatusOr<int64_t> Limit() override {
    if (broken) {
      return MakeError(Reason::kResourceInspection, "getrlimit: not permitted");
    }
    return 1000;
  }
  bool CanOpen(int) override { return true; }
  std::atomic<bool> broken = false;
};

TEST_F(ResourcesTest, AFailedExaminationIsAnErrorOfItsOwn) {
  BrokenFds fds;
  Options options = TestOptions();
  options.engine.descriptors = &fds;
  StartServer(std::move(options));
  const std::string name = CreateChannelPeer().name();
  fds.broken = true;
  EXPECT_EQ(ErrorText(TryCreate()),
            "INTERNAL RESOURCE_INSPECTION OperationError");
  EXPECT_EQ(ErrorText(TrySetLocal(name)),
            "INTERNAL RESOURCE_INSPECTION OperationError");
  EXPECT_EQ(GetPeer(name).state().signaling_state(),
            v1::SIGNALING_STATE_STABLE);
  fds.broken = false;
  EXPECT_OK(TryCreate());
  EXPECT_OK(TrySetLocal(name));
  server_->Stop(absl::Seconds(5));  // before what it was given goes
  server_.reset();
}

TEST_F(ResourcesTest, AThousandPeersLeaveNothingBehind) {
  Options options = TestOptions();
  options.engine.pool.max_tombstones = 16;
  // Full before it is measured.
  options.engine.pool.journal_bytes = 64 << 10;
  StartServer(std::move(options));
  const auto live_and_die = [this](int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = CreateChannelPeer().name();
      CreateOffer(name);
      SetLocal(name);
      ClosePeer(name);
      if (HasFailure()) return;
    }
  };
  live_and_die(300);
  const ProcessUse before = ReadProcessUse();
  live_and_die(1000);
  const ProcessUse after = ReadProcessUse();
  EXPECT_EQ(after.file_descriptors, before.file_descriptors);
  EXPECT_EQ(after.threads, before.threads);
#if !defined(__SANITIZE_ADDRESS__)
  // 1 KiB a peer would be 1 MiB. The allocator's own ups and downs are less.
  EXPECT_LT(*after.resident_bytes, *before.resident_bytes + (1 << 20));
#endif
  v1::GetPoolResponse pool;
  EXPECT_OK(Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest(), &pool));
  EXPECT_EQ(pool.pool().use().peers(), 0u);
  EXPECT_EQ(pool.pool().use().tombstones(), 16u);
}

}  // namespace
}  // namespace parley::service
