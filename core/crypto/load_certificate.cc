#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
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

// A larger RSA key would hold up an event loop with every handshake.
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 4096;
// What OpenSSL asks of signatures, and so of chains, at its level 2.
constexpr int kMinSignatureBits = 112;

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
      if (EVP_PKEY_get_bits(key) < kMinRsaBits ||
          EVP_PKEY_get_bits(key) > kMaxRsaBits) {
        return std::nullopt;
      }
      return EVP_PKEY_get_bits(key) == 2048 ? KeyType::kRsa2048
                                            : KeyType::kOther;
    case EVP_PKEY_EC: {
      char group[32];
      if (EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr) != 1) {
        return std::nullopt;
      }
      if (std::strcmp(group, SN_X9_62_prime256v1) == 0) {
        return KeyType::kEcdsaP256;
      }
      if (std::strcmp(group, SN_secp384r1) == 0) return KeyType::kOther;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// Whether the key can sign what its public half verifies.
bool IsConsistent(EVP_PKEY* key) {
  const KeyContextPtr context(EVP_PKEY_CTX_new(key, nullptr));
  return context != nullptr && EVP_PKEY_pairwise_check(context.get()) == 1;
}

// Of a certificate that is not signed by itself, which nobody looks at.
bool IsWeaklySigned(X509* x509) {
  int bits = 0;
  return (X509_get_extension_flags(x509) & EXFLAG_SS) == 0 &&
         (X509_get_signature_info(x509, nullptr, nullptr, &bits, nullptr) !=
              1 ||
          bits < kMinSignatureBits);
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

SecretText::~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }

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
                     "the key must be ECDSA on P-256 or P-384, or RSA of 2,048 "
                     "to 4,096 bits",
                     {{"field", "private_key_pem"}});
  }
  if (!IsConsistent(key.get())) {
    return Unusable("private_key_pem", "the key is not consistent in itself");
  }
  if (IsWeaklySigned(x509.get())) {
    return MakeError(Reason::kNotSupported,
                     "the certificate is signed with a hash as weak as SHA-1",
                     {{"field", "certificate_pem"}});
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
