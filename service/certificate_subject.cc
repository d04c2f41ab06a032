#include "service/certificate_subject.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/crypto/openssl_ptr.h"
#include "openssl/err.h"
#include "openssl/pem.h"
#include "service/token_fault.h"

namespace parley::service {
namespace {

std::vector<std::string> Entries(const X509_NAME* name, int kind) {
  std::vector<std::string> entries;
  int at = -1;
  while ((at = X509_NAME_get_index_by_NID(name, kind, at)) >= 0) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, at);
    unsigned char* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) continue;
    entries.emplace_back(reinterpret_cast<const char*>(text),
                         static_cast<size_t>(size));
    OPENSSL_free(text);
  }
  ERR_clear_error();
  return entries;
}

}  // namespace

absl::StatusOr<Credential> ReadSubject(std::string_view certificate_pem) {
  const crypto::BioPtr in(BIO_new_mem_buf(
      certificate_pem.data(), static_cast<int>(certificate_pem.size())));
  const crypto::X509Ptr certificate(
      PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!certificate) return TokenError(TokenFault::kCertificate);
  const X509_NAME* subject = X509_get_subject_name(certificate.get());
  const auto organizations = Entries(subject, NID_organizationName);
  if (organizations.size() != 1 ||
      !pool::CheckTenantName(organizations[0]).ok()) {
    return TokenError(TokenFault::kCertificate);
  }
  const auto units = Entries(subject, NID_organizationalUnitName);
  const bool admin = std::find(units.begin(), units.end(),
                               RoleName(Role::kAdmin)) != units.end();
  return Credential{.tenant = organizations[0],
                    .role = admin ? Role::kAdmin : Role::kUser};
}

}  // namespace parley::service
