// The events of all peers of several nodes, as one stream.
#ifndef PARLEY_NODES_WATCH_H_
#define PARLEY_NODES_WATCH_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "parley/options.h"
#include "parley/peer_watch.h"
#include "parley/stream_reader.h"
#include "parley/v1/watch_calls.pb.h"

namespace parley::client {

struct NodeUpdate {
  // The node's gRPC target, as it was listed.
  std::string node;

  // What has happened there, as in a PeersWatch of this node alone.
  v1::WatchPeersResponse update;

  // Not OK: there is no update, but the node has been lost, for this reason. A
  // mirror forgets its peers. When it comes back, snapshots of them do.
  absl::Status lost;
};

struct NodesWatchOptions : ResumeOptions {
  // Only peers that were created with all these labels.
  std::map<std::string, std::string> labels;

  // Whether snapshots have the texts of the descriptions (PEER_VIEW_FULL).
  bool full_view = false;

  // How often it is asked which nodes there are.
  absl::Duration refresh_interval = absl::Seconds(10);
};

// Gives the gRPC targets of all nodes. Runs on a thread of its own, and may
// block; it may still run when the watch has been destroyed, so it owns what it
// uses.
using ListNodes = std::function<absl::StatusOr<std::vector<std::string>>()>;

// The updates of each node in their order, those of different nodes as they
// come: one at most of each is held here, or that it was lost. Ends with an
// error that a node refuses the stream with, or that the first listing has;
// later listings that fail change nothing.
using NodesWatch = StreamReader<NodeUpdate>;

// Watches every node that `list` gives, also those that come. One that is
// missing in two listings in a row, or whose stream broke and could not be
// resumed for options.reconnect_timeout, is lost; while it is listed it is
// tried again. A node that never could be reached is not spoken of.
// `connection` says how each is reached; its server is not used.
NodesWatch WatchNodes(ListNodes list, ConnectionOptions connection,
                      NodesWatchOptions options = {});

// The address of every node behind a name, such as that of a headless Service:
// for parley-nodes:50051, perhaps {"10.0.0.1:50051", "10.0.0.2:50051"}, sorted.
// Blocks while the name is resolved. UNAVAILABLE where that fails,
// INVALID_ARGUMENT for what is no HOST:PORT.
absl::StatusOr<std::vector<std::string>> ResolveNodes(
    const std::string& host_and_port);

}  // namespace parley::client

#endif  // PARLEY_NODES_WATCH_H_
