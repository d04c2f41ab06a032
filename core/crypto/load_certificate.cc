#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/crypto/certificate.h"
#include "core/crypto/certificate_material.h"
#include "core/crypto/openssl_error.h"

namespace parley::crypto {
namespace {

constexpr size_t kMaxFileSize = 64 * 1024;

// Holds the text of a private key, and wipes it.
struct SecretText {
  SecretText() = default;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }
  std::string text;
};

BioPtr ReadOnly(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without this OpenSSL would ask for a passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::Status Unusable(std::string_view field, const std::string& what) {
  TakeOpenSslError();
  return MakeError(Reason::kArgument, what, {{"field", std::string(field)}});
}

// nullopt for keys that no cipher suite of ours can use.
std::optional<KeyType> TypeOf(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) < 2048) return std::nullopt;
      return EVP_PKEY_get_bits(key) == 2048 ? KeyType::kRsa2048
                                            : KeyType::kOther;
    case EVP_PKEY_EC: {
      char group[32];
      if (EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr) != 1) {
        return std::nullopt;
      }
      return std::strcmp(group, SN_X9_62_prime256v1) == 0 ? KeyType::kEcdsaP256
                                                          : KeyType::kOther;
    }
    default:
      return std::nullopt;
  }
}

std::optional<absl::Time> ExpiryOf(X509* x509) {
  std::tm parts;
  if (ASN1_TIME_to_tm(X509_get0_notAfter(x509), &parts) != 1) {
    return std::nullopt;
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

// Reads the whole file. On failure the text says why.
absl::Status ReadFile(const std::string& path, std::string& text) {
  // O_NONBLOCK, so that a FIFO cannot hold us up.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::UnknownError(std::strerror(errno));
  struct stat info;
  absl::Status status;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    status = absl::UnknownError("not a regular file");
  } else if (info.st_size > static_cast<off_t>(kMaxFileSize)) {
    status = absl::UnknownError("larger than 64 KiB");
  } else {
    text.resize(static_cast<size_t>(info.st_size));
    const ssize_t size = read(fd, text.data(), text.size());
    if (size < 0) status = absl::UnknownError(std::strerror(errno));
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  }
  close(fd);
  return status;
}

absl::Status Unreadable(const std::string& path, std::string_view why) {
  return MakeError(Reason::kCertificateUnreadable,
                   "the configured certificate cannot be used: " + path + ": " +
                       std::string(why),
                   {{"path", path}});
}

bool BlamesTheKey(const absl::Status& status) {
  const std::optional<Error> error = GetError(status);
  return error &&
         std::find(error->metadata.begin(), error->metadata.end(),
                   ErrorMetadata::value_type("field", "private_key_pem")) !=
             error->metadata.end();
}

}  // namespace

absl::StatusOr<CertificatePtr> ImportCertificate(
    std::string_view certificate_pem, std::string_view key_pem,
    const Clock& clock) {
  const BioPtr certificate_bio = ReadOnly(certificate_pem);
  const X509Ptr x509(
      PEM_read_bio_X509(certificate_bio.get(), nullptr, NoPassphrase, nullptr));
  if (x509 == nullptr) {
    return Unusable("certificate_pem", "this is no certificate in PEM form");
  }
  const BioPtr key_bio = ReadOnly(key_pem);
  KeyPtr key(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return Unusable("private_key_pem",
                    "this is no private key in PEM form without passphrase");
  }
  if (X509_check_private_key(x509.get(), key.get()) != 1) {
    return Unusable("private_key_pem", "the key is not the certificate's");
  }
  const std::optional<KeyType> key_type = TypeOf(key.get());
  if (!key_type) {
    return MakeError(Reason::kNotSupported,
                     "the key must be ECDSA, or RSA of at least 2,048 bits",
                     {{"field", "private_key_pem"}});
  }
  const std::optional<absl::Time> expires = ExpiryOf(x509.get());
  if (!expires) {
    return Unusable("certificate_pem", "the certificate has no readable end");
  }
  if (clock.Now() >= *expires) {
    return MakeError(Reason::kCertificateExpired,
                     "the certificate expired at " + absl::FormatTime(*expires),
                     {{"field", "certificate_pem"}});
  }
  const int size = i2d_X509(x509.get(), nullptr);
  if (size <= 0) return Unusable("certificate_pem", TakeOpenSslError());
  std::vector<uint8_t> der(static_cast<size_t>(size));
  uint8_t* out = der.data();
  i2d_X509(x509.get(), &out);
  return MakeCertificate(std::move(key), std::move(der), *key_type, *expires);
}

absl::StatusOr<CertificatePtr> LoadCertificate(
    const std::string& certificate_path, const std::string& key_path,
    const Clock& clock) {
  std::string certificate_pem;
  if (const absl::Status read = ReadFile(certificate_path, certificate_pem);
      !read.ok()) {
    return Unreadable(certificate_path, ToStd(read.message()));
  }
  SecretText key_pem;
  if (const absl::Status read = ReadFile(key_path, key_pem.text); !read.ok()) {
    return Unreadable(key_path, ToStd(read.message()));
  }
  auto imported = ImportCertificate(certificate_pem, key_pem.text, clock);
  if (imported.ok() ||
      HasReason(imported.status(), Reason::kCertificateExpired)) {
    return imported;
  }
  const bool key_is_bad = BlamesTheKey(imported.status());
  return Unreadable(key_is_bad ? key_path : certificate_path,
                    ToStd(imported.status().message()));
}

}  // namespace parley::crypto
