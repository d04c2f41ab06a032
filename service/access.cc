#include "service/access.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "grpc/grpc_security_constants.h"
#include "service/certificate_subject.h"

namespace parley::service {
namespace {

// Of all tokens of a file, or all keys.
constexpr size_t kMaxFileBytes = 16 << 20;
constexpr size_t kMaxKeyFileBytes = 1 << 20;
constexpr absl::Duration kRetryDelay = absl::Seconds(1);
constexpr absl::string_view kScheme = "bearer ";

absl::Status TooManyStreams(size_t limit) {
  return MakeRetryableError(
      Reason::kRate,
      "this tenant has as many streams open as it may have; close some",
      kRetryDelay, {{"limit", std::to_string(limit)}, {"quota", "streams"}});
}

absl::Status NeedsAdmin(Method method) {
  return MakeError(Reason::kRole,
                   absl::StrCat(ToAbsl(method.name()),
                                " needs the role admin, and this caller is a "
                                "user"),
                   {{"role", "admin"}});
}

absl::Status InFile(std::string_view flag, const absl::Status& status) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", ToAbsl(flag), ": ", status.message()));
}

// An address without its port, which differs for each connection.
std::string_view HostOf(std::string_view peer) {
  const size_t colon = peer.rfind(':');
  return colon == std::string_view::npos ? peer : peer.substr(0, colon);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Access>> Access::Create(
    const AccessOptions& options, pool::Tenants& tenants, const Clock& clock,
    Log& log) {
  // Not make_unique: the constructor is private.
  auto access =
      std::unique_ptr<Access>(new Access(options, tenants, clock, log));
  absl::Status loaded = access->WatchTokens();
  loaded.Update(access->WatchJwtKeys());
  if (!loaded.ok()) return loaded;
  return access;
}

Access::Access(const AccessOptions& options, pool::Tenants& tenants,
               const Clock& clock, Log& log)
    : options_(options),
      tenants_(tenants),
      clock_(clock),
      log_(log),
      common_{pool::TenantPtr(pool::TenantPtr(), tenants.common().get()),
              Role::kAdmin} {}

// --- Files ---

absl::Status Access::WatchTokens() {
  if (options_.tokens_path.empty()) return absl::OkStatus();
  return WatchFiles(
      "tokens", {options_.tokens_path}, kMaxFileBytes,
      [this](const FileWatch::Contents& contents) {
        auto table = ParseTokenFile(contents.front());
        if (!table.ok()) return table.status();
        SetKeys([&table](Keys& keys) {
          keys.tokens = std::make_shared<const TokenTable>(*std::move(table));
        });
        return absl::OkStatus();
      });
}

absl::Status Access::WatchJwtKeys() {
  if (options_.jwt.key_paths.empty()) return absl::OkStatus();
  return WatchFiles(
      "jwt-keys", options_.jwt.key_paths, kMaxKeyFileBytes,
      [this](const FileWatch::Contents& contents) {
        auto parsed = JwtKeys::Parse(contents);
        if (!parsed.ok()) return parsed.status();
        SetKeys([&parsed](Keys& keys) { keys.jwt = *std::move(parsed); });
        return absl::OkStatus();
      });
}

absl::Status Access::WatchFiles(std::string_view flag,
                                const std::vector<std::string>& paths,
                                size_t max_bytes, Taker take) {
  const auto contents = FileWatch::Read(paths, max_bytes);
  if (!contents.ok()) return InFile(flag, contents.status());
  const absl::Status taken = take(*contents);
  if (!taken.ok()) return InFile(flag, taken);
  watches_.push_back(std::make_unique<FileWatch>(
      paths, max_bytes, *contents, options_.reload_interval,
      [this, flag, take](absl::StatusOr<FileWatch::Contents> now) {
        absl::Status status = now.status();
        if (status.ok()) status = take(*now);
        if (status.ok()) return log_.Info("access renewed", {{"flag", flag}});
        ++failed_reloads_;
        log_.Warning("access not renewed",
                     {{"flag", flag}, {"detail", ToStd(status.message())}});
      }));
  return absl::OkStatus();
}

void Access::SetKeys(const std::function<void(Keys&)>& change) {
  absl::MutexLock lock(&mutex_);
  change(keys_);
  ++generation_;
}

// --- Calls ---

absl::StatusOr<Caller> Access::Admit(const grpc::ServerContextBase& context,
                                     Method method) {
  absl::StatusOr<Caller> caller = options_.open() ? common_ : Identify(context);
  if (!caller.ok()) {
    if (const auto fault = FindTokenFault(caller.status())) {
      ++refused_[static_cast<size_t>(*fault)];
    }
    return caller;
  }
  if (caller->tenant->call_rate().limited()) {
    absl::Status counted = caller->tenant->CountCall(clock_.Monotonic());
    if (!counted.ok()) return counted;
  }
  if (method.for_admins() && caller->role != Role::kAdmin) {
    return NeedsAdmin(method);
  }
  return caller;
}

absl::StatusOr<Caller> Access::AdmitStream(
    const grpc::ServerContextBase& context, Method method, StreamSlot& slot) {
  auto caller = Admit(context, method);
  if (!caller.ok()) return caller;
  pool::Quota& streams = caller->tenant->streams();
  if (!streams.Take()) return TooManyStreams(streams.limit());
  slot = StreamSlot(caller->tenant);
  return caller;
}

absl::StatusOr<Caller> Access::Identify(
    const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto [first, last] = metadata.equal_range("authorization");
  if (first == last) {
    if (options_.certificate_tenants) return ByCertificate(context);
    return TokenError(TokenFault::kMissing);
  }
  if (!options_.asks_for_tokens()) {
    return TokenError(TokenFault::kUnknown, "the server takes none");
  }
  const absl::string_view value(first->second.data(), first->second.size());
  if (std::next(first) != last || value.size() <= kScheme.size() ||
      value.size() > kScheme.size() + kMaxTokenBytes ||
      !absl::StartsWithIgnoreCase(value, kScheme)) {
    return TokenError(TokenFault::kMalformed);
  }
  const std::string_view token = ToStd(value.substr(kScheme.size()));
  // gRPC lets every byte pass.
  if (!std::all_of(token.begin(), token.end(),
                   [](unsigned char c) { return absl::ascii_isgraph(c); })) {
    return TokenError(TokenFault::kMalformed);
  }
  return ByToken(context, token);
}

absl::StatusOr<Caller> Access::ByToken(const grpc::ServerContextBase& context,
                                       std::string_view token) {
  const TokenDigest digest = DigestToken(token);
  // Before the keys, so that what is verified by older ones counts as such.
  const uint64_t generation = generation_;
  if (auto caller = verified_.Find(digest, generation, clock_.Now())) {
    return *std::move(caller);
  }
  // Costs next to nothing, so no flood of bad ones stands in its way.
  if (const auto known = FindToken(digest)) {
    return Remember(digest, Verified{*known}, generation);
  }
  RateLimit& failures = FailuresOf(context);
  const absl::Duration now = clock_.Monotonic();
  if (const auto wait = failures.Wait(kFailures, now)) {
    return MakeRetryableError(Reason::kRate,
                              "too many bad tokens came from this address",
                              *wait, {{"quota", "tokens"}});
  }
  const auto verified = Verify(token);
  if (!verified.ok()) {
    failures.Take(kFailures, now);
    return verified.status();
  }
  return Remember(digest, *verified, generation);
}

Access::Keys Access::CurrentKeys() const {
  absl::MutexLock lock(&mutex_);
  return keys_;
}

std::optional<Credential> Access::FindToken(const TokenDigest& digest) const {
  const std::shared_ptr<const TokenTable> tokens = CurrentKeys().tokens;
  if (!tokens) return std::nullopt;
  const auto known = tokens->find(digest);
  if (known == tokens->end()) return std::nullopt;
  return known->second;
}

absl::StatusOr<Verified> Access::Verify(std::string_view token) const {
  const std::shared_ptr<const JwtKeys> jwt = CurrentKeys().jwt;
  if (!jwt || !JwtKeys::LooksLikeOne(token)) {
    return TokenError(TokenFault::kUnknown);
  }
  return jwt->Verify(token, options_.jwt, clock_.Now());
}

absl::StatusOr<Caller> Access::ByCertificate(
    const grpc::ServerContextBase& context) {
  const auto authenticated = context.auth_context();
  const auto of = [&authenticated](const char* property) {
    const auto values = authenticated->FindPropertyValues(property);
    return values.empty()
               ? std::string_view()
               : std::string_view(values[0].data(), values[0].size());
  };
  const std::string_view pem = of(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (pem.empty()) return TokenError(TokenFault::kMissing);
  // Not the digest of any token: a certificate is no secret, and who sends one
  // as a token is not who owns it.
  const TokenDigest digest =
      DigestToken(absl::StrCat("certificate\n", ToAbsl(pem)));
  const uint64_t generation = generation_;
  if (auto caller = verified_.Find(digest, generation, clock_.Now())) {
    return *std::move(caller);
  }
  auto credential = ReadSubject(pem);
  if (!credential.ok()) return credential.status();
  return Remember(digest, {.credential = *std::move(credential)}, generation);
}

absl::StatusOr<Caller> Access::Remember(const TokenDigest& digest,
                                        const Verified& verified,
                                        uint64_t generation) {
  auto tenant = tenants_.Get(verified.credential.tenant);
  if (!tenant.ok()) return tenant.status();
  Caller caller{*std::move(tenant), verified.credential.role};
  verified_.Add(digest, {caller, verified.expires, generation}, clock_.Now());
  return caller;
}

RateLimit& Access::FailuresOf(const grpc::ServerContextBase& context) {
  const std::string peer = context.peer();
  const size_t hash = absl::Hash<absl::string_view>()(ToAbsl(HostOf(peer)));
  return failures_[hash % failures_.size()];
}

}  // namespace parley::service
