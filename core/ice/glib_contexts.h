// GLib main contexts driven by an event loop.
//
// GLib's own main loop polls every descriptor of every source at each wake-up,
// which makes a packet cost what all agents together cost. Here a few agents
// share a small context, the loop's epoll watches the descriptors that the
// context asks for and its timers the context's timeout, and only a context
// that is ready is iterated.
//
// Everything is for the loop's thread, which owns every context from its
// creation to its end: libnice calls back directly only on the owner's thread,
// and a source attached by another thread wakes the owner.
#ifndef PARLEY_CORE_ICE_GLIB_CONTEXTS_H_
#define PARLEY_CORE_ICE_GLIB_CONTEXTS_H_

#include <glib.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/loop/event_loop.h"
#include "core/loop/fd_budget.h"

namespace parley::ice {

class GlibContexts;

class GlibContext final : private EventLoop::FdHandler {
 public:
  // Sees what sources are about to read.
  class Peeker {
   public:
    // What stands at the head of a socket's queue: a datagram, or the beginning
    // of a stream's bytes, at most 2 KiB, and from whom (AF_UNSPEC: a stream).
    // May be shown twice. False: the datagram is to be discarded unread.
    virtual bool OnPeek(const sockaddr_storage& from,
                        std::span<const uint8_t> bytes) = 0;

   protected:
    ~Peeker() = default;
  };

  ~GlibContext();
  GlibContext(const GlibContext&) = delete;
  GlibContext& operator=(const GlibContext&) = delete;

  GMainContext* get() const { return context_; }

  // To be called after anything that may have added, changed or ended a source
  // of the context from outside its own dispatch, which GLib tells nobody: a
  // call of libnice, most of all.
  void Touch();

  // From now on what is at the head of a queue is shown before it is
  // dispatched.
  void Add(Peeker& peeker) { peekers_.push_back(&peeker); }
  void Remove(Peeker& peeker) { std::erase(peekers_, &peeker); }
  // Shows the next one: a source may read until nothing is left, so its
  // callbacks are to ask for this. False: there is nothing left to be read, or
  // not before others have had their turn.
  bool Peek(int fd);

 private:
  friend class GlibContexts;

  GlibContext(GlibContexts& contexts, FdBudget::Lease lease);

  void OnFdReady(int fd, uint32_t events) override;
  // What is ready is dispatched, and the loop told what to wait for next.
  void Iterate();
  void PeekAll();
  bool Show(const sockaddr_storage& from, std::span<const uint8_t> bytes);
  void Prepare();
  void Query();
  void QueryKeepingEvents();
  void Watch(bool all);
  void Unwatch(int fd);
  void SetTimer();
  void OnTimer();
  void MakeReady();

  GlibContexts& contexts_;
  const FdBudget::Lease lease_;  // of the wake-up descriptor
  GMainContext* const context_;
  int wake_fd_ = -1;
  int users_ = 0;
  int busy_users_ = 0;

  int priority_ = 0;             // of the last prepare
  int timeout_ms_ = -1;          // of the last query
  std::vector<GPollFD> polled_;  // what the last query asked for, by number
  std::vector<GPollFD> watched_;
  absl::Duration due_ = absl::InfiniteDuration();
  absl::Duration armed_ = absl::InfiniteDuration();
  absl::Duration iterated_;
  EventLoop::TimerId timer_ = EventLoop::TimerId::kNone;
  std::vector<Peeker*> peekers_;
  bool ready_ = false;    // in the list of those to iterate
  bool touched_ = false;  // in the list of those to look at anew
};

class GlibContexts final : private EventLoop::TurnHandler {
 public:
  // An agent's place on a context, given back when it is destroyed.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept
        : context_(std::exchange(other.context_, nullptr)),
          busy_(std::exchange(other.busy_, false)) {}
    Seat& operator=(Seat&& other) noexcept {
      std::swap(context_, other.context_);
      std::swap(busy_, other.busy_);
      return *this;
    }
    ~Seat();

    GlibContext& context() const { return *context_; }
    // The timers of a context without a busy user are not looked at more often
    // than every 50 ms: the checks of a peer that does not answer go on for
    // long, every 5 ms.
    void SetBusy(bool busy);

   private:
    friend class GlibContexts;
    explicit Seat(GlibContext& context);

    GlibContext* context_ = nullptr;
    bool busy_ = false;
  };

  GlibContexts(EventLoop& loop, FdBudget& fds);
  // Every seat must have been given back. Also allowed on another thread, after
  // the loop has stopped.
  ~GlibContexts();

  // Error: FILE_DESCRIPTORS, also in place of GLib's abort.
  absl::StatusOr<Seat> Take();

 private:
  friend class GlibContext;

  bool OnTurnEnd() override;
  void FreeUnused();

  EventLoop& loop_;
  FdBudget& fds_;
  std::vector<std::unique_ptr<GlibContext>> contexts_;
  std::vector<GlibContext*> with_room_;
  std::vector<GlibContext*> ready_;
  std::vector<GlibContext*> touched_;
  std::vector<GlibContext*> turn_;  // those of the turn that runs
  size_t unused_ = 0;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_GLIB_CONTEXTS_H_
