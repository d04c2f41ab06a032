// A full run at the most talkative level, and then a search of the log for
// everything that the contract calls sensitive, and for what else is nobody's
// business.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/crypto/certificate.h"
#include "core/crypto/openssl_ptr.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "openssl/pem.h"
#include "parley/v1/certificate_service.grpc.pb.h"
#include "parley/v1/data_channel_service.grpc.pb.h"
#include "parley/v1/options.pb.h"
#include "parley/v1/peer_service.grpc.pb.h"
#include "parley/v1/pool_service.grpc.pb.h"
#include "tests/service/parleyd_process.h"

namespace parley::service {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "bearer-of-this-run";
constexpr char kCredential[] = "credential-of-turn";
constexpr char kPayload[] = "said-in-confidence";

// Puts a word of its own into each sensitive field, to any depth.
class Filler {
 public:
  void Fill(Message& message) {
    const auto* type = message.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (field->options().GetExtension(v1::sensitive)) {
        fields_.insert(field->full_name());
        words_.push_back(absl::StrCat("secret-", words_.size(), "-secret"));
        message.GetReflection()->SetString(&message, field, words_.back());
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                 !field->is_map()) {
        const auto* reflection = message.GetReflection();
        Fill(field->is_repeated()
                 ? *reflection->AddMessage(&message, field)
                 : *reflection->MutableMessage(&message, field));
      }
    }
  }

  const std::vector<std::string>& words() const { return words_; }
  const std::set<std::string>& fields() const { return fields_; }

 private:
  std::vector<std::string> words_;
  std::set<std::string> fields_;
};

std::string KeyPem(const crypto::Certificate& certificate) {
  const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), certificate.private_key(), nullptr,
                           nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

void ExpectNoneOf(const std::vector<std::string>& secrets,
                  const std::string& text) {
  EXPECT_FALSE(secrets.empty());
  for (const std::string& secret : secrets) {
    EXPECT_FALSE(absl::StrContains(text, secret)) << secret;
  }
}

// The value of each a=NAME: line.
std::vector<std::string> ValuesOf(const std::string& sdp,
                                  const std::string& name) {
  std::vector<std::string> values;
  for (const auto line : absl::StrSplit(sdp, "\r\n")) {
    const std::string text(line);
    if (text.starts_with("a=" + name + ":")) {
      values.push_back(text.substr(name.size() + 3));
    }
  }
  return values;
}

