#include "client/src/nodes_watch_reader.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "client/src/backoff.h"

namespace parley::client::internal {
namespace {

// Names that are resolved while a node starts again may leave it out once.
constexpr int kMissingIsLost = 2;

}  // namespace

NodesWatchReader::NodesWatchReader(ListNodes list, OpenNode open,
                                   absl::Duration refresh_interval)
    : list_(std::move(list)),
      open_(std::move(open)),
      refresh_interval_(refresh_interval) {}

void NodesWatchReader::Start() {
  // It may be in a resolver when the watch ends, and is not waited for.
  std::thread([self = shared_from_this()] { self->Follow(); }).detach();
}

void NodesWatchReader::Follow() {
  while (Apply(list_())) {
    absl::MutexLock lock(&mutex_);
    const auto ended = [this] {
      mutex_.AssertHeld();
      return end_.has_value();
    };
    if (mutex_.AwaitWithTimeout(absl::Condition(&ended), refresh_interval_)) {
      return;
    }
  }
}

bool NodesWatchReader::Apply(
    const absl::StatusOr<std::vector<std::string>>& listed) {
  if (!listed.ok()) {
    absl::ReleasableMutexLock lock(&mutex_);
    if (listed_) return !end_.has_value();
    lock.Release();
    End(listed.status());
    return false;
  }
  std::vector<std::string> added;
  std::map<std::string, std::shared_ptr<NodeReader>> gone;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return false;
    listed_ = true;
    for (auto& [node, state] : nodes_) {
      const bool there =
          std::find(listed->begin(), listed->end(), node) != listed->end();
      state.missing = there ? 0 : state.missing + 1;
      if (state.missing == kMissingIsLost) gone[node] = state.watch;
    }
    for (const std::string& node : *listed) {
      if (!nodes_.contains(node) && !IsReady(node)) added.push_back(node);
    }
  }
  for (const auto& [node, watch] : gone) {
    Lose(node, watch, absl::UnavailableError("the node is gone"));
    watch->Cancel();
  }
  for (const std::string& node : added) Add(node);
  return true;
}

// Something of it has not been taken yet, perhaps that it was lost.
bool NodesWatchReader::IsReady(const std::string& node) const {
  return std::any_of(ready_.begin(), ready_.end(),
                     [&](const Ready& one) { return one.update.node == node; });
}

void NodesWatchReader::Add(const std::string& node) {
  auto watch = open_(node);
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    nodes_[node].watch = watch;
  }
  Read(node, watch);
}

void NodesWatchReader::Read(const std::string& node,
                            const std::shared_ptr<NodeReader>& watch) {
  watch->Next([weak = weak_from_this(), node,
               of = std::weak_ptr(watch)](NodeReader::Result result) {
    const auto self = weak.lock();
    const auto watch = of.lock();
    if (self != nullptr && watch != nullptr) {
      self->OnUpdate(node, watch, std::move(result));
    }
  });
}

void NodesWatchReader::OnUpdate(const std::string& node,
                                const std::shared_ptr<NodeReader>& watch,
                                NodeReader::Result result) {
  if (result.ok() && result->has_value()) {
    Deliver({{node, **std::move(result), absl::OkStatus()}, watch});
  } else if (StreamBroke(result.status())) {
    absl::Status why = result.ok() ? absl::UnavailableError("the stream ended")
                                   : result.status();
    Lose(node, watch, std::move(why));
  } else {
    End(result.status());
  }
}

// The next listing begins it anew.
void NodesWatchReader::Lose(const std::string& node,
                            const std::shared_ptr<NodeReader>& watch,
                            absl::Status why) {
  Done done;
  NodeUpdate lost{node, {}, std::move(why)};
  {
    absl::MutexLock lock(&mutex_);
    const auto it = nodes_.find(node);
    if (it == nodes_.end() || it->second.watch != watch) return;
    const bool known = it->second.known;
    nodes_.erase(it);
    if (!known) return;  // nobody has heard of it
    if (waiting_ == nullptr) {
      ready_.push_back({std::move(lost), nullptr});
      return;
    }
    done = std::exchange(waiting_, nullptr);
  }
  done(std::move(lost));
}

void NodesWatchReader::Next(Done done) {
  std::optional<Ready> ready;
  std::optional<Result> now;
  {
    absl::MutexLock lock(&mutex_);
    if (waiting_ != nullptr) {
      now = absl::FailedPreconditionError("another Next is under way");
    } else if (!ready_.empty()) {
      ready = std::move(ready_.front());
      ready_.pop_front();
    } else if (end_.has_value()) {
      now = *end_;
    } else {
      waiting_ = std::move(done);
      return;
    }
  }
  if (now.has_value()) {
    done(*std::move(now));
    return;
  }
  if (ready->watch != nullptr) Read(ready->update.node, ready->watch);
  done(std::move(ready->update));
}

bool NodesWatchReader::Abandon() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(waiting_, nullptr) != nullptr;
}

void NodesWatchReader::Cancel() {
  End(absl::CancelledError("the watch was cancelled"));
}

void NodesWatchReader::Deliver(Ready ready) {
  Done done;
  {
    absl::MutexLock lock(&mutex_);
    // It may have been lost, and begun anew, meanwhile.
    const auto it = nodes_.find(ready.update.node);
    if (it == nodes_.end() || it->second.watch != ready.watch) return;
    it->second.known = true;
    if (waiting_ == nullptr) {
      ready_.push_back(std::move(ready));
      return;
    }
    done = std::exchange(waiting_, nullptr);
  }
  Read(ready.update.node, ready.watch);
  done(std::move(ready.update));
}

void NodesWatchReader::End(absl::Status status) {
  std::map<std::string, Node> nodes;
  std::deque<Ready> ready;
  Done done;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    end_ = status;
    nodes.swap(nodes_);
    ready.swap(ready_);
    done = std::exchange(waiting_, nullptr);
  }
  for (auto& [name, node] : nodes) node.watch->Cancel();
  if (done != nullptr) done(std::move(status));
}

}  // namespace parley::client::internal
