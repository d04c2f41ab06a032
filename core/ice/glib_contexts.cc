#include "core/ice/glib_contexts.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace parley::ice {
namespace {

// Agents per context: a context costs a descriptor, each agent of a context
// costs the others' packets a little.
constexpr int kUsersPerContext = 8;
// Contexts without users that are kept for the next one.
constexpr size_t kUnusedKept = 2;
constexpr absl::Duration kCoarse = absl::Milliseconds(50);
constexpr size_t kPeekBytes = 2048;
// Of one socket, before others have their turn.
constexpr int kMaxDiscarded = 64;

struct EventName {
  uint32_t epoll;
  gushort glib;
};

constexpr EventName kEventNames[] = {{EPOLLIN, G_IO_IN},
                                     {EPOLLOUT, G_IO_OUT},
                                     {EPOLLPRI, G_IO_PRI},
                                     {EPOLLERR, G_IO_ERR},
                                     {EPOLLHUP, G_IO_HUP}};

uint32_t ToEpoll(gushort glib) {
  uint32_t epoll = 0;
  for (const EventName& name : kEventNames) {
    if (glib & name.glib) epoll |= name.epoll;
  }
  return epoll;
}

gushort ToGlib(uint32_t epoll) {
  gushort glib = 0;
  for (const EventName& name : kEventNames) {
    if (epoll & name.epoll) glib |= name.glib;
  }
  return glib;
}

bool SameRequest(const GPollFD& a, const GPollFD& b) {
  return a.fd == b.fd && a.events == b.events;
}

}  // namespace

GlibContext::GlibContext(GlibContexts& contexts, FdBudget::Lease lease)
    : contexts_(contexts),
      lease_(std::move(lease)),
      context_(g_main_context_new()) {
  g_main_context_acquire(context_);
  Prepare();
  Query();
  // A new context asks for nothing but its own wake-up.
  wake_fd_ = polled_.front().fd;
  Touch();
}

GlibContext::~GlibContext() {
  if (contexts_.loop_.OnExecutor()) {
    contexts_.loop_.Cancel(timer_);
    for (const GPollFD& watched : watched_) Unwatch(watched.fd);
    g_main_context_release(context_);
  }
  g_main_context_unref(context_);
}

void GlibContext::Touch() {
  if (touched_) return;
  touched_ = true;
  contexts_.touched_.push_back(this);
}

void GlibContext::OnFdReady(int fd, uint32_t events) {
  auto polled = std::find_if(polled_.begin(), polled_.end(),
                             [fd](const GPollFD& p) { return p.fd == fd; });
  if (polled != polled_.end()) polled->revents = ToGlib(events);
  MakeReady();
}

void GlibContext::MakeReady() {
  if (ready_) return;
  ready_ = true;
  contexts_.ready_.push_back(this);
}

void GlibContext::Iterate() {
  ready_ = false;
  if (touched_) QueryKeepingEvents();
  PeekAll();
  if (g_main_context_check(context_, priority_, polled_.data(),
                           static_cast<gint>(polled_.size()))) {
    g_main_context_dispatch(context_);
  }
  // Dispatching a source signals the context's own wake-up; what other threads
  // signalled it for is seen by the prepare that follows.
  uint64_t count;
  while (read(wake_fd_, &count, sizeof(count)) < 0 && errno == EINTR) {
  }
  iterated_ = contexts_.loop_.clock().Monotonic();
  Prepare();
  Query();
  Watch(false);
  SetTimer();
}

// What of a queue is discarded leaves nothing to be read, or waits for the
// loop's next turn.
void GlibContext::PeekAll() {
  if (peekers_.empty()) return;
  for (GPollFD& polled : polled_) {
    if ((polled.revents & G_IO_IN) == 0 || polled.fd == wake_fd_) continue;
    if (!Peek(polled.fd)) polled.revents &= ~G_IO_IN;
  }
}

bool GlibContext::Peek(int fd) {
  for (int discarded = 0; discarded < kMaxDiscarded; ++discarded) {
    std::array<uint8_t, kPeekBytes> bytes;
    sockaddr_storage from{};
    socklen_t size = sizeof(from);
    const ssize_t got =
        recvfrom(fd, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT,
                 reinterpret_cast<sockaddr*>(&from), &size);
    // None is left, or it is no socket of packets.
    if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
    if (Show(from, {bytes.data(), static_cast<size_t>(got)}) ||
        from.ss_family == AF_UNSPEC) {
      return true;
    }
    (void)recv(fd, bytes.data(), 0, MSG_DONTWAIT);
  }
  return false;
}

bool GlibContext::Show(const sockaddr_storage& from,
                       std::span<const uint8_t> bytes) {
  bool keep = true;
  // From the back: they may remove themselves.
  for (size_t i = peekers_.size(); i-- > 0;) {
    keep = peekers_[i]->OnPeek(from, bytes) && keep;
  }
  return keep;
}

void GlibContext::Prepare() { g_main_context_prepare(context_, &priority_); }

void GlibContext::Query() {
  polled_.resize(std::max<size_t>(polled_.capacity(), 8));
  gint count;
  while ((count = g_main_context_query(context_, G_MAXINT, &timeout_ms_,
                                       polled_.data(),
                                       static_cast<gint>(polled_.size()))) >
         static_cast<gint>(polled_.size())) {
    polled_.resize(count);
  }
  polled_.resize(count);
}