// The tokens that the server takes, and a file for what it logs: a pipe that
// nobody reads meanwhile would fill.
class Folder {
 public:
  Folder() {
    std::string made =
        std::filesystem::temp_directory_path() / "parley_secrets_XXXXXX";
    EXPECT_NE(mkdtemp(made.data()), nullptr);
    path_ = made;
    std::ofstream(tokens()) << "acme admin " << kToken << "\n";
    std::ofstream(log()).flush();
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string tokens() const { return path_ / "tokens"; }
  std::string log() const { return path_ / "log"; }
  std::string LogText() const {
    std::ifstream file(log());
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

 private:
  std::filesystem::path path_;
};

class SecretsTest : public ::testing::TestWithParam<const char*> {
 protected:
  SecretsTest()
      : server_(
            {"--listen=127.0.0.1:0", "--admin-listen=off", "--loopback=always",
             "--log-level=debug", "--tokens=" + folder_.tokens(),
             std::string("--log-format=") + GetParam()},
            folder_.log().c_str()),
        channel_(Dial(server_.Address())),
        peers_(v1::PeerService::NewStub(channel_)),
        channels_(v1::DataChannelService::NewStub(channel_)) {}

  static void Begin(grpc::ClientContext& context) {
    SetDeadline(context);
    context.AddMetadata("authorization", std::string("Bearer ") + kToken);
  }

  template <typename Stub, typename Request, typename Response>
  Response Call(Stub& stub,
                grpc::Status (Stub::*method)(grpc::ClientContext*,
                                             const Request&, Response*),
                const Request& request) {
    grpc::ClientContext context;
    Begin(context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // The end of a call of any shape with this one request.
  grpc::Status CallAnyhow(const MethodDescriptor& method,
                          const Message& request) {
    grpc::GenericStub stub(channel_);
    grpc::CompletionQueue queue;
    grpc::ClientContext context;
    Begin(context);
    const auto call = stub.PrepareCall(
        &context,
        absl::StrCat("/", method.service()->full_name(), "/", method.name()),
        &queue);
    const auto done = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    call->StartCall(nullptr);
    done();
    grpc::ByteBuffer buffer;
    bool own = false;
    const grpc::Status made =
        grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(request,
                                                                 &buffer, &own);
    EXPECT_TRUE(made.ok());
    call->WriteLast(buffer, grpc::WriteOptions(), nullptr);
    done();
    grpc::ByteBuffer answer;
    call->Read(&answer, nullptr);
    while (done()) {
      // A stream that has answered would go on.
      if (method.server_streaming()) context.TryCancel();
      call->Read(&answer, nullptr);
    }
    grpc::Status status;
    call->Finish(&status, nullptr);
    done();
    return status;
  }

  // Every method, with a secret wherever one can stand.
  void CallEverything() {
    for (const char* service :
         {"parley.v1.PeerService", "parley.v1.DataChannelService",
          "parley.v1.CertificateService", "parley.v1.PoolService"}) {
      const auto* is =
          google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
              service);
      for (int i = 0; i < is->method_count(); ++i) {
        const MethodDescriptor& method = *is->method(i);
        if (method.name() == "Drain") continue;
        const std::unique_ptr<Message> request(
            google::protobuf::MessageFactory::generated_factory()
                ->GetPrototype(method.input_type())
                ->New());
        filler_.Fill(*request);
        const grpc::Status status = CallAnyhow(method, *request);
        methods_.push_back(method.name());
        EXPECT_THAT(status.error_message() + status.error_details(),
                    Not(HasSubstr("-secret")))
            << method.name();
      }
    }
  }

  v1::CreatePeerRequest NewPeer() {
    v1::CreatePeerRequest request;
    auto* server = request.mutable_configuration()->add_ice_servers();
    server->add_urls("turn:127.0.0.1:9");
    server->set_username("user-of-turn");
    server->set_credential(kCredential);
    v1::DataChannelInit& channel = *request.add_data_channels();
    channel.set_label("chat");
    channel.set_negotiated(true);
    channel.set_id(0);
    return request;
  }

  void NotePasswordsOf(const v1::SessionDescription& description) {
    const auto values = ValuesOf(description.sdp(), "ice-pwd");
    EXPECT_FALSE(values.empty());
    passwords_.insert(passwords_.end(), values.begin(), values.end());
  }

  // Two peers that connect and talk.
  std::string Talk() {
    v1::OfferRequest offer;
    *offer.mutable_create() = NewPeer();
    offer.mutable_gathering_timeout()->set_seconds(1);
    const v1::OfferResponse offered =
        Call(*peers_, &v1::PeerService::Stub::Offer, offer);
    v1::AnswerRequest answer;
    *answer.mutable_create() = NewPeer();
    *answer.mutable_offer() = offered.description();
    answer.mutable_gathering_timeout()->set_seconds(1);
    const v1::AnswerResponse answered =
        Call(*peers_, &v1::PeerService::Stub::Answer, answer);
    NotePasswordsOf(offered.description());
    NotePasswordsOf(answered.description());
    const std::string name = offered.peer().name();
    v1::SetRemoteDescriptionRequest remote;
    remote.set_name(name);
    *remote.mutable_description() = answered.description();
    Call(*peers_, &v1::PeerService::Stub::SetRemoteDescription, remote);
    AwaitOpen(name);
    v1::SendMessageRequest send;
    send.set_name(offered.peer().state().data_channels(0).name());
    send.set_text(kPayload);
    Call(*channels_, &v1::DataChannelService::Stub::SendMessage, send);
    v1::ReceiveMessagesRequest receive;
    receive.set_name(answered.peer().state().data_channels(0).name());
    receive.set_max_messages(1);
    grpc::ClientContext context;
    Begin(context);
    const auto stream = channels_->ReceiveMessages(&context, receive);
    v1::ReceiveMessagesResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.message().text(), kPayload);
    EXPECT_TRUE(stream->Finish().ok());
    return name;
  }

  void AwaitOpen(const std::string& name) {
    v1::WatchPeerRequest watch;
    watch.set_name(name);
    watch.set_after_sequence(0);
    grpc::ClientContext context;
    Begin(context);
    const auto stream = peers_->WatchPeer(&context, watch);
    v1::WatchPeerResponse update;
    const auto open = [&update] {
      return update.event()
                 .data_channel_state_change()
                 .data_channel()
                 .ready_state() == v1::DATA_CHANNEL_STATE_OPEN;
    };
    while (!open()) ASSERT_TRUE(stream->Read(&update));
    context.TryCancel();
    stream->Finish();
  }

  void Import() {
    const auto native =
        *crypto::GenerateCertificate({}, SystemClock(), SystemRandom());
    v1::ImportCertificateRequest request;
    request.set_certificate_pem(native->Pem());
    request.set_private_key_pem(KeyPem(*native));
    const auto stub = v1::CertificateService::NewStub(channel_);
    Call(*stub, &v1::CertificateService::Stub::ImportCertificate, request);
    for (const auto line : absl::StrSplit(request.private_key_pem(), '\n')) {
      if (!line.empty() && line[0] != '-') key_lines_.emplace_back(line);
    }
  }

  const Folder folder_;
  Parleyd server_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::PeerService::Stub> peers_;
  const std::unique_ptr<v1::DataChannelService::Stub> channels_;
  Filler filler_;
  std::vector<std::string> methods_;
  std::vector<std::string> passwords_;
  std::vector<std::string> key_lines_;
};

TEST_P(SecretsTest, AreInNoLog) {
  CallEverything();
  EXPECT_THAT(filler_.fields(),
              ::testing::UnorderedElementsAre(
                  "parley.v1.IceServer.credential",
                  "parley.v1.ImportCertificateRequest.private_key_pem",
                  "parley.v1.SessionDescription.sdp"));
  Import();
  const std::string name = Talk();
  v1::DumpPeerRequest dump;
  dump.set_name(name);
  const auto stub = v1::PoolService::NewStub(channel_);
  const std::string dumped =
      Call(*stub, &v1::PoolService::Stub::DumpPeer, dump).DebugString();
  EXPECT_THAT(dumped, HasSubstr(name));
  ExpectNoneOf(passwords_, dumped);
  ExpectNoneOf({kToken, kCredential, kPayload}, dumped);
  v1::DrainRequest drain;
  drain.mutable_timeout();
  Call(*stub, &v1::PoolService::Stub::Drain, drain);
  server_.Signal(SIGTERM);
  EXPECT_EQ(server_.Wait(), 0);

  const std::string log = folder_.LogText();
  for (const std::string& method : methods_) {
    EXPECT_TRUE(absl::StrContains(log, method))
        << "the log does not tell of " << method;
  }
  EXPECT_TRUE(absl::StrContains(log, name));
  ASSERT_GT(filler_.words().size(), 5u);
  ExpectNoneOf(filler_.words(), log);
  ExpectNoneOf(passwords_, log);
  ExpectNoneOf(key_lines_, log);
  ExpectNoneOf({kToken, kCredential, kPayload}, log);
}

INSTANTIATE_TEST_SUITE_P(Formats, SecretsTest,
                         ::testing::Values("text", "json"));

}  // namespace
}  // namespace parley::service
