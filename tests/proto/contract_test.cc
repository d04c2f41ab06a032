// What the contract promises of itself, in its comments and in its shape.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parley/v1/candidate.pb.h"
#include "parley/v1/options.pb.h"
#include "parley/v1/peer.pb.h"

namespace parley {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;
using ::google::protobuf::MethodDescriptor;
using ::google::protobuf::ServiceDescriptor;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

// The text of every file of the contract, by file name.
const std::map<std::string, std::string>& Texts() {
  static const auto* const texts = [] {
    auto* out = new std::map<std::string, std::string>;
    for (const auto& entry : std::filesystem::directory_iterator(PROTO_DIR)) {
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      (*out)[entry.path().filename()] = text.str();
    }
    return out;
  }();
  return *texts;
}

// Their descriptors, all of which must be linked for reflection's sake.
std::vector<const FileDescriptor*> Files() {
  std::vector<const FileDescriptor*> files;
  for (const auto& [name, text] : Texts()) {
    files.push_back(
        DescriptorPool::generated_pool()->FindFileByName("parley/v1/" + name));
    if (files.back() == nullptr) {
      ADD_FAILURE() << name << " is not linked";
      files.pop_back();
    }
  }
  return files;
}

std::vector<const MethodDescriptor*> Methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const FileDescriptor* file : Files()) {
    for (int s = 0; s < file->service_count(); ++s) {
      const ServiceDescriptor* service = file->service(s);
      for (int m = 0; m < service->method_count(); ++m) {
        methods.push_back(service->method(m));
      }
    }
  }
  return methods;
}

bool ChangesSomething(const MethodDescriptor& method) {
  const std::string& name = method.name();
  return !name.starts_with("Get") && !name.starts_with("List") &&
         !name.starts_with("Watch") && name != "DumpPeer" &&
         name != "Exchange" && name != "ReceiveMessages";
}

// The comment that stands before an rpc, without its slashes.
std::string CommentOf(const MethodDescriptor& method) {
  std::string name = method.service()->file()->name();
  std::istringstream text(Texts().at(name.substr(name.rfind('/') + 1)));
  std::string line, comment;
  while (std::getline(text, line)) {
    if (line.starts_with("  rpc " + method.name() + "(")) return comment;
    if (line.starts_with("  //")) {
      comment += line.substr(4) + "\n";
    } else {
      comment.clear();
    }
  }
  ADD_FAILURE() << "no rpc " << method.full_name();
  return "";
}

bool IsNameCharacter(char c) {
  return std::isupper(static_cast<unsigned char>(c)) || c == '_';
}

// The words in capitals that `text` has.
std::set<std::string> CapitalWords(std::string_view text) {
  std::set<std::string> words;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t begin = i;
    while (i < text.size() && IsNameCharacter(text[i])) ++i;
    if (i > begin) words.emplace(text.substr(begin, i - begin));
  }
  return words;
}

// The errors that `text` writes as CODE/REASON.
std::set<std::pair<std::string, std::string>> ErrorsIn(std::string_view text) {
  std::set<std::pair<std::string, std::string>> errors;
  for (size_t slash = text.find('/'); slash != std::string_view::npos;
       slash = text.find('/', slash + 1)) {
    size_t begin = slash, end = slash + 1;
    while (begin > 0 && IsNameCharacter(text[begin - 1])) --begin;
    while (end < text.size() && IsNameCharacter(text[end])) ++end;
    if (begin < slash && end > slash + 1) {
      errors.emplace(text.substr(begin, slash - begin),
                     text.substr(slash + 1, end - slash - 1));
    }
  }
  return errors;
}

std::map<std::string, std::string> CodesByReason() {
  std::map<std::string, std::string> codes;
  for (int i = 0; i <= static_cast<int>(Reason::kInternal); ++i) {
    const auto reason = static_cast<Reason>(i);
    codes[std::string(ReasonName(reason))] =
        absl::StatusCodeToString(ReasonCode(reason));
  }
  return codes;
}

