#include "core/ice/single_port_hub.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/synchronization/notification.h"
#include "core/ice/local_addresses.h"

namespace parley::ice {
namespace {

// Batches that one socket may take before its loop looks at others again.
constexpr int kBatchesPerTurn = 4;
// What a queue keeps of the memory that a burst has made it take.
constexpr size_t kKeptBytes = 256 << 10;

}  // namespace

// While one is there, what its loop sends is collected.
class SinglePortHub::Turn {
 public:
  Turn(SinglePortHub& hub, uint32_t loop)
      : hub_(hub), outbox_(*hub.loops_[loop].outbox) {
    outbox_.open = true;
  }
  ~Turn() {
    outbox_.open = false;
    hub_.Flush(outbox_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  SinglePortHub& hub_;
  Outbox& outbox_;
};

// What waits for one loop. Push is safe on any thread.
class SinglePortHub::Queue {
 public:
  Queue(SinglePortHub& hub, uint32_t loop) : hub_(hub), number_(loop) {}

  // Takes those arrivals of the batch that are for its loop. Returns how many
  // had no room.
  size_t Push(std::span<const Arrival> arrivals, const DatagramBatch& batch) {
    size_t refused = 0;
    bool post = false;
    {
      absl::MutexLock lock(&mutex_);
      for (size_t i = 0; i < arrivals.size(); ++i) {
        const Arrival& arrival = arrivals[i];
        if (!arrival.route || arrival.route->loop != number_) continue;
        if (!Take(arrival, batch.datagram(i))) ++refused;
      }
      if (!waiting_.entries.empty()) post = !std::exchange(posted_, true);
    }
    if (post) hub_.loops_[number_].loop->Post([this] { Deliver(); });
    return refused;
  }

 private:
  struct Entry {
    uint64_t transport;
    Path path;
    size_t size;
  };
  struct Content {
    std::vector<Entry> entries;
    std::vector<uint8_t> bytes;
  };

  bool Take(const Arrival& arrival, std::span<const uint8_t> datagram)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t used =
        waiting_.bytes.size() + waiting_.entries.size() * sizeof(Entry);
    if (used + sizeof(Entry) + datagram.size() > hub_.options_.queue_bytes) {
      return false;
    }
    waiting_.entries.push_back(
        {arrival.route->transport, arrival.path, datagram.size()});
    waiting_.bytes.insert(waiting_.bytes.end(), datagram.begin(),
                          datagram.end());
    return true;
  }

  void Deliver() {
    {
      absl::MutexLock lock(&mutex_);
      std::swap(waiting_, delivered_);
      posted_ = false;
    }
    const Turn turn(hub_, number_);
    Receiver& receiver = *hub_.loops_[number_].receiver;
    std::span<const uint8_t> rest = delivered_.bytes;
    for (const Entry& entry : delivered_.entries) {
      const auto datagram = rest.first(entry.size);
      rest = rest.subspan(entry.size);
      receiver.OnDatagram(entry.transport, entry.path, ReadHeader(datagram),
                          datagram);
    }
    delivered_.entries.clear();
    delivered_.bytes.clear();
    if (delivered_.bytes.capacity() > kKeptBytes) delivered_ = {};
  }

  SinglePortHub& hub_;
  const uint32_t number_;
  absl::Mutex mutex_;
  Content waiting_ ABSL_GUARDED_BY(mutex_);
  bool posted_ ABSL_GUARDED_BY(mutex_) = false;
  Content delivered_;  // the loop's
};

// Reads the sockets that fell to one loop; used on it.
class SinglePortHub::Reader final : public EventLoop::FdHandler {
 public:
  Reader(SinglePortHub& hub, uint32_t loop) : hub_(hub), loop_(loop) {}

  absl::Status Watch(EventLoop& loop, uint32_t socket) {
    const int fd = hub_.sockets_.fd(socket);
    sockets_.emplace_back(fd, socket);
    return loop.Watch(fd, EPOLLIN, *this);
  }

  void OnFdReady(int fd, uint32_t) override {
    const auto socket =
        std::find_if(sockets_.begin(), sockets_.end(),
                     [=](const auto& entry) { return entry.first == fd; });
    for (int i = 0; i < kBatchesPerTurn; ++i) {
      const size_t count = batch_.Receive(fd);
      hub_.Dispatch(loop_, socket->second, batch_, count);
      if (count < DatagramBatch::kCapacity) return;
    }
  }

