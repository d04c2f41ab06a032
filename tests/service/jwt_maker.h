// An issuer of JSON Web Tokens for tests. Used by one thread.
#ifndef PARLEY_TESTS_SERVICE_JWT_MAKER_H_
#define PARLEY_TESTS_SERVICE_JWT_MAKER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "core/crypto/openssl_ptr.h"
#include "gtest/gtest.h"
#include "openssl/core_names.h"
#include "openssl/ec.h"
#include "openssl/ecdsa.h"
#include "openssl/pem.h"
#include "openssl/rsa.h"

namespace parley::service {

class JwtMaker {
 public:
  static JwtMaker Rsa(unsigned bits = 2048) {
    return JwtMaker(EVP_RSA_gen(bits), "RS256");
  }
  static JwtMaker Ec(const char* curve = "P-256") {
    return JwtMaker(EVP_EC_gen(curve), "ES256");
  }

  std::string PublicPem() const {
    return Pem([this](BIO* out) { PEM_write_bio_PUBKEY(out, key_.get()); });
  }
  std::string PrivatePem() const {
    return Pem([this](BIO* out) {
      PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr,
                               nullptr);
    });
  }
  // One entry of a JWK set. `more` are members, each with a comma before it.
  std::string Jwk(const std::string& id, const std::string& more = "") const {
    const bool rsa = EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA;
    const std::string members =
        rsa ? R"("kty":"RSA","n":")" + Number(OSSL_PKEY_PARAM_RSA_N, 1) +
                  R"(","e":")" + Number(OSSL_PKEY_PARAM_RSA_E, 1)
            : R"("kty":"EC","crv":"P-256","x":")" +
                  Number(OSSL_PKEY_PARAM_EC_PUB_X, 32) + R"(","y":")" +
                  Number(OSSL_PKEY_PARAM_EC_PUB_Y, 32);
    return "{" + members + R"(","kid":")" + id + "\"" + more + "}";
  }

  std::string Sign(const std::string& claims) const {
    return Sign(R"({"alg":")" + algorithm_ + R"("})", claims);
  }
  std::string Sign(const std::string& header, const std::string& claims) const {
    const std::string signed_part = Encode(header) + "." + Encode(claims);
    return signed_part + "." + Encode(Signature(signed_part));
  }
  static std::string Encode(const std::string& text) {
    return absl::WebSafeBase64Escape(text);
  }

 private:
  JwtMaker(EVP_PKEY* key, std::string algorithm)
      : key_(key), algorithm_(std::move(algorithm)) {}

  template <typename Write>
  static std::string Pem(Write write) {
    const crypto::BioPtr out(BIO_new(BIO_s_mem()));
    write(out.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return std::string(text, static_cast<size_t>(size));
  }

  std::string Number(const char* parameter, int least) const {
    BIGNUM* number = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), parameter, &number), 1);
    const int size = std::max(BN_num_bytes(number), least);
    std::string bytes(static_cast<size_t>(size), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size);
    BN_free(number);
    return Encode(bytes);
  }

  std::string Signature(const std::string& text) const {
    const std::unique_ptr<EVP_MD_CTX, crypto::OpenSslDeleter<EVP_MD_CTX_free>>
        context(EVP_MD_CTX_new());
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                       key_.get());
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, data, text.size());
    std::string out(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                   &size, data, text.size());
    out.resize(size);
    if (EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA) return out;
    // RFC 7518, section 3.4: the two numbers side by side.
    const auto* der = reinterpret_cast<const unsigned char*>(out.data());
    ECDSA_SIG* numbers =
        d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(out.size()));
    std::string both(64, '\0');
    auto* at = reinterpret_cast<unsigned char*>(both.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(numbers), at, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers), at + 32, 32);
    ECDSA_SIG_free(numbers);
    return both;
  }

  crypto::KeyPtr key_;
  std::string algorithm_;
};

}  // namespace parley::service

#endif  // PARLEY_TESTS_SERVICE_JWT_MAKER_H_
