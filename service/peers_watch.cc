#include "service/peers_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/pool/names.h"
#include "service/convert_basic.h"
#include "service/convert_configuration.h"
#include "service/convert_event.h"
#include "service/status.h"

namespace parley::service {
namespace {

// Peers that are held while they wait to be shown.
constexpr size_t kPageSize = 64;

uint64_t HashLabels(const std::map<std::string, std::string>& labels) {
  // Not HashMessage: a map has no order on the wire.
  v1::WatchPeersRequest entry;
  uint64_t hash = labels.size();
  for (const auto& [key, value] : labels) {
    entry.clear_labels();
    (*entry.mutable_labels())[key] = value;
    hash = hash * 31 + HashMessage(entry);
  }
  return hash;
}

}  // namespace

PeersWatch* PeersWatch::Start(const Core& core,
                              const grpc::ServerContextBase& context,
                              const v1::WatchPeersRequest& request) {
  auto watch = std::make_shared<PeersWatch>(core, context);
  watch->self_ = watch;
  absl::Status read = watch->call_.Admit();
  if (read.ok()) read = watch->Read(request);
  if (read.ok()) {
    watch->Post(&PeersWatch::Open);
  } else {
    watch->End(read);
  }
  return watch.get();
}

absl::Status PeersWatch::Read(const v1::WatchPeersRequest& request) {
  if (absl::Status read = heartbeat_.Read(request); !read.ok()) return read;
  const auto labels = ReadLabels(request.labels());
  if (!labels.ok()) return labels.status();
  labels_ = *labels;
  snapshot_if_compacted_ = request.snapshot_if_compacted();
  view_ = request.view();
  // The journal is one of this process and of this tenant.
  at_.epoch = absl::StrCat(core_.pool.identity().epoch, ".",
                           call_.caller().tenant->life());
  at_.labels = HashLabels(labels_);
  if (request.resume_token().empty()) return absl::OkStatus();
  return Resume(request.resume_token());
}

absl::Status PeersWatch::Resume(const std::string& text) {
  const auto token = ResumeToken::Parse(text);
  if (!token.ok()) return token.status();
  if (token->epoch != at_.epoch) {
    history_gone_ = true;
    if (snapshot_if_compacted_) return absl::OkStatus();
    return MakeError(
        Reason::kEventsCompacted,
        "the resume_token is of an earlier process, another server "
        "or another caller; ask for snapshots and go on from these",
        {{"field", "resume_token"}});
  }
  if (token->labels != at_.labels) {
    return BadField("resume_token", "is of a stream with other labels");
  }
  const auto peer = pool::ParsePeerName(token->position);
  if (token->cursor > journal().last() ||
      (peer.ok() && !CheckHome(core_.pool.identity(), *peer).ok())) {
    return BadField("resume_token", "is not one that WatchPeers gave");
  }
  at_ = *token;
  resumes_ = true;
  return absl::OkStatus();
}

void PeersWatch::Post(void (PeersWatch::*method)()) {
  strand_.Post(
      [self = shared_from_this(), method] { (self.get()->*method)(); });
}

void PeersWatch::Open() {
  heartbeat_.Begin([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Post(&PeersWatch::OnRing);
  });
  if (resumes_) return Pump();
  BeginSnapshots(history_gone_);
}

void PeersWatch::BeginSnapshots(bool compacted) {
  at_.opened = at_.cursor = journal().last();
  at_.position.clear();
  page_.clear();
  page_from_.clear();
  page_last_ = false;
  next_.reset();
  response_.Clear();
  response_.mutable_snapshots_begin()->set_compacted(compacted);
  Write();
}

void PeersWatch::Pump() {
  if (writing_ || ended_ || asking_) return;
  if (!snapshots_sent() && !next_) return AskNextPeer();
  while (!next_ || at_.cursor < next_->index) {
    const auto entry = journal().Next(at_.cursor);
    if (!entry.ok()) return OnHistoryGone(entry.status());
    if (entry->subject == nullptr) {
      awaiting_ = awaiting_ || journal().Await(at_.cursor, shared_from_this());
      if (awaiting_) return;
      // Nothing else comes any more, or something has come just now.
      if (!journal().ended() || journal().last() != at_.cursor) continue;
      return End(MakeRetryableError(Reason::kDraining,
                                    "the server stops; watch another one",
                                    absl::Seconds(1)));
    }
    ++at_.cursor;
    if (Concerns(*entry->subject)) return WriteEntry(*entry);
  }
  WriteNext();
}

void PeersWatch::OnHistoryGone(const absl::Status& status) {
  if (!snapshot_if_compacted_) return End(status);
  BeginSnapshots(true);
}

// Whether the caller is to see what the journal says of this peer.
bool PeersWatch::Concerns(const pool::Subject& subject) const {
  if (!HasLabels(subject)) return false;
  if (snapshots_sent() || subject.created_index() > at_.opened) return true;
  return !at_.position.empty() &&
         !core_.pool.Precedes(at_.position, subject.name());
}

bool PeersWatch::HasLabels(const pool::Subject& subject) const {
  return std::all_of(labels_.begin(), labels_.end(),
                     [&subject](const auto& wanted) {
                       const auto found = subject.labels().find(wanted.first);
                       return found != subject.labels().end() &&
                              found->second == wanted.second;
                     });
}

// The next peer of the pool's list that this stream has to show.
bool PeersWatch::NextMember(pool::Member& member) {
  for (;;) {
    while (!page_.empty()) {
      member = std::move(page_.back());
      page_.pop_back();
      const uint64_t created = member.subject->created_index();
      // Of a peer that comes just now the journal will tell.
      if (created == 0 || created > at_.opened) continue;
      if (member.subject->name() == at_.position) continue;
      if (HasLabels(*member.subject)) return true;
    }
    if (page_last_) return false;
    auto page =
        core_.pool.List(*call_.caller().tenant, kPageSize,
                        page_from_.empty() ? at_.position : page_from_, false);
    if (!page.ok()) return false;  // cannot be: the names are the pool's own
    page_ = std::move(page->members);
    std::reverse(page_.begin(), page_.end());
    page_from_ = std::move(page->next);
    page_last_ = page_from_.empty();
  }
}

void PeersWatch::AskNextPeer() {
  pool::Member member;
  if (!NextMember(member)) {
    next_ = std::make_unique<Next>();
    next_->index = journal().last();
    next_->position = std::string(ResumeToken::kEnd);
    next_->message.mutable_snapshots_complete();
    return Pump();
  }
  asking_ = true;
  member.peer->Read([self = shared_from_this()](const peer::View& view) {
    // One that is closed has nobody who knew it: nothing is said of it.
    std::unique_ptr<Next> next;
    if (!view.info.closure) {
      next = std::make_unique<Next>();
      next->position = view.info.name;
      next->message.set_name(view.info.name);
      ToProto(view, self->view_, self->core_.shown,
              next->message.mutable_snapshot());
      // What the peer does after this has a higher index.
      next->index = self->journal().last();
    }
    self->strand_.Post([self, next = std::move(next)]() mutable {
      self->OnShown(std::move(next));
    });
  });
}

void PeersWatch::OnShown(std::unique_ptr<Next> next) {
  asking_ = false;
  if (ended_) return;
  next_ = std::move(next);
  Pump();
}

void PeersWatch::WriteNext() {
  at_.position = std::move(next_->position);
  response_ = std::move(next_->message);
  next_.reset();
  Write();
}

void PeersWatch::WriteEntry(const pool::Journal::Entry& entry) {
  const std::string& name = entry.subject->name();
  response_.Clear();
  response_.set_name(name);
  if (entry.created) {
    ToProto(entry.created->view(), view_, core_.shown,
            response_.mutable_snapshot());
  } else {
    ToProto(*entry.event, name, core_.shown, response_.mutable_event());
  }
  Write();
}

void PeersWatch::Write() {
  writing_ = true;
  heartbeat_.NoteWrite();
  response_.set_resume_token(at_.Print());
  StartWrite(&response_);
}

void PeersWatch::OnEntry() {
  awaiting_ = false;
  Pump();
}

void PeersWatch::GoOn() {
  writing_ = false;
  Pump();
}

void PeersWatch::GiveUp() {
  End(MakeError(Reason::kCancelled, "the caller gave up"));
}

void PeersWatch::End(const absl::Status& status) {
  if (std::exchange(ended_, true)) return;
  call_.NoteEnd("", status);
  Finish(ToGrpcStatus(status));
}

void PeersWatch::OnRing() {
  if (ended_ || !heartbeat_.IsDue(writing_)) return;
  response_.Clear();
  ToProto(core_.clock.Now(), response_.mutable_heartbeat()->mutable_time());
  Write();
}

void PeersWatch::OnDone() {
  Post(&PeersWatch::Close);
  self_.reset();
}

void PeersWatch::Close() {
  ended_ = true;
  heartbeat_.End();
  if (call_.caller().tenant) journal().Forget(this);
  page_.clear();
}

}  // namespace parley::service
