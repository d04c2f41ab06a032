// A judge that never finds anything would pass everything: each rule is shown a
// description that breaks it.
#include "tests/corpus/validator.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/core/jsep/engine.h"

namespace parley::corpus {
namespace {

using jsep::SdpType;
using jsep::testing::DefaultConfiguration;
using jsep::testing::Engine;
using jsep::testing::MustParse;
using jsep::testing::Replaced;
using jsep::testing::ReplacedOnce;
using jsep::testing::WithoutLines;

class ValidatorTest : public ::testing::Test {
 protected:
  ValidatorTest() {
    offerer_.Add(jsep::MediaKind::kAudio);
    offerer_.Add(jsep::MediaKind::kVideo);
    offerer_.AddData();
    offer_ = offerer_.CreateOffer();
    offerer_.SetLocal(SdpType::kOffer, offer_);
    answerer_.SetRemote(SdpType::kOffer, offer_);
    answer_ = answerer_.CreateAnswer();
  }

  Faults JudgeAnswer(const std::string& answer) {
    Validator validator;
    validator.HearOffer(offer_);
    return validator.JudgeAnswer(answer);
  }

  void ExpectFault(const Faults& faults, const std::string& rule) {
    for (const std::string& fault : faults) {
      if (fault.find(rule) != std::string::npos) return;
    }
    ADD_FAILURE() << "no fault by " << rule << " among " << faults.size();
    for (const std::string& fault : faults) ADD_FAILURE() << fault;
  }

  Engine offerer_{1, DefaultConfiguration('A')};
  Engine answerer_{2, DefaultConfiguration('B')};
  std::string offer_;
  std::string answer_;
};

TEST_F(ValidatorTest, HasNothingAgainstWhatIsRight) {
  Validator validator;
  EXPECT_EQ(validator.JudgeOffer(offer_, false), Faults());
  EXPECT_EQ(JudgeAnswer(answer_), Faults());
}

TEST_F(ValidatorTest, FindsWhatIsWrongWithAnAnswer) {
  const auto once = [&](const char* from, const char* to) {
    return JudgeAnswer(ReplacedOnce(answer_, from, to));
  };
  ExpectFault(once("a=mid:0", "a=mid:9"), "RFC 5888");
  ExpectFault(JudgeAnswer(Replaced(answer_, ":active", ":actpass")),
              "RFC 8842");
  ExpectFault(once("a=recvonly", "a=sendrecv\r\na=bundle-only"), "RFC 9143 6");
  ExpectFault(once("m=video 9", "m=video 0"), "RFC 9143");
  ExpectFault(once("a=group:BUNDLE 0 1", "a=group:BUNDLE 0 7"), "RFC 9143");
  ExpectFault(once("opus/48000/2", "speex/8000"), "another codec");
  ExpectFault(once("a=rtcp-mux\r\n", ""), "RFC 5761");
  ExpectFault(once("UDP/TLS/RTP/SAVPF", "RTP/SAVPF"), "RFC 9429 5.3.1");
  ExpectFault(JudgeAnswer(WithoutLines(answer_, "a=fingerprint")), "RFC 8122");
  ExpectFault(JudgeAnswer(WithoutLines(answer_, "a=ice-pwd")), "RFC 8839");
  ExpectFault(JudgeAnswer(WithoutLines(answer_, "a=sctp-port")), "RFC 8841");
  ExpectFault(JudgeAnswer(Replaced(answer_, "\r\n", "\n")), "RFC 8866");
  ExpectFault(JudgeAnswer(answer_.substr(0, answer_.rfind("m="))),
              "RFC 3264 6");
}

TEST_F(ValidatorTest, FindsWhatWasNotOffered) {
  offer_ = WithoutLines(offer_, "a=extmap");
  ExpectFault(JudgeAnswer(answer_), "RFC 8285");
  offer_ = WithoutLines(offer_, "a=rtcp-fb");
  ExpectFault(JudgeAnswer(answer_), "RFC 4585");
  offer_ = Replaced(offer_, "a=sendrecv", "a=recvonly");
  ExpectFault(JudgeAnswer(answer_), "RFC 3264 6.1");
}

TEST_F(ValidatorTest, FindsWhatIsWrongWithAnOffer) {
  const auto judge = [](const std::string& offer) {
    return Validator().JudgeOffer(offer, false);
  };
  ExpectFault(judge(Replaced(offer_, "actpass", "active")), "actpass");
  ExpectFault(judge(WithoutLines(offer_, "a=group")), "RFC 9429 5.2.1");
  ExpectFault(judge(Replaced(offer_, "a=mid:1", "a=mid:0")), "mid");
  ExpectFault(judge(ReplacedOnce(offer_, "a=rtpmap:96 ", "a=rtpmap:111 ")),
              "rtpmap");
}

TEST_F(ValidatorTest, FindsWhatChangesFromOneOfferToTheNext) {
  Validator validator;
  ASSERT_EQ(validator.JudgeOffer(offer_, false), Faults());
  validator.HearAnswer(answer_);
  ExpectFault(validator.JudgeOffer(offer_, /*restarts=*/true), "RFC 8839 4.4");
  ExpectFault(validator.JudgeOffer(
                  Replaced(offer_, "a=ice-ufrag:", "a=ice-ufrag:other"), false),
              "RFC 8839 4.4");
  ExpectFault(
      validator.JudgeOffer(Replaced(offer_, "a=mid:0", "a=mid:9"), false),
      "RFC 9429 5.2.2");
  ExpectFault(validator.JudgeOffer(Replaced(offer_, "AA:", "CC:"), false),
              "RFC 8842 4");
}

}  // namespace
}  // namespace parley::corpus
