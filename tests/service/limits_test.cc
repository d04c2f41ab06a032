// Every limit of the table in deploy/LIMITS.md: one below, at, and one above;
// and that the table and these tests are of the same limits.

#include "tests/service/limits.h"

#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace parley::service {

std::string ReasonOf(const grpc::Status& status) {
  if (status.ok()) return "";
  if (const auto info = FindDetail<google::rpc::ErrorInfo>(status)) {
    return info->reason();
  }
  return absl::StatusCodeToString(
      static_cast<absl::StatusCode>(status.error_code()));
}

v1::Certificate LimitsTest::Generate() {
  v1::GenerateCertificateResponse response;
  EXPECT_OK(Call(&v1::CertificateService::Stub::GenerateCertificate,
                 v1::GenerateCertificateRequest(), &response));
  return response.certificate();
}

std::string LimitsTest::TryOffer(const std::string& text) {
  v1::SetRemoteDescriptionRequest request;
  request.set_name(CreatePeer().name());
  request.mutable_description()->set_type(v1::SDP_TYPE_OFFER);
  request.mutable_description()->set_sdp(text);
  request.set_validate_only(true);
  return Try(&Peers::SetRemoteDescription, request);
}

const std::string& LimitsTest::MediaOffer() {
  if (media_offer_.empty()) {
    v1::CreatePeerRequest request;
    request.add_data_channels();
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_VIDEO);
    media_offer_ = CreateOffer(CreatePeer(request).name()).sdp();
  }
  return media_offer_;
}

const std::string& LimitsTest::DataOffer() {
  if (data_offer_.empty()) {
    data_offer_ = CreateOffer(CreateChannelPeer().name()).sdp();
  }
  return data_offer_;
}

namespace {

template <typename Stream, typename Response>
std::string FirstWord(Stream& stream, grpc::ClientContext& context,
                      Response response) {
  const bool answered = stream.Read(&response);
  if (answered) context.TryCancel();
  const grpc::Status status = stream.Finish();
  return answered ? "" : ReasonOf(status);
}

}  // namespace

std::string LimitsTest::TryWatch(const v1::WatchPeerRequest& request) {
  grpc::ClientContext context;
  const auto stream = peers_->WatchPeer(&context, request);
  return FirstWord(*stream, context, v1::WatchPeerResponse());
}

std::string LimitsTest::TryWatchAll(const v1::WatchPeersRequest& request) {
  grpc::ClientContext context;
  const auto stream = peers_->WatchPeers(&context, request);
  return FirstWord(*stream, context, v1::WatchPeersResponse());
}

std::string LimitsTest::TryExchange(const v1::ExchangeRequest& request) {
  grpc::ClientContext context;
  const auto stream = channels_->Exchange(&context);
  stream->Write(request);
  stream->WritesDone();
  v1::ExchangeResponse response;
  std::string refused;
  while (stream->Read(&response)) {
    for (const v1::ServerFrame& frame : response.frames()) {
      if (frame.has_detached() && frame.detached().has_error()) {
        refused = frame.detached().error().reason();
      }
    }
  }
  const std::string reason = ReasonOf(stream->Finish());
  return reason.empty() ? refused : reason;
}

namespace {

using ::testing::StartsWith;

std::vector<LimitRow> AllLimits() {
  std::vector<LimitRow> all;
  for (auto&& rows : {CallLimits(), PeerLimits(), MediaLimits(),
                      NegotiationLimits(), PoolLimits(), RemoteLimits()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(std::string(PARLEY_SOURCE) + "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  return (std::stringstream() << file.rdbuf()).str();
}

// "16 KiB" in bytes, "5 min" in milliseconds, "1,024" as it is; 0 for what is
// no number.
uint64_t ReadNumber(std::string text) {
  text = absl::StrReplaceAll(text, {{",", ""}});
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  const std::map<std::string, uint64_t> units = {
      {"", 1},     {"B", 1},        {"KiB", 1024},    {"MiB", 1 << 20},
      {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"days", 86'400'000},
      {"ms", 1}};
  uint64_t number = 0;
  const auto unit = units.find(words.size() > 1 ? words[1] : "");
  if (!absl::SimpleAtoi(words[0], &number) || unit == units.end()) return 0;
  return number * unit->second;
}

struct Documented {
  uint64_t limit = 0;
  std::string beyond;
};

// The rows of the table: | what | limit | flag | beyond it |.
std::map<std::string, Documented> ReadTable() {
  std::map<std::string, Documented> table;
  for (const auto line : absl::StrSplit(ReadFile("deploy/LIMITS.md"), '\n')) {
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    if (cells.size() != 6) continue;
    const auto cell = [&](size_t i) {
      return std::string(absl::StripAsciiWhitespace(cells[i]));
    };
    if (cell(2) == "limit" || absl::StartsWith(cell(1), "--")) continue;
    EXPECT_TRUE(table.try_emplace(cell(1), ReadNumber(cell(2)), cell(4)).second)
        << cell(1) << " stands twice";
  }
  return table;
}

TEST(LimitsTableTest, HasTheTestedLimitsAndNoOthers) {
  std::map<std::string, Documented> table = ReadTable();
  for (const LimitRow& row : AllLimits()) {
    const auto found = table.find(row.what);
    ASSERT_NE(found, table.end()) << row.what << " is not documented";
    EXPECT_EQ(found->second.limit,
              row.documented != 0 ? row.documented : row.limit)
        << row.what;
    EXPECT_THAT(found->second.beyond, StartsWith(row.beyond)) << row.what;
    table.erase(found);
  }
  for (const auto& [what, documented] : table) {
    ADD_FAILURE() << what << " is documented and not tested";
  }
}

TEST(LimitsTableTest, WhatIsTestedElsewhereIsThere) {
  for (const LimitRow& row : AllLimits()) {
    if (row.elsewhere.empty()) continue;
    const std::vector<std::string> place = absl::StrSplit(row.elsewhere, ':');
    ASSERT_EQ(place.size(), 2u);
    EXPECT_TRUE(absl::StrContains(ReadFile(place[0]), " " + place[1] + ")"))
        << row.elsewhere;
  }
}

class LimitTest : public ::testing::TestWithParam<LimitRow> {};

TEST_P(LimitTest, BelowAtAndAbove) {
  const LimitRow& row = GetParam();
  LimitsTest test;
  Options options = LimitsTest::TestOptions();
  if (row.options) row.options(options);
  test.StartServer(std::move(options));
  EXPECT_EQ(row.send(test, row.limit - 1), row.within) << row.what;
  EXPECT_EQ(row.send(test, row.limit), row.within) << row.what;
  EXPECT_EQ(row.send(test, row.limit + 1), row.beyond) << row.what;
}

std::vector<LimitRow> HereLimits() {
  std::vector<LimitRow> rows = AllLimits();
  std::erase_if(rows, [](const LimitRow& row) { return row.send == nullptr; });
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Table, LimitTest, ::testing::ValuesIn(HereLimits()),
                         [](const ::testing::TestParamInfo<LimitRow>& info) {
                           std::string name;
                           for (const char c : info.param.what)
                             name += std::isalnum(c) ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace parley::service