 private:
  SinglePortHub& hub_;
  const uint32_t loop_;
  std::vector<std::pair<int, uint32_t>> sockets_;
  DatagramBatch batch_;
};

absl::StatusOr<std::unique_ptr<SinglePortHub>> SinglePortHub::Create(
    SinglePortOptions options, const AddressSelection& selection,
    FdBudget& budget) {
  auto machine = SystemAddresses();
  if (!machine.ok()) return machine.status();
  auto addresses = SelectAddresses(selection, *machine);
  if (!addresses.ok()) return addresses.status();
  // Without its zone one of IPv6 names no interface, and no peer could use it.
  std::erase_if(*addresses, [](const IpAddress& address) {
    return address.is_v6() && address.IsLinkLocal();
  });
  const bool detected = selection.addresses.empty();
  auto sockets = UdpSockets::Open(*addresses, options.port, detected,
                                  options.socket_buffer_bytes, budget);
  if (!sockets.ok()) return sockets.status();
  // Not make_unique: the constructor is private.
  return std::unique_ptr<SinglePortHub>(
      new SinglePortHub(std::move(options), *std::move(sockets)));
}

SinglePortHub::SinglePortHub(SinglePortOptions options, UdpSockets sockets)
    : options_(std::move(options)), sockets_(std::move(sockets)) {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    addresses_.push_back(sockets_.bound(i));
  }
}

SinglePortHub::~SinglePortHub() = default;

uint32_t SinglePortHub::AddLoop(EventLoop& loop, Receiver& receiver) {
  const auto number = static_cast<uint32_t>(loops_.size());
  loops_.push_back({&loop, &receiver, std::make_unique<Outbox>(),
                    std::make_unique<Queue>(*this, number), nullptr});
  return number;
}

absl::Status SinglePortHub::Start() {
  absl::Status result;
  for (uint32_t socket = 0; socket < sockets_.size(); ++socket) {
    const auto number = static_cast<uint32_t>(socket % loops_.size());
    Loop& loop = loops_[number];
    if (loop.reader == nullptr) {
      loop.reader = std::make_unique<Reader>(*this, number);
    }
    absl::Notification watched;
    loop.loop->Post([&] {
      result.Update(loop.reader->Watch(*loop.loop, socket));
      watched.Notify();
    });
    watched.WaitForNotification();
  }
  return result;
}

void SinglePortHub::Dispatch(uint32_t loop, uint32_t socket,
                             const DatagramBatch& batch, size_t count) {
  std::array<Arrival, DatagramBatch::kCapacity> all;
  const std::span<Arrival> arrivals = std::span(all).first(count);
  for (size_t i = 0; i < count; ++i) {
    const auto source = batch.source(i);
    if (!source || source->port == 0) continue;  // counts as malformed
    arrivals[i].path = {socket, *source};
    arrivals[i].header = ReadHeader(batch.datagram(i));
  }
  Add(received_, count);
  FindRoutes(arrivals);

  const Turn turn(*this, loop);
  bool others = false;
  for (size_t i = 0; i < count; ++i) {
    const Arrival& arrival = arrivals[i];
    if (!arrival.route) {
      CountLost(arrival);
    } else if (arrival.route->loop == loop) {
      loops_[loop].receiver->OnDatagram(arrival.route->transport, arrival.path,
                                        arrival.header, batch.datagram(i));
    } else {
      others = true;
    }
  }
  if (!others) return;
  for (uint32_t other = 0; other < loops_.size(); ++other) {
    if (other == loop) continue;
    Add(queue_full_, loops_[other].queue->Push(arrivals, batch));
  }
}

void SinglePortHub::FindRoutes(std::span<Arrival> arrivals) {
  absl::ReaderMutexLock lock(&mutex_);
  for (Arrival& arrival : arrivals) {
    arrival.route = table_.Find(arrival.header, arrival.path);
  }
}

void SinglePortHub::CountLost(const Arrival& arrival) {
  switch (arrival.header.kind) {
    case DatagramKind::kMalformed:
      return Add(malformed_);
    case DatagramKind::kCheck:
      return Add(unknown_ufrag_);
    case DatagramKind::kOtherStun:
    case DatagramKind::kData:
      return Add(unknown_path_);
  }
}

SinglePortCounters SinglePortHub::counters() const {
  return {.received = received_.load(std::memory_order_relaxed),
          .malformed = malformed_.load(std::memory_order_relaxed),
          .unknown_ufrag = unknown_ufrag_.load(std::memory_order_relaxed),
          .unknown_path = unknown_path_.load(std::memory_order_relaxed),
          .queue_full = queue_full_.load(std::memory_order_relaxed),
          .denied = refusals_[0].load(std::memory_order_relaxed),
          .unauthenticated = refusals_[1].load(std::memory_order_relaxed),
          .refused = refusals_[2].load(std::memory_order_relaxed),
          .replayed = refusals_[3].load(std::memory_order_relaxed),
          .unsent = unsent_.load(std::memory_order_relaxed)};
}

void SinglePortHub::Count(Refusal refusal) {
  Add(refusals_[static_cast<size_t>(refusal)]);
}

size_t SinglePortHub::ufrags() const {
  absl::ReaderMutexLock lock(&mutex_);
  return table_.ufrags();
}

size_t SinglePortHub::paths() const {
  absl::ReaderMutexLock lock(&mutex_);
  return table_.paths();
}

bool SinglePortHub::Claim(std::string_view ufrag, Route route) {
  absl::MutexLock lock(&mutex_);
  return table_.Claim(ufrag, route);
}

void SinglePortHub::Release(std::string_view ufrag) {
  absl::MutexLock lock(&mutex_);
  table_.Release(ufrag);
}

void SinglePortHub::Bind(const Path& path, Route route) {
  absl::MutexLock lock(&mutex_);
  table_.Bind(path, route);
}

void SinglePortHub::Unbind(const Path& path, Route route) {
  absl::MutexLock lock(&mutex_);
  table_.Unbind(path, route);
}

bool SinglePortHub::Send(uint32_t loop, const Path& path,
                         std::span<const uint8_t> datagram) {
  Outbox& outbox = *loops_[loop].outbox;
  const bool fits = datagram.size() <= SendBatch::kMaxBytes;
  if (outbox.socket != path.socket || !fits ||
      outbox.batch.size() == SendBatch::kCapacity) {
    Flush(outbox);
    outbox.socket = path.socket;
  }
  if (outbox.open && fits) {
    outbox.batch.Add(path.remote, datagram);
    return true;
  }
  if (sockets_.Send(path.socket, path.remote, datagram)) return true;
  Add(unsent_);
  return false;
}

void SinglePortHub::Flush(Outbox& outbox) {
  if (outbox.batch.size() == 0) return;
  Add(unsent_, outbox.batch.Flush(sockets_.fd(outbox.socket)));
}

}  // namespace parley::ice
