#include "core/pool/certificate_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/errors.h"
#include "core/base/strings.h"

namespace parley::pool {
namespace {

absl::Status UnknownCertificate(std::string_view name) {
  return MakeError(Reason::kCertificateUnknown,
                   "there is no certificate '" + std::string(name) +
                       "'; it never was, or was deleted",
                   {{"certificate", std::string(name)}, {"field", "name"}});
}

absl::Status TooManyCertificates(size_t limit) {
  return MakeError(
      Reason::kTenantQuota,
      "there are as many certificates as there may be; delete "
      "those that no configuration names any more",
      {{"limit", std::to_string(limit)}, {"quota", "certificates"}});
}

bool HasAll(const peer::Labels& labels, const peer::Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

// The same certificate, whose every copy together counts as one use.
crypto::CertificatePtr CountUse(crypto::CertificatePtr certificate,
                                std::shared_ptr<std::atomic<size_t>> uses) {
  ++*uses;
  const crypto::Certificate* shown = certificate.get();
  return crypto::CertificatePtr(
      shown, [certificate = std::move(certificate),
              uses = std::move(uses)](const auto*) { --*uses; });
}

}  // namespace

CertificateStore::CertificateStore(CertificateLimits limits, Identity identity,
                                   const Clock& clock, Random& random)
    : limits_(limits),
      identity_(std::move(identity)),
      clock_(clock),
      random_(random),
      quick_(limits.max_waiting),
      rsa_(limits.max_waiting_rsa) {}

void CertificateStore::Stop() {
  rsa_.Stop();
  quick_.Stop();
}

void CertificateStore::Generate(const TenantPtr& tenant,
                                crypto::CertificateOptions options,
                                peer::Labels labels, Reply reply) {
  GenerateAs(options.key_type,
             Entry{.tenant = tenant,
                   .lifetime = options.lifetime,
                   .labels = std::move(labels)},
             0, std::move(reply));
}

void CertificateStore::GenerateAs(crypto::KeyType key_type, Entry entry,
                                  Sequence predecessor, Reply reply) {
  crypto::KeyWorker& worker =
      key_type == crypto::KeyType::kRsa2048 ? rsa_ : quick_;
  const crypto::CertificateOptions options{.key_type = key_type,
                                           .lifetime = entry.lifetime};
  Make(
      worker,
      [this, options] {
        return crypto::GenerateCertificate(options, clock_, random_);
      },
      std::move(entry), predecessor, std::move(reply));
}

void CertificateStore::Import(const TenantPtr& tenant,
                              std::string certificate_pem,
                              std::string private_key_pem, peer::Labels labels,
                              Reply reply) {
  // Shared, because a std::function is copied, and the key must not be.
  auto key = std::make_shared<crypto::SecretText>(std::move(private_key_pem));
  Make(
      quick_,
      [this, certificate = std::move(certificate_pem), key] {
        return crypto::ImportCertificate(certificate, key->text, clock_);
      },
      Entry{.tenant = tenant,
            .imported = true,
            .lifetime = crypto::kDefaultCertificateLifetime,
            .labels = std::move(labels)},
      0, std::move(reply));
}

void CertificateStore::Rotate(const TenantPtr& tenant, std::string_view name,
                              Reply reply) {
  absl::Status status;
  Sequence old = 0;
  Entry entry{.tenant = tenant};
  crypto::KeyType key_type = crypto::KeyType::kOther;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = FindSequence(*tenant, name);
    status = found.status();
    if (found.ok()) {
      old = Newest(*found);
      const Entry& like = entries_.at(old);
      key_type = like.certificate->key_type();
      entry.lifetime = like.lifetime;
      entry.labels = like.labels;
    }
  }
  if (!status.ok()) return reply(std::move(status));
  GenerateAs(key_type, std::move(entry), old, std::move(reply));
}

absl::Status CertificateStore::Reserve(Tenant& tenant) {
  if (!tenant.certificates().Take()) {
    return TooManyCertificates(tenant.certificates().limit());
  }
  absl::MutexLock lock(&mutex_);
  if (entries_.size() + reserved_ >= limits_.max_certificates) {
    tenant.certificates().Give();
    return TooManyCertificates(limits_.max_certificates);
  }
  ++reserved_;
  return absl::OkStatus();
}

void CertificateStore::Make(crypto::KeyWorker& worker, Maker maker, Entry entry,
                            Sequence predecessor, Reply reply) {
  if (absl::Status room = Reserve(*entry.tenant); !room.ok()) {
    return reply(std::move(room));
  }
  worker.Run([this, maker = std::move(maker), entry = std::move(entry),
              predecessor,
              reply = std::move(reply)](absl::Status status) mutable {
    if (status.ok()) {
      auto made = maker();
      status = made.status();
      if (made.ok()) entry.certificate = *std::move(made);
    }
    if (!status.ok()) {
      {
        absl::MutexLock lock(&mutex_);
        --reserved_;
      }
      entry.tenant->certificates().Give();
      return reply(std::move(status));
    }
    reply(Add(std::move(entry), predecessor));
  });
}

StoredCertificate CertificateStore::Add(Entry entry, Sequence predecessor) {
  entry.name = NewCertificateName(identity_, random_);
  entry.create_time = clock_.Now();
  entry.uses = std::make_shared<std::atomic<size_t>>(0);
  absl::MutexLock lock(&mutex_);
  --reserved_;
  const Sequence sequence = ++last_;
  by_name_.emplace(entry.name, sequence);
  const Entry& added =
      entries_.emplace(sequence, std::move(entry)).first->second;
  // Deleted, or replaced by another call, while the key was made.
  if (entries_.contains(predecessor)) {
    entries_.at(Newest(predecessor)).successor = sequence;
  }
  return Show(added);
}

absl::StatusOr<StoredCertificate> CertificateStore::Find(
    const Tenant& tenant, std::string_view name) const {
  absl::MutexLock lock(&mutex_);
  const auto sequence = FindSequence(tenant, name);
  if (!sequence.ok()) return sequence.status();
  return Show(entries_.at(*sequence));
}

absl::Status CertificateStore::Delete(const Tenant& tenant,
                                      std::string_view name) {
  // Destroyed without the lock held.
  Entry gone;
  absl::MutexLock lock(&mutex_);
  const auto sequence = FindSequence(tenant, name);
  if (!sequence.ok()) return sequence.status();
  const auto it = entries_.find(*sequence);
  gone = std::move(it->second);
  entries_.erase(it);
  by_name_.erase(gone.name);
  gone.tenant->certificates().Give();
  for (auto& [other, entry] : entries_) {
    if (entry.successor == *sequence) entry.successor = gone.successor;
  }
  return absl::OkStatus();
}

absl::StatusOr<CertificateStore::Page> CertificateStore::List(
    const Tenant& tenant, size_t page_size, std::string_view token,
    const peer::Labels& labels) const {
  // "{epoch}{sequence}".
  Sequence from = 0;
  if (!token.empty()) {
    const bool ours = token.starts_with(identity_.epoch);
    const char* end = token.data() + token.size();
    const auto [stop, error] =
        std::from_chars(token.data() + (ours ? kEpochChars : 0), end, from);
    if (!ours || error != std::errc() || stop != end || from == 0) {
      return MakeError(Reason::kPageToken,
                       "the page_token is not one of this list; begin again",
                       {{"field", "page_token"}});
    }
  }
  Page page;
  absl::MutexLock lock(&mutex_);
  auto it = from == 0 ? entries_.begin() : entries_.lower_bound(from);
  for (; it != entries_.end(); ++it) {
    if (it->second.tenant.get() != &tenant) continue;
    if (!HasAll(it->second.labels, labels)) continue;
    if (page.certificates.size() == page_size) {
      page.next = identity_.epoch + std::to_string(it->first);
      break;
    }
    page.certificates.push_back(Show(it->second));
  }
  return page;
}

absl::Status CertificateStore::Resolve(
    const Tenant& tenant,
    std::vector<peer::NamedCertificate>& certificates) const {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < certificates.size(); ++i) {
    const std::string field = "certificates[" + std::to_string(i) + "]";
    const auto found = FindSequence(tenant, certificates[i].name);
    if (!found.ok()) return WithMetadata(found.status(), "field", field);
    const Entry& entry = entries_.at(Newest(*found));
    if (entry.certificate->ExpiredAt(now)) {
      return MakeError(Reason::kCertificateExpired,
                       "the certificate expired at " +
                           absl::FormatTime(entry.certificate->expires()) +
                           "; rotate it",
                       {{"certificate", entry.name}, {"field", field}});
    }
    certificates[i] = {entry.name, CountUse(entry.certificate, entry.uses)};
  }
  return absl::OkStatus();
}

size_t CertificateStore::size() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

absl::StatusOr<CertificateStore::Sequence> CertificateStore::FindSequence(
    const Tenant& tenant, std::string_view name) const {
  const auto parsed = ParseCertificateName(name);
  if (!parsed.ok()) return parsed.status();
  const absl::Status home = CheckHome(identity_, *parsed);
  if (!home.ok()) return home;
  const auto it = by_name_.find(ToAbsl(name));
  if (it == by_name_.end() || entries_.at(it->second).tenant.get() != &tenant) {
    return UnknownCertificate(name);
  }
  return it->second;
}

// Ends, because a successor is always younger.
CertificateStore::Sequence CertificateStore::Newest(Sequence sequence) const {
  Sequence newest = sequence;
  while (const Sequence next = entries_.at(newest).successor) newest = next;
  return newest;
}

StoredCertificate CertificateStore::Show(const Entry& entry) const {
  return {
      .name = entry.name,
      .certificate = entry.certificate,
      .create_time = entry.create_time,
      .imported = entry.imported,
      .replaced_by = entry.successor ? entries_.at(entry.successor).name : "",
      .labels = entry.labels,
      .peers = *entry.uses};
}

}  // namespace parley::pool
