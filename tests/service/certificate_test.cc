// CertificateService, and peers with certificates that have names.

#include "core/crypto/certificate.h"

#include <cctype>
#include <set>
#include <string>

#include "core/crypto/openssl_ptr.h"
#include "openssl/pem.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Certificates = v1::CertificateService::Stub;

constexpr char kTypeError[] = "INVALID_ARGUMENT ARGUMENT TypeError";
constexpr char kRangeError[] = "INVALID_ARGUMENT LIMIT_EXCEEDED RangeError";
constexpr char kUnknown[] = "NOT_FOUND CERTIFICATE_UNKNOWN";
constexpr char kNotSupported[] =
    "INVALID_ARGUMENT NOT_SUPPORTED NotSupportedError";

class CertificateServiceTest : public ServerTest {
 protected:
  CertificateServiceTest() {
    Options options = TestOptions();
    options.engine.certificates.max_certificates = 4;
    StartServer(options);
  }

  v1::Certificate Generate(const v1::GenerateCertificateRequest& request = {}) {
    v1::GenerateCertificateResponse response;
    EXPECT_OK(Call(&Certificates::GenerateCertificate, request, &response));
    return response.certificate();
  }
  v1::Certificate Get(const std::string& name) {
    v1::GetCertificateRequest request;
    request.set_name(name);
    v1::GetCertificateResponse response;
    EXPECT_OK(Call(&Certificates::GetCertificate, request, &response));
    return response.certificate();
  }
  grpc::Status Delete(const std::string& name) {
    v1::DeleteCertificateRequest request;
    request.set_name(name);
    return Call(&Certificates::DeleteCertificate, request);
  }
  v1::Certificate Rotate(const std::string& name) {
    v1::RotateCertificateRequest request;
    request.set_name(name);
    v1::RotateCertificateResponse response;
    EXPECT_OK(Call(&Certificates::RotateCertificate, request, &response));
    return response.certificate();
  }
  static v1::CreatePeerRequest PeerWith(const std::vector<std::string>& names) {
    v1::CreatePeerRequest request;
    request.add_data_channels()->set_label("chat");
    for (const std::string& name : names) {
      request.mutable_configuration()->add_certificates(name);
    }
    return request;
  }
  // "a=fingerprint:sha-256 AA:.." as descriptions have it.
  static std::string Line(const v1::Certificate& certificate) {
    std::string value = certificate.fingerprints(0).value();
    for (char& c : value) c = static_cast<char>(std::toupper(c));
    return "a=fingerprint:" + certificate.fingerprints(0).algorithm() + " " +
           value;
  }
};

TEST_F(CertificateServiceTest, GeneratesW3cDefaultsAndShowsNoSecret) {
  v1::GenerateCertificateRequest request;
  (*request.mutable_labels())["room"] = "7";
  const v1::Certificate made = Generate(request);
  EXPECT_THAT(made.name(), StartsWith("certificates/local."));
  EXPECT_EQ(made.key_algorithm(), v1::KEY_ALGORITHM_ECDSA_P256);
  ASSERT_EQ(made.fingerprints_size(), 1);
  EXPECT_EQ(made.fingerprints(0).algorithm(), "sha-256");
  EXPECT_EQ(made.fingerprints(0).value().size(), 32u * 3 - 1);
  for (const char c : made.fingerprints(0).value()) {
    EXPECT_FALSE(std::isupper(c)) << "W3C prints lower case";
  }
  EXPECT_EQ(made.labels().at("room"), "7");
  EXPECT_EQ(made.expire_time().seconds() - made.create_time().seconds(),
            30 * 24 * 3600);
  EXPECT_FALSE(made.imported());
  EXPECT_EQ(made.replaced_by(), "");
  EXPECT_EQ(Get(made.name()).fingerprints(0).value(),
            made.fingerprints(0).value());
  EXPECT_THAT(made.DebugString(), Not(HasSubstr("PRIVATE")));

  v1::GetPoolResponse pool;
  ASSERT_OK(Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest(), &pool));
  EXPECT_EQ(pool.pool().use().certificates(), 1u);
  EXPECT_EQ(pool.pool().capacity().certificates(), 4u);
}

