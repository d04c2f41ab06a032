#include "service/options.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<Invocation> Parse(
    std::vector<std::string_view> arguments,
    std::map<std::string, std::string> environment = {}) {
  return ParseInvocation(arguments, [&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

std::string Refusal(std::vector<std::string_view> arguments) {
  return std::string(Parse(std::move(arguments)).status().message());
}

TEST(OptionsTest, WithoutFlagsItServesThisMachineOnly) {
  const auto invocation = Parse({});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_EQ(invocation->kind, Invocation::Kind::kServe);
  EXPECT_EQ(invocation->options.listen.text, "127.0.0.1:50051");
  EXPECT_EQ(invocation->options.admin_listen->text, "127.0.0.1:50052");
  EXPECT_FALSE(invocation->options.metrics_listen.has_value());
}

TEST(OptionsTest, FlagsAndVariablesReachTheirPlaces) {
  const auto invocation = Parse(
      {"--listen=unix:/tmp/p.sock", "--admin-listen=off", "--node=pod-1",
       "--max-peers=12", "--port-range=40000-40010", "--loopback",
       "--metrics-listen=:50053", "--udp-port=3478", "--ice-mode=single-port",
       "--external-addresses=203.0.113.1,10.0.0.1=203.0.113.2",
       "--keep-local-addresses", "--interfaces=eth0,wl*", "--lease-ttl=10s",
       "--log-format=json", "--max-memory=2GiB"},
      {{"PARLEY_LOG_LEVEL", "debug"},
       {"PARLEY_MAX_PEERS", "13"},
       {"PARLEY_MAX_MESSAGE_SIZE", "64KiB"}});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  const Options& o = invocation->options;
  EXPECT_EQ(o.listen.text, "unix:/tmp/p.sock");
  EXPECT_FALSE(o.admin_listen.has_value());
  EXPECT_EQ(o.metrics_listen->text, "[::]:50053");
  EXPECT_EQ(o.engine.node, "pod-1");
  EXPECT_EQ(o.engine.pool.max_peers, 12u);
  EXPECT_EQ(o.max_memory, uint64_t{2} << 30);
  EXPECT_EQ(o.engine.ice.min_port, 40000);
  EXPECT_EQ(o.engine.ice.max_port, 40010);
  ASSERT_TRUE(o.engine.single_port.has_value());
  EXPECT_EQ(o.engine.single_port->port, 3478);
  EXPECT_TRUE(o.single_port_by_default);
  EXPECT_EQ(o.engine.ice.addresses.loopback, ice::LoopbackUse::kAlways);
  EXPECT_THAT(o.engine.ice.addresses.interfaces, ElementsAre("eth0", "wl*"));
  EXPECT_THAT(
      o.engine.ice.external.rules,
      ElementsAre(*ice::ExternalAddress::Parse("203.0.113.1"),
                  *ice::ExternalAddress::Parse("10.0.0.1=203.0.113.2")));
  EXPECT_TRUE(o.engine.ice.external.keep_local);
  EXPECT_EQ(o.engine.pool.default_lease_ttl, absl::Seconds(10));
  EXPECT_EQ(o.log.format, LogFormat::kJson);
  EXPECT_EQ(o.log.level, LogLevel::kDebug);
  EXPECT_EQ(o.max_message_size, 65536u);
}

TEST(OptionsTest, PlaintextBeyondThisMachineHasToBeMeant) {
  for (const std::string wide :
       {"--listen=0.0.0.0:50051", "--listen=:50051", "--listen=[::]:50051",
        "--listen=192.0.2.1:50051"}) {
    EXPECT_THAT(Refusal({wide}), HasSubstr("say --insecure-bind")) << wide;
    EXPECT_EQ(Refusal({wide, "--insecure-bind"}), "") << wide;
  }
  for (const std::string local :
       {"--listen=localhost:1", "--listen=127.1.2.3:1", "--listen=[::1]:1",
        "--listen=unix:/x", "--listen=unix-abstract:x"}) {
    EXPECT_EQ(Refusal({local}), "") << local;
  }
}

TEST(OptionsTest, TokensGoBeyondThisMachineByTlsAlone) {
  const auto message = Refusal({"--listen=:50051", "--tokens=/dev/null"});
  EXPECT_THAT(message, HasSubstr("whoever is on the way can read the tokens"));
  EXPECT_EQ(
      Refusal({"--listen=:50051", "--jwt-keys=/dev/null", "--insecure-bind"}),
      "");
  EXPECT_EQ(Refusal({"--listen=:50051", "--tokens=/dev/null",
                     "--tls-certificate=/dev/null", "--tls-key=/dev/null"}),
            "");
}

TEST(OptionsTest, SaysWhoMayCallAndHowMuch) {
  EXPECT_TRUE(Parse({})->options.access.open());
  const auto parsed =
      Parse({"--tokens=/dev/null", "--jwt-keys=/dev/null,/dev/null",
             "--jwt-issuer=https://id", "--jwt-audience=parley",
             "--jwt-tenant-claim=org", "--jwt-role-claim=groups",
             "--tenant-max-peers=3", "--tenant-max-certificates=4",
             "--tenant-max-streams=5", "--tenant-call-rate=0.5",
             "--tenant-call-burst=10"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const AccessOptions& access = parsed->options.access;
  EXPECT_FALSE(access.open());
  EXPECT_EQ(access.tokens_path, "/dev/null");
  EXPECT_THAT(access.jwt.key_paths, ElementsAre("/dev/null", "/dev/null"));
  EXPECT_EQ(access.jwt.issuer, "https://id");
  EXPECT_EQ(access.jwt.audience, "parley");
  EXPECT_EQ(access.jwt.tenant_claim, "org");
  EXPECT_EQ(access.jwt.role_claim, "groups");
  const pool::TenantLimits& limits = parsed->options.engine.tenants;
  EXPECT_EQ(limits.max_peers, 3u);
  EXPECT_EQ(limits.max_certificates, 4u);
  EXPECT_EQ(limits.max_streams, 5u);
  EXPECT_EQ(limits.calls.per_second, 0.5);
  EXPECT_EQ(limits.calls.burst, 10);
}

TEST(OptionsTest, RefusesInOneLineWhatCannotBe) {
  const struct {
    std::vector<std::string_view> arguments;
    std::string_view message;
  } cases[] = {
      {{"--listen=50051"}, "--listen: \"50051\" is not HOST:PORT"},
      {{"--listen=example.org:1"}, "--listen: \"example.org:1\" has a host"},
      {{"--listen=::1:50051"}, "IPv6 in brackets"},
      {{"--listen=127.0.0.1:65536"}, "from 0 to 65535"},
      {{"--listen=unix:"}, "names no Unix socket"},
      {{"--tls-certificate=/dev/null"}, "needs --tls-key"},
      {{"--tls-key=/dev/null"}, "needs --tls-certificate"},
      {{"--tls-client-ca=/dev/null"}, "needs --tls-certificate and --tls-key"},
      {{"--tls-key=/nowhere"}, "cannot be read"},
      {{"--admin-listen=127.0.0.1:50051"}, "has the port of --listen"},
      {{"--metrics-listen=50053"}, "--metrics-listen: \"50053\" is not HOST"},
      {{"--metrics-listen=unix:/tmp/m"}, "--metrics-listen: is HOST:PORT"},
      {{"--metrics-listen=:50051"},
       "--metrics-listen: has the port of --listen"},
      {{"--metrics-listen=:50052"}, "has the port of --admin-listen"},
      {{"--node=Pod"}, "--node: a node is named by a DNS label"},
      {{"--node=-x"}, "DNS label"},
      {{"--max-peers=0"}, "--max-peers: 0 is not between"},
      {{"--port-range=50-40"}, "--port-range: the first port, 50, lies above"},
      {{"--port-range=50"}, "is not FIRST-LAST"},
      {{"--addresses=10.0.0.300"}, "\"10.0.0.300\" is not an IP address"},
      {{"--external-addresses=10.0.0.1=::1"},
       "is neither EXTERNAL nor LOCAL=EXTERNAL"},
      {{"--loopback=maybe"}, "is none of auto, always, never"},
      {{"--ipv4=off", "--ipv6=off"}, "no address is left"},
      {{"--udp-port=65536"}, "--udp-port: 65536 is not between"},
      {{"--ice-mode=lite"}, "\"lite\" is none of full, single-port"},
      {{"--ice-mode=single-port"}, "--ice-mode: single-port needs --udp-port"},
      {{"--certificate=/nonexistent.pem"}, "cannot be read: No such file"},
      {{"--certificate=/dev/null"}, "--certificate: needs --key beside it"},
      {{"--key=/dev/null"}, "--key: needs --certificate beside it"},
      {{"--lease-ttl=2h", "--max-lease-ttl=1h"}, "longer than --max-lease-ttl"},
      {{"--max-message-size=1MiB", "--send-buffer=512KiB"},
       "--send-buffer: 512KiB does not hold one message"},
      {{"--peer-receive-buffer=512KiB"}, "smaller than --receive-buffer"},
      {{"--tokens=/nowhere"}, "--tokens: \"/nowhere\" cannot be read"},
      {{"--tokens=/dev/null,/dev/null"}, "--tokens: is one file"},
      {{"--jwt-keys=/dev/null,/nowhere"}, "\"/nowhere\" cannot be read"},
      {{"--jwt-issuer=x"}, "--jwt-issuer: needs --jwt-keys"},
      {{"--jwt-audience=x"}, "--jwt-audience: needs --jwt-keys"},
      {{"--jwt-tenant-claim="}, "--jwt-tenant-claim: is a text of 1 to 256"},
      {{"--tls-client-tenants"}, "--tls-client-tenants: needs --tls-client-ca"},
      {{"--tenant-call-rate=-1"}, "--tenant-call-rate: \"-1\" is no number"},
      {{"--tenant-call-rate=nan"}, "is no number from 0"},
      {{"--tenant-call-burst=5"}, "needs --tenant-call-rate"},
      {{"--tenant-max-peers=x"}, "--tenant-max-peers: \"x\" is not a whole"},
      {{"--max-peerz=1"}, "unknown flag --max-peerz; did you mean"},
  };
  for (const auto& c : cases) {
    const std::string message = Refusal(c.arguments);
    EXPECT_THAT(message, HasSubstr(std::string(c.message)));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST(OptionsTest, HelpAndVersionWinOverEverythingElse) {
  EXPECT_EQ(Parse({"--nonsense", "--help"})->kind, Invocation::Kind::kHelp);
  EXPECT_EQ(Parse({"--version"})->kind, Invocation::Kind::kVersion);
}

TEST(OptionsTest, HelpTeaches) {
  const std::string help = HelpText();
  EXPECT_THAT(help, HasSubstr("grpcurl -plaintext"));
  EXPECT_THAT(help, HasSubstr("--max-peers=N   (10000)"));
  EXPECT_THAT(help, HasSubstr("PARLEY_MAX_PEERS"));
  EXPECT_THAT(help, HasSubstr("Exit codes"));
  for (size_t at = 0, end; at < help.size(); at = end + 1) {
    end = help.find('\n', at);
    EXPECT_LE(end - at, 80u) << help.substr(at, end - at);
  }
}

}  // namespace
}  // namespace parley::service
