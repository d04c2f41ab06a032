#include "core/loop/name_resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/time.h>

#include <algorithm>

namespace parley {
namespace {

// How old the system's configuration (resolv.conf, hosts) may be that the next
// query uses.
constexpr absl::Duration kConfigurationAge = absl::Seconds(60);

int InitLibrary() {
  static const int result = ares_library_init(ARES_LIB_INIT_ALL);
  return result;
}

absl::Status ToStatus(int ares, const std::string& name) {
  const std::string text =
      "The name " + name + " cannot be resolved: " + ares_strerror(ares);
  switch (ares) {
    case ARES_SUCCESS:
      return absl::OkStatus();
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
      return absl::NotFoundError(text);
    case ARES_ETIMEOUT:
      return absl::DeadlineExceededError(text);
    case ARES_ENOMEM:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

std::vector<std::string> Addresses(const ares_addrinfo* result) {
  std::vector<std::string> addresses;
  for (auto* node = result->nodes; node != nullptr; node = node->ai_next) {
    const void* bytes;
    if (node->ai_family == AF_INET) {
      bytes = &reinterpret_cast<sockaddr_in*>(node->ai_addr)->sin_addr;
    } else if (node->ai_family == AF_INET6) {
      bytes = &reinterpret_cast<sockaddr_in6*>(node->ai_addr)->sin6_addr;
    } else {
      continue;
    }
    char text[INET6_ADDRSTRLEN];
    std::string address = inet_ntop(node->ai_family, bytes, text, sizeof(text));
    if (std::find(addresses.begin(), addresses.end(), address) ==
        addresses.end()) {
      addresses.push_back(std::move(address));
    }
  }
  return addresses;
}

}  // namespace

// c-ares on the loop: its sockets are watched, its timeouts timed.
class NameResolver::Channel final : private EventLoop::FdHandler {
 public:
  explicit Channel(NameResolver& resolver) : resolver_(resolver) {}

  ~Channel() {
    ending_ = true;
    if (channel_ != nullptr) ares_destroy(channel_);
    if (resolver_.loop_.OnExecutor()) resolver_.loop_.Cancel(timer_);
  }

  absl::Status Open() {
    ares_options options{};
    options.timeout =
        static_cast<int>(absl::ToInt64Milliseconds(resolver_.options_.timeout));
    options.tries = resolver_.options_.tries;
    options.sock_state_cb = OnSocket;
    options.sock_state_cb_data = this;
    int result = InitLibrary();
    if (result == ARES_SUCCESS) {
      result = ares_init_options(
          &channel_, &options,
          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    }
    if (result == ARES_SUCCESS && !resolver_.options_.server.empty()) {
      result = ares_set_servers_ports_csv(channel_,
                                          resolver_.options_.server.c_str());
    }
    return ToStatus(result, "");
  }

  void Ask(const std::string& name) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    auto* query = new Query{this, name};
    ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, OnAnswer, query);
    SetTimer();
  }

 private:
  struct Query {
    Channel* channel;
    std::string name;
  };

  static void OnSocket(void* self, ares_socket_t fd, int readable,
                       int writable) {
    auto& me = *static_cast<Channel*>(self);
    EventLoop& loop = me.resolver_.loop_;
    if (!loop.OnExecutor()) return;
    if (readable == 0 && writable == 0) {
      loop.Unwatch(fd, me);
      return;
    }
    // Without the watch the query ends by its timeout.
    (void)loop.Watch(
        fd, (readable != 0 ? EPOLLIN : 0u) | (writable != 0 ? EPOLLOUT : 0u),
        me);
  }

  static void OnAnswer(void* raw, int status, int, ares_addrinfo* result) {
    const std::unique_ptr<Query> query(static_cast<Query*>(raw));
    std::vector<std::string> addresses;
    if (result != nullptr) {
      addresses = Addresses(result);
      ares_freeaddrinfo(result);
    }
    if (query->channel->ending_) return;
    if (status == ARES_SUCCESS && addresses.empty()) status = ARES_ENODATA;
    Answer answer = std::move(addresses);
    if (status != ARES_SUCCESS) answer = ToStatus(status, query->name);
    query->channel->resolver_.Finish(query->name, std::move(answer));
  }

  void OnFdReady(int fd, uint32_t events) override {
    const bool readable = (events & ~uint32_t{EPOLLOUT}) != 0;
    const bool writable = (events & EPOLLOUT) != 0;
    ares_process_fd(channel_, readable ? fd : ARES_SOCKET_BAD,
                    writable ? fd : ARES_SOCKET_BAD);
    SetTimer();
  }

  void OnTimer() {
    timer_ = EventLoop::TimerId::kNone;
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    SetTimer();
  }

  void SetTimer() {
    EventLoop& loop = resolver_.loop_;
    loop.Cancel(timer_);
    timer_ = EventLoop::TimerId::kNone;
    timeval wait;
    if (ares_timeout(channel_, nullptr, &wait) == nullptr) return;
    timer_ =
        loop.RunAfter(absl::DurationFromTimeval(wait) + absl::Milliseconds(1),
                      [this] { OnTimer(); });
  }

  NameResolver& resolver_;
  ares_channel channel_ = nullptr;
  EventLoop::TimerId timer_ = EventLoop::TimerId::kNone;
  bool ending_ = false;
};

NameResolver::NameResolver(EventLoop& loop) : NameResolver(loop, Options()) {}

NameResolver::NameResolver(EventLoop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      self_(std::make_shared<NameResolver*>(this)) {}

NameResolver::~NameResolver() = default;

std::optional<NameResolver::Answer> NameResolver::Kept(
    const std::string& name) const {
  auto record = kept_.find(name);
  if (record == kept_.end() ||
      record->second.expires <= loop_.clock().Monotonic()) {
    return std::nullopt;
  }
  return record->second.answer;
}

NameResolver::RequestId NameResolver::Resolve(const std::string& name,
                                              Callback callback) {
  const RequestId id{++last_request_};
  auto [waiting, fresh] = waiting_.try_emplace(name);
  waiting->second.emplace_back(id, std::move(callback));
  if (!fresh) return id;

  if (std::optional<Answer> kept = Kept(name)) {
    Finish(name, *std::move(kept));
  } else if (waiting_.size() > options_.max_pending) {
    Finish(name,
           absl::ResourceExhaustedError("Too many names are being resolved."));
  } else if (absl::Status opened = RenewChannel(); !opened.ok()) {
    Finish(name, opened);
  } else {
    channel_->Ask(name);
  }
  return id;
}

void NameResolver::Cancel(RequestId request) {
  for (auto& [name, callbacks] : waiting_) {
    auto it = std::find_if(callbacks.begin(), callbacks.end(),
                           [=](const auto& c) { return c.first == request; });
    if (it == callbacks.end()) continue;
    // The query goes on: its answer is worth keeping.
    Callback callback = std::move(it->second);
    callbacks.erase(it);
    return;
  }
}

// Answers may come from inside Resolve; callbacks only from a task.
void NameResolver::Finish(const std::string& name, Answer answer) {
  Keep(name, answer);
  loop_.Post([self = std::weak_ptr(self_), name,
              answer = std::move(answer)]() mutable {
    auto resolver = self.lock();
    if (resolver == nullptr) return;
    auto waiting = (*resolver)->waiting_.extract(name);
    if (waiting.empty()) return;
    for (auto& [id, callback] : waiting.mapped()) callback(answer);
  });
}

void NameResolver::Keep(const std::string& name, const Answer& answer) {
  const absl::Duration now = loop_.clock().Monotonic();
  if (absl::IsResourceExhausted(answer.status())) return;
  if (kept_.size() >= options_.max_kept) {
    absl::erase_if(kept_,
                   [=](const auto& r) { return r.second.expires <= now; });
    if (kept_.size() >= options_.max_kept) kept_.clear();
  }
  // One that was kept keeps its end.
  kept_.try_emplace(name, Record{answer, now}).first->second.answer = answer;
  Record& record = kept_.at(name);
  if (record.expires <= now) record.expires = now + options_.keep;
}

absl::Status NameResolver::RenewChannel() {
  const absl::Duration now = loop_.clock().Monotonic();
  const bool idle = waiting_.size() == 1;
  if (channel_ != nullptr &&
      !(idle && now - channel_made_ > kConfigurationAge)) {
    return absl::OkStatus();
  }
  channel_ = std::make_unique<Channel>(*this);
  channel_made_ = now;
  absl::Status opened = channel_->Open();
  if (!opened.ok()) channel_.reset();
  return opened;
}

}  // namespace parley