TEST_F(CertificateServiceTest, GeneratesRsaAndOtherValidities) {
  v1::GenerateCertificateRequest request;
  request.set_key_algorithm(v1::KEY_ALGORITHM_RSA_2048);
  request.mutable_validity()->set_seconds(365 * 24 * 3600);
  const v1::Certificate made = Generate(request);
  EXPECT_EQ(made.key_algorithm(), v1::KEY_ALGORITHM_RSA_2048);
  EXPECT_GT(made.expire_time().seconds() - made.create_time().seconds(),
            364 * 24 * 3600);
}

TEST_F(CertificateServiceTest, GenerateRefusesWhatItCannotMake) {
  const auto refused = [this](const v1::GenerateCertificateRequest& request) {
    return ErrorText(Call(&Certificates::GenerateCertificate, request));
  };
  v1::GenerateCertificateRequest request;
  request.set_key_algorithm(v1::KEY_ALGORITHM_OTHER);
  EXPECT_EQ(refused(request), kNotSupported);
  request.set_key_algorithm(static_cast<v1::KeyAlgorithm>(77));
  EXPECT_EQ(refused(request), kNotSupported);
  request.Clear();
  request.mutable_validity()->set_seconds(365 * 24 * 3600 + 1);
  EXPECT_EQ(refused(request), kRangeError);
  request.mutable_validity()->set_seconds(0);
  EXPECT_EQ(refused(request), kRangeError);
  request.mutable_validity()->set_seconds(1);
  request.mutable_validity()->set_nanos(-1);
  EXPECT_EQ(refused(request), kTypeError);
  request.Clear();
  (*request.mutable_labels())[""] = "x";
  EXPECT_EQ(refused(request), kTypeError);
  request.Clear();
  request.set_request_id(std::string(129, 'x'));
  EXPECT_EQ(refused(request), kRangeError);
}

TEST_F(CertificateServiceTest, HoldsNoMoreThanItMay) {
  std::string last;
  for (int i = 0; i < 4; ++i) last = Generate().name();
  EXPECT_EQ(ErrorText(Call(&Certificates::GenerateCertificate,
                           v1::GenerateCertificateRequest())),
            "RESOURCE_EXHAUSTED TENANT_QUOTA OperationError");
  EXPECT_OK(Delete(last));
  EXPECT_EQ(ErrorText(Delete(last)), kUnknown);
  Generate();
}

TEST_F(CertificateServiceTest, ACallIsRepeatableByItsRequestId) {
  v1::GenerateCertificateRequest request;
  request.set_request_id("generate");
  const std::string name = Generate(request).name();
  EXPECT_EQ(Generate(request).name(), name);
  request.mutable_validity()->set_seconds(60);
  EXPECT_EQ(ErrorText(Call(&Certificates::GenerateCertificate, request)),
            "ALREADY_EXISTS REQUEST_ID_CONFLICT");

  v1::RotateCertificateRequest rotate;
  rotate.set_name(name);
  rotate.set_request_id("rotate");
  v1::RotateCertificateResponse first;
  v1::RotateCertificateResponse second;
  EXPECT_OK(Call(&Certificates::RotateCertificate, rotate, &first));
  EXPECT_OK(Call(&Certificates::RotateCertificate, rotate, &second));
  EXPECT_EQ(first.certificate().name(), second.certificate().name());

  v1::DeleteCertificateRequest remove;
  remove.set_name(name);
  remove.set_request_id("delete");
  EXPECT_OK(Call(&Certificates::DeleteCertificate, remove));
  EXPECT_OK(Call(&Certificates::DeleteCertificate, remove));
  remove.set_request_id("another");
  EXPECT_EQ(ErrorText(Call(&Certificates::DeleteCertificate, remove)),
            kUnknown);
  // What failed is not remembered: it may be done yet.
  EXPECT_EQ(ErrorText(Call(&Certificates::DeleteCertificate, remove)),
            kUnknown);
}

