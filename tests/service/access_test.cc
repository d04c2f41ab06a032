// Who may call what: tokens, roles, and what tenants see of each other.

#include <set>
#include <string>

#include "absl/strings/str_replace.h"
#include "tests/service/access_fixture.h"
#include "tests/service/jwt_maker.h"

namespace parley::service {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(AccessTest, EveryMethodAsksWhoCalls) {
  Start();
  int methods = 0;
  ForEachMethod([&](const MethodDescriptor& method) {
    SCOPED_TRACE(method.full_name());
    ++methods;
    const auto request = NewRequest(method);
    const struct {
      CallAs as;
      const char* cause;
    } kCases[] = {
        {{}, "missing"},
        {{"Basic dXNlcjpwYXNz"}, "malformed"},
        {{"Bearer "}, "malformed"},
        {{"Bearer"}, "malformed"},
        {{"Bearer " + std::string(8193, 'x')}, "malformed"},
        {Token("stranger-0123456789"), "unknown"},
        {Token(std::string(kUser) + "x"), "unknown"},
        {Token(std::string(kUser).substr(1)), "unknown"},
    };
    for (const auto& [as, cause] : kCases) {
      const grpc::Status status = CallMethod(channel_, as, method, *request);
      EXPECT_EQ(ErrorText(status), kUnauthenticated);
      EXPECT_EQ(Metadata(status, "cause"), cause);
      EXPECT_THAT(status.error_message(), HasSubstr("authorization: Bearer"));
      EXPECT_THAT(status.error_message(), Not(HasSubstr("0123456789")));
    }
  });
  EXPECT_EQ(methods, static_cast<int>(Method::kCount));
}

TEST_F(AccessTest, AdminsAloneMayWhatIsAboutTheServer) {
  Start();
  std::set<std::string> refused;
  ForEachMethod([&](const MethodDescriptor& method) {
    if (method.client_streaming() || method.server_streaming()) return;
    const auto request = NewRequest(method);
    const grpc::Status user =
        CallMethod(channel_, Token(kUser), method, *request);
    if (ErrorText(user) == "PERMISSION_DENIED ROLE") {
      refused.insert(method.name());
    }
    const grpc::Status admin =
        CallMethod(channel_, Token(kAdmin), method, *request);
    EXPECT_NE(admin.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  });
  EXPECT_THAT(refused, ElementsAre("Drain", "DumpPeer"));
}

TEST_F(AccessTest, ATokenIsReadAsHttpHasIt) {
  Start();
  v1::GetPoolRequest request;
  for (const CallAs& as :
       {Token(kUser), CallAs{"bearer " + std::string(kUser)}}) {
    EXPECT_OK(As(as, &v1::PoolService::Stub::GetPool, request));
  }
}

// The part of a name that is each one's own.
std::string Unique(const std::string& name) {
  const size_t begin = name.find('.') + 1;
  return name.substr(begin, name.find('/', begin) - begin);
}

// A name like this one that was never given.
std::string Never(std::string name) {
  char& letter = name[name.find('.') + 25];
  letter = letter == 'a' ? 'b' : 'a';
  return name;
}

// What an error says, apart from the name.
std::string Shape(const grpc::Status& status, const std::string& name) {
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  // As text the entries of a map have an order.
  return ErrorText(status) + "\n" +
         absl::StrReplaceAll(status.error_message() + details.DebugString(),
                             {{Unique(name), "NAME"}});
}

// Fills what a method needs to come to the name.
void Fill(google::protobuf::Message& request) {
  const auto& descriptor = *request.GetDescriptor();
  const auto& reflection = *request.GetReflection();
  if (const auto* kind = descriptor.FindFieldByName("kind")) {
    if (kind->type() == FieldDescriptor::TYPE_ENUM) {
      reflection.SetEnumValue(&request, kind, 1);
    }
  }
  if (auto* answer = dynamic_cast<v1::AnswerRequest*>(&request)) {
    answer->mutable_offer()->set_sdp("v=0");
  }
}

TEST_F(AccessTest, NoMethodTellsAnotherTenantsNameFromOneThatNeverWas) {
  Start();
  const v1::Peer peer = CreateAs(kUser);
  v1::GenerateCertificateResponse certificate;
  ASSERT_OK(As(Token(kUser), &v1::CertificateService::Stub::GenerateCertificate,
               v1::GenerateCertificateRequest(), &certificate));
  const v1::Peer tombstone = CreateAs(kUser);
  v1::ClosePeerRequest close;
  close.set_name(tombstone.name());
  ASSERT_OK(As(Token(kUser), &Peers::ClosePeer, close));

  std::set<std::string> not_found;
  std::set<std::string> named;
  ForEachMethod([&](const MethodDescriptor& method) {
    const auto* field = method.input_type()->FindFieldByName("name");
    if (field == nullptr || method.name() == "DumpPeer") return;
    named.insert(method.name());
    for (const std::string& name :
         {peer.name(), tombstone.name(), peer.state().transceivers(0).name(),
          peer.state().data_channels(0).name(),
          certificate.certificate().name()}) {
      SCOPED_TRACE(method.full_name() + " of " + name);
      const std::string never = Never(name);
      const auto ask = [&](const std::string& asked) {
        const auto request = NewRequest(method);
        Fill(*request);
        request->GetReflection()->SetString(request.get(), field, asked);
        return CallMethod(channel_, Token(kOther), method, *request);
      };
      const grpc::Status of_another = ask(name);
      EXPECT_EQ(Shape(of_another, name), Shape(ask(never), never));
      EXPECT_FALSE(of_another.ok());
      if (of_another.error_code() == grpc::StatusCode::NOT_FOUND) {
        not_found.insert(method.name());
      }
    }
  });
  EXPECT_EQ(not_found, named);
  EXPECT_EQ(named.size(), 27u);

  // And nothing happened to what it is.
  v1::GetPeerRequest get;
  get.set_name(peer.name());
  v1::GetPeerResponse now;
  ASSERT_OK(As(Token(kUser), &Peers::GetPeer, get, &now));
  EXPECT_FALSE(now.peer().has_closure());
  EXPECT_EQ(now.peer().state().last_event_sequence(),
            peer.state().last_event_sequence());
}

TEST_F(AccessTest, AFrameOfAnotherTenantsChannelIsRefusedAsOfNone) {
  Start();
  const std::string name = CreateAs(kUser).state().data_channels(0).name();
  const auto refusal = [&](const std::string& asked) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", Token(kOther).authorization);
    Channels stub(channel_);
    const auto stream = stub.Exchange(&context);
    v1::ExchangeRequest request;
    v1::ClientFrame& frame = *request.add_frames();
    frame.set_name(asked);
    frame.mutable_attach();
    stream->Write(request);
    v1::ExchangeResponse response;
    EXPECT_TRUE(stream->Read(&response));
    context.TryCancel();
    stream->Finish();
    return absl::StrReplaceAll(response.DebugString(),
                               {{Unique(asked), "NAME"}});
  };
  const std::string refused = refusal(name);
  EXPECT_THAT(refused, HasSubstr("PEER_UNKNOWN"));
  EXPECT_EQ(refused, refusal(Never(name)));
}

TEST_F(AccessTest, ListsAndCertificatesOfPeersAreEachTenantsOwn) {
  Start();
  for (int i = 0; i < 3; ++i) CreateAs(kUser);
  const std::string theirs = CreateAs(kOther).name();
  v1::ListPeersRequest list;
  list.set_page_size(1);
  v1::ListPeersResponse page;
  ASSERT_OK(As(Token(kOther), &Peers::ListPeers, list, &page));
  ASSERT_EQ(page.peers_size(), 1);
  EXPECT_EQ(page.peers(0).name(), theirs);
  EXPECT_EQ(page.next_page_token(), "");

  v1::GenerateCertificateResponse made;
  ASSERT_OK(As(Token(kUser), &v1::CertificateService::Stub::GenerateCertificate,
               v1::GenerateCertificateRequest(), &made));
  v1::CreatePeerRequest create;
  create.mutable_configuration()->add_certificates(made.certificate().name());
  EXPECT_EQ(ErrorText(As(Token(kOther), &Peers::CreatePeer, create)),
            "NOT_FOUND CERTIFICATE_UNKNOWN");
  EXPECT_OK(As(Token(kUser), &Peers::CreatePeer, create));
  v1::ListCertificatesResponse certificates;
  ASSERT_OK(As(Token(kOther), &v1::CertificateService::Stub::ListCertificates,
               v1::ListCertificatesRequest(), &certificates));
  EXPECT_EQ(certificates.certificates_size(), 0);
}

TEST_F(AccessTest, OneRequestIdOfTwoTenantsIsTwoRequests) {
  Start();
  v1::CreatePeerRequest create;
  create.set_request_id("the same");
  v1::GenerateCertificateRequest generate;
  generate.set_request_id("the same");
  std::set<std::string> names;
  for (const char* token : {kUser, kOther, kUser, kOther}) {
    v1::CreatePeerResponse peer;
    EXPECT_OK(As(Token(token), &Peers::CreatePeer, create, &peer));
    names.insert(peer.peer().name());
    v1::GenerateCertificateResponse made;
    EXPECT_OK(As(Token(token),
                 &v1::CertificateService::Stub::GenerateCertificate, generate,
                 &made));
    names.insert(made.certificate().name());
  }
  EXPECT_EQ(names.size(), 4u);
}

TEST_F(AccessTest, AnAdminDumpsThePeerOfAnyTenant) {
  Start();
  const std::string name = CreateAs(kOther).name();
  v1::DumpPeerRequest request;
  request.set_name(name);
  v1::DumpPeerResponse response;
  ASSERT_OK(
      As(Token(kAdmin), &v1::PoolService::Stub::DumpPeer, request, &response));
  EXPECT_EQ(response.dump().peer().name(), name);
  EXPECT_EQ(response.dump().tenant(), "other");
  v1::GetPeerRequest get;
  get.set_name(name);
  EXPECT_EQ(ErrorText(As(Token(kAdmin), &Peers::GetPeer, get)),
            "NOT_FOUND PEER_UNKNOWN")
      << "in all else an admin is of a tenant";
}

TEST_F(AccessTest, AWatcherSeesItsTenantsPeersAlone) {
  Start();
  const std::string mine = CreateAs(kUser).name();
  const std::string theirs = CreateAs(kOther).name();
  const Watched watched = WatchOnce(channel_, Token(kUser), "");
  EXPECT_THAT(watched.names, ElementsAre(mine));
  EXPECT_THAT(WatchOnce(channel_, Token(kOther), "").names,
              ElementsAre(theirs));

  // Another's place in its events is worth nothing.
  grpc::Status status;
  WatchOnce(channel_, Token(kOther), watched.resume_token, &status);
  EXPECT_EQ(ErrorText(status), "OUT_OF_RANGE EVENTS_COMPACTED");
}

TEST_F(AccessTest, TokensAreReadAgainWhenTheirFileChanges) {
  Start();
  EXPECT_EQ(Pool(kUser), "OK");
  Write("acme user fresh-token-0123456789\n");
  AwaitEnd(kUser);
  EXPECT_EQ(Pool("fresh-token-0123456789"), "OK");

  // Broken: what was right goes on.
  Write("acme user fresh-token-0123456789\nacme nobody another-0123456789\n");
  const auto failures = [this] { return server_->access().failed_reloads(); };
  const absl::Time end = absl::Now() + kPatience;
  while (failures() == 0 && absl::Now() < end) {
    Pool("fresh-token-0123456789");
  }
  EXPECT_EQ(failures(), 1u);
  EXPECT_EQ(Pool("fresh-token-0123456789"), "OK");
  EXPECT_EQ(Pool("another-0123456789"), kUnauthenticated);
  Write("acme user another-0123456789\n");
  AwaitEnd("fresh-token-0123456789");
  EXPECT_EQ(Pool("another-0123456789"), "OK");
}

TEST_F(AccessTest, KeysAreReadAgainWhenTheirFileChanges) {
  const JwtMaker before = JwtMaker::Ec();
  const JwtMaker after = JwtMaker::Ec();
  const std::string claims =
      absl::StrCat(R"({"tenant":"acme","exp":)",
                   absl::ToUnixSeconds(absl::Now() + absl::Hours(1)), "}");
  Write(before.PublicPem());
  Start([this](Options& options) {
    options.access.tokens_path.clear();
    options.access.jwt.key_paths = {folder_ / "tokens"};
  });
  EXPECT_EQ(Pool(before.Sign(claims)), "OK");
  EXPECT_EQ(Pool(after.Sign(claims)), kUnauthenticated);
  Write(after.PublicPem());
  AwaitEnd(before.Sign(claims));
  EXPECT_EQ(Pool(after.Sign(claims)), "OK");
}

TEST_F(AccessTest, AServerDoesNotStartWithBrokenTokens) {
  Write("acme user tiny\n");
  Options options = TestOptions();
  options.access.tokens_path = folder_ / "tokens";
  Log log(options.log, SystemClock());
  const auto server = Server::Start(std::move(options), log);
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()),
              HasSubstr("--tokens: line 1: the token has 4 characters"));
}

}  // namespace
}  // namespace parley::service
