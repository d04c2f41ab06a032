// The certificates that were made or imported by name, for the peers of a
// tenant to share. One of another tenant is as unknown as one that never was.
//
// Safe for concurrent use. Replies come once, on any thread, without a lock
// held; they must not block. Names belong to this process, as those of peers
// do, and the certificates end with it: nothing is written anywhere.
#ifndef PARLEY_CORE_POOL_CERTIFICATE_STORE_H_
#define PARLEY_CORE_POOL_CERTIFICATE_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/crypto/certificate.h"
#include "core/crypto/key_worker.h"
#include "core/peer/peer_types.h"
#include "core/pool/names.h"
#include "core/pool/tenant.h"

namespace parley::pool {

struct CertificateLimits {
  size_t max_certificates = 1'000;  // of all tenants
  // Calls that wait while another one's RSA key is made, and the same of what
  // is quick: ECDSA keys and imports. Beyond: RATE.
  size_t max_waiting_rsa = 16;
  size_t max_waiting = 256;
};

// A certificate as a call shows it.
struct StoredCertificate {
  std::string name;
  crypto::CertificatePtr certificate;
  absl::Time create_time;
  bool imported = false;
  std::string replaced_by;  // empty: none
  peer::Labels labels;
  size_t peers = 0;  // that use it now
};

class CertificateStore {
 public:
  using Reply = absl::AnyInvocable<void(absl::StatusOr<StoredCertificate>)>;

  // Clock and random must outlive it.
  CertificateStore(CertificateLimits limits, Identity identity,
                   const Clock& clock, Random& random);
  ~CertificateStore() { Stop(); }
  CertificateStore(const CertificateStore&) = delete;
  CertificateStore& operator=(const CertificateStore&) = delete;

  // Makes a key and its certificate on a thread of its own. Errors: those of
  // crypto::GenerateCertificate, TENANT_QUOTA, RATE, DRAINING.
  void Generate(const TenantPtr& tenant, crypto::CertificateOptions options,
                peer::Labels labels, Reply reply);

  // Errors: those of crypto::ImportCertificate, and as above.
  void Import(const TenantPtr& tenant, std::string certificate_pem,
              std::string private_key_pem, peer::Labels labels, Reply reply);

  // Makes a certificate with the key type, lifetime and labels of this one,
  // which it replaces. If that was replaced before, it is its newest successor
  // that is replaced. Errors: those of Find; NOT_SUPPORTED for a key that
  // cannot be made; as above.
  void Rotate(const TenantPtr& tenant, std::string_view name, Reply reply);

  // Errors: ARGUMENT, WRONG_NODE, CERTIFICATE_UNKNOWN.
  absl::StatusOr<StoredCertificate> Find(const Tenant& tenant,
                                         std::string_view name) const;

  // Forgets it; peers that use it keep it. What it had replaced is replaced by
  // its own successor from now on, or, if it has none, by nothing. Errors:
  // those of Find.
  absl::Status Delete(const Tenant& tenant, std::string_view name);

  struct Page {
    std::vector<StoredCertificate> certificates;
    std::string next;  // empty: there is no more
  };
  // From the newest on those with all these labels. `token` is a page's `next`,
  // or empty; PAGE_TOKEN if it is not.
  absl::StatusOr<Page> List(const Tenant& tenant, size_t page_size,
                            std::string_view token,
                            const peer::Labels& labels) const;

  // Puts the certificates in that the names stand for, each of which counts as
  // used until its pointer and all copies are gone; a name that was replaced
  // becomes that of its newest successor. Errors, with the metadata field
  // "certificates[i]": those of Find, CERTIFICATE_EXPIRED.
  absl::Status Resolve(const Tenant& tenant,
                       std::vector<peer::NamedCertificate>& certificates) const;

  size_t size() const;
  const CertificateLimits& limits() const { return limits_; }

  // Refuses what waits for a key, and new keys, with DRAINING. Waits for the
  // key that is being made, if any.
  void Stop();

 private:
  // By this number the newest come first. 0 is none.
  using Sequence = uint64_t;
  struct Entry {
    TenantPtr tenant;
    std::string name;
    crypto::CertificatePtr certificate;
    absl::Time create_time;
    bool imported = false;
    absl::Duration lifetime;  // that a successor gets
    peer::Labels labels;
    Sequence successor = 0;
    std::shared_ptr<std::atomic<size_t>> uses;
  };
  using Entries = absl::btree_map<Sequence, Entry, std::greater<Sequence>>;
  // What makes the certificate, on a worker.
  using Maker = std::function<absl::StatusOr<crypto::CertificatePtr>()>;

  absl::StatusOr<Sequence> FindSequence(const Tenant& tenant,
                                        std::string_view name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Sequence Newest(Sequence sequence) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StoredCertificate Show(const Entry& entry) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Reserve(Tenant& tenant) ABSL_LOCKS_EXCLUDED(mutex_);
  void Make(crypto::KeyWorker& worker, Maker maker, Entry entry,
            Sequence predecessor, Reply reply) ABSL_LOCKS_EXCLUDED(mutex_);
  void GenerateAs(crypto::KeyType key_type, Entry entry, Sequence predecessor,
                  Reply reply) ABSL_LOCKS_EXCLUDED(mutex_);
  StoredCertificate Add(Entry entry, Sequence predecessor)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const CertificateLimits limits_;
  const Identity identity_;
  const Clock& clock_;
  Random& random_;

  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Sequence> by_name_ ABSL_GUARDED_BY(mutex_);
  Sequence last_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t reserved_ ABSL_GUARDED_BY(mutex_) = 0;  // for keys being made

  crypto::KeyWorker quick_;
  crypto::KeyWorker rsa_;
};

}  // namespace parley::pool

#endif  // PARLEY_CORE_POOL_CERTIFICATE_STORE_H_
