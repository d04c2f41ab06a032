// The API's port with TLS: who is let in, and what happens when certificates
// are renewed.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "core/crypto/openssl_ptr.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "openssl/pem.h"
#include "openssl/x509v3.h"
#include "service/tls_files.h"
#include "tests/service/calls.h"
#include "tests/service/harness.h"
#include "tests/testing/fake_clock.h"

namespace parley::service {
namespace {

namespace fs = std::filesystem;
namespace health = grpc::health::v1;
using ::testing::HasSubstr;

// What a program of OpenSSL's would write into two files.
struct Pem {
  std::string certificate;
  std::string key;
};

template <typename Write>
std::string PemText(Write write) {
  const crypto::BioPtr out(BIO_new(BIO_s_mem()));
  write(out.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

// An authority, and the certificates it gives to localhost.
class Authority {
 public:
  Authority() : key_(EVP_EC_gen("P-256")) {
    certificate_ = Sign("authority", *key_);
  }

  std::string certificate() const { return Text(certificate_.get()); }

  // What else the subject has: {"O", "acme"} and so on.
  using Subject = std::vector<std::pair<const char*, const char*>>;

  Pem Issue(const Subject& subject = {}) {
    const crypto::KeyPtr key(EVP_EC_gen("P-256"));
    const crypto::X509Ptr certificate = Sign("localhost", *key, subject);
    return {.certificate = Text(certificate.get()),
            .key = PemText([&](BIO* out) {
              PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0,
                                       nullptr, nullptr);
            })};
  }

 private:
  static std::string Text(X509* certificate) {
    return PemText([=](BIO* out) { PEM_write_bio_X509(out, certificate); });
  }

  // By this authority; its own certificate is the first.
  crypto::X509Ptr Sign(const char* name, EVP_PKEY& key,
                       const Subject& more = {}) {
    crypto::X509Ptr made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), &key);
    X509_NAME* subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1,
                               -1, 0);
    for (const auto& [field, text] : more) {
      X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(text),
                                 -1, -1, 0);
    }
    X509_set_issuer_name(
        made.get(),
        certificate_ ? X509_get_subject_name(certificate_.get()) : subject);
    certificate_ ? Extend(*made, NID_subject_alt_name, "DNS:localhost")
                 : Extend(*made, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(made.get(), key_.get(), EVP_sha256());
    return made;
  }

  static void Extend(X509& certificate, int nid, const char* value) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  int serial_ = 0;
  const crypto::KeyPtr key_;
  crypto::X509Ptr certificate_;
};

class TlsTest : public ServerTest {
 protected:
  TlsTest() {
    char path[] = "/tmp/parley-tls-XXXXXX";
    directory_ = mkdtemp(path);
  }
  ~TlsTest() override { fs::remove_all(directory_); }

  // All files at once: by a symbolic link to a directory of them.
  void Install(const Pem& pem, const std::string& client_ca = "") {
    const fs::path files = directory_ / std::to_string(++generation_);
    fs::create_directory(files);
    std::ofstream(files / "tls.crt") << pem.certificate;
    std::ofstream(files / "tls.key") << pem.key;
    std::ofstream(files / "ca.crt") << client_ca;
    fs::create_directory_symlink(files, directory_ / "next");
    fs::rename(directory_ / "next", directory_ / "now");
  }

  Options TlsOptions(bool both_ways = false) {
    Options options = TestOptions();
    const fs::path now = directory_ / "now";
    options.tls.certificate_path = now / "tls.crt";
    options.tls.key_path = now / "tls.key";
    if (both_ways) options.tls.client_ca_path = now / "ca.crt";
    return options;
  }

  // A connection of its own, not one that another channel has.
  std::shared_ptr<grpc::Channel> Connect(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetSslTargetNameOverride("localhost");
    return grpc::CreateCustomChannel(address, credentials, arguments);
  }
  std::shared_ptr<grpc::Channel> Connect(const std::string& roots,
                                         const Pem& own = {}) {
    return Connect(grpc::SslCredentials({.pem_root_certs = roots,
                                         .pem_private_key = own.key,
                                         .pem_cert_chain = own.certificate}),
                   server_->address());
  }