TEST_F(CertificateServiceTest, NamesThatLeadNowhereSayWhy) {
  const std::string lost = "certificates/local." + std::string(30, 'a');
  v1::GetCertificateRequest get;
  const auto getting = [&](const std::string& name) {
    get.set_name(name);
    return ErrorText(Call(&Certificates::GetCertificate, get));
  };
  EXPECT_EQ(getting(lost), kUnknown);
  EXPECT_EQ(getting("certificates/other." + std::string(30, 'a')),
            "FAILED_PRECONDITION WRONG_NODE");
  EXPECT_EQ(getting(""), kTypeError);
  EXPECT_EQ(getting(CreatePeer().name()), kTypeError);
  v1::RotateCertificateRequest rotate;
  rotate.set_name(lost);
  EXPECT_EQ(ErrorText(Call(&Certificates::RotateCertificate, rotate)),
            kUnknown);
  EXPECT_EQ(ErrorText(Delete(lost)), kUnknown);
  EXPECT_EQ(ErrorText(Call(&Peers::CreatePeer, PeerWith({lost}))), kUnknown);
  const auto status = Call(&Peers::CreatePeer, PeerWith({lost}));
  EXPECT_EQ(Metadata(status, "field"), "configuration.certificates[0]");
  EXPECT_EQ(
      ErrorText(Call(&Peers::CreatePeer, PeerWith({"a", "b", "c", "d", "e"}))),
      kRangeError);
}

TEST_F(CertificateServiceTest, ListsPageByPage) {
  std::set<std::string> names;
  for (int i = 0; i < 3; ++i) names.insert(Generate().name());
  v1::ListCertificatesRequest request;
  request.set_page_size(2);
  v1::ListCertificatesResponse page;
  ASSERT_OK(Call(&Certificates::ListCertificates, request, &page));
  ASSERT_EQ(page.certificates_size(), 2);
  for (const auto& one : page.certificates()) names.erase(one.name());
  request.set_page_token(page.next_page_token());
  page.Clear();
  ASSERT_OK(Call(&Certificates::ListCertificates, request, &page));
  ASSERT_EQ(page.certificates_size(), 1);
  names.erase(page.certificates(0).name());
  EXPECT_TRUE(names.empty());
  EXPECT_EQ(page.next_page_token(), "");

  request.set_page_token("nonsense");
  EXPECT_EQ(ErrorText(Call(&Certificates::ListCertificates, request)),
            "INVALID_ARGUMENT PAGE_TOKEN");
  request.Clear();
  request.set_page_size(-1);
  EXPECT_EQ(ErrorText(Call(&Certificates::ListCertificates, request)),
            kTypeError);
  request.set_page_size(1001);
  EXPECT_EQ(ErrorText(Call(&Certificates::ListCertificates, request)),
            kRangeError);
}

TEST_F(CertificateServiceTest, ImportsAndRefusesPrecisely) {
  const auto native =
      crypto::GenerateCertificate({}, SystemClock(), SystemRandom());
  ASSERT_TRUE(native.ok());
  const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PrivateKey(bio.get(), (*native)->private_key(),
                                     nullptr, nullptr, 0, nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);

  v1::ImportCertificateRequest request;
  request.set_certificate_pem((*native)->Pem());
  request.set_private_key_pem(std::string(text, static_cast<size_t>(size)));
  request.set_request_id("import");
  v1::ImportCertificateResponse response;
  ASSERT_OK(Call(&Certificates::ImportCertificate, request, &response));
  EXPECT_TRUE(response.certificate().imported());
  const std::string name = response.certificate().name();
  response.Clear();
  ASSERT_OK(Call(&Certificates::ImportCertificate, request, &response));
  EXPECT_EQ(response.certificate().name(), name) << "done once";

  request.clear_request_id();
  v1::ImportCertificateRequest bad = request;
  bad.set_certificate_pem("no PEM");
  grpc::Status status = Call(&Certificates::ImportCertificate, bad);
  EXPECT_EQ(ErrorText(status), kTypeError);
  EXPECT_EQ(Metadata(status, "field"), "certificate_pem");
  bad = request;
  bad.set_private_key_pem(bad.certificate_pem());
  status = Call(&Certificates::ImportCertificate, bad);
  EXPECT_EQ(ErrorText(status), kTypeError);
  EXPECT_EQ(Metadata(status, "field"), "private_key_pem");
  bad = request;
  bad.set_certificate_pem(
      (*crypto::GenerateCertificate({}, SystemClock(), SystemRandom()))->Pem());
  EXPECT_EQ(ErrorText(Call(&Certificates::ImportCertificate, bad)), kTypeError)
      << "another's key";
  bad.set_certificate_pem(std::string((16 << 10) + 1, 'x'));
  EXPECT_EQ(ErrorText(Call(&Certificates::ImportCertificate, bad)),
            kRangeError);
}