TEST(ContractTest, EveryErrorIsOneOfTheTable) {
  const auto codes = CodesByReason();
  for (const auto& [file, text] : Texts()) {
    for (const auto& [code, reason] : ErrorsIn(text)) {
      if (code == "CODE") continue;  // how the notation is explained
      ASSERT_THAT(codes, Contains(Key(reason))) << file;
      EXPECT_EQ(codes.at(reason), code) << file << ": " << reason;
    }
  }
}

TEST(ContractTest, EveryReasonOfTheTableIsExplained) {
  std::set<std::string> words;
  for (const auto& [file, text] : Texts()) words.merge(CapitalWords(text));
  for (const auto& [reason, code] : CodesByReason()) {
    EXPECT_THAT(words, Contains(reason));
  }
}

TEST(ContractTest, EveryMethodSaysWhichErrorsItMayAnswer) {
  for (const MethodDescriptor* method : Methods()) {
    EXPECT_THAT(CommentOf(*method), HasSubstr("\n Errors")) << method->name();
  }
}

TEST(ContractTest, MethodsNotBuiltSaySoTwice) {
  for (const MethodDescriptor* method : Methods()) {
    const std::string comment = CommentOf(*method);
    EXPECT_EQ(
        comment.find("Not built yet: answers UNIMPLEMENTED") !=
            std::string::npos,
        comment.find("UNIMPLEMENTED/NOT_BUILT: always") != std::string::npos)
        << method->full_name();
  }
}

TEST(ContractTest, WhatChangesSomethingCanBeRepeated) {
  for (const MethodDescriptor* method : Methods()) {
    const FieldDescriptor* id =
        method->input_type()->FindFieldByName("request_id");
    EXPECT_EQ(id != nullptr, ChangesSomething(*method)) << method->full_name();
    if (id != nullptr) {
      EXPECT_EQ(id->number(), 15) << method->full_name();
    }
  }
}

TEST(ContractTest, WhatChangesAPeerRepliesItsState) {
  for (const MethodDescriptor* method : Methods()) {
    if (method->service()->name() != "PeerService" ||
        !ChangesSomething(*method)) {
      continue;
    }
    const Descriptor* reply = method->output_type();
    const FieldDescriptor* state = reply->FindFieldByName("state");
    const FieldDescriptor* peer = reply->FindFieldByName("peer");
    EXPECT_TRUE(
        (state && state->message_type() == v1::PeerState::descriptor()) ||
        (peer && peer->message_type() == v1::Peer::descriptor()))
        << method->full_name();
  }
}

TEST(ContractTest, SecretsAreMarked) {
  std::set<std::string> secrets;
  for (const FileDescriptor* file : Files()) {
    for (int m = 0; m < file->message_type_count(); ++m) {
      const Descriptor* message = file->message_type(m);
      for (int f = 0; f < message->field_count(); ++f) {
        if (message->field(f)->options().GetExtension(v1::sensitive)) {
          secrets.insert(message->name() + "." + message->field(f)->name());
        }
      }
    }
  }
  EXPECT_THAT(secrets,
              UnorderedElementsAre("IceServer.credential",
                                   "ImportCertificateRequest.private_key_pem",
                                   "SessionDescription.sdp"));
}

// What a browser's JSON.stringify(candidate) prints.
TEST(ContractTest, ABrowsersCandidateIsOneOfOursInJson) {
  v1::IceCandidate candidate;
  const auto status = google::protobuf::util::JsonStringToMessage(
      R"({"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host",
          "sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"Wd4c"})",
      &candidate);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(candidate.sdp_mid(), "0");
  EXPECT_TRUE(candidate.has_sdp_m_line_index());
  EXPECT_EQ(candidate.username_fragment(), "Wd4c");
}

// Nothing here refers to them: reflection must still be able to describe them.
TEST(ContractTest, ErrorDetailsAndHealthAreLinked) {
  for (const char* name :
       {"google.rpc.Status", "google.rpc.ErrorInfo", "google.rpc.BadRequest",
        "google.rpc.RetryInfo", "google.rpc.QuotaFailure",
        "google.rpc.PreconditionFailure",
        "grpc.health.v1.HealthCheckRequest"}) {
    EXPECT_NE(DescriptorPool::generated_pool()->FindMessageTypeByName(name),
              nullptr)
        << name;
  }
}

}  // namespace
}  // namespace parley