  // Whether a call on the channel is answered.
  bool Answered(const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = health::Health::NewStub(channel);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    health::HealthCheckResponse response;
    const grpc::Status status = stub->Check(&context, {}, &response);
    // Refused, not forgotten.
    EXPECT_NE(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    return status.ok();
  }

  std::string StartError(const Options& options) {
    Log log(options.log, SystemClock());
    return std::string(Server::Start(options, log).status().message());
  }

  fs::path directory_;
  int generation_ = 0;
  Authority house_;
  Authority stranger_;
};

TEST_F(TlsTest, OnlyTlsIsAnswered) {
  Install(house_.Issue());
  Options options = TlsOptions();
  options.admin_listen = *ParseAddress("127.0.0.1:0");
  StartServer(options);
  EXPECT_TRUE(Answered(Connect(house_.certificate())));
  EXPECT_FALSE(Answered(Connect(stranger_.certificate())));
  const auto plaintext = grpc::InsecureChannelCredentials();
  EXPECT_FALSE(Answered(Connect(plaintext, server_->address())));
  // Probes speak no TLS.
  EXPECT_TRUE(Answered(Connect(plaintext, server_->admin_address())));
}

TEST_F(TlsTest, CallersShowACertificateOfTheAuthority) {
  Install(house_.Issue(), house_.certificate());
  StartServer(TlsOptions(/*both_ways=*/true));
  const std::string roots = house_.certificate();
  EXPECT_TRUE(Answered(Connect(roots, house_.Issue())));
  EXPECT_FALSE(Answered(Connect(roots)));
  EXPECT_FALSE(Answered(Connect(roots, stranger_.Issue())));
}

TEST_F(TlsTest, TheSubjectOfACertificateSaysWhoCalls) {
  Install(house_.Issue(), house_.certificate());
  Options options = TlsOptions(/*both_ways=*/true);
  options.access.certificate_tenants = true;
  StartServer(options);
  const auto pool = [this](const Authority::Subject& subject,
                           v1::GetPoolResponse* response) {
    return CallStub(Connect(house_.certificate(), house_.Issue(subject)), {},
                    &v1::PoolService::Stub::GetPool, v1::GetPoolRequest(),
                    response);
  };
  v1::GetPoolResponse response;
  ASSERT_OK(pool({{"O", "Acme Inc."}}, &response));
  EXPECT_EQ(response.pool().tenant().name(), "Acme Inc.");
  EXPECT_FALSE(response.pool().tenant().admin());
  ASSERT_OK(pool({{"O", "acme"}, {"OU", "ops"}, {"OU", "admin"}}, &response));
  EXPECT_EQ(response.pool().tenant().name(), "acme");
  EXPECT_TRUE(response.pool().tenant().admin());
  for (const Authority::Subject& bad :
       {Authority::Subject{}, Authority::Subject{{"OU", "admin"}},
        Authority::Subject{{"O", "acme"}, {"O", "other"}},
        Authority::Subject{{"O", "\xC3\xA4"}}}) {
    const grpc::Status status = pool(bad, &response);
    EXPECT_EQ(ErrorText(status), "UNAUTHENTICATED TOKEN");
    EXPECT_EQ(Metadata(status, "cause"), "certificate");
  }
}

TEST_F(TlsTest, RenewedCertificatesAreTakenUp) {
  Install(house_.Issue());
  StartServer(TlsOptions());
  const auto before = Connect(house_.certificate());
  EXPECT_TRUE(Answered(before));
  EXPECT_FALSE(Answered(Connect(stranger_.certificate())));

  Install(stranger_.Issue());
  const absl::Time deadline = absl::Now() + kPatience;
  bool taken_up = false;
  while (!taken_up && absl::Now() < deadline) {
    taken_up = Answered(Connect(stranger_.certificate()));
  }
  EXPECT_TRUE(taken_up);
  EXPECT_FALSE(Answered(Connect(house_.certificate())));
  EXPECT_TRUE(Answered(before));
}

TEST_F(TlsTest, FilesThatCannotBeUsedCostNoConnection) {
  Install(house_.Issue(), house_.certificate());
  Options options = TlsOptions(/*both_ways=*/true);
  testing::FakeClock clock;
  Log log(options.log, clock);
  TlsFiles files(options.tls, clock, log);
  ASSERT_TRUE(files.Load().ok());
  EXPECT_TRUE(files.Renew());
  EXPECT_FALSE(files.Renew());
  const TlsTexts good = files.texts();
  Pem mixed = house_.Issue();
  mixed.key = house_.Issue().key;
  for (const auto& [pem, client_ca] :
       {std::pair(Pem{"nonsense", "nonsense"}, house_.certificate()),
        std::pair(Pem(), house_.certificate()),
        std::pair(mixed, house_.certificate()),
        std::pair(house_.Issue(), std::string("nonsense"))}) {
    Install(pem, client_ca);
    clock.Advance(absl::Seconds(2));
    EXPECT_FALSE(files.Renew());
    EXPECT_EQ(files.texts(), good);
  }
  fs::remove_all(directory_ / "now");
  clock.Advance(absl::Seconds(2));
  EXPECT_FALSE(files.Renew());

  Install(house_.Issue(), house_.certificate());
  clock.Advance(absl::Seconds(2));
  EXPECT_TRUE(files.Renew());
  EXPECT_NE(files.texts(), good);
}

TEST_F(TlsTest, AServerThatCannotSpeakTlsDoesNotStart) {
  Pem mixed = house_.Issue();
  mixed.key = house_.Issue().key;
  Install(mixed);
  EXPECT_THAT(StartError(TlsOptions()),
              HasSubstr("tls.key: the key is not the certificate's"));
  Install(house_.Issue(), "no certificate");
  EXPECT_THAT(StartError(TlsOptions(/*both_ways=*/true)),
              HasSubstr("ca.crt has no certificate"));
}

}  // namespace
}  // namespace parley::service
