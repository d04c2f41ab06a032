// A bounded stock of ready-made certificates, so that no peer waits for a key.
//
// One thread of its own, at low priority, keeps the stock full. Safe for
// concurrent use. Callbacks run without any lock held: on the calling thread
// when a certificate is ready, else on the stock's thread, where they must only
// post elsewhere.
#ifndef PARLEY_CORE_CRYPTO_CERTIFICATE_STOCK_H_
#define PARLEY_CORE_CRYPTO_CERTIFICATE_STOCK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/crypto/certificate.h"

namespace parley::crypto {

class CertificateStock {
 public:
  using Generator = std::function<absl::StatusOr<CertificatePtr>()>;
  using Callback = absl::AnyInvocable<void(absl::StatusOr<CertificatePtr>)>;

  struct Options {
    size_t capacity = 64;  // certificates kept ready, about 3 KiB each; 0: none
    // A ready certificate with less of its life left is thrown away.
    absl::Duration min_remaining = absl::Hours(24 * 15);
    // The thread's nice value, 0 to 19.
    int niceness = 10;
  };

  struct Counters {
    size_t ready = 0;
    size_t waiting = 0;
    uint64_t generated = 0;
    uint64_t failed = 0;
    uint64_t taken = 0;
  };

  // The generator is called on the stock's thread only; generator and clock
  // must outlive the stock. Begins to fill at once.
  CertificateStock(Options options, Generator generator, const Clock& clock);

  // Callbacks that still wait get CERTIFICATE_GENERATION, on this thread.
  ~CertificateStock();
  CertificateStock(const CertificateStock&) = delete;
  CertificateStock& operator=(const CertificateStock&) = delete;

  // Gives a certificate: inside this call when one is ready, else as soon as it
  // is made (W3C "in-parallel steps to create an offer" wait for a certificate
  // still being generated). When the generator fails, everyone who waits at
  // that moment gets its error; whoever asks afterwards causes a new try.
  void Take(Callback callback) ABSL_LOCKS_EXCLUDED(mutex_);

  Counters counters() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Settle(absl::StatusOr<CertificatePtr> made) ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  const Generator generator_;
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  std::deque<CertificatePtr> ready_ ABSL_GUARDED_BY(mutex_);
  std::deque<Callback> waiting_ ABSL_GUARDED_BY(mutex_);
  Counters counters_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // After a failure the stock is not filled for a while; who waits is served.
  bool resting_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace parley::crypto

#endif  // PARLEY_CORE_CRYPTO_CERTIFICATE_STOCK_H_
