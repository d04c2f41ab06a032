#include "service/peer_list.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "parley/v1/peer_calls.pb.h"
#include "service/convert_basic.h"
#include "service/convert_configuration.h"
#include "service/convert_state.h"

namespace parley::service {
namespace {

// Peers that one call looks at to find those with the labels asked for.
constexpr size_t kMaxLookedAt = 10000;
// A page ends early before gRPC clients' default limit of 4 MiB.
constexpr size_t kMaxPageBytes = 3 << 20;

using Peers = std::vector<std::shared_ptr<peer::Peer>>;

bool HasLabels(const peer::Peer& peer, const v1::ListPeersRequest& request) {
  if (request.labels().empty()) return true;
  const auto labels = peer.labels();
  return std::all_of(request.labels().begin(), request.labels().end(),
                     [&labels](const auto& wanted) {
                       const auto found = labels->find(wanted.first);
                       return found != labels->end() &&
                              found->second == wanted.second;
                     });
}

struct Found {
  Peers peers;
  std::string next;
};

absl::StatusOr<Found> FindPage(pool::Pool& pool, const pool::Tenant& tenant,
                               const v1::ListPeersRequest& request,
                               size_t page_size) {
  Found found{.next = request.page_token()};
  size_t looked_at = 0;
  do {
    auto page = pool.List(tenant, page_size - found.peers.size(), found.next,
                          request.show_closed());
    if (!page.ok()) return page.status();
    looked_at += page->members.size();
    for (pool::Member& member : page->members) {
      if (!HasLabels(*member.peer, request)) continue;
      found.peers.push_back(std::move(member.peer));
    }
    found.next = std::move(page->next);
  } while (!found.next.empty() && found.peers.size() < page_size &&
           looked_at < kMaxLookedAt);
  return found;
}

// A page whose peers are being shown, each on its own strand.
struct Page {
  Found found;
  bool show_closed = false;
  v1::ListPeersResponse* response = nullptr;
  absl::AnyInvocable<void(const absl::Status&)> done;
  std::atomic<size_t> left = 0;

  void ShowOne() {
    if (--left == 0) Finish();
  }

  // Leaves out what closed meanwhile, and what would make the page too big.
  void Finish() {
    auto& peers = *response->mutable_peers();
    int kept = 0;
    size_t bytes = 0;
    for (int i = 0; i < peers.size(); ++i) {
      if (!show_closed && peers[i].has_closure()) continue;
      bytes += peers[i].ByteSizeLong();
      if (kept > 0 && bytes > kMaxPageBytes) {
        found.next = peers[i].name();
        break;
      }
      peers.SwapElements(kept++, i);
    }
    peers.DeleteSubrange(kept, peers.size() - kept);
    response->set_next_page_token(found.next);
    done(absl::OkStatus());
  }
};

}  // namespace

void List(const Core& core, const pool::Tenant& tenant,
          const v1::ListPeersRequest& request, v1::ListPeersResponse* response,
          absl::AnyInvocable<void(const absl::Status&)> done) {
  const auto page_size = ReadPageSize(request.page_size(), "peers");
  if (!page_size.ok()) return done(page_size.status());
  const auto labels = ReadLabels(request.labels());
  if (!labels.ok()) return done(labels.status());
  auto found = FindPage(core.pool, tenant, request, *page_size);
  if (!found.ok()) return done(found.status());

  auto page = std::make_shared<Page>();
  page->found = *std::move(found);
  page->show_closed = request.show_closed();
  page->response = response;
  page->done = std::move(done);
  const Peers& peers = page->found.peers;
  // One more than there are, so that it cannot end before all were asked.
  page->left = peers.size() + 1;
  for (size_t i = 0; i < peers.size(); ++i) response->add_peers();
  for (size_t i = 0; i < peers.size(); ++i) {
    v1::Peer* out = response->mutable_peers(static_cast<int>(i));
    peers[i]->Read(
        [page, out, view = request.view(), &core](const peer::View& shown) {
          ToProto(shown, view, core.shown, out);
          page->ShowOne();
        });
  }
  page->ShowOne();
}

}  // namespace parley::service
