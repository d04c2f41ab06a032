// Two peers on virtual time and a fake network.
#ifndef PARLEY_TESTS_CORE_PEER_PEER_FIXTURE_H_
#define PARLEY_TESTS_CORE_PEER_PEER_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/errors.h"
#include "core/crypto/certificate.h"
#include "core/peer/peer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_executor.h"
#include "tests/testing/fake_random.h"
#include "tests/testing/fake_transport.h"

namespace parley::peer {

class PeerFixture : public ::testing::Test {
 protected:
  PeerFixture() {
    environment_.certificates = [this](auto callback) {
      if (hold_certificates_) {
        waiting_certificates_.push_back(std::move(callback));
        return;
      }
      callback(certificate_);
    };
  }

  ~PeerFixture() override {
    for (auto& peer : peers_) {
      peer->Close(CloseReason::kRequested, "", [](const View&) {});
    }
    executor_.RunReady();
    EXPECT_EQ(network_.open(), 0u);
  }

  static PeerInit WithChannel(std::string label = "chat") {
    PeerInit init;
    ChannelSpec spec;
    spec.init.label = std::move(label);
    init.channels.push_back(std::move(spec));
    return init;
  }

  std::shared_ptr<Peer> MakePeer(PeerInit init = {}) {
    auto peer = Peer::Create("peers/p" + std::to_string(peers_.size() + 1),
                             std::move(init), environment_, executor_,
                             [this] { ++gone_; });
    EXPECT_TRUE(peer.ok()) << peer.status();
    peers_.push_back(*peer);
    executor_.RunReady();
    return *peer;
  }

  // --- Calls, awaited on virtual time ---

  absl::StatusOr<std::string> CreateOffer(Peer& peer,
                                          OfferRequest request = {}) {
    std::optional<absl::StatusOr<jsep::CreatedDescription>> result;
    peer.CreateOffer({}, request,
                     [&](auto created, const View&) { result = created; });
    executor_.RunReady();
    return Text(result);
  }
  absl::StatusOr<std::string> CreateAnswer(Peer& peer) {
    std::optional<absl::StatusOr<jsep::CreatedDescription>> result;
    peer.CreateAnswer({}, {},
                      [&](auto created, const View&) { result = created; });
    executor_.RunReady();
    return Text(result);
  }
  absl::Status SetLocal(Peer& peer,
                        std::optional<jsep::SdpType> type = std::nullopt,
                        std::string text = "") {
    std::optional<absl::Status> result;
    peer.SetLocalDescription(
        {}, type, std::move(text),
        [&](absl::Status status, const View&) { result = status; });
    executor_.RunReady();
    return result.value_or(absl::UnknownError("no answer"));
  }
  absl::Status SetRemote(Peer& peer, jsep::SdpType type, std::string text) {
    std::optional<absl::Status> result;
    peer.SetRemoteDescription(
        {}, type, std::move(text), "", false,
        [&](absl::Status status, const View&) { result = status; });
    executor_.RunReady();
    return result.value_or(absl::UnknownError("no answer"));
  }

  // localDescription with its candidates.
  std::string LocalText(Peer& peer) {
    std::string text;
    peer.Read([&](const View& view) {
      const auto* local = jsep::LocalDescription(view.session);
      ASSERT_NE(local, nullptr);
      text = jsep::TextWithCandidates(view.session, jsep::Side::kLocal, *local);
    });
    return text;
  }

  Snapshot StateOf(Peer& peer) {
    Snapshot state;
    peer.Read([&](const View& view) { state = view.state; });
    return state;
  }

  void Negotiate(Peer& offerer, Peer& answerer) {
    ASSERT_TRUE(SetLocal(offerer).ok());
    const absl::Status offered =
        SetRemote(answerer, jsep::SdpType::kOffer, LocalText(offerer));
    ASSERT_TRUE(offered.ok()) << offered;
    const absl::Status answered = SetLocal(answerer);
    ASSERT_TRUE(answered.ok()) << answered;
    const absl::Status applied =
        SetRemote(offerer, jsep::SdpType::kAnswer, LocalText(answerer));
    ASSERT_TRUE(applied.ok()) << applied;
    executor_.RunReady();
  }

  // Every event of the peer so far.
  std::vector<std::shared_ptr<const Event>> Events(Peer& peer) {
    std::vector<std::shared_ptr<const Event>> events;
    peer.Post([&] {
      for (uint64_t after = 0;; after = events.back()->sequence) {
        auto next = peer.NextEvent(after);
        if (!next.ok() || *next == nullptr) return;
        events.push_back(*next);
      }
    });
    return events;
  }
  template <typename Body>
  std::vector<Body> EventsOf(Peer& peer) {
    std::vector<Body> bodies;
    for (const auto& event : Events(peer)) {
      if (const auto* body = std::get_if<Body>(&event->body)) {
        bodies.push_back(*body);
      }
    }
    return bodies;
  }

  parley::testing::FakeExecutor executor_;
  parley::testing::FakeRandom random_;
  parley::testing::FakeNetwork network_;
  absl::StatusOr<crypto::CertificatePtr> certificate_ =
      crypto::GenerateCertificate({}, executor_.clock(), random_);
  Environment environment_{executor_.clock(), random_, network_, {}, {}};
  bool hold_certificates_ = false;
  std::vector<absl::AnyInvocable<void(absl::StatusOr<crypto::CertificatePtr>)>>
      waiting_certificates_;
  std::vector<std::shared_ptr<Peer>> peers_;
  int gone_ = 0;

 private:
  static absl::StatusOr<std::string> Text(
      const std::optional<absl::StatusOr<jsep::CreatedDescription>>& result) {
    if (!result) return absl::UnknownError("no answer");
    if (!result->ok()) return result->status();
    return (*result)->text();
  }
};

}  // namespace parley::peer

#endif  // PARLEY_TESTS_CORE_PEER_PEER_FIXTURE_H_