TEST_F(CertificateServiceTest, APeerShowsAndUsesItsCertificates) {
  v1::GenerateCertificateRequest rsa;
  rsa.set_key_algorithm(v1::KEY_ALGORITHM_RSA_2048);
  const v1::Certificate one = Generate(rsa);
  const v1::Certificate two = Generate();
  const v1::Peer peer = CreatePeer(PeerWith({one.name(), two.name()}));
  ASSERT_EQ(peer.configuration().certificates_size(), 2);
  EXPECT_EQ(peer.configuration().certificates(0), one.name());
  EXPECT_EQ(Get(one.name()).peers(), 1u);
  const std::string offer = CreateOffer(peer.name()).sdp();
  EXPECT_THAT(offer, HasSubstr(Line(one)));
  EXPECT_THAT(offer, HasSubstr(Line(two)));
  ClosePeer(peer.name());
  EXPECT_EQ(Get(one.name()).peers(), 0u);
}

TEST_F(CertificateServiceTest, AConnectionIsMadeWithANamedRsaCertificate) {
  v1::GenerateCertificateRequest rsa;
  rsa.set_key_algorithm(v1::KEY_ALGORITHM_RSA_2048);
  const v1::Certificate certificate = Generate(rsa);
  const std::string a = CreatePeer(PeerWith({certificate.name()})).name();
  const std::string b = CreatePeer(PeerWith({certificate.name()})).name();
  EXPECT_OK(Delete(certificate.name()));
  SetLocal(a);
  AwaitGathered(a);
  const auto offer = GetPeer(a, v1::PEER_VIEW_FULL).pending_local_description();
  EXPECT_THAT(offer.sdp(), HasSubstr(Line(certificate)));
  SetRemote(b, offer);
  SetLocal(b);
  AwaitGathered(b);
  SetRemote(a, GetPeer(b, v1::PEER_VIEW_FULL).current_local_description());
  AwaitConnected(a);
  AwaitConnected(b);
}

TEST_F(CertificateServiceTest, RotationIsForNewPeersOnly) {
  const v1::Certificate old = Generate();
  const std::string before = CreatePeer(PeerWith({old.name()})).name();
  const v1::Certificate fresh = Rotate(old.name());
  EXPECT_EQ(Get(old.name()).replaced_by(), fresh.name());
  const v1::Peer after = CreatePeer(PeerWith({old.name()}));
  EXPECT_EQ(after.configuration().certificates(0), fresh.name());
  EXPECT_THAT(CreateOffer(after.name()).sdp(), HasSubstr(Line(fresh)));
  EXPECT_THAT(CreateOffer(before).sdp(), HasSubstr(Line(old)));
}

TEST_F(CertificateServiceTest, ThoseOfAPeerCannotChange) {
  const std::string one = Generate().name();
  const std::string two = Generate().name();
  const std::string peer = CreatePeer(PeerWith({one})).name();
  v1::UpdatePeerRequest update;
  update.set_name(peer);
  update.mutable_configuration()->add_certificates(one);
  EXPECT_OK(Call(&Peers::UpdatePeer, update)) << "the same";
  update.mutable_configuration()->set_certificates(0, two);
  const grpc::Status status = Call(&Peers::UpdatePeer, update);
  EXPECT_EQ(ErrorText(status),
            "INVALID_ARGUMENT CONFIGURATION_IMMUTABLE "
            "InvalidModificationError");
  EXPECT_EQ(Metadata(status, "field"), "configuration.certificates");
  update.mutable_configuration()->clear_certificates();
  EXPECT_OK(Call(&Peers::UpdatePeer, update));
  EXPECT_EQ(GetPeer(peer).configuration().certificates(0), one);
}

// CreatePeer, repeated, gets its first answer even if the name is gone.
TEST_F(CertificateServiceTest, ARepeatedCreatePeerNeedsNoCertificate) {
  const std::string name = Generate().name();
  v1::CreatePeerRequest request = PeerWith({name});
  request.set_request_id("once");
  const std::string peer = CreatePeer(request).name();
  EXPECT_OK(Delete(name));
  EXPECT_EQ(CreatePeer(request).name(), peer);
}

}  // namespace
}  // namespace parley::service
