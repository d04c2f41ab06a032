// A shared port without sockets: remembers what was sent and routes as the real
// one does. For one thread.
#ifndef PARLEY_TESTS_CORE_ICE_FAKE_PORT_H_
#define PARLEY_TESTS_CORE_ICE_FAKE_PORT_H_

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ice/route_table.h"
#include "core/ice/shared_port.h"

namespace parley::ice::testing {

class FakePort : public SharedPort {
 public:
  explicit FakePort(std::vector<TransportAddress> sockets)
      : sockets_(std::move(sockets)) {}

  const std::vector<TransportAddress>& sockets() const override {
    return sockets_;
  }
  bool Claim(std::string_view ufrag, Route route) override {
    return table.Claim(ufrag, route);
  }
  void Release(std::string_view ufrag) override { table.Release(ufrag); }
  void Bind(const Path& path, Route route) override { table.Bind(path, route); }
  void Unbind(const Path& path, Route route) override {
    table.Unbind(path, route);
  }
  bool Send(uint32_t, const Path& path,
            std::span<const uint8_t> datagram) override {
    if (full) return false;
    sent.emplace_back(path,
                      std::vector<uint8_t>(datagram.begin(), datagram.end()));
    return true;
  }

  void Count(Refusal refusal) override { refusals.push_back(refusal); }

  RouteTable table;
  std::vector<std::pair<Path, std::vector<uint8_t>>> sent;
  std::vector<Refusal> refusals;
  bool full = false;  // takes no datagram

 private:
  const std::vector<TransportAddress> sockets_;
};

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_FAKE_PORT_H_