// GLib's check refuses descriptors that were asked for before the sources
// changed; what epoll has said of those that remain still holds.
void GlibContext::QueryKeepingEvents() {
  const std::vector<GPollFD> before = polled_;
  Prepare();
  Query();
  for (const GPollFD& old : before) {
    if (old.revents == 0) continue;
    auto now = std::find_if(polled_.begin(), polled_.end(),
                            [&](const GPollFD& p) { return p.fd == old.fd; });
    if (now != polled_.end()) now->revents = old.revents;
  }
}

// Both lists are in the order of descriptors. `all` also registers those which
// did not change: a socket may have been closed and its number given to
// another, which the kernel does not watch.
void GlibContext::Watch(bool all) {
  if (!all && std::equal(polled_.begin(), polled_.end(), watched_.begin(),
                         watched_.end(), SameRequest)) {
    return;
  }
  auto old = watched_.begin();
  for (const GPollFD& polled : polled_) {
    while (old != watched_.end() && old->fd < polled.fd) Unwatch((old++)->fd);
    const bool known = old != watched_.end() && SameRequest(*old, polled);
    if (old != watched_.end() && old->fd == polled.fd) ++old;
    if (known && !all) continue;
    // Without memory for a watch the descriptor stays silent, as if its packets
    // were lost, and the timers decide.
    (void)contexts_.loop_.Watch(polled.fd, ToEpoll(polled.events), *this);
  }
  while (old != watched_.end()) Unwatch((old++)->fd);
  watched_ = polled_;
}

void GlibContext::Unwatch(int fd) { contexts_.loop_.Unwatch(fd, *this); }

void GlibContext::SetTimer() {
  if (timeout_ms_ < 0) {
    due_ = absl::InfiniteDuration();
    return;
  }
  const absl::Duration now = contexts_.loop_.clock().Monotonic();
  due_ = now + absl::Milliseconds(timeout_ms_);
  if (busy_users_ == 0) due_ = std::max(due_, iterated_ + kCoarse);
  if (due_ <= now) {
    MakeReady();
    return;
  }
  // A deadline that moves back leaves the timer: it will look again.
  if (due_ >= armed_) return;
  contexts_.loop_.Cancel(timer_);
  armed_ = due_;
  timer_ = contexts_.loop_.RunAfter(due_ - now, [this] { OnTimer(); });
}

void GlibContext::OnTimer() {
  armed_ = absl::InfiniteDuration();
  const absl::Duration now = contexts_.loop_.clock().Monotonic();
  if (due_ <= now) {
    MakeReady();
  } else if (due_ != absl::InfiniteDuration()) {
    armed_ = due_;
    timer_ = contexts_.loop_.RunAfter(due_ - now, [this] { OnTimer(); });
  }
}

GlibContexts::Seat::Seat(GlibContext& context) : context_(&context) {
  if (context.users_++ == 0) --context.contexts_.unused_;
}

GlibContexts::Seat::~Seat() {
  if (context_ == nullptr) return;
  SetBusy(false);
  GlibContexts& contexts = context_->contexts_;
  if (context_->users_-- == kUsersPerContext) {
    contexts.with_room_.push_back(context_);
  }
  if (context_->users_ == 0) ++contexts.unused_;
  context_->Touch();
}

void GlibContexts::Seat::SetBusy(bool busy) {
  if (busy == busy_) return;
  busy_ = busy;
  context_->busy_users_ += busy ? 1 : -1;
  if (busy) context_->Touch();
}

GlibContexts::GlibContexts(EventLoop& loop, FdBudget& fds)
    : loop_(loop), fds_(fds) {
  loop_.AddTurnHandler(*this);
}

GlibContexts::~GlibContexts() {
  if (loop_.OnExecutor()) loop_.RemoveTurnHandler(*this);
}

absl::StatusOr<GlibContexts::Seat> GlibContexts::Take() {
  if (with_room_.empty()) {
    absl::StatusOr<FdBudget::Lease> lease = fds_.Reserve(1);
    if (!lease.ok()) return lease.status();
    contexts_.push_back(std::unique_ptr<GlibContext>(
        new GlibContext(*this, *std::move(lease))));
    with_room_.push_back(contexts_.back().get());
    ++unused_;
  }
  GlibContext& context = *with_room_.back();
  Seat seat(context);
  if (context.users_ == kUsersPerContext) with_room_.pop_back();
  return seat;
}

bool GlibContexts::OnTurnEnd() {
  turn_.swap(ready_);
  for (GlibContext* context : turn_) context->Iterate();
  turn_.clear();
  // Contexts that dispatched sources touch as well.
  for (size_t i = 0; i < touched_.size(); ++i) {
    GlibContext& context = *touched_[i];
    context.touched_ = false;
    context.QueryKeepingEvents();
    context.Watch(true);
    context.SetTimer();
  }
  touched_.clear();
  if (unused_ > kUnusedKept) FreeUnused();
  return !ready_.empty();
}

void GlibContexts::FreeUnused() {
  std::erase_if(contexts_, [this](std::unique_ptr<GlibContext>& context) {
    if (unused_ <= kUnusedKept || context->users_ > 0 || context->ready_ ||
        context->touched_) {
      return false;
    }
    std::erase(with_room_, context.get());
    --unused_;
    context.reset();
    return true;
  });
}

}  // namespace parley::ice
