#include "core/crypto/certificate.h"

#include <openssl/pem.h>

#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/crypto/certificate_material.h"
#include "core/crypto/openssl_error.h"

namespace parley::crypto {

class Certificate::Native {
 public:
  explicit Native(KeyPtr key) : key_(std::move(key)) {}

  EVP_PKEY* key() const { return key_.get(); }

  X509* Parse(std::span<const uint8_t> der) {
    std::call_once(parsed_, [&] {
      const uint8_t* begin = der.data();
      x509_.reset(d2i_X509(nullptr, &begin, static_cast<long>(der.size())));
    });
    return x509_.get();
  }

 private:
  const KeyPtr key_;
  std::once_flag parsed_;
  X509Ptr x509_;
};

Certificate::Certificate(Material material)
    : native_(std::make_unique<Native>(std::move(material.key))),
      der_(std::move(material.der)),
      key_type_(material.key_type),
      expires_(material.expires),
      fingerprint_(std::move(material.fingerprint)) {}

Certificate::~Certificate() = default;

std::string Certificate::Pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr ||
      PEM_write_bio(bio.get(), PEM_STRING_X509, "", der_.data(),
                    static_cast<long>(der_.size())) <= 0) {
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

x509_st* Certificate::x509() const { return native_->Parse(der_); }
evp_pkey_st* Certificate::private_key() const { return native_->key(); }

absl::StatusOr<CertificatePtr> MakeCertificate(KeyPtr key,
                                               std::vector<uint8_t> der,
                                               KeyType key_type,
                                               absl::Time expires) {
  auto fingerprint = MakeFingerprint("sha-256", der);
  if (!fingerprint.ok()) return fingerprint.status();
  return std::make_shared<const Certificate>(
      Certificate::Material{.key = std::move(key),
                            .der = std::move(der),
                            .key_type = key_type,
                            .expires = expires,
                            .fingerprint = *std::move(fingerprint)});
}

}  // namespace parley::crypto
