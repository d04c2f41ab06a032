#include "core/loop/event_loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <system_error>
#include <utility>

#include "core/base/errors.h"

namespace parley {
namespace {

constexpr uint64_t kWakeKey = 0;  // generation 0 is never a watch's

thread_local const EventLoop* current_loop = nullptr;

uint64_t Key(int fd, uint32_t generation) {
  return (uint64_t{generation} << 32) | static_cast<uint32_t>(fd);
}

absl::Status SystemError(Reason reason, const char* call, int error) {
  return MakeError(reason,
                   std::string(call) + " failed: " +
                       std::error_code(error, std::system_category()).message(),
                   {{"operation", call}});
}

}  // namespace

struct EventLoop::Fds {
  ~Fds() {
    if (epoll >= 0) close(epoll);
    if (wake >= 0) close(wake);
  }
  int epoll = -1;
  int wake = -1;
};

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create(
    const std::string& name) {
  auto fds = std::make_unique<Fds>();
  fds->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (fds->epoll < 0) {
    return SystemError(Reason::kFileDescriptors, "epoll_create1", errno);
  }
  fds->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fds->wake < 0) {
    return SystemError(Reason::kFileDescriptors, "eventfd", errno);
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeKey;
  if (epoll_ctl(fds->epoll, EPOLL_CTL_ADD, fds->wake, &event) != 0) {
    return SystemError(Reason::kMemory, "epoll_ctl", errno);
  }

  auto loop = std::unique_ptr<EventLoop>(new EventLoop(std::move(fds)));
  // Signals are for the threads that the program chose.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    loop->thread_ = std::thread([raw = loop.get()] { raw->Run(); });
  } catch (const std::system_error& error) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    absl::MutexLock lock(&loop->mutex_);
    loop->stopped_ = true;
    return SystemError(Reason::kMemory, "pthread_create", error.code().value());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(loop->thread_.native_handle(), name.substr(0, 15).c_str());
  return loop;
}

EventLoop::EventLoop(std::unique_ptr<Fds> fds) : fds_(std::move(fds)) {}

EventLoop::~EventLoop() { Stop(); }

void EventLoop::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    stopped_ = true;
    stopping_ = true;
  }
  Wake();
  thread_.join();
}

bool EventLoop::Post(Task task) {
  bool wake = false;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
    // The loop looks at the queue before it waits: its own posts need no wake,
    // nor does a queue for which it was woken already.
    wake = posted_.empty() && !OnExecutor();
    posted_.push_back(std::move(task));
  }
  if (wake) Wake();
  return true;
}

Executor::TimerId EventLoop::RunAfter(absl::Duration delay, Task task) {
  if (ending_) return TimerId::kNone;
  return timers_.Add(
      clock().Monotonic() + std::max(delay, absl::ZeroDuration()),
      std::move(task));
}

bool EventLoop::Cancel(TimerId timer) { return timers_.Cancel(timer); }

bool EventLoop::OnExecutor() const { return current_loop == this; }

const Clock& EventLoop::clock() const { return SystemClock(); }

absl::Status EventLoop::Watch(int fd, uint32_t events, FdHandler& handler) {
  if (static_cast<size_t>(fd) >= slots_.size()) slots_.resize(fd + 64);
  if (++last_generation_ == 0) ++last_generation_;
  epoll_event event{};
  event.events = events;
  event.data.u64 = Key(fd, last_generation_);
  // The kernel forgets a descriptor when it is closed, which we are not told:
  // whether it knows this one is only known from its answer.
  const bool known = slots_[fd].handler != nullptr;
  int result =
      epoll_ctl(fds_->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
  if (result != 0 && (errno == ENOENT || errno == EEXIST)) {
    result =
        epoll_ctl(fds_->epoll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
                  fd, &event);
  }
  if (result != 0) {
    const int error = errno;
    slots_[fd] = {};
    return SystemError(Reason::kMemory, "epoll_ctl", error);
  }
  slots_[fd] = {&handler, last_generation_};
  return absl::OkStatus();
}

void EventLoop::Unwatch(int fd, FdHandler& handler) {
  if (static_cast<size_t>(fd) >= slots_.size()) return;
  if (slots_[fd].handler != &handler) return;
  slots_[fd] = {};
  epoll_ctl(fds_->epoll, EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::AddTurnHandler(TurnHandler& handler) {
  turn_handlers_.push_back(&handler);
}

void EventLoop::RemoveTurnHandler(TurnHandler& handler) {
  // Left as a hole: this may be called while the handlers are run.
  std::replace(turn_handlers_.begin(), turn_handlers_.end(), &handler,
               static_cast<TurnHandler*>(nullptr));
}

void EventLoop::Run() {
  current_loop = this;
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) break;
    }
    Turn();
  }
  DestroyPending();
  current_loop = nullptr;
}

void EventLoop::Turn() {
  int ready = epoll_wait(fds_->epoll, ready_.data(),
                         static_cast<int>(ready_.size()), WaitMilliseconds());
  if (ready > 0) Dispatch(ready);
  RunTimers();
  RunTasks();
  RunTurnHandlers();
}

int EventLoop::WaitMilliseconds() {
  if (again_) return 0;
  {
    absl::MutexLock lock(&mutex_);
    if (!posted_.empty()) return 0;
  }
  const std::optional<absl::Duration> next = timers_.Next();
  if (!next) return -1;
  const absl::Duration wait = *next - clock().Monotonic();
  if (wait <= absl::ZeroDuration()) return 0;
  // Rounded up: waking early would only mean waking twice.
  const int64_t milliseconds =
      absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1)));
  return static_cast<int>(std::min<int64_t>(milliseconds, INT_MAX));
}

void EventLoop::Dispatch(int ready) {
  for (int i = 0; i < ready; ++i) {
    const uint64_t key = ready_[i].data.u64;
    if (key == kWakeKey) {
      uint64_t count;
      while (read(fds_->wake, &count, sizeof(count)) < 0 && errno == EINTR) {
      }
      continue;
    }
    const auto fd = static_cast<uint32_t>(key);
    const Slot slot = slots_[fd];
    // An earlier handler of this batch may have ended the watch.
    if (slot.handler == nullptr || Key(fd, slot.generation) != key) continue;
    slot.handler->OnFdReady(static_cast<int>(fd), ready_[i].events);
  }
}

void EventLoop::RunTimers() {
  if (timers_.size() == 0) return;
  // What a timer adds is for the next turn, else a timer could starve the rest.
  const absl::Duration now = clock().Monotonic();
  while (std::optional<Task> task = timers_.TakeDue(now)) (*task)();
}

void EventLoop::RunTasks() {
  {
    absl::MutexLock lock(&mutex_);
    running_.swap(posted_);
  }
  for (Task& task : running_) {
    task();
    // Not kept until the others have run: it may hold the last reference to
    // something large.
    task = nullptr;
  }
  running_.clear();
}

void EventLoop::RunTurnHandlers() {
  again_ = false;
  bool holes = false;
  for (size_t i = 0; i < turn_handlers_.size(); ++i) {
    if (turn_handlers_[i] == nullptr) {
      holes = true;
    } else if (turn_handlers_[i]->OnTurnEnd()) {
      again_ = true;
    }
  }
  if (holes) std::erase(turn_handlers_, nullptr);
}

void EventLoop::DestroyPending() {
  ending_ = true;
  std::vector<Task> tasks;
  {
    absl::MutexLock lock(&mutex_);
    tasks.swap(posted_);
  }
  tasks.clear();
  timers_.Clear();
}

void EventLoop::Wake() {
  const uint64_t one = 1;
  while (write(fds_->wake, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

}  // namespace parley
