#include "service/tls_files.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"
#include "core/crypto/certificate.h"
#include "core/crypto/openssl_ptr.h"
#include "openssl/err.h"
#include "openssl/pem.h"
#include "service/file_watch.h"

namespace parley::service {
namespace {

// Files are looked at no more often.
constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr size_t kMaxFileBytes = size_t{1} << 20;

bool HasCertificate(const std::string& pem) {
  const crypto::BioPtr file(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const crypto::X509Ptr certificate(
      file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)
           : nullptr);
  ERR_clear_error();
  return certificate != nullptr;
}

}  // namespace

absl::StatusOr<TlsTexts> TlsFiles::Read() const {
  TlsTexts texts;
  for (const auto& [path, text] :
       {std::pair(&paths_.certificate_path, &texts.certificate),
        std::pair(&paths_.key_path, &texts.key),
        std::pair(&paths_.client_ca_path, &texts.client_ca)}) {
    if (path->empty()) continue;
    auto read = ReadSmallFile(*path, kMaxFileBytes);
    if (!read.ok()) return read.status();
    *text = *std::move(read);
  }
  return texts;
}

absl::Status TlsFiles::Check(const TlsTexts& texts) const {
  const auto imported =
      crypto::ImportCertificate(texts.certificate, texts.key, clock_);
  if (!imported.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--tls-certificate, --tls-key: ", paths_.certificate_path,
                     ", ", paths_.key_path, ": ", imported.status().message()));
  }
  if (!paths_.client_ca_path.empty() && !HasCertificate(texts.client_ca)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--tls-client-ca: ", paths_.client_ca_path,
                     " has no certificate in PEM form"));
  }
  return absl::OkStatus();
}

absl::Status TlsFiles::Load() {
  seen_ = Read();
  if (!seen_.ok()) return seen_.status();
  if (absl::Status good = Check(*seen_); !good.ok()) return good;
  texts_ = *seen_;
  is_new_ = true;
  return absl::OkStatus();
}

bool TlsFiles::Renew() {
  const absl::Duration now = clock_.Monotonic();
  if (now - looked_at_ >= kLookInterval) {
    looked_at_ = now;
    Look();
  }
  return std::exchange(is_new_, false);
}

void TlsFiles::Look() {
  auto found = Read();
  if (found == seen_) return;
  seen_ = std::move(found);
  const absl::Status good = seen_.ok() ? Check(*seen_) : seen_.status();
  if (!good.ok()) {
    log_.Warning("certificate files cannot be used",
                 {{"why", ToStd(good.message())}});
  } else if (*seen_ != texts_) {
    texts_ = *seen_;
    is_new_ = true;
    log_.Info("certificate files taken up");
  }
}

}  // namespace parley::service
