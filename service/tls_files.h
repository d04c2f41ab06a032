// The certificate that the API shows, its key, and the authorities of those who
// call: read again when the files change, and taken only when they are good, so
// that a half-done or failed renewal costs no connection.
//
// Not thread-safe, but for its construction.
#ifndef PARLEY_SERVICE_TLS_FILES_H_
#define PARLEY_SERVICE_TLS_FILES_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "service/log.h"
#include "service/options.h"

namespace parley::service {

// In PEM form. `client_ca` is "" where nobody shows a certificate.
struct TlsTexts {
  std::string certificate;
  std::string key;
  std::string client_ca;

  friend bool operator==(const TlsTexts&, const TlsTexts&) = default;
};

class TlsFiles {
 public:
  // The clock and the log must outlive it.
  TlsFiles(TlsOptions paths, const Clock& clock, Log& log)
      : paths_(std::move(paths)), clock_(clock), log_(log) {}

  // Reads them for the first time. The error names the flag and the file.
  absl::Status Load();

  // True: texts() is new since the last call, as it is at the first. Looks at
  // the files at most once a second; those that cannot be used are told in the
  // log, and texts() stays as it was.
  bool Renew();

  const TlsTexts& texts() const { return texts_; }

 private:
  absl::StatusOr<TlsTexts> Read() const;
  void Look();
  absl::Status Check(const TlsTexts& texts) const;

  const TlsOptions paths_;
  const Clock& clock_;
  Log& log_;
  TlsTexts texts_;
  absl::StatusOr<TlsTexts> seen_;  // at the last look, good or not
  absl::Duration looked_at_ = -absl::InfiniteDuration();
  bool is_new_ = false;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_TLS_FILES_H_
