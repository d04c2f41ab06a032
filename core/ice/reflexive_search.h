// How server-reflexive candidates are found (RFC 8445 section 5.1.1.2): every
// STUN server is asked from the socket of every host candidate of its family,
// all at once, and each different answer gives a candidate. A server that does
// not answer costs nothing but time, and less of it once another one has.
//
// Until the candidates are used their bindings in NATs are kept alive by asking
// on (section 5.1.1.4).
//
// No IO; the time is told. Not safe for concurrent use.
#ifndef PARLEY_CORE_ICE_REFLEXIVE_SEARCH_H_
#define PARLEY_CORE_ICE_REFLEXIVE_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "core/ice/stun_query.h"
#include "core/ice/transport_address.h"

namespace parley::ice {

class ReflexiveSearch {
 public:
  // To be sent from the socket of that base.
  struct Request {
    size_t base = 0;
    TransportAddress server;
    StunQuery bytes;
  };
  // The server has answered from no base; `error` is the code of one that
  // refused, 0 of one that was silent.
  struct Failure {
    TransportAddress server;
    int error = 0;
  };
  using Step = std::variant<Request, Failure>;

  // A candidate.
  struct Mapping {
    size_t base = 0;
    TransportAddress address;
    size_t query = 0;  // which server was asked from which base; from 0 on
    size_t rank = 0;   // how many of this base came before
  };

  // What a base has at most: NATs on one path can hardly differ more.
  static constexpr size_t kMaxMappings = 15;

  // `bases` are the addresses of the sockets.
  explicit ReflexiveSearch(std::vector<TransportAddress> bases)
      : bases_(std::move(bases)), answered_(bases_.size()) {}

  // No effect for a server that is asked already. One of a family without a
  // base fails.
  void Ask(const TransportAddress& server, absl::Duration now);

  // What is to be done now, one thing after the other; nullopt until
  // deadline().
  std::optional<Step> Next(absl::Duration now);
  absl::Duration deadline() const;

  // Whether answers are awaited. Once it is false it is so until the next Ask.
  bool searching() const { return open_ > 0; }
  // Whether the packet is an answer to a request here, and then the candidate
  // that it gives, if it is a new one.
  struct Taken {
    bool ours = false;
    std::optional<Mapping> mapping;
  };
  Taken OnPacket(const TransportAddress& from, std::span<const uint8_t> packet,
                 absl::Duration now);

 private:
  struct Query {
    size_t base = 0;
    size_t server = 0;
    StunQuery bytes = {};
    TransactionId id = {};
    bool open = true;    // an answer is awaited
    bool found = false;  // it has given a candidate
    int sent = 0;
    absl::Duration due;  // of the next request, or of giving up
  };
  struct Server {
    TransportAddress address;
    size_t open = 0;  // queries
    int error = 0;
    bool answered = false;
    bool told = false;  // that it failed
  };

  std::optional<Failure> NextFailure();
  Request Send(Query& query, absl::Duration now);
  void End(Query& query);
  bool IsNew(size_t base, const TransportAddress& mapped) const;

  const std::vector<TransportAddress> bases_;
  std::vector<Server> servers_;
  std::vector<Query> queries_;
  std::vector<Mapping> mappings_;
  std::vector<bool> answered_;  // by base
  size_t open_ = 0;
  absl::Duration last_begin_ = -absl::InfiniteDuration();
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_REFLEXIVE_SEARCH_H_
