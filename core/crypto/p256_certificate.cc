#include "core/crypto/p256_certificate.h"

#include <openssl/core_names.h>

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"

namespace parley::crypto {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kBitString = 0x03;
constexpr uint8_t kUtcTime = 0x17;
constexpr uint8_t kGeneralizedTime = 0x18;
constexpr uint8_t kSequence = 0x30;

// [0] EXPLICIT INTEGER 2: an X.509 version 3 certificate.
constexpr uint8_t kVersion[] = {0xa0, 0x03, 0x02, 0x01, 0x02};

// SEQUENCE { OBJECT ecdsa-with-SHA256 } (RFC 5758 3.2).
constexpr uint8_t kSignatureAlgorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                           0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

// SEQUENCE { SET { SEQUENCE { OBJECT commonName, UTF8String "WebRTC" } } }.
constexpr uint8_t kName[] = {0x30, 0x11, 0x31, 0x0f, 0x30, 0x0d, 0x06,
                             0x03, 0x55, 0x04, 0x03, 0x0c, 0x06, 'W',
                             'e',  'b',  'R',  'T',  'C'};

// SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point
// (RFC 5480 2).
constexpr uint8_t kKeyInfo[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
                                0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
                                0x01, 0x07, 0x03, 0x42, 0x00};
constexpr size_t kPointSize = 65;

void Append(std::span<const uint8_t> bytes, Bytes& out) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void AppendHeader(uint8_t tag, size_t size, Bytes& out) {
  out.push_back(tag);
  if (size < 0x80) {
    out.push_back(static_cast<uint8_t>(size));
  } else if (size <= 0xff) {
    out.insert(out.end(), {0x81, static_cast<uint8_t>(size)});
  } else {
    out.insert(out.end(), {0x82, static_cast<uint8_t>(size >> 8),
                           static_cast<uint8_t>(size)});
  }
}

void AppendElement(uint8_t tag, std::span<const uint8_t> content, Bytes& out) {
  AppendHeader(tag, content.size(), out);
  Append(content, out);
}

// DER wants a positive INTEGER in its shortest form, which fixing the two
// highest bits of the first octet ensures.
void AppendSerial(std::span<const uint8_t, kSerialSize> serial, Bytes& out) {
  const size_t first = out.size() + 2;
  AppendElement(kInteger, serial, out);
  out[first] = static_cast<uint8_t>((out[first] & 0x3f) | 0x40);
}

// RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime afterwards.
void AppendTime(absl::Time time, Bytes& out) {
  const auto civil = absl::ToCivilSecond(time, absl::UTCTimeZone());
  const bool utc_time = civil.year() < 2050;
  const std::string text = absl::FormatTime(
      utc_time ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", time, absl::UTCTimeZone());
  AppendElement(utc_time ? kUtcTime : kGeneralizedTime,
                {reinterpret_cast<const uint8_t*>(text.data()), text.size()},
                out);
}

bool AppendKeyInfo(EVP_PKEY* key, Bytes& out) {
  uint8_t point[kPointSize];
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                      sizeof(point), &size) != 1 ||
      size != sizeof(point)) {
    return false;
  }
  Append(kKeyInfo, out);
  Append(point, out);
  return true;
}

// ECDSA with SHA-256; the signature is DER itself, of 70 to 72 octets.
bool AppendSignature(EVP_PKEY* key, std::span<const uint8_t> tbs, Bytes& out) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned digest_size = 0;
  uint8_t signature[80];
  size_t size = sizeof(signature);
  const KeyContextPtr context(EVP_PKEY_CTX_new(key, nullptr));
  if (context == nullptr ||
      EVP_Digest(tbs.data(), tbs.size(), digest, &digest_size, EVP_sha256(),
                 nullptr) != 1 ||
      EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_sign(context.get(), signature, &size, digest, digest_size) !=
          1) {
    return false;
  }
  AppendHeader(kBitString, size + 1, out);
  out.push_back(0);  // no unused bits
  Append({signature, size}, out);
  return true;
}

KeyContextPtr NewKeyContext() {
  KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_group_name(context.get(), "P-256") != 1) {
    return nullptr;
  }
  return context;
}

}  // namespace

KeyPtr GenerateP256Key() {
  // Setting this up costs as much as a key, so it is kept.
  thread_local KeyContextPtr context;
  if (context == nullptr) context = NewKeyContext();
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_generate(context.get(), &key) != 1) {
    context.reset();
    return nullptr;
  }
  return KeyPtr(key);
}

std::vector<uint8_t> SignP256Certificate(
    EVP_PKEY* key, std::span<const uint8_t, kSerialSize> serial,
    absl::Time not_before, absl::Time not_after) {
  Bytes validity;
  AppendTime(not_before, validity);
  AppendTime(not_after, validity);

  Bytes fields;
  fields.reserve(256);
  Append(kVersion, fields);
  AppendSerial(serial, fields);
  Append(kSignatureAlgorithm, fields);
  Append(kName, fields);
  AppendElement(kSequence, validity, fields);
  Append(kName, fields);
  if (!AppendKeyInfo(key, fields)) return {};

  Bytes signed_fields;
  signed_fields.reserve(384);
  AppendElement(kSequence, fields, signed_fields);
  const size_t tbs_size = signed_fields.size();
  Append(kSignatureAlgorithm, signed_fields);
  Bytes signature;
  if (!AppendSignature(key, {signed_fields.data(), tbs_size}, signature)) {
    return {};
  }
  Append(signature, signed_fields);

  Bytes certificate;
  certificate.reserve(signed_fields.size() + 4);
  AppendElement(kSequence, signed_fields, certificate);
  return certificate;
}

}  // namespace parley::crypto
