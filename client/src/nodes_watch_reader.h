// What NodesWatch does, with its connections as an argument.
// Safe for concurrent use, but only one Next at a time may be under way.
#ifndef PARLEY_CLIENT_SRC_NODES_WATCH_READER_H_
#define PARLEY_CLIENT_SRC_NODES_WATCH_READER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/src/reader.h"
#include "parley/nodes_watch.h"

namespace parley::client::internal {

class NodesWatchReader final
    : public Reader<NodeUpdate>,
      public std::enable_shared_from_this<NodesWatchReader> {
 public:
  using NodeReader = Reader<v1::WatchPeersResponse>;
  // Watches the node of this target.
  using OpenNode =
      std::function<std::shared_ptr<NodeReader>(const std::string& node)>;

  NodesWatchReader(ListNodes list, OpenNode open,
                   absl::Duration refresh_interval);

  // Begins to ask for nodes, on a thread that ends with the watch.
  void Start();

  void Next(Done done) override;
  bool Abandon() override;
  void Cancel() override;

 private:
  struct Node {
    std::shared_ptr<NodeReader> watch;
    int missing = 0;     // in so many listings in a row
    bool known = false;  // to the reader: an update of it has come
  };
  // What comes next. `watch` is read on when it has been taken.
  struct Ready {
    NodeUpdate update;
    std::shared_ptr<NodeReader> watch;
  };

  void Follow();
  // False: the watch has ended.
  bool Apply(const absl::StatusOr<std::vector<std::string>>& listed);
  void Add(const std::string& node);
  void Read(const std::string& node, const std::shared_ptr<NodeReader>& watch);
  void OnUpdate(const std::string& node,
                const std::shared_ptr<NodeReader>& watch,
                NodeReader::Result result);
  // Gives an update, or that the node is lost, unless it is another's already.
  void Deliver(Ready ready);
  void Lose(const std::string& node, const std::shared_ptr<NodeReader>& watch,
            absl::Status why);
  bool IsReady(const std::string& node) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(absl::Status status);

  const ListNodes list_;
  const OpenNode open_;
  const absl::Duration refresh_interval_;

  absl::Mutex mutex_;
  bool listed_ ABSL_GUARDED_BY(mutex_) = false;  // once at least
  std::map<std::string, Node> nodes_ ABSL_GUARDED_BY(mutex_);
  std::deque<Ready> ready_ ABSL_GUARDED_BY(mutex_);
  Done waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_NODES_WATCH_READER_H_
