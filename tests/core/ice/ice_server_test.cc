#include "core/ice/ice_server.h"

#include <ostream>
#include <string>

#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::ice {
namespace {

using Kind = Server::Kind;
using Protocol = Server::Protocol;

struct Good {
  const char* url;
  Kind kind;
  Protocol protocol;
  const char* host;
  uint16_t port;
};

TEST(IceServerTest, UrlsOfRfc7064And7065) {
  const Good table[] = {
      {"stun:example.org", Kind::kStun, Protocol::kUdp, "example.org", 3478},
      {"STUN:Example.ORG:1", Kind::kStun, Protocol::kUdp, "example.org", 1},
      {"stun:192.0.2.1:65535", Kind::kStun, Protocol::kUdp, "192.0.2.1", 65535},
      {"stun:[2001:DB8::1]", Kind::kStun, Protocol::kUdp, "2001:db8::1", 3478},
      {"stun:[::1]:5000", Kind::kStun, Protocol::kUdp, "::1", 5000},
      {"stun:host:", Kind::kStun, Protocol::kUdp, "host", 3478},
      {"stuns:h", Kind::kStun, Protocol::kTls, "h", 5349},
      {"turn:h", Kind::kTurn, Protocol::kUdp, "h", 3478},
      {"turn:h?transport=udp", Kind::kTurn, Protocol::kUdp, "h", 3478},
      {"turn:h:80?transport=TCP", Kind::kTurn, Protocol::kTcp, "h", 80},
      {"turns:h", Kind::kTurn, Protocol::kTls, "h", 5349},
      {"turns:h:443?transport=tcp", Kind::kTurn, Protocol::kTls, "h", 443},
  };
  for (const Good& good : table) {
    auto server = ParseServerUrl(good.url);
    ASSERT_TRUE(server.ok()) << good.url << ": " << server.status();
    EXPECT_EQ(server->kind, good.kind) << good.url;
    EXPECT_EQ(server->protocol, good.protocol) << good.url;
    EXPECT_EQ(server->host, good.host) << good.url;
    EXPECT_EQ(server->port, good.port) << good.url;
  }
}

TEST(IceServerTest, WhatIsNoSuchUrlIsASyntaxError) {
  for (const std::string& url : {std::string(""),
                                 std::string("stun"),
                                 std::string("stun:"),
                                 std::string("stun://example.org"),
                                 std::string("stun:user@h"),
                                 std::string("stun:h:0"),
                                 std::string("stun:h:65536"),
                                 std::string("stun:h:1x"),
                                 std::string("stun:h:-1"),
                                 std::string("stun:h/path"),
                                 std::string("stun:h?transport=udp"),
                                 std::string("stun:h#x"),
                                 std::string("turn:h?transport="),
                                 std::string("turn:h?transport=sctp"),
                                 std::string("turn:h?transport=udp&x=1"),
                                 std::string("turn:h?x=1"),
                                 std::string("stun:[::1"),
                                 std::string("stun:[1.2.3.4]"),
                                 std::string("stun:[::1]x"),
                                 std::string("stun:::1"),
                                 std::string("stun:a b"),
                                 std::string("stun:.a"),
                                 std::string("stun:a..b"),
                                 std::string("stun:h\0x", 8),
                                 "stun:" + std::string(254, 'a'),
                                 "stun:" + std::string(2000, 'a')}) {
    const absl::Status status = ParseServerUrl(url).status();
    EXPECT_TRUE(HasReason(status, Reason::kIceServerUrl)) << url << status;
    EXPECT_EQ(GetError(status)->exception, DomException::kSyntaxError);
  }
}

TEST(IceServerTest, AnotherSchemeIsNotSupported) {
  for (const char* url : {"http:h", "stunx:h", ":h"}) {
    EXPECT_TRUE(HasReason(ParseServerUrl(url).status(), Reason::kNotSupported))
        << url;
  }
}

TEST(IceServerTest, ATurnServerNeedsBothCredentials) {
  EXPECT_TRUE(ParseServer("turn:h", "u", "c").ok());
  EXPECT_EQ(ParseServer("turn:h", "u", "c")->username, "u");
  EXPECT_EQ(ParseServer("turn:h", "u", "c")->credential, "c");
  for (auto [username, credential] :
       {std::pair<std::string, std::string>{"", "c"},
        {"u", ""},
        {std::string(509, 'u'), "c"},
        {"u", std::string(513, 'c')},
        {std::string("u\0v", 3), "c"}}) {
    const absl::Status status =
        ParseServer("turns:h", username, credential).status();
    EXPECT_TRUE(HasReason(status, Reason::kIceCredentialsMissing)) << status;
    EXPECT_EQ(GetError(status)->exception, DomException::kInvalidAccessError);
  }
}

TEST(IceServerTest, AStunServersCredentialsAreIgnored) {
  auto server = ParseServer("stun:h", "u", "c");
  ASSERT_TRUE(server.ok());
  EXPECT_EQ(server->username, "");
  EXPECT_EQ(server->credential, "");
}

TEST(IceServerTest, TlsIsNotSupportedRatherThanLeftOut) {
  EXPECT_TRUE(CheckSupported(*ParseServerUrl("turn:h?transport=tcp")).ok());
  EXPECT_TRUE(HasReason(CheckSupported(*ParseServerUrl("turns:h")),
                        Reason::kNotSupported));
  EXPECT_TRUE(HasReason(CheckSupported(*ParseServerUrl("stuns:h")),
                        Reason::kNotSupported));
}

}  // namespace
}  // namespace parley::ice
