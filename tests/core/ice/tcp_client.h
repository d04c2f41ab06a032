// One end of a stream of ICE over TCP on 127.0.0.1 or ::1, with RFC 4571
// framing, and a socket that listens for such. Test threads only.
#ifndef PARLEY_TESTS_CORE_ICE_TCP_CLIENT_H_
#define PARLEY_TESTS_CORE_ICE_TCP_CLIENT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/ice/transport_address.h"

namespace parley::ice::testing {

class TcpClient {
 public:
  // An established one.
  explicit TcpClient(int fd);
  static TcpClient To(const TransportAddress& address);
  TcpClient(TcpClient&& other) noexcept;
  TcpClient& operator=(TcpClient&& other) noexcept;
  ~TcpClient();

  // Where it comes from.
  TransportAddress local() const;
  // In one frame; false once the other end is gone.
  bool Send(std::span<const uint8_t> packet);
  bool Send(std::string_view packet);
  bool SendRaw(std::string_view bytes);
  // The next packet, waited for at most 30 s; nullopt when the stream ended.
  std::optional<std::string> Receive();
  // Whether the other end has ended it: waits for that, at most 30 s.
  bool AwaitEnd();
  // Ends it as a crash does, without a word of farewell.
  void Reset();
  void Close();
  // The descriptor, the caller's from now on.
  int Release();

 private:
  bool ReadAll(char* to, size_t size);

  int fd_ = -1;
};

class TcpServer {
 public:
  // On a port of 127.0.0.1; 0: any.
  explicit TcpServer(uint16_t port = 0);
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  TransportAddress address() const { return address_; }
  // The next stream, waited for at most 30 s.
  TcpClient Accept();
  // Whether one waits; looks for a few milliseconds.
  bool HasOne();

 private:
  int fd_ = -1;
  TransportAddress address_;
};

// `packet` in its frame.
std::string Framed(std::string_view packet);

inline std::string_view Text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_TCP_CLIENT_H_
